#pragma once

#include <kefu/core/store.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace kefu_test {

/// A store over another one, with the faults that stores have: it fails before or after the work, is full, is gone for
/// a while, is slow, lets one affinity wait while others finish, or dies, as for a process that is killed.
///
/// Thread safety: any thread; what is not atomic is set before the store is used.
class FaultyStore final : public kefu::Store {
 public:
  explicit FaultyStore(std::shared_ptr<kefu::Store> inner, bool durable = true)
      : inner_(std::move(inner)), durable_(durable) {}
  ~FaultyStore() override { let_go(); }

  std::atomic<bool> gone{false};       ///< Nothing works: out of reach.
  std::atomic<bool> full{false};       ///< Commits that store something find no room; removals work.
  std::atomic<bool> read_only{false};  ///< No commit works.
  /// Of the commits that follow (with `only` set: that write a key which holds that text):
  std::atomic<int> failing_commits{0};   ///< So many fail, nothing is written, and they say so.
  std::atomic<int> doubtful_commits{0};  ///< So many are written and report an outcome that nobody knows.
  std::atomic<int> lost_commits{0};      ///< So many are not written and report an outcome that nobody knows.
  std::string only;
  std::atomic<int> commits{0};
  std::atomic<int> relaxed_commits{0};  ///< Without full durability.
  /// After so many operations every one fails; negative: it lives on.
  std::atomic<int> life{-1};
  std::atomic<bool> last_is_done{false};  ///< The last operation was done, and nobody heard of it.
  std::atomic<bool> dead{false};
  /// Called before each operation, with the key (or prefix) it names first: to be slow, move a clock.
  std::function<void(std::string_view)> before;

  /// Operations that name a key with this text wait until let_go(), those of others pass them: with several workers,
  /// affinities finish out of order. Nobody waits longer than a minute, then the test ends.
  void hold(std::string text) {
    const std::lock_guard<std::mutex> lock(mutex_);
    held_ = std::move(text);
  }
  void let_go() {
    const std::lock_guard<std::mutex> lock(mutex_);
    held_.clear();
    changed_.notify_all();
  }
  /// Blocks until so many operations wait.
  void await_held(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::minutes(1), [&] { return waiting_ >= count; })) std::abort();
  }

  bool durable() const noexcept override { return durable_; }
  kefu::Result<kefu::WallTime> now() override { return gone ? broken() : inner_->now(); }
  kefu::Result<std::optional<kefu::StoreEntry>> get(std::string_view key) override {
    if (fails(key)) return broken();
    auto entry = inner_->get(key);
    return dead ? kefu::Result<std::optional<kefu::StoreEntry>>(broken()) : entry;
  }
  kefu::Result<std::vector<std::optional<kefu::StoreEntry>>> get_many(const std::vector<std::string>& keys) override {
    if (fails(keys.empty() ? std::string_view() : keys.front())) return broken();
    return inner_->get_many(keys);
  }
  kefu::Result<kefu::CommitOutcome> commit(const std::vector<kefu::StoreWrite>& writes,
                                           kefu::Durability durability) override {
    if (fails(writes.empty() ? std::string_view() : writes.front().key)) return broken();
    bool concerned = only.empty();
    bool stores = false;
    for (const kefu::StoreWrite& write : writes) {
      concerned = concerned || write.key.find(only) != std::string::npos;
      stores = stores || write.value;
    }
    ++commits;
    if (read_only || (concerned && take(failing_commits))) return broken();
    if (full && stores) {
      return with_delivery(kefu::Error(kefu::ErrorKind::quota_exhausted, "no room"), kefu::Delivery::refused);
    }
    if (concerned && take(lost_commits)) return doubtful();
    auto outcome = inner_->commit(writes, durability);
    if (concerned && durability == kefu::Durability::relaxed) ++relaxed_commits;
    if ((concerned && take(doubtful_commits)) || dead) return doubtful();
    return outcome;
  }
  kefu::Result<kefu::StorePage> list(std::string_view prefix, std::string_view after,
                                     kefu::ListLimits limits) override {
    if (fails(prefix)) return broken();
    return inner_->list(prefix, after, limits);
  }
  kefu::Result<std::optional<kefu::Lease>> lease(std::string_view key, std::string_view owner,
                                                 std::chrono::milliseconds ttl) override {
    if (fails(key)) return broken();
    return inner_->lease(key, owner, ttl);
  }
  kefu::Result<void> release(const kefu::Lease& lease) override {
    if (fails(lease.key)) return broken();
    return inner_->release(lease);
  }

 private:
  static kefu::Error failure(kefu::Delivery delivery) {
    return with_delivery(kefu::Error(kefu::ErrorKind::unavailable, "the store is on fire"), delivery);
  }
  static kefu::Error broken() { return failure(kefu::Delivery::refused); }
  static kefu::Error doubtful() { return failure(kefu::Delivery::unknown); }
  /// Waits if it must, and counts an operation; true if it is not done.
  bool fails(std::string_view key) {
    if (before) before(key);
    wait(key);
    if (dead || gone) return true;
    if (life < 0) return false;
    if (life-- > 0) return false;
    dead = true;
    return !last_is_done;
  }
  void wait(std::string_view key) {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto is_held = [&] { return !held_.empty() && key.find(held_) != std::string_view::npos; };
    if (!is_held()) return;
    ++waiting_;
    changed_.notify_all();
    if (!changed_.wait_for(lock, std::chrono::minutes(1), [&] { return !is_held(); })) std::abort();
    --waiting_;
  }
  static bool take(std::atomic<int>& left) {
    int value = left.load();
    while (value > 0) {
      if (left.compare_exchange_weak(value, value - 1)) return true;
    }
    return false;
  }

  const std::shared_ptr<kefu::Store> inner_;
  const bool durable_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string held_;
  int waiting_ = 0;
};

}  // namespace kefu_test
