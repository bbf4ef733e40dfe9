// A send of a real account is ended at every step of its way: by its caller, by dropping its Pending, by removing the
// account, by stopping the runtime. Simulated time; the platform is the twin.
#include "support/twin_world.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

using namespace kefu;
using namespace std::chrono_literals;
using kefu_test::kind_of;
using kefu_test::kOtherTwinApp;
using kefu_test::kTwinCustomer;
using kefu_test::TwinWorld;

namespace {

constexpr char kSendPath[] = "/cgi-bin/message/custom/send";

/// Where the send stands when it is ended.
struct Step {
  const char* name;
  /// Platform and account are made so that the send gets stuck there.
  std::function<void(TwinWorld&, wechat::Account&)> stop_there;
  Millis after;        ///< The send has got there by then.
  std::uint64_t sent;  ///< Requests of the send that are out by then.
  Delivery delivery;   ///< What can be said of it then.
  bool kept;           ///< The message stays taken from the window.
};

void token_is_there(wechat::Account& account) { REQUIRE(kind_of(account.call(TwinWorld::read()).get()) == "ok"); }

const Step kSteps[] = {
    {"before anything ran", [](TwinWorld&, wechat::Account&) {}, 0ms, 0, Delivery::not_sent, false},
    {"while the token is fetched",
     [](TwinWorld& world, wechat::Account&) { world.fault("stall_inside_reply", "/cgi-bin/stable_token", -1); }, 100ms,
     0, Delivery::not_sent, false},
    {"while the limiter holds it back",
     [](TwinWorld&, wechat::Account& account) {
       // The one call of this second.
       token_is_there(account);
     },
     100ms, 0, Delivery::not_sent, false},
    {"behind another message to the customer",
     [](TwinWorld& world, wechat::Account& account) {
       token_is_there(account);
       world.time->advance(2s);
       world.fault("stall_inside_reply", kSendPath, -1);
       account.send(TwinWorld::text("earlier")).detach();
       world.time->advance(100ms);
       world.sandbox.clear_faults();
     },
     100ms, 1, Delivery::not_sent, false},
    {"on the wire",
     [](TwinWorld& world, wechat::Account& account) {
       token_is_there(account);
       world.time->advance(2s);
       world.fault("stall_inside_reply", kSendPath, -1);
     },
     100ms, 1, Delivery::unknown, true},
    {"while its token is renewed",
     [](TwinWorld& world, wechat::Account& account) {
       token_is_there(account);
       world.time->advance(2s);
       world.sandbox.rotate_tokens(kOtherTwinApp);
       world.fault("stall_inside_reply", "/cgi-bin/stable_token", -1);
     },
     100ms, 1, Delivery::refused, false},
    {"in the pause before a repeat",
     [](TwinWorld& world, wechat::Account& account) {
       token_is_there(account);
       world.time->advance(2s);
       world.fault("errcode", kSendPath, -1, -1);
     },
     100ms, 1, Delivery::refused, false},
};

struct Scene {
  explicit Scene(const Step& step) : at(step) {
    world.add_app(kOtherTwinApp, false);
    runtime = world.runtime();
    wechat::AccountConfig config = TwinWorld::config(kOtherTwinApp);
    config.calls_per_second = 1;
    account = TwinWorld::account(*runtime, std::move(config));
    REQUIRE(world.sandbox.customer_writes(kOtherTwinApp, kTwinCustomer, "在吗").has_value());
    ledger = account->reply_ledger();
    REQUIRE(ledger->opened(kTwinCustomer, "message", world.time->wall(), world.time->wall()).has_value());
    step.stop_there(world, *account);
    before = left();
  }
  int left() { return ledger->look(kTwinCustomer, world.time->wall()).value().messages_left; }

