#include "unit/channel/inbox/shop.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

namespace {

using namespace std::chrono_literals;
using kefu::Inbox;
using kefu::InboxOptions;
using kefu::InboxTurn;
using kefu::TextContent;
using kefu_test::failure;
using kefu_test::FakeChannel;
using kefu_test::RequestPtr;
using kefu_test::Shop;
using kefu_test::text_of;
using kefu_test::World;

}  // namespace

TEST_CASE("CBK-5: the URL check and refused pushes are answered at once and reach no handler") {
  World world;
  Shop shop(world);
  auto check = shop.inbox->handle(kefu::WebhookRequest("GET", "/", "echostr=1", "")).get();
  REQUIRE(check);
  CHECK(check->body == "echo");
  CHECK(shop.push("bad")->status == 403);
  CHECK(shop.handled.empty());
}

TEST_CASE("BOT-1: an answer in time goes with the request") {
  World world;
  Shop shop(world);
  const auto request = shop.push("e1|c1|hi");
  CHECK_FALSE(request->is_answered());
  shop.turn().answer(TextContent("hello"));
  shop.pass(1ms);
  CHECK(request->status == 200);
  CHECK(request->body == "hello to c1");
  CHECK(shop.sent().empty());
  shop.turn().answer(TextContent("second"));
  shop.pass(1min);
  CHECK(shop.sent().empty());
}

TEST_CASE("BOT-1: done means a plain acknowledgement, a transfer goes with the request") {
  World world;
  Shop shop(world);
  const auto first = shop.push("e1|c1|hi");
  const auto second = shop.push("e2|c2|hi");
  shop.turn(0).done();
  shop.turn(1).answer(kefu::TransferToAgent());
  shop.pass(1ms);
  CHECK(first->body == "success");
  CHECK(second->body == "transfer to c2");
}

