#pragma once

#if !defined(__cpp_impl_coroutine)
#error "<kefu/core/coroutine.hpp> needs C++20 coroutines"
#endif

#include <kefu/core/pending.hpp>

#include <coroutine>
#include <optional>
#include <utility>

KEFU_BEGIN_NAMESPACE

namespace detail {

template <class T>
class PendingAwaiter {
 public:
  explicit PendingAwaiter(Pending<T> pending) : pending_(std::move(pending)) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    // The callback may resume, and so destroy this awaiter, before then() returns.
    auto pending = std::move(pending_);
    pending.then([this, waiting](Result<T> result) {
      result_.emplace(std::move(result));
      waiting.resume();
    });
  }
  Result<T> await_resume() { return std::move(*result_); }

 private:
  Pending<T> pending_;
  std::optional<Result<T>> result_;
};

}  // namespace detail

/// `Result<Receipt> r = co_await account.send(message);` in any coroutine type of the host. It resumes on the executor;
/// at once with `bad_argument` if the Pending was used before.
template <class T>
detail::PendingAwaiter<T> operator co_await(Pending<T>&& pending) {
  return detail::PendingAwaiter<T>(std::move(pending));
}

/// The same for a named one, which is then used: `auto sent = account.send(message); ... co_await sent;`
template <class T>
detail::PendingAwaiter<T> operator co_await(Pending<T>& pending) {
  return detail::PendingAwaiter<T>(std::move(pending));
}

KEFU_END_NAMESPACE
