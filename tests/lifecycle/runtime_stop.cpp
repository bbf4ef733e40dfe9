#include "core/async/runtime_core.hpp"
#include "support/raw_server.hpp"
#include "support/test_platform.hpp"

#include <kefu/core/client.hpp>
#include <kefu/core/observer_names.hpp>
#include <kefu/core/runtime.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace kefu;
using kefu_test::RawConnection;
using kefu_test::RawServer;
using kefu_test::ReadThing;
using kefu_test::SendThing;
using kefu_test::TestPlatform;

namespace {

std::unique_ptr<Runtime> make_runtime(std::shared_ptr<Executor> executor = nullptr) {
  RuntimeOptions options;
  options.executor = std::move(executor);
  auto runtime = Runtime::create(std::move(options));
  REQUIRE_MESSAGE(runtime, (runtime ? "" : runtime.error().to_string()));
  return std::make_unique<Runtime>(*std::move(runtime));
}

/// Comes back when what was posted before has run. For what can be seen from the loop only.
void settle(const std::shared_ptr<detail::RuntimeCore>& core) {
  std::promise<void> done;
  core->scheduler->post([&] { done.set_value(); });
  done.get_future().wait();
}

/// Looks again and again, without sleeping; a test that never sees it ends with its time limit.
template <class Condition>
void await(Condition condition) {
  while (!condition()) std::this_thread::yield();
}

/// A platform that answers every request with the same JSON, or with nothing at all.
struct LoopbackPlatform {
  explicit LoopbackPlatform(std::string body = R"({"errcode":0,"name":"lamp"})") : answer(std::move(body)) {}
  std::string answer;
  std::atomic<int> seen{0};
  RawServer server{[this](RawConnection& connection, int) {
    while (!connection.read_request().empty()) {
      ++seen;
      if (!answer.empty()) connection.reply(answer);
    }
  }};
};

/// One account of a real runtime.
struct LiveAccount {
  explicit LiveAccount(const RawServer& server, std::shared_ptr<Executor> executor = nullptr)
      : runtime(make_runtime(std::move(executor))), core(kefu::detail::core_of(*runtime)) {
    platform->base = server.base();
  }
  ApiClient client() { return ApiClient(std::make_shared<detail::Pipeline>(core, platform)); }
  /// Lets go of the steps that the test holds, as the parts of a stopped runtime do.
  void release_held() const {
    platform->held_gates.clear();
    platform->held_authorizations.clear();
    platform->held_renewals.clear();
  }
  std::shared_ptr<TestPlatform> platform = std::make_shared<TestPlatform>();
  std::unique_ptr<Runtime> runtime;
  std::shared_ptr<detail::RuntimeCore> core;
};

/// Sees that a call is going to be repeated.
class PauseObserver final : public Observer {
 public:
  void metric(const MetricRecord& record) override {
    if (record.name == metric::kRepeats) ++pauses;
  }
  std::atomic<int> pauses{0};
};

ErrorKind kind_of(const Result<NoContent>& result) {
  REQUIRE_FALSE(result);
  return result.error().kind();
}

}  // namespace

