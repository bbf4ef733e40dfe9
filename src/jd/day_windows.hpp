#pragma once

#include <kefu/core/error.hpp>
#include <kefu/core/time.hpp>

#include <chrono>
#include <optional>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// The im.pop methods use the date part of their period only, both days included; a call spans at most 7 days and
// reaches back 3 months (jd 4.2).

inline constexpr int kWindowDays = 7;
inline constexpr std::chrono::hours kOldest{24 * 90};

/// Whole days of GMT+8, at most kWindowDays.
struct DayWindow {
  WallTime first;  ///< 00:00:00 of the first day.
  WallTime last;   ///< 23:59:59 of the last day.
  WallTime end() const { return last + std::chrono::seconds(1); }
};

/// The first window of a period that begins in the day of `from` and ends before `to`.
DayWindow first_window(WallTime from, WallTime to);
/// All of them, oldest first.
std::vector<DayWindow> day_windows(WallTime from, WallTime to);

/// Why nothing can be asked of this period: it is empty, or the platform no longer has its beginning.
std::optional<Error> check_period(WallTime from, WallTime to, WallTime now);

}  // namespace jd
KEFU_END_NAMESPACE
