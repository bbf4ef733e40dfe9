#include "wechat/push/fields.hpp"
#include "wechat/push/reading.hpp"

#include <kefu/wechat/events.hpp>

#include <algorithm>
#include <array>
#include <optional>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

using detail::Value;

/// Fills the fields of a push from a document: absent ones stay as they are, numbers and numeric strings read alike.
class PushFieldReader {
 public:
  explicit PushFieldReader(Value root) : root_(root) {}

  template <class Field>
  void operator()(std::string_view name, Field& field) const {
    take(root_[name], field);
  }
  template <class Field>
  void inner(std::string_view object, std::string_view name, Field& field) const {
    take(root_[object][name], field);
  }
  template <class Item>
  void list(std::string_view path, std::vector<Item>& items) const {
    const std::size_t slash = path.rfind('/');
    const Value parent = slash == std::string_view::npos ? root_ : at(path.substr(0, slash));
    // Where XML repeats <item> in a parent, JSON may make the parent itself the array.
    fill(parent.kind() == Value::Kind::array ? parent.items() : parent.all(path.substr(slash + 1)), items);
  }
  template <class Item>
  void wrapped_list(std::string_view wrapper, std::string_view name, std::vector<Item>& items) const {
    // An older page wraps one event's list in another's element.
    Value inner = root_[wrapper];
    for (const char* other : {"SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent"})
      if (!inner) inner = root_[other];
    fill((inner ? inner : root_).all(name), items);
  }

 private:
  static void take(Value value, std::string& field) {
    if (value) field.assign(value.text());
  }
  static void take(Value value, std::int64_t& field) {
    if (const auto number = value.integer()) field = *number;
  }
  static void take(Value value, std::optional<std::int64_t>& field) { field = value.integer(); }
  static void take(Value value, double& field) {
    if (const auto number = value.real()) field = *number;
  }
  Value at(std::string_view path) const {
    Value value = root_;
    for (std::size_t slash; (slash = path.find('/')) != std::string_view::npos; path.remove_prefix(slash + 1)) {
      value = value[path.substr(0, slash)];
    }
    return value[path];
  }
  template <class Item>
  static void fill(const std::vector<Value>& values, std::vector<Item>& items) {
    items.reserve(values.size());
    for (const Value value : values) {
      const PushFieldReader reader(value);
      fields(reader, items.emplace_back());
    }
  }

  Value root_;
};

char lower_case(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equal_ignoring_case(std::string_view text, std::string_view lower) noexcept {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) { return lower_case(a) == b; });
}

struct PushRoute {
  std::string_view name;  ///< Lower case.
  void (*read)(const PushFieldReader& reader, Push& push);
};

template <class Body>
void read_body(const PushFieldReader& reader, Push& push) {
  fields(reader, push.body.emplace<Body>());
}
void read_short_video(const PushFieldReader& reader, Push& push) {
  read_body<VideoPush>(reader, push);
  std::get<VideoPush>(push.body).is_short = true;
}
void read_waiting_scan(const PushFieldReader& reader, Push& push) {
  read_body<ScanCodeEvent>(reader, push);
  std::get<ScanCodeEvent>(push.body).waits = true;
}
/// Some JSON forms write MsgId here (T7).
void read_template_sent(const PushFieldReader& reader, Push& push) {
  auto& body = push.body.emplace<TemplateSentEvent>();
  reader("MsgId", body.message_id);
  fields(reader, body);
}
void read_mass_sent(const PushFieldReader& reader, Push& push) {
  auto& body = push.body.emplace<MassSentEvent>();
  reader("MsgId", body.message_id);
  fields(reader, body);
}

/// The page's JSON has a blank before the name; libraries know it in lower case.
void read_user_authorization(const PushFieldReader& reader, Push& push) {
  auto& body = push.body.emplace<UserAuthorizationEvent>();
  for (const char* name : {"openid", " OpenID"}) reader(name, body.openid);
  fields(reader, body);
}

constexpr std::array<PushRoute, 9> kMessageRoutes = {{{"text", read_body<TextPush>},
                                                      {"image", read_body<ImagePush>},
                                                      {"voice", read_body<VoicePush>},
                                                      {"video", read_body<VideoPush>},
                                                      {"shortvideo", read_short_video},
                                                      {"location", read_body<LocationPush>},
                                                      {"link", read_body<LinkPush>},
                                                      {"file", read_body<FilePush>},
                                                      {"miniprogrampage", read_body<MiniProgramPagePush>}}};