namespace {

/// Looks from the loop, where the steps that a test holds live.
bool seen_on_loop(const std::shared_ptr<detail::RuntimeCore>& core, const std::function<bool()>& condition) {
  std::promise<bool> looked;
  core->scheduler->post([&] { looked.set_value(condition()); });
  return looked.get_future().get();
}

/// Brings a call to the step that `reached` sees, then ends it in every way.
void end_at(LiveAccount& a, const std::function<bool()>& reached, Delivery delivery) {
  const ApiClient client = a.client();
  CallOptions options;
  options.timeout = std::chrono::minutes(59);
  std::optional<Pending<NoContent>> first;
  if (!a.platform->rules.empty()) first = client.call(SendThing("oA", "takes the slot"), options);
  std::optional<Pending<NoContent>> pending = client.call(SendThing("oA", "hi"), options);
  await([&] { return seen_on_loop(a.core, reached); });
  settle(a.core);  // behind what the answer posted

  SUBCASE("stopped") {
    a.runtime.reset();
    a.release_held();
    const auto result = std::move(*pending).get();
    CHECK(kind_of(result) == ErrorKind::cancelled);
    CHECK(result.error().delivery() == delivery);
  }
  SUBCASE("cancelled") {
    pending->cancel();
    const auto result = std::move(*pending).get();
    CHECK(kind_of(result) == ErrorKind::cancelled);
    CHECK(result.error().delivery() == delivery);
  }
  SUBCASE("dropped, and then the runtime ends") {
    pending.reset();
    settle(a.core);
  }
  SUBCASE("detached, and then the runtime ends") { std::move(*pending).detach(); }
  SUBCASE("continued, and then the runtime ends") {
    std::atomic<int> answers{0};
    std::move(*pending).then([&](Result<NoContent> result) {
      if (!result && result.error().kind() == ErrorKind::cancelled) ++answers;
    });
    a.runtime.reset();
    a.release_held();
    CHECK(answers == 1);
  }
  a.runtime.reset();
  a.release_held();
}

}  // namespace

TEST_CASE("CON-1: a call ends at every step of the pipeline, by a stop, a cancel or being dropped") {
  SUBCASE("gate") {
    LoopbackPlatform remote;
    LiveAccount a(remote.server);
    a.platform->hold_gate = true;
    end_at(
        a, [&] { return !a.platform->held_gates.empty(); }, Delivery::not_sent);
  }
  SUBCASE("authorize") {
    LoopbackPlatform remote;
    LiveAccount a(remote.server);
    a.platform->hold_authorize = true;
    end_at(
        a, [&] { return !a.platform->held_authorizations.empty(); }, Delivery::not_sent);
  }
  SUBCASE("limit") {
    LoopbackPlatform remote;
    LiveAccount a(remote.server);
    a.platform->rules.emplace_back("send", std::vector{detail::LimitWindow(1, std::chrono::minutes(10))});
    end_at(
        a, [&] { return a.platform->authorized == 2; }, Delivery::not_sent);
  }
  SUBCASE("send") {
    LoopbackPlatform remote("");
    LiveAccount a(remote.server);
    end_at(
        a, [&] { return remote.seen > 0; }, Delivery::unknown);
  }
  SUBCASE("renew") {
    LoopbackPlatform remote(R"({"errcode":40001,"errmsg":"invalid credential"})");
    LiveAccount a(remote.server);
    a.platform->hold_renew = true;
    end_at(
        a, [&] { return !a.platform->held_renewals.empty(); }, Delivery::refused);
  }
  SUBCASE("pause") {
    LoopbackPlatform remote(R"({"errcode":-1,"errmsg":"busy"})");
    LiveAccount a(remote.server);
    const auto observer = std::make_shared<PauseObserver>();
    a.core->observer = observer;
    end_at(
        a, [&] { return observer->pauses > 0; }, Delivery::refused);
  }
}

TEST_CASE("handles may outlive their runtime: calls are then answered cancelled") {
  LoopbackPlatform remote;
  LiveAccount a(remote.server);
  const ApiClient client = a.client();
  CHECK(client.call(ReadThing("7")).get());
  a.runtime->stop();
  a.runtime->stop();
  CHECK(kind_of(client.call(SendThing("oA", "hi")).get()) == ErrorKind::cancelled);
  bool called = false;
  client.call(SendThing("oA", "hi")).then([&](Result<NoContent>) { called = true; });
  CHECK(called);  // where it is dropped: there is no callback thread any more
  a.runtime.reset();
  CHECK(kind_of(client.call(SendThing("oA", "hi")).get()) == ErrorKind::cancelled);
}

