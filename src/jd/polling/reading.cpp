#include "jd/polling/stream.hpp"

#include <kefu/core/observer_names.hpp>
#include <kefu/jd/time.hpp>

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::size_t kMaxUnitItems = 20'000;
constexpr int kMaxUnitPages = 1'000;
/// More than these cannot be about their customers alone.
constexpr int kMostRefusedInRow = 5;
constexpr std::size_t kMaxReadOnce = 50'000;
/// Logs that are due, taken at a time.
constexpr std::size_t kDueAtOnce = 500;
constexpr double kLeastDue = 10;

/// The platform would not show this log, which says nothing of the others; what cannot be read stops the stream.
bool refuses_unit_only(const Error& error) {
  const ErrorKind kind = error.kind();
  return kind == ErrorKind::bad_argument || kind == ErrorKind::not_found || kind == ErrorKind::internal ||
         kind == ErrorKind::content_refused || kind == ErrorKind::conflict;
}

Error of_unit(const PollUnit& unit, const Error& error) {
  ErrorDetails details = error.details();
  details.message = unit.name + ": " + details.message;
  return Error(error.kind(), error.delivery(), std::move(details));
}

/// Oldest first; lists may come in either direction.
void put_in_order(std::vector<PolledItem>& items) {
  if (!std::all_of(items.begin(), items.end(), [](const PolledItem& item) { return item.time.has_value(); })) return;
  if (items.size() > 1 && *items.front().time > *items.back().time) std::reverse(items.begin(), items.end());
  std::stable_sort(items.begin(), items.end(),
                   [](const PolledItem& a, const PolledItem& b) { return *a.time < *b.time; });
}

}  // namespace

/// One step after the other until the batch is full, the calls are used, or everything was read.
void PollStream::advance() {
  while (step()) {
  }
}

/// False: an answer is waited for, or the run is over.
bool PollStream::step() {
  if (unwanted_.requested()) return fail(Error(ErrorKind::cancelled, "the poll is no longer wanted")), false;
  if (batch_.events.size() >= Poller::kMaxEvents) return finish(true), false;
  if (!ready_.empty()) return take_ready(), true;
  if (!units_.empty()) {
    PollUnit& unit = units_.front();
    if (unit.must_read && !(unit.once != 0 && read_once_.count(unit.once) != 0))
      return with_call(&PollStream::read_unit), false;
    unit_items_ = std::move(unit.items);
    if (!unit.must_read) return unit_read(), true;
    drop_unit();
    units_.pop_front();
    return true;
  }
  if (page_loaded_) return end_page(), true;
  if (!cursor_.window) {
    if (batch_.round_done) return finish(false), false;
    if (source_->must_refresh(parts_.runtime->clock->mono())) return with_call(&PollStream::refresh), false;
    return open_window(), true;
  }
  if (cursor_.page > 0) return with_call(&PollStream::list_page), false;
  if (!is_at_old_days_ && !took_due_) begin_old_days();
  if (is_at_old_days_ && !old_days_.empty()) return with_call(&PollStream::list_page), false;
  is_at_old_days_ = false;
  if (take_due()) return true;
  return end_window(), true;
}

void PollStream::with_call(void (PollStream::*next)()) {
  if (calls_left_ == 0) return finish(true);
  parts_.budget->take(parts_.shop, [self = shared_from_this(), next](const CallBudget::Grant& grant) {
    if (grant.error) return self->fail(*grant.error);
    if (!grant.granted) {
      self->batch_.pause = grant.wait;
      return self->finish(false);
    }
    --self->calls_left_;
    ++self->round_calls_;
    ((*self).*next)();
  });
}

void PollStream::refresh() {
  source_->refresh(parts_.runtime->clock->mono(), unwanted_, [self = shared_from_this()] { self->advance(); });
}

void PollStream::list_page() {
  const int agent = is_at_old_days_ ? old_agent_ : cursor_.agent;
  const int page = is_at_old_days_ ? old_page_ : cursor_.page;
  source_->list(listed_window(), static_cast<std::size_t>(agent), page, unwanted_,
                [self = shared_from_this()](Result<PollPage> found) {
                  if (!found) return self->list_failed(found.error());
                  self->listed(*std::move(found));
                });
}

/// A page that cannot be read holds messages that nobody has seen: only the host may pass it over.
void PollStream::list_failed(const Error& error) {
  skips_ = skips_ || must_skip_.exchange(false);
  if (error.kind() != ErrorKind::malformed_reply || !skips_) return fail(error);
  report(LogLevel::error, log_event::kPollSkipped, "the host passed over a page that cannot be read",
         error.to_string());
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++health_.skipped;
  }
  listed(PollPage());
}

