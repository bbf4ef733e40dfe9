#include "jd/polling/stream.hpp"

#include <kefu/core/observer_names.hpp>

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::size_t kMaxUnitItems = 20'000;
constexpr int kMaxUnitPages = 1'000;
constexpr int kUnitTries = 3;
constexpr std::size_t kMaxReadOnce = 50'000;

/// What another try will not mend, or only for everybody.
bool concerns_unit_only(ErrorKind kind) {
  return kind == ErrorKind::bad_argument || kind == ErrorKind::not_found || kind == ErrorKind::internal ||
         kind == ErrorKind::malformed_reply || kind == ErrorKind::content_refused;
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
  while (true) {
    if (unwanted_.requested()) return fail(Error(ErrorKind::cancelled, "the poll is no longer wanted"));
    if (batch_.events.size() >= Poller::kMaxEvents) return finish(true);
    if (!ready_.empty()) {
      take_ready();
    } else if (!units_.empty()) {
      if (!units_.front().must_read) {
        unit_items_ = std::move(units_.front().items);
        unit_read();
      } else if (units_.front().once != 0 && !source_->shows_state() && read_once_.count(units_.front().once) != 0) {
        drop_unit();
        units_.pop_front();
      } else {
        return with_call(&PollStream::read_unit);
      }
    } else if (page_loaded_) {
      end_page();
      if (!cursor_.window) return finish(!batch_.round_done);
    } else if (!cursor_.window) {
      open_window();
    } else if (cursor_.page == 0) {
      for (PollUnit& unit : source_->units_of(cursor_.open)) units_.push_back(std::move(unit));
      for (const OpenChat& chat : cursor_.open)
        if (chat.since + StreamCursor::kLongestChat > cursor_.window->to) cursor_.still_open.push_back(chat);
      page_loaded_ = true;
      page_is_last_ = false;
    } else {
      return with_call(&PollStream::list_page);
    }
  }
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

void PollStream::list_page() {
  source_->list(*cursor_.window, static_cast<std::size_t>(cursor_.agent), cursor_.page, unwanted_,
                [self = shared_from_this()](Result<PollPage> page) {
                  if (!page) return self->fail(page.error());
                  self->listed(*std::move(page));
                });
}

void PollStream::listed(PollPage page) {
  page_loaded_ = true;
  page_is_last_ = page.is_last || (!page.print.empty() && page.print == last_print_);
  last_print_ = std::move(page.print);
  if (page.total) {
    if (!first_total_) first_total_ = page.total;
    last_total_ = page.total;
  }
  for (PollUnit& unit : page.units) units_.push_back(std::move(unit));
  auto& open = cursor_.still_open;
  const auto forget = [&open](const std::string& sid) {
    open.erase(std::remove_if(open.begin(), open.end(), [&](const OpenChat& chat) { return chat.sid == sid; }),
               open.end());
  };
  for (const std::string& sid : page.ended) forget(sid);
  for (OpenChat& chat : page.open) {
    forget(chat.sid);
    if (open.size() < StreamCursor::kMaxOpenChats) open.push_back(std::move(chat));
  }
  advance();
}

void PollStream::read_unit() {
  source_->read(units_.front(), *cursor_.window, unit_page_, unwanted_,
                [self = shared_from_this()](Result<PollItems> items) {
                  if (!items) return self->unit_failed(items.error());
                  self->unit_page(*std::move(items));
                });
}

void PollStream::unit_page(PollItems items) {
  unit_failures_ = 0;
  const WallTime line = horizon();
  for (PolledItem& item : items.items) {
    if (item.time && *item.time < line) continue;
    if (unit_items_.size() < kMaxUnitItems) unit_items_.push_back(std::move(item));
  }
  const bool is_repeated = unit_page_ > 1 && !items.print.empty() && items.print == unit_print_;
  const bool is_too_long = unit_items_.size() >= kMaxUnitItems || unit_page_ >= kMaxUnitPages;
  unit_print_ = std::move(items.print);
  if (is_too_long && !items.is_last)
    report(LogLevel::error, log_event::kPollSkipped, "one log is too long: the rest of it is passed over",
           units_.front().name);
  if (!items.is_last && !is_repeated && !is_too_long) {
    ++unit_page_;
    return advance();
  }
  if (units_.front().once != 0 && read_once_.size() < kMaxReadOnce) read_once_.insert(units_.front().once);
  source_->was_read(units_.front());
  unit_read();
  advance();
}

/// One customer's log that cannot be read must not hold up all the others.
void PollStream::unit_failed(const Error& error) {
  if (!concerns_unit_only(error.kind())) return fail(error);
  // Refused on this side: no other try will change it.
  const bool is_ours = error.kind() == ErrorKind::bad_argument && error.details().http_status == 0;
  if (!is_ours && ++unit_failures_ < kUnitTries) return fail(error);
  report(LogLevel::error, log_event::kPollSkipped, "a log cannot be read and is passed over",
         fmt::format("{}: {}", units_.front().name, error.to_string()));
  source_->was_read(units_.front());
  drop_unit();
  units_.pop_front();
  advance();
}

void PollStream::drop_unit() {
  unit_page_ = 1;
  unit_failures_ = 0;
  unit_print_.clear();
  unit_items_.clear();
}

/// Numbers equal items of one log, and keeps those that no cursor has seen.
void PollStream::unit_read() {
  std::vector<PolledItem> items = std::move(unit_items_);
  drop_unit();
  units_.pop_front();
  put_in_order(items);
  const WallTime line = horizon();
  std::unordered_map<std::string, int> equal;
  for (PolledItem& item : items) {
    if (item.time && *item.time < line) continue;
    const int ordinal = equal[item.identity]++;
    if (!cursor_.seen.has(seen_mark(polled_event_id(item, ordinal)))) ready_.emplace_back(std::move(item), ordinal);
  }
}

void PollStream::take_ready() {
  const Ready item = std::move(ready_.front());
  ready_.pop_front();
  InboundEvent event = make_event(parts_.shop, item.first, item.second, now());
  const std::uint64_t mark = seen_mark(event.event_id);
  if (cursor_.seen.has(mark)) return;
  cursor_.seen.add(mark, item.first.time.value_or(now()));
  batch_.events.push_back(std::move(event));
}

void PollStream::end_page() {
  page_loaded_ = false;
  window_moved_ = true;
  if (!page_is_last_) {
    ++cursor_.page;
    return;
  }
  last_print_.clear();
  // Entries that left the list while it was read moved later ones to pages that were read before.
  constexpr int kMostRepeats = 3;
  if (first_total_ && last_total_ && *last_total_ < *first_total_ && cursor_.page > 1 && repeats_ < kMostRepeats) {
    ++repeats_;
    cursor_.page = 1;
    first_total_.reset();
    last_total_.reset();
    return;
  }
  first_total_.reset();
  last_total_.reset();
  repeats_ = 0;
  if (static_cast<std::size_t>(cursor_.agent) + 1 < source_->agents()) {
    ++cursor_.agent;
    cursor_.page = 1;
    return;
  }
  end_window();
}

}  // namespace jd
KEFU_END_NAMESPACE
