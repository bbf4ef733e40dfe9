#include "channel/inbox/intake.hpp"

#include "channel/inbox/core.hpp"
#include "core/async/host_answer.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kMaxWaiters = 16;
constexpr std::size_t kLongestToken = 1'024;
/// This part of its time is left for noting that a request is acknowledged.
constexpr int kPartToNote = 20;
constexpr HostSeam kOpenPush{"PushReceiver::open"};
constexpr HostSeam kReply{"PushReceiver::reply"};
constexpr HostSeam kRecognize{"PushReceiver::recognize"};
WebhookResponse try_again() { return WebhookResponse(503, "try again"); }

/// To a push whose account was not found.
WebhookResponse answer_without(const Error& error) {
  return error.kind() == ErrorKind::not_found ? WebhookResponse(404, "unknown account") : try_again();
}

bool is_header(std::string_view given, std::string_view lower) {
  return given.size() == lower.size() && std::equal(given.begin(), given.end(), lower.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
         });
}

std::string trace_of(const WebhookRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (!is_header(name, "traceparent")) continue;
    if (auto trace = TraceParent::parse(value)) return std::string(value);
  }
  return {};
}

}  // namespace

bool RequestCarrier::waits() const {
  const auto waiting = request.lock();
  return waiting && waiting->waits(runtime->clock->mono());
}

bool RequestCarrier::carry() {
  const auto waiting = request.lock();
  if (!waiting || !waiting->waits(runtime->clock->mono())) return false;
  waiting->is_answered = true;
  runtime->scheduler->drop(waiting->timer);
  waiting->promise.answer(std::move(response));
  return true;
}

Pending<WebhookResponse> Intake::handle(std::shared_ptr<const PushReceiver> receiver, std::string_view account,
                                        const WebhookRequest& request) {
  Promise<WebhookResponse> promise(core_.runtime);
  Pending<WebhookResponse> pending = promise.pending();
  const auto refuse = [&](Error error) {
    promise.answer(std::move(error));
    return std::move(pending);
  };
  if (core_.closed()) return refuse(Error(ErrorKind::cancelled, "the Inbox was destroyed"));
  if (auto refusal = core_.runtime->refusal()) return refuse(*std::move(refusal));
  const MonoTime deadline = core_.mono() + core_.options.answer_within;
  auto opened =
      call_host(core_.runtime->observer.get(), kOpenPush, [&] { return receiver->open(request, core_.now()); });
  if (!opened) return refuse(opened.error());
  OpenedPush& push = *opened;
  if (push.outcome == OpenedPush::Outcome::refused) {
    core_.count_event(account, "refused");
    const std::string_view fault = push.fault ? to_string(*push.fault) : "unknown";
    core_.say(account, LogLevel::warning, log_event::kPushRefused, push.detail, {}, fault);
  }
  const bool is_wake = push.outcome == OpenedPush::Outcome::wake && push.wake;
  if (push.outcome != OpenedPush::Outcome::event && !is_wake) {
    promise.answer(std::move(push.answer));
    return pending;
  }
  if (!account.empty()) (is_wake ? push.wake->account : push.event.account) = account;
  InboxSlot slot(core_.in_hand);
  if (core_.ending() || *core_.in_hand > core_.options.max_in_hand) {
    core_.count_event(account, "turned_away");
    promise.answer(try_again());
    return pending;
  }
  std::optional<PollWake> wake = std::move(push.wake);
  auto waiter = std::make_shared<WaitingRequest>(std::move(promise), std::move(receiver), std::move(push));
  waiter->slot = std::move(slot);
  waiter->deadline = deadline;
  if (is_wake) {
    core_.runtime->scheduler->post([core = core_.shared_from_this(), wake = *std::move(wake),
                                    waiter = std::move(waiter)] { core->intake.woken(wake, waiter); });
    return pending;
  }
  AccountKeys::name(waiter->event);
  waiter->trace = trace_of(request);
  core_.runtime->scheduler->post(
      [core = core_.shared_from_this(), waiter = std::move(waiter)] { core->intake.arrive(waiter); });
  return pending;
}

