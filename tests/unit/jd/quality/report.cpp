// How the quality report is read, against a scripted gateway; its arithmetic is tested apart.
#include "support/jd_gateway.hpp"

#include <kefu/jd/quality_report.hpp>
#include <kefu/jd/time.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;
using kefu_test::JdCall;
using kefu_test::JdGateway;

namespace {

constexpr char kSessions[] = "jingdong.im.pop.sessionlist.get";
constexpr char kEvaluations[] = "jingdong.im.pop.evaluationlist.get";
constexpr char kCounts[] = "jingdong.im.pop.evaluationstat.get";
constexpr char kReplied[] = "jingdong.im.pop.replystat.get";
constexpr char kUnreplied[] = "jingdong.im.pop.unreplystat.get";
constexpr char kOnline[] = "jingdong.im.pop.waiter.onlinetime.stat.get";
constexpr char kWaiting[] = "jingdong.im.pop.consult.avgwaittime.get";
constexpr std::chrono::hours kDay{24};

/// A gateway whose shop has the same day every day: 60 sessions, answered after 1 to 60 s, 3 evaluations.
struct Office : JdGateway {
  Office() {
    on(kSessions, [this](const JdCall& call) {
      std::vector<std::string> all;
      for (const WallTime day : days(call))
        for (int i = 1; i <= 60; ++i) all.push_back(session(day + std::chrono::minutes(i), i));
      return node(call.method, R"({"code":"0","ChatSessionPage":{"chatSessionList":[)" + page(call, all) + "]}}");
    });
    on(kEvaluations, [this](const JdCall& call) {
      std::vector<std::string> all;
      for (const WallTime day : days(call))
        for (const int score : {5, 5, 1})
          all.push_back(R"({"customer":"c","waiter":"zhang","desc":"好","score":)" + std::to_string(score) +
                        R"(,"evaTime":)" + std::to_string(unix_millis(day + 1h)) + "}");
      return node(call.method, R"({"code":"0","Evaluation":[)" + page(call, all) + "]}");
    });
    on(kCounts, [this](const JdCall& call) {
      std::string rows;
      for (const WallTime day : days(call))
        for (const auto& [score, count] : {std::pair(5, 2), std::pair(1, 1)})
          rows += (rows.empty() ? "" : ",") + std::string(R"({"waiter":"zhang","date":")") + jd::gateway_date(day) +
                  R"(","score":)" + std::to_string(score) + R"(,"count":)" + std::to_string(count) + "}";
      return node(call.method, R"({"code":"0","WaiterDailyEvaStat":[)" + rows + "]}");
    });
    for (const auto& [method, value] :
         {std::pair(kReplied, "55"), std::pair(kUnreplied, "5"), std::pair(kOnline, "28800")}) {
      on(method, [this, figure = std::string(value)](const JdCall& call) {
        std::string rows;
        for (const WallTime day : days(call))
          rows += (rows.empty() ? "" : ",") + std::string(R"({"waiter":"zhang","date":")") + jd::gateway_date(day) +
                  R"(","result":")" + figure + "\"}";
        return node(call.method, R"({"code":"0","WaiterDailyStat":[)" + rows + "]}");
      });
    }
    on_node(kWaiting, R"({"code":"0","avgTime":23.5})");
  }

  static std::vector<WallTime> days(const JdCall& call) {
    std::vector<WallTime> found;
    const WallTime last = *jd::read_gateway_time(call["endTime"]);
    for (WallTime day = jd::start_of_day(*jd::read_gateway_time(call["startTime"])); day <= last; day += kDay)
      found.push_back(day);
    return found;
  }
  static std::string page(const JdCall& call, const std::vector<std::string>& all) {
    const std::size_t size = std::stoul(call["pageSize"]);
    const std::size_t first = (std::stoul(call["page"]) - 1) * size;
    std::string joined;
    for (std::size_t i = first; i < std::min(all.size(), first + size); ++i)
      joined += (joined.empty() ? "" : ",") + all[i];
    return joined;
  }
  static std::string session(WallTime begin, int reply_after) {
    return R"({"customer":"c","waiter":"zhang","beginTime":)" + std::to_string(unix_millis(begin)) +
           R"(,"replyTime":)" + std::to_string(unix_millis(begin + std::chrono::seconds(reply_after))) +
           R"(,"transfer":false,"sid":"s)" + std::to_string(unix_seconds(begin)) + "\"}";
  }
  void refuse(const std::string& method, const std::string& code) {
    on(method, [code](const JdCall&) { return json_reply(error_response(code)); });
  }
  jd::QualityReportRequest last_days(int count) const {
    const WallTime today = jd::start_of_day(time->wall());
    jd::QualityReportRequest request(today - count * kDay, today);
    request.scale.emplace(std::vector<int>{5}, std::vector<int>{1});
    return request;
  }
  Result<jd::QualityReport> report(jd::QualityReportRequest request, CallOptions options = {}) const {
    return jd::quality_report(*shop, std::move(request), std::move(options)).get();
  }
};

}  // namespace

TEST_CASE("the report of a long period is read in windows of 7 days and in pages") {
  Office office;
  const auto report = office.report(office.last_days(30));
  REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().to_string()));
  CHECK(report->missing.empty());
  CHECK(report->total.sessions == 30 * 60);
  CHECK(report->total.first_response->median == 30.5);
  CHECK(report->total.first_response->p90 == 54);
  CHECK(report->total.rated == 30 * 3);
  CHECK(report->total.commented == 30 * 3);
  CHECK(*report->total.satisfaction == doctest::Approx(2.0 / 3));
  CHECK(report->total.replied == 30 * 55);
  CHECK(report->total.unreplied == 30 * 5);
  CHECK(report->total.online_time == "864000");
  CHECK(report->agents.size() == 1);
  CHECK(report->days.size() == 60);  // zhang's days, and the waiting times that came without a name
  CHECK(office.calls_of(kWaiting).size() == 30);
  CHECK(office.calls_of(kCounts).size() == 5);
  for (const auto& call : office.calls)
    if (call.method != kWaiting) CHECK(Office::days(call).size() <= 7);
}

