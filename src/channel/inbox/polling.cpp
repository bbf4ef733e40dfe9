#include "channel/inbox/core.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr Millis kRoomPause{200};
constexpr Millis kLeastPause{50};
constexpr Millis kLongestPollPause{3'600'000};  // after a failure
constexpr Millis kLongestAskedPause{24 * 3'600'000};

/// What a poller must keep, so that its batch fits a commit.
std::optional<Error> check_batch(const PollBatch& batch) {
  if (batch.events.size() <= Poller::kMaxEvents && batch.cursor.size() <= Poller::kMaxCursorWrites) return std::nullopt;
  return Error(ErrorKind::internal, "the channel's poller gave more than Poller::kMaxEvents or kMaxCursorWrites");
}

}  // namespace

bool InboxCore::has_room_for_batch() const {
  return *in_hand_ == 0 || *in_hand_ + Poller::kMaxEvents <= options_.max_in_hand;
}

void InboxCore::poll_later(Millis pause) {
  if (closed_) return;
  runtime_->scheduler->run_at(runtime_->clock->mono() + std::clamp(pause, kLeastPause, kLongestAskedPause),
                              [weak = weak_from_this()] {
                                if (auto self = weak.lock()) self->poll();
                              });
}

/// One round: the right to poll, the poll, the commit.
void InboxCore::poll() {
  if (closed_) return;
  if (!has_room_for_batch()) return poll_later(kRoomPause);
  runtime_->with_store<std::optional<Lease>>([steps = steps_](Store& store) { return steps->may_poll(store); },
                                             [self = shared_from_this()](const Result<std::optional<Lease>>& lease) {
                                               self->polling_.is_ours = lease && *lease;
                                               if (!lease) return self->poll_failed(lease.error());
                                               if (!*lease) return self->poll_later(self->options_.sweep);
                                               self->polling_.lease = **lease;
                                               self->ask_poller();
                                             });
}

void InboxCore::ask_poller() {
  if (closed_) return stop_polling();
  polling_.is_asking = true;
  keep_polling_lease();
  CallOptions options;
  options.cancel = polling_.stop.token();
  channel_->poll(std::move(options)).then([self = shared_from_this()](Result<PollBatch> batch) {
    auto held = std::make_shared<Result<PollBatch>>(std::move(batch));
    self->runtime_->scheduler->post([self, held] { self->polled(std::move(*held)); });
  });
}

/// A poll may take longer than the lease: it is extended while the poller is at work.
void InboxCore::keep_polling_lease() {
  runtime_->scheduler->run_at(runtime_->clock->mono() + options_.lease / 3, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || !self->polling_.is_asking || self->closed_) return;
    self->runtime_->with_store<std::optional<Lease>>(
        [steps = self->steps_](Store& store) { return steps->may_poll(store); },
        [](const Result<std::optional<Lease>>&) {});
    self->keep_polling_lease();
  });
}

void InboxCore::polled(Result<PollBatch> batch) {
  polling_.is_asking = false;
  // What was not committed comes again, to whoever polls then.
  if (closed_) return stop_polling();
  if (!batch) return poll_failed(batch.error());
  if (auto error = check_batch(*batch)) return poll_failed(*error);
  for (InboundEvent& event : batch->events) name_event(event);
  store_batch(*std::move(batch));
}

void InboxCore::store_batch(PollBatch batch) {
  auto held = std::make_shared<PollBatch>(std::move(batch));
  runtime_->with_store<TakenBatch>(
      [steps = steps_, held, clock = runtime_->clock](Store& store) {
        return steps->accept_batch(store, held->events, held->cursor, clock->wall());
      },
      [self = shared_from_this(), held](Result<TakenBatch> outcome) { self->batch_stored(*held, std::move(outcome)); });
}

void InboxCore::batch_stored(PollBatch& batch, Result<TakenBatch> outcome) {
  if (!outcome) return poll_failed(outcome.error());
  polling_.failures = 0;
  count_poll(outcome->is_lost ? "lost" : "ok");
  for (std::size_t i = 0; i < outcome->events.size(); ++i) {
    taken(std::move(batch.events[i]), std::move(outcome->events[i]));
  }
  if (closed_) return stop_polling();
  if (batch.more || outcome->is_lost) return poll();
  poll_later(batch.pause);
}

/// A polled event that is stored: its lane is worked on here if it is ours.
void InboxCore::taken(InboundEvent event, Result<Accepted> outcome) {
  if (!outcome) {
    count_event("not_stored");
    return say(LogLevel::error, log_event::kInboxEventRefused, "an event that no store can take was passed over",
               event.event_id, outcome.error().to_string());
  }
  count_event(outcome->is_new ? "new" : "repeat");
  if (!outcome->is_ours || outcome->event.record.over()) return;
  const std::string event_id = event.event_id;
  if (outcome->is_new) {
    const auto [place, is_first] = items_.try_emplace(event_id);
    // Else it is being pushed at this moment too, and goes on from there.
    if (is_first) {
      Item& item = place->second;
      item.slot = InboxSlot(in_hand_);
      item.is_stored = true;
      item.lane = outcome->lane;
      item.event = std::move(event);
      item.stored = std::move(outcome->event);
    }
  }
  if (lanes_.count(outcome->lane) == 0) begin(outcome->lane, outcome->head);
}

void InboxCore::poll_failed(const Error& error) {
  // If it was the commit that failed, the events may be stored all the same: the sweep finds their lanes.
  count_poll(to_string(error.kind()));
  if (closed_) return stop_polling();
  ++polling_.failures;
  say(LogLevel::warning, log_event::kInboxPollFailed, "a poll failed; it is tried again after a pause", {},
      error.to_string());
  const Millis asked = std::min(error.details().retry_after.value_or(Millis(0)), kLongestPollPause);
  poll_later(std::max(backoff(polling_.failures), asked));
}

/// Another process goes on at once.
void InboxCore::stop_polling() {
  polling_.stop.request();
  if (!std::exchange(polling_.is_ours, false)) return;
  runtime_->with_store<void>([lease = polling_.lease](Store& store) { return store.release(lease); },
                             [](const Result<void>&) {});
}

}  // namespace detail
KEFU_END_NAMESPACE
