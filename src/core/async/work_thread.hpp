#pragma once

#include "core/async/owned_thread.hpp"

#include <kefu/core/function.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// One thread that runs tasks in order from a queue. A wake is made only where it sleeps; a loop makes it at the end of
/// its turn (TurnWakes), or once enough waits to be worth a thread of its own.
///
/// Thread safety: all members may be called from any thread.
class WorkThread : public std::enable_shared_from_this<WorkThread> {
 public:
  enum class AtStop : unsigned char { run_queued, drop_queued };

  /// What is called with each task in its place; it may not throw.
  using Run = std::function<void(Task& task)>;
  /// With `stop_within` a task that takes longer than that is not waited for at a stop.
  WorkThread(std::size_t limit, AtStop at_stop, std::optional<std::chrono::milliseconds> stop_within = std::nullopt)
      : limit_(limit), at_stop_(at_stop), stop_within_(stop_within) {}
  WorkThread(std::size_t limit, AtStop at_stop, Run run) : limit_(limit), at_stop_(at_stop), run_(std::move(run)) {}
  /// Makes the thread if it was not made yet; false: stopped, or the system has none to give.
  bool start(const char* name);

  /// Takes the task; false, and the task left as it was, when stopped or, if `bounded`, when the queue is full.
  bool post(Task&& task, bool bounded);
  /// Likewise, before all that waits, however full the queue is.
  bool post_ahead(Task&& task);

  /// Refuses new tasks, runs or drops what is queued and joins; called on the thread itself, or past `stop_within`, it
  /// returns and the thread ends on its own.
  void stop();
  bool is_own_thread() const noexcept { return thread_.is_current(); }
  /// The wake that a loop owes.
  void wake_owed();

 private:
  enum class Sleep : unsigned char { awake, asleep, wake_is_owed };
  void run();
  void wake(std::unique_lock<std::mutex> lock);

  const std::size_t limit_;
  const AtStop at_stop_;
  const std::optional<std::chrono::milliseconds> stop_within_;
  const Run run_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> queue_;
  bool started_ = false;
  Sleep sleep_ = Sleep::awake;
  bool stopping_ = false;
  bool ended_ = false;
  OwnedThread thread_;
};

}  // namespace detail
KEFU_END_NAMESPACE
