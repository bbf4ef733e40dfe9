#include "cli/jd_period.hpp"

#include <kefu/jd/time.hpp>

#include <chrono>

namespace kefu_cli {
namespace {

kefu::Result<kefu::WallTime> read_day(const char* flag, const std::string& text) {
  const auto time = kefu::jd::read_gateway_time(text);
  if (text.size() == 10 && time && kefu::jd::gateway_date(*time) == text) return *time;
  return kefu::Error(kefu::ErrorKind::bad_argument, std::string(flag) + " is no date like 2024-06-01");
}

}  // namespace

kefu::Result<JdPeriod> read_jd_period(const std::string& from, const std::string& to) {
  const auto first = read_day("--from", from);
  if (!first) return first.error();
  const auto last = read_day("--to", to);
  if (!last) return last.error();
  if (*last < *first) return kefu::Error(kefu::ErrorKind::bad_argument, "--to lies before --from");
  return JdPeriod{*first, *last + std::chrono::hours(24)};
}

}  // namespace kefu_cli
