#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/time.hpp>

#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// A moment as the gateway's answers and requests hold it: `yyyy-MM-dd HH:mm:ss` in GMT+8 whatever the host's zone when
/// written; read from milliseconds since 1970 or from such text (also with `.SSS`, an offset like +0800, '/' or the
/// date alone). Empty: absent, or the platform's "not yet" (0001-01-01, 1970-01-01), or one that cannot be read.
struct Time {
  Time() {}
  Time(WallTime a) : at(a) {}
  bool empty() const { return !at; }
  std::optional<WallTime> at;
  /// What the platform wrote, if it is a time of no known form; then `at` is empty, but the time is not absent.
  std::string unread;
};

/// `yyyy-MM-dd HH:mm:ss` in GMT+8, computed from UTC (jd 1.4).
KEFU_EXPORT std::string gateway_time(WallTime time);
/// The forms of Time; nothing if it is none of them, or says "not yet".
KEFU_EXPORT std::optional<WallTime> read_gateway_time(std::string_view text);
/// 00:00:00 of that day in GMT+8.
KEFU_EXPORT WallTime start_of_day(WallTime time);
/// `yyyy-MM-dd` in GMT+8.
KEFU_EXPORT std::string gateway_date(WallTime time);

}  // namespace jd
KEFU_END_NAMESPACE
