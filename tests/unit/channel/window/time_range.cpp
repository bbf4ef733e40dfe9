// foundation l at the ledger of reply windows: moments and spans of hosts far outside range.
#include <kefu/channel/reply_window.hpp>
#include <kefu/core/store.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <utility>

using namespace kefu;

namespace {

ReplyLedger ledger_with(std::chrono::seconds window, std::chrono::seconds remember) {
  ReplyRules rules;
  rules.rules = {ReplyRule("message", 5, window)};
  rules.remember = remember;
  return ReplyLedger(std::make_shared<MemoryStore>(), "test", "fake", "shop", std::move(rules));
}

}  // namespace

TEST_CASE("foundation l: a window opened at the ends of time stays readable") {
  const WallTime now = std::chrono::system_clock::now();
  for (const WallTime when : {WallTime::max(), WallTime::min(), WallTime(), now, kLatestTime}) {
    ReplyLedger ledger = ledger_with(std::chrono::hours(48), std::chrono::hours(24 * 30));
    REQUIRE(ledger.opened("anna", "message", when, when));
    auto window = ledger.look("anna", now);
    REQUIRE(window);
    CHECK(window->known);
    REQUIRE(ledger.closed("anna", "asked to", when));
    REQUIRE(ledger.look("anna", when));
  }
}

TEST_CASE("foundation l: rules with absurd spans") {
  const WallTime now = std::chrono::system_clock::now();
  for (const auto span : {std::chrono::seconds::max(), std::chrono::seconds::min(), std::chrono::seconds(0),
                          std::chrono::seconds(1'000'000'000'000'000'000)}) {
    ReplyLedger ledger = ledger_with(span, span);
    REQUIRE(ledger.opened("anna", "message", now, now));
    auto window = ledger.look("anna", now);
    REQUIRE(window);
    if (span.count() > 0) CHECK(window->messages_left == 5);
    if (span.count() > 0) CHECK(ledger.reserve("anna", 1, now)->tracked);
    REQUIRE(ledger.used_up(*ledger.reserve("nobody we know", 1, now), now));
  }
}
