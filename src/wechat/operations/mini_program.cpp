#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"

#include <kefu/wechat/mini_program.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(wechat::MiniProgramSession) {
  v.required("openid", s.openid);
  v.required("session_key", s.session_key);
  v.optional("unionid", s.union_id);
}
KEFU_FIELDS(wechat::RedeemMiniProgramCode) {
  v.required("appid", s.app_id);
  v.required("secret", s.app_secret);
  v.required("js_code", s.js_code);
  v.constant("grant_type", "authorization_code");
}

KEFU_FIELDS(wechat::PhoneNumber) {
  v.group("phone_info", [&s](auto& info) {
    info.required("phoneNumber", s.phone_number);
    info.optional("purePhoneNumber", s.pure_number);
    info.optional("countryCode", s.country_code);
    info.group("watermark", [&s](auto& watermark) {
      watermark.optional("appid", s.app_id);
      watermark.optional("timestamp", s.time);
    });
  });
}
KEFU_FIELDS(wechat::GetPhoneNumber) { v.required("code", s.code); }

}  // namespace detail

namespace wechat {

const Operation& RedeemMiniProgramCode::operation() {
  static const Operation row = detail::make_operation<RedeemMiniProgramCode>(
      {"wechat.sns.jscode2session", "GET", "/sns/jscode2session", Authorization::none, Effect::idempotent,
       "sns.jscode2session", Millis(10'000), "小程序登录凭证校验"});
  return row;
}

const Operation& GetPhoneNumber::operation() {
  static const Operation row = detail::make_operation<GetPhoneNumber>(
      {"wechat.wxa.business.getuserphonenumber", "POST", "/wxa/business/getuserphonenumber",
       Authorization::access_token, Effect::idempotent, "wxa.business.getuserphonenumber", Millis(10'000),
       "获取手机号"});
  return row;
}

std::vector<const Operation*> mini_program_operations() {
  return {&RedeemMiniProgramCode::operation(), &GetPhoneNumber::operation()};
}

}  // namespace wechat
KEFU_END_NAMESPACE
