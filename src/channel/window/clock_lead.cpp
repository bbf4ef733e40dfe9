#include "channel/window/clock_lead.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

using std::chrono::seconds;

constexpr int kRound = 64;
constexpr seconds kOnItsWay{5};    ///< What takes no longer says nothing about the clock.
constexpr seconds kMostLead{600};  ///< What took longer was late: pushes of such a clock are not accepted.

}  // namespace

void ClockLead::heard(WallTime platform_time, WallTime received_time) {
  if (platform_time <= WallTime()) return;
  const std::lock_guard lock(mutex_);
  least_ = std::min(least_, seconds(unix_seconds(received_time) - unix_seconds(platform_time)));
  const seconds least = std::min(least_, before_);
  lead_.store(least <= kOnItsWay || least > kMostLead ? seconds(0) : least, std::memory_order_relaxed);
  if (++events_ < kRound) return;
  events_ = 0;
  before_ = std::exchange(least_, seconds::max());
}

}  // namespace detail
KEFU_END_NAMESPACE
