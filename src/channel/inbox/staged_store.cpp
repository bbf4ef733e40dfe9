#include "channel/inbox/staged_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

std::size_t hash_of_key(std::string_view key) noexcept { return std::hash<std::string_view>()(key); }

}  // namespace

void StagedStore::begin(Store& base) {
  constexpr std::size_t kKept = 4'096;
  const auto keep_little = [](std::string& value) {
    if (value.capacity() > kKept) value = std::string();
  };
  for (std::size_t i = 0; i < used_; ++i) keep_little(places_[i].entry.value);
  for (Drafted& drafted : drafted_) keep_little(drafted.value);
  base_ = &base;
  used_ = 0;
  drafts_ = 0;
  is_twice_ = false;
  order_.clear();
  step_ = 0;
  bytes_ = 0;
  durability_ = Durability::relaxed;
  last_generation_ = std::uint64_t{1} << 63;
}

void StagedStore::Place::set(std::optional<StoreEntry> found) {
  is_known = true;
  is_there = found.has_value();
  if (found) entry = *std::move(found);
  read = is_there ? entry.generation : 0;
}

StagedStore::Slot StagedStore::find(std::string_view key, std::size_t hash) const {
  for (Slot slot = 0; slot < used_; ++slot) {
    if (places_[slot].hash == hash && places_[slot].key == key) return slot;
  }
  return kNone;
}

bool StagedStore::knows(std::string_view key) const {
  const Slot slot = find(key, hash_of_key(key));
  return slot != kNone && places_[slot].is_known;
}

StagedStore::Slot StagedStore::add(std::string_view key, std::size_t hash) {
  if (used_ == places_.size()) places_.emplace_back();
  Place& place = places_[used_];
  place.key = key;
  place.hash = hash;
  place.ttl.reset();
  place.read = 0;
  place.is_there = place.is_known = place.is_written = place.is_drafted = false;
  return used_++;
}

Result<StagedStore::Slot> StagedStore::at(std::string_view key) {
  const std::size_t hash = hash_of_key(key);
  Slot slot = find(key, hash);
  if (slot != kNone && places_[slot].is_known) return slot;
  auto entry = base_->get(key);
  if (!entry) return entry.error();
  if (slot == kNone) slot = add(key, hash);
  places_[slot].set(*std::move(entry));
  return slot;
}

std::optional<StagedStore::Slot> StagedStore::expect(std::string_view key, std::uint64_t generation) {
  const std::size_t hash = hash_of_key(key);
  Slot slot = find(key, hash);
  if (slot != kNone && places_[slot].is_known) {
    return places_[slot].generation() == generation ? std::make_optional(slot) : std::nullopt;
  }
  if (slot == kNone) slot = add(key, hash);
  places_[slot].read = generation;
  return slot;
}

Result<void> StagedStore::load(std::vector<std::string> keys) {
  for (auto first = keys.begin(); first != keys.end();) {
    const auto count = std::min<std::ptrdiff_t>(keys.end() - first, kMaxRead);
    const bool is_all = count == static_cast<std::ptrdiff_t>(keys.size());
    auto found = base_->get_many(is_all ? keys : std::vector<std::string>(first, first + count));
    if (!found) return found.error();
    for (auto& entry : *found) {
      const std::string& key = *first++;
      const std::size_t hash = hash_of_key(key);
      if (find(key, hash) == kNone) places_[add(key, hash)].set(std::move(entry));
    }
  }
  return {};
}

Result<std::optional<StoreEntry>> StagedStore::get(std::string_view key) {
  auto slot = at(key);
  if (!slot) return slot.error();
  const StoreEntry* found = entry(*slot);
  return found == nullptr ? std::optional<StoreEntry>() : std::make_optional(*found);
}

