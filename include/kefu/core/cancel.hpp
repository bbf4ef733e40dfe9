#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/function.hpp>

#include <cstdint>
#include <memory>

KEFU_BEGIN_NAMESPACE

namespace detail {
class CancelState;
}

/// Tells a call that its result is no longer wanted. Copies share one state; an empty token is never cancelled.
///
/// Thread safety: all members may be called from any thread.
class KEFU_EXPORT CancelToken {
 public:
  CancelToken() = default;
  bool requested() const noexcept;
  /// False for an empty token: nobody can ever request.
  bool can_be_requested() const noexcept { return state_ != nullptr; }

  /// Runs `task` when cancellation is requested, at once if it was already. The task runs once, on the thread that
  /// requests, with no lock held. What it throws is swallowed and told to nobody, as a token belongs to no runtime: the
  /// other listeners hear the request all the same. Returns an id for `forget`; 0 if it ran, or will never run
  /// (empty token, closed source).
  std::uint64_t on_request(Task task) const;
  /// Drops a listener that is no longer interesting. A listener that runs at this moment may still finish.
  void forget(std::uint64_t id) const;

 private:
  friend class CancelSource;
  explicit CancelToken(std::shared_ptr<detail::CancelState> state) : state_(std::move(state)) {}
  std::shared_ptr<detail::CancelState> state_;
};

/// Makes tokens and cancels them. Thread safety: all members may be called from any thread.
class KEFU_EXPORT CancelSource {
 public:
  CancelSource();
  CancelToken token() const { return CancelToken(state_); }
  void request() const;
  bool requested() const noexcept;
  /// Drops all listeners and takes no more: what could have been cancelled is over, and a later request is ignored.
  void close() const;
  /// A request here, made already or to come, is one there too; until either is closed.
  void lead(const CancelSource& follower) const;

 private:
  std::shared_ptr<detail::CancelState> state_;
};

KEFU_END_NAMESPACE
