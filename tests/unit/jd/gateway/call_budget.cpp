#include "jd/gateway/call_budget.hpp"

#include "support/simulated_core.hpp"

#include <kefu/jd/time.hpp>

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;
using kefu::jd::CallBudget;
using kefu::jd::CallStop;
using kefu_test::SimulatedCore;

/// Budgets of an application in simulated time, begun at midnight in Beijing.
struct Budgets {
  explicit Budgets(std::int64_t calls_per_day, double share = 0.5) : total(calls_per_day), part(share) {
    midnight = kefu::jd::start_of_day(sim.time->wall()) + 24h;
    sim.time->advance(std::chrono::duration_cast<kefu::Millis>(midnight - sim.time->wall()));
  }
  /// As another process has it.
  std::shared_ptr<CallBudget> make() { return std::make_shared<CallBudget>(sim.core, "key", total, part, stop()); }
  std::shared_ptr<CallStop> stop() { return std::make_shared<CallStop>(sim.core, "key"); }
  CallBudget::Grant take(CallBudget& budget, const std::string& shop = "a") {
    CallBudget::Grant got;
    bool answered = false;
    budget.take(shop, [&](const CallBudget::Grant& grant) {
      got = grant;
      answered = true;
    });
    sim.time->run_ready();
    REQUIRE(answered);
    return got;
  }
  /// Takes up to `most`; how many were granted.
  int take_many(CallBudget& budget, const std::string& shop, int most) {
    int got = 0;
    while (got < most && take(budget, shop).granted) ++got;
    return got;
  }

  SimulatedCore sim;
  const std::int64_t total;
  const double part;
  kefu::WallTime midnight;
};

}  // namespace

