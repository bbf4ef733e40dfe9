#pragma once

#include "core/async/runtime_core.hpp"
#include "core/call/platform.hpp"

#include <kefu/core/operation.hpp>
#include <kefu/core/trace.hpp>

#include <cstdint>
#include <optional>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What the observer hears of one call. Every member returns at once when there is no observer. Loop only.
class CallReport {
 public:
  CallReport(RuntimeCore& core, const Platform& platform, MonoTime start, TraceParent trace);

  void attempt(const OperationInfo& info, const Verdict& verdict, MonoTime sent, int number, int http_status) const;
  void repeat(const OperationInfo& info, std::string_view reason) const;
  void ignored(const OperationInfo& info, std::string_view code) const;
  void ended(const OperationInfo& info, const std::optional<Error>& error, int attempts) const;

 private:
  RuntimeCore& core_;
  const Platform& platform_;
  const MonoTime start_;
  const TraceParent trace_;
  std::uint64_t id_ = 0;  // of the call's span
};

}  // namespace detail
KEFU_END_NAMESPACE
