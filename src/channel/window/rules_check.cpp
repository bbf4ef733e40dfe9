#include "channel/window/rules_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

Result<void> check_reply_rules(const std::optional<ReplyRules>& rules,
                               std::initializer_list<std::string_view> triggers) {
  if (!rules) return {};
  const auto wrong = [](std::string why) { return Error(ErrorKind::bad_argument, "reply_rules." + std::move(why)); };
  if (rules->remember.count() < 0) return wrong(fmt::format("remember is {} s: 0 or more", rules->remember.count()));
  for (std::size_t i = 0; i < rules->rules.size(); ++i) {
    const ReplyRule& rule = rules->rules[i];
    if (std::find(triggers.begin(), triggers.end(), rule.trigger) == triggers.end())
      return wrong(fmt::format("rules[{}].trigger is \"{}\", which no event of this account has: {}", i, rule.trigger,
                               fmt::join(triggers.begin(), triggers.end(), ", ")));
    if (std::any_of(rules->rules.begin(), rules->rules.begin() + static_cast<std::ptrdiff_t>(i),
                    [&rule](const ReplyRule& other) { return other.trigger == rule.trigger; }))
      return wrong(fmt::format("rules[{}].trigger is {} again: one rule for each", i, rule.trigger));
    if (rule.messages < 0) return wrong(fmt::format("rules[{}].messages is {}: 0 or more", i, rule.messages));
    if (rule.window.count() < (rule.messages > 0 ? 1 : 0))
      return wrong(fmt::format("rules[{}].window is {} s: more than 0", i, rule.window.count()));
  }
  return {};
}

}  // namespace detail
KEFU_END_NAMESPACE
