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
  explicit RedeemMiniProgramCode(std::string code) : js_code(std::move(code)) {}
  RedeemMiniProgramCode(std::string app, Secret secret, std::string code)
      : app_id(std::move(app)), app_secret(std::move(secret)), js_code(std::move(code)) {}
  std::string app_id;  ///< Empty, as the secret: the account's own.
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

/// Whether a customer's session_key is still valid. Effect: read. Errors: `credentials_refused` (87009: the login
/// starts anew). Page: 检验登录态.
struct KEFU_EXPORT CheckSession {
  using Response = NoContent;
  static const Operation& operation();
  CheckSession(std::string openid_, Secret key) : openid(std::move(openid_)), session_key(std::move(key)) {}
  std::string openid;
  Secret session_key;  ///< Signs the call; it is not sent.
};

struct ResetSession {
  ResetSession() {}
  std::string openid;
  Secret session_key;  ///< The new one; it ends when the old one would have ended.
};
/// Gives a customer a new session_key; the old one ends. Effect: create. Errors: `credentials_refused` (87007, 87009).
/// Page: 重置登录态.
struct KEFU_EXPORT ResetSessionKey {
  using Response = ResetSession;
  static const Operation& operation();
  ResetSessionKey(std::string openid_, Secret key) : openid(std::move(openid_)), session_key(std::move(key)) {}
  std::string openid;
  Secret session_key;  ///< Signs the call; it is not sent.
};

struct PaidUnionId {
  PaidUnionId() {}
  std::string union_id;
};
/// The union id of a customer who paid within the last five minutes, without a login. Verified mini programs.
///
/// Effect: read. Errors: `not_found` (89300: no such order of this person, or too late; 89002: no open-platform account
/// is bound). Page: 支付后获取Unionid.
struct KEFU_EXPORT GetPaidUnionId {
  using Response = PaidUnionId;
  static const Operation& operation();
  explicit GetPaidUnionId(std::string openid_) : openid(std::move(openid_)) {}
  std::string openid;
  std::string transaction_id;  ///< Of the payment; or the next two; or neither.
  std::string merchant_id;     ///< mch_id
  std::string order;           ///< out_trade_no
};

}  // namespace wechat
KEFU_END_NAMESPACE
