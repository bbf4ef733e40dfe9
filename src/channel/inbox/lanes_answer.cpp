#include "channel/inbox/core.hpp"
#include "channel/inbox/lanes_step.hpp"
#include "core/crypto/crypto.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kMaxKey = 64;
/// Opening the same session twice does no harm.
constexpr Millis kTransferMemory{600'000};
/// The longest that a repeat takes, where the platform remembers its key longer.
constexpr Millis kRepeatTimeout{10'000};

/// The same for every try to send the answer of one event.
std::string idempotency_key(const std::string& event_id) {
  return event_id.size() <= kMaxKey ? event_id : digest(DigestKind::sha256, event_id).hex();
}

/// The agent at work who serves the fewest customers; null if nobody is at work.
const Agent* least_busy(const std::vector<Agent>& agents) {
  const Agent* best = nullptr;
  for (const Agent& agent : agents) {
    if (!agent.online.value_or(false)) continue;
    if (best == nullptr || agent.sessions.value_or(0) < best->sessions.value_or(0)) best = &agent;
  }
  return best;
}

using SharedSent = std::shared_ptr<OutboxItem::Sent>;

/// A messenger that says nothing for so long never will: then nobody knows.
constexpr Millis kLongestSend{600'000};

/// The timer keeps `sent` while the word is open. The host's messenger, which may never give it, does not.
OutboxItem::Sent within_limits(const std::shared_ptr<RuntimeCore>& runtime, OutboxItem::Sent sent) {
  const auto open = std::make_shared<OutboxItem::Sent>(std::move(sent));
  const auto timer = runtime->scheduler->run_at(runtime->clock->mono() + kLongestSend, [open] {
    ErrorDetails details;
    details.message = "the account said nothing for ten minutes";
    if (auto told = std::exchange(*open, nullptr)) told(Error(ErrorKind::timeout, Delivery::unknown, details));
  });
  return [loop = runtime->scheduler, word = std::weak_ptr(open), timer](Result<Receipt> result) {
    const auto kept = word.lock();
    if (!kept) return;
    auto told = std::exchange(*kept, nullptr);
    loop->drop(timer);
    if (told) told(std::move(result));
  };
}

/// A transfer that came after the request was answered: the platform's answer can no longer carry it, but a session
/// with the agent can be opened. Opening the same one twice does no harm.
void open_session(const std::shared_ptr<RuntimeCore>& runtime, const AccountPtr& account, const CustomerId& customer,
                  const std::string& agent, const SharedSent& sent) {
  account->channel->open_session(customer, agent).then([runtime, sent](Result<void> opened) {
    runtime->scheduler->post([sent, opened = std::move(opened)] {
      (*sent)(opened ? Result<Receipt>(Receipt()) : Result<Receipt>(opened.error()));
    });
  });
}

void hand_over(const std::shared_ptr<RuntimeCore>& runtime, const AccountPtr& account, const CustomerId& customer,
               const std::string& agent, const SharedSent& sent) {
  if (!account->channel->can_hand_over()) {
    return (*sent)(Error(ErrorKind::unsupported,
                         "the transfer to an agent came after the request was answered, and only that answer can carry "
                         "it"));
  }
  if (!agent.empty()) return open_session(runtime, account, customer, agent, sent);
  account->channel->agents().then([=](Result<std::vector<Agent>> agents) {
    runtime->scheduler->post([=, agents = std::move(agents)] {
      // Only a list was asked for, whatever became of it.
      if (!agents) return (*sent)(Error(agents.error().kind(), Delivery::not_sent, agents.error().details()));
      if (const Agent* free = least_busy(*agents)) return open_session(runtime, account, customer, free->id, sent);
      (*sent)(Error(ErrorKind::conflict, "no agent is online to take the customer over"));
    });
  });
}

}  // namespace

/// An answer that the Outbox delivers for a lane.
class AnswerItem final : public OutboxItem {
 public:
  AnswerItem(std::shared_ptr<InboxCore> core, std::uint64_t step, std::shared_ptr<AnswerPlace> place)
      : core_(std::move(core)), step_(step), place_(std::move(place)) {}
  const std::string& id() const override { return place_->held->key; }
  Millis key_memory() const override {
    if (std::holds_alternative<TransferToAgent>(*place_->held->stored.record.answer)) return kTransferMemory;
    Lanes::Lane* const lane = core_->lanes.find(place_->held->lane, step_);
    return lane != nullptr && Lanes::find_address(*lane) ? lane->channel().key_memory(*lane->to) : Millis(0);
  }
  void send(std::optional<Millis> within, Sent sent) override {
    // Without its lane nobody says what became of it: `sent` does.
    Lanes::Lane* const lane = core_->lanes.find(place_->held->lane, step_);
    if (lane != nullptr) core_->lanes.transmit(*lane, within, std::move(sent));
  }
  void over(const Result<OutboxRecord>& record) override { core_->lanes.answer_over(*place_->held, step_, record); }

 private:
  const std::shared_ptr<InboxCore> core_;
  const std::uint64_t step_;
  const std::shared_ptr<AnswerPlace> place_;
};

/// A request that waits here for the answer of a lane of ours.
class LaneCarrier final : public OutboxCarrier {
 public:
  LaneCarrier(std::shared_ptr<InboxCore> core, HeldEventPtr held, std::uint64_t step, RequestCarrier carrier,
              bool delivers)
      : core_(std::move(core)),
        held_(std::move(held)),
        step_(step),
        carrier_(std::move(carrier)),
        delivers_(delivers) {}
  const std::string& request() const override { return carrier_.name; }
  bool waits() const override { return carrier_.waits(); }
  bool carry() override { return carrier_.carry(); }
  void claimed(const Result<OutboxRecord>& record) override {
    Lanes& lanes = core_->lanes;
    if (record && record->over()) return lanes.answer_over(*held_, step_, record);
    if (!record && record.error().kind() == ErrorKind::cancelled) return;
    Lanes::Lane* lane = lanes.find(held_->lane, step_);
    if (lane != nullptr && !delivers_) lanes.deliver(*lane);
  }

 private:
  const std::shared_ptr<InboxCore> core_;
  const HeldEventPtr held_;
  const std::uint64_t step_;
  RequestCarrier carrier_;
  const bool delivers_;  ///< The Outbox delivers it meanwhile.
};

/// The handler is done. The answer goes with the request that waits here, or with one that waits at another process, or
/// as a customer message.
void Lanes::answered(Lane& lane, PassiveReply reply, AnswerOptions how) {
  EventRecord& record = lane.record();
  record.why.clear();
  record.state = EventRecord::State::done;
  if (std::holds_alternative<NoReply>(reply)) return finish(lane);
  const HostChannel& channel = lane.channel();
  if (record.is_history && !core_.options.answer_history) {
    core_.count_answer(channel.id(), "history");
    return finish(lane);
  }
  const std::int64_t now = unix_millis(core_.now());
  const bool waits_elsewhere = record.accepted_by != core_.journal->session().id() && now < record.claim_until;
  // No request waits longer, whatever the clocks say.
  const std::int64_t longest = now + core_.options.answer_within.count();
  record.how = std::move(how);
  const bool carried = !record.needs_message() && !lane.held->is_acknowledged() && channel.can_carry(reply);
  record.state = EventRecord::State::answered;
  record.answer = std::move(reply);
  record.delivery = OutboxRecord(carried, carried && waits_elsewhere ? std::min(record.claim_until, longest) : 0, now);
  answers_with(lane);
  lane.answer->is_offered = true;
  bring(lane);
}

/// What its event holds is on its way from now on.
void Lanes::answers_with(Lane& lane) {
  lane.answer = std::make_shared<AnswerPlace>(lane.held);
  core_.answers().enroll(lane.answer);
}

void Lanes::bring(Lane& lane) {
  lane.step = ++last_id_;
  if (!offer_to_request(lane)) deliver(lane);
}

bool Lanes::offer_to_request(Lane& lane) {
  OutboxRecord& delivery = *lane.record().delivery;
  if (lane.held->is_acknowledged()) return false;
  if (delivery.state != OutboxRecord::State::ready || !delivery.by_request) return false;
  bool is_impossible = false;
  auto carrier = core_.intake.carrier(lane.held->key, *lane.record().answer, is_impossible);
  if (is_impossible && lane.answer->is_offered) delivery = OutboxRecord(false, 0, delivery.since);
  if (!carrier) return false;
  core_.outbox().claim(lane.held->key, std::make_shared<LaneCarrier>(core_.shared_from_this(), lane.held, lane.step,
                                                                     *std::move(carrier), false));
  return true;
}

/// Others find it in the record; ours may be about to be written.
void Lanes::acknowledged(const HeldEvent& held) {
  held.noted_acknowledged = true;
  if (const auto arrival = arrivals_.find(held.key); arrival != arrivals_.end())
    arrival->second.held->noted_acknowledged = true;
  const auto lane = lanes_.find(held.lane);
  if (lane != lanes_.end() && lane->second.held->key == held.key) lane->second.held->noted_acknowledged = true;
}

/// A repeat of the event whose answer waits here: it may take it along.
void Lanes::request_came(const HeldEvent& held) {
  const auto place = lanes_.find(held.lane);
  if (place == lanes_.end() || place->second.held->key != held.key || !place->second.answer) return;
  Lane& lane = place->second;
  const auto& delivery = lane.record().delivery;
  if (!delivery || delivery->state != OutboxRecord::State::ready || !delivery->by_request) return;
  if (lane.held->is_acknowledged()) return;
  bool is_impossible = false;
  auto carrier = core_.intake.carrier(held.key, *lane.record().answer, is_impossible);
  if (!carrier) return;
  core_.outbox().claim(held.key, std::make_shared<LaneCarrier>(core_.shared_from_this(), lane.held, lane.step,
                                                               *std::move(carrier), true));
}

void Lanes::deliver(Lane& lane) {
  if (!lane.answer) {
    answers_with(lane);
    lane.step = ++last_id_;
  }
  core_.outbox().deliver(std::make_shared<AnswerItem>(core_.shared_from_this(), lane.step, lane.answer));
}

void Lanes::answer_over(const HeldEvent& held, std::uint64_t step_id, const Result<OutboxRecord>& record) {
  Lane* const lane = find(held.lane, step_id);
  if (lane == nullptr) return;
  const auto answer = std::exchange(lane->answer, nullptr);
  if (!record) return record.error().kind() == ErrorKind::cancelled ? drop(held.lane) : load(*lane);
  if (record->state == OutboxRecord::State::sent && !record->was_carried())
    core_.count_event(lane->channel().id(), "answered_late");
  core_.count_answer(lane->channel().id(), record->was_carried() ? "carried" : to_string(record->state));
  count_end(*lane);
  // Who carried it at another process has moved the lane on.
  answer->next ? ended(*lane, *answer->next) : pass_over(*lane);
}

void Lanes::count_end(const Lane& lane) const {
  const EventRecord& record = lane.record();
  if (record.state != EventRecord::State::dead) return;
  core_.count_event(lane.channel().id(), "dead");
  core_.say(lane.channel().id(), LogLevel::error, log_event::kInboxDeadLetter, "an event goes to the dead letters",
            lane.held->id, record.why);
}

/// The event as it was stored. What is about another customer than its lane must not be answered there.
Result<InboundEvent> Lanes::read_again(const Lane& lane) {
  const HeldEvent& held = *lane.held;
  auto event = lane.channel().reopen(lane.record().raw, from_unix_millis(lane.record().received));
  if (!event)
    return Error(ErrorKind::bad_argument, "the stored event cannot be read again: " + event.error().message());
  event->event_id = held.id;
  if (held.account->keys.lane(*event) == held.lane) return event;
  return Error(ErrorKind::bad_argument,
               "the stored event, read again, is about another customer: PushReceiver::recognize must keep in `raw` "
               "what it finds out");
}

/// Whom the answer goes to.
Result<void> Lanes::find_address(Lane& lane) {
  if (lane.to) return {};
  auto event = read_again(lane);
  if (!event) return event.error();
  lane.to = event->sender();
  return {};
}

void Lanes::transmit(Lane& lane, std::optional<Millis> within, OutboxItem::Sent sent) {
  const EventRecord& record = lane.record();
  const HostChannel& channel = lane.channel();
  if (auto found = find_address(lane); !found) return sent(found.error());
  sent = within_limits(core_.runtime, std::move(sent));
  if (const auto* transfer = std::get_if<TransferToAgent>(&*record.answer)) {
    return hand_over(core_.runtime, lane.held->account, lane.to->customer, transfer->agent,
                     std::make_shared<OutboxItem::Sent>(std::move(sent)));
  }
  if (!channel.can_send())
    return sent(Error(ErrorKind::unsupported, "the answer came late, and this account has no Messenger"));
  Message message(*lane.to, std::get<Content>(*record.answer));
  message.speaker = record.how.speaker;
  message.allow = record.how.allow.value_or(core_.options.allow);
  message.idempotency_key =
      record.how.idempotency_key.empty() ? idempotency_key(lane.held->id) : record.how.idempotency_key;
  CallOptions options;
  if (within) options.timeout = std::min(*within, kRepeatTimeout);
  if (auto trace = TraceParent::parse(record.trace)) options.trace = *trace;
  channel.send(std::move(message), std::move(options))
      .then([runtime = core_.runtime, sent = std::move(sent)](Result<Receipt> result) mutable {
        runtime->scheduler->post([sent = std::move(sent), result = std::move(result)]() mutable { sent(result); });
      });
}

/// What became of a turn's end that a host's writes are part of.
struct Lanes::Saved {
  std::optional<LaneLook> look;
  std::optional<Error> refused;  ///< Nothing is written, and never will be.
};

/// The host's writes and the end of the event are one commit, or neither: then the turn is open again.
void Lanes::save_with(Lane& lane, HandlerOutcome given, const std::shared_ptr<InboxWork>& turn) {
  lane.is_finishing = true;
  const auto outcome = std::make_shared<HandlerOutcome>(std::move(given));
  EventEnd end;
  end.also = std::move(outcome->also);
  end.lets_go = core_.ending();
  const auto progress = std::make_shared<EventProgress>(lane.record());
  const bool is_dropped = lane.record().is_history && !core_.options.answer_history;
  const bool says_nothing = std::holds_alternative<NoReply>(*outcome->answer);
  const bool is_done = is_dropped || says_nothing;
  progress->state = is_done ? EventProgress::State::done : EventProgress::State::answered;
  if (!is_done) {
    progress->answer = *outcome->answer;
    progress->how = outcome->how;
    const bool carried = !progress->needs_message() && !lane.held->is_acknowledged();
    progress->delivery =
        OutboxRecord(carried && lane.channel().can_carry(*outcome->answer), 0, unix_millis(core_.now()));
  }
  step<Saved>(
      lane, lane.held->lane,
      [session = core_.journal->session().id(), held = lane.held, progress, end](const EventSteps& steps,
                                                                                 StagedStore& view) -> Result<Saved> {
        Saved saved;
        auto look = steps.finish(view, session, *held, held->stored, *progress, end, Durability::full);
        if (look) {
          saved.look = *std::move(look);
        } else if (look.error().kind() == ErrorKind::conflict) {
          saved.refused = Error(ErrorKind::conflict, "one of the writes found another generation");
        } else if (look.error().kind() == ErrorKind::bad_argument) {
          saved.refused = look.error();
        } else {
          return look.error();
        }
        return saved;
      },
      [this, outcome, turn, progress, drops = is_dropped && !says_nothing](Lane& current, const Saved& saved,
                                                                           std::uint64_t generation) {
        current.is_finishing = false;
        if (saved.refused) {
          arm_give_up(current);
          turn->reopen();
          return outcome->finished->answer(*saved.refused);
        }
        current.work = 0;
        static_cast<EventProgress&>(current.record()) = *progress;
        current.held->stored.generation = generation;
        if (saved.look->known) saved.look->known->generation = generation;
        free_turn(current);
        outcome->finished->answer(Result<void>());
        if (drops) core_.count_answer(current.channel().id(), "history");
        if (progress->over()) return ended(current, *saved.look);
        answers_with(current);
        bring(current);
      });
}

}  // namespace detail
KEFU_END_NAMESPACE
