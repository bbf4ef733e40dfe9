#include "support/fake_channel.hpp"
#include "support/faulty_store.hpp"
#include "support/process_loop.hpp"

#include <kefu/channel/inbox.hpp>
#include <kefu/sandbox/scripted_transport.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kefu::Inbox;
using kefu::InboxOptions;
using kefu::InboxTurn;
using kefu::Millis;
using kefu::TextContent;
using kefu::WebhookResponse;
using kefu::sandbox::SimulatedTime;
using kefu_test::FakeChannel;
using kefu_test::FaultyStore;

/// Time and store that several processes share.
struct World {
  std::shared_ptr<SimulatedTime> time = std::make_shared<SimulatedTime>();
  std::shared_ptr<FaultyStore> store = std::make_shared<FaultyStore>(std::make_shared<kefu::MemoryStore>(time));
};

/// A request whose answer may come later.
struct Request {
  bool is_answered() const { return status != 0; }
  int status = 0;
  std::string body;
};
using RequestPtr = std::shared_ptr<Request>;

/// One process: its runtime, its account and its Inbox. The handler keeps every turn, unless it has something to say.
struct Shop {
  explicit Shop(World& w, InboxOptions options = {}) : world(w), runtime(make_runtime(w)) {
    channel = std::make_shared<FakeChannel>(runtime);
    auto created = Inbox::create(
        runtime, channel,
        [this](kefu::InboundEvent event, InboxTurn turn) {
          handled.push_back(event.event_id);
          if (on_event) return on_event(std::move(event), std::move(turn));
          turns.push_back(std::move(turn));
        },
        options);
    REQUIRE(created);
    inbox = std::make_unique<Inbox>(std::move(*created));
  }
  ~Shop() { turns.clear(); }
  static kefu::Runtime make_runtime(World& w) {
    kefu::RuntimeOptions options;
    options.clock = w.time;
    options.scheduler = std::make_shared<kefu_test::ProcessLoop>(w.time);
    options.store = w.store;
    options.transport = std::make_shared<kefu::sandbox::ScriptedTransport>(w.time);
    auto runtime = kefu::Runtime::create(std::move(options));
    REQUIRE(runtime);
    return std::move(*runtime);
  }

  RequestPtr push(const std::string& body) {
    auto request = std::make_shared<Request>();
    inbox->handle(kefu::WebhookRequest("POST", "/", "", body)).then([request](kefu::Result<WebhookResponse> response) {
      request->status = response ? response->status : -1;
      request->body = response ? response->body : response.error().message();
    });
    world.time->run_ready();
    return request;
  }
  InboxTurn turn(std::size_t i = 0) {
    REQUIRE(turns.size() > i);
    return turns[i];
  }
  void pass(Millis by) { world.time->advance(by); }
  std::vector<kefu::DeadLetter> dead() {
    auto letters = inbox->dead_letters().get();
    REQUIRE(letters);
    return *letters;
  }
  std::vector<kefu::Message> sent() const { return channel->fake_messenger->sent(); }

  World& world;
  kefu::Runtime runtime;
  std::shared_ptr<FakeChannel> channel;
  std::unique_ptr<Inbox> inbox;
  std::vector<std::string> handled;
  std::vector<InboxTurn> turns;
  Inbox::Handler on_event;
};

std::string text_of(const kefu::Message& message) { return std::get<TextContent>(message.content).body; }

kefu::Error failure(kefu::ErrorKind kind, kefu::Delivery delivery, std::size_t parts = 0) {
  kefu::ErrorDetails details;
  details.message = "scripted";
  details.parts_delivered = parts;
  return kefu::Error(kind, delivery, std::move(details));
}

