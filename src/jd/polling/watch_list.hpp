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
/// A log that the platform refuses to show holds up no other: it is asked for again like an idle one. The first times
/// the position waits for it, afterwards no longer: a process that begins anew then goes on behind what it missed.
///
/// In memory only and bounded: what is not here is read at every round, and the lists show all of it again.
///
/// Thread safety: as a value.
class WatchList {
 public:
  static constexpr Millis kFirstPause{30'000};
  static constexpr Millis kLongestPause{15 * 60'000};
  static constexpr std::size_t kMost = 50'000;
  static constexpr int kTries = 3;  ///< So often a log that is refused holds the position.

  /// `late` is how much later than it was said the platform may show a line.
  explicit WatchList(Millis late) : late_(late) {}

  void begin_round(WallTime now) {
    ++round_;
    round_began_ = now;
  }
  /// An entry of a list. True: its log is to be read now, as it is new, changed, or somebody spoke in it lately.
  bool listed(const PollUnit& unit, const PollWindow& window);
  /// Logs that are due and were not asked for in this round, those that wait longest first; at most so many.
  std::vector<PollUnit> due(const PollWindow& window, std::size_t most);
  /// Forgets what was read long after a list last showed it; of lists of what is so now, what this round's did not
  /// show.
  void end_round(bool shows_state);

  /// From where on lines of this log are wanted.
  WallTime read_from(const PollUnit& unit, WallTime otherwise) const;
  /// The log was read to the end of the window; `news`: something was said in it.
  void was_read(const PollUnit& unit, const PollWindow& window, std::optional<WallTime> newest, bool news);
  /// The platform refused to show it: it is asked for again after a pause, from where it stood.
  /// `holds`: the position waits for it, the first times.
  void set_aside(const PollUnit& unit, const PollWindow& window, bool holds);

  /// Everything up to here was read, but for what was refused too often and for those `queued`.
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
    WallTime listed{};  ///< When a list last showed it.
    Millis pause{0};    ///< 0: never read.
    std::optional<WallTime> newest;
    bool changed = true;
    int refusals = 0;             ///< In a row.
    std::uint64_t listed_in = 0;  ///< Round.
    std::uint64_t tried_in = 0;   ///< Round.
  };
  bool is_due(const Entry& entry, const PollWindow& window) const;

  const Millis late_;
  std::uint64_t round_ = 1;
  WallTime round_began_{};
  std::unordered_map<std::uint64_t, Entry> entries_;
  std::unordered_set<std::uint64_t> known_;  ///< Entries of lists as they stood.
};

}  // namespace jd
KEFU_END_NAMESPACE
