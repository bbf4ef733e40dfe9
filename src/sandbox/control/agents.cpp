#include "sandbox/control/api.hpp"
#include "sandbox/wechat/kf.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

void write_agent(detail::JsonWriter& writer, const ControlCall& call, WechatAccount& account, const KfAgent& agent) {
  writer.begin_object().key("kf_account").string(agent.kf_account).key("nickname").string(agent.nickname);
  writer.key("kf_id").string(agent.kf_id).key("kf_wx").string(agent.kf_wx).key("kf_openid").string(agent.kf_openid);
  writer.key("invite_wx").string(agent.invite_wx).key("online").boolean(agent.online);
  writer.key("admin").boolean(agent.admin).key("auto_accept").integer(agent.auto_accept);
  writer.key("serves").begin_array();
  for (const auto& [openid, chat] : account.kf.chats)
    if (chat.kf_account == agent.kf_account) writer.string(openid);
  writer.end_array();
  writer.key("chats").integer(chats_of(call.core.wechat, account, agent.kf_account, call.now())).end_object();
}

ControlAnswer agent_answer(const ControlCall& call, WechatAccount& account, const KfAgent& agent) {
  ControlAnswer answer;
  static_cast<void>(chats_of(call.core.wechat, account, agent.kf_account, call.now()));  // those that ended go
  detail::JsonWriter writer(answer.body);
  write_agent(writer, call, account, agent);
  return answer;
}

/// One act of an agent in the platform's console.
struct ConsoleAct {
  ControlCall& call;
  WechatAccount& account;
  KfAgent& agent;
  WallTime now;

  /// The chat with the customer named in the call, if this agent serves them.
  KfChat* chat(std::optional<ControlAnswer>& error) const {
    KfChat* found = current_chat(call.core.wechat, account, call.text("openid"), now);
    if (found == nullptr || found->kf_account != agent.kf_account) {
      error = control_error(409, "the agent does not serve this customer: " + std::string(call.text("openid")));
      return nullptr;
    }
    if (!agent.online) error = control_error(409, "the agent is not online: login first");
    return agent.online ? found : nullptr;
  }
};
using ActError = std::optional<ControlAnswer>;

ActError agent_logs_in(ConsoleAct& act) {
  if (act.agent.kf_wx.empty()) return control_error(409, "no person is bound to this agent: accept-invitation first");
  act.agent.online = true;
  return std::nullopt;
}
ActError agent_logs_out(ConsoleAct& act) {
  act.agent.online = false;
  return std::nullopt;
}

ActError agent_accepts_invitation(ConsoleAct& act) {
  KfAgent& agent = act.agent;
  if (agent.invite_wx.empty() || agent.invite_rejected || act.now >= agent.invite_expires)
    return control_error(409, "there is no open invitation: POST inviteworker first");
  agent.kf_wx = std::exchange(agent.invite_wx, {});
  agent.kf_openid = "kf_" + random_hex(24);
  return std::nullopt;
}
ActError agent_rejects_invitation(ConsoleAct& act) {
  if (act.agent.invite_wx.empty()) return control_error(409, "there is no invitation");
  act.agent.invite_rejected = true;
  return std::nullopt;
}

/// Takes the customer named by openid, or the first who may be served by this agent, out of the queue.
ActError agent_accepts(ConsoleAct& act) {
  if (!act.agent.online) return control_error(409, "the agent is not online: login first");
  const std::string_view openid = act.call.text("openid");
  const auto& waiting = act.account.kf.waiting;
  const auto found = std::find_if(waiting.begin(), waiting.end(), [&](const KfWaiting& one) {
    if (!openid.empty()) return one.openid == openid;
    return one.kf_account.empty() || one.kf_account == act.agent.kf_account;
  });
  if (found == waiting.end()) return control_error(409, "nobody waits whom this agent could serve");
  WechatCustomer& customer = act.call.core.wechat.customer(act.account, std::string(found->openid));
  open_chat(act.call.core.wechat, act.account, customer, act.agent, act.now);
  return std::nullopt;
}

ActError agent_writes(ConsoleAct& act) {
  ActError error;
  KfChat* chat = act.chat(error);
  if (chat == nullptr) return error;
  InboxMessage message;
  message.time = act.now;
  message.channel = "agent";
  message.msgtype = "text";
  message.text = act.call.text("content");
  message.agent = act.agent.kf_account;
  if (message.text.empty()) return control_error(400, "content is missing");
  detail::JsonWriter(message.content).begin_object().key("content").string(message.text).end_object();
  WechatCustomer& customer = act.call.core.wechat.customer(act.account, chat->openid);
  chat->latest = act.now;
  customer.last_message = act.now;
  if (act.call.core.wechat.setting("agent_message_spends_window") != 0) customer.window.spend();
  note_line(act.account, customer.openid, kAgentSent, "text", message.text, act.agent.kf_account, act.now);
  act.call.core.wechat.put_in_inbox(customer, std::move(message));
  return std::nullopt;
}

