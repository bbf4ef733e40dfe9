#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/component.hpp>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(wechat::TicketPushState) { v.optional("errmsg", s.message); }
KEFU_FIELDS(wechat::StartPushTicket) {
  v.required("component_appid", s.component_app_id);
  v.required("component_secret", s.component_secret);
}

KEFU_FIELDS(wechat::ComponentTokenAnswer) {
  v.required("component_access_token", s.component_access_token);
  v.required("expires_in", s.expires_in);
}
KEFU_FIELDS(wechat::FetchComponentToken) {
  v.required("component_appid", s.component_app_id);
  v.required("component_appsecret", s.component_app_secret);
  v.required("component_verify_ticket", s.ticket);
}

KEFU_FIELDS(wechat::PreAuthCode) {
  v.required("pre_auth_code", s.code);
  v.required("expires_in", s.expires_in);
}
KEFU_FIELDS(wechat::CreatePreAuthCode) { v.required("component_appid", s.component_app_id); }

KEFU_FIELDS(wechat::PermissionSet) {
  v.group("funcscope_category", [&s](auto& category) {
    category.optional("id", s.id);
    category.optional("type", s.type);
    category.optional("name", s.name);
    category.optional("desc", s.description);
  });
  v.group("confirm_info", [&s](auto& confirmation) {
    confirmation.optional("need_confirm", s.needs_confirmation);
    confirmation.optional("already_confirm", s.is_confirmed);
  });
}
/// Of authorization_info. One old page names the account `appid`.
KEFU_FIELDS(wechat::AuthorizationInfo) {
  v.optional("appid", s.app_id);
  v.optional("authorizer_appid", s.app_id);
  v.optional("authorizer_access_token", s.access_token);
  v.optional("expires_in", s.expires_in);
  v.optional("authorizer_refresh_token", s.refresh_token);
  v.optional("func_info", s.permission_sets);
}
KEFU_FIELDS(wechat::RedeemAuthorizationCode) {
  v.required("component_appid", s.component_app_id);
  v.required("authorization_code", s.code);
}

KEFU_FIELDS(wechat::AuthorizerTokenAnswer) {
  v.required("authorizer_access_token", s.access_token);
  v.required("expires_in", s.expires_in);
  v.optional("authorizer_refresh_token", s.refresh_token);
}
KEFU_FIELDS(wechat::FetchAuthorizerToken) {
  v.required("component_appid", s.component_app_id);
  v.required("authorizer_appid", s.authorizer_app_id);
  v.required("authorizer_refresh_token", s.refresh_token);
}

KEFU_FIELDS(wechat::NamedType) {
  v.optional("id", s.id);
  v.optional("name", s.name);
}
KEFU_FIELDS(wechat::AuthorizerDetails::MiniProgram::Category) {
  v.optional("first", s.first);
  v.optional("second", s.second);
}
KEFU_FIELDS(wechat::AuthorizerDetails::MiniProgram) {
  v.optional("categories", s.categories);
  v.optional("visit_status", s.visit_status);
}
KEFU_FIELDS(wechat::AuthorizerDetails) {
  v.group("authorizer_info", [&s](auto& info) {
    info.optional("nick_name", s.nickname);
    info.optional("head_img", s.head_image_url);
    info.optional("service_type_info", s.service_type);
    info.optional("verify_type_info", s.verify_type);
    info.optional("user_name", s.original_id);
    info.optional("alias", s.alias);
    info.optional("qrcode_url", s.qr_code_url);
    info.optional("principal_name", s.principal_name);
    info.optional("signature", s.signature);
    info.optional("MiniProgramInfo", s.mini_program);
    info.optional("register_type", s.register_type);
    info.optional("account_status", s.account_status);
    info.group("basic_config", [&s](auto& basic) {
      for (const char* spelling : {"isPhoneConfigured", "is_phone_configured"}) basic.optional(spelling, s.has_phone);
      for (const char* spelling : {"isEmailConfigured", "is_email_configured"}) basic.optional(spelling, s.has_email);
    });
  });
  v.optional("authorization_info", s.authorization);
}
KEFU_FIELDS(wechat::GetAuthorizer) {
  v.required("component_appid", s.component_app_id);
  v.required("authorizer_appid", s.authorizer_app_id);
}

