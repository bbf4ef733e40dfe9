#pragma once

#include <kefu/core/export.hpp>

#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Appends `text` as a value of application/x-www-form-urlencoded bodies and of queries that want it strict: letters,
/// digits and - _ . ~ as they are, everything else as %XX, a space too.
void append_percent_encoded(std::string& out, std::string_view text);

}  // namespace detail
KEFU_END_NAMESPACE
