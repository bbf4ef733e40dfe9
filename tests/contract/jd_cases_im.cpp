#include "support/jd_operation_cases.hpp"

#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/im_realtime.hpp>

using namespace kefu;
using namespace kefu::jd;

namespace kefu_test {
namespace {

const char* const kWaiter = "flagship-zhang";

template <class Op>
Op of_waiter(Op op) {
  op.waiter = kWaiter;
  return op;
}

WallTime week_begin() { return jd_time("2024-05-26 00:00:00"); }
WallTime day_begin() { return jd_time("2024-05-31 00:00:00"); }
WallTime period_end() { return jd_time("2024-06-01 00:00:00"); }

void check_days(const DailyStatistics& read) {
  REQUIRE(read.days.size() == 2);
  CHECK(read.days[0].date == "2024-05-26");
  CHECK(read.days[0].waiter == kWaiter);
  CHECK(read.days[1].result == "41");
}

void check_chat(const std::vector<ChatLine>& lines) {
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].customer.pin == "jd_buyer_001");
  CHECK(lines[0].content == "您好，这款有货吗？");
  CHECK(lines[0].sid == "sid-20240601-0001");
  CHECK(lines[0].sku_id == 100012043978);
  CHECK(text_of(lines[0].time) == "2024-06-01 08:20:00");
  CHECK(lines[0].author == ChatLine::Author::customer);
  CHECK(lines[1].author == ChatLine::Author::waiter);
  CHECK(lines[1].waiter == kWaiter);
  CHECK(lines[1].raw.find("\"waiterSend\"") != std::string::npos);
}

void check_session(const std::vector<ChatSession>& sessions) {
  REQUIRE(sessions.size() == 1);
  const ChatSession& session = sessions[0];
  CHECK(session.customer.pin == "jd_buyer_001");
  CHECK(session.waiter == kWaiter);
  CHECK(text_of(session.begin) == "2024-06-01 08:20:00");
  CHECK(text_of(session.reply) == "2024-06-01 08:20:10");
  CHECK(text_of(session.end) == "2024-06-01 08:30:00");
  CHECK(session.session_type == 1);
  CHECK(!session.transfer);
  CHECK(session.sid == "sid-20240601-0001");
  CHECK(session.sku_id == 100012043978);
}

void check_log(const ChatLogPage& read) {
  check_chat(read.lines);
  CHECK((read.lines[0].channel == 11 && read.lines[1].channel == 21));
  CHECK((read.total == 2 || read.total == 1));  // 1 in the recorded answer: no count of lines
}

template <class Op>
Op realtime(Op op) {
  op.time_no = "20,5";
  return op;
}
template <class Op>
Op realtime_query() {
  Op op(jd_time("2024-06-01 20:20:00"), jd_time("2024-06-01 20:25:00"));
  op.waiters = {"flagship-zhang", "flagship-li"};
  return realtime(op);
}

void check_items(const RealtimeAnswer& read) {
  CHECK(!read.raw.empty());
  REQUIRE(read.items.size() == 1);
  CHECK(read.items[0].find("flagship-zhang") != std::string::npos);
}

}  // namespace

