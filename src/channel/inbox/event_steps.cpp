#include "channel/inbox/event_steps.hpp"

#include "channel/inbox/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kMaxLaneEvents = 1000;
constexpr std::string_view kTooManyWait = "too many events of this customer wait to be handled";

Error changed_by_others() { return Error(ErrorKind::conflict, "somebody else changed the record meanwhile"); }

/// For steps that end with their commit.
Result<void> as_conflict(const Result<CommitOutcome>& outcome) {
  if (!outcome) return outcome.error();
  if (!outcome->committed) return changed_by_others();
  return {};
}

std::vector<StoreWrite> one(StoreWrite write) {
  std::vector<StoreWrite> writes;
  writes.push_back(std::move(write));
  return writes;
}

struct StoredHuman {
  HumanRecord record;
  std::uint64_t generation = 0;
};

Result<StoredHuman> read_human(StagedStore& view, const std::string& key) {
  auto entry = view.look(key);
  if (!entry) return entry.error();
  StoredHuman human;
  if (*entry == nullptr) return human;
  human.generation = (*entry)->generation;
  if (auto record = HumanRecord::parse((*entry)->value)) human.record = std::move(*record);
  return human;
}

/// Remembers when a human last wrote to the customer, so that no pending answer of a machine comes after it.
Result<std::optional<StoreWrite>> note_human(StagedStore& view, const InboxAccount& account, const InboundEvent& event,
                                             std::chrono::seconds kept) {
  const auto* spoke = std::get_if<AgentSpoke>(&event.payload);
  if (spoke == nullptr || event.customer.id.empty()) return std::optional<StoreWrite>();
  std::string key = account.keys.human(account.keys.lane(event));
  auto human = read_human(view, key);
  if (!human) return human.error();
  const std::int64_t at = unix_millis(event.platform_time);
  if (at <= human->record.spoke || !human->record.is_human(spoke->body)) return std::optional<StoreWrite>();
  human->record.spoke = at;
  return std::make_optional(StoreWrite::put(std::move(key), human->record.text(), human->generation, kept));
}

}  // namespace

struct EventSteps::StoredLane {
  LaneRecord record;
  std::uint64_t generation = 0;
  LaneLook look(const std::string& session) const {
    LaneLook look;
    look.is_ours = record.owner == session;
    if (!record.events.empty()) look.head = record.events.front();
    return look;
  }
};

StoreKey EventSteps::session_keys(std::string_view name_space) { return Session::keys(name_space); }
std::string EventSteps::free_key(std::string_view name_space) { return Session::free_key(name_space); }

Result<void> EventSteps::tell_free(StagedStore& view, const std::string& session,
                                   std::vector<StoreWrite>& writes) const {
  auto entry = view.look(free_key_);
  if (!entry) return entry.error();
  writes.push_back(StoreWrite::put(free_key_, session, *entry == nullptr ? 0 : (*entry)->generation));
  return {};
}

/// The lane; one that is absent or cannot be read has no events and no owner.
Result<EventSteps::StoredLane> EventSteps::read_lane(StagedStore& view, const std::string& key) {
  auto entry = view.look(key);
  if (!entry) return entry.error();
  StoredLane lane;
  if (*entry == nullptr) return lane;
  lane.generation = (*entry)->generation;
  if (auto record = LaneRecord::parse((*entry)->value)) lane.record = std::move(*record);
  return lane;
}

/// A lane without events is not kept.
StoreWrite EventSteps::put_lane(const std::string& key, const StoredLane& lane) {
  if (lane.record.events.empty()) return StoreWrite::remove(key, lane.generation);
  return StoreWrite::put(key, lane.record.text(), lane.generation);
}

StoreWrite EventSteps::put_event(const std::string& key, const EventRecord& record, std::uint64_t expected) const {
  if (!record.over()) return StoreWrite::put(key, record.text(), expected);
  return StoreWrite::put(key, record.text(), expected, remember_);
}

Result<bool> EventSteps::is_over(StagedStore& view, std::string_view session) const {
  if (session.empty()) return true;
  auto entry = view.look(sessions_.with(session));
  if (!entry) return entry.error();
  return *entry == nullptr;
}

