#pragma once

#include "core/async/runtime_core.hpp"
#include "jd/customers/customer_book.hpp"
#include "jd/gateway/call_budget.hpp"
#include "jd/polling/source.hpp"
#include "jd/polling/watch_list.hpp"

#include <kefu/channel/health.hpp>
#include <kefu/channel/poller.hpp>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// What the streams of a shop share.
struct PollParts {
  std::shared_ptr<detail::RuntimeCore> runtime;
  std::string shop;
  PollingSettings settings;
  std::shared_ptr<CallBudget> budget;
  std::shared_ptr<CustomerBook> customers;
  /// Of a shop's cursors: shops do not wait for each other's store work.
  detail::Affinity affinity() const { return detail::Affinity(shop); }
};

/// What one run of a stream brought.
struct StreamBatch {
  std::vector<InboundEvent> events;
  std::vector<StoreWrite> cursor;
  bool more = false;
  std::optional<Millis> pause;  ///< The budget asks for it.
  bool round_done = false;      ///< All that there is was read.
  std::int64_t round_calls = 0;
};

/// One stream of a shop: reads its source window by window, page by page, log by log, and gives out what no cursor has
/// seen. What was read and not yet given out stays in memory, which is bounded by a page and a log; whatever happens to
/// it, the committed cursor finds it again.
///
/// A round lists the window, reads the logs of entries that are new, changed or lately spoken in, then, as the budget
/// allows, those that are due (WatchList). The position stands at the log that was read the longest time ago. Sessions
/// of days that the window has left are found again by listing those days every hour. A window that ends in the past
/// (the stream was down for more than a week) is left when all of its logs were read to its end.
///
/// The platform shows messages late: a window begins before the position by the overlap, and ten minutes more, because
/// that much the clocks may differ before the gateway refuses calls (jd 1.4). What lies there is known by its marks.
///
/// What cannot be read stops the stream where it stands, in the sight of the host (`health`), until it can be read or
/// the host says `skip`.
///
/// Thread safety: loop only, but for `health` and `skip`; one run at a time.
class PollStream final : public std::enable_shared_from_this<PollStream> {
 public:
  using Done = std::function<void(Result<StreamBatch>)>;
  static constexpr int kMaxCalls = 40;  ///< Of one run, so that none takes for ever.
  static constexpr std::chrono::minutes kLookAtOldDays{60};

  PollStream(PollParts parts, std::unique_ptr<PollSource> source);

  std::string_view name() const { return source_->name(); }
  /// Where its cursor is.
  std::string key() const { return root_.str(); }
  /// True while a batch was given out whose cursor nobody committed, as far as is known.
  bool is_outstanding() const { return outstanding_.has_value(); }
  /// `only_settle`: just finds out what became of the batch that is outstanding.
  void run(CancelToken unwanted, bool only_settle, Done done);

  StreamHealth health() const;
  std::string note() const;
  /// Passes over what the stream stands at, if it stands.
  void skip();

 private:
  struct Loaded {
    bool is_new = false;  ///< Another state than the one in memory.
    std::uint64_t generation = 0;
    std::string text;
    StreamCursor cursor;
    bool exists = false;
  };
  struct Outstanding {
    std::string head;
    StreamBatch batch;
  };
  using Ready = std::pair<PolledItem, int>;

  void load();
  Result<Loaded> read_cursor(Store& store, std::uint64_t known) const;
  void loaded(Loaded found);
  void reset(Loaded found);

  void advance();
  bool step();
  void open_window();
  void close_pages();
  void with_call(void (PollStream::*next)());
  void refresh();
  void list_page();
  void list_failed(const Error& error);
  void listed(PollPage page);
  void take_units(std::vector<PollUnit> units);
  void read_unit();
  void unit_page(PollItems items);
  void unit_failed(const Error& error);
  void unit_read();
  void drop_unit();
  void take_ready();
  void end_page();
  bool list_again();
  void note_open_day(const PollUnit& unit);
  void begin_old_days();
  void end_old_day();
  bool take_due();
  void end_window();
  void note_open_days(WallTime from, WallTime to);

  void finish(bool more);
  void compose();
  void answer(std::vector<StoreWrite> removals);
  void fail(const Error& error);
  bool must_write() const;
  void stopped_by(const std::string& why);
  void goes_on();

  WallTime now() const { return parts_.runtime->clock->wall(); }
  WallTime horizon() const;
  WallTime read_so_far() const;
  PollWindow listed_window() const;
  WallTime unit_horizon() const;
  void report(LogLevel level, std::string_view event, std::string_view message, std::string_view why) const;
  std::string segment_key(std::uint64_t serial) const { return StoreKey(root_).add(std::to_string(serial)).str(); }

  const PollParts parts_;
  const std::unique_ptr<PollSource> source_;
  const StoreKey root_;
  const Millis overlap_;

  // Of the run.
  CancelToken unwanted_;
  Done done_;
  bool only_settle_ = false;
  int calls_left_ = 0;
  StreamBatch batch_;

  // In memory beside the committed cursor.
  bool has_memory_ = false;
  std::uint64_t generation_ = 0;  ///< Of the committed record.
  std::string committed_;         ///< Its text.
  StreamCursor cursor_;
  std::optional<Outstanding> outstanding_;
  std::vector<SeenItems::Segment> unsaved_;  ///< Sealed since the last commit.
  std::vector<std::uint64_t> unremoved_;     ///< Serials whose records are to go.
  WallTime saved_position_{};
  bool window_moved_ = false;                ///< Since the last commit.
  bool reaches_now_ = false;                 ///< The window ends when it was opened.
  std::optional<WallTime> inherited_floor_;  ///< StreamCursor::floor of the process before.
  bool skips_ = false;                       ///< Until the window ends: the host said so.
  std::int64_t round_calls_ = 0;
  WatchList watch_;

  // Of the lists of a window.
  bool page_loaded_ = false;
  bool page_is_last_ = false;
  std::string last_print_;
  std::deque<PollUnit> units_;
  std::unordered_set<std::uint64_t> read_once_;    ///< Logs read in this window.
  std::unordered_set<std::uint64_t> listed_same_;  ///< Under an agent before this one: their log was read with his.
  std::set<WallTime> open_days_;                   ///< Found in this window, or in this old day.
  std::optional<std::int64_t> first_total_;
  std::optional<std::int64_t> last_total_;
  int repeats_ = 0;  ///< Of this window, because its list got shorter while it was read.

  // Of what comes after them.
  std::optional<MonoTime> looked_at_old_days_;
  std::deque<WallTime> old_days_;  ///< Still to be listed; the first is being read.
  int old_agent_ = 0;
  int old_page_ = 1;
  bool is_at_old_days_ = false;
  bool took_due_ = false;

  // Of the log being read.
  int unit_page_ = 1;
  int refused_in_row_ = 0;  ///< Logs, of this window.
  std::string unit_print_;
  std::optional<WallTime> unit_newest_;
  std::vector<PolledItem> unit_items_;
  std::deque<Ready> ready_;
  WallTime ready_since_{};  ///< From where on the logs of `ready_` were read.

  mutable std::mutex mutex_;  ///< Of what is below.
  StreamHealth health_;
  std::string note_;
  std::atomic<bool> must_skip_{false};
};

}  // namespace jd
KEFU_END_NAMESPACE
