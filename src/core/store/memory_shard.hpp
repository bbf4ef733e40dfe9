#pragma once

#include <kefu/core/store.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

inline std::size_t hash_store_key(std::string_view key) noexcept { return std::hash<std::string_view>{}(key); }

/// One entry of the memory store. Key and value share one string: at a million entries a block of memory each counts.
class MemoryRecord {
 public:
  explicit MemoryRecord(std::string_view key) : bytes_(key), key_size_(static_cast<std::uint16_t>(key.size())) {}
  std::string_view key() const noexcept { return std::string_view(bytes_).substr(0, key_size_); }
  std::string_view value() const noexcept { return std::string_view(bytes_).substr(key_size_); }
  std::size_t size() const noexcept { return bytes_.size(); }
  bool live_at(WallTime now) const noexcept { return expires > now; }
  /// Changes nothing the order looks at, so it may be called on an element of a set.
  void set_value(std::string_view value) const;

  mutable std::uint64_t generation = 0;
  mutable WallTime expires = WallTime::max();

 private:
  mutable std::string bytes_;
  std::uint16_t key_size_;
};

struct MemoryRecordOrder {
  using is_transparent = void;
  bool operator()(const MemoryRecord& a, const MemoryRecord& b) const noexcept { return a.key() < b.key(); }
  bool operator()(const MemoryRecord& a, std::string_view b) const noexcept { return a.key() < b; }
  bool operator()(std::string_view a, const MemoryRecord& b) const noexcept { return a < b.key(); }
};

/// A part of the memory store: records in key order for listing, and a hash index over them for everything else. The
/// index also holds each expiry in seconds, so that looking for expired entries touches no record that lives.
///
/// Thread safety: none; the store locks it.
class MemoryShard {
 public:
  using Records = std::set<MemoryRecord, MemoryRecordOrder>;

  /// The record, also an expired one, or null.
  const MemoryRecord* find(std::string_view key, std::size_t hash) const noexcept;
  void put(std::string_view key, std::size_t hash, std::string_view value, WallTime expires, std::uint64_t generation);
  void erase(std::string_view key, std::size_t hash);

  /// What a purge took away.
  struct Purged {
    std::size_t entries = 0;
    std::size_t bytes = 0;
  };
  /// Looks at the next `steps` places of the index and drops what has expired. Goes round and round.
  Purged purge_some(WallTime now, std::size_t steps);
  /// Drops all that has expired; free when nothing can have.
  Purged purge_all(WallTime now) { return purge_some(now, 2 * slots_.size()); }

  const Records& records() const noexcept { return records_; }

 private:
  /// `expiry` is in seconds, rounded down; 0 marks an empty place.
  struct Slot {
    Records::const_iterator record;
    std::uint32_t tag = 0;
    std::uint32_t expiry = 0;
  };
  static constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();

  static std::uint32_t expiry_hint(WallTime expires) noexcept;
  std::size_t next(std::size_t place) const noexcept { return (place + 1) & (slots_.size() - 1); }
  std::size_t locate(std::string_view key, std::uint32_t tag) const noexcept;
  void insert_slot(const Slot& slot) noexcept;
  void erase_slot(std::size_t place) noexcept;
  void grow();
  void note_expiry(std::uint32_t hint) noexcept;

  Records records_;
  std::vector<Slot> slots_;                ///< Open addressing; a power of two, at most three quarters full.
  std::size_t hand_ = 0;                   ///< Where the next purge goes on.
  std::uint32_t earliest_ = kNever;        ///< No entry expires before this.
  std::uint32_t round_earliest_ = kNever;  ///< The same of what the hand has passed in this round.
};

}  // namespace detail
KEFU_END_NAMESPACE
