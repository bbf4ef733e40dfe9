#include "sandbox/wechat/kf.hpp"

#include "core/crypto/crypto.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kRecordsBound = 100'000;

void leave_queue(WechatAccount& account, std::string_view openid) {
  auto& waiting = account.kf.waiting;
  waiting.erase(
      std::remove_if(waiting.begin(), waiting.end(), [openid](const KfWaiting& one) { return one.openid == openid; }),
      waiting.end());
}

/// Mini programs have no control of sessions, and hear nothing of them.
void tell_of_chat(WechatTwin& twin, WechatAccount& account, std::string_view openid, const char* event,
                  std::vector<PushField> fields, WallTime now) {
  if (account.app.kind != WechatKind::mini_program)
    queue_event(twin, account, twin.customer(account, openid), event, std::move(fields), now);
}

}  // namespace

KfAgent* find_agent(WechatAccount& account, std::string_view kf_account) {
  if (kf_account.empty()) return nullptr;
  for (KfAgent& agent : account.kf.agents)
    if (agent.kf_account == kf_account) return &agent;
  return nullptr;
}

KfAgent& add_agent(WechatAccount& account, KfAgent agent) {
  agent.kf_id = std::to_string(account.kf.next_kf_id++);
  if (!agent.kf_wx.empty() && agent.kf_openid.empty()) agent.kf_openid = "kf_" + detail::random_text(24);
  return account.kf.agents.emplace_back(std::move(agent));
}

void seat_agents(WechatAccount& account) {
  for (const std::string& name : account.app.agents) {
    if (find_agent(account, name) != nullptr) continue;
    KfAgent agent;
    agent.kf_account = name;
    agent.nickname = name.substr(0, name.find('@'));
    agent.kf_wx = "wx_" + agent.nickname;
    add_agent(account, std::move(agent));
  }
}

KfChat* current_chat(const WechatTwin& twin, WechatAccount& account, std::string_view openid, WallTime now) {
  const auto found = account.kf.chats.find(openid);
  if (found == account.kf.chats.end()) return nullptr;
  const bool from_latest = twin.setting("agent_chat_from_last_message") != 0;
  const WallTime from = from_latest ? found->second.latest : found->second.created;
  if (now - from < std::chrono::seconds(twin.setting("agent_chat_s"))) return &found->second;
  account.kf.chats.erase(found);
  return nullptr;
}

std::int64_t chats_of(const WechatTwin& twin, WechatAccount& account, std::string_view kf_account, WallTime now) {
  std::vector<std::string> served;
  for (const auto& [openid, chat] : account.kf.chats)
    if (chat.kf_account == kf_account) served.push_back(openid);
  return std::count_if(served.begin(), served.end(),
                       [&](const std::string& openid) { return current_chat(twin, account, openid, now) != nullptr; });
}

void open_chat(WechatTwin& twin, WechatAccount& account, WechatCustomer& customer, const KfAgent& agent, WallTime now) {
  leave_queue(account, customer.openid);
  account.kf.chats[customer.openid] = {customer.openid, agent.kf_account, now, now};
  tell_of_chat(twin, account, customer.openid, "kf_create_session", {push_text("KfAccount", agent.kf_account)}, now);
}

void close_chat(WechatTwin& twin, WechatAccount& account, const KfChat& chat, WallTime now) {
  const std::string agent = chat.kf_account;
  const std::string openid = chat.openid;
  account.kf.chats.erase(openid);
  tell_of_chat(twin, account, openid, "kf_close_session", {push_text("KfAccount", agent)}, now);
}

void switch_chat(WechatTwin& twin, WechatAccount& account, KfChat& chat, const KfAgent& to, WallTime now) {
  const std::string from = std::exchange(chat.kf_account, to.kf_account);
  chat.latest = now;
  tell_of_chat(twin, account, chat.openid, "kf_switch_session",
               {push_text("FromKfAccount", from), push_text("ToKfAccount", to.kf_account)}, now);
}

void transfer_to_agents(WechatTwin& twin, WechatAccount& account, WechatCustomer& customer, std::string_view kf_account,
                        WallTime now) {
  if (current_chat(twin, account, customer.openid, now) != nullptr) return;
  leave_queue(account, customer.openid);
  for (const KfAgent& agent : account.kf.agents) {
    if (!kf_account.empty() && agent.kf_account != kf_account) continue;
    if (!agent.online || chats_of(twin, account, agent.kf_account, now) >= agent.auto_accept) continue;
    return open_chat(twin, account, customer, agent, now);
  }
  account.kf.waiting.push_back({customer.openid, std::string(kf_account), now, now});
}

void note_line(WechatAccount& account, std::string_view openid, int opercode, std::string_view msgtype,
               std::string_view text, std::string_view worker, WallTime now) {
  auto& records = account.kf.records;
  KfRecordLine line;
  line.id = records.empty() ? 20'165'001 : records.back().id + 1;
  line.openid = openid;
  line.opercode = opercode;
  line.text = msgtype == "text" ? std::string(text) : "[" + std::string(msgtype) + "]";
  line.time = now;
  line.worker = worker;
  records.push_back(std::move(line));
  if (records.size() > kRecordsBound) records.pop_front();
}

void queue_event(WechatTwin& twin, WechatAccount& account, WechatCustomer& customer, std::string event,
                 std::vector<PushField> fields, WallTime now) {
  CustomerAct act;
  act.msgtype = "event";
  act.event = std::move(event);
  act.fields = std::move(fields);
  twin.undelivered.push_back(queue_push(twin, account, customer, act, now).number);
}

}  // namespace sandbox
KEFU_END_NAMESPACE
