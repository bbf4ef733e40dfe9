#include "sandbox/jd/text.hpp"

#include "sandbox/twin/twin.hpp"

#include <fmt/format.h>

#include <iconv.h>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::int64_t kBeijing = 8 * 3600;

struct CivilDate {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

/// Days since 1970-01-01 to a date and back, in the proleptic Gregorian calendar by eras of 400 years that begin in
/// March.
CivilDate civil_of_days(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
  const unsigned shifted = (5 * of_year + 2) / 153;
  const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {static_cast<std::int64_t>(year) + era * 400 + (month <= 2 ? 1 : 0), month,
          of_year - (153 * shifted + 2) / 5 + 1};
}

std::int64_t days_of_civil(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto of_era = static_cast<unsigned>(year - era * 400);
  const unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + static_cast<std::int64_t>(of_era * 365 + of_era / 4 - of_era / 100 + of_year) - 719468;
}

/// Takes `digits` decimal digits from the front; false if they are not there.
bool take_digits(std::string_view& text, std::size_t digits, std::int64_t& out) {
  if (text.size() < digits) return false;
  out = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool take_mark(std::string_view& text, char mark) {
  if (text.empty() || text.front() != mark) return false;
  text.remove_prefix(1);
  return true;
}

/// `.SSS` and `+HHMM`; the offset in seconds.
bool take_fraction_and_offset(std::string_view& text, std::int64_t& milliseconds, std::int64_t& offset) {
  if (text.empty()) return true;
  if (!take_mark(text, '.') || !take_digits(text, 3, milliseconds)) return false;
  if (text.empty()) return true;
  const bool west = text.front() == '-';
  if (!west && text.front() != '+') return false;
  text.remove_prefix(1);
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  if (!take_digits(text, 2, hours) || !take_digits(text, 2, minutes)) return false;
  if (hours > 14 || minutes > 59) return false;
  offset = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
  return text.empty();
}

}  // namespace

std::string jd_day_text(std::int64_t day) {
  const CivilDate date = civil_of_days(day);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string jd_time_text(WallTime time) {
  const std::int64_t local = unix_seconds(time) + kBeijing;
  const std::int64_t day = local >= 0 ? local / 86400 : (local - 86399) / 86400;
  const std::int64_t second = local - day * 86400;
  return fmt::format("{} {:02}:{:02}:{:02}", jd_day_text(day), second / 3600, second / 60 % 60, second % 60);
}

WallTime jd_day_start(std::int64_t day) { return from_unix_seconds(day * 86400 - kBeijing); }

std::optional<WallTime> read_jd_time(std::string_view text, bool date_only) {
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milliseconds = 0;
  std::int64_t offset = kBeijing;
  if (!take_digits(text, 4, year) || !take_mark(text, '-') || !take_digits(text, 2, month) || !take_mark(text, '-') ||
      !take_digits(text, 2, day))
    return std::nullopt;
  if (!(date_only && text.empty())) {
    if (!take_mark(text, ' ') || !take_digits(text, 2, hour) || !take_mark(text, ':') ||
        !take_digits(text, 2, minute) || !take_mark(text, ':') || !take_digits(text, 2, second) ||
        !take_fraction_and_offset(text, milliseconds, offset))
      return std::nullopt;
  }
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t days = days_of_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  if (civil_of_days(days).day != static_cast<unsigned>(day)) return std::nullopt;
  return from_unix_seconds(days * 86400 + hour * 3600 + minute * 60 + second - offset) + Millis(milliseconds);
}

std::string jd_masked(std::string_view pin) {
  if (pin.empty()) return {};
  // Whole characters: a cut one would be no UTF-8.
  std::size_t first = 1;
  while (first < pin.size() && (static_cast<unsigned char>(pin[first]) & 0xc0) == 0x80) ++first;
  std::size_t last = pin.size() - 1;
  while (last > 0 && (static_cast<unsigned char>(pin[last]) & 0xc0) == 0x80) --last;
  return std::string(pin.substr(0, first)) + "***" + std::string(pin.substr(last));
}

std::string jd_gbk(std::string_view utf8) {
  const iconv_t converter = ::iconv_open("GBK", "UTF-8");
  if (converter == reinterpret_cast<iconv_t>(-1)) return std::string(utf8);
  std::string in(utf8);
  std::string out(in.size() * 2 + 4, '\0');
  char* from = in.data();
  std::size_t left = in.size();
  char* to = out.data();
  std::size_t room = out.size();
  while (left > 0 && ::iconv(converter, &from, &left, &to, &room) == static_cast<std::size_t>(-1) && left > 0) {
    do {
      ++from;
      --left;
    } while (left > 0 && (static_cast<unsigned char>(*from) & 0xc0) == 0x80);
    *to++ = '?';
    --room;
  }
  ::iconv_close(converter);
  out.resize(out.size() - room);
  return out;
}

std::string random_uuid() {
  const std::string hex = random_hex(32);
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20));
}

}  // namespace sandbox
KEFU_END_NAMESPACE
