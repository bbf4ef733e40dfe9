// foundation g, at the Inbox: a Channel of the host that throws, drops or answers twice.
#include "core/async/host_code.hpp"

#include "support/fake_poller.hpp"
#include "support/simulated_core.hpp"
#include "unit/channel/inbox/shop.hpp"

#include <stdexcept>

using namespace kefu;
using namespace kefu_test;

namespace {

struct OddReceiver final : PushReceiver {
  OpenedPush open(const WebhookRequest& request, WallTime now) const override {
    if (throws_in == "open") throw std::runtime_error("no open");
    return fake.open(request, now);
  }
  Result<WebhookResponse> reply(const ReplyContext& context, const PassiveReply& said, WallTime now) const override {
    if (throws_in == "reply") throw std::runtime_error("no reply");
    return fake.reply(context, said, now);
  }
  WebhookResponse acknowledge() const override { return fake.acknowledge(); }
  Result<InboundEvent> reopen(std::string_view raw, WallTime received) const override {
    if (throws_in == "reopen") throw std::runtime_error("no reopen");
    return fake.reopen(raw, received);
  }
  FakeReceiver fake;
  std::string throws_in;
};

struct OddMessenger final : Messenger {
  Pending<Receipt> send(Message, CallOptions) override {
    ++sends;
    throw std::runtime_error("no send");
  }
  Pending<SendPlan> plan(Message, CallOptions) override { throw 1; }
  Pending<void> typing(Address, bool, CallOptions) override { throw 1; }
  int sends = 0;
};

/// A whole channel of the host's own making.
struct OddChannel final : Channel {
  explicit OddChannel(const Runtime& runtime) : fake(runtime) {}
  const std::string& id() const override { return look(fake.id()); }
  const std::string& platform() const override { return fake.platform(); }
  const Capabilities& capabilities() const override { return look(fake.capabilities()); }
  std::shared_ptr<Messenger> messenger() const override { return any_messenger ? any_messenger : odd_messenger; }
  std::shared_ptr<PushReceiver> push_receiver() const override { return receiver; }
  std::shared_ptr<Poller> poller() const override { return source; }
  std::shared_ptr<AgentSessions> agent_sessions() const override { throw std::runtime_error("no sessions"); }
  template <class T>
  const T& look(const T& value) const {
    if (getters_throw) throw std::runtime_error("no getter");
    return value;
  }
  FakeChannel fake;
  std::shared_ptr<OddMessenger> odd_messenger = std::make_shared<OddMessenger>();
  std::shared_ptr<Messenger> any_messenger;
  std::shared_ptr<OddReceiver> receiver = std::make_shared<OddReceiver>();
  std::shared_ptr<Poller> source;
  bool getters_throw = false;
};

struct OddShop {
  explicit OddShop(InboxOptions options = three_tries()) : runtime(Shop::make_runtime(world)) {
    channel = std::make_shared<OddChannel>(runtime);
    auto made = Inbox::create(
        runtime, channel, [this](InboundEvent event, InboxTurn turn) { on_event(std::move(event), std::move(turn)); },
        options);
    REQUIRE(made);
    inbox = std::make_unique<Inbox>(std::move(*made));
  }
  RequestPtr push(const std::string& body) {
    auto request = std::make_shared<Request>();
    inbox->handle(WebhookRequest("POST", "/", "", body)).then([request](Result<WebhookResponse> response) {
      request->status = response ? response->status : -1;
      request->body = response ? response->body : response.error().message();
    });
    world.time->run_ready();
    return request;
  }
  std::vector<DeadLetter> dead() {
    auto letters = inbox->dead_letters().get();
    REQUIRE(letters);
    return *letters;
  }

  World world;
  Runtime runtime;
  std::shared_ptr<OddChannel> channel;
  std::unique_ptr<Inbox> inbox;
  Inbox::Handler on_event = [](InboundEvent, InboxTurn turn) { turn.done(); };
};

}  // namespace

