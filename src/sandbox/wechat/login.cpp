#include "sandbox/wechat/login.hpp"

#include "core/crypto/crypto.hpp"

#include <algorithm>
#include <chrono>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kLoginsBound = 10'000;
constexpr std::chrono::minutes kCodeLife(5);
constexpr std::chrono::hours kLoginTokenLife(2);
constexpr std::chrono::hours kRefreshLife(24 * 30);
constexpr std::int64_t kLoginsPerMinute = 50'000;

ApiResult as_plain_text(ApiResult result) {
  result.content_type = "text/plain";
  return result;
}

/// A merchant's account, in whose name a third-party platform calls.
ApiResult login_account_on_behalf(WechatCall& call) {
  if (call.query("component_appid").empty()) return refuse(41018);
  if (call.query("component_appid") != call.component->app.appid) return refuse(40013);
  WechatAccount* account = call.twin.find(call.query("appid"));
  if (account == nullptr) return refuse(40013);
  call.account = account;
  return check_grant(*call.component, *account, call.request.path);
}

/// The account that appid names; with its secret where the API asks for it.
ApiResult login_account(WechatCall& call, bool with_secret) {
  if (call.component != nullptr) return login_account_on_behalf(call);
  const std::string_view appid = call.query("appid");
  const std::string_view secret = call.query("secret");
  if (appid.empty()) return refuse(41002);
  if (with_secret && secret.empty()) return refuse(41004);
  WechatAccount* account = call.twin.find(appid);
  if (account == nullptr) return refuse(40013);
  if (with_secret && account->app.secret != secret) return refuse(40125);
  call.account = account;
  return {};
}

ApiResult redeem(WechatCall& call, std::string_view value, LoginCode::Use use, LoginCode*& code) {
  auto& codes = call.account->logins.codes;
  const auto found = std::find_if(codes.begin(), codes.end(),
                                  [&](const LoginCode& one) { return one.use == use && one.value == value; });
  if (value.empty() || found == codes.end() || call.now - found->issued >= kCodeLife) return refuse(40029);
  if (found->used) return refuse(40163);
  found->used = true;
  code = &*found;
  return {};
}

ApiResult redeem_js_code(WechatCall& call) {
  if (call.query("grant_type") != "authorization_code") return refuse(40002);
  if (ApiResult bad = login_account(call, true); bad.code != 0) return bad;
  if (call.account->app.kind != WechatKind::mini_program)
    if (ApiResult bad = call.gap("js_code_of_official_account_code"); bad.code != 0) return bad;
  LoginCode* code = nullptr;
  if (ApiResult bad = redeem(call, call.query("js_code"), LoginCode::Use::mini_program, code); bad.code != 0)
    return bad;
  WechatCustomer& customer = call.twin.customer(*call.account, code->openid);
  if (customer.refuse_code == 40226) return refuse(40226);
  customer.session_key = detail::base64(detail::random_text(16));
  return as_plain_text(fields_answer([&](detail::JsonWriter& writer) {
    writer.key("session_key").string(customer.session_key).key("openid").string(customer.openid);
    if (call.twin.setting("answer_union_id") != 0) writer.key("unionid").string(customer.union_id);
  }));
}

ApiResult redeem_phone_code(WechatCall& call) {
  LoginCode* code = nullptr;
  if (ApiResult bad = redeem(call, call.body["code"].text(), LoginCode::Use::phone, code); bad.code != 0) return bad;
  const std::string_view openid = call.body["openid"].text();
  if (!openid.empty() && openid != code->openid) return refuse(40029);
  std::string pure = code->phone;
  std::string country = "86";
  if (!pure.empty() && pure.front() == '+') {  // "+852 51234567"
    const std::size_t blank = pure.find(' ');
    country = pure.substr(1, blank == std::string::npos ? blank : blank - 1);
    pure = blank == std::string::npos ? std::string() : pure.substr(blank + 1);
  }
  return ok_answer([&](detail::JsonWriter& writer) {
    writer.key("phone_info").begin_object();
    writer.key("phoneNumber").string(country == "86" ? pure : "+" + country + pure);
    writer.key("purePhoneNumber").string(pure).key("countryCode").string(country);
    writer.key("watermark").begin_object().key("timestamp").integer(unix_seconds(call.now));
    writer.key("appid").string(call.account->app.appid).end_object().end_object();
  });
}

ApiResult login_answer(WechatCall& call, const LoginToken& token) {
  const WechatCustomer& customer = call.twin.customer(*call.account, token.openid);
  return as_plain_text(fields_answer([&](detail::JsonWriter& writer) {
    writer.key("access_token").string(token.access);
    writer.key("expires_in")
        .integer(std::chrono::duration_cast<std::chrono::seconds>(token.expires - call.now).count());
    writer.key("refresh_token").string(token.refresh).key("openid").string(token.openid);
    writer.key("scope").string(token.scope);
    if (call.twin.setting("web_login_snapshot") != 0) writer.key("is_snapshotuser").integer(1);
    if (token.scope == "snsapi_userinfo" && call.twin.setting("answer_union_id") != 0)
      writer.key("unionid").string(customer.union_id);
  }));
}

