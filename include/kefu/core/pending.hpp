#pragma once

#include <kefu/core/cancel.hpp>
#include <kefu/core/executor.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/function.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/scheduler.hpp>
#include <kefu/core/time.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

KEFU_BEGIN_NAMESPACE

namespace detail {

/// What a pending result needs of its runtime: where callbacks run and how to wait. Implemented by the runtime.
class KEFU_EXPORT PendingHome {
 public:
  virtual ~PendingHome() = default;
  virtual void run_callback(Task task) = 0;  ///< On the executor; what it throws is caught and reported.
  virtual void run_here(Task& task) = 0;     ///< At once; what it throws is caught and reported.
  /// Why this thread must not wait, if so: one of the library's own threads, or the child of a fork.
  virtual std::optional<Error> refuse_wait() const = 0;
  virtual bool forked() const = 0;  ///< In a child of fork(): nobody is left who could answer.
  using Help = Scheduler::Help;
  virtual Help help(MonoTime until) = 0;  ///< See Scheduler::help.
  virtual MonoTime now() const = 0;
};

/// The part of a pending result that does not depend on its type.
class KEFU_EXPORT PendingState {
 public:
  explicit PendingState(std::shared_ptr<PendingHome> home);
  virtual ~PendingState();
  PendingState(const PendingState&) = delete;
  PendingState& operator=(const PendingState&) = delete;

  /// Waits until answered. Answers with an error if this thread may not wait or nothing is left that could answer.
  Result<void> wait();
  /// Waits up to `limit`; true once answered. False at once where `wait` answers with an error.
  bool wait_for(Millis limit);
  /// Runs `task` on the executor once answered.
  void on_answer(Task task);
  /// Runs a callback that the executor dropped.
  void run_here(Task task);
  bool has_answer() const noexcept { return answered_.load(std::memory_order_acquire); }

  const CancelSource& cancel() const { return cancel_; }

 protected:
  /// Called once, after the result was put in place.
  void answered();
  /// True for the first caller: it may put the result in place.
  bool claim() noexcept { return !claimed_.exchange(true, std::memory_order_acq_rel); }

 private:
  const std::shared_ptr<PendingHome> home_;
  const CancelSource cancel_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> claimed_{false};
  std::atomic<bool> answered_{false};
  Task continuation_;
};

template <class T>
class TypedState final : public PendingState {
 public:
  using PendingState::PendingState;
  void answer(Result<T> result) {
    if (!claim()) return;
    result_.emplace(std::move(result));
    answered();
  }
  Result<T> take() { return std::move(*result_); }

 private:
  std::optional<Result<T>> result_;
};

/// A callback and the result it waits for. An executor that destroys it unrun does not swallow the answer: the callback
/// is then called by the destructor, with the result (a send that went out must not look unsent).
template <class T, class F>
class Continuation {
 public:
  Continuation(std::shared_ptr<TypedState<T>> state, F callback)
      : state_(std::move(state)), callback_(std::move(callback)) {}
  Continuation(Continuation&&) noexcept(std::is_nothrow_move_constructible_v<F>) = default;
  Continuation& operator=(Continuation&&) = delete;
  ~Continuation() {
    if (auto state = std::move(state_)) state->run_here([&] { callback_(result_of(*state)); });
  }
  void operator()() {
    auto state = std::move(state_);
    callback_(result_of(*state));
  }

 private:
  static Result<T> result_of(TypedState<T>& state) {
    if (state.has_answer()) return state.take();
    return Error(ErrorKind::cancelled, "the callback was dropped before the operation completed");
  }
  std::shared_ptr<TypedState<T>> state_;
  F callback_;
};

}  // namespace detail

template <class T>
class Promise;

/// The result of an operation that has started. Use it once: `get`, `then`, `detach`, or `co_await` it
/// (<kefu/core/coroutine.hpp>). Dropping it unused cancels the operation; the destructor never blocks.
///
/// It is answered exactly once, at shutdown with `cancelled`. Thread safety: one thread at a time.
template <class T>
class [[nodiscard]] Pending {
 public:
  using value_type = T;

  Pending(Pending&&) noexcept = default;
  Pending& operator=(Pending&& other) noexcept {
    if (this != &other) {
      drop();
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~Pending() { drop(); }

  /// Waits for the result. On the library's own threads (a callback of InlineExecutor, a Store) it answers with
  /// `bad_argument` instead of dead-locking, in a child of fork() with `configuration`, in simulated time with nothing
  /// left to do with `internal`; the operation is then cancelled.
  Result<T> get() && {
    auto state = std::move(state_);
    if (auto waited = state->wait(); !waited) {
      state->cancel().request();
      return waited.error();
    }
    return state->take();
  }

  /// Waits up to `limit`; true once the result is there. The operation goes on either way.
  bool wait_for(Millis limit) { return state_->wait_for(limit); }

  /// Calls `callback(Result<T>)` on the executor once the result is there; never inside this call unless the executor
  /// is inline and the result is there already. If the executor drops it, it is called where it is dropped. What it
  /// throws is caught and shown to the observer.
  template <class F>
  void then(F&& callback) && {
    auto state = std::move(state_);
    auto* raw = state.get();
    raw->on_answer(detail::Continuation<T, std::decay_t<F>>(std::move(state), std::forward<F>(callback)));
  }

  /// Asks the operation to end early; it is then answered `cancelled`. The platform may have acted: see `delivery`.
  void cancel() { state_->cancel().request(); }

  /// Lets the operation finish unobserved.
  void detach() && { state_.reset(); }

 private:
  friend class Promise<T>;
  explicit Pending(std::shared_ptr<detail::TypedState<T>> state) : state_(std::move(state)) {}
  void drop() {
    if (auto state = std::move(state_)) state->cancel().request();
  }
  std::shared_ptr<detail::TypedState<T>> state_;
};

/// The side that answers a Pending. Dropped unanswered it answers `cancelled`. For those who write their own Channel:
/// `Promise<Receipt> promise(runtime.home());`
///
/// Thread safety: one thread at a time. Moving is cheap.
template <class T>
class Promise {
 public:
  explicit Promise(std::shared_ptr<detail::PendingHome> home)
      : state_(std::make_shared<detail::TypedState<T>>(std::move(home))) {}
  Promise(Promise&&) noexcept = default;
  Promise& operator=(Promise&&) noexcept = default;
  ~Promise() {
    if (state_) answer(Error(ErrorKind::cancelled, "the operation was dropped before it completed"));
  }

  /// The result side; take it once.
  Pending<T> pending() { return Pending<T>(state_); }
  /// Set when the holder of the Pending no longer wants the result.
  CancelToken cancelled() const { return state_->cancel().token(); }
  void answer(Result<T> result) {
    if (auto state = std::move(state_)) state->answer(std::move(result));
  }

 private:
  std::shared_ptr<detail::TypedState<T>> state_;
};

KEFU_END_NAMESPACE
