#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <kefu/core/cancel.hpp>
#include <kefu/core/executor.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/function.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

KEFU_BEGIN_NAMESPACE

namespace detail {

/// What a pending result needs of its runtime: where callbacks run and how to wait. Implemented by the runtime.
class KEFU_EXPORT PendingHome {
 public:
  virtual ~PendingHome() = default;
  virtual void run_callback(Task task) = 0;  ///< On the executor; what it throws is caught and reported.
  virtual bool may_not_block() const = 0;    ///< True on the library's own I/O and store threads.
  enum class Help : unsigned char { wait, worked, nothing };
  virtual Help help() = 0;  ///< See Scheduler::help.
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

  CancelSource& cancel() { return cancel_; }

 protected:
  /// Called once, after the result was put in place.
  void answered();
  /// True for the first caller: it may put the result in place.
  bool claim();

 private:
  bool may_wait() const;

  std::shared_ptr<PendingHome> home_;
  CancelSource cancel_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool claimed_ = false;
  bool answered_ = false;
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
  /// `bad_argument` instead of dead-locking, and the operation is cancelled.
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
  /// is inline and the result is there already. What it throws is caught and shown to the observer.
  template <class F>
  void then(F&& callback) && {
    auto state = std::move(state_);
    auto* raw = state.get();
    raw->on_answer([state = std::move(state), callback = std::forward<F>(callback)]() mutable {
      callback(state->take());
    });
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

/// The side that answers a Pending. Dropped unanswered it answers `cancelled`. For those who write their own Channel.
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
