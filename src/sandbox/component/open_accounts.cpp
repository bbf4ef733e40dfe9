#include "sandbox/component/component.hpp"

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

// Open-platform accounts (wechat-security B16). The token says which account it is about.

ApiResult check_account(const WechatCall& call) {
  if (call.component == nullptr)
    if (ApiResult bad = call.gap("open_accounts_with_own_token_code"); bad.code != 0) return bad;
  const std::string_view named = call.body["appid"].text();
  return named.empty() || named == call.account->app.appid ? ApiResult() : refuse(40013);
}

/// The open-platform account of the body, if it may be changed here.
ApiResult find_open_account(const WechatCall& call, OpenAccount*& open) {
  const auto found = call.twin.open_accounts.find(call.body["open_appid"].text());
  if (found == call.twin.open_accounts.end()) return call.gap("unknown_open_account_code");
  open = &found->second;
  return open->made_in_console ? refuse(89003) : ApiResult();
}

ApiResult open_account_answer(const std::string& open_appid) {
  return ok_answer([&](detail::JsonWriter& writer) { writer.key("open_appid").string(open_appid); });
}

ApiResult create_open_account(WechatCall& call) {
  if (ApiResult bad = check_account(call); bad.code != 0) return bad;
  if (!call.account->open_account.empty()) return refuse(89000);
  const std::string open_appid = "wx" + random_hex(16);
  OpenAccount& open = call.twin.open_accounts[open_appid];
  open.owner = call.account->app.owner;
  open.verified = call.twin.setting("open_accounts_verified") != 0;
  open.members.insert(call.account->app.appid);
  call.account->open_account = open_appid;
  return open_account_answer(open_appid);
}

ApiResult bind_open_account(WechatCall& call) {
  if (ApiResult bad = check_account(call); bad.code != 0) return bad;
  OpenAccount* open = nullptr;
  if (ApiResult bad = find_open_account(call, open); bad.code != 0) return bad;
  if (!call.account->open_account.empty()) return refuse(89000);
  if (open->owner != call.account->app.owner) return refuse(89001);
  const auto bound = static_cast<std::int64_t>(open->members.size());
  if (bound >= call.twin.setting("open_account_most")) return refuse(89004);
  if (!open->verified && bound >= call.twin.setting("open_account_unverified_most"))
    return call.gap("open_account_unverified_full_code");
  open->members.insert(call.account->app.appid);
  call.account->open_account = call.body["open_appid"].text();
  return {};
}

ApiResult unbind_open_account(WechatCall& call) {
  if (ApiResult bad = check_account(call); bad.code != 0) return bad;
  OpenAccount* open = nullptr;
  if (ApiResult bad = find_open_account(call, open); bad.code != 0) return bad;
  if (open->members.erase(call.account->app.appid) == 0) return refuse(89002);
  call.account->open_account.clear();
  return {};
}

ApiResult get_open_account(WechatCall& call) {
  if (ApiResult bad = check_account(call); bad.code != 0) return bad;
  return call.account->open_account.empty() ? refuse(89002) : open_account_answer(call.account->open_account);
}

ApiResult has_open_account(WechatCall& call) {
  if (ApiResult bad = check_account(call); bad.code != 0) return bad;
  return ok_answer(
      [&](detail::JsonWriter& writer) { writer.key("have_open").boolean(!call.account->open_account.empty()); });
}

ApiResult has_same_entity(WechatCall& call) {
  if (ApiResult bad = check_account(call); bad.code != 0) return bad;
  const auto open = call.twin.open_accounts.find(call.account->open_account);
  if (open == call.twin.open_accounts.end()) return call.gap("same_entity_unbound_code");
  const bool same = open->second.owner == call.account->app.owner;
  return ok_answer([same](detail::JsonWriter& writer) { writer.key("same_entity").boolean(same); });
}

}  // namespace

std::vector<WechatRoute> open_account_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/cgi-bin/open/create", Credential::token, create_open_account},
          {"POST", "/cgi-bin/open/bind", Credential::token, bind_open_account},
          {"POST", "/cgi-bin/open/unbind", Credential::token, unbind_open_account},
          {"POST", "/cgi-bin/open/get", Credential::token, get_open_account},
          {"POST", "/cgi-bin/open/have", Credential::token, has_open_account},
          {"GET", "/cgi-bin/open/sameentity", Credential::token, has_same_entity}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
