// The one place that takes messages from reply windows: what becomes of them whatever becomes of the send.
#include "channel/window/gate.hpp"

#include "channel/window/call_gate.hpp"
#include "support/faulty_store.hpp"
#include "support/simulated_core.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;
using kefu::detail::WindowGate;
using kefu::detail::WindowGateSettings;
using kefu::detail::WindowPermit;

namespace {

/// A queue without room but for what brings something begun to its end.
class FullQueue final : public detail::StoreQueue {
 public:
  bool post(const detail::Affinity&, Task&& work, bool bounded) override {
    if (bounded) return false;
    Task taken = std::move(work);
    taken();
    return true;
  }
  void stop() override {}
  bool is_own_thread() const override { return false; }
};

ReplyRules five_in_two_days() {
  ReplyRules rules;
  rules.rules = {ReplyRule("message", 5, 48h), ReplyRule("menu", 3, 60s)};
  return rules;
}

struct Gates {
  Gates() {
    host.core->store = store;
    contact("message");
  }
  void contact(std::string_view trigger) {
    REQUIRE(ledger->opened("c", trigger, host.time->wall(), host.time->wall()));
  }
  /// As one take answers.
  Result<WindowPermit> take(int messages) {
    std::optional<Result<WindowPermit>> answer;
    gate->take("c", messages, [&](Result<WindowPermit> permit) { answer.emplace(std::move(permit)); });
    host.time->advance(1ms);
    REQUIRE(answer.has_value());
    return *std::move(answer);
  }
  ReplyWindow window() {
    host.time->advance(1ms);
    return ledger->look("c", host.time->wall()).value();
  }
  int left() { return window().messages_left; }
  static Error answer(ErrorKind kind, Delivery delivery, std::string code) {
    ErrorDetails details;
    details.platform_code = std::move(code);
    return Error(kind, delivery, std::move(details));
  }

  kefu_test::SimulatedCore host;
  const std::shared_ptr<kefu_test::FaultyStore> store = std::make_shared<kefu_test::FaultyStore>(host.store);
  const std::shared_ptr<ReplyLedger> ledger =
      std::make_shared<ReplyLedger>(store, "test", "fake", "shop", five_in_two_days());
  const std::shared_ptr<WindowGate> gate =
      std::make_shared<WindowGate>(host.core, ledger, WindowGateSettings("fake", "shop", "45047"));
};

}  // namespace

TEST_CASE("foundation d: a full store refuses a send; one that is out of reach lets it go uncounted and says so") {
  Gates gates;
  const auto seen = gates.host.observe();
  const auto queue = gates.host.core->store_queue;
  {
    const auto all = gates.take(5);
    REQUIRE(all);
    gates.host.core->store_queue = std::make_shared<FullQueue>();
    const auto refused = gates.take(1);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == ErrorKind::rate_limited);
    CHECK(refused.error().delivery() == Delivery::not_sent);
    bool looked = false;
    gates.gate->look("c", [&](const Result<ReplyWindow>& window) { looked = !window; });
    gates.host.time->advance(1ms);
    CHECK(looked);  // a plan promises nothing that a send would not do
    CHECK(seen->count("without being counted") == 0);
    gates.host.core->store_queue = queue;
  }
  CHECK(gates.left() == 5);
  {
    const auto some = gates.take(2);
    gates.host.core->store_queue = std::make_shared<FullQueue>();
  }
  CHECK(gates.left() == 5);  // giving back finds room
  gates.host.core->store_queue = queue;

  gates.store->failing_commits = 1;
  const auto uncounted = gates.take(1);
  REQUIRE(uncounted);
  CHECK_FALSE(uncounted->reservation().tracked);
  CHECK(seen->count("without being counted") == 1);
  CHECK(gates.left() == 5);

  gates.store->gone = true;
  std::optional<bool> known;
  gates.gate->look("c", [&](const Result<ReplyWindow>& window) { known = !window || window->known; });
  gates.host.time->advance(1ms);
  CHECK(known == false);  // a plan says what a send would do: it goes out
}

TEST_CASE("foundation g: a permit that somebody drops gives back what had not begun to leave") {
  Gates gates;
  { const auto permit = gates.take(3); }
  CHECK(gates.left() == 5);
  {
    auto permit = gates.take(3);
    permit->begin();  // one is on the wire
  }
  CHECK(gates.left() == 4);
  // Whoever waits for the permit is gone by the time it is there.
  gates.gate->take("c", 2, [](Result<WindowPermit>) {});
  CHECK(gates.left() == 4);
  auto one = gates.take(1);
  auto other = gates.take(2);
  *one = *std::move(other);
  CHECK(gates.left() == 2);
  one->begin();
  one->begin();
  one = Error(ErrorKind::cancelled, "gone");
  CHECK(gates.left() == 2);
}

