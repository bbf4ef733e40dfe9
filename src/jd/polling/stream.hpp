#pragma once

#include "core/async/runtime_core.hpp"
#include "jd/gateway/call_budget.hpp"
#include "jd/polling/source.hpp"

#include <kefu/channel/poller.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
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

/// One stream of a shop: reads its source window by window, page by page, unit by unit, and gives out what no cursor
/// has seen. What was read and not yet given out stays in memory, which is bounded by a page and a unit; whatever
/// happens to it, the committed cursor finds it again.
///
/// The platform shows messages late: a window begins before the position by the overlap, and ten minutes more, because
/// that much the clocks may differ before the gateway refuses calls (jd 1.4). What lies there is known by its marks.
///
/// Thread safety: loop only; one run at a time.
class PollStream final : public std::enable_shared_from_this<PollStream> {
 public:
  using Done = std::function<void(Result<StreamBatch>)>;
  static constexpr int kMaxCalls = 40;  ///< Of one run, so that none takes for ever.

  PollStream(PollParts parts, std::unique_ptr<PollSource> source);

  std::string_view name() const { return source_->name(); }
  /// Where its cursor is.
  std::string key() const { return root_.str(); }
  /// True while a batch was given out whose cursor nobody committed, as far as is known.
  bool is_outstanding() const { return outstanding_.has_value(); }
  /// `only_settle`: just finds out what became of the batch that is outstanding.
  void run(CancelToken unwanted, bool only_settle, Done done);

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
  void open_window();
  void with_call(void (PollStream::*next)());
  void list_page();
  void listed(PollPage page);
  void read_unit();
  void unit_page(PollItems items);
  void unit_failed(const Error& error);
  void unit_read();
  void drop_unit();
  void take_ready();
  void end_page();
  void end_window();

  void finish(bool more);
  void compose();
  void answer(std::vector<StoreWrite> removals);
  void fail(const Error& error);
  bool must_write() const;

  WallTime now() const { return parts_.runtime->clock->wall(); }
  WallTime horizon() const;
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
  bool window_moved_ = false;  ///< Since the last commit.
  bool reaches_now_ = false;   ///< The window ends when it was opened.

  // Of the page being read.
  bool page_loaded_ = false;
  bool page_is_last_ = false;
  std::string last_print_;
  std::deque<PollUnit> units_;
  std::unordered_set<std::uint64_t> read_once_;  ///< Units read in this window.
  std::optional<std::int64_t> first_total_;
  std::optional<std::int64_t> last_total_;
  int repeats_ = 0;  ///< Of this window, because its list got shorter while it was read.
  std::int64_t round_calls_ = 0;

  // Of the unit being read.
  int unit_page_ = 1;
  int unit_failures_ = 0;
  std::string unit_print_;
  std::vector<PolledItem> unit_items_;
  std::deque<Ready> ready_;
};

}  // namespace jd
KEFU_END_NAMESPACE
