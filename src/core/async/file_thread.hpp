#pragma once

#include "core/async/fork_guard.hpp"
#include "core/async/work_thread.hpp"

#include <chrono>
#include <limits>
#include <memory>
#include <mutex>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The one thread of a runtime that opens, reads, writes and names files, so that a slow disk stops neither the loop
/// nor other accounts. Made when it is first needed. What is posted is bounded by the calls in flight.
///
/// Thread safety: all members may be called from any thread.
class FileThread final : public std::enable_shared_from_this<FileThread> {
 public:
  explicit FileThread(std::chrono::milliseconds stop_within)
      : thread_(std::make_shared<WorkThread>(std::numeric_limits<std::size_t>::max(), WorkThread::AtStop::run_queued,
                                             stop_within)) {}

  /// Takes the task; false, and the task left as it was: stopped, or the system has no thread to give.
  bool post(Task&& task);
  /// Refuses new tasks, runs what is queued and joins. A disk that stands still for longer than `stop_within` is not
  /// waited for: the thread is let go and ends on its own.
  void stop();
  bool is_own_thread() const noexcept { return thread_->is_own_thread(); }

  /// Of a file thread: what is made here is destroyed here too, whoever lets go of it last (it closes, it removes).
  /// Elsewhere: where it is let go.
  template <class T>
  static std::shared_ptr<T> keep_here(std::unique_ptr<T> made) {
    auto here = current();
    if (!here) return made;
    return std::shared_ptr<T>(made.release(), [here = std::move(here)](T* object) {
      std::unique_ptr<T> owned(object);
      if (!here->is_own_thread()) static_cast<void>(here->post([owned = std::move(owned)] {}));
    });
  }

 private:
  /// That of the calling thread, if it is one.
  static std::shared_ptr<FileThread> current();

  const ForkGuard fork_guard_;
  std::once_flag marked_;  ///< The thread was told whose it is.
  const std::shared_ptr<WorkThread> thread_;
};

}  // namespace detail
KEFU_END_NAMESPACE
