#include <kefu/core/observer.hpp>
#include <kefu/core/observer_names.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <thread>

using namespace kefu;
using Type = MetricRecord::Type;

namespace {

void add(PrometheusObserver& observer, Type type, std::string_view name, double value, const Attributes& labels = {}) {
  observer.metric(MetricRecord{type, name, value, labels});
}

bool has_line(const PrometheusObserver& observer, const std::string& line) {
  std::istringstream text(observer.render());
  for (std::string each; std::getline(text, each);)
    if (each == line) return true;
  return false;
}

}  // namespace

TEST_CASE("OBS-1: counters, gauges and histograms are rendered as Prometheus text") {
  PrometheusObserver o;
  add(o, Type::counter, metric::kCalls, 1, {{"operation", "b"}, {"outcome", "ok"}});
  add(o, Type::counter, metric::kCalls, 2, {{"operation", "b"}, {"outcome", "ok"}});
  add(o, Type::counter, metric::kCalls, 1, {{"operation", "a"}, {"outcome", "timeout"}});
  add(o, Type::gauge, "kefu_queue_length", 5);
  add(o, Type::gauge, "kefu_queue_length", 3.5);
  add(o, Type::histogram, metric::kCallSeconds, 0.005, {{"operation", "a"}});
  add(o, Type::histogram, metric::kCallSeconds, 0.2, {{"operation", "a"}});
  add(o, Type::histogram, metric::kCallSeconds, 100, {{"operation", "a"}});
  CHECK(o.render() ==
        "# HELP kefu_call_seconds Duration of whole calls, waiting and repeats included.\n"
        "# TYPE kefu_call_seconds histogram\n"
        "kefu_call_seconds_bucket{operation=\"a\",le=\"0.005\"} 1\n"
        "kefu_call_seconds_bucket{operation=\"a\",le=\"0.01\"} 1\n"
        "kefu_call_seconds_bucket{operation=\"a\",le=\"0.025\"} 1\n"
        "kefu_call_seconds_bucket{operation=\"a\",le=\"0.05\"} 1\n"
        "kefu_call_seconds_bucket{operation=\"a\",le=\"0.1\"} 1\n"
        "kefu_call_seconds_bucket{operation=\"a\",le=\"0.25\"} 2\n"
        "kefu_call_seconds_bucket{operation=\"a\",le=\"0.5\"} 2\n"
        "kefu_call_seconds_bucket{operation=\"a\",le=\"1\"} 2\n"
        "kefu_call_seconds_bucket{operation=\"a\",le=\"2.5\"} 2\n"
        "kefu_call_seconds_bucket{operation=\"a\",le=\"5\"} 2\n"
        "kefu_call_seconds_bucket{operation=\"a\",le=\"10\"} 2\n"
        "kefu_call_seconds_bucket{operation=\"a\",le=\"30\"} 2\n"
        "kefu_call_seconds_bucket{operation=\"a\",le=\"60\"} 2\n"
        "kefu_call_seconds_bucket{operation=\"a\",le=\"+Inf\"} 3\n"
        "kefu_call_seconds_sum{operation=\"a\"} 100.205\n"
        "kefu_call_seconds_count{operation=\"a\"} 3\n"
        "# HELP kefu_calls_total Calls that ended, by outcome.\n"
        "# TYPE kefu_calls_total counter\n"
        "kefu_calls_total{operation=\"a\",outcome=\"timeout\"} 1\n"
        "kefu_calls_total{operation=\"b\",outcome=\"ok\"} 3\n"
        "# TYPE kefu_queue_length gauge\n"
        "kefu_queue_length 3.5\n"
        "# HELP kefu_observer_dropped_series_total Measurements whose label set came after the limit on series.\n"
        "# TYPE kefu_observer_dropped_series_total counter\n"
        "kefu_observer_dropped_series_total 0\n");
}

TEST_CASE("names are made valid, values are escaped and cut") {
  PrometheusObserver o;
  add(o, Type::counter, "bad name-1", 1, {{"1 label", "a\"b\\c\nd客服"}});
  CHECK(has_line(o, "bad_name_1{__label=\"a\\\"b\\\\c\\nd客服\"} 1"));
  const std::string long_value(1000, 'v');
  add(o, Type::counter, "long", 1, {{"l", long_value}});
  CHECK(has_line(o, "long{l=\"" + std::string(256, 'v') + "\"} 1"));
}

TEST_CASE("numbers that are none do no lasting harm") {
  PrometheusObserver o;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  add(o, Type::counter, "c", 1);
  add(o, Type::counter, "c", nan);
  add(o, Type::counter, "c", -5);
  CHECK(has_line(o, "c 1"));
  add(o, Type::histogram, "h", nan);
  CHECK(has_line(o, "h_count 0"));
  add(o, Type::gauge, "g", std::numeric_limits<double>::infinity());
  CHECK(has_line(o, "g +Inf"));
}

TEST_CASE("CON-5: past the limit new label sets are counted, known ones go on") {
  PrometheusObserver o(10);
  for (int i = 0; i < 100; ++i) add(o, Type::counter, "c", 1, {{"n", std::to_string(i)}});
  add(o, Type::counter, "c", 1, {{"n", "3"}});
  CHECK(has_line(o, "c{n=\"3\"} 2"));
  CHECK(has_line(o, "kefu_observer_dropped_series_total 90"));
  add(o, Type::gauge, "c", 7, {{"n", "3"}});  // a name keeps its type
  CHECK(has_line(o, "c{n=\"3\"} 2"));
  CHECK(has_line(o, "kefu_observer_dropped_series_total 91"));
}

TEST_CASE("measurements from many threads are all counted, also while it renders") {
  PrometheusObserver o;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&o, t] {
      const std::string name = std::to_string(t % 2);
      for (int i = 0; i < 2000; ++i) {
        add(o, Type::counter, "c", 1, {{"t", name}});
        if (i % 500 == 0) CHECK_FALSE(o.render().empty());
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(has_line(o, "c{t=\"0\"} 8000"));
  CHECK(has_line(o, "c{t=\"1\"} 8000"));
}
