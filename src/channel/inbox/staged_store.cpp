#include "channel/inbox/staged_store.hpp"

#include <algorithm>
#include <functional>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

std::size_t hash_of_key(std::string_view key) noexcept { return std::hash<std::string_view>()(key); }

}  // namespace

StagedStore::Place* StagedStore::known(std::string_view key, std::size_t hash) {
  const auto place =
      std::find_if(places_.begin(), places_.end(), [&](const Place& p) { return p.hash == hash && p.key == key; });
  return place == places_.end() ? nullptr : &*place;
}

StagedStore::Place& StagedStore::add(std::string_view key, std::size_t hash) {
  Place& place = places_.emplace_back();
  place.key = key;
  place.hash = hash;
  return place;
}

Result<StagedStore::Place*> StagedStore::find(std::string_view key) {
  const std::size_t hash = hash_of_key(key);
  if (Place* place = known(key, hash)) return place;
  auto entry = base_.get(key);
  if (!entry) return entry.error();
  Place& place = add(key, hash);
  place.entry = *std::move(entry);
  if (place.entry) place.read = place.entry->generation;
  return &place;
}

Result<void> StagedStore::load(const std::vector<std::string>& keys) {
  places_.reserve(places_.size() + keys.size() + 1);
  for (auto first = keys.begin(); first != keys.end();) {
    const auto count = std::min<std::ptrdiff_t>(keys.end() - first, kMaxRead);
    const bool is_all = count == static_cast<std::ptrdiff_t>(keys.size());
    auto found = base_.get_many(is_all ? keys : std::vector<std::string>(first, first + count));
    if (!found) return found.error();
    for (auto& entry : *found) {
      const std::string& key = *first++;
      const std::size_t hash = hash_of_key(key);
      if (known(key, hash) != nullptr) continue;
      Place& place = add(key, hash);
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

void StagedStore::stage(const StoreWrite& write) {
  const std::size_t hash = hash_of_key(write.key);
  Place* found = known(write.key, hash);
  if (found == nullptr) {
    found = &add(write.key, hash);
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
  found->entry->value = *write.value;
  found->entry->generation = last_generation_;
  found->ttl = write.ttl;
}

Result<CommitOutcome> StagedStore::commit(const std::vector<StoreWrite>& writes, Durability durability) {
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
  for (const StoreWrite& write : writes) stage(write);
  if (durability == Durability::full) durability_ = durability;
  return outcome;
}

Result<StorePage> StagedStore::list(std::string_view, std::string_view, ListLimits) {
  return Error(ErrorKind::unsupported, "a staged store cannot be listed: list its base");
}

std::vector<StoreWrite> StagedStore::writes() const {
  std::vector<StoreWrite> all;
  all.reserve(order_.size());
  for (const std::size_t index : order_) {
    const Place& place = places_[index];
    if (place.entry) {
      all.push_back(StoreWrite::put(place.key, place.entry->value, place.read, place.ttl));
    } else {
      all.push_back(StoreWrite::remove(place.key, place.read));
    }
  }
  return all;
}

}  // namespace detail
KEFU_END_NAMESPACE
