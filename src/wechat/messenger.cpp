#include "wechat/messenger.hpp"

#include "core/call_deadline.hpp"
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

Error removed() { return Error(ErrorKind::cancelled, "the account was removed"); }

}  // namespace

/// Who ends a message that is not on its way yet: its deadline, its caller, the holder of its Pending.
struct AccountMessenger::Watch {
  Scheduler::Ticket timer = 0;
  std::uint64_t cancel_listener = 0;
  std::uint64_t unwanted_listener = 0;
};

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
  Phase phase = Phase::waiting;
  Watch watch;
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
  const auto deadline =
      detail::deadline_of(*runtime_, options, kMessageTimeout + kMoreTimePerPart * static_cast<int>(parts.size() - 1));
  if (!deadline) return deadline.error();
  auto job = std::make_shared<Job>(std::move(promise));
  job->customer = std::move(message.to.customer.id);
  job->speaker = std::move(message.speaker);
  job->parts = std::move(parts);
  job->receipt.changes = std::move(changes);
  job->deadline = *deadline;
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
  std::optional<Error> refusal;
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    const auto lane = lanes_.find(job->customer);
    if (closed_) {
      refusal = removed();
    } else if ((lane != lanes_.end() && lane->second.size() > kWaitingPerCustomer) || waiting_ >= kWaitingInAll) {
      refusal.emplace(ErrorKind::rate_limited,
                      fmt::format("too many messages wait to be sent ({} per customer, {} in all)", kWaitingPerCustomer,
                                  kWaitingInAll));
    } else {
      first = lane == lanes_.end();
      if (first) job->phase = Phase::reserving;
      lanes_[job->customer].push_back(job);
      ++waiting_;
    }
  }
  if (refusal) return job->promise.answer(*std::move(refusal));
  watch(job);
  if (first) reserve(Turn(shared_from_this(), std::move(job)));
}

/// A message that waits for an earlier one or for the store still has its deadline and can be cancelled.
void AccountMessenger::watch(const JobPtr& job) {
  auto give_up = [messenger = weak_from_this(), waiting = std::weak_ptr<Job>(job)](ErrorKind kind, const char* why) {
    const auto self = messenger.lock();
    const auto held = waiting.lock();
    if (self && held) self->give_up(held, kind, why);
  };
  // Posted: the thread that cancels may hold locks of the host, whose callback this would call.
  auto unwanted = [give_up, loop = std::weak_ptr<Scheduler>(runtime_->scheduler)] {
    if (const auto scheduler = loop.lock())
      scheduler->post([give_up] { give_up(ErrorKind::cancelled, "cancelled before the message was sent"); });
  };
  Watch watch;
  watch.timer = runtime_->scheduler->run_at(job->deadline, [give_up] {
    give_up(ErrorKind::timeout,
            "the deadline passed before the message was sent: an earlier message to this customer, "
            "or the store, took the time");
  });
  watch.cancel_listener = job->cancel.on_request(unwanted);
  watch.unwanted_listener = job->unwanted.on_request(unwanted);
  {
    std::lock_guard lock(mutex_);
    if (job->phase == Phase::waiting || job->phase == Phase::reserving) std::swap(job->watch, watch);
  }
  drop_watch(*job, watch);
}

void AccountMessenger::drop_watch(const Job& job, const Watch& watch) const {
  if (watch.timer != 0) runtime_->scheduler->drop(watch.timer);
  job.cancel.forget(watch.cancel_listener);
  job.unwanted.forget(watch.unwanted_listener);
}

/// Once it is on its way the pipeline looks after its deadline and its cancellation.
void AccountMessenger::give_up(const JobPtr& job, ErrorKind kind, const char* why) {
  finish(job, Error(kind, why), Unless::sending);
}

void AccountMessenger::close() {
  std::vector<JobPtr> waiting;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& lane : lanes_) waiting.insert(waiting.end(), lane.second.begin(), lane.second.end());
  }
  for (const JobPtr& job : waiting) finish(job, removed(), Unless::sending);
}

void AccountMessenger::reserve(Turn turn) {
  const auto& job = *turn.job;
  const int parts = static_cast<int>(job.parts.size());
  runtime_->with_store<Reservation>([ledger = ledger_, customer = job.customer, parts, now = runtime_->clock->wall()](
                                        Store&) { return ledger->reserve(customer, parts, now); },
                                    [turn = std::move(turn)](Result<Reservation> reservation) mutable {
                                      auto& self = *turn.messenger;
                                      self.reserved(std::move(turn), std::move(reservation));
                                    });
}

void AccountMessenger::reserved(Turn turn, Result<Reservation> reservation) {
  Job& job = *turn.job;
  if (reservation) {
    job.reservation = *std::move(reservation);
  } else if (is_store_trouble(reservation.error())) {
    report_lost_ledger(*runtime_, account_, reservation.error());
  } else {
    return finish(turn.release(), reservation.error());
  }
  if (begin_sending(job)) return send_next(std::move(turn));
  const int unsent = static_cast<int>(job.parts.size());  // nobody waits for it any more
  settle_reservation(runtime_, ledger_, job.reservation, unsent, Error(ErrorKind::cancelled, "given up"));
}

bool AccountMessenger::begin_sending(Job& job) {
  Watch watch;
  {
    std::lock_guard lock(mutex_);
    if (job.phase != Phase::reserving) return false;
    job.phase = Phase::sending;
    std::swap(job.watch, watch);
  }
  drop_watch(job, watch);
  return true;
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

/// Answers a message, once, and lets the next one of its lane go.
void AccountMessenger::finish(const JobPtr& job, Result<Receipt> result, Unless unless) {
  JobPtr next;
  Watch watch;
  {
    std::lock_guard lock(mutex_);
    if (job->phase == Phase::finished || (unless == Unless::sending && job->phase == Phase::sending)) return;
    job->phase = Phase::finished;
    std::swap(job->watch, watch);
    const auto lane = lanes_.find(job->customer);
    const bool was_first = lane->second.front() == job;
    lane->second.erase(std::find(lane->second.begin(), lane->second.end(), job));
    --waiting_;
    if (lane->second.empty()) {
      lanes_.erase(lane);
    } else if (was_first) {
      next = lane->second.front();
      next->phase = Phase::reserving;
    }
  }
  drop_watch(*job, watch);
  job->promise.answer(std::move(result));
  if (!next) return;
  // Posted, so that a long lane of refused messages does not nest.
  runtime_->scheduler->post([turn = Turn(shared_from_this(), std::move(next))]() mutable {
    auto& self = *turn.messenger;
    self.reserve(std::move(turn));
  });
}

}  // namespace wechat
KEFU_END_NAMESPACE
