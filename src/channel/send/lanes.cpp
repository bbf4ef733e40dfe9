#include "channel/send/lanes.hpp"

#include "core/async/call_deadline.hpp"
#include "core/async/wait.hpp"

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

/// One message on its way. While it waits, for an earlier one or for the store, it hears of its deadline and of a
/// cancel; once it is sent the pipeline does.
struct SendLanes::Job : std::enable_shared_from_this<Job> {
  Job(SendLanes& l, Promise<Receipt> p, OutgoingMessage m, MonoTime deadline, const CallOptions& options)
      : lanes(l.weak_from_this()),
        wait(l.runtime_->scheduler, deadline, options, p.cancelled()),
        promise(std::move(p)),
        message(std::move(m)) {}

  /// On the loop. What ended before is told at once.
  void hear(MonoTime now) {
    if (const auto end = wait.over(now)) return ended(*end);
    wait.hear(weak_from_this());
  }
  void ended(Wait::End end) {
    const auto self = lanes.lock();
    if (!self) return;
    self->finish(shared_from_this(),
                 end == Wait::End::cancelled
                     ? Error(ErrorKind::cancelled, "cancelled before the message was sent")
                     : Error(ErrorKind::timeout,
                             "the deadline passed before the message was sent: an earlier message to this customer, or "
                             "the store, took the time"),
                 Unless::sending);
  }

  const std::weak_ptr<SendLanes> lanes;
  Wait wait;
  Promise<Receipt> promise;
  OutgoingMessage message;
  std::size_t sent = 0;
  Receipt receipt;
  WindowPermit permit;
  Phase phase = Phase::waiting;  ///< Guarded by the mutex of the lanes, as is the lane it stands in.
};

/// The right to work on the first message of a lane. Dropped unused (the runtime ends), it answers that message.
class SendLanes::Turn {
 public:
  Turn(std::shared_ptr<SendLanes> l, JobPtr j) : lanes(std::move(l)), job(std::move(j)) {}
  Turn(Turn&&) noexcept = default;
  Turn& operator=(Turn&&) = delete;
  ~Turn() {
    if (job) lanes->dropped(std::move(job));
  }
  JobPtr release() { return std::move(job); }

  std::shared_ptr<SendLanes> lanes;
  JobPtr job;
};

SendLanes::SendLanes(std::shared_ptr<RuntimeCore> runtime, std::shared_ptr<WindowGate> window)
    : runtime_(std::move(runtime)), window_(std::move(window)) {}

Pending<Receipt> SendLanes::send(Result<OutgoingMessage> message, const CallOptions& options) {
  Promise<Receipt> promise(runtime_);
  auto pending = promise.pending();
  if (!message) return promise.answer(message.error()), std::move(pending);
  const int further_parts = static_cast<int>(message->parts->count()) - 1;
  const auto deadline = deadline_of(*runtime_, options, kMessageTimeout + kMoreTimePerPart * further_parts);
  if (!deadline) return promise.answer(deadline.error()), std::move(pending);
  auto job = std::make_shared<Job>(*this, std::move(promise), *std::move(message), *deadline, options);
  job->receipt.changes = std::move(job->message.changes);
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
  // Posted, not called: a callback of the host never runs under the caller's locks.
  if (first)
    runtime_->scheduler->post([turn = Turn(shared_from_this(), std::move(job))]() mutable {
      auto& self = *turn.lanes;
      self.start(std::move(turn));
    });
  else
    runtime_->scheduler->post(
        [self = shared_from_this(), job = std::move(job)] { job->hear(self->runtime_->clock->mono()); });
}

void SendLanes::close() {
  std::vector<JobPtr> waiting;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& lane : lanes_) waiting.insert(waiting.end(), lane.second.begin(), lane.second.end());
  }
  runtime_->scheduler->post([self = shared_from_this(), waiting = std::move(waiting)] {
    for (const JobPtr& job : waiting) self->finish(job, account_removed(), Unless::sending);
  });
}

std::optional<Error> SendLanes::refusal() const {
  std::lock_guard lock(mutex_);
  return closed_ ? std::optional<Error>(account_removed()) : std::nullopt;
}

void SendLanes::start(Turn turn) {
  Job& job = *turn.job;
  job.hear(runtime_->clock->mono());
  if (job.wait.closed()) return static_cast<void>(turn.release());  // nobody waits for it any more
  if (window_ && !job.message.customer.empty()) return take_window(std::move(turn));
  window_taken(std::move(turn), WindowPermit());
}

void SendLanes::take_window(Turn turn) {
  const auto& message = turn.job->message;
  window_->take(message.customer, static_cast<int>(message.parts->count()),
                [turn = std::move(turn)](Result<WindowPermit> permit) mutable {
                  auto& self = *turn.lanes;
                  self.window_taken(std::move(turn), std::move(permit));
                });
}

void SendLanes::window_taken(Turn turn, Result<WindowPermit> permit) {
  if (!permit) return finish(turn.release(), permit.error());
  if (!begin_sending(*turn.job)) return static_cast<void>(turn.release());  // nobody waits for it any more
  turn.job->permit = *std::move(permit);
  send_next(std::move(turn));
}

bool SendLanes::begin_sending(Job& job) {
  std::lock_guard lock(mutex_);
  if (job.phase != Phase::reserving) return false;
  job.phase = Phase::sending;
  return true;
}

void SendLanes::send_next(Turn turn) {
  Job& job = *turn.job;
  if (job.sent == job.message.parts->count()) {
    if (const Reservation& taken = job.permit.reservation(); taken.tracked) {
      job.receipt.messages_left = taken.left;
      job.receipt.window_closes = taken.closes;
    }
    Receipt receipt = std::move(job.receipt);
    return finish(turn.release(), std::move(receipt));
  }
  job.permit.begin();
  job.message.parts->send(job.sent, job.wait.rest(*runtime_->clock), CancelToken(),
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
  job->permit.settle(error);
  finish(job, with_parts(error, job->sent));
}

/// The runtime ends: what had not begun to leave goes back to the window.
void SendLanes::dropped(const JobPtr& job) {
  bool on_its_way = false;
  {
    std::lock_guard lock(mutex_);
    on_its_way = job->phase == Phase::sending;
  }
  ErrorDetails details;
  details.message =
      on_its_way ? "the runtime ended while the message was sent" : "the runtime ended before the message was sent";
  const Error error(ErrorKind::cancelled, on_its_way ? Delivery::unknown : Delivery::not_sent, std::move(details));
  finish(job, with_parts(error, job->sent));
}

/// Answers a message, once, and lets the next one of its lane go.
void SendLanes::finish(const JobPtr& job, Result<Receipt> result, Unless unless) {
  JobPtr next;
  {
    std::lock_guard lock(mutex_);
    if (job->phase == Phase::finished || (unless == Unless::sending && job->phase == Phase::sending)) return;
    job->phase = Phase::finished;
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
  job->wait.close();
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