void PollStream::listed(PollPage page) {
  stopped_by({});
  page_loaded_ = true;
  page_is_last_ = page.is_last || (!page.print.empty() && page.print == last_print_);
  last_print_ = std::move(page.print);
  if (page.total) {
    if (!first_total_) first_total_ = page.total;
    last_total_ = page.total;
  }
  for (const PollUnit& unit : page.units) note_open_day(unit);
  take_units(std::move(page.units));
  advance();
}

/// What is to be read of a page now. A session that another agent's list showed was read with that agent's log.
void PollStream::take_units(std::vector<PollUnit> units) {
  const bool is_later_agent = (is_at_old_days_ ? old_agent_ : cursor_.agent) > 0;
  for (PollUnit& unit : units) {
    if (!unit.must_read) {
      units_.push_back(std::move(unit));
      continue;
    }
    if (source_->agents() > 1 && !unit.scope.empty()) {
      if (is_later_agent && listed_same_.count(unit.same) != 0) continue;
      if (listed_same_.size() < kMaxReadOnce) listed_same_.insert(unit.same);
    }
    if (watch_.listed(unit, *cursor_.window)) units_.push_back(std::move(unit));
  }
}

void PollStream::read_unit() {
  PollWindow window = *cursor_.window;
  // A log that was not read for long may reach back further than the window, as far as a call may span.
  if (!source_->shows_state())
    window.from = std::max(std::min(window.from, unit_horizon()),
                           start_of_day(window.to) - std::chrono::hours(24 * (parts_.settings.end_day_counts ? 6 : 5)));
  source_->read(units_.front(), window, unit_page_, unwanted_, [self = shared_from_this()](Result<PollItems> items) {
    if (!items) return self->unit_failed(items.error());
    self->unit_page(*std::move(items));
  });
}

void PollStream::unit_page(PollItems items) {
  const WallTime line = unit_horizon();
  if (items.newest && (!unit_newest_ || *items.newest > *unit_newest_)) unit_newest_ = items.newest;
  for (PolledItem& item : items.items) {
    if (item.time && *item.time < line) continue;
    unit_items_.push_back(std::move(item));
  }
  const bool is_repeated = unit_page_ > 1 && !items.print.empty() && items.print == unit_print_;
  unit_print_ = std::move(items.print);
  if (!items.is_last && !is_repeated) {
    if (unit_items_.size() >= kMaxUnitItems || unit_page_ >= kMaxUnitPages)
      return unit_failed(Error(ErrorKind::malformed_reply, "one log has no end: " + units_.front().name));
    ++unit_page_;
    return advance();
  }
  refused_in_row_ = 0;
  goes_on();
  if (units_.front().once != 0 && read_once_.size() < kMaxReadOnce) read_once_.insert(units_.front().once);
  unit_read();
  advance();
}

void PollStream::unit_failed(const Error& error) {
  const PollUnit unit = units_.front();
  const bool is_unreadable = error.kind() == ErrorKind::malformed_reply;
  skips_ = skips_ || must_skip_.exchange(false);
  const bool skips = is_unreadable && skips_;
  if (!skips) {
    if (is_unreadable) return fail(of_unit(unit, error));
    if (!refuses_unit_only(error)) return fail(error);
  }
  report(LogLevel::error, log_event::kPollSkipped,
         skips ? "the host passed over a log that cannot be read"
               : "the platform does not show a log: it is asked for "
                 "again later",
         fmt::format("{}: {}", unit.name, error.to_string()));
  if (skips) {
    watch_.was_read(unit, *cursor_.window, std::nullopt, false);
    const std::lock_guard<std::mutex> lock(mutex_);
    ++health_.skipped;
  } else {
    watch_.set_aside(unit, *cursor_.window, reaches_now_ || source_->shows_state());
  }
  drop_unit();
  units_.pop_front();
  if (!skips && ++refused_in_row_ % kMostRefusedInRow == 0) return fail(of_unit(unit, error));
  advance();
}

void PollStream::drop_unit() {
  unit_page_ = 1;
  unit_print_.clear();
  unit_newest_.reset();
  unit_items_.clear();
}

/// Numbers equal items of one log, and keeps those that no cursor has seen.
void PollStream::unit_read() {
  std::vector<PolledItem> items = std::move(unit_items_);
  const WallTime line = unit_horizon();
  const PollUnit unit = std::move(units_.front());
  const std::optional<WallTime> newest = unit_newest_;
  drop_unit();
  units_.pop_front();
  put_in_order(items);
  const std::size_t before = ready_.size();
  std::unordered_map<std::string, int> equal;
  for (PolledItem& item : items) {
    if (item.time && *item.time < line) continue;
    const int ordinal = equal[item.identity]++;
    if (!cursor_.seen.has(seen_mark(polled_event_id(item, ordinal)))) ready_.emplace_back(std::move(item), ordinal);
  }
  if (before == 0 || line < ready_since_) ready_since_ = line;
  if (unit.must_read) watch_.was_read(unit, *cursor_.window, newest, ready_.size() > before);
}

