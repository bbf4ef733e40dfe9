#include "wechat/facets/transcripts.hpp"

#include "core/async/call_deadline.hpp"
#include "core/async/time_range.hpp"
#include "core/async/wait.hpp"
#include "core/call/answers.hpp"
#include "core/crypto/crypto.hpp"
#include "core/text/page_token.hpp"

#include <kefu/wechat/records.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr Millis kReadTimeout{60'000};
constexpr std::size_t kMostEntries = 1000;
constexpr int kMostCalls = 20;
/// Whatever the query's limit: a platform that tells no msgid can be read up to this many a span.
constexpr std::int64_t kRecordsPerCall = 1000;

/// Where a walk through the records stands: in the span that begins at `start`, on the platform's page that begins at
/// `message_id`, behind `passed` of its records. `last` is the mark of the last record before that page.
struct Place {
  std::int64_t start = 0;
  std::int64_t message_id = 1;
  std::int64_t passed = 0;
  std::string last;
};

std::string text_of(const Place& place) {
  return detail::page_token({place.start, place.message_id, place.passed}, place.last);
}

bool is_mark(std::string_view text) {
  return text.empty() || (text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos);
}

std::optional<Place> place_of_text(std::string_view text) {
  Place place;
  std::string_view last;
  if (!detail::read_page_token(text, {&place.start, &place.message_id, &place.passed}, last) || !is_mark(last))
    return std::nullopt;
  place.last = last;
  return place;
}

/// Records have no ids: what they say stands for them.
std::string mark_of(const KfRecord& record) {
  const std::string head = fmt::format("{}|{}|", record.time, record.opercode);
  const std::array<std::string_view, 6> pieces{head, record.openid, "|", record.worker, "|", record.text};
  return detail::digest(detail::DigestKind::sha256, pieces.data(), pieces.size()).hex().substr(0, 16);
}

TranscriptEntry entry_of(KfRecord record) {
  TranscriptEntry entry;
  entry.time = from_unix_seconds(record.time);
  entry.from = record.from_agent()      ? TranscriptEntry::From::agent
               : record.from_customer() ? TranscriptEntry::From::customer
                                        : TranscriptEntry::From::system;
  entry.customer = CustomerId(std::move(record.openid));
  entry.agent = std::move(record.worker);
  const bool no_text = record.text == "[image]" || record.text == "[voice]" || record.text == "[video]";
  (no_text ? entry.type : entry.text) = std::move(record.text);
  entry.raw = std::move(record.raw);
  return entry;
}

/// One reading under way. Loop only, but for `begin`. Dropped, its promise answers.
class RecordWalk final : public std::enable_shared_from_this<RecordWalk> {
 public:
  RecordWalk(std::shared_ptr<detail::RuntimeCore> runtime, ApiClient client, TranscriptQuery query, Place place,
             Promise<TranscriptPage> promise, const CallOptions& options, MonoTime deadline)
      : runtime_(std::move(runtime)),
        client_(std::move(client)),
        query_(std::move(query)),
        place_(std::move(place)),
        wait_(runtime_->scheduler, deadline, options, promise.cancelled()),
        promise_(std::move(promise)) {}

  void ask() {
    if (from_unix_seconds(place_.start) >= query_.to) return answer(true);
    if (calls_++ == kMostCalls || page_.entries.size() >= query_.limit) return answer(false);
    GetKfRecords op(place_.start, span_end());
    op.message_id = place_.message_id;
    op.number = kRecordsPerCall;
    client_.start(std::move(op), wait_.rest(*runtime_->clock), CancelToken(),
                  [self = shared_from_this()](Result<KfRecordPage> page) { self->got(std::move(page)); });
  }

 private:
  /// The spans meet in one second, which belongs to the later one alone.
  std::int64_t span_end() const {
    const std::int64_t last = unix_seconds(query_.to + std::chrono::milliseconds(999));
    return std::min(place_.start + GetKfRecords::kLongestSpan, last);
  }

  void got(Result<KfRecordPage> page) {
    if (!page) return promise_.answer(page.error());
    // By what is there: `number` was seen as the count, as what was asked for, and left out.
    const bool full = static_cast<std::int64_t>(page->records.size()) >= kRecordsPerCall;
    const bool advances = page->message_id > place_.message_id;
    const bool again = full && !advances && mark_of(page->records.back()) == place_.last;  // the page before once more
    if (again) page->records.clear();
    const bool last_page = !full || again;
    if (!last_page && !advances)
      return promise_.answer(
          Error(ErrorKind::malformed_reply,
                fmt::format("a full page of records ends with msgid {}, where it began with {}: they cannot be walked",
                            page->message_id, place_.message_id)));
    // A page may begin with the record that ended the one before, or with one that says the same.
    const bool alike = place_.passed == 0 && !page->records.empty() && mark_of(page->records[0]) == place_.last;
    if (alike && !repeats_last_) return look_whether_last_repeats(*std::move(page), last_page);
    take(*std::move(page), last_page, alike && *repeats_last_);
  }

