// A JD shop that is polled, against the platform's twin, in simulated time.
#include "support/jd_polled_shop.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/jd/thread.hpp>

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;
using kefu_test::JdTwinWorld;
using kefu_test::kTwinAgent;
using kefu_test::kTwinBuyer;
using kefu_test::kTwinJdApp;
using kefu_test::kTwinJdShop;
using kefu_test::PolledShop;

namespace {

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("JD-6: a platform that cuts pages shorter than asked for loses nothing, with and without a total") {
  PolledShop world;
  world.turn("jd_page_size_max", 10);
  world.open();
  world.drain();
  for (int buyer = 0; buyer < 25; ++buyer) {
    const std::string pin = "jd_buyer_1" + std::to_string(buyer);
    world.buyer_writes("在吗", pin);
    REQUIRE(world.sandbox.jd_buyer_does(kTwinJdShop, pin, "rate", R"({"score":5})"));
  }
  for (int line = 0; line < 33; ++line) world.buyer_writes("第" + std::to_string(line) + "行");
  world.time->advance(40s);
  world.drain();
  CHECK(world.texts().size() == 25 + 33);
  CHECK(world.all<CustomerRated>().size() == 25);
}

TEST_CASE("JD-6: chats come by polling, in every variant of the platform's answers") {
  const std::vector<std::map<std::string, int>> variants{{},
                                                         {{"jd_legacy_wrappers", 1}},
                                                         {{"jd_response_spelling", 1}, {"jd_trailing_comma", 1}},
                                                         {{"jd_numbers_as_strings", 1}, {"jd_code_as_number", 1}},
                                                         {{"jd_dates_as_text", 1}},
                                                         {{"jd_newest_first", 1}},
                                                         {{"jd_customer_ids_in_lists", 1}},
                                                         {{"jd_end_day_counts", 0}},
                                                         {{"jd_page_size_max", 2}}};
  for (const auto& variant : variants) {
    PolledShop world;
    std::string name;
    for (const auto& [key, value] : variant) {
      world.turn(key, value);
      name += key + " ";
    }
    CAPTURE(name);
    world.settings.polling.agent_messages = true;
    world.settings.polling.page_size = 2;
    world.settings.polling.end_day_counts = variant.count("jd_end_day_counts") == 0;
    world.open();
    world.drain();
    const std::string sid = world.buyer_writes("在吗");
    world.buyer_writes("？");
    world.buyer_writes("？");
    world.time->advance(10s);
    world.agent_does("answer", R"({"pin":"jd_buyer_001","content":"在的"})");
    world.time->advance(10s);
    world.buyer_writes("这款有货吗");
    world.buyer_writes("另一位", "jd_buyer_002");
    world.time->advance(40s);
    world.drain();
    const auto texts = world.texts();
    CHECK(std::set<std::string>(texts.begin(), texts.end()) ==
          std::set<std::string>{"在吗", "？", "这款有货吗", "另一位"});
    CHECK(texts.size() == 5);
    const auto agents = world.all<AgentSpoke>();
    REQUIRE(agents.size() == 1);
    CHECK(agents[0].body == "在的");
    for (const auto& event : world.events) {
      if (event.thread == jd::thread_of(jd::SessionThread(sid)))
        CHECK(event.trigger.empty() == std::holds_alternative<AgentSpoke>(event.payload));
      const auto again = world.polled->reopen(event.raw, event.received_time);
      REQUIRE(again);
      CHECK(again->event_id == event.event_id);
      CHECK(again->payload.index() == event.payload.index());
      CHECK(again->customer.id == event.customer.id);
      CHECK(again->platform_time == event.platform_time);
    }
    // Nothing comes again, at once or after a restart.
    const auto count = world.events.size();
    world.time->advance(5min);
    world.drain();
    world.begin_anew();
    world.time->advance(5min);
    world.drain();
    CHECK(world.events.size() == count);
  }
}

TEST_CASE("JD-6: buyers whose names are masked are never taken for one") {
  PolledShop world;
  world.turn("jd_mask_customers", 1);
  world.drain();
  world.buyer_writes("one", "jd_buyer_001");
  world.time->advance(31s);
  world.drain();
  REQUIRE(world.events.size() == 1);
  CHECK(world.events[0].customer.id.rfind("masked:", 0) == 0);
  world.buyer_does("end");
  world.time->advance(31s);
  world.buyer_writes("two", "jd_buyer_001");
  world.time->advance(31s);
  world.drain();
  REQUIRE(world.events.size() == 2);
  CHECK(world.events[0].customer.id != world.events[1].customer.id);
}

TEST_CASE("JD-6: what the platform shows minutes late is found") {
  PolledShop world;
  world.settings.polling.overlap = 15min;
  world.open();
  world.turn("jd_visibility_delay_s", 840);
  std::set<std::string> expected;
  for (int i = 0; i < 75; ++i) {
    if (i < 40) {
      world.buyer_writes("late " + std::to_string(i));
      expected.insert("late " + std::to_string(i));
    }
    world.time->advance(30s);
    world.drain();
  }
  const auto texts = world.texts();
  CHECK(texts.size() == expected.size());
  CHECK(std::set<std::string>(texts.begin(), texts.end()) == expected);
}

TEST_CASE("JD-6: evaluations, service orders and messages on them come as events") {
  PolledShop world;
  world.drain();
  world.buyer_writes("在吗");
  world.buyer_does("rate", R"({"score":5,"text":"回复很快"})");
  const auto ticket = world.sandbox.jd_add_ticket(kTwinJdShop, "jd_buyer_002", "商品坏了");
  REQUIRE(ticket);
  world.time->advance(1min);
  world.drain();
  const auto rated = world.all<CustomerRated>();
  REQUIRE(rated.size() == 1);
  CHECK(rated[0].score == 5);
  CHECK(rated[0].comment == "回复很快");
  CHECK(rated[0].agent == kTwinAgent);
  const auto changes = world.all<TicketChanged>();
  REQUIRE(changes.size() >= 1);
  CHECK(changes[0].ticket_id == std::to_string(*ticket));
  InboundEvent asked;
  for (const auto& event : world.events)
    if (const auto* text = std::get_if<ReceivedText>(&event.payload); text && text->body == "商品坏了") asked = event;
  REQUIRE(asked.thread.rfind("asc:" + std::to_string(*ticket) + ":", 0) == 0);

  // The answer goes to the service order; it does not come back as the customer's words.
  const auto before = world.texts().size();
  REQUIRE(world.polled->messenger()->send(Message(asked.sender(), TextContent("马上换新"))).get());
  const auto received = world.sandbox.jd_received(kTwinJdShop, "jd_buyer_002");
  REQUIRE(received.size() == 1);
  CHECK(received[0].text == "马上换新");
  world.time->advance(10min);
  world.drain();
  CHECK(world.texts().size() == before);
  REQUIRE(world.sandbox.jd_ticket_does(kTwinJdShop, *ticket, "ask", R"({"content":"什么时候到"})"));
  world.time->advance(10min);
  world.drain();
  CHECK(world.texts().back() == "什么时候到");
}

TEST_CASE("JD-6: a freight number that comes to a service order later is an event of its own, once") {
  const auto ship = [](PolledShop& world, std::int64_t ticket, const char* number) {
    world.time->advance(1min);
    REQUIRE(world.sandbox.jd_ticket_does(kTwinJdShop, ticket, "ship",
                                         std::string(R"({"express_code":")") + number + R"("})"));
    world.time->advance(1min);
    world.drain();
  };
  for (const int updates_order : {0, 1}) {
    CAPTURE(updates_order);
    PolledShop world;
    world.turn("jd_freight_updates_order", updates_order);
    const auto ticket = world.sandbox.jd_add_ticket(kTwinJdShop, "jd_buyer_002");
    REQUIRE(ticket);
    world.time->advance(1min);
    world.drain();
    const auto before = world.all<TicketChanged>().size();
    ship(world, *ticket, "SF001");
    REQUIRE(world.all<TicketChanged>().size() == before + 1);
    const InboundEvent shipped = world.events.back();
    CHECK(std::get<TicketChanged>(shipped.payload).ticket_id == std::to_string(*ticket));
    CHECK(shipped.raw.find("SF001") != std::string::npos);
    CHECK(shipped.platform_time >= world.time->wall() - 70s);
    const auto again = world.polled->reopen(shipped.raw, shipped.received_time);
    REQUIRE(again);
    CHECK(again->event_id == shipped.event_id);

    ship(world, *ticket, "SF002");  // another one in its place
    CHECK(world.all<TicketChanged>().size() == before + 2);
    world.begin_anew();
    world.time->advance(5min);
    world.drain();
    CHECK(world.all<TicketChanged>().size() == before + 2);
    // What changes the order afterwards comes as before.
    REQUIRE(world.sandbox.jd_ticket_does(kTwinJdShop, *ticket, "touch"));
    world.time->advance(1min);
    world.drain();
    CHECK(world.all<TicketChanged>().size() == before + 3);
  }
  PolledShop world;
  world.settings.polling.freight_numbers = false;
  world.open();
  const auto ticket = world.sandbox.jd_add_ticket(kTwinJdShop, "jd_buyer_002");
  REQUIRE(ticket);
  world.time->advance(1min);
  world.drain();
  const auto before = world.all<TicketChanged>().size();
  ship(world, *ticket, "SF001");
  CHECK(world.all<TicketChanged>().size() == before);
}

TEST_CASE("JD-6: one stream without the right to be called does not stop the others") {
  PolledShop world;
  world.fault("business_error", "jingdong.im.pop.evaluationlist.get", 1000, 24);
  world.buyer_writes("在吗");
  world.time->advance(1min);
  const auto before = world.sandbox.calls("jingdong.im.pop.evaluationlist.get");
  for (int i = 0; i < 10; ++i) {
    world.drain();
    world.time->advance(30s);
  }
  CHECK(world.texts() == Texts{"在吗"});
  CHECK(world.sandbox.calls("jingdong.im.pop.evaluationlist.get") - before <= 2);
}

TEST_CASE("JD-6: a shop that is not authorized ends the round with that error, and goes on afterwards") {
  PolledShop world;
  world.settings.token_source.reset();
  world.open();
  const auto calls = world.sandbox.calls();
  const auto refused = world.poll();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::needs_authorization);
  CHECK(world.sandbox.calls() == calls);
}

TEST_CASE("JD-6: polling goes on half a minute after a clock was put right") {
  PolledShop world;
  world.drain();
  world.sandbox.advance(20min);
  world.time->advance(1min);
  const auto refused = world.poll();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::configuration);
  CHECK(refused.error().platform_code() == "8");
  world.sandbox.advance(-20min);
  world.buyer_writes("在吗");
  world.time->advance(31s);
  world.drain();
  CHECK(world.texts() == Texts{"在吗"});
}

