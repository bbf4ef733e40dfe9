#include "core/call/fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/im_pop_fields.hpp"
#include "jd/operations/lenient_reading.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/im_pop.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr int kImDays = 7;

template <class V, class Request>
void end_of_period(V& v, Request& s) {
  v.required("endTime", s.to);
  period_fields_in_order(v, "startTime", s.from, "endTime", s.to, kImDays);
}

/// Requests of a period, an agent and a page.
template <class V, class Request>
void paged_request(V& v, Request& s) {
  end_of_period(v, s);
  v.value("page", s.page, detail::Check().range(1, INT32_MAX));
  v.value("pageSize", s.page_size, detail::Check().range(1, INT32_MAX));
  v.required("startTime", s.from);
  v.optional("waiter", s.waiter);
}

/// Requests of a period and an agent.
template <class V, class Request>
void daily_request(V& v, Request& s) {
  end_of_period(v, s);
  v.required("startTime", s.from);
  v.optional("waiter", s.waiter);
}

/// Two wrappers, two names of the list, in any pair (jd 4.2).
template <class V, class Self>
void chat_log_page(V& v, Self& s) {
  for (const char* name : {"ChatLogPage", "ChatLog"}) {
    if (!v.here()[name].present()) continue;
    return v.group(name, [&](auto& page) {
      listed(page, {"chatLogList", "chatList"}, s.lines);
      page.optional("totalRecord", s.total);
    });
  }
  listed(v, {"ChatLogPage"}, s.lines);
}

/// A list, or an object with the list inside; an object with a session's own members is the one session.
template <class V, class Self>
void sessions_page(V& v, Self& s) {
  for (const char* name : {"ChatSessionPage", "ChatSession"}) {
    const detail::Value from = v.here()[name];
    if (from.kind() != detail::Value::Kind::object || from["sid"] || from["customer"]) continue;
    return v.group(name, [&](auto& page) {
      listed(page, {"chatSessionList", "chatSession"}, s.sessions);
      page.optional("totalRecord", s.total);
    });
  }
  listed(v, {"ChatSession", "ChatSessionPage"}, s.sessions);
}

}  // namespace
}  // namespace jd

