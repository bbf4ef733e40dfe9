// How calls end: by their deadline, by a cancel, in every step and between the steps (foundation b, h).
#include "core/call/pipeline.hpp"
#include "support/simulated_core.hpp"
#include "support/test_platform.hpp"

#include <kefu/core/client.hpp>

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace kefu;
using kefu_test::ReadThing;
using kefu_test::SendThing;

namespace {

/// A host's transport that keeps neither deadlines nor cancels; the test answers.
class SilentTransport final : public Transport {
 public:
  void send(HttpRequest, MonoTime, CancelToken, MoveFunction<void(HttpOutcome)> done) override {
    held.push_back(std::move(done));
  }
  void answer(HttpOutcome outcome) {
    auto done = std::move(held.front());
    held.erase(held.begin());
    done(std::move(outcome));
  }
  std::vector<MoveFunction<void(HttpOutcome)>> held;
};

struct Silence : kefu_test::SimulatedCore {
  Silence() { core->transport = transport; }
  ~Silence() { transport->held.clear(); }
  void at(Millis when, Task task) { time->run_at(time->mono() + when, std::move(task)); }
  CallOptions options(Millis timeout) const {
    CallOptions made;
    made.timeout = timeout;
    made.cancel = source.token();
    return made;
  }
  const CancelSource source;
  const std::shared_ptr<SilentTransport> transport = std::make_shared<SilentTransport>();
  const std::shared_ptr<kefu_test::TestPlatform> platform = std::make_shared<kefu_test::TestPlatform>();
  const ApiClient client{std::make_shared<detail::Pipeline>(core, platform)};
};

HttpOutcome busy() {
  HttpReply reply;
  reply.status = 200;
  reply.body = R"({"errcode":-1,"errmsg":"system busy"})";
  return HttpOutcome(std::move(reply));
}

bool says(const Error& error, const char* what) { return error.message().find(what) != std::string::npos; }

}  // namespace

TEST_CASE("foundation b: a call's own deadline holds on the wire, whatever the transport does") {
  Silence s;
  const auto result = s.client.call(SendThing("oA", "hi"), s.options(Millis(1000))).get();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::timeout);
  CHECK(result.error().delivery() == Delivery::unknown);
  CHECK(result.error().details().attempts == 1);
  CHECK(s.time->elapsed() < Millis(1200));
  CHECK(s.platform->settled == std::vector<std::string>{"unknown"});
  s.transport->answer(busy());  // finds nobody
}

TEST_CASE("foundation b: the deadline holds on the wire of a repeat too") {
  Silence s;
  s.at(Millis(10), [&] { s.transport->answer(busy()); });
  const auto result = s.client.call(ReadThing("7"), s.options(Millis(5'000))).get();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::timeout);
  CHECK(result.error().delivery() == Delivery::unknown);
  CHECK(result.error().details().attempts == 2);
  CHECK(s.time->elapsed() < Millis(5'200));
}

TEST_CASE("foundation h: a cancel ends a call on the wire, whatever the transport does") {
  Silence s;
  s.at(Millis(300), [&] { s.source.request(); });
  const auto result = s.client.call(SendThing("oA", "hi"), s.options(Millis(60'000))).get();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::cancelled);
  CHECK(result.error().delivery() == Delivery::unknown);
  CHECK(says(result.error(), "the platform may have acted"));
  CHECK(s.time->elapsed() < Millis(500));
}

TEST_CASE("foundation h: a cancel that came on the wire ends the call before it pauses, renews or waits for a slot") {
  Silence s;
  HttpOutcome answer = busy();
  SUBCASE("busy") {}
  SUBCASE("a refused token") {
    s.platform->hold_renew = true;
    answer.reply.body = R"({"errcode":40001,"errmsg":"invalid credential"})";
  }
  s.at(Millis(300), [&] { s.source.request(); });
  s.at(Millis(310), [&] { s.transport->answer(std::move(answer)); });
  const auto result = s.client.call(SendThing("oA", "hi"), s.options(Millis(60'000))).get();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::cancelled);
  CHECK(result.error().delivery() == Delivery::refused);
  CHECK(says(result.error(), "the platform refused an earlier attempt"));
  CHECK(s.time->elapsed() < Millis(500));
  CHECK(s.platform->held_renewals.empty());
}

TEST_CASE("foundation l: a full waiting list of the transport is rate_limited, not sent, and told at once") {
  Silence s;
  s.at(Millis(10), [&] {
    s.transport->answer(HttpOutcome(TransportFault::too_many_waiting, "too many requests wait for a connection"));
  });
  const auto result = s.client.call(SendThing("oA", "hi"), s.options(Millis(60'000))).get();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::rate_limited);
  CHECK(result.error().delivery() == Delivery::not_sent);
  CHECK(says(result.error(), "wait for a connection"));
  CHECK(s.time->elapsed() < Millis(100));
}

TEST_CASE("foundation h: text and fields of an error that ends a repeat agree") {
  Silence s;
  const auto fail_first = [&](TransportFault fault) {
    s.at(Millis(10), [&s, fault] { s.transport->answer(HttpOutcome(fault, "")); });
  };
  ErrorKind kind = ErrorKind::cancelled;
  Delivery delivery = Delivery::unknown;
  SUBCASE("cancelled in the pause after an attempt that may have acted") {
    fail_first(TransportFault::closed_without_reply);
    s.at(Millis(300), [&] { s.source.request(); });
  }
  SUBCASE("no token in time after an attempt that may have acted") {
    kind = ErrorKind::timeout;
    fail_first(TransportFault::closed_without_reply);
    s.at(Millis(300), [&] { s.platform->hold_authorize = true; });
  }
  SUBCASE("cancelled in the pause after an attempt that reached nobody") {
    delivery = Delivery::not_sent;
    fail_first(TransportFault::connection_refused);
    s.at(Millis(300), [&] { s.source.request(); });
  }
  const auto result = s.client.call(ReadThing("7"), s.options(Millis(5'000))).get();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == kind);
  CHECK(result.error().delivery() == delivery);
  CHECK(result.error().details().attempts == 1);
  CHECK(says(result.error(), "the platform may have acted on an earlier attempt") == (delivery == Delivery::unknown));
  CHECK_FALSE(says(result.error(), "anything was sent"));
  s.platform->held_authorizations.clear();
}
