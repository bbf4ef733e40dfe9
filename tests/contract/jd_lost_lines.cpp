// Ways in which a customer's line gets lost, or comes twice: sessions that change hands, shops that were down for
// weeks, processes that end in the middle, logs that are refused, members that do not come.
#include "support/jd_gateway.hpp"
#include "support/jd_polled_shop.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/time.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;
using kefu_test::JdCall;
using kefu_test::JdGateway;
using kefu_test::kTwinAgent;
using kefu_test::kTwinBuyer;
using kefu_test::kTwinJdShop;
using kefu_test::PolledShop;

namespace {

std::string lost_name(const char* name, int number) { return name + std::to_string(number); }

void answer_as(PolledShop& world, const std::string& method, const std::string& node) {
  world.control("POST", "/jd/answers", "{\"method\":\"" + method + "\",\"answer\":" + node + "}");
}

void check_texts(const PolledShop& world, const std::vector<std::string>& said) {
  const auto texts = world.texts();
  CHECK(std::set<std::string>(texts.begin(), texts.end()) == std::set<std::string>(said.begin(), said.end()));
  CHECK(texts.size() == said.size());
}

/// Chats that are driven by the platform's clock.
struct Talk {
  explicit Talk(PolledShop& w) : world(w) {}
  void open(const std::string& customer, const std::string& waiter = kTwinAgent) const {
    world.buyer_does("open", R"({"sid":"s-)" + customer + R"(","waiter":")" + waiter + "\"}", customer);
  }
  void say(const std::string& customer, const std::string& content) {
    world.buyer_does("write", R"({"sid":"s-)" + customer + R"(","content":")" + content + "\"}", customer);
    said.push_back(content);
  }
  void end(const std::string& customer) const { world.buyer_does("end", R"({"sid":"s-)" + customer + "\"}", customer); }
  PolledShop& world;
  std::vector<std::string> said;
};

}  // namespace

TEST_CASE("a session that changed hands is read with each of its agents, whose logs hold their own lines") {
  JdGateway world;
  const auto at = [&](Millis after) { return std::to_string(unix_millis(world.time->wall() + after)); };
  const std::string begin = at(0ms);
  const auto session = [&](const std::string& waiter) {
    return R"({"customer":"anna","waiter":")" + waiter + R"(","sid":"s1","transfer":true,"beginTime":)" + begin + "}";
  };
  world.on_node("jingdong.im.pop.groupinfo.get", R"({"popgroup":{"waiterList":[{"waiter":"zhang"},{"waiter":"li"}]}})");
  world.on("jingdong.im.pop.sessionlist.get", [&](const JdCall& call) {
    const std::string waiter = call["waiter"].empty() ? "zhang" : call["waiter"];
    return JdGateway::node(call.method, R"({"ChatSessionPage":{"chatSessionList":[)" + session(waiter) + "]}}");
  });
  const auto line = [](const std::string& waiter, const std::string& content, const std::string& time) {
    return R"({"customer":"anna","waiter":")" + waiter + R"(","sid":"s1","waiterSend":false,"content":")" + content +
           R"(","time":)" + time + "}";
  };
  const std::string first = line("zhang", "to zhang", at(1s));
  const std::string second = line("li", "to li", at(2s));
  world.on("jingdong.im.pop.chatlog.get", [&](const JdCall& call) {
    return JdGateway::node(call.method,
                           R"({"ChatLogPage":{"chatLogList":[)" + (call["waiter"] == "li" ? second : first) + "]}}");
  });
  auto settings = world.settings();
  settings.polling.evaluations = false;
  const auto shop = world.make_shop(std::move(settings));
  world.time->advance(10s);
  std::vector<std::string> texts;
  for (int i = 0; i < 5; ++i) {
    const auto batch = shop->poller()->poll().get();
    REQUIRE_MESSAGE(batch, (batch ? "" : batch.error().to_string()));
    for (const auto& event : batch->events)
      if (const auto* text = std::get_if<ReceivedText>(&event.payload)) texts.push_back(text->body);
    REQUIRE(shop->poller()->accept(batch->cursor).get());
  }
  CHECK(texts == std::vector<std::string>{"to zhang", "to li"});
}

