#pragma once

#include <kefu/core/cancel.hpp>
#include <kefu/core/executor.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/pending_state.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <memory>
#include <type_traits>
#include <utility>

KEFU_BEGIN_NAMESPACE

/// The result of an operation that has started. Use it once: `get`, `then`, `detach`, `when_all`
/// (<kefu/core/when_all.hpp>) or `co_await` (<kefu/core/coroutine.hpp>). Used again, or read after it was moved from,
/// it answers `bad_argument`. Dropping it unused cancels the operation; the destructor never blocks.
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

  /// False once it was used or moved from.
  bool valid() const noexcept { return state_ != nullptr; }

  /// Waits for the result. On the library's own threads (a callback of InlineExecutor, a Store) it answers with
  /// `bad_argument` instead of dead-locking, in a child of fork() with `configuration`, in simulated time with nothing
  /// left to do with `internal`; the operation is then cancelled.
  Result<T> get() {
    const auto state = use();
    if (auto waited = state->wait(); !waited) {
      state->request_cancel();
      return waited.error();
    }
    return state->take();
  }

  /// Waits up to `limit`; true once the result is there. The operation goes on either way. False at once where `get`
  /// answers with an error.
  bool wait_for(Millis limit) {
    const auto state = state_;
    return state && state->wait_for(limit);
  }

  /// Calls `callback(Result<T>)` on the executor once the result is there; never inside this call unless the executor
  /// is inline and the result is there already, or this Pending was used before. If the executor drops it, it is called
  /// where it is dropped. Called so deep inside other callbacks, it waits for the outermost to return. What it throws
  /// is caught and shown to the observer.
  ///
  /// A callback that returns a value U, a Result<U> or a Pending<U> gives a Pending<U> of what it returned (`internal`
  /// with delivery `unknown` if it threw); one that returns nothing ends the chain. Dropping that Pending cancels
  /// nothing; `cancel` on it cancels what the chain waits for at that moment.
  template <class F>
  auto then(F&& callback) {
    using Callback = std::decay_t<F>;
    using Returned = std::decay_t<std::invoke_result_t<Callback&, Result<T>>>;
    if constexpr (std::is_void_v<Returned>) {
      detail::continue_with(use(), Callback(std::forward<F>(callback)), Where::executor);
    } else {
      auto state = use();
      Promise<typename detail::Chained<Returned>::type> promise(state->home());
      auto next = promise.pending();
      next.state_->keep_when_dropped();
      next.state_->comes_from_callback();
      next.state_->lead(*state);
      detail::Link<T, Returned, Callback> link(std::move(promise), Callback(std::forward<F>(callback)));
      detail::continue_with(std::move(state), std::move(link), Where::executor);
      return next;
    }
  }

  /// Asks the operation to end early; it is then answered `cancelled`. The platform may have acted: see `delivery`.
  /// Does nothing once it was used.
  void cancel() {
    if (const auto state = state_) state->request_cancel();
  }

  /// Lets the operation finish unobserved. Does nothing once it was used.
  void detach() { state_.reset(); }

 private:
  template <class>
  friend class Pending;
  friend class Promise<T>;
  friend struct detail::PendingAccess;
  using Where = detail::PendingState::Where;

  explicit Pending(std::shared_ptr<detail::TypedState<T>> state) : state_(std::move(state)) {}
  /// What is left of this one use; answered with an error if there was one before.
  std::shared_ptr<detail::TypedState<T>> use() {
    return state_ ? std::move(state_) : detail::failed_state<T>(detail::used_already());
  }
  void drop() {
    if (const auto state = std::move(state_)) state->drop();
  }
  std::shared_ptr<detail::TypedState<T>> state_;
};

/// The side that answers a Pending. Dropped unanswered it answers `cancelled` with `delivery` unknown, as nobody is
/// left who knows what was done; only the first answer counts. For those who write their own Channel: `Promise<Receipt>
/// promise(runtime.home());`
///
/// Thread safety: one thread at a time. Moving is cheap; one that was moved from answers nobody.
template <class T>
class Promise {
 public:
  explicit Promise(std::shared_ptr<detail::PendingHome> home)
      : state_(std::make_shared<detail::TypedState<T>>(std::move(home))) {}
  Promise(Promise&&) noexcept = default;
  Promise& operator=(Promise&& other) noexcept {
    if (this != &other) {
      abandon();
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~Promise() { abandon(); }

  /// The result side, before or after the answer. There is one: asked again it gives a Pending that answers
  /// `bad_argument`.
  Pending<T> pending() {
    if (state_ && state_->hand_out()) return Pending<T>(state_);
    return Pending<T>(detail::failed_state<T>(detail::taken_already()));
  }
  /// Set when the holder of the Pending no longer wants the result.
  CancelToken cancelled() const { return state_ ? state_->cancelled() : CancelToken(); }
  void answer(Result<T> result) {
    if (const auto state = state_) state->answer(std::move(result));  // what follows may end this promise
  }
  /// Answers with what `other` is answered, `cancelled` if this promise's holder cancels that.
  void answer(Pending<T> other) {
    if (!state_) return;
    auto inner = other.use();
    state_->lead(*inner);
    if (inner->from_callback()) state_->comes_from_callback();
    detail::continue_with(
        std::move(inner), [outer = std::move(*this)](Result<T> result) mutable { outer.answer(std::move(result)); },
        detail::PendingState::Where::here);
  }

 private:
  void abandon() {
    if (const auto state = std::move(state_)) state->abandon();
  }
  std::shared_ptr<detail::TypedState<T>> state_;
};

namespace detail {

/// What the library's own parts need of the inside of a Pending.
struct PendingAccess {
  /// The result side of a state that is answered without a Promise.
  template <class T>
  static Pending<T> of(std::shared_ptr<TypedState<T>> state) {
    return Pending<T>(std::move(state));
  }
  template <class T>
  static std::shared_ptr<TypedState<T>> use(Pending<T>& pending) {
    return pending.use();
  }
  /// Cancelling `pending` cancels what it waits for.
  template <class T>
  static void lead(const Pending<T>& pending, PendingState& part) {
    pending.state_->lead(part);
    if (part.from_callback()) pending.state_->comes_from_callback();
  }
};

}  // namespace detail

KEFU_END_NAMESPACE