namespace detail {

KEFU_FIELDS(jd::EvaluationList) { jd::listed(v, {"Evaluation"}, s.evaluations); }
KEFU_FIELDS(jd::ListEvaluations) { jd::paged_request(v, s); }

KEFU_FIELDS(jd::DailyEvaluations) {
  v.optional("date", s.date);
  v.optional("waiter", s.waiter);
  v.optional("score", s.score);
  v.optional("count", s.count);
}
KEFU_FIELDS(jd::EvaluationCounts) { jd::listed(v, {"WaiterDailyEvaStat"}, s.days); }
KEFU_FIELDS(jd::EvaluationStatistics) { jd::daily_request(v, s); }

KEFU_FIELDS(jd::SessionsPage) { jd::sessions_page(v, s); }
KEFU_FIELDS(jd::ListSessions) { jd::paged_request(v, s); }

KEFU_FIELDS(jd::ChatLogPage) { jd::chat_log_page(v, s); }
KEFU_FIELDS(jd::ReadChatLog) {
  v.required("customer", s.customer);
  jd::end_of_period(v, s);
  v.value("page", s.page, Check().range(1, INT32_MAX));
  v.value("pageSize", s.page_size, Check().range(1, INT32_MAX));
  v.optional("skuId", s.sku_id);
  v.required("startTime", s.from);
  v.optional("waiter", s.waiter);
}
KEFU_FIELDS(jd::SearchChatLog) {
  v.required("customer", s.customer);
  jd::end_of_period(v, s);
  v.required("keyWord", s.words);
  v.value("page", s.page, Check().range(1, INT32_MAX));
  v.value("pageSize", s.page_size, Check().range(1, INT32_MAX));
  v.required("startTime", s.from);
  v.optional("waiter", s.waiter);
}

KEFU_FIELDS(jd::DailyStatistic) {
  v.optional("date", s.date);
  v.optional("waiter", s.waiter);
  v.optional("result", s.result);
}
KEFU_FIELDS(jd::DailyStatistics) { jd::listed(v, {"WaiterDailyStat"}, s.days); }
KEFU_FIELDS(jd::ReplyStatistics) { jd::daily_request(v, s); }
KEFU_FIELDS(jd::UnrepliedStatistics) { jd::daily_request(v, s); }
KEFU_FIELDS(jd::OnlineTimeStatistics) { jd::daily_request(v, s); }

KEFU_FIELDS(jd::WaitingTime) { v.optional("avgTime", s.average); }
KEFU_FIELDS(jd::AverageWaitingTime) {
  v.required("date", s.date);
  v.optional("waiter", s.waiter);
}

KEFU_FIELDS(jd::WaiterLogin) {
  v.optional("waiter", s.waiter);
  v.optional("loginTime", s.login);
  v.optional("logoutTime", s.logout);
  v.optional("ip", s.ip);
  v.optional("loginSid", s.login_sid);
}
KEFU_FIELDS(jd::WaiterLogins) { jd::listed(v, {"PassLog"}, s.logins); }
KEFU_FIELDS(jd::ListLogins) { jd::paged_request(v, s); }

KEFU_FIELDS(jd::Waiter) {
  v.optional("waiter", s.waiter);
  v.optional("yn", s.yn);
  v.optional("leader", s.leader);
  v.optional("level", s.level);
}
KEFU_FIELDS(jd::WaiterGroup) {
  v.group("popgroup", [&](auto& group) {
    group.optional("shopName", s.shop_name);
    group.optional("shopUrl", s.shop_url);
    group.optional("waiterCount", s.waiter_count);
    group.required("waiterList", s.waiters);
  });
}
KEFU_FIELDS(jd::GetAgentGroup) {}
KEFU_FIELDS(jd::AskRateReport) { v.required("askRate", s.rate); }
KEFU_FIELDS(jd::AskRate) {
  jd::end_of_period(v, s);
  v.required("startTime", s.from);
}

}  // namespace detail

namespace jd {

KEFU_JD_ROW(ListEvaluations, "im.pop.evaluationlist.get", Effect::read, "查询客服评价详情", "")
KEFU_JD_ROW(EvaluationStatistics, "im.pop.evaluationstat.get", Effect::read, "客服日评价统计", "")
KEFU_JD_ROW(ListSessions, "im.pop.sessionlist.get", Effect::read, "获取会话列表", "")
KEFU_JD_ROW(ReadChatLog, "im.pop.chatlog.get", Effect::read, "查找客服聊天记录", "")
KEFU_JD_ROW(SearchChatLog, "im.pop.chatlog.fuzzy.query", Effect::read, "模糊查询客服聊天记录", "")
KEFU_JD_ROW(ReplyStatistics, "im.pop.replystat.get", Effect::read, "客服日接待量", "")
KEFU_JD_ROW(UnrepliedStatistics, "im.pop.unreplystat.get", Effect::read, "日未回复量", "")
KEFU_JD_ROW(OnlineTimeStatistics, "im.pop.waiter.onlinetime.stat.get", Effect::read, "日累计在线时长", "")
KEFU_JD_ROW(AverageWaitingTime, "im.pop.consult.avgwaittime.get", Effect::read, "平均等待时长", "")
KEFU_JD_ROW(ListLogins, "im.pop.passlog.get", Effect::read, "客服登录日志", "")
KEFU_JD_ROW(GetAgentGroup, "im.pop.groupinfo.get", Effect::read, "客服组信息", "")
KEFU_JD_ROW(AskRate, "im.pop.askRate.get", Effect::read, "应答率", "")

std::vector<const Operation*> im_pop_operations() {
  return {&ListEvaluations::operation(),     &EvaluationStatistics::operation(), &ListSessions::operation(),
          &ReadChatLog::operation(),         &SearchChatLog::operation(),        &ReplyStatistics::operation(),
          &UnrepliedStatistics::operation(), &OnlineTimeStatistics::operation(), &AverageWaitingTime::operation(),
          &ListLogins::operation(),          &GetAgentGroup::operation(),        &AskRate::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
