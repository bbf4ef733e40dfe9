#pragma once

#include "core/async/fork_guard.hpp"
#include "core/async/owned_thread.hpp"
#include "core/async/timer_queue.hpp"
#include "core/async/turn_wakes.hpp"

#include <kefu/core/scheduler.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The runtime's I/O thread: scheduler and libcurl's multi interface in one loop. SIGPIPE is blocked on it (libcurl
/// with OpenSSL writes to sockets that may be closed); the host's signal handling is not touched. One multi handle for
/// the life of the loop: connections, names, TLS sessions and the parsed authorities live in it.
///
/// A wake costs system calls and a change of threads, so there is one only where the loop sleeps: without transfers it
/// sleeps as any thread does, and what its own tasks post needs none. Threads that it gives work are woken at the end
/// of its turn (TurnWakes).
///
/// Thread safety: all members may be called from any thread unless they say "on the loop".
class IoLoop final : public Scheduler, public std::enable_shared_from_this<IoLoop> {
 public:
  /// Told about the end of a transfer: the object an easy handle's CURLOPT_PRIVATE points to.
  class Transfer {
   public:
    virtual ~Transfer() = default;
    /// On the loop. The handle is out of the multi when this is called.
    virtual void completed(int curl_code) = 0;
  };

  IoLoop();
  ~IoLoop() override;

  /// False if the thread or libcurl cannot be started.
  bool start();

  Ticket run_at(MonoTime when, Task task) override;
  void drop(Ticket ticket) override;
  /// Runs what was posted before, calls `at_stop`, drops all timers, goes on while there is work to wait for, drops the
  /// rest and joins; on the loop itself it returns and the loop ends on its own.
  void stop() override;
  bool is_own_thread() const override { return thread_.is_current(); }

  /// On the loop or before `start`: the CURLM. Transfers begin with `add`.
  void* multi() const noexcept { return multi_; }
  /// On the loop: an easy handle into the multi.
  void add(void* easy);
  /// Before `start`: called on the loop when it ends, with all parts still working.
  void at_stop(std::function<void()> hook) { at_stop_ = std::move(hook); }
  /// Before `start`: a stop waits while this answers true, for `within` at most; it is asked whenever the loop is idle.
  void wait_at_stop(std::function<bool()> busy, std::chrono::milliseconds within) {
    busy_ = std::move(busy);
    stop_within_ = within;
  }
  /// The last act of the loop's thread.
  void after_end(Task task);
  bool forked() const noexcept { return fork_guard_.forked(); }

 private:
  struct Posted {
    Ticket ticket;
    Task task;
  };
  enum class Sleep : unsigned char { awake, idle, in_libcurl };

  void run();
  void run_posted();
  void run_due();
  void run_transfers();
  void sleep(MonoTime until);
  void run_out();
  void end();
  void close_multi();
  void wake_locked(std::unique_lock<std::mutex>& lock);

  const ForkGuard fork_guard_;
  void* multi_ = nullptr;
  std::function<void()> at_stop_;
  std::function<bool()> busy_;
  std::chrono::milliseconds stop_within_{0};
  OwnedThread thread_;

  TurnWakes wakes_;  ///< The loop's own.
  int running_ = 0;  ///< Transfers in the multi, or more; the loop's own.

  std::mutex mutex_;
  std::condition_variable idle_;
  Sleep sleep_ = Sleep::awake;
  std::atomic<int> wakers_{0};  ///< Threads inside curl_multi_wakeup: the multi must outlive them.
  bool stopping_ = false;
  bool without_timers_ = false;  ///< What would wait for one is dropped: the loop is about to end.
  bool refusing_ = false;
  Task after_end_;
  std::deque<Posted> posted_;
  TimerQueue timers_;
  Ticket last_posted_ = 0;
};

}  // namespace detail
KEFU_END_NAMESPACE
