#include "wechat/push/passive_reply.hpp"

#include "core/text/json_writer.hpp"
#include "core/text/utf8.hpp"
#include "core/text/xml_writer.hpp"
#include "wechat/operations/field_rules.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

// No page gives a limit for passive text; customer messages end at this (2.3), and so do we.
constexpr std::size_t kPassiveTextBytes = 2048;

/// Writes one reply, as XML or as the JSON object of the same names.
class PassiveReplyWriter {
 public:
  PassiveReplyWriter(std::string& out, const PassiveReplyTarget& target)
      : out_(out), target_(target), xml_(out), json_(out), is_json_(target.is_json) {}

  Result<void> write(const PassiveReply& reply, std::int64_t now) {
    head(now);
    if (const auto* transfer = std::get_if<TransferToAgent>(&reply)) {
      hand_over(*transfer);
    } else if (const auto* content = std::get_if<Content>(&reply)) {
      if (target_.kind == AccountKind::mini_program) {
        refuse(ErrorKind::unsupported,
               "mini programs have no passive reply but the transfer to an agent: answer NoReply and send the content "
               "with Messenger::send (message/custom/send)");
      } else {
        std::visit(*this, *content);
      }
    }
    is_json_ ? static_cast<void>(json_.end_object()) : static_cast<void>(xml_.end("xml"));
    if (error_) return *std::move(error_);
    return {};
  }

  void operator()(const TextContent& m) {
    type("text");
    if (m.body.size() > kPassiveTextBytes) {
      refuse(ErrorKind::bad_argument, "text.body has " + std::to_string(m.body.size()) +
                                          " bytes, the limit of a passive reply is 2048: shorten it, or answer NoReply "
                                          "and send it with Messenger::send, which can split it");
    }
    required("Content", m.body, "text.body");
  }
  void operator()(const ImageContent& m) { media("image", "Image", m.media_id); }
  void operator()(const VoiceContent& m) { media("voice", "Voice", m.media_id); }
  void operator()(const VideoContent& m) {
    type("video");
    begin("Video");
    required("MediaId", m.media_id, "video.media_id");
    text("Title", m.title);
    text("Description", m.description);
    end("Video");
  }
  void operator()(const MusicContent& m) {
    type("music");
    begin("Music");
    text("Title", m.title);
    text("Description", m.description);
    required("MusicUrl", m.music_url, "music.music_url");
    text("HQMusicUrl", m.hq_music_url.empty() ? m.music_url : m.hq_music_url);
    required("ThumbMediaId", m.thumb_media_id, "music.thumb_media_id");
    end("Music");
  }
  // One article: the number that is safe for every kind of push.
  void operator()(const LinkContent& m) {
    type("news");
    integer("ArticleCount", 1);
    if (is_json_) {
      json_.key("Articles").begin_array().begin_object();
    } else {
      xml_.begin("Articles").begin("item");
    }
    required("Title", m.title, "link.title");
    text("Description", m.description);
    text("PicUrl", m.picture_url);
    required("Url", m.url, "link.url");
    if (is_json_) {
      json_.end_object().end_array();
    } else {
      xml_.end("item").end("Articles");
    }
  }
  void operator()(const RawContent& m) {
    if (m.type != kTransferToAi)
      return refuse(ErrorKind::unsupported, "a passive reply cannot be of type " + m.type +
                                                ": answer NoReply and send it with Messenger::send");
    if (target_.is_event)
      refuse(ErrorKind::unsupported, "only a customer's message can be handed to the AI reply, not an event");
    type(kTransferToAi);
  }
  template <class Other>
  void operator()(const Other& m) {
    refuse(ErrorKind::unsupported, "a passive reply cannot be of kind " + std::string(to_string(kind_of(Content(m)))) +
                                       ": answer NoReply and send it with Messenger::send");
  }

