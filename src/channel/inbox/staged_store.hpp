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
/// Steps name their keys once, by slots, and draft what they write. A view that begins anew uses the memory of the one
/// before: over a store that does not wait it is made for every single step.
///
/// Thread safety: one thread at a time. The base must outlive it.
class StagedStore final : public Store {
 public:
  /// A key of this view, until it begins anew.
  using Slot = std::size_t;
  /// The writes of one step, each expecting what the view shows: staged all together, or dropped with the next draft.
  class Draft {
   public:
    explicit Draft(StagedStore& view) : view_(view) {}
    /// Where the value is to be written; empty now. The next call ends that.
    std::string& put(Slot slot, std::optional<Millis> ttl = std::nullopt);
    void remove(Slot slot);
    /// Nothing is written there, but the key must stay absent.
    void demand_absent(Slot slot) { remove(slot); }
    /// Writes that were made elsewhere. The index of the first that found another generation, if any: then stage
    /// nothing. Error: `bad_argument`.
    Result<std::optional<std::size_t>> add(const std::vector<StoreWrite>& writes);
    /// One of our own; false if its key has another generation.
    bool add(StoreWrite write);
    /// Error: `bad_argument`: a value is too large, or a key was named twice; nothing is staged.
    Result<void> stage(Durability durability) { return view_.stage(durability); }

   private:
    StagedStore& view_;
  };

  StagedStore() = default;
  explicit StagedStore(Store& base) { begin(base); }
  /// Knows nothing any more, and wrote nothing.
  void begin(Store& base);

  /// Reads these at once; what is known already stays.
  Result<void> load(std::vector<std::string> keys);
  /// From now on writes belong to this step, see step_of().
  void begin_step(std::size_t step) noexcept { step_ = step; }

  /// The slot of a key, which is read if it is not known yet.
  Result<Slot> at(std::string_view key);
  /// The slot of a key whose generation is known from before: not read, the real commit finds out. Nothing: the view
  /// knows better.
  std::optional<Slot> expect(std::string_view key, std::uint64_t generation);
  /// Null if absent; valid until something is written, or another key is named.
  const StoreEntry* entry(Slot slot) const { return places_[slot].is_there ? &places_[slot].entry : nullptr; }
  /// A new one: the last is forgotten.
  Draft draft();

  bool durable() const noexcept override { return base_->durable(); }
  Result<WallTime> now() override { return base_->now(); }
  Result<std::optional<StoreEntry>> get(std::string_view key) override;
  Result<std::vector<std::optional<StoreEntry>>> get_many(const std::vector<std::string>& keys) override;
  /// As get(), without a copy: valid until the next call; null if absent.
  Result<const StoreEntry*> look(std::string_view key);
  /// It was read or written here.
  bool knows(std::string_view key) const;
  /// A draft of these alone.
  Result<CommitOutcome> commit(const std::vector<StoreWrite>& writes, Durability durability) override;
  /// Error: `unsupported`: a listing would not show what is collected.
  Result<StorePage> list(std::string_view prefix, std::string_view after, ListLimits limits) override;
  Result<std::optional<Lease>> lease(std::string_view key, std::string_view owner,
                                     std::chrono::milliseconds ttl) override {
    return base_->lease(key, owner, ttl);
  }
  Result<void> release(const Lease& lease) override { return base_->release(lease); }

  /// The store behind.
  const Store& base() const noexcept { return *base_; }
  /// What was collected: one write per key, in the order of first writing, each expecting what was read first.
  /// Afterwards the view is used up.
  void take_writes(std::vector<StoreWrite>& out);
  /// The memory of such writes, which are `first` and those after it.
  void give_back(std::vector<StoreWrite>& writes, std::size_t first);
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
    StoreEntry entry;           ///< As seen here.
    std::optional<Millis> ttl;  ///< As written here.
    std::uint64_t read = 0;     ///< Generation in the base.
    std::size_t step = 0;
    bool is_there = false;
    bool is_known = false;  ///< Else only its generation is expected.
    bool is_written = false;
    bool is_drafted = false;
    std::uint64_t generation() const { return !is_known ? read : is_there ? entry.generation : 0; }
    void set(std::optional<StoreEntry> found);
  };
  struct Drafted {
    Slot slot = 0;
    bool is_removal = false;
    std::optional<Millis> ttl;
    std::string value;
  };
  static constexpr Slot kNone = static_cast<Slot>(-1);
  /// Places are few enough to be looked through, by hash.
  Slot find(std::string_view key, std::size_t hash) const;
  Slot add(std::string_view key, std::size_t hash);
  Drafted& draft_of(Slot slot);
  void drop_draft();
  Result<void> stage(Durability durability);
  void stage(Drafted& drafted);

  Store* base_ = nullptr;
  std::vector<Place> places_;  ///< The first `used_`; the others keep memory only.
  std::size_t used_ = 0;
  std::vector<Drafted> drafted_;  ///< The first `drafts_`.
  std::size_t drafts_ = 0;
  bool is_twice_ = false;
  std::vector<Slot> order_;
  std::size_t step_ = 0;
  std::size_t bytes_ = 0;
  Durability durability_ = Durability::relaxed;
  /// Generations given out here are none that the base gives.
  std::uint64_t last_generation_ = std::uint64_t{1} << 63;
};

}  // namespace detail
KEFU_END_NAMESPACE
