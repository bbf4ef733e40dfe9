// What an EventSteps reads and writes of the record of one event.
#include "channel/inbox/event_steps.hpp"
#include "core/text/utf8.hpp"

#include <fmt/format.h>

#include <limits>

KEFU_BEGIN_NAMESPACE
namespace detail {

Error EventSteps::unreadable(const std::string& key, ErrorKind kind) {
  return Error(kind, fmt::format("the record of event {} is damaged or from a newer kefu", AccountKeys::event_of(key)));
}

Error EventSteps::changed_by_others() {
  return Error(ErrorKind::conflict, "somebody else changed the record meanwhile");
}

/// One that is over is kept for as long as the platform may repeat it. The bytes of its text.
std::size_t EventSteps::put_event(StagedStore::Draft& draft, StagedStore::Slot slot, const EventRecord& record,
                                  const EventProgress& progress) const {
  std::string& text = draft.put(slot, progress.over() ? std::make_optional<Millis>(remember_) : std::nullopt);
  record.write(text, progress);
  return text.size();
}

Result<std::optional<StoredEvent>> EventSteps::read(StagedStore& view, const std::string& key) {
  auto entry = view.look(key);
  if (!entry) return entry.error();
  if (*entry == nullptr) return std::optional<StoredEvent>();
  std::optional<StoredEvent> event(std::in_place);
  event->generation = (*entry)->generation;
  if (auto record = EventRecord::parse((*entry)->value)) {
    event->record = std::move(*record);
    return event;
  }
  event->is_unread = true;
  event->record.raw = utf8_cut((*entry)->value, kLongestUnread);
  auto now = view.now();
  if (!now) return now.error();
  event->record.received = unix_millis(*now);
  return event;
}

Result<std::optional<StoredEvent>> EventSteps::load(StagedStore& view, const std::string& key) {
  auto event = read(view, key);
  if (event && *event && (*event)->is_unread) return unreadable(key, ErrorKind::configuration);
  return event;
}

/// Drafts nothing else.
Result<void> EventSteps::note_acknowledged(StagedStore& view, const std::string& key, StoredEvent& event) const {
  // What a view wrote itself has no generation that anybody knows.
  constexpr auto kGenerations = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  EventRecord& record = event.record;
  record.acknowledged = event.generation <= kGenerations ? event.generation : 0;
  if (record.delivery) record.delivery->leave_requests();
  StagedStore::Draft draft = view.draft();
  put_event(draft, *view.expect(key, event.generation), record, record);
  return draft.stage(Durability::relaxed);
}

Result<std::size_t> EventSteps::put_known(StagedStore& view, StagedStore::Draft& draft, const HeldEvent& held,
                                          const StoredEvent& event, const EventProgress& progress) const {
  auto slot = view.expect(held.key, event.generation);
  if (!slot) {
    auto there = read(view, held.key);
    if (!there) return there.error();
    if (!*there || !is_only_acknowledged(**there, event.generation)) return changed_by_others();
    slot = view.expect(held.key, (*there)->generation);
    held.noted_acknowledged = true;
  }
  if (!held.noted_acknowledged || progress.over()) return put_event(draft, *slot, event.record, progress);
  EventRecord noted = event.record;
  noted.acknowledged = 0;
  EventProgress next = progress;
  if (next.delivery) next.delivery->leave_requests();
  return put_event(draft, *slot, noted, next);
}

Result<void> EventSteps::save(StagedStore& view, const HeldEvent& held, const StoredEvent& event,
                              const EventProgress& progress, Durability durability) const {
  StagedStore::Draft draft = view.draft();
  if (auto put = put_known(view, draft, held, event, progress); !put) return put.error();
  return draft.stage(durability);
}

}  // namespace detail
KEFU_END_NAMESPACE
