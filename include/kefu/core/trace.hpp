#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE

/// Where a call stands in a trace of the host's: the `traceparent` of W3C Trace Context, version 00. It goes to the
/// Observer with every span of the call and never to the platform.
///
/// Thread safety: a value.
class KEFU_EXPORT TraceParent {
 public:
  /// No trace.
  TraceParent() = default;
  /// `span_id` is the host's span that the call is part of. All zero ids stand for no trace.
  TraceParent(std::uint64_t trace_id_high, std::uint64_t trace_id_low, std::uint64_t span_id, bool sampled = true)
      : high_(trace_id_high), low_(trace_id_low), span_(span_id), flags_(sampled ? 1 : 0) {}

  /// Reads "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"; of later versions the part that 00 knows. Errors:
  /// `bad_argument`.
  static Result<TraceParent> parse(std::string_view traceparent);

  /// False for no trace.
  explicit operator bool() const noexcept { return (high_ != 0 || low_ != 0) && span_ != 0; }
  std::uint64_t trace_id_high() const noexcept { return high_; }
  std::uint64_t trace_id_low() const noexcept { return low_; }
  std::uint64_t span_id() const noexcept { return span_; }
  bool sampled() const noexcept { return (flags_ & 1U) != 0; }
  /// The text that `parse` reads; empty for no trace.
  std::string to_string() const;

 private:
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
  std::uint64_t span_ = 0;
  std::uint8_t flags_ = 0;
};

KEFU_END_NAMESPACE
