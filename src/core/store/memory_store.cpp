#include "core/async/time_range.hpp"
#include "core/store/memory_index.hpp"

#include <kefu/core/store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace {

/// Key and value share one string: at a million entries a block of memory each counts.
class MemoryRecord {
 public:
  MemoryRecord(std::string_view key, std::string_view value) : key_size_(static_cast<std::uint16_t>(key.size())) {
    bytes_.reserve(key.size() + value.size());
    bytes_.append(key).append(value);
  }
  std::string_view key() const noexcept { return std::string_view(bytes_).substr(0, key_size_); }
  std::size_t size() const noexcept { return bytes_.size(); }
  bool live_at(WallTime now) const noexcept { return expires > now; }
  StoreEntry entry(bool with_value = true) const {
    StoreEntry copy;
    if (with_value) copy.value = std::string_view(bytes_).substr(key_size_);
    copy.generation = generation;
    if (expires != WallTime::max()) copy.expires = expires;
    return copy;
  }
  void set_value(std::string_view value) {
    const std::size_t size = key_size_ + value.size();
    if (size > bytes_.capacity() || 2 * size + 64 < bytes_.capacity()) {
      std::string exact;  // Neither keeps the room of a value long gone nor grows by doubling.
      exact.reserve(size);
      exact.append(key()).swap(bytes_);  // A move would keep the room where the new text is short.
    }
    bytes_.resize(key_size_);
    bytes_.append(value);
  }

  std::uint64_t generation = 0;
  WallTime expires = WallTime::max();
  std::size_t place = 0;       ///< Among all.
  std::size_t wait_place = 0;  ///< Among those that wait for their place in the order; kOrdered: it has one.

 private:
  std::string bytes_;
  std::uint16_t key_size_;
};

constexpr std::size_t kOrdered = static_cast<std::size_t>(-1);
/// So many records wait for their places in the order at most.
constexpr std::size_t kMostUnordered = 1024;

struct ByKey {
  using is_transparent = void;
  static std::string_view of(std::string_view key) noexcept { return key; }
  static std::string_view of(const MemoryRecord* record) noexcept { return record->key(); }
  template <class A, class B>
  bool operator()(const A& a, const B& b) const noexcept {
    return of(a) < of(b);
  }
};

std::size_t hash_of(std::string_view key) noexcept { return std::hash<std::string_view>{}(key); }

}  // namespace

class MemoryStore::Impl {
 public:
  struct HeldLease {
    std::string owner;
    std::uint64_t fence = 0;
    WallTime until = WallTime::min();
  };

  Impl(std::shared_ptr<const Clock> c, std::size_t entries, std::size_t b)
      : clock(std::move(c)), max_entries(entries), max_bytes(b) {}

  WallTime now() const { return clock ? clock->wall() : std::chrono::system_clock::now(); }
  /// The record, also an expired one; null: there is none.
  MemoryRecord* find(std::string_view key, std::size_t hash) const {
    return index.find(hash, [key](const MemoryRecord& record) { return record.key() == key; });
  }
  std::optional<StoreEntry> get(std::string_view key, WallTime time) const {
    const MemoryRecord* record = find(key, hash_of(key));
    return record != nullptr && record->live_at(time) ? std::make_optional(record->entry()) : std::nullopt;
  }
  void erase(MemoryRecord* record);
  void put(MemoryRecord* record, std::size_t hash, const StoreWrite& write, std::uint64_t generation, WallTime time);
  void put_in_order();
  void drop_dead_leases(WallTime time);
  void purge(WallTime time, std::size_t steps);
  /// The error of a commit that would add so much (or take away, if negative).
  std::optional<Error> refuse(std::ptrdiff_t entries, std::ptrdiff_t more_bytes) const;

  const std::shared_ptr<const Clock> clock;
  const std::size_t max_entries;
  const std::size_t max_bytes;
  mutable std::mutex mutex;
  std::vector<std::unique_ptr<MemoryRecord>> records;  ///< In no order.
  detail::MemoryIndex<MemoryRecord> index;
  std::set<MemoryRecord*, ByKey> order;  ///< For listings.
  std::vector<MemoryRecord*> unordered;  ///< Many records do not live until the next listing.
  std::size_t bytes = 0;
  std::uint64_t last_number = 0;  ///< Of generations and fences.
  std::map<std::string, HeldLease, std::less<>> leases;
  std::size_t lease_sweep_at = 64;
  std::vector<std::pair<std::size_t, MemoryRecord*>> places;  ///< Hash and record of each write of a commit.

