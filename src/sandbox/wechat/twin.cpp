#include "sandbox/wechat/twin.hpp"

#include "core/async/time_range.hpp"
#include "core/crypto/crypto.hpp"
#include "core/text/json_writer.hpp"
#include "sandbox/wechat/api_security.hpp"
#include "sandbox/wechat/kf.hpp"
#include "sandbox/wechat/push.hpp"
#include "sandbox/wechat/upload.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kInboxBound = 1000;
constexpr std::size_t kRefusedBound = 2000;
constexpr std::size_t kTokensBound = 5000;

bool well_formed_token(std::string_view token) {
  return token.size() >= 32 && token.size() <= 512 && std::all_of(token.begin(), token.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

/// True if the text escapes a character that needs no escape (trap T1).
bool has_needless_escape(std::string_view body) {
  for (std::size_t i = 0; i + 5 < body.size(); ++i) {
    if (body[i] != '\\') continue;
    if (body[i + 1] == 'u' && (body[i + 2] != '0' || body[i + 3] != '0' || body[i + 4] > '1')) return true;
    ++i;
  }
  return false;
}

std::string url_without_token(const WebRequest& request) {
  std::string url = request.path;
  char mark = '?';
  for (const auto& [name, value] : request.query) {
    const bool is_secret =
        name == "access_token" || name == "secret" || name == "appsecret" || name == "component_access_token";
    url += mark;
    url += name + "=" + (is_secret ? "***" : percent_encoded(value));
    mark = '&';
  }
  return url;
}

bool has_parameters(const WebRequest& request) {
  return starts_with(find_pair(request.headers, "content-type").value_or(""), "application/x-www-form-urlencoded");
}

}  // namespace

std::int64_t platform_month(WallTime now) { return platform_day(now) / 30; }

std::string new_rid(WallTime now) {
  return fmt::format("{:08x}-{}-{}", static_cast<std::uint32_t>(unix_seconds(now)), random_hex(8), random_hex(8));
}

WechatTwin::WechatTwin() : Twin(wechat_switches()) {
  for (const auto& family : {wechat_token_routes(),
                             wechat_custom_message_routes(),
                             wechat_typing_routes(),
                             wechat_openapi_routes(),
                             wechat_kf_account_routes(),
                             wechat_kf_session_routes(),
                             wechat_record_routes(),
                             wechat_business_routes(),
                             wechat_media_routes(),
                             wechat_material_routes(),
                             wechat_subscription_routes(),
                             wechat_template_library_routes(),
                             wechat_template_routes(),
                             wechat_user_routes(),
                             wechat_tag_routes(),
                             wechat_login_routes(),
                             wechat_content_check_routes(),
                             wechat_qr_code_routes(),
                             wechat_menu_routes(),
                             wechat_link_routes(),
                             wechat_article_routes(),
                             wechat_session_routes(),
                             component_routes(),
                             component_authorizer_routes(),
                             component_page_routes(),
                             open_account_routes()})
    for (const WechatRoute& route : family) routes_.emplace(route.path, route);
}

bool WechatTwin::has_host(std::string_view host) const {
  constexpr std::string_view kHost = "api.weixin.qq.com";
  return host == kHost || host == "api2.weixin.qq.com" || host == "open.weixin.qq.com" || host == "mp.weixin.qq.com" ||
         (host.size() > kHost.size() && host.substr(host.size() - kHost.size() - 1) == ".api.weixin.qq.com");
}

WebAnswer WechatTwin::handle(const WebRequest& request, WallTime now) {
  WechatCall call{*this, request, now};
  ApiResult result = run(call);
  note_call(request.path, result.code);
  const bool seal = call.sealed && (result.code == 0 || setting("api_security_seals_errors") != 0);
  WebAnswer answer = answer_of(call, std::move(result));
  if (seal) seal_answer(call, answer);
  return answer;
}

WebAnswer WechatTwin::answer_of(const WechatCall& call, ApiResult result) {
  if (result.code != 0) {
    WebAnswer refused_answer = error_answer(call.request, result.code, call.now, result.detail,
                                            call.account == nullptr ? std::string_view() : call.account->app.appid);
    if (!result.content_type.empty()) refused_answer.content_type = std::move(result.content_type);
    return refused_answer;
  }
  WebAnswer answer;
  answer.status = result.status;
  if (!result.content_type.empty()) answer.content_type = std::move(result.content_type);
  answer.headers = std::move(result.headers);
  if (result.body.empty() && (!answer.headers.empty() || result.status != 200)) return answer;
  answer.body = result.body.empty() ? R"({"errcode":0,"errmsg":"ok"})" : std::move(result.body);
  return answer;
}

WebAnswer WechatTwin::refusal(const WebRequest& request, const Fault& fault, bool, WallTime now) {
  note_call(request.path, fault.errcode);
  return error_answer(request, fault.errcode, now);
}

WebAnswer WechatTwin::idle_success(const WebRequest& request) {
  note_call(request.path, 0);
  WebAnswer answer;
  answer.body = R"({"errcode":0,"errmsg":"ok"})";
  return answer;
}

WebAnswer WechatTwin::error_answer(const WebRequest& request, int code, WallTime now, std::string_view text,
                                   std::string_view appid) {
  const std::string rid = new_rid(now);
  WebAnswer answer;
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("errcode").integer(code);
  writer.key("errmsg").string(fmt::format("{} rid: {}", text.empty() ? wechat_errmsg(code) : text, rid)).end_object();
  refused.push_back(
      {rid, std::string(appid), now, url_without_token(request), request.body.substr(0, 2048), answer.body});
  if (refused.size() > kRefusedBound) refused.pop_front();
  return answer;
}

ApiResult WechatTwin::run(WechatCall& call) {
  if (starts_with(call.request.path, kVideoPath)) return video(call);
  const auto found = routes_.find(call.request.path);
  if (found == routes_.end()) return refuse(40066);
  const WechatRoute* route = &found->second;
  const bool is_post = call.request.method == "POST";
  // One client asks with POST where the page has GET, its parameters in the body.
  const bool is_query = is_post && route->method != "POST" && has_parameters(call.request);
  if (is_query) call.parameters = query_pairs(call.request.body);
  if (!is_query && route->method.find(call.request.method) == std::string_view::npos)
    return refuse(route->method == "POST" ? 43002 : 43001);
  // Another writes token and type into the form, beside the file.
  const bool is_form = is_post && route->body == WechatRoute::Body::form;
  const ApiResult form = is_form ? read_body(call, *route) : ApiResult();
  if (route->credential != WechatRoute::Credential::none) {
    if (ApiResult bad = check_token(call, route->credential); bad.code != 0) return bad;
    if (ApiResult bad = check_kind(call); bad.code != 0) return bad;
    if (ApiResult over = count(call); over.code != 0) return over;
  }
  if (form.code != 0) return form;
  const bool may_be_empty = is_query || (route->method != "POST" && call.request.body.empty());
  if (is_post && !is_form && !may_be_empty)
    if (ApiResult bad = read_body(call, *route); bad.code != 0) return bad;
  if (route->credential == WechatRoute::Credential::token && call.body.present())
    if (ApiResult bad = open_sealed_body(call); bad.code != 0) return bad;
  if (route->pushes && !has_room_for_push(*this))
    return refuse(-1, "system error: too many pushes of the sandbox are still to be delivered");
  return route->run(call);
}

ApiResult WechatTwin::video(const WechatCall& call) {
  const std::string_view id = std::string_view(call.request.path).substr(kVideoPath.size());
  const Media* found = find_media(id, call.now, {});
  if (found != nullptr && found->type == "video") return file_answer(call, id, *found);
  ApiResult missing;
  missing.status = 404;
  return missing;
}

ApiResult WechatTwin::read_body(WechatCall& call, const WechatRoute& route) {
  if (route.body == WechatRoute::Body::form) {
    auto parts = read_form_data(find_pair(call.request.headers, "content-type").value_or(""), call.request.body);
    if (!parts) return refuse(41005);
    call.form = std::move(*parts);
    return {};
  }
  if (call.request.body.empty()) return refuse(44002);
  call.document = detail::Document::json(call.request.body);
  if (!call.document) return refuse(47001);
  if (setting("refuse_escaped_json") != 0 && has_needless_escape(call.request.body)) return refuse(40033);
  call.body = call.document.root();
  return {};
}

std::string_view WechatCall::query(std::string_view name) const {
  if (const std::string_view value = request.query_value(name); !value.empty()) return value;
  for (const FormPart& part : form)
    if (part.name == name && !part.file_name) return part.bytes;
  return find_pair(parameters, name).value_or("");
}

ApiResult WechatCall::gap(std::string_view name) const { return refuse(static_cast<int>(twin.setting(name))); }

ApiResult WechatTwin::check_token(WechatCall& call, WechatRoute::Credential credential) {
  const bool of_account = credential == WechatRoute::Credential::token;
  std::string_view token = call.query("access_token");
  // Two names are in use; logins know the longer one only.
  if (const auto named = call.query("component_access_token"); !of_account && !named.empty()) token = named;
  if (!of_account && starts_with(call.request.path, "/sns/")) token = call.query("component_access_token");
  if (token.empty()) return refuse(of_account ? 41001 : 41021);
  if (!well_formed_token(token)) return refuse(static_cast<int>(setting("malformed_token_code")));
  WechatAccount* account = nullptr;
  const IssuedToken* issued = find_token(token, account);
  if (issued == nullptr) return refuse(static_cast<int>(setting("stale_token_code")));
  if (call.now >= issued->expires) return refuse(static_cast<int>(setting("expired_token_code")));
  if (call.now >= issued->ends) return refuse(static_cast<int>(setting("stale_token_code")));
  call.account = account;
  return check_owner(call, credential, *issued);
}

/// The token is good: but is it of those who may call this?
ApiResult WechatTwin::check_owner(WechatCall& call, WechatRoute::Credential credential, const IssuedToken& token) {
  const std::string_view path = call.request.path;
  if (call.account->app.kind == WechatKind::component) {
    call.component = call.account;
    const bool of_both = starts_with(path, "/cgi-bin/openapi/");
    return credential == WechatRoute::Credential::token && !of_both ? refuse(61015) : ApiResult();
  }
  if (credential == WechatRoute::Credential::component) return refuse(61014);
  if (token.component.empty()) return {};
  call.component = find(token.component);
  return call.component == nullptr ? refuse(61003) : check_grant(*call.component, *call.account, path);
}

IssuedToken* WechatTwin::find_token(std::string_view token, WechatAccount*& account) {
  const auto owner = token_owners_.find(std::string(token));
  account = owner == token_owners_.end() ? nullptr : find(owner->second);
  if (account == nullptr) return nullptr;
  const auto found = std::find_if(account->tokens.rbegin(), account->tokens.rend(),
                                  [token](const IssuedToken& one) { return one.value == token; });
  return found == account->tokens.rend() ? nullptr : &*found;
}

void WechatTwin::retire_token(const WebRequest& request, WallTime now) {
  WechatAccount* account = nullptr;
  IssuedToken* found = find_token(request.query_value("access_token"), account);
  if (found == nullptr) return;
  found->ends = std::min(found->ends, now);
  issue(*account, found->family, now, found->component);
}

ApiResult WechatTwin::count(WechatCall& call) {
  auto counted = call.account->used.find(call.request.path);
  if (counted == call.account->used.end()) counted = call.account->used.emplace(call.request.path, PeriodCount()).first;
  const std::int64_t limit = daily_limit(*call.account, call.request.path);
  const std::int64_t day = platform_day(call.now);
  if (counted->second.in(day) >= limit) return refuse(45009);
  counted->second.add(day);
  return {};
}

WechatAccount& WechatTwin::add(WechatApp app) {
  if (app.appid.empty()) app.appid = "wx" + random_hex(16);
  if (app.secret.empty()) app.secret = random_hex(32);
  if (app.original_id.empty()) app.original_id = "gh_" + random_hex(12);
  if (app.token.empty()) app.token = detail::random_text(16);
  if (app.encoding_aes_key.empty()) app.encoding_aes_key = detail::random_text(43);
  WechatAccount& account = accounts[app.appid];
  account.app = std::move(app);
  if (account.app.kind == WechatKind::component &&
      std::find(components.begin(), components.end(), account.app.appid) == components.end())
    components.push_back(account.app.appid);
  seat_agents(account);
  return account;
}

WechatAccount* WechatTwin::find(std::string_view appid) {
  const auto found = accounts.find(appid);
  return found == accounts.end() ? nullptr : &found->second;
}

WechatCustomer* WechatTwin::find_customer(WechatAccount& account, std::string_view openid) {
  const auto found = account.customers.find(std::string(openid));
  return found == account.customers.end() ? nullptr : &found->second;
}

WechatCustomer& WechatTwin::customer(WechatAccount& account, std::string_view openid) {
  WechatCustomer& one = account.customers[std::string(openid)];
  if (!one.openid.empty()) return one;
  one.openid = openid;
  one.order = next_customer++;
  one.union_id = "o6_" + detail::random_text(25);
  return one;
}

IssuedToken* WechatTwin::current(WechatAccount& account, TokenFamily family, WallTime now) {
  for (auto token = account.tokens.rbegin(); token != account.tokens.rend(); ++token) {
    if (token->family != family) continue;
    return now < token->expires && now < token->ends ? &*token : nullptr;
  }
  return nullptr;
}

const IssuedToken& WechatTwin::issue(WechatAccount& account, TokenFamily family, WallTime now, std::string component) {
  IssuedToken token;
  token.component = std::move(component);
  token.value = fmt::format("{}_{}", family == TokenFamily::stable ? "94" : "61", detail::random_text(125));
  token.family = family;
  token.issued = now;
  token.expires = detail::later(now, std::chrono::seconds(setting("token_life_s")));
  token_owners_.emplace(token.value, account.app.appid);
  account.tokens.push_back(std::move(token));
  if (account.tokens.size() > kTokensBound) {
    token_owners_.erase(account.tokens.front().value);
    account.tokens.pop_front();
  }
  return account.tokens.back();
}

void WechatTwin::rotate_tokens(WechatAccount& account, WallTime now, bool issue_new) {
  for (const TokenFamily family : {TokenFamily::classic, TokenFamily::stable}) {
    const bool had_one = current(account, family, now) != nullptr;
    for (IssuedToken& token : account.tokens)
      if (token.family == family) token.ends = std::min(token.ends, now);
    if (issue_new && had_one) issue(account, family, now);
  }
  // Those of third-party platforms, each of which fetches its next one for itself.
  for (IssuedToken& token : account.tokens)
    if (token.family == TokenFamily::authorizer) token.ends = std::min(token.ends, now);
}

const InboxMessage& WechatTwin::put_in_inbox(WechatCustomer& to, InboxMessage message) {
  message.number = ++to.messages;
  if (message.content.empty()) message.content = "{}";
  to.inbox.push_back(std::move(message));
  if (to.inbox.size() > kInboxBound) to.inbox.pop_front();
  return to.inbox.back();
}

}  // namespace sandbox
KEFU_END_NAMESPACE
