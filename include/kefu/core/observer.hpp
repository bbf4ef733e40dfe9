#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/time.hpp>
#include <kefu/core/trace.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// One name and value that describes a record. Views live as long as the call that delivers them.
struct Attribute {
  Attribute(std::string_view k, std::string_view v) : key(k), value(v) {}
  std::string_view key;
  std::string_view value;
};
using Attributes = std::vector<Attribute>;

enum class LogLevel : unsigned char { debug, info, warning, error };
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(LogLevel level) noexcept;

struct LogRecord {
  LogLevel level;
  std::string_view event;    ///< Stable name: "token.refreshed", "push.refused" (see log_event in observer_names.hpp).
  std::string_view message;  ///< For people.
  const Attributes& attributes;
};

/// One measurement. Counters and histograms end in the Prometheus way ("kefu_calls_total", "kefu_call_seconds").
struct MetricRecord {
  enum class Type : unsigned char { counter, gauge, histogram };
  Type type;
  std::string_view name;
  double value;  ///< Added, set or observed.
  const Attributes& labels;
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(MetricRecord::Type type) noexcept;

/// One finished span: a call, an attempt, a refresh.
///
/// For a tracing system: the trace is `trace`'s, the span's id is `id`, its parent `parent` or, where that is 0, the
/// span of the host's that `trace` names.
struct SpanRecord {
  std::string_view name;
  MonoTime start;
  MonoTime end;
  WallTime started;      ///< `start` on the wall clock.
  std::uint64_t call;    ///< Equal for all spans of one call: the id of the call's own span. 0 outside calls.
  std::uint64_t id;      ///< Of this span; never 0, scattered over 64 bits.
  std::uint64_t parent;  ///< Id of the span that this one is part of: the call of an attempt. 0 for none of ours.
  TraceParent trace;     ///< CallOptions::trace of the call; empty if the host gave none.
  const Attributes& attributes;
};

/// Receives what the library has to say; the host forwards it to its own log, metrics and traces. The library itself
/// prints nothing. Secrets are masked before a record gets here, by field name and by shape; line ends and other
/// control characters in texts and attributes are written as escapes, so that nobody's words pass for a line of the
/// log.
///
/// Thread safety: called from any thread, several at once; must not block and must not throw. What it throws is
/// swallowed and counted (metric::kHostFaults, seam "Observer").
class KEFU_EXPORT Observer {
 public:
  virtual ~Observer() = default;
  virtual void log(const LogRecord& record) { static_cast<void>(record); }
  virtual void metric(const MetricRecord& record) { static_cast<void>(record); }
  virtual void span(const SpanRecord& record) { static_cast<void>(record); }
};

/// Keeps counters, gauges and histograms and renders them as Prometheus text (format 0.0.4). Bounded: past
/// `max_series` new label sets are counted in `kefu_observer_dropped_series_total`.
///
/// Thread safety: all members may be called from any thread.
class KEFU_EXPORT PrometheusObserver final : public Observer {
 public:
  explicit PrometheusObserver(std::size_t max_series = 10'000);
  ~PrometheusObserver() override;
  void metric(const MetricRecord& record) override;
  std::string render() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

KEFU_END_NAMESPACE
