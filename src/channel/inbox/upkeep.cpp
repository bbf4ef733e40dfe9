#include "channel/inbox/core.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {

void InboxCore::start() {
  if (!durable()) {
    say(LogLevel::warning, log_event::kInboxNotDurable,
        "the store is not durable: events in hand are lost with the process (kefu::sqlite keeps them)", {});
  }
  // A commit of polled events that was done and reported as failed leaves queues that only a sweep finds.
  if (!durable() && !channel_->is_polled()) return;
  runtime_->scheduler->post([self = shared_from_this()] {
    self->sweep({});
    if (self->channel_->is_polled()) self->poll();
  });
}

void InboxCore::close() {
  closed_ = true;
  if (channel_->is_polled()) runtime_->scheduler->post([self = shared_from_this()] { self->stop_polling(); });
}

void InboxCore::sweep(std::string after) {
  if (closed_) return;
  const std::size_t room = options_.max_in_hand > lanes_.size() ? options_.max_in_hand - lanes_.size() : 0;
  runtime_->with_store<Swept>([steps = steps_, after = std::move(after), room, clock = runtime_->clock](
                                  Store& store) { return steps->sweep(store, after, room, clock->wall()); },
                              [self = shared_from_this()](const Result<Swept>& outcome) { self->swept(outcome); });
}

void InboxCore::swept(const Result<Swept>& outcome) {
  if (outcome) {
    for (const auto& [lane, head] : outcome->lanes) {
      if (lanes_.count(lane) == 0) begin(lane, head);
    }
    if (outcome->taken_over > 0) {
      say(LogLevel::info, log_event::kInboxTakenOver, "took over customers' events whose owner is gone", {},
          std::to_string(outcome->taken_over));
    }
    if (!outcome->after.empty()) return sweep(outcome->after);
  }
  arm_sweep();
}

void InboxCore::arm_sweep() {
  const double spread = 0.8 + 0.4 * runtime_->jitter->unit();
  const auto pause = std::chrono::duration_cast<Millis>(options_.sweep * spread);
  runtime_->scheduler->run_at(runtime_->clock->mono() + pause, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->sweep({});
  });
}

/// While we hold lanes, well before their lease ends.
void InboxCore::arm_extension() {
  if (extending_) return;
  extending_ = true;
  runtime_->scheduler->run_at(runtime_->clock->mono() + options_.lease / 3, [self = shared_from_this()] {
    self->extending_ = false;
    self->extend();
  });
}

void InboxCore::extend() {
  if (lanes_.empty()) return;
  std::vector<std::string> keys;
  keys.reserve(lanes_.size());
  for (const auto& entry : lanes_) keys.push_back(entry.first);
  runtime_->with_store<std::vector<std::string>>(
      [steps = steps_, keys = std::move(keys), clock = runtime_->clock](Store& store) {
        return steps->extend(store, keys, clock->wall());
      },
      [self = shared_from_this()](const Result<std::vector<std::string>>& lost) {
        if (lost) {
          for (const std::string& lane : *lost) {
            if (self->lanes_.count(lane) != 0) self->lose(lane);
          }
        }
        if (!self->lanes_.empty()) self->arm_extension();
      });
}

Pending<std::vector<DeadLetter>> InboxCore::dead_letters(std::size_t limit) {
  Promise<std::vector<DeadLetter>> promise(runtime_);
  auto pending = promise.pending();
  runtime_->with_store<std::vector<DeadLetter>>(
      [steps = steps_, channel = channel_, limit](Store& store) -> Result<std::vector<DeadLetter>> {
        auto found = steps->dead_letters(store, limit);
        if (!found) return found.error();
        std::vector<DeadLetter> letters;
        for (const auto& [event_id, record] : *found) {
          DeadLetter& letter = letters.emplace_back();
          letter.why = record.why;
          letter.tries = record.tries;
          if (auto event = channel->reopen(record.raw, from_unix_millis(record.received))) {
            letter.event = *std::move(event);
          } else {
            letter.event.raw = record.raw;
          }
          letter.event_id = letter.event.event_id = event_id;
        }
        return letters;
      },
      [promise = std::move(promise)](Result<std::vector<DeadLetter>> letters) mutable {
        promise.answer(std::move(letters));
      });
  return pending;
}

Pending<void> InboxCore::revive(std::string event_id) {
  Promise<void> promise(runtime_);
  auto pending = promise.pending();
  runtime_->with_store<Accepted>(
      [steps = steps_, channel = channel_, event_id = std::move(event_id),
       clock = runtime_->clock](Store& store) -> Result<Accepted> {
        auto letter = steps->dead_letter(store, event_id);
        if (!letter) return letter.error();
        auto event = channel->reopen(letter->raw, from_unix_millis(letter->received));
        if (!event) return event.error();
        event->event_id = event_id;
        return steps->revive(store, *event, clock->wall());
      },
      [self = shared_from_this(), promise = std::move(promise)](const Result<Accepted>& outcome) mutable {
        if (!outcome) return promise.answer(outcome.error());
        if (outcome->is_ours && self->lanes_.count(outcome->lane) == 0) self->begin(outcome->lane, outcome->head);
        promise.answer(Result<void>());
      });
  return pending;
}

Pending<void> InboxCore::dismiss(std::string event_id) {
  Promise<void> promise(runtime_);
  auto pending = promise.pending();
  runtime_->with_store<void>(
      [steps = steps_, event_id = std::move(event_id)](Store& store) { return steps->dismiss(store, event_id); },
      [promise = std::move(promise)](Result<void> outcome) mutable { promise.answer(std::move(outcome)); });
  return pending;
}

}  // namespace detail
KEFU_END_NAMESPACE
