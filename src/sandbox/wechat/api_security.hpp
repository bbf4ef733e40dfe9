#pragma once

#include "sandbox/wechat/twin.hpp"

#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

// The API signature mode (API 安全), wechat-security A10, from the platform's side.

/// One sealed body on its way, with what its signature and its box are bound to.
struct SealedCall {
  std::string_view url;  ///< With scheme and host, without query.
  std::string_view appid;
  std::string_view timestamp;
  std::string_view body;
  std::string_view signature;  ///< Base64.
};
/// The plain text; nothing and a code (40234, 40235 ...) if it is not what the account's keys make.
std::optional<std::string> open_sealed(const WechatApiSecurity& keys, const SealedCall& call, int& code);

/// Opens the call's body in place of the JSON that was sent; lets pass what needs no seal.
ApiResult open_sealed_body(WechatCall& call);
/// Seals and signs the answer to a call that came sealed.
void seal_answer(const WechatCall& call, WebAnswer& answer);

/// What is wrong with the settings, or nothing.
std::optional<std::string> wrong_api_security(const WechatApiSecurity& keys);

}  // namespace sandbox
KEFU_END_NAMESPACE
