#include "sandbox/component/component.hpp"
#include "sandbox/control/api.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

WechatAccount* component_of(ControlCall& call, std::optional<ControlAnswer>& error) {
  WechatAccount* found = call.core.wechat.find(call.names.front());
  if (found != nullptr && found->app.kind == WechatKind::component) return found;
  error =
      control_error(404, "no third-party platform with this appid (POST /apps, kind component): " + call.names.front());
  return nullptr;
}

/// Platform and merchant of a call about both.
struct Pair {
  WechatAccount* component = nullptr;
  WechatAccount* merchant = nullptr;
};
Pair pair_of(ControlCall& call, std::optional<ControlAnswer>& error) {
  Pair pair;
  pair.component = component_of(call, error);
  if (pair.component == nullptr) return {};
  pair.merchant = call.core.wechat.find(call.text("authorizer"));
  if (pair.merchant != nullptr && pair.merchant->app.kind != WechatKind::component) return pair;
  error = control_error(404, "no app with this appid: name the merchant's in \"authorizer\"");
  return {};
}

ControlAnswer show(const WechatAccount& component) {
  ControlAnswer answer;
  const ComponentState& state = component.component;
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("appid").string(component.app.appid);
  writer.key("tickets").integer(static_cast<std::int64_t>(state.tickets.size()));
  writer.key("pushes_tickets").boolean(state.pushes_tickets).key("grants").begin_array();
  for (const auto& [appid, grant] : state.grants) {
    writer.begin_object().key("authorizer").string(appid).key("active").boolean(grant.active);
    writer.key("redeemed").boolean(grant.redeemed).key("authorized").integer(unix_seconds(grant.authorized));
    writer.key("sets").begin_array();
    for (const int set : grant.sets) writer.integer(set);
    writer.end_array().end_object();
  }
  writer.end_array().end_object();
  return answer;
}

ControlResult show_component(ControlCall& call) {
  std::optional<ControlAnswer> error;
  const WechatAccount* component = component_of(call, error);
  return component == nullptr ? *error : show(*component);
}

ControlResult push_ticket_now(ControlCall& call) {
  std::optional<ControlAnswer> error;
  WechatAccount* component = component_of(call, error);
  if (component == nullptr) return *error;
  if (auto full = no_room_for_push(call)) return *full;
  component->component.pushes_tickets = true;
  push_ticket(call.core.wechat, *component, call.now());
  const std::uint64_t number = call.core.wechat.undelivered.back();
  call.core.deliver_new();
  return push_result(call, number);
}

ControlResult stop_tickets(ControlCall& call) {
  std::optional<ControlAnswer> error;
  WechatAccount* component = component_of(call, error);
  if (component == nullptr) return *error;
  component->component.pushes_tickets = false;
  return show(*component);
}

ControlResult authorize_merchant(ControlCall& call) {
  std::optional<ControlAnswer> error;
  const Pair pair = pair_of(call, error);
  if (pair.component == nullptr) return *error;
  std::vector<int> sets;
  for (const auto& set : call.body["sets"].items()) {
    const auto number = set.integer();
    if (!number || *number < 1 || *number > 100'000)
      return control_error(400, "sets must be a list of permission sets' numbers");
    sets.push_back(static_cast<int>(*number));
  }
  if (sets.empty()) sets = usual_sets(pair.merchant->app.kind);
  ControlAnswer answer;
  const std::string code = authorize(call.core.wechat, *pair.component, *pair.merchant, std::move(sets), call.now());
  detail::JsonWriter(answer.body).begin_object().key("code").string(code).end_object();
  return answer;
}

ControlResult withdraw_merchant(ControlCall& call) {
  std::optional<ControlAnswer> error;
  const Pair pair = pair_of(call, error);
  if (pair.component == nullptr) return *error;
  withdraw(call.core.wechat, *pair.component, *pair.merchant, call.now());
  return show(*pair.component);
}

ControlResult list_open_accounts(ControlCall& call) {
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("open_accounts").begin_array();
  for (const auto& [open_appid, open] : call.core.wechat.open_accounts) {
    writer.begin_object().key("open_appid").string(open_appid).key("owner").string(open.owner);
    writer.key("verified").boolean(open.verified).key("made_in_console").boolean(open.made_in_console);
    writer.key("members").begin_array();
    for (const std::string& appid : open.members) writer.string(appid);
    writer.end_array().end_object();
  }
  writer.end_array().end_object();
  return answer;
}

/// As the owner does it in the console, which also binds and unbinds what the API does not touch.
ControlResult put_open_account(ControlCall& call) {
  const std::string& open_appid = call.names.front();
  OpenAccount open;
  open.made_in_console = true;
  open.owner = call.text("owner");
  open.verified = call.flag("verified", false);
  for (const auto& member : call.body["members"].items()) {
    const WechatAccount* account = call.core.wechat.find(member.text());
    if (account == nullptr) return control_error(404, "no app with this appid: " + std::string(member.text()));
    if (!account->open_account.empty() && account->open_account != open_appid)
      return control_error(409, account->app.appid + " is bound to " + account->open_account);
    open.members.emplace(member.text());
  }
  for (auto& [appid, account] : call.core.wechat.accounts) {
    if (open.members.count(appid) != 0)
      account.open_account = open_appid;
    else if (account.open_account == open_appid)
      account.open_account.clear();
  }
  call.core.wechat.open_accounts[open_appid] = std::move(open);
  return list_open_accounts(call);
}

}  // namespace

std::vector<ControlRoute> control_component_routes() {
  return {
      {"GET", "/components/{appid}", "a third-party platform: its tickets and what merchants granted", show_component},
      {"POST", "/components/{appid}/push-ticket", "a ticket now, whenever the next is due: wait_ms", push_ticket_now,
       "wait_ms#"},
      {"POST", "/components/{appid}/stop-tickets", "no more tickets until api_start_push_ticket", stop_tickets},
      {"POST", "/components/{appid}/authorize",
       "as if the merchant had consented on the page: authorizer, sets [numbers]; the code", authorize_merchant,
       "authorizer sets*"},
      {"POST", "/components/{appid}/withdraw", "the merchant ends it: authorizer", withdraw_merchant, "authorizer"},
      {"GET", "/open-accounts", "open-platform accounts, their owners and what is bound to them", list_open_accounts},
      {"POST", "/open-accounts/{open_appid}",
       "one made in the console, which the API does not change: owner, verified, members [appids]", put_open_account,
       "owner verified? members*"},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
