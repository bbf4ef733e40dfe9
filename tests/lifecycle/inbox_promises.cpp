// Faults that the Inbox once had and that need a store which is slow (letters
// as in the issue that rebuilt it): two processes' worth of threads over one
// store. See tests/unit/channel/inbox/promises.cpp for the others.
#include "core/async/runtime_core.hpp"
#include "support/fake_channel.hpp"
#include "support/faulty_store.hpp"

#include <kefu/channel/inbox.hpp>

#include <doctest/doctest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace {

using namespace std::chrono_literals;
using kefu::InboxOptions;
using kefu::InboxTurn;
using kefu::Millis;
using kefu::TextContent;
using kefu_test::FakeChannel;
using kefu_test::FaultyStore;
using Steady = std::chrono::steady_clock;

/// Waits for what other threads do; false: it took too long.
bool await(const std::function<bool()>& what, Millis limit = 30s) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock<std::mutex> lock(mutex);
  for (const auto deadline = Steady::now() + limit; Steady::now() < deadline; never.wait_for(lock, 2ms)) {
    if (what()) return true;
  }
  return what();
}
/// Nothing must happen meanwhile.
void let_pass(Millis time) {
  static_cast<void>(await([] { return false; }, time));
}

/// One process that shares a store with others, and waits for it alone. Thread
/// safety: any thread.
class SlowHost {
 public:
  SlowHost(const std::shared_ptr<kefu::Store>& shared, const InboxOptions& options,
           std::function<void(const std::string& event, InboxTurn turn)> handler)
      : store(std::make_shared<FaultyStore>(shared)), handler_(std::move(handler)) {
    store->before = [this](std::string_view) { wait(); };
    kefu::RuntimeOptions parts;
    parts.store = store;
    parts.multi_instance = true;
    runtime.emplace(kefu::Runtime::create(std::move(parts)).value());
    channel = std::make_shared<FakeChannel>(*runtime);
    inbox.emplace(kefu::Inbox::create(
                      *runtime, channel,
                      [this](const kefu::InboundEvent& event, InboxTurn turn) {
                        {
                          const std::lock_guard<std::mutex> lock(mutex_);
                          handled_.push_back(event.event_id);
                        }
                        handler_(event.event_id, std::move(turn));
                      },
                      options)
                      .value());
  }
  ~SlowHost() { resume(); }

  kefu::Pending<kefu::WebhookResponse> push(const std::string& body) const {
    return inbox->handle(kefu::WebhookRequest("POST", "/", "", body));
  }
  std::vector<std::string> handled() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return handled_;
  }
  bool await_handled(std::size_t count) const {
    return await([&] { return handled().size() >= count; });
  }
  std::size_t sent() const { return channel->fake_messenger->sent().size(); }
  /// From now on each operation takes so long.
  void slow_down(Millis time) {
    const std::lock_guard<std::mutex> lock(mutex_);
    pace_ = time;
  }
  /// The store does not come back from its next operation until resume().
  void stall() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_stalled_ = true;
  }
  void resume() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_stalled_ = false;
    pace_ = 0ms;
    changed_.notify_all();
  }

  std::shared_ptr<FaultyStore> store;
  std::optional<kefu::Runtime> runtime;
  std::shared_ptr<FakeChannel> channel;
  std::optional<kefu::Inbox> inbox;

 private:
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (pace_ > 0ms) changed_.wait_for(lock, pace_, [this] { return pace_ == 0ms; });
    changed_.wait_for(lock, 30s, [this] { return !is_stalled_; });
  }
  const std::function<void(const std::string&, InboxTurn)> handler_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stalled_ = false;
  Millis pace_{0};
  std::vector<std::string> handled_;
};

/// Turns that wait for the test.
class HeldTurns {
 public:
  void add(InboxTurn turn) {
    const std::lock_guard<std::mutex> lock(mutex_);
    turns_.push_back(std::move(turn));
  }
  void finish_all() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const InboxTurn& turn : turns_) turn.done();
    turns_.clear();
  }
  void answer_all(const std::string& text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const InboxTurn& turn : turns_) turn.answer(TextContent(text));
    turns_.clear();
  }

 private:
  std::mutex mutex_;
  std::vector<InboxTurn> turns_;
};

}  // namespace

