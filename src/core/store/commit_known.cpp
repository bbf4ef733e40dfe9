#include "core/store/commit_known.hpp"

#include "core/text/wipe.hpp"

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

enum class Seen : unsigned char { ours, as_before, others };

/// What a commit whose outcome is unknown did to the key of a write; the generation goes to `outcome`.
Seen look_for(const StoreWrite& write, const std::optional<StoreEntry>& entry, CommitOutcome& outcome) {
  if ((entry ? entry->generation : 0) == write.expected) return Seen::as_before;
  if (write.value.has_value() != entry.has_value()) return Seen::others;
  if (!entry) return Seen::ours;  // It was there, and is gone.
  if (entry->value != *write.value) return Seen::others;
  outcome.generation = entry->generation;
  return Seen::ours;
}

}  // namespace

Result<CommitOutcome> commit_known(Store& store, const std::vector<StoreWrite>& writes, Durability durability) {
  constexpr int kTries = 3;
  for (int attempt = 1;; ++attempt) {
    auto outcome = store.commit(writes, durability);
    const bool is_unknown = !outcome && outcome.error().delivery() == Delivery::unknown;
    // The one before may have come through late, and stand in our way now.
    const bool may_be_late = attempt > 1 && outcome && !outcome->committed;
    if ((!is_unknown && !may_be_late) || writes.empty()) return outcome;
    const auto entry = store.get(writes.front().key);
    if (!entry) return is_unknown ? outcome : Error(entry.error().kind(), Delivery::unknown, entry.error().details());
    CommitOutcome found;
    switch (look_for(writes.front(), *entry, found)) {
      case Seen::ours:
        found.committed = true;
        return found;
      case Seen::others:
        return found;
      case Seen::as_before:
        if (may_be_late || attempt == kTries) return outcome;
    }
  }
}

Result<CommitOutcome> put_known(Store& store, std::string key, std::string value, std::uint64_t expected,
                                std::optional<std::chrono::milliseconds> ttl, Durability durability) {
  std::vector<StoreWrite> writes;
  writes.push_back(StoreWrite::put(std::move(key), std::move(value), expected, ttl));
  auto outcome = commit_known(store, writes, durability);
  wipe(*writes.front().value);  // a token's record passes here
  return outcome;
}

}  // namespace detail
KEFU_END_NAMESPACE
