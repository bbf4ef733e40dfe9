#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/records.hpp>

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
  v.optional("number", s.number);
  v.optional("msgid", s.message_id);
}

KEFU_FIELDS(wechat::GetKfRecords) {
  constexpr std::int64_t kLongest = wechat::GetKfRecords::kLongestSpan;
  v.value("starttime", s.start_time, Check().range(1, INT64_MAX));
  v.value("endtime", s.end_time, Check().range(1, INT64_MAX));
  // Both are at least 1, or the complaint about that came first: the difference does not overflow.
  const std::int64_t span = s.start_time >= 1 && s.end_time >= 1 ? s.end_time - s.start_time : 0;
  v.rule("endtime", span >= 0 && span <= kLongest, "must be 0 to 86400 s after starttime");
  v.value("msgid", s.message_id, Check().range(1, INT64_MAX));
  v.value("number", s.number, Check().range(1, wechat::GetKfRecords::kMostRecords));
}

}  // namespace detail

namespace wechat {

// clang-format off
#define KEFU_RECORD_ROWS(ROW)                                                                                  \
  ROW(GetKfRecords, post("/customservice/msgrecord/getmsglist", kRead, "获取聊天记录", kKfRecords).from("6.1") \
      .limited("24 h a call").within(Millis(30'000)).read_by(decode_some<KfRecordPage>))
// clang-format on
KEFU_WECHAT_FAMILY(record_rows, KEFU_RECORD_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
