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
  if (settled_.exchange(true)) return;
  HandlerOutcome dropped;
  dropped.why = "the handler dropped the event without an answer";
  core_->runtime->scheduler->post([core = core_, held = held_, id = id_, dropped = std::move(dropped)]() mutable {
    core->lanes.settled(*held, id, std::move(dropped));
  });
}

void InboxWork::settle(HandlerOutcome outcome) {
  if (settled_.exchange(true)) {
    if (outcome.finished) outcome.finished->answer(Error(ErrorKind::bad_argument, "this turn was answered before"));
    return;
  }
  outcome_ = std::move(outcome);
  core_->runtime->scheduler->post([self = shared_from_this()] {
    self->core_->lanes.settled(*self->held_, self->id_, std::move(self->outcome_), self);
  });
}

void InboxWork::hand_over() {
  constexpr HostSeam kHandler{"Inbox::Handler"};
  const InboxTurn turn(shared_from_this());
  const auto handled =
      call_host(core_->runtime->observer.get(), kHandler, [&] { core_->handler(std::move(event_), turn); });
  if (!handled) turn.failed(handled.error().message());
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
  auto pending = outcome.finished->pending();
  settle(std::move(outcome));
  return pending;
}

Lanes::Lanes(InboxCore& core) : core_(core), turns_(core.options.handlers) {}

Lanes::Lane* Lanes::find(std::string_view lane, std::uint64_t step_id) {
  const auto place = lanes_.find(lane);
  return place != lanes_.end() && place->second.step == step_id ? &place->second : nullptr;
}

void Lanes::later(Lane& lane, Millis pause, void (Lanes::*next)(Lane&)) {
  lane.step = ++last_id_;
  lane.timer = core_.runtime->scheduler->run_at(
      core_.mono() + pause, [core = core_.shared_from_this(), held = lane.held, id = lane.step, next] {
        if (Lane* current = core->lanes.find(held->lane, id)) (core->lanes.*next)(*current);
      });
}

void Lanes::arrived(const HeldEventPtr& held, Accepted accepted) {
  if (accepted.event.record.over() || !accepted.is_ours) return;
  if (accepted.fate == EventFate::stored) {
    held->stored = std::move(accepted.event);
    arrivals_.erase(held->key);  // with its key, which is another's
    Arrival& arrival = arrivals_[held->key];
    arrival.held = held;
    arrival.slot = InboxSlot(core_.in_hand);
    arrival.place = AccountPlaces::Slot(core_.places, held->account->number);
  }
  if (!accepted.is_first || holds(held->lane))
    return offer(held->account, held->lane, accepted.head, std::move(accepted.known_lane));
  held->known_lane = std::move(accepted.known_lane);
  begin(held, true);
}

void Lanes::offer(const AccountPtr& account, const std::string& lane, const std::string& head,
                  std::shared_ptr<KnownLane> known) {
  if (const auto place = lanes_.find(lane); place != lanes_.end()) {
    if (known) place->second.held->known_lane = std::move(known);
    return;
  }
  if (head.empty()) return;
  const std::string key = account->keys.event(head);
  const auto arrival = arrivals_.find(key);
  const bool is_new = arrival != arrivals_.end();
  const HeldEventPtr held = is_new ? arrival->second.held : std::make_shared<HeldEvent>(account, head, key, lane);
  held->known_lane = std::move(known);
  begin(held, is_new);
}

/// The first event of a lane that is ours. `is_new`: it is known what the store has of it.
void Lanes::begin(const HeldEventPtr& held, bool is_new) {
  Lane& lane = lanes_.try_emplace(held->lane, held).first->second;
  if (!is_new) {
    lane.slot = InboxSlot(core_.in_hand);
    lane.place = AccountPlaces::Slot(core_.places, held->account->number);
  }
  core_.journal->keep();
  core_.sweep.keep();
  if (!is_new) return load(lane);
  // As it came in it waited; what its next write says is the first try.
  lane.record().tries = std::max(lane.record().tries, 1);
  ready(lane);
}

/// Goes on from what the store says: after a take-over, a restart, or when somebody else wrote the record.
void Lanes::load(Lane& lane) {
  lane.is_finishing = false;
  step<std::optional<StoredEvent>>(
      lane, lane.held->key,
      [held = lane.held](const EventSteps&, StagedStore& view) { return EventSteps::read(view, held->key); },
      [this](Lane& current, std::optional<StoredEvent> event, std::uint64_t) { loaded(current, std::move(event)); });
}