TEST_CASE("a process that ends while a period is being read: the next one asks for all agents' sessions again") {
  for (int lives = 1; lives < 6; ++lives) {
    CAPTURE(lives);
    PolledShop world(1'000'000);
    world.turn("jd_absent_waiter_is_main_account", 1);
    Talk talk(world);
    world.drain();
    for (int i = 0; i < 6; ++i) talk.open(lost_name("m", i));
    for (int i = 0; i < 6; ++i) talk.open(lost_name("l", i), "flagship-li");
    for (int i = 0; i < 6; ++i)
      for (int line = 0; line < 20; ++line) {
        talk.say(lost_name("m", i), lost_name("m", 100 * i + line));
        talk.say(lost_name("l", i), lost_name("l", 100 * i + line));
      }
    world.time->advance(2h);
    for (int i = 0; i < lives; ++i) REQUIRE(world.take());
    world.begin_anew();
    world.drain();
    for (int i = 0; i < 4; ++i) {
      world.time->advance(1min);
      world.drain();
    }
    check_texts(world, talk.said);
  }
}

TEST_CASE("a shop that was down for weeks: sessions that went on from one week to the next are read to their end") {
  PolledShop world(50'000);
  Talk talk(world);
  world.drain();
  constexpr int kOpen = 60;
  world.time->advance(5 * 24h + 14h);  // the sixth day, 22:30
  for (int i = 0; i < kOpen; ++i) {
    talk.open(lost_name("c", i));
    talk.say(lost_name("c", i), lost_name("a", i));
  }
  world.time->advance(34h);
  for (int i = 0; i < kOpen; ++i) talk.say(lost_name("c", i), lost_name("b", i));
  world.time->advance(30h);
  for (int i = 0; i < kOpen; ++i) talk.say(lost_name("c", i), lost_name("c", i));
  for (int i = 0; i < kOpen / 2; ++i) talk.end(lost_name("c", i));
  world.time->advance(12 * 24h);
  for (int i = kOpen / 2; i < kOpen; ++i) talk.say(lost_name("c", i), lost_name("d", i));
  for (int i = 0; i < 60; ++i) {
    world.drain();
    world.time->advance(1min);
  }
  check_texts(world, talk.said);
}

TEST_CASE("a shop that was down for weeks, and whose process ends at any moment of catching up, loses nothing") {
  for (int lives = 1; lives < 8; ++lives) {
    CAPTURE(lives);
    PolledShop world(10'000'000);
    Talk talk(world);
    world.drain();
    std::set<int> ended;
    for (int day = 0; day < 20; ++day) {
      if (day % 3 == 0) talk.open(lost_name("c", day));
      for (int other = 0; other <= day; other += 3)
        if (ended.count(other) == 0) talk.say(lost_name("c", other), lost_name("x", 100 * day + other));
      if (day % 3 == 2 && day > 8) {
        talk.end(lost_name("c", day - 8));
        ended.insert(day - 8);
      }
      world.time->advance(24h);
    }
    for (int i = 0; i < lives; ++i) REQUIRE(world.take());
    world.begin_anew();
    for (int i = 0; i < 20; ++i) {
      world.drain();
      world.time->advance(1min);
    }
    check_texts(world, talk.said);
  }
}

TEST_CASE("what was stopped goes on: health says so at the first page that can be read, not hours later") {
  PolledShop world(1'000'000);
  world.drain();
  Talk talk(world);
  talk.open(kTwinBuyer);
  for (int i = 0; i < 180; ++i) talk.say(kTwinBuyer, lost_name("m", i));
  world.time->advance(1min);
  world.fault("errcode", "jingdong.im.pop.sessionlist.get", -1, 66);
  for (int i = 0; i < 3; ++i) static_cast<void>(world.take());
  const auto chat = [&world] {
    for (const StreamHealth& one : world.polled->health().streams)
      if (one.name == "chat") return one;
    return StreamHealth();
  };
  CHECK_FALSE(chat().stopped_because.empty());
  world.sandbox.clear_faults();
  world.time->advance(1min);
  for (int i = 0; i < 20 && world.texts().empty(); ++i) {
    const auto batch = world.take();
    REQUIRE(batch);
    CHECK(batch->more);
  }
  CHECK(world.texts().size() == 50);
  CHECK(chat().stopped_because.empty());
}

TEST_CASE("after-sale orders whose changes come without a moment are told, however old the application") {
  PolledShop world(1'000'000);
  world.drain();
  const std::string old = std::to_string(unix_millis(world.time->wall() - 72h));
  answer_as(world, "jingdong.asc.sync.list",
            R"({"pageResult":{"success":true,"totalCount":1,"data":[{"serviceId":31,"orderId":32,)"
            R"("serviceStatus":10010,"applyTime":)" +
                old + "}]}}");
  for (int i = 0; i < 3; ++i) {
    world.time->advance(40s);
    world.drain();
  }
  const auto tickets = world.all<TicketChanged>();
  REQUIRE(tickets.size() == 1);
  CHECK(tickets[0].ticket_id == "31");
}

TEST_CASE("an application without a service order has no thread: what is said there would reach another customer") {
  PolledShop world(1'000'000);
  answer_as(world, "jingdong.asc.audit.list",
            R"({"pageResult":{"success":true,"totalCount":2,"data":[{"applyId":71,"orderId":32,"customerPin":"anna"},)"
            R"({"applyId":72,"serviceIdList":[91],"orderId":33,"customerPin":"bert"}]}})");
  world.drain();
  std::vector<std::string> threads;
  for (const auto& event : world.events)
    if (std::holds_alternative<TicketChanged>(event.payload)) threads.push_back(event.thread);
  CHECK(threads == std::vector<std::string>{"", "asc:91:33"});
}

TEST_CASE("a line without its moment is told and never answered: it may have been asked long ago") {
  PolledShop world(1'000'000);
  const std::string sid = world.buyer_writes("在吗");
  answer_as(world, "jingdong.im.pop.chatlog.get",
            R"({"ChatLogPage":{"chatLogList":[{"customer":"jd_buyer_001","sid":")" + sid +
                R"(","content":"何时的话","waiterSend":false}]}})");
  world.drain();
  CHECK(world.texts().empty());
  CHECK(world.all<PlatformEvent>().size() == 1);
}

