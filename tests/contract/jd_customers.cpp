// One buyer is one customer (issue 10 A9), whichever of the buyer's names comes with a message.
#include "support/jd_polled_shop.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/jd/buyer.hpp>
#include <kefu/jd/dongdong.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;
using jd::BuyerIds;
using jd::customer_of;
using kefu_test::kTwinBuyer;
using kefu_test::kTwinJdShop;
using kefu_test::PolledShop;

namespace {

constexpr char kPin[] = "pin:jd_buyer_001";
constexpr char kToXid[] = "jingdong.jos.oauth.rpc.xid.pin2Xid";

/// A shop whose buyer has names that are known here.
struct NamedShop : PolledShop {
  NamedShop() {
    settings.host_feed = true;
    ReplyRules rules;
    rules.rules.emplace_back("message", 2, 1h);
    settings.reply_rules = rules;
    open();
    control("POST", std::string("/jd/shops/") + kTwinJdShop + "/buyers/" + kTwinBuyer,
            R"({"open_id":"open-001","xid":"o*AAxid001"})");
    drain();
  }
  /// The customer of the last event, after a round.
  CustomerId next() {
    const std::size_t before = events.size();
    time->advance(31s);
    drain();
    REQUIRE(events.size() > before);
    return events.back().customer;
  }
  void show_ids(bool yes) { turn("jd_customer_ids_in_lists", yes ? 1 : 0); }
  /// As the host's queue brings it: `who` is the members of `from`.
  std::string fed(const std::string& id, const std::string& who, const std::string& text) const {
    return R"({"id":")" + id + R"(","type":"chat_message","from":{)" + who + R"(,"app":"im.customer"},)" +
           R"("to":{"pin":"flagship-zhang","app":"im.waiter"},"body":{"type":"text","content":")" + text +
           R"(","chatinfo":{"sid":"fed-1"}},"timestamp":)" + std::to_string(unix_millis(time->wall())) + "}";
  }
};

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("shops A9: a customer is equal by the id, carries the other names, and is read back from them") {
  const CustomerId all = customer_of(BuyerIds("p", "o", "o*AAx"), "s1");
  CHECK(all.id == "xid:o*AAx");
  CHECK(all.union_id == "o*AAx");
  CHECK(all.aliases == std::vector<std::string>{"open_id:o", "pin:p"});
  CHECK(all == CustomerId("xid:o*AAx"));
  CHECK(all != CustomerId("pin:p"));
  const auto ids = jd::buyer_of(all);
  REQUIRE(ids);
  CHECK((ids->pin == "p" && ids->open_id == "o" && ids->xid == "o*AAx"));
  const CustomerId masked = customer_of(BuyerIds("j***1", "", "o*AAx"), "s1");
  CHECK(masked.id == "xid:o*AAx");
  CHECK(masked.aliases == std::vector<std::string>{"masked:j***1@s1"});
  CHECK(jd::buyer_of(masked)->pin.empty());
}

TEST_CASE("shops E: an xid begins with o*AA, and its star masks nobody") {
  CHECK_FALSE(jd::is_masked("o*AAxid001"));
  CHECK_FALSE(jd::is_masked("jd_buyer_001"));
  for (const char* masked : {"j***1", "o*BBxid", "o*A", "x*AAxid"}) CHECK(jd::is_masked(masked));
  // Two sessions of one xid are one log, read once a round; those of a masked name are two.
  for (const bool is_xid : {true, false}) {
    CAPTURE(is_xid);
    PolledShop shop;
    const std::string who = is_xid ? R"("xid_buyer":"o*AAxid001")" : R"("customer":"j***1")";
    const std::string begin = std::to_string(unix_millis(shop.time->wall()));
    const auto session = [&](const char* sid) {
      return R"({"sid":")" + std::string(sid) + R"(",)" + who + R"(,"beginTime":)" + begin + "}";
    };
    shop.control("POST", "/jd/answers",
                 R"({"method":"jingdong.im.pop.sessionlist.get","answer":{"ChatSessionPage":{"chatSessionList":[)" +
                     session("s1") + "," + session("s2") + R"(]}}})");
    shop.settings.polling.agents = {kefu_test::kTwinAgent};
    shop.open();
    shop.drain();
    CHECK(shop.sandbox.calls("jingdong.im.pop.chatlog.get") == (is_xid ? 1 : 2));
  }
}

