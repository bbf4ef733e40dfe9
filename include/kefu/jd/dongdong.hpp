#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/jd/buyer.hpp>
#include <kefu/jd/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// Pushing into DongDong (咚咚), jd 4.5. Two tokens travel in one call: the shop's own, which the pipeline puts, and the
// DongDong token in `access_token` here, issued by the DongDong server to an application provider (`aspid`).
//
// `access_id` (wire: accessid) is a unique text of at most 64 bytes, a UUID as a rule: within 3 minutes the platform
// processes the same one once. Make one per message and keep it for repeats of that message, never for another one. A
// duplicate answer means "accepted earlier"; it is no proof of delivery [C]. How long after a customer's last message
// pushes are let through is not public.

/// Who speaks to whom, and with which leave.
struct ChatPush {
  ChatPush(Secret token, std::string aspid_, std::string access_id_, std::string from_pin_, BuyerIds to_)
      : access_token(std::move(token)),
        aspid(std::move(aspid_)),
        access_id(std::move(access_id_)),
        from_pin(std::move(from_pin_)),
        to(std::move(to_)) {}
  Secret access_token;  ///< The DongDong token; GrantService gives it.
  std::string aspid;
  std::string access_id;
  std::string from_pin;  ///< The agent.
  BuyerIds to;           ///< One of its ids is enough.
  std::string from_app = "im.waiter";
  std::string from_client_type = "gw";
  std::string to_app = "im.customer";
  std::string to_client_type;
  std::string open_id_seller;
  std::string xid_seller;
  std::string chat_info;  ///< `chatinfo`: JSON text; names the session (`sid`) one answers in.
  std::string upid;
  std::string version;  ///< `ver`.
};

/// What the platform says of a message it took.
struct PushedMessage {
  PushedMessage() {}
  std::string message_id;  ///< `msgid`.
  std::string access_id;   ///< `accid`.
  Time sent;               ///< `sendTimestamp`.
  std::string code;        ///< "0".
  std::string message;     ///< `errmsg`.
  std::string raw;         ///< The answer node.
};

/// Sends a text to a customer: `jingdong.MessagePushService.pushChatTextMessage`. Effect: create (see above for what a
/// repeat does). Request [A]; answer [B], one SDK.
struct KEFU_EXPORT PushChatText : ChatPush {
  using Response = PushedMessage;
  static const Operation& operation();
  PushChatText(Secret token, std::string aspid_, std::string access_id_, std::string from_pin_, BuyerIds to_,
               std::string content_)
      : ChatPush(std::move(token), std::move(aspid_), std::move(access_id_), std::move(from_pin_), std::move(to_)),
        content(std::move(content_)) {}
  std::string content;
};

/// Sends a picture by its URL: `jingdong.MessagePushService.pushChatImageMessage`. Weak: answer in no source, read as
/// that of the text [C]; where a picture may lie is not public.
struct KEFU_EXPORT PushChatImage : ChatPush {
  using Response = PushedMessage;
  static const Operation& operation();
  PushChatImage(Secret token, std::string aspid_, std::string access_id_, std::string from_pin_, BuyerIds to_,
                std::string url_)
      : ChatPush(std::move(token), std::move(aspid_), std::move(access_id_), std::move(from_pin_), std::move(to_)),
        url(std::move(url_)) {}
  std::string url;
};

/// Sends any message body: `jingdong.dongdong.packet.josChatMessage.push`. Effect: create. Weak: request [B], answer in
/// no source (read as that of the text push [C]). `chat_info` is not part of it; put that into `body`.
struct KEFU_EXPORT PushChatMessage : ChatPush {
  using Response = PushedMessage;
  static const Operation& operation();
  PushChatMessage(Secret token, std::string aspid_, std::string access_id_, std::string app_key_, std::string from_pin_,
                  BuyerIds to_, std::string body_)
      : ChatPush(std::move(token), std::move(aspid_), std::move(access_id_), std::move(from_pin_), std::move(to_)),
        app_key(std::move(app_key_)),
        body(std::move(body_)) {
    version = "4.3";
  }
  std::string app_key;  ///< The application at the gateway.
  std::string body;     ///< JSON text: `{"type":"text","content":"..."}`.
  std::string source = "isv";
  std::string vender_id;
};

struct DongDongToken {
  DongDongToken() {}
  Secret access_token;
  std::string code;  ///< 230031: granted.
  std::string message;
};
/// Exchanges the provider's secret for a DongDong token: `jingdong.com.jd.dd.open.gw.api.GrantService`. Effect:
/// idempotent. Weak: answer [B] as an internal entry gives it; how the gateway wraps it is not known, so the first
/// object with an accessToken inside the answer node is taken. The token's life is in no answer.
struct KEFU_EXPORT ExchangeDongDongGrant {
  using Response = DongDongToken;
  static const Operation& operation();
  ExchangeDongDongGrant(std::string aspid_, Secret secret_) : aspid(std::move(aspid_)), secret(std::move(secret_)) {}
  std::string aspid;
  Secret secret;
  std::string version = "4.3";
};

