#include "channel/inbox/lanes.hpp"

#include "channel/inbox/backoff.hpp"
#include "channel/inbox/core.hpp"
#include "channel/inbox/lanes_step.hpp"
#include "core/call/answers.hpp"
#include "core/text/utf8.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

InboxWork::~InboxWork() {
  HandlerOutcome dropped;
  dropped.why = "the handler dropped the event without an answer";
  if (!settled_.exchange(true)) {
    core_->runtime->scheduler->post([core = core_, lane = lane_, id = id_, dropped = std::move(dropped)]() mutable {
      core->lanes.settled(lane, id, std::move(dropped));
    });
  }
}

void InboxWork::settle(HandlerOutcome outcome) {
  if (settled_.exchange(true)) {
    if (outcome.finished) outcome.finished->answer(Error(ErrorKind::bad_argument, "this turn was answered before"));
    return;
  }
  core_->runtime->scheduler->post([self = shared_from_this(), outcome = std::move(outcome)]() mutable {
    self->core_->lanes.settled(self->lane_, self->id_, std::move(outcome));
  });
}

Pending<void> InboxWork::finish(PassiveReply answer, AnswerOptions how, std::vector<StoreWrite> also) {
  constexpr std::size_t kMostWrites = 32;
  constexpr std::size_t kMostBytes = Store::kMaxCommitSize / 4;
  HandlerOutcome outcome;
  std::size_t bytes = 0;
  for (const StoreWrite& write : also) bytes += write.value ? write.value->size() : 0;
  if (also.size() > kMostWrites || bytes > kMostBytes)
    return answered<void>(core_->runtime,
                          Error(ErrorKind::bad_argument, "a turn finishes with at most 32 writes of 4 MiB together"));
  outcome.answer = std::move(answer);
  outcome.how = std::move(how);
  outcome.also = std::move(also);
  outcome.finished.emplace(core_->runtime);
  outcome.turn = shared_from_this();
  auto pending = outcome.finished->pending();
  settle(std::move(outcome));
  return pending;
}

Lanes::Lanes(InboxCore& core) : core_(core), turns_(core.options.handlers) {}

Lanes::Lane* Lanes::find(const std::string& lane, std::uint64_t step_id) {
  const auto place = lanes_.find(lane);
  return place != lanes_.end() && place->second.step == step_id ? &place->second : nullptr;
}

void Lanes::later(Lane& lane, Millis pause, void (Lanes::*next)(Lane&)) {
  lane.step = ++last_id_;
  lane.timer = core_.runtime->scheduler->run_at(
      core_.mono() + pause, [core = core_.shared_from_this(), key = lane.key, id = lane.step, next] {
        if (Lane* current = core->lanes.find(key, id)) (core->lanes.*next)(*current);
      });
}

void Lanes::arrived(const AccountPtr& account, Accepted accepted, InboundEvent event) {
  if (accepted.event.record.over() || !accepted.is_ours) return;
  if (accepted.fate == EventFate::stored) {
    const std::string head = accepted.head;
    Arrival& arrival = arrivals_[account->keys.event(event.event_id)];
    arrival.event = std::move(event);
    arrival.stored = std::move(accepted.event);
    arrival.slot = InboxSlot(core_.in_hand);
    arrival.place = AccountPlaces::Slot(core_.places, account->number);
  }
  offer(account, accepted.lane, accepted.head);
}

void Lanes::offer(const AccountPtr& account, const std::string& lane, const std::string& head) {
  if (!head.empty() && lanes_.count(lane) == 0) begin(account, lane, head);
}

/// The first event of a lane that is ours.
void Lanes::begin(const AccountPtr& account, const std::string& key, const std::string& event_id) {
  Lane& lane = lanes_[key];
  lane.account = account;
  lane.key = key;
  lane.event_id = event_id;
  lane.event_key = account->keys.event(event_id);
  core_.journal->keep();
  const auto arrival = arrivals_.find(lane.event_key);
  if (arrival == arrivals_.end()) return load(lane);
  lane.stored = std::move(arrival->second.stored);
  lane.event = std::move(arrival->second.event);
  ready(lane);
}

/// Goes on from what the store says: after a take-over, a restart, or when somebody else wrote the record.
void Lanes::load(Lane& lane) {
  lane.is_finishing = false;
  step<std::optional<StoredEvent>>(
      lane, lane.event_key,
      [key = lane.event_key](const EventSteps&, StagedStore& view) {
        auto event = EventSteps::load(view, key);
        const bool is_damaged = !event && event.error().kind() == ErrorKind::configuration;
        return is_damaged ? Result<std::optional<StoredEvent>>(std::optional<StoredEvent>()) : event;
      },
      [this](Lane& current, std::optional<StoredEvent> event, std::uint64_t) { loaded(current, std::move(event)); });
}

