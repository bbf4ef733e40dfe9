#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/jd/buyer.hpp>
#include <kefu/jd/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// The DongDong group `jingdong.im.pop.*` (jd 4.2): what agents (`waiter`) and customers said and how customers rated
// it.
//
// Common to all of it: `from` and `to` are sent as GMT+8 text of which the platform uses the date; at most 7 days apart
// (checked here: bad_argument) and not older than 3 months (the platform checks; its code is not public). `waiter` is
// one agent's account; empty means the shop's main account, and results for sub-accounts come only when the main
// account authorized. Pages count from 1; the largest page size is not public, 50 is what the examples hold. Effect:
// read. Customers are named by pin, which may be masked; newer answers may add open_id and xid, which are read.

/// One customer's rating of an agent.
struct Evaluation {
  Evaluation() {}
  BuyerIds customer;
  std::string waiter;
  std::string description;  ///< What the customer wrote (`desc`).
  /// 0 very dissatisfied, 25 dissatisfied, 50 so-so, 75 satisfied, 100 very satisfied (documentation text of 2013).
  std::optional<int> score;
  Time time;        ///< `evaTime`.
  std::string raw;  ///< The platform's JSON of this entry.
};
struct EvaluationList {
  EvaluationList() {}
  std::vector<Evaluation> evaluations;  ///< No total comes with it: a page shorter than asked for is the last one.
};

/// Customers' ratings of agents, one by one: 查询客服评价详情, `jingdong.im.pop.evaluationlist.get` [A].
struct KEFU_EXPORT ListEvaluations {
  using Response = EvaluationList;
  static const Operation& operation();
  ListEvaluations(WallTime from_, WallTime to_) : from(from_), to(to_) {}
  Time from;
  Time to;
  std::string waiter;
  int page = 1;
  int page_size = 50;
};

/// How many ratings of one score an agent got on one day.
struct DailyEvaluations {
  DailyEvaluations() {}
  std::string date;  ///< As sent; its form is not documented.
  std::string waiter;
  std::optional<int> score;
  std::int64_t count = 0;
};
struct EvaluationCounts {
  EvaluationCounts() {}
  std::vector<DailyEvaluations> days;  ///< One row per day, agent and score.
};

/// Ratings counted by day, agent and score: 客服日评价统计, `jingdong.im.pop.evaluationstat.get` [A].
struct KEFU_EXPORT EvaluationStatistics {
  using Response = EvaluationCounts;
  static const Operation& operation();
  EvaluationStatistics(WallTime from_, WallTime to_) : from(from_), to(to_) {}
  Time from;
  Time to;
  std::string waiter;
};

/// One conversation between a customer and an agent.
struct ChatSession {
  ChatSession() {}
  BuyerIds customer;
  std::string waiter;
  Time begin;
  Time reply;                       ///< The agent's first answer; empty: none yet.
  Time end;                         ///< Empty: goes on.
  std::optional<int> session_type;  ///< 1 on-line session, 2 message left.
  bool transfer = false;            ///< Came from, or went to, another agent; which of both is not public.
  std::string sid;                  ///< May be empty.
  std::int64_t sku_id = 0;          ///< The product it began at; 0: none.
  std::string raw;                  ///< The platform's JSON of this entry.
};
struct SessionsPage {
  SessionsPage() {}
  std::vector<ChatSession> sessions;
  std::optional<std::int64_t> total;  ///< A hint: only a short page ends the list.
};

/// Conversations: 获取会话列表, `jingdong.im.pop.sessionlist.get` [A]. Reads all wrappers: ChatSessionPage, and
/// ChatSession of older generations, which was a list and an object with a list inside.
struct KEFU_EXPORT ListSessions {
  using Response = SessionsPage;
  static const Operation& operation();
  ListSessions(WallTime from_, WallTime to_) : from(from_), to(to_) {}
  Time from;
  Time to;
  std::string waiter;
  int page = 1;
  int page_size = 50;
};