std::vector<JdCase> jd_im_cases() {
  ReadChatLog log("jd_buyer_001", day_begin(), period_end());
  log.sku_id = 100012043978;
  AverageWaitingTime waiting(day_begin());
  return {
      jd_case(of_waiter(ListEvaluations(week_begin(), period_end())),
              [](const EvaluationList& read) {
                REQUIRE(read.evaluations.size() == 2);
                CHECK(read.evaluations[0].customer.pin == "jd_buyer_001");
                CHECK(read.evaluations[0].waiter == kWaiter);
                CHECK(read.evaluations[0].description == "回复很快");
                CHECK((read.evaluations[0].score == 100 && read.evaluations[1].score == 25));
                CHECK(text_of(read.evaluations[1].time) == "2024-06-01 08:31:00");
                CHECK(read.evaluations[1].raw.find("\"evaTime\"") != std::string::npos);
              }),
      jd_case(of_waiter(EvaluationStatistics(week_begin(), period_end())),
              [](const EvaluationCounts& read) {
                REQUIRE(read.days.size() == 2);
                CHECK(read.days[0].count == 12);
                CHECK((read.days[0].score == 100 && read.days[1].score == 0));
                CHECK(read.days[1].date == "2024-05-26");
                CHECK(read.days[1].waiter == kWaiter);
              }),
      jd_case(of_waiter(ListSessions(day_begin(), period_end())),
              [](const SessionsPage& read) {
                check_session(read.sessions);
                CHECK(read.total.value_or(1) == 1);
              }),
      jd_case(of_waiter(log), check_log),
      jd_case(of_waiter(SearchChatLog("jd_buyer_001", "有货", day_begin(), period_end())), check_log),
      jd_case(of_waiter(ReplyStatistics(week_begin(), period_end())), check_days),
      jd_case(of_waiter(UnrepliedStatistics(week_begin(), period_end())), check_days),
      jd_case(of_waiter(OnlineTimeStatistics(week_begin(), period_end())), check_days),
      jd_case(of_waiter(waiting),
              [](const WaitingTime& read) { CHECK(read.average.value_or(0) == doctest::Approx(23.5)); }),
      jd_case(of_waiter(ListLogins(day_begin(), period_end())),
              [](const WaiterLogins& read) {
                REQUIRE(read.logins.size() == 1);
                CHECK(read.logins[0].waiter == kWaiter);
                CHECK(text_of(read.logins[0].login) == "2024-06-01 00:30:00");
                CHECK(text_of(read.logins[0].logout) == "2024-06-01 08:30:00");
                CHECK(read.logins[0].ip == "192.0.2.10");
                CHECK(read.logins[0].login_sid == "ls-0001");
              }),
      jd_case(GetAgentGroup(),
              [](const WaiterGroup& read) {
                CHECK(read.shop_name == "示例旗舰店");
                CHECK(read.shop_url == "https://mall.jd.com/index-10001.html");
                CHECK(read.waiter_count == 2);
                REQUIRE(read.waiters.size() == 2);
                CHECK(read.waiters[0].leader);
                CHECK(read.waiters[1].waiter == "flagship-li");
                CHECK(read.waiters[1].yn == 1);
                CHECK(read.waiters[1].level == "2");
              }),
      jd_case(AskRate(week_begin(), period_end()),
              [](const AskRateReport& read) { CHECK(read.rate == doctest::Approx(0.93)); }),
  };
}

std::vector<JdCase> jd_realtime_cases() {
  RealtimeChatLog log("jd_buyer_001", jd_time("2024-06-01 20:20:00"), jd_time("2024-06-01 20:25:00"));
  log.sku_id = 100012043978;
  log.waiter = kWaiter;
  return {
      jd_case(realtime_query<RealtimeSessions>(),
              [](const RealtimeSessionsAnswer& read) { check_session(read.sessions); }),
      jd_case(realtime_query<RealtimeSessionsBySecond>(),
              [](const RealtimeSessionsAnswer& read) { check_session(read.sessions); }),
      jd_case(realtime(log), [](const RealtimeChatLogAnswer& read) { check_chat(read.lines); }),
      jd_case(realtime_query<RealtimeEvaluations>(),
              [](const RealtimeEvaluationsAnswer& read) {
                REQUIRE(read.evaluations.size() == 1);
                CHECK(read.evaluations[0].score == 4);
                CHECK(read.evaluations[0].waiter == kWaiter);
              }),
      jd_case(realtime_query<RealtimeEvaluationInvitations>(), check_items),
      jd_case(realtime_query<RealtimeLeftMessagesCreated>(), check_items),
      jd_case(realtime_query<RealtimeLeftMessagesAssigned>(), check_items),
      jd_case(realtime_query<RealtimeAgentPresence>(), check_items),
      jd_case(realtime_query<RealtimeAgentPresenceBySecond>(), check_items),
      jd_case(ThirdPartyMessages("out-app-01", "sid-20240601-0001"),
              [](const ThirdPartyMessagesPage& read) {
                REQUIRE(read.messages.size() == 1);
                const ThirdPartyMessage& message = read.messages[0];
                CHECK(message.merchant_id == "10001");
                CHECK(message.sid == "sid-20240601-0001");
                CHECK(message.mid == "5001");
                CHECK(message.uuid == "6f1c0d6e-0d3b-4f0a-9a51-1b2c3d4e5f60");
                CHECK(message.customer.pin == "jd_buyer_001");
                CHECK(message.content == "您好");
                CHECK(text_of(message.created) == "2024-06-01 08:30:00");
                CHECK(message.author == ChatLine::Author::waiter);  // a number here
                CHECK(message.mt == 1);
                CHECK(message.chat_type == 1);
                CHECK(message.type == "text");
                CHECK(message.ext_param == "{}");
                CHECK(read.total == 1);
                CHECK(read.page_size == 50);
                CHECK(read.success == true);
                CHECK(read.message == "success");
              }),
  };
}

}  // namespace kefu_test
