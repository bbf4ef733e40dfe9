#include "core/call/pipeline.hpp"
#include "support/raw_server.hpp"
#include "support/simulated_core.hpp"
#include "support/test_platform.hpp"

#include <kefu/core/client.hpp>
#include <kefu/core/runtime.hpp>

#include <doctest/doctest.h>

#include <future>
#include <vector>

using namespace kefu;
using kefu_test::ReadThing;
using kefu_test::SendThing;

namespace {

constexpr std::chrono::seconds kPatience(20);

CallOptions within(Millis timeout) {
  CallOptions options;
  options.timeout = timeout;
  return options;
}

}  // namespace

TEST_CASE("foundation b: a callback may wait for a fresh call while more callbacks wait than the queue holds") {
  kefu_test::RawServer server([](kefu_test::RawConnection& connection, int) {
    while (!connection.read_request().empty()) connection.reply(R"({"errcode":0,"name":"lamp"})");
  });
  RuntimeOptions options;
  options.callback_queue = 4;
  auto runtime = Runtime::create(std::move(options));
  REQUIRE(runtime);
  const auto core = kefu::detail::core_of(*runtime);
  auto platform = std::make_shared<kefu_test::TestPlatform>();
  platform->base = server.base();
  const ApiClient client(std::make_shared<detail::Pipeline>(core, platform));

  std::promise<void> crowded;
  std::promise<Result<ReadThing::Response>> inner;
  auto answer = inner.get_future();
  core->run_callback([&, crowd = crowded.get_future().share()] {
    Promise<ReadThing::Response> promise(core);
    auto pending = promise.pending();
    crowd.wait();
    client.start(ReadThing("7"), within(Millis(10'000)), CancelToken(),
                 [promise = std::move(promise)](Result<ReadThing::Response> result) mutable {
                   promise.answer(std::move(result));
                 });
    inner.set_value(std::move(pending).get());
  });
  for (int i = 0; i < 8; ++i) core->run_callback([] {});
  crowded.set_value();
  REQUIRE(answer.wait_for(kPatience) == std::future_status::ready);
  const auto result = answer.get();
  CHECK_MESSAGE(result, (result ? "" : result.error().to_string()));
}

TEST_CASE("foundation b: calls in flight are bounded where a call starts; what a call needs on its way is not") {
  kefu_test::SimulatedCore simulated;
  simulated.core->most_calls = 2;
  const auto platform = std::make_shared<kefu_test::TestPlatform>();
  const ApiClient client(std::make_shared<detail::Pipeline>(simulated.core, platform));
  for (int i = 0; i < 3; ++i) simulated.wire->reply(R"({"errcode":0,"name":"lamp"})");
  auto first = client.call(ReadThing("1"));
  auto second = client.call(ReadThing("2"));
  auto third = client.call(ReadThing("3")).get();
  REQUIRE_FALSE(third);
  CHECK(third.error().kind() == ErrorKind::rate_limited);
  CHECK(third.error().delivery() == Delivery::not_sent);
  bool own = false;
  client.start(ReadThing("4"), CallOptions(), CancelToken(),
               [&](const Result<ReadThing::Response>& result) { own = result.has_value(); });
  CHECK(std::move(first).get());
  CHECK(std::move(second).get());
  simulated.time->advance(Millis(1));
  CHECK(own);
  CHECK(simulated.core->calls_in_flight == 0);
  simulated.wire->reply(R"({"errcode":0,"name":"lamp"})");
  CHECK(client.call(ReadThing("5")).get());
}

TEST_CASE("foundation b: get() in a callback for what another callback answers is an error, not a deadlock") {
  auto runtime = Runtime::create();
  REQUIRE(runtime);
  const auto core = kefu::detail::core_of(*runtime);
  std::promise<Result<int>> chained;
  std::promise<Result<int>> fresh;
  core->run_callback([&] {
    const auto answer_soon = [&] {
      Promise<int> promise(core);
      auto pending = promise.pending();
      core->scheduler->post([promise = std::move(promise)]() mutable { promise.answer(1); });
      return pending;
    };
    chained.set_value(answer_soon().then([](Result<int> one) { return *one + 1; }).get());
    fresh.set_value(answer_soon().get());
  });
  auto refused = chained.get_future();
  REQUIRE(refused.wait_for(kPatience) == std::future_status::ready);
  const auto result = refused.get();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::bad_argument);
  auto answer = fresh.get_future();
  REQUIRE(answer.wait_for(kPatience) == std::future_status::ready);
  CHECK(answer.get());
}

TEST_CASE("WIN-4: calls that stand in line for their turn are not sent once the platform says that it is used up") {
  kefu_test::SimulatedCore w;
  auto platform = std::make_shared<kefu_test::TestPlatform>();
  platform->rules.emplace_back("send", std::vector<detail::LimitWindow>{{1, std::chrono::seconds(16)}});
  const ApiClient client(std::make_shared<detail::Pipeline>(w.core, platform));
  w.wire->reply(R"({"errcode":45009})");
  std::vector<Error> errors;
  for (int i = 0; i < 3; ++i)
    client.call(SendThing("oA", "hi"), within(Millis(60'000))).then([&](Result<NoContent> result) {
      REQUIRE_FALSE(result);
      errors.push_back(result.error());
    });
  w.time->advance(Millis(60'000));
  CHECK(w.wire->count() == 1);
  REQUIRE(errors.size() == 3);
  for (const Error& error : errors) CHECK(error.platform_code() == "45009");
  CHECK(errors[2].delivery() == Delivery::not_sent);
  CHECK(errors[2].kind() == ErrorKind::quota_exhausted);
}

TEST_CASE("calls that ended while they stood in line keep nobody from coming in time") {
  kefu_test::SimulatedCore w;
  auto platform = std::make_shared<kefu_test::TestPlatform>();
  platform->rules.emplace_back("send", std::vector<detail::LimitWindow>{{1, std::chrono::seconds(16)}});
  const ApiClient client(std::make_shared<detail::Pipeline>(w.core, platform));
  w.wire->reply(R"({"errcode":0})").reply(R"({"errcode":0})");
  std::vector<Pending<NoContent>> line;
  for (int i = 0; i < 4; ++i) line.push_back(client.call(SendThing("oA", "hi"), within(Millis(60'000))));
  w.time->run_ready();
  auto late = client.call(SendThing("oA", "late"), within(Millis(60'000)));
  CHECK(late.get().error().kind() == ErrorKind::rate_limited);
  line.clear();  // which cancels them
  w.time->run_ready();
  CHECK(client.call(SendThing("oA", "now"), within(Millis(60'000))).get());
  CHECK(w.wire->count() == 2);
}

TEST_CASE("a call whose turn comes with its deadline is told at once") {
  kefu_test::SimulatedCore w;
  auto platform = std::make_shared<kefu_test::TestPlatform>();
  platform->rules.emplace_back("send", std::vector<detail::LimitWindow>{{1, std::chrono::seconds(16)}});
  const ApiClient client(std::make_shared<detail::Pipeline>(w.core, platform));
  w.wire->reply(R"({"errcode":0})").reply(R"({"errcode":0})");
  REQUIRE(client.call(SendThing("oA", "hi")).get());
  const auto early = client.call(SendThing("oA", "hi"), within(Millis(1'000))).get();
  REQUIRE_FALSE(early);
  REQUIRE(early.error().details().retry_after);
  const Millis turn = *early.error().details().retry_after;
  const auto late = client.call(SendThing("oA", "hi"), within(turn)).get();
  REQUIRE_FALSE(late);
  CHECK(late.error().kind() == ErrorKind::rate_limited);
  CHECK(w.time->elapsed() == Millis(0));
  CHECK(client.call(SendThing("oA", "hi"), within(turn + Millis(1))).get());
}
