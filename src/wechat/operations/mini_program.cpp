#include "core/call/fields.hpp"
#include "core/crypto/crypto.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/mini_program.hpp>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

/// The key is used as the text it came as; what it signs is empty (wechat-messages 25).
template <class V, class Op>
void signed_by_session(V& v, const Op& op) {
  v.required("openid", op.openid);
  v.rule("session_key", !op.session_key.empty(), "must not be empty");
  v.constant("signature", detail::hmac(detail::DigestKind::sha256, op.session_key.expose(), "").hex());
  v.constant("sig_method", "hmac_sha256");
}

}  // namespace
}  // namespace wechat

namespace detail {

KEFU_FIELDS(wechat::MiniProgramSession) {
  v.required("openid", s.openid);
  v.required("session_key", s.session_key);
  v.optional("unionid", s.union_id);
}
KEFU_FIELDS(wechat::RedeemMiniProgramCode) {
  v.optional("appid", s.app_id);
  v.optional("secret", s.app_secret);
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

KEFU_FIELDS(wechat::CheckSession) { wechat::signed_by_session(v, s); }
KEFU_FIELDS(wechat::ResetSession) {
  v.required("openid", s.openid);
  v.required("session_key", s.session_key);
}
KEFU_FIELDS(wechat::ResetSessionKey) { wechat::signed_by_session(v, s); }

KEFU_FIELDS(wechat::PaidUnionId) { v.required("unionid", s.union_id); }
KEFU_FIELDS(wechat::GetPaidUnionId) {
  v.required("openid", s.openid);
  v.optional("transaction_id", s.transaction_id);
  v.rule("out_trade_no", s.order.empty() == s.merchant_id.empty(), "must stand together with mch_id");
  v.optional("mch_id", s.merchant_id);
  v.optional("out_trade_no", s.order);
}

}  // namespace detail

namespace wechat {

// clang-format off
#define KEFU_MINI_PROGRAM_ROWS(ROW)                                                                                     \
  ROW(RedeemMiniProgramCode, get("/sns/jscode2session", kIdempotent, "小程序登录凭证校验", {kNo, kNo, kYes}).from("11") \
      .without_token())                                                                                                 \
  ROW(GetPhoneNumber, post("/wxa/business/getuserphonenumber", kIdempotent, "获取手机号", kMiniProgram).from("11"))     \
  ROW(CheckSession, get("/wxa/checksession", kRead, "检验登录态", kMiniProgram).from("25"))                             \
  ROW(ResetSessionKey, get("/wxa/resetusersessionkey", kCreate, "重置登录态", kMiniProgram).from("25")                  \
      .limited("60,000 a minute"))                                                                                      \
  ROW(GetPaidUnionId, get("/wxa/getpaidunionid", kRead, "支付后获取Unionid", kMiniProgram).from("25"))
// clang-format on
KEFU_WECHAT_FAMILY(mini_program_rows, KEFU_MINI_PROGRAM_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
