#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"

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

// clang-format off
#define KEFU_MINI_PROGRAM_ROWS(ROW)                                                                          \
  ROW(RedeemMiniProgramCode, get("/sns/jscode2session", kIdempotent, "小程序登录凭证校验", {kNo, kNo, kYes}) \
      .without_token())                                                                                      \
  ROW(GetPhoneNumber, post("/wxa/business/getuserphonenumber", kIdempotent, "获取手机号", kMiniProgram))
// clang-format on
KEFU_WECHAT_FAMILY(mini_program_rows, KEFU_MINI_PROGRAM_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
