#pragma once

#include <kefu/core/export.hpp>

#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Appends `text` as a value of application/x-www-form-urlencoded bodies and of queries that want it strict: letters,
/// digits and - _ . ~ as they are, everything else as %XX, a space too.
KEFU_EXPORT void append_percent_encoded(std::string& out, std::string_view text);

/// What stands where a byte was escaped.
enum class PlusSign : unsigned char { itself, blank };        ///< A blank in forms and queries.
enum class BrokenEscape : unsigned char { refused, itself };  ///< A '%' that no two hexadecimal digits follow.

/// Appends what `text` says, the one place that reads %XX. False if a broken escape was refused: `out` then holds what
/// came before it.
KEFU_EXPORT bool append_percent_decoded(std::string& out, std::string_view text, PlusSign plus, BrokenEscape broken);

}  // namespace detail
KEFU_END_NAMESPACE
