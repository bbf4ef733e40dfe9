#include "core/async/host_code.hpp"
#include "core/async/nested_runs.hpp"

#include <kefu/core/pending.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

/// Runs one of the library's own continuations: one answers the next.
void run_direct(Task task) {
  constexpr int deepest = 16;
  thread_local NestedRuns* current = nullptr;
  NestedRuns::run(
      current, deepest, [&task] { task(); }, [&task] { return std::move(task); });
}

}  // namespace

PendingState::PendingState(std::shared_ptr<PendingHome> home) : home_(std::move(home)) {}
PendingState::~PendingState() = default;

Result<void> PendingState::wait() {
  if (has_answer()) return {};
  if (home_)
    if (auto refused = home_->refuse_wait(from_callback())) return *std::move(refused);
  for (;;) {
    const auto help = home_ ? home_->help(MonoTime::max()) : PendingHome::Help::wait;
    if (has_answer()) return {};
    if (help == PendingHome::Help::nothing)
      return Error(ErrorKind::internal,
                   "simulated time has nothing left to do that could answer this call: script an answer, or check that "
                   "its transport uses the same scheduler");
    if (help == PendingHome::Help::wait) {
      std::unique_lock lock(mutex_);
      ++waiters_;
      changed_.wait(lock, [this] { return has_answer(); });
      --waiters_;
      return {};
    }
  }
}

bool PendingState::wait_for(Millis limit) {
  if (has_answer()) return true;
  if (home_ && home_->refuse_wait(from_callback())) return false;
  limit = std::clamp<Millis>(limit, Millis(0), std::chrono::hours(24 * 365));  // keeps the sum below in range
  const MonoTime until = home_ ? home_->now() + limit : MonoTime();
  for (;;) {
    const auto help = home_ ? home_->help(until) : PendingHome::Help::wait;
    if (has_answer()) return true;
    if (help == PendingHome::Help::nothing) return false;
    if (help == PendingHome::Help::wait) {
      std::unique_lock lock(mutex_);
      ++waiters_;
      const bool answered = changed_.wait_for(lock, limit, [this] { return has_answer(); });
      --waiters_;
      return answered;
    }
  }
}

void PendingState::on_answer(Task task, Where where) {
  if (!has_answer()) {
    if (home_ && home_->forked()) return;  // destroying the task answers it
    const std::lock_guard lock(mutex_);
    if (!has_answer()) {
      continuation_ = std::move(task);
      where_ = where;
      return;
    }
  }
  run(std::move(task), where);
}

void PendingState::run(Task task, Where where) {
  if (where == Where::here) return run_direct(std::move(task));
  if (home_) return home_->run_callback(std::move(task));
  run_here(std::move(task));
}

void PendingState::run_here(Task task) {
  if (home_) return home_->run_here(task);
  static_cast<void>(call_host_quietly(task));  // without a runtime there is no observer to be told
}

void PendingState::drop() {
  if (!keep_) request_cancel();
}

void PendingState::request_cancel() {
  if (!home_ || !home_->forked()) CancelState::request(cancel_);
}

/// Part of this object, and shared with it.
std::shared_ptr<CancelState> PendingState::shared_cancel() { return {shared_from_this(), &cancel_}; }
CancelToken PendingState::cancelled() { return CancelToken(shared_cancel()); }
void PendingState::lead(PendingState& part) { cancel_.follow(part.shared_cancel()); }

void PendingState::answered() {
  // In the child of a fork a lock may be held by a thread that is not there any more. Nobody can wait here either.
  const bool forked = home_ && home_->forked();
  Task continuation;
  Where where;
  std::shared_ptr<PendingState> self;  // a waiter that wakes may let go of all others that hold this state
  {
    std::unique_lock lock(mutex_, std::defer_lock);
    if (!forked) lock.lock();
    if (!forked && waiters_ > 0) self = shared_from_this();
    answered_.store(true, std::memory_order_release);
    continuation = std::move(continuation_);
    where = where_;
  }
  if (self) changed_.notify_all();  // without the lock, which the waiter wants
  if (!forked) cancel_.close();
  if (continuation) run(std::move(continuation), where);
}

Error used_already() {
  return Error(ErrorKind::bad_argument,
               "this Pending was used before or moved from: get, then, detach, when_all and co_await take its result "
               "once");
}

Error taken_already() {
  return Error(ErrorKind::bad_argument, "the Pending of this Promise was taken before, or the Promise was moved from");
}

Error dropped_unanswered() {
  ErrorDetails details;
  details.message = "the operation was dropped before it was answered: what it did is not known";
  return Error(ErrorKind::cancelled, Delivery::unknown, std::move(details));
}

Error callback_threw() {
  ErrorDetails details;
  details.message = "a callback of then() threw (the observer was shown what): what came before it may have happened";
  return Error(ErrorKind::internal, Delivery::unknown, std::move(details));
}

}  // namespace detail
KEFU_END_NAMESPACE
