// The faults that the Inbox once had, each through its public interface
// (letters as in the issue that rebuilt it). Those that need a store which is
// slow are in tests/lifecycle/inbox_promises.cpp.
#include "core/async/runtime_core.hpp"
#include "unit/channel/inbox/shop.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using kefu::InboxOptions;
using kefu::InboxTurn;
using kefu::MenuContent;
using kefu::Millis;
using kefu::TextContent;
using kefu_test::FaultyStore;
using kefu_test::RequestPtr;
using kefu_test::Shop;
using kefu_test::World;

/// The world as another process sees it: the same time and data, faults of its
/// own.
World beside(const World& other) {
  World own;
  own.time = other.time;
  own.store = std::make_shared<FaultyStore>(other.store);
  return own;
}

MenuContent menu() { return MenuContent("which?", {MenuContent::Item("1", "this"), MenuContent::Item("2", "that")}); }

/// How often the customer got an answer: with the request, or as a message.
std::size_t answers(const std::vector<RequestPtr>& requests, const Shop& a, const Shop& b) {
  const auto passive = std::count_if(requests.begin(), requests.end(), [](const RequestPtr& request) {
    return request->status == 200 && request->body != "success";
  });
  return static_cast<std::size_t>(passive) + a.sent().size() + b.sent().size();
}

/// Takes a while for each poll, and always knows of more that it does not give.
class BusyPoller final : public kefu::Poller {
 public:
  explicit BusyPoller(const kefu::Runtime& runtime) : core_(kefu::detail::core_of(runtime)) {}
  kefu::Pending<kefu::PollBatch> poll(kefu::CallOptions) override {
    ++polls;
    auto promise = std::make_shared<kefu::Promise<kefu::PollBatch>>(core_);
    auto pending = promise->pending();
    core_->scheduler->run_at(core_->clock->mono() + 20ms, [promise] {
      kefu::PollBatch batch;
      batch.more = true;
      promise->answer(std::move(batch));
    });
    return pending;
  }
  kefu::Pending<void> accept(std::vector<kefu::StoreWrite>) override {
    kefu::Promise<void> promise(core_);
    auto pending = promise.pending();
    promise.answer(kefu::Result<void>());
    return pending;
  }
  kefu::Result<kefu::InboundEvent> reopen(std::string_view, kefu::WallTime) const override {
    return kefu::Error(kefu::ErrorKind::bad_argument, "nothing was polled");
  }
  int polls = 0;

 private:
  const std::shared_ptr<kefu::detail::RuntimeCore> core_;
};

/// Counts how often an answer is built.
class CountingReceiver final : public kefu::PushReceiver {
 public:
  kefu::OpenedPush open(const kefu::WebhookRequest& request, kefu::WallTime now) const override {
    return inner_.open(request, now);
  }
  kefu::Result<kefu::WebhookResponse> reply(const kefu::ReplyContext& context, const kefu::PassiveReply& reply,
                                            kefu::WallTime now) const override {
    ++built;
    return inner_.reply(context, reply, now);
  }
  kefu::WebhookResponse acknowledge() const override { return inner_.acknowledge(); }
  kefu::Result<kefu::InboundEvent> reopen(std::string_view raw, kefu::WallTime received) const override {
    return inner_.reopen(raw, received);
  }
  mutable int built = 0;

 private:
  kefu_test::FakeReceiver inner_;
};

/// Counts the bytes that are read from it.
class WeighedStore final : public kefu::Store {
 public:
  explicit WeighedStore(std::shared_ptr<kefu::Store> inner) : inner_(std::move(inner)) {}
  std::size_t bytes = 0;

  bool durable() const noexcept override { return true; }
  kefu::Result<kefu::WallTime> now() override { return inner_->now(); }
  kefu::Result<std::optional<kefu::StoreEntry>> get(std::string_view key) override {
    auto entry = inner_->get(key);
    if (entry && *entry) bytes += (*entry)->value.size();
    return entry;
  }
  kefu::Result<std::vector<std::optional<kefu::StoreEntry>>> get_many(const std::vector<std::string>& keys) override {
    auto entries = inner_->get_many(keys);
    if (!entries) return entries;
    for (const auto& entry : *entries) bytes += entry ? entry->value.size() : 0;
    return entries;
  }
  kefu::Result<kefu::CommitOutcome> commit(const std::vector<kefu::StoreWrite>& writes,
                                           kefu::Durability durability) override {
    return inner_->commit(writes, durability);
  }
  kefu::Result<kefu::StorePage> list(std::string_view prefix, std::string_view after,
                                     kefu::ListLimits limits) override {
    auto page = inner_->list(prefix, after, limits);
    if (!page) return page;
    for (const auto& item : page->items) bytes += item.second.value.size();
    return page;
  }
  kefu::Result<std::optional<kefu::Lease>> lease(std::string_view key, std::string_view owner,
                                                 std::chrono::milliseconds ttl) override {
    return inner_->lease(key, owner, ttl);
  }
  kefu::Result<void> release(const kefu::Lease& lease) override { return inner_->release(lease); }

 private:
  const std::shared_ptr<kefu::Store> inner_;
};

}  // namespace

