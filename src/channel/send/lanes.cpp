#include "channel/send/lanes.hpp"

#include "channel/window/settlement.hpp"
#include "core/async/call_deadline.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kWaitingPerLane = 100;
constexpr std::size_t kWaitingInAll = 10'000;
constexpr Millis kMessageTimeout{10'000};
constexpr Millis kMoreTimePerPart{3'000};

Error with_parts(const Error& error, std::size_t parts_delivered) {
  ErrorDetails details = error.details();
  details.parts_delivered = parts_delivered;
  return Error(error.kind(), error.delivery(), std::move(details));
}

Error account_removed() { return Error(ErrorKind::cancelled, "the account was closed"); }

}  // namespace

/// Who ends a message that is not on its way yet: its deadline, its caller, the holder of its Pending.
struct SendLanes::Watch {
  Scheduler::Ticket timer = 0;
  std::uint64_t cancel_listener = 0;
  std::uint64_t unwanted_listener = 0;
};

/// One message on its way.
struct SendLanes::Job {
  Job(Promise<Receipt> p, OutgoingMessage m, const CallOptions& given, MonoTime deadline)
      : promise(std::move(p)), message(std::move(m)), options(given, deadline), cancel(given.cancel) {}
  Promise<Receipt> promise;
  OutgoingMessage message;
  std::size_t sent = 0;
  Receipt receipt;
  Reservation reservation;
  FlowOptions options;
  CancelToken cancel;
  CancelToken unwanted;
  // Guarded by the mutex of the lanes, as is the lane it stands in.
  Phase phase = Phase::waiting;
  Watch watch;
};

/// The right to work on the first message of a lane. Dropped unused (the runtime ends), it answers that message.
class SendLanes::Turn {
 public:
  Turn(std::shared_ptr<SendLanes> l, JobPtr j) : lanes(std::move(l)), job(std::move(j)) {}
  Turn(Turn&&) noexcept = default;
  Turn& operator=(Turn&&) = delete;
  ~Turn() {
    if (job) lanes->finish(job, Error(ErrorKind::cancelled, "the runtime ended before the message was sent"));
  }
  JobPtr release() { return std::move(job); }

  std::shared_ptr<SendLanes> lanes;
  JobPtr job;
};

SendLanes::SendLanes(std::shared_ptr<RuntimeCore> runtime, SendLanesSettings settings)
    : runtime_(std::move(runtime)), settings_(std::move(settings)) {}

Pending<Receipt> SendLanes::send(Result<OutgoingMessage> message, const CallOptions& options) {
  Promise<Receipt> promise(runtime_);
  auto pending = promise.pending();
  if (auto refusal = runtime_->refusal()) return promise.answer(*std::move(refusal)), std::move(pending);
  if (!message) return promise.answer(message.error()), std::move(pending);
  const int further_parts = static_cast<int>(message->parts->count()) - 1;
  const auto deadline = deadline_of(*runtime_, options, kMessageTimeout + kMoreTimePerPart * further_parts);
  if (!deadline) return promise.answer(deadline.error()), std::move(pending);
  auto job = std::make_shared<Job>(std::move(promise), *std::move(message), options, *deadline);
  job->receipt.changes = std::move(job->message.changes);
  job->unwanted = job->promise.cancelled();
  enqueue(std::move(job));
  return pending;
}

void SendLanes::enqueue(JobPtr job) {
  std::optional<Error> refusal;
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    const auto lane = lanes_.find(job->message.lane);
    if (closed_) {
      refusal = account_removed();
    } else if ((lane != lanes_.end() && lane->second.size() > kWaitingPerLane) || waiting_ >= kWaitingInAll) {
      refusal.emplace(ErrorKind::rate_limited,
                      fmt::format("too many messages wait to be sent ({} per customer, {} in all)", kWaitingPerLane,
                                  kWaitingInAll));
    } else {
      first = lane == lanes_.end();
      if (first) job->phase = Phase::reserving;
      lanes_[job->message.lane].push_back(job);
      ++waiting_;
    }
  }
  if (refusal) return job->promise.answer(*std::move(refusal));
  watch(job);
  if (first) start(Turn(shared_from_this(), std::move(job)));
}

