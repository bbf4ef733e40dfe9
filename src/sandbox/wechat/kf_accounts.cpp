#include "core/async/time_range.hpp"
#include "sandbox/wechat/kf.hpp"
#include "sandbox/wechat/text.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kMostAgents = 100;
constexpr std::size_t kLongestPrefix = 10;
constexpr std::size_t kLongestAgentName = 30;
constexpr std::size_t kLongestNickname = 16;
constexpr std::size_t kLargestPortrait = 5 * 1024 * 1024;

ApiResult kf_enabled(const WechatCall& call) {
  return call.account->app.customer_service ? ApiResult() : refuse(65400);
}

/// "prefix@wechat_id_of_account".
bool is_agent_name(const WechatCall& call, std::string_view name) {
  const std::size_t at = name.find('@');
  if (at == std::string_view::npos || at == 0 || at > kLongestPrefix) return false;
  if (name.size() > kLongestAgentName || name.size() == at + 1) return false;
  const std::string& own = call.account->app.wechat_id;
  return is_word(name.substr(0, at)) && (own.empty() || name.substr(at + 1) == own);
}

bool is_nickname(std::string_view text) { return !text.empty() && character_count(text) <= kLongestNickname; }

std::string_view invite_status(const KfAgent& agent, WallTime now) {
  if (agent.invite_rejected) return "rejected";
  return now < agent.invite_expires ? "waiting" : "expired";
}

bool is_invited(const KfAgent& agent, WallTime now) {
  return !agent.invite_wx.empty() && invite_status(agent, now) == "waiting";
}

ApiResult add_kf_account(WechatCall& call) {
  if (ApiResult off = kf_enabled(call); off.code != 0) return off;
  auto& agents = call.account->kf.agents;
  KfAgent agent;
  agent.kf_account = call.body["kf_account"].text();
  agent.nickname = call.body["nickname"].text();
  agent.business_id = call.body["business_id"].text();
  const std::string_view person = call.body["kf_wx"].text();
  const bool direct = agent.kf_account.empty() && !person.empty();
  if (direct) {
    if (call.account->app.kind != WechatKind::mini_program) return call.gap("kf_wx_from_official_account_code");
    agent.kf_wx = person;
    agent.nickname = person;
    if (std::any_of(agents.begin(), agents.end(), [person](const KfAgent& one) { return one.kf_wx == person; }))
      return refuse(65407);
  } else {
    if (!is_agent_name(call, agent.kf_account)) return refuse(65404);
    if (!is_nickname(agent.nickname)) return refuse(65403);
    if (find_agent(*call.account, agent.kf_account) != nullptr) return refuse(65406);
  }
  if (agents.size() >= kMostAgents) return refuse(65405);
  add_agent(*call.account, std::move(agent));
  return {};
}

ApiResult update_kf_account(WechatCall& call) {
  if (ApiResult off = kf_enabled(call); off.code != 0) return off;
  KfAgent* agent = find_agent(*call.account, call.body["kf_account"].text());
  if (agent == nullptr) return refuse(65401);
  const std::string_view nickname = call.body["nickname"].text();
  if (!is_nickname(nickname)) return refuse(65403);
  agent->nickname = nickname;
  return {};
}

/// By kf_account or by kf_openid, in the body or (older forms) in the query.
ApiResult delete_kf_account(WechatCall& call) {
  if (ApiResult off = kf_enabled(call); off.code != 0) return off;
  const auto either = [&call](std::string_view name) {
    const std::string_view text = call.body[name].text();
    return text.empty() ? call.query(name) : text;
  };
  const std::string_view name = either("kf_account");
  const std::string_view person = either("kf_openid");
  auto& agents = call.account->kf.agents;
  const auto found = std::find_if(agents.begin(), agents.end(), [&](const KfAgent& one) {
    return name.empty() ? !person.empty() && one.kf_openid == person : one.kf_account == name;
  });
  if (found == agents.end()) return refuse(65401);
  auto& chats = call.account->kf.chats;
  for (auto chat = chats.begin(); chat != chats.end();)
    chat = !name.empty() && chat->second.kf_account == name ? chats.erase(chat) : std::next(chat);
  agents.erase(found);
  return {};
}

ApiResult invite_worker(WechatCall& call) {
  if (ApiResult off = kf_enabled(call); off.code != 0) return off;
  KfAgent* agent = find_agent(*call.account, call.body["kf_account"].text());
  if (agent == nullptr) return refuse(65401);
  const std::string_view person = call.body["invite_wx"].text();
  if (!is_word(person)) return refuse(65409);
  if (!agent->kf_wx.empty()) return refuse(65412);
  if (is_invited(*agent, call.now)) return refuse(agent->invite_wx == person ? 65408 : 65411);
  for (const KfAgent& one : call.account->kf.agents)
    if (one.kf_wx == person) return refuse(65407);
  std::int64_t bound = 0;
  for (const auto& [appid, account] : call.twin.accounts)
    for (const KfAgent& one : account.kf.agents) bound += one.kf_wx == person ? 1 : 0;
  if (bound >= call.twin.setting("agents_per_person")) return refuse(65410);
  agent->invite_wx = person;
  agent->invite_rejected = false;
  agent->invite_expires = detail::later(call.now, std::chrono::seconds(call.twin.setting("invitation_life_s")));
  return {};
}

