#pragma once

#include "sandbox/wechat/twin.hpp"

#include <kefu/sandbox/push.hpp>

#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// One element of a pushed document; XML and JSON are written from the same fields.
struct PushField {
  enum class Kind : unsigned char {
    text,
    number,
    object,
    list,   ///< Objects: repeated elements in XML; in JSON an array, or the object itself if it is the only one.
    array,  ///< The same, always an array in JSON.
  };
  std::string name;
  Kind kind = Kind::text;
  std::string value;
  std::vector<PushField> children;
};
PushField push_text(std::string name, std::string_view value);
PushField push_number(std::string name, std::string_view value);

std::string push_document(PushFormat format, const std::vector<PushField>& fields);

/// What a customer does.
struct CustomerAct {
  std::string msgtype;  ///< "event" for events.
  std::string event;
  std::vector<PushField> fields;
  bool menu_message_tap = false;
};

/// Applies the act to the customer (window, following) and queues its push. The push's number.
Push& queue_push(WechatTwin& twin, WechatAccount& account, WechatCustomer& customer, const CustomerAct& act,
                 WallTime now);
/// Queues a document as it is; what it grants is read from it, if it can be read.
Push& queue_raw_push(WechatTwin& twin, WechatAccount& account, WechatCustomer& customer, std::string body,
                     WallTime now);
/// Queues what a third-party platform is told: `fields` follow AppId, CreateTime and InfoType.
Push& queue_component_push(WechatTwin& twin, WechatAccount& component, std::string_view info_type,
                           const std::vector<PushField>& fields, WallTime now);
/// Queues a URL verification.
Push& queue_url_verification(WechatTwin& twin, WechatAccount& account, WallTime now);
Push* find_push(WechatTwin& twin, std::uint64_t number);
/// False while as many pushes as are kept are all still to be delivered: nobody acts until some are over. What the
/// platform itself has to tell (queued by a call) is kept beyond that number.
bool has_room_for_push(WechatTwin& twin);

/// The names of what a push can do wrong, with their meaning.
struct PushMisbehaviour {
  std::string_view name;
  std::string_view about;
};
const std::vector<PushMisbehaviour>& push_misbehaviours();

/// How and where an account's pushes go: as its own settings say, or, where its owner granted the messages to a
/// third-party platform (permission set 1 or 19), under that one's keys to its message URL.
struct PushSettings {
  std::string token;
  std::string encoding_aes_key;
  std::string previous_encoding_aes_key;
  std::string receiver;     ///< At the end of every ciphertext.
  std::string original_id;  ///< ToUserName of the envelope; empty: it has AppId, the receiver, in its place.
  std::string url;          ///< Empty: none.
  PushMode mode = PushMode::safe;
  PushFormat format = PushFormat::xml;
};
PushSettings push_settings(const WechatTwin& twin, const WechatAccount& account);

/// One delivery, signed and encrypted as the settings say.
struct Delivery {
  PushRequest request;
  Pairs query;                ///< Of the platform, not of the callback URL.
  bool slow_body = false;     ///< The body is sent in small pieces until after the deadline.
  bool wrong_length = false;  ///< Content-Length announces more than is sent.
};
/// `repeat_of` gives its timestamp, nonce and signatures when deliveries shall be the same; else null.
Delivery make_delivery(const PushSettings& settings, const Push& push, const PushAttempt* repeat_of, WallTime now);

/// What the platform makes of the answer to a push.
struct ReplyVerdict {
  enum class Kind : unsigned char { acknowledged, message, invalid };
  Kind kind = Kind::acknowledged;
  std::string why;  ///< Of `invalid`.
  InboxMessage message;
};
ReplyVerdict judge_reply(const WechatTwin& twin, const WechatAccount& account, const Push& push, std::string_view body,
                         WallTime now);

}  // namespace sandbox
KEFU_END_NAMESPACE
