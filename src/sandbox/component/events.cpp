#include "core/async/time_range.hpp"
#include "core/crypto/crypto.hpp"
#include "sandbox/component/component.hpp"
#include "sandbox/wechat/push.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kTicketsKnown = 200;
constexpr std::size_t kAuthorizationCodesBound = 10'000;

void tell(WechatTwin& twin, WechatAccount& component, std::string_view info_type, const std::vector<PushField>& fields,
          WallTime now) {
  if (info_type != "component_verify_ticket" && twin.setting("authorization_events") == 0) return;
  twin.undelivered.push_back(queue_component_push(twin, component, info_type, fields, now).number);
}

const AuthorizationCode& new_code(WechatTwin& twin, WechatAccount& component, const std::string& merchant,
                                  WallTime now) {
  AuthorizationCode code;
  code.value = "queryauthcode@@@" + detail::random_text(64);
  code.merchant = merchant;
  code.expires = detail::later(now, std::chrono::seconds(twin.setting("authorization_code_life_s")));
  auto& codes = component.component.codes;
  codes.push_back(std::move(code));
  if (codes.size() > kAuthorizationCodesBound) codes.pop_front();
  return codes.back();
}

}  // namespace

void push_ticket(WechatTwin& twin, WechatAccount& component, WallTime now) {
  ComponentState& state = component.component;
  state.tickets.push_back({"ticket@@@" + detail::random_text(86), now});
  if (state.tickets.size() > kTicketsKnown) state.tickets.pop_front();
  state.next_ticket = detail::later(now, std::chrono::seconds(twin.setting("ticket_interval_s")));
  tell(twin, component, "component_verify_ticket", {push_text("ComponentVerifyTicket", state.tickets.back().value)},
       now);
}

void push_due_tickets(WechatTwin& twin, WallTime now) {
  for (const std::string& appid : twin.components) {
    WechatAccount* component = twin.find(appid);
    if (component == nullptr) continue;
    const auto next = next_ticket_of(*component);
    if (next && now >= *next) push_ticket(twin, *component, now);
  }
}

std::optional<WallTime> next_ticket_of(const WechatAccount& account) {
  if (account.app.kind != WechatKind::component || !account.component.pushes_tickets) return std::nullopt;
  return account.component.next_ticket;
}

std::vector<int> usual_sets(WechatKind kind) {
  if (kind == WechatKind::mini_program) return {17, 18, 19, 25, 161};
  return {1, 2, 3, 4, 6, 7, 11, 15, 24, 89};
}

std::string authorize(WechatTwin& twin, WechatAccount& component, const WechatAccount& merchant, std::vector<int> sets,
                      WallTime now) {
  const std::string& appid = merchant.app.appid;
  std::sort(sets.begin(), sets.end());
  ComponentGrant& grant = component.component.grants[appid];
  const bool is_new = !grant.active;
  const bool is_change = grant.sets != sets;
  grant.active = true;
  grant.redeemed = false;
  grant.sets = std::move(sets);
  grant.authorized = now;
  grant.refresh_token = "refreshtoken@@@" + detail::random_text(43);
  const AuthorizationCode& code = new_code(twin, component, appid, now);
  if (is_new || is_change)
    tell(twin, component, is_new ? "authorized" : "updateauthorized",
         {push_text("AuthorizerAppid", appid), push_text("AuthorizationCode", code.value),
          push_text("AuthorizationCodeExpiredTime", std::to_string(unix_seconds(code.expires)))},
         now);
  return code.value;
}

void withdraw(WechatTwin& twin, WechatAccount& component, WechatAccount& merchant, WallTime now) {
  ComponentGrant& grant = component.component.grants[merchant.app.appid];
  if (!grant.active) return;
  grant.active = false;
  grant.refresh_token.clear();
  for (IssuedToken& token : merchant.tokens)
    if (token.component == component.app.appid) token.ends = std::min(token.ends, now);
  tell(twin, component, "unauthorized", {push_text("AuthorizerAppid", merchant.app.appid)}, now);
}

}  // namespace sandbox
KEFU_END_NAMESPACE
