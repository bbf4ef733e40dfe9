#pragma once

#include <kefu/core/error.hpp>
#include <kefu/core/time.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// At most `calls` in any `period`. Periods of a whole day are the platform's calendar days; shorter ones slide.
struct LimitWindow {
  LimitWindow(std::uint64_t c, std::chrono::seconds p) : calls(c), period(p) {}
  std::uint64_t calls;
  std::chrono::seconds period;
};

/// All windows of one bucket hold at once.
struct LimitRule {
  LimitRule(std::string b, std::vector<LimitWindow> w) : bucket(std::move(b)), windows(std::move(w)) {}
  std::string bucket;  ///< OperationInfo::quota; empty: the account's common bucket, in which every call counts too.
  std::vector<LimitWindow> windows;
};

/// Both clocks, read together.
struct Moment {
  MonoTime mono;
  WallTime wall;
};

/// Counts calls per bucket and says when the next one may go. A pure function of the times it is given.
///
/// Sliding windows are kept in 17 slots, so that no period, wherever it starts, holds more than allowed; the price is
/// up to a sixteenth of the period's rate. Memory is bounded by the rules and by `kMaxStops`. Not thread-safe: one
/// loop.
class Limiter {
 public:
  /// `zone` is the offset of the platform's calendar from UTC.
  explicit Limiter(std::vector<LimitRule> rules, std::chrono::minutes zone = std::chrono::hours(8));

  /// No rules and no stops: everything may go.
  bool idle() const noexcept { return buckets_.empty() && stops_.empty(); }

  /// Zero: go now, and the call is counted. Else how long until it may go; nothing is counted.
  Millis admit(std::string_view bucket, const Moment& now);
  /// A day's window that the last admitted call brought to 80 % or 100 %; asked once.
  struct Level {
    std::string bucket;
    int percent;
    std::uint64_t used;
    std::uint64_t limit;
  };
  std::optional<Level> take_level() { return std::exchange(level_, std::nullopt); }

  /// The least time until a call may go that has `ahead` others before it. Counts nothing.
  Millis wait(std::string_view bucket, const Moment& now, std::size_t ahead = 0) const;

  /// The platform said that `api` is used up (WIN-4). With a `pause` that it named the API stays shut so long. Without
  /// one nobody knows when it opens, as a counter may be cleared and a throttle may come under the number of a day's
  /// limit: one call tries after 1, 5, 15, then every 30 minutes, at the latest on the platform's next day, until one
  /// is answered (`answered`).
  struct Stop {
    Millis left;
    ErrorKind kind;
    std::string code;
  };
  void exhausted(std::string_view api, const Moment& now, std::optional<Millis> pause, ErrorKind kind,
                 std::string_view code);
  std::optional<Stop> stopped(std::string_view api, const Moment& now) const;
  /// A call of `api` goes: if it is the one that tries, others are held back until it is answered or the next may try.
  void leaves(std::string_view api, const Moment& now);
  /// A call of `api` went well: it is open.
  void answered(std::string_view api);
  /// The platform's counters were cleared: all that was used up is open.
  void reopen();

  /// Until the platform's next day.
  Millis until_tomorrow(WallTime now) const;

  static constexpr std::size_t kMaxStops = 256;

 private:
  static constexpr std::size_t kSlots = 17;
  struct Window {
    explicit Window(const LimitWindow& l) : limit(l) {}
    LimitWindow limit;
    std::int64_t newest = 0;  // slot number, or day number
    std::array<std::uint64_t, kSlots> counts{};
  };
  struct Bucket {
    std::string name;
    std::vector<Window> windows;
  };
  struct StopRow {
    std::string api;
    MonoTime until;
    ErrorKind kind;
    std::string code;
    int tries;  ///< Failed so far; 0: the platform named the end.
  };
  Millis pause_before_try(int tries, WallTime now) const;

  static bool is_calendar(const LimitWindow& limit) { return limit.period >= std::chrono::hours(24); }
  std::int64_t position(const Window& window, const Moment& now) const;
  Millis wait_in(const Window& window, const Moment& now, std::size_t ahead) const;
  void count(Bucket& bucket, Window& window, const Moment& now);
  static bool concerns(const Bucket& bucket, std::string_view name) {
    return bucket.name.empty() || bucket.name == name;
  }

  std::vector<Bucket> buckets_;
  std::vector<StopRow> stops_;
  std::optional<Level> level_;
  std::chrono::minutes zone_;
};

}  // namespace detail
KEFU_END_NAMESPACE
