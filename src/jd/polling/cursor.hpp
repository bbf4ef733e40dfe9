#pragma once

#include "core/text/kept_members.hpp"

#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>
#include <kefu/jd/buyer.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Marks of the items that were handed out, the newest of them: a log of segments. The open one is part of the cursor's
/// record; a full one is sealed and becomes a record of its own that is never changed. Bounded: the oldest segment goes
/// when there are too many.
///
/// Thread safety: as a value.
class SeenItems {
 public:
  static constexpr std::size_t kSegment = 2048;  ///< Marks in one; 22 kB of text.
  static constexpr std::size_t kMaxSegments = 24;

  struct Segment {
    std::uint64_t serial = 0;
    WallTime newest{};  ///< Latest time of its items.
    std::vector<std::uint64_t> marks;
  };

  bool has(std::uint64_t mark) const { return all_.count(mark) != 0; }
  void add(std::uint64_t mark, WallTime time);
  std::size_t size() const { return all_.size(); }

  bool must_seal() const { return open_.marks.size() >= kSegment; }
  /// Closes the open segment; what it holds is to be stored under its serial.
  const Segment& seal();
  /// Takes out the oldest segment if there are too many, or nothing in it is newer than `horizon`.
  std::optional<Segment> take_old(WallTime horizon);

  const Segment& open() const { return open_; }
  const std::deque<Segment>& sealed() const { return sealed_; }
  /// While a cursor is read.
  void restore(Segment open, std::deque<Segment> sealed);

  static std::string text(const std::vector<std::uint64_t>& marks);
  static std::optional<std::vector<std::uint64_t>> parse(std::string_view text);

 private:
  Segment open_;
  std::deque<Segment> sealed_;  ///< Oldest first.
  std::unordered_set<std::uint64_t> all_;
};

/// What is being read: times of the platform, both ends included.
struct PollWindow {
  WallTime from{};
  WallTime to{};
};

/// Where one stream of a shop stands: the record of its cursor. A window is read page by page; what was handed out of
/// its current page is known by the marks, so that a restart repeats a page at most.
///
/// Sessions that go on are not kept here, however many there are: lists by day show them again, so the days whose
/// lists show open sessions are enough.
struct StreamCursor {
  static constexpr std::size_t kMaxOpenDays = 92;  ///< The platform shows 90.

  WallTime start{};     ///< Where the stream began: what is older was never wanted.
  WallTime position{};  ///< All up to here was read.
  std::optional<PollWindow> window;
  int agent = 0;  ///< Index into the agents that are polled.
  int page = 0;   ///< Being listed; 0: all of the window was.
  /// Of a window that is being read: how far back a log may stand that another process was to read.
  std::optional<WallTime> floor;
  std::vector<WallTime> open_days;  ///< Begins of days with open sessions, oldest first.
  SeenItems seen;
  detail::KeptMembers kept;

  /// Without the marks of sealed segments.
  std::string text() const;
  /// The sealed segments come without their marks. Nothing for what is damaged or of a newer version.
  static std::optional<StreamCursor> parse(std::string_view text);
};

}  // namespace jd
KEFU_END_NAMESPACE
