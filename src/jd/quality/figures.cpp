#include "jd/quality/figures.hpp"

#include "core/tokens/credential.hpp"

#include <kefu/jd/time.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <system_error>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

/// A day as the platform wrote it, in one form where that can be told.
std::string day_label(const std::string& date) {
  const bool compact = date.size() == 8 && date.find_first_not_of("0123456789") == std::string::npos;
  if (compact) return date.substr(0, 4) + '-' + date.substr(4, 2) + '-' + date.substr(6);
  const auto time = read_gateway_time(date);
  return time ? gateway_date(*time) : date;
}

template <class Number>
std::optional<Number> parse_number(const std::string& text) {
  Number number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

void add_count(std::optional<std::int64_t>& to, const std::optional<std::int64_t>& more) {
  if (more) to = to.value_or(0) + *more;
}

FirstResponse first_response_of(std::int64_t answered, std::int64_t never, std::vector<double> seconds) {
  FirstResponse response;
  response.answered = answered;
  response.never_answered = never;
  if (seconds.empty()) return response;
  std::sort(seconds.begin(), seconds.end());
  response.mean = std::accumulate(seconds.begin(), seconds.end(), 0.0) / static_cast<double>(seconds.size());
  const std::size_t middle = seconds.size() / 2;
  response.median = seconds.size() % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2;
  response.p90 = quantile(seconds, 0.9);
  return response;
}

/// One text as it is; several as their sum if all are numbers.
std::string sum_of(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return texts.front();
  double sum = 0;
  for (const std::string& text : texts) {
    const auto number = parse_number<double>(text);
    if (!number) return {};
    sum += *number;
  }
  return texts.empty() ? std::string() : fmt::format("{}", sum);
}

}  // namespace

