// Polling as shops meet it (issue 10 A3 to A6, A8, A11): big days, odd answers, small budgets.
#include "support/jd_polled_shop.hpp"

#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/time.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace kefu;
using namespace std::chrono_literals;
using kefu_test::kTwinAgent;
using kefu_test::kTwinBuyer;
using kefu_test::kTwinJdShop;
using kefu_test::PolledShop;

namespace {

constexpr char kChatLog[] = "jingdong.im.pop.chatlog.get";
constexpr char kSessions[] = "jingdong.im.pop.sessionlist.get";

std::string numbered(const char* name, int number) { return name + std::to_string(number); }

/// What the platform answers to a method from now on.
void answer_with(PolledShop& world, const std::string& method, const std::string& node) {
  world.control("POST", "/jd/answers", "{\"method\":\"" + method + "\",\"answer\":" + node + "}");
}

const StreamHealth& stream_of(const AccountHealth& health, const std::string& name) {
  for (const StreamHealth& one : health.streams)
    if (one.name == name) return one;
  FAIL("no stream of this name");
  return health.streams.front();
}

}  // namespace

TEST_CASE("shops A4: a thousand sessions open over midnight lose nothing, in small records") {
  PolledShop world(2'000'000);
  constexpr int kOpen = 1'000;
  world.time->advance(14h + 30min);  // 23:00
  world.drain();
  for (int i = 0; i < kOpen; ++i) world.buyer_writes(numbered("a", i), numbered("buyer_", i));
  for (int i = 0; i < 20; ++i) {  // to 00:40
    world.time->advance(5min);
    world.drain();
  }
  for (int i = 0; i < kOpen; ++i) world.buyer_writes(numbered("b", i), numbered("buyer_", i));
  for (int i = 0; i < 18; ++i) {
    world.time->advance(1min);
    world.drain();
  }
  const auto texts = world.texts();
  CHECK(std::set<std::string>(texts.begin(), texts.end()).size() == 2 * kOpen);
  CHECK(texts.size() == 2 * kOpen);
  CHECK(world.largest_value <= 64 * 1024);
  CHECK(world.polled->health().stopped_because.empty());
}

TEST_CASE("shops A4: five hundred sessions over midnight, a process that begins anew, the assumed budget") {
  PolledShop world;
  constexpr int kOpen = 500;
  world.time->advance(14h + 30min);
  world.drain();
  for (int i = 0; i < kOpen; ++i) world.buyer_writes(numbered("a", i), numbered("buyer_", i));
  for (int i = 0; i < 20; ++i) {
    world.time->advance(5min);
    world.drain();
  }
  world.begin_anew();
  for (int i = 0; i < kOpen; ++i) world.buyer_writes(numbered("b", i), numbered("buyer_", i));
  for (int i = 0; i < 120; ++i) {
    world.time->advance(1min);
    world.drain();
  }
  const auto texts = world.texts();
  CHECK(texts.size() == 2 * kOpen);
}

TEST_CASE("shops A4: a line comes however long after its session began") {
  for (const auto gap : {20h, 25h, 50h, 24h * 10}) {
    CAPTURE(gap.count());
    PolledShop world(1'000'000);
    world.drain();
    const auto sid = world.buyer_writes("第一句");
    world.time->advance(40s);
    world.drain();
    for (auto passed = 0min; passed < gap; passed += 30min) {
      world.time->advance(30min);
      world.drain();
    }
    CHECK(world.buyer_writes("又来问") == sid);
    for (int i = 0; i < 17; ++i) {
      world.time->advance(1min);
      world.drain();
    }
    CHECK(world.texts() == std::vector<std::string>{"第一句", "又来问"});
  }
}

TEST_CASE("shops A4: a session that was open before a shop was first polled is followed") {
  PolledShop world(1'000'000);
  world.buyer_writes("三天前");
  world.time->advance(72h);
  world.drain();
  world.buyer_writes("现在");
  world.time->advance(1min);
  world.drain();
  CHECK(world.texts() == std::vector<std::string>{"现在"});  // what is older than look_back was never wanted
}

