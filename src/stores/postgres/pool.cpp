#include "stores/postgres/pool.hpp"

#include "stores/postgres/faults.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::int64_t kFirstPause = 20, kLongestPause = 1000;  // ms

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresPool::take(MonoTime deadline) {
  std::vector<std::unique_ptr<PostgresConnection>> dead;  // Closed without the lock.
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    const bool in_time = changed_.wait_until(lock, deadline, [this] { return !idle_.empty() || open_ < most_; });
    if (!in_time) {
      return postgres_error(ErrorKind::unavailable, "all connections were in use for the whole timeout; try later");
    }
    if (idle_.empty()) break;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->is_alive()) return connection;
    --open_;
    dead.push_back(std::move(connection));
  }
  const MonoTime now = std::chrono::steady_clock::now();
  if (failure_ && now < pause_until_) {
    ErrorDetails details = failure_->details();
    details.retry_after = std::chrono::ceil<Millis>(pause_until_ - now);
    changed_.notify_one();
    return Error(failure_->kind(), failure_->delivery(), std::move(details));
  }
  ++open_;
  lock.unlock();
  return make(deadline);
}

Result<std::unique_ptr<PostgresConnection>> PostgresPool::make(MonoTime deadline) {
  auto made = connect_(deadline);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (made) {
    failures_ = 0;
    failure_.reset();
    return made;
  }
  leave();
  failure_ = made.error();
  const std::int64_t longest = std::min(kLongestPause, kFirstPause << std::min(failures_++, 8u));
  // Half of it differs from process to process.
  const MonoTime now = std::chrono::steady_clock::now();
  pause_until_ = now + Millis(longest / 2 + now.time_since_epoch().count() % (longest / 2 + 1));
  return made;
}

void PostgresPool::leave() {
  --open_;
  changed_.notify_one();
}

void PostgresPool::give_back(std::unique_ptr<PostgresConnection> connection) {
  std::vector<std::unique_ptr<PostgresConnection>> dead;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!connection->is_broken()) {
    idle_.push_back(std::move(connection));
    changed_.notify_one();
    return;
  }
  open_ -= idle_.size() + 1;
  dead = std::move(idle_);
  idle_.clear();
  dead.push_back(std::move(connection));
  changed_.notify_all();
}

void PostgresPool::leak() {
  // Not locked: the thread that held the lock may not exist here.
  for (auto& connection : idle_) PostgresConnection::leak(std::move(connection));
  idle_.clear();
}

}  // namespace detail
KEFU_END_NAMESPACE
