#include "core/crypto/crypto.hpp"
#include "sandbox/control/api.hpp"
#include "sandbox/wechat/promotion.hpp"
#include "sandbox/wechat/upload.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

/// Members that one act or another takes (act_kinds).
constexpr std::string_view kAct =
    "appid misbehave wait_ms# content pic_url media_id base64 format media_id_16k thumb_media_id latitude% longitude% "
    "scale# label title description url page_appid page_path thumb_url key id scene ticket session_from event fields* "
    "body";

std::string text_or(const ControlCall& call, std::string_view name, std::string_view fallback) {
  const std::string_view given = call.text(name);
  return std::string(given.empty() ? fallback : given);
}

/// A media id that the customer uploaded: known to the platform for three days. `base64` are its bytes.
std::string uploaded_media(ControlCall& call, const WechatAccount& account, std::string_view field,
                           std::string_view type) {
  Media media;
  media.type = type;
  media.appid = account.app.appid;
  media.expires = call.now() + std::chrono::hours(72);
  auto bytes = detail::base64_decoded(call.text("base64"), detail::Base64Mode::spare_bits);
  if (!bytes || bytes->empty()) bytes = sample_bytes(type);
  media.bytes = std::make_shared<const std::string>(std::move(*bytes));
  return call.core.wechat.keep_media(std::move(media), call.now(), std::string(call.text(field)));
}

CustomerAct message_act(std::string msgtype, std::vector<PushField> fields) {
  CustomerAct act;
  act.msgtype = std::move(msgtype);
  act.fields = std::move(fields);
  return act;
}

CustomerAct event_act(std::string event, std::vector<PushField> fields) {
  CustomerAct act = message_act("event", std::move(fields));
  act.event = std::move(event);
  return act;
}

CustomerAct act_text(ControlCall& call, WechatAccount&) {
  return message_act("text", {push_text("Content", call.text("content"))});
}

CustomerAct act_menu_item(ControlCall& call, WechatAccount&) {
  CustomerAct act =
      message_act("text", {push_text("Content", call.text("content")), push_text("bizmsgmenuid", call.text("id"))});
  act.fields[1].kind = PushField::Kind::number;
  if (act.fields[1].value.empty() || act.fields[1].value.find_first_not_of("0123456789") != std::string::npos)
    act.fields[1].kind = PushField::Kind::text;
  act.menu_message_tap = true;
  return act;
}

CustomerAct act_image(ControlCall& call, WechatAccount& account) {
  return message_act("image", {push_text("PicUrl", text_or(call, "pic_url", "http://mmbiz.qpic.cn/sandbox/0")),
                               push_text("MediaId", uploaded_media(call, account, "media_id", "image"))});
}

CustomerAct act_voice(ControlCall& call, WechatAccount& account) {
  return message_act("voice", {push_text("MediaId", uploaded_media(call, account, "media_id", "voice")),
                               push_text("Format", text_or(call, "format", "amr")),
                               push_text("MediaId16K", uploaded_media(call, account, "media_id_16k", "voice"))});
}

CustomerAct video_like(ControlCall& call, const WechatAccount& account, std::string msgtype) {
  return message_act(std::move(msgtype),
                     {push_text("MediaId", uploaded_media(call, account, "media_id", "video")),
                      push_text("ThumbMediaId", uploaded_media(call, account, "thumb_media_id", "thumb"))});
}
CustomerAct act_video(ControlCall& call, WechatAccount& account) { return video_like(call, account, "video"); }
CustomerAct act_short_video(ControlCall& call, WechatAccount& account) {
  return video_like(call, account, "shortvideo");
}

CustomerAct act_location(ControlCall& call, WechatAccount&) {
  return message_act("location",
                     {push_number("Location_X", text_or(call, "latitude", "23.134521")),
                      push_number("Location_Y", text_or(call, "longitude", "113.358803")),
                      push_number("Scale", text_or(call, "scale", "20")), push_text("Label", call.text("label"))});
}

