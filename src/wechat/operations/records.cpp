#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/records.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(wechat::KfRecord) {
  v.required("openid", s.openid);
  v.required("opercode", s.opercode);
  v.optional("text", s.text);
  v.required("time", s.time);
  v.optional("worker", s.worker);
  v.whole(s.raw);
}

KEFU_FIELDS(wechat::KfRecordPage) {
  v.optional("recordlist", s.records);
  v.required("number", s.number);
  v.optional("msgid", s.message_id);
}

KEFU_FIELDS(wechat::GetKfRecords) {
  constexpr std::int64_t kLongest = wechat::GetKfRecords::kLongestSpan;
  v.value("starttime", s.start_time, Check().range(1, INT64_MAX));
  v.value("endtime", s.end_time, Check().range(1, INT64_MAX));
  // Both are at least 1, or the complaint about that came first: the difference does not overflow.
  if (s.start_time >= 1 && s.end_time >= 1) {
    const std::int64_t span = s.end_time - s.start_time;
    if (span < 0 || span > kLongest)
      v.complain("endtime", fmt::format("is {} s after starttime, allowed are 0 to {}", span, kLongest));
  }
  v.value("msgid", s.message_id, Check().range(1, INT64_MAX));
  v.value("number", s.number, Check().range(1, wechat::GetKfRecords::kMostRecords));
}

}  // namespace detail

namespace wechat {
namespace {

bool same(const KfRecord& a, const KfRecord& b) {
  return a.time == b.time && a.opercode == b.opercode && a.openid == b.openid && a.worker == b.worker &&
         a.text == b.text;
}

}  // namespace

KfRecordPager::KfRecordPager(std::int64_t start, std::int64_t end, std::int64_t page_size)
    : end_(end), request_(std::max<std::int64_t>(start, 0), end), done_(end < start) {
  request_.number = std::clamp<std::int64_t>(page_size, 1, GetKfRecords::kMostRecords);
  if (!done_ && end_ - request_.start_time > GetKfRecords::kLongestSpan)
    request_.end_time = request_.start_time + GetKfRecords::kLongestSpan;
}

Result<std::vector<KfRecord>> KfRecordPager::take(KfRecordPage page) {
  if (done_) return std::vector<KfRecord>();
  const bool last_page = page.records.empty() || page.number < request_.number;
  if (!last_page && page.message_id <= request_.message_id) {
    done_ = true;
    return Error(ErrorKind::malformed_reply,
                 fmt::format("the page is full, but its msgid is {} and the request's was {}: the records cannot be "
                             "walked",
                             page.message_id, request_.message_id));
  }
  std::vector<KfRecord> fresh = without_repeats(std::move(page.records));
  if (last_page)
    next_span();
  else
    request_.message_id = page.message_id;
  return fresh;
}

std::vector<KfRecord> KfRecordPager::without_repeats(std::vector<KfRecord> records) {
  std::vector<KfRecord> fresh;
  fresh.reserve(records.size());
  std::vector<KfRecord> expected = last_second_;
  for (KfRecord& record : records) {
    const auto seen =
        std::find_if(expected.begin(), expected.end(), [&](const KfRecord& r) { return same(r, record); });
    if (seen == expected.end())
      fresh.push_back(std::move(record));
    else
      expected.erase(seen);  // each stands for one repeat
  }
  if (fresh.empty()) return fresh;
  const std::int64_t last = fresh.back().time;
  if (!last_second_.empty() && last_second_.front().time != last) last_second_.clear();
  for (const KfRecord& record : fresh)
    if (record.time == last) last_second_.push_back(record);
  return fresh;
}

/// The spans meet in one second, as no source says whether a span holds its last one.
void KfRecordPager::next_span() {
  if (request_.end_time >= end_) {
    done_ = true;
    return;
  }
  request_.start_time = request_.end_time;
  request_.end_time = std::min(request_.start_time + GetKfRecords::kLongestSpan, end_);
  request_.message_id = 1;
}

// clang-format off
#define KEFU_RECORD_ROWS(ROW)                                                                      \
  ROW(GetKfRecords, post("/customservice/msgrecord/getmsglist", kRead, "获取聊天记录", kKfRecords) \
      .limited("24 h a call").within(Millis(30'000)))
// clang-format on
KEFU_WECHAT_FAMILY(record_rows, KEFU_RECORD_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
