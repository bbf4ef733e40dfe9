// Messages on their way out: their order, their bounds, and what they take from the reply window.
#include "channel/send/lanes.hpp"

#include "support/faulty_store.hpp"
#include "support/simulated_core.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;
using detail::MessageParts;
using detail::OutgoingMessage;
using detail::SendLanes;
using detail::WindowGate;
using detail::WindowGateSettings;

namespace {

/// The platform: what reached it, and its answers where the test holds them back.
struct Platform {
  std::vector<std::string> sent;
  std::vector<CallOptions> options;
  std::vector<MessageParts::Sent> held;
  bool hold = false;
  std::optional<Error> refusal;

  void answer_first() {
    MessageParts::Sent first = std::move(held.front());
    held.erase(held.begin());
    first(std::string("id"));
  }
};

class NamedParts final : public MessageParts {
 public:
  NamedParts(std::shared_ptr<Platform> to, std::string name, std::size_t count)
      : to_(std::move(to)), name_(std::move(name)), count_(count) {}
  std::size_t count() const override { return count_; }
  void send(std::size_t part, CallOptions options, CancelToken, Sent sent) override {
    to_->sent.push_back(name_ + std::to_string(part));
    to_->options.push_back(std::move(options));
    if (to_->hold) return to_->held.push_back(std::move(sent));
    if (to_->refusal) return sent(*to_->refusal);
    sent("id" + std::to_string(part));
  }

 private:
  const std::shared_ptr<Platform> to_;
  const std::string name_;
  const std::size_t count_;
};

struct Sends : kefu_test::SimulatedCore {
  Sends() {
    core->store = faulty;
    REQUIRE(ledger->opened("c", "message", time->wall(), time->wall()));
  }
  ~Sends() { platform->held.clear(); }

  OutgoingMessage message(const std::string& lane, const std::string& name, std::size_t parts = 1) const {
    OutgoingMessage made(lane, std::make_unique<NamedParts>(platform, name, parts));
    made.customer = lane;
    return made;
  }
  Pending<Receipt> send(const std::string& lane, const std::string& name, std::size_t parts = 1,
                        const CallOptions& options = CallOptions()) const {
    return lanes->send(message(lane, name, parts), options);
  }
  ErrorKind refused(const std::string& lane) const {
    const auto result = send(lane, "refused").get();
    REQUIRE_FALSE(result);
    CHECK(result.error().delivery() == Delivery::not_sent);
    return result.error().kind();
  }
  int left() {
    time->advance(1ms);
    return ledger->look("c", time->wall()).value().messages_left;
  }

