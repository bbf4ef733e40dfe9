#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// The real-time variants of jd 4.3 (documentation of 2019, given to few applications) and the messages of third-party
// service. Effect: read.
//
// Weak: no public source shows an answer of the real-time family. Each response keeps the answer node as it came, in
// `raw`, and offers the first list of objects found in it, read as the everyday call's items would be [C].

/// The index of a real-time slot: the hour, then the five-minute part of it, in GMT+8; 20:25 gives "20,5". [C]: the
/// documentation explains that one example; another place shows "12.5" with a dot.
KEFU_EXPORT std::string realtime_slot(WallTime time);

/// What the documentation marks as required for the whole family.
struct RealtimePeriod {
  RealtimePeriod(WallTime from_, WallTime to_) : from(from_), to(to_), time_no(realtime_slot(to_)) {}
  Time from;
  Time to;
  int data_type = 1;  ///< 1: real-time, the period bounds the slot (jd 4.3).
  std::string time_no;
  int page = 1;
  int page_size = 50;
};
struct RealtimeQuery : RealtimePeriod {
  using RealtimePeriod::RealtimePeriod;
  std::vector<std::string> waiters;  ///< Agents' accounts; sent as a list.
};

/// An answer whose items are not known at all.
struct RealtimeAnswer {
  RealtimeAnswer() {}
  std::string raw;
  std::vector<std::string> items;  ///< JSON of each.
};
struct RealtimeSessionsAnswer {
  RealtimeSessionsAnswer() {}
  std::string raw;
  std::vector<ChatSession> sessions;
};
struct RealtimeChatLogAnswer {
  RealtimeChatLogAnswer() {}
  std::string raw;
  std::vector<ChatLine> lines;
};
struct RealtimeEvaluationsAnswer {
  RealtimeEvaluationsAnswer() {}
  std::string raw;
  std::vector<Evaluation> evaluations;
};

/// `jingdong.im.pop.sessionlist.openapi.get`. Weak.
struct KEFU_EXPORT RealtimeSessions : RealtimeQuery {
  using Response = RealtimeSessionsAnswer;
  static const Operation& operation();
  using RealtimeQuery::RealtimeQuery;
};
/// To the second: `jingdong.im.pop.sessionlistsecond.openapi.get`. Weak.
struct KEFU_EXPORT RealtimeSessionsBySecond : RealtimeQuery {
  using Response = RealtimeSessionsAnswer;
  static const Operation& operation();
  using RealtimeQuery::RealtimeQuery;
};
/// `jingdong.im.pop.chatlog.openapi.get`. Weak. The documentation marks customer, waiter and skuId as required as well;
/// an empty one is left out.
struct KEFU_EXPORT RealtimeChatLog : RealtimePeriod {
  using Response = RealtimeChatLogAnswer;
  static const Operation& operation();
  RealtimeChatLog(std::string customer_pin, WallTime from_, WallTime to_)
      : RealtimePeriod(from_, to_), customer(std::move(customer_pin)) {}
  std::string customer;
  std::string waiter;
  std::int64_t sku_id = 0;
};
/// `jingdong.im.pop.evaluationlist.openapi.get`. Weak.
struct KEFU_EXPORT RealtimeEvaluations : RealtimeQuery {
  using Response = RealtimeEvaluationsAnswer;
  static const Operation& operation();
  using RealtimeQuery::RealtimeQuery;
};
/// Invitations to rate: `jingdong.im.pop.inviteEvaluationList.openapi.get`. Weak.
struct KEFU_EXPORT RealtimeEvaluationInvitations : RealtimeQuery {
  using Response = RealtimeAnswer;
  static const Operation& operation();
  using RealtimeQuery::RealtimeQuery;
};
/// Messages that customers left: `jingdong.im.pop.leavemsgcreated.openapi.get`. Weak.
struct KEFU_EXPORT RealtimeLeftMessagesCreated : RealtimeQuery {
  using Response = RealtimeAnswer;
  static const Operation& operation();
  using RealtimeQuery::RealtimeQuery;
};
/// Left messages given to agents: `jingdong.im.pop.leavemsgallocate.openapi.get`. Weak.
struct KEFU_EXPORT RealtimeLeftMessagesAssigned : RealtimeQuery {
  using Response = RealtimeAnswer;
  static const Operation& operation();
  using RealtimeQuery::RealtimeQuery;
};
/// Agents' operating states: `jingdong.im.pop.waiterpresence.openapi.get`. Weak.
struct KEFU_EXPORT RealtimeAgentPresence : RealtimeQuery {
  using Response = RealtimeAnswer;
  static const Operation& operation();
  using RealtimeQuery::RealtimeQuery;
};
/// To the second: `jingdong.im.pop.waiterpresencesecond.openapi.get`. Weak.
struct KEFU_EXPORT RealtimeAgentPresenceBySecond : RealtimeQuery {
  using Response = RealtimeAnswer;
  static const Operation& operation();
  using RealtimeQuery::RealtimeQuery;
};

/// One message of a session that a third-party service system held (jd 4.4).
struct ThirdPartyMessage {
  ThirdPartyMessage() {}
  std::string merchant_id;
  std::string sid;
  std::string mid;
  std::string uuid;
  std::string waiter;
  BuyerIds customer;
  std::string content;
  Time created;
  std::string channel;
  ChatLine::Author author = ChatLine::Author::unknown;  ///< `waiterSend`, a number here: 1 is the agent.
  std::optional<int> mt;                                ///< Values of mt, chatType and type are not public.
  std::optional<int> chat_type;
  std::string type;
  std::string url;
  std::string ext_param;
};
struct ThirdPartyMessagesPage {
  ThirdPartyMessagesPage() {}
  std::vector<ThirdPartyMessage> messages;
  std::optional<std::int64_t> total;
  std::int64_t current_page = 0;
  std::int64_t page_size = 0;
  std::string code;  ///< As sent; its values are not public.
  std::string message;
  std::optional<bool> success;
};

/// Messages of a session held by a third-party service system: `jingdong.im.out.merchant.chatmessage.openapi.get` [A].
/// The request has no page: the answer's `current_page` and `page_size` say what it holds.
struct KEFU_EXPORT ThirdPartyMessages {
  using Response = ThirdPartyMessagesPage;
  static const Operation& operation();
  ThirdPartyMessages(std::string app_id_, std::string sid_) : app_id(std::move(app_id_)), sid(std::move(sid_)) {}
  std::string app_id;
  std::string sid;
};

}  // namespace jd
KEFU_END_NAMESPACE
