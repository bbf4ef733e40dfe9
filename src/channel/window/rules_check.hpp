#pragma once

#include <kefu/channel/reply_window.hpp>
#include <kefu/core/result.hpp>

#include <initializer_list>
#include <optional>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Whether an account can go by these rules, of whose events `triggers` are all the triggers there are. Error:
/// `bad_argument` naming the rule and its member.
Result<void> check_reply_rules(const std::optional<ReplyRules>& rules,
                               std::initializer_list<std::string_view> triggers);

}  // namespace detail
KEFU_END_NAMESPACE
