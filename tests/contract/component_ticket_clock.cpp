// Tickets by the twin's own clock in simulated time: whether anybody calls or not, until it ends. In real time:
// tests/unit/sandbox/control/in_process.cpp.
#include "support/component_world.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::ComponentWorld;
using kefu_test::kTwinComponent;

namespace {

std::int64_t tickets_at_the_twin(sandbox::Sandbox& twin) {
  const auto reply = twin.control("GET", std::string("/components/") + kTwinComponent);
  return detail::Document::json(reply.body).root()["tickets"].integer().value_or(-1);
}

}  // namespace

TEST_CASE("B3: tickets come by the twin's clock: after twelve hours without a call the first one works") {
  ComponentWorld twin;
  const auto runtime = twin.world.runtime();
  OpenPlatform platform = ComponentWorld::platform(*runtime);
  CHECK_MESSAGE(twin.world.time->waiting() == 0, "no way, no timer");
  twin.connect(platform);
  twin.world.time->advance(std::chrono::hours(12));
  CHECK(twin.world.sandbox.calls() == 0);
  const auto state = platform.ticket_state().get();
  REQUIRE(state.has_value());
  CHECK(state->usable);
  REQUIRE(state->received.has_value());
  CHECK(twin.world.time->wall() - *state->received <= std::chrono::minutes(10));
  CHECK(tickets_at_the_twin(twin.world.sandbox) == 12 * 6 + 1);
  CHECK(platform.call(ListAuthorizers()).get().has_value());

  twin.world.sandbox.advance(std::chrono::hours(13));  // the twin's clock alone leaps: one ticket stands for all
  twin.run();
  CHECK(tickets_at_the_twin(twin.world.sandbox) == 12 * 6 + 2);

  twin.control("stop-tickets");
  twin.world.time->advance(std::chrono::hours(1));
  CHECK(tickets_at_the_twin(twin.world.sandbox) == 12 * 6 + 2);
}

TEST_CASE("B3: the twin's tickets end with the sandbox, whoever still holds its transport or its timers") {
  const auto time = std::make_shared<sandbox::SimulatedTime>();
  sandbox::SandboxOptions options;
  options.clock = time;
  auto twin = std::make_unique<sandbox::Sandbox>(std::move(options));
  sandbox::WechatApp app;
  app.kind = sandbox::WechatKind::component;
  const auto component = twin->add(app);
  REQUIRE(component.has_value());
  int came = 0;
  twin->connect_webhook(
      component->appid,
      [&came](const sandbox::PushRequest&, MoveFunction<void(sandbox::PushReply)> answer) {
        ++came;
        answer(sandbox::PushReply(200, "success"));
      },
      time, time);
  time->advance(std::chrono::minutes(25));
  CHECK(came == 3);
  const auto transport = twin->transport(time);
  twin.reset();
  time->advance(std::chrono::hours(2));
  CHECK(came == 3);
  CHECK(time->waiting() == 0);
}
