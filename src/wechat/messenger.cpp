#include "wechat/messenger.hpp"

#include "wechat/send_gate.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::size_t kWaitingPerCustomer = 100;
constexpr std::size_t kWaitingInAll = 10'000;
constexpr Millis kMessageTimeout{10'000};
constexpr Millis kMoreTimePerPart{3'000};

Error with_parts(const Error& error, std::size_t parts_delivered) {
  ErrorDetails details = error.details();
  details.parts_delivered = parts_delivered;
  return Error(error.kind(), error.delivery(), std::move(details));
}

}  // namespace

/// One message on its way.
struct AccountMessenger::Job {
  explicit Job(Promise<Receipt> p) : promise(std::move(p)) {}
  Promise<Receipt> promise;
  std::string customer;
  Speaker speaker;
  std::vector<CustomMessage> parts;
  std::size_t sent = 0;
  Receipt receipt;
  Reservation reservation;
  MonoTime deadline;
  CancelToken cancel;
  CancelToken unwanted;
  // Guarded by the messenger's mutex, as is the lane it stands in.
  bool started = false;
  bool finished = false;
  std::uint64_t cancel_listener = 0;
  std::uint64_t unwanted_listener = 0;
  Scheduler::Ticket timer = 0;
};

/// The right to work on the first message of a lane. Dropped unused (the runtime ends), it answers that message.
class AccountMessenger::Turn {
 public:
  Turn(std::shared_ptr<AccountMessenger> m, JobPtr j) : messenger(std::move(m)), job(std::move(j)) {}
  Turn(Turn&&) noexcept = default;
  Turn& operator=(Turn&&) = delete;
  ~Turn() {
    if (job) messenger->finish(job, Error(ErrorKind::cancelled, "the runtime ended before the message was sent"));
  }
  JobPtr release() { return std::move(job); }

  std::shared_ptr<AccountMessenger> messenger;
  JobPtr job;
};

AccountMessenger::AccountMessenger(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client,
                                   std::shared_ptr<ReplyLedger> ledger, std::string account, AccountKind kind,
                                   bool business_typing, Capabilities capabilities)
    : runtime_(std::move(runtime)),
      client_(std::move(client)),
      ledger_(std::move(ledger)),
      account_(std::move(account)),
      kind_(kind),
      business_typing_(business_typing),
      capabilities_(std::move(capabilities)) {}

Pending<Receipt> AccountMessenger::send(Message message, CallOptions options) {
  Promise<Receipt> promise(runtime_);
  auto pending = promise.pending();
  if (auto refusal = runtime_->refusal()) {
    promise.answer(*std::move(refusal));
  } else if (auto job = prepare(std::move(message), options, promise); !job) {
    promise.answer(job.error());
  } else {
    enqueue(*std::move(job));
  }
  return pending;
}

Pending<void> AccountMessenger::typing(Address to, bool on, CallOptions options) {
  Promise<void> promise(runtime_);
  auto pending = promise.pending();
  if (auto checked = check_address(to); !checked) {
    promise.answer(checked.error());
    return pending;
  }
  auto unwanted = promise.cancelled();
  auto done = [promise = std::move(promise)](Result<NoContent> result) mutable {
    promise.answer(result ? Result<void>() : Result<void>(result.error()));
  };
  if (kind_ == AccountKind::mini_program && business_typing_)
    client_.start(SetBusinessTyping(to.customer.id, on), std::move(options), std::move(unwanted), std::move(done));
  else
    client_.start(SetTyping(to.customer.id, on), std::move(options), std::move(unwanted), std::move(done));
  return pending;
}

Result<void> AccountMessenger::check_address(const Address& to) const {
  if (!to.account.empty() && to.account != account_)
    return Error(ErrorKind::bad_argument,
                 fmt::format("to.account is {}, this messenger belongs to {}", to.account, account_));
  if (to.customer.id.empty()) return Error(ErrorKind::bad_argument, "to.customer.id is empty: it is the openid");
  return {};
}

/// Everything that can be refused without asking anybody.
Result<AccountMessenger::JobPtr> AccountMessenger::prepare(Message message, const CallOptions& options,
                                                           Promise<Receipt>& promise) const {
  if (auto checked = check_address(message.to); !checked) return checked.error();
  if (message.idempotency_key.size() > 64)
    return Error(ErrorKind::bad_argument,
                 fmt::format("idempotency_key has {} bytes, the limit is 64", message.idempotency_key.size()));
  std::vector<Change> changes;
  if (kind_ == AccountKind::mini_program && !message.speaker.agent.empty()) {
    if (!message.allow.simplify)
      return Error(ErrorKind::unsupported,
                   "speaker.agent: mini programs cannot show an agent; leave it empty or allow simplifying");
    message.speaker.agent.clear();
    changes.emplace_back("sent without the agent's name: mini programs cannot show it");
  }
  auto adapted = adapt(capabilities_, std::move(message.content), message.allow);
  if (!adapted) return adapted.error();
  for (Change& change : adapted->changes) changes.push_back(std::move(change));

  std::vector<CustomMessage> parts;
  for (Content& part : adapted->parts) {
    auto custom = as_custom_message(std::move(part));
    if (!custom) return custom.error();
    parts.push_back(*std::move(custom));
  }
  const Millis usual = kMessageTimeout + kMoreTimePerPart * static_cast<int>(parts.size() - 1);
  auto job = std::make_shared<Job>(std::move(promise));
  job->customer = std::move(message.to.customer.id);
  job->speaker = std::move(message.speaker);
  job->parts = std::move(parts);
  job->receipt.changes = std::move(changes);
  job->deadline = runtime_->clock->mono() + options.timeout.value_or(usual);
  job->cancel = options.cancel;
  job->unwanted = job->promise.cancelled();
  return job;
}

/// Names the message type that carries this content for this kind of account.
Result<CustomMessage> AccountMessenger::as_custom_message(Content content) const {
  const bool mini = kind_ == AccountKind::mini_program;
  return std::visit(
      [mini](auto&& value) -> Result<CustomMessage> {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, LinkContent>) {
          if (mini) return CustomMessage(Link(std::move(value)));
          return CustomMessage(News(std::move(value)));
        } else if constexpr (std::is_constructible_v<CustomMessage, T>) {
          return CustomMessage(std::move(value));
        } else {
          return Error(ErrorKind::unsupported, "the customer-message API has no type for this content");
        }
      },
      std::move(content));
}