void Lanes::loaded(Lane& lane, std::optional<StoredEvent> event) {
  if (!event) {
    core_.say(lane.channel().id(), LogLevel::error, log_event::kInboxStoreFailed,
              "an event without a record was passed over", lane.held->id);
    return pass_over(lane);
  }
  lane.held->stored = *std::move(event);
  const EventRecord& record = lane.record();
  if (lane.held->stored.is_unread) return bury(lane, "its record is damaged or from a newer kefu; it stands here");
  if (record.over()) return pass_over(lane);
  if (record.state == EventRecord::State::answered) return deliver(lane);
  if (core_.ending()) return let_go(lane);
  if (record.tries >= core_.options.tries) {
    return bury(lane, record.why.empty() ? "its processes ended while they handled it" : record.why);
  }
  lane.must_count = true;
  ready(lane);
}

void Lanes::count_try(Lane& lane, void (Lanes::*next)(Lane&)) {
  ++lane.record().tries;
  step<bool>(
      lane, {},
      [held = lane.held](const EventSteps& steps, StagedStore& view) -> Result<bool> {
        auto saved = steps.save(view, *held, held->stored, held->stored.record, Durability::relaxed);
        if (!saved) return saved.error();
        return true;
      },
      [this, next](Lane& current, bool, std::uint64_t generation) {
        current.held->stored.generation = generation;
        (this->*next)(current);
      });
}

/// The event may go to the handler as soon as it is its turn.
void Lanes::ready(Lane& lane) {
  if (core_.ending()) return let_go(lane);
  turns_.wait(lane.held->account->number, lane.held);
  give_turns();
}

void Lanes::give_turns() {
  while (turns_.waiting() > 0 && core_.journal->alive()) {
    const auto next = turns_.next();
    if (!next) return;
    const auto lane = lanes_.find(next->second->lane);
    if (lane == lanes_.end() || lane->second.held != next->second) {
      turns_.give_back(next->first);
      continue;
    }
    lane->second.has_turn = true;
    // Counted before the handler sees it: an event that kills its process is not handed over for ever. One that only
    // waited for its turn when its process ended is not counted.
    if (std::exchange(lane->second.must_count, false)) {
      count_try(lane->second, &Lanes::dispatch);
    } else {
      dispatch(lane->second);
    }
  }
}

void Lanes::dispatch(Lane& lane) {
  if (core_.ending()) return let_go(lane);
  const HeldEventPtr& held = lane.held;
  const EventRecord& record = lane.record();
  std::optional<InboundEvent> event = std::exchange(held->event, std::nullopt);
  if (!event) {
    auto again = read_again(lane);
    if (!again) return bury(lane, again.error().message());
    event = *std::move(again);
  }
  event->history = record.is_history;
  lane.to = event->sender();
  lane.work = ++last_id_;
  lane.step = ++last_id_;
  arm_give_up(lane);
  core_.runtime->run_callback([work = std::make_shared<InboxWork>(core_.shared_from_this(), held, lane.work,
                                                                  *std::move(event))] { work->hand_over(); });
}

/// While its handler has said nothing.
void Lanes::arm_give_up(Lane& lane) {
  lane.timer = core_.runtime->scheduler->run_at(
      core_.mono() + core_.options.give_up, [core = core_.shared_from_this(), held = lane.held, work = lane.work] {
        HandlerOutcome nothing;
        nothing.why = "the handler gave no answer in time (InboxOptions::give_up)";
        core->lanes.settled(*held, work, std::move(nothing));
      });
}

void Lanes::settled(const HeldEvent& held, std::uint64_t work, HandlerOutcome outcome,
                    const std::shared_ptr<InboxWork>& turn) {
  const auto place = lanes_.find(held.lane);
  if (place == lanes_.end() || place->second.work != work) {
    end_stray(work);
    // Of a turn that was answered twice, or whose event is another process' by now.
    if (outcome.answer) core_.count_answer({}, "lost");
    if (outcome.finished) outcome.finished->answer(Error(ErrorKind::cancelled, "the event is not ours any more"));
    return;
  }
  Lane& lane = place->second;
  core_.runtime->scheduler->drop(lane.timer);
  if (outcome.finished) return save_with(lane, std::move(outcome), turn);
  lane.work = 0;
  free_turn(lane);
  if (!outcome.answer) return failed(lane, std::move(outcome.why));
  answered(lane, *std::move(outcome.answer), std::move(outcome.how));
}

void Lanes::free_turn(Lane& lane) {
  if (std::exchange(lane.has_turn, false)) give_back(lane.held->account->number);
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
  EventRecord& record = lane.record();
  why.resize(utf8_cut(why, EventRecord::kLongestWhy).size());
  record.why = std::move(why);
  if (record.tries >= core_.options.tries) return bury(lane, record.why);
  core_.say(lane.channel().id(), LogLevel::warning, log_event::kInboxHandlingFailed,
            "handling an event failed; it will be tried again", lane.held->id, record.why);
  count_try(lane, &Lanes::try_later);
}

