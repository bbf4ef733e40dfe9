#include <kefu/core/pending.hpp>

#include <algorithm>
#include <chrono>

KEFU_BEGIN_NAMESPACE
namespace detail {

PendingState::PendingState(std::shared_ptr<PendingHome> home) : home_(std::move(home)) {}
PendingState::~PendingState() = default;

Result<void> PendingState::wait() {
  if (has_answer()) return {};
  if (auto refused = home_->refuse_wait()) return *std::move(refused);
  for (;;) {
    const auto help = home_->help(MonoTime::max());
    if (has_answer()) return {};
    if (help == PendingHome::Help::nothing)
      return Error(ErrorKind::internal,
                   "simulated time has nothing left to do that could answer this call: script an answer, or check that "
                   "its transport uses the same scheduler");
    if (help == PendingHome::Help::wait) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return has_answer(); });
      return {};
    }
  }
}

bool PendingState::wait_for(Millis limit) {
  if (has_answer()) return true;
  if (home_->refuse_wait()) return false;
  limit = std::clamp<Millis>(limit, Millis(0), std::chrono::hours(24 * 365));  // keeps the sum below in range
  const MonoTime until = home_->now() + limit;
  for (;;) {
    const auto help = home_->help(until);
    if (has_answer()) return true;
    if (help == PendingHome::Help::nothing) return false;
    if (help == PendingHome::Help::wait) {
      std::unique_lock lock(mutex_);
      return changed_.wait_for(lock, limit, [this] { return has_answer(); });
    }
  }
}

void PendingState::on_answer(Task task) {
  if (!has_answer() && home_->forked()) return;  // destroying the task answers it
  {
    const std::lock_guard lock(mutex_);
    if (!has_answer()) {
      continuation_ = std::move(task);
      return;
    }
  }
  home_->run_callback(std::move(task));
}

void PendingState::run_here(Task task) { home_->run_here(task); }

void PendingState::answered() {
  Task continuation;
  {
    const std::lock_guard lock(mutex_);
    answered_.store(true, std::memory_order_release);
    continuation = std::move(continuation_);
    // Under the lock: a waiter that wakes may destroy this state's other references, never before the unlock.
    changed_.notify_all();
  }
  cancel_.close();
  if (continuation) home_->run_callback(std::move(continuation));
}

}  // namespace detail
KEFU_END_NAMESPACE
