#include "core/async/time_range.hpp"
#include "core/crypto/crypto.hpp"
#include "sandbox/jd/twin.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using detail::JsonWriter;
using detail::Value;

constexpr std::chrono::minutes kAccessIdMemory(3);
constexpr std::size_t kNoticesKept = 1000;

/// A message on its way into a buyer's DongDong, from whichever of the calls.
struct DongDongMessage {
  std::string_view access_token, aspid, accessid;
  std::string_view from_pin, to_pin, to_open_id, to_xid;
  std::string_view type, text, url, sid;
};

JdResult refuse_push(const JdCall& call, std::string_view setting, std::string_view text) {
  return jd_failure(*call.route, std::to_string(call.twin.setting(setting)), text);
}

bool knows_token(const JdCall& call, std::string_view token, std::string_view aspid) {
  const auto& tokens = call.app->dongdong;
  return !call.app->app.dongdong_aspid.empty() && aspid == call.app->app.dongdong_aspid &&
         std::any_of(tokens.begin(), tokens.end(),
                     [&](const DongDongToken& one) { return one.value == token && call.now < one.expires; });
}

JdResult accept_push(const JdCall& call, const JdAccessId& accepted) {
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("errmsg").string("").key("msgid").string(accepted.msgid);
  writer.key("accid").string(accepted.accessid);
  writer.key("sendTimestamp").string(std::to_string(unix_millis(call.now))).end_object();
  return result;
}

/// What is still remembered of this accessid; forgets the rest.
const JdAccessId* seen_before(JdShopState& shop, std::string_view accessid, WallTime now) {
  while (!shop.accessids.empty() && shop.accessids.front().time + kAccessIdMemory <= now) shop.accessids.pop_front();
  const auto found = std::find_if(shop.accessids.begin(), shop.accessids.end(),
                                  [accessid](const JdAccessId& one) { return one.accessid == accessid; });
  return found == shop.accessids.end() ? nullptr : &*found;
}

/// The open session that the message belongs to: the one it names, else the buyer's newest.
JdSession* session_for(JdCall& call, const JdBuyer& buyer, const DongDongMessage& message) {
  JdSession* session = message.sid.empty() ? call.twin.open_session_of(*call.shop, buyer.pin)
                                           : call.twin.find_session(*call.shop, message.sid);
  if (session == nullptr || session->customer != buyer.pin || session->end != kNotYet) return nullptr;
  const std::chrono::seconds window(call.twin.setting("jd_session_window_s"));
  if (window.count() > 0 && (session->last_customer_line == kNotYet || call.now > session->last_customer_line + window))
    return nullptr;
  return session;
}

JdResult deliver_push(JdCall& call, const DongDongMessage& message) {
  if (!knows_token(call, message.access_token, message.aspid))
    return refuse_push(call, "jd_dongdong_token_code", "accessToken invalid");
  if (message.accessid.empty()) return jd_failure(*call.route, "230003", "accessid is missing");
  if (const JdAccessId* seen = seen_before(*call.shop, message.accessid, call.now)) {
    if (call.twin.setting("jd_duplicate_accessid_code") == 0) return accept_push(call, *seen);
    return refuse_push(call, "jd_duplicate_accessid_code", "duplicate accessid");
  }
  if (message.text.empty() && message.url.empty()) return jd_failure(*call.route, "230004", "content is missing");
  JdBuyer* buyer = nullptr;
  for (const std::string_view name : {message.to_xid, message.to_open_id, message.to_pin})
    if (buyer == nullptr && !name.empty()) buyer = call.twin.find_buyer(*call.shop, name);
  if (buyer == nullptr) return jd_failure(*call.route, "230005", "no such receiver");
  JdSession* session = session_for(call, *buyer, message);
  if (session == nullptr && call.twin.setting("jd_no_session_code") != 0)
    return refuse_push(call, "jd_no_session_code", "no open session with this receiver");

  JdAccessId accepted;
  accepted.accessid = message.accessid;
  accepted.msgid = std::to_string(50'000'000 + call.twin.next_id());
  accepted.time = call.now;
  call.shop->accessids.push_back(accepted);
  if (session != nullptr && call.twin.setting("jd_pushes_in_chat_log") != 0)
    call.twin.say(*session, true, message.from_pin, message.text.empty() ? message.url : message.text, call.now,
                  call.twin.visible_from(call.now));
  JdReceived received;
  received.time = call.now;
  received.channel = "dongdong";
  received.type = message.type;
  received.text = message.text;
  received.url = message.url;
  received.agent = message.from_pin;
  received.thread = session == nullptr ? std::string() : session->sid;
  received.accessid = message.accessid;
  call.twin.put_in_inbox(*buyer, std::move(received));
  return accept_push(call, accepted);
}