TEST_CASE(
    "inbox a: what no request can carry is not claimed by one that waits "
    "elsewhere; it is sent") {
  World world;
  Shop a(world);
  Shop b(world);
  const auto first = a.push("e1|c1|first");
  const auto second = b.push("e2|c1|second");
  a.turn(0).done();
  a.pass(1ms);
  REQUIRE(a.turns.size() == 2);
  a.turn(1).answer(menu());
  a.pass(10s);
  CHECK(second->status == 200);
  CHECK(a.sent().size() + b.sent().size() == 1);
  CHECK(a.dead().empty());
}

TEST_CASE(
    "inbox c: a commit that was done, or was not, and of which the store "
    "does not know, loses no answer") {
  for (const bool is_done : {true, false}) {
    for (const auto step : {0ms, 1ms, 5'000ms}) {
      CAPTURE(is_done);
      CAPTURE(step.count());
      World world;
      Shop shop(world);
      const auto request = shop.push("e1|c1|first");
      shop.pass(step);
      (is_done ? world.store->doubtful_commits : world.store->lost_commits) = 1;
      shop.turn().answer(TextContent("your parcel is on its way"));
      shop.pass(60s);
      CHECK(request->status == 200);
      CHECK(answers({request}, shop, shop) - shop.sent().size() + shop.dead().size() == 1);
      CHECK(shop.handled.size() == 1);
    }
  }
}

TEST_CASE(
    "inbox e: a process that was cut off for longer than its lease does "
    "not work beside its successor") {
  World at_a;
  World at_b = beside(at_a);
  at_a.store = std::make_shared<FaultyStore>(at_a.store);
  InboxOptions options;
  options.answer_within = 50ms;
  Shop a(at_a, options);
  Shop b(at_b, options);
  const auto request = a.push("e1|c1|first");
  a.pass(100ms);
  CHECK(request->body == "success");
  at_a.store->gone = true;
  a.turn().answer(TextContent("one"));
  a.pass(60s);
  REQUIRE(b.handled.size() == 1);
  at_a.store->gone = false;
  a.pass(20s);
  CHECK(a.handled.size() == 1);
  for (InboxTurn& turn : a.turns) turn.answer(TextContent("one"));
  b.turn().answer(TextContent("two"));
  a.pass(60s);
  CHECK(a.handled.size() == 1);
  CHECK(b.handled.size() == 1);
  REQUIRE(a.sent().size() + b.sent().size() == 1);
  CHECK(b.sent().size() == 1);
  CHECK(b.dead().empty());
}

TEST_CASE(
    "inbox f: how much an Inbox writes does not grow with the polls it "
    "has made") {
  World world;
  long operations = 0;
  world.store->before = [&](std::string_view) { ++operations; };
  kefu::Runtime runtime = Shop::make_runtime(world);
  auto channel = std::make_shared<kefu_test::FakeChannel>(runtime);
  auto poller = std::make_shared<BusyPoller>(runtime);
  channel->source = poller;
  InboxOptions options;
  options.lease = 300ms;
  const auto inbox = kefu::Inbox::create(
      runtime, channel, [](kefu::InboundEvent, InboxTurn turn) { turn.done(); }, options);
  REQUIRE(inbox);
  world.time->advance(2s);
  const auto in_a_second = [&] {
    const long before = operations;
    world.time->advance(1s);
    return operations - before;
  };
  const long early = in_a_second();
  world.time->advance(20s);
  const int polls = poller->polls;
  const long late = in_a_second();
  CHECK(poller->polls - polls > 10);
  CHECK(late <= early + early / 4 + 2);
}

TEST_CASE("inbox i: the answer that goes with a request is built once") {
  World world;
  Shop shop(world);
  const auto receiver = std::make_shared<CountingReceiver>();
  shop.channel->receiver = receiver;
  auto inbox = kefu::Inbox::create(shop.runtime, shop.channel, [](const kefu::InboundEvent&, const InboxTurn& turn) {
    turn.answer(TextContent("hello"));
  });
  REQUIRE(inbox);
  auto response = inbox->handle(kefu::WebhookRequest("POST", "/", "", "e1|c1|first"));
  world.time->advance(1s);
  CHECK(std::move(response).get()->body == "hello to c1");
  CHECK(receiver->built == 1);
}

TEST_CASE("inbox j: one dead letter is found without reading the others") {
  World world;
  const auto weighed = std::make_shared<WeighedStore>(world.store);
  World heavy = beside(world);
  heavy.store = std::make_shared<FaultyStore>(weighed);
  InboxOptions options;
  options.tries = 1;
  Shop shop(heavy, options);
  constexpr int kLetters = 30;
  constexpr std::size_t kSize = 100'000;
  shop.on_event = [](kefu::InboundEvent, InboxTurn turn) { turn.failed("no"); };
  for (int i = 0; i < kLetters; ++i) {
    shop.push(fmt::format("e{}|c{}|{}", i, i, std::string(kSize, 'x')));
    shop.pass(5s);
  }
  weighed->bytes = 0;
  auto revived = shop.inbox->revive(fmt::format("e{}", kLetters - 1));
  shop.pass(1s);
  CHECK(std::move(revived).get());
  CHECK(weighed->bytes < 10 * kSize);
  weighed->bytes = 0;
  auto dismissed = shop.inbox->dismiss(fmt::format("e{}", kLetters - 2));
  shop.pass(1s);
  CHECK(std::move(dismissed).get());
  CHECK(weighed->bytes < 5 * kSize);
  weighed->bytes = 0;
  auto listed = shop.inbox->dead_letters(3);
  shop.pass(1s);
  CHECK(std::move(listed).get()->size() == 3);
  CHECK(weighed->bytes < 10 * kSize);
}
