// What a plan promises, and what it does not know.
#include "channel/send/planner.hpp"

#include "support/simulated_core.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;
using detail::MessageParts;
using detail::OutgoingMessage;
using detail::PlannedMessage;
using detail::WindowGate;
using detail::WindowGateSettings;
using Way = SendAlternative::Way;

namespace {

class PlannedParts final : public MessageParts {
 public:
  PlannedParts(std::size_t count, std::size_t wrong) : count_(count), wrong_(wrong) {}
  std::size_t count() const override { return count_; }
  Result<void> check(std::size_t part) const override {
    if (part == wrong_) return Error(ErrorKind::bad_argument, "this part is wrong");
    return {};
  }
  void send(std::size_t, CallOptions, CancelToken, Sent) override { FAIL("a plan sends nothing"); }

 private:
  const std::size_t count_, wrong_;
};

constexpr std::size_t kNone = 99;

struct Plans : kefu_test::SimulatedCore {
  Plans() { REQUIRE(ledger->opened("c", "message", time->wall(), time->wall())); }
  static OutgoingMessage message(std::size_t parts, std::size_t wrong = kNone) {
    OutgoingMessage made("c", std::make_unique<PlannedParts>(parts, wrong));
    made.customer = "c";
    return made;
  }
  PlannedMessage planned(Result<OutgoingMessage> made) const {
    PlannedMessage out(Error(ErrorKind::internal, "not made yet"), std::make_shared<const Capabilities>(account));
    out.message = std::move(made);
    out.window = gate;
    return out;
  }
  SendPlan plan(PlannedMessage of) const {
    auto made = detail::plan_send(core, std::move(of), CallOptions()).get();
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().to_string()));
    return *std::move(made);
  }
  SendPlan plan(std::size_t parts) const { return plan(planned(message(parts))); }
  void take(int messages) const { REQUIRE(ledger->reserve("c", messages, time->wall())); }
  static std::vector<Way> ways(const SendPlan& plan) {
    std::vector<Way> named;
    for (const SendAlternative& way : plan.alternatives) named.push_back(way.way);
    return named;
  }

  Capabilities account;
  const std::shared_ptr<ReplyLedger> ledger = [this] {
    ReplyRules rules;
    rules.rules = {ReplyRule("message", 5, 48h)};
    return std::make_shared<ReplyLedger>(store, "test", "fake", "shop", rules);
  }();
  const std::shared_ptr<WindowGate> gate =
      std::make_shared<WindowGate>(core, ledger, WindowGateSettings("fake", "shop", "45047"));
};

class NoRoom final : public detail::StoreQueue {
 public:
  bool post(const detail::Affinity&, Task&&, bool) override { return false; }
  void stop() override {}
  bool is_own_thread() const override { return false; }
};

}  // namespace

TEST_CASE("WIN-2: a window that holds just what a message needs allows it; one less does not") {
  Plans p;
  p.take(2);
  const SendPlan fits = p.plan(3);
  CHECK(fits.allowed);
  CHECK(fits.certain);
  CHECK(fits.messages == 3);
  CHECK(fits.budget == 3);
  CHECK(fits.until == p.time->wall() + 48h);
  CHECK(fits.alternatives.empty());
  const SendPlan larger = p.plan(4);
  CHECK_FALSE(larger.allowed);
  CHECK(larger.refusal->kind() == ErrorKind::window_closed);
  CHECK(p.ways(larger) ==
        std::vector<Way>{Way::fewer_messages, Way::subscription_message, Way::template_message, Way::wait_for_contact});
}

TEST_CASE("WIN-2: past the window only what the account can do is named, and nothing is left of it") {
  Plans p;
  REQUIRE(p.ledger->closed("c", "the customer unfollowed", p.time->wall()));
  SUBCASE("an account that can do all of it") {
    CHECK(p.ways(p.plan(1)) ==
          std::vector<Way>{Way::subscription_message, Way::template_message, Way::wait_for_contact});
  }
  SUBCASE("one without notices") {
    p.account.cannot_why(Ability::template_message) = p.account.cannot_why(Ability::subscription_message) = "no";
    CHECK(p.ways(p.plan(1)) == std::vector<Way>{Way::wait_for_contact});
  }
  SUBCASE("one without the facet") {
    p.account.missing_why(Facet::outreach) = "no";
    CHECK(p.ways(p.plan(1)) == std::vector<Way>{Way::wait_for_contact});
  }
  CHECK(p.plan(1).budget == 0);
}

TEST_CASE("a plan says what it does not know, and what is wrong before any window is looked at") {
  Plans p;
  REQUIRE(p.ledger->in_doubt(*p.ledger->reserve("c", 1, p.time->wall()), p.time->wall()));
  const SendPlan doubtful = p.plan(9);
  CHECK(doubtful.allowed);
  CHECK_FALSE(doubtful.certain);
  CHECK_FALSE(doubtful.budget);

  auto nobody = Plans::message(9);
  nobody.customer.clear();
  const SendPlan windowless = p.plan(p.planned(std::move(nobody)));
  CHECK(windowless.allowed);
  CHECK(windowless.certain);

  const SendPlan wrong = p.plan(p.planned(Plans::message(3, 2)));
  CHECK_FALSE(wrong.allowed);
  CHECK(wrong.refusal->message() == "this part is wrong");
  CHECK_FALSE(wrong.budget);

  auto unsayable = p.planned(Error(ErrorKind::unsupported, "it cannot be said as it is"));
  CHECK(p.plan(std::move(unsayable)).alternatives.empty());
  unsayable = p.planned(Error(ErrorKind::unsupported, "it cannot be said as it is"));
  unsayable.with_changes.emplace(Error(ErrorKind::unsupported, "nor with changes"));
  CHECK(p.plan(std::move(unsayable)).alternatives.empty());
  unsayable = p.planned(Error(ErrorKind::unsupported, "it cannot be said as it is"));
  unsayable.with_changes.emplace(Plans::message(1));
  CHECK(p.ways(p.plan(std::move(unsayable))) == std::vector<Way>{Way::allow_changes});
}

TEST_CASE("a plan that was cancelled, has a full store before it or no runtime any more is none") {
  Plans p;
  const CancelSource source;
  source.request();
  p.core->store_on_loop = true;  // answers before a cancel could be heard
  const auto ask = [&](const CallOptions& options = CallOptions()) {
    const auto plan = detail::plan_send(p.core, p.planned(Plans::message(1)), options).get();
    return plan ? std::optional<ErrorKind>() : plan.error().kind();
  };
  CHECK(ask(CallOptions(source.token())) == ErrorKind::cancelled);
  CHECK_FALSE(ask());
  p.core->store_on_loop = false;
  const auto queue = std::exchange(p.core->store_queue, std::make_shared<NoRoom>());
  CHECK(ask() == ErrorKind::rate_limited);
  p.core->store_queue = queue;
  p.core->stop();
  CHECK(ask() == ErrorKind::cancelled);
  auto nobody = Plans::message(1);
  nobody.customer.clear();
  const auto late = detail::plan_send(p.core, p.planned(std::move(nobody)), CallOptions()).get();
  REQUIRE_FALSE(late);
  CHECK(late.error().kind() == ErrorKind::cancelled);
}