InboxOptions three_tries() {
  InboxOptions options;
  options.tries = 3;
  return options;
}

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
  shop.pass(3'999ms);
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

TEST_CASE("BOT-1: a late transfer to an agent is not lost silently") {
  World world;
  Shop shop(world);
  shop.push("e1|c1|hi");
  shop.pass(5s);
  shop.turn().answer(kefu::TransferToAgent());
  shop.pass(1ms);
  REQUIRE(shop.dead().size() == 1);
  CHECK(shop.dead()[0].why.find("transfer") != std::string::npos);
}

TEST_CASE("DED-1, BOT-1: a repeat joins the pending work and the answer goes to whoever waits") {
  World world;
  Shop shop(world);
  const auto first = shop.push("e1|c1|hi");
  shop.pass(4s);
  CHECK(first->body == "success");
  shop.pass(1s);
  const auto second = shop.push("e1|c1|hi");
  shop.pass(2s);
  CHECK_FALSE(second->is_answered());
  shop.turn().answer(TextContent("at last"));
  shop.pass(1ms);
  CHECK(second->body == "at last to c1");
  CHECK(shop.handled.size() == 1);
  CHECK(shop.sent().empty());
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
  for (const auto& request : requests) CHECK(request->status == 200);
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

TEST_CASE("BOT-2: failed handling is repeated with pauses, then it is a dead letter that can be revived") {
  World world;
  Shop shop(world, three_tries());
  shop.on_event = [&](kefu::InboundEvent, InboxTurn turn) {
    if (shop.handled.size() == 1) return turn.failed("no database");
    if (shop.handled.size() == 2) throw std::runtime_error("bang");
    // Dropped: nobody answers.
  };
  const auto request = shop.push("e1|c1|hi");
  CHECK(shop.handled.size() == 1);
  shop.pass(500ms);
  CHECK(shop.handled.size() == 1);
  shop.pass(1s);
  CHECK(shop.handled.size() == 2);
  CHECK(shop.dead().empty());
  shop.pass(3s);
  CHECK(shop.handled.size() == 3);
  CHECK(request->body == "success");
  auto letters = shop.dead();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].event_id == "e1");
  CHECK(letters[0].tries == 3);
  CHECK(letters[0].why == "the handler dropped the event without an answer");
  CHECK(std::get<kefu::ReceivedText>(letters[0].event.payload).body == "hi");
  CHECK(shop.push("e1|c1|hi")->body == "success");
  CHECK(shop.handled.size() == 3);

  shop.on_event = [](kefu::InboundEvent, InboxTurn turn) { turn.answer(TextContent("now")); };
  REQUIRE(shop.inbox->revive("e1").get());
  shop.pass(1ms);
  CHECK(shop.handled.size() == 4);
  REQUIRE(shop.sent().size() == 1);
  CHECK(shop.dead().empty());
  CHECK(shop.inbox->revive("e1").get().error().kind() == kefu::ErrorKind::not_found);
}

TEST_CASE("BOT-2: dead letters come oldest first, and one can be dismissed") {
  World world;
  InboxOptions options;
  options.tries = 1;
  Shop shop(world, options);
  shop.on_event = [](kefu::InboundEvent, InboxTurn turn) { turn.failed("no"); };
  for (const char* push : {"z/ 1|c1|a", "a1|c2|b", "m1|c3|c"}) {
    shop.push(push);
    shop.pass(1s);
  }
  auto letters = shop.dead();
  REQUIRE(letters.size() == 3);
  CHECK(letters[0].event_id == "z/ 1");
  CHECK(letters[1].event_id == "a1");
  REQUIRE(shop.inbox->dismiss("z/ 1").get());
  CHECK(shop.inbox->dismiss("z/ 1").get().error().kind() == kefu::ErrorKind::not_found);
  CHECK(shop.inbox->dead_letters(1).get()->at(0).event_id == "a1");
}

TEST_CASE("BOT-2: a handler that never answers is given up") {
  World world;
  InboxOptions options;
  options.tries = 1;
  options.give_up = 60s;
  Shop shop(world, options);
  shop.push("e1|c1|hi");
  shop.push("e2|c1|hi");
  shop.pass(61s);
  CHECK(shop.handled.size() == 2);
  REQUIRE(shop.dead().size() == 1);
  shop.turn(0).answer(TextContent("too late"));
  shop.pass(1s);
  CHECK(shop.sent().empty());
}