 private:
  /// What every reply begins with. XML in large pieces, since this is on the way of every answer.
  void head(std::int64_t now) {
    if (is_json_) {
      json_.begin_object();
      text("ToUserName", target_.customer);
      text("FromUserName", target_.account);
      integer("CreateTime", now);
      return;
    }
    out_.append("<xml><ToUserName><![CDATA[");
    detail::append_cdata_content(out_, target_.customer);
    out_.append("]]></ToUserName><FromUserName><![CDATA[");
    detail::append_cdata_content(out_, target_.account);
    out_.append("]]></FromUserName>");
    integer("CreateTime", now);
  }
  void hand_over(const TransferToAgent& transfer) {
    if (target_.is_event) {
      refuse(ErrorKind::unsupported,
             "only a customer's message can be handed to an agent, not an event: answer NoReply");
    }
    type("transfer_customer_service");
    if (transfer.agent.empty()) return;
    if (target_.kind == AccountKind::mini_program) {
      refuse(ErrorKind::unsupported, "mini programs cannot name the agent of a transfer: leave transfer.agent empty");
    }
    if (const auto wrong = complaint_about_kf_account(transfer.agent); !wrong.empty()) {
      refuse(ErrorKind::bad_argument, "transfer.agent (a kf_account) " + wrong);
    }
    begin("TransInfo");
    text("KfAccount", transfer.agent);
    end("TransInfo");
  }
  void media(std::string_view kind, std::string_view element, const std::string& media_id) {
    type(kind);
    begin(element);
    required("MediaId", media_id, kind == "image" ? "image.media_id" : "voice.media_id");
    end(element);
  }
  void type(std::string_view name) {
    if (is_json_) {
      json_.key("MsgType").string(name);
    } else {
      out_.append("<MsgType><![CDATA[").append(name).append("]]></MsgType>");
    }
  }
  void required(std::string_view name, const std::string& value, std::string_view field) {
    // Of control characters only, nothing would go out.
    if (std::all_of(value.begin(), value.end(), detail::is_forbidden_control))
      refuse(ErrorKind::bad_argument, std::string(field) + " is empty");
    text(name, value);
  }
  void text(std::string_view name, std::string_view value) {
    is_json_ ? static_cast<void>(json_.key(name).string(value)) : static_cast<void>(xml_.text(name, value));
  }
  void integer(std::string_view name, std::int64_t value) {
    is_json_ ? static_cast<void>(json_.key(name).integer(value)) : static_cast<void>(xml_.integer(name, value));
  }
  void begin(std::string_view name) {
    is_json_ ? static_cast<void>(json_.key(name).begin_object()) : static_cast<void>(xml_.begin(name));
  }
  void end(std::string_view name) {
    is_json_ ? static_cast<void>(json_.end_object()) : static_cast<void>(xml_.end(name));
  }
  void refuse(ErrorKind kind, std::string message) {
    if (!error_) error_.emplace(kind, std::move(message));
  }

  std::string& out_;
  const PassiveReplyTarget& target_;
  detail::XmlWriter xml_;
  detail::JsonWriter json_;
  bool is_json_;
  std::optional<Error> error_;
};

}  // namespace

Result<void> append_passive_reply(const PassiveReply& reply, const PassiveReplyTarget& target, std::int64_t now,
                                  std::string& out) {
  if (target.customer.empty()) {
    return Error(ErrorKind::bad_argument,
                 "the push has no sender (FromUserName), so nobody can be answered: use NoReply");
  }
  return PassiveReplyWriter(out, target).write(reply, now);
}

std::size_t passive_reply_room(const PassiveReply& reply, const PassiveReplyTarget& target) noexcept {
  constexpr std::size_t kMarkup = 256;
  std::size_t room = kMarkup + target.customer.size() + target.account.size();
  if (const auto* content = std::get_if<Content>(&reply)) {
    if (const auto* text = std::get_if<TextContent>(content)) return room + text->body.size();
    room += 512;
  }
  return room;
}

}  // namespace wechat
KEFU_END_NAMESPACE
