#include "core/text/csv_writer.hpp"

#include <kefu/jd/quality_report.hpp>

#include <set>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

std::set<int> scores_in(const QualityReport& report) {
  std::set<int> scores;
  const auto add = [&](const QualityFigures& figures) {
    if (figures.scores)
      for (const auto& entry : *figures.scores) scores.insert(entry.first);
  };
  for (const QualityRow& row : report.days) add(row.figures);
  for (const QualityRow& row : report.agents) add(row.figures);
  add(report.total);
  return scores;
}

void write_row(detail::CsvWriter& csv, std::string_view scope, const std::string& agent, const std::string& date,
               const QualityFigures& f, const std::set<int>& scores) {
  using Count = std::optional<std::int64_t>;
  const FirstResponse response = f.first_response.value_or(FirstResponse());
  csv.text(scope).text(agent).text(date);
  csv.integer(f.sessions).integer(f.transferred);
  csv.integer(f.first_response ? Count(response.answered) : Count());
  csv.integer(f.first_response ? Count(response.never_answered) : Count());
  csv.real(response.median, 3).real(response.p90, 3).real(response.mean, 3);
  csv.integer(f.replied).integer(f.unreplied);
  csv.integer(f.rated).integer(f.commented).integer(f.satisfied).integer(f.dissatisfied).integer(f.off_scale);
  csv.real(f.satisfaction, 4).real(f.waiting_time, 3);
  if (f.online_time.empty())
    csv.empty();
  else
    csv.text(f.online_time);
  for (const int score : scores) {
    if (!f.scores) {
      csv.empty();
      continue;
    }
    const auto found = f.scores->find(score);
    csv.integer(found == f.scores->end() ? 0 : found->second);
  }
  csv.end_row();
}

}  // namespace

std::string to_csv(const QualityReport& report) {
  const std::set<int> scores = scores_in(report);
  std::string out;
  detail::CsvWriter csv(out);
  for (const std::string_view head : {"scope",
                                      "agent",
                                      "date",
                                      "sessions",
                                      "transferred",
                                      "answered",
                                      "never_answered",
                                      "first_response_median_s",
                                      "first_response_p90_s",
                                      "first_response_mean_s",
                                      "replied",
                                      "unreplied",
                                      "rated",
                                      "commented",
                                      "satisfied",
                                      "dissatisfied",
                                      "off_scale",
                                      "satisfaction",
                                      "waiting_time_s",
                                      "online_time_s"})
    csv.text(head);
  for (const int score : scores) csv.text("score_" + std::to_string(score));
  csv.end_row();
  for (const QualityRow& row : report.days) write_row(csv, "day", row.agent, row.date, row.figures, scores);
  for (const QualityRow& row : report.agents) write_row(csv, "agent", row.agent, row.date, row.figures, scores);
  write_row(csv, "total", {}, {}, report.total, scores);
  return out;
}

}  // namespace jd
KEFU_END_NAMESPACE
