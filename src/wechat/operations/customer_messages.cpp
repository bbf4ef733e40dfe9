#include "core/call/fields.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "wechat/operations/capabilities.hpp"
#include "wechat/operations/custom_message_json.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/customer_messages.hpp>

#include <fmt/format.h>

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(wechat::SetTyping) {
  v.required("touser", s.openid);
  v.constant("command", s.on ? "Typing" : "CancelTyping");
  v.optional("businessid", s.business_id);
}

KEFU_FIELDS(wechat::SetBusinessTyping) {
  v.required("touser", s.openid);
  v.constant("command", s.on ? "Typing" : "CancelTyping");
  v.optional("businessid", s.business_id);
}

}  // namespace detail

namespace wechat {
namespace {

/// Writes one message's `msgtype` and the object of that name; remembers the first field that is not acceptable.
class MessageWriter {
 public:
  explicit MessageWriter(detail::JsonWriter& json) : json_(json) {}

  void operator()(const TextContent& m) {
    begin("text");
    if (m.body.size() > kTextBytes)
      refuse(fmt::format("text.content has {} bytes, the limit is {}: allow splitting it or shorten it", m.body.size(),
                         kTextBytes));
    required("content", m.body);
    end();
  }
  void operator()(const ImageContent& m) { only("image", "media_id", m.media_id); }
  void operator()(const VoiceContent& m) { only("voice", "media_id", m.media_id); }
  void operator()(const VideoContent& m) {
    begin("video");
    required("media_id", m.media_id);
    required("thumb_media_id", m.thumb_media_id);
    optional("title", m.title);
    optional("description", m.description);
    end();
  }
  // Title and description of music are required by the current page and optional on older ones: sent even when empty.
  void operator()(const MusicContent& m) {
    begin("music");
    field("title", m.title);
    field("description", m.description);
    required("musicurl", m.music_url);
    field("hqmusicurl", m.hq_music_url.empty() ? m.music_url : m.hq_music_url);
    required("thumb_media_id", m.thumb_media_id);
    end();
  }
  void operator()(const News& m) {
    begin("news");
    json_.key("articles").begin_array().begin_object();
    required("title", m.article.title);
    field("description", m.article.description);
    required("url", m.article.url);
    field("picurl", m.article.picture_url);
    json_.end_object().end_array();
    end();
  }
  void operator()(const Link& m) {
    begin("link");
    required("title", m.link.title);
    required("description", m.link.description);
    required("url", m.link.url);
    required("thumb_url", m.link.picture_url);
    end();
  }
  void operator()(const MenuContent& m) {
    begin("msgmenu");
    field("head_content", m.head);
    if (m.items.empty()) refuse("msgmenu.list is empty: a menu needs at least one item");
    json_.key("list").begin_array();
    for (const MenuContent::Item& item : m.items) {
      json_.begin_object();
      required("id", item.id);
      required("content", item.text);
      json_.end_object();
    }
    json_.end_array();
    field("tail_content", m.tail);
    end();
  }
  void operator()(const MiniProgramContent& m) {
    begin("miniprogrampage");
    required("title", m.title);
    required("appid", m.app_id);
    required("pagepath", m.page_path);
    required("thumb_media_id", m.thumb_media_id);
    end();
  }
  void operator()(const MpNews& m) { only("mpnews", "media_id", m.media_id); }
  void operator()(const MpNewsArticle& m) { only("mpnewsarticle", "article_id", m.article_id); }
  void operator()(const WxCard& m) { only("wxcard", "card_id", m.card_id); }
  void operator()(const RawContent& m) {
    type_ = m.type;
    if (m.type.empty()) return refuse("RawContent.type is empty: it is the msgtype");
    if (!detail::Document::json(m.json)) return refuse("RawContent.json is not a JSON object");
    json_.key("msgtype").string(m.type).key(m.type).raw(m.json);
  }

  const std::string& refusal() const { return refusal_; }
  const std::string& type() const { return type_; }

 private:
  void begin(std::string_view type) {
    type_ = type;
    json_.key("msgtype").string(type).key(type).begin_object();
  }
  void end() { json_.end_object(); }
  void only(std::string_view type, std::string_view name, std::string_view value) {
    begin(type);
    required(name, value);
    end();
  }
  void field(std::string_view name, std::string_view value) { json_.key(name).string(value); }
  void optional(std::string_view name, std::string_view value) {
    if (!value.empty()) field(name, value);
  }
  void required(std::string_view name, std::string_view value) {
    if (value.empty()) refuse(fmt::format("{}.{} is empty", type_, name));
    field(name, value);
  }
  void refuse(std::string why) {
    if (refusal_.empty()) refusal_ = std::move(why);
  }

  detail::JsonWriter& json_;
  std::string type_;
  std::string refusal_;
};

Result<void> encode_send(const void* request, HttpRequest& out) {
  const auto& op = *static_cast<const SendCustomMessage*>(request);
  CustomMessageParts parts(op.openid, op.message);
  parts.kf_account = op.kf_account;
  parts.ai_generated = op.ai_generated;
  parts.business_id = op.business_id;
  return write_custom_message(parts, out);
}

}  // namespace

Result<void> write_custom_message(const CustomMessageParts& parts, HttpRequest& out) {
  if (parts.openid.empty()) return Error(ErrorKind::bad_argument, "openid is empty: a message needs its customer");
  if (!parts.kf_account.empty() && parts.kf_account.find('@') == std::string_view::npos)
    return Error(ErrorKind::bad_argument, "kf_account must have the form name@account");
  out.body.reserve(detail::kUsualBody);
  detail::JsonWriter json(out.body);
  json.begin_object().key("touser").string(parts.openid);
  MessageWriter message(json);
  std::visit(message, parts.message);
  if (!message.refusal().empty()) return Error(ErrorKind::bad_argument, message.refusal());
  if (!parts.kf_account.empty())
    json.key("customservice").begin_object().key("kf_account").string(parts.kf_account).end_object();
  if (parts.ai_generated) json.key("aimsgcontext").begin_object().key("is_ai_msg").integer(1).end_object();
  if (!parts.business_id.empty()) json.key("businessid").string(parts.business_id);
  if (!parts.business_number.empty()) json.key("businessid").raw(parts.business_number);
  json.end_object();
  return {};
}

// clang-format off
#define KEFU_CUSTOMER_MESSAGE_ROWS(ROW)                                                                         \
  ROW(SendCustomMessage, post("/cgi-bin/message/custom/send", kCreate, "发送客服消息", kCustomerService)        \
      .limited("500,000 a day; reply window").written_by(encode_send))                                          \
  ROW(SetTyping, post("/cgi-bin/message/custom/typing", kIdempotent, "下发客服输入状态", kCustomerService)      \
      .within(Millis(5'000)))                                                                                   \
  ROW(SetBusinessTyping, post("/cgi-bin/message/custom/business/typing", kIdempotent,                           \
      "下发客服输入状态", {kNo, kNo, kYes, kKfSets}).within(Millis(5'000)).counted_in("message.custom.typing"))
// clang-format on
KEFU_WECHAT_FAMILY(customer_message_rows, KEFU_CUSTOMER_MESSAGE_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