double quantile(const std::vector<double>& values, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

/// Sessions may come twice where pages shift while they are read. One that changed hands is one for each agent.
void QualityAccumulator::add(const ChatSession& session) {
  if (!session.begin.at || !wanted(*session.begin.at)) return;
  const WallTime begin = *session.begin.at;
  if (!session.sid.empty()) {
    const std::string identity = fmt::format("{}\n{}\n{}", session.sid, session.waiter, unix_millis(begin));
    if (!seen_sessions_.insert(detail::tag_digest(identity)).second) return;
  }
  Cell& day = cell(session.waiter, gateway_date(begin));
  ++day.sessions;
  if (session.transfer) ++day.transferred;
  if (!session.reply.at) {
    ++day.never_answered;
    return;
  }
  ++day.answered;
  const std::chrono::duration<double> waited = *session.reply.at - begin;
  if (waited.count() >= 0) day.response_seconds.push_back(waited.count());
}

void QualityAccumulator::add(const Evaluation& evaluation) {
  if (!evaluation.time.at || !wanted(*evaluation.time.at)) return;
  Cell& day = cell(evaluation.waiter, gateway_date(*evaluation.time.at));
  ++day.entries;
  if (!evaluation.description.empty()) ++day.commented;
  if (evaluation.score) ++day.listed_scores[*evaluation.score];
}

void QualityAccumulator::add(const DailyEvaluations& count) {
  const std::string date = day_label(count.date);
  if (count.score && wanted_label(date)) cell(count.waiter, date).counted_scores.emplace(*count.score, count.count);
}

/// Dates in a form that nobody knows cannot be left out.
bool QualityAccumulator::wanted_label(const std::string& date) const {
  const auto day = read_gateway_time(date);
  return !day || wanted(*day);
}

bool QualityAccumulator::add(Statistic which, const DailyStatistic& value) {
  const std::string date = day_label(value.date);
  if (value.result.empty() || !wanted_label(date)) return true;
  if (which == Statistic::online_time) {
    auto& times = cell(value.waiter, date).online_times;
    if (times.empty()) times.push_back(value.result);
    return true;
  }
  const auto number = parse_number<std::int64_t>(value.result);
  if (!number) return false;
  Cell& day = cell(value.waiter, date);
  auto& figure = which == Statistic::replied ? day.replied : day.unreplied;
  if (!figure) figure = number;
  return true;
}

void QualityAccumulator::add_waiting_time(const std::string& agent, WallTime day, double average) {
  cell(agent, gateway_date(day)).waiting_time = average;
}

void QualityAccumulator::answered(Source source, const std::string& agent, WallTime first, WallTime end) {
  auto& days = answered_[static_cast<std::size_t>(source)][agent];
  for (WallTime day = start_of_day(first); day < end; day += std::chrono::hours(24)) days.insert(gateway_date(day));
}

void QualityAccumulator::note_sources(Cell& into, const Key& key) const {
  // A row without an agent's name holds what came without one, and tells nothing of the rest.
  const auto has = [&](Source source) {
    if (key.first.empty()) return false;
    const DaysByAgent& of_source = answered_[static_cast<std::size_t>(source)];
    for (const std::string& agent : {key.first, std::string()}) {
      const auto days = of_source.find(agent);
      if (days != of_source.end() && days->second.count(key.second) != 0) return true;
    }
    return false;
  };
  into.has_sessions = has(Source::sessions) || into.sessions != 0;
  into.has_entries = has(Source::evaluations) || into.entries != 0;
  into.has_counts = has(Source::evaluation_counts) || !into.counted_scores.empty();
}

void QualityAccumulator::merge(Cell& into, const Cell& more) {
  into.sessions += more.sessions;
  into.transferred += more.transferred;
  into.never_answered += more.never_answered;
  into.answered += more.answered;
  into.response_seconds.insert(into.response_seconds.end(), more.response_seconds.begin(), more.response_seconds.end());
  into.entries += more.entries;
  into.commented += more.commented;
  // Per day the platform's own counts, else those of the list: a day is never counted by both.
  const auto& scores = more.has_counts ? more.counted_scores : more.listed_scores;
  for (const auto& [score, count] : scores) into.counted_scores[score] += count;
  add_count(into.replied, more.replied);
  add_count(into.unreplied, more.unreplied);
  into.online_times.insert(into.online_times.end(), more.online_times.begin(), more.online_times.end());
  into.has_sessions |= more.has_sessions;
  into.has_entries |= more.has_entries;
  into.has_counts |= more.has_counts || more.has_entries;
}

bool QualityAccumulator::says_anything(const Cell& all) {
  return all.has_sessions || all.has_entries || all.has_counts || all.replied || all.unreplied ||
         !all.online_times.empty();
}

void QualityAccumulator::rate(QualityFigures& figures) const {
  if (!scale_ || !figures.scores) return;
  std::int64_t satisfied = 0;
  std::int64_t dissatisfied = 0;
  std::int64_t off_scale = 0;
  const auto among = [](const std::vector<int>& scores, int score) {
    return std::find(scores.begin(), scores.end(), score) != scores.end();
  };
  for (const auto& [score, count] : *figures.scores) {
    if ((scale_->lowest && score < *scale_->lowest) || (scale_->highest && score > *scale_->highest))
      off_scale += count;
    else if (among(scale_->satisfied, score))
      satisfied += count;
    else if (among(scale_->dissatisfied, score))
      dissatisfied += count;
    else if (!scale_->neutral.empty() && !among(scale_->neutral, score))
      off_scale += count;
  }
  figures.satisfied = satisfied;
  figures.dissatisfied = dissatisfied;
  figures.off_scale = off_scale;
  const std::int64_t on_scale = *figures.rated - off_scale;
  if (on_scale > 0) figures.satisfaction = static_cast<double>(satisfied) / static_cast<double>(on_scale);
}

QualityFigures QualityAccumulator::figures(Cell cell, bool one_day) const {
  QualityFigures made;
  if (cell.has_counts || cell.has_entries) {
    made.scores = cell.has_counts ? std::move(cell.counted_scores) : std::move(cell.listed_scores);
    made.rated = 0;
    for (const auto& [score, count] : *made.scores) *made.rated += count;
    rate(made);
  }
  if (cell.has_entries) made.commented = cell.commented;
  if (cell.has_sessions) {
    made.sessions = cell.sessions;
    made.transferred = cell.transferred;
    made.first_response = first_response_of(cell.answered, cell.never_answered, std::move(cell.response_seconds));
  }
  made.replied = cell.replied;
  made.unreplied = cell.unreplied;
  if (one_day) made.waiting_time = cell.waiting_time;
  made.online_time = sum_of(cell.online_times);
  return made;
}

QualityReport QualityAccumulator::report() const {
  QualityReport made;
  made.from = gateway_date(from_);
  made.to = gateway_date(to_ - std::chrono::seconds(1));
  std::map<std::string, Cell> agents;
  Cell total;
  for (const auto& [key, collected] : cells_) {
    Cell day = collected;
    note_sources(day, key);
    merge(agents[key.first], day);
    merge(total, day);
    QualityRow row;
    row.agent = key.first;
    row.date = key.second;
    row.figures = figures(std::move(day), true);
    made.days.push_back(std::move(row));
  }
  for (auto& [agent, all] : agents) {
    if (!says_anything(all)) continue;
    QualityRow row;
    row.agent = agent;
    row.figures = figures(std::move(all), false);
    made.agents.push_back(std::move(row));
  }
  const auto was_answered = [&](Source source) {
    const DaysByAgent& of_source = answered_[static_cast<std::size_t>(source)];
    return std::any_of(of_source.begin(), of_source.end(), [](const auto& days) { return !days.second.empty(); });
  };
  total.has_sessions |= was_answered(Source::sessions);
  total.has_entries |= was_answered(Source::evaluations);
  total.has_counts |= was_answered(Source::evaluation_counts);
  made.total = figures(std::move(total), false);
  return made;
}

}  // namespace jd
KEFU_END_NAMESPACE