Result<bool> EventSteps::human_spoke(StagedStore& view, const AccountKeys& keys, const std::string& lane,
                                     std::int64_t asked) {
  auto human = read_human(view, keys.human(lane));
  if (!human) return human.error();
  return human->record.spoke > asked;
}

Result<StoreWrite> EventSteps::note_own(StagedStore& view, const AccountKeys& keys, const std::string& lane,
                                        std::string_view said) const {
  std::string key = keys.human(lane);
  auto human = read_human(view, key);
  if (!human) return human.error();
  human->record.add_own(said);
  return StoreWrite::put(std::move(key), human->record.text(), human->generation, remember_);
}

/// Makes the lane ours if it may be, and adds what that demands. False: its owner lives.
Result<bool> EventSteps::take(StagedStore& view, const std::string& session, StoredLane& lane,
                              std::vector<StoreWrite>& writes) const {
  LaneRecord& record = lane.record;
  if (record.owner == session) return true;
  if (!record.events.empty() && !record.owner.empty()) {
    auto free = is_over(view, record.owner);
    if (!free || !*free) return free;
    writes.push_back(StoreWrite::remove(sessions_.with(record.owner), 0));
  }
  record.owner = session;
  return true;
}

Result<std::optional<StoredEvent>> EventSteps::load(StagedStore& view, const std::string& key) {
  auto entry = view.look(key);
  if (!entry) return entry.error();
  if (*entry == nullptr) return std::optional<StoredEvent>();
  auto record = EventRecord::parse((*entry)->value);
  if (!record)
    return Error(
        ErrorKind::configuration,
        fmt::format("the record of event {} is damaged or from a newer kefu: remove it", AccountKeys::event_of(key)));
  StoredEvent event;
  event.record = std::move(*record);
  event.generation = (*entry)->generation;
  return std::optional<StoredEvent>(std::move(event));
}

Result<Accepted> EventSteps::accept(StagedStore& view, const std::string& session, const InboxAccount& account,
                                    const InboundEvent& event, EventRecord fresh, bool must_take) const {
  Accepted accepted;
  accepted.lane = account.keys.lane(event);
  const std::string key = account.keys.event(event.event_id);
  auto known = load(view, key);
  if (!known) return known.error();
  if (*known) {
    accepted.event = std::move(**known);
    return join(view, session, event.event_id, std::move(accepted));
  }
  auto lane = read_lane(view, accepted.lane);
  if (!lane) return lane.error();
  std::vector<std::string>& events = lane->record.events;
  const bool is_full = events.size() >= kMaxLaneEvents;
  if (is_full && !must_take) {
    accepted.fate = EventFate::full;
    return accepted;
  }
  std::vector<StoreWrite> writes;
  writes.reserve(4);
  fresh.accepted_by = session;
  if (is_full) {
    accepted.fate = EventFate::buried;
    fresh.state = EventRecord::State::dead;
    fresh.why = kTooManyWait;
    writes.push_back(put_dead(account.keys, event.event_id, fresh));
  } else {
    auto ours = take(view, session, *lane, writes);
    if (!ours) return ours.error();
    accepted.is_ours = *ours;
    events.push_back(event.event_id);
    writes.push_back(put_lane(accepted.lane, *lane));
  }
  writes.push_back(put_event(key, fresh, 0));
  if (writes.back().value->size() > EventRecord::kLargestFresh)
    return Error(ErrorKind::bad_argument, "the event is larger than what a store keeps");
  const auto& ledger = account.channel->ledger();
  if (ledger && ledger->store().get() == &view.base()) {
    auto window = ledger->plan(event, view);
    if (!window) return window.error();
    if (*window) writes.push_back(std::move(**window));
  }
  auto human = note_human(view, account, event, remember_);
  if (!human) return human.error();
  if (*human) writes.push_back(std::move(**human));
  auto outcome = view.stage(std::move(writes), Durability::full);
  if (auto error = as_conflict(outcome); !error) return error.error();
  accepted.event.record = std::move(fresh);
  accepted.head = events.front();
  return accepted;
}

