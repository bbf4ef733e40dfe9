#pragma once

#include "jd/polling/source.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The logs that are read again and again while their sessions go on: when each is due, and how far each was read. A
/// log in which nothing is said is read after 30 s, doubling to 15 minutes; any line, and any change of its entry in
/// the list, sets it back.
///
/// In memory only and bounded: what is not here is read at every round, and the lists show all of it again.
///
/// Thread safety: as a value.
class WatchList {
 public:
  static constexpr Millis kFirstPause{30'000};
  static constexpr Millis kLongestPause{15 * 60'000};
  static constexpr std::size_t kMost = 50'000;

  /// `late` is how much later than it was said the platform may show a line.
  explicit WatchList(Millis late) : late_(late) {}

  void begin_round() { ++round_; }
  /// An entry of a list. True: its log is to be read now, as it is new, changed, or somebody spoke in it lately.
  bool listed(const PollUnit& unit, const PollWindow& window);
  /// Logs that are due and were not read in this round, those that wait longest first; at most so many.
  std::vector<PollUnit> due(const PollWindow& window, std::size_t most);
  /// Forgets what no list showed for long; of lists of what is so now, what this round's did not show.
  void end_round(WallTime now, bool shows_state);

  /// From where on lines of this log are wanted.
  WallTime read_from(const PollUnit& unit, WallTime otherwise) const;
  /// The log was read to the end of the window; `news`: something was said in it.
  void was_read(const PollUnit& unit, const PollWindow& window, std::optional<WallTime> newest, bool news);
  /// The platform would not show it: it is asked for again after a pause, from where it stood.
  void set_aside(const PollUnit& unit, const PollWindow& window);

  /// Everything up to here was read, but for what is set aside and for those `queued`.
  WallTime read_up_to(WallTime at_most, const std::unordered_set<std::uint64_t>& queued = {}) const;
  std::size_t aside() const;
  std::size_t size() const { return entries_.size(); }
  void clear();

 private:
  struct Entry {
    PollUnit unit;
    std::optional<WallTime> ended;  ///< Of all its sessions; empty while one goes on.
    WallTime read_to{};
    WallTime tried{};
    WallTime listed{};
    Millis pause{0};  ///< 0: never read.
    std::optional<WallTime> newest;
    bool changed = true;
    bool is_aside = false;
    std::uint64_t round = 0;  ///< In which it was listed last.
  };
  bool is_due(const Entry& entry, const PollWindow& window) const;

  const Millis late_;
  std::uint64_t round_ = 0;
  std::unordered_map<std::uint64_t, Entry> entries_;
  std::unordered_set<std::uint64_t> known_;  ///< Entries of lists as they stood.
};

}  // namespace jd
KEFU_END_NAMESPACE
