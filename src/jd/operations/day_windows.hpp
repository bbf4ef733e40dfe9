#pragma once

#include <kefu/core/error.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/time.hpp>

#include <chrono>
#include <optional>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// The im.pop methods use the date part of their period only; a call spans at most 7 days and reaches back 3 months (jd
// 4.2). Whether the day of endTime is part of it no source says, so the day after a window is asked for too, and what
// belongs to it left out.

inline constexpr int kWindowDays = 6;
inline constexpr std::chrono::hours kOldest{24 * 90};

/// Whole days of GMT+8, at most kWindowDays.
struct DayWindow {
  WallTime first;  ///< 00:00:00 of the first day.
  WallTime end;    ///< 00:00:00 of the day after the last one.
  bool holds(WallTime time) const { return time >= first && time < end; }
  /// What to send as endTime: the day after the window; if the day of endTime counts (PollingSettings), none that is
  /// yet to come, as nobody knows what the platform makes of such.
  KEFU_EXPORT WallTime asked_until(WallTime now, bool end_day_counts = true) const;
};

/// The first window of a period that begins in the day of `from` and ends before `to`.
KEFU_EXPORT DayWindow first_window(WallTime from, WallTime to);
/// All of them, oldest first.
KEFU_EXPORT std::vector<DayWindow> day_windows(WallTime from, WallTime to);

/// Why nothing can be asked of this period: it is empty, or the platform no longer has its beginning.
KEFU_EXPORT std::optional<Error> refuse_period(WallTime from, WallTime to, WallTime now);

}  // namespace jd
KEFU_END_NAMESPACE
