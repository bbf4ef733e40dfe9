#pragma once

#include <kefu/core/error.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The connections of one process to a server, made when they are needed. While connecting fails, whoever comes within
/// a pause is refused at once: a server that is down costs nobody a wait. A Connection has is_alive(), is_broken() and
/// a static leak(), which lets go of it in a child of fork().
///
/// Thread safety: from any thread; those who wait are served as they come.
template <class Connection>
class ConnectionPool {
 public:
  using Owned = std::unique_ptr<Connection>;
  /// Makes one, until the deadline.
  using Connect = std::function<Result<Owned>(MonoTime deadline)>;
  /// `store`: what errors begin with.
  ConnectionPool(std::string store, std::size_t most, Connect connect)
      : store_(std::move(store)), most_(most), connect_(std::move(connect)) {}
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  /// A free connection or a new one; `unavailable` if all were in use until the deadline.
  Result<Owned> take(MonoTime deadline) {
    std::vector<Owned> dead;  // Closed without the lock.
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      const bool in_time = changed_.wait_until(lock, deadline, [this] { return !idle_.empty() || open_ < most_; });
      if (!in_time) {
        return Error(ErrorKind::unavailable, store_ + ": all connections were in use for the whole timeout; try later");
      }
      if (idle_.empty()) break;
      Owned connection = std::move(idle_.back());
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

  /// One that is broken is dropped. All that were idle are dropped with one that was lost: they stand where it stood.
  void give_back(Owned connection) {
    std::vector<Owned> dead;
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

  /// Lets go of everything without touching it, in a child of fork().
  void leak() {
    // Not locked: the thread that held the lock may not exist here.
    for (Owned& connection : idle_) Connection::leak(std::move(connection));
    idle_.clear();
  }

 private:
  static constexpr std::int64_t kFirstPause = 20, kLongestPause = 1000;  // ms

  Result<Owned> make(MonoTime deadline) {
    auto made = connect_(deadline);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (made) {
      failures_ = 0;
      failure_.reset();
      return made;
    }
    --open_;
    changed_.notify_one();
    failure_ = made.error();
    const std::int64_t longest = std::min(kLongestPause, kFirstPause << std::min(failures_++, 8u));
    // Half of it differs from process to process.
    const MonoTime now = std::chrono::steady_clock::now();
    pause_until_ = now + Millis(longest / 2 + now.time_since_epoch().count() % (longest / 2 + 1));
    return made;
  }

  const std::string store_;
  const std::size_t most_;
  const Connect connect_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Owned> idle_;       ///< The one used last stands last.
  std::size_t open_ = 0;          ///< Idle, in use or being made.
  std::optional<Error> failure_;  ///< Of the last attempt to connect.
  unsigned failures_ = 0;         ///< In a row.
  MonoTime pause_until_{};
};

}  // namespace detail
KEFU_END_NAMESPACE
