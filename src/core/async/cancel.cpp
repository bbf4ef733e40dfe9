#include <kefu/core/cancel.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

class CancelState {
 public:
  bool requested() const noexcept { return requested_.load(std::memory_order_acquire); }

  std::uint64_t add(Task task) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return 0;
      if (!requested()) {
        listeners_.emplace_back(++last_id_, std::move(task));
        return last_id_;
      }
    }
    task();
    return 0;
  }

  void remove(std::uint64_t id) {
    Task dropped;  // destroyed without the lock: it may own what cancels or forgets in its turn
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(listeners_.begin(), listeners_.end(), [id](auto& l) { return l.first == id; });
    if (found == listeners_.end()) return;
    dropped = std::move(found->second);
    listeners_.erase(found);
  }

  void request() {
    std::vector<Listener> listeners;
    {
      const std::lock_guard lock(mutex_);
      if (requested_.exchange(true, std::memory_order_acq_rel)) return;
      listeners.swap(listeners_);
    }
    for (auto& listener : listeners) listener.second();
  }

  void close() {
    std::vector<Listener> listeners;
    const std::lock_guard lock(mutex_);
    closed_ = true;
    listeners.swap(listeners_);
  }

 private:
  using Listener = std::pair<std::uint64_t, Task>;
  std::mutex mutex_;
  std::atomic<bool> requested_{false};
  bool closed_ = false;
  std::uint64_t last_id_ = 0;
  std::vector<Listener> listeners_;
};

}  // namespace detail

bool CancelToken::requested() const noexcept { return state_ && state_->requested(); }

std::uint64_t CancelToken::on_request(Task task) const { return state_ ? state_->add(std::move(task)) : 0; }

void CancelToken::forget(std::uint64_t id) const {
  if (state_ && id != 0) state_->remove(id);
}

CancelSource::CancelSource() : state_(std::make_shared<detail::CancelState>()) {}
void CancelSource::request() const { state_->request(); }
bool CancelSource::requested() const noexcept { return state_->requested(); }
void CancelSource::close() const { state_->close(); }

KEFU_END_NAMESPACE