TEST_CASE("shops A3: a page that cannot be read stops its stream in sight of the host, and goes on where it stood") {
  PolledShop world(1'000'000);
  world.drain();
  world.buyer_writes("在吗");
  world.time->advance(1min);
  answer_with(world, kSessions, R"({"SessionsOfTomorrow":{"list":[{"sid":"s"}]}})");
  world.buyer_does("rate", R"({"score":75})");
  for (int i = 0; i < 40; ++i) {
    static_cast<void>(world.take());
    if (i % 8 == 7) world.time->advance(11min);
  }
  const auto health = world.polled->health();
  CHECK(stream_of(health, "chat").stopped_because.find("malformed") != std::string::npos);
  CHECK(health.stopped_because.find("chat: ") == 0);
  CHECK(*stream_of(health, "chat").behind_by > 40min);
  CHECK(stream_of(health, "eval").stopped_because.empty());
  CHECK(world.all<CustomerRated>().size() == 1);  // the others go on
  CHECK(world.texts().empty());
  SUBCASE("mended") {
    world.control("DELETE", "/jd/answers");
    world.time->advance(11min);
    world.drain();
    CHECK(world.texts() == std::vector<std::string>{"在吗"});
    CHECK(world.polled->health().stopped_because.empty());
    CHECK(stream_of(world.polled->health(), "chat").skipped == 0);
  }
  SUBCASE("passed over on purpose") {
    CHECK_FALSE(world.polled->skip("no such stream"));
    CHECK(world.polled->skip("chat"));
    world.time->advance(11min);
    world.drain();
    CHECK(stream_of(world.polled->health(), "chat").skipped >= 1);
    CHECK(world.polled->health().stopped_because.empty());
    world.time->advance(11min);
    for (int i = 0; i < 8; ++i) static_cast<void>(world.take());
    CHECK_FALSE(world.polled->health().stopped_because.empty());  // for one round only
  }
}

TEST_CASE("shops A3: a line whose ids alone can be read comes as a platform's event and is counted") {
  PolledShop world(1'000'000);
  world.drain();
  const std::string sid = world.buyer_writes("在吗");
  answer_with(world, kChatLog,
              R"({"ChatLogPage":{"chatLogList":[{"customer":"jd_buyer_001","sid":")" + sid +
                  R"(","content":"在吗","time":"gestern","waiterSend":false},)" +
                  R"({"customer":"jd_buyer_001","sid":")" + sid + R"(","content":"x","time":1717201830000}]}})");
  world.time->advance(1min);
  world.drain();
  CHECK(world.texts().empty());
  const auto raw = world.all<PlatformEvent>();
  REQUIRE(raw.size() == 2);
  CHECK(raw[0].name == "chat");
  CHECK(world.events[0].raw.find("gestern") != std::string::npos);
  CHECK(world.events[0].customer.id == "pin:jd_buyer_001");
  CHECK(stream_of(world.polled->health(), "chat").unreadable == 2);
  CHECK(world.polled->health().stopped_because.empty());
}

TEST_CASE(
    "shops A5: one code 2 silences polling for minutes, in all processes, and a typed call that succeeds lifts it") {
  PolledShop world(1'000'000);
  world.drain();
  world.fault("errcode", kSessions, 1, 2);
  world.buyer_writes("在吗");
  world.time->advance(1min);
  const auto stopped = world.poll();
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind() == ErrorKind::quota_exhausted);
  CHECK(*stopped.error().details().retry_after <= 1min);
  CHECK(world.polled->health().stopped_because.find("code 2") != std::string::npos);
  SUBCASE("found over by a call that tries") {
    const auto calls = world.sandbox.calls();
    world.time->advance(30s);
    world.drain();
    CHECK(world.sandbox.calls() == calls);
    world.time->advance(31s);
    world.drain();
    CHECK(world.texts() == std::vector<std::string>{"在吗"});
    CHECK(world.polled->health().stopped_because.empty());
  }
  SUBCASE("it stays: pauses of 5, 15, then 30 minutes, of one call") {
    world.fault("errcode", "", -1, 2);
    const auto calls = world.sandbox.calls();
    for (int i = 0; i < 12 * 6; ++i) {  // six hours
      world.time->advance(5min);
      for (int poll = 0; poll < 4; ++poll) static_cast<void>(world.take());
    }
    CHECK(world.sandbox.calls() - calls <= 16);
    CHECK(world.sandbox.calls() - calls >= 12);
    world.sandbox.clear_faults();
    world.time->advance(31min);
    world.drain();
    world.time->advance(1min);
    world.drain();
    CHECK(world.texts() == std::vector<std::string>{"在吗"});
  }
  SUBCASE("lifted by a typed call") {
    REQUIRE(world.polled->call(jd::GetAgentGroup()).get());
    world.time->advance(1s);
    world.drain();
    world.time->advance(61s);
    world.drain();
    CHECK(world.texts() == std::vector<std::string>{"在吗"});
  }
  SUBCASE("seen by a process that begins anew") {
    world.begin_anew();
    const auto calls = world.sandbox.calls();
    world.drain();
    CHECK(world.sandbox.calls() == calls);
    world.time->advance(62s);
    world.drain();
    CHECK(world.texts() == std::vector<std::string>{"在吗"});
  }
}