void Lanes::loaded(Lane& lane, std::optional<StoredEvent> event) {
  if (!event) {
    core_.say(lane.account->channel->id(), LogLevel::error, log_event::kInboxStoreFailed,
              "an event without a readable record was passed over", lane.event_id);
    return pass_over(lane);
  }
  lane.stored = *std::move(event);
  EventRecord& record = lane.stored.record;
  if (record.over()) return pass_over(lane);
  if (record.state == EventRecord::State::answered) return deliver(lane);
  if (core_.ending()) return let_go(lane);
  if (record.tries >= core_.options.tries) {
    return bury(lane, record.why.empty() ? "its processes ended while they handled it" : record.why);
  }
  // Counted before the handler sees it: an event that kills its process is not handed over for ever.
  count_try(lane, &Lanes::ready);
}

void Lanes::count_try(Lane& lane, void (Lanes::*next)(Lane&)) {
  ++lane.stored.record.tries;
  step<bool>(
      lane, {},
      [key = lane.event_key, event = std::make_shared<const StoredEvent>(lane.stored)](
          const EventSteps& steps, StagedStore& view) -> Result<bool> {
        auto saved =
            EventSteps::save(view, steps.put_event(key, event->record, event->generation), Durability::relaxed);
        if (!saved) return saved.error();
        return true;
      },
      [this, next](Lane& current, bool, std::uint64_t generation) {
        current.stored.generation = generation;
        (this->*next)(current);
      });
}

/// The event may go to the handler as soon as it is its turn.
void Lanes::ready(Lane& lane) {
  if (core_.ending()) return let_go(lane);
  turns_.wait(lane.account->number, lane.key);
  give_turns();
}

void Lanes::give_turns() {
  while (core_.journal->alive()) {
    const auto next = turns_.next();
    if (!next) return;
    const auto lane = lanes_.find(next->second);
    if (lane == lanes_.end()) {
      turns_.give_back(next->first);
      continue;
    }
    lane->second.has_turn = true;
    dispatch(lane->second);
  }
}

void Lanes::dispatch(Lane& lane) {
  if (core_.ending()) return let_go(lane);
  std::optional<InboundEvent> event = std::exchange(lane.event, std::nullopt);
  const EventRecord& record = lane.stored.record;
  if (!event) {
    auto again = lane.account->channel->reopen(record.raw, from_unix_millis(record.received));
    if (!again) return bury(lane, "the stored event cannot be read again: " + again.error().message());
    event = *std::move(again);
    event->event_id = lane.event_id;
  }
  event->history = record.is_history;
  lane.to = event->sender();
  lane.work = ++last_id_;
  lane.step = ++last_id_;
  arm_give_up(lane);
  const auto core = core_.shared_from_this();
  InboxTurn turn(std::make_shared<InboxWork>(core, lane.key, lane.work));
  core_.runtime->run_callback([core, event = *std::move(event), turn = std::move(turn)]() mutable {
    constexpr HostSeam kHandler{"Inbox::Handler"};
    const auto handled =
        call_host(core->runtime->observer.get(), kHandler, [&] { core->handler(std::move(event), turn); });
    if (!handled) turn.failed(handled.error().message());
  });
}

/// While its handler has said nothing.
void Lanes::arm_give_up(Lane& lane) {
  lane.timer = core_.runtime->scheduler->run_at(
      core_.mono() + core_.options.give_up, [core = core_.shared_from_this(), key = lane.key, work = lane.work] {
        HandlerOutcome nothing;
        nothing.why = "the handler gave no answer in time (InboxOptions::give_up)";
        core->lanes.settled(key, work, std::move(nothing));
      });
}

void Lanes::settled(const std::string& key, std::uint64_t work, HandlerOutcome outcome) {
  const auto place = lanes_.find(key);
  if (place == lanes_.end() || place->second.work != work) {
    end_stray(work);
    // Of a turn that was answered twice, or whose event is another process' by now.
    if (outcome.answer) core_.count_answer({}, "lost");
    if (outcome.finished) outcome.finished->answer(Error(ErrorKind::cancelled, "the event is not ours any more"));
    return;
  }
  Lane& lane = place->second;
  core_.runtime->scheduler->drop(lane.timer);
  if (outcome.finished) return save_with(lane, std::move(outcome));
  lane.work = 0;
  free_turn(lane);
  if (!outcome.answer) return failed(lane, std::move(outcome.why));
  answered(lane, *std::move(outcome.answer), std::move(outcome.how));
}

void Lanes::free_turn(Lane& lane) {
  if (std::exchange(lane.has_turn, false)) give_back(lane.account->number);
}

void Lanes::end_stray(std::uint64_t work) {
  const auto stray = strays_.find(work);
  if (stray == strays_.end()) return;
  const std::size_t account = stray->second;
  strays_.erase(stray);
  give_back(account);
}

void Lanes::give_back(std::size_t account) {
  turns_.give_back(account);
  if (turns_.waiting() > 0)
    core_.runtime->scheduler->post([core = core_.shared_from_this()] { core->lanes.give_turns(); });
}

void Lanes::failed(Lane& lane, std::string why) {
  EventRecord& record = lane.stored.record;
  why.resize(utf8_cut(why, EventRecord::kLongestWhy).size());
  record.why = std::move(why);
  if (record.tries >= core_.options.tries) return bury(lane, record.why);
  core_.say(lane.account->channel->id(), LogLevel::warning, log_event::kInboxHandlingFailed,
            "handling an event failed; it will be tried again", lane.event_id, record.why);
  count_try(lane, &Lanes::try_later);
}