/// One message of a conversation. It has no id: (sid, time, author, content) is all there is to tell messages apart.
struct ChatLine {
  enum class Author : unsigned char { unknown, customer, waiter };
  ChatLine() {}
  BuyerIds customer;
  std::string waiter;
  /// Decoded once: the platform writes HTML entities, which `raw` has. Emoticons are codes (`#E-s21`), the card of an
  /// order or product is plain text; the form of pictures and system lines is not public.
  std::string content;
  std::string sid;
  std::int64_t sku_id = 0;
  Time time;
  std::optional<int> channel;       ///< Seen: 11 on customers' lines, 21 on agents'.
  Author author = Author::unknown;  ///< `waiterSend`; unknown where the platform left it out.
  std::string raw;                  ///< The platform's JSON of this entry.
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(ChatLine::Author author) noexcept;
struct ChatLogPage {
  ChatLogPage() {}
  std::vector<ChatLine> lines;
  std::optional<std::int64_t> total;  ///< No count of lines: 1 has come beside 29. Only a short page ends the list.
};

/// Messages of one customer: 查找客服聊天记录, `jingdong.im.pop.chatlog.get` [A]. Reads both wrappers, ChatLogPage and
/// ChatLog, with both lists, chatLogList and chatList. There is no call for all customers' messages: list the sessions,
/// then read each customer's log.
struct KEFU_EXPORT ReadChatLog {
  using Response = ChatLogPage;
  static const Operation& operation();
  ReadChatLog(std::string customer_pin, WallTime from_, WallTime to_)
      : customer(std::move(customer_pin)), from(from_), to(to_) {}
  std::string customer;  ///< The pin, as sessions name it.
  Time from;
  Time to;
  std::string waiter;
  std::int64_t sku_id = 0;  ///< 0: any.
  int page = 1;
  int page_size = 50;
};

/// As ReadChatLog, only messages that hold `words`: 模糊查询, `jingdong.im.pop.chatlog.fuzzy.query` [A].
struct KEFU_EXPORT SearchChatLog {
  using Response = ChatLogPage;
  static const Operation& operation();
  SearchChatLog(std::string customer_pin, std::string words_, WallTime from_, WallTime to_)
      : customer(std::move(customer_pin)), words(std::move(words_)), from(from_), to(to_) {}
  std::string customer;
  std::string words;  ///< `keyWord`.
  Time from;
  Time to;
  std::string waiter;
  int page = 1;
  int page_size = 50;
};

/// One figure of one agent's day.
struct DailyStatistic {
  DailyStatistic() {}
  std::string date;  ///< As sent; its form is not documented.
  std::string waiter;
  std::string result;  ///< Text on the wire.
};
struct DailyStatistics {
  DailyStatistics() {}
  std::vector<DailyStatistic> days;
};

/// Customers served a day: 客服日接待量, `jingdong.im.pop.replystat.get` [A].
struct KEFU_EXPORT ReplyStatistics {
  using Response = DailyStatistics;
  static const Operation& operation();
  ReplyStatistics(WallTime from_, WallTime to_) : from(from_), to(to_) {}
  Time from;
  Time to;
  std::string waiter;
};
/// Customers left without an answer a day: 日未回复量, `jingdong.im.pop.unreplystat.get` [A].
struct KEFU_EXPORT UnrepliedStatistics {
  using Response = DailyStatistics;
  static const Operation& operation();
  UnrepliedStatistics(WallTime from_, WallTime to_) : from(from_), to(to_) {}
  Time from;
  Time to;
  std::string waiter;
};
/// Time on line a day: 日累计在线时长, `jingdong.im.pop.waiter.onlinetime.stat.get` [A], in seconds.
struct KEFU_EXPORT OnlineTimeStatistics {
  using Response = DailyStatistics;
  static const Operation& operation();
  OnlineTimeStatistics(WallTime from_, WallTime to_) : from(from_), to(to_) {}
  Time from;
  Time to;
  std::string waiter;
};

struct WaitingTime {
  WaitingTime() {}
  std::optional<double> average;  ///< `avgTime`, in seconds.
};
/// How long customers waited on one day: 平均等待时长, `jingdong.im.pop.consult.avgwaittime.get` [A].
struct KEFU_EXPORT AverageWaitingTime {
  using Response = WaitingTime;
  static const Operation& operation();
  explicit AverageWaitingTime(WallTime date_) : date(date_) {}
  Time date;
  std::string waiter;
};

/// One stay of an agent on line.
struct WaiterLogin {
  WaiterLogin() {}
  std::string waiter;
  Time login;
  Time logout;  ///< Empty: still there, or not known.
  std::string ip;
  std::string login_sid;
};
struct WaiterLogins {
  WaiterLogins() {}
  std::vector<WaiterLogin> logins;
};
/// When agents came and went: 客服登录日志, `jingdong.im.pop.passlog.get` [A].
struct KEFU_EXPORT ListLogins {
  using Response = WaiterLogins;
  static const Operation& operation();
  ListLogins(WallTime from_, WallTime to_) : from(from_), to(to_) {}
  Time from;
  Time to;
  std::string waiter;
  int page = 1;
  int page_size = 50;
};

/// One agent of the shop's group.
struct Waiter {
  Waiter() {}
  std::string waiter;     ///< The account.
  std::optional<int> yn;  ///< Authorized or not.
  bool leader = false;    ///< Administrator or not.
  std::string level;      ///< Values are not public.
};
struct WaiterGroup {
  WaiterGroup() {}
  std::string shop_name;
  std::string shop_url;
  std::int64_t waiter_count = 0;
  std::vector<Waiter> waiters;
};
/// The shop's agents: 客服组信息, `jingdong.im.pop.groupinfo.get` [A].
struct KEFU_EXPORT GetAgentGroup {
  using Response = WaiterGroup;
  static const Operation& operation();
  GetAgentGroup() {}
};

struct AskRateReport {
  AskRateReport() {}
  double rate = 0;  ///< Whether a fraction or a percentage is not public.
};
/// The shop's share of answered questions: 应答率, `jingdong.im.pop.askRate.get` [A].
struct KEFU_EXPORT AskRate {
  using Response = AskRateReport;
  static const Operation& operation();
  AskRate(WallTime from_, WallTime to_) : from(from_), to(to_) {}
  Time from;
  Time to;
};

}  // namespace jd
KEFU_END_NAMESPACE
