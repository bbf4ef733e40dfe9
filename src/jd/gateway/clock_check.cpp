#include "jd/gateway/clock_check.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <ctime>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

bool read_digits(std::string_view text, int& to) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), to);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && to >= 0;
}

}  // namespace

std::optional<WallTime> read_http_date(std::string_view text) {
  constexpr std::string_view kForm = "Sun, 06 Nov 1994 08:49:37 GMT";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != kForm.size() || text.substr(25) != " GMT") return std::nullopt;
  for (const std::size_t at : {3, 4, 7, 11, 16, 19, 22})
    if (text[at] != kForm[at]) return std::nullopt;
  const std::size_t month = kMonths.find(text.substr(8, 3));
  std::tm fields{};
  if (month == std::string_view::npos || month % 3 != 0 || !read_digits(text.substr(5, 2), fields.tm_mday) ||
      !read_digits(text.substr(12, 4), fields.tm_year) || !read_digits(text.substr(17, 2), fields.tm_hour) ||
      !read_digits(text.substr(20, 2), fields.tm_min) || !read_digits(text.substr(23, 2), fields.tm_sec))
    return std::nullopt;
  if (fields.tm_mday < 1 || fields.tm_mday > 31 || fields.tm_hour > 23 || fields.tm_min > 59 || fields.tm_sec > 60)
    return std::nullopt;
  fields.tm_mon = static_cast<int>(month / 3);
  fields.tm_year -= 1900;
  return from_unix_seconds(static_cast<std::int64_t>(timegm(&fields)));
}

std::string clock_finding(const HttpReply& reply, WallTime now) {
  const auto theirs = read_http_date(reply.header("date"));
  if (!theirs) return {};
  const std::int64_t ahead = unix_seconds(now) - unix_seconds(*theirs);
  if (ahead == 0) return "The host's clock agrees with the gateway's Date header.";
  return fmt::format("The host's clock is {} s {} the gateway's.", ahead < 0 ? -ahead : ahead,
                     ahead < 0 ? "behind" : "ahead of");
}

}  // namespace jd
KEFU_END_NAMESPACE