TEST_CASE("shops A9: who was seen by pin first stays so when the platform begins to tell other names") {
  NamedShop shop;
  shop.buyer_writes("一");
  CHECK(shop.next().id == kPin);
  shop.show_ids(true);
  shop.buyer_writes("二");
  const CustomerId named = shop.next();
  CHECK(named.id == kPin);
  CHECK(named.union_id == "o*AAxid001");
  CHECK(has(named.aliases, "xid:o*AAxid001"));
  CHECK(has(named.aliases, "open_id:open-001"));
  // The same after it was stored, in another process, and for what knows one of the other names alone.
  const auto again = shop.polled->reopen(shop.events.back().raw, shop.time->wall());
  REQUIRE(again);
  CHECK(again->customer == named);
  CHECK(has(again->customer.aliases, "xid:o*AAxid001"));
  shop.begin_anew();
  shop.buyer_writes("三");
  CHECK(shop.next().id == kPin);
}

TEST_CASE("shops A9: who was seen by xid first is the same customer when only the pin comes") {
  NamedShop shop;
  shop.show_ids(true);
  shop.buyer_writes("一");
  CHECK(shop.next().id == "xid:o*AAxid001");
  shop.show_ids(false);
  shop.buyer_writes("二");
  const CustomerId later = shop.next();
  CHECK(later.id == "xid:o*AAxid001");
  CHECK(has(later.aliases, kPin));
  const auto again = shop.polled->reopen(shop.events.back().raw, shop.time->wall());
  REQUIRE(again);
  CHECK(again->customer.id == "xid:o*AAxid001");
}

TEST_CASE("shops A9: two customers found to be one are one from then on, under the first, and it is told") {
  NamedShop shop;
  std::vector<std::string> seen;
  auto inbox = Inbox::create(*shop.runtime, shop.polled, [&](const InboundEvent& event, const InboxTurn& turn) {
    seen.push_back(event.customer.id);
    turn.done();
  });
  REQUIRE(inbox);
  const auto feed = [&](const std::string& id, const std::string& who) {
    auto answer = inbox->handle(WebhookRequest("POST", "/feed", "", shop.fed(id, who, id)));
    shop.time->advance(2s);
    const auto done = answer.get();
    REQUIRE(done);
    CHECK(done->status == 200);
  };
  feed("m1", R"("pin":"first")");
  feed("m2", R"("xid":"o*AAother")");
  feed("m3", R"("pin":"j***1")");
  CHECK(seen == std::vector<std::string>{"pin:first", "xid:o*AAother", "masked:j***1@fed-1"});
  CHECK(shop.seen->count("customers.joined") == 0);
  feed("m4", R"("pin":"first","xid":"o*AAother")");
  CHECK(shop.seen->count("customers.joined{platform=jd,account=flagship,customer=pin:first,joined=xid:o*AAother}") ==
        1);
  feed("m5", R"("xid":"o*AAother")");
  feed("m6", R"("pin":"first")");
  // A masked name joins nobody, even beside one that is known.
  feed("m7", R"("pin":"j***1","open_id":"open-9")");
  feed("m8", R"("pin":"j***1")");
  REQUIRE(seen.size() == 8);
  CHECK(std::vector<std::string>(seen.begin() + 3, seen.end()) ==
        std::vector<std::string>{"pin:first", "pin:first", "pin:first", "open_id:open-9", "masked:j***1@fed-1"});
  CHECK(shop.seen->count("customers.joined") == 1);
}

TEST_CASE("shops A9: one lane: what another name of the same buyer sends waits for the handler") {
  NamedShop shop;
  std::vector<std::optional<InboxTurn>> turns;
  auto inbox = Inbox::create(*shop.runtime, shop.polled,
                             [&](const InboundEvent&, const InboxTurn& turn) { turns.emplace_back(turn); });
  REQUIRE(inbox);
  const auto feed = [&](const std::string& id, const std::string& who) {
    auto answer = inbox->handle(WebhookRequest("POST", "/feed", "", shop.fed(id, who, id)));
    shop.time->advance(5s);
    REQUIRE(answer.get());
  };
  feed("m1", R"("pin":"first","xid":"o*AAx")");
  feed("m2", R"("pin":"first")");
  feed("m3", R"("xid":"o*AAx")");
  CHECK(turns.size() == 1);
  feed("m4", R"("pin":"second")");
  CHECK(turns.size() == 2);
  turns[0]->done();
  shop.time->advance(1s);
  CHECK(turns.size() == 3);
  for (std::size_t i = 1; i < turns.size(); ++i) turns[i]->done();
  shop.time->advance(1s);
  REQUIRE(turns.size() == 4);
  turns[3]->done();
}