CustomerAct act_link(ControlCall& call, WechatAccount&) {
  return message_act("link", {push_text("Title", call.text("title")),
                              push_text("Description", call.text("description")), push_text("Url", call.text("url"))});
}

CustomerAct act_page(ControlCall& call, WechatAccount& account) {
  return message_act(
      "miniprogrampage",
      {push_text("Title", call.text("title")), push_text("AppId", text_or(call, "page_appid", account.app.appid)),
       push_text("PagePath", text_or(call, "page_path", "pages/index/index")),
       push_text("ThumbUrl", text_or(call, "thumb_url", "http://mmbiz.qpic.cn/sandbox/t")),
       push_text("ThumbMediaId", uploaded_media(call, account, "thumb_media_id", "thumb"))});
}

CustomerAct act_tap_menu(ControlCall& call, WechatAccount&) {
  return event_act("CLICK", {push_text("EventKey", call.text("key"))});
}
CustomerAct act_view(ControlCall& call, WechatAccount&) {
  return event_act("VIEW", {push_text("EventKey", call.text("url"))});
}
/// As given, or of a code that the account made and whose ticket is given.
std::string scene_of(const ControlCall& call, const WechatAccount& account) {
  if (!call.text("scene").empty()) return std::string(call.text("scene"));
  return scene_of_ticket(account, call.text("ticket"), call.now());
}

CustomerAct act_scan(ControlCall& call, WechatAccount& account) {
  return event_act("SCAN", {push_text("EventKey", scene_of(call, account)),
                            push_text("Ticket", text_or(call, "ticket", "SANDBOX_TICKET"))});
}
CustomerAct act_follow(ControlCall& call, WechatAccount& account) {
  const std::string scene = scene_of(call, account);
  if (scene.empty()) return event_act("subscribe", {push_text("EventKey", "")});
  return event_act("subscribe", {push_text("EventKey", "qrscene_" + scene),
                                 push_text("Ticket", text_or(call, "ticket", "SANDBOX_TICKET"))});
}
CustomerAct act_unfollow(ControlCall&, WechatAccount&) { return event_act("unsubscribe", {push_text("EventKey", "")}); }
CustomerAct act_enter(ControlCall& call, WechatAccount&) {
  return event_act("user_enter_tempsession", {push_text("SessionFrom", call.text("session_from"))});
}
CustomerAct act_event(ControlCall& call, WechatAccount&) {
  std::vector<PushField> fields;
  for (const auto& field : call.body["fields"])
    fields.push_back(field.value.kind() == detail::Value::Kind::number
                         ? push_number(std::string(field.name), field.value.text())
                         : push_text(std::string(field.name), field.value.text()));
  return event_act(std::string(call.text("event")), std::move(fields));
}

bool may_write(const WechatAccount& account, const WechatCustomer& customer, std::string_view act) {
  return account.app.kind == WechatKind::mini_program || customer.following || act == "follow" || act == "raw" ||
         act == "event" || act == "unfollow";
}

ControlResult do_act(ControlCall& call) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = account_of(call, error);
  if (account == nullptr) return *error;
  const std::string& name = call.names[1];
  const auto kind =
      std::find_if(act_kinds().begin(), act_kinds().end(), [&name](const ActKind& one) { return one.name == name; });
  if (kind == act_kinds().end()) return control_error(404, "customers cannot do this: " + name + "; GET / lists acts");
  const std::string_view misbehaviour = call.text("misbehave");
  const auto& known = push_misbehaviours();
  if (!misbehaviour.empty() && std::none_of(known.begin(), known.end(), [misbehaviour](const PushMisbehaviour& one) {
        return one.name == misbehaviour;
      }))
    return control_error(400, "unknown misbehaviour; GET / lists them");
  if (misbehaviour == "previous_key" && account->app.previous_encoding_aes_key.empty())
    return control_error(409, "the app has no previous_encoding_aes_key");
  if (auto full = no_room_for_push(call)) return *full;
  WechatCustomer& customer = call.core.wechat.customer(*account, call.names[0]);
  if (customer.followed == WallTime::min()) customer.followed = call.now();
  if (!may_write(*account, customer, name))
    return control_error(409, "the customer does not follow this account; POST .../follow first");
  if (name == "raw" && call.text("body").empty()) return control_error(400, "body is missing: the XML or JSON text");
  Push& push = name == "raw"
                   ? queue_raw_push(call.core.wechat, *account, customer, std::string(call.text("body")), call.now())
                   : queue_push(call.core.wechat, *account, customer, kind->make(call, *account), call.now());
  push.misbehaviour = misbehaviour;
  customer.seen = call.now();
  const std::uint64_t number = push.number;
  call.core.deliver(number);
  call.core.changed();
  return push_result(call, number);
}