TEST_CASE("foundation g: a channel whose members throw makes no Inbox, and says why") {
  World world;
  Runtime runtime = Shop::make_runtime(world);
  auto channel = std::make_shared<OddChannel>(runtime);
  channel->getters_throw = true;
  auto made = Inbox::create(runtime, channel, [](InboundEvent, InboxTurn) {});
  REQUIRE_FALSE(made);
  CHECK(made.error().kind() == ErrorKind::internal);
  CHECK(made.error().message() == "Channel threw: no getter");
}

TEST_CASE("foundation g: a receiver that throws when it opens a push asks for it again") {
  OddShop shop;
  shop.channel->receiver->throws_in = "open";
  const auto request = shop.push("e1|anna|hi");
  CHECK(request->status == -1);
  CHECK(request->body == "PushReceiver::open threw: no open");
  shop.channel->receiver->throws_in.clear();
  CHECK(shop.push("e1|anna|hi")->status == 200);
}

TEST_CASE("foundation g: a reply that throws leaves as a message, and a send that throws is not repeated") {
  OddShop shop;
  shop.channel->receiver->throws_in = "reply";
  shop.on_event = [](InboundEvent, InboxTurn turn) {
    turn.answer(Content(TextContent("hello")));
    turn.answer(Content(TextContent("again")));  // the first one holds
    turn.failed("never mind");
  };
  shop.push("e1|anna|hi");
  shop.world.time->advance(10s);
  CHECK(shop.channel->odd_messenger->sends == 1);
  const auto letters = shop.dead();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].why.find("nobody knows") != std::string::npos);
  CHECK(letters[0].why.find("Messenger::send threw: no send") != std::string::npos);
}

TEST_CASE("foundation g: a handler that throws or drops its turn gets the event again, and then the dead letters do") {
  OddShop shop;
  int handled = 0;
  shop.on_event = [&](InboundEvent, InboxTurn) {
    if (++handled % 2 == 1) throw std::bad_alloc();
  };
  shop.push("e1|anna|hi");
  shop.world.time->advance(60s);
  CHECK(handled == 3);
  const auto letters = shop.dead();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].why == "Inbox::Handler threw: std::bad_alloc");
}

TEST_CASE("foundation g: a late transfer to a channel whose sessions throw, a stored event that throws when read") {
  OddShop shop;
  std::vector<InboxTurn> turns;
  shop.on_event = [&](InboundEvent, InboxTurn turn) { turns.push_back(std::move(turn)); };
  shop.push("e1|anna|hi");
  shop.world.time->advance(5s);
  REQUIRE(turns.size() == 1);
  turns[0].answer(TransferToAgent("a"));
  turns.clear();
  shop.world.time->advance(1s);
  CHECK(shop.dead().size() == 1);
  shop.channel->receiver->throws_in = "reopen";
  CHECK(shop.dead().size() == 1);
  auto revived = shop.inbox->revive("e1").get();
  REQUIRE_FALSE(revived);
  CHECK(revived.error().kind() == ErrorKind::internal);
}

TEST_CASE("foundation g: a poller that throws is asked again after a pause; absurd pauses are kept in bounds") {
  struct OddPoller final : Poller {
    explicit OddPoller(const Runtime& runtime) : home(runtime.home()) {}
    Pending<PollBatch> poll(CallOptions) override {
      if (++polls == 1) throw std::runtime_error("no poll");
      Promise<PollBatch> promise(home);
      auto pending = promise.pending();
      if (polls == 2) return pending;  // dropped
      PollBatch batch;
      batch.pause = polls == 3 ? Millis::max() : Millis::min();
      promise.answer(std::move(batch));
      return pending;
    }
    Pending<void> accept(std::vector<StoreWrite>) override { throw 1; }
    Result<InboundEvent> reopen(std::string_view, WallTime) const override { throw 1; }
    const std::shared_ptr<detail::PendingHome> home;
    int polls = 0;
  };
  World world;
  Runtime runtime = Shop::make_runtime(world);
  auto channel = std::make_shared<FakeChannel>(runtime);
  auto poller = std::make_shared<OddPoller>(runtime);
  channel->source = poller;
  auto inbox = Inbox::create(runtime, channel, [](InboundEvent, InboxTurn) {});
  REQUIRE(inbox);
  world.time->advance(30s);
  CHECK(poller->polls == 3);
  world.time->advance(25h);
  CHECK(poller->polls > 4);
}

