#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/core/secret.hpp>

#include <cstdint>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Who the customer of a mini program is (wechat-messages 11, wechat-security-and-authorization B15). Operations are
// values; any thread.

/// A customer's login.
struct MiniProgramSession {
  MiniProgramSession() {}
  std::string openid;
  std::string union_id;  ///< unionid; empty if the mini program is bound to no open-platform account.
  Secret session_key;    ///< Stays on the server: it proves what the mini program sends, and opens encrypted data.
};

/// Redeems the code that wx.login gave. A code works once, for five minutes.
///
/// Presents the secret: no token is used, none is renewed. Effect: idempotent (a code that was redeemed is refused with
/// 40163). Codes: 40029 (wrong code), 40163 (used), 40226 (this person is barred), 45011. Page: 小程序登录凭证校验.
struct KEFU_EXPORT RedeemMiniProgramCode {
  using Response = MiniProgramSession;
  static const Operation& operation();
  RedeemMiniProgramCode(std::string app, Secret secret, std::string code)
      : app_id(std::move(app)), app_secret(std::move(secret)), js_code(std::move(code)) {}
  std::string app_id;
  Secret app_secret;
  Secret js_code;
};

struct PhoneNumber {
  PhoneNumber() {}
  std::string phone_number;  ///< phoneNumber: with the country code if it is a foreign one.
  std::string pure_number;   ///< purePhoneNumber: without.
  std::string country_code;  ///< countryCode: "86".
  std::string app_id;        ///< watermark.appid: check it if the answer travels on.
  std::int64_t time = 0;     ///< watermark.timestamp, seconds since 1970.
};

/// Redeems the code of a phone-number button. A code works once, for five minutes.
///
/// Effect: idempotent, as RedeemMiniProgramCode. Codes: 40029, 40013. Page: 获取手机号.
struct KEFU_EXPORT GetPhoneNumber {
  using Response = PhoneNumber;
  static const Operation& operation();
  explicit GetPhoneNumber(std::string code_) : code(std::move(code_)) {}
  Secret code;
};

}  // namespace wechat
KEFU_END_NAMESPACE
