#include "channel/inbox/staged_store.hpp"

#include <algorithm>
#include <functional>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

std::size_t hash_of_key(std::string_view key) noexcept { return std::hash<std::string_view>()(key); }

}  // namespace

const StagedStore::Place* StagedStore::known(std::string_view key, std::size_t hash) const {
  const auto place =
      std::find_if(places_.begin(), places_.end(), [&](const Place& p) { return p.hash == hash && p.key == key; });
  return place == places_.end() ? nullptr : &*place;
}

bool StagedStore::knows(std::string_view key) const { return known(key, hash_of_key(key)) != nullptr; }

StagedStore::Place& StagedStore::add(std::string key, std::size_t hash) {
  Place& place = places_.emplace_back();
  place.key = std::move(key);
  place.hash = hash;
  return place;
}

Result<StagedStore::Place*> StagedStore::find(std::string_view key) {
  const std::size_t hash = hash_of_key(key);
  if (Place* place = known(key, hash)) return place;
  auto entry = base_.get(key);
  if (!entry) return entry.error();
  Place& place = add(std::string(key), hash);
  place.entry = *std::move(entry);
  if (place.entry) place.read = place.entry->generation;
  return &place;
}

Result<void> StagedStore::load(std::vector<std::string> keys) {
  places_.reserve(places_.size() + keys.size() + 1);
  for (auto first = keys.begin(); first != keys.end();) {
    const auto count = std::min<std::ptrdiff_t>(keys.end() - first, kMaxRead);
    const bool is_all = count == static_cast<std::ptrdiff_t>(keys.size());
    auto found = base_.get_many(is_all ? keys : std::vector<std::string>(first, first + count));
    if (!found) return found.error();
    for (auto& entry : *found) {
      std::string& key = *first++;
      const std::size_t hash = hash_of_key(key);
      if (known(key, hash) != nullptr) continue;
      Place& place = add(std::move(key), hash);
      place.entry = std::move(entry);
      if (place.entry) place.read = place.entry->generation;
    }
  }
  return {};
}

Result<std::optional<StoreEntry>> StagedStore::get(std::string_view key) {
  auto place = find(key);
  if (!place) return place.error();
  return (*place)->entry;
}

Result<const StoreEntry*> StagedStore::look(std::string_view key) {
  auto place = find(key);
  if (!place) return place.error();
  return (*place)->entry ? &*(*place)->entry : nullptr;
}

Result<std::vector<std::optional<StoreEntry>>> StagedStore::get_many(const std::vector<std::string>& keys) {
  std::vector<std::optional<StoreEntry>> found;
  found.reserve(keys.size());
  for (const std::string& key : keys) {
    auto entry = get(key);
    if (!entry) return entry.error();
    found.push_back(*std::move(entry));
  }
  return found;
}

void StagedStore::stage(StoreWrite&& write) {
  const std::size_t hash = hash_of_key(write.key);
  Place* found = known(write.key, hash);
  if (found == nullptr) {
    found = &add(std::move(write.key), hash);
    found->read = write.expected;
  }
  if (!std::exchange(found->is_written, true)) {
    found->step = step_;
    order_.push_back(static_cast<std::size_t>(found - places_.data()));
  } else if (found->entry) {
    bytes_ -= found->entry->value.size();
  }
  found->entry.reset();
  if (!write.value) return;
  bytes_ += write.value->size();
  found->entry.emplace();
  found->entry->value = *std::move(write.value);
  found->entry->generation = last_generation_;
  found->ttl = write.ttl;
}

Result<CommitOutcome> StagedStore::stage(std::vector<StoreWrite> writes, Durability durability) {
  if (auto error = check_writes(writes)) return *std::move(error);
  CommitOutcome outcome;
  for (const StoreWrite& write : writes) {
    const Place* place = known(write.key, hash_of_key(write.key));
    if (place != nullptr && (place->entry ? place->entry->generation : 0) != write.expected) return outcome;
    ++outcome.conflict;
  }
  outcome.committed = true;
  outcome.conflict = 0;
  outcome.generation = ++last_generation_;
  places_.reserve(places_.size() + writes.size());
  order_.reserve(order_.size() + writes.size());
  for (StoreWrite& write : writes) stage(std::move(write));
  if (durability == Durability::full) durability_ = durability;
  return outcome;
}

Result<StorePage> StagedStore::list(std::string_view, std::string_view, ListLimits) {
  return Error(ErrorKind::unsupported, "a staged store cannot be listed: list its base");
}

void StagedStore::take_writes(std::vector<StoreWrite>& out) {
  out.reserve(out.size() + order_.size());
  for (const std::size_t index : order_) {
    Place& place = places_[index];
    if (place.entry) {
      out.push_back(StoreWrite::put(std::move(place.key), std::move(place.entry->value), place.read, place.ttl));
    } else {
      out.push_back(StoreWrite::remove(std::move(place.key), place.read));
    }
  }
}

}  // namespace detail
KEFU_END_NAMESPACE
