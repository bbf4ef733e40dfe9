#include "jd/shop/transcripts.hpp"

#include "core/async/call_deadline.hpp"
#include "core/async/wait.hpp"
#include "core/text/page_token.hpp"
#include "jd/operations/day_windows.hpp"
#include "jd/operations/paging.hpp"

#include <kefu/jd/buyer.hpp>
#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/thread.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr Millis kReadTimeout{30'000};
constexpr std::size_t kMostEntries = 1000;
constexpr std::size_t kMostLinesInWindow = 10'000;
constexpr std::int64_t kLatestMillis = 4'102'444'800'000;  // the year 2100

/// Where a page ended: after `passed` lines of this time.
struct PlaceInLog {
  WallTime time;
  std::size_t passed = 0;
};

std::string place_text(const PlaceInLog& place) {
  return detail::page_token({unix_millis(place.time), static_cast<std::int64_t>(place.passed)});
}

std::optional<PlaceInLog> read_place(std::string_view text) {
  std::int64_t millis = 0;
  std::int64_t passed = 0;
  if (!detail::read_page_token(text, {&millis, &passed})) return std::nullopt;
  if (millis > kLatestMillis || passed > UINT32_MAX) return std::nullopt;  // what a clock can hold
  PlaceInLog place;
  place.time = from_unix_millis(millis);
  place.passed = static_cast<std::size_t>(passed);
  return place;
}

Error no_pin() {
  return Error(ErrorKind::bad_argument,
               "customer has no pin that is known here: JD finds chat logs by pin only, as its sessions name customers "
               "(\"pin:...\")");
}

/// One read under way: window by window, page by page. Loop only, but for `begin`. Dropped, its promise answers.
class TranscriptWalk final : public std::enable_shared_from_this<TranscriptWalk> {
 public:
  TranscriptWalk(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client, const PollingSettings& lists,
                 TranscriptQuery query, Promise<TranscriptPage> promise, const CallOptions& options, MonoTime deadline)
      : runtime_(std::move(runtime)),
        client_(std::move(client)),
        page_size_(lists.page_size),
        end_day_counts_(lists.end_day_counts),
        query_(std::move(query)),
        wait_(runtime_->scheduler, deadline, options, promise.cancelled()),
        promise_(std::move(promise)) {
    query_.limit = std::min(query_.limit, kMostEntries);
  }

  /// The pin is the customer's, or that of whom the shop knows by these names.
  void begin(PlaceInLog from, CustomerBook& customers) {
    place_ = from;
    const auto named = buyer_of(query_.customer);
    if (named && !named->pin.empty()) return begin_with(named->pin);
    customers.find(query_.customer, wait_.rest(*runtime_->clock), CancelToken(),
                   [self = shared_from_this()](Result<CustomerId> meant) {
                     if (!meant) return self->promise_.answer(meant.error());
                     const auto ids = buyer_of(*meant);
                     if (!ids || ids->pin.empty()) return self->promise_.answer(no_pin());
                     self->begin_with(ids->pin);
                   });
  }

 private:
  void begin_with(std::string pin) {
    pin_ = std::move(pin);
    open_window(place_.time);
  }

  void open_window(WallTime from) {
    if (from >= query_.to) return promise_.answer(std::move(page_));
    window_ = first_window(from, query_.to);
    lines_.clear();
    platform_page_ = 1;
    ask();
  }

  void ask() {
    const WallTime until = window_.asked_until(runtime_->clock->wall(), end_day_counts_);
    if (query_.words.empty()) return start(ReadChatLog(pin_, window_.first, until));
    start(SearchChatLog(pin_, query_.words, window_.first, until));
  }

  template <class Op>
  void start(Op op) {
    op.waiter = query_.agent;
    op.page = platform_page_;
    op.page_size = page_size_;
    client_.start(std::move(op), wait_.rest(*runtime_->clock), CancelToken(),
                  [self = shared_from_this()](Result<ChatLogPage> page) { self->got(std::move(page)); });
  }

  void got(Result<ChatLogPage> page) {
    if (!page) return promise_.answer(page.error());
    const std::size_t brought = page->lines.size();
    std::move(page->lines.begin(), page->lines.end(), std::back_inserter(lines_));
    if (lines_.size() > kMostLinesInWindow)
      return promise_.answer(
          Error(ErrorKind::bad_argument,
                fmt::format("this customer has more than {} lines in the days from {} to {}: ask for a shorter period",
                            kMostLinesInWindow, gateway_date(window_.first),
                            gateway_date(window_.end - std::chrono::seconds(1)))));
    if (!is_last_page(brought, platform_page_, page_size_, page->total)) {
      ++platform_page_;
      return ask();
    }
    window_read();
  }

