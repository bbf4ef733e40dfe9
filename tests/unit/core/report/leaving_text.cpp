// What leaves the library for a host's log and metrics: one line each, and series that stay bounded.
#include "core/report/redaction.hpp"
#include "support/simulated_core.hpp"

#include <kefu/core/error.hpp>
#include <kefu/core/observer.hpp>
#include <kefu/core/runtime.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>

using namespace kefu;

namespace {

/// Everything that ends or rewrites a line somewhere: LF, CR, NUL, escape, vertical tab, DEL, NEL, the line separator.
const std::string kForged =
    std::string("first\nERROR forged\r\n") + '\0' + "\x1b[2K\x0b\x7f" + "\xC2\x85" + "\xE2\x80\xA8" + "last 您好";
const std::string kWritten = R"(first\nERROR forged\r\n\x00\x1b[2K\x0b\x7f\xc2\x85\xe2\x80\xa8last 您好)";

bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; });
}

}  // namespace

TEST_CASE("foundation l: an error is one line, whatever the platform wrote into it") {
  ErrorDetails details;
  details.operation = "raw:/x\n";
  details.platform_code = "1\r\n2";
  details.platform_message = kForged;
  details.request_id = std::string("rid\0", 4);
  details.message = kForged;
  const Error error(ErrorKind::internal, Delivery::refused, details);
  const std::string line = error.to_string();
  CHECK_FALSE(has_control(line));
  CHECK(line.find(kWritten + "\"") != std::string::npos);
  CHECK(line.find(": " + kWritten) != std::string::npos);
  CHECK(error.details().platform_message == kForged);  // as the platform sent it, for who asks
  const Error plain(ErrorKind::internal, "您的订单 \xC2\xA0 is one line — as it is");
  CHECK(plain.to_string() == "internal (not_sent): 您的订单 \xC2\xA0 is one line — as it is");
}

TEST_CASE("foundation l: no text or attribute of a record breaks a host's log line") {
  const auto seen = std::make_shared<kefu_test::RecordingObserver>();
  const auto sink = kefu::detail::make_redacting(seen);
  const Attributes attributes{{"why", kForged}, {"short", "\n"}, {"plain", "text"}};
  sink->log({LogLevel::info, "event", kForged, attributes});
  sink->log({LogLevel::info, "event", "fine", attributes});
  sink->metric({MetricRecord::Type::counter, "metric", 1, attributes});
  sink->span({"span", {}, {}, {}, 0, 1, 0, {}, attributes});
  CHECK(seen->count("{why=" + kWritten + ",short=\\n,plain=text}") == 4);
  CHECK(seen->count("} " + kWritten) == 1);
  std::string all = seen->all();
  CHECK(std::count(all.begin(), all.end(), '\n') == 4);
}

TEST_CASE("metrics without the account label: one series for all accounts, however many there are") {
  const auto kept = std::make_shared<PrometheusObserver>();
  const auto sink = kefu::detail::make_redacting(kept, false);
  for (int i = 0; i < 1000; ++i) {
    const std::string account = "app" + std::to_string(i);
    const Attributes labels{{"platform", "wechat"}, {"account", account}, {"outcome", "ok"}};
    sink->metric({MetricRecord::Type::counter, "kefu_calls_total", 1, labels});
    // A gauge of one account would write over another's: it is left out.
    sink->metric({MetricRecord::Type::gauge, "kefu_quota_percent", 80, labels});
  }
  const std::string text = kept->render();
  CHECK(text.find("kefu_calls_total{platform=\"wechat\",outcome=\"ok\"} 1000\n") != std::string::npos);
  CHECK(text.find("account=") == std::string::npos);
  CHECK(text.find("kefu_quota_percent") == std::string::npos);
}

TEST_CASE("RuntimeOptions::metrics_by_account reaches the observer") {
  const auto seen = std::make_shared<kefu_test::RecordingObserver>();
  RuntimeOptions options;
  options.observer = seen;
  options.metrics_by_account = false;
  auto runtime = Runtime::create(std::move(options));
  REQUIRE(runtime);
  const Attributes labels{{"platform", "wechat"}, {"account", "app1"}};
  const auto core = kefu::detail::core_of(*runtime);
  core->observer->metric({MetricRecord::Type::counter, "metric", 1, labels});
  core->observer->log({LogLevel::info, "event", "text", labels});
  CHECK(seen->count("metric{platform=wechat}") == 1);
  CHECK(seen->count("event{platform=wechat,account=app1}") == 1);
}
