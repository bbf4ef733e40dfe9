#include "core/async/time_range.hpp"
#include "core/crypto/crypto.hpp"
#include "sandbox/component/component.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::int64_t kListMost = 500;

std::string_view given(const WechatCall& call, std::string_view name) { return call.body[name].text(); }

ApiResult check_caller(const WechatCall& call) {
  const std::string_view appid = given(call, "component_appid");
  if (appid.empty()) return refuse(41018);
  return appid == call.component->app.appid ? ApiResult() : refuse(40013);
}

/// The grant of the merchant that the body names.
ApiResult find_grant(const WechatCall& call, ComponentGrant*& grant, WechatAccount*& merchant) {
  if (ApiResult bad = check_caller(call); bad.code != 0) return bad;
  merchant = call.twin.find(given(call, "authorizer_appid"));
  if (merchant == nullptr) return refuse(40013);
  auto& grants = call.component->component.grants;
  const auto found = grants.find(merchant->app.appid);
  if (found == grants.end() || !found->second.active) return refuse(61003);
  grant = &found->second;
  return {};
}

const IssuedToken& issue_for(WechatCall& call, WechatAccount& merchant) {
  const WallTime overlap =
      detail::later(call.now, std::chrono::seconds(call.twin.setting("component_token_overlap_s")));
  const std::string& component = call.component->app.appid;
  for (IssuedToken& token : merchant.tokens)
    if (token.component == component) token.ends = std::min(token.ends, overlap);
  return call.twin.issue(merchant, TokenFamily::authorizer, call.now, component);
}

void write_token(detail::JsonWriter& writer, const WechatCall& call, const IssuedToken& token,
                 const ComponentGrant& grant) {
  writer.key("authorizer_access_token").string(token.value);
  writer.key("expires_in").integer(std::chrono::duration_cast<std::chrono::seconds>(token.expires - call.now).count());
  writer.key("authorizer_refresh_token").string(grant.refresh_token);
}

void write_sets(detail::JsonWriter& writer, const ComponentGrant& grant) {
  writer.key("func_info").begin_array();
  for (const int set : grant.sets) {
    writer.begin_object().key("funcscope_category").begin_object().key("id").integer(set).end_object();
    if (set == 18 || set == 25)
      writer.key("confirm_info").raw(R"({"need_confirm":0,"already_confirm":0,"can_confirm":0})");
    writer.end_object();
  }
  writer.end_array();
}

ApiResult query_auth(WechatCall& call) {
  if (ApiResult bad = check_caller(call); bad.code != 0) return bad;
  ComponentState& state = call.component->component;
  const std::string_view value = given(call, "authorization_code");
  const auto code = std::find_if(state.codes.begin(), state.codes.end(),
                                 [value](const AuthorizationCode& one) { return one.value == value; });
  if (code == state.codes.end()) return call.gap("unknown_authorization_code_code");
  if (code->spent || call.now >= code->expires) return call.gap("spent_authorization_code_code");
  WechatAccount* merchant = call.twin.find(code->merchant);
  ComponentGrant& grant = state.grants[code->merchant];
  if (merchant == nullptr || !grant.active) return refuse(61003);
  code->spent = true;
  grant.redeemed = true;
  const IssuedToken& token = issue_for(call, *merchant);
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("authorization_info").begin_object().key("authorizer_appid").string(code->merchant);
    write_token(writer, call, token, grant);
    write_sets(writer, grant);
    writer.end_object();
  });
}

ApiResult authorizer_token(WechatCall& call) {
  ComponentGrant* grant = nullptr;
  WechatAccount* merchant = nullptr;
  if (ApiResult bad = find_grant(call, grant, merchant); bad.code != 0) return bad;
  if (given(call, "authorizer_refresh_token") != grant->refresh_token) return refuse(61023);
  if (call.twin.setting("authorizer_refresh_token_rotates") != 0)
    grant->refresh_token = "refreshtoken@@@" + detail::random_text(43);
  const IssuedToken& token = issue_for(call, *merchant);
  return fields_answer([&](detail::JsonWriter& writer) { write_token(writer, call, token, *grant); });
}

ApiResult authorizer_list(WechatCall& call) {
  if (ApiResult bad = check_caller(call); bad.code != 0) return bad;
  const auto count = call.body["count"].integer();
  const auto offset = call.body["offset"].integer();
  if (!count || *count < 1 || *count > kListMost || !offset || *offset < 0) return refuse(40170);
  std::vector<std::pair<WallTime, std::string>> order;
  const auto& grants = call.component->component.grants;
  for (const auto& [appid, grant] : grants)
    if (grant.active) order.emplace_back(grant.authorized, appid);
  std::sort(order.begin(), order.end());
  const bool has_all = call.twin.setting("list_has_unredeemed_tokens") != 0;
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("total_count").integer(static_cast<std::int64_t>(order.size())).key("list").begin_array();
    const auto first = std::min<std::size_t>(static_cast<std::size_t>(*offset), order.size());
    const auto last = std::min<std::size_t>(first + static_cast<std::size_t>(*count), order.size());
    for (std::size_t i = first; i < last; ++i) {
      const ComponentGrant& grant = grants.find(order[i].second)->second;
      writer.begin_object().key("authorizer_appid").string(order[i].second);
      if (has_all || grant.redeemed) writer.key("refresh_token").string(grant.refresh_token);
      writer.key("auth_time").integer(unix_seconds(grant.authorized)).end_object();
    }
    writer.end_array();
  });
}

