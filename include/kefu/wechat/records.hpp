#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

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
  /// How many are in this answer by the text of the page; its sample has what was asked for, others have none (0). A
  /// page is the last when `records` are fewer than were asked for.
  std::int64_t number = 0;
  std::int64_t message_id = 0;  ///< msgid: where the next page begins; 0: not told.
};

/// One page of the records of all agents, in the order of their ids. `Account::transcripts` walks a span of time.
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

}  // namespace wechat
KEFU_END_NAMESPACE