constexpr std::array<PushRoute, 30> kEventRoutes = {{
    {"subscribe", read_body<SubscribeEvent>},
    {"unsubscribe", read_body<UnsubscribeEvent>},
    {"scan", read_body<ScanEvent>},
    {"location", read_body<LocationEvent>},
    {"click", read_body<ClickEvent>},
    {"view", read_body<ViewEvent>},
    {"view_miniprogram", read_body<ViewMiniProgramEvent>},
    {"scancode_push", read_body<ScanCodeEvent>},
    {"scancode_waitmsg", read_waiting_scan},
    {"pic_sysphoto", read_body<PicturesChosenEvent>},
    {"pic_photo_or_album", read_body<PicturesChosenEvent>},
    {"pic_weixin", read_body<PicturesChosenEvent>},
    {"location_select", read_body<LocationChosenEvent>},
    {"templatesendjobfinish", read_template_sent},
    {"masssendjobfinish", read_mass_sent},
    {"publishjobfinish", read_body<PublishFinishedEvent>},
    {"kf_create_session", read_body<KfSessionCreatedEvent>},
    {"kf_close_session", read_body<KfSessionClosedEvent>},
    {"kf_switch_session", read_body<KfSessionSwitchedEvent>},
    {"user_info_modified", read_user_authorization},
    {"user_authorization_revoke", read_user_authorization},
    {"user_authorization_cancellation", read_user_authorization},
    {"user_enter_session_from_card", read_body<CardSessionEnteredEvent>},
    {"user_enter_tempsession", read_body<SessionEnteredEvent>},
    {"wxa_media_check", read_body<MediaCheckEvent>},
    {"wxa_punish_event", read_body<PunishEvent>},
    {"notify_service_msg_send_result", read_body<ServiceMessageSentEvent>},
    {"subscribe_msg_popup_event", read_body<SubscriptionAskedEvent>},
    {"subscribe_msg_change_event", read_body<SubscriptionChangedEvent>},
    {"subscribe_msg_sent_event", read_body<SubscriptionSentEvent>},
}};

template <std::size_t N>
void follow_route(const std::array<PushRoute, N>& routes, std::string_view name, const PushFieldReader& reader,
                  Push& push) {
  for (const PushRoute& route : routes) {
    if (equal_ignoring_case(name, route.name)) return route.read(reader, push);
  }
}

}  // namespace

std::string SubscribeEvent::scene() const {
  constexpr std::string_view kQrPrefix = "qrscene_";
  if (event_key.compare(0, kQrPrefix.size(), kQrPrefix) != 0) return {};
  return event_key.substr(kQrPrefix.size());
}

TextFormat text_format(std::string_view text) noexcept {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return TextFormat::none;
  if (text[first] == '<') return TextFormat::xml;
  return text[first] == '{' ? TextFormat::json : TextFormat::none;
}

detail::Document read_text(std::string_view text, TextFormat format, detail::DocumentRoom& room) {
  switch (format) {
    case TextFormat::xml:
      return detail::Document::xml_borrowed(text, {}, room.memory());
    case TextFormat::json:
      return detail::Document::json(text);
    case TextFormat::none:
      break;
  }
  return {};
}

Push typed_push(Value root) {
  Push push;
  PushHead& head = push.head;
  const PushFieldReader reader(root);
  fields(reader, head);
  if (head.business_id == "0") head.business_id.clear();
  if (equal_ignoring_case(head.type, "event")) {
    // Its MsgId, where it has one, names another message.
    head.message_id.clear();
    follow_route(kEventRoutes, head.event, reader, push);
    return push;
  }
  // An id is MsgId in customers' messages; one source spells it as in events.
  if (head.message_id.empty()) reader("MsgID", head.message_id);
  if (head.message_id == "0") head.message_id.clear();  // no message's, or every one's
  // Pushes to a third-party platform have no MsgType.
  if (head.type.empty() && head.event.empty()) reader("InfoType", head.event);
  follow_route(kMessageRoutes, head.type, reader, push);
  return push;
}

Result<Push> read_push(const InboundEvent& event) {
  if (event.platform != "wechat") {
    return Error(ErrorKind::bad_argument, "the event is of platform '" + event.platform + "', not of wechat");
  }
  detail::DocumentRoom room;
  const detail::Document document = read_text(event.raw, text_format(event.raw), room);
  if (!document) {
    return Error(ErrorKind::bad_argument,
                 "raw (" + std::to_string(event.raw.size()) + " bytes) " + std::string(to_string(document.fault())));
  }
  return typed_push(document.root());
}

}  // namespace wechat
KEFU_END_NAMESPACE
