#include "core/store/memory_shard.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

void MemoryRecord::set_value(std::string_view value) const {
  const std::size_t size = key_size_ + value.size();
  if (size > bytes_.capacity() || 2 * size + 64 < bytes_.capacity()) {
    std::string exact;  // Neither keeps the room of a value long gone nor grows by doubling.
    exact.reserve(size);
    exact.append(key());
    bytes_ = std::move(exact);
  } else {
    bytes_.resize(key_size_);
  }
  bytes_.append(value);
}

std::uint32_t MemoryShard::expiry_hint(WallTime expires) noexcept {
  if (expires == WallTime::max()) return kNever;
  const std::int64_t seconds = unix_seconds(expires);
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 1, kNever - 1));
}

std::size_t MemoryShard::locate(std::string_view key, std::uint32_t tag) const noexcept {
  if (slots_.empty()) return slots_.size();
  for (std::size_t place = tag & (slots_.size() - 1); slots_[place].expiry != 0; place = next(place)) {
    if (slots_[place].tag == tag && slots_[place].record->key() == key) return place;
  }
  return slots_.size();
}

const MemoryRecord* MemoryShard::find(std::string_view key, std::size_t hash) const noexcept {
  const std::size_t place = locate(key, static_cast<std::uint32_t>(hash));
  return place == slots_.size() ? nullptr : &*slots_[place].record;
}

void MemoryShard::put(std::string_view key, std::size_t hash, std::string_view value, WallTime expires,
                      std::uint64_t generation) {
  const auto tag = static_cast<std::uint32_t>(hash);
  const std::uint32_t hint = expiry_hint(expires);
  const std::size_t place = locate(key, tag);
  Records::const_iterator record;
  if (place == slots_.size()) {
    if ((records_.size() + 1) * 4 > slots_.size() * 3) grow();
    record = records_.emplace(key).first;
    insert_slot(Slot{record, tag, hint});
  } else {
    record = slots_[place].record;
    slots_[place].expiry = hint;
  }
  record->set_value(value);
  record->generation = generation;
  record->expires = expires;
  note_expiry(hint);
}

void MemoryShard::erase(std::string_view key, std::size_t hash) {
  const std::size_t place = locate(key, static_cast<std::uint32_t>(hash));
  if (place == slots_.size()) return;
  records_.erase(slots_[place].record);
  erase_slot(place);
}

void MemoryShard::insert_slot(const Slot& slot) noexcept {
  std::size_t place = slot.tag & (slots_.size() - 1);
  while (slots_[place].expiry != 0) place = next(place);
  slots_[place] = slot;
}

void MemoryShard::erase_slot(std::size_t place) noexcept {
  // Later entries of the same run move up, so that no search stops early at the gap.
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t later = next(place); slots_[later].expiry != 0; later = next(later)) {
    const std::size_t home = slots_[later].tag & mask;
    if (((later - home) & mask) < ((later - place) & mask)) continue;
    slots_[place] = slots_[later];
    round_earliest_ = std::min(round_earliest_, slots_[place].expiry);  // It may have moved to behind the hand.
    place = later;
  }
  slots_[place] = Slot();
}

void MemoryShard::grow() {
  std::vector<Slot> old(slots_.empty() ? 8 : slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.expiry != 0) insert_slot(slot);
  }
  hand_ = 0;
  round_earliest_ = kNever;
}

void MemoryShard::note_expiry(std::uint32_t hint) noexcept {
  earliest_ = std::min(earliest_, hint);
  round_earliest_ = std::min(round_earliest_, hint);
}

MemoryShard::Purged MemoryShard::purge_some(WallTime now, std::size_t steps) {
  Purged purged;
  if (slots_.empty()) return purged;
  const std::uint32_t now_hint = expiry_hint(now);
  for (; steps > 0 && earliest_ <= now_hint; --steps) {
    const Slot slot = slots_[hand_];
    if (slot.expiry != 0 && slot.expiry <= now_hint && !slot.record->live_at(now)) {
      ++purged.entries;
      purged.bytes += slot.record->size();
      records_.erase(slot.record);
      erase_slot(hand_);  // Another entry may have moved to this place: the hand stays.
      continue;
    }
    if (slot.expiry != 0) round_earliest_ = std::min(round_earliest_, slot.expiry);
    if (++hand_ == slots_.size()) {
      hand_ = 0;
      earliest_ = std::exchange(round_earliest_, kNever);
    }
  }
  return purged;
}

}  // namespace detail
KEFU_END_NAMESPACE
