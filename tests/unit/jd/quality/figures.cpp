// The arithmetic of the quality report, with values.
#include "jd/quality/figures.hpp"

#include <kefu/jd/time.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;
using jd::QualityAccumulator;
using Source = QualityAccumulator::Source;
using Statistic = QualityAccumulator::Statistic;

namespace {

const WallTime kMonday = *jd::read_gateway_time("2024-06-03 00:00:00");
constexpr std::chrono::hours kDay{24};

jd::ChatSession session(const std::string& sid, const std::string& waiter, WallTime begin, double reply_after) {
  jd::ChatSession made;
  made.sid = sid;
  made.waiter = waiter;
  made.begin = begin;
  if (reply_after >= 0) made.reply = begin + Millis(static_cast<std::int64_t>(reply_after * 1000));
  return made;
}
jd::Evaluation evaluation(const std::string& waiter, WallTime time, int score, const std::string& words = "") {
  jd::Evaluation made;
  made.waiter = waiter;
  made.time = time;
  made.score = score;
  made.description = words;
  return made;
}
jd::DailyEvaluations counted(const std::string& waiter, const std::string& date, int score, int count) {
  jd::DailyEvaluations made;
  made.waiter = waiter;
  made.date = date;
  made.score = score;
  made.count = count;
  return made;
}
jd::DailyStatistic statistic(const std::string& waiter, const std::string& date, const std::string& result) {
  jd::DailyStatistic made;
  made.waiter = waiter;
  made.date = date;
  made.result = result;
  return made;
}
jd::ScoreScale five_stars() {
  jd::ScoreScale scale({4, 5}, {1, 2});
  scale.lowest = 1;
  scale.highest = 5;
  return scale;
}
QualityAccumulator week(std::optional<jd::ScoreScale> scale = five_stars()) {
  return QualityAccumulator(kMonday, kMonday + 7 * kDay, std::move(scale));
}
const jd::QualityFigures& of(const std::vector<jd::QualityRow>& rows, const std::string& agent,
                             const std::string& date = "") {
  for (const auto& row : rows)
    if (row.agent == agent && row.date == date) return row.figures;
  FAIL("no row of " << agent << " " << date);
  return rows.front().figures;
}

}  // namespace