TEST_CASE("BOT-1: the platform is answered within 4 s, the late answer leaves as a customer message") {
  World world;
  Shop shop(world);
  const auto request = shop.push("e1|c1|hi");
  shop.pass(3'799ms);
  CHECK_FALSE(request->is_answered());
  shop.pass(1ms);
  CHECK(request->body == "success");
  shop.pass(4s);
  shop.turn().answer(TextContent("late"));
  shop.pass(1ms);
  REQUIRE(shop.sent().size() == 1);
  CHECK(text_of(shop.sent()[0]) == "late");
  CHECK(shop.sent()[0].to.customer.id == "c1");
  CHECK(shop.sent()[0].idempotency_key == "e1");
  // Recorded as sent: a repeat is only acknowledged.
  CHECK(shop.push("e1|c1|hi")->body == "success");
  CHECK(shop.handled.size() == 1);
  CHECK(shop.sent().size() == 1);
}

TEST_CASE("BOT-1: what a passive reply cannot carry is sent as a message even when it is early") {
  World world;
  Shop shop(world);
  const auto request = shop.push("e1|c1|hi");
  shop.turn().answer(kefu::ImageContent("m1"));
  shop.pass(1ms);
  CHECK(request->body == "success");
  REQUIRE(shop.sent().size() == 1);
  CHECK(std::holds_alternative<kefu::ImageContent>(shop.sent()[0].content));
}

TEST_CASE("DED-1, BOT-1: a repeat joins the pending work and the answer goes to whoever waits") {
  World world;
  Shop shop(world);
  const auto first = shop.push("e1|c1|hi");
  shop.pass(3s);
  const auto second = shop.push("e1|c1|hi");
  shop.pass(1s);
  CHECK(first->body == "try again");  // somebody came after it
  shop.pass(1s);
  CHECK_FALSE(second->is_answered());
  shop.turn().answer(TextContent("at last"));
  shop.pass(1ms);
  CHECK(second->body == "at last to c1");
  CHECK(shop.handled.size() == 1);
  CHECK(shop.sent().empty());
}

TEST_CASE("DED-1, BOT-1: once a request was acknowledged the answer leaves as a message, whoever still waits") {
  World world;
  Shop shop(world);
  const auto first = shop.push("e1|c1|hi");
  shop.pass(4s);
  CHECK(first->body == "success");
  CHECK(shop.push("e1|c1|hi")->body == "success");
  shop.turn().answer(TextContent("late"));
  shop.pass(1ms);
  CHECK(shop.sent().size() == 1);
}

TEST_CASE("DED-1: a repeat gets the first answer for as long as it is remembered") {
  World world;
  InboxOptions options;
  options.remember = 20min;
  Shop shop(world, options);
  shop.push("e1|c1|hi");
  shop.turn().answer(TextContent("hello"));
  shop.pass(19min);
  CHECK(shop.push("e1|c1|hi")->body == "hello to c1");
  CHECK(shop.handled.size() == 1);
  shop.pass(2min);
  shop.push("e1|c1|hi");
  CHECK(shop.handled.size() == 2);
}

TEST_CASE("DED-1: many repeats of one event are bounded") {
  World world;
  Shop shop(world);
  std::vector<RequestPtr> requests;
  for (int i = 0; i < 30; ++i) requests.push_back(shop.push("e1|c1|hi"));
  int early = 0;
  for (const auto& request : requests) early += request->is_answered();
  CHECK(early == 14);
  shop.turn().answer(TextContent("x"));
  shop.pass(1ms);
  for (std::size_t i = 0; i < requests.size(); ++i) CHECK(requests[i]->status == (i < 16 ? 200 : 503));
}

TEST_CASE("DED-2: two events of one customer in one second are two events") {
  World world;
  Shop shop(world);
  shop.push("e1|c1|hi");
  shop.push("e2|c1|hi");
  shop.turn(0).done();
  shop.pass(1ms);
  CHECK(shop.handled == std::vector<std::string>{"e1", "e2"});
}

TEST_CASE("DED-4: one event of a customer at a time, in order; customers are independent") {
  World world;
  Shop shop(world);
  shop.push("a1|a|1");
  shop.push("a2|a|2");
  shop.push("b1|b|1");
  shop.push("a3|a|3");
  shop.push("x1||event without customer");
  shop.push("x2||event without customer");
  CHECK(shop.handled == std::vector<std::string>{"a1", "b1", "x1", "x2"});
  shop.turn(1).done();
  shop.pass(1ms);
  CHECK(shop.handled.size() == 4);
  shop.pass(10s);
  shop.turn(0).answer(TextContent("late"));
  shop.pass(1ms);
  CHECK(shop.handled.back() == "a2");
  shop.turn(4).done();
  shop.pass(1ms);
  CHECK(shop.handled.back() == "a3");
}

TEST_CASE("DED-4: the next event waits until the late answer of the one before was sent") {
  World world;
  Shop shop(world);
  shop.push("a1|a|1");
  shop.push("a2|a|2");
  shop.pass(5s);
  shop.channel->fake_messenger->fail(failure(kefu::ErrorKind::rate_limited, kefu::Delivery::refused));
  shop.turn(0).answer(TextContent("late"));
  shop.pass(1ms);
  CHECK(shop.sent().size() == 1);
  CHECK(shop.handled.size() == 1);
  shop.pass(2s);
  CHECK(shop.sent().size() == 2);
  CHECK(shop.handled.size() == 2);
}

TEST_CASE("BOT-1: more events than max_in_hand are turned away, and come again later") {
  World world;
  InboxOptions options;
  options.max_in_hand = 2;
  Shop shop(world, options);
  shop.push("e1|c1|hi");
  shop.push("e2|c2|hi");
  CHECK(shop.push("e3|c3|hi")->status == 503);
  CHECK(shop.handled.size() == 2);
  shop.turn(0).done();
  shop.pass(1ms);
  shop.push("e3|c3|hi");
  CHECK(shop.handled.size() == 3);
}

TEST_CASE("WIN-1: accepting an event opens the reply window in the same commit, once") {
  World world;
  Shop shop(world);
  kefu::ReplyRules rules;
  rules.rules = {kefu::ReplyRule("message", 5, 48h)};
  shop.channel->ledger = std::make_shared<kefu::ReplyLedger>(world.store, "default", "fake", "shop", rules);
  // The Inbox asks for the ledger when it is made.
  auto again = Inbox::create(shop.runtime, shop.channel, [](kefu::InboundEvent, InboxTurn turn) { turn.done(); });
  REQUIRE(again);
  *shop.inbox = std::move(*again);
  shop.push("e1|c1|hi");
  const auto left = [&] { return shop.channel->ledger->look("c1", world.time->wall())->messages_left; };
  CHECK(left() == 5);
  REQUIRE(shop.channel->ledger->reserve("c1", 2, world.time->wall()));
  shop.push("e1|c1|hi");
  CHECK(left() == 3);
}

TEST_CASE("DED-4, BOT-1: with real threads every request gets its own answer, and customers their order") {
  constexpr int kThreads = 8;
  constexpr int kPushes = 60;
  kefu::RuntimeOptions options;
  auto runtime = kefu::Runtime::create(std::move(options));
  REQUIRE(runtime);
  const auto channel = std::make_shared<FakeChannel>(*runtime);
  std::mutex mutex;
  std::map<std::string, std::vector<std::string>> handled;
  std::vector<std::thread> answering;
  auto inbox = Inbox::create(*runtime, channel, [&](kefu::InboundEvent event, InboxTurn turn) {
    const std::lock_guard lock(mutex);
    handled[event.customer.id].push_back(event.event_id);
    if (handled[event.customer.id].size() % 10 != 0) return turn.answer(TextContent(event.event_id));
    answering.emplace_back([turn, id = event.event_id] { turn.answer(TextContent(id)); });
  });
  REQUIRE(inbox);
  std::atomic<int> wrong{0};
  std::vector<std::thread> pushing;
  for (int t = 0; t < kThreads; ++t) {
    pushing.emplace_back([&, t] {
      for (int i = 0; i < kPushes; ++i) {
        const std::string customer = "c" + std::to_string(t / 2);
        const std::string id = std::to_string(t) + "-" + std::to_string(i);
        const std::string body = id + "|" + customer + "|hi";
        const kefu::WebhookRequest request("POST", "/", "", body);
        auto first = inbox->handle(request);
        auto repeat = inbox->handle(request);
        for (auto* pending : {&first, &repeat}) {
          auto response = std::move(*pending).get();
          if (!response || response->body != id + " to " + customer) ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : pushing) thread.join();
  runtime->stop();
  for (std::thread& thread : answering) thread.join();
  CHECK(wrong == 0);
  CHECK(channel->fake_messenger->sent().empty());
  for (const auto& [customer, ids] : handled) {
    CAPTURE(customer);
    CHECK(ids.size() == 2 * kPushes);
    for (int t = 0; t < kThreads; ++t) {
      int last = -1;
      for (const std::string& id : ids) {
        if (id.rfind(std::to_string(t) + "-", 0) != 0) continue;
        CHECK(std::stoi(id.substr(2)) == last + 1);
        last = std::stoi(id.substr(2));
      }
    }
  }
}
