#pragma once

#include <kefu/core/cancel.hpp>
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

template <class T>
class Pending;
template <class T>
class Promise;

/// What stands behind Pending and Promise; hosts use those.
namespace detail {

struct PendingAccess;

/// What a pending result needs of its runtime: where callbacks run and how to wait. Implemented by the runtime.
class KEFU_EXPORT PendingHome {
 public:
  virtual ~PendingHome() = default;
  virtual void run_callback(Task task) = 0;  ///< On the executor; what it throws is caught and reported.
  virtual void run_here(Task& task) = 0;     ///< At once, many inside each other one after the other; caught as well.
  /// Why this thread must not wait, if so: one of the library's own threads, the child of a fork, or the only thread of
  /// callbacks if the answer comes `from_callback`.
  virtual std::optional<Error> refuse_wait(bool from_callback) const = 0;
  virtual bool forked() const = 0;  ///< In a child of fork(): nobody is left who could answer.
  using Help = Scheduler::Help;
  virtual Help help(MonoTime until) = 0;  ///< See Scheduler::help.
  virtual MonoTime now() const = 0;
};

/// The part of a pending result that does not depend on its type. Without a home (a Pending that was used before it was
/// read) callbacks run where they are given.
class KEFU_EXPORT PendingState : public std::enable_shared_from_this<PendingState> {
 public:
  explicit PendingState(std::shared_ptr<PendingHome> home);
  virtual ~PendingState();
  PendingState(const PendingState&) = delete;
  PendingState& operator=(const PendingState&) = delete;

  /// Waits until answered. Answers with an error if this thread may not wait or nothing is left that could answer.
  Result<void> wait();
  /// Waits up to `limit`; true once answered. False at once where `wait` answers with an error.
  bool wait_for(Millis limit);

  /// Where what follows the answer runs.
  enum class Where : unsigned char {
    executor,  ///< The host's code.
    here,      ///< The library's own: on the thread that answers, whatever the length of a chain in bounded stack.
  };
  /// Runs `task` once answered. In the child of a fork, unanswered, it is destroyed.
  void on_answer(Task task, Where where = Where::executor);
  /// Runs a callback that the executor dropped.
  void run_here(Task task);
  bool has_answer() const noexcept { return answered_.load(std::memory_order_acquire); }

  /// True for the first who asks: there is one result side.
  bool hand_out() noexcept { return !std::exchange(handed_out_, true); }
  /// A callback of the host answers it, so the thread of callbacks must not wait for it.
  void comes_from_callback() noexcept { from_callback_.store(true, std::memory_order_relaxed); }
  bool from_callback() const noexcept { return from_callback_.load(std::memory_order_relaxed); }
  /// Dropping its Pending then cancels nothing.
  void keep_when_dropped() noexcept { keep_ = true; }
  /// The holder of the Pending let go of it.
  void drop();
  /// The holder no longer wants the result. Does nothing in the child of a fork: the operation is its parent's.
  void request_cancel();
  /// Set when the holder no longer wants the result, until it is answered.
  CancelToken cancelled();
  /// Whoever no longer wants this result does not want that of `part` either.
  void lead(PendingState& part);
  const std::shared_ptr<PendingHome>& home() const { return home_; }

 protected:
  /// Called once, after the result was put in place.
  void answered();
  /// True for the first caller: it may put the result in place.
  bool claim() noexcept { return !claimed_.exchange(true, std::memory_order_acq_rel); }
  bool claimed() const noexcept { return claimed_.load(std::memory_order_acquire); }

 private:
  void run(Task task, Where where);
  std::shared_ptr<CancelState> shared_cancel();

  const std::shared_ptr<PendingHome> home_;
  CancelState cancel_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> claimed_{false};
  std::atomic<bool> answered_{false};
  std::atomic<bool> from_callback_{false};
  bool handed_out_ = false;
  bool keep_ = false;
  int waiters_ = 0;  ///< Under the lock: threads that sleep here.
  Where where_ = Where::executor;
  Task continuation_;
};

/// What nobody will answer any more: it may have acted, or not.
KEFU_EXPORT Error dropped_unanswered();

template <class T>
class TypedState : public PendingState {
 public:
  using PendingState::PendingState;
  void answer(Result<T> result) {
    if (!claim()) return;
    result_.emplace(std::move(result));
    answered();
  }
  /// What a promise owes that nobody will answer any more.
  void abandon() {
    if (!claimed()) answer(dropped_unanswered());
  }
  Result<T> take() { return std::move(*result_); }

 private:
  std::optional<Result<T>> result_;
};

KEFU_EXPORT Error used_already();    ///< A Pending that was used or moved from is read.
KEFU_EXPORT Error taken_already();   ///< The result side of a promise is taken again, or the promise was moved from.
KEFU_EXPORT Error callback_threw();  ///< What a chain goes on with: the operation before may have acted.

template <class T>
std::shared_ptr<TypedState<T>> failed_state(Error error) {
  auto state = std::make_shared<TypedState<T>>(nullptr);
  state->answer(std::move(error));
  return state;
}

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
    if (const auto state = std::move(state_))
      state->run_here([state, callback = std::move(callback_)]() mutable { callback(result_of(*state)); });
  }
  void operator()() {
    auto state = std::move(state_);
    callback_(result_of(*state));
  }

 private:
  static Result<T> result_of(TypedState<T>& state) {
    if (state.has_answer()) return state.take();
    return dropped_unanswered();
  }
  std::shared_ptr<TypedState<T>> state_;
  F callback_;
};

/// Waits with a continuation for `state`, which the continuation keeps alive.
template <class T, class F>
void continue_with(std::shared_ptr<TypedState<T>> state, F callback, PendingState::Where where) {
  auto* raw = state.get();
  raw->on_answer(Continuation<T, F>(std::move(state), std::move(callback)), where);
}

/// What a callback of `then` that returns an R gives a Pending of.
template <class R>
struct Chained {
  using type = R;
};
template <class U>
struct Chained<Result<U>> {
  using type = U;
};
template <class U>
struct Chained<Pending<U>> {
  using type = U;
};

/// The callback of a chain and the promise of what it returns.
template <class T, class R, class F>
class Link {
 public:
  using U = typename Chained<R>::type;
  Link(Promise<U> promise, F callback) : promise_(std::move(promise)), callback_(std::move(callback)) {}
  void operator()(Result<T> result) {
    struct AnswerIfThrown {
      Promise<U>* promise;
      ~AnswerIfThrown() {
        if (promise != nullptr) promise->answer(callback_threw());
      }
    } guard{&promise_};
    R returned = callback_(std::move(result));
    guard.promise = nullptr;
    promise_.answer(std::move(returned));
  }

 private:
  Promise<U> promise_;
  F callback_;
};

}  // namespace detail

KEFU_END_NAMESPACE
