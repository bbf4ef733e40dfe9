#pragma once

#include <kefu/core/call_options.hpp>
#include <kefu/core/error.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/pending.hpp>
#include <kefu/core/time.hpp>
#include <kefu/jd/shop.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// What the scores of evaluations mean. By default those of JD's documentation texts of 2013, the newest there are: 0
/// very dissatisfied, 25 dissatisfied, 50 so-so, 75 satisfied, 100 very satisfied. That they still hold is not public:
/// QualityFigures::off_scale says how many scores are none of them.
struct ScoreScale {
  ScoreScale() : ScoreScale({75, 100}, {0, 25}, {50}) {}
  ScoreScale(std::vector<int> s, std::vector<int> d, std::vector<int> n = {})
      : satisfied(std::move(s)), dissatisfied(std::move(d)), neutral(std::move(n)) {}
  std::vector<int> satisfied;
  std::vector<int> dissatisfied;
  /// With these named, a score in none of the three lists is off the scale; else it is rated, and neither of both.
  std::vector<int> neutral;
  std::optional<int> lowest;   ///< Scores below count as off the scale. Absent: none do.
  std::optional<int> highest;  ///< Scores above count as off the scale. Absent: none do.
};

/// What a quality report covers. Whole days of GMT+8: from the day of `from` to the day before which `to` lies, both
/// ends at most 90 days ago. The platform is asked in periods of 7 days.
struct QualityReportRequest {
  QualityReportRequest(WallTime f, WallTime t) : from(f), to(t) {}
  WallTime from;
  WallTime to;  ///< Exclusive.
  /// The agents' accounts (AgentSessions::agents lists them). Empty: asked once without a name, which may mean the main
  /// account alone.
  std::vector<std::string> agents;
  /// Absent: no satisfaction is computed.
  std::optional<ScoreScale> scale = ScoreScale();
  /// Average waiting times cost a call per agent and day.
  bool waiting_times = true;
};

/// How long customers waited for the first answer, computed from sessions: replyTime - beginTime.
struct FirstResponse {
  FirstResponse() {}
  std::int64_t answered = 0;
  std::int64_t never_answered = 0;  ///< Also sessions that still wait.
  std::optional<double> mean;       ///< Seconds, as all here; absent if nothing was answered.
  std::optional<double> median;
  std::optional<double> p90;  ///< Nine of ten were answered within.
};

/// The figures of one row. What could not be read, or what the platform did not state, is absent and never 0.
struct QualityFigures {
  QualityFigures() {}
  std::optional<std::map<int, std::int64_t>> scores;  ///< Evaluations per score, as the platform counts them.
  std::optional<std::int64_t> rated;                  ///< All of `scores`.
  std::optional<std::int64_t> commented;              ///< Evaluations with words of the customer.
  std::optional<std::int64_t> satisfied;
  std::optional<std::int64_t> dissatisfied;
  std::optional<std::int64_t> off_scale;
  std::optional<double> satisfaction;  ///< Satisfied of those on the scale, 0 to 1; absent if nobody rated.

  std::optional<std::int64_t> sessions;
  std::optional<std::int64_t> transferred;
  std::optional<FirstResponse> first_response;

  std::optional<std::int64_t> replied;    ///< Customers served, as the platform counts them.
  std::optional<std::int64_t> unreplied;  ///< Customers left without an answer, as the platform counts them.
  /// Seconds, as the platform states it. On rows of one day only: days cannot be averaged without weights.
  std::optional<double> waiting_time;
  /// Seconds, as the platform states it, in text. Summed over days where all of them are numbers.
  std::string online_time;
};

struct QualityRow {
  QualityRow() {}
  std::string agent;  ///< Empty: figures that the platform gave without an agent's name.
  std::string date;   ///< "2024-06-01"; empty: the whole period.
  QualityFigures figures;
};

/// A part that could not be read: the figures that rest on it are absent, or miss these days.
struct MissingPart {
  MissingPart(std::string w, std::string a, std::string f, std::string t, Error e)
      : what(std::move(w)), agent(std::move(a)), from(std::move(f)), to(std::move(t)), why(std::move(e)) {}
  std::string what;  ///< "sessions", "evaluations", "evaluation counts", "replied", "unreplied", "online time", ...
  std::string agent;
  std::string from;  ///< First day.
  std::string to;    ///< Last day.
  Error why;
};

struct QualityReport {
  QualityReport() {}
  std::string from;                ///< First day.
  std::string to;                  ///< Last day.
  std::vector<QualityRow> days;    ///< Per agent and day, in that order.
  std::vector<QualityRow> agents;  ///< Per agent over the period.
  QualityFigures total;
  std::vector<MissingPart> missing;
};

/// Reads and computes the quality report of a shop. Costs per agent and 7 days six calls, one more for every further
/// page of evaluations or sessions, and with `waiting_times` one per day. Default timeout: 5 minutes.
///
/// Errors: `bad_argument` (period; more than 2 000 calls beforehand: ask for less); if no part could be read at all,
/// the failure of the first one; `cancelled`. A part that fails does not fail the report: see QualityReport::missing.
KEFU_EXPORT Pending<QualityReport> quality_report(const Shop& shop, QualityReportRequest request,
                                                  CallOptions options = {});

/// RFC 4180 with a head line, UTF-8. Rows of days, then of agents, then the total, told apart by the first column. One
/// column per score; what is absent is an empty cell. Texts that a spreadsheet would take for a formula begin with an
/// apostrophe. Times in seconds.
KEFU_EXPORT std::string to_csv(const QualityReport& report);

}  // namespace jd
KEFU_END_NAMESPACE
