#include "jd/polling/stream.hpp"

#include "core/report/reporting.hpp"

#include <kefu/core/observer_names.hpp>
#include <kefu/jd/time.hpp>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

/// The most the clocks may differ before the gateway refuses calls.
constexpr std::chrono::minutes kClockAllowance{10};
/// Less than 90 days, so that the platform's own clock and the days' borders do not matter.
constexpr std::chrono::hours kOldestShown{24 * 89};

}  // namespace

PollStream::PollStream(PollParts parts, std::unique_ptr<PollSource> source)
    : parts_(std::move(parts)),
      source_(std::move(source)),
      root_(StoreKey(parts_.runtime->name_space, "jd", "poll", parts_.shop).add(source_->name())),
      overlap_(parts_.settings.overlap + kClockAllowance),
      watch_(overlap_),
      health_(std::string(source_->name())) {}

StreamHealth PollStream::health() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return health_;
}

std::string PollStream::note() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return note_;
}

void PollStream::skip() { must_skip_.store(true); }

void PollStream::run(CancelToken unwanted, bool only_settle, Done done) {
  unwanted_ = std::move(unwanted);
  done_ = std::move(done);
  only_settle_ = only_settle;
  calls_left_ = kMaxCalls;
  batch_ = StreamBatch();
  load();
}

void PollStream::load() {
  parts_.runtime->with_store<Loaded>(
      parts_.affinity(),
      [self = shared_from_this(), known = has_memory_ ? generation_ : UINT64_MAX](Store& store) {
        return self->read_cursor(store, known);
      },
      [self = shared_from_this()](Result<Loaded> found) {
        if (!found) return self->fail(found.error());
        self->loaded(*std::move(found));
      });
}

/// On the store thread: touches nothing but constants.
Result<PollStream::Loaded> PollStream::read_cursor(Store& store, std::uint64_t known) const {
  Loaded found;
  auto entry = store.get(root_.str());
  if (!entry) return entry.error();
  found.generation = *entry ? (*entry)->generation : 0;
  if (found.generation == known) return found;
  found.is_new = true;
  if (!*entry) return found;
  found.exists = true;
  found.text = std::move((*entry)->value);
  auto cursor = StreamCursor::parse(found.text);
  if (!cursor) {
    return Error(ErrorKind::configuration, "the poll cursor " + root_.str() +
                                               " is damaged or from a newer kefu: remove it, and its stream begins "
                                               "again at PollingSettings::look_back");
  }
  SeenItems::Segment open = cursor->seen.open();
  std::deque<SeenItems::Segment> sealed = cursor->seen.sealed();
  for (SeenItems::Segment& segment : sealed) {
    auto stored = store.get(segment_key(segment.serial));
    if (!stored) return stored.error();
    // One that is gone or damaged makes repeats, which have their old ids.
    if (*stored) segment.marks = SeenItems::parse((*stored)->value).value_or(std::vector<std::uint64_t>());
  }
  cursor->seen.restore(std::move(open), std::move(sealed));
  found.cursor = *std::move(cursor);
  return found;
}

void PollStream::loaded(Loaded found) {
  if (outstanding_) {
    if (!found.is_new) return done_(outstanding_->batch);  // nobody took it: the same again
    const bool is_ours = found.text == outstanding_->head;
    outstanding_.reset();
    if (is_ours) {
      generation_ = found.generation;
      committed_ = std::move(found.text);
      saved_position_ = cursor_.position;
      window_moved_ = false;
      unsaved_.clear();
      unremoved_.clear();
    } else {
      reset(std::move(found));
    }
    if (only_settle_) return done_(StreamBatch());
  } else if (found.is_new) {
    reset(std::move(found));
  }
  advance();
}

/// Begins from what is committed: at the start, or when another process moved the cursor.
void PollStream::reset(Loaded found) {
  has_memory_ = true;
  generation_ = found.generation;
  committed_ = std::move(found.text);
  cursor_ = std::move(found.cursor);
  if (!found.exists) {
    cursor_.start = cursor_.position = now() - std::min<Millis>(parts_.settings.look_back, kOldestShown);
    // Sessions that began before may still go on.
    if (source_->lists_by_begin())
      for (int days = 6; days > 0; --days)
        cursor_.open_days.push_back(start_of_day(horizon()) - std::chrono::hours(24 * days));
  }
  saved_position_ = cursor_.position;
  window_moved_ = false;
  reaches_now_ = false;
  round_calls_ = 0;
  unsaved_.clear();
  unremoved_.clear();
  inherited_floor_ = cursor_.floor;
  skips_ = false;
  // Another process may have found other agents, or the same in another order: their lists begin anew, at the position.
  if (source_->finds_agents()) {
    cursor_.window.reset();
    cursor_.agent = 0;
    cursor_.page = 0;
    cursor_.floor.reset();
    inherited_floor_.reset();
  }
  watch_.clear();
  watch_.begin_round(now());
  close_pages();
  drop_unit();
  ready_.clear();
}

