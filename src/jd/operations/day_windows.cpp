#include "jd/operations/day_windows.hpp"

#include <kefu/jd/time.hpp>

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::chrono::hours kWholeDay{24};

}  // namespace

WallTime DayWindow::asked_until(WallTime now, bool end_day_counts) const {
  if (!end_day_counts) return end;
  const WallTime today = start_of_day(now) + kWholeDay - std::chrono::seconds(1);
  return std::max(first, std::min(end, today));
}

DayWindow first_window(WallTime from, WallTime to) {
  const WallTime first = start_of_day(from);
  const WallTime last_day = std::min(start_of_day(to - std::chrono::seconds(1)), first + (kWindowDays - 1) * kWholeDay);
  return {first, last_day + kWholeDay};
}

std::vector<DayWindow> day_windows(WallTime from, WallTime to) {
  std::vector<DayWindow> windows;
  while (from < to) {
    windows.push_back(first_window(from, to));
    from = windows.back().end;
  }
  return windows;
}

std::optional<Error> refuse_period(WallTime from, WallTime to, WallTime now) {
  if (from >= to)
    return Error(ErrorKind::bad_argument, fmt::format("the period is empty: from {} is not before to {} (GMT+8)",
                                                      gateway_time(from), gateway_time(to)));
  const WallTime oldest = start_of_day(now) - kOldest;
  if (from < oldest)
    return Error(ErrorKind::bad_argument, fmt::format("from is {}, and JD keeps 3 months: begin at {} or later (GMT+8)",
                                                      gateway_date(from), gateway_date(oldest)));
  return std::nullopt;
}

}  // namespace jd
KEFU_END_NAMESPACE