  /// Lines have no ids, but a page of one line ends with the id of that line.
  void look_whether_last_repeats(KfRecordPage page, bool last_page) {
    GetKfRecords op(place_.start, span_end());
    op.message_id = place_.message_id;
    op.number = 1;
    client_.start(std::move(op), wait_.rest(*runtime_->clock), CancelToken(),
                  [self = shared_from_this(), page = std::move(page), last_page](Result<KfRecordPage> one) mutable {
                    if (!one) return self->promise_.answer(one.error());
                    self->repeats_last_ = one->message_id <= self->place_.message_id;
                    self->take(std::move(page), last_page, *self->repeats_last_);
                  });
  }

  void take(KfRecordPage page, bool last_page, bool repeated) {
    std::string last = place_.last;
    std::int64_t at = 0;
    for (KfRecord& record : page.records) {
      const bool fresh = at >= place_.passed && !(at == 0 && repeated);
      if (fresh && page_.entries.size() >= query_.limit) {
        place_.passed = at;
        return answer(false);
      }
      ++at;
      last = mark_of(record);
      if (fresh && wanted(record)) page_.entries.push_back(entry_of(std::move(record)));
    }
    if (last_page) {
      const std::int64_t next = place_.start + GetKfRecords::kLongestSpan;
      place_ = Place();
      place_.start = next;
    } else {
      place_.message_id = page.message_id;
      place_.passed = 0;
      place_.last = std::move(last);
    }
    ask();
  }

  bool wanted(const KfRecord& record) const {
    const WallTime time = from_unix_seconds(record.time);
    if (time < query_.from || time >= query_.to) return false;
    if (record.time >= place_.start + GetKfRecords::kLongestSpan) return false;  // the next span brings it
    if (!query_.customer.id.empty() && record.openid != query_.customer.id) return false;
    return query_.agent.empty() || record.worker == query_.agent;
  }

  void answer(bool over) {
    if (!over) page_.next = text_of(place_);
    promise_.answer(std::move(page_));
  }

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const ApiClient client_;
  const TranscriptQuery query_;
  Place place_;
  detail::Wait wait_;
  Promise<TranscriptPage> promise_;
  TranscriptPage page_;
  int calls_ = 0;
  std::optional<bool> repeats_last_;  ///< Whether a page begins with the record that ended the one before.
};

/// Where the walk begins: at the query's start, or at a place that an earlier page of the same query gave out.
Result<Place> first_place(const TranscriptQuery& query, const std::string& no_search) {
  const auto refuse = [](const char* why) { return Error(ErrorKind::bad_argument, why); };
  if (!query.words.empty()) return Error(ErrorKind::unsupported, "words: " + no_search);
  if (query.limit == 0) return refuse("limit is 0: it is the most entries of a page");
  if (query.from > query.to) return refuse("from is after to");
  if (unix_seconds(query.from) < 1) return refuse("from is before 1970");
  Place place;
  place.start = unix_seconds(query.from);
  if (query.page.empty()) return place;
  auto given = place_of_text(query.page);
  const bool ours = given && given->start >= place.start && from_unix_seconds(given->start) < query.to &&
                    (given->start - place.start) % GetKfRecords::kLongestSpan == 0 && given->message_id >= 1 &&
                    given->passed <= kRecordsPerCall;
  if (!ours) return refuse("page is not one that a query with this from and to gave out");
  return *std::move(given);
}

}  // namespace

Pending<TranscriptPage> AccountTranscripts::read(TranscriptQuery query, CallOptions options) {
  query.to = detail::within_reach(query.to);
  auto place = first_place(query, capabilities_->why_not(Ability::search_transcript));
  if (!place) return detail::answered<TranscriptPage>(runtime_, place.error());
  const auto deadline = detail::deadline_of(*runtime_, options, kReadTimeout);
  if (!deadline) return detail::answered<TranscriptPage>(runtime_, deadline.error());
  query.limit = std::min(query.limit, kMostEntries);
  Promise<TranscriptPage> promise(runtime_);
  auto pending = promise.pending();
  std::make_shared<RecordWalk>(runtime_, client_, std::move(query), *std::move(place), std::move(promise), options,
                               *deadline)
      ->ask();
  return pending;
}

}  // namespace wechat
KEFU_END_NAMESPACE
