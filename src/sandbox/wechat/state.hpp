#pragma once

#include "sandbox/http/web_text.hpp"
#include "sandbox/twin/twin.hpp"
#include "sandbox/wechat/reply_window.hpp"
#include "sandbox/wechat/service_state.hpp"

#include <kefu/core/time.hpp>
#include <kefu/sandbox/wechat_app.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// The isolated kinds of access tokens: /cgi-bin/token, /cgi-bin/stable_token, and what a third-party platform gets.
enum class TokenFamily : unsigned char {
  classic,
  stable,
  authorizer,  ///< Of an account, given to a third-party platform.
};

struct IssuedToken {
  std::string value;
  TokenFamily family = TokenFamily::classic;
  std::string component;  ///< Of an authorizer's token: whom it was given to.
  WallTime issued;
  WallTime expires;
  /// From here on it is "not latest"; later than `expires` as long as nothing replaced it.
  WallTime ends = WallTime::max();
};

/// What a customer sees in the chat.
struct InboxMessage {
  std::uint64_t number = 0;
  WallTime time;
  std::string channel;  ///< "api", "passive", "notice", "agent", "notification" (of a template).
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

  std::uint64_t order = 0;  ///< By first contact.
  std::string union_id;
  WallTime followed = WallTime::min();
  WallTime seen = WallTime::min();  ///< Last act of any kind.
  std::string subscribe_scene = "ADD_SCENE_SEARCH";
  std::string qr_scene;
  std::string remark;
  std::string nickname;
  std::set<std::int64_t> tags;
  bool blacklisted = false;
  std::string session_key;  ///< Of the last login in the mini program.
  std::string phone;
  std::map<std::string, int, std::less<>> consents;  ///< Sends left by template; below 0: without end.
  std::string notification_failure;                  ///< If set, templates' messages fail later with this status.
  std::map<std::string, WallTime, std::less<>> client_message_ids;
  PeriodCount templates_today;
  WallTime paid = WallTime::min();  ///< The last payment, and what names it.
  std::string transaction_id;
  std::string merchant_id;
  std::string merchant_order;
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

  KfState kf;
  BusinessState business;
  NoticeState notices;
  LoginState logins;
  PeriodCount web_login_minute;
  ModerationState moderation;
  PromotionState promotion;
  ComponentState component;  ///< Where the account is a third-party platform.
  std::string open_account;  ///< The open-platform account that it is bound to; empty: none.
  std::map<std::int64_t, std::string> tags;
  std::int64_t next_tag = 100;
};

struct Media {
  std::string type;
  WallTime expires = WallTime::max();  ///< Permanent material never ends.
  std::string appid;                   ///< Empty: every account knows it.
  std::shared_ptr<const std::string> bytes;
  std::string name;  ///< Of the uploaded file.
  std::string content_type;
  std::string title;  ///< Of a permanent video.
  std::string introduction;
  WallTime created;
  std::uint64_t order = 0;
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
  std::string result;  ///< "under_way", "acknowledged", "passive", "invalid", "timeout", "status", "refused", "closed",
                       ///< "handler_threw", "stopped" (with the server).
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
  std::string state = "waiting";  ///< "waiting", "answered", "failed", "not_delivered", "with_agent".
  std::string passive_reply;      ///< The message type of the answer, if it was a message.
  std::vector<PushAttempt> attempts;
  int deliveries_left = 0;
  int repeats_due = 0;  ///< Further deliveries that were asked for and have not begun.

  /// Nothing will come of it any more.
  bool is_over() const {
    return state != "waiting" && repeats_due == 0 &&
           std::none_of(attempts.begin(), attempts.end(),
                        [](const PushAttempt& one) { return one.result == "under_way"; });
  }
};

}  // namespace sandbox
KEFU_END_NAMESPACE
