#include "core/store/memory_shard.hpp"

#include <kefu/core/store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>

KEFU_BEGIN_NAMESPACE

class MemoryStore::Impl {
 public:
  Impl(std::shared_ptr<const Clock> clock, std::size_t max_entries, std::size_t max_bytes)
      : clock_(std::move(clock)), max_entries_(max_entries), max_bytes_(max_bytes) {}

  std::optional<StoreEntry> get(std::string_view key);
  Result<CommitOutcome> commit(const std::vector<StoreWrite>& writes);
  std::vector<StoreItem> list(std::string_view prefix, std::string_view after, std::size_t limit);
  Result<std::optional<Lease>> lease(std::string_view key, std::string_view owner, Millis ttl);
  void release(const Lease& lease);

 private:
  // 32 keep eight threads apart, and ThreadSanitizer follows at most 64 locks held at once.
  static constexpr std::size_t kShards = 32;
  static constexpr std::size_t kPurgeSteps = 16;  // Per write; the index grows by less than two places per entry.
  using ShardSet = std::uint32_t;                 // One bit per shard.

  struct alignas(64) Shard {
    std::mutex mutex;
    detail::MemoryShard part;
  };
  /// Locks the shards of a set in ascending order, so that two commits never wait for each other in a circle.
  class Locked {
   public:
    Locked(std::array<Shard, kShards>& shards, ShardSet set) : shards_(shards), set_(set) {
      for (std::size_t i = 0; i < kShards; ++i) {
        if ((set_ >> i & 1) != 0) shards_[i].mutex.lock();
      }
    }
    Locked(const Locked&) = delete;
    Locked& operator=(const Locked&) = delete;
    ~Locked() {
      for (std::size_t i = kShards; i-- > 0;) {
        if ((set_ >> i & 1) != 0) shards_[i].mutex.unlock();
      }
    }

   private:
    std::array<Shard, kShards>& shards_;
    const ShardSet set_;
  };
  /// How a commit changes what is held.
  struct Growth {
    std::ptrdiff_t entries = 0;
    std::ptrdiff_t bytes = 0;
  };
  struct HeldLease {
    std::string owner;
    std::uint64_t fence;
    WallTime until;
  };

  WallTime now() const { return clock_ ? clock_->wall() : std::chrono::system_clock::now(); }
  // The low half of the hash chooses the place inside the shard.
  static std::size_t shard_of(std::size_t hash) noexcept { return (hash >> 40) % kShards; }
  detail::MemoryShard& part_of(std::size_t hash) noexcept { return shards_[shard_of(hash)].part; }

  static std::uint64_t generation_at(const detail::MemoryRecord* record, WallTime time) noexcept {
    return record != nullptr && record->live_at(time) ? record->generation : 0;
  }
  static StoreEntry entry_of(const detail::MemoryRecord& record);
  Growth growth_of(const std::vector<StoreWrite>& writes, const std::size_t* hashes);
  std::optional<Error> reserve(const Growth& growth);
  void give_back(const detail::MemoryShard::Purged& purged) noexcept;
  void make_room(WallTime time, std::size_t entries, std::size_t bytes);
  void drop_dead_leases(WallTime time, std::size_t steps);

  const std::shared_ptr<const Clock> clock_;
  const std::size_t max_entries_;
  const std::size_t max_bytes_;
  std::array<Shard, kShards> shards_;
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<std::ptrdiff_t> entries_{0};
  std::atomic<std::ptrdiff_t> bytes_{0};

  std::mutex lease_mutex_;
  std::map<std::string, HeldLease, std::less<>> leases_;
  std::string lease_hand_;  // Where the search for dead leases goes on.
  std::uint64_t fence_ = 0;
};

StoreEntry MemoryStore::Impl::entry_of(const detail::MemoryRecord& record) {
  StoreEntry entry;
  entry.value = record.value();
  entry.generation = record.generation;
  if (record.expires != WallTime::max()) entry.expires = record.expires;
  return entry;
}

std::optional<StoreEntry> MemoryStore::Impl::get(std::string_view key) {
  const WallTime time = now();
  const std::size_t hash = detail::hash_store_key(key);
  Shard& shard = shards_[shard_of(hash)];
  std::lock_guard<std::mutex> lock(shard.mutex);
  const detail::MemoryRecord* record = shard.part.find(key, hash);
  if (record == nullptr || !record->live_at(time)) return std::nullopt;
  return entry_of(*record);
}

