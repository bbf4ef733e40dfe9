#include "channel/inbox/core.hpp"

#include "core/crypto/crypto.hpp"
#include "core/report/reporting.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kMaxWaiters = 16;
constexpr Millis kLongestPause{400};
/// How long a request outlives its deadline while its answer is being recorded.
constexpr Millis kRecordingTime{60'000};

WebhookResponse try_again() { return WebhookResponse(503, "try again"); }

}  // namespace

InboxCore::InboxCore(std::shared_ptr<RuntimeCore> runtime, std::shared_ptr<const HostChannel> channel,
                     Inbox::Handler handler, InboxOptions options, std::string owner)
    : runtime_(std::move(runtime)),
      channel_(std::move(channel)),
      handler_(std::move(handler)),
      options_(options),
      steps_(std::make_shared<const InboxStore>(runtime_->name_space, channel_->platform(), channel_->id(),
                                                std::move(owner), options_, channel_->ledger())) {}

Pending<WebhookResponse> InboxCore::handle(const WebhookRequest& request) {
  Promise<WebhookResponse> promise(runtime_);
  Pending<WebhookResponse> pending = promise.pending();
  if (closed_) {
    promise.answer(Error(ErrorKind::cancelled, "the Inbox was destroyed"));
    return pending;
  }
  if (auto refusal = runtime_->refusal()) {
    promise.answer(*std::move(refusal));
    return pending;
  }
  if (!channel_->is_pushed()) {
    promise.answer(Error(ErrorKind::unsupported, "this account takes no pushes, its events are polled: " +
                                                     channel_->missing(Facet::push_receiver)));
    return pending;
  }
  const MonoTime deadline = runtime_->clock->mono() + options_.answer_within;
  auto opened = channel_->open_push(request, now());
  if (!opened) {
    promise.answer(opened.error());
    return pending;
  }
  OpenedPush& push = *opened;
  if (push.outcome == OpenedPush::Outcome::refused) {
    count_event("refused");
    const std::string_view fault = push.fault ? to_string(*push.fault) : "unknown";
    say(LogLevel::warning, log_event::kPushRefused, push.detail, {}, fault);
  }
  if (push.outcome != OpenedPush::Outcome::event) {
    promise.answer(std::move(push.answer));
    return pending;
  }
  name_event(push.event);
  InboxSlot slot(in_hand_);
  if (*in_hand_ > options_.max_in_hand) {
    count_event("turned_away");
    promise.answer(try_again());
    return pending;
  }
  runtime_->scheduler->post([self = shared_from_this(), push = std::move(push), deadline, promise = std::move(promise),
                             slot = std::move(slot)]() mutable {
    self->arrive(std::move(push), deadline, std::move(promise), std::move(slot));
  });
  return pending;
}

/// An event without an id must not be taken for a repeat of another one.
void InboxCore::name_event(InboundEvent& event) {
  if (event.event_id.empty()) event.event_id = digest(DigestKind::sha256, event.raw).hex();
}

void InboxCore::arrive(OpenedPush push, MonoTime deadline, Promise<WebhookResponse> promise, InboxSlot slot) {
  const std::string event_id = push.event.event_id;
  const auto waiter = std::make_shared<Waiter>(std::move(promise), push);
  const auto [place, is_first] = items_.try_emplace(event_id);
  Item& item = place->second;
  if (!is_first) {
    count_event("repeat");
    waiter->slot = std::move(slot);
    if (item.waiters.size() >= kMaxWaiters) {
      return answer(waiter, item.is_stored ? std::move(waiter->acknowledgement) : try_again());
    }
  }
  item.waiters.push_back(waiter);
  arm(waiter, event_id, deadline);
  if (!is_first) return;
  item.slot = std::move(slot);
  item.event = std::move(push.event);
  runtime_->with_store<Accepted>([steps = steps_, event = *item.event, clock = runtime_->clock](
                                     Store& store) { return steps->accept(store, event, clock->wall()); },
                                 [self = shared_from_this(), event_id](Result<Accepted> outcome) {
                                   self->accepted(event_id, std::move(outcome));
                                 });
}

void InboxCore::arm(const WaiterPtr& waiter, const std::string& event_id, MonoTime deadline) {
  waiter->timer = runtime_->scheduler->run_at(
      deadline, [self = shared_from_this(), waiter, event_id] { self->on_deadline(waiter, event_id); });
}

