#include "sandbox/wechat/push.hpp"

#include "core/crypto/crypto.hpp"
#include "core/text/json_writer.hpp"
#include "sandbox/wechat/kf.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kPushesBound = 5000;

void write_xml(std::string& out, const PushField& field) {
  if (field.kind == PushField::Kind::list || field.kind == PushField::Kind::array) {
    for (const PushField& child : field.children) write_xml(out, child);
    return;
  }
  out += "<" + field.name + ">";
  if (field.kind == PushField::Kind::text) {
    out += "<![CDATA[";
    std::string_view rest = field.value;
    for (std::size_t end; (end = rest.find("]]>")) != std::string_view::npos; rest.remove_prefix(end + 2)) {
      out += rest.substr(0, end + 2);
      out += "]]><![CDATA[";
    }
    out += rest;
    out += "]]>";
  } else if (field.kind == PushField::Kind::number) {
    out += field.value;
  }
  for (const PushField& child : field.children) write_xml(out, child);
  out += "</" + field.name + ">";
}

void write_push_json(detail::JsonWriter& writer, const std::vector<PushField>& fields) {
  writer.begin_object();
  for (const PushField& field : fields) {
    writer.key(field.name);
    switch (field.kind) {
      case PushField::Kind::text:
        writer.string(field.value);
        break;
      case PushField::Kind::number:
        writer.raw(field.value);
        break;
      case PushField::Kind::object:
        write_push_json(writer, field.children);
        break;
      case PushField::Kind::list:
      case PushField::Kind::array: {
        const bool bare = field.kind == PushField::Kind::list && field.children.size() == 1;
        if (!bare) writer.begin_array();
        for (const PushField& child : field.children) write_push_json(writer, child.children);
        if (!bare) writer.end_array();
        break;
      }
    }
  }
  writer.end_object();
}

std::string new_message_id(WechatTwin& twin, WallTime now) {
  if (twin.next_message_id == 0) twin.next_message_id = static_cast<std::uint64_t>(unix_seconds(now)) * 10'000'000;
  return std::to_string(++twin.next_message_id);
}

auto oldest_over(WechatTwin& twin) {
  return std::find_if(twin.pushes.begin(), twin.pushes.end(), [](const auto& one) { return one.second.is_over(); });
}

/// The oldest that is over makes room; what is still to be delivered stays.
Push& append_push(WechatTwin& twin, const WechatAccount& account, WallTime now) {
  if (twin.pushes.size() >= kPushesBound)
    if (const auto over = oldest_over(twin); over != twin.pushes.end()) twin.pushes.erase(over);
  const std::uint64_t number = twin.next_push++;
  Push& push = twin.pushes[number];
  push.number = number;
  push.appid = account.app.appid;
  push.time = now;
  push.deliveries_left = static_cast<int>(twin.setting("push_deliveries"));
  return push;
}

/// A customer's message goes to the agent who serves, if one does, and into the records.
void route_message(const WechatTwin& twin, WechatAccount& account, const WechatCustomer& customer, Push& push,
                   std::string_view text, WallTime now) {
  KfChat* chat = current_chat(twin, account, customer.openid, now);
  note_line(account, customer.openid, kAgentReceived, push.msgtype, text, chat == nullptr ? "" : chat->kf_account, now);
  if (chat != nullptr) {
    chat->latest = now;
    push.state = "with_agent";
    return;
  }
  for (KfWaiting& one : account.kf.waiting)
    if (one.openid == customer.openid) one.latest = now;
}

void apply_act(const WechatAccount& account, WechatCustomer& customer, std::string_view msgtype, std::string_view event,
               bool menu_message_tap, WallTime now) {
  if (msgtype == "event" && event == "unsubscribe") {
    customer.following = false;
    customer.window.close();
    return;
  }
  if (msgtype == "event" && event == "subscribe") {
    customer.following = true;
    customer.followed = now;
  }
  if (msgtype != "event") customer.last_message = now;
  if (const auto granted = window_grant(account.app.kind, msgtype, event, menu_message_tap))
    customer.window.grant(*granted, now);
}

/// The third-party platform that the account's messages go to, if there is one.
const WechatAccount* platform_of(const WechatTwin& twin, const WechatAccount& account) {
  for (const std::string& appid : twin.components) {
    const auto component = twin.accounts.find(appid);
    if (component == twin.accounts.end() || component->second.app.kind != WechatKind::component) continue;
    const auto& grants = component->second.component.grants;
    const auto grant = grants.find(account.app.appid);
    if (grant == grants.end() || !grant->second.active) continue;
    const auto& sets = grant->second.sets;
    if (std::any_of(sets.begin(), sets.end(), [](int set) { return set == 1 || set == 19; })) return &component->second;
  }
  return nullptr;
}

}  // namespace

