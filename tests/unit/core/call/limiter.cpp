#include "core/call/limiter.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace kefu;
using detail::Limiter;
using detail::LimitRule;
using detail::LimitWindow;
using detail::Moment;

namespace {

constexpr std::int64_t kMorning = 1'700'000'000;  // 2023-11-15 06:13:20 in China

Moment at(Millis passed) {
  return Moment{MonoTime(std::chrono::hours(5)) + passed, from_unix_seconds(kMorning) + passed};
}

Limiter limiter(std::vector<LimitWindow> windows) {
  return Limiter(std::vector<LimitRule>{LimitRule("b", std::move(windows))});
}

}  // namespace

TEST_CASE("without a rule everything may go") {
  Limiter none({});
  CHECK(none.idle());
  for (int i = 0; i < 1000; ++i) CHECK(none.admit("x", at(Millis(0))) == Millis(0));
  auto other = limiter({{1, std::chrono::seconds(60)}});
  for (int i = 0; i < 1000; ++i) CHECK(other.admit("x", at(Millis(0))) == Millis(0));
}

TEST_CASE("no period, wherever it starts, holds more calls than allowed, and the rate is nearly used") {
  auto l = limiter({{50, std::chrono::seconds(1)}, {600, std::chrono::seconds(60)}});
  std::deque<Millis> second, minute;
  std::size_t admitted = 0;
  Millis now{0};
  while (now < Millis(300'000)) {
    const Millis wait = l.admit("b", at(now));
    if (wait.count() > 0) {
      now += wait;
      continue;
    }
    ++admitted;
    second.push_back(now), minute.push_back(now);
    while (now - second.front() >= Millis(1000)) second.pop_front();
    while (now - minute.front() >= Millis(60'000)) minute.pop_front();
    REQUIRE(second.size() <= 50);
    REQUIRE(minute.size() <= 600);
    now += Millis(3);
  }
  CHECK(admitted > 300 * 10 * 15 / 16);
}

TEST_CASE("the answer says when: waiting that long is enough, a moment less is not") {
  auto l = limiter({{3, std::chrono::seconds(16)}});
  for (int i = 0; i < 3; ++i) CHECK(l.admit("b", at(Millis(i * 100))) == Millis(0));
  const Millis wait = l.admit("b", at(Millis(500)));
  CHECK(wait > Millis(15'000));
  CHECK(l.admit("b", at(Millis(500) + wait - Millis(1))) == Millis(1));
  CHECK(l.admit("b", at(Millis(500) + wait)) == Millis(0));
}

TEST_CASE("calls that wait ahead push the time back") {
  auto l = limiter({{2, std::chrono::seconds(16)}});
  CHECK(l.wait("b", at(Millis(0)), 1) == Millis(0));
  CHECK(l.wait("b", at(Millis(0)), 2) == Millis(16'000));
  CHECK(l.admit("b", at(Millis(0))) == Millis(0));
  CHECK(l.admit("b", at(Millis(0))) == Millis(0));
  CHECK(l.wait("b", at(Millis(0)), 5) >= Millis(48'000));
}

TEST_CASE("WIN-4: a day is the platform's calendar day in UTC+8") {
  auto l = limiter({{2, std::chrono::hours(24)}});
  CHECK(l.admit("b", at(Millis(0))) == Millis(0));
  CHECK(l.admit("b", at(Millis(0))) == Millis(0));
  const Millis midnight((24 * 3600 - (6 * 3600 + 13 * 60 + 20)) * 1000LL);
  CHECK(l.admit("b", at(Millis(0))) == midnight);
  CHECK(l.admit("b", at(midnight - Millis(1))) == Millis(1));
  CHECK(l.admit("b", at(midnight)) == Millis(0));
  CHECK(l.until_tomorrow(from_unix_seconds(kMorning)) == midnight);
}

TEST_CASE("every call counts in its own bucket and in the account's common one") {
  Limiter l({LimitRule("", {{3, std::chrono::seconds(16)}}), LimitRule("b", {{2, std::chrono::seconds(16)}})});
  CHECK(l.admit("b", at(Millis(0))) == Millis(0));
  CHECK(l.admit("b", at(Millis(0))) == Millis(0));
  CHECK(l.admit("b", at(Millis(0))) > Millis(0));
  CHECK(l.admit("other", at(Millis(0))) == Millis(0));
  CHECK(l.admit("other", at(Millis(0))) > Millis(0));
  CHECK(l.admit("", at(Millis(0))) > Millis(0));
}

TEST_CASE("WIN-4: a day's allowance tells at 80 % and when it is used up") {
  auto l = limiter({{10, std::chrono::hours(24)}, {1000, std::chrono::seconds(60)}});
  std::vector<std::pair<int, int>> told;
  for (int i = 1; i <= 12; ++i) {
    static_cast<void>(l.admit("b", at(Millis(0))));
    if (const auto level = l.take_level()) told.emplace_back(i, level->percent);
  }
  CHECK(told == std::vector<std::pair<int, int>>{{8, 80}, {10, 100}});
}

TEST_CASE("a calendar that jumps does not disturb the sliding windows") {
  auto l = limiter({{1, std::chrono::seconds(16)}});
  CHECK(l.admit("b", at(Millis(0))) == Millis(0));
  Moment later = at(Millis(5000));
  later.wall -= std::chrono::hours(30);
  CHECK(l.admit("b", later) == Millis(12'000));
  later.wall += std::chrono::hours(60);
  CHECK(l.admit("b", later) == Millis(12'000));
}

TEST_CASE("WIN-4: an API that is used up stays shut until its time; the list of such is bounded") {
  Limiter l({});
  l.exhausted("a", at(Millis(0)), Millis(60'000), ErrorKind::rate_limited, "45011");
  REQUIRE(l.stopped("a", at(Millis(0))));
  CHECK(l.stopped("a", at(Millis(59'999)))->left == Millis(1));
  CHECK(l.stopped("a", at(Millis(0)))->code == "45011");
  CHECK_FALSE(l.stopped("a", at(Millis(60'000))));
  CHECK_FALSE(l.stopped("b", at(Millis(0))));
  for (int i = 0; i < 1000; ++i)
    l.exhausted("api" + std::to_string(i), at(Millis(i)), std::chrono::hours(1), ErrorKind::quota_exhausted, "45009");
  std::size_t shut = 0;
  for (int i = 0; i < 1000; ++i)
    if (l.stopped("api" + std::to_string(i), at(Millis(2000)))) ++shut;
  CHECK(shut == Limiter::kMaxStops);
  CHECK(l.stopped("api999", at(Millis(2000))));
}

TEST_CASE("shops A5: what is used up without a named end is tried by one call after 1, 5, 15, then every 30 minutes") {
  Limiter l({});
  const auto minute = [](int n) { return at(Millis(n * 60'000)); };
  l.exhausted("a", minute(0), std::nullopt, ErrorKind::quota_exhausted, "2");
  CHECK(l.stopped("a", minute(0))->left == Millis(60'000));
  int now = 1;
  for (const int pause : {5, 15, 30, 30, 30}) {
    CAPTURE(pause);
    REQUIRE_FALSE(l.stopped("a", minute(now)));
    l.leaves("a", minute(now));
    CHECK(l.stopped("a", minute(now)));  // one tries, the others wait for its answer
    l.exhausted("a", minute(now), std::nullopt, ErrorKind::quota_exhausted, "2");
    CHECK(l.stopped("a", minute(now))->left == Millis(pause * 60'000));
    now += pause;
  }
  l.leaves("a", minute(now));
  l.answered("a");
  CHECK_FALSE(l.stopped("a", minute(now)));
  l.exhausted("a", minute(now), std::nullopt, ErrorKind::quota_exhausted, "2");
  CHECK(l.stopped("a", minute(now))->left == Millis(60'000));
}

TEST_CASE("shops A5: a stop ends with the platform's day at the latest, and when its counters are cleared") {
  Limiter l({});
  Moment late = at(Millis(0));
  late.wall = WallTime(std::chrono::hours(24 * 365)) - std::chrono::hours(8) - std::chrono::seconds(20);
  l.exhausted("a", late, std::nullopt, ErrorKind::quota_exhausted, "45009");
  CHECK(l.stopped("a", late)->left == Millis(20'000));
  l.exhausted("b", late, std::chrono::hours(1), ErrorKind::rate_limited, "45011");
  l.answered("b");
  CHECK(l.stopped("b", late));  // the platform named its end
  l.reopen();
  CHECK_FALSE(l.stopped("a", late));
  CHECK(l.stopped("b", late));
}