/// A notice: title at most 50 characters; content at most 1500 in one line; at most 500 receivers [B].
struct DongDongNotice {
  DongDongNotice(std::string title_, std::string content_) : title(std::move(title_)), content(std::move(content_)) {}
  std::string title;
  std::string content;
  std::string notice_id;
  std::optional<int> to_terminal;  ///< 7 in the one source.
  std::optional<int> sla;          ///< 1: deliver later when off line; 0: not.
  std::string app;
  std::vector<std::string> receivers;  ///< `tos`.
  std::string url;
  std::string version = "4.3";
};

/// What the generic DongDong services answer.
struct DongDongResult {
  DongDongResult() {}
  std::string code;  ///< Push: 230070 is success [B].
  std::string message;
  std::string raw;
};
/// Pushes a notice: `jingdong.com.jd.dd.open.gw.api.MessagePushService`. Effect: create. Weak: answer [B] as an
/// internal entry gives it; how the gateway wraps it is not known.
struct KEFU_EXPORT PushNotice {
  using Response = DongDongResult;
  static const Operation& operation();
  PushNotice(Secret token, std::string aspid_, std::string access_id_, WallTime time_, DongDongNotice notice_)
      : access_token(std::move(token)),
        aspid(std::move(aspid_)),
        access_id(std::move(access_id_)),
        time(time_),
        notice(std::move(notice_)) {}
  Secret access_token;
  std::string aspid;
  std::string access_id;
  WallTime time;  ///< Now; sent in milliseconds.
  DongDongNotice notice;
  std::string json_message;  ///< `jsonMsg` as it is, instead of `notice`.
  std::string version = "4.3";
};

/// Asks DongDong for data, e.g. who a session was given to: `jingdong.com.jd.dd.open.gw.api.DataService`. Effect: read.
/// Weak: answer in no source. A repeated `access_id` is answered with a duplicate error here, whatever the request [B].
struct KEFU_EXPORT QueryDongDongData {
  using Response = DongDongResult;
  static const Operation& operation();
  QueryDongDongData(Secret token, std::string aspid_, std::string access_id_, WallTime time_, std::string app_id_,
                    std::string request_type_, std::string json_param_)
      : access_token(std::move(token)),
        aspid(std::move(aspid_)),
        access_id(std::move(access_id_)),
        time(time_),
        app_id(std::move(app_id_)),
        request_type(std::move(request_type_)),
        json_param(std::move(json_param_)) {}
  Secret access_token;
  std::string aspid;
  std::string access_id;
  WallTime time;             ///< `biz_timestamp`, in milliseconds.
  std::string app_id;        ///< `appid`, such as "open.<hex>.customer".
  std::string request_type;  ///< `reqType`, such as "getAllocateInfoBySid".
  std::string json_param;    ///< `jsonParam`: JSON text, such as `{"sid":"123"}`.
  std::string version = "4.0";
};

/// Sends a notice to agents or staff, not to customers: `jingdong.dd.notice.NoticeDispatcher`. Effect: create. Limits
/// as for DongDongNotice. Weak: answer in no source; that `time` is in milliseconds is [C].
struct KEFU_EXPORT DispatchNotice {
  using Response = DongDongResult;
  static const Operation& operation();
  DispatchNotice(Secret token_, std::vector<std::string> receivers_, WallTime time_, std::string title_,
                 std::string content_)
      : token(std::move(token_)),
        receivers(std::move(receivers_)),
        time(time_),
        title(std::move(title_)),
        content(std::move(content_)) {}
  Secret token;
  std::vector<std::string> receivers;
  WallTime time;
  std::string title;
  std::string content;
  std::string url;
  std::string notice_id;
  std::string sender;  ///< Goes into `extend`.
  std::string app_id = "im.waiter";
  int notice_type = 0;  ///< `nType`.
};

struct SensitiveWordVerdict {
  SensitiveWordVerdict() {}
  bool found = false;       ///< `containSensitiveWord`.
  std::string return_code;  ///< Of the check as a whole, as `result_code` of the finding; their values are not public.
  std::string return_message;
  std::string result_code;
  std::string result_message;
};
/// Checks a text for words that DongDong forbids: `jingdong.risk.sensitiveWordCheck` [A]. Effect: read.
struct KEFU_EXPORT CheckSensitiveWords {
  using Response = SensitiveWordVerdict;
  static const Operation& operation();
  explicit CheckSensitiveWords(std::string content_) : content(std::move(content_)) {}
  std::string content;
  std::string app_id = "im.customer";
  std::string client_type = "pc";
  std::string scope = "customer";
};

}  // namespace jd
KEFU_END_NAMESPACE
