#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/core/call_options.hpp>
#include <kefu/core/result.hpp>

#include <chrono>
#include <optional>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The bound of CallOptions::timeout.
inline constexpr Millis kLongestTimeout = std::chrono::hours(1);

/// What is wrong with a timeout that is longer than the bound.
inline std::optional<Error> check_timeout(Millis timeout) {
  if (timeout <= kLongestTimeout) return std::nullopt;
  return Error(ErrorKind::bad_argument, "CallOptions.timeout is " + std::to_string(timeout.count()) + " ms, at most " +
                                            std::to_string(kLongestTimeout.count()));
}

/// The bound of RetryPolicy::repeats: pauses double, so the tenth is 512 times the first.
inline constexpr int kMostRepeats = 10;

/// What is wrong with a retry policy.
inline std::optional<Error> check_retry(const RetryPolicy& retry) {
  if (retry.repeats >= 0 && retry.repeats <= kMostRepeats && retry.first_pause >= Millis(0) &&
      retry.first_pause <= kLongestTimeout)
    return std::nullopt;
  return Error(ErrorKind::bad_argument, "CallOptions.retry takes 0 to " + std::to_string(kMostRepeats) +
                                            " repeats and a first pause of 0 to " +
                                            std::to_string(kLongestTimeout.count()) + " ms");
}

/// What is wrong with the numbers of one call.
inline std::optional<Error> check_limits(Millis timeout, const RetryPolicy& retry) {
  auto wrong = check_timeout(timeout);
  return wrong ? std::move(wrong) : check_retry(retry);
}

/// When a flow of several calls has to be over; it may start under the same rules as one call.
inline Result<MonoTime> deadline_of(const RuntimeCore& runtime, const CallOptions& options, Millis usual) {
  if (auto refused = runtime.refuse_start()) return *std::move(refused);
  const Millis timeout = options.timeout.value_or(usual);
  if (auto wrong = check_timeout(timeout)) return *std::move(wrong);
  if (timeout.count() <= 0) return Error(ErrorKind::timeout, "CallOptions.timeout leaves no time: nothing was sent");
  return runtime.clock->mono() + timeout;
}

/// What is left until a deadline, never less than zero. Less than a millisecond is none.
inline Millis time_left(MonoTime deadline, MonoTime now) {
  return now >= deadline ? Millis(0) : std::chrono::duration_cast<Millis>(deadline - now);
}

/// For a call on behalf of somebody who has until then.
inline CallOptions options_until(const Clock& clock, MonoTime deadline) {
  return CallOptions(time_left(deadline, clock.mono()));
}

}  // namespace detail
KEFU_END_NAMESPACE
