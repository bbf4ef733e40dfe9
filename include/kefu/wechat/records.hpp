#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/core/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// One line of a conversation between a customer and an agent.
struct KfRecord {
  KfRecord() {}
  static constexpr int kSent = 2002;      ///< opercode: the agent wrote.
  static constexpr int kReceived = 2003;  ///< opercode: the customer wrote.
  std::string openid;
  int opercode = 0;
  std::string text;       ///< "[image]", "[voice]" and "[video]" stand for what is no text.
  std::int64_t time = 0;  ///< Seconds since 1970.
  std::string worker;     ///< The agent's kf_account.
  std::string raw;        ///< The platform's own JSON.
  bool from_agent() const { return opercode == kSent; }
  bool from_customer() const { return opercode == kReceived; }
};

/// One page of records.
struct KfRecordPage {
  KfRecordPage() {}
  std::vector<KfRecord> records;  ///< recordlist
  std::int64_t number = 0;        ///< How many are in this answer.
  std::int64_t message_id = 0;    ///< msgid: where the next page begins.
};

/// One page of the records of all agents, in the order of their ids. KfRecordPager walks a span of time.
///
/// Effect: read. Checked here: the span is 0 to 86,400 s, the id at least 1, the number 1 to 10,000. Codes: 65416,
/// 65417 (span), 65400. Whether mini programs may call it no source says. Page: 获取聊天记录.
struct KEFU_EXPORT GetKfRecords {
  using Response = KfRecordPage;
  static const Operation& operation();
  static constexpr std::int64_t kLongestSpan = 86'400;
  static constexpr std::int64_t kMostRecords = 10'000;

  /// Seconds since 1970.
  GetKfRecords(std::int64_t start, std::int64_t end) : start_time(start), end_time(end) {}

  std::int64_t start_time;
  std::int64_t end_time;
  std::int64_t message_id = 1;
  std::int64_t number = kMostRecords;
};

/// Walks the records of any span of time: hides days, ids and page sizes. A value: keep it, copy it to resume later.
///
///     KfRecordPager pager(from, to);
///     while (!pager.done()) {
///       auto page = account->call(pager.request()).get();
///       if (!page) return page.error();          // try again with the same request
///       auto records = pager.take(*std::move(page));
///       if (!records) return records.error();
///       ...
///     }
///
/// The platform may repeat the last record of a page at the head of the next: a record that equals one of the last
/// second read is dropped there. Thread safety: as for any value.
class KEFU_EXPORT KfRecordPager {
 public:
  /// Seconds since 1970; an end before the start makes a pager that is done. `page_size` is put into 1 to 10,000.
  KfRecordPager(std::int64_t start, std::int64_t end, std::int64_t page_size = GetKfRecords::kMostRecords);

  bool done() const { return done_; }
  /// The next page to ask for.
  const GetKfRecords& request() const { return request_; }
  /// Takes the answer to `request()` and moves on; gives the records that are new. Errors: `malformed_reply` (a full
  /// page whose msgid did not advance: going on would never end); the pager is then done.
  Result<std::vector<KfRecord>> take(KfRecordPage page);

 private:
  std::vector<KfRecord> without_repeats(std::vector<KfRecord> records);
  void next_span();
  std::int64_t end_;
  GetKfRecords request_;
  std::vector<KfRecord> last_second_;  ///< Those of the latest second that were read.
  bool done_ = false;
};

}  // namespace wechat
KEFU_END_NAMESPACE