TEST_CASE("agents are asked one by one; waiting times can be left out") {
  Office office;
  auto request = office.last_days(7);
  request.agents = {"zhang", "li"};
  request.waiting_times = false;
  REQUIRE(office.report(request).has_value());
  std::set<std::string> waiters;
  for (const auto& call : office.calls_of(kReplied)) waiters.insert(call["waiter"]);
  CHECK(waiters == std::set<std::string>{"zhang", "li"});
  CHECK(office.calls_of(kWaiting).empty());
}

TEST_CASE("a part that fails is missing and says why; the others are there") {
  Office office;
  office.refuse(kSessions, "24");
  office.on(kUnreplied, [&](const JdCall& call) {
    const auto day = jd::gateway_date(Office::days(call).front());
    return JdGateway::node(
        call.method, R"({"code":"0","WaiterDailyStat":[{"waiter":"zhang","date":")" + day + R"(","result":"many"}]})");
  });
  const auto report = office.report(office.last_days(42));
  REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().to_string()));
  CHECK_FALSE(report->total.sessions.has_value());
  CHECK_FALSE(report->total.unreplied.has_value());
  CHECK(report->total.rated == 42 * 3);
  REQUIRE(report->missing.size() == 2);
  CHECK(report->missing[0].what == "sessions");
  CHECK(report->missing[0].why.kind() == ErrorKind::permission);
  CHECK(report->missing[0].from == report->from);
  CHECK(report->missing[0].to == report->to);
  CHECK(report->missing[1].what == "unreplied");
  // A right that is missing is asked for by those under way only, not in each window.
  CHECK(office.calls_of(kSessions).size() == 4);
}

TEST_CASE("a window that fails in passing is one missing part of its days") {
  Office office;
  int calls = 0;
  office.on(kReplied, [&](const JdCall& call) {
    ++calls;
    if (Office::days(call).front() == jd::start_of_day(office.time->wall()) - 12 * kDay)
      return JdGateway::json_reply(JdGateway::error_response("61"));
    const auto day = jd::gateway_date(Office::days(call).front());
    return JdGateway::node(
        call.method, R"({"code":"0","WaiterDailyStat":[{"waiter":"zhang","date":")" + day + R"(","result":"7"}]})");
  });
  const auto report = office.report(office.last_days(18));
  REQUIRE(report.has_value());
  CHECK(calls == 3);
  CHECK(report->total.replied == 14);
  REQUIRE(report->missing.size() == 1);
  CHECK(report->missing[0].what == "replied");
  CHECK(report->missing[0].from == jd::gateway_date(office.time->wall() - 12 * kDay));
  CHECK(report->missing[0].to == jd::gateway_date(office.time->wall() - 7 * kDay));
}

TEST_CASE("nothing readable at all is the failure itself, after few calls") {
  Office office;
  for (const char* method : {kSessions, kEvaluations, kCounts, kReplied, kUnreplied, kOnline, kWaiting})
    office.refuse(method, "22");
  const auto report = office.report(office.last_days(80));
  REQUIRE_FALSE(report.has_value());
  CHECK(report.error().kind() == ErrorKind::needs_authorization);
  CHECK(office.calls.size() <= 4);
}

TEST_CASE("the day's calls used up half way: what was read is reported, the rest is missing and not asked") {
  Office office;
  office.refuse(kCounts, "2");
  const auto report = office.report(office.last_days(7));
  REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().to_string()));
  CHECK(report->total.sessions == 7 * 60);
  CHECK(report->missing.size() >= 2);
  for (const auto& part : report->missing) CHECK(part.why.kind() == ErrorKind::quota_exhausted);
  CHECK(office.calls_of(kWaiting).empty());
}

TEST_CASE("a cancelled report ends, and so does one whose shop was removed or whose time is over") {
  Office office;
  auto pending = jd::quality_report(*office.shop, office.last_days(30));
  pending.cancel();
  const auto cancelled = std::move(pending).get();
  REQUIRE_FALSE(cancelled.has_value());
  CHECK(cancelled.error().kind() == ErrorKind::cancelled);

  office.transport->on(
      "/routerjson", [](const HttpRequest&) { return HttpOutcome(TransportFault::closed_without_reply, ""); }, 10s);
  CallOptions options;
  options.timeout = 30s;
  const auto late = office.report(office.last_days(30), options);
  REQUIRE_FALSE(late.has_value());
  CHECK(office.time->elapsed() <= 31s);

  office.shop->close();
  const auto removed = office.report(office.last_days(7));
  REQUIRE_FALSE(removed.has_value());
  CHECK(removed.error().kind() == ErrorKind::cancelled);
}

TEST_CASE("a report that cannot be, or would cost too much, is refused without a call") {
  Office office;
  const WallTime today = jd::start_of_day(office.time->wall());
  auto nameless = office.last_days(7);
  nameless.agents = {""};
  auto costly = office.last_days(90);
  for (int i = 0; i < 30; ++i) costly.agents.push_back("agent-" + std::to_string(i));
  for (const auto& request :
       {jd::QualityReportRequest(today, today), jd::QualityReportRequest(today - 91 * kDay, today),
        jd::QualityReportRequest(today, today + 10 * kDay), nameless, costly}) {
    const auto report = office.report(request);
    REQUIRE_FALSE(report.has_value());
    CHECK(report.error().kind() == ErrorKind::bad_argument);
  }
  CHECK(office.calls.empty());
}