void EventSteps::note_window(const Store& base, const InboxAccount& account, const InboundEvent& event) {
  const auto& ledger = account.channel->ledger();
  if (ledger && ledger->store().get() != &base) static_cast<void>(ledger->note(event));
}

/// For a repeat: who works on the event? A lane whose owner is gone becomes ours.
Result<Accepted> EventSteps::join(StagedStore& view, const std::string& session, const std::string& event_id,
                                  Accepted accepted) const {
  accepted.fate = EventFate::duplicate;
  if (accepted.event.record.over()) return accepted;
  auto lane = read_lane(view, accepted.lane);
  if (!lane) return lane.error();
  std::vector<std::string>& events = lane->record.events;
  const std::string owner = lane->record.owner;
  std::vector<StoreWrite> writes;
  auto ours = take(view, session, *lane, writes);
  if (!ours) return ours.error();
  // Only a lane that could not be read has forgotten an event that is not over.
  const bool forgotten = std::find(events.begin(), events.end(), event_id) == events.end();
  if (forgotten) events.push_back(event_id);
  accepted.head = events.front();
  accepted.is_ours = *ours;
  if (!forgotten && lane->record.owner == owner) return accepted;
  writes.push_back(put_lane(accepted.lane, *lane));
  if (auto error = as_conflict(view.stage(std::move(writes), Durability::relaxed)); !error) return error.error();
  return accepted;
}

Result<LaneLook> EventSteps::take(StagedStore& view, const std::string& session, const std::string& key) const {
  auto lane = read_lane(view, key);
  if (!lane) return lane.error();
  if (lane->record.events.empty()) return LaneLook();
  const bool was_ours = lane->record.owner == session;
  std::vector<StoreWrite> writes;
  auto ours = take(view, session, *lane, writes);
  if (!ours) return ours.error();
  if (*ours && !was_ours) {
    writes.push_back(put_lane(key, *lane));
    if (auto error = as_conflict(view.stage(std::move(writes), Durability::relaxed)); !error) return error.error();
  }
  return lane->look(session);
}

Result<void> EventSteps::let_go(StagedStore& view, const std::string& session, const std::string& key) const {
  auto lane = read_lane(view, key);
  if (!lane) return lane.error();
  if (lane->record.events.empty() || lane->record.owner != session) return {};
  lane->record.owner.clear();
  std::vector<StoreWrite> writes = one(put_lane(key, *lane));
  if (auto told = tell_free(view, session, writes); !told) return told;
  return as_conflict(view.stage(std::move(writes), Durability::relaxed));
}

Result<void> EventSteps::save(StagedStore& view, StoreWrite record, Durability durability,
                              std::optional<StoreWrite> more) {
  std::vector<StoreWrite> writes = one(std::move(record));
  if (more) writes.push_back(std::move(*more));
  return as_conflict(view.stage(std::move(writes), durability));
}

Result<LaneLook> EventSteps::finish(StagedStore& view, const std::string& session, const AccountKeys& keys,
                                    const std::string& lane_key, const std::string& event_id, const StoredEvent& event,
                                    const EventEnd& end, Durability durability) const {
  auto lane = read_lane(view, lane_key);
  if (!lane) return lane.error();
  std::vector<StoreWrite> writes;
  writes.reserve(end.also.size() + 4);
  writes.push_back(put_event(keys.event(event_id), event.record, event.generation));
  std::vector<std::string>& events = lane->record.events;
  const auto place = std::find(events.begin(), events.end(), event_id);
  if (place != events.end() && event.record.over()) {
    events.erase(place);
    const bool lets_go = end.lets_go && !events.empty() && lane->record.owner == session;
    if (lets_go) lane->record.owner.clear();
    writes.push_back(put_lane(lane_key, *lane));
    if (lets_go) {
      if (auto told = tell_free(view, session, writes); !told) return told.error();
    }
  }
  if (event.record.state == EventRecord::State::dead) {
    writes.push_back(put_dead(keys, event_id, event.record));
  }
  writes.insert(writes.end(), end.also.begin(), end.also.end());
  if (auto error = as_conflict(view.stage(std::move(writes), durability)); !error) return error.error();
  return lane->look(session);
}

