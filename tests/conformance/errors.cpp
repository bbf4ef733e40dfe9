// What goes wrong: credentials that die, answers that are lost, callers who give up.
#include "facet_calls.hpp"

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using namespace kefu;
using namespace kefu_test;

TEST_CASE("every channel: all that is promised works") {
  over_every_channel([](ChannelUnderTest& it) {
    for (const FacetCall& call : promised_calls(it)) {
      CAPTURE(call.name);
      const auto error = call.start({})();
      CHECK_MESSAGE(outcome(error) == "ok", why(error));
    }
  });
}

TEST_CASE("every channel: a credential that died is renewed under whatever call meets it first, unseen") {
  for (const ChannelRow& row : every_channel()) {
    const std::string name = row.name;
    CAPTURE(name);
    const std::size_t count = promised_calls(*row.make()).size();
    for (std::size_t i = 0; i < count; ++i) {
      // Each on its own account: one whose tokens die again and again is left alone for a while.
      const auto it = row.make();
      const FacetCall call = promised_calls(*it)[i];
      CAPTURE(call.name);
      call_something(*it);  // a sign of typing follows a message
      REQUIRE(outcome(call.start({})()) == "ok");
      it->time().advance(2min);
      call_something(*it);
      const std::size_t shown = it->shown().size();
      const std::uint64_t renewals = it->renewals();
      it->spoil_credential();
      const auto error = call.start({})();
      CHECK_MESSAGE(outcome(error) == "ok", why(error));
      CHECK(it->renewals() == renewals + 1);
      CHECK(it->shown().size() == shown + (call.name == "messenger" ? 1 : 0));
    }
  }
}

TEST_CASE("every messenger: a send whose answer is lost is shown once, and is repeated only under a repeat key") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto messenger = it.channel()->messenger();
    if (!messenger) return;
    REQUIRE(call_something(it) == "ok");
    const std::size_t shown = it.shown().size();
    const std::uint64_t sends = it.sends();
    it.lose_answer_of_send();
    const auto sent = messenger->send(Message(it.reachable(), TextContent("once"))).get();
    CHECK(it.shown().size() == shown + 1);
    if (it.facts().repeats_lost_sends) {
      CHECK_MESSAGE(sent.has_value(), why(sent));
      CHECK(it.sends() == sends + 2);
    } else {
      REQUIRE_FALSE(sent.has_value());
      CHECK_MESSAGE(sent.error().delivery() == Delivery::unknown, sent.error().to_string());
      CHECK(it.sends() == sends + 1);
    }
    it.time().advance(10min);
    CHECK(it.shown().size() == shown + 1);
    const auto next = messenger->send(Message(it.reachable(), TextContent("next"))).get();
    CHECK_MESSAGE(next.has_value(), why(next));
  });
}

TEST_CASE("every channel: answers that nobody can read are errors, show no message twice, and pass") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto calls = promised_calls(it);
    for (const char* each : {"html_200", "empty_200", "cut_json", "array_json", "http_502_html", "http_503_empty",
                             "close_inside_reply", "half_headers"}) {
      const std::string fault = each;
      CAPTURE(fault);
      for (const FacetCall& call : calls) {
        CAPTURE(call.name);
        call_something(it);  // its credential is there
        const std::size_t shown = it.shown().size();
        it.fault(fault, "", -1);
        const auto error = call.start({})();
        REQUIRE(error.has_value());
        const std::string kind = outcome(error);
        const bool fits = kind == "malformed_reply" || kind == "unavailable" || kind == "network" || kind == "timeout";
        CHECK_MESSAGE(fits, why(error));
        if (call.name == "messenger") {
          CHECK_MESSAGE(error->delivery() == Delivery::unknown, why(error));
          CHECK(it.shown().size() <= shown + 1);
        }
        it.twin().clear_faults();
        it.time().advance(10min);
        const auto later = call.start({})();
        CHECK_MESSAGE((call.name == "typing" || outcome(later) == "ok"), why(later));
      }
    }
  });
}

TEST_CASE("every channel: who gave up before asking is answered cancelled, and nothing is sent") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto calls = promised_calls(it);
    const std::uint64_t before = it.calls();
    const CancelSource caller;
    caller.request();
    for (const FacetCall& call : calls) {
      CAPTURE(call.name);
      CallOptions options;
      options.cancel = caller.token();
      const auto error = call.start(options)();
      REQUIRE(error.has_value());
      CHECK_MESSAGE(error->kind() == ErrorKind::cancelled, error->to_string());
      CHECK(error->delivery() == Delivery::not_sent);
    }
    CHECK(it.calls() == before);
    CHECK(it.shown().empty());
  });
}

TEST_CASE("every channel: a deadline that is over is told as such, and nothing is sent") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto calls = promised_calls(it);
    const std::uint64_t before = it.calls();
    for (const Millis timeout : {Millis(0), Millis(-1), (Millis::min)()}) {
      for (const FacetCall& call : calls) {
        CAPTURE(call.name);
        CallOptions options;
        options.timeout = timeout;
        const auto error = call.start(options)();
        REQUIRE(error.has_value());
        CHECK_MESSAGE(error->kind() == ErrorKind::timeout, error->to_string());
        CHECK(error->delivery() == Delivery::not_sent);
      }
    }
    CHECK(it.calls() == before);
    CHECK(it.shown().empty());
  });
}

TEST_CASE("every channel: a platform that does not answer in time is told as a timeout, at that time") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto calls = promised_calls(it);
    it.slow_down(10min);
    for (const FacetCall& call : calls) {
      CAPTURE(call.name);
      CallOptions options;
      options.timeout = Millis(1'000);
      const Millis began = it.time().elapsed();
      const auto error = call.start(options)();
      REQUIRE(error.has_value());
      CHECK_MESSAGE(error->kind() == ErrorKind::timeout, error->to_string());
      CHECK(it.time().elapsed() - began <= 1100ms);
    }
  });
}