/// Nothing is stored of it: an account that is polled is read in any case, only later.
void Intake::woken(const PollWake& wake, const WaitingRequestPtr& waiter) {
  core_.accounts->find(wake.account, waiter->deadline,
                       [core = core_.shared_from_this(), waiter, wake](const Result<AccountPtr>& it) {
                         Intake& self = core->intake;
                         if (!it) return self.answer(waiter, answer_without(it.error()));
                         const std::string& id = (*it)->channel->id();
                         core->count_event(id, "woken");
                         core->pump.wake(id, wake.token.size() <= kLongestToken ? wake.token : std::string());
                         self.answer(waiter, std::move(waiter->acknowledgement));
                       });
}

void Intake::arrive(const WaitingRequestPtr& waiter) {
  if (const auto known = core_.accounts->known(waiter->event.account)) return resolved(known, waiter);
  core_.accounts->find(waiter->event.account, waiter->deadline,
                       [core = core_.shared_from_this(), waiter](const Result<AccountPtr>& found) {
                         Intake& self = core->intake;
                         if (found) return self.resolved(*found, waiter);
                         self.answer(waiter, answer_without(found.error()));
                       });
}

void Intake::resolved(const AccountPtr& account, const WaitingRequestPtr& waiter) {
  std::string key = account->keys.event(waiter->event.event_id);
  const auto place = items_.find(key);
  if (place == items_.end()) {
    if (!core_.has_room(account->number, 0)) {
      core_.count_event(account->channel->id(), "turned_away");
      return answer(waiter, try_again());
    }
    waiter->held = std::make_shared<HeldEvent>(account, waiter->event.event_id, std::move(key));
    return begin(items_.try_emplace(waiter->held->key, waiter->held).first->second, waiter);
  }
  Item& item = place->second;
  core_.count_event(account->channel->id(), "repeat");
  if (item.is_stored && item.held->is_acknowledged()) return answer(waiter, std::move(waiter->acknowledgement));
  if (item.waiters.size() >= kMaxWaiters) return answer(waiter, try_again());
  waiter->held = item.held;
  item.waiters.push_back(waiter);
  arm(waiter);
  if (item.is_stored && !item.is_watching) core_.lanes.request_came(*waiter->held);
}

/// The first request for an event, which has no place yet.
void Intake::begin(Item& item, const WaitingRequestPtr& waiter) {
  item.waiters.push_back(waiter);
  item.slot = std::move(waiter->slot);
  item.place = AccountPlaces::Slot(core_.places, item.held->account->number);
  arm(waiter);
  ask_host<InboundEvent>(
      core_.runtime, kRecognize, AtStop::answered_here,
      [&](auto answer) { waiter->receiver->recognize(std::move(waiter->event), std::move(answer)); },
      [core = core_.shared_from_this(), waiter](Result<InboundEvent>&& known) mutable {
        const auto& loop = core->runtime->scheduler;
        if (loop->is_own_thread()) return core->intake.recognized(waiter, std::move(known));
        loop->post(
            [core, waiter, known = std::move(known)]() mutable { core->intake.recognized(waiter, std::move(known)); });
      });
}

/// Whose event it is: now it has its place.
void Intake::recognized(const WaitingRequestPtr& waiter, Result<InboundEvent>&& known) {
  const auto place = items_.find(waiter->held->key);
  if (place == items_.end() || place->second.is_given) return;
  const HeldEventPtr held = place->second.held;  // begun anew it is not the waiter's
  if (!known) {
    core_.count_event(held->account->channel->id(), "not_stored");
    core_.say(held->account->channel->id(), LogLevel::error, log_event::kInboxStoreFailed,
              "whose event it is could not be found out", held->id, known.error().to_string());
    return turn_away(place);
  }
  known->event_id = held->id;
  place->second.is_given = true;
  held->came(*std::move(known));
  std::vector<SinkEvent> events;
  SinkEvent& given = events.emplace_back(held);
  given.waits = std::chrono::duration_cast<Millis>(waiter->deadline - core_.mono());
  given.trace = std::move(waiter->trace);
  core_.sink.accept(held->account, std::move(events), {},
                    [core = core_.shared_from_this(), held](const Result<std::vector<SinkAnswer>>& outcome) {
                      core->intake.accepted(held, outcome);
                    });
}

