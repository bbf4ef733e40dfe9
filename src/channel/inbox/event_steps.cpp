#include "channel/inbox/event_steps.hpp"

#include "channel/inbox/human_lines.hpp"
#include "channel/inbox/session.hpp"
#include "core/crypto/crypto.hpp"
#include "core/text/utf8.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kMaxLaneEvents = 1000;
constexpr std::string_view kTooManyWait = "too many events of this customer wait to be handled";

}  // namespace

struct EventSteps::StoredLane {
  LaneRecord record;
  StagedStore::Slot slot = 0;
  std::string unread;  ///< What stands there, if it cannot be read; then the record is empty.
  LaneLook look(const std::string& session) const {
    LaneLook look;
    look.is_ours = record.owner == session;
    if (!record.events.empty()) look.head = record.events.front();
    return look;
  }
  /// What a commit makes of it.
  std::shared_ptr<KnownLane> known(const std::string& session) {
    const bool is_kept = record.owner == session && !record.events.empty();
    return is_kept ? std::make_shared<KnownLane>(std::move(record)) : nullptr;
  }
};

StoreKey EventSteps::session_keys(std::string_view name_space) { return Session::keys(name_space); }
std::string EventSteps::free_key(std::string_view name_space) { return Session::free_key(name_space); }

Result<void> EventSteps::tell_free(StagedStore& view, StagedStore::Draft& draft, const std::string& session) const {
  auto entry = view.at(free_key_);
  if (!entry) return entry.error();
  draft.put(*entry) = session;
  return {};
}

/// The lane; one that is absent or cannot be read has no events and no owner. See put_unread().
Result<EventSteps::StoredLane> EventSteps::read_lane(StagedStore& view, const std::string& key) {
  auto slot = view.at(key);
  if (!slot) return slot.error();
  StoredLane lane;
  lane.slot = *slot;
  const StoreEntry* entry = view.entry(*slot);
  if (entry == nullptr) return lane;
  if (auto record = LaneRecord::parse(entry->value)) {
    lane.record = std::move(*record);
  } else {
    lane.unread = entry->value;
  }
  return lane;
}

/// A lane that cannot be read begins anew; what stood there becomes a dead letter, so that nothing that waited is lost
/// without a trace. True if there was anything.
Result<bool> EventSteps::put_unread(StagedStore& view, StagedStore::Draft& draft, const AccountKeys& keys,
                                    const std::string& lane_key, const StoredLane& lane) {
  if (lane.unread.empty()) return false;
  auto now = view.now();
  if (!now) return now.error();
  DeadRecord dead;
  dead.received = unix_millis(*now);
  dead.why =
      "the list of the events that waited for a customer is damaged or from a newer kefu; it stands here as it was, "
      "and "
      "none of them is handled unless the platform brings it again. Customer: " +
      AccountKeys::event_of(lane_key);
  dead.raw = utf8_cut(lane.unread, kLongestUnread);
  const std::string id = "queue-" + digest(DigestKind::sha256, lane_key + lane.unread).hex().substr(0, 32);
  const auto slot = view.expect(keys.dead(dead.received, id), 0);
  if (!slot) return changed_by_others();
  draft.put(*slot) = dead.text();
  return true;
}

/// The lane without a held event; not read where our session knows it. `was_there`: with it.
Result<EventSteps::StoredLane> EventSteps::rest_of(StagedStore& view, const HeldEvent& held, bool& was_there) {
  const KnownLane* known = held.known_lane.get();
  const auto slot = known == nullptr ? std::nullopt : view.expect(held.lane, known->generation);
  StoredLane lane;
  if (slot) {
    lane.slot = *slot;
    lane.record.owner = known->record.owner;
    std::remove_copy(known->record.events.begin(), known->record.events.end(), std::back_inserter(lane.record.events),
                     held.id);
    was_there = lane.record.events.size() < known->record.events.size();
    return lane;
  }
  auto read = read_lane(view, held.lane);
  if (!read) return read;
  std::vector<std::string>& events = read->record.events;
  const auto place = std::find(events.begin(), events.end(), held.id);
  was_there = place != events.end();
  if (was_there) events.erase(place);
  return read;
}

/// A lane without events is not kept.
void EventSteps::put_lane(StagedStore::Draft& draft, const StoredLane& lane) {
  if (lane.record.events.empty()) return draft.remove(lane.slot);
  lane.record.write(draft.put(lane.slot));
}

Result<bool> EventSteps::is_over(StagedStore& view, std::string_view session) const {
  if (session.empty()) return true;
  auto entry = view.look(sessions_.with(session));
  if (!entry) return entry.error();
  return *entry == nullptr;
}

