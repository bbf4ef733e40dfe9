#include "core/call/fields.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "core/text/utf8.hpp"
#include "wechat/operations/capabilities.hpp"
#include "wechat/operations/custom_message_json.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/field_rules.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/customer_messages.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

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

/// What stands beside the object that is named as the message's type.
constexpr std::string_view kOwnMembers[] = {"touser", "msgtype", "customservice", "aimsgcontext", "businessid"};

/// Writes one message's `msgtype` and the object of that name; remembers what is not acceptable, of empty fields all.
class MessageWriter {
 public:
  /// `checks`, if it is not null, gets what is looked at.
  MessageWriter(detail::JsonWriter& json, std::vector<detail::FieldCheck>* checks) : json_(json), checks_(checks) {}

  void operator()(const TextContent& m) {
    begin("text");
    look("content", "at most 2048 bytes");
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
    optional("thumb_media_id", m.thumb_media_id);  // whether it is required: the pages and libraries disagree
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
    look("list", "must not be empty");
    if (m.items.empty()) lack("list");
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
    if (m.type.rfind("transfer_", 0) == 0)
      return refuse("RawContent.type is " + m.type + ", which only the answer to a push can carry");
    if (std::find(std::begin(kOwnMembers), std::end(kOwnMembers), m.type) != std::end(kOwnMembers))
      return refuse("RawContent.type is " + m.type + ", which is a member of every message");
    // It goes out as it is: what the reader repairs, the platform would read otherwise or not at all.
    const auto read = detail::Document::json(m.json);
    if (!read) return refuse("RawContent.json is not a JSON object");
    if (m.json.front() == '\xEF' || read.repairs().control_characters + read.repairs().invalid_utf8 != 0)
      return refuse("RawContent.json holds a byte-order mark, a raw control character or malformed text");
    json_.key("msgtype").string(m.type).key(m.type).raw(m.json);
  }

  std::string refusal() const {
    if (lacking_.empty()) return refusal_;
    const bool several = lacking_.find(',') != std::string::npos;
    return fmt::format("{} {} empty, but required{}{}", lacking_, several ? "are" : "is", refusal_.empty() ? "" : "; ",
                       refusal_);
  }

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
  /// Characters that the XML of a passive reply cannot hold are left out here as well, so that a text reads the same
  /// both ways (T1).
  void field(std::string_view name, std::string_view value) {
    json_.key(name);
    if (detail::is_clean_text(value)) {
      json_.string(value);
      return;
    }
    std::string clean(value);
    detail::drop_forbidden_controls(clean);
    json_.string(clean);
  }
  void optional(std::string_view name, std::string_view value) {
    if (!value.empty()) field(name, value);
  }
  void required(std::string_view name, std::string_view value) {
    look(name, "must not be empty");
    // Of control characters only, nothing would go out.
    if (std::all_of(value.begin(), value.end(), detail::is_forbidden_control)) lack(name);
    field(name, value);
  }
  void look(std::string_view name, std::string_view must) {
    if (checks_ != nullptr) checks_->push_back({fmt::format("{}.{}", type_, name), std::string(must)});
  }
  void lack(std::string_view name) { lacking_ += fmt::format("{}{}.{}", lacking_.empty() ? "" : ", ", type_, name); }
  void refuse(std::string why) {
    if (refusal_.empty()) refusal_ = std::move(why);
  }

  detail::JsonWriter& json_;
  std::vector<detail::FieldCheck>* const checks_;
  std::string type_;
  std::string refusal_;
  std::string lacking_;
};

CustomMessageParts parts_of(const SendCustomMessage& op) {
  CustomMessageParts parts(op.openid, op.message);
  parts.kf_account = op.kf_account;
  parts.ai_generated = op.ai_generated;
  parts.business_id = op.business_id;
  return parts;
}

