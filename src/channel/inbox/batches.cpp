#include "channel/inbox/store.hpp"

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// Lost races in a row before a batch is given back to its poller.
constexpr int kBatchRaces = 100;
/// An event is at most its record, its lane and its reply window.
constexpr std::size_t kWritesPerEvent = 3;
/// Leaves room in a commit for the last event and the cursor.
constexpr std::size_t kPartBytes = Store::kMaxCommitSize / 4;

}  // namespace

/// Stages events after the `accepted` ones while there is room; answers how many are done then. An event that no store
/// can take must not hold up the others: its error stands for it.
Result<std::size_t> InboxStore::accept_part(StagedStore& staged, const Store& base,
                                            const std::vector<InboundEvent>& events, std::size_t room,
                                            std::vector<Result<Accepted>>& accepted, WallTime now) const {
  while (accepted.size() < events.size() && staged.bytes() < kPartBytes && staged.count() + kWritesPerEvent <= room) {
    auto outcome = accept(staged, base, events[accepted.size()], 0, now);
    if (!outcome && outcome.error().kind() != ErrorKind::bad_argument) return outcome.error();
    accepted.push_back(std::move(outcome));
  }
  return accepted.size();
}

Result<TakenBatch> InboxStore::accept_batch(Store& store, const std::vector<InboundEvent>& events,
                                            const std::vector<StoreWrite>& cursor, WallTime now) const {
  TakenBatch taken;
  const std::size_t room = Store::kMaxWrites - cursor.size();
  for (int race = 0; race < kBatchRaces; ++race) {
    const std::size_t done = taken.events.size();
    StagedStore staged(store);
    std::vector<Result<Accepted>> accepted = taken.events;
    auto reached = accept_part(staged, store, events, room, accepted, now);
    if (!reached) return reached.error();
    const bool is_last = *reached == events.size();
    std::vector<StoreWrite> writes = staged.writes();
    if (is_last) writes.insert(writes.end(), cursor.begin(), cursor.end());
    auto outcome = store.commit(writes, staged.durability());
    if (!outcome) return outcome.error();
    if (!outcome->committed) {
      if (outcome->conflict < staged.count()) continue;
      taken.is_lost = true;
      return taken;
    }
    for (std::size_t i = done; i < accepted.size(); ++i) {
      if (!accepted[i] || !accepted[i]->is_new) continue;
      accepted[i]->event.generation = outcome->generation;
      note_window(store, events[i]);
    }
    taken.events = std::move(accepted);
    if (is_last) return taken;
    race = 0;
  }
  return Error(ErrorKind::rate_limited, "the queues of a poll's customers were changed by others again and again");
}

}  // namespace detail
KEFU_END_NAMESPACE
