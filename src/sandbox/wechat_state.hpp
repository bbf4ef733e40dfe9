#pragma once

#include "sandbox/reply_window.hpp"
#include "sandbox/twin.hpp"
#include "sandbox/web_text.hpp"

#include <kefu/core/time.hpp>
#include <kefu/sandbox/wechat_app.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// The two isolated kinds of access tokens: /cgi-bin/token and /cgi-bin/stable_token.
enum class TokenFamily : unsigned char { classic, stable };

struct IssuedToken {
  std::string value;
  TokenFamily family = TokenFamily::classic;
  WallTime issued;
  WallTime expires;
  /// From here on it is "not latest"; later than `expires` as long as nothing replaced it.
  WallTime ends = WallTime::max();
};

/// What a customer sees in the chat.
struct InboxMessage {
  std::uint64_t number = 0;
  WallTime time;
  std::string channel;  ///< "api", "passive", "notice".
  std::string msgtype;
  std::string text;     ///< Of text messages and notices.
  std::string content;  ///< JSON object of the message's own fields.
  std::string agent;    ///< The kf_account that spoke, if one was named.
  bool by_ai = false;
  std::uint64_t push = 0;  ///< The push that a passive reply or notice belongs to.
};

struct WechatCustomer {
  std::string openid;
  bool following = true;
  int refuse_code = 0;  ///< If set, every message to this customer is refused with it.
  ReplyWindow window;
  WallTime last_message = WallTime::min();  ///< Either way.
  WallTime typing_until = WallTime::min();
  std::uint64_t messages = 0;
  std::deque<InboxMessage> inbox;  ///< The latest; bounded.
};

struct WechatAccount {
  WechatApp app;
  std::deque<IssuedToken> tokens;                        ///< Newest last; bounded.
  std::map<std::string, PeriodCount, std::less<>> used;  ///< By path, per day.
  PeriodCount stable_minute;
  PeriodCount forced_day;
  WallTime forced_last = WallTime::min();
  PeriodCount resets_month;
  PeriodCount path_resets_month;
  std::unordered_map<std::string, WechatCustomer> customers;
  std::uint64_t fetches[2] = {0, 0};  ///< Calls of the token APIs that were answered with a token, by family.
};

struct Media {
  std::string type;
  WallTime expires = WallTime::max();  ///< Permanent material never ends.
};

/// One call that was refused, for openapi/rid/get.
struct RefusedCall {
  std::string rid;
  std::string appid;
  WallTime time;
  std::string url;
  std::string body;
  std::string answer;
};

struct PushAttempt {
  WallTime time;
  Pairs query;
  int http_status = 0;
  std::string result;  ///< "acknowledged", "passive", "invalid", "timeout", "status", "refused", "closed".
  std::string detail;
  std::int64_t milliseconds = 0;
};

/// One message or event on its way to the callback.
struct Push {
  std::uint64_t number = 0;
  std::string appid;
  std::string openid;
  std::string msgid;  ///< Empty for events.
  std::string msgtype;
  std::string event;
  std::string body;  ///< Clear XML or JSON, the same in every delivery.
  std::string misbehaviour;
  std::string echostr;  ///< Of a URL verification, which has no body.
  bool same_signature = false;
  WallTime time;
  std::string state = "waiting";  ///< "waiting", "answered", "failed", "not_delivered".
  std::string passive_reply;      ///< The message type of the answer, if it was a message.
  std::vector<PushAttempt> attempts;
  int deliveries_left = 0;
};

}  // namespace sandbox
KEFU_END_NAMESPACE
