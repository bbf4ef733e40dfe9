#pragma once

#include "core/async/runtime_core.hpp"
#include "wechat/operations/account_standing.hpp"

#include <kefu/channel/capabilities.hpp>
#include <kefu/channel/reply_window.hpp>
#include <kefu/wechat/account.hpp>

#include <cstddef>
#include <memory>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// What accounts with equal settings have in common: all but who they are. It exists once a runtime.
///
/// Thread safety: immutable.
struct SharedSettings {
  explicit SharedSettings(const AccountConfig& config);

  const AccountStanding standing;
  const bool check_account_kind;
  const int calls_per_second;
  const std::size_t max_answer_bytes;
  const TokenMode token_mode;
  const std::string base_url;
  const std::string qr_code_base_url;
  const ReplyRules reply_rules;
  const Capabilities capabilities;
};

std::shared_ptr<const SharedSettings> shared_settings_of(detail::RuntimeCore& runtime, const AccountConfig& config);

}  // namespace wechat
KEFU_END_NAMESPACE