void Lanes::try_later(Lane& lane) {
  later(lane, backoff(lane.stored.record.tries - 1, *core_.runtime->jitter), &Lanes::ready);
}

/// To the dead letters, where it is seen; the customer's next event goes on.
void Lanes::bury(Lane& lane, std::string why) {
  free_turn(lane);
  EventRecord& record = lane.stored.record;
  record.state = EventRecord::State::dead;
  why.resize(utf8_cut(why, EventRecord::kLongestWhy).size());
  record.why = std::move(why);
  finish(lane);
}

/// Records the end of the lane's first event.
void Lanes::finish(Lane& lane) {
  lane.is_finishing = true;
  EventEnd end;
  end.lets_go = core_.ending();
  step<LaneLook>(
      lane, lane.key,
      [session = core_.journal->session().id(), account = lane.account, key = lane.key, id = lane.event_id,
       event = std::make_shared<const StoredEvent>(lane.stored), end](const EventSteps& steps, StagedStore& view) {
        return steps.finish(view, session, account->keys, key, id, *event, end, Durability::relaxed);
      },
      [this](Lane& current, const LaneLook& next, std::uint64_t) {
        count_end(current);
        ended(current, next);
      });
}

/// If its record is over in the store already, only the lane moves on.
void Lanes::pass_over(Lane& lane) {
  lane.is_finishing = true;
  step<LaneLook>(
      lane, lane.key,
      [session = core_.journal->session().id(), key = lane.key, id = lane.event_id](
          const EventSteps& steps, StagedStore& view) { return steps.pass_over(view, session, key, id); },
      [this](Lane& current, const LaneLook& next, std::uint64_t) { ended(current, next); });
}

/// The event is over: whoever waits for it is told, the lane's next one begins.
void Lanes::ended(Lane& lane, const LaneLook& next) {
  const AccountPtr account = lane.account;
  const std::string key = lane.key;
  const std::string event_key = lane.event_key;
  const EventRecord record = std::move(lane.stored.record);
  const bool was_carried = record.state == EventRecord::State::done;
  free_turn(lane);
  lanes_.erase(key);
  arrivals_.erase(event_key);
  core_.intake.over(event_key, was_carried ? record.answer : std::nullopt);
  if (next.is_ours) offer(account, key, next.head);
}

/// Frees the lane for other owners: this Inbox is closed.
void Lanes::let_go(Lane& lane) {
  free_turn(lane);
  step<bool>(
      lane, lane.key,
      [session = core_.journal->session().id(), key = lane.key](const EventSteps& steps,
                                                                StagedStore& view) -> Result<bool> {
        auto freed = steps.let_go(view, session, key);
        if (!freed) return freed.error();
        return true;
      },
      [this, key = lane.key](Lane&, bool, std::uint64_t) { drop(key); });
}

void Lanes::drop(const std::string& key) {
  const auto place = lanes_.find(key);
  if (place == lanes_.end()) return;
  free_turn(place->second);
  arrivals_.erase(place->second.event_key);
  lanes_.erase(place);
}

void Lanes::drop_all() {
  for (auto& [key, lane] : lanes_) {
    if (lane.has_turn && lane.work != 0 && !lane.is_finishing) {
      // Its handler still runs: the turn stays open until it says something, or its timer does.
      strays_.emplace(lane.work, lane.account->number);
      continue;
    }
    if (lane.has_turn) turns_.give_back(lane.account->number);
    core_.runtime->scheduler->drop(lane.timer);
  }
  lanes_.clear();
  arrivals_.clear();
  turns_.clear_waiting();
}

/// What is with a handler, or on its way to a customer, comes to its end.
void Lanes::close() {
  std::vector<std::string> idle;
  for (const auto& [key, lane] : lanes_) {
    if (lane.work == 0 && !lane.answer && !lane.is_finishing) idle.push_back(key);
  }
  turns_.clear_waiting();
  for (const std::string& key : idle) {
    const auto lane = lanes_.find(key);
    if (lane != lanes_.end()) let_go(lane->second);
  }
}

std::unordered_map<std::string, WallTime> Lanes::oldest() const {
  std::unordered_map<std::string, WallTime> oldest;
  const auto add = [&](const std::string& account, std::int64_t received) {
    if (received == 0) return;  // not read yet
    const WallTime came = from_unix_millis(received);
    const auto [place, is_new] = oldest.try_emplace(account, came);
    if (!is_new) place->second = std::min(place->second, came);
  };
  for (const auto& [key, arrival] : arrivals_) add(AccountKeys::account_of(key), arrival.stored.record.received);
  for (const auto& [key, lane] : lanes_) {
    const EventRecord& record = lane.answer ? lane.answer->event->record : lane.stored.record;
    add(lane.account->channel->id(), record.received);
  }
  return oldest;
}

}  // namespace detail
KEFU_END_NAMESPACE