TEST_CASE("foundation g: a messenger that never answers holds its customer up for ten minutes, not for ever") {
  OddShop shop;
  std::vector<std::string> handled;
  struct ForgetfulMessenger final : Messenger {
    explicit ForgetfulMessenger(const Runtime& runtime) : home(runtime.home()) {}
    Pending<Receipt> send(Message, CallOptions) override {
      owed.emplace_back(home);
      return owed.back().pending();
    }
    Pending<SendPlan> plan(Message, CallOptions) override { throw 1; }
    Pending<void> typing(Address, bool, CallOptions) override { throw 1; }
    const std::shared_ptr<detail::PendingHome> home;
    std::vector<Promise<Receipt>> owed;
  };
  const auto messenger = std::make_shared<ForgetfulMessenger>(shop.runtime);
  shop.channel->any_messenger = messenger;
  std::vector<InboxTurn> turns;
  shop.on_event = [&](InboundEvent event, InboxTurn turn) {
    handled.push_back(event.event_id);
    turns.push_back(std::move(turn));
  };
  shop.push("e1|anna|hi");
  shop.world.time->advance(5s);
  turns[0].answer(TextContent("late"));
  shop.push("e2|anna|still there?");
  shop.world.time->advance(9min);
  REQUIRE(messenger->owed.size() == 1);
  CHECK(handled == std::vector<std::string>{"e1"});
  shop.world.time->advance(2min);
  CHECK(handled == std::vector<std::string>{"e1", "e2"});
  const auto letters = shop.dead();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].why.find("nobody knows") != std::string::npos);
  messenger->owed[0].answer(Receipt());  // too late to count
  shop.world.time->advance(1s);
  CHECK(shop.dead().size() == 1);
}

TEST_CASE("a push whose customer is found out just before its time ends is acknowledged all the same") {
  World world;
  Shop shop(world);
  const auto receiver = std::make_shared<kefu_test::LateReceiver>();
  shop.channel->receiver = receiver;
  const auto inbox = Inbox::create(shop.runtime, shop.channel, [](InboundEvent, InboxTurn) {});
  REQUIRE(inbox);
  auto asked = inbox->handle(WebhookRequest("POST", "/", "", "e1|anna|hi"));
  shop.pass(3'950ms);
  REQUIRE(receiver->found);
  receiver->found();
  shop.pass(1ms);
  REQUIRE(asked.wait_for(0ms));
  CHECK(std::move(asked).get()->status == 200);
}

TEST_CASE(
    "a stored event that says another customer when it is read again is a dead letter, and nobody else's answer") {
  struct AliasReceiver final : FakeReceiver {
    /// Keeps what it found out for itself.
    void recognize(InboundEvent event, MoveFunction<void(Result<InboundEvent>)> done) const override {
      event.customer.id = "anna";
      done(std::move(event));
    }
  };
  World world;
  const auto receiver = std::make_shared<AliasReceiver>();
  {
    Shop gone(world);
    gone.channel->receiver = receiver;
    const auto inbox = Inbox::create(gone.runtime, gone.channel, [](InboundEvent, InboxTurn) {});
    REQUIRE(inbox);
    auto asked = inbox->handle(WebhookRequest("POST", "/", "", "e1|a.n.n.a|hi"));
    world.time->run_ready();
    gone.runtime.stop();
  }
  Shop shop(world);
  shop.pass(60s);
  CHECK(shop.handled.empty());
  const auto letters = shop.dead();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].why.find("another customer") != std::string::npos);
}