TEST_CASE("JD-6: 10 000 sessions of history are caught up with in bounded batches, records and calls") {
  PolledShop world;
  world.settings.polling.look_back = std::chrono::hours(24 * 10);
  world.settings.polling.evaluations = false;
  world.settings.polling.after_sale = false;
  world.settings.polling.agent_messages = false;
  world.open();
  sandbox::JdHistory history;
  history.sessions = 10'000;
  history.lines = 2;
  history.buyers = 500;
  history.from = world.time->wall() - std::chrono::hours(24 * 9);
  history.until = world.time->wall() - std::chrono::hours(1);
  REQUIRE(world.sandbox.jd_add_history(kTwinJdShop, history));
  world.drain();
  CHECK(world.texts().size() == 10'000);
  CHECK(world.ids.size() == 10'000);
  CHECK(world.largest_writes <= Poller::kMaxCursorWrites);
  CHECK(world.largest_value <= 64 * 1024);
  // 200 pages of sessions, a day of them in both windows, and the lists of two agents and of old days; each customer's
  // log once a window of 7 days.
  CHECK(world.sandbox.calls("jingdong.im.pop.sessionlist.get") <= 260);
  CHECK(world.sandbox.calls("jingdong.im.pop.chatlog.get") <= 2'000);
}

TEST_CASE("JD-6: an Inbox over a shop: polled, handled, answered in the session, once over restarts") {
  PolledShop world;
  world.settings.polling.agent_messages = false;
  world.open();
  int handled = 0;
  const auto begin = [&] {
    auto inbox = Inbox::create(*world.runtime, world.polled, [&](const InboundEvent& event, const InboxTurn& turn) {
      ++handled;
      const auto* text = std::get_if<ReceivedText>(&event.payload);
      if (text == nullptr) return turn.done();
      turn.answer(TextContent("您说：" + text->body));
    });
    REQUIRE(inbox);
    return *std::move(inbox);
  };
  std::optional<Inbox> inbox(begin());
  world.time->advance(1min);
  world.buyer_writes("在吗");
  world.time->advance(1min);
  auto received = world.sandbox.jd_received(kTwinJdShop, kTwinBuyer);
  REQUIRE(received.size() == 1);
  CHECK(received[0].text == "您说：在吗");
  CHECK(handled == 1);

  inbox.reset();
  world.begin_anew();
  inbox.emplace(begin());
  world.buyer_writes("谢谢");
  world.time->advance(2min);
  received = world.sandbox.jd_received(kTwinJdShop, kTwinBuyer);
  REQUIRE(received.size() == 2);
  CHECK(received[1].text == "您说：谢谢");
  CHECK(handled == 2);
}

TEST_CASE("JD-6: a message that the host's feed brings and polling shows is one event") {
  PolledShop world;
  world.settings.host_feed = true;
  world.open();
  Texts handled;
  auto inbox = Inbox::create(*world.runtime, world.polled, [&](const InboundEvent& event, const InboxTurn& turn) {
    if (const auto* text = std::get_if<ReceivedText>(&event.payload)) handled.push_back(text->body);
    turn.done();
  });
  REQUIRE(inbox);
  const std::string sid = world.buyer_writes("在吗");
  const std::string fed = R"({"id":"m1","type":"chat_message","from":{"pin":"jd_buyer_001","app":"im.customer"},)"
                          R"("to":{"pin":"flagship-zhang","app":"im.waiter"},"body":{"type":"text","content":"在吗",)"
                          R"("chatinfo":{"sid":")" +
                          sid + R"("}},"timestamp":)" + std::to_string(unix_millis(world.time->wall())) + "}";
  const auto answer = inbox->handle(WebhookRequest("POST", "/feed", "", fed)).get();
  REQUIRE(answer);
  CHECK(answer->status == 200);
  world.time->advance(3min);
  INFO((handled.empty() ? "none" : handled.back()));
  CHECK(handled == Texts{"在吗"});
}