PushSettings push_settings(const WechatTwin& twin, const WechatAccount& account) {
  const WechatAccount* const platform = platform_of(twin, account);
  const WechatApp& keys = platform == nullptr ? account.app : platform->app;
  PushSettings settings;
  settings.token = keys.token;
  settings.encoding_aes_key = keys.encoding_aes_key;
  settings.previous_encoding_aes_key = keys.previous_encoding_aes_key;
  settings.receiver = keys.appid;
  if (account.app.kind != WechatKind::component) settings.original_id = account.app.original_id;
  if (platform == nullptr) {
    settings.url = account.app.callback_url;
    if (account.app.kind == WechatKind::component) return settings;  // always encrypted XML
    settings.mode = account.app.push_mode;
    settings.format = account.app.push_format;
    return settings;
  }
  constexpr std::string_view kPlace = "$APPID$";
  settings.url = keys.message_url;
  if (const std::size_t at = settings.url.find(kPlace); at != std::string::npos)
    settings.url.replace(at, kPlace.size(), account.app.appid);
  return settings;
}

PushField push_text(std::string name, std::string_view value) {
  return {std::move(name), PushField::Kind::text, std::string(value), {}};
}
PushField push_number(std::string name, std::string_view value) {
  return {std::move(name), PushField::Kind::number, std::string(value), {}};
}

std::string push_document(PushFormat format, const std::vector<PushField>& fields) {
  std::string out;
  if (format == PushFormat::json) {
    detail::JsonWriter writer(out);
    write_push_json(writer, fields);
    return out;
  }
  out = "<xml>";
  for (const PushField& field : fields) write_xml(out, field);
  out += "</xml>";
  return out;
}

Push& queue_push(WechatTwin& twin, WechatAccount& account, WechatCustomer& customer, const CustomerAct& act,
                 WallTime now) {
  apply_act(account, customer, act.msgtype, act.event, act.menu_message_tap, now);
  Push& push = append_push(twin, account, now);
  push.openid = customer.openid;
  push.msgtype = act.msgtype;
  push.event = act.event;
  std::vector<PushField> fields = {
      push_text("ToUserName", account.app.original_id), push_text("FromUserName", customer.openid),
      push_number("CreateTime", std::to_string(unix_seconds(now))), push_text("MsgType", act.msgtype)};
  if (act.msgtype == "event") fields.push_back(push_text("Event", act.event));
  // The page's samples have text here, recorded pushes a number (wechat-messages 8.4).
  if (starts_with(act.event, "subscribe_msg_") && account.app.push_format == PushFormat::json &&
      twin.setting("subscribe_event_numbers_as_text") != 0)
    fields[2].kind = PushField::Kind::text;
  fields.insert(fields.end(), act.fields.begin(), act.fields.end());
  if (act.msgtype != "event") {
    push.msgid = new_message_id(twin, now);
    fields.push_back(push_number("MsgId", push.msgid));
  }
  push.body = push_document(push_settings(twin, account).format, fields);
  if (act.msgtype == "event") return push;
  const auto content =
      std::find_if(fields.begin(), fields.end(), [](const PushField& f) { return f.name == "Content"; });
  route_message(twin, account, customer, push, content == fields.end() ? "" : content->value, now);
  return push;
}

Push& queue_raw_push(WechatTwin& twin, WechatAccount& account, WechatCustomer& customer, std::string body,
                     WallTime now) {
  const bool is_json =
      body.find_first_not_of(" \t\r\n") != std::string::npos && body[body.find_first_not_of(" \t\r\n")] == '{';
  const detail::Document document = is_json ? detail::Document::json(body) : detail::Document::xml(body);
  const detail::Value root = document.root();
  Push& push = append_push(twin, account, now);
  push.openid = customer.openid;
  push.msgtype = root["MsgType"].text();
  push.event = root["Event"].text();
  push.msgid = root["MsgId"].text();
  if (!push.msgtype.empty())
    apply_act(account, customer, push.msgtype, push.event, root["bizmsgmenuid"].present(), now);
  if (!push.msgtype.empty() && push.msgtype != "event")
    route_message(twin, account, customer, push, root["Content"].text(), now);
  push.body = std::move(body);
  return push;
}

Push& queue_component_push(WechatTwin& twin, WechatAccount& component, std::string_view info_type,
                           const std::vector<PushField>& fields, WallTime now) {
  Push& push = append_push(twin, component, now);
  push.msgtype = "event";
  push.event = info_type;
  std::vector<PushField> all = {push_text("AppId", component.app.appid),
                                push_number("CreateTime", std::to_string(unix_seconds(now))),
                                push_text("InfoType", info_type)};
  all.insert(all.end(), fields.begin(), fields.end());
  push.body = push_document(PushFormat::xml, all);
  return push;
}

Push& queue_url_verification(WechatTwin& twin, WechatAccount& account, WallTime now) {
  Push& push = append_push(twin, account, now);
  push.msgtype = "url_verification";
  push.echostr = "1";
  while (push.echostr.size() < 19) push.echostr += static_cast<char>('0' + detail::random_text(1)[0] % 10);
  push.deliveries_left = 1;
  return push;
}

Push* find_push(WechatTwin& twin, std::uint64_t number) {
  const auto found = twin.pushes.find(number);
  return found == twin.pushes.end() ? nullptr : &found->second;
}

bool has_room_for_push(WechatTwin& twin) {
  return twin.pushes.size() < kPushesBound || oldest_over(twin) != twin.pushes.end();
}

}  // namespace sandbox
KEFU_END_NAMESPACE