/// `chatinfo` comes as an object or as its text.
struct ChatInfo {
  explicit ChatInfo(const Value& value) {
    if (value.kind() != Value::Kind::string || value.text().empty()) {
      object = value;
      return;
    }
    document = detail::Document::json(value.text());
    object = document.root();
  }
  detail::Document document;
  Value object;
};

DongDongMessage flat_message(const JdCall& call) {
  DongDongMessage message;
  message.access_token = call.text("accessToken");
  message.aspid = call.text("aspid");
  message.accessid = call.text("accessid");
  message.from_pin = call.text("fromPin");
  message.to_pin = call.text("toPin");
  message.to_open_id = call.text("open_id_buyer");
  message.to_xid = call.text("xid_buyer");
  return message;
}

JdResult push_chat_text(JdCall& call) {
  const ChatInfo info(call.body["chatinfo"]);
  DongDongMessage message = flat_message(call);
  message.type = "text";
  message.text = call.text("content");
  message.sid = info.object["sid"].text();
  return deliver_push(call, message);
}

JdResult push_chat_image(JdCall& call) {
  const ChatInfo info(call.body["chatinfo"]);
  DongDongMessage message = flat_message(call);
  message.type = "image";
  message.url = call.text("url");
  message.sid = info.object["sid"].text();
  return deliver_push(call, message);
}

/// The packet form: who may in param1, what in param2, whose body is JSON inside a string.
JdResult push_packet(JdCall& call) {
  const Value who = call.body["param1"];
  const Value what = call.body["param2"];
  const ChatInfo body(what["body"]);
  const ChatInfo info(body.object["chatinfo"]);
  DongDongMessage message;
  message.access_token = who["accessToken"].text();
  message.aspid = who["aspid"].text();
  message.accessid = who["accessid"].text();
  message.from_pin = what["fromPin"].text();
  message.to_pin = what["toPin"].text();
  message.to_open_id = what["open_id_buyer"].text();
  message.to_xid = what["xid_buyer"].text();
  message.type = body.object["type"].text();
  message.text = body.object["content"].text();
  message.url = body.object["url"].text();
  message.sid = info.object["sid"].text();
  return deliver_push(call, message);
}

/// The plain result object of the DongDong server, where the gateway puts it.
JdResult dongdong_result(const JdCall& call, int code, std::string_view token, std::string_view text) {
  JdResult result;
  result.node.clear();
  const bool wrapped = call.twin.setting("jd_dongdong_wrapped") != 0;
  JsonWriter writer(result.node);
  writer.begin_object();
  if (wrapped) writer.key("result").begin_object();
  writer.key("code").integer(code);
  if (!token.empty()) writer.key("accessToken").string(token);
  writer.key("errmsg").string(text);
  if (wrapped) writer.end_object();
  writer.end_object();
  return result;
}

JdResult grant_service(JdCall& call) {
  const JdApp& app = call.app->app;
  if (app.dongdong_aspid.empty() || call.text("aspid") != app.dongdong_aspid ||
      call.text("secret") != app.dongdong_secret)
    return dongdong_result(call, 230032, "", "aspid or secret invalid");
  DongDongToken token;
  token.value = "dd-" + random_hex(32);
  token.expires = detail::later(call.now, std::chrono::seconds(call.twin.setting("jd_dongdong_token_life_s")));
  call.app->dongdong.push_back(token);
  if (call.app->dongdong.size() > 100) call.app->dongdong.pop_front();
  return dongdong_result(call, 230031, token.value, "");
}