void write_authorizer(detail::JsonWriter& writer, const WechatApp& app) {
  const bool is_mini = app.kind == WechatKind::mini_program;
  const int service = app.kind == WechatKind::service ? 2 : 0;
  writer.key("authorizer_info").begin_object();
  writer.key("nick_name").string("shop " + app.appid.substr(app.appid.size() - 4));
  writer.key("head_img").string("http://wx.qlogo.cn/mmopen/sandbox/0");
  writer.key("service_type_info").begin_object().key("id").integer(service).end_object();
  writer.key("verify_type_info").begin_object().key("id").integer(app.verified ? 0 : -1).end_object();
  writer.key("user_name").string(app.original_id).key("alias").string("");
  writer.key("qrcode_url").string("http://mmbiz.qpic.cn/sandbox/qrcode");
  writer.key("business_info").raw(R"({"open_store":0,"open_scan":0,"open_pay":0,"open_card":0,"open_shake":0})");
  writer.key("principal_name").string(app.owner.empty() ? "sandbox" : app.owner).key("signature").string("");
  if (is_mini)
    writer.key("MiniProgramInfo")
        .raw(
            R"({"network":{"RequestDomain":[]},"categories":[{"first":"商家自营","second":"服装"}],"visit_status":0})");
  writer.key("register_type").integer(0).key("account_status").integer(1);
  writer.key("basic_config").raw(R"({"is_phone_configured":true,"is_email_configured":true})");
  writer.end_object();
}

ApiResult authorizer_info(WechatCall& call) {
  ComponentGrant* grant = nullptr;
  WechatAccount* merchant = nullptr;
  if (ApiResult bad = find_grant(call, grant, merchant); bad.code != 0) return bad;
  const bool has_token = grant->redeemed || call.twin.setting("list_has_unredeemed_tokens") != 0;
  return fields_answer([&](detail::JsonWriter& writer) {
    write_authorizer(writer, merchant->app);
    writer.key("authorization_info").begin_object().key("authorizer_appid").string(merchant->app.appid);
    if (has_token) writer.key("authorizer_refresh_token").string(grant->refresh_token);
    write_sets(writer, *grant);
    writer.end_object();
  });
}

/// An option, its largest value. By the body's app id, or with the merchant's own token.
ApiResult find_option(WechatCall& call, ComponentGrant*& grant, std::int64_t& most) {
  WechatAccount* merchant = call.account;
  if (call.component == nullptr) return refuse(61014);
  if (call.account == call.component) {
    if (ApiResult bad = find_grant(call, grant, merchant); bad.code != 0) return bad;
  } else {
    grant = &call.component->component.grants[merchant->app.appid];
  }
  call.account = merchant;
  const std::string_view name = given(call, "option_name");
  if (name != "location_report" && name != "voice_recognize" && name != "customer_service") return refuse(61012);
  most = name == "location_report" ? 2 : 1;
  return {};
}

ApiResult get_option(WechatCall& call) {
  ComponentGrant* grant = nullptr;
  std::int64_t most = 0;
  if (ApiResult bad = find_option(call, grant, most); bad.code != 0) return bad;
  const std::string_view name = given(call, "option_name");
  const auto found = grant->options.find(name);
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("authorizer_appid").string(call.account->app.appid).key("option_name").string(name);
    writer.key("option_value").string(found == grant->options.end() ? "0" : found->second);
  });
}

ApiResult set_option(WechatCall& call) {
  ComponentGrant* grant = nullptr;
  std::int64_t most = 0;
  if (ApiResult bad = find_option(call, grant, most); bad.code != 0) return bad;
  const std::string_view value = given(call, "option_value");
  if (!whole_number(value, 0, most)) return refuse(61013);
  grant->options[std::string(given(call, "option_name"))] = value;
  return {};
}

}  // namespace

std::vector<WechatRoute> component_authorizer_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/cgi-bin/component/api_query_auth", Credential::component, query_auth},
          {"POST", "/cgi-bin/component/api_authorizer_token", Credential::component, authorizer_token},
          {"POST", "/cgi-bin/component/api_get_authorizer_list", Credential::component, authorizer_list},
          {"POST", "/cgi-bin/component/api_get_authorizer_info", Credential::component, authorizer_info},
          {"POST", "/cgi-bin/component/get_authorizer_option", Credential::component_or_account, get_option},
          {"POST", "/cgi-bin/component/set_authorizer_option", Credential::component_or_account, set_option},
          {"POST", "/cgi-bin/component/api_get_authorizer_option", Credential::component, get_option},
          {"POST", "/cgi-bin/component/api_set_authorizer_option", Credential::component, set_option}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
