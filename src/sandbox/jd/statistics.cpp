#include "sandbox/jd/lists.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using detail::JsonWriter;
using DayAndWaiter = std::pair<std::int64_t, std::string>;

JdResult daily_rows(const std::map<DayAndWaiter, std::int64_t>& rows) {
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("WaiterDailyStat").begin_array();
  for (const auto& [key, amount] : rows) {
    writer.begin_object().key("date").string(jd_day_text(key.first)).key("waiter").string(key.second);
    writer.key("result").string(std::to_string(amount)).end_object();
  }
  writer.end_array().end_object();
  return result;
}

/// Sessions of a period per day and agent; `counts` says which of them.
template <class Counts>
JdResult count_sessions(JdCall& call, Counts counts) {
  JdPeriod period;
  if (auto bad = take_jd_period(call, period)) return *bad;
  const JdWaiters waiters(call);
  std::map<DayAndWaiter, std::int64_t> rows;
  for (const JdSession& one : call.shop->sessions) {
    if (one.visible > call.now || !period.holds(one.begin) || !waiters.has(one.waiter)) continue;
    rows[{platform_day(one.begin), one.waiter}] += counts(one) ? 1 : 0;
  }
  return daily_rows(rows);
}

JdResult replied(JdCall& call) {
  return count_sessions(call, [](const JdSession& one) { return one.reply != kNotYet; });
}
JdResult unreplied(JdCall& call) {
  return count_sessions(call, [](const JdSession& one) { return one.reply == kNotYet; });
}

/// Seconds on line, by the day of the login; who is still there counts up to now.
JdResult online_time(JdCall& call) {
  JdPeriod period;
  if (auto bad = take_jd_period(call, period)) return *bad;
  const JdWaiters waiters(call);
  std::map<DayAndWaiter, std::int64_t> rows;
  for (const JdLogin& one : call.shop->logins) {
    if (!period.holds(one.in) || !waiters.has(one.waiter)) continue;
    const WallTime end = one.out == kNotYet ? std::max(call.now, one.in) : one.out;
    rows[{platform_day(one.in), one.waiter}] += unix_seconds(end) - unix_seconds(one.in);
  }
  return daily_rows(rows);
}

JdResult evaluation_statistics(JdCall& call) {
  JdPeriod period;
  if (auto bad = take_jd_period(call, period)) return *bad;
  const JdWaiters waiters(call);
  std::map<std::tuple<std::int64_t, std::string, int>, std::int64_t> rows;
  for (const JdEvaluation& one : call.shop->evaluations)
    if (one.visible <= call.now && period.holds(one.time) && waiters.has(one.waiter))
      ++rows[{platform_day(one.time), one.waiter, one.score}];
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("WaiterDailyEvaStat").begin_array();
  for (const auto& [key, count] : rows) {
    writer.begin_object().key("date").string(jd_day_text(std::get<0>(key)));
    writer.key("waiter").string(std::get<1>(key)).key("score").integer(std::get<2>(key));
    writer.key("count").integer(count).end_object();
  }
  writer.end_array().end_object();
  return result;
}

/// Mean seconds from the beginning of a session to its first answer, over the sessions of one day.
JdResult average_wait(JdCall& call) {
  const auto date = read_jd_time(call.text("date"), true);
  if (!date) return jd_error(60);
  const JdWaiters waiters(call);
  const std::int64_t day = platform_day(*date);
  double sum = 0;
  double count = 0;
  for (const JdSession& one : call.shop->sessions) {
    if (one.visible > call.now || one.reply == kNotYet || platform_day(one.begin) != day || !waiters.has(one.waiter))
      continue;
    sum += static_cast<double>(unix_millis(one.reply) - unix_millis(one.begin)) / 1000;
    count += 1;
  }
  JdResult result;
  result.node.clear();
  JsonWriter(result.node).begin_object().key("avgTime").real(count > 0 ? sum / count : 0).end_object();
  return result;
}

JdResult ask_rate(JdCall& call) {
  JdPeriod period;
  if (auto bad = take_jd_period(call, period)) return *bad;
  double asked = 0;
  double answered = 0;
  for (const JdSession& one : call.shop->sessions) {
    if (one.visible > call.now || !period.holds(one.begin)) continue;
    asked += 1;
    answered += one.reply != kNotYet ? 1 : 0;
  }
  JdResult result;
  result.node.clear();
  JsonWriter(result.node).begin_object().key("askRate").real(asked > 0 ? answered / asked : 0).end_object();
  return result;
}

}  // namespace

std::vector<JdRoute> jd_statistics_routes() {
  constexpr JdFamily kPlain = JdFamily::plain;
  return {
      {"jingdong.im.pop.evaluationstat.get", kPlain, "", evaluation_statistics},
      {"jingdong.im.pop.replystat.get", kPlain, "", replied},
      {"jingdong.im.pop.unreplystat.get", kPlain, "", unreplied},
      {"jingdong.im.pop.waiter.onlinetime.stat.get", kPlain, "", online_time},
      {"jingdong.im.pop.consult.avgwaittime.get", kPlain, "", average_wait},
      {"jingdong.im.pop.askRate.get", kPlain, "", ask_rate},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