TEST_CASE("foundation e: what became of a commit that nobody knows is looked up before anybody is told") {
  Gates gates;
  gates.store->doubtful_commits = 1;  // written
  {
    const auto permit = gates.take(2);
    REQUIRE(permit);
    CHECK(permit->reservation().tracked);
    CHECK(gates.left() == 3);
    gates.store->doubtful_commits = 1;
  }
  CHECK(gates.left() == 5);
  gates.store->lost_commits = 1;  // not written: found to be so, and written again
  const auto again = gates.take(2);
  REQUIRE(again);
  CHECK(again->reservation().tracked);
  CHECK(gates.left() == 3);
}

TEST_CASE("foundation g: what did not leave is given back, even if the store is gone for a minute") {
  Gates gates;
  {
    const auto permit = gates.take(3);
    gates.store->gone = true;  // with the network that the send needed
  }
  gates.host.time->advance(1min);
  gates.store->gone = false;
  CHECK(gates.left() == 2);
  gates.host.time->advance(1min);
  CHECK(gates.left() == 5);

  auto permit = gates.take(1);
  permit->begin();
  gates.store->failing_commits = 1;
  permit->settle(Gates::answer(ErrorKind::window_closed, Delivery::refused, "45047"));
  CHECK(gates.left() == 4);
  gates.host.time->advance(1min);
  CHECK(gates.window().closed_because == "messages used up");

  // For good: tried ten times in four minutes, said once, and no timer is left.
  gates.contact("message");
  const auto seen = gates.host.observe();
  permit = gates.take(1);
  gates.store->gone = true;
  int tries = 0;
  gates.store->before = [&](std::string_view) { ++tries; };
  permit = Error(ErrorKind::cancelled, "gone");
  gates.host.time->advance(4min + 5s);
  CHECK(seen->count("could not be put right") == 1);
  CHECK(tries == 10);
  gates.host.time->advance(1h);
  CHECK(tries == 10);
}

TEST_CASE("foundation e: what may have been given back is not given back again") {
  Gates gates;
  const auto seen = gates.host.observe();
  {
    const auto permit = gates.take(3);
    gates.store->doubtful_commits = 1;  // it is written, and nobody can look whether it was
    gates.store->before = [&](std::string_view) { gates.store->gone = gates.store->doubtful_commits == 0; };
  }
  gates.host.time->advance(1ms);
  CHECK(gates.store->gone);
  gates.store->before = nullptr;
  gates.store->gone = false;
  gates.host.time->advance(1h);
  CHECK(gates.left() == 5);
  CHECK(seen->count("could not be put right") == 1);
}

TEST_CASE("WIN-1: refused and not sent give back, unknown keeps, also in the middle of a message") {
  for (const auto delivery : {Delivery::not_sent, Delivery::refused, Delivery::unknown}) {
    Gates gates;
    auto permit = gates.take(3);
    permit->begin();
    permit->begin();  // the first was accepted
    permit->settle(Gates::answer(ErrorKind::unavailable, delivery, "-1"));
    CHECK(gates.left() == (delivery == Delivery::unknown ? 3 : 4));
    permit->settle(Gates::answer(ErrorKind::unavailable, Delivery::refused, "-1"));  // once
    CHECK(gates.left() == (delivery == Delivery::unknown ? 3 : 4));
  }
}

TEST_CASE("WIN-3: the platform's word sets the rest to 0 or closes; what no table knows closes nothing") {
  Gates gates;
  auto permit = gates.take(1);
  permit->begin();
  permit->settle(Gates::answer(ErrorKind::window_closed, Delivery::refused, "45047"));
  CHECK(gates.window().closed_because == "messages used up");

  gates.host.time->advance(1s);
  gates.contact("message");
  permit = gates.take(1);
  permit->begin();
  permit->settle(Gates::answer(ErrorKind::window_closed, Delivery::refused, "45015"));
  CHECK(gates.window().closed_because == "the platform closed it (45015)");

  // All five are ours to send, and the platform says something new about the first.
  gates.host.time->advance(1s);
  gates.contact("message");
  permit = gates.take(5);
  permit->begin();
  permit->settle(Gates::answer(ErrorKind::internal, Delivery::unknown, "49999"));
  CHECK_FALSE(gates.window().known);
  for (int i = 0; i < 8; ++i) {
    permit = gates.take(1);
    REQUIRE(permit);  // the platform is asked
    CHECK_FALSE(permit->reservation().tracked);
    permit->begin();
  }
  // A lesser contact does not tell what is left of the greater window, nor does it end that sooner.
  gates.host.time->advance(1s);
  gates.contact("menu");
  gates.host.time->advance(2min);
  CHECK(gates.take(1).has_value());
  CHECK_FALSE(gates.window().known);
  // What the platform then says counts, and so does the next whole contact.
  permit = gates.take(1);
  permit->begin();
  permit->settle(Gates::answer(ErrorKind::window_closed, Delivery::refused, "45047"));
  CHECK(gates.window().closed_because == "messages used up");
  gates.contact("message");
  CHECK(gates.left() == 5);
}