/// The platform waits no longer: what is stored is acknowledged, what is not must come again.
void InboxCore::on_deadline(const WaiterPtr& waiter, const std::string& event_id) {
  const auto place = items_.find(event_id);
  bool is_stored = true;
  if (place != items_.end()) {
    Item& item = place->second;
    if (item.answering) return arm(waiter, event_id, runtime_->clock->mono() + kRecordingTime);
    is_stored = item.is_stored;
    item.waiters.erase(std::remove_if(item.waiters.begin(), item.waiters.end(),
                                      [&](const std::weak_ptr<Waiter>& w) { return w.lock() == waiter; }),
                       item.waiters.end());
    if (item.watching && item.waiters.empty()) items_.erase(place);
  }
  answer(waiter, is_stored ? std::move(waiter->acknowledgement) : try_again());
}

void InboxCore::accepted(const std::string& event_id, Result<Accepted> outcome) {
  const auto place = items_.find(event_id);
  if (place == items_.end()) return;
  Item& item = place->second;
  if (!outcome) {
    count_event("not_stored");
    say(LogLevel::error, log_event::kInboxStoreFailed,
        "an event could not be stored; the platform is asked to repeat it", event_id, outcome.error().to_string());
    Item lost = std::move(item);
    items_.erase(place);
    for (const auto& waiter : lost.waiters) answer(waiter.lock(), try_again());
    return;
  }
  count_event(outcome->is_new ? "new" : "repeat");
  item.is_stored = true;
  item.lane = outcome->lane;
  if (outcome->event.record.over()) return resolve(place, outcome->event.record);
  if (outcome->is_ours) {
    if (outcome->is_new) {
      item.stored = std::move(outcome->event);
    } else {
      item.event.reset();
    }
    if (lanes_.count(outcome->lane) == 0) begin(outcome->lane, outcome->head);
    return;
  }
  item.event.reset();
  item.watching = true;
  if (item.waiters.empty()) {
    items_.erase(place);
  } else {
    watch(event_id);
  }
}

/// Another process works on it: its answer is fetched from the record.
void InboxCore::watch(const std::string& event_id) {
  Item& item = items_.at(event_id);
  const MonoTime next = runtime_->clock->mono() + item.pause;
  item.pause = std::min(2 * item.pause, kLongestPause);
  runtime_->scheduler->run_at(next, [self = shared_from_this(), event_id] {
    const auto place = self->items_.find(event_id);
    if (place == self->items_.end() || !place->second.watching) return;
    self->runtime_->with_store<std::optional<StoredEvent>>(
        [steps = self->steps_, event_id](Store& store) { return steps->claim(store, event_id); },
        [self, event_id](const Result<std::optional<StoredEvent>>& event) { self->watched(event_id, event); });
  });
}

void InboxCore::watched(const std::string& event_id, const Result<std::optional<StoredEvent>>& event) {
  const auto place = items_.find(event_id);
  if (place == items_.end() || !place->second.watching) return;
  if (event && *event && (*event)->record.over()) return resolve(place, (*event)->record);
  watch(event_id);
}

/// It is over: everyone who waits is told.
void InboxCore::resolve(Items::iterator place, const EventRecord& record) {
  Item item = std::move(place->second);
  items_.erase(place);
  for (const auto& waiting : item.waiters) {
    if (const WaiterPtr waiter = waiting.lock()) answer(waiter, response_for(*waiter, record));
  }
}

WebhookResponse InboxCore::response_for(const Waiter& waiter, const EventRecord& record) const {
  if (record.state == EventRecord::State::done && record.answer && waiter.context) {
    if (auto reply = channel_->reply(*waiter.context, *record.answer, now())) return *std::move(reply);
  }
  return waiter.acknowledgement;
}

void InboxCore::answer(const WaiterPtr& waiter, WebhookResponse response) {
  if (!waiter) return;
  runtime_->scheduler->drop(waiter->timer);
  waiter->promise.answer(std::move(response));
}

void InboxCore::count_event(std::string_view outcome) const {
  if (!runtime_->observer) return;
  count(*runtime_->observer, metric::kInboxEvents,
        {{"platform", channel_->platform()}, {"account", channel_->id()}, {"outcome", outcome}});
}

void InboxCore::count_poll(std::string_view outcome) const {
  if (!runtime_->observer) return;
  count(*runtime_->observer, metric::kInboxPolls,
        {{"platform", channel_->platform()}, {"account", channel_->id()}, {"outcome", outcome}});
}

void InboxCore::say(LogLevel level, std::string_view event, std::string_view message, std::string_view event_id,
                    std::string_view why) const {
  if (!runtime_->observer) return;
  log(*runtime_->observer, level, event, message,
      {{"platform", channel_->platform()}, {"account", channel_->id()}, {"event_id", event_id}, {"why", why}});
}

}  // namespace detail
KEFU_END_NAMESPACE
