#include "sandbox/jd/after_sale.hpp"

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using State = JdTicket::State;

JdResult conflict(const JdCall& call, std::string_view text) {
  return jd_failure(*call.route, std::to_string(call.twin.setting("jd_ticket_conflict_code")), text);
}

/// Acts that change the state carry the version they saw.
std::optional<JdResult> check_version(const JdCall& call, const JdTicket& ticket) {
  if (call.body["sysVersion"].integer() == ticket.version) return std::nullopt;
  return conflict(call, "服务单已被更新，请刷新后重试");
}

/// Of some acts the answer says in `data` that it was done.
JdResult act_success(const JdCall& call) {
  const std::int64_t data = call.twin.setting("jd_act_data");
  return page_success(call, data < 0 ? "null" : data == 0 ? "false" : "true");
}

JdResult refuse_audit(JdCall& call) {
  JdResult refusal;
  JdTicket* ticket = ticket_of(call, refusal);
  if (ticket == nullptr) return refusal;
  if (call.text("approveNotes").empty() || call.text("approveReasonCid1").empty())
    return jd_failure(*call.route, "400", "approveNotes and approveReasonCid1 are required");
  if (auto bad = check_version(call, *ticket)) return *bad;
  if (ticket->state != State::audit) return conflict(call, "服务单状态不允许审核");
  ticket->approve_notes = call.text("approveNotes");
  ticket->approve_pin = call.text("operatePin");
  ticket->approved = call.now;
  ticket->finished = call.now;
  move_ticket(*ticket, State::refused, call.text("operatePin"), call.now);
  return act_success(call);
}

JdResult reply_message(JdCall& call) {
  JdResult refusal;
  JdTicket* ticket = ticket_of(call, refusal);
  if (ticket == nullptr) return refusal;
  const std::string_view text = call.text("replyContext");
  if (text.empty()) return jd_failure(*call.route, "400", "replyContext is missing");
  for (JdTicketMessage& one : ticket->messages)
    if (one.by_customer && one.visible <= call.now) one.answered = true;
  JdTicketMessage reply;
  reply.id = call.twin.next_id();
  reply.by_customer = false;
  reply.author = call.text("operatePin");
  reply.content = text;
  reply.time = call.now;
  reply.visible = call.now;
  ticket->messages.push_back(reply);
  ticket->updated = call.now;
  if (call.twin.setting("jd_unsolved_reply_closes") != 0) ticket->solved = true;
  JdReceived received;
  received.time = call.now;
  received.channel = "after_sale";
  received.type = "text";
  received.text = text;
  received.agent = call.text("operatePin");
  received.thread = std::to_string(ticket->service_id);
  call.twin.put_in_inbox(call.twin.buyer(*call.shop, ticket->customer), std::move(received));
  return act_success(call);
}

JdResult solve(JdCall& call) {
  JdResult refusal;
  JdTicket* ticket = ticket_of(call, refusal);
  if (ticket == nullptr) return refusal;
  ticket->solved = true;
  ticket->updated = call.now;
  for (JdTicketMessage& one : ticket->messages) one.answered = true;
  ticket->log.push_back({call.now, std::string(call.text("operatePin")), "solved"});
  return act_success(call);
}

JdResult save_track(JdCall& call) {
  JdResult refusal;
  JdTicket* ticket = ticket_of(call, refusal);
  if (ticket == nullptr) return refusal;
  if (call.text("operateRemark").empty()) return jd_failure(*call.route, "400", "operateRemark is missing");
  ticket->tracks.push_back({call.now, std::string(call.text("operatePin")), std::string(call.text("operateRemark"))});
  return act_success(call);
}

JdResult ask_platform(JdCall& call) {
  JdResult refusal;
  JdTicket* ticket = ticket_of(call, refusal);
  if (ticket == nullptr) return refusal;
  if (auto bad = check_version(call, *ticket)) return *bad;
  if (ticket->intervened) return conflict(call, "平台已介入");
  ticket->intervened = true;
  move_ticket(*ticket, ticket->state, call.text("operatePin"), call.now);
  return act_success(call);
}

}  // namespace

void move_ticket(JdTicket& ticket, State state, std::string_view who, WallTime now) {
  ticket.state = state;
  ++ticket.version;
  ticket.updated = now;
  ticket.log.push_back({now, std::string(who), std::string(ticket_status_name(state))});
}

std::vector<JdRoute> jd_after_sale_act_routes() {
  constexpr JdFamily kPage = JdFamily::page;
  return {
      {"jingdong.asc.audit.refuse", kPage, "result", refuse_audit},
      {"jingdong.asc.unsolved.message.reply", kPage, "result", reply_message},
      {"jingdong.asc.unsolved.solve", kPage, "result", solve},
      {"jingdong.asc.track.save", kPage, "result", save_track},
      {"jingdong.asc.process.JdIntervene", kPage, "result", ask_platform},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
