#pragma once

#include <kefu/core/export.hpp>

#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Is there anything in the text that a log or a terminal would not take as part of one line: line ends of any kind,
/// NUL, other control characters?
bool breaks_line(std::string_view text) noexcept;
/// The text with those written as escapes ("\n", "\x1b"), so that what a platform or a customer wrote cannot pass for a
/// line of the log's own.
std::string one_line(std::string_view text);

}  // namespace detail
KEFU_END_NAMESPACE
