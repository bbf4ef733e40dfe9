#include "channel/inbox/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// Lost races in a row before a step gives up: each one means that others got on.
constexpr int kRaces = 100;
constexpr std::size_t kMaxLaneEvents = 1000;
constexpr std::size_t kSweepPage = 200;
constexpr std::size_t kExtendPage = 200;

Error too_many_races(std::string_view what) {
  return Error(ErrorKind::rate_limited,
               fmt::format("{} was changed by others {} times in a row: try again", what, kRaces));
}

struct StoredLane {
  LaneRecord record;
  std::uint64_t generation = 0;
};

/// The lane; one that is absent or cannot be read has no events and no owner.
Result<StoredLane> read_lane(Store& store, const std::string& key) {
  auto entry = store.get(key);
  if (!entry) return entry.error();
  StoredLane lane;
  if (!*entry) return lane;
  lane.generation = (*entry)->generation;
  if (auto record = LaneRecord::parse((*entry)->value)) lane.record = std::move(*record);
  return lane;
}

/// A lane without events is not kept.
StoreWrite put_lane(const std::string& key, const StoredLane& lane) {
  if (lane.record.events.empty()) return StoreWrite::remove(key, lane.generation);
  return StoreWrite::put(key, lane.record.text(), lane.generation);
}

}  // namespace

InboxStore::InboxStore(std::string_view name_space, std::string_view platform, std::string_view account,
                       std::string owner, const InboxOptions& options, std::shared_ptr<ReplyLedger> ledger)
    : events_(name_space, platform, "inbox", account),
      lanes_(name_space, platform, "inbox-lane", account),
      dead_(name_space, platform, "inbox-dead", account),
      polling_(name_space, platform, "inbox-poll", account),
      owner_(std::move(owner)),
      lease_(options.lease),
      answer_within_(options.answer_within),
      remember_(options.remember),
      ledger_(std::move(ledger)) {}

/// Events of one customer share a lane; an event that concerns nobody has one of its own.
std::string InboxStore::lane_key(const InboundEvent& event) const {
  StoreKey key(lanes_);
  key.add(event.customer.id);
  if (event.customer.id.empty()) key.add(event.event_id);
  return key.str();
}

/// In the order of time.
std::string InboxStore::dead_key(const EventRecord& record, std::string_view event_id) const {
  return StoreKey(dead_).add(fmt::format("{:015}", std::max<std::int64_t>(record.received, 0))).add(event_id).str();
}

StoreWrite InboxStore::put_event(std::string_view event_id, const StoredEvent& event) const {
  if (!event.record.over()) return StoreWrite::put(event_key(event_id), event.record.text(), event.generation);
  EventRecord last = event.record;
  last.raw.clear();
  return StoreWrite::put(event_key(event_id), last.text(), event.generation, remember_);
}

void InboxStore::take(LaneRecord& lane, WallTime now) const {
  lane.owner = owner_;
  lane.until = unix_millis(now + lease_);
}

bool InboxStore::is_free(const LaneRecord& lane, WallTime now) const {
  return lane.owner != owner_ && lane.until <= unix_millis(now);
}

Result<std::optional<StoredEvent>> InboxStore::load(Store& store, std::string_view event_id) const {
  auto entry = store.get(event_key(event_id));
  if (!entry) return entry.error();
  if (!*entry) return std::optional<StoredEvent>();
  auto record = EventRecord::parse((*entry)->value);
  if (!record) {
    return Error(ErrorKind::configuration,
                 fmt::format("the record of event {} is damaged or from a newer kefu: remove it", event_id));
  }
  StoredEvent event;
  event.record = std::move(*record);
  event.generation = (*entry)->generation;
  return std::optional<StoredEvent>(std::move(event));
}

/// The ledger's write, if its records are in this store.
Result<std::optional<StoreWrite>> InboxStore::plan_window(Store& store, const Store& base,
                                                          const InboundEvent& event) const {
  if (!ledger_ || ledger_->store().get() != &base) return std::optional<StoreWrite>();
  return ledger_->plan(event, store);
}

/// A ledger with a store of its own is told afterwards; it corrects itself from the platform's answers.
void InboxStore::note_window(const Store& base, const InboundEvent& event) const {
  if (ledger_ && ledger_->store().get() != &base) static_cast<void>(ledger_->note(event));
}

