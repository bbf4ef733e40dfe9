#pragma once

#include <kefu/core/export.hpp>

#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Text in GBK as UTF-8, for answers of the old authorization host (jd 2.2). Nothing if it is no GBK, or if the
/// system's iconv has no table for it.
std::optional<std::string> utf8_of_gbk(std::string_view text);

}  // namespace jd
KEFU_END_NAMESPACE
