#include "sandbox/http/json_text.hpp"
#include "sandbox/wechat/push.hpp"
#include "sandbox/wechat/push_crypto.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

/// The answer on its way through the checks of the platform.
struct PassiveReply {
  const WechatTwin& twin;
  const WechatAccount& account;
  const Push& push;
  WallTime now;
};

detail::Document read_document(PushFormat format, std::string_view text) {
  return format == PushFormat::json ? detail::Document::json(text) : detail::Document::xml(text);
}

/// Opens the wrapper of an encrypted answer; `why` says what is wrong with it.
std::optional<std::string> open_wrapper(const PushSettings& settings, const detail::Value& wrapper, std::string& why) {
  const std::string_view encrypted = wrapper["Encrypt"].text();
  const std::string_view timestamp = wrapper["TimeStamp"].text();
  const std::string_view nonce = wrapper["Nonce"].text();
  const std::string_view given = wrapper["MsgSignature"].text();
  if (timestamp.empty() || nonce.empty() || given.empty()) {
    why = "the encrypted reply lacks MsgSignature, TimeStamp or Nonce";
    return std::nullopt;
  }
  if (push_signature({settings.token, timestamp, nonce, encrypted}) != given) {
    why = "MsgSignature of the reply does not match";
    return std::nullopt;
  }
  auto message = open_message(settings.encoding_aes_key, encrypted, settings.receiver, why);
  if (!message && !settings.previous_encoding_aes_key.empty())
    message = open_message(settings.previous_encoding_aes_key, encrypted, settings.receiver, why);
  return message;
}

std::string check_media_field(const PassiveReply& reply, const detail::Value& object, const char* field) {
  const std::string_view id = object[field].text();
  if (reply.twin.media_exists(id, reply.now, reply.account.app.appid)) return {};
  return std::string(field) + " of the reply is missing, unknown or too old";
}

std::string check_passive_text(const PassiveReply& reply, const detail::Value& root) {
  const std::string_view content = root["Content"].text();
  if (content.empty()) return "Content of the reply is empty";
  const std::int64_t most = reply.twin.setting("passive_text_most_bytes");
  if (static_cast<std::int64_t>(content.size()) <= most) return {};
  return "Content of the reply exceeds " + std::to_string(most) + " bytes";
}

std::string check_passive_image(const PassiveReply& reply, const detail::Value& root) {
  return check_media_field(reply, root["Image"], "MediaId");
}
std::string check_passive_voice(const PassiveReply& reply, const detail::Value& root) {
  return check_media_field(reply, root["Voice"], "MediaId");
}
std::string check_passive_video(const PassiveReply& reply, const detail::Value& root) {
  return check_media_field(reply, root["Video"], "MediaId");
}
std::string check_passive_music(const PassiveReply& reply, const detail::Value& root) {
  return check_media_field(reply, root["Music"], "ThumbMediaId");
}

std::string check_passive_news(const PassiveReply& reply, const detail::Value& root) {
  const auto items = root["Articles"].all("item");
  const bool after_event = reply.push.msgtype == "event";
  const std::int64_t most = after_event ? reply.twin.setting("passive_articles_after_event") : 1;
  if (items.empty() || static_cast<std::int64_t>(items.size()) > most) return "the number of articles is not allowed";
  if (root["ArticleCount"].integer() != static_cast<std::int64_t>(items.size()))
    return "ArticleCount is not the number of items";
  return {};
}

/// Official accounts only; the account has an AI reply or not.
std::string check_ai_transfer(const PassiveReply& reply, const detail::Value&) {
  return reply.push.msgtype == "event" ? "an event cannot be handed to the AI reply" : "";
}

std::string check_transfer(const PassiveReply& reply, const detail::Value& root) {
  if (reply.push.msgtype == "event") return "an event cannot be transferred to an agent";
  if (reply.account.app.kind == WechatKind::mini_program && root["TransInfo"].present())
    return "mini programs transfer without TransInfo";
  return {};
}