Result<bool> EventSteps::demand_over(StagedStore& view, StagedStore::Draft& draft, std::string_view session) const {
  auto entry = view.at(sessions_.with(session));
  if (!entry) return entry.error();
  if (view.entry(*entry) != nullptr) return false;
  draft.demand_absent(*entry);
  return true;
}

/// Makes the lane ours if it may be, and drafts what that demands. False: its owner lives.
Result<bool> EventSteps::take(StagedStore& view, StagedStore::Draft& draft, const std::string& session,
                              StoredLane& lane) const {
  LaneRecord& record = lane.record;
  if (record.owner == session) return true;
  if (!record.events.empty() && !record.owner.empty()) {
    auto over = demand_over(view, draft, record.owner);
    if (!over || !*over) return over;
  }
  record.owner = session;
  return true;
}

Result<Accepted> EventSteps::accept(StagedStore& view, const std::string& session, const HeldEvent& held,
                                    EventRecord fresh, bool must_take) const {
  const InboxAccount& account = *held.account;
  Accepted accepted;
  auto known = read(view, held.key);
  if (!known) return known.error();
  // Who has it in hand buries it; what comes again must hold nobody up.
  if (*known && (*known)->is_unread) return unreadable(held.key, ErrorKind::bad_argument);
  if (*known) {
    accepted.event = std::move(**known);
    return join(view, session, held, std::move(accepted));
  }
  auto lane = read_lane(view, held.lane);
  if (!lane) return lane.error();
  std::vector<std::string>& events = lane->record.events;
  const bool is_full = events.size() >= kMaxLaneEvents;
  if (is_full && !must_take) {
    accepted.fate = EventFate::full;
    return accepted;
  }
  StagedStore::Draft draft = view.draft();
  fresh.accepted_by = session;
  if (is_full) {
    accepted.fate = EventFate::buried;
    fresh.state = EventRecord::State::dead;
    fresh.why = kTooManyWait;
    if (auto dead = put_dead(view, draft, account.keys, held.id, fresh, fresh); !dead) return dead.error();
  } else {
    auto ours = take(view, draft, session, *lane);
    if (!ours) return ours.error();
    if (auto unread = put_unread(view, draft, account.keys, held.lane, *lane); !unread) return unread.error();
    accepted.is_ours = *ours;
    events.push_back(held.id);
    put_lane(draft, *lane);
  }
  // One that waits behind others, or for another process, is given to nobody yet.
  fresh.tries = accepted.is_ours && events.size() == 1 ? 1 : 0;
  if (put_event(draft, *view.expect(held.key, 0), fresh, fresh) > EventRecord::kLargestFresh)
    return Error(ErrorKind::bad_argument, "the event is larger than what a store keeps");
  if (auto noted = note_contact(view, draft, account, *held.event); !noted) return noted.error();
  if (auto human = note_human(view, draft, held); !human) return human.error();
  if (auto staged = draft.stage(Durability::full); !staged) return staged.error();
  accepted.event.record = std::move(fresh);
  accepted.is_first = events.size() == 1;
  if (!accepted.is_first) accepted.head = events.front();
  if (!is_full) accepted.known_lane = lane->known(session);
  return accepted;
}

/// What the event means for the account's reply window, where that stands in the same store.
Result<void> EventSteps::note_contact(StagedStore& view, StagedStore::Draft& draft, const InboxAccount& account,
                                      const InboundEvent& event) {
  const auto& ledger = account.channel->ledger();
  if (!ledger || ledger->store().get() != &view.base()) return {};
  auto window = ledger->plan(event, view);
  if (!window) return window.error();
  if (*window && !draft.add(std::move(**window))) return changed_by_others();
  return {};
}

void EventSteps::note_window(const Store& base, const InboxAccount& account, const InboundEvent& event) {
  const auto& ledger = account.channel->ledger();
  if (ledger && ledger->store().get() != &base) static_cast<void>(ledger->note(event));
}

