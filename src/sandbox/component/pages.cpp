#include "sandbox/component/component.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::string_view kConsentPath = "/sandbox/component/consent";

ApiResult html_page(int status, std::string_view body) {
  ApiResult result;
  result.status = status;
  result.content_type = "text/html; charset=utf-8";
  result.body = fmt::format("<html><body>{}</body></html>", body);
  return result;
}

std::string escaped_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'')
      out += fmt::format("&#{};", static_cast<int>(c));
    else
      out += c;
  }
  return out;
}

/// Kinds that auth_type lets in (wechat-security B6).
bool lets_in(std::string_view auth_type, WechatKind kind) {
  if (kind == WechatKind::component) return false;
  if (auth_type == "1") return kind != WechatKind::mini_program;
  if (auth_type == "2") return kind == WechatKind::mini_program;
  return auth_type == "3" || auth_type == "6";
}

/// Ids joined with '|', as the official text has it; one library's comma is taken too.
std::vector<int> wanted_sets(std::string_view list) {
  std::vector<int> sets;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of("|,"), list.size());
    if (const auto set = whole_number(list.substr(0, end), 1, 100'000)) sets.push_back(static_cast<int>(*set));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return sets;
}

/// What both pages and the consent ask of the link; `component` is who made it.
ApiResult check_link(const WechatCall& call, WechatAccount*& component, PreAuthorization*& pre) {
  component = call.twin.find(call.query("component_appid"));
  if (component == nullptr || component->app.kind != WechatKind::component)
    return html_page(200, "component_appid: no such third-party platform");
  auto& codes = component->component.pre_authorizations;
  const auto found = std::find_if(codes.begin(), codes.end(), [&call](const PreAuthorization& one) {
    return one.code == call.query("pre_auth_code");
  });
  if (found == codes.end() || call.now >= found->expires)
    return html_page(200, "pre_auth_code: unknown, used or too old");
  if (!starts_with(call.query("redirect_uri"), "http://") && !starts_with(call.query("redirect_uri"), "https://"))
    return html_page(200, "redirect_uri is missing");
  pre = &*found;
  return {};
}

std::string hidden(const WechatCall& call) {
  std::string out;
  for (const char* name : {"component_appid", "pre_auth_code", "redirect_uri"})
    out += fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">", name, escaped_html(call.query(name)));
  return out;
}

/// A form for each account that may be authorized, with the sets that are asked for, to be ticked off.
ApiResult authorization_page(WechatCall& call) {
  WechatAccount* component = nullptr;
  PreAuthorization* pre = nullptr;
  if (ApiResult bad = check_link(call, component, pre); !bad.body.empty()) return bad;
  std::string body = "<h1>授权</h1>";
  std::size_t shown = 0;
  for (const auto& [appid, account] : call.twin.accounts) {
    const std::string_view only = call.query("biz_appid");
    const bool fits = only.empty() ? lets_in(call.query("auth_type"), account.app.kind)
                                   : only == appid && account.app.kind != WechatKind::component;
    if (!fits) continue;
    ++shown;
    body += fmt::format(
        "<form id=\"{}\" method=\"get\" action=\"{}\">{}<input type=\"hidden\" name=\"appid\" value=\"{}\">",
        escaped_html(appid), kConsentPath, hidden(call), escaped_html(appid));
    auto sets = wanted_sets(call.query("category_id_list"));
    if (sets.empty()) sets = usual_sets(account.app.kind);
    for (const int set : sets)
      body += fmt::format("<label><input type=\"checkbox\" name=\"set\" value=\"{}\" checked>{}</label>", set, set);
    body += fmt::format("<button type=\"submit\">授权 {}</button></form>", escaped_html(appid));
  }
  return html_page(200, shown == 0 ? "no account of this kind is registered: POST /apps" : body);
}

/// The merchant pressed the button.
ApiResult consent(WechatCall& call) {
  WechatAccount* component = nullptr;
  PreAuthorization* pre = nullptr;
  if (ApiResult bad = check_link(call, component, pre); !bad.body.empty()) return bad;
  WechatAccount* merchant = call.twin.find(call.query("appid"));
  if (merchant == nullptr || merchant->app.kind == WechatKind::component)
    return html_page(200, "appid: no such account");
  std::vector<int> sets;
  for (const auto& [name, value] : call.request.query)
    if (const auto set = whole_number(value, 1, 100'000); name == "set" && set) sets.push_back(static_cast<int>(*set));
  pre->expires = call.now;  // it works once
  const std::string code = authorize(call.twin, *component, *merchant, std::move(sets), call.now);
  const std::string_view back = call.query("redirect_uri");
  ApiResult result = html_page(302, {});
  result.headers.emplace_back(
      "Location", fmt::format("{}{}auth_code={}&expires_in={}", back, back.find('?') == back.npos ? '?' : '&',
                              percent_encoded(code), call.twin.setting("authorization_code_life_s")));
  return result;
}

}  // namespace

std::vector<WechatRoute> component_page_routes() {
  using Credential = WechatRoute::Credential;
  return {{"GET", "/cgi-bin/componentloginpage", Credential::none, authorization_page},
          {"GET", "/wxaopen/safe/bindcomponent", Credential::none, authorization_page},
          {"GET", "/safe/bindcomponent", Credential::none, authorization_page},
          {"GET", kConsentPath, Credential::none, consent}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
