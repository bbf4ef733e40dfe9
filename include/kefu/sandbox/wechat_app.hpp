#pragma once

#include <kefu/core/export.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// Kinds of WeChat accounts that the twin tells apart (they differ in message types, windows and rights).
enum class WechatKind : unsigned char {
  subscription,  ///< "sub": the former subscription account.
  service,       ///< "svc".
  mini_program,  ///< "mini".
  component,     ///< "component": no account but a third-party platform; `callback_url` is its authorization event URL.
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(WechatKind kind) noexcept;

/// How pushes arrive at the callback (wechat-security-and-authorization A4).
enum class PushMode : unsigned char { plain, compatible, safe };
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(PushMode mode) noexcept;
enum class PushFormat : unsigned char { xml, json };
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(PushFormat format) noexcept;

/// The account's API signature mode (wechat-security A10), as both sides see it in the console. The supported APIs are
/// then read only sealed and signed, and answer so.
struct WechatApiSecurity {
  WechatApiSecurity() {}
  bool on = false;
  bool sm4 = false;                  ///< SM4_GCM in place of AES256_GCM.
  bool sm2 = false;                  ///< SM2withSM3 in place of RSAwithSHA256.
  std::string symmetric_number;      ///< 对称密钥编号
  std::string symmetric_key;         ///< Base64. Empty: calls are answered 40238.
  std::string developer_number;      ///< 非对称密钥编号
  std::string developer_public_key;  ///< PEM: what the account signs with. Empty: calls are answered 40239.
  std::string platform_number;       ///< Of the certificate that answers are signed with.
  std::string platform_private_key;  ///< PEM.
  std::string old_platform_number;   ///< While the platform changes its certificate: signs too.
  std::string old_platform_private_key;
};

/// One account registered at the WeChat twin. Empty credentials are generated when it is added. These are made-up
/// values of a test platform, so they are plain text on purpose.
///
/// Thread safety: a plain value.
struct WechatApp {
  WechatApp() {}
  std::string appid;        ///< "wx" and 16 hex digits.
  std::string secret;       ///< 32 hex digits.
  std::string original_id;  ///< "gh_" and 12 hex digits: what pushes carry as ToUserName.
  WechatKind kind = WechatKind::service;
  std::string owner;                      ///< 主体. Accounts of one owner may be bound to one open-platform account.
  bool verified = true;                   ///< Unverified official accounts get 48001 for customer messages.
  bool test_account = false;              ///< Lower daily limits; no menu messages (40200).
  std::string token;                      ///< Of the callback: 3 to 32 letters and digits.
  std::string encoding_aes_key;           ///< 43 letters and digits.
  std::string previous_encoding_aes_key;  ///< The one before a rotation; used by the misbehaviour "previous_key".
  PushMode push_mode = PushMode::safe;
  PushFormat push_format = PushFormat::xml;
  std::string callback_url;  ///< http:// on this machine; empty: pushes are recorded, not delivered.
  /// Of a third-party platform: where the messages of its merchants go; `$APPID$` in it becomes the merchant's appid.
  std::string message_url;
  bool unlimited_windows = false;  ///< Benchmarks: reply windows are always open and never used up.
  bool api_frozen = false;         ///< Token calls are answered 50007.
  WechatApiSecurity api_security;
  std::vector<std::string> allowed_ips;    ///< If not empty, other callers of token APIs get 40164.
  std::vector<std::string> linked_appids;  ///< Mini programs that cards may name; empty allows all.
  bool customer_service = true;            ///< Switched on in the console; else the APIs of agents get 65400.
  std::string wechat_id;                   ///< The account's own; agents' names end with it. Empty: any ending.
  std::vector<std::string> agents;         ///< kf_account names with a person bound to each.
  std::string console_menu;     ///< JSON: the answer of get_current_selfmenu_info; empty: made of the API's menu.
  std::string console_replies;  ///< JSON: the answer of get_current_autoreply_info; empty: none were set.
  std::string publications;     ///< JSON list: the items of freepublish/batchget, newest first; empty: none.
  std::map<std::string, std::int64_t> daily_limits;  ///< By path; what is absent has the documented limit.
};

}  // namespace sandbox
KEFU_END_NAMESPACE
