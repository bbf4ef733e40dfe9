#include "core/call/fault_table.hpp"
#include "core/call/flight.hpp"
#include "core/report/redaction.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

constexpr std::size_t kPlatformTextBytes = 512;

/// For the transport to end a request by itself: it knows how far the request got.
constexpr Millis kTransportGrace{50};

}  // namespace

Flight::~Flight() {
  if (step_ == Step::over) return;
  ErrorDetails details;
  details.message = "the library was shut down before the call ended";
  conclude(make_error(ErrorKind::cancelled, step_ == Step::send || step_ == Step::finish ? Delivery::unknown : worst_,
                      std::move(details)));
}

// --- cancel and deadline --------------------------------------------------------------------------------------------

bool Flight::ends_early() {
  if (core_.stopping()) {
    Verdict verdict = verdict_of(Fault::cancelled_before_sending, info_.effect);
    verdict.advice = "the runtime was stopped";
    return give_up(verdict, {}), true;
  }
  if (home_->closed_.load(std::memory_order_relaxed)) {
    Verdict verdict = verdict_of(Fault::cancelled_before_sending, info_.effect);
    verdict.advice = "the account was closed";
    return give_up(verdict, {}), true;
  }
  const auto end = wait_.over(core_.clock->mono());
  if (!end) return false;
  give_up(*end == Wait::End::cancelled ? Fault::cancelled_before_sending : Fault::deadline_before_sending);
  return true;
}

void Flight::on_removal() {
  if (waits() && step_ != Step::finish) ends_early();
}

void Flight::ended(Wait::End end) {
  if (step_ == Step::send) {
    if (timer_ == 0)
      timer_ = core_.scheduler->run_at(core_.clock->mono() + kTransportGrace, [weak = weak_from_this(), end] {
        if (const auto self = weak.lock()) self->abandon(end);
      });
    return;
  }
  if (!waits()) return;
  if (step_ == Step::finish)
    return give_up(end == Wait::End::cancelled ? Fault::cancelled_after_sending : Fault::timeout_after_send);
  if (end == Wait::End::deadline && step_ == Step::limit)
    return held_back(home_->queue_->wait(info_.quota), ErrorKind::rate_limited, {});
  give_up(end == Wait::End::cancelled ? Fault::cancelled_before_sending : Fault::deadline_before_sending);
}

/// A transport that keeps neither deadline nor cancel is not waited for; its answer finds nobody.
void Flight::abandon(Wait::End end) {
  timer_ = 0;
  if (step_ != Step::send) return;
  http_status_ = 0;
  const bool cancelled = end == Wait::End::cancelled;
  judge(verdict_of(cancelled ? Fault::cancelled_after_sending : Fault::timeout_after_send, info_.effect), nullptr,
        "the transport did not end the request");
}

// --- give up
// ----------------------------------------------------------------------------------------------------------

void Flight::give_up(Fault fault) { give_up(verdict_of(fault, info_.effect), {}); }

void Flight::give_up(const Verdict& verdict, std::string_view detail) {
  std::string message(verdict.advice);
  if (!verdict.finding.empty()) message += (message.empty() ? "" : " ") + verdict.finding;
  if (!detail.empty()) message += (message.empty() ? "" : ": ") + redacted(detail);
  ErrorDetails details;
  details.message = with_earlier_attempts(std::move(message), verdict.delivery);
  details.platform_code = verdict.code;
  details.platform_message = cut_text(redacted(verdict.message), kPlatformTextBytes);
  details.request_id = cut_text(verdict.request_id, 128);
  details.http_status = http_status_;
  details.retry_after = verdict.retry_after;
  worst_ = std::max(worst_, verdict.delivery);
  conclude(make_error(verdict.kind, worst_, std::move(details)));
}

/// A step of this side failed; nothing more is sent.
void Flight::give_up_with(const Error& error) {
  ErrorDetails details = error.details();
  details.message = with_earlier_attempts(std::move(details.message), error.delivery());
  worst_ = std::max(worst_, error.delivery());
  conclude(make_error(error.kind(), worst_, std::move(details)));
}

Error Flight::after_answer(const Error& error) { return Error(error.kind(), Delivery::unknown, error.details()); }

/// kefu's own call for a credential failed: this call carries that failure's kind and code, with its own delivery.
void Flight::give_up_without_credential(const Error& error) {
  ErrorDetails details = error.details();
  if (details.platform_code.empty() && refusal_) {
    details.platform_code = refusal_->code;
    details.platform_message = cut_text(redacted(refusal_->message), kPlatformTextBytes);
    details.request_id = refusal_->request_id;
  }
  details.message = with_earlier_attempts("no usable credential: " + details.message, Delivery::not_sent);
  details.parts_delivered = 0;
  conclude(make_error(error.kind(), worst_, std::move(details)));
}

/// Says what the delivery says, where the last attempt alone says less.
std::string Flight::with_earlier_attempts(std::string message, Delivery of_the_last) const {
  if (worst_ <= of_the_last) return message;
  if (!message.empty()) message += "; ";
  return message + (worst_ == Delivery::unknown ? "the platform may have acted on an earlier attempt"
                                                : "the platform refused an earlier attempt");
}

Error Flight::make_error(ErrorKind kind, Delivery delivery, ErrorDetails details) const {
  details.operation = std::string(info_.name);
  details.attempts = attempts_;
  return Error(kind, delivery, std::move(details));
}

/// The one way out.
void Flight::conclude(std::optional<Error> error) {
  step_ = Step::over;
  end_exchange();
  ended_with_ = std::move(error);
  core_.calls_in_flight.fetch_sub(1, std::memory_order_relaxed);
  if (waiting_ && core_.scheduler->is_own_thread()) home_->waiting_.erase(this);
  if (timer_ != 0) core_.scheduler->drop(timer_);
  wait_.close();
  if (permit_) platform_.settle(std::move(permit_), ended_with_ ? &*ended_with_ : nullptr);
  report_.ended(info_, ended_with_, attempts_);
  const auto call = std::move(call_);
  if (ended_with_) {
    call->fail(*ended_with_);
  } else {
    call->succeed();
  }
}

}  // namespace detail
KEFU_END_NAMESPACE