Accepted InboxStore::fresh(const InboundEvent& event, std::int64_t claim_until) const {
  Accepted accepted;
  accepted.is_new = true;
  accepted.lane = lane_key(event);
  EventRecord& record = accepted.event.record;
  record.received = unix_millis(event.received_time);
  record.claim_until = claim_until;
  record.accepted_by = owner_;
  record.tries = 1;
  record.raw = event.raw;
  return accepted;
}

Result<bool> InboxStore::enqueue(Store& store, const InboundEvent& event, Accepted& accepted,
                                 std::optional<StoreWrite> more, WallTime now) const {
  auto lane = read_lane(store, accepted.lane);
  if (!lane) return lane.error();
  std::vector<std::string>& events = lane->record.events;
  if (events.size() >= kMaxLaneEvents) {
    return Error(ErrorKind::rate_limited, fmt::format("{} events of one customer wait to be handled", kMaxLaneEvents));
  }
  if (events.empty() || is_free(lane->record, now)) take(lane->record, now);
  events.push_back(event.event_id);
  std::vector<StoreWrite> writes;
  writes.push_back(put_event(event.event_id, accepted.event));
  writes.push_back(put_lane(accepted.lane, *lane));
  if (more) writes.push_back(std::move(*more));
  auto outcome = store.commit(writes, Durability::full);
  if (!outcome) return outcome.error();
  if (!outcome->committed) return false;
  accepted.event.generation = outcome->generation;
  accepted.head = events.front();
  accepted.is_ours = lane->record.owner == owner_;
  return true;
}

Result<Accepted> InboxStore::accept(Store& store, const InboundEvent& event, WallTime now) const {
  auto accepted = accept(store, store, event, unix_millis(now + answer_within_), now);
  if (accepted && accepted->is_new) note_window(store, event);
  return accepted;
}

Result<Accepted> InboxStore::accept(Store& store, const Store& base, const InboundEvent& event,
                                    std::int64_t claim_until, WallTime now) const {
  Accepted accepted = fresh(event, claim_until);
  for (int race = 0; race < kRaces; ++race) {
    auto known = load(store, event.event_id);
    if (!known) return known.error();
    if (*known) return join(store, event.event_id, accepted.lane, std::move(**known), now);
    auto window = plan_window(store, base, event);
    if (!window) return window.error();
    auto committed = enqueue(store, event, accepted, std::move(*window), now);
    if (!committed) return committed.error();
    if (*committed) return accepted;
  }
  return too_many_races("the queue of one customer");
}

/// For a repeat: who works on the event? A lane whose owner is gone becomes ours.
Result<Accepted> InboxStore::join(Store& store, std::string_view event_id, const std::string& lane_name,
                                  StoredEvent known, WallTime now) const {
  Accepted accepted;
  accepted.lane = lane_name;
  accepted.event = std::move(known);
  if (accepted.event.record.over()) return accepted;
  for (int race = 0; race < kRaces; ++race) {
    auto lane = read_lane(store, lane_name);
    if (!lane) return lane.error();
    std::vector<std::string>& events = lane->record.events;
    // Only a lane that could not be read has forgotten an event that is not over.
    const bool forgotten = std::find(events.begin(), events.end(), event_id) == events.end();
    const bool take_over = events.empty() || is_free(lane->record, now);
    if (forgotten) events.emplace_back(event_id);
    if (take_over) take(lane->record, now);
    accepted.head = events.front();
    accepted.is_ours = lane->record.owner == owner_;
    if (!forgotten && !take_over) return accepted;
    auto outcome = store.commit({put_lane(lane_name, *lane)}, Durability::relaxed);
    if (!outcome) return outcome.error();
    if (outcome->committed) return accepted;
  }
  return too_many_races("the queue of one customer");
}

Result<std::uint64_t> InboxStore::save(Store& store, std::string_view event_id, const StoredEvent& event,
                                       Durability durability) const {
  auto outcome = store.commit({put_event(event_id, event)}, durability);
  if (!outcome) return outcome.error();
  return outcome->committed ? outcome->generation : 0;
}