TEST_CASE("JD-6: the calls of pollers are a share of the day's, spread over the day and counted for all processes") {
  Budgets budgets(10'000);
  auto one = budgets.make();
  auto two = budgets.make();
  int used = 0;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    used += budgets.take_many(minute % 2 == 0 ? *one : *two, "a", 50);
    const double passed = (minute + 1) / (24.0 * 60);
    CHECK(used <= 5'000 * (passed + 1.0 / 24) + 200);
    budgets.sim.time->advance(1min);
  }
  CHECK(used <= 5'000);
  CHECK(used >= 4'700);
}

TEST_CASE("JD-6: calls that are used up are refused until the next day, also by a process that begins anew") {
  Budgets budgets(200);
  auto budget = budgets.make();
  int used = 0;
  while (budgets.sim.time->wall() < budgets.midnight + 23h + 50min) {
    used += budgets.take_many(*budget, "a", 100);
    budgets.sim.time->advance(10min);
  }
  CHECK(used == 100);
  for (const auto& process : {budget, budgets.make()}) {
    const auto refused = budgets.take(*process);
    CHECK_FALSE(refused.granted);
    REQUIRE(refused.error);
    CHECK(refused.error->kind() == kefu::ErrorKind::quota_exhausted);
    CHECK(*refused.error->details().retry_after <= 11min);
  }
  budgets.sim.time->advance(*budgets.take(*budget).error->details().retry_after);
  CHECK(budgets.take(*budget).granted);
}

TEST_CASE("JD-6: three shops share the calls fairly, and what one leaves the others may use") {
  Budgets budgets(60'000);
  auto one = budgets.make();
  auto two = budgets.make();
  std::map<std::string, int> used;
  SUBCASE("all of them want all") {
    for (int minute = 0; minute < 24 * 60; ++minute) {
      used["a"] += budgets.take_many(*one, "a", 500);
      used["b"] += budgets.take_many(*two, "b", 500);
      used["c"] += budgets.take_many(*one, "c", 500);
      budgets.sim.time->advance(1min);
    }
    for (const auto& entry : used) {
      CAPTURE(entry.first);
      CHECK(entry.second >= 9'000);
      CHECK(entry.second <= 11'000);
    }
  }
  SUBCASE("one wants little") {
    for (int minute = 0; minute < 24 * 60; ++minute) {
      used["a"] += budgets.take_many(*one, "a", 500);
      used["b"] += budgets.take_many(*two, "b", 2);
      used["c"] += budgets.take_many(*one, "c", 500);
      budgets.sim.time->advance(1min);
    }
    CHECK(used["b"] == 2 * 24 * 60);
    CHECK(used["a"] >= 9'900);
    CHECK(used["c"] >= 9'900);
    CHECK(used["a"] + used["c"] >= 26'000);
  }
  SUBCASE("one comes at noon") {
    for (int minute = 0; minute < 24 * 60; ++minute) {
      used["a"] += budgets.take_many(*one, "a", 500);
      used["b"] += budgets.take_many(*one, "b", 500);
      if (minute >= 12 * 60) used["c"] += budgets.take_many(*two, "c", 500);
      budgets.sim.time->advance(1min);
    }
    // Of the second half of the day it gets what it asks for, until it has as much as the others.
    CHECK(used["c"] >= 4'900);
    CHECK(used["a"] >= 8'000);
  }
  CHECK(used["a"] + used["b"] + used["c"] <= 30'000);
}

TEST_CASE("shops A5: code 2 stops all processes; one call of one of them tries after 1, 5, 15, then every 30 minutes") {
  for (const std::int64_t total : {0, 1'000'000}) {
    CAPTURE(total);
    Budgets budgets(total);
    const auto stop_one = budgets.stop();
    const auto stop_two = budgets.stop();
    auto one = std::make_shared<CallBudget>(budgets.sim.core, "key", total, 0.5, stop_one);
    auto two = std::make_shared<CallBudget>(budgets.sim.core, "key", total, 0.5, stop_two);
    CHECK(budgets.take(*one).granted);
    stop_one->refused();
    budgets.sim.time->run_ready();
    CHECK_FALSE(budgets.take(*one).granted);
    CHECK_FALSE(budgets.take(*two).granted);
    CHECK_FALSE(budgets.take(*two).error);
    CHECK(budgets.take(*two).wait <= 60s);
    for (const auto pause : {1min, 5min, 15min, 30min, 30min}) {
      CAPTURE(pause.count());
      budgets.sim.time->advance(pause - 2s);
      CHECK_FALSE(budgets.take(*one).granted);
      CHECK_FALSE(budgets.take(*two).granted);
      budgets.sim.time->advance(3s);
      const bool first = budgets.take(*one).granted;
      const bool second = budgets.take(*two).granted;
      CHECK(first != second);  // one of them tries
      (first ? stop_one : stop_two)->refused();
      budgets.sim.time->run_ready();
    }
    // Any call that is answered lifts it, for all.
    stop_two->answered();
    budgets.sim.time->run_ready();
    CHECK(budgets.take(*two).granted);
    budgets.sim.time->advance(31s);
    CHECK(budgets.take(*one).granted);
  }
}

TEST_CASE("shops A6: each shop's calls are counted in a record of its own") {
  Budgets budgets(1'000'000);
  auto budget = budgets.make();
  for (int i = 0; i < 50; ++i) CHECK(budgets.take(*budget, "shop-" + std::to_string(i)).granted);
  const auto page = budgets.sim.store->list("kefu/2/test/jd/poll-budget/key/", "", kefu::ListLimits(100));
  REQUIRE(page);
  CHECK(page->items.size() == 50);
  for (const auto& [key, entry] : page->items) CHECK(entry.value.size() < 100);
}

TEST_CASE("JD-6: pauses grow when the calls get short") {
  Budgets budgets(2'000);
  auto budget = budgets.make();
  CHECK(budgets.take(*budget).granted);
  // 1000 calls for a day: one in 86 s.
  CHECK(budget->pause_for("a", 1, 30s) > 80s);
  CHECK(budget->pause_for("a", 10, 30s) > 800s);
  CHECK(budgets.make()->pause_for("a", 0, 30s) == 30s);
  Budgets plenty(10'000'000);
  auto rich = plenty.make();
  CHECK(plenty.take(*rich).granted);
  CHECK(rich->pause_for("a", 10, 30s) == 30s);
}
