#pragma once

#include <kefu/core/time.hpp>

#include <atomic>
#include <chrono>
#include <mutex>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// How far this host's clock is ahead of the platform's, by the times of the events that came: none can come before it
/// was made, so the clock is ahead by no more than what the quickest of the last ones seems to have taken.
///
/// Thread safety: all members may be called from any thread.
class ClockLead {
 public:
  /// An event with both times.
  void heard(WallTime platform_time, WallTime received_time);
  /// 0 for a clock that is right, behind, or ahead by no more than an event may take on its way.
  std::chrono::seconds lead() const { return lead_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::chrono::seconds> lead_{std::chrono::seconds(0)};
  std::mutex mutex_;
  std::chrono::seconds least_ = std::chrono::seconds::max();   ///< Of this round of events.
  std::chrono::seconds before_ = std::chrono::seconds::max();  ///< Of the round before.
  int events_ = 0;
};

}  // namespace detail
KEFU_END_NAMESPACE
