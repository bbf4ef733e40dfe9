// Work for the store: order, workers, stores that do not block, and what a stop does with the queue.
#include "core/async/runtime_core.hpp"
#include "support/faulty_store.hpp"

#include <kefu/core/runtime.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace kefu;
using kefu::detail::Affinity;
using kefu::detail::RuntimeCore;

namespace {

Runtime runtime_with(std::size_t workers, Millis stop_within = Millis(60'000), bool blocks = true) {
  RuntimeOptions options;
  options.store = std::make_shared<MemoryStore>();
  if (blocks) options.store = std::make_shared<kefu_test::FaultyStore>(options.store, false);
  options.store_workers = workers;
  options.store_queue = 1000;
  options.stop_within = stop_within;
  auto made = Runtime::create(std::move(options));
  REQUIRE_MESSAGE(made, (made ? "" : made.error().to_string()));
  return *std::move(made);
}

/// Keeps the store thread of one affinity busy until it is released.
class Held {
 public:
  Held(const std::shared_ptr<RuntimeCore>& core, const Affinity& affinity) {
    core->with_store<int>(
        affinity,
        [this, go = release_.get_future().share()](Store&) -> Result<int> {
          running_.set_value();
          go.wait();
          return 0;
        },
        [](Result<int>) {});
    running_.get_future().wait();
  }
  void release() { release_.set_value(); }

 private:
  std::promise<void> release_, running_;
};

/// A name whose work another one of two workers does.
Affinity elsewhere(const Affinity& than) {
  for (int i = 0;; ++i)
    if (const Affinity other(std::to_string(i)); other.lane % 2 != than.lane % 2) return other;
}

}  // namespace

TEST_CASE("store workers: within one affinity work is done in order, another affinity overtakes it") {
  Runtime runtime = runtime_with(2);
  const auto core = kefu::detail::core_of(runtime);
  const Affinity one("account one");
  Held held(core, one);
  std::string order;  // on the thread of `one` only
  std::promise<std::string> whole;
  for (const char name : {'a', 'b', 'c'})
    core->with_store<int>(
        one, [&order, name](Store&) -> Result<int> { return order += name, 0; }, [](Result<int>) {});
  std::promise<int> overtook;
  core->with_store<int>(
      elsewhere(one), [](Store&) -> Result<int> { return 7; },
      [&](Result<int> result) { overtook.set_value(*result); });
  CHECK(overtook.get_future().get() == 7);
  core->with_store<std::string>(
      one, [&order](Store&) -> Result<std::string> { return order; },
      [&](Result<std::string> result) { whole.set_value(*result); });
  held.release();
  CHECK(whole.get_future().get() == "abc");
}

TEST_CASE("a store that does not block is asked on the loop, at once where that is asked for") {
  Runtime runtime = runtime_with(1, Millis(0), false);
  const auto core = kefu::detail::core_of(runtime);
  std::promise<std::string> told;
  core->scheduler->post([&, core] {
    std::string order;
    core->with_store<int>(
        Affinity("a").at_once(), [&](Store&) -> Result<int> { return order += "work ", 0; },
        [&](Result<int>) { order += "done "; });
    told.set_value(order + "back");
  });
  CHECK(told.get_future().get() == "work done back");
  std::promise<bool> from_elsewhere;
  core->with_store<bool>([core](Store&) -> Result<bool> { return core->scheduler->is_own_thread(); },
                         [&](Result<bool> on_loop) { from_elsewhere.set_value(*on_loop); });
  CHECK(from_elsewhere.get_future().get());
}

TEST_CASE("foundation c: a stop lets the store finish what was queued, and what that leads to") {
  auto runtime = std::make_unique<Runtime>(runtime_with(1));
  const auto core = kefu::detail::core_of(*runtime);
  Held held(core, Affinity());
  std::atomic<int> first{0}, second{0};
  for (int i = 0; i < 100; ++i)
    core->with_store<int>([&](Store&) -> Result<int> { return ++first; },
                          [&, core](Result<int>) {
                            core->with_store<int>([&](Store&) -> Result<int> { return ++second; }, [](Result<int>) {});
                          });
  std::thread stopping([&] { runtime->stop(); });
  while (!core->stopping()) std::this_thread::yield();
  held.release();
  stopping.join();
  CHECK(first == 100);
  CHECK(second == 100);
  bool refused = false;
  core->with_store<int>([](Store&) -> Result<int> { return 1; },
                        [&](Result<int> result) { refused = result.error().kind() == ErrorKind::cancelled; });
  CHECK(refused);
}

TEST_CASE("foundation c: what the store does not finish within stop_within is answered") {
  auto runtime = std::make_unique<Runtime>(runtime_with(1, Millis(0)));
  const auto core = kefu::detail::core_of(*runtime);
  Held held(core, Affinity());
  std::atomic<int> done{0};
  Promise<int> promise(core);
  auto pending = promise.pending();
  core->with_store<int>([&](Store&) -> Result<int> { return ++done; },
                        [promise = std::move(promise)](Result<int> result) mutable { promise.answer(result); });
  std::thread stopping([&] { runtime->stop(); });
  const auto result = pending.get();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::cancelled);
  held.release();
  stopping.join();
  CHECK(done == 0);
}

TEST_CASE("foundation d: what ends something begun is taken also when the queue is full") {
  RuntimeOptions options;
  options.store = std::make_shared<kefu_test::FaultyStore>(std::make_shared<MemoryStore>(), false);
  options.store_queue = 1;
  auto runtime = Runtime::create(std::move(options));
  REQUIRE(runtime);
  const auto core = kefu::detail::core_of(*runtime);
  Held held(core, Affinity());
  std::promise<ErrorKind> refused;
  std::promise<int> taken;
  core->with_store<int>([](Store&) -> Result<int> { return 1; }, [](Result<int>) {});
  core->with_store<int>([](Store&) -> Result<int> { return 2; },
                        [&](Result<int> result) { refused.set_value(result.error().kind()); });
  core->with_store<int>(
      Affinity().surely(), [](Store&) -> Result<int> { return 3; },
      [&](Result<int> result) { taken.set_value(*result); });
  CHECK(refused.get_future().get() == ErrorKind::rate_limited);
  held.release();
  CHECK(taken.get_future().get() == 3);
}

TEST_CASE("create refuses a number of store workers or a time to stop that makes no sense") {
  const auto refuses = [](const RuntimeOptions& options) {
    auto made = Runtime::create(options);
    return !made && made.error().kind() == ErrorKind::bad_argument;
  };
  RuntimeOptions options;
  options.store_workers = 0;
  CHECK(refuses(options));
  options.store_workers = 65;
  CHECK(refuses(options));
  options = RuntimeOptions();
  options.stop_within = Millis(-1);
  CHECK(refuses(options));
}
