#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// A customer logs in on a web page inside WeChat (wechat-security-and-authorization B15). The tokens of these calls are
// a customer's, not the account's: they are never put where the account's token is kept, and a refused one never renews
// that. Operations are values; any thread.

/// How much a page may learn.
enum class LoginScope : unsigned char {
  base,      ///< snsapi_base: the openid, without asking.
  userinfo,  ///< snsapi_userinfo: the profile, after a consent page.
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(LoginScope scope) noexcept;

/// The address to send the customer to; the platform sends them back to `redirect_uri` with `code` and `state`, on
/// refusal with `state` alone. `state` must come back as it was: put an unguessable value there and compare it.
///
/// Errors: `bad_argument` (app id, redirect_uri not http or https, state over 128 bytes or with other than letters and
/// digits).
KEFU_EXPORT Result<std::string> web_login_url(const std::string& app_id, const std::string& redirect_uri,
                                              LoginScope scope, const std::string& state);

/// A customer's login.
struct WebLogin {
  WebLogin() {}
  Secret access_token;          ///< The customer's; for GetLoginProfile.
  Secret refresh_token;         ///< Works for 30 days.
  std::int64_t expires_in = 0;  ///< Seconds.
  std::string openid;
  std::string scope;
  std::string union_id;           ///< unionid
  bool is_snapshot_user = false;  ///< A virtual person of the page's snapshot mode: do not link a customer to it.
};

/// Redeems the code of the redirect. A code works once, for five minutes.
///
/// Presents the secret. Effect: idempotent (a redeemed code is refused with 40163). Codes: 40029, 40163, 42003, 40226.
/// Page: 通过code换取网页授权access_token.
struct KEFU_EXPORT RedeemLoginCode {
  using Response = WebLogin;
  static const Operation& operation();
  explicit RedeemLoginCode(std::string code_) : code(std::move(code_)) {}
  RedeemLoginCode(std::string app, Secret secret, std::string code_)
      : app_id(std::move(app)), app_secret(std::move(secret)), code(std::move(code_)) {}
  std::string app_id;  ///< Empty, as the secret: the account's own.
  Secret app_secret;
  Secret code;
};

/// A new access token for the customer.
///
/// Effect: idempotent. Codes: 40030, 42002 (the customer logs in again). Page: 刷新access_token.
struct KEFU_EXPORT RefreshLogin {
  using Response = WebLogin;
  static const Operation& operation();
  explicit RefreshLogin(Secret refresh) : refresh_token(std::move(refresh)) {}
  RefreshLogin(std::string app, Secret refresh) : app_id(std::move(app)), refresh_token(std::move(refresh)) {}
  std::string app_id;  ///< Empty: the account's own.
  Secret refresh_token;
};

struct LoginProfile {
  LoginProfile() {}
  std::string openid;
  std::string union_id;  ///< unionid
  std::string nickname;
  std::string head_image_url;  ///< headimgurl
  int sex = 0;                 ///< Not filled any more, as the places.
  std::string province;
  std::string city;
  std::string country;
  std::vector<std::string> privileges;  ///< privilege
};

/// The customer's profile; the login must have had the scope userinfo.
///
/// Effect: read. Codes: 40001, 42001 (the customer's token: RefreshLogin). Page: 拉取用户信息.
struct KEFU_EXPORT GetLoginProfile {
  using Response = LoginProfile;
  static const Operation& operation();
  GetLoginProfile(Secret token, std::string openid_, std::string language_ = "zh_CN")
      : access_token(std::move(token)), openid(std::move(openid_)), language(std::move(language_)) {}
  Secret access_token;
  std::string openid;
  std::string language;  ///< lang: "zh_CN", "zh_TW", "en".
};

/// Whether the customer's token is still good.
///
/// Effect: read. Codes: 40003, 42001. Page: 检验授权凭证是否有效.
struct KEFU_EXPORT CheckLogin {
  using Response = NoContent;
  static const Operation& operation();
  CheckLogin(Secret token, std::string openid_) : access_token(std::move(token)), openid(std::move(openid_)) {}
  Secret access_token;
  std::string openid;
};

}  // namespace wechat
KEFU_END_NAMESPACE