/// Nothing of the lists that were being read is left.
void PollStream::close_pages() {
  page_loaded_ = false;
  last_print_.clear();
  units_.clear();
  read_once_.clear();
  listed_same_.clear();
  open_days_.clear();
  first_total_.reset();
  last_total_.reset();
  repeats_ = 0;
  looked_at_old_days_.reset();
  old_days_.clear();
  is_at_old_days_ = false;
  took_due_ = false;
}

WallTime PollStream::horizon() const {
  if (source_->shows_state()) return cursor_.start;
  if (cursor_.window) return cursor_.window->from;
  return std::max(cursor_.position - overlap_, cursor_.start);
}

PollWindow PollStream::listed_window() const {
  if (!is_at_old_days_) return *cursor_.window;
  PollWindow day;
  day.from = old_days_.front();
  day.to = std::min(cursor_.window->to, day.from + std::chrono::hours(24) - std::chrono::seconds(1));
  return day;
}

/// Lines before this were given out, or never wanted.
WallTime PollStream::unit_horizon() const {
  if (units_.empty() || !units_.front().must_read || source_->shows_state()) return horizon();
  return std::max(watch_.read_from(units_.front(), horizon()), cursor_.start);
}

void PollStream::open_window() {
  const WallTime at = now();
  if (cursor_.position > at + kClockAllowance) {
    report(LogLevel::error, log_event::kPollSkipped, "the clock went back: polling goes on from the time it shows now",
           gateway_time(cursor_.position));
    cursor_.position = at;
  }
  if (!source_->shows_state() && cursor_.position < at - kOldestShown) {
    report(LogLevel::error, log_event::kPollSkipped,
           "the cursor is older than what the platform keeps: the time between is lost",
           gateway_time(cursor_.position));
    cursor_.position = at - kOldestShown;
  }
  const std::chrono::hours longest(24 * (parts_.settings.end_day_counts ? 7 : 6));
  PollWindow window;
  window.from = std::max(horizon(), at - kOldestShown);
  window.to = at;
  if (!source_->shows_state()) window.to = std::min(at, start_of_day(window.from) + longest - std::chrono::seconds(1));
  window.from = std::min(window.from, window.to);
  reaches_now_ = window.to == at;
  cursor_.window = window;
  cursor_.agent = 0;
  cursor_.page = 1;
  const auto looked = looked_at_old_days_;
  close_pages();
  looked_at_old_days_ = looked;
  watch_.begin_round(at);
  refused_in_row_ = 0;
  source_->plan(parts_.budget->calls_within(parts_.shop, parts_.settings.max_delay));
  window_moved_ = true;
  const std::lock_guard<std::mutex> lock(mutex_);
  note_ = source_->note();
}

void PollStream::end_window() {
  const bool is_caught_up = std::exchange(reaches_now_, false) || source_->shows_state();
  const WallTime to = cursor_.window->to;
  watch_.end_round(source_->shows_state());
  // No further than the log that waits longest, here or with the process that began this window.
  const WallTime read = watch_.read_up_to(std::min(to, inherited_floor_.value_or(to)));
  cursor_.position = std::max(cursor_.position, source_->shows_state() ? to : read);
  inherited_floor_.reset();
  skips_ = false;
  must_skip_.store(false);  // nothing stood in the way
  cursor_.floor.reset();
  cursor_.window.reset();
  cursor_.agent = 0;
  cursor_.page = 0;
  const auto looked = looked_at_old_days_;
  close_pages();
  looked_at_old_days_ = looked;
  window_moved_ = true;
  stopped_by({});
  if (!is_caught_up) return;
  batch_.round_done = true;
  batch_.round_calls = std::exchange(round_calls_, 0);
}

/// Why nothing more comes; empty: all is well.
void PollStream::stopped_by(const std::string& why) {
  const std::lock_guard<std::mutex> lock(mutex_);
  health_.stopped_because = why;
  health_.reading_since = cursor_.start;
  health_.behind_by = std::chrono::duration_cast<Millis>(std::max(now() - cursor_.position, WallTime::duration(0)));
  health_.set_aside = watch_.aside();
}