KEFU_FIELDS(wechat::AuthorizerPage::Entry) {
  v.required("authorizer_appid", s.app_id);
  v.optional("refresh_token", s.refresh_token);
  v.optional("auth_time", s.auth_time);
}
KEFU_FIELDS(wechat::AuthorizerPage) {
  v.required("total_count", s.total_count);
  v.optional("list", s.list);
}
KEFU_FIELDS(wechat::ListAuthorizers) {
  v.required("component_appid", s.component_app_id);
  v.value("offset", s.offset, Check().range(0, INT64_MAX));
  v.value("count", s.count, Check().range(1, 500));
}

KEFU_FIELDS(wechat::AuthorizerOption) {
  v.required("option_name", s.name);
  v.required("option_value", s.value);
}
KEFU_FIELDS(wechat::GetAuthorizerOption) {
  v.required("component_appid", s.component_app_id);
  v.required("authorizer_appid", s.authorizer_app_id);
  v.required("option_name", s.name);
}
KEFU_FIELDS(wechat::SetAuthorizerOption) {
  v.required("component_appid", s.component_app_id);
  v.required("authorizer_appid", s.authorizer_app_id);
  v.required("option_name", s.name);
  v.required("option_value", s.value);
}

KEFU_FIELDS(wechat::ClearComponentQuota) {
  v.required("component_appid", s.component_app_id);
  v.required("appsecret", s.component_app_secret);
  v.optional("appid", s.authorizer_app_id);
}

KEFU_FIELDS(wechat::RedeemAuthorizerLoginCode) {
  v.required("appid", s.authorizer_app_id);
  v.required("code", s.code);
  v.constant("grant_type", "authorization_code");
  v.required("component_appid", s.component_app_id);
}
KEFU_FIELDS(wechat::RefreshAuthorizerLogin) {
  v.required("appid", s.authorizer_app_id);
  v.constant("grant_type", "refresh_token");
  v.required("refresh_token", s.refresh_token);
  v.required("component_appid", s.component_app_id);
}
KEFU_FIELDS(wechat::RedeemAuthorizerMiniProgramCode) {
  v.required("appid", s.authorizer_app_id);
  v.required("js_code", s.code);
  v.constant("grant_type", "authorization_code");
  v.required("component_appid", s.component_app_id);
}

}  // namespace detail

