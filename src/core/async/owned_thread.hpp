#pragma once

#include <kefu/core/export.hpp>

#include <atomic>
#include <functional>
#include <pthread.h>
#include <thread>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// One named thread. Unlike std::thread it may be given up in a child of fork(), where it does not exist, and starting
/// it answers false instead of throwing.
///
/// Thread safety: `start` once, then `join_or_detach` or `detach` once; `is_current` from any thread at any time. The
/// body must keep this object alive.
class KEFU_EXPORT OwnedThread {
 public:
  bool start(const char* name, std::function<void()> body);
  bool is_current() const noexcept { return id_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }
  /// Waits for the end; from the thread itself it lets go instead.
  void join_or_detach();
  /// Lets go of a thread whose end cannot be waited for.
  void detach();

 private:
  pthread_t thread_{};
  bool started_ = false;
  std::atomic<std::thread::id> id_{};
};

}  // namespace detail
KEFU_END_NAMESPACE