void write_customer(detail::JsonWriter& writer, const WechatAccount& account, const WechatCustomer& customer,
                    WallTime now) {
  static constexpr std::string_view kStates[] = {"open", "closed", "used_up"};
  const ReplyWindow& window = customer.window;
  writer.begin_object().key("appid").string(account.app.appid).key("openid").string(customer.openid);
  writer.key("following").boolean(customer.following).key("refuse_code").integer(customer.refuse_code);
  writer.key("typing").boolean(now < customer.typing_until).key("messages").unsigned_integer(customer.messages);
  writer.key("window").begin_object().key("state").string(kStates[static_cast<int>(window.state(now))]);
  writer.key("left").integer(window.left(now));
  writer.key("ends").integer(window.ends() == WallTime::min() ? 0 : unix_seconds(window.ends()));
  writer.end_object().end_object();
}

ControlResult list_customers(ControlCall& call) {
  std::optional<ControlAnswer> error;
  const WechatAccount* account = account_of(call, error);
  if (account == nullptr) return *error;
  constexpr std::size_t kMost = 1000;
  std::size_t written = 0;
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("count").unsigned_integer(account->customers.size()).key("customers").begin_array();
  for (const auto& [openid, customer] : account->customers)
    if (written++ < kMost) write_customer(writer, *account, customer, call.now());
  writer.end_array().end_object();
  return answer;
}

ControlResult show_customer(ControlCall& call, bool create) {
  std::optional<ControlAnswer> error;
  WechatAccount* account = account_of(call, error);
  if (account == nullptr) return *error;
  WechatCustomer* customer = create ? &call.core.wechat.customer(*account, call.names[0])
                                    : call.core.wechat.find_customer(*account, call.names[0]);
  if (customer == nullptr) return control_error(404, "no such customer of this app: " + call.names[0]);
  if (create) {
    if (customer->followed == WallTime::min()) customer->followed = call.now();
    customer->seen = call.now();
    customer->following = call.flag("following", customer->following);
    customer->refuse_code = static_cast<int>(call.number("refuse_code", customer->refuse_code));
    for (const auto& [field, text] :
         {std::pair("nickname", &customer->nickname), std::pair("phone", &customer->phone),
          std::pair("union_id", &customer->union_id), std::pair("subscribe_scene", &customer->subscribe_scene),
          std::pair("notification_failure", &customer->notification_failure)})
      if (call.body[field].present()) *text = call.body[field].text();
  }
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  write_customer(writer, *account, *customer, call.now());
  return answer;
}
ControlResult get_customer(ControlCall& call) { return show_customer(call, false); }
ControlResult put_customer(ControlCall& call) { return show_customer(call, true); }