namespace wechat {
namespace {

/// Entries of func_info without an id say nothing.
void leave_out_nameless(AuthorizationInfo& info) {
  auto& sets = info.permission_sets;
  sets.erase(std::remove_if(sets.begin(), sets.end(), [](const PermissionSet& set) { return set.id == 0; }),
             sets.end());
}

bool names_authorizer(detail::Value root) {
  const detail::Value info = root["authorization_info"];
  return !info["authorizer_appid"].text().empty() || !info["appid"].text().empty();
}

Error nameless_authorizer() {
  return Error(ErrorKind::malformed_reply, "authorization_info names no account (authorizer_appid)");
}

Result<void> decode_authorization(const detail::Reply& reply, void* response) {
  if (!names_authorizer(reply.document.root())) return nameless_authorizer();
  auto& info = *static_cast<AuthorizationInfo*>(response);
  detail::FieldReader reader(reply.document.root()["authorization_info"]);
  reader.root(info);
  leave_out_nameless(info);
  return reader.result();
}

Result<void> decode_authorizer(const detail::Reply& reply, void* response) {
  if (!names_authorizer(reply.document.root())) return nameless_authorizer();
  auto read = detail::decode_json<AuthorizerDetails>(reply, response);
  if (read) leave_out_nameless(static_cast<AuthorizerDetails*>(response)->authorization);
  return read;
}

// The answers of logins on behalf are those of an account's own logins.
Result<void> decode_web_login(const detail::Reply& reply, void* response) {
  return RedeemLoginCode::operation().decode(reply, response);
}
Result<void> decode_session(const detail::Reply& reply, void* response) {
  return RedeemMiniProgramCode::operation().decode(reply, response);
}
bool names_customer(detail::Value root) { return root["openid"].present(); }

}  // namespace

// clang-format off
#define KEFU_COMPONENT_ROWS(ROW)                                                                                      \
  ROW(StartPushTicket, post("/cgi-bin/component/api_start_push_ticket", kIdempotent, "启动票据推送服务",              \
      kThirdPartyPlatform).from("B3").without_token()                                                                 \
      .doubted("one page generation lists access_token as required, the others and libraries send none"))             \
  ROW(FetchComponentToken, post("/cgi-bin/component/api_component_token", kIdempotent,                                \
      "获取第三方平台接口的调用凭据", kThirdPartyPlatform).from("B4").without_token())                                \
  ROW(CreatePreAuthCode, post("/cgi-bin/component/api_create_preauthcode", kIdempotent, "获取预授权码",               \
      kThirdPartyPlatform).from("B5"))                                                                                \
  ROW(RedeemAuthorizationCode, post("/cgi-bin/component/api_query_auth", kIdempotent, "使用授权码获取授权信息",       \
      kThirdPartyPlatform).from("B7").read_by(decode_authorization).shown_by(names_authorizer))                       \
  ROW(FetchAuthorizerToken, post("/cgi-bin/component/api_authorizer_token", kIdempotent, "获取授权账号调用令牌",      \
      kThirdPartyPlatform).from("B8"))                                                                                \
  ROW(GetAuthorizer, post("/cgi-bin/component/api_get_authorizer_info", kRead, "获取授权账号详情",                    \
      kThirdPartyPlatform).from("B10").read_by(decode_authorizer).shown_by(names_authorizer))                         \
  ROW(ListAuthorizers, post("/cgi-bin/component/api_get_authorizer_list", kRead, "拉取已授权的账号列表",              \
      kThirdPartyPlatform).from("B9"))                                                                                \
  ROW(GetAuthorizerOption, post("/cgi-bin/component/get_authorizer_option", kRead, "获取授权方选项信息",              \
      kThirdPartyPlatform).from("B10")                                                                                \
      .doubted("the page has the component's token, one library the authorizer's"))                                   \
  ROW(SetAuthorizerOption, post("/cgi-bin/component/set_authorizer_option", kIdempotent, "设置授权方选项信息",        \
      kThirdPartyPlatform).from("B10")                                                                                \
      .doubted("the page has the component's token, one library the authorizer's"))                                   \
  ROW(ClearComponentQuota, post("/cgi-bin/component/clear_quota/v2", kCreate, "重置第三方平台API调用次数",            \
      kThirdPartyPlatform).from("B17").without_token())                                                               \
  ROW(RedeemAuthorizerLoginCode, get("/sns/oauth2/component/access_token", kIdempotent, "代公众号发起网页授权",       \
      kThirdPartyPlatform).from("B15").read_by(decode_web_login).shown_by(names_customer))                              \
  ROW(RefreshAuthorizerLogin, get("/sns/oauth2/component/refresh_token", kIdempotent, "代公众号发起网页授权",         \
      kThirdPartyPlatform).from("B15").read_by(decode_web_login).shown_by(names_customer))                              \
  ROW(RedeemAuthorizerMiniProgramCode, get("/sns/component/jscode2session", kIdempotent, "小程序登录",                \
      kThirdPartyPlatform).from("B15").read_by(decode_session).shown_by(names_customer))
// clang-format on
KEFU_WECHAT_FAMILY(component_rows, KEFU_COMPONENT_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