TEST_CASE("shops A9: the reply window is the customer's, by whichever name a message or a raw call goes") {
  NamedShop shop;
  const std::string sid = shop.buyer_writes("一");
  REQUIRE(shop.next().id == kPin);
  shop.show_ids(true);
  shop.buyer_writes("二");
  REQUIRE(shop.next().id == kPin);
  REQUIRE(shop.polled->reply_ledger()->note(shop.events.back()));
  const auto send = [&](const CustomerId& customer) {
    return shop.polled->messenger()
        ->send(Message(Address(kTwinJdShop, customer, "sid:" + sid), TextContent("您好")))
        .get();
  };
  CHECK(send(CustomerId("xid:o*AAxid001")).has_value());
  // Refused or not: it was to reach the customer.
  const auto raw = shop.polled
                       ->call(jd::PushChatText(Secret("dd-token"), "110.200.0000002.001", "access-1",
                                               kefu_test::kTwinAgent, BuyerIds("", "open-001"), "您好"))
                       .get();
  CHECK((raw || raw.error().kind() != ErrorKind::window_closed));
  const auto closed = send(CustomerId(kPin));
  REQUIRE_FALSE(closed);
  CHECK(closed.error().kind() == ErrorKind::window_closed);
  const auto plan =
      shop.polled->messenger()
          ->plan(Message(Address(kTwinJdShop, CustomerId("open_id:open-001"), "sid:" + sid), TextContent("您好")))
          .get();
  REQUIRE(plan);
  CHECK_FALSE(plan->allowed);
}

TEST_CASE("shops A9: Transcripts and Profiles work from any of the names") {
  NamedShop shop;
  shop.buyer_writes("一");
  shop.next();
  TranscriptQuery query(shop.time->wall() - 1h, shop.time->wall());
  query.customer = CustomerId("xid:o*AAxid001");
  const auto unknown = shop.polled->transcripts()->read(query).get();
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind() == ErrorKind::bad_argument);
  // The platform tells the xid of a pin: it is remembered.
  const auto profile = shop.polled->profiles()->look_up(CustomerId(kPin)).get();
  REQUIRE_MESSAGE(profile, (profile ? "" : profile.error().to_string()));
  CHECK(profile->customer.id == kPin);
  CHECK(profile->customer.union_id == "o*AAxid001");
  const auto calls = shop.sandbox.calls(kToXid);
  for (const char* name : {kPin, "xid:o*AAxid001"}) {
    CAPTURE(name);
    const auto again = shop.polled->profiles()->look_up(CustomerId(name)).get();
    REQUIRE(again);
    CHECK(again->customer.id == kPin);
    CHECK(again->ids.size() == 2);
  }
  CHECK(shop.sandbox.calls(kToXid) == calls + 1);  // of the pin; an xid needs no call
  const auto log = shop.polled->transcripts()->read(query).get();
  REQUIRE_MESSAGE(log, (log ? "" : log.error().to_string()));
  REQUIRE(log->entries.size() == 1);
  CHECK(log->entries[0].text == "一");
}

TEST_CASE("shops A9: lists of sessions name customers as events do") {
  NamedShop shop;
  shop.buyer_writes("一");
  REQUIRE(shop.next().id == kPin);
  shop.show_ids(true);
  shop.buyer_writes("二");
  REQUIRE(shop.next().id == kPin);
  shop.buyer_writes("三", "jd_buyer_002");
  AgentSessionQuery query;
  query.from = shop.time->wall() - 1h;
  const auto page = shop.polled->agent_sessions()->sessions(query).get();
  REQUIRE_MESSAGE(page, (page ? "" : page.error().to_string()));
  REQUIRE(page->sessions.size() == 2);
  CHECK(page->sessions[0].customer.id == kPin);
  CHECK(has(page->sessions[0].customer.aliases, "xid:o*AAxid001"));
  CHECK(page->sessions[1].customer.id.rfind("xid:", 0) == 0);  // nobody has seen him yet
}
