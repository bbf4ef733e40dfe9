#include "core/async/host_code.hpp"

#include <kefu/core/cancel.hpp>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

std::uint64_t CancelState::add(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return 0;
    if (!requested()) {
      listeners_.emplace_back(++last_id_, std::move(task));
      return last_id_;
    }
  }
  static_cast<void>(call_host_quietly(task));
  return 0;
}

void CancelState::remove(std::uint64_t id) {
  Task dropped;  // destroyed without the lock: it may own what cancels or forgets in its turn
  const std::lock_guard lock(mutex_);
  const auto found = std::lower_bound(listeners_.begin(), listeners_.end(), id,
                                      [](const Listener& listener, std::uint64_t to) { return listener.first < to; });
  if (found == listeners_.end() || found->first != id || !found->second) return;
  dropped = std::move(found->second);
  ++gaps_;
  if (gaps_ * 2 > listeners_.size()) close_gaps();
}

void CancelState::follow(std::weak_ptr<CancelState> follower) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    if (!requested()) return followers_.push_back(std::move(follower));
  }
  if (const auto state = follower.lock()) request(*state);
}

void CancelState::request(CancelState& first) {
  std::vector<std::shared_ptr<CancelState>> followers;
  first.request_here(followers);
  for (std::size_t i = 0; i < followers.size(); ++i) std::shared_ptr(followers[i])->request_here(followers);
}

void CancelState::close() {
  std::vector<Listener> listeners;
  std::vector<std::weak_ptr<CancelState>> followers;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  listeners.swap(listeners_);
  followers.swap(followers_);
}

void CancelState::request_here(std::vector<std::shared_ptr<CancelState>>& to_come) {
  std::vector<Listener> listeners;
  std::vector<std::weak_ptr<CancelState>> followers;
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || requested_.exchange(true, std::memory_order_acq_rel)) return;
    listeners.swap(listeners_);
    followers.swap(followers_);
  }
  for (Listener& listener : listeners)
    if (listener.second) static_cast<void>(call_host_quietly(listener.second));  // the others hear it all the same
  for (const auto& follower : followers)
    if (auto state = follower.lock()) to_come.push_back(std::move(state));
}

void CancelState::close_gaps() {
  const auto is_gap = [](const Listener& listener) { return !listener.second; };
  listeners_.erase(std::remove_if(listeners_.begin(), listeners_.end(), is_gap), listeners_.end());
  gaps_ = 0;
}

}  // namespace detail

bool CancelToken::requested() const noexcept { return state_ && state_->requested(); }

std::uint64_t CancelToken::on_request(Task task) const { return state_ ? state_->add(std::move(task)) : 0; }

void CancelToken::forget(std::uint64_t id) const {
  if (state_ && id != 0) state_->remove(id);
}

CancelSource::CancelSource() : state_(std::make_shared<detail::CancelState>()) {}
void CancelSource::request() const { detail::CancelState::request(*state_); }
bool CancelSource::requested() const noexcept { return state_->requested(); }
void CancelSource::close() const { state_->close(); }
void CancelSource::lead(const CancelSource& follower) const { state_->follow(follower.state_); }

KEFU_END_NAMESPACE