/// For a repeat: who works on the event? A lane whose owner is gone becomes ours.
Result<Accepted> EventSteps::join(StagedStore& view, const std::string& session, const HeldEvent& held,
                                  Accepted accepted) const {
  accepted.fate = EventFate::duplicate;
  if (accepted.event.record.over()) return accepted;
  auto lane = read_lane(view, held.lane);
  if (!lane) return lane.error();
  std::vector<std::string>& events = lane->record.events;
  const std::string owner = lane->record.owner;
  StagedStore::Draft draft = view.draft();
  auto ours = take(view, draft, session, *lane);
  if (!ours) return ours.error();
  // Only a lane that could not be read has forgotten an event that is not over.
  const bool forgotten = std::find(events.begin(), events.end(), held.id) == events.end();
  if (forgotten) events.push_back(held.id);
  accepted.head = events.front();
  accepted.is_ours = *ours;
  if (!forgotten && lane->record.owner == owner) return accepted;
  const AccountKeys& keys = held.account->keys;
  if (auto unread = put_unread(view, draft, keys, held.lane, *lane); !unread) return unread.error();
  put_lane(draft, *lane);
  if (auto staged = draft.stage(Durability::relaxed); !staged) return staged.error();
  return accepted;
}

Result<LaneLook> EventSteps::take(StagedStore& view, const std::string& session, const AccountKeys& keys,
                                  const std::string& key) const {
  auto lane = read_lane(view, key);
  if (!lane) return lane.error();
  const bool was_ours = lane->record.owner == session;
  StagedStore::Draft draft = view.draft();
  auto unread = put_unread(view, draft, keys, key, *lane);
  if (!unread) return unread.error();
  if (*unread) {
    put_lane(draft, *lane);
    if (auto staged = draft.stage(Durability::full); !staged) return staged.error();
    LaneLook look;
    look.is_buried = true;
    return look;
  }
  if (lane->record.events.empty()) return LaneLook();
  auto ours = take(view, draft, session, *lane);
  if (!ours) return ours.error();
  if (*ours && !was_ours) {
    put_lane(draft, *lane);
    if (auto staged = draft.stage(Durability::relaxed); !staged) return staged.error();
  }
  return lane->look(session);
}

Result<void> EventSteps::let_go(StagedStore& view, const std::string& session, const std::string& key) const {
  auto lane = read_lane(view, key);
  if (!lane) return lane.error();
  if (lane->record.events.empty() || lane->record.owner != session) return {};
  lane->record.owner.clear();
  StagedStore::Draft draft = view.draft();
  put_lane(draft, *lane);
  if (auto told = tell_free(view, draft, session); !told) return told;
  return draft.stage(Durability::relaxed);
}

Result<Acknowledged> EventSteps::acknowledge(StagedStore& view, const std::string& session,
                                             const HeldEvent& held) const {
  auto event = load(view, held.key);
  if (!event) return event.error();
  if (!*event) return Error(ErrorKind::not_found, "the event's record is gone");
  Acknowledged result;
  const EventRecord& record = (*event)->record;
  const bool is_claimed = record.delivery && record.delivery->state == OutboxRecord::State::claimed;
  if (!record.over() && !is_claimed) {
    result.may_be = true;
    auto knows = record.acknowledged ? Result<bool>(false) : owner_knows_notes(view, session, held.lane);
    if (!knows) return knows.error();
    if (*knows) {
      if (auto noted = note_acknowledged(view, held.key, **event); !noted) return noted.error();
    }
  }
  result.record = std::move((*event)->record);
  return result;
}

Result<bool> EventSteps::owner_knows_notes(StagedStore& view, const std::string& session,
                                           const std::string& lane_key) const {
  auto lane = read_lane(view, lane_key);
  if (!lane) return lane.error();
  const std::string& owner = lane->record.owner;
  if (owner.empty() || owner == session) return true;
  auto entry = view.look(sessions_.with(owner));
  if (!entry) return entry.error();
  return *entry == nullptr || Session::knows_notes((*entry)->value);
}

Result<LaneLook> EventSteps::finish(StagedStore& view, const std::string& session, const HeldEvent& held,
                                    const StoredEvent& event, const EventProgress& progress, const EventEnd& end,
                                    Durability durability) const {
  bool was_there = false;
  auto lane = rest_of(view, held, was_there);
  if (!lane) return lane.error();
  StagedStore::Draft draft = view.draft();
  auto size = put_known(view, draft, held, event, progress);
  if (!size) return size.error();
  if (!progress.over() && *size > EventRecord::kLargestAnswered)
    return Error(ErrorKind::bad_argument, "the answer is larger than what a store keeps with its event");
  const bool moves_on = was_there && progress.over();
  if (moves_on) {
    const bool lets_go = end.lets_go && !lane->record.events.empty() && lane->record.owner == session;
    if (lets_go) lane->record.owner.clear();
    put_lane(draft, *lane);
    if (lets_go) {
      if (auto told = tell_free(view, draft, session); !told) return told.error();
    }
  }
  if (progress.state == EventRecord::State::dead) {
    if (auto dead = put_dead(view, draft, held.account->keys, held.id, event.record, progress); !dead)
      return dead.error();
  }
  if (!end.also.empty()) {
    auto conflict = draft.add(end.also);
    if (!conflict) return conflict.error();
    if (*conflict) return changed_by_others();
  }
  if (auto staged = draft.stage(durability); !staged) return staged.error();
  LaneLook look = lane->look(session);
  if (moves_on) look.known = lane->known(session);
  return look;
}