TEST_CASE("quantiles by nearest rank") {
  CHECK(jd::quantile({7}, 0.9) == 7);
  CHECK(jd::quantile({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0.9) == 9);
  CHECK(jd::quantile({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 0.9) == 10);
  CHECK(jd::quantile({1, 2}, 0.0) == 1);
  CHECK(jd::quantile({1, 2}, 1.0) == 2);
}

TEST_CASE("first responses are computed from sessions, per agent and day and over all") {
  auto figures = week();
  for (int i = 1; i <= 10; ++i)
    figures.add(session("a" + std::to_string(i), "zhang", kMonday + std::chrono::hours(i), i * 10));
  figures.add(session("b1", "zhang", kMonday + 12h, -1));
  figures.add(session("b2", "li", kMonday + kDay, 4));
  figures.add(session("b3", "li", kMonday + kDay, 8));
  const auto report = figures.report();

  const auto& monday = of(report.days, "zhang", "2024-06-03");
  CHECK(monday.sessions == 11);
  REQUIRE(monday.first_response.has_value());
  CHECK(monday.first_response->answered == 10);
  CHECK(monday.first_response->never_answered == 1);
  CHECK(monday.first_response->median == 55);
  CHECK(monday.first_response->p90 == 90);
  CHECK(monday.first_response->mean == 55);
  CHECK(of(report.agents, "li").first_response->median == 6);
  CHECK(report.total.sessions == 13);
  CHECK(report.total.first_response->p90 == 90);
  CHECK(report.from == "2024-06-03");
  CHECK(report.to == "2024-06-09");
}

TEST_CASE("days are those of GMT+8; what lies outside of the period or comes twice does not count") {
  auto figures = week();
  figures.add(session("a", "zhang", kMonday, 5));  // 00:00 in GMT+8, Sunday in UTC
  figures.add(session("a", "zhang", kMonday, 5));  // pages that shifted
  figures.add(session("a", "li", kMonday, 5));     // changed hands: one for each
  figures.add(session("b", "zhang", kMonday - 1s, 5));
  figures.add(session("c", "zhang", kMonday + 7 * kDay, 5));
  figures.add(session("d", "zhang", kMonday + 7 * kDay - 1s, 5));
  figures.add(evaluation("zhang", kMonday - 1s, 5));
  figures.add(counted("zhang", "2024-06-10", 5, 3));
  CHECK(figures.add(Statistic::replied, statistic("zhang", "2024-06-02", "9")));
  for (int i = 0; i < 2; ++i) {  // windows that overlap
    figures.add(counted("zhang", "2024-06-04", 5, 3));
    CHECK(figures.add(Statistic::replied, statistic("zhang", "2024-06-04", "9")));
    CHECK(figures.add(Statistic::online_time, statistic("zhang", "2024-06-04", "60")));
  }
  const auto report = figures.report();
  CHECK(report.total.sessions == 3);
  CHECK(of(report.days, "zhang", "2024-06-03").sessions == 1);
  CHECK(of(report.days, "zhang", "2024-06-09").sessions == 1);
  CHECK(report.total.rated == 3);
  CHECK(report.total.replied == 9);
  CHECK(report.total.online_time == "60");
}

TEST_CASE("sessions whose reply lies before their begin count as answered, but not in the times") {
  auto figures = week();
  auto odd = session("a", "zhang", kMonday + 1h, 0);
  odd.reply = kMonday;
  figures.add(odd);
  figures.add(session("b", "zhang", kMonday + 2h, 6));
  const auto response = *figures.report().total.first_response;
  CHECK(response.answered == 2);
  CHECK(response.mean == 6);
}

TEST_CASE("scores are counted per score; satisfaction follows the host's scale") {
  auto figures = week();
  figures.add(counted("zhang", "2024-06-03", 5, 12));
  figures.add(counted("zhang", "2024-06-03", 3, 4));
  figures.add(counted("zhang", "2024-06-03", 1, 1));
  figures.add(counted("zhang", "2024-06-04", 9, 3));
  figures.add(counted("li", "20240604", 4, 1));
  const auto report = figures.report();
  const auto& zhang = of(report.agents, "zhang");
  CHECK(*zhang.scores == std::map<int, std::int64_t>{{1, 1}, {3, 4}, {5, 12}, {9, 3}});
  CHECK(zhang.rated == 20);
  CHECK(zhang.satisfied == 12);
  CHECK(zhang.dissatisfied == 1);
  CHECK(zhang.off_scale == 3);
  CHECK(*zhang.satisfaction == doctest::Approx(12.0 / 17));
  CHECK(of(report.days, "li", "2024-06-04").rated == 1);
  CHECK(report.total.rated == 21);
  CHECK(*report.total.satisfaction == doctest::Approx(13.0 / 18));
  CHECK_FALSE(of(report.days, "zhang", "2024-06-04").satisfaction.has_value());  // nothing on the scale
}

TEST_CASE("a scale may run the other way; without one nothing is called satisfied") {
  auto reversed = week(jd::ScoreScale({0}, {2}));
  reversed.add(counted("zhang", "2024-06-03", 0, 3));
  reversed.add(counted("zhang", "2024-06-03", 2, 1));
  CHECK(*reversed.report().total.satisfaction == doctest::Approx(0.75));

  auto none = week(std::nullopt);
  none.add(counted("zhang", "2024-06-03", 5, 3));
  const auto total = none.report().total;
  CHECK(total.rated == 3);
  CHECK_FALSE(total.satisfied.has_value());
  CHECK_FALSE(total.satisfaction.has_value());
}

TEST_CASE("shops A11: the scale is that of JD's texts, and a score on none of its lists is marked") {
  auto figures = week(jd::ScoreScale());
  for (const auto& [score, count] : std::map<int, int>{{0, 1}, {25, 1}, {50, 2}, {75, 3}, {100, 5}, {5, 4}})
    figures.add(counted("zhang", "2024-06-03", score, count));
  const auto total = figures.report().total;
  CHECK(total.rated == 16);
  CHECK(total.satisfied == 8);
  CHECK(total.dissatisfied == 2);
  CHECK(total.off_scale == 4);
  CHECK(*total.satisfaction == doctest::Approx(8.0 / 12));
  CHECK(jd::QualityReportRequest(kMonday, kMonday + kDay).scale->satisfied == std::vector<int>{75, 100});
}

TEST_CASE("where the platform's counts are missing, the list is counted, and never both") {
  auto figures = week();
  figures.add(counted("zhang", "2024-06-03", 5, 2));
  figures.add(evaluation("zhang", kMonday + 1h, 5, "很好"));
  figures.add(evaluation("zhang", kMonday + 2h, 5));
  figures.add(evaluation("zhang", kMonday + kDay + 2h, 1, "太慢"));  // no counts of this day
  const auto report = figures.report();
  CHECK(*of(report.agents, "zhang").scores == std::map<int, std::int64_t>{{1, 1}, {5, 2}});
  CHECK(report.total.rated == 3);
  CHECK(report.total.commented == 2);
}

TEST_CASE("what was not read is absent, what was read and not found is 0") {
  auto figures = week();
  figures.add(Statistic::replied, statistic("zhang", "2024-06-03", "37"));
  auto report = figures.report();
  const auto& unread = of(report.days, "zhang", "2024-06-03");
  CHECK(unread.replied == 37);
  CHECK_FALSE(unread.sessions.has_value());
  CHECK_FALSE(unread.rated.has_value());
  CHECK_FALSE(unread.unreplied.has_value());
  CHECK_FALSE(unread.waiting_time.has_value());
  CHECK_FALSE(report.total.sessions.has_value());

  figures.answered(Source::sessions, "", kMonday, kMonday + 2 * kDay);
  figures.answered(Source::evaluation_counts, "zhang", kMonday + kDay, kMonday + 2 * kDay);
  report = figures.report();
  CHECK(of(report.days, "zhang", "2024-06-03").sessions == 0);
  CHECK_FALSE(of(report.days, "zhang", "2024-06-03").rated.has_value());  // counts of another day
  CHECK(report.total.sessions == 0);
  CHECK(report.total.rated == 0);
  CHECK_FALSE(report.total.satisfaction.has_value());
  CHECK_FALSE(report.total.first_response->mean.has_value());
}

TEST_CASE("the platform's own figures pass through: counts add up, units that nobody knows are not mixed") {
  auto figures = week();
  CHECK(figures.add(Statistic::replied, statistic("zhang", "2024-06-03", "37")));
  CHECK(figures.add(Statistic::replied, statistic("zhang", "2024-06-04 00:00:00", "41")));
  CHECK(figures.add(Statistic::unreplied, statistic("zhang", "2024-06-03", "2")));
  CHECK_FALSE(figures.add(Statistic::unreplied, statistic("zhang", "2024-06-04", "many")));
  CHECK(figures.add(Statistic::online_time, statistic("zhang", "2024-06-03", "28800")));
  CHECK(figures.add(Statistic::online_time, statistic("zhang", "2024-06-04", "3600")));
  CHECK(figures.add(Statistic::online_time, statistic("li", "2024-06-03", "08:00:00")));
  CHECK(figures.add(Statistic::online_time, statistic("li", "2024-06-04", "07:30:00")));
  figures.add_waiting_time("zhang", kMonday, 23.5);
  figures.add_waiting_time("", kMonday, 30);
  const auto report = figures.report();
  CHECK(of(report.agents, "zhang").replied == 78);
  CHECK(of(report.agents, "zhang").unreplied == 2);
  CHECK(of(report.agents, "zhang").online_time == "32400");
  CHECK(of(report.days, "li", "2024-06-03").online_time == "08:00:00");
  CHECK(of(report.agents, "li").online_time.empty());
  CHECK(of(report.days, "zhang", "2024-06-03").waiting_time == 23.5);
  CHECK_FALSE(of(report.agents, "zhang").waiting_time.has_value());
  CHECK(of(report.days, "", "2024-06-03").waiting_time == 30);
  for (const auto& row : report.agents) CHECK_FALSE(row.agent.empty());  // it has nothing to say of a period
}

TEST_CASE("as CSV: one row per agent and day, then per agent, then the total; absent is empty; names are no formulas") {
  auto figures = week();
  figures.add(counted("=cmd|' /C calc'!A0", "2024-06-03", 5, 2));
  figures.add(counted("旗舰店-张", "2024-06-03", 1, 1));
  figures.add(session("a", "旗舰店-张", kMonday + 1h, 12.5));
  const std::string csv = jd::to_csv(figures.report());
  CHECK(csv ==
        "scope,agent,date,sessions,transferred,answered,never_answered,first_response_median_s,first_response_p90_s,"
        "first_response_mean_s,replied,unreplied,rated,commented,satisfied,dissatisfied,off_scale,satisfaction,"
        "waiting_time_s,online_time_s,score_1,score_5\r\n"
        "day,\"'=cmd|' /C calc'!A0\",2024-06-03,,,,,,,,,,2,,2,0,0,1,,,0,2\r\n"
        "day,旗舰店-张,2024-06-03,1,0,1,0,12.5,12.5,12.5,,,1,,0,1,0,0,,,1,0\r\n"
        "agent,\"'=cmd|' /C calc'!A0\",,,,,,,,,,,2,,2,0,0,1,,,0,2\r\n"
        "agent,旗舰店-张,,1,0,1,0,12.5,12.5,12.5,,,1,,0,1,0,0,,,1,0\r\n"
        "total,,,1,0,1,0,12.5,12.5,12.5,,,3,,2,1,0,0.6667,,,1,2\r\n");
}
