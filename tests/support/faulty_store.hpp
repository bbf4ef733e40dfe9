#pragma once

#include <kefu/core/store.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace kefu_test {

/// A store that fails on demand, and may call itself durable. Thread safety: any thread.
class FaultyStore final : public kefu::Store {
 public:
  explicit FaultyStore(std::shared_ptr<kefu::Store> inner, bool durable = true)
      : inner_(std::move(inner)), durable_(durable) {}

  std::atomic<int> failing_commits{0};   ///< So many fail, and nothing is written.
  std::atomic<int> doubtful_commits{0};  ///< So many are written and report a failure.
  std::atomic<int> commits{0};

  bool durable() const noexcept override { return durable_; }
  kefu::Result<std::optional<kefu::StoreEntry>> get(std::string_view key) override { return inner_->get(key); }
  kefu::Result<kefu::CommitOutcome> commit(const std::vector<kefu::StoreWrite>& writes,
                                           kefu::Durability durability) override {
    ++commits;
    if (take(failing_commits)) return broken();
    auto outcome = inner_->commit(writes, durability);
    if (take(doubtful_commits)) return broken();
    return outcome;
  }
  kefu::Result<std::vector<kefu::StoreItem>> list(std::string_view prefix, std::string_view after,
                                                  std::size_t limit) override {
    return inner_->list(prefix, after, limit);
  }
  kefu::Result<std::optional<kefu::Lease>> lease(std::string_view key, std::string_view owner,
                                                 std::chrono::milliseconds ttl) override {
    return inner_->lease(key, owner, ttl);
  }
  kefu::Result<void> release(const kefu::Lease& lease) override { return inner_->release(lease); }

 private:
  static kefu::Error broken() { return kefu::Error(kefu::ErrorKind::unavailable, "the disk is on fire"); }
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