Result<LaneLook> EventSteps::pass_over(StagedStore& view, const std::string& session, const std::string& key,
                                       const std::string& event_id) const {
  auto lane = read_lane(view, key);
  if (!lane) return lane.error();
  std::vector<std::string>& events = lane->record.events;
  const auto place = std::find(events.begin(), events.end(), event_id);
  if (place == events.end() || lane->record.owner != session) return lane->look(session);
  events.erase(place);
  StagedStore::Draft draft = view.draft();
  put_lane(draft, *lane);
  if (auto staged = draft.stage(Durability::relaxed); !staged) return staged.error();
  return lane->look(session);
}

Result<void> EventSteps::put_dead(StagedStore& view, StagedStore::Draft& draft, const AccountKeys& keys,
                                  const std::string& event_id, const EventRecord& record,
                                  const EventProgress& progress) {
  DeadRecord dead;
  dead.received = record.received;
  dead.tries = progress.tries;
  dead.why = progress.why;
  dead.raw = record.raw;
  const auto slot = view.expect(keys.dead(dead.received, event_id), 0);
  if (!slot) return changed_by_others();
  draft.put(*slot) = dead.text();
  return {};
}

Result<bool> EventSteps::bury_lane(StagedStore& view, const std::string& session, const AccountKeys& keys,
                                   const std::string& lane_key, const std::string& why) const {
  constexpr std::size_t kAtATime = 10;
  auto lane = read_lane(view, lane_key);
  if (!lane) return lane.error();
  std::vector<std::string>& events = lane->record.events;
  StagedStore::Draft draft = view.draft();
  auto ours = take(view, draft, session, *lane);
  if (!ours) return ours.error();
  if (!*ours || events.empty()) return false;
  const std::size_t count = std::min(events.size(), kAtATime);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string key = keys.event(events[i]);
    auto event = read(view, key);
    if (!event) return event.error();
    if (!*event || (*event)->record.over()) continue;
    EventRecord& record = (*event)->record;
    record.state = EventRecord::State::dead;
    record.why = why;
    if (auto dead = put_dead(view, draft, keys, events[i], record, record); !dead) return dead.error();
    put_event(draft, *view.expect(key, (*event)->generation), record, record);
  }
  events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(count));
  put_lane(draft, *lane);
  if (auto staged = draft.stage(Durability::full); !staged) return staged.error();
  return !events.empty();
}

Result<Accepted> EventSteps::revive(StagedStore& view, const std::string& session, const InboxAccount& account,
                                    const InboundEvent& event, const std::string& dead_key) const {
  auto letter = view.at(dead_key);
  if (!letter) return letter.error();
  if (view.entry(*letter) == nullptr) return Error(ErrorKind::not_found, "the dead letter was revived or dismissed");
  Accepted accepted;
  EventRecord& record = accepted.event.record;
  record.received = unix_millis(event.received_time);
  record.asked = unix_millis(event.platform_time);
  record.accepted_by = session;
  record.acknowledged = 0;  // its requests are long over
  record.raw = event.raw;
  auto known = view.at(account.keys.event(event.event_id));
  if (!known) return known.error();
  auto lane = read_lane(view, account.keys.lane(event));
  if (!lane) return lane.error();
  if (lane->record.events.size() >= kMaxLaneEvents) return Error(ErrorKind::rate_limited, std::string(kTooManyWait));
  StagedStore::Draft draft = view.draft();
  draft.remove(*letter);
  put_event(draft, *known, record, record);
  auto ours = take(view, draft, session, *lane);
  if (!ours) return ours.error();
  const std::string lane_key = account.keys.lane(event);
  if (auto unread = put_unread(view, draft, account.keys, lane_key, *lane); !unread) return unread.error();
  lane->record.events.push_back(event.event_id);
  put_lane(draft, *lane);
  if (auto staged = draft.stage(Durability::full); !staged) return staged.error();
  accepted.head = lane->record.events.front();
  accepted.is_ours = *ours;
  return accepted;
}

}  // namespace detail
KEFU_END_NAMESPACE