/// A message that waits for an earlier one or for the store still has its deadline and can be cancelled.
void SendLanes::watch(const JobPtr& job) {
  auto give_up = [lanes = weak_from_this(), waiting = std::weak_ptr<Job>(job)](ErrorKind kind, const char* why) {
    const auto self = lanes.lock();
    const auto held = waiting.lock();
    if (self && held) self->give_up(held, kind, why);
  };
  // Posted: the thread that cancels may hold locks of the host, whose callback this would call.
  auto unwanted = [give_up, loop = std::weak_ptr<Scheduler>(runtime_->scheduler)] {
    if (const auto scheduler = loop.lock())
      scheduler->post([give_up] { give_up(ErrorKind::cancelled, "cancelled before the message was sent"); });
  };
  Watch watch;
  watch.timer = runtime_->scheduler->run_at(job->options.deadline(), [give_up] {
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

void SendLanes::drop_watch(const Job& job, const Watch& watch) const {
  if (watch.timer != 0) runtime_->scheduler->drop(watch.timer);
  job.cancel.forget(watch.cancel_listener);
  job.unwanted.forget(watch.unwanted_listener);
}

/// Once it is on its way the pipeline looks after its deadline and its cancellation.
void SendLanes::give_up(const JobPtr& job, ErrorKind kind, const char* why) {
  finish(job, Error(kind, why), Unless::sending);
}

void SendLanes::close() {
  std::vector<JobPtr> waiting;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& lane : lanes_) waiting.insert(waiting.end(), lane.second.begin(), lane.second.end());
  }
  for (const JobPtr& job : waiting) finish(job, account_removed(), Unless::sending);
}

std::optional<Error> SendLanes::refusal() const {
  std::lock_guard lock(mutex_);
  return closed_ ? std::optional<Error>(account_removed()) : std::nullopt;
}

void SendLanes::start(Turn turn) {
  if (settings_.ledger && !turn.job->message.customer.empty()) return reserve(std::move(turn));
  runtime_->scheduler->post([turn = std::move(turn)]() mutable {
    auto& self = *turn.lanes;
    if (self.begin_sending(*turn.job)) return self.send_next(std::move(turn));
    turn.release();  // nobody waits for it any more
  });
}

void SendLanes::reserve(Turn turn) {
  const auto& job = *turn.job;
  const int parts = static_cast<int>(job.message.parts->count());
  runtime_->with_store<Reservation>(
      [ledger = settings_.ledger, customer = job.message.customer, parts, now = runtime_->clock->wall()](Store&) {
        return ledger->reserve(customer, parts, now);
      },
      [turn = std::move(turn)](Result<Reservation> reservation) mutable {
        auto& self = *turn.lanes;
        self.reserved(std::move(turn), std::move(reservation));
      });
}

void SendLanes::reserved(Turn turn, Result<Reservation> reservation) {
  Job& job = *turn.job;
  if (reservation) {
    job.reservation = *std::move(reservation);
  } else if (is_store_trouble(reservation.error())) {
    report_lost_ledger(*runtime_, settings_.platform, settings_.account, reservation.error());
  } else {
    return finish(turn.release(), reservation.error());
  }
  if (begin_sending(job)) return send_next(std::move(turn));
  const int unsent = static_cast<int>(job.message.parts->count());  // nobody waits for it any more
  settle(job, unsent, Error(ErrorKind::cancelled, "given up"));
}

bool SendLanes::begin_sending(Job& job) {
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

void SendLanes::send_next(Turn turn) {
  Job& job = *turn.job;
  if (job.sent == job.message.parts->count()) {
    if (job.reservation.tracked) {
      job.receipt.messages_left = job.reservation.left;
      job.receipt.window_closes = job.reservation.closes;
    }
    Receipt receipt = std::move(job.receipt);
    return finish(turn.release(), std::move(receipt));
  }
  CallOptions options = job.options.left(*runtime_->clock);
  options.cancel = job.cancel;
  auto unwanted = job.unwanted;
  job.message.parts->send(job.sent, std::move(options), std::move(unwanted),
                          [turn = std::move(turn)](Result<std::string> result) mutable {
                            auto& self = *turn.lanes;
                            if (!result) return self.part_failed(std::move(turn), result.error());
                            ++turn.job->sent;
                            turn.job->receipt.parts.push_back(*std::move(result));
                            self.send_next(std::move(turn));
                          });
}

void SendLanes::part_failed(Turn turn, const Error& error) {
  const JobPtr job = turn.release();
  const int unsent = static_cast<int>(job->message.parts->count() - job->sent);
  settle(*job, unsent, error);
  finish(job, with_parts(error, job->sent));
}

void SendLanes::settle(const Job& job, int unsent, const Error& error) const {
  if (settings_.ledger)
    settle_reservation(runtime_, settings_.ledger, job.reservation, unsent, error, settings_.used_up_code);
}

/// Answers a message, once, and lets the next one of its lane go.
void SendLanes::finish(const JobPtr& job, Result<Receipt> result, Unless unless) {
  JobPtr next;
  Watch watch;
  {
    std::lock_guard lock(mutex_);
    if (job->phase == Phase::finished || (unless == Unless::sending && job->phase == Phase::sending)) return;
    job->phase = Phase::finished;
    std::swap(job->watch, watch);
    const auto lane = lanes_.find(job->message.lane);
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
    auto& self = *turn.lanes;
    self.start(std::move(turn));
  });
}

}  // namespace detail
KEFU_END_NAMESPACE
