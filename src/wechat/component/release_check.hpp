#pragma once

#include <kefu/channel/webhook.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/time.hpp>
#include <kefu/wechat/open_platform.hpp>

#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// What is to be done about a message of the console's release check (wechat-security B14).
struct ReleaseCheck {
  WebhookResponse answer;
  std::string customer;  ///< Who is to get `text` through the API; empty: nobody.
  std::string text;
  Secret code;  ///< To be redeemed first; empty: the account is authorized already.
};

/// Nothing for other accounts than the ten test accounts of the platform's page, whose customers might type the same.
std::optional<ReleaseCheck> read_release_check(const OpenPlatformConfig& config, std::string_view app_id,
                                               const WebhookRequest& request, WallTime now);

}  // namespace wechat
KEFU_END_NAMESPACE