void AccountMessenger::enqueue(JobPtr job) {
  bool first = false;
  bool full = false;
  {
    std::lock_guard lock(mutex_);
    auto& lane = lanes_[job->customer];
    full = lane.size() > kWaitingPerCustomer || waiting_ >= kWaitingInAll;
    if (full) {
      if (lane.empty()) lanes_.erase(job->customer);
    } else {
      first = lane.empty();
      job->started = first;
      lane.push_back(job);
      ++waiting_;
    }
  }
  if (full)
    return job->promise.answer(
        Error(ErrorKind::rate_limited, fmt::format("too many messages wait to be sent ({} per customer, {} in all)",
                                                   kWaitingPerCustomer, kWaitingInAll)));
  if (first)
    reserve(Turn(shared_from_this(), std::move(job)));
  else
    watch(job);
}

/// A message that waits behind another one still has its deadline and can be cancelled.
void AccountMessenger::watch(const JobPtr& job) {
  std::weak_ptr<AccountMessenger> messenger = weak_from_this();
  std::weak_ptr<Job> waiting = job;
  auto give_up = [messenger, waiting](ErrorKind kind, const char* why) {
    auto self = messenger.lock();
    auto held = waiting.lock();
    if (self && held) self->leave_queue(held, Error(kind, why));
  };
  auto unwanted = [give_up] { give_up(ErrorKind::cancelled, "cancelled while an earlier message was being sent"); };
  const auto timer = runtime_->scheduler->run_at(job->deadline, [give_up] {
    give_up(ErrorKind::timeout, "the deadline passed while an earlier message to this customer was being sent");
  });
  const auto cancel_listener = job->cancel.on_request(unwanted);
  const auto unwanted_listener = job->unwanted.on_request(unwanted);
  bool finished;
  {
    std::lock_guard lock(mutex_);
    finished = job->finished;
    job->timer = timer;
    job->cancel_listener = cancel_listener;
    job->unwanted_listener = unwanted_listener;
  }
  if (finished) stop_watching(*job);
}

