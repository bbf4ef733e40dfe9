#include "core/async/wait.hpp"

#include "core/async/call_deadline.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {

Wait::Wait(std::shared_ptr<Scheduler> loop, MonoTime deadline, CancelToken one, CancelToken two, CancelToken three)
    : loop_(std::move(loop)), deadline_(deadline), tokens_{std::move(one), std::move(two), std::move(three)} {}

Wait::Wait(std::shared_ptr<Scheduler> loop, MonoTime deadline, const CallOptions& given, CancelToken two)
    : Wait(std::move(loop), deadline, given.cancel, std::move(two)) {
  retry_ = given.retry;
  trace_ = given.trace;
}

Wait::~Wait() {
  close();
  if (!joint_) return;
  for (std::size_t i = 0; i < tokens_.size(); ++i) tokens_[i].forget(joined_[i]);
}

bool Wait::cancelled() const noexcept {
  return std::any_of(tokens_.begin(), tokens_.end(), [](const CancelToken& token) { return token.requested(); });
}

std::optional<Wait::End> Wait::over(MonoTime now) const noexcept {
  if (cancelled()) return End::cancelled;
  if (now >= deadline_) return End::deadline;
  return std::nullopt;
}

Millis Wait::left(MonoTime now) const noexcept { return time_left(deadline_, now); }

CancelToken Wait::token() {
  if (joint_) return joint_->token();
  const auto can = [](const CancelToken& token) { return token.can_be_requested(); };
  if (std::count_if(tokens_.begin(), tokens_.end(), can) <= 1) {
    const auto only = std::find_if(tokens_.begin(), tokens_.end(), can);
    return only == tokens_.end() ? CancelToken() : *only;
  }
  joint_.emplace();
  for (std::size_t i = 0; i < tokens_.size(); ++i)
    joined_[i] = tokens_[i].on_request([joint = *joint_] { joint.request(); });
  return joint_->token();
}

CallOptions Wait::rest(const Clock& clock) {
  CallOptions options(left(clock.mono()));
  options.cancel = token();
  options.retry = retry_;
  options.trace = trace_;
  return options;
}

bool Wait::close() {
  if (std::exchange(closed_, true)) return false;
  stop_hearing();
  return true;
}

void Wait::stop_hearing() {
  hears_deadline_ = hears_cancel_ = false;
  if (timer_ != 0) loop_->drop(std::exchange(timer_, 0));
  if (listener_ != 0) token().forget(std::exchange(listener_, 0));
}

}  // namespace detail
KEFU_END_NAMESPACE