void keep_notice(JdShopState& shop, std::string_view text) {
  shop.notices.emplace_back(text);
  if (shop.notices.size() > kNoticesKept) shop.notices.pop_front();
}

/// A whole message as JSON text: a notice, or a chat message.
JdResult push_json(JdCall& call) {
  if (!knows_token(call, call.text("accessToken"), call.text("aspid")))
    return dongdong_result(call, static_cast<int>(call.twin.setting("jd_dongdong_token_code")), "",
                           "accessToken invalid");
  const detail::Document json = detail::Document::json(call.text("jsonMsg"));
  if (!json) return dongdong_result(call, 230071, "", "jsonMsg is no JSON object");
  const Value whole = json.root();
  if (whole["type"].text() != "chat_message") {
    keep_notice(*call.shop, call.text("jsonMsg"));
    return dongdong_result(call, 230070, "", "");
  }
  DongDongMessage message = flat_message(call);
  message.from_pin = whole["from"]["pin"].text();
  message.to_pin = whole["to"]["pin"].text();
  message.type = whole["body"]["type"].text();
  message.text = whole["body"]["content"].text();
  message.url = whole["body"]["url"].text();
  message.sid = whole["body"]["chatinfo"]["sid"].text();
  const JdResult pushed = deliver_push(call, message);
  const bool done = pushed.node_code == "0" && pushed.node.find("msgid") != std::string::npos;
  return done ? dongdong_result(call, 230070, "", "") : dongdong_result(call, 230072, "", "not delivered");
}

JdResult send_notice(JdCall& call) {
  if (call.text("title").empty() || call.text("content").empty()) return jd_error(60);
  keep_notice(*call.shop, call.param("360buy_param_json"));
  JdResult result;
  result.node = R"({"result":{"code":0,"msg":"success"}})";
  return result;
}

JdResult data_service(JdCall& call) {
  JdResult result;
  result.node = R"({"result":{"code":0,"errmsg":"","data":{}}})";
  if (!knows_token(call, call.text("accessToken"), call.text("aspid")))
    return dongdong_result(call, static_cast<int>(call.twin.setting("jd_dongdong_token_code")), "",
                           "accessToken invalid");
  return result;
}

JdResult check_words(JdCall& call) {
  const std::string_view content = call.text("content");
  if (content.empty()) return jd_error(60);
  const auto& words = call.twin.sensitive_words;
  const bool found = std::any_of(words.begin(), words.end(), [content](const std::string& word) {
    return content.find(word) != std::string_view::npos;
  });
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("returnType").begin_object().key("responseHeader").begin_object();
  writer.key("returnCode").string("0").key("returnMsg").string("success").end_object();
  writer.key("responseBody").begin_object().key("resultCode").string("0").key("resultMsg").string("success");
  writer.key("containSensitiveWord").boolean(found).end_object().end_object().end_object();
  return result;
}

}  // namespace

std::vector<JdRoute> jd_dongdong_routes() {
  constexpr JdFamily kMessage = JdFamily::message;
  return {
      {"jingdong.MessagePushService.pushChatTextMessage", kMessage, "", push_chat_text},
      {"jingdong.MessagePushService.pushChatImageMessage", kMessage, "", push_chat_image, true},
      {"jingdong.dongdong.packet.josChatMessage.push", kMessage, "", push_packet, true},
      {"jingdong.com.jd.dd.open.gw.api.GrantService", kMessage, "result", grant_service, true},
      {"jingdong.com.jd.dd.open.gw.api.MessagePushService", kMessage, "result", push_json, true},
      {"jingdong.com.jd.dd.open.gw.api.DataService", kMessage, "result", data_service, true},
      {"jingdong.dd.notice.NoticeDispatcher", kMessage, "result", send_notice, true},
      {"jingdong.risk.sensitiveWordCheck", JdFamily::plain, "", check_words},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