void Intake::arm(const WaitingRequestPtr& waiter) {
  waiter->timer =
      core_.runtime->scheduler->run_at(waiter->deadline - MonoTime::duration(core_.options.answer_within) / kPartToNote,
                                       [core = core_.shared_from_this(), waiter] { core->intake.on_time_up(waiter); });
}

/// What is stored is acknowledged, if nobody came after this request.
void Intake::on_time_up(const WaitingRequestPtr& waiter) {
  if (waiter->is_answered) return;
  waiter->is_time_up = true;
  waiter->timer = core_.runtime->scheduler->run_at(
      waiter->deadline, [core = core_.shared_from_this(), waiter] { core->intake.on_deadline(waiter); });
  const auto place = find(waiter->held);
  if (place != items_.end()) time_up(place);
}

/// The place of this event as it came; not of one that came anew since.
Intake::Items::iterator Intake::find(const HeldEventPtr& held) {
  const auto place = items_.find(held->key);
  return place != items_.end() && place->second.held == held ? place : items_.end();
}

void Intake::time_up(Items::iterator place) {
  const Item& item = place->second;
  const auto waiter = item.waiters.empty() ? nullptr : item.waiters.back().lock();
  if (!item.is_stored || !waiter || !waiter->is_time_up) return;
  // Nothing is to be noted where it is, or where no request can carry anything.
  const bool must_note = waiter->context && !item.held->is_acknowledged();
  must_note ? acknowledge(item.held) : acknowledge_all(place);
}

void Intake::acknowledge(const HeldEventPtr& held) {
  core_.journal->run<Acknowledged>(
      held->account->number, {held->key, held->lane},
      [steps = core_.steps, held](StagedStore& view, const std::string& session) {
        return steps->acknowledge(view, session, *held);
      },
      [core = core_.shared_from_this(), held](const Result<Acknowledged>& event, std::uint64_t) {
        if (event) core->intake.acknowledged(held, *event);
      });
}

void Intake::acknowledged(const HeldEventPtr& held, const Acknowledged& event) {
  const EventRecord& record = event.record;
  if (event.may_be && record.acknowledged) core_.lanes.acknowledged(*held);
  const auto place = find(held);
  if (place == items_.end()) return;
  if (record.over()) return resolve(place, record.state == EventRecord::State::done ? record.answer : std::nullopt);
  if (event.may_be) acknowledge_all(place);
}

void Intake::acknowledge_all(Items::iterator place) {
  Item& item = place->second;
  const auto waiters = std::exchange(item.waiters, {});
  if (item.is_watching) items_.erase(place);
  for (const auto& waiting : waiters) {
    if (const auto waiter = waiting.lock()) answer(waiter, std::move(waiter->acknowledgement));
  }
}

/// The platform waits no longer, and what became of its event could not be noted or is not known: it must come again.
void Intake::on_deadline(const WaitingRequestPtr& waiter) {
  const auto place = find(waiter->held);
  if (place != items_.end()) {
    Item& item = place->second;
    item.waiters.erase(std::remove_if(item.waiters.begin(), item.waiters.end(),
                                      [&](const std::weak_ptr<WaitingRequest>& w) { return w.lock() == waiter; }),
                       item.waiters.end());
    // One whose customer nobody tells is begun anew with its repeat.
    if ((item.is_watching || !item.is_given) && item.waiters.empty()) items_.erase(place);
  }
  answer(waiter, try_again());
}