TEST_CASE("BOT-4: a refused late answer is repeated with a budget, an unknown one never") {
  World world;
  Shop shop(world, three_tries());
  const auto late = [&](const std::string& id) {
    shop.push(id + "|" + id + "|hi");
    shop.pass(5s);
    shop.turns.back().answer(TextContent("late"));
    shop.pass(5min);
  };
  SUBCASE("refused for the moment, then accepted") {
    shop.channel->fake_messenger->fail(failure(kefu::ErrorKind::unavailable, kefu::Delivery::refused));
    shop.channel->fake_messenger->fail(failure(kefu::ErrorKind::network, kefu::Delivery::not_sent));
    late("e1");
    CHECK(shop.sent().size() == 3);
    CHECK(shop.dead().empty());
  }
  SUBCASE("the budget ends") {
    for (int i = 0; i < 9; ++i) {
      shop.channel->fake_messenger->fail(failure(kefu::ErrorKind::rate_limited, kefu::Delivery::refused));
    }
    late("e1");
    CHECK(shop.sent().size() == 3);
    REQUIRE(shop.dead().size() == 1);
    CHECK(shop.dead()[0].why.find("scripted") != std::string::npos);
  }
  SUBCASE("nobody knows whether it arrived") {
    shop.channel->fake_messenger->fail(failure(kefu::ErrorKind::timeout, kefu::Delivery::unknown));
    late("e1");
    CHECK(shop.sent().size() == 1);
    REQUIRE(shop.dead().size() == 1);
    CHECK(shop.dead()[0].why.find("nobody knows") != std::string::npos);
  }
  SUBCASE("a part of it arrived") {
    shop.channel->fake_messenger->fail(failure(kefu::ErrorKind::network, kefu::Delivery::not_sent, 1));
    late("e1");
    CHECK(shop.sent().size() == 1);
    CHECK(shop.dead().size() == 1);
  }
  SUBCASE("it will never be accepted") {
    shop.channel->fake_messenger->fail(failure(kefu::ErrorKind::window_closed, kefu::Delivery::not_sent));
    late("e1");
    CHECK(shop.sent().size() == 1);
    CHECK(shop.dead().size() == 1);
  }
}

TEST_CASE("BOT-2: nothing is acknowledged that is not stored") {
  World world;
  Shop shop(world);
  world.store->failing_commits = 1;
  const auto request = shop.push("e1|c1|hi");
  CHECK(request->status == 503);
  CHECK(shop.handled.empty());
  const auto repeat = shop.push("e1|c1|hi");
  CHECK(shop.handled.size() == 1);
  shop.turn().done();
  shop.pass(1ms);
  CHECK(repeat->body == "success");
}

TEST_CASE("BOT-2: a commit that reports an error but was done is found by the repeat") {
  World world;
  Shop shop(world);
  world.store->doubtful_commits = 1;
  CHECK(shop.push("e1|c1|hi")->status == 503);
  const auto repeat = shop.push("e1|c1|hi");
  REQUIRE(shop.handled.size() == 1);
  shop.turn().answer(TextContent("x"));
  shop.pass(1ms);
  CHECK(repeat->body == "x to c1");
}

