#pragma once

#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/quality_report.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Collects what the platform answered and computes the figures of a quality report. Pure but for what it was given;
/// keeps numbers, not the answers: 8 bytes per answered session and 8 per session against repeats.
class QualityAccumulator {
 public:
  QualityAccumulator(WallTime from, WallTime to, std::optional<ScoreScale> scale)
      : from_(from), to_(to), scale_(std::move(scale)) {}

  void add(const ChatSession& session);
  void add(const Evaluation& evaluation);
  /// Figures of a day that came before are not counted again.
  void add(const DailyEvaluations& count);
  enum class Statistic : unsigned char { replied, unreplied, online_time };
  /// False: the figure is no number, where one is counted.
  bool add(Statistic which, const DailyStatistic& value);
  void add_waiting_time(const std::string& agent, WallTime day, double average);

  /// Which sources answered for the days of [first, end), so that nothing found there is a 0. `agent` empty: for all
  /// agents.
  enum class Source : unsigned char { sessions, evaluations, evaluation_counts };
  static constexpr std::size_t kSources = 3;
  void answered(Source source, const std::string& agent, WallTime first, WallTime end);

  /// Whether there is any figure at all.
  bool any() const { return !cells_.empty(); }
  /// The rows and the total; `missing` is left to the caller.
  QualityReport report() const;

 private:
  /// What is known of one agent's day.
  struct Cell {
    std::int64_t sessions = 0;
    std::int64_t transferred = 0;
    std::int64_t never_answered = 0;
    std::int64_t answered = 0;
    std::vector<double> response_seconds;
    std::int64_t entries = 0;  ///< Of the evaluation list.
    std::int64_t commented = 0;
    std::map<int, std::int64_t> listed_scores;   ///< From the list.
    std::map<int, std::int64_t> counted_scores;  ///< From the platform's counts.
    std::optional<std::int64_t> replied;
    std::optional<std::int64_t> unreplied;
    std::optional<double> waiting_time;
    std::vector<std::string> online_times;  ///< One of a day, several of a period.
    bool has_sessions = false;              ///< The source answered for this day.
    bool has_entries = false;
    bool has_counts = false;
  };
  using Key = std::pair<std::string, std::string>;  ///< Agent, date.

  bool wanted_label(const std::string& date) const;
  bool wanted(WallTime time) const { return time >= from_ && time < to_; }
  Cell& cell(const std::string& agent, const std::string& date) { return cells_[Key(agent, date)]; }
  void note_sources(Cell& into, const Key& key) const;
  static void merge(Cell& into, const Cell& more);
  static bool says_anything(const Cell& all);
  QualityFigures figures(Cell cell, bool one_day) const;
  void rate(QualityFigures& figures) const;

  const WallTime from_;
  const WallTime to_;
  const std::optional<ScoreScale> scale_;
  std::map<Key, Cell> cells_;
  std::unordered_set<std::uint64_t> seen_sessions_;
  using DaysByAgent = std::map<std::string, std::set<std::string>>;
  std::array<DaysByAgent, kSources> answered_;  ///< By source.
};

/// The value below or at which `share` of the values lie (nearest rank); `values` are sorted and not empty.
double quantile(const std::vector<double>& values, double share);

}  // namespace jd
KEFU_END_NAMESPACE
