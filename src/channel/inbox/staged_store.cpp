#include "channel/inbox/staged_store.hpp"

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

Result<StagedStore::Place*> StagedStore::find(const std::string& key) {
  const auto known = places_.find(key);
  if (known != places_.end()) return &known->second;
  auto entry = base_.get(key);
  if (!entry) return entry.error();
  Place& place = places_[key];
  place.entry = *std::move(entry);
  if (place.entry) place.read = place.entry->generation;
  return &place;
}

Result<std::optional<StoreEntry>> StagedStore::get(std::string_view key) {
  auto place = find(std::string(key));
  if (!place) return place.error();
  return (*place)->entry;
}

void StagedStore::stage(const StoreWrite& write, Place& place) {
  if (!std::exchange(place.is_written, true)) {
    order_.push_back(write.key);
  } else if (place.entry) {
    bytes_ -= place.entry->value.size();
  }
  place.entry.reset();
  if (!write.value) return;
  bytes_ += write.value->size();
  place.entry.emplace();
  place.entry->value = *write.value;
  place.entry->generation = last_generation_;
  place.ttl = write.ttl;
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

Result<CommitOutcome> StagedStore::commit(const std::vector<StoreWrite>& writes, Durability durability) {
  if (auto error = check_writes(writes)) return *std::move(error);
  CommitOutcome outcome;
  std::vector<Place*> places;
  places.reserve(writes.size());
  for (const StoreWrite& write : writes) {
    auto place = find(write.key);
    if (!place) return place.error();
    const std::uint64_t generation = (*place)->entry ? (*place)->entry->generation : 0;
    if (generation != write.expected) {
      outcome.conflict = places.size();
      return outcome;
    }
    places.push_back(*place);
  }
  outcome.committed = true;
  outcome.generation = ++last_generation_;
  for (std::size_t i = 0; i < writes.size(); ++i) stage(writes[i], *places[i]);
  if (durability == Durability::full) durability_ = durability;
  return outcome;
}

Result<StorePage> StagedStore::list(std::string_view, std::string_view, ListLimits) {
  return Error(ErrorKind::unsupported, "a staged store cannot be listed: list its base");
}

std::vector<StoreWrite> StagedStore::writes() const {
  std::vector<StoreWrite> all;
  all.reserve(order_.size());
  for (const std::string& key : order_) {
    const Place& place = places_.at(key);
    if (place.entry) {
      all.push_back(StoreWrite::put(key, place.entry->value, place.read, place.ttl));
    } else {
      all.push_back(StoreWrite::remove(key, place.read));
    }
  }
  return all;
}

}  // namespace detail
KEFU_END_NAMESPACE