TEST_CASE("shops A6: idle sessions are read ever more rarely, and a line sets one back") {
  PolledShop world(10'000'000);
  world.drain();
  constexpr int kOpen = 100;
  for (int i = 0; i < kOpen; ++i) world.buyer_writes("在吗", numbered("buyer_", i));
  world.time->advance(40s);
  world.drain();
  const auto before = world.sandbox.calls(kChatLog);
  for (int i = 0; i < 120; ++i) {
    world.time->advance(30s);
    world.drain();
  }
  // 30 s, 1, 2, 4, 8 minutes, then every 15.
  CHECK(world.sandbox.calls(kChatLog) - before <= 9 * kOpen);
  CHECK(world.sandbox.calls(kChatLog) - before >= 7 * kOpen);
  const auto quiet = world.texts().size();
  world.buyer_writes("还在吗", "buyer_7");
  for (int i = 0; i < 31; ++i) {
    world.time->advance(30s);
    world.drain();
  }
  CHECK(world.texts().size() == quiet + 1);
  world.buyer_writes("？", "buyer_7");
  world.time->advance(62s);
  world.drain();
  CHECK(world.texts().size() == quiet + 2);  // it was spoken in lately
}

TEST_CASE("shops A6: without calls_per_day the assumed number is shown, and idle sessions do not eat it") {
  PolledShop world(0);
  world.drain();
  for (int i = 0; i < 300; ++i) world.buyer_writes("在吗", numbered("buyer_", i));
  const auto before = world.sandbox.calls();
  for (int i = 0; i < 10 * 12; ++i) {
    world.time->advance(5min);
    world.drain();
  }
  CHECK(world.sandbox.calls() - before <= 18'000);
  CHECK(world.texts().size() == 300);
  bool shown = false;
  for (const std::string& note : world.polled->health().notes) shown = shown || note.find("50000") != std::string::npos;
  CHECK(shown);
}

TEST_CASE("shops A8: the chats of sub-accounts come in, whatever a call without a name means") {
  for (const int absent_is_main : {0, 1}) {
    CAPTURE(absent_is_main);
    PolledShop world(1'000'000);
    world.turn("jd_absent_waiter_is_main_account", absent_is_main);
    world.drain();
    world.buyer_does("open", R"({"waiter":"flagship-li"})");
    world.buyer_writes("第一句");
    world.buyer_writes("另一位", "jd_buyer_002");
    world.time->advance(40s);
    world.drain();
    world.buyer_writes("第二句");
    world.time->advance(1min);
    world.drain();
    const auto texts = world.texts();
    CHECK(std::set<std::string>(texts.begin(), texts.end()) == std::set<std::string>{"第一句", "另一位", "第二句"});
    CHECK(texts.size() == 3);
    CHECK(world.polled->health().notes.empty());
  }
}

TEST_CASE("shops A8: where the budget does not allow it, health says that only the main account's chats come in") {
  PolledShop world(2'000);
  world.drain();
  world.time->advance(10min);
  world.drain();
  const auto notes = world.polled->health().notes;
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("only the main account's chats come in") != std::string::npos);
}

TEST_CASE("shops A11: a ticket that waits for review has the platform's own deadline") {
  PolledShop world(1'000'000);
  world.drain();
  REQUIRE(world.sandbox.jd_add_ticket(kTwinJdShop, kTwinBuyer, "少发一件"));
  world.time->advance(40s);
  world.drain();
  std::optional<WallTime> due;
  for (const auto& ticket : world.all<TicketChanged>())
    if (ticket.due) due = ticket.due;
  REQUIRE(due);
  CHECK(*due > world.time->wall() + 47h);
  for (const auto& event : world.events) {
    const auto* ticket = std::get_if<TicketChanged>(&event.payload);
    if (ticket == nullptr || !ticket->due) continue;
    const auto again = world.polled->reopen(event.raw, event.received_time);
    REQUIRE(again);
    CHECK(std::get<TicketChanged>(again->payload).due == ticket->due);
  }
}

TEST_CASE("shops E: messages on an after-sale order whose entry stays the same are found, at most a quarter late") {
  PolledShop world(1'000'000);
  world.turn("jd_ticket_message_delay_s", 20 * 60);
  const auto ticket = world.sandbox.jd_add_ticket(kTwinJdShop, kTwinBuyer, "少发一件");
  REQUIRE(ticket);
  world.time->advance(40s);
  world.drain();
  world.control("POST", std::string("/jd/shops/") + kTwinJdShop + "/tickets/" + std::to_string(*ticket) + "/ask",
                R"({"content":"还没有收到"})");
  for (int i = 0; i < 37; ++i) {
    world.time->advance(1min);
    world.drain();
  }
  CHECK(world.texts() == std::vector<std::string>{"少发一件", "还没有收到"});
}
