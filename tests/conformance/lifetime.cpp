// The ends of things: handles that go, accounts that are removed, runtimes that stop.
#include "facet_calls.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace kefu;
using namespace kefu_test;

TEST_CASE("every channel: its facets work on when the host has let go of it") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto calls = promised_calls(it);
    const auto receiver = it.channel()->push_receiver();
    it.drop_channel();
    for (const FacetCall& call : calls) {
      CAPTURE(call.name);
      const auto error = call.start({})();
      CHECK_MESSAGE(outcome(error) == "ok", why(error));
    }
    if (receiver) CHECK(receiver->acknowledge().status == 200);
  });
}

TEST_CASE("every channel: once it is removed every facet answers cancelled, without a call") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto calls = promised_calls(it);
    call_something(it);
    const std::size_t shown = it.shown().size();
    const std::uint64_t before = it.calls();
    it.remove();
    it.remove();  // as often as one likes
    for (const FacetCall& call : calls) {
      CAPTURE(call.name);
      const auto error = call.start({})();
      REQUIRE(error.has_value());
      CHECK_MESSAGE(error->kind() == ErrorKind::cancelled, error->to_string());
      CHECK(error->delivery() == Delivery::not_sent);
    }
    CHECK(it.calls() == before);
    CHECK(it.shown().size() == shown);
  });
}

TEST_CASE("every channel: when the runtime ends all that waits and all that comes is answered cancelled") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto calls = promised_calls(it);
    it.slow_down(10s);
    std::vector<Waiting> under_way;
    for (const FacetCall& call : calls) under_way.push_back(call.start({}));
    it.time().advance(100ms);
    it.runtime().stop();
    for (std::size_t i = 0; i < calls.size(); ++i) {
      CAPTURE(calls[i].name);
      const auto pending = under_way[i]();
      REQUIRE(pending.has_value());
      CHECK_MESSAGE(pending->kind() == ErrorKind::cancelled, pending->to_string());
      const auto later = calls[i].start({})();
      REQUIRE(later.has_value());
      CHECK_MESSAGE(later->kind() == ErrorKind::cancelled, later->to_string());
      CHECK(later->delivery() == Delivery::not_sent);
    }
  });
}

TEST_CASE("every channel: a call that nobody waits for is dropped without harm, the next ones work") {
  over_every_channel([](ChannelUnderTest& it) {
    for (const FacetCall& call : promised_calls(it)) {
      CAPTURE(call.name);
      call_something(it);
      { const Waiting dropped = call.start({}); }
      it.time().advance(1s);
      const auto error = call.start({})();
      CHECK_MESSAGE(outcome(error) == "ok", why(error));
    }
  });
}
