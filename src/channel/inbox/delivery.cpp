#include "channel/inbox/core.hpp"
#include "core/crypto/crypto.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr Millis kClaimPause{200};
constexpr Millis kLongestSendPause{600'000};
constexpr std::size_t kMaxKey = 64;

/// The same for every try to send the answer of one event.
std::string idempotency_key(const std::string& event_id) {
  return event_id.size() <= kMaxKey ? event_id : digest(DigestKind::sha256, event_id).hex();
}

bool may_succeed_later(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::rate_limited:
    case ErrorKind::unavailable:
    case ErrorKind::network:
    case ErrorKind::timeout:
    case ErrorKind::cancelled:
      return true;
    default:
      return false;
  }
}

}  // namespace

/// The handler is done. The answer goes with the request that waits here, or with one that waits at another process,
/// or as a customer message.
void InboxCore::answered(Lane& lane, PassiveReply reply) {
  EventRecord& record = lane.stored.record;
  record.why.clear();
  if (std::holds_alternative<NoReply>(reply)) {
    record.state = EventRecord::State::done;
    return finish(lane);
  }
  record.answer = std::move(reply);
  record.state = EventRecord::State::ready;
  if (reply_to_waiters(lane)) return;
  if (may_be_claimed(lane)) return save_then(lane, Durability::full, &InboxCore::await_claim);
  send(lane);
}

/// An answer that did not leave yet.
void InboxCore::deliver(Lane& lane) {
  if (reply_to_waiters(lane)) return;
  if (may_be_claimed(lane)) return await_claim(lane);
  send(lane);
}

/// Recorded first, answered after: a crash between the two makes the platform repeat, and the repeat gets this answer.
bool InboxCore::reply_to_waiters(Lane& lane) {
  const auto place = items_.find(lane.event_id);
  if (place == items_.end() || place->second.waiters.empty()) return false;
  const WaiterPtr first = place->second.waiters.front().lock();
  if (!first || !first->context) return false;
  if (!channel_->reply(*first->context, *lane.stored.record.answer, now())) return false;
  place->second.answering = true;
  lane.stored.record.state = EventRecord::State::done;
  finish(lane);
  return true;
}

/// May the request that brought the event still wait for its answer at another process?
bool InboxCore::may_be_claimed(const Lane& lane) const {
  const EventRecord& record = lane.stored.record;
  return record.accepted_by != steps_->owner() && unix_millis(now()) < record.claim_until;
}

void InboxCore::await_claim(Lane& lane) { later(lane, kClaimPause, &InboxCore::adopt); }

/// Recorded as being sent before it is: whoever finds it so after a crash knows that it may have arrived.
void InboxCore::send(Lane& lane) {
  EventRecord& record = lane.stored.record;
  const bool transfer = std::holds_alternative<TransferToAgent>(*record.answer);
  if (transfer && !channel_->can_hand_over()) {
    return bury(lane,
                "the transfer to an agent came after the request was answered, and only that answer can carry it");
  }
  if (!transfer && !channel_->can_send()) return bury(lane, "the answer came late, and this account has no Messenger");
  if (record.sends >= options_.tries) return bury(lane, record.why);
  record.state = EventRecord::State::sending;
  ++record.sends;
  save_then(lane, Durability::full, &InboxCore::transmit);
}

void InboxCore::transmit(Lane& lane) {
  if (!lane.to) {
    auto event = channel_->reopen(lane.stored.record.raw, from_unix_millis(lane.stored.record.received));
    if (!event) return bury(lane, "the stored event cannot be read again: " + event.error().message());
    lane.to = event->sender();
  }
  if (std::holds_alternative<TransferToAgent>(*lane.stored.record.answer)) return hand_over(lane);
  Message message(*lane.to, std::get<Content>(*lane.stored.record.answer));
  message.speaker = Speaker(Speaker::Kind::bot);
  message.allow = options_.allow;
  message.idempotency_key = idempotency_key(lane.event_id);
  lane.step = ++last_id_;
  channel_->send(std::move(message))
      .then([self = shared_from_this(), key = lane.key, id = lane.step](Result<Receipt> result) {
        self->runtime_->scheduler->post([self, key, id, result = std::move(result)] {
          if (Lane* current = self->find(key, id)) self->on_sent(*current, result);
        });
      });
}

void InboxCore::on_sent(Lane& lane, const Result<Receipt>& result) {
  EventRecord& record = lane.stored.record;
  if (result) {
    count_event("answered_late");
    record.state = EventRecord::State::done;
    record.answer.reset();
    record.why.clear();
    return finish(lane);
  }
  const Error& error = result.error();
  record.why = "the answer could not be sent: " + error.to_string();
  if (error.delivery() == Delivery::unknown) {
    return bury(lane, "the answer may have been sent, nobody knows, so it is not repeated: " + error.to_string());
  }
  if (error.details().parts_delivered > 0) {
    return bury(lane, "the answer was sent in part: " + error.to_string());
  }
  if (!may_succeed_later(error.kind()) || record.sends >= options_.tries) return bury(lane, record.why);
  record.state = EventRecord::State::ready;
  const Millis asked = error.details().retry_after.value_or(Millis(0));
  lane.pause = std::min(std::max(backoff(record.sends), asked), kLongestSendPause);
  save_then(lane, Durability::full, &InboxCore::send_later);
}

void InboxCore::send_later(Lane& lane) { later(lane, lane.pause, &InboxCore::deliver); }

}  // namespace detail
KEFU_END_NAMESPACE