struct PassiveType {
  std::string_view name;
  std::string_view object;  ///< The element with the message's own fields; empty: the root.
  std::string (*check)(const PassiveReply& reply, const detail::Value& root);
};

constexpr PassiveType kPassiveTypes[] = {
    {"text", "", check_passive_text},
    {"image", "Image", check_passive_image},
    {"voice", "Voice", check_passive_voice},
    {"video", "Video", check_passive_video},
    {"music", "Music", check_passive_music},
    {"news", "Articles", check_passive_news},
    {"transfer_customer_service", "TransInfo", check_transfer},
    {"transfer_biz_ai_ivr", "", check_ai_transfer},
};

/// Empty if the customer can be shown it.
std::string check_passive(const PassiveReply& reply, const detail::Value& root, const PassiveType*& type) {
  const std::string_view name = root["MsgType"].text();
  type = std::find_if(std::begin(kPassiveTypes), std::end(kPassiveTypes),
                      [name](const PassiveType& one) { return one.name == name; });
  if (type == std::end(kPassiveTypes)) return "MsgType of the reply is unknown";
  const bool is_mini = reply.account.app.kind == WechatKind::mini_program;
  if (is_mini && name != "transfer_customer_service") return "mini programs have no passive replies but the transfer";
  if (root["ToUserName"].text() != reply.push.openid) return "ToUserName of the reply is not the customer";
  if (root["FromUserName"].text() != reply.account.app.original_id)
    return "FromUserName of the reply is not the account's original id";
  if (!root["CreateTime"].integer()) return "CreateTime of the reply is not a number";
  return type->check(reply, root);
}

ReplyVerdict invalid_reply(std::string why) {
  ReplyVerdict verdict;
  verdict.kind = ReplyVerdict::Kind::invalid;
  verdict.why = std::move(why);
  return verdict;
}

}  // namespace

ReplyVerdict judge_reply(const WechatTwin& twin, const WechatAccount& account, const Push& push, std::string_view body,
                         WallTime now) {
  if (!push.echostr.empty()) return body == push.echostr ? ReplyVerdict() : invalid_reply("the answer is not echostr");
  if (account.app.kind == WechatKind::component)
    return body == "success" ? ReplyVerdict()
                             : invalid_reply("a third-party platform answers success and nothing else");
  if (body.empty() || body == "success") return {};
  const PushSettings settings = push_settings(twin, account);
  detail::Document document = read_document(settings.format, body);
  if (!document) return invalid_reply("the reply is neither success nor a document of the account's format");
  if (document.root()["Encrypt"].present()) {
    if (settings.mode == PushMode::plain) return invalid_reply("the reply is encrypted, the account's mode is plain");
    std::string why;
    const auto message = open_wrapper(settings, document.root(), why);
    if (!message) return invalid_reply(why);
    if (message->empty()) return {};  // nothing, sealed: as one library answers
    document = read_document(settings.format, *message);
    if (!document) return invalid_reply("the decrypted reply is no document of the account's format");
  } else if (settings.mode == PushMode::safe) {
    return invalid_reply("the reply is clear, the account's mode is safe");
  }
  const detail::Value root = document.root();
  const PassiveType* type = nullptr;
  std::string why = check_passive({twin, account, push, now}, root, type);
  if (!why.empty()) return invalid_reply(std::move(why));

  ReplyVerdict verdict;
  verdict.kind = ReplyVerdict::Kind::message;
  InboxMessage& message = verdict.message;
  message.time = now;
  message.channel = "passive";
  message.msgtype = type->name;
  message.push = push.number;
  if (type->name == "text") {
    message.text = root["Content"].text();
    detail::JsonWriter(message.content).begin_object().key("content").string(message.text).end_object();
  } else if (root[type->object].kind() == detail::Value::Kind::object) {
    message.content = json_of(root[type->object]);
  }
  if (type->name == "transfer_customer_service") message.agent = root["TransInfo"]["KfAccount"].text();
  return verdict;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