Result<CommitOutcome> MemoryStore::Impl::commit(const std::vector<StoreWrite>& writes) {
  const WallTime time = now();
  std::array<std::size_t, kMaxWrites> hashes;
  ShardSet touched = 0;
  std::size_t puts = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    hashes[i] = detail::hash_store_key(writes[i].key);
    touched |= ShardSet{1} << shard_of(hashes[i]);
    if (!writes[i].value) continue;
    ++puts;
    bytes += writes[i].key.size() + writes[i].value->size();
  }
  if (puts > 0) make_room(time, puts, bytes);

  const Locked locked(shards_, touched);
  CommitOutcome outcome;
  for (; outcome.conflict < writes.size(); ++outcome.conflict) {
    const std::size_t i = outcome.conflict;
    if (generation_at(part_of(hashes[i]).find(writes[i].key, hashes[i]), time) != writes[i].expected) return outcome;
  }
  if (auto error = reserve(growth_of(writes, hashes.data()))) return *error;

  outcome.committed = true;
  outcome.conflict = 0;
  outcome.generations.reserve(writes.size());
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const StoreWrite& write = writes[i];
    detail::MemoryShard& part = part_of(hashes[i]);
    const std::uint64_t generation = write.value ? generation_.fetch_add(1, std::memory_order_relaxed) + 1 : 0;
    if (write.value) {
      part.put(write.key, hashes[i], *write.value, write.expires.value_or(WallTime::max()), generation);
    } else {
      part.erase(write.key, hashes[i]);
    }
    outcome.generations.push_back(generation);
  }
  for (std::size_t i = 0; i < writes.size(); ++i) give_back(part_of(hashes[i]).purge_some(time, kPurgeSteps));
  return outcome;
}

MemoryStore::Impl::Growth MemoryStore::Impl::growth_of(const std::vector<StoreWrite>& writes,
                                                       const std::size_t* hashes) {
  Growth growth;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const StoreWrite& write = writes[i];
    if (const detail::MemoryRecord* old = part_of(hashes[i]).find(write.key, hashes[i])) {
      growth.entries -= 1;
      growth.bytes -= static_cast<std::ptrdiff_t>(old->size());
    }
    if (write.value) {
      growth.entries += 1;
      growth.bytes += static_cast<std::ptrdiff_t>(write.key.size() + write.value->size());
    }
  }
  return growth;
}

std::optional<Error> MemoryStore::Impl::reserve(const Growth& growth) {
  const std::ptrdiff_t entries = entries_.fetch_add(growth.entries) + growth.entries;
  const std::ptrdiff_t bytes = bytes_.fetch_add(growth.bytes) + growth.bytes;
  const bool too_many = growth.entries > 0 && entries > static_cast<std::ptrdiff_t>(max_entries_);
  const bool too_large = growth.bytes > 0 && bytes > static_cast<std::ptrdiff_t>(max_bytes_);
  if (!too_many && !too_large) return std::nullopt;
  entries_.fetch_sub(growth.entries);
  bytes_.fetch_sub(growth.bytes);
  return Error(ErrorKind::quota_exhausted,
               too_many
                   ? fmt::format("memory store: it holds its limit of {} entries; remove some, or raise max_entries",
                                 max_entries_)
                   : fmt::format("memory store: this write needs {} bytes more than its limit of {} bytes allows; "
                                 "remove entries, or raise max_bytes",
                                 growth.bytes, max_bytes_));
}

void MemoryStore::Impl::give_back(const detail::MemoryShard::Purged& purged) noexcept {
  if (purged.entries == 0) return;
  entries_.fetch_sub(static_cast<std::ptrdiff_t>(purged.entries), std::memory_order_relaxed);
  bytes_.fetch_sub(static_cast<std::ptrdiff_t>(purged.bytes), std::memory_order_relaxed);
}

/// When the store is full, drops everything that has expired, a shard at a time: only the writer that needs it waits.
void MemoryStore::Impl::make_room(WallTime time, std::size_t entries, std::size_t bytes) {
  const auto full = [&] {
    return entries_.load() + static_cast<std::ptrdiff_t>(entries) > static_cast<std::ptrdiff_t>(max_entries_) ||
           bytes_.load() + static_cast<std::ptrdiff_t>(bytes) > static_cast<std::ptrdiff_t>(max_bytes_);
  };
  for (std::size_t i = 0; i < kShards && full(); ++i) {
    std::lock_guard<std::mutex> lock(shards_[i].mutex);
    give_back(shards_[i].part.purge_all(time));
  }
}

