#pragma once

#include <kefu/core/time.hpp>

#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// `yyyy-MM-dd HH:mm:ss` in GMT+8.
std::string jd_time_text(WallTime time);
/// `yyyy-MM-dd` in GMT+8; `day` counts from 1970-01-01 there, as platform_day does.
std::string jd_day_text(std::int64_t day);
/// Midnight of that day in Beijing.
WallTime jd_day_start(std::int64_t day);
/// `yyyy-MM-dd HH:mm:ss` in GMT+8, or with `.SSS` and an offset like `+0800`; `date_only` also takes the date alone.
std::optional<WallTime> read_jd_time(std::string_view text, bool date_only = false);

/// What the platform shows of a name: "j***1".
std::string jd_masked(std::string_view pin);
/// `text` in GBK, as the old authorization pages answer; characters that GBK lacks become '?'.
std::string jd_gbk(std::string_view utf8);
/// 8-4-4-4-12 hex digits.
std::string random_uuid();

}  // namespace sandbox
KEFU_END_NAMESPACE
