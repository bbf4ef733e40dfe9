#include "wechat/account/shared_settings.hpp"

#include "wechat/operations/capabilities.hpp"

#include <fmt/format.h>

#include <iterator>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

Capabilities with_push(Capabilities capabilities, bool push) {
  if (!push) capabilities.missing_why(Facet::push_receiver) = "AccountConfig::push is not set";
  return capabilities;
}

/// Everything that an SharedSettings is made from; what comes from the host stands with its length.
std::string key_of(const AccountConfig& config) {
  std::string key =
      fmt::format("wechat {} {} {} {} {} {} {} {}:{}", static_cast<int>(config.kind), config.verified,
                  config.check_account_kind, config.calls_per_second, static_cast<int>(config.token_mode),
                  config.push.has_value(), config.max_answer_bytes, config.base_url.size(), config.base_url);
  const auto more = std::back_inserter(key);
  fmt::format_to(more, " qr {}:{}", config.qr_code_base_url.size(), config.qr_code_base_url);
  if (config.permission_sets) {
    fmt::format_to(more, " sets {}", config.permission_sets->size());
    for (const int set : *config.permission_sets) fmt::format_to(more, " {}", set);
  }
  if (config.reply_rules) {
    fmt::format_to(more, " rules {}", config.reply_rules->remember.count());
    for (const ReplyRule& rule : config.reply_rules->rules)
      fmt::format_to(more, " {}:{} {} {}", rule.trigger.size(), rule.trigger, rule.messages, rule.window.count());
  }
  return key;
}

}  // namespace

ReplyRules default_reply_rules(AccountKind kind) {
  using namespace std::chrono_literals;
  ReplyRules rules;
  rules.rules.emplace_back("message", 5, 48h);
  rules.rules.emplace_back("unclear", 0, 0s);
  if (kind == AccountKind::mini_program) {
    // No page gives taps on menu messages a window of their own here: they are messages of the customer.
    rules.rules.emplace_back("menu", 5, 48h);
    rules.rules.emplace_back("enter", 2, 1min);
    return rules;
  }
  for (const char* trigger : {"menu", "follow", "scan"}) rules.rules.emplace_back(trigger, 3, 1min);
  return rules;
}

SharedSettings::SharedSettings(const AccountConfig& config)
    : standing(standing_of(config)),
      check_account_kind(config.check_account_kind),
      calls_per_second(config.calls_per_second),
      max_answer_bytes(config.max_answer_bytes),
      token_mode(config.token_mode),
      base_url(config.base_url),
      qr_code_base_url(config.qr_code_base_url),
      reply_rules(config.reply_rules.value_or(default_reply_rules(config.kind))),
      capabilities(with_push(capabilities_of(standing), config.push.has_value())) {}

std::shared_ptr<const SharedSettings> shared_settings_of(detail::RuntimeCore& runtime, const AccountConfig& config) {
  return runtime.shared_values.get<SharedSettings>(key_of(config), [&config] { return SharedSettings(config); });
}

}  // namespace wechat
KEFU_END_NAMESPACE
