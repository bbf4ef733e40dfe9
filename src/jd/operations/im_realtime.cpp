#include "core/call/fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/im_pop_fields.hpp"
#include "jd/operations/lenient_reading.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/im_realtime.hpp>

#include <fmt/format.h>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr int kRealtimeDays = 7;

// "all fields marked required" (jd 4.3), but an empty one is left out: the gateway refuses blanks.
template <class V, class Request>
void realtime_request(V& v, Request& s) {
  v.value("dataType", s.data_type);
  v.required("endTime", s.to);
  period_fields_in_order(v, "startTime", s.from, "endTime", s.to, kRealtimeDays);
  v.value("page", s.page, detail::Check().range(1, INT32_MAX));
  v.value("pageSize", s.page_size, detail::Check().range(1, INT32_MAX));
}
template <class V, class Request>
void realtime_slot_request(V& v, Request& s) {
  v.required("startTime", s.from);
  v.required("timeNo", s.time_no);
}
template <class V, class Request>
void realtime_agents_request(V& v, Request& s) {
  realtime_request(v, s);
  realtime_slot_request(v, s);
  v.optional("waiter", s.waiters);
}

Result<void> read_realtime(detail::Value node, RealtimeAnswer& to) {
  const detail::Value list = first_list(node);
  if (!list && holds_something(node))
    return Error(ErrorKind::malformed_reply, "the answer holds no list of what was asked for");
  to.items = entries_as_json(list);
  return {};
}
Result<void> read_realtime_sessions(detail::Value node, RealtimeSessionsAnswer& to) {
  return read_first_list(node, to.sessions);
}
Result<void> read_realtime_lines(detail::Value node, RealtimeChatLogAnswer& to) {
  return read_first_list(node, to.lines);
}
Result<void> read_realtime_evaluations(detail::Value node, RealtimeEvaluationsAnswer& to) {
  return read_first_list(node, to.evaluations);
}

}  // namespace

std::string realtime_slot(WallTime time) {
  // "yyyy-MM-dd HH:mm:ss" of the gateway's zone holds both parts at fixed places.
  const std::string text = gateway_time(time);
  const int hour = (text[11] - '0') * 10 + (text[12] - '0');
  const int minute = (text[14] - '0') * 10 + (text[15] - '0');
  return fmt::format("{},{}", hour, minute / 5);
}

}  // namespace jd

namespace detail {

KEFU_FIELDS(jd::RealtimeSessions) { jd::realtime_agents_request(v, s); }
KEFU_FIELDS(jd::RealtimeSessionsBySecond) { jd::realtime_agents_request(v, s); }
KEFU_FIELDS(jd::RealtimeEvaluations) { jd::realtime_agents_request(v, s); }
KEFU_FIELDS(jd::RealtimeEvaluationInvitations) { jd::realtime_agents_request(v, s); }
KEFU_FIELDS(jd::RealtimeLeftMessagesCreated) { jd::realtime_agents_request(v, s); }
KEFU_FIELDS(jd::RealtimeLeftMessagesAssigned) { jd::realtime_agents_request(v, s); }
KEFU_FIELDS(jd::RealtimeAgentPresence) { jd::realtime_agents_request(v, s); }
KEFU_FIELDS(jd::RealtimeAgentPresenceBySecond) { jd::realtime_agents_request(v, s); }
KEFU_FIELDS(jd::RealtimeChatLog) {
  v.required("customer", s.customer);
  jd::realtime_request(v, s);
  v.optional("skuId", s.sku_id);
  jd::realtime_slot_request(v, s);
  v.optional("waiter", s.waiter);
}

KEFU_FIELDS(jd::ThirdPartyMessage) {
  v.optional("merchantId", s.merchant_id);
  v.optional("sid", s.sid);
  v.optional("mid", s.mid);
  v.optional("uuid", s.uuid);
  v.optional("waiter", s.waiter);
  jd::buyer_fields(v, "customer", s.customer);
  v.optional("content", s.content);
  s.content = jd::decode_entities(s.content);
  v.optional("created", s.created);
  v.optional("channel", s.channel);
  jd::author_field(v, s.author);
  v.optional("mt", s.mt);
  v.optional("chatType", s.chat_type);
  v.optional("type", s.type);
  v.optional("url", s.url);
  v.optional("extParam", s.ext_param);
}
KEFU_FIELDS(jd::ThirdPartyMessagesPage) {
  if (!v.here()["PageChatMessageVo"].present()) return v.required("PageChatMessageVo", s.messages);
  v.group("PageChatMessageVo", [&](auto& page) {
    jd::listed(page, {"result"}, s.messages);
    page.optional("totalCount", s.total);
    page.optional("currentPage", s.current_page);
    page.optional("pageSize", s.page_size);
    page.optional("code", s.code);
    page.optional("message", s.message);
    page.optional("isSuccess", s.success);
  });
}
KEFU_FIELDS(jd::ThirdPartyMessages) {
  v.required("appId", s.app_id);
  v.required("sid", s.sid);
}

}  // namespace detail