void Lanes::try_later(Lane& lane) {
  later(lane, backoff(lane.record().tries - 1, *core_.runtime->jitter), &Lanes::ready);
}

/// To the dead letters, where it is seen; the customer's next event goes on.
void Lanes::bury(Lane& lane, std::string why) {
  free_turn(lane);
  EventRecord& record = lane.record();
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
      lane, lane.held->lane,
      [session = core_.journal->session().id(), held = lane.held, end](const EventSteps& steps, StagedStore& view) {
        return steps.finish(view, session, *held, held->stored, held->stored.record, end, Durability::relaxed);
      },
      [this](Lane& current, const LaneLook& next, std::uint64_t generation) {
        if (next.known) next.known->generation = generation;
        count_end(current);
        ended(current, next);
      });
}

/// If its record is over in the store already, only the lane moves on.
void Lanes::pass_over(Lane& lane) {
  lane.is_finishing = true;
  step<LaneLook>(
      lane, lane.held->lane,
      [session = core_.journal->session().id(), held = lane.held](const EventSteps& steps, StagedStore& view) {
        return steps.pass_over(view, session, held->lane, held->id);
      },
      [this](Lane& current, const LaneLook& next, std::uint64_t) { ended(current, next); });
}

/// The event is over: whoever waits for it is told, the lane's next one begins.
void Lanes::ended(Lane& lane, const LaneLook& next) {
  static const std::optional<PassiveReply> kNothing;
  const HeldEventPtr held = lane.held;
  const EventProgress& progress = held->stored.record;
  free_turn(lane);
  lanes_.erase(held->lane);
  arrivals_.erase(held->key);
  core_.intake.over(held->key, progress.state == EventProgress::State::done ? progress.answer : kNothing);
  if (next.is_ours) offer(held->account, held->lane, next.head, next.known);
}

/// Frees the lane for other owners: this Inbox is closed.
void Lanes::let_go(Lane& lane) {
  free_turn(lane);
  step<bool>(
      lane, lane.held->lane,
      [session = core_.journal->session().id(), held = lane.held](const EventSteps& steps,
                                                                  StagedStore& view) -> Result<bool> {
        auto freed = steps.let_go(view, session, held->lane);
        if (!freed) return freed.error();
        return true;
      },
      [this](Lane& current, bool, std::uint64_t) { drop(current.held->lane); });
}

void Lanes::drop(std::string_view key) {
  const auto place = lanes_.find(key);
  if (place == lanes_.end()) return;
  free_turn(place->second);
  arrivals_.erase(place->second.held->key);
  lanes_.erase(place);
}

void Lanes::drop_all() {
  for (auto& [key, lane] : lanes_) {
    const std::size_t account = lane.held->account->number;
    if (lane.has_turn && lane.work != 0 && !lane.is_finishing) {
      // Its handler still runs: the turn stays open until it says something, or its timer does.
      strays_.emplace(lane.work, account);
      continue;
    }
    if (lane.has_turn) turns_.give_back(account);
    core_.runtime->scheduler->drop(lane.timer);
  }
  lanes_.clear();
  arrivals_.clear();
  turns_.clear_waiting();
}

/// What is with a handler, or on its way to a customer, comes to its end.
void Lanes::close() {
  std::vector<HeldEventPtr> idle;
  for (const auto& [key, lane] : lanes_) {
    if (lane.work == 0 && !lane.answer && !lane.is_finishing) idle.push_back(lane.held);
  }
  turns_.clear_waiting();
  for (const HeldEventPtr& held : idle) {
    const auto lane = lanes_.find(held->lane);
    if (lane != lanes_.end()) let_go(lane->second);
  }
}

std::unordered_map<std::string, WallTime> Lanes::oldest() const {
  std::unordered_map<std::string, WallTime> oldest;
  const auto add = [&](const HeldEvent& held) {
    const std::int64_t received = held.stored.record.received;
    if (received == 0) return;  // not read yet
    const WallTime came = from_unix_millis(received);
    const auto [place, is_new] = oldest.try_emplace(held.account->channel->id(), came);
    if (!is_new) place->second = std::min(place->second, came);
  };
  for (const auto& [key, arrival] : arrivals_) add(*arrival.held);
  for (const auto& [key, lane] : lanes_) {
    add(*lane.held);
  }
  return oldest;
}

}  // namespace detail
KEFU_END_NAMESPACE
