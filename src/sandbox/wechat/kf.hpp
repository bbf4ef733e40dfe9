#pragma once

#include "sandbox/wechat/push.hpp"

#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

KfAgent* find_agent(WechatAccount& account, std::string_view kf_account);
/// Makes the agents that the account's settings name, each with a person bound to it.
void seat_agents(WechatAccount& account);
KfAgent& add_agent(WechatAccount& account, KfAgent agent);
std::int64_t chats_of(const WechatTwin& twin, WechatAccount& account, std::string_view kf_account, WallTime now);

/// Who serves this customer now, or null. A chat that nobody closed ends when the messages are no longer forwarded.
KfChat* current_chat(const WechatTwin& twin, WechatAccount& account, std::string_view openid, WallTime now);
/// With their events.
void open_chat(WechatTwin& twin, WechatAccount& account, WechatCustomer& customer, const KfAgent& agent, WallTime now);
void close_chat(WechatTwin& twin, WechatAccount& account, const KfChat& chat, WallTime now);
void switch_chat(WechatTwin& twin, WechatAccount& account, KfChat& chat, const KfAgent& to, WallTime now);
/// The customer is put in the queue, of one agent if named (transfer_customer_service).
void transfer_to_agents(WechatTwin& twin, WechatAccount& account, WechatCustomer& customer, std::string_view kf_account,
                        WallTime now);

constexpr int kAgentSent = 2002;
constexpr int kAgentReceived = 2003;
/// A line of the records; what is no text is named in brackets.
void note_line(WechatAccount& account, std::string_view openid, int opercode, std::string_view msgtype,
               std::string_view text, std::string_view worker, WallTime now);

/// An event that an API call or an agent's act leads to. Its push is started by the owner.
void queue_event(WechatTwin& twin, WechatAccount& account, WechatCustomer& customer, std::string event,
                 std::vector<PushField> fields, WallTime now);

}  // namespace sandbox
KEFU_END_NAMESPACE