TEST_CASE("WIN-3: our own refusal changes nothing") {
  Gates gates;
  const auto all = gates.take(5);
  const auto refused = gates.take(1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::window_closed);
  CHECK(refused.error().delivery() == Delivery::not_sent);
  CHECK(gates.window().closed_because == "messages used up");
  gates.host.time->advance(1s);
  gates.contact("menu");
  CHECK(gates.left() == 3);
}

TEST_CASE("WIN-3: a refusal that the platform did not give says nothing about the window") {
  Gates gates;
  std::string_view used_up = "45047";
  SUBCASE("where the platform has a code for what is used up") {}
  SUBCASE("where it has none") { used_up = ""; }
  const auto gate = std::make_shared<WindowGate>(gates.host.core, gates.ledger, WindowGateSettings("f", "s", used_up));
  for (const auto kind : {ErrorKind::network, ErrorKind::internal, ErrorKind::window_closed}) {
    CAPTURE(to_string(kind));
    gate->take("c", 2, [&](Result<WindowPermit> permit) {
      permit->begin();
      permit->settle(Gates::answer(kind, Delivery::not_sent, ""));
    });
    CHECK(gates.left() == 5);
  }
}

TEST_CASE("WIN-1: a message by itself takes one, and keeps it unless it surely did not arrive") {
  Gates gates;
  const auto one = [&](const std::optional<Error>& error) {
    detail::take_message(*gates.gate, "c", [&](Result<std::unique_ptr<detail::Platform::Permit>> permit) {
      REQUIRE(permit);
      detail::settle_message(*std::move(permit), error ? &*error : nullptr);
    });
    return gates.left();
  };
  CHECK(one(std::nullopt) == 4);
  CHECK(one(Gates::answer(ErrorKind::unavailable, Delivery::refused, "-1")) == 4);
  CHECK(one(Gates::answer(ErrorKind::network, Delivery::not_sent, "")) == 4);
  CHECK(one(Gates::answer(ErrorKind::timeout, Delivery::unknown, "")) == 3);
  detail::take_message(*gates.gate, "c", [](Result<std::unique_ptr<detail::Platform::Permit>>) {});  // never used
  CHECK(gates.left() == 3);
}

namespace {

/// Remembers in which lane work was asked for.
class LaneQueue final : public detail::StoreQueue {
 public:
  explicit LaneQueue(std::shared_ptr<detail::StoreQueue> inner) : inner_(std::move(inner)) {}
  bool post(const detail::Affinity& affinity, Task&& work, bool bounded) override {
    lanes.push_back(affinity.lane);
    return inner_->post(affinity, std::move(work), bounded);
  }
  void stop() override { inner_->stop(); }
  bool is_own_thread() const override { return inner_->is_own_thread(); }
  std::vector<std::size_t> lanes;

 private:
  const std::shared_ptr<detail::StoreQueue> inner_;
};

}  // namespace

TEST_CASE("foundation D1: what a customer is given back stays in order with what they take, other customers aside") {
  Gates gates;
  const auto queue = std::make_shared<LaneQueue>(gates.host.core->store_queue);
  gates.host.core->store_queue = queue;
  { const auto permit = gates.take(1); }
  gates.gate->take("d", 1, [](Result<WindowPermit>) {});
  gates.host.time->advance(1ms);
  REQUIRE(queue->lanes.size() == 3);  // of a customer nothing is known of nothing is given back
  CHECK(queue->lanes[0] == queue->lanes[1]);
  CHECK(queue->lanes[0] != queue->lanes[2]);
}

TEST_CASE("foundation c: a runtime that has ended refuses a send, it does not let it go uncounted") {
  Gates gates;
  gates.host.core->stop();
  std::optional<ErrorKind> kind;
  gates.gate->take("c", 1, [&](const Result<WindowPermit>& permit) {
    if (!permit) kind = permit.error().kind();
  });
  CHECK(kind == ErrorKind::cancelled);
}