/// Something could be read again.
void PollStream::goes_on() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (health_.stopped_because.empty()) return;
  }
  stopped_by({});
}

bool PollStream::must_write() const {
  constexpr std::chrono::minutes kSaveEvery{2};
  if (!batch_.events.empty() || generation_ == 0 || !unsaved_.empty() || !unremoved_.empty()) return true;
  // Without events a restart costs calls only: rare writes will do.
  return batch_.round_done ? cursor_.position - saved_position_ >= kSaveEvery : window_moved_;
}

void PollStream::finish(bool more) {
  batch_.more = more;
  if (!must_write()) return done_(std::move(batch_));
  compose();
}

/// The writes behind this batch. Records that go are looked up first: removing one needs its generation.
void PollStream::compose() {
  constexpr std::size_t kMostRemovals = 8;
  if (cursor_.seen.must_seal()) unsaved_.push_back(cursor_.seen.seal());
  const bool keeps_by_time = !source_->shows_state();
  const WallTime line = keeps_by_time ? horizon() : WallTime();
  while (unremoved_.size() < kMostRemovals) {
    const auto old = cursor_.seen.take_old(line);
    if (!old) break;
    if (keeps_by_time && old->newest >= line && cursor_.position + overlap_ > now()) {
      report(LogLevel::error, log_event::kPollSkipped,
             "more messages within the overlap than marks are kept for: very late ones may come twice, with their old "
             "ids. Make PollingSettings::overlap shorter",
             std::to_string(cursor_.seen.size()));
    }
    unremoved_.push_back(old->serial);
  }
  if (unremoved_.empty()) return answer({});
  std::vector<std::string> keys;
  for (const std::uint64_t serial : unremoved_) keys.push_back(segment_key(serial));
  parts_.runtime->with_store<std::vector<StoreWrite>>(
      parts_.affinity(),
      [keys = std::move(keys)](Store& store) -> Result<std::vector<StoreWrite>> {
        std::vector<StoreWrite> removals;
        for (const std::string& key : keys) {
          auto entry = store.get(key);
          if (!entry) return entry.error();
          if (*entry) removals.push_back(StoreWrite::remove(key, (*entry)->generation));
        }
        return removals;
      },
      [self = shared_from_this()](Result<std::vector<StoreWrite>> removals) {
        if (!removals) {
          // Nothing was given out: the committed cursor finds it again.
          self->has_memory_ = false;
          return self->done_(removals.error());
        }
        self->answer(*std::move(removals));
      });
}

/// What this batch leaves to be read again if the process dies. A page that is being worked at is listed again.
WallTime PollStream::read_so_far() const {
  std::unordered_set<std::uint64_t> queued;
  if (page_loaded_)
    for (const PollUnit& unit : units_) queued.insert(unit.once);
  const WallTime read = watch_.read_up_to(inherited_floor_.value_or(cursor_.window->to), queued);
  return page_loaded_ || ready_.empty() ? read : std::min(read, ready_since_);
}

void PollStream::answer(std::vector<StoreWrite> removals) {
  Outstanding given;
  if (cursor_.window) cursor_.floor = read_so_far();
  given.head = cursor_.text();
  batch_.cursor.push_back(StoreWrite::put(root_.str(), given.head, generation_));
  for (const SeenItems::Segment& segment : unsaved_)
    batch_.cursor.push_back(StoreWrite::put(segment_key(segment.serial), SeenItems::text(segment.marks), 0));
  for (StoreWrite& removal : removals) batch_.cursor.push_back(std::move(removal));
  given.batch = batch_;
  outstanding_ = std::move(given);
  done_(std::move(batch_));
}

/// What was read before the failure is not lost: it goes out first, and the failure is met again.
void PollStream::fail(const Error& error) {
  if (error.kind() != ErrorKind::cancelled) stopped_by(error.to_string());
  if (!batch_.events.empty()) return finish(true);
  done_(error);
}

void PollStream::report(LogLevel level, std::string_view event, std::string_view message, std::string_view why) const {
  if (!parts_.runtime->observer) return;
  detail::log(*parts_.runtime->observer, level, event, message,
              {{"platform", "jd"}, {"account", parts_.shop}, {"stream", name()}, {"why", why}});
}

}  // namespace jd
KEFU_END_NAMESPACE