void Intake::accepted(const HeldEventPtr& held, const Result<std::vector<SinkAnswer>>& outcome) {
  const auto place = find(held);
  if (place == items_.end()) return;  // handled by now
  Item& item = place->second;
  const std::string& id = held->account->channel->id();
  const bool is_stored = outcome && outcome->front().fate <= EventFate::duplicate;
  if (!is_stored) {
    core_.count_event(id, "not_stored");
    if (!outcome) {
      core_.say(id, LogLevel::error, log_event::kInboxStoreFailed, "an event could not be stored", held->id,
                outcome.error().to_string());
    } else if (outcome->front().fate == EventFate::refused) {
      core_.say(id, LogLevel::error, log_event::kInboxEventRefused, "an event that no store can take was turned away",
                held->id);
    }
    return turn_away(place);
  }
  const SinkAnswer& said = outcome->front();
  core_.count_event(id, said.fate == EventFate::stored ? "new" : "repeat");
  item.is_stored = true;
  if (said.is_over) return resolve(place, said.answer);
  if (held->is_acknowledged()) acknowledge_all(place);
  if (said.is_ours) {
    item.slot = InboxSlot();
    item.place = AccountPlaces::Slot();
    core_.lanes.request_came(*held);
  } else {
    watch(held);
  }
  if (const auto there = find(held); there != items_.end()) time_up(there);
}

void Intake::turn_away(Items::iterator place) {
  const auto waiters = std::move(place->second.waiters);
  items_.erase(place);
  for (const auto& waiting : waiters) answer(waiting.lock(), try_again());
}

void Intake::over(std::string_view event_key, const std::optional<PassiveReply>& answer) {
  const auto place = items_.find(event_key);
  if (place != items_.end()) resolve(place, answer);
}

void Intake::resolve(Items::iterator place, const std::optional<PassiveReply>& said) {
  const Item item = std::move(place->second);
  items_.erase(place);
  for (const auto& waiting : item.waiters) {
    const auto waiter = waiting.lock();
    if (!waiter || waiter->is_answered) continue;
    auto reply = said ? build(*waiter, *said) : std::nullopt;
    answer(waiter, reply ? *std::move(reply) : std::move(waiter->acknowledgement));
  }
}

void Intake::answer(const WaitingRequestPtr& waiter, WebhookResponse response) {
  if (!waiter || std::exchange(waiter->is_answered, true)) return;
  core_.runtime->scheduler->drop(waiter->timer);
  waiter->promise.answer(std::move(response));
}

/// The platform's answer to this request; nothing if it cannot be that.
std::optional<WebhookResponse> Intake::build(const WaitingRequest& waiter, const PassiveReply& answer) const {
  if (!waiter.context) return std::nullopt;
  auto reply = call_host(core_.runtime->observer.get(), kReply,
                         [&] { return waiter.receiver->reply(*waiter.context, answer, core_.now()); });
  return reply ? std::make_optional(*std::move(reply)) : std::nullopt;
}

std::optional<RequestCarrier> Intake::carrier(std::string_view event_key, const PassiveReply& answer,
                                              bool& is_impossible) {
  const auto place = items_.find(event_key);
  if (place == items_.end()) return std::nullopt;
  for (const auto& waiting : place->second.waiters) {
    const auto waiter = waiting.lock();
    if (!waiter || !waiter->waits(core_.mono()) || !waiter->context) continue;
    auto reply = build(*waiter, answer);
    is_impossible = !reply;
    if (!reply) return std::nullopt;
    RequestCarrier carrier;
    carrier.name = std::to_string(++last_name_);
    carrier.request = waiter;
    carrier.response = *std::move(reply);
    carrier.runtime = core_.runtime;
    return carrier;
  }
  return std::nullopt;
}

void Intake::session_over() {
  std::vector<HeldEventPtr> stored;
  for (auto place = items_.begin(); place != items_.end();) {
    Item& item = place->second;
    if (item.is_stored && item.waiters.empty()) {
      place = items_.erase(place);
      continue;
    }
    if (item.is_stored && !item.is_watching) stored.push_back(item.held);
    ++place;
  }
  for (const HeldEventPtr& held : stored) watch(held);
}

}  // namespace detail
KEFU_END_NAMESPACE
