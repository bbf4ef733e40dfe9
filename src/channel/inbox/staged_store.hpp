#pragma once

#include <kefu/core/store.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A view of a store in which commits only collect: what they wrote is seen by later reads here and by nobody else,
/// until all of it is written with one real commit. Several steps that were made for commits of their own become one.
///
/// What was read stays as it was first read, so the steps see one state of the store; if that changed meanwhile, the
/// real commit conflicts: start over with a new view. A key that nobody read is written as its commit expects it; the
/// real commit finds out.
///
/// Thread safety: one thread at a time. The base must outlive it.
class StagedStore final : public Store {
 public:
  explicit StagedStore(Store& base) : base_(base) {}

  /// Reads these at once; what is known already stays.
  Result<void> load(std::vector<std::string> keys);
  /// From now on writes belong to this step, see step_of().
  void begin_step(std::size_t step) noexcept { step_ = step; }

  bool durable() const noexcept override { return base_.durable(); }
  Result<WallTime> now() override { return base_.now(); }
  Result<std::optional<StoreEntry>> get(std::string_view key) override;
  Result<std::vector<std::optional<StoreEntry>>> get_many(const std::vector<std::string>& keys) override;
  /// As get(), without a copy: valid until the next call; null if absent.
  Result<const StoreEntry*> look(std::string_view key);
  /// It was read or written here.
  bool knows(std::string_view key) const;
  Result<CommitOutcome> commit(const std::vector<StoreWrite>& writes, Durability durability) override {
    return stage(std::vector<StoreWrite>(writes), durability);
  }
  /// As commit(), with writes that it may keep.
  Result<CommitOutcome> stage(std::vector<StoreWrite> writes, Durability durability);
  /// Error: `unsupported`: a listing would not show what is collected.
  Result<StorePage> list(std::string_view prefix, std::string_view after, ListLimits limits) override;
  Result<std::optional<Lease>> lease(std::string_view key, std::string_view owner,
                                     std::chrono::milliseconds ttl) override {
    return base_.lease(key, owner, ttl);
  }
  Result<void> release(const Lease& lease) override { return base_.release(lease); }

  /// The store behind.
  const Store& base() const noexcept { return base_; }
  /// What was collected: one write per key, in the order of first writing, each expecting what was read first.
  /// Afterwards the view is used up.
  void take_writes(std::vector<StoreWrite>& out);
  /// The step that first wrote the write of this index.
  std::size_t step_of(std::size_t write) const { return places_[order_[write]].step; }
  std::size_t count() const noexcept { return order_.size(); }
  /// Bytes of the values that were collected.
  std::size_t bytes() const noexcept { return bytes_; }
  /// Grows with every commit here.
  std::uint64_t commits() const noexcept { return last_generation_; }
  /// The hardest that was asked for.
  Durability durability() const noexcept { return durability_; }

 private:
  struct Place {
    std::string key;
    std::size_t hash = 0;
    std::optional<StoreEntry> entry;  ///< As seen here.
    std::optional<Millis> ttl;        ///< As written here.
    std::uint64_t read = 0;           ///< Generation in the base.
    std::size_t step = 0;
    bool is_written = false;
  };
  /// Places are few enough to be looked through, by hash.
  const Place* known(std::string_view key, std::size_t hash) const;
  Place* known(std::string_view key, std::size_t hash) {
    return const_cast<Place*>(static_cast<const StagedStore*>(this)->known(key, hash));
  }
  Place& add(std::string key, std::size_t hash);
  Result<Place*> find(std::string_view key);
  void stage(StoreWrite&& write);

  Store& base_;
  std::vector<Place> places_;
  std::vector<std::size_t> order_;
  std::size_t step_ = 0;
  std::size_t bytes_ = 0;
  Durability durability_ = Durability::relaxed;
  /// Generations given out here are none that the base gives.
  std::uint64_t last_generation_ = std::uint64_t{1} << 63;
};

}  // namespace detail
KEFU_END_NAMESPACE