Result<void> encode_send(const void* request, HttpRequest& out) {
  const auto& op = *static_cast<const SendCustomMessage*>(request);
  if (!op.unsupported.empty())
    return Error(ErrorKind::unsupported,
                 fmt::format("the customer-message API has no type for this content: {}", op.unsupported));
  return write_custom_message(parts_of(op), out);
}

std::vector<detail::FieldCheck> checks_of_send(const void* request) {
  return custom_message_checks(parts_of(*static_cast<const SendCustomMessage*>(request)));
}

}  // namespace

Result<void> write_custom_message(const CustomMessageParts& parts, HttpRequest& out) {
  if (parts.openid.empty()) return Error(ErrorKind::bad_argument, "openid is empty: a message needs its customer");
  if (!parts.kf_account.empty()) {
    const auto wrong = complaint_about_kf_account(parts.kf_account);
    if (!wrong.empty()) return Error(ErrorKind::bad_argument, fmt::format("kf_account {}", wrong));
  }
  out.body.reserve(detail::kUsualBody);
  detail::JsonWriter json(out.body);
  json.begin_object().key("touser").string(parts.openid);
  MessageWriter message(json, nullptr);
  std::visit(message, parts.message);
  if (std::string refusal = message.refusal(); !refusal.empty())
    return Error(ErrorKind::bad_argument, std::move(refusal));
  if (!parts.kf_account.empty())
    json.key("customservice").begin_object().key("kf_account").string(parts.kf_account).end_object();
  if (parts.ai_generated) json.key("aimsgcontext").begin_object().key("is_ai_msg").integer(1).end_object();
  if (!parts.business_id.empty()) json.key("businessid").string(parts.business_id);
  if (!parts.business_number.empty()) json.key("businessid").raw(parts.business_number);
  json.end_object();
  return {};
}

std::vector<detail::FieldCheck> custom_message_checks(const CustomMessageParts& parts) {
  std::vector<detail::FieldCheck> checks{{"touser", "must not be empty"},
                                         {"kf_account", std::string(kKfAccountForm)},
                                         {"kf_account", fmt::format("at most {} characters", kKfAccountCharacters)}};
  std::string unsent;
  detail::JsonWriter json(unsent);
  json.begin_object();
  std::visit(MessageWriter(json, &checks), parts.message);
  return checks;
}

std::optional<CustomMessage> custom_message_of(Content content, bool mini_program) {
  return std::visit(
      [mini_program](auto&& value) -> std::optional<CustomMessage> {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, LinkContent>) {
          if (mini_program) return CustomMessage(Link(std::move(value)));
          return CustomMessage(News(std::move(value)));
        } else if constexpr (std::is_constructible_v<CustomMessage, T>) {
          return CustomMessage(std::move(value));
        } else {
          return std::nullopt;
        }
      },
      std::move(content));
}

void SendCustomMessage::take(Content content) {
  const std::string_view kind = to_string(content);
  if (auto made = custom_message_of(std::move(content), false))
    message = *std::move(made);
  else
    unsupported = kind;
}

// clang-format off
#define KEFU_CUSTOMER_MESSAGE_ROWS(ROW)                                                                              \
  ROW(SendCustomMessage, post("/cgi-bin/message/custom/send", kCreate, "发送客服消息", kCustomerService).from("2")   \
      .limited("500,000 a day; reply window").written_by(encode_send)                                                \
      .checks_by(checks_of_send))                                                                                    \
  ROW(SetTyping, post("/cgi-bin/message/custom/typing", kIdempotent, "下发客服输入状态", kCustomerService).from("3") \
      .within(Millis(5'000)))                                                                                        \
  ROW(SetBusinessTyping, post("/cgi-bin/message/custom/business/typing", kIdempotent,                                \
      "下发客服输入状态", {kNo, kNo, kYes, kKfSets}).from("3").within(Millis(5'000))                                 \
      .counted_in("message.custom.typing"))
// clang-format on
KEFU_WECHAT_FAMILY(customer_message_rows, KEFU_CUSTOMER_MESSAGE_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