TEST_CASE("JD-6: agents that are named are polled one after the other") {
  PolledShop world;
  world.settings.polling.agents = {kTwinAgent, "flagship-li"};
  world.open();
  world.drain();
  world.buyer_does("open", R"({"waiter":"flagship-zhang"})", "jd_buyer_001");
  world.buyer_does("open", R"({"waiter":"flagship-li"})", "jd_buyer_002");
  world.buyer_writes("one", "jd_buyer_001");
  world.buyer_writes("two", "jd_buyer_002");
  world.buyer_does("rate", R"({"score":1})", "jd_buyer_002");
  world.time->advance(1min);
  world.drain();
  const auto texts = world.texts();
  CHECK(std::set<std::string>(texts.begin(), texts.end()) == std::set<std::string>{"one", "two"});
  CHECK(texts.size() == 2);
  REQUIRE(world.all<CustomerRated>().size() == 1);
  CHECK(world.all<CustomerRated>()[0].agent == "flagship-li");
}

TEST_CASE("JD-6: the day's calls are a budget that three shops of an application share") {
  PolledShop world;
  auto config = JdTwinWorld::app_config();
  config.calls_per_day = 3'000;
  auto app = jd::App::create(*world.runtime, config);
  REQUIRE(app);
  std::vector<std::shared_ptr<jd::Shop>> shops;
  for (const char* name : {kTwinJdShop, "second", "third"}) {
    if (name != std::string(kTwinJdShop)) world.add_shop(name, name[0] == 's' ? 10002 : 10003);
    auto shop = jd::Shop::create(*app, world.shop_config(name, name == std::string(kTwinJdShop) ? "10001"
                                                               : name[0] == 's'                 ? "10002"
                                                                                                : "10003"));
    REQUIRE(shop);
    shops.push_back(*shop);
  }
  const auto before = world.sandbox.calls("jingdong.im.pop.sessionlist.get");
  std::map<std::string, int> rounds;
  std::map<std::string, WallTime> due;
  const WallTime end = world.time->wall() + std::chrono::hours(15);
  for (; world.time->wall() < end; world.time->advance(30s)) {
    for (const auto& shop : shops) {
      if (due[shop->id()] > world.time->wall()) continue;
      const auto batch = shop->poller()->poll().get();
      if (!batch) {
        REQUIRE(batch.error().kind() == ErrorKind::quota_exhausted);
        due[shop->id()] = world.time->wall() + *batch.error().details().retry_after;
        continue;
      }
      if (!batch->cursor.empty()) CHECK(shop->poller()->accept(batch->cursor).get());
      ++rounds[shop->id()];
      due[shop->id()] = world.time->wall() + batch->pause;
    }
  }
  // Half of the calls are the pollers'; they last to the end of the day, for all three alike.
  CHECK(world.sandbox.calls() <= 1'600);
  CHECK(world.sandbox.calls("jingdong.im.pop.sessionlist.get") - before >= 150);
  for (const auto& entry : rounds) {
    CAPTURE(entry.first);
    CHECK(entry.second * 3 >= (rounds[kTwinJdShop] + rounds["second"] + rounds["third"]) * 2 / 3);
  }
}