Result<LaneLook> EventSteps::pass_over(StagedStore& view, const std::string& session, const std::string& key,
                                       const std::string& event_id) const {
  auto lane = read_lane(view, key);
  if (!lane) return lane.error();
  std::vector<std::string>& events = lane->record.events;
  const auto place = std::find(events.begin(), events.end(), event_id);
  if (place == events.end() || lane->record.owner != session) return lane->look(session);
  events.erase(place);
  if (auto error = as_conflict(view.stage(one(put_lane(key, *lane)), Durability::relaxed)); !error)
    return error.error();
  return lane->look(session);
}

StoreWrite EventSteps::put_dead(const AccountKeys& keys, const std::string& event_id, const EventRecord& record) {
  DeadRecord dead;
  dead.received = record.received;
  dead.tries = record.tries;
  dead.why = record.why;
  dead.raw = record.raw;
  return StoreWrite::put(keys.dead(dead.received, event_id), dead.text(), 0);
}

Result<bool> EventSteps::bury_lane(StagedStore& view, const std::string& session, const AccountKeys& keys,
                                   const std::string& lane_key, const std::string& why) const {
  constexpr std::size_t kAtATime = 10;
  auto lane = read_lane(view, lane_key);
  if (!lane) return lane.error();
  std::vector<std::string>& events = lane->record.events;
  std::vector<StoreWrite> writes;
  auto ours = take(view, session, *lane, writes);
  if (!ours) return ours.error();
  if (!*ours || events.empty()) return false;
  const std::size_t count = std::min(events.size(), kAtATime);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string key = keys.event(events[i]);
    auto event = load(view, key);
    if (!event) return event.error();
    if (!*event || (*event)->record.over()) continue;
    EventRecord& record = (*event)->record;
    record.state = EventRecord::State::dead;
    record.why = why;
    writes.push_back(put_dead(keys, events[i], record));
    writes.push_back(put_event(key, record, (*event)->generation));
  }
  events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(count));
  writes.push_back(put_lane(lane_key, *lane));
  if (auto error = as_conflict(view.stage(std::move(writes), Durability::full)); !error) return error.error();
  return !events.empty();
}

Result<Accepted> EventSteps::revive(StagedStore& view, const std::string& session, const InboxAccount& account,
                                    const InboundEvent& event, const std::string& dead_key) const {
  auto letter = view.look(dead_key);
  if (!letter) return letter.error();
  if (*letter == nullptr) return Error(ErrorKind::not_found, "the dead letter was revived or dismissed");
  std::vector<StoreWrite> writes;
  writes.push_back(StoreWrite::remove(dead_key, (*letter)->generation));
  Accepted accepted;
  accepted.lane = account.keys.lane(event);
  EventRecord& record = accepted.event.record;
  record.received = unix_millis(event.received_time);
  record.asked = unix_millis(event.platform_time);
  record.accepted_by = session;
  record.raw = event.raw;
  const std::string key = account.keys.event(event.event_id);
  auto known = view.look(key);
  if (!known) return known.error();
  writes.push_back(put_event(key, record, *known == nullptr ? 0 : (*known)->generation));
  auto lane = read_lane(view, accepted.lane);
  if (!lane) return lane.error();
  if (lane->record.events.size() >= kMaxLaneEvents) return Error(ErrorKind::rate_limited, std::string(kTooManyWait));
  auto ours = take(view, session, *lane, writes);
  if (!ours) return ours.error();
  lane->record.events.push_back(event.event_id);
  writes.push_back(put_lane(accepted.lane, *lane));
  if (auto error = as_conflict(view.stage(std::move(writes), Durability::full)); !error) return error.error();
  accepted.head = lane->record.events.front();
  accepted.is_ours = *ours;
  return accepted;
}

}  // namespace detail
KEFU_END_NAMESPACE
