#pragma once

#include <kefu/core/store.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace kefu_test {

/// A store that fails on demand, may call itself durable, and may die, as for a process that is killed.
/// Thread safety: any thread.
class FaultyStore final : public kefu::Store {
 public:
  explicit FaultyStore(std::shared_ptr<kefu::Store> inner, bool durable = true)
      : inner_(std::move(inner)), durable_(durable) {}

  std::atomic<int> failing_commits{0};   ///< So many fail, and nothing is written.
  std::atomic<int> doubtful_commits{0};  ///< So many are written and report a failure.
  std::atomic<int> commits{0};
  /// After so many operations every one fails; negative: it lives on.
  std::atomic<int> life{-1};
  std::atomic<bool> last_is_done{false};  ///< The last operation was done, and nobody heard of it.
  std::atomic<bool> dead{false};

  bool durable() const noexcept override { return durable_; }
  kefu::Result<std::optional<kefu::StoreEntry>> get(std::string_view key) override {
    if (dies()) return broken();
    auto entry = inner_->get(key);
    return dead ? kefu::Result<std::optional<kefu::StoreEntry>>(broken()) : entry;
  }
  kefu::Result<kefu::CommitOutcome> commit(const std::vector<kefu::StoreWrite>& writes,
                                           kefu::Durability durability) override {
    if (dies()) return broken();
    ++commits;
    if (take(failing_commits)) return broken();
    auto outcome = inner_->commit(writes, durability);
    if (take(doubtful_commits) || dead) return broken();
    return outcome;
  }
  kefu::Result<std::vector<kefu::StoreItem>> list(std::string_view prefix, std::string_view after,
                                                  std::size_t limit) override {
    if (dies()) return broken();
    return inner_->list(prefix, after, limit);
  }
  kefu::Result<std::optional<kefu::Lease>> lease(std::string_view key, std::string_view owner,
                                                 std::chrono::milliseconds ttl) override {
    if (dies()) return broken();
    return inner_->lease(key, owner, ttl);
  }
  kefu::Result<void> release(const kefu::Lease& lease) override {
    if (dies()) return broken();
    return inner_->release(lease);
  }

 private:
  static kefu::Error broken() { return kefu::Error(kefu::ErrorKind::unavailable, "the disk is on fire"); }
  /// Counts an operation; true if it is not done any more.
  bool dies() {
    if (dead) return true;
    if (life < 0) return false;
    if (life-- > 0) return false;
    dead = true;
    return !last_is_done;
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
};

}  // namespace kefu_test
