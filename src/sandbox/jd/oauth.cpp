#include "core/async/time_range.hpp"
#include "sandbox/jd/twin.hpp"

#include <fmt/format.h>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kCodesKept = 2000;

WebAnswer oauth_page(int status, std::string_view text) {
  WebAnswer answer;
  answer.status = status;
  answer.content_type = "text/html;charset=UTF-8";
  answer.body = fmt::format("<html><body>{}</body></html>", text);
  return answer;
}

WebAnswer new_refusal(int code, std::string_view text) {
  WebAnswer answer;
  answer.content_type = "application/json;charset=UTF-8";
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("code").integer(code).key("msg").string(text);
  writer.key("requestId").string(random_hex(24)).end_object();
  return answer;
}

/// Numbers of the new pages are not public: one switch stands for them all.
WebAnswer oauth_refusal(const JdTwin& twin, std::string_view text) {
  return new_refusal(static_cast<int>(twin.setting("jd_oauth_error_code")), text);
}

WebAnswer legacy_refusal(const JdTwin& twin, int code, std::string_view text) {
  WebAnswer answer;
  answer.content_type = "text/html;charset=GBK";
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("code").integer(code).key("error_description").string(text).end_object();
  if (twin.setting("jd_legacy_oauth_gbk") != 0) answer.body = jd_gbk(answer.body);
  return answer;
}

