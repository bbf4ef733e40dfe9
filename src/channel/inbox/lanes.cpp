#include "channel/inbox/core.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr Millis kFirstBackoff{1'000};
constexpr Millis kLongestBackoff{60'000};
constexpr Millis kStorePause{200};
constexpr Millis kLongestStorePause{5'000};

}  // namespace

InboxWork::~InboxWork() {
  HandlerOutcome dropped;
  dropped.why = "the handler dropped the event without an answer";
  settle(std::move(dropped));
}

void InboxWork::settle(HandlerOutcome outcome) {
  if (!settled_.exchange(true)) core_->settle(lane_, id_, std::move(outcome));
}

InboxCore::Lane* InboxCore::find(const std::string& lane, std::uint64_t step_id) {
  const auto place = lanes_.find(lane);
  return place != lanes_.end() && place->second.step == step_id ? &place->second : nullptr;
}

Millis InboxCore::backoff(int tries) const {
  Millis pause = kFirstBackoff;
  for (int i = 1; i < tries && pause < kLongestBackoff; ++i) pause *= 2;
  const double spread = 0.75 + 0.5 * runtime_->jitter->unit();
  return Millis(static_cast<std::int64_t>(static_cast<double>(std::min(pause, kLongestBackoff).count()) * spread));
}

void InboxCore::later(Lane& lane, Millis pause, void (InboxCore::*next)(Lane&)) {
  lane.step = ++last_id_;
  lane.timer = runtime_->scheduler->run_at(runtime_->clock->mono() + pause,
                                           [self = shared_from_this(), key = lane.key, id = lane.step, next] {
                                             if (Lane* current = self->find(key, id)) ((*self).*next)(*current);
                                           });
}

/// After an error the record may have been written all the same: it is read before `resume` goes on.
void InboxCore::store_failed(Lane& lane, const Error& error, void (InboxCore::*resume)(Lane&)) {
  if (lane.store_failures++ == 0) {
    say(LogLevel::error, log_event::kInboxStoreFailed, "the store failed; the step is repeated until it works",
        lane.event_id, error.to_string());
  }
  lane.resume = resume;
  later(lane, std::min(kStorePause * lane.store_failures, kLongestStorePause), &InboxCore::recheck);
}

void InboxCore::recheck(Lane& lane) {
  step<std::optional<StoredEvent>>(
      lane, [event_id = lane.event_id](const InboxStore& steps, Store& store) { return steps.load(store, event_id); },
      [](InboxCore& self, Lane& current, Result<std::optional<StoredEvent>> event) {
        if (!event) return self.store_failed(current, event.error(), current.resume);
        if (*event && (*event)->generation == current.stored.generation) return (self.*current.resume)(current);
        self.adopted(current, std::move(*event));
      });
}

void InboxCore::save_then(Lane& lane, Durability durability, void (InboxCore::*next)(Lane&)) {
  lane.durability = durability;
  lane.next = next;
  save(lane);
}

void InboxCore::save(Lane& lane) {
  step<std::uint64_t>(
      lane,
      [event_id = lane.event_id, event = lane.stored, durability = lane.durability](
          const InboxStore& steps, Store& store) { return steps.save(store, event_id, event, durability); },
      [](InboxCore& self, Lane& current, const Result<std::uint64_t>& generation) {
        if (!generation) return self.store_failed(current, generation.error(), &InboxCore::save);
        if (*generation == 0) return self.adopt(current);
        current.store_failures = 0;
        current.stored.generation = *generation;
        (self.*current.next)(current);
      });
}

/// The first event of a lane that is ours.
void InboxCore::begin(const std::string& key, const std::string& event_id) {
  Lane& lane = lanes_[key];
  lane = Lane();
  lane.key = key;
  lane.event_id = event_id;
  arm_extension();
  const auto place = items_.find(event_id);
  if (place == items_.end()) return adopt(lane);
  Item& item = place->second;
  item.watching = false;
  item.lane = key;
  if (!item.stored) return adopt(lane);
  lane.stored = *std::move(item.stored);
  item.stored.reset();
  dispatch(lane);
}

/// Goes on from what the store says: after a take-over, a restart, or when somebody else wrote the record.
void InboxCore::adopt(Lane& lane) {
  step<std::optional<StoredEvent>>(
      lane, [event_id = lane.event_id](const InboxStore& steps, Store& store) { return steps.load(store, event_id); },
      [](InboxCore& self, Lane& current, Result<std::optional<StoredEvent>> event) {
        if (event) return self.adopted(current, std::move(*event));
        if (event.error().kind() != ErrorKind::configuration) {
          return self.store_failed(current, event.error(), &InboxCore::adopt);
        }
        self.say(LogLevel::error, log_event::kInboxStoreFailed, "a damaged record was passed over", current.event_id,
                 event.error().to_string());
        self.pass_over(current);
      });
}

void InboxCore::adopted(Lane& lane, std::optional<StoredEvent> event) {
  lane.store_failures = 0;
  if (!event) return pass_over(lane);
  lane.stored = *std::move(event);
  EventRecord& record = lane.stored.record;
  switch (record.state) {
    case EventRecord::State::done:
    case EventRecord::State::dead:
      return pass_over(lane);
    case EventRecord::State::sending:
      return bury(lane, "the process ended while it sent the answer; nobody knows whether the customer got it");
    case EventRecord::State::ready:
      return deliver(lane);
    case EventRecord::State::work:
      break;
  }
  if (closed_) return let_go(lane);
  if (record.tries >= options_.tries) {
    return bury(lane, record.why.empty() ? "its processes ended while they handled it" : record.why);
  }
  // Counted before the handler sees it: an event that kills its process is not handed over for ever.
  ++record.tries;
  save_then(lane, Durability::relaxed, &InboxCore::dispatch);
}

void InboxCore::dispatch(Lane& lane) {
  if (closed_) return let_go(lane);
  const auto place = items_.find(lane.event_id);
  std::optional<InboundEvent> event;
  if (place != items_.end()) event.swap(place->second.event);
  if (!event) {
    auto again = channel_->reopen(lane.stored.record.raw, from_unix_millis(lane.stored.record.received));
    if (!again) return bury(lane, "the stored event cannot be read again: " + again.error().message());
    event = *std::move(again);
    event->event_id = lane.event_id;
  }
  lane.to = event->sender();
  lane.work = ++last_id_;
  lane.step = ++last_id_;
  lane.timer = runtime_->scheduler->run_at(runtime_->clock->mono() + options_.give_up,
                                           [self = shared_from_this(), key = lane.key, work = lane.work] {
                                             HandlerOutcome nothing;
                                             nothing.why = "the handler gave no answer in time (InboxOptions::give_up)";
                                             self->on_settled(key, work, std::move(nothing));
                                           });
  InboxTurn turn(std::make_shared<InboxWork>(shared_from_this(), lane.key, lane.work));
  runtime_->run_callback([self = shared_from_this(), event = *std::move(event), turn = std::move(turn)]() mutable {
    constexpr HostSeam kHandler{"Inbox::Handler"};
    const auto handled =
        call_host(self->runtime_->observer.get(), kHandler, [&] { self->handler_(std::move(event), turn); });
    if (!handled) turn.failed(handled.error().message());
  });
}

void InboxCore::settle(const std::string& lane, std::uint64_t work, HandlerOutcome outcome) {
  runtime_->scheduler->post([self = shared_from_this(), lane, work, outcome = std::move(outcome)]() mutable {
    self->on_settled(lane, work, std::move(outcome));
  });
}

void InboxCore::on_settled(const std::string& key, std::uint64_t work, HandlerOutcome outcome) {
  const auto place = lanes_.find(key);
  if (place == lanes_.end() || place->second.work != work) return;
  Lane& lane = place->second;
  lane.work = 0;
  runtime_->scheduler->drop(lane.timer);
  if (!outcome.answer) return failed(lane, std::move(outcome.why));
  answered(lane, *std::move(outcome.answer));
}

void InboxCore::failed(Lane& lane, std::string why) {
  EventRecord& record = lane.stored.record;
  record.why = std::move(why);
  if (record.tries >= options_.tries) return bury(lane, record.why);
  say(LogLevel::warning, log_event::kInboxHandlingFailed, "handling an event failed; it will be tried again",
      lane.event_id, record.why);
  ++record.tries;
  save_then(lane, Durability::relaxed, &InboxCore::dispatch_later);
}

void InboxCore::dispatch_later(Lane& lane) { later(lane, backoff(lane.stored.record.tries - 1), &InboxCore::dispatch); }

/// To the dead letters, where it is seen; the customer's next event goes on.
void InboxCore::bury(Lane& lane, std::string why) {
  EventRecord& record = lane.stored.record;
  record.state = EventRecord::State::dead;
  record.why = std::move(why);
  count_event("dead");
  say(LogLevel::error, log_event::kInboxDeadLetter, "an event goes to the dead letters", lane.event_id, record.why);
  finish(lane);
}

/// Records the end of the lane's first event; if its record is over in the store already, only the lane moves on.
void InboxCore::finish(Lane& lane) { finish(lane, lane.stored); }
void InboxCore::pass_over(Lane& lane) { finish(lane, std::nullopt); }

void InboxCore::finish(Lane& lane, std::optional<StoredEvent> last) {
  step<Finished>(
      lane,
      [key = lane.key, event_id = lane.event_id, last = std::move(last), stop = closed_.load(),
       clock = runtime_->clock](const InboxStore& steps, Store& store) {
        return steps.finish(store, key, event_id, last, stop, clock->wall());
      },
      [](InboxCore& self, Lane& current, const Result<Finished>& outcome) { self.finished(current, outcome); });
}

void InboxCore::finished(Lane& lane, const Result<Finished>& outcome) {
  if (!outcome || outcome->record_changed) {
    // Their answer is not recorded, so it cannot go with them: it leaves as a message once the store works.
    acknowledge_waiters(lane.event_id);
    return outcome ? adopt(lane) : store_failed(lane, outcome.error(), &InboxCore::finish_again);
  }
  if (!outcome->is_ours) return lose(lane.key);
  const std::string key = lane.key;
  const std::string event_id = lane.event_id;
  const EventRecord record = std::move(lane.stored.record);
  lanes_.erase(key);
  if (const auto place = items_.find(event_id); place != items_.end()) resolve(place, record);
  if (!outcome->next.empty()) begin(key, outcome->next);
}

void InboxCore::finish_again(Lane& lane) {
  EventRecord& record = lane.stored.record;
  if (record.state != EventRecord::State::done || !record.answer) return finish(lane);
  record.state = EventRecord::State::ready;
  deliver(lane);
}

void InboxCore::acknowledge_waiters(const std::string& event_id) {
  const auto place = items_.find(event_id);
  if (place == items_.end()) return;
  place->second.answering = false;
  std::vector<std::weak_ptr<Waiter>> waiters;
  waiters.swap(place->second.waiters);
  for (const auto& waiting : waiters) {
    if (const WaiterPtr waiter = waiting.lock()) answer(waiter, std::move(waiter->acknowledgement));
  }
}

void InboxCore::lose(const std::string& key) {
  say(LogLevel::warning, log_event::kInboxLaneLost, "another owner took over a customer's events", {});
  drop(key);
}

/// Not ours any more: what waits here for its events is told by their records.
void InboxCore::drop(const std::string& key) {
  lanes_.erase(key);
  std::vector<std::string> waiting;
  for (auto place = items_.begin(); place != items_.end();) {
    Item& item = place->second;
    const bool is_of_lane = item.lane == key && item.is_stored && !item.watching;
    if (is_of_lane && item.waiters.empty()) {
      place = items_.erase(place);
      continue;
    }
    if (is_of_lane) {
      item.answering = false;
      item.watching = true;
      item.stored.reset();
      item.event.reset();
      waiting.push_back(place->first);
    }
    ++place;
  }
  for (const std::string& event_id : waiting) watch(event_id);
}

/// Frees the lane for other owners: this Inbox is closed.
void InboxCore::let_go(Lane& lane) {
  const std::string key = lane.key;
  runtime_->with_store<void>([steps = steps_, key](Store& store) { return steps->let_go(store, key); },
                             [](const Result<void>&) {});
  drop(key);
}

}  // namespace detail
KEFU_END_NAMESPACE
