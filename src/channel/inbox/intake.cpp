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
  auto waiter = std::make_shared<WaitingRequest>(std::move(promise), std::move(receiver), push);
  waiter->slot = std::move(slot);
  if (is_wake) {
    core_.runtime->scheduler->post([core = core_.shared_from_this(), wake = *std::move(push.wake), deadline,
                                    waiter = std::move(waiter)] { core->intake.woken(wake, waiter, deadline); });
    return pending;
  }
  AccountKeys::name(push.event);
  core_.runtime->scheduler->post([core = core_.shared_from_this(), push = std::move(push), deadline,
                                  trace = trace_of(request), waiter = std::move(waiter)]() mutable {
    core->intake.arrive(std::move(push), waiter, deadline, std::move(trace));
  });
  return pending;
}

/// Nothing is stored of it: an account that is polled is read in any case, only later.
void Intake::woken(const PollWake& wake, const WaitingRequestPtr& waiter, MonoTime deadline) {
  core_.accounts->find(wake.account, deadline,
                       [core = core_.shared_from_this(), waiter, wake](const Result<AccountPtr>& it) {
                         Intake& self = core->intake;
                         if (!it) return self.answer(waiter, answer_without(it.error()));
                         const std::string& id = (*it)->channel->id();
                         core->count_event(id, "woken");
                         core->pump.wake(id, wake.token.size() <= kLongestToken ? wake.token : std::string());
                         self.answer(waiter, std::move(waiter->acknowledgement));
                       });
}

void Intake::arrive(OpenedPush push, const WaitingRequestPtr& waiter, MonoTime deadline, std::string trace) {
  const std::string account = push.event.account;
  const auto known = core_.accounts->known(account);
  if (known) return resolved(known, std::move(push.event), std::move(trace), waiter, deadline);
  core_.accounts->find(account, deadline,
                       [core = core_.shared_from_this(), event = std::move(push.event), trace = std::move(trace),
                        waiter, deadline](Result<AccountPtr> found) mutable {
                         Intake& self = core->intake;
                         if (found) {
                           return self.resolved(*found, std::move(event), std::move(trace), waiter, deadline);
                         }
                         self.answer(waiter, answer_without(found.error()));
                       });
}

void Intake::resolved(const AccountPtr& account, InboundEvent event, std::string trace, const WaitingRequestPtr& waiter,
                      MonoTime deadline) {
  std::string key = account->keys.event(event.event_id);
  const auto [place, is_first] = items_.try_emplace(key);
  Item& item = place->second;
  if (is_first && !core_.has_room(account->number, 0)) {
    core_.count_event(account->channel->id(), "turned_away");
    items_.erase(place);
    return answer(waiter, try_again());
  }
  if (!is_first) {
    core_.count_event(account->channel->id(), "repeat");
    if (item.waiters.size() >= kMaxWaiters) {
      return answer(waiter, item.is_stored ? std::move(waiter->acknowledgement) : try_again());
    }
  }
  item.waiters.push_back(waiter);
  arm(waiter, key, deadline);
  if (!is_first) {
    if (item.is_stored && !item.is_watching) core_.lanes.request_came(item.lane, key);
    return;
  }
  item.slot = std::move(waiter->slot);
  item.place = AccountPlaces::Slot(core_.places, account->number);
  item.account = account;
  item.event_id = event.event_id;
  ask_host<InboundEvent>(
      core_.runtime, kRecognize, AtStop::answered_here,
      [&](auto answer) { waiter->receiver->recognize(std::move(event), std::move(answer)); },
      [core = core_.shared_from_this(), key = std::move(key), trace = std::move(trace),
       deadline](Result<InboundEvent> known) mutable {
        const auto& loop = core->runtime->scheduler;
        if (loop->is_own_thread()) return core->intake.recognized(key, std::move(known), std::move(trace), deadline);
        loop->post(
            [core, key = std::move(key), known = std::move(known), trace = std::move(trace), deadline]() mutable {
              core->intake.recognized(key, std::move(known), std::move(trace), deadline);
            });
      });
}