ApiResult set_portrait(WechatCall& call) {
  if (ApiResult off = kf_enabled(call); off.code != 0) return off;
  KfAgent* agent = find_agent(*call.account, call.query("kf_account"));
  if (agent == nullptr) return refuse(65401);
  const FormPart* file = nullptr;
  if (ApiResult bad = find_upload(call, file); bad.code != 0) return bad;
  if (file->bytes.size() > kLargestPortrait) return refuse(40009);
  const std::string_view format = file_format(file->bytes);
  if (format != "jpg" && format != "png") return refuse(40005);
  agent->head_image = "http://mmbiz.qpic.cn/sandbox/head/" + agent->kf_id + "/0";
  return {};
}

ApiResult kf_list(WechatCall& call) {
  if (ApiResult off = kf_enabled(call); off.code != 0) return off;
  const std::string_view business = call.query("business_id");
  const bool wrong_root = call.twin.setting("kf_list_under_wrong_root") != 0;
  const bool as_number = call.twin.setting("kf_id_as_number") != 0;
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key(wrong_root ? "kf_online_list" : "kf_list").begin_array();
    for (const KfAgent& agent : call.account->kf.agents) {
      if (agent.business_id != business) continue;
      writer.begin_object().key("kf_account").string(agent.kf_account);
      writer.key("kf_headimgurl").string(agent.head_image).key("kf_nick").string(agent.nickname);
      writer.key("kf_id");
      as_number ? writer.raw(agent.kf_id) : writer.string(agent.kf_id);
      if (!agent.kf_wx.empty())
        writer.key("kf_wx").string(agent.kf_wx).key("kf_openid").string(agent.kf_openid);
      else if (!agent.invite_wx.empty())
        writer.key("invite_wx")
            .string(agent.invite_wx)
            .key("invite_expire_time")
            .integer(unix_seconds(agent.invite_expires))
            .key("invite_status")
            .string(invite_status(agent, call.now));
      writer.end_object();
    }
    writer.end_array();
  });
}

ApiResult online_kf_list(WechatCall& call) {
  if (ApiResult off = kf_enabled(call); off.code != 0) return off;
  const std::string_view business = call.query("business_id");
  return fields_answer([&](detail::JsonWriter& writer) {
    writer.key("kf_online_list").begin_array();
    for (const KfAgent& agent : call.account->kf.agents) {
      if (agent.business_id != business || !agent.online) continue;
      writer.begin_object().key("kf_account").string(agent.kf_account).key("status").integer(1);
      writer.key("kf_id");
      call.twin.setting("kf_id_as_number") != 0 ? writer.raw(agent.kf_id) : writer.string(agent.kf_id);
      writer.key("kf_openid").string(agent.kf_openid);
      writer.key("accepted_case").integer(chats_of(call.twin, *call.account, agent.kf_account, call.now));
      if (agent.auto_accept > 0) writer.key("auto_accept").integer(agent.auto_accept);
      writer.end_object();
    }
    writer.end_array();
  });
}

ApiResult change_admin(WechatCall& call, bool admin) {
  if (ApiResult off = kf_enabled(call); off.code != 0) return off;
  const std::string_view person = call.query("kf_openid");
  for (KfAgent& agent : call.account->kf.agents) {
    if (person.empty() || agent.kf_openid != person) continue;
    agent.admin = admin;
    return {};
  }
  return call.gap("unknown_kf_openid_code");
}
ApiResult set_admin(WechatCall& call) { return change_admin(call, true); }
ApiResult cancel_admin(WechatCall& call) { return change_admin(call, false); }

}  // namespace

std::vector<WechatRoute> wechat_kf_account_routes() {
  using Credential = WechatRoute::Credential;
  return {{"POST", "/customservice/kfaccount/add", Credential::token, add_kf_account},
          {"POST", "/customservice/kfaccount/update", Credential::token, update_kf_account},
          {"GET|POST", "/customservice/kfaccount/del", Credential::token, delete_kf_account},
          {"POST", "/customservice/kfaccount/inviteworker", Credential::token, invite_worker},
          {"POST", "/customservice/kfaccount/uploadheadimg", Credential::token, set_portrait, WechatRoute::Body::form},
          {"GET", "/cgi-bin/customservice/getkflist", Credential::token, kf_list},
          {"GET", "/cgi-bin/customservice/getonlinekflist", Credential::token, online_kf_list},
          {"GET", "/customservice/kfaccount/setadmin", Credential::token, set_admin},
          {"GET", "/customservice/kfaccount/canceladmin", Credential::token, cancel_admin}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
