#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/function.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

namespace detail {

class PendingState;

/// What tokens and their source share; hosts use those. Listeners stand in the order of their ids, so that one is found
/// by halving; a forgotten one leaves a gap, and the gaps go when they are half of all. A token of 100,000 calls costs
/// each of them the same as the first.
class KEFU_EXPORT CancelState {
 public:
  CancelState() = default;
  CancelState(const CancelState&) = delete;
  CancelState& operator=(const CancelState&) = delete;

  bool requested() const noexcept { return requested_.load(std::memory_order_acquire); }
  std::uint64_t add(Task task);
  void remove(std::uint64_t id);
  void follow(std::weak_ptr<CancelState> follower);
  /// Followers come after, one by one and not one inside the other: a chain may be long.
  static void request(CancelState& first);
  void close();

 private:
  using Listener = std::pair<std::uint64_t, Task>;
  void request_here(std::vector<std::shared_ptr<CancelState>>& to_come);
  void close_gaps();

  std::mutex mutex_;
  std::atomic<bool> requested_{false};
  bool closed_ = false;
  std::uint64_t last_id_ = 0;
  std::size_t gaps_ = 0;
  std::vector<Listener> listeners_;
  std::vector<std::weak_ptr<CancelState>> followers_;
};

}  // namespace detail

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
  friend class detail::PendingState;
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