void PollStream::take_ready() {
  const Ready item = std::move(ready_.front());
  ready_.pop_front();
  InboundEvent event = make_event(parts_.shop, item.first, item.second, now());
  const std::uint64_t mark = seen_mark(event.event_id);
  if (cursor_.seen.has(mark)) return;
  cursor_.seen.add(mark, item.first.time.value_or(now()));
  if (item.first.is_unreadable) {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++health_.unreadable;
  }
  batch_.events.push_back(std::move(event));
}

/// Entries that left a list while it was read moved later ones to pages that were read before. Totals are hints.
bool PollStream::list_again() {
  constexpr int kMostRepeats = 3;
  const int page = is_at_old_days_ ? old_page_ : cursor_.page;
  const bool is_shorter = first_total_ && last_total_ && *last_total_ < *first_total_ && page > 1;
  first_total_.reset();
  last_total_.reset();
  if (!is_shorter || repeats_ >= kMostRepeats) {
    repeats_ = 0;
    return false;
  }
  ++repeats_;
  return true;
}

void PollStream::end_page() {
  page_loaded_ = false;
  window_moved_ = true;
  if (is_at_old_days_) return end_old_day();
  if (!page_is_last_) {
    ++cursor_.page;
    return;
  }
  last_print_.clear();
  if (list_again()) {
    cursor_.page = 1;
    return;
  }
  if (static_cast<std::size_t>(cursor_.agent) + 1 < source_->agents()) {
    ++cursor_.agent;
    cursor_.page = 1;
    return;
  }
  note_open_days(start_of_day(cursor_.window->from), cursor_.window->to);
  cursor_.page = 0;
}

/// A session that goes on when the window ends is looked for by its day from then on.
void PollStream::note_open_day(const PollUnit& unit) {
  if (!unit.began || (unit.ended && *unit.ended <= cursor_.window->to)) return;
  open_days_.insert(start_of_day(*unit.began));
}

/// The days of a period are known anew.
void PollStream::note_open_days(WallTime from, WallTime to) {
  if (!source_->lists_by_begin()) return;
  auto& days = cursor_.open_days;
  days.erase(std::remove_if(days.begin(), days.end(), [&](WallTime day) { return day >= from && day <= to; }),
             days.end());
  for (const WallTime day : open_days_)
    if (day >= from && day <= to) days.push_back(day);
  std::sort(days.begin(), days.end());
  if (days.size() > StreamCursor::kMaxOpenDays) days.erase(days.begin(), days.end() - StreamCursor::kMaxOpenDays);
  open_days_.clear();
}

/// Sessions that began on days before the window's may go on: their days are listed again.
void PollStream::begin_old_days() {
  const MonoTime at = parts_.runtime->clock->mono();
  if (!source_->lists_by_begin()) return;
  if (reaches_now_ && looked_at_old_days_ && at - *looked_at_old_days_ < kLookAtOldDays) return;
  if (reaches_now_) looked_at_old_days_ = at;
  constexpr std::chrono::hours kOldest{24 * 89};
  const WallTime first = start_of_day(cursor_.window->from);
  auto& days = cursor_.open_days;
  days.erase(
      std::remove_if(days.begin(), days.end(), [&](WallTime day) { return day < start_of_day(now() - kOldest); }),
      days.end());
  for (const WallTime day : days)
    if (day < first) old_days_.push_back(day);
  is_at_old_days_ = !old_days_.empty();
  old_agent_ = 0;
  old_page_ = 1;
}

void PollStream::end_old_day() {
  if (!page_is_last_) {
    ++old_page_;
    return;
  }
  last_print_.clear();
  const bool again = list_again();
  old_page_ = 1;
  if (again) return;
  if (static_cast<std::size_t>(old_agent_) + 1 < source_->agents()) {
    ++old_agent_;
    return;
  }
  old_agent_ = 0;
  note_open_days(old_days_.front(), old_days_.front() + std::chrono::hours(24) - std::chrono::seconds(1));
  old_days_.pop_front();
}

/// Logs that are due: as many as the budget allows in the time between two lists, but all of them where the window ends
/// in the past, as no later window of theirs will come.
bool PollStream::take_due() {
  const bool is_left_behind = !reaches_now_ && !source_->shows_state();
  if (std::exchange(took_due_, true) && !is_left_behind) return false;
  const double rest =
      parts_.budget->calls_within(parts_.shop, parts_.settings.max_delay) - static_cast<double>(round_calls_);
  const auto most = is_left_behind
                        ? kDueAtOnce
                        : static_cast<std::size_t>(std::clamp(rest, kLeastDue, static_cast<double>(kDueAtOnce)));
  for (PollUnit& unit : watch_.due(*cursor_.window, most)) units_.push_back(std::move(unit));
  return !units_.empty();
}

}  // namespace jd
KEFU_END_NAMESPACE
