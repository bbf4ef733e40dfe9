#pragma once

#include "core/runtime_core.hpp"

#include <kefu/core/call_options.hpp>
#include <kefu/core/result.hpp>

#include <chrono>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// When a flow of several calls has to be over; the same rules as for one call (CallOptions::timeout).
inline Result<MonoTime> deadline_of(const detail::RuntimeCore& runtime, const CallOptions& options, Millis usual) {
  const Millis timeout = options.timeout.value_or(usual);
  if (timeout > std::chrono::hours(1))
    return Error(ErrorKind::bad_argument,
                 "CallOptions.timeout is " + std::to_string(timeout.count()) + " ms, at most 3600000");
  if (timeout.count() <= 0) return Error(ErrorKind::timeout, "CallOptions.timeout leaves no time: nothing was sent");
  return runtime.clock->mono() + timeout;
}

}  // namespace wechat
KEFU_END_NAMESPACE