void AccountMessenger::stop_watching(const Job& job) {
  if (job.timer != 0) runtime_->scheduler->drop(job.timer);
  job.cancel.forget(job.cancel_listener);
  job.unwanted.forget(job.unwanted_listener);
}

void AccountMessenger::leave_queue(const JobPtr& job, Error why) {
  {
    std::lock_guard lock(mutex_);
    if (job->started) return;
    const auto lane = lanes_.find(job->customer);
    if (lane == lanes_.end()) return;
    const auto place = std::find(lane->second.begin(), lane->second.end(), job);
    if (place == lane->second.end()) return;
    lane->second.erase(place);
    --waiting_;
    job->finished = true;
  }
  stop_watching(*job);
  job->promise.answer(std::move(why));
}

void AccountMessenger::reserve(Turn turn) {
  const JobPtr job = turn.job;  // stays valid when the turn moves on
  if (runtime_->clock->mono() >= job->deadline)
    return finish(turn.release(), Error(ErrorKind::timeout, "the deadline passed before the message was sent"));
  if (job->cancel.requested() || job->unwanted.requested())
    return finish(turn.release(), Error(ErrorKind::cancelled, "cancelled before the message was sent"));
  const int parts = static_cast<int>(job->parts.size());
  runtime_->with_store<Reservation>([ledger = ledger_, customer = job->customer, parts, now = runtime_->clock->wall()](
                                        Store&) { return ledger->reserve(customer, parts, now); },
                                    [turn = std::move(turn)](Result<Reservation> reserved) mutable {
                                      auto& self = *turn.messenger;
                                      if (reserved)
                                        turn.job->reservation = *std::move(reserved);
                                      else if (!is_store_trouble(reserved.error()))
                                        return self.finish(turn.release(), reserved.error());
                                      self.send_next(std::move(turn));
                                    });
}

void AccountMessenger::send_next(Turn turn) {
  Job& job = *turn.job;
  if (job.sent == job.parts.size()) {
    if (job.reservation.tracked) {
      job.receipt.messages_left = job.reservation.left;
      job.receipt.window_closes = job.reservation.closes;
    }
    Receipt receipt = std::move(job.receipt);
    return finish(turn.release(), std::move(receipt));
  }
  SendCustomMessage op(job.customer, job.parts[job.sent]);
  op.kf_account = job.speaker.agent;
  op.ai_generated = job.speaker.ai_generated;
  op.reserved = true;
  CallOptions options;
  options.timeout = std::chrono::duration_cast<Millis>(job.deadline - runtime_->clock->mono());
  options.cancel = job.cancel;
  auto unwanted = job.unwanted;
  client_.start(std::move(op), std::move(options), std::move(unwanted),
                [turn = std::move(turn)](Result<NoContent> result) mutable {
                  auto& self = *turn.messenger;
                  if (!result) return self.part_failed(std::move(turn), result.error());
                  ++turn.job->sent;
                  turn.job->receipt.parts.emplace_back();
                  self.send_next(std::move(turn));
                });
}

void AccountMessenger::part_failed(Turn turn, const Error& error) {
  const JobPtr job = turn.release();
  const int unsent = static_cast<int>(job->parts.size() - job->sent);
  settle_reservation(runtime_, ledger_, job->reservation, unsent, error);
  finish(job, with_parts(error, job->sent));
}

void AccountMessenger::finish(const JobPtr& job, Result<Receipt> result) {
  JobPtr next;
  {
    std::lock_guard lock(mutex_);
    job->finished = true;
    const auto lane = lanes_.find(job->customer);
    if (lane != lanes_.end() && !lane->second.empty() && lane->second.front() == job) {
      lane->second.pop_front();
      --waiting_;
      if (lane->second.empty()) {
        lanes_.erase(lane);
      } else {
        next = lane->second.front();
        next->started = true;
      }
    }
  }
  stop_watching(*job);
  job->promise.answer(std::move(result));
  // Posted, so that a long lane of refused messages does not nest.
  if (next) {
    Turn turn(shared_from_this(), std::move(next));
    runtime_->scheduler->post([turn = std::move(turn)]() mutable {
      auto& self = *turn.messenger;
      self.reserve(std::move(turn));
    });
  }
}

}  // namespace wechat
KEFU_END_NAMESPACE