WebAnswer grant_answer(const JdTwin& twin, const JdGrant& grant, const JdShopState& shop, WallTime now) {
  WebAnswer answer;
  answer.content_type = "application/json;charset=UTF-8";
  const std::int64_t life = std::chrono::duration_cast<std::chrono::seconds>(grant.expires - now).count();
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("access_token").string(grant.access_token).key("expires_in").integer(life);
  writer.key("refresh_token").string(grant.refresh_token);
  if (grant.legacy) {
    writer.key("time").string(std::to_string(unix_millis(grant.issued))).key("token_type").string("bearer");
    writer.key("uid").string(std::to_string(shop.shop.vender_id)).key("user_nick").string(shop.shop.name);
    writer.key("code").integer(0).end_object();
    answer.content_type = "text/html;charset=GBK";
    if (twin.setting("jd_legacy_oauth_gbk") != 0) answer.body = jd_gbk(answer.body);
    return answer;
  }
  const std::string seed = fmt::format("{:0<43}", "AbCdEf" + grant.app_key.substr(0, 8) + shop.shop.shop).substr(0, 43);
  writer.key("scope").string("snsapi_base").key("open_id").string(seed);
  writer.key("uid").string(std::to_string(8'000'000'000 + shop.shop.vender_id));
  writer.key("time").integer(unix_millis(grant.issued)).key("token_type").string("bearer").key("code").integer(0);
  writer.key("xid").string(fmt::format("o*AAT{:0>35}", shop.shop.vender_id)).end_object();
  return answer;
}

std::string_view param_of(const Pairs& params, std::string_view name) { return find_pair(params, name).value_or(""); }

/// Takes a code away, as it works once; nothing if it does not work (any more) for this application.
std::optional<JdCode> take_code(JdTwin& twin, std::string_view code, std::string_view app_key, bool legacy,
                                WallTime now) {
  const auto found = twin.codes.find(code);
  if (found == twin.codes.end() || found->second.app_key != app_key || found->second.legacy != legacy)
    return std::nullopt;
  JdCode taken = std::move(found->second);
  twin.codes.erase(found);
  if (now >= taken.expires) return std::nullopt;
  return taken;
}

/// The shop whose merchant (or, by `account`, which of its agents) stands before the login page.
JdShopState* merchant_at_login(JdTwin& twin, const JdAppState& app, const Pairs& params) {
  const std::string_view chosen = param_of(params, "shop");
  if (!chosen.empty()) return twin.find_shop(chosen);
  if (!app.next_login.empty()) return twin.find_shop(app.next_login);
  return twin.shop_order.empty() ? nullptr : twin.find_shop(twin.shop_order.front());
}

}  // namespace

WebAnswer jd_login_page(JdTwin& twin, const Pairs& params, bool legacy, WallTime now) {
  JdAppState* app = twin.find_app(param_of(params, legacy ? "client_id" : "app_key"));
  if (app == nullptr) return oauth_page(400, "应用不存在");
  if (param_of(params, "response_type") != "code") return oauth_page(400, "response_type 必须为 code");
  const std::string redirect(param_of(params, "redirect_uri"));
  if (redirect.empty()) return oauth_page(400, "redirect_uri 不能为空");
  if (!app->app.redirect_uri.empty() && redirect != app->app.redirect_uri)
    return oauth_page(400, "redirect_uri 与注册的不一致");
  const JdShopState* shop = merchant_at_login(twin, *app, params);
  if (shop == nullptr) return oauth_page(400, "没有这个商家: POST /jd/shops");
  JdCode code;
  code.code = random_hex(24);
  code.app_key = app->app.app_key;
  code.shop = shop->shop.shop;
  code.account = param_of(params, "account");
  code.redirect_uri = redirect;
  code.expires = detail::later(now, std::chrono::seconds(twin.setting("jd_code_life_s")));
  code.legacy = legacy;
  std::string location = redirect;
  location += redirect.find('?') == std::string::npos ? '?' : '&';
  location += "code=" + code.code;
  if (const std::string_view state = param_of(params, "state"); !state.empty())
    location += "&state=" + percent_encoded(state);
  if (twin.codes.size() >= kCodesKept) twin.codes.erase(twin.codes.begin());
  twin.codes.emplace(code.code, std::move(code));
  WebAnswer answer = oauth_page(302, "");
  answer.headers.emplace_back("Location", std::move(location));
  return answer;
}

WebAnswer jd_token_answer(JdTwin& twin, const Pairs& params, WallTime now) {
  const std::string_view type = param_of(params, "grant_type");
  JdAppState* app = twin.find_app(param_of(params, "app_key"));
  if (app == nullptr) return oauth_refusal(twin, "app_key 不存在");
  if (app->app.app_secret != param_of(params, "app_secret")) return oauth_refusal(twin, "app_secret 错误");
  if (type == "authorization_code") {
    const auto code = take_code(twin, param_of(params, "code"), app->app.app_key, false, now);
    const JdShopState* shop = code ? twin.find_shop(code->shop) : nullptr;
    if (shop == nullptr) return oauth_refusal(twin, "code 无效或已过期");
    return grant_answer(twin, twin.authorize(*app, *shop, false, now, code->account), *shop, now);
  }
  if (type != "refresh_token") return oauth_refusal(twin, "grant_type 不支持");
  JdGrant* grant = twin.grant_to_refresh(param_of(params, "refresh_token"), app->app.app_key, now);
  const JdShopState* shop = grant == nullptr ? nullptr : twin.find_shop(grant->shop);
  if (shop == nullptr) return oauth_refusal(twin, "refresh_token 无效或已过期");
  twin.refresh(*grant, now);
  return grant_answer(twin, *grant, *shop, now);
}

WebAnswer jd_legacy_token_answer(JdTwin& twin, const Pairs& params, WallTime now) {
  const std::string_view type = param_of(params, "grant_type");
  JdAppState* app = twin.find_app(param_of(params, "client_id"));
  if (app == nullptr) return legacy_refusal(twin, 101, "应用不存在");
  if (app->app.app_secret != param_of(params, "client_secret")) return legacy_refusal(twin, 404, "client 错误");
  if (type == "authorization_code") {
    const auto code = take_code(twin, param_of(params, "code"), app->app.app_key, true, now);
    const JdShopState* shop = code ? twin.find_shop(code->shop) : nullptr;
    if (shop == nullptr) return legacy_refusal(twin, 402, "错误的 code");
    if (param_of(params, "redirect_uri") != code->redirect_uri) return legacy_refusal(twin, 403, "url 不匹配");
    return grant_answer(twin, twin.authorize(*app, *shop, true, now, code->account), *shop, now);
  }
  JdGrant* grant = type != "refresh_token"
                       ? nullptr
                       : twin.grant_to_refresh(param_of(params, "refresh_token"), app->app.app_key, now);
  const JdShopState* shop = grant == nullptr ? nullptr : twin.find_shop(grant->shop);
  if (shop == nullptr) return legacy_refusal(twin, 401, "grant 不允许");
  twin.refresh(*grant, now);
  return grant_answer(twin, *grant, *shop, now);
}

WebAnswer JdTwin::oauth_fault(const WebRequest& request, int code, std::string_view text) const {
  return starts_with(request.path, "/oauth/") ? legacy_refusal(*this, code, text) : new_refusal(code, text);
}

WebAnswer JdTwin::oauth(const WebRequest& request, WallTime now) {
  const Pairs params = jd_params(request);
  const bool is_new = request.path == "/oauth2/access_token" || request.path == "/oauth2/refresh_token";
  note_call(request.path, 0);
  if (request.path == "/oauth2/to_login") return jd_login_page(*this, params, false, now);
  if (request.path == "/oauth/authorize") return jd_login_page(*this, params, true, now);
  if (is_new) {
    const bool fits = (request.path == "/oauth2/refresh_token") == (param_of(params, "grant_type") == "refresh_token");
    return fits ? jd_token_answer(*this, params, now) : oauth_refusal(*this, "grant_type 不支持");
  }
  if (request.path == "/oauth/token") return jd_legacy_token_answer(*this, params, now);
  return oauth_page(404, "404 Not Found");
}

}  // namespace sandbox
KEFU_END_NAMESPACE