std::vector<StoreItem> MemoryStore::Impl::list(std::string_view prefix, std::string_view after, std::size_t limit) {
  using Place = detail::MemoryShard::Records::const_iterator;
  struct Source {
    Place next, end;
  };
  const auto later = [](const Source& a, const Source& b) { return a.next->key() > b.next->key(); };
  const WallTime time = now();
  const Locked locked(shards_, ~ShardSet{0});
  std::vector<Source> heap;
  for (const Shard& shard : shards_) {
    const auto& records = shard.part.records();
    const Place first = after < prefix ? records.lower_bound(prefix) : records.upper_bound(after);
    if (first != records.end()) heap.push_back(Source{first, records.end()});
  }
  std::make_heap(heap.begin(), heap.end(), later);
  std::vector<StoreItem> found;
  while (!heap.empty() && found.size() < limit) {
    std::pop_heap(heap.begin(), heap.end(), later);
    Source& source = heap.back();
    const detail::MemoryRecord& record = *source.next;
    if (record.key().substr(0, prefix.size()) != prefix) break;
    if (record.live_at(time)) found.emplace_back(std::string(record.key()), entry_of(record));
    if (++source.next == source.end) {
      heap.pop_back();
    } else {
      std::push_heap(heap.begin(), heap.end(), later);
    }
  }
  return found;
}

Result<std::optional<Lease>> MemoryStore::Impl::lease(std::string_view key, std::string_view owner, Millis ttl) {
  const WallTime time = now();
  std::lock_guard<std::mutex> lock(lease_mutex_);
  drop_dead_leases(time, 2);  // What nobody releases does not stay for ever.
  auto held = leases_.find(key);
  if (held == leases_.end()) {
    if (leases_.size() >= max_entries_) drop_dead_leases(time, 2 * leases_.size());
    if (leases_.size() >= max_entries_) {
      return Error(ErrorKind::quota_exhausted,
                   fmt::format("memory store: it holds its limit of {} leases; release some, or raise max_entries",
                               max_entries_));
    }
    held = leases_.emplace(std::string(key), HeldLease{std::string(), 0, WallTime::min()}).first;
  }
  HeldLease& lease = held->second;
  if (lease.until > time && lease.owner != owner) return std::optional<Lease>();
  if (lease.until <= time) {
    lease.owner = owner;
    lease.fence = ++fence_;
  }
  lease.until = time + ttl;
  return std::optional<Lease>(Lease{held->first, lease.owner, lease.fence, lease.until});
}

void MemoryStore::Impl::drop_dead_leases(WallTime time, std::size_t steps) {
  auto place = leases_.lower_bound(lease_hand_);
  for (; steps > 0; --steps) {
    if (place == leases_.end()) place = leases_.begin();
    if (place == leases_.end()) break;
    place = place->second.until <= time ? leases_.erase(place) : std::next(place);
  }
  lease_hand_ = place == leases_.end() ? std::string() : place->first;
}

void MemoryStore::Impl::release(const Lease& lease) {
  std::lock_guard<std::mutex> lock(lease_mutex_);
  const auto held = leases_.find(lease.key);
  if (held == leases_.end() || held->second.owner != lease.owner || held->second.fence != lease.fence) return;
  leases_.erase(held);
}

MemoryStore::MemoryStore(std::shared_ptr<const Clock> clock, std::size_t max_entries, std::size_t max_bytes)
    : impl_(std::make_unique<Impl>(std::move(clock), max_entries, max_bytes)) {}

MemoryStore::~MemoryStore() = default;

Result<std::optional<StoreEntry>> MemoryStore::get(std::string_view key) {
  if (auto error = check_key(key)) return *error;
  return impl_->get(key);
}

Result<CommitOutcome> MemoryStore::commit(const std::vector<StoreWrite>& writes, Durability) {
  if (auto error = check_writes(writes)) return *error;
  return impl_->commit(writes);
}

Result<std::vector<StoreItem>> MemoryStore::list(std::string_view prefix, std::string_view after, std::size_t limit) {
  if (auto error = check_list(prefix, after, limit)) return *error;
  return impl_->list(prefix, after, limit);
}

Result<std::optional<Lease>> MemoryStore::lease(std::string_view key, std::string_view owner, Millis ttl) {
  if (auto error = check_lease(key, owner, ttl)) return *error;
  return impl_->lease(key, owner, ttl);
}

Result<void> MemoryStore::release(const Lease& lease) {
  if (auto error = check_key(lease.key)) return *error;
  impl_->release(lease);
  return {};
}

KEFU_END_NAMESPACE
