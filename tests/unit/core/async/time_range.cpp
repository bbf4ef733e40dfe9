// foundation l: times and spans far outside what a clock of nanoseconds can hold.
#include "core/async/time_range.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

using namespace kefu;
using detail::bounded_span;
using detail::later;

namespace {
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kHuge = 1'000'000'000'000'000'000;
}  // namespace

TEST_CASE("foundation l: seconds and milliseconds of a platform stay within reach") {
  CHECK(unix_seconds(from_unix_seconds(0)) == 0);
  CHECK(unix_seconds(from_unix_seconds(1'700'000'000)) == 1'700'000'000);
  CHECK(unix_seconds(from_unix_seconds(-1)) == -1);
  CHECK(unix_millis(from_unix_millis(1'700'000'000'123)) == 1'700'000'000'123);
  for (const std::int64_t late : {kMost, kHuge, kLatestSecond + 1}) {
    CHECK(from_unix_seconds(late) == kLatestTime);
    CHECK(from_unix_millis(late * (late == kLatestSecond + 1 ? 1000 : 1)) == kLatestTime);
  }
  for (const std::int64_t early : {kLeast, -kHuge, kEarliestSecond - 1})
    CHECK(from_unix_seconds(early) == kEarliestTime);
  CHECK(from_unix_millis(kLeast) == kEarliestTime);
  // Any two can be subtracted.
  CHECK((kLatestTime - kEarliestTime) > WallTime::duration::zero());
  CHECK((kEarliestTime - kLatestTime) < WallTime::duration::zero());
}

TEST_CASE("foundation l: spans in any unit are bounded before they are converted") {
  using std::chrono::hours;
  using std::chrono::milliseconds;
  using std::chrono::nanoseconds;
  using std::chrono::seconds;
  CHECK(bounded_span<Millis>(seconds(7200)) == Millis(7'200'000));
  CHECK(bounded_span<Millis>(seconds(0)) == Millis(0));
  CHECK(bounded_span<Millis>(seconds(-5)) == Millis(-5000));
  CHECK(bounded_span<Millis>(seconds(kMost)) == detail::kLongestSpan);
  CHECK(bounded_span<Millis>(seconds(kLeast)) == -detail::kLongestSpan);
  CHECK(bounded_span<nanoseconds>(hours(kHuge)) == detail::kLongestSpan);
  CHECK(bounded_span<nanoseconds>(milliseconds(-kHuge)) == -detail::kLongestSpan);
  CHECK(bounded_span<seconds>(nanoseconds(kMost)) == detail::kLongestSpan);
  CHECK(bounded_span<Millis>(std::chrono::duration<double>(1.5)) == Millis(1500));
  CHECK(bounded_span<Millis>(std::chrono::duration<double>(1e300)) == detail::kLongestSpan);
  CHECK(bounded_span<Millis>(std::chrono::duration<double>(-1e300)) == -detail::kLongestSpan);
  CHECK(bounded_span<Millis>(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())) == Millis(0));
}

TEST_CASE("foundation l: a sum stays within reach whatever is added to what") {
  const WallTime now = from_unix_seconds(1'700'000'000);
  CHECK(later(now, std::chrono::seconds(60)) == now + std::chrono::seconds(60));
  CHECK(later(now, Millis(-60)) == now - Millis(60));
  CHECK(later(now, Millis(kMost)) == now + detail::kLongestSpan);
  CHECK(later(WallTime::max(), Millis(kMost)) == kLatestTime);
  CHECK(later(WallTime::min(), Millis(kLeast)) == kEarliestTime);
  CHECK(later(kLatestTime, std::chrono::hours(1)) == kLatestTime);
  const MonoTime here = MonoTime(std::chrono::hours(5));
  CHECK(later(here, Millis(10)) == here + Millis(10));
  CHECK(later(MonoTime::max(), Millis(kMost)) == MonoTime(detail::kLongestSpan));
  CHECK(later(MonoTime::min(), Millis(kLeast)) == MonoTime(-detail::kLongestSpan));
}