  /// Runs to the step, with the send under way.
  Pending<Receipt> send(CallOptions options = {}) {
    auto pending = account->send(TwinWorld::text("hello"), std::move(options));
    if (at.after.count() > 0) world.time->advance(at.after);
    CHECK(world.sends() == at.sent);
    return pending;
  }
  void check_end(const Result<Receipt>& result) {
    REQUIRE(!result);
    CHECK(kind_of(result) == "cancelled");
    CHECK(result.error().delivery() == at.delivery);
  }
  void check_window() {
    world.time->advance(50ms);
    CHECK(left() == before - (at.kept ? 1 : 0));
    CHECK(world.sends() == at.sent);
  }
  /// Nothing of it is left behind: the account goes on.
  void check_account() {
    world.sandbox.clear_faults();
    world.time->advance(2min);
    CHECK(world.sends() == at.sent);
    CHECK(kind_of(account->send(TwinWorld::text("the next one")).get()) == "ok");
  }

  TwinWorld world;
  const Step& at;
  std::unique_ptr<Runtime> runtime;
  std::shared_ptr<wechat::Account> account;
  std::shared_ptr<ReplyLedger> ledger;
  int before = 0;
};

template <class Run>
void at_every_step(Run run) {
  for (const Step& step : kSteps) {
    const std::string where = step.name;
    CAPTURE(where);
    Scene scene(step);
    run(scene);
  }
}

}  // namespace

TEST_CASE("a send cancelled by its token, at every step") {
  at_every_step([](Scene& scene) {
    CancelSource source;
    CallOptions options;
    options.cancel = source.token();
    auto pending = scene.send(options);
    source.request();
    scene.check_end(std::move(pending).get());
    scene.check_window();
    scene.check_account();
  });
}

TEST_CASE("a send whose Pending is dropped, at every step") {
  at_every_step([](Scene& scene) {
    { auto pending = scene.send(); }
    scene.check_window();
    scene.check_account();
  });
}

TEST_CASE("a send whose Pending is cancelled and still awaited, at every step") {
  at_every_step([](Scene& scene) {
    auto pending = scene.send();
    pending.cancel();
    scene.check_end(std::move(pending).get());
    scene.check_window();
    scene.check_account();
  });
}

TEST_CASE("a send whose callback is gone with its runtime, at every step: answered once, with what is known") {
  at_every_step([](Scene& scene) {
    std::optional<Result<Receipt>> answer;
    int answers = 0;
    scene.send().then([&](Result<Receipt> result) {
      ++answers;
      answer.emplace(std::move(result));
    });
    scene.runtime.reset();
    REQUIRE(answers == 1);
    CHECK(kind_of(*answer) == "cancelled");
    CHECK(answer->error().delivery() == scene.at.delivery);
    scene.world.time->advance(1min);
    CHECK(answers == 1);
    CHECK(scene.world.sends() == scene.at.sent);
  });
}

TEST_CASE("ACC-1: a send whose account is removed, at every step but the wire") {
  at_every_step([](Scene& scene) {
    auto pending = scene.send();
    scene.account->close();
    if (scene.at.delivery == Delivery::unknown) {
      CHECK(kind_of(std::move(pending).get()) == "timeout");  // on the wire: its true outcome
      return;
    }
    scene.check_end(std::move(pending).get());
    scene.check_window();
  });
}

TEST_CASE("DED-3: a send whose deadline passes, at every step, says what is known") {
  at_every_step([](Scene& scene) {
    CallOptions options;
    options.timeout = 500ms;
    auto pending = scene.send(options);
    const auto result = std::move(pending).get();
    const std::string where = scene.at.name;
    if (where == "before anything ran") {
      CHECK(kind_of(result) == "ok");
      return;
    }
    REQUIRE(!result);
    CHECK(result.error().delivery() == scene.at.delivery);
    CHECK(scene.world.time->elapsed() < 4s);
    const std::string expected = where == "while the limiter holds it back" ? "rate_limited"
                                 : where == "in the pause before a repeat"  ? "unavailable"
                                                                            : "timeout";
    CHECK(kind_of(result) == expected);
    scene.check_window();
    scene.check_account();
  });
}