namespace jd {

KEFU_JD_ROW_DECODED(RealtimeSessions, "im.pop.sessionlist.openapi.get", Effect::read, "咚咚API", kAnswerUnknown,
                    (&decode_lenient<RealtimeSessionsAnswer, read_realtime_sessions>))
KEFU_JD_ROW_DECODED(RealtimeSessionsBySecond, "im.pop.sessionlistsecond.openapi.get", Effect::read, "咚咚API",
                    kAnswerUnknown, (&decode_lenient<RealtimeSessionsAnswer, read_realtime_sessions>))
KEFU_JD_ROW_DECODED(RealtimeChatLog, "im.pop.chatlog.openapi.get", Effect::read, "咚咚API", kAnswerUnknown,
                    (&decode_lenient<RealtimeChatLogAnswer, read_realtime_lines>))
KEFU_JD_ROW_DECODED(RealtimeEvaluations, "im.pop.evaluationlist.openapi.get", Effect::read, "咚咚API", kAnswerUnknown,
                    (&decode_lenient<RealtimeEvaluationsAnswer, read_realtime_evaluations>))
KEFU_JD_ROW_DECODED(RealtimeEvaluationInvitations, "im.pop.inviteEvaluationList.openapi.get", Effect::read, "咚咚API",
                    kAnswerUnknown, (&decode_lenient<RealtimeAnswer, read_realtime>))
KEFU_JD_ROW_DECODED(RealtimeLeftMessagesCreated, "im.pop.leavemsgcreated.openapi.get", Effect::read, "咚咚API",
                    kAnswerUnknown, (&decode_lenient<RealtimeAnswer, read_realtime>))
KEFU_JD_ROW_DECODED(RealtimeLeftMessagesAssigned, "im.pop.leavemsgallocate.openapi.get", Effect::read, "咚咚API",
                    kAnswerUnknown, (&decode_lenient<RealtimeAnswer, read_realtime>))
KEFU_JD_ROW_DECODED(RealtimeAgentPresence, "im.pop.waiterpresence.openapi.get", Effect::read, "咚咚API", kAnswerUnknown,
                    (&decode_lenient<RealtimeAnswer, read_realtime>))
KEFU_JD_ROW_DECODED(RealtimeAgentPresenceBySecond, "im.pop.waiterpresencesecond.openapi.get", Effect::read, "咚咚API",
                    kAnswerUnknown, (&decode_lenient<RealtimeAnswer, read_realtime>))
KEFU_JD_ROW(ThirdPartyMessages, "im.out.merchant.chatmessage.openapi.get", Effect::read, "咚咚API", "")

std::vector<const Operation*> im_realtime_operations() {
  return {&RealtimeSessions::operation(),
          &RealtimeSessionsBySecond::operation(),
          &RealtimeChatLog::operation(),
          &RealtimeEvaluations::operation(),
          &RealtimeEvaluationInvitations::operation(),
          &RealtimeLeftMessagesCreated::operation(),
          &RealtimeLeftMessagesAssigned::operation(),
          &RealtimeAgentPresence::operation(),
          &RealtimeAgentPresenceBySecond::operation(),
          &ThirdPartyMessages::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