  void window_read() {
    const auto time_of = [this](const ChatLine& line) { return line.time.at.value_or(window_.first); };
    // Newest first, as some lists are: turned round, equal times keep their order.
    if (!lines_.empty() && time_of(lines_.front()) > time_of(lines_.back())) std::reverse(lines_.begin(), lines_.end());
    std::stable_sort(lines_.begin(), lines_.end(),
                     [&](const ChatLine& a, const ChatLine& b) { return time_of(a) < time_of(b); });
    PlaceInLog at;
    for (ChatLine& line : lines_) {
      const WallTime time = time_of(line);
      at.passed = time == at.time ? at.passed + 1 : 1;
      at.time = time;
      if (time < query_.from || time >= query_.to || !window_.holds(time)) continue;
      if (time < place_.time || (time == place_.time && at.passed <= place_.passed)) continue;
      if (page_.entries.size() == query_.limit) {
        page_.next = place_text(last_);
        return promise_.answer(std::move(page_));
      }
      last_ = at;
      page_.entries.push_back(entry(std::move(line), time));
    }
    open_window(window_.end);
  }

  TranscriptEntry entry(ChatLine line, WallTime time) const {
    TranscriptEntry made;
    made.time = time;
    made.from = line.author == ChatLine::Author::waiter     ? TranscriptEntry::From::agent
                : line.author == ChatLine::Author::customer ? TranscriptEntry::From::customer
                                                            : TranscriptEntry::From::system;
    made.customer = query_.customer;
    made.agent = std::move(line.waiter);
    if (!line.sid.empty()) made.thread = thread_of(SessionThread(line.sid));
    made.text = std::move(line.content);
    made.raw = std::move(line.raw);
    return made;
  }

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const int page_size_;
  const bool end_day_counts_;
  TranscriptQuery query_;
  std::string pin_;
  detail::Wait wait_;
  Promise<TranscriptPage> promise_;

  PlaceInLog place_;  ///< Where this page begins.
  PlaceInLog last_;
  DayWindow window_{};
  int platform_page_ = 1;
  std::vector<ChatLine> lines_;
  TranscriptPage page_;
};

/// What is wrong with a query.
Result<void> check_query(const TranscriptQuery& query, WallTime now) {
  if (query.customer.id.empty())
    return Error(ErrorKind::bad_argument,
                 "customer is empty: JD reads chat logs of one customer at a time; list the sessions to see whose");
  auto buyer = buyer_of(query.customer);
  if (!buyer) return buyer.error();
  if (query.limit == 0) return Error(ErrorKind::bad_argument, "limit is 0: ask for at least one entry");
  if (auto wrong = refuse_period(query.from, query.to, now)) return *std::move(wrong);
  return {};
}

}  // namespace

Pending<TranscriptPage> ShopTranscripts::read(TranscriptQuery query, CallOptions options) {
  Promise<TranscriptPage> promise(runtime_);
  auto pending = promise.pending();
  const WallTime now = runtime_->clock->wall();
  auto checked = check_query(query, now);
  const auto deadline = detail::deadline_of(*runtime_, options, kReadTimeout);
  std::optional<Error> refusal = runtime_->refusal();
  if (!refusal && !checked) refusal = checked.error();
  if (!refusal && !deadline) refusal = deadline.error();

  PlaceInLog from;
  from.time = query.from;
  if (!refusal && !query.page.empty()) {
    const auto place = read_place(query.page);
    if (!place || place->time < query.from || place->time >= query.to)
      refusal.emplace(ErrorKind::bad_argument, "page is none of this query's: give TranscriptPage::next as it came");
    else
      from = *place;
  }
  if (refusal) {
    promise.answer(*std::move(refusal));
    return pending;
  }
  query.to = std::min(query.to, now + std::chrono::hours(24));  // nothing is there later
  std::make_shared<TranscriptWalk>(runtime_, client_, *lists_, std::move(query), std::move(promise), options, *deadline)
      ->begin(from, *customers_);
  return pending;
}

}  // namespace jd
KEFU_END_NAMESPACE