ControlAnswer messages_answer(const WechatCustomer* customer, std::uint64_t after) {
  ControlAnswer answer;
  detail::JsonWriter writer(answer.body);
  writer.begin_object().key("last").unsigned_integer(customer == nullptr ? 0 : customer->messages);
  writer.key("messages").begin_array();
  if (customer != nullptr) {
    for (const InboxMessage& message : customer->inbox) {
      if (message.number <= after) continue;
      writer.begin_object().key("n").unsigned_integer(message.number).key("time").integer(unix_seconds(message.time));
      writer.key("channel").string(message.channel).key("msgtype").string(message.msgtype);
      writer.key("text").string(message.text).key("content").raw(message.content);
      writer.key("agent").string(message.agent).key("by_ai").boolean(message.by_ai);
      writer.key("push").unsigned_integer(message.push).end_object();
    }
  }
  writer.end_array().end_object();
  return answer;
}

/// Waits until there are `count` messages after number `after`.
ControlResult list_messages(ControlCall& call) {
  std::optional<ControlAnswer> error;
  const WechatAccount* account = account_of(call, error);
  if (account == nullptr) return *error;
  const auto after = static_cast<std::uint64_t>(std::max<std::int64_t>(0, call.number("after", 0)));
  const auto count = static_cast<std::uint64_t>(std::max<std::int64_t>(1, call.number("count", 1)));
  const Millis limit(std::clamp<std::int64_t>(call.number("wait_ms", 0), 0, 120'000));
  return {limit,
          [&core = call.core, appid = account->app.appid, openid = call.names[0], after,
           count](bool last) -> std::optional<ControlAnswer> {
            WechatAccount* again = core.wechat.find(appid);
            const WechatCustomer* customer = again == nullptr ? nullptr : core.wechat.find_customer(*again, openid);
            if (!last && (customer == nullptr || customer->messages < after + count)) return std::nullopt;
            return messages_answer(customer, after);
          }};
}

}  // namespace

const std::vector<ActKind>& act_kinds() {
  static const std::vector<ActKind> kinds = {
      {"text", "writes: content", act_text},
      {"image", "sends a picture: pic_url, media_id, base64 (its bytes)", act_image},
      {"voice", "speaks: media_id, format", act_voice},
      {"video", "sends a video: media_id, thumb_media_id", act_video},
      {"shortvideo", "sends a short video: media_id, thumb_media_id", act_short_video},
      {"location", "sends a place: latitude, longitude, scale, label", act_location},
      {"link", "sends a link: title, description, url", act_link},
      {"miniprogrampage", "sends a mini-program card: title, page_appid, page_path, thumb_url", act_page},
      {"menu", "taps a menu entry of kind click: key", act_tap_menu},
      {"view", "taps a menu entry that opens a page: url", act_view},
      {"menu_item", "taps an item of a menu message: id, content", act_menu_item},
      {"scan", "scans a parametric QR code as a follower: scene, ticket (of a code that was made)", act_scan},
      {"follow", "follows, by QR code if scene is given: scene, ticket", act_follow},
      {"unfollow", "unfollows", act_unfollow},
      {"enter", "enters the customer-service session of a mini program: session_from", act_enter},
      {"event", "any event: event, fields {name: text or number}", act_event},
      {"raw", "pushes a document as it is: body (XML or JSON text)", act_text},
  };
  return kinds;
}

std::vector<ControlRoute> control_customer_routes() {
  return {
      {"GET", "/customers", "the customers of an app: appid", list_customers, "appid"},
      {"GET", "/customers/{openid}", "one customer with the reply window: appid", get_customer, "appid"},
      {"POST", "/customers/{openid}",
       "makes one known without an act: appid, following, refuse_code, nickname, phone, union_id, subscribe_scene, "
       "notification_failure (templates' messages fail later with this status)",
       put_customer, "appid following? refuse_code# nickname phone union_id subscribe_scene notification_failure"},
      {"GET", "/customers/{openid}/messages",
       "what the customer received after number `after`; waits up to wait_ms for `count` of them", list_messages,
       "appid after# count# wait_ms#"},
      {"POST", "/customers/{openid}/{act}",
       "the customer does something; every act also takes appid, misbehave, wait_ms (until the push is over)", do_act,
       kAct},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
