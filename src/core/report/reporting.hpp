#pragma once

#include <kefu/core/observer.hpp>

#include <initializer_list>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

// Small forms of what the library says to an observer. Callers test for null first: without an observer nothing is
// built.

inline void count(Observer& observer, std::string_view name, std::initializer_list<Attribute> labels, double by = 1) {
  observer.metric(MetricRecord{MetricRecord::Type::counter, name, by, Attributes(labels)});
}

inline void observe(Observer& observer, std::string_view name, std::initializer_list<Attribute> labels, double value) {
  observer.metric(MetricRecord{MetricRecord::Type::histogram, name, value, Attributes(labels)});
}

inline void set(Observer& observer, std::string_view name, std::initializer_list<Attribute> labels, double value) {
  observer.metric(MetricRecord{MetricRecord::Type::gauge, name, value, Attributes(labels)});
}

inline void log(Observer& observer, LogLevel level, std::string_view event, std::string_view message,
                std::initializer_list<Attribute> attributes) {
  observer.log(LogRecord{level, event, message, Attributes(attributes)});
}

/// SpanRecord::started of a span that ends now.
inline WallTime started_at(const Clock& clock, MonoTime start, MonoTime end) {
  return clock.wall() - std::chrono::duration_cast<WallTime::duration>(end - start);
}

}  // namespace detail
KEFU_END_NAMESPACE