 private:
  std::size_t hand_ = 0;                       ///< Where the search for expired records goes on.
  WallTime earliest_ = WallTime::max();        ///< No record expires before this.
  WallTime round_earliest_ = WallTime::max();  ///< The same of what the hand has passed in this round.
};

void MemoryStore::Impl::erase(MemoryRecord* record) {
  index.remove(hash_of(record->key()), record);
  bytes -= record->size();
  if (record->wait_place == kOrdered) {
    order.erase(record);
  } else {
    unordered[record->wait_place] = unordered.back();
    unordered[record->wait_place]->wait_place = record->wait_place;
    unordered.pop_back();
  }
  const std::size_t place = record->place;
  std::swap(records[place], records.back());
  records[place]->place = place;
  if (place < hand_) round_earliest_ = std::min(round_earliest_, records[place]->expires);  // the hand has passed
  records.pop_back();
}

/// Sorted first: neighbours are then put in one after the other.
void MemoryStore::Impl::put_in_order() {
  std::sort(unordered.begin(), unordered.end(), ByKey());
  for (MemoryRecord* record : unordered) {
    record->wait_place = kOrdered;
    order.insert(record);
  }
  unordered.clear();
}

void MemoryStore::Impl::put(MemoryRecord* record, std::size_t hash, const StoreWrite& write, std::uint64_t generation,
                            WallTime time) {
  if (record == nullptr) {
    record = records.emplace_back(std::make_unique<MemoryRecord>(write.key, *write.value)).get();
    record->place = records.size() - 1;
    index.add(hash, record);
    record->wait_place = unordered.size();
    unordered.push_back(record);
    if (unordered.size() >= kMostUnordered) put_in_order();
  } else {
    bytes -= record->size();
    record->set_value(*write.value);
  }
  bytes += record->size();
  record->generation = generation;
  record->expires = write.ttl ? detail::later(time, *write.ttl) : WallTime::max();
  earliest_ = std::min(earliest_, record->expires);
  round_earliest_ = std::min(round_earliest_, record->expires);
}

/// Looks at the next `steps` records and drops what has expired; goes round and round, and free when nothing can have.
void MemoryStore::Impl::purge(WallTime time, std::size_t steps) {
  for (; steps > 0 && earliest_ <= time; --steps) {
    if (hand_ >= records.size()) {
      earliest_ = std::exchange(round_earliest_, WallTime::max());
      hand_ = 0;
    } else if (!records[hand_]->live_at(time)) {
      erase(records[hand_].get());  // another stands there now
    } else {
      round_earliest_ = std::min(round_earliest_, records[hand_]->expires);
      ++hand_;
    }
  }
}

std::optional<Error> MemoryStore::Impl::refuse(std::ptrdiff_t entries, std::ptrdiff_t more_bytes) const {
  ErrorDetails details;
  if (records.size() + static_cast<std::size_t>(entries) > max_entries) {
    details.message =
        fmt::format("memory store: it holds its limit of {} entries; remove some, or raise max_entries", max_entries);
  } else if (bytes + static_cast<std::size_t>(more_bytes) > max_bytes) {
    details.message = fmt::format(
        "memory store: this write needs {} bytes more than its limit of {} bytes allows; remove entries, or raise "
        "max_bytes",
        more_bytes, max_bytes);
  } else {
    return std::nullopt;
  }
  return Error(ErrorKind::quota_exhausted, Delivery::refused, std::move(details));
}

void MemoryStore::Impl::drop_dead_leases(WallTime time) {
  for (auto at = leases.begin(); at != leases.end();) at = at->second.until <= time ? leases.erase(at) : std::next(at);
  lease_sweep_at = std::max<std::size_t>(64, 2 * leases.size());
}

MemoryStore::MemoryStore(std::shared_ptr<const Clock> clock, std::size_t max_entries, std::size_t max_bytes)
    : impl_(std::make_unique<Impl>(std::move(clock), max_entries, max_bytes)) {}

MemoryStore::~MemoryStore() = default;

std::size_t MemoryStore::size() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->records.size();
}

Result<WallTime> MemoryStore::now() { return impl_->now(); }

Result<std::optional<StoreEntry>> MemoryStore::get(std::string_view key) {
  if (auto error = check_key(key)) return *error;
  const WallTime time = impl_->now();
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->get(key, time);
}

Result<std::vector<std::optional<StoreEntry>>> MemoryStore::get_many(const std::vector<std::string>& keys) {
  if (auto error = check_keys(keys)) return *error;
  std::vector<std::optional<StoreEntry>> found;
  found.reserve(keys.size());
  const WallTime time = impl_->now();
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  for (const std::string& key : keys) found.push_back(impl_->get(key, time));
  return found;
}

