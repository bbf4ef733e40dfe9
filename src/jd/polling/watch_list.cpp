#include "jd/polling/watch_list.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

/// Lists of old days are read every hour; what three of them did not show, and was read after them, is over.
constexpr std::chrono::hours kForgetAfter{3};

}  // namespace

bool WatchList::is_due(const Entry& entry, const PollWindow& window) const {
  const bool is_aside = entry.refusals > 0;
  if (entry.changed && !is_aside) return true;
  const bool spoken_lately = !is_aside && entry.newest && window.to - *entry.newest < kFirstPause;
  const WallTime last = std::max(entry.read_to, entry.tried);
  return spoken_lately || last > window.to || window.to - last >= entry.pause;
}

bool WatchList::listed(const PollUnit& unit, const PollWindow& window) {
  auto found = entries_.find(unit.once);
  if (found == entries_.end()) {
    // Ended before the window began, and so read to its end before.
    if (unit.ended && *unit.ended < window.from) return false;
    if (entries_.size() >= kMost) return true;
    found = entries_.emplace(unit.once, Entry()).first;
    found->second.read_to = window.from + late_;
  }
  Entry& entry = found->second;
  // A customer may have several sessions of one log: it is over when all of them are.
  const bool is_first = entry.listed_in != round_;
  entry.ended = is_first ? unit.ended : entry.ended && unit.ended ? std::max(entry.ended, unit.ended) : std::nullopt;
  entry.listed_in = round_;
  entry.listed = round_began_;
  entry.unit = unit;
  if (known_.size() >= 2 * kMost) known_.clear();
  if (known_.insert(unit.entry).second) entry.changed = true;
  return is_due(entry, window) && (entry.changed || entry.pause <= kFirstPause);
}

std::vector<PollUnit> WatchList::due(const PollWindow& window, std::size_t most) {
  std::vector<const Entry*> found;
  for (const auto& [once, entry] : entries_)
    if (entry.tried_in != round_ && is_due(entry, window)) found.push_back(&entry);
  const auto waits_longer = [](const Entry* a, const Entry* b) {
    const WallTime of_a = std::max(a->read_to, a->tried);
    const WallTime of_b = std::max(b->read_to, b->tried);
    return of_a != of_b ? of_a < of_b : a->unit.once < b->unit.once;
  };
  const std::size_t count = std::min(most, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end(), waits_longer);
  std::vector<PollUnit> units;
  for (std::size_t i = 0; i < count; ++i) units.push_back(found[i]->unit);
  return units;
}

void WatchList::end_round(bool shows_state) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    const Entry& entry = it->second;
    const bool is_over = entry.ended && entry.read_to >= *entry.ended + late_;
    const WallTime last = std::max(entry.read_to, entry.tried);
    const bool is_gone = shows_state ? entry.listed_in != round_ : last - entry.listed > kForgetAfter;
    it = is_over || is_gone ? entries_.erase(it) : std::next(it);
  }
}

WallTime WatchList::read_from(const PollUnit& unit, WallTime otherwise) const {
  const auto found = entries_.find(unit.once);
  return found == entries_.end() ? otherwise : found->second.read_to - late_;
}

void WatchList::was_read(const PollUnit& unit, const PollWindow& window, std::optional<WallTime> newest, bool news) {
  const auto found = entries_.find(unit.once);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  const bool spoke = news || (newest && (!entry.newest || *newest > *entry.newest));
  entry.newest = newest ? newest : entry.newest;
  entry.read_to = entry.tried = window.to;
  entry.tried_in = round_;
  entry.changed = false;
  entry.refusals = 0;
  entry.pause = spoke || entry.pause.count() == 0 ? kFirstPause : std::min(2 * entry.pause, kLongestPause);
}

void WatchList::set_aside(const PollUnit& unit, const PollWindow& window, bool holds) {
  const auto found = entries_.find(unit.once);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.refusals = holds ? entry.refusals + 1 : kTries;
  entry.tried = window.to;
  entry.tried_in = round_;
  entry.pause = std::clamp(2 * entry.pause, kFirstPause, kLongestPause);
}

WallTime WatchList::read_up_to(WallTime at_most, const std::unordered_set<std::uint64_t>& queued) const {
  for (const auto& [once, entry] : entries_)
    if (entry.refusals < kTries && queued.count(once) == 0) at_most = std::min(at_most, entry.read_to);
  return at_most;
}

std::size_t WatchList::aside() const {
  return static_cast<std::size_t>(
      std::count_if(entries_.begin(), entries_.end(), [](const auto& each) { return each.second.refusals > 0; }));
}

void WatchList::clear() {
  entries_.clear();
  known_.clear();
}

}  // namespace jd
KEFU_END_NAMESPACE
