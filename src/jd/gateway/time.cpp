#include "core/async/time_range.hpp"
#include "jd/gateway/operation.hpp"

#include <kefu/jd/time.hpp>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <ctime>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr hours kZone{8};

/// The calendar of GMT+8, from UTC: the host's zone has no say (trap 1 of the reference).
std::tm calendar(WallTime time) {
  const std::time_t shifted = static_cast<std::time_t>(unix_seconds(detail::later(time, kZone)));
  std::tm fields{};
  gmtime_r(&shifted, &fields);
  return fields;
}

/// Reads digits and separators from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool number(std::size_t digits, int& to) {
    if (text_.size() < digits) return false;
    const char* end = text_.data() + digits;
    const auto read = std::from_chars(text_.data(), end, to);
    if (read.ec != std::errc() || read.ptr != end || to < 0) return false;
    return text_.remove_prefix(digits), true;
  }
  bool one_of(std::string_view characters) {
    if (text_.empty() || characters.find(text_.front()) == std::string_view::npos) return false;
    return text_.remove_prefix(1), true;
  }
  bool done() const { return text_.empty(); }
  char next() const { return text_.empty() ? '\0' : text_.front(); }

 private:
  std::string_view text_;
};

bool read_date(Scanner& in, std::tm& fields) {
  if (!in.number(4, fields.tm_year) || !in.one_of("-/") || !in.number(2, fields.tm_mon) || !in.one_of("-/") ||
      !in.number(2, fields.tm_mday))
    return false;
  const bool possible = fields.tm_mon >= 1 && fields.tm_mon <= 12 && fields.tm_mday >= 1 && fields.tm_mday <= 31;
  fields.tm_year -= 1900;
  fields.tm_mon -= 1;
  return possible;
}

bool read_clock(Scanner& in, std::tm& fields, int& millis) {
  if (!in.number(2, fields.tm_hour) || !in.one_of(":") || !in.number(2, fields.tm_min)) return false;
  if (in.one_of(":") && !in.number(2, fields.tm_sec)) return false;
  if (in.one_of(".") && !in.number(3, millis)) return false;
  return fields.tm_hour <= 23 && fields.tm_min <= 59 && fields.tm_sec <= 60;
}

bool read_offset(Scanner& in, seconds& zone) {
  if (in.done()) return true;
  const bool west = in.next() == '-';
  int hour = 0;
  int minute = 0;
  if (!in.one_of("+-") || !in.number(2, hour)) return false;
  in.one_of(":");
  if (!in.number(2, minute)) return false;
  zone = seconds((west ? -1 : 1) * (hour * 3600 + minute * 60));
  return true;
}

}  // namespace

std::string gateway_time(WallTime time) {
  const std::tm at = calendar(time);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", at.tm_year + 1900, at.tm_mon + 1, at.tm_mday, at.tm_hour,
                     at.tm_min, at.tm_sec);
}

std::string gateway_date(WallTime time) {
  const std::tm at = calendar(time);
  return fmt::format("{:04}-{:02}-{:02}", at.tm_year + 1900, at.tm_mon + 1, at.tm_mday);
}

WallTime start_of_day(WallTime time) {
  std::tm at = calendar(time);
  at.tm_hour = at.tm_min = at.tm_sec = 0;
  return from_unix_seconds(static_cast<std::int64_t>(timegm(&at))) - kZone;
}

namespace {

/// A time, or nothing for "not yet"; false for what is no time.
bool read_time(std::string_view text, std::optional<WallTime>& to) {
  to.reset();
  std::int64_t millis = 0;
  const auto number = std::from_chars(text.data(), text.data() + text.size(), millis);
  if (number.ec == std::errc() && number.ptr == text.data() + text.size() && (text.size() > 8 || millis <= 0)) {
    // A clock that counts nanoseconds ends in 2262.
    constexpr std::int64_t kYear2255 = 9'000'000'000'000;
    if (millis > kYear2255) return false;
    if (millis > 0) to = from_unix_millis(millis);
    return true;
  }
  Scanner in(text);
  std::tm fields{};
  int fraction = 0;
  seconds zone = kZone;
  if (!read_date(in, fields)) return text.empty();
  if (!in.done() && (!in.one_of(" T") || !read_clock(in, fields, fraction) || !read_offset(in, zone) || !in.done()))
    return false;
  if (fields.tm_year < 71) return true;    // 0001-01-01 and 1970-01-01
  if (fields.tm_year > 355) return false;  // after 2255 no clock of nanoseconds goes on
  to = from_unix_seconds(static_cast<std::int64_t>(timegm(&fields))) - zone + Millis(fraction);
  return true;
}

}  // namespace

std::optional<WallTime> read_gateway_time(std::string_view text) {
  std::optional<WallTime> time;
  return read_time(text, time) ? time : std::nullopt;
}

}  // namespace jd

namespace detail {

bool FieldScalar<jd::Time>::read(Value from, jd::Time& to) {
  if (!from.present()) return false;
  to = jd::Time();
  if (from.kind() != Value::Kind::string && from.kind() != Value::Kind::number)
    FieldReader(from).whole(to.unread);
  else if (!jd::read_time(from.text(), to.at))
    to.unread = std::string(from.text());
  return true;
}

}  // namespace detail
KEFU_END_NAMESPACE
