#include "core/async/runtime_core.hpp"
#include "support/faulty_store.hpp"

#include <kefu/core/pending.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/sandbox/scripted_transport.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace kefu;
using kefu::detail::RuntimeCore;
using kefu::sandbox::ScriptedTransport;
using kefu::sandbox::SimulatedTime;

namespace {

Runtime make(RuntimeOptions options = {}) {
  auto runtime = Runtime::create(std::move(options));
  REQUIRE_MESSAGE(runtime, (runtime ? "" : runtime.error().to_string()));
  return *std::move(runtime);
}

/// A store that needs threads of its own.
RuntimeOptions with_blocking_store() {
  RuntimeOptions options;
  options.store = std::make_shared<kefu_test::FaultyStore>(std::make_shared<MemoryStore>(), false);
  return options;
}

class RecordingObserver final : public Observer {
 public:
  void log(const LogRecord& record) override {
    const std::lock_guard lock(mutex_);
    events_.emplace_back(record.event);
    for (const auto& attribute : record.attributes) events_.emplace_back(attribute.value);
  }
  bool saw(const std::string& text) const {
    const std::lock_guard lock(mutex_);
    for (const auto& event : events_)
      if (event == text) return true;
    return false;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> events_;
};

/// Keeps its tasks until it is told what to do with them.
class HeldExecutor final : public Executor {
 public:
  void run(Task task) override { tasks.push_back(std::move(task)); }
  std::vector<Task> tasks;
};

struct Simulated {
  std::shared_ptr<SimulatedTime> time = std::make_shared<SimulatedTime>();
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>(time);
  RuntimeOptions options() const {
    RuntimeOptions o;
    o.clock = time;
    o.scheduler = time;
    o.transport = transport;
    return o;
  }
};

}  // namespace

TEST_CASE("create refuses what cannot work and names the field") {
  const auto error_of = [](RuntimeOptions options) {
    auto runtime = Runtime::create(std::move(options));
    REQUIRE_FALSE(runtime);
    return runtime.error();
  };
  RuntimeOptions options;
  options.name_space = "";
  CHECK(error_of(options).kind() == ErrorKind::bad_argument);
  options.name_space = std::string(65, 'x');
  CHECK(error_of(options).message().find("65 bytes") != std::string::npos);
  options = RuntimeOptions();
  options.store_queue = 0;
  CHECK(error_of(options).kind() == ErrorKind::bad_argument);
  CHECK(error_of(options).message() == "store_queue is 0: 1 or more");
  options = RuntimeOptions();
  options.calls_in_flight = 0;
  CHECK(error_of(options).message() == "calls_in_flight is 0: 1 or more");

  SUBCASE("STO-1: several processes need a durable store, and it is said at the start") {
    options = RuntimeOptions();
    options.multi_instance = true;
    CHECK(error_of(options).kind() == ErrorKind::configuration);
    options.store = std::make_shared<MemoryStore>();
    CHECK(error_of(options).kind() == ErrorKind::configuration);
  }
  SUBCASE("simulated time without a transport of its own") {
    options = RuntimeOptions();
    options.scheduler = std::make_shared<SimulatedTime>();
    CHECK(error_of(options).kind() == ErrorKind::bad_argument);
    options.clock = std::make_shared<SimulatedTime>();
    CHECK(error_of(options).kind() == ErrorKind::bad_argument);
  }
  SUBCASE("files and proxies of the transport") {
    options = RuntimeOptions();
    options.curl.ca_file = "/nonexistent/ca.pem";
    CHECK(error_of(options).kind() == ErrorKind::configuration);
    CHECK(error_of(options).message().find("ca_file") != std::string::npos);
    options.curl = CurlOptions();
    options.curl.ca_pem = "no certificate";
    CHECK(error_of(options).kind() == ErrorKind::configuration);
    options.curl = CurlOptions();
    options.curl.proxy = "proxy:3128";
    CHECK(error_of(options).kind() == ErrorKind::configuration);
    options.curl.proxy = "http://user:planted-secret@proxy:3128";
    CHECK(error_of(options).kind() == ErrorKind::configuration);
    CHECK(error_of(options).to_string().find("planted-secret") == std::string::npos);
  }
}

TEST_CASE("get waits for what the loop answers; then runs on the callback thread") {
  Runtime runtime = make();
  auto core = kefu::detail::core_of(runtime);
  for (int i = 0; i < 50; ++i) {
    Promise<int> promise(core);
    auto pending = promise.pending();
    core->scheduler->post([promise = std::move(promise), i]() mutable { promise.answer(i); });
    auto result = std::move(pending).get();
    REQUIRE(result);
    CHECK(*result == i);
  }
  std::promise<std::pair<int, bool>> done;
  Promise<int> promise(core);
  auto pending = promise.pending();
  std::move(pending).then([&](Result<int> result) { done.set_value({*result, core->scheduler->is_own_thread()}); });
  core->scheduler->post([promise = std::move(promise)]() mutable { promise.answer(7); });
  CHECK(done.get_future().get() == std::pair(7, false));
}

TEST_CASE("wait_for comes back without an answer and with one") {
  Runtime runtime = make();
  Promise<int> promise(kefu::detail::core_of(runtime));
  auto pending = promise.pending();
  CHECK_FALSE(pending.wait_for(Millis(1)));
  promise.answer(1);
  CHECK(pending.wait_for(Millis(60'000)));
  CHECK(*std::move(pending).get() == 1);
}

TEST_CASE("CON-4: get on the library's own threads is an error, and the operation is cancelled") {
  RuntimeOptions options = with_blocking_store();
  options.executor = std::make_shared<InlineExecutor>();
  Runtime runtime = make(std::move(options));
  auto core = kefu::detail::core_of(runtime);
  std::promise<Result<int>> on_loop;
  bool cancelled = false;
  Promise<int> never(core);
  core->scheduler->post([&] {
    auto token = never.cancelled();
    auto result = never.pending().get();
    cancelled = token.requested();
    on_loop.set_value(std::move(result));
  });
  auto result = on_loop.get_future().get();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::bad_argument);
  CHECK(cancelled);

  std::promise<Result<int>> on_store;
  core->with_store<int>(
      [&](Store&) -> Result<int> {
        Promise<int> other(core);
        on_store.set_value(other.pending().get());
        return 0;
      },
      [](Result<int>) {});
  auto second = on_store.get_future().get();
  REQUIRE_FALSE(second);
  CHECK(second.error().kind() == ErrorKind::bad_argument);
}

TEST_CASE("with_store works on the store thread and comes back to the loop") {
  Runtime runtime = make(with_blocking_store());
  auto core = kefu::detail::core_of(runtime);
  std::promise<std::string> done;
  core->with_store<std::string>(
      [core](Store& store) -> Result<std::string> {
        const bool elsewhere = core->store_queue->is_own_thread() && !core->scheduler->is_own_thread();
        auto put = store.put_if_unchanged("kefu/2/t/t/t/t", "value", 0, std::nullopt, Durability::relaxed);
        if (!put) return put.error();
        return std::string(elsewhere ? "store thread" : "wrong thread");
      },
      [&, core](Result<std::string> result) {
        done.set_value(*result + (core->scheduler->is_own_thread() ? ", loop" : ", wrong thread"));
      });
  CHECK(done.get_future().get() == "store thread, loop");
}

TEST_CASE("a store that throws is an error of its call, and the store thread goes on") {
  Runtime runtime = make(with_blocking_store());
  auto core = kefu::detail::core_of(runtime);
  std::promise<ErrorKind> thrown;
  core->with_store<int>([](Store&) -> Result<int> { throw std::runtime_error("from a store"); },
                        [&](Result<int> result) { thrown.set_value(result.error().kind()); });
  CHECK(thrown.get_future().get() == ErrorKind::unavailable);
  std::promise<int> next;
  core->with_store<int>([](Store&) -> Result<int> { return 2; }, [&](Result<int> result) { next.set_value(*result); });
  CHECK(next.get_future().get() == 2);
}

TEST_CASE("CON-3: a full store queue answers rate_limited") {
  RuntimeOptions options = with_blocking_store();
  options.store_queue = 2;
  Runtime runtime = make(std::move(options));
  auto core = kefu::detail::core_of(runtime);
  std::promise<void> release;
  std::promise<void> running;
  auto released = release.get_future().share();
  std::atomic<int> done{0};
  core->with_store<int>(
      [&running, released](Store&) -> Result<int> {
        running.set_value();
        released.wait();
        return 1;
      },
      [&](Result<int>) { ++done; });
  running.get_future().wait();
  for (int i = 0; i < 2; ++i)
    core->with_store<int>([](Store&) -> Result<int> { return 1; }, [&](Result<int>) { ++done; });
  std::promise<ErrorKind> refused;
  core->with_store<int>([](Store&) -> Result<int> { return 1; },
                        [&](Result<int> result) { refused.set_value(result.error().kind()); });
  CHECK(refused.get_future().get() == ErrorKind::rate_limited);
  release.set_value();
  std::promise<void> last;
  while (done < 3) {
    std::promise<void> round;
    core->scheduler->post([&] { round.set_value(); });
    round.get_future().wait();
  }
  CHECK(done == 3);
}

TEST_CASE("timers run in order, and a dropped one does not run") {
  Runtime runtime = make();
  auto& loop = *kefu::detail::core_of(runtime)->scheduler;
  const auto now = runtime.clock().mono();
  std::promise<std::string> done;
  std::string order;
  const auto dropped = loop.run_at(now + Millis(10), [&] { order += 'x'; });
  loop.run_at(now + Millis(20), [&] { done.set_value(order + 'b'); });
  loop.run_at(now + Millis(15), [&] { order += 'a'; });
  loop.post([&] { order += '0'; });
  loop.drop(dropped);
  CHECK(done.get_future().get() == "0ab");
}

TEST_CASE("foundation l: of tasks posted to the loop any one can be dropped, and the others run in order") {
  Runtime runtime = make();
  auto& loop = *kefu::detail::core_of(runtime)->scheduler;
  std::promise<void> begin;
  loop.post([go = begin.get_future().share()] { go.wait(); });
  std::string order;
  std::vector<Scheduler::Ticket> tickets;
  for (char name = 'a'; name <= 'e'; ++name) tickets.push_back(loop.post([&order, name] { order += name; }));
  for (const int which : {1, 4}) loop.drop(tickets[static_cast<std::size_t>(which)]);
  loop.drop(tickets[1]);
  std::promise<std::string> done;
  loop.post([&] { done.set_value(order); });
  begin.set_value();
  CHECK(done.get_future().get() == "acd");
}

TEST_CASE("a dropped promise answers cancelled; a dropped continuation gets the answer") {
  auto held = std::make_shared<HeldExecutor>();
  RuntimeOptions options;
  options.executor = held;
  Runtime runtime = make(std::move(options));
  {
    auto promise = std::make_unique<Promise<int>>(kefu::detail::core_of(runtime));
    auto pending = promise->pending();
    promise.reset();
    auto result = std::move(pending).get();
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == ErrorKind::cancelled);
    CHECK(result.error().delivery() == Delivery::unknown);
  }
  int answers = 0;
  int value = 0;
  Promise<int> promise(kefu::detail::core_of(runtime));
  promise.pending().then([&](Result<int> result) {
    ++answers;
    value = result ? *result : -1;
  });
  CHECK(held->tasks.empty());
  promise.answer(5);
  REQUIRE(held->tasks.size() == 1);
  CHECK(answers == 0);
  held->tasks.clear();  // an executor that shuts down
  CHECK(answers == 1);
  CHECK(value == 5);
}

TEST_CASE("dropping a Pending cancels, detaching it does not") {
  Runtime runtime = make();
  Promise<int> first(kefu::detail::core_of(runtime));
  auto token = first.cancelled();
  { auto pending = first.pending(); }
  CHECK(token.requested());
  Promise<int> second(kefu::detail::core_of(runtime));
  second.pending().detach();
  CHECK_FALSE(second.cancelled().requested());
  Promise<int> third(kefu::detail::core_of(runtime));
  auto replaced = third.pending();
  Promise<int> fourth(kefu::detail::core_of(runtime));
  replaced = fourth.pending();
  CHECK(third.cancelled().requested());
  CHECK_FALSE(fourth.cancelled().requested());
}

TEST_CASE("what a callback throws is caught and shown to the observer") {
  auto observer = std::make_shared<RecordingObserver>();
  RuntimeOptions options;
  options.observer = observer;
  SUBCASE("callback thread") {}
  SUBCASE("inline") { options.executor = std::make_shared<InlineExecutor>(); }
  Runtime runtime = make(std::move(options));
  Promise<int> promise(kefu::detail::core_of(runtime));
  promise.pending().then([](Result<int>) { throw std::runtime_error("from a callback"); });
  promise.answer(1);
  Promise<int> other(kefu::detail::core_of(runtime));
  std::promise<void> done;
  other.pending().then([&](Result<int>) { done.set_value(); });
  other.answer(2);
  done.get_future().wait();
  CHECK(observer->saw("callback.threw"));
  CHECK(observer->saw("from a callback"));
}

TEST_CASE("foundation b: no callback is lost while more wait than callback_queue allows, and calls are refused") {
  RuntimeOptions options;
  options.callback_queue = 4;
  Runtime runtime = make(std::move(options));
  auto core = kefu::detail::core_of(runtime);
  std::promise<void> release;
  auto released = release.get_future().share();
  std::promise<void> running;
  std::atomic<int> ran{0};
  core->run_callback([&, released] {
    running.set_value();
    released.wait();
    ++ran;
  });
  running.get_future().wait();
  CHECK_FALSE(core->refuse_start());
  for (int i = 0; i < 40; ++i) core->run_callback([&] { ++ran; });
  const auto refused = core->refuse_start();
  REQUIRE(refused);
  CHECK(refused->kind() == ErrorKind::rate_limited);
  CHECK(refused->delivery() == Delivery::not_sent);
  CHECK_FALSE(core->refusal());  // what is under way goes on
  CHECK(ran == 0);
  release.set_value();
  std::promise<void> last;
  core->run_callback([&] { last.set_value(); });
  last.get_future().wait();
  CHECK(ran == 41);
  CHECK_FALSE(core->refuse_start());
}

TEST_CASE("foundation b: callbacks that an executor drops do not count as waiting any more") {
  auto held = std::make_shared<HeldExecutor>();
  RuntimeOptions options;
  options.executor = held;
  options.callback_queue = 2;
  Runtime runtime = make(std::move(options));
  for (int i = 0; i < 2; ++i) kefu::detail::core_of(runtime)->run_callback([] {});
  CHECK(kefu::detail::core_of(runtime)->refuse_start());
  held->tasks.clear();
  CHECK_FALSE(kefu::detail::core_of(runtime)->refuse_start());
}

TEST_CASE("in simulated time get and wait_for drive the scheduler") {
  Simulated s;
  Runtime runtime = make(s.options());
  auto core = kefu::detail::core_of(runtime);
  Promise<int> promise(core);
  auto pending = promise.pending();
  s.time->run_at(s.time->mono() + std::chrono::hours(48),
                 [promise = std::move(promise)]() mutable { promise.answer(48); });
  CHECK_FALSE(pending.wait_for(std::chrono::hours(47)));
  CHECK(s.time->elapsed() == std::chrono::hours(47));
  CHECK(*std::move(pending).get() == 48);
  CHECK(s.time->elapsed() == std::chrono::hours(48));

  Promise<int> never(core);
  auto hopeless = never.pending();
  CHECK_FALSE(hopeless.wait_for(Millis(10)));
  auto token = never.cancelled();
  auto result = std::move(hopeless).get();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::internal);
  CHECK(token.requested());
}

TEST_CASE("in simulated time callbacks and store work run on the scheduler, in order") {
  Simulated s;
  Runtime runtime = make(s.options());
  auto core = kefu::detail::core_of(runtime);
  std::string order;
  core->with_store<int>([&](Store&) -> Result<int> { return order += 's', 1; }, [&](Result<int>) { order += 'd'; });
  Promise<int> promise(core);
  promise.pending().then([&](Result<int>) { order += 'c'; });
  promise.answer(1);
  CHECK(order.empty());
  s.time->run_ready();
  CHECK(order == "scd");
}

TEST_CASE("a stop answers what a host's transport still owes") {
  Simulated s;
  std::vector<HttpOutcome> outcomes;
  {
    Runtime runtime = make(s.options());
    s.transport->silence();
    kefu::detail::core_of(runtime)->transport->send(
        HttpRequest(), s.time->mono() + Millis(1000), CancelToken(),
        [&](HttpOutcome outcome) { outcomes.push_back(std::move(outcome)); });
    s.time->run_ready();
    CHECK(outcomes.empty());
  }
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes[0].fault == TransportFault::cancelled_after_sending);
}

TEST_CASE("jitter is spread over [0, 1)") {
  Runtime runtime = make();
  double least = 1, most = 0, sum = 0;
  for (int i = 0; i < 1000; ++i) {
    const double unit = kefu::detail::core_of(runtime)->jitter->unit();
    least = std::min(least, unit);
    most = std::max(most, unit);
    sum += unit;
  }
  CHECK(least >= 0);
  CHECK(most < 1);
  CHECK(least < 0.05);
  CHECK(most > 0.95);
  CHECK(sum / 1000 == doctest::Approx(0.5).epsilon(0.1));
}
