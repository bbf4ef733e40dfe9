#include "core/async/time_range.hpp"
#include "core/crypto/crypto.hpp"
#include "sandbox/component/component.hpp"

#include <algorithm>
#include <chrono>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::int64_t kComponentResetsPerMonth = 10;
constexpr std::size_t kPreAuthorizationsBound = 10'000;

std::string_view member(const WechatCall& call, std::string_view name) { return call.body[name].text(); }

/// Who presents the secret of a third-party platform.
ApiResult check_component_secret(WechatCall& call, std::string_view secret_name) {
  const std::string_view appid = member(call, "component_appid");
  const std::string_view secret = member(call, secret_name);
  if (appid.empty()) return refuse(41018);
  if (secret.empty()) return refuse(41004);
  WechatAccount* account = call.twin.find(appid);
  if (account == nullptr || account->app.kind != WechatKind::component) return refuse(40013);
  if (account->app.secret != secret) return refuse(40125);
  if (account->app.api_frozen) return refuse(40243);
  const auto& allowed = account->app.allowed_ips;
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), "127.0.0.1") == allowed.end()) return refuse(61004);
  call.account = call.component = account;
  return {};
}

/// The body of a call with the component's token names the same component.
ApiResult check_component(const WechatCall& call) {
  const std::string_view appid = member(call, "component_appid");
  if (appid.empty()) return refuse(41018);
  return appid == call.component->app.appid ? ApiResult() : refuse(40013);
}

ApiResult start_push_ticket(WechatCall& call) {
  if (ApiResult bad = check_component_secret(call, "component_secret"); bad.code != 0) return bad;
  ComponentState& state = call.component->component;
  const bool was_normal = std::exchange(state.pushes_tickets, true);
  if (!was_normal) state.next_ticket = call.now;
  return fields_answer([was_normal](detail::JsonWriter& writer) {
    writer.key("errcode").integer(0).key("errmsg").string(was_normal ? "in a normal state" : "ok");
  });
}

ApiResult component_token(WechatCall& call) {
  if (ApiResult bad = check_component_secret(call, "component_appsecret"); bad.code != 0) return bad;
  const std::string_view ticket = member(call, "component_verify_ticket");
  WechatAccount& component = *call.component;
  const auto& tickets = component.component.tickets;
  const auto known = std::find_if(tickets.begin(), tickets.end(),
                                  [ticket](const ComponentTicket& one) { return one.value == ticket; });
  if (known == tickets.end()) return refuse(61006);
  if (call.now - known->pushed >= std::chrono::seconds(call.twin.setting("ticket_life_s"))) return refuse(61005);
  const WallTime overlap =
      detail::later(call.now, std::chrono::seconds(call.twin.setting("component_token_overlap_s")));
  for (IssuedToken& token : component.tokens) token.ends = std::min(token.ends, overlap);
  const IssuedToken& token = call.twin.issue(component, TokenFamily::classic, call.now);
  ++component.fetches[static_cast<int>(TokenFamily::classic)];
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("component_access_token").string(token.value);
    writer.key("expires_in")
        .integer(std::chrono::duration_cast<std::chrono::seconds>(token.expires - call.now).count());
  });
}

ApiResult create_preauthcode(WechatCall& call) {
  if (ApiResult bad = check_component(call); bad.code != 0) return bad;
  PreAuthorization code;
  const std::int64_t life = call.twin.setting("pre_auth_code_life_s");
  code.code = "preauthcode@@@" + detail::random_text(64);
  code.expires = detail::later(call.now, std::chrono::seconds(life));
  auto& codes = call.component->component.pre_authorizations;
  codes.push_back(code);
  if (codes.size() > kPreAuthorizationsBound) codes.pop_front();
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("pre_auth_code").string(code.code).key("expires_in").integer(life);
  });
}

ApiResult clear_component_quota(WechatCall& call) {
  if (ApiResult bad = check_component_secret(call, "appsecret"); bad.code != 0) return bad;
  WechatAccount* whose = call.component;
  if (const std::string_view appid = member(call, "appid"); !appid.empty()) {
    whose = call.twin.find(appid);
    if (whose == nullptr) return refuse(40013);
    if (check_grant(*call.component, *whose, {}).code != 0) return refuse(43007);
  }
  const std::int64_t month = platform_month(call.now);
  if (call.component->component.resets_month.in(month) >= kComponentResetsPerMonth) return refuse(48006);
  call.component->component.resets_month.add(month);
  whose->used.clear();
  return {};
}

}  // namespace

std::vector<WechatRoute> component_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/cgi-bin/component/api_start_push_ticket", Credential::none, start_push_ticket},
          {"POST", "/cgi-bin/component/api_component_token", Credential::none, component_token},
          {"POST", "/cgi-bin/component/api_create_preauthcode", Credential::component, create_preauthcode},
          {"POST", "/cgi-bin/component/clear_quota/v2", Credential::none, clear_component_quota}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