TEST_CASE("whatever a line is made of, its event is kept: the largest and the oddest texts, and names without an end") {
  for (const std::string& content :
       {std::string(400'000, '"'), std::string(400'000, '\x01'), std::string(900'000, 'x')}) {
    PolledShop world(1'000'000);
    world.settings.host_feed = true;
    world.open();
    std::string quoted;
    for (const char c : content) quoted += c == '"' ? "\\\"" : c == '\x01' ? "\\u0001" : std::string(1, c);
    quoted.resize(std::min<std::size_t>(quoted.size(), 1'020'000 / 6 * 6));
    const auto fed = [&](const std::string& pin, const std::string& text) {
      return R"({"id":"m-1","type":"chat_message","from":{"pin":")" + pin +
             R"(","app":"im.customer"},"to":{"pin":"z","app":"im.waiter"},"body":{"type":"text","content":")" + text +
             R"(","chatinfo":{"sid":"s"}},"timestamp":1717201800000})";
    };
    std::vector<std::string> seen;
    auto inbox = Inbox::create(*world.runtime, world.polled, [&](const InboundEvent& event, const InboxTurn& turn) {
      seen.push_back(event.event_id);
      turn.done();
    });
    REQUIRE(inbox);
    for (const std::string& body : {fed("anna", quoted), fed(quoted, "x")}) {
      const std::size_t before = seen.size();
      auto answer = inbox->handle(WebhookRequest("POST", "/feed", "", body));
      world.time->advance(2s);
      const auto reply = answer.get();
      REQUIRE(reply);
      CHECK(reply->status == 200);
      CHECK(seen.size() == before + 1);
    }
  }
}

TEST_CASE("the names of fifty new buyers are written at once") {
  PolledShop world(1'000'000);
  world.turn("jd_customer_ids_in_lists", 1);
  world.drain();
  for (int i = 0; i < 50; ++i) world.buyer_writes("在吗", lost_name("new_", i));
  world.time->advance(1min);
  world.drain();
  CHECK(world.texts().size() == 50);
  std::set<std::uint64_t> commits;
  std::size_t records = 0;
  std::string after;
  do {
    const auto page = world.kept->list("kefu/2/default/jd/customer/", after, ListLimits(1000));
    REQUIRE(page);
    for (const auto& [key, entry] : page->items) {
      commits.insert(entry.generation);
      ++records;
    }
    after = page->next;
  } while (!after.empty());
  CHECK(records == 150);
  CHECK(commits.size() <= 3);  // one for each batch of polling
}
