#pragma once

#include <kefu/channel/inbound.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>
#include <kefu/jd/buyer.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Names of what is polled, as event ids, cursors and records hold them. They never change.
namespace poll_stream {
inline constexpr std::string_view kChat = "chat";
inline constexpr std::string_view kEvaluation = "eval";
inline constexpr std::string_view kServiceOrder = "asc";
inline constexpr std::string_view kFreight = "ascfreight";
inline constexpr std::string_view kUnsolved = "ascmsg";
inline constexpr std::string_view kAudit = "ascaudit";
inline constexpr std::string_view kFeed = "feed";  ///< Messages of the host feed that no poll shows.
}  // namespace poll_stream

/// Year 2255, in milliseconds: a clock that counts nanoseconds ends soon after.
inline constexpr std::int64_t kLatestTime = 9'000'000'000'000;

/// One thing of an answer or of the feed that becomes an event. None of them has an id of the platform's that can be
/// relied on: `identity` is what tells it apart, and equal ones in one log are numbered.
struct PolledItem {
  enum class Kind : unsigned char { other, customer_text, agent_text, rating, ticket };
  Kind kind = Kind::other;
  std::string_view stream;  ///< Of poll_stream.
  std::string identity;
  std::string name;  ///< Of what is no kind of its own; empty: the stream's.
  BuyerIds customer;
  std::string scope;  ///< For customer_of: what a masked name was seen in.
  std::string thread;
  std::string message_id;
  std::optional<WallTime> time;
  std::string agent;
  std::string text;  ///< What was said or commented.
  int score = 0;
  std::string ticket;
  std::string status;
  std::string status_text;
  std::string order;
  std::string raw;              ///< The platform's JSON; left out of the event where it is very large.
  bool is_unreadable = false;   ///< Only its ids are known: it comes as PlatformEvent and is counted.
  std::optional<WallTime> due;  ///< Of a ticket: the platform's own deadline.
};

/// What tells a chat line from others (jd 10.2): the same for a poll and the feed. Seconds, because the platform's text
/// form of times has no more.
std::string chat_identity(std::string_view sid, std::optional<WallTime> time, bool from_waiter,
                          std::string_view content);
/// The parts of an identity, each with its length, so that no two lists give the same text.
std::string identity_of(std::initializer_list<std::string_view> parts);

/// Stable over restarts and processes: "jd:<stream>:<digest>".
std::string polled_event_id(const PolledItem& item, int ordinal);
/// The id's place in a set of what was seen.
std::uint64_t seen_mark(std::string_view event_id);

/// The event, whose `raw` reads back as the same event.
InboundEvent make_event(std::string_view shop, const PolledItem& item, int ordinal, WallTime received);

/// The event is about this customer, also when it is read again.
void name_customer(InboundEvent& event, CustomerId customer);

/// Reads an event of a poll or of the host feed again from its `raw`. Error: `bad_argument`.
Result<InboundEvent> reopen_event(std::string_view shop, std::string_view raw, WallTime received);

}  // namespace jd
KEFU_END_NAMESPACE