ApiResult redeem_web_code(WechatCall& call) {
  if (call.query("grant_type") != "authorization_code") return refuse(40002);
  if (ApiResult bad = login_account(call, true); bad.code != 0) return bad;
  if (call.account->web_login_minute.add(unix_seconds(call.now) / 60) > kLoginsPerMinute) return refuse(45011);
  LoginCode* code = nullptr;
  if (ApiResult bad = redeem(call, call.query("code"), LoginCode::Use::web, code); bad.code != 0) return bad;
  LoginToken token;
  token.access = detail::random_text(86);
  token.refresh = detail::random_text(86);
  token.openid = code->openid;
  token.scope = code->scope;
  token.expires = call.now + kLoginTokenLife;
  token.refresh_expires = call.now + kRefreshLife;
  auto& tokens = call.account->logins.tokens;
  tokens.push_back(token);
  if (tokens.size() > kLoginsBound) tokens.pop_front();
  return login_answer(call, token);
}

ApiResult refresh_login(WechatCall& call) {
  if (call.query("grant_type") != "refresh_token") return refuse(40002);
  if (ApiResult bad = login_account(call, false); bad.code != 0) return bad;
  const std::string_view refresh = call.query("refresh_token");
  for (LoginToken& token : call.account->logins.tokens) {
    if (refresh.empty() || token.refresh != refresh) continue;
    if (call.now >= token.refresh_expires) return refuse(42002);
    if (call.now >= token.expires) token.access = detail::random_text(86);  // else the same with a new life
    token.expires = call.now + kLoginTokenLife;
    return login_answer(call, token);
  }
  return refuse(40030);
}

/// The customer's token, which names its account by itself.
ApiResult login_of(WechatCall& call, const LoginToken*& token) {
  const std::string_view access = call.query("access_token");
  if (access.empty()) return refuse(41001);
  for (auto& [appid, account] : call.twin.accounts) {
    for (const LoginToken& one : account.logins.tokens) {
      if (one.access != access) continue;
      call.account = &account;
      if (call.now >= one.expires) return refuse(42001);
      if (one.openid != call.query("openid")) return refuse(40003);
      token = &one;
      return {};
    }
  }
  return refuse(40001);
}

ApiResult login_profile(WechatCall& call) {
  const LoginToken* token = nullptr;
  if (ApiResult bad = login_of(call, token); bad.code != 0) return bad;
  if (token->scope != "snsapi_userinfo") return refuse(48001);
  const WechatCustomer& customer = call.twin.customer(*call.account, token->openid);
  return as_plain_text(fields_answer([&](detail::JsonWriter& writer) {
    writer.key("openid").string(customer.openid).key("nickname").string(customer.nickname).key("sex").integer(0);
    writer.key("province").string("").key("city").string("").key("country").string("");
    writer.key("headimgurl").string("https://thirdwx.qlogo.cn/sandbox/46").key("privilege").begin_array().end_array();
    if (call.twin.setting("answer_union_id") != 0) writer.key("unionid").string(customer.union_id);
  }));
}

ApiResult check_login(WechatCall& call) {
  const LoginToken* token = nullptr;
  return login_of(call, token);
}

/// The page that asks the customer; who looks at it was said before. Leads back at once with a code.
ApiResult authorize_page(WechatCall& call) {
  const auto page = [](int status, std::string text) {
    ApiResult result;
    result.status = status;
    result.content_type = "text/html; charset=utf-8";
    result.body = "<html><body>" + text + "</body></html>";
    return result;
  };
  WechatAccount* account = call.twin.find(call.query("appid"));
  const std::string_view back = call.query("redirect_uri");
  const std::string_view scope = call.query("scope");
  if (account == nullptr || back.empty() || call.query("response_type") != "code")
    return page(200, "Parameters of the page are wrong");
  if (scope != "snsapi_base" && scope != "snsapi_userinfo") return page(200, "Scope is wrong");
  WechatCustomer* visitor = call.twin.find_customer(*account, account->logins.visitor);
  if (visitor == nullptr) return page(200, "Nobody looks at this page: POST /customers/{openid}/visit first");
  const std::string code = issue_login_code(*account, *visitor, LoginCode::Use::web, std::string(scope), {}, call.now);
  ApiResult result = page(302, {});
  result.headers.emplace_back("Location", std::string(back) +
                                              (back.find('?') == std::string_view::npos ? "?code=" : "&code=") + code +
                                              "&state=" + percent_encoded(call.query("state")));
  return result;
}

}  // namespace

std::string issue_login_code(WechatAccount& account, WechatCustomer& customer, LoginCode::Use use, std::string scope,
                             std::string phone, WallTime now) {
  LoginCode code;
  code.use = use;
  code.value = "0" + detail::random_text(31);
  code.openid = customer.openid;
  code.scope = std::move(scope);
  code.phone = std::move(phone);
  code.issued = now;
  customer.seen = now;
  auto& codes = account.logins.codes;
  codes.push_back(std::move(code));
  if (codes.size() > kLoginsBound) codes.pop_front();
  return codes.back().value;
}

std::vector<WechatRoute> wechat_login_routes() {
  using Credential = WechatRoute::Credential;
  return {{"GET", "/sns/jscode2session", Credential::none, redeem_js_code},
          {"GET", "/sns/component/jscode2session", Credential::component, redeem_js_code},
          {"GET", "/sns/oauth2/component/access_token", Credential::component, redeem_web_code},
          {"GET", "/sns/oauth2/component/refresh_token", Credential::component, refresh_login},
          {"POST", "/wxa/business/getuserphonenumber", Credential::token, redeem_phone_code},
          {"GET", "/sns/oauth2/access_token", Credential::none, redeem_web_code},
          {"GET", "/sns/oauth2/refresh_token", Credential::none, refresh_login},
          {"GET", "/sns/userinfo", Credential::none, login_profile},
          {"GET", "/sns/auth", Credential::none, check_login},
          {"GET", "/connect/oauth2/authorize", Credential::none, authorize_page}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
