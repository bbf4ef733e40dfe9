#pragma once

#include "channel/inbox/fair_queue.hpp"
#include "channel/inbox/held_event.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The places of handlers: so many turns are open at most, given out in turn among the accounts that wait; while others
/// wait an account holds at most a tenth of them.
///
/// Thread safety: the loop.
class Turns {
 public:
  explicit Turns(std::size_t most) : most_(most), share_(std::max<std::size_t>(1, most / 10)) {}

  std::size_t open() const { return open_; }
  std::size_t waiting() const { return waiting_.size(); }
  void wait(std::size_t account, HeldEventPtr event) { waiting_.push(account, std::move(event)); }
  /// The event that gets a free place now, and the account it counts for; nothing if none is free for anybody.
  std::optional<std::pair<std::size_t, HeldEventPtr>> next() {
    if (open_ >= most_) return std::nullopt;
    for (std::size_t i = 0; i < waiting_.accounts(); ++i) {
      const std::size_t account = waiting_.front_account();
      if (waiting_.accounts() > 1 && is_at_share(account)) {
        waiting_.skip();
        continue;
      }
      ++open_;
      ++held_[account];
      return std::make_pair(account, waiting_.pop());
    }
    return std::nullopt;
  }
  void give_back(std::size_t account) {
    const auto held = held_.find(account);
    if (held == held_.end()) return;
    --open_;
    if (--held->second == 0) held_.erase(held);
  }
  void clear_waiting() { waiting_.clear(); }

 private:
  bool is_at_share(std::size_t account) const {
    const auto held = held_.find(account);
    return held != held_.end() && held->second >= share_;
  }

  const std::size_t most_;
  const std::size_t share_;
  std::size_t open_ = 0;
  std::unordered_map<std::size_t, std::size_t> held_;  ///< Open turns by account.
  FairQueue<HeldEventPtr> waiting_;
};

}  // namespace detail
KEFU_END_NAMESPACE
