#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/component.hpp>
#include <kefu/wechat/web_login.hpp>

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(wechat::WebLogin) {
  v.required("access_token", s.access_token);
  v.optional("refresh_token", s.refresh_token);
  v.required("expires_in", s.expires_in);
  v.required("openid", s.openid);
  v.optional("scope", s.scope);
  v.optional("unionid", s.union_id);
  v.optional("is_snapshotuser", s.is_snapshot_user);
}
KEFU_FIELDS(wechat::RedeemLoginCode) {
  v.optional("appid", s.app_id);
  v.optional("secret", s.app_secret);
  v.required("code", s.code);
  v.constant("grant_type", "authorization_code");
}
KEFU_FIELDS(wechat::RefreshLogin) {
  v.optional("appid", s.app_id);
  v.constant("grant_type", "refresh_token");
  v.required("refresh_token", s.refresh_token);
}

KEFU_FIELDS(wechat::LoginProfile) {
  v.required("openid", s.openid);
  v.optional("unionid", s.union_id);
  v.optional("nickname", s.nickname);
  v.optional("headimgurl", s.head_image_url);
  v.optional("sex", s.sex);
  v.optional("province", s.province);
  v.optional("city", s.city);
  v.optional("country", s.country);
  v.optional("privilege", s.privileges);
}
KEFU_FIELDS(wechat::GetLoginProfile) {
  v.required("access_token", s.access_token);
  v.required("openid", s.openid);
  v.rule("lang", s.language.empty() || s.language == "zh_CN" || s.language == "zh_TW" || s.language == "en",
         "must be zh_CN, zh_TW or en");
  v.optional("lang", s.language);
}
KEFU_FIELDS(wechat::CheckLogin) {
  v.required("access_token", s.access_token);
  v.required("openid", s.openid);
}

}  // namespace detail

namespace wechat {
namespace {

constexpr std::size_t kStateBytes = 128;

bool is_plain(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  });
}

/// With the component's id, where one is given, behind everything else.
Result<std::string> login_page(const std::string& app_id, const std::string& redirect_uri, LoginScope scope,
                               const std::string& state, const std::string* component_app_id) {
  if (app_id.empty() || !is_plain(app_id))
    return Error(ErrorKind::bad_argument, "app_id is empty or holds other than letters, digits, '_' and '-'");
  if (component_app_id != nullptr && (component_app_id->empty() || !is_plain(*component_app_id)))
    return Error(ErrorKind::bad_argument, "component_app_id is empty or holds other than letters, digits, '_' and '-'");
  if (redirect_uri.rfind("https://", 0) != 0 && redirect_uri.rfind("http://", 0) != 0)
    return Error(ErrorKind::bad_argument, "redirect_uri must begin with https:// or http://");
  if (state.size() > kStateBytes)
    return Error(ErrorKind::bad_argument, fmt::format("state is {} bytes, at most {}", state.size(), kStateBytes));
  if (!is_plain(state)) return Error(ErrorKind::bad_argument, "state may hold letters, digits, '_' and '-' only");
  // The order matters to the platform.
  HttpRequest request;
  request.path = "https://open.weixin.qq.com/connect/oauth2/authorize";
  request.query = {{"appid", app_id},
                   {"redirect_uri", redirect_uri},
                   {"response_type", "code"},
                   {"scope", scope == LoginScope::base ? "snsapi_base" : "snsapi_userinfo"},
                   {"state", state}};
  if (component_app_id != nullptr) request.query.emplace_back("component_appid", *component_app_id);
  std::string url;
  append_request_target(url, request);
  return url + "#wechat_redirect";
}

}  // namespace

Result<std::string> web_login_url(const std::string& app_id, const std::string& redirect_uri, LoginScope scope,
                                  const std::string& state) {
  return login_page(app_id, redirect_uri, scope, state, nullptr);
}

Result<std::string> component_web_login_url(const std::string& component_app_id, const std::string& authorizer_app_id,
                                            const std::string& redirect_uri, LoginScope scope,
                                            const std::string& state) {
  return login_page(authorizer_app_id, redirect_uri, scope, state, &component_app_id);
}

// clang-format off
#define KEFU_WEB_LOGIN_ROWS(ROW)                                                                             \
  ROW(RedeemLoginCode, get("/sns/oauth2/access_token", kIdempotent, "通过code换取网页授权access_token",      \
      kWebLogin).from("B15")                                                                                 \
      .limited("50,000 a minute").without_token())                                                           \
  ROW(RefreshLogin, get("/sns/oauth2/refresh_token", kIdempotent, "刷新access_token", kWebLogin).from("B15") \
      .without_token())                                                                                      \
  ROW(GetLoginProfile, get("/sns/userinfo", kRead, "拉取用户信息", kWebLogin).from("B15").without_token())   \
  ROW(CheckLogin, get("/sns/auth", kRead, "检验授权凭证是否有效", kWebLogin).from("B15").without_token())
// clang-format on
KEFU_WECHAT_FAMILY(web_login_rows, KEFU_WEB_LOGIN_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