/// Whose event it is: now it has its place.
void Intake::recognized(const std::string& event_key, Result<InboundEvent> known, std::string trace,
                        MonoTime deadline) {
  const auto place = items_.find(event_key);
  if (place == items_.end() || place->second.is_given) return;
  Item& item = place->second;
  if (!known) {
    core_.count_event(item.account->channel->id(), "not_stored");
    core_.say(item.account->channel->id(), LogLevel::error, log_event::kInboxStoreFailed,
              "whose event it is could not be found out", item.event_id, known.error().to_string());
    return turn_away(place);
  }
  known->event_id = item.event_id;
  item.is_given = true;
  item.lane = item.account->keys.lane(*known);
  SinkEvent given(*std::move(known));
  given.waits = std::chrono::duration_cast<Millis>(deadline - core_.mono());
  given.trace = std::move(trace);
  std::vector<SinkEvent> events;
  events.push_back(std::move(given));
  const AccountPtr account = item.account;
  core_.sink.accept(account, std::move(events), {},
                    [core = core_.shared_from_this(), key = event_key](const Result<std::vector<SinkAnswer>>& outcome) {
                      core->intake.accepted(key, outcome);
                    });
}

void Intake::arm(const WaitingRequestPtr& waiter, const std::string& event_key, MonoTime deadline) {
  waiter->deadline = deadline;
  waiter->timer = core_.runtime->scheduler->run_at(
      deadline, [core = core_.shared_from_this(), waiter, event_key] { core->intake.on_deadline(waiter, event_key); });
}

/// The platform waits no longer: what is stored is acknowledged, what is not must come again.
void Intake::on_deadline(const WaitingRequestPtr& waiter, const std::string& event_key) {
  const auto place = items_.find(event_key);
  bool is_stored = true;
  if (place != items_.end()) {
    Item& item = place->second;
    is_stored = item.is_stored;
    item.waiters.erase(std::remove_if(item.waiters.begin(), item.waiters.end(),
                                      [&](const std::weak_ptr<WaitingRequest>& w) { return w.lock() == waiter; }),
                       item.waiters.end());
    // One whose customer nobody tells is begun anew with its repeat.
    if ((item.is_watching || !item.is_given) && item.waiters.empty()) items_.erase(place);
  }
  answer(waiter, is_stored ? std::move(waiter->acknowledgement) : try_again());
}

void Intake::accepted(const std::string& event_key, const Result<std::vector<SinkAnswer>>& outcome) {
  const auto place = items_.find(event_key);
  if (place == items_.end()) return;  // handled by now
  Item& item = place->second;
  const std::string& id = item.account->channel->id();
  const bool is_stored = outcome && outcome->front().fate <= EventFate::duplicate;
  if (!is_stored) {
    core_.count_event(id, "not_stored");
    if (!outcome) {
      core_.say(id, LogLevel::error, log_event::kInboxStoreFailed, "an event could not be stored", item.event_id,
                outcome.error().to_string());
    }
    return turn_away(place);
  }
  const SinkAnswer& said = outcome->front();
  core_.count_event(id, said.fate == EventFate::stored ? "new" : "repeat");
  item.is_stored = true;
  if (said.is_over) return resolve(place, said.answer);
  if (said.is_ours) {
    item.slot = InboxSlot();
    item.place = AccountPlaces::Slot();
    return core_.lanes.request_came(item.lane, event_key);
  }
  if (item.waiters.empty()) {
    items_.erase(place);
  } else {
    watch(event_key);
  }
}

void Intake::turn_away(Items::iterator place) {
  const auto waiters = std::move(place->second.waiters);
  items_.erase(place);
  for (const auto& waiting : waiters) answer(waiting.lock(), try_again());
}

void Intake::over(const std::string& event_key, const std::optional<PassiveReply>& answer) {
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

std::optional<RequestCarrier> Intake::carrier(const std::string& event_key, const PassiveReply& answer,
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
  std::vector<std::string> stored;
  for (auto place = items_.begin(); place != items_.end();) {
    Item& item = place->second;
    if (item.is_stored && item.waiters.empty()) {
      place = items_.erase(place);
      continue;
    }
    if (item.is_stored && !item.is_watching) stored.push_back(place->first);
    ++place;
  }
  for (const std::string& key : stored) watch(key);
}

}  // namespace detail
KEFU_END_NAMESPACE