Result<CommitOutcome> MemoryStore::commit(const std::vector<StoreWrite>& writes, Durability) {
  if (auto error = check_writes(writes)) return with_delivery(*error, Delivery::refused);
  Impl& in = *impl_;
  const WallTime time = in.now();
  CommitOutcome outcome;
  const std::lock_guard<std::mutex> lock(in.mutex);
  auto& places = in.places;
  places.resize(writes.size());
  std::ptrdiff_t entries = 0;
  std::ptrdiff_t bytes = 0;
  const auto measure = [&] {
    entries = bytes = 0;
    for (std::size_t i = 0; i < writes.size(); ++i) {
      const StoreWrite& write = writes[i];
      const std::size_t hash = hash_of(write.key);
      const auto record = in.find(write.key, hash);
      places[i] = {hash, record};
      const bool is_held = record != nullptr;
      entries += (write.value ? 1 : 0) - (is_held ? 1 : 0);
      if (write.value) bytes += static_cast<std::ptrdiff_t>(write.key.size() + write.value->size());
      if (is_held) bytes -= static_cast<std::ptrdiff_t>(record->size());
    }
  };
  measure();
  for (; outcome.conflict < writes.size(); ++outcome.conflict) {
    const MemoryRecord* record = places[outcome.conflict].second;
    const bool is_live = record != nullptr && record->live_at(time);
    if ((is_live ? record->generation : 0) != writes[outcome.conflict].expected) return outcome;
  }
  if (in.refuse(entries, bytes)) {
    in.purge(time, in.records.size() + 1);  // Full: all that has expired goes.
    measure();
    if (auto error = in.refuse(entries, bytes)) return *std::move(error);
  }
  outcome.committed = true;
  outcome.conflict = 0;
  outcome.generation = ++in.last_number;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    const auto [hash, record] = places[i];
    if (writes[i].value) {
      in.put(record, hash, writes[i], outcome.generation, time);
    } else if (record != nullptr) {
      in.erase(record);
    }
  }
  in.purge(time, 4 * writes.size());
  return outcome;
}

Result<StorePage> MemoryStore::list(std::string_view prefix, std::string_view after, ListLimits limits) {
  if (auto error = check_list(prefix, after, limits)) return *error;
  StorePage page;
  std::size_t bytes = 0;
  const WallTime time = impl_->now();
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  impl_->put_in_order();
  const auto& order = impl_->order;
  auto at = after < prefix ? order.lower_bound(prefix) : order.upper_bound(after);
  for (; at != order.end() && (*at)->key().substr(0, prefix.size()) == prefix; ++at) {
    const MemoryRecord* record = *at;
    if (!record->live_at(time)) continue;
    bytes += limits.keys_only ? record->key().size() : record->size();
    if (page.items.size() == limits.entries || (bytes > limits.bytes && !page.items.empty())) {
      page.next = page.items.back().first;
      break;
    }
    page.items.emplace_back(record->key(), record->entry(!limits.keys_only));
  }
  return page;
}

Result<std::optional<Lease>> MemoryStore::lease(std::string_view key, std::string_view owner, Millis ttl) {
  if (auto error = check_lease(key, owner, ttl)) return *error;
  Impl& in = *impl_;
  const WallTime time = in.now();
  const std::lock_guard<std::mutex> lock(in.mutex);
  auto held = in.leases.find(key);
  if (held == in.leases.end()) {
    if (in.leases.size() >= std::min(in.lease_sweep_at, in.max_entries)) in.drop_dead_leases(time);
    if (in.leases.size() >= in.max_entries) {
      return Error(ErrorKind::quota_exhausted,
                   fmt::format("memory store: it holds its limit of {} leases; release some, or raise max_entries",
                               in.max_entries));
    }
    held = in.leases.emplace(key, Impl::HeldLease()).first;
  }
  Impl::HeldLease& lease = held->second;
  if (lease.until > time && lease.owner != owner) return std::optional<Lease>();
  if (lease.until <= time) {
    lease.owner = owner;
    lease.fence = ++in.last_number;
  }
  lease.until = detail::later(time, ttl);
  return std::optional<Lease>(Lease{held->first, lease.owner, lease.fence, lease.until});
}

Result<void> MemoryStore::release(const Lease& lease) {
  if (auto error = check_key(lease.key)) return *error;
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  const auto held = impl_->leases.find(lease.key);
  if (held == impl_->leases.end() || held->second.owner != lease.owner || held->second.fence != lease.fence) return {};
  impl_->leases.erase(held);
  return {};
}

KEFU_END_NAMESPACE
