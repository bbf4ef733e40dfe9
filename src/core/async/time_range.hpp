#pragma once

#include <kefu/core/time.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <type_traits>

KEFU_BEGIN_NAMESPACE
namespace detail {

// Spans and moments that others name: platforms, hosts, stored records. The clocks count nanoseconds in 64 bits, about
// 292 years each way, and every conversion or sum beyond that is undefined: what may be large goes through here, or
// through from_unix_seconds and from_unix_millis.

/// The longest span that anything here is made of: 100 years.
inline constexpr std::chrono::hours kLongestSpan{24 * 365 * 100};

/// `span` as Target (milliseconds, seconds ...), at most kLongestSpan either way. Never overflows, whatever its unit.
template <class Target, class Rep, class Period>
constexpr Target bounded_span(std::chrono::duration<Rep, Period> span) {
  using Longest = std::chrono::duration<std::int64_t, Period>;
  const auto longest = std::chrono::duration_cast<Longest>(kLongestSpan);
  if constexpr (std::is_floating_point_v<Rep>) {
    if (!(span.count() == span.count())) return Target{0};  // not a number
    if (span.count() >= static_cast<Rep>(longest.count())) return std::chrono::duration_cast<Target>(kLongestSpan);
    if (span.count() <= -static_cast<Rep>(longest.count())) return -std::chrono::duration_cast<Target>(kLongestSpan);
    return std::chrono::duration_cast<Target>(span);
  } else {
    // Longer than a century in units of Period: compared as counts, as durations would be multiplied first.
    const auto count = static_cast<std::int64_t>(span.count());
    return std::chrono::duration_cast<Target>(Longest(std::clamp(count, -longest.count(), longest.count())));
  }
}

/// The nearest moment that spans may be added to and taken from.
inline WallTime within_reach(WallTime time) { return std::clamp(time, kEarliestTime, kLatestTime); }
inline MonoTime within_reach(MonoTime time) {
  return std::clamp(time, MonoTime(-kLongestSpan), MonoTime(kLongestSpan));
}

/// `time` + `span`, within reach whatever the two are.
template <class Time, class Rep, class Period>
Time later(Time time, std::chrono::duration<Rep, Period> span) {
  using Span = typename Time::duration;
  const Time from = within_reach(time);
  const Time last = within_reach(Time::max());
  const Time first = within_reach(Time::min());
  return from + std::clamp(bounded_span<Span>(span), Span(first - from), Span(last - from));
}

}  // namespace detail
KEFU_END_NAMESPACE