TEST_CASE(
    "inbox b: an answer is claimed in the instant in which the request's "
    "deadline fires, and is not lost") {
  InboxOptions options;
  options.answer_within = 800ms;
  for (const Millis moment : {350ms, 450ms, 550ms, 650ms, 750ms}) {
    CAPTURE(moment.count());
    const auto shared = std::make_shared<kefu::MemoryStore>();
    HeldTurns turns;
    SlowHost a(shared, options, [&](const std::string&, InboxTurn turn) { turns.add(std::move(turn)); });
    SlowHost b(shared, options, [](const std::string&, const InboxTurn& turn) { turn.done(); });
    // The customer's queue is at A; the next message reaches B, whose store
    // takes its time.
    auto first = a.push("e1|alice|one");
    REQUIRE(a.await_handled(1));
    auto request = b.push("e2|alice|two");
    let_pass(50ms);
    b.slow_down(150ms);
    turns.finish_all();
    REQUIRE(a.await_handled(2));
    let_pass(moment - 50ms);
    turns.answer_all("your parcel is on its way");
    const auto response = std::move(request).get();
    REQUIRE(response);
    const std::size_t passive = response->body != "success" && response->status == 200 ? 1 : 0;
    CHECK(await([&] { return passive + a.sent() + b.sent() > 0; }, 8s));
    let_pass(500ms);
    CHECK(passive + a.sent() + b.sent() == 1);
    CHECK(std::move(first).get());
  }
}

TEST_CASE(
    "inbox d, h: a request is answered in its time while its answer is "
    "recorded, and after its lane is lost") {
  const auto shared = std::make_shared<kefu::MemoryStore>();
  InboxOptions options;
  options.lease = 600ms;
  options.sweep = 100ms;
  options.max_in_hand = 1;
  options.answer_within = 400ms;
  HeldTurns at_b;
  SlowHost a(shared, options, [&a](const std::string& event, const InboxTurn& turn) {
    if (event[0] == 'e') a.stall();
    turn.answer(TextContent("from A"));
  });
  SlowHost b(shared, options, [&](const std::string&, InboxTurn turn) { at_b.add(std::move(turn)); });

  auto request = a.push("e1|alice|hello");
  // Recording the answer takes longer than the platform waits, and than the
  // lease.
  REQUIRE(a.await_handled(1));
  CHECK(request.wait_for(400ms + 400ms));
  REQUIRE(b.await_handled(1));
  a.resume();
  let_pass(300ms);
  at_b.answer_all("from B");
  REQUIRE(request.wait_for(5s));
  CHECK(std::move(request).get()->status == 503);  // nothing could be noted in time

  // The place in hand is free again.
  int next = 0;
  int accepted = 0;
  CHECK(await(
      [&] {
        const auto response = a.push("f" + std::to_string(next++) + "|bob|hello").get();
        accepted += response && response->status == 200;
        return accepted == 3;
      },
      5s));
  CHECK(a.sent() + b.sent() <= 1);
}

TEST_CASE(
    "inbox g: work that waits for a store takes no lane from a process "
    "that lives") {
  const auto shared = std::make_shared<kefu::MemoryStore>();
  InboxOptions options;
  options.lease = 2'000ms;
  options.sweep = 100ms;
  options.answer_within = 100ms;
  HeldTurns at_a;
  HeldTurns at_b;
  SlowHost a(shared, options, [&](const std::string&, InboxTurn turn) { at_a.add(std::move(turn)); });
  SlowHost b(shared, options, [&](const std::string&, InboxTurn turn) { at_b.add(std::move(turn)); });
  CHECK(a.push("e1|alice|hello").get());
  REQUIRE(a.await_handled(1));
  // Five seconds of other work before anything that is posted now.
  const auto core = kefu::detail::core_of(*a.runtime);
  std::atomic<int> left{500};
  for (int i = 0; i < 500; ++i) {
    core->with_store<void>(
        [](kefu::Store&) -> kefu::Result<void> {
          let_pass(10ms);
          return {};
        },
        [&left](const kefu::Result<void>&) { --left; });
  }
  CHECK(await([&] { return left == 0; }));
  CHECK(b.handled().empty());
  at_a.answer_all("hello");
  at_b.answer_all("hello");
  CHECK(await([&] { return a.sent() == 1; }, 5s));
  CHECK(b.sent() == 0);
  REQUIRE(left == 0);
}

TEST_CASE("Inbox: a drain ends in its time though the store does not come back") {
  const auto shared = std::make_shared<kefu::MemoryStore>();
  HeldTurns turns;
  SlowHost a(shared, {}, [&](const std::string&, InboxTurn turn) { turns.add(std::move(turn)); });
  static_cast<void>(a.push("e1|alice|hello"));
  REQUIRE(a.await_handled(1));
  a.stall();
  turns.finish_all();
  auto drained = a.inbox->drain(300ms);
  REQUIRE(drained.wait_for(10s));
  const auto outcome = std::move(drained).get();
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind() == kefu::ErrorKind::timeout);
  a.resume();
}