  const std::shared_ptr<kefu_test::FaultyStore> faulty = std::make_shared<kefu_test::FaultyStore>(store);
  const std::shared_ptr<ReplyLedger> ledger = [this] {
    ReplyRules rules;
    rules.rules = {ReplyRule("message", 5, 48h)};
    return std::make_shared<ReplyLedger>(faulty, "test", "fake", "shop", rules);
  }();
  const std::shared_ptr<Platform> platform = std::make_shared<Platform>();
  const std::shared_ptr<SendLanes> lanes = std::make_shared<SendLanes>(
      core, std::make_shared<WindowGate>(core, ledger, WindowGateSettings("fake", "shop", "45047")));
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("DED-4: messages of one customer leave in order, one by one; other customers do not wait for them") {
  Sends s;
  s.platform->hold = true;
  auto first = s.send("c", "a");
  const CancelSource source;
  auto cancelled = s.send("c", "x", 1, CallOptions(source.token()));
  auto second = s.send("c", "b");
  auto other = s.send("d", "o");
  s.time->run_ready();
  CHECK(s.platform->sent == Names{"a0", "o0"});
  source.request();  // its end starts nobody: the first is still on its way
  CHECK(std::move(cancelled).get().error().kind() == ErrorKind::cancelled);
  s.time->run_ready();
  CHECK(s.platform->sent == Names{"a0", "o0"});
  s.platform->answer_first();
  CHECK(std::move(first).get());
  s.time->run_ready();
  CHECK(s.platform->sent == Names{"a0", "o0", "b0"});
  s.platform->answer_first();
  s.platform->answer_first();
  CHECK(std::move(second).get());
  CHECK(std::move(other).get());
  CHECK(s.time->waiting() == 0);
}

TEST_CASE("CON-3: 100 messages may wait for one customer's, 10,000 in all, and room comes back") {
  Sends s;
  s.platform->hold = true;
  std::vector<Pending<Receipt>> line;
  for (int i = 0; i < 101; ++i) line.push_back(s.send("c", "m"));
  s.time->run_ready();
  CHECK(s.refused("c") == ErrorKind::rate_limited);
  s.platform->answer_first();
  s.time->run_ready();
  line.push_back(s.send("c", "m"));
  CHECK(s.refused("c") == ErrorKind::rate_limited);

  for (int i = 0; i < 10'000 - 101; ++i) line.push_back(s.send("lane" + std::to_string(i / 100), "m"));
  s.time->run_ready();
  CHECK(s.refused("another") == ErrorKind::rate_limited);
  s.platform->answer_first();
  s.time->run_ready();
  line.push_back(s.send("another", "m"));
  CHECK_FALSE(line.back().wait_for(Millis(0)));  // it waits
  CHECK(s.refused("another") == ErrorKind::rate_limited);
  s.lanes->close();
}

TEST_CASE("CON-3: a message has 10 s, and 3 s for each further part; a timeout of one's own is kept") {
  Sends s;
  REQUIRE(s.send("c", "long", 3).get());
  CHECK(s.platform->sent == Names{"long0", "long1", "long2"});
  CHECK(s.platform->options[0].timeout == 16s);
  REQUIRE(s.send("c", "short", 1, CallOptions(250ms)).get());
  CHECK(s.platform->options[3].timeout == 250ms);
}

TEST_CASE("CON-2: what was cancelled before its turn costs neither a call nor a look at the store") {
  Sends s;
  int looks = 0;
  s.faulty->before = [&](std::string_view) { ++looks; };
  const CancelSource source;
  source.request();
  const auto result = s.send("c", "m", 1, CallOptions(source.token())).get();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::cancelled);
  CHECK(result.error().delivery() == Delivery::not_sent);
  s.time->run_ready();
  CHECK(s.platform->sent.empty());
  CHECK(looks == 0);

  auto free_of_windows = s.message("c", "typing");
  free_of_windows.customer.clear();
  REQUIRE(s.lanes->send(std::move(free_of_windows), CallOptions()).get());
  CHECK(looks == 0);
}

TEST_CASE(
    "CON-2: a cancel while the store is asked keeps the message here; once it leaves it is told what became of it") {
  Sends s;
  const CancelSource source;
  bool at_once = true;
  SUBCASE("while the store is asked") {}
  SUBCASE("when the store has answered") { at_once = false; }
  s.faulty->before = [&](std::string_view) {
    if (at_once) source.request();
  };
  s.platform->hold = true;
  auto pending = s.send("c", "m", 1, CallOptions(source.token()));
  if (!at_once) {
    const int before = s.faulty->commits;
    while (s.faulty->commits == before) REQUIRE(s.time->help(s.time->mono()) == Scheduler::Help::worked);
    source.request();  // heard behind the store's answer: the message has begun to leave by then
  }
  s.time->run_ready();
  s.faulty->before = nullptr;
  CHECK(s.platform->sent.size() == (at_once ? 0 : 1));
  if (!at_once) s.platform->answer_first();
  const auto result = std::move(pending).get();
  CHECK(result.has_value() != at_once);
  CHECK(s.left() == (at_once ? 5 : 4));
}

TEST_CASE("a closed account answers what waits, lets go what is on its way, and takes no more") {
  Sends s;
  s.platform->hold = true;
  auto leaving = s.send("c", "a");
  s.time->run_ready();
  auto waiting = s.send("c", "b");
  s.lanes->close();
  CHECK(std::move(waiting).get().error().kind() == ErrorKind::cancelled);
  CHECK(s.refused("d") == ErrorKind::cancelled);
  s.platform->answer_first();
  CHECK(std::move(leaving).get());
  CHECK(s.platform->sent == Names{"a0"});
}

TEST_CASE("MSG-1: a part that fails in the middle says how many arrived; what did not leave goes back") {
  Sends s;
  s.platform->hold = true;
  auto pending = s.send("c", "m", 4);
  s.time->run_ready();
  s.platform->answer_first();
  REQUIRE(s.platform->sent == Names{"m0", "m1"});
  auto delivery = Delivery::refused;
  SUBCASE("refused") {}
  SUBCASE("not known") { delivery = Delivery::unknown; }
  std::exchange(s.platform->held, {}).front()(Error(ErrorKind::unavailable, delivery, ErrorDetails()));
  const auto result = std::move(pending).get();
  REQUIRE_FALSE(result);
  CHECK(result.error().details().parts_delivered == 1);
  CHECK(result.error().delivery() == delivery);
  CHECK(s.left() == (delivery == Delivery::refused ? 4 : 3));
}

TEST_CASE("WIN-1: a receipt says what the window still holds, where that is known") {
  Sends s;
  const auto known = s.send("c", "m", 2).get();
  REQUIRE(known);
  CHECK(known->parts == Names{"id0", "id1"});
  CHECK(known->messages_left == 3);
  CHECK(known->window_closes == s.ledger->look("c", s.time->wall())->closes);
  const auto unknown = s.send("stranger", "m").get();
  REQUIRE(unknown);
  CHECK_FALSE(unknown->messages_left);
  CHECK_FALSE(unknown->window_closes);
}

TEST_CASE("foundation c: a runtime that ends answers its messages, each as far as it got, and gives windows back") {
  std::optional<Sends> s(std::in_place);
  s->platform->hold = true;
  std::vector<Error> errors;
  const auto keep = [&](const Result<Receipt>& result) { errors.push_back(result.error()); };
  s->core->executor = std::make_shared<InlineExecutor>();
  s->core->inline_callbacks = true;
  s->send("c", "leaving", 2).then(keep);
  s->time->run_ready();
  REQUIRE(s->platform->sent == Names{"leaving0"});
  s->send("c", "waiting").then(keep);
  s->time->run_ready();
  s->core->stop();
  s->platform->held.clear();  // the pipeline drops what it was given
  REQUIRE(errors.size() == 2);
  for (const Error& error : errors) CHECK(error.kind() == ErrorKind::cancelled);
  CHECK(errors[0].delivery() == Delivery::unknown);
  CHECK(errors[0].message().find("while the message was sent") != std::string::npos);
  CHECK(errors[1].delivery() == Delivery::not_sent);
  CHECK(s->send("c", "late").get().error().kind() == ErrorKind::cancelled);
}