ActError agent_closes(ConsoleAct& act) {
  ActError error;
  const KfChat* chat = act.chat(error);
  if (chat != nullptr) close_chat(act.call.core.wechat, act.account, *chat, act.now);
  return error;
}

ActError agent_hands_over(ConsoleAct& act) {
  ActError error;
  KfChat* chat = act.chat(error);
  if (chat == nullptr) return error;
  const KfAgent* to = find_agent(act.account, act.call.text("to"));
  if (to == nullptr || !to->online) return control_error(409, "to must name an agent who is online");
  switch_chat(act.call.core.wechat, act.account, *chat, *to, act.now);
  return std::nullopt;
}

struct ConsoleActRow {
  std::string_view name;
  ActError (*run)(ConsoleAct& act);
};
constexpr ConsoleActRow kConsoleActs[] = {
    {"login", agent_logs_in},
    {"logout", agent_logs_out},
    {"accept-invitation", agent_accepts_invitation},
    {"reject-invitation", agent_rejects_invitation},
    {"accept", agent_accepts},
    {"write", agent_writes},
    {"close", agent_closes},
    {"switch", agent_hands_over},
};

ControlResult do_console_act(ControlCall& call) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = account_of(call, error);
  if (account == nullptr) return *error;
  KfAgent* agent = find_agent(*account, call.names[0]);
  if (agent == nullptr) return control_error(404, "no such agent of this app: " + call.names[0]);
  const auto* row = std::find_if(std::begin(kConsoleActs), std::end(kConsoleActs),
                                 [&call](const ConsoleActRow& one) { return one.name == call.names[1]; });
  if (row == std::end(kConsoleActs)) return control_error(404, "agents cannot do this: " + call.names[1]);
  if (auto full = no_room_for_push(call)) return *full;
  ConsoleAct act{call, *account, *agent, call.now()};
  if ((error = row->run(act))) return *error;
  call.core.changed();
  return agent_answer(call, *account, *agent);
}

ControlResult put_agent(ControlCall& call) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = account_of(call, error);
  if (account == nullptr) return *error;
  KfAgent* agent = find_agent(*account, call.names[0]);
  if (agent == nullptr) {
    KfAgent made;
    made.kf_account = call.names[0];
    made.nickname = call.names[0].substr(0, call.names[0].find('@'));
    made.kf_wx = "wx_" + made.nickname;
    agent = &add_agent(*account, std::move(made));
  }
  if (call.body["nickname"].present()) agent->nickname = call.body["nickname"].text();
  if (call.body["kf_wx"].present()) agent->kf_wx = call.body["kf_wx"].text();
  agent->auto_accept = call.number("auto_accept", agent->auto_accept);
  agent->online = call.flag("online", agent->online);
  return agent_answer(call, *account, *agent);
}

ControlResult show_agents(ControlCall& call) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = account_of(call, error);
  if (account == nullptr) return *error;
  for (const KfAgent& agent : account->kf.agents)
    static_cast<void>(chats_of(call.core.wechat, *account, agent.kf_account, call.now()));
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("agents").begin_array();
  for (const KfAgent& agent : account->kf.agents) write_agent(writer, call, *account, agent);
  writer.end_array().key("waiting").begin_array();
  for (const KfWaiting& one : account->kf.waiting) {
    writer.begin_object().key("openid").string(one.openid).key("kf_account").string(one.kf_account);
    writer.key("since").integer(unix_seconds(one.created)).end_object();
  }
  writer.end_array().end_object();
  return answer;
}

}  // namespace

std::vector<ControlRoute> control_agent_routes() {
  return {
      {"GET", "/agents", "the agents of an app, whom they serve, and who waits: appid", show_agents, "appid"},
      {"POST", "/agents/{kf_account}",
       "adds one with a person bound to it, or changes it: appid, nickname, kf_wx, online, auto_accept", put_agent,
       "appid nickname kf_wx online? auto_accept#"},
      {"POST", "/agents/{kf_account}/{act}",
       "the agent does something: login, logout, accept-invitation, reject-invitation, accept (openid; absent: the "
       "first who waits), write (openid, content), close (openid), switch (openid, to)",
       do_console_act, "appid openid content to"},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