TEST_CASE("BOT-2: while the store fails the answer waits, is not lost and not sent twice") {
  World world;
  Shop shop(world);
  const auto request = shop.push("e1|c1|hi");
  int written = 0;
  SUBCASE("nothing was written") { world.store->failing_commits = 3; }
  SUBCASE("it was written all the same") {
    world.store->doubtful_commits = 1;
    written = 1;
  }
  shop.turn().answer(TextContent("hello"));
  shop.pass(10s);
  CHECK(request->body == "success");
  CHECK(shop.handled.size() == 1);
  CHECK(shop.sent().size() == static_cast<std::size_t>(1 - written));
  CHECK(shop.push("e1|c1|hi")->body == (written == 1 ? "hello to c1" : "success"));
  shop.push("e2|c1|next");
  CHECK(shop.handled.size() == 2);
  CHECK(shop.dead().empty());
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

TEST_CASE("DED-1: another process' event is answered through the process where the request waits") {
  World world;
  Shop a(world);
  Shop b(world);
  a.push("e1|c1|first");
  const auto request = b.push("e2|c1|second");
  CHECK(b.handled.empty());
  a.turn(0).done();
  a.pass(1ms);
  REQUIRE(a.handled == std::vector<std::string>{"e1", "e2"});
  a.turn(1).answer(TextContent("hello"));
  a.pass(1s);
  CHECK(request->body == "hello to c1");
  a.pass(10s);
  CHECK(a.sent().empty());
  CHECK(b.sent().empty());
  a.push("e3|c1|third");
  CHECK(a.handled.size() + b.handled.size() == 3);
}

TEST_CASE("DED-1: a repeat at another process waits for the answer, and is acknowledged when it does not come") {
  World world;
  Shop a(world);
  Shop b(world);
  const auto first = a.push("e1|c1|hi");
  const auto repeat = b.push("e1|c1|hi");
  CHECK(b.handled.empty());
  SUBCASE("it comes") {
    a.turn().answer(TextContent("hello"));
    a.pass(1s);
    CHECK(first->body == "hello to c1");
    CHECK(repeat->body == "hello to c1");
  }
  SUBCASE("it does not come") {
    a.pass(4s);
    CHECK(first->body == "success");
    CHECK(repeat->body == "success");
    a.turn().answer(TextContent("late"));
    a.pass(1s);
    CHECK(a.sent().size() == 1);
  }
  CHECK(b.handled.empty());
  CHECK(b.sent().empty());
}

TEST_CASE("BOT-2, DED-4: the events of a process that is gone are taken over, in order, without another push") {
  World world;
  Shop b(world, three_tries());
  {
    Shop a(world, three_tries());
    const auto first = a.push("e1|c1|1");
    a.push("e2|c1|2");
    a.push("f1|c2|1");
    a.turn(0).answer(TextContent("done"));
    a.pass(1ms);
    CHECK(first->body == "done to c1");
    CHECK(a.handled == std::vector<std::string>{"e1", "f1", "e2"});
    a.runtime.stop();
  }
  const auto third = b.push("e3|c1|3");
  CHECK(b.handled.empty());
  b.pass(45s);
  CHECK(third->body == "success");
  REQUIRE(b.handled.size() == 2);
  CHECK(b.handled[0] == "e2");
  CHECK(b.handled[1] == "f1");
  b.turn(0).answer(TextContent("two"));
  b.pass(1ms);
  CHECK(b.handled.back() == "e3");
  REQUIRE(b.sent().size() == 1);
  CHECK(text_of(b.sent()[0]) == "two");
  CHECK(b.sent()[0].to.customer.id == "c1");
}

TEST_CASE("BOT-2: a repeat takes over an expired lease at once") {
  World world;
  InboxOptions rarely;
  rarely.sweep = 1h;
  Shop b(world, rarely);
  {
    Shop a(world, rarely);
    a.push("e1|c1|1");
    a.runtime.stop();
  }
  b.pass(31s);
  CHECK(b.handled.empty());
  const auto repeat = b.push("e1|c1|1");
  REQUIRE(b.handled.size() == 1);
  b.turn().answer(TextContent("hello"));
  b.pass(1ms);
  CHECK(repeat->body == "hello to c1");
}

TEST_CASE("BOT-2: a lease is extended while its owner lives") {
  World world;
  Shop a(world);
  Shop b(world);
  a.push("e1|c1|1");
  a.pass(5min);
  CHECK(b.handled.empty());
  a.turn().answer(TextContent("slow"));
  a.pass(1s);
  CHECK(a.sent().size() == 1);
}

TEST_CASE("BOT-2: an event that kills its processes ends among the dead letters") {
  World world;
  for (int i = 0; i < 3; ++i) {
    Shop shop(world, three_tries());
    if (i == 0) shop.push("e1|c1|poison");
    shop.pass(45s);
    CHECK(shop.handled.size() == 1);
    shop.runtime.stop();
  }
  Shop last(world, three_tries());
  last.pass(45s);
  CHECK(last.handled.empty());
  REQUIRE(last.dead().size() == 1);
  CHECK(last.dead()[0].tries == 3);
}

TEST_CASE("BOT-4: a process that ends while it sends leaves a dead letter, not a second message") {
  World world;
  {
    Shop a(world);
    a.push("e1|c1|1");
    a.pass(5s);
    // The account's answer never comes back: the runtime ends first.
    auto hold = std::make_shared<std::vector<kefu::Promise<kefu::Receipt>>>();
    struct Silent final : kefu::Messenger {
      explicit Silent(const kefu::Runtime& r, std::shared_ptr<std::vector<kefu::Promise<kefu::Receipt>>> h)
          : home(r.home()), held(std::move(h)) {}
      kefu::Pending<kefu::Receipt> send(kefu::Message, kefu::CallOptions) override {
        held->emplace_back(home);
        return held->back().pending();
      }
      kefu::Pending<void> typing(kefu::Address, bool, kefu::CallOptions) override {
        return kefu::Promise<void>(home).pending();
      }
      std::shared_ptr<kefu::detail::PendingHome> home;
      std::shared_ptr<std::vector<kefu::Promise<kefu::Receipt>>> held;
    };
    struct SilentChannel final : kefu::Channel {
      explicit SilentChannel(const kefu::Runtime& r, std::shared_ptr<kefu::Messenger> m)
          : base(r), silent(std::move(m)) {}
      const std::string& id() const override { return base.id(); }
      const std::string& platform() const override { return base.platform(); }
      const kefu::Capabilities& capabilities() const override { return base.capabilities(); }
      std::shared_ptr<kefu::Messenger> messenger() const override { return silent; }
      std::shared_ptr<kefu::PushReceiver> push_receiver() const override { return base.push_receiver(); }
      FakeChannel base;
      std::shared_ptr<kefu::Messenger> silent;
    };
    auto channel = std::make_shared<SilentChannel>(a.runtime, std::make_shared<Silent>(a.runtime, hold));
    std::vector<InboxTurn> turns;
    auto inbox = Inbox::create(a.runtime, channel,
                               [&](kefu::InboundEvent, InboxTurn turn) { turns.push_back(std::move(turn)); });
    REQUIRE(inbox);
    *a.inbox = std::move(*inbox);
    a.push("e2|c2|1");
    a.pass(5s);
    REQUIRE(turns.size() == 1);
    turns[0].answer(TextContent("maybe"));
    a.pass(1ms);
    CHECK(hold->size() == 1);
    a.runtime.stop();
    hold->clear();
  }
  Shop b(world);
  b.pass(45s);
  CHECK(b.handled == std::vector<std::string>{"e1"});
  CHECK(b.sent().empty());
  REQUIRE(b.dead().size() == 1);
  CHECK(b.dead()[0].event_id == "e2");
  CHECK(b.dead()[0].why.find("nobody knows") != std::string::npos);
}

TEST_CASE("BOT-2: after the Inbox is destroyed its handlers' answers still count, and the rest is free for others") {
  World world;
  Shop a(world);
  Shop b(world);
  a.push("e1|c1|1");
  a.push("e2|c1|2");
  a.pass(5s);
  a.inbox.reset();
  a.turn(0).answer(TextContent("late"));
  a.pass(10s);
  CHECK(a.sent().size() == 1);
  CHECK(a.handled.size() == 1);
  CHECK(b.handled == std::vector<std::string>{"e2"});
}

TEST_CASE("BOT-2: a stopped runtime answers, and turns that outlive everything are harmless") {
  World world;
  std::vector<InboxTurn> survivors;
  RequestPtr request;
  {
    Shop shop(world);
    request = shop.push("e1|c1|1");
    shop.runtime.stop();
    CHECK(shop.push("e2|c1|2")->status == -1);
    survivors = shop.turns;
  }
  CHECK(request->status == -1);
  survivors[0].answer(TextContent("nobody hears"));
}

TEST_CASE("BOT-2: without a durable store the Inbox says so") {
  World world;
  world.store = std::make_shared<FaultyStore>(std::make_shared<kefu::MemoryStore>(world.time), false);
  Shop shop(world);
  CHECK_FALSE(shop.inbox->durable());
  // Nothing of ours waits in simulated time, so a wait without end is noticed.
  CHECK(world.time->waiting() == 0);
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

TEST_CASE("create refuses options out of bounds and channels without pushes") {
  World world;
  Shop shop(world);
  const auto refused = [&](auto change) {
    InboxOptions options;
    change(options);
    auto inbox = Inbox::create(
        shop.runtime, shop.channel, [](kefu::InboundEvent, InboxTurn) {}, options);
    REQUIRE_FALSE(inbox);
    CHECK(inbox.error().kind() == kefu::ErrorKind::bad_argument);
  };
  refused([](InboxOptions& o) { o.tries = 0; });
  refused([](InboxOptions& o) { o.lease = 1ms; });
  refused([](InboxOptions& o) { o.answer_within = 0ms; });
  refused([](InboxOptions& o) { o.remember = 5s; });
  refused([](InboxOptions& o) { o.max_in_hand = 0; });
  CHECK_FALSE(Inbox::create(shop.runtime, nullptr, [](kefu::InboundEvent, InboxTurn) {}));
  CHECK_FALSE(Inbox::create(shop.runtime, shop.channel, nullptr));
  shop.channel->receiver = nullptr;
  auto inbox = Inbox::create(shop.runtime, shop.channel, [](kefu::InboundEvent, InboxTurn) {});
  CHECK(inbox.error().kind() == kefu::ErrorKind::unsupported);
}