Result<const StoreEntry*> StagedStore::look(std::string_view key) {
  auto slot = at(key);
  if (!slot) return slot.error();
  return entry(*slot);
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

StagedStore::Draft StagedStore::draft() {
  drop_draft();
  return Draft(*this);
}

void StagedStore::drop_draft() {
  while (drafts_ > 0) places_[drafted_[--drafts_].slot].is_drafted = false;
  is_twice_ = false;
}

StagedStore::Drafted& StagedStore::draft_of(Slot slot) {
  if (std::exchange(places_[slot].is_drafted, true)) is_twice_ = true;
  if (drafts_ == drafted_.size()) drafted_.emplace_back();
  Drafted& drafted = drafted_[drafts_++];
  drafted.slot = slot;
  drafted.value.clear();
  return drafted;
}

std::string& StagedStore::Draft::put(Slot slot, std::optional<Millis> ttl) {
  Drafted& drafted = view_.draft_of(slot);
  drafted.is_removal = false;
  drafted.ttl = ttl;
  return drafted.value;
}

void StagedStore::Draft::remove(Slot slot) { view_.draft_of(slot).is_removal = true; }

Result<std::optional<std::size_t>> StagedStore::Draft::add(const std::vector<StoreWrite>& writes) {
  if (auto error = check_writes(writes)) return *std::move(error);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (!add(writes[i])) return std::make_optional(i);
  }
  return std::optional<std::size_t>();
}

bool StagedStore::Draft::add(StoreWrite write) {
  const auto slot = view_.expect(write.key, write.expected);
  if (!slot) return false;
  write.value ? static_cast<void>(put(*slot, write.ttl) = *std::move(write.value)) : remove(*slot);
  return true;
}

Result<void> StagedStore::stage(Durability durability) {
  for (std::size_t i = 0; i < drafts_; ++i) {
    if (!drafted_[i].is_removal && drafted_[i].value.size() > kMaxValueSize)
      return Error(ErrorKind::bad_argument, fmt::format("store: the value has {} bytes; 0 to {} are allowed",
                                                        drafted_[i].value.size(), kMaxValueSize));
  }
  if (is_twice_) return Error(ErrorKind::bad_argument, "store: the commit writes one key twice; join the two writes");
  ++last_generation_;
  for (std::size_t i = 0; i < drafts_; ++i) stage(drafted_[i]);
  drop_draft();
  if (durability == Durability::full) durability_ = durability;
  return {};
}

void StagedStore::stage(Drafted& drafted) {
  Place& place = places_[drafted.slot];
  if (!std::exchange(place.is_written, true)) {
    place.step = step_;
    order_.push_back(drafted.slot);
  } else if (place.is_there) {
    bytes_ -= place.entry.value.size();
  }
  place.is_known = true;
  place.is_there = !drafted.is_removal;
  if (drafted.is_removal) return;
  std::swap(place.entry.value, drafted.value);
  place.entry.generation = last_generation_;
  place.ttl = drafted.ttl;
  bytes_ += place.entry.value.size();
}

Result<CommitOutcome> StagedStore::commit(const std::vector<StoreWrite>& writes, Durability durability) {
  Draft draft = this->draft();
  auto conflict = draft.add(writes);
  if (!conflict) return conflict.error();
  CommitOutcome outcome;
  if (*conflict) {
    outcome.conflict = **conflict;
    return outcome;
  }
  if (auto staged = stage(durability); !staged) return staged.error();
  outcome.committed = true;
  outcome.generation = last_generation_;
  return outcome;
}

Result<StorePage> StagedStore::list(std::string_view, std::string_view, ListLimits) {
  return Error(ErrorKind::unsupported, "a staged store cannot be listed: list its base");
}

void StagedStore::take_writes(std::vector<StoreWrite>& out) {
  out.reserve(out.size() + order_.size());
  for (const Slot slot : order_) {
    Place& place = places_[slot];
    if (place.is_there) {
      out.push_back(StoreWrite::put(std::move(place.key), std::move(place.entry.value), place.read, place.ttl));
    } else {
      out.push_back(StoreWrite::remove(std::move(place.key), place.read));
    }
  }
}

void StagedStore::give_back(std::vector<StoreWrite>& writes, std::size_t first) {
  for (std::size_t i = 0; first + i < writes.size() && i < order_.size(); ++i) {
    Place& place = places_[order_[i]];
    place.key = std::move(writes[first + i].key);
    if (writes[first + i].value) place.entry.value = *std::move(writes[first + i].value);
  }
}

}  // namespace detail
KEFU_END_NAMESPACE