TEST_CASE("a callback may destroy its own runtime and everything else that it owns") {
  LoopbackPlatform remote;
  std::shared_ptr<Executor> executor;
  SUBCASE("on the callback thread") {}
  SUBCASE("inline, on the I/O thread") { executor = std::make_shared<InlineExecutor>(); }
  std::weak_ptr<detail::RuntimeCore> core;
  std::atomic<int> cancelled{0};
  {
    auto a = std::make_shared<LiveAccount>(remote.server, executor);
    core = a->core;
    auto client = std::make_shared<ApiClient>(a->client());
    std::promise<void> start;
    auto started = start.get_future().share();
    client->call(ReadThing("7")).then([a, client, started](auto result) mutable {
      CHECK(result);
      started.wait();
      client.reset();
      a->core.reset();
      a->runtime.reset();
      a.reset();
    });
    for (int i = 0; i < 10; ++i) {
      a->core->scheduler->run_at(a->runtime->clock().mono() + std::chrono::hours(1),
                                 [owner = std::make_shared<int>(i)] {});
      Promise<int> promise(a->core);
      promise.pending().then([&](Result<int> result) { cancelled += result ? 0 : 1; });
      a->core->scheduler->run_at(a->runtime->clock().mono() + std::chrono::hours(1),
                                 [promise = std::move(promise)]() mutable { promise.answer(1); });
    }
    client.reset();
    a.reset();
    start.set_value();
  }
  await([&] { return core.expired() && cancelled == 10; });
}

TEST_CASE("a listener of a cancel token may destroy the runtime") {
  LoopbackPlatform remote("");
  LiveAccount a(remote.server);
  const ApiClient client = a.client();
  const CancelSource cancel;
  CallOptions options;
  options.cancel = cancel.token();
  auto pending = client.call(SendThing("oA", "hi"), options);
  await([&] { return remote.seen > 0; });
  cancel.token().on_request([&] { a.runtime.reset(); });
  SUBCASE("on the host's thread") { cancel.request(); }
  SUBCASE("on the I/O thread") {
    a.core->scheduler->post([&] { cancel.request(); });
  }
  CHECK(kind_of(std::move(pending).get()) == ErrorKind::cancelled);
  await([&] { return a.core->refusal().has_value(); });
}

TEST_CASE("several threads may stop one runtime") {
  LoopbackPlatform remote("");
  LiveAccount a(remote.server);
  const ApiClient client = a.client();
  std::vector<Pending<NoContent>> pending;
  for (int i = 0; i < 20; ++i) pending.push_back(client.call(SendThing("oA", "hi")));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { a.runtime->stop(); });
  for (auto& thread : threads) thread.join();
  for (auto& one : pending) CHECK(kind_of(std::move(one).get()) == ErrorKind::cancelled);
}

TEST_CASE("a hundred runtimes come and go, each after a call") {
  LoopbackPlatform remote;
  for (int i = 0; i < 100; ++i) {
    LiveAccount a(remote.server);
    CHECK(a.client().call(ReadThing("7")).get());
  }
}

TEST_CASE("threads call, cancel and drop while the runtime stops: everything is answered once") {
  LoopbackPlatform remote;
  for (int round = 0; round < 5; ++round) {
    LiveAccount a(remote.server);
    const ApiClient client = a.client();
    std::atomic<int> started{0};
    std::atomic<int> answered{0};
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; !stop || i < 20; ++i) {
          ++started;
          auto pending = client.call(ReadThing("7"));
          if ((i + t) % 4 == 0) pending.cancel();
          if ((i + t) % 4 == 1) {
            static_cast<void>(std::move(pending).get());
            ++answered;
          } else if ((i + t) % 4 == 2) {
            pending.wait_for(Millis(0));
            pending = client.call(ReadThing("8"));
            std::move(pending).then([&](auto) { ++answered; });
          } else {
            std::move(pending).then([&](auto) { ++answered; });
          }
          if (i > 200) break;
        }
      });
    await([&] { return answered > 20; });
    if (round % 2 == 0) a.runtime->stop();
    stop = true;
    for (auto& thread : threads) thread.join();
    a.runtime.reset();
    await([&] { return answered == started; });
  }
}