Result<Finished> InboxStore::finish(Store& store, const std::string& lane_name, const std::string& event_id,
                                    const std::optional<StoredEvent>& last, bool stop, WallTime now) const {
  Finished finished;
  for (int race = 0; race < kRaces; ++race) {
    auto lane = read_lane(store, lane_name);
    if (!lane) return lane.error();
    std::vector<std::string>& events = lane->record.events;
    finished.is_ours = events.empty() || lane->record.owner == owner_;
    if (!finished.is_ours || events.empty()) return finished;
    if (events.front() != event_id) {
      // Done before: the commit went through although an error was reported.
      finished.next = events.front();
      return finished;
    }
    events.erase(events.begin());
    take(lane->record, now);
    if (stop) {
      lane->record.owner.clear();
      lane->record.until = 0;
    }
    std::vector<StoreWrite> writes;
    writes.push_back(put_lane(lane_name, *lane));
    if (last) {
      writes.push_back(put_event(event_id, *last));
      if (last->record.state == EventRecord::State::dead) {
        DeadRecord dead;
        dead.received = last->record.received;
        dead.tries = last->record.tries;
        dead.why = last->record.why;
        dead.raw = last->record.raw;
        writes.push_back(StoreWrite::put(dead_key(last->record, event_id), dead.text(), 0));
      }
    }
    auto outcome = store.commit(writes, Durability::relaxed);
    if (!outcome) return outcome.error();
    if (outcome->committed) {
      if (!events.empty() && !stop) finished.next = events.front();
      return finished;
    }
    if (outcome->conflict != 0) {
      finished.record_changed = true;
      return finished;
    }
  }
  return too_many_races("the queue of one customer");
}

Result<void> InboxStore::let_go(Store& store, const std::string& lane_name) const {
  for (int race = 0; race < kRaces; ++race) {
    auto lane = read_lane(store, lane_name);
    if (!lane) return lane.error();
    if (lane->record.events.empty() || lane->record.owner != owner_) return {};
    lane->record.owner.clear();
    lane->record.until = 0;
    auto outcome = store.commit({put_lane(lane_name, *lane)}, Durability::relaxed);
    if (!outcome) return outcome.error();
    if (outcome->committed) return {};
  }
  return too_many_races("the queue of one customer");
}

Result<std::vector<std::string>> InboxStore::extend(Store& store, const std::vector<std::string>& lanes,
                                                    WallTime now) const {
  std::vector<std::string> lost;
  std::vector<std::string> to_do = lanes;
  for (int race = 0; race < kRaces && !to_do.empty(); ++race) {
    const std::size_t count = std::min(to_do.size(), kExtendPage);
    std::vector<StoreWrite> writes;
    std::vector<std::string> again(to_do.begin() + static_cast<std::ptrdiff_t>(count), to_do.end());
    for (std::size_t i = 0; i < count; ++i) {
      auto lane = read_lane(store, to_do[i]);
      if (!lane) return lane.error();
      if (lane->record.owner != owner_) {
        lost.push_back(to_do[i]);
        continue;
      }
      take(lane->record, now);
      writes.push_back(put_lane(to_do[i], *lane));
    }
    auto outcome = store.commit(writes, Durability::relaxed);
    if (!outcome) return outcome.error();
    if (outcome->committed) {
      to_do = std::move(again);
      race = 0;
    } else {
      lost.clear();
      to_do = lanes;
    }
  }
  return lost;
}

Result<Swept> InboxStore::sweep(Store& store, const std::string& after, std::size_t room, WallTime now) const {
  Swept swept;
  auto page = store.list(lanes_.prefix(), after, kSweepPage);
  if (!page) return page.error();
  for (auto& [key, entry] : page->items) {
    StoredLane lane;
    lane.generation = entry.generation;
    auto record = LaneRecord::parse(entry.value);
    if (!record || record->events.empty()) continue;
    lane.record = std::move(*record);
    if (is_free(lane.record, now)) {
      if (swept.taken_over >= room) continue;
      take(lane.record, now);
      auto outcome = store.commit({put_lane(key, lane)}, Durability::relaxed);
      if (!outcome) return outcome.error();
      if (!outcome->committed) continue;
      ++swept.taken_over;
    } else if (lane.record.owner != owner_) {
      continue;
    }
    swept.lanes.emplace_back(key, lane.record.events.front());
  }
  swept.after = std::move(page->next);
  return swept;
}

Result<std::optional<StoredEvent>> InboxStore::claim(Store& store, std::string_view event_id) const {
  auto event = load(store, event_id);
  if (!event || !*event || (*event)->record.state != EventRecord::State::ready) return event;
  (*event)->record.state = EventRecord::State::done;
  auto generation = save(store, event_id, **event, Durability::full);
  if (!generation) return generation.error();
  if (*generation == 0) return load(store, event_id);
  return event;
}

}  // namespace detail
KEFU_END_NAMESPACE
