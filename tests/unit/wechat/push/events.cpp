#include "core/text/document.hpp"
#include "support/push_requests.hpp"
#include "support/vectors.hpp"
#include "wechat/push/fields.hpp"

#include <kefu/wechat/events.hpp>
#include <kefu/wechat/push.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>

namespace {

using kefu::detail::Value;
using kefu::wechat::Push;
using kefu::wechat::PushConfig;
using kefu::wechat::PushKeys;
using kefu::wechat::PushMode;

/// Collects what a typed push holds, under the platform's names: the way of expected_fields.
class PushFieldCollector {
 public:
  void operator()(std::string_view path, const std::string& field) { add(path, field); }
  void operator()(std::string_view path, std::int64_t field) { add(path, std::to_string(field)); }
  void operator()(std::string_view path, const std::optional<std::int64_t>& field) {
    if (field) add(path, std::to_string(*field));
  }
  void operator()(std::string_view path, double field) {
    numbers_.insert(prefix_ + std::string(path));
    add(path, std::to_string(field));
  }
  template <class Field>
  void inner(std::string_view object, std::string_view name, const Field& field) {
    (*this)(std::string(object) + "/" + std::string(name), field);
  }
  template <class Item>
  void list(std::string_view path, const std::vector<Item>& items) {
    add(std::string(path) + ".length", std::to_string(items.size()));
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::string outer = prefix_;
      prefix_ += std::string(path) + "[" + std::to_string(i) + "].";
      kefu::wechat::fields(*this, items[i]);
      prefix_ = outer;
    }
  }
  template <class Item>
  void wrapped_list(std::string_view, std::string_view name, const std::vector<Item>& items) {
    list(name, items);
  }

  /// Whether the field is there with that value; numbers compare as numbers.
  bool has(std::string path, std::string_view value) const {
    // "result.suggest" descends like "result/suggest"; the dot behind an index does not.
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (path[i] == '.' && path[i - 1] != ']' && path.substr(i) != ".length") path[i] = '/';
    }
    const auto found = values_.find(path);
    if (found == values_.end()) return false;
    if (numbers_.count(path) == 0) return found->second == value;
    return std::abs(std::stod(found->second) - std::stod(std::string(value))) < 1e-6;
  }

 private:
  void add(std::string_view path, std::string value) { values_[prefix_ + std::string(path)] = std::move(value); }

  std::map<std::string, std::string> values_;
  std::set<std::string> numbers_;
  std::string prefix_;
};

PushKeys event_keys() {
  return PushKeys(kefu::Secret("kefuTestTok3n"), kefu::Secret("kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"));
}

/// What arrives when the message is pushed in safe mode.
kefu::InboundEvent received(std::string_view message) {
  const kefu_test::PushSender sender(event_keys());
  PushConfig config("wx1234567890abcdef", event_keys());
  config.freshness = kefu::wechat::PushFreshness(kefu::wechat::PushFreshness::Mode::off);
  const auto receiver = kefu::wechat::make_push_receiver(std::move(config)).value();
  const auto request = sender.sealed(message, message.substr(0, 1) == "{");
  auto opened = receiver->open(request.view(), kefu::from_unix_seconds(1'800'000'000));
  REQUIRE(opened.outcome == kefu::OpenedPush::Outcome::event);
  return std::move(opened.event);
}

/// JSON of a value, as the platform would send it.
std::string json_text(Value value) {
  switch (value.kind()) {
    case Value::Kind::object: {
      std::string out = "{";
      for (const auto& member : value) {
        out += (out.size() > 1 ? ",\"" : "\"") + std::string(member.name) + "\":" + json_text(member.value);
      }
      return out + "}";
    }
    case Value::Kind::array: {
      std::string out = "[";
      for (const auto& element : value) out += (out.size() > 1 ? "," : "") + json_text(element.value);
      return out + "]";
    }
    case Value::Kind::string:
      return '"' + std::string(value.text()) + '"';
    default:
      return std::string(value.text());
  }
}

std::string message_of(Value push) { return push["xml"] ? std::string(push["xml"].text()) : json_text(push["json"]); }

std::string text_event(std::string_view head) {
  return "<xml><ToUserName>gh_1</ToUserName>" + std::string(head) + "</xml>";
}

template <class Body>
Body body_of(std::string_view message) {
  auto push = kefu::wechat::read_push(received(message));
  REQUIRE(push.has_value());
  REQUIRE(std::holds_alternative<Body>(push->body));
  return std::get<Body>(push->body);
}

}  // namespace

TEST_CASE("every push of wechat-messages.json has its expected fields, typed") {
  const auto document = kefu_test::load_vectors("wechat-messages.json");
  std::size_t seen = 0;
  for (const Value vector : document.root()["pushes"].items()) {
    const std::string name(vector["name"].text());
    CAPTURE(name);
    const kefu::InboundEvent event = received(message_of(vector));
    const auto push = kefu::wechat::read_push(event);
    REQUIRE(push.has_value());
    CHECK(std::holds_alternative<kefu::wechat::UnknownPush>(push->body) == (name == "unknown_type"));
    PushFieldCollector collector;
    kefu::wechat::fields(collector, push->head);
    std::visit([&](const auto& body) { kefu::wechat::fields(collector, body); }, push->body);
    for (const auto& field : vector["expected_fields"]) {
      CAPTURE(field.name);
      if (name == "unknown_type" && field.name == "Foo") {
        CHECK(event.raw.find("<Foo><![CDATA[bar]]></Foo>") != std::string::npos);  // ENC-3
        continue;
      }
      CHECK(collector.has(std::string(field.name), field.value.text()));
    }
    ++seen;
  }
  CHECK(seen == 56);
}

TEST_CASE("every push of wechat-messages.json opens the window it should") {
  const auto document = kefu_test::load_vectors("wechat-messages.json");
  const std::map<std::string, std::pair<std::string, std::string>> windows = {
      {"message", {"5", "172800"}}, {"menu", {"3", "60"}}, {"follow", {"3", "60"}}, {"scan", {"3", "60"}},
      {"enter", {"2", "60"}},       {"", {"", ""}},        {"unclear", {"", ""}}};
  for (const Value vector : document.root()["pushes"].items()) {
    CAPTURE(vector["name"].text());
    const kefu::InboundEvent event = received(message_of(vector));
    REQUIRE(windows.count(event.trigger) == 1);
    CHECK(windows.at(event.trigger).first == vector["opens_window"]["messages"].text());
    CHECK(windows.at(event.trigger).second == vector["opens_window"]["seconds"].text());
  }
}

TEST_CASE("pushes become the channel's payloads") {
  const auto document = kefu_test::load_vectors("wechat-messages.json");
  std::map<std::string, kefu::InboundEvent> events;
  for (const Value vector : document.root()["pushes"].items()) {
    events.emplace(vector["name"].text(), received(message_of(vector)));
  }
  const auto payload = [&](const char* name, auto type) {
    using Payload = decltype(type);
    CAPTURE(name);
    REQUIRE(std::holds_alternative<Payload>(events.at(name).payload));
    return std::get<Payload>(events.at(name).payload);
  };
  CHECK(payload("text_menu_answer", kefu::ReceivedText()).menu_id == "101");
  CHECK(payload("json_text", kefu::ReceivedText()).body == "this is a test");
  CHECK(payload("image", kefu::ReceivedMedia()).url == "http://mmbiz.qpic.cn/x/0");
  CHECK(payload("voice_recognition", kefu::ReceivedMedia()).transcript == "腾讯微信团队");
  CHECK(payload("voice", kefu::ReceivedMedia()).format == "amr");
  CHECK(payload("video", kefu::ReceivedMedia()).kind == kefu::ReceivedMedia::Kind::video);
  CHECK(payload("shortvideo", kefu::ReceivedMedia()).kind == kefu::ReceivedMedia::Kind::short_video);
  CHECK(payload("file", kefu::ReceivedMedia()).name == "合同.pdf");
  CHECK(payload("location", kefu::ReceivedLocation()).latitude == doctest::Approx(23.134521));
  CHECK(payload("link", kefu::ReceivedLink()).url == "https://example.com/?a=1&b=2");
  CHECK(payload("miniprogrampage", kefu::ReceivedMiniProgram()).page_path == "pages/index/index");
  CHECK(payload("event_subscribe", kefu::Followed()).scene.empty());
  CHECK(payload("event_subscribe_qr", kefu::Followed()).scene == "123123");
  CHECK(payload("event_subscribe_after_payment", kefu::Followed()).scene.empty());
  payload("event_unsubscribe", kefu::Unfollowed());
  CHECK(payload("event_scan", kefu::Scanned()).scene == "SCENE_VALUE");
  CHECK(payload("event_click", kefu::MenuTapped()).key == "EVENTKEY");
  CHECK(payload("event_scancode_waitmsg", kefu::MenuTapped()).scan_result == "1");
  CHECK(payload("event_user_enter_tempsession", kefu::SessionEntered()).source == "order=42|from=detail");
  CHECK(payload("event_kf_create_session", kefu::AgentSessionChanged()).agent == "test1@test");
  const auto switched = payload("event_kf_switch_session", kefu::AgentSessionChanged());
  CHECK(switched.what == kefu::AgentSessionChanged::What::switched);
  CHECK(switched.agent == "test2@test");
  CHECK(switched.previous_agent == "test1@test");
  CHECK(payload("event_templatesendjobfinish_ok", kefu::DeliveryReported()).delivered);
  CHECK(!payload("event_templatesendjobfinish_block", kefu::DeliveryReported()).delivered);
  CHECK(payload("json_subscribe_sent_single_object", kefu::DeliveryReported()).message_id == "1864323726461255680");
  CHECK(!payload("event_templatesendjobfinish_freq_limit", kefu::DeliveryReported()).delivered);
  CHECK(payload("unknown_type", kefu::PlatformEvent()).name == "hologram");
  CHECK(payload("event_view", kefu::PlatformEvent()).name == "VIEW");
  // T19: nobody can be answered where an account of the platform speaks.
  CHECK(events.at("json_wxa_media_check").customer.id.empty());
  CHECK(events.at("json_text").customer.id == "oABC1234567890abcdefghijklmn");
  // ENC-5: every digit of an id.
  CHECK(events.at("json_text_big_msgid").message_id == "9223372036854775807");
  CHECK(events.at("event_templatesendjobfinish_ok").message_id.empty());
}

TEST_CASE("shops B3: what nobody knows is a message of the customer, or leaves the window to the platform") {
  const std::string from = "<FromUserName>oA</FromUserName>";
  const auto trigger = [&](const std::string& rest) { return received(text_event(from + rest)).trigger; };
  CHECK(trigger("<MsgType>hologram</MsgType><MsgId>1</MsgId>") == "message");
  CHECK(trigger("<MsgType>hologram</MsgType>") == "unclear");
  CHECK(trigger("<MsgType>event</MsgType><Event>brand_new</Event>") == "unclear");
  CHECK(trigger("<MsgType>event</MsgType><Event>LOCATION</Event><Latitude>1</Latitude>") == "unclear");
  CHECK(trigger("<MsgType>event</MsgType><Event>user_enter_session_from_card</Event>") == "unclear");
  CHECK(trigger("<MsgType>event</MsgType><Event>VIEW</Event>").empty());
  CHECK(received(text_event("<MsgType>event</MsgType><Event>brand_new</Event>")).trigger.empty());  // nobody's
}

TEST_CASE("shops B7: a sub-merchant's session is the thread that its answer goes to") {
  const auto event = received(R"({"FromUserName":"oA","MsgType":"text","Content":"x","MsgId":7,"BusinessId":42})");
  CHECK(event.thread == "42");
  CHECK(event.sender().thread == "42");
}

TEST_CASE("shops B3: lists of subscription events are found under any of the three wrappers") {
  const auto changed = body_of<kefu::wechat::SubscriptionChangedEvent>(
      text_event("<MsgType>event</MsgType><Event>subscribe_msg_change_event</Event><SubscribeMsgPopupEvent><List>"
                 "<TemplateId>T</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List></"
                 "SubscribeMsgPopupEvent>"));
  REQUIRE(changed.choices.size() == 1);
  CHECK(changed.choices[0].template_id == "T");
}

TEST_CASE("a subscription message counts as delivered by its code, or by its text where no code can be read") {
  const auto delivered = [](const std::string& item) {
    const auto event = received(R"({"MsgType":"event","Event":"subscribe_msg_sent_event","FromUserName":"oA",)"
                                R"("List":{"TemplateId":"T","MsgID":"7")" +
                                item + "}}");
    return std::get<kefu::DeliveryReported>(event.payload).delivered;
  };
  CHECK(delivered(R"(,"ErrorCode":"0","ErrorStatus":"success")"));
  CHECK(delivered(R"(,"ErrorCode":0)"));
  CHECK(delivered(R"(,"ErrorStatus":"success")"));
  CHECK(delivered(R"(,"ErrorCode":"","ErrorStatus":"success")"));
  CHECK(!delivered(R"(,"ErrorCode":"101","ErrorStatus":"failed")"));
  CHECK(!delivered(R"(,"ErrorCode":"","ErrorStatus":"failed")"));
  CHECK(!delivered(R"(,"ErrorStatus":"failed")"));
  CHECK(!delivered(R"(,"ErrorCode":"x")"));
  CHECK(!delivered(""));
}

TEST_CASE("what was not sent reads as no success: articles, content checks") {
  const auto published = body_of<kefu::wechat::PublishFinishedEvent>(
      R"({"MsgType":"event","Event":"PUBLISHJOBFINISH","PublishEventInfo":{"publish_id":"1"}})");
  CHECK(!published.status);
  const auto passed = [](const std::string& rest) {
    return body_of<kefu::wechat::MediaCheckEvent>(R"({"MsgType":"event","Event":"wxa_media_check","trace_id":"t")" +
                                                  rest + "}")
        .passed();
  };
  CHECK(passed(R"(,"version":2,"detail":[],"errcode":0,"result":{"suggest":"pass","label":100})"));
  CHECK(!passed(R"(,"version":2,"detail":[],"errcode":0,"result":{"suggest":"risky","label":20002})"));
  CHECK(!passed(R"(,"version":2,"detail":[],"errcode":43104,"errmsg":"this appid does not have permission")"));
  CHECK(!passed(R"(,"version":2,"detail":[],"errcode":-1008,"result":{"suggest":"pass","label":100})"));
  CHECK(passed(R"(,"isrisky":0,"status_code":0)"));
  CHECK(!passed(R"(,"isrisky":1,"status_code":0)"));
  CHECK(!passed(R"(,"isrisky":0,"status_code":4294966288)"));
  CHECK(!passed(""));
}

TEST_CASE("T19: news of a person's data concern whom they name, under any of its names, or nobody") {
  const auto told = [](const std::string& rest) {
    return received(R"({"FromUserName":"gh_platform","MsgType":"event","Event":"user_info_modified")" + rest + "}");
  };
  for (const char* name : {"OpenID", "openid", " OpenID"}) {
    CAPTURE(name);
    const auto event = told(std::string(",\"") + name + R"(":"oX","UnionID":"U","PluginID":"P","OpenPID":"Q")");
    CHECK(event.customer.id == "oX");
    const auto body = std::get<kefu::wechat::UserAuthorizationEvent>(kefu::wechat::read_push(event)->body);
    CHECK((body.openid == "oX" && body.union_id == "U" && body.plugin_id == "P" && body.open_pid == "Q"));
  }
  CHECK(told("").customer.id.empty());
  CHECK(told(R"(,"OpenPID":"Q")").customer.id.empty());
}

TEST_CASE("T8: events are recognised whatever their case; names of new ones survive") {
  CHECK(body_of<kefu::wechat::ClickEvent>(
            text_event("<MsgType>EVENT</MsgType><Event>click</Event><EventKey>k</EventKey>"))
            .key == "k");
  CHECK(body_of<kefu::wechat::SubscribeEvent>(text_event("<MsgType>event</MsgType><Event>Subscribe</Event>"))
            .event_key.empty());
  const auto event = received(text_event("<MsgType>event</MsgType><Event>brand_new</Event>"));
  CHECK(std::get<kefu::PlatformEvent>(event.payload).name == "brand_new");
  CHECK(event.trigger.empty());
  // Pushes to a third-party platform have an InfoType.
  const auto ticket = received("<xml><AppId>wx1</AppId><InfoType>component_verify_ticket</InfoType></xml>");
  CHECK(std::get<kefu::PlatformEvent>(ticket.payload).name == "component_verify_ticket");
}

TEST_CASE("events whose fields lie deeper, as XML and as JSON") {
  const auto pictures = body_of<kefu::wechat::PicturesChosenEvent>(text_event(
      "<MsgType>event</MsgType><Event>pic_weixin</Event><EventKey>6</EventKey><SendPicsInfo><Count>2</Count><PicList>"
      "<item><PicMd5Sum>a</PicMd5Sum></item><item><PicMd5Sum>b</PicMd5Sum></item></PicList></SendPicsInfo>"));
  CHECK(pictures.count == 2);
  REQUIRE(pictures.pictures.size() == 2);
  CHECK(pictures.pictures[1].md5 == "b");
  const auto json_pictures = body_of<kefu::wechat::PicturesChosenEvent>(
      R"({"MsgType":"event","Event":"pic_sysphoto","SendPicsInfo":{"Count":"1","PicList":[{"PicMd5Sum":"c"}]}})");
  REQUIRE(json_pictures.pictures.size() == 1);
  CHECK(json_pictures.pictures[0].md5 == "c");
  const auto place = body_of<kefu::wechat::LocationChosenEvent>(text_event(
      "<MsgType>event</MsgType><Event>location_select</Event><SendLocationInfo><Location_X>23</Location_X>"
      "<Location_Y>113.5</Location_Y><Scale>15</Scale><Label>广州</Label><Poiname>塔</Poiname></SendLocationInfo>"));
  CHECK(place.longitude == doctest::Approx(113.5));
  CHECK(place.place_name == "塔");
  const auto mass = body_of<kefu::wechat::MassSentEvent>(text_event(
      "<MsgType>event</MsgType><Event>MASSSENDJOBFINISH</Event><MsgID>1</MsgID><Status>send success</Status>"
      "<ArticleUrlResult><ResultList><item><ArticleIdx>1</ArticleIdx><ArticleUrl>u</ArticleUrl></item></ResultList>"
      "</ArticleUrlResult>"));
  REQUIRE(mass.articles.size() == 1);
  CHECK(mass.articles[0].url == "u");
  const auto revoked = received(
      text_event("<FromUserName>system</FromUserName><MsgType>event</MsgType><Event>user_authorization_revoke</Event>"
                 "<OpenID>oX</OpenID><RevokeInfo>1</RevokeInfo>"));
  CHECK(revoked.customer.id == "oX");
  CHECK(std::get<kefu::wechat::UserAuthorizationEvent>(kefu::wechat::read_push(revoked)->body).revoke_info == "1");
  const auto card = body_of<kefu::wechat::CardSessionEnteredEvent>(
      text_event("<MsgType>event</MsgType><Event>user_enter_session_from_card</Event><CardId>c</CardId>"));
  CHECK(card.card_id == "c");
  body_of<kefu::wechat::PunishEvent>(text_event("<MsgType>event</MsgType><Event>wxa_punish_event</Event>"));
  body_of<kefu::wechat::ServiceMessageSentEvent>(
      text_event("<MsgType>event</MsgType><Event>notify_service_msg_send_result</Event>"));
  // T7: MsgId for MsgID.
  const auto sent = body_of<kefu::wechat::TemplateSentEvent>(
      R"({"MsgType":"event","Event":"TEMPLATESENDJOBFINISH","MsgId":200163836,"Status":"success"})");
  CHECK(sent.message_id == "200163836");
}

TEST_CASE("DED-2: the event id is the same for repeats and for nothing else") {
  const auto id = [](std::string_view message) { return received(message).event_id; };
  const auto click = [&](std::string from, std::string time, std::string key) {
    return id(text_event("<FromUserName>" + from + "</FromUserName><CreateTime>" + time +
                         "</CreateTime><MsgType>event</MsgType><Event>CLICK</Event><EventKey>" + key + "</EventKey>"));
  };
  CHECK(click("oA", "1", "k") == click("oA", "1", "k"));
  const std::set<std::string> different = {click("oA", "1", "k"), click("oB", "1", "k"), click("oA", "2", "k"),
                                           click("oA", "1", "l")};
  CHECK(different.size() == 4);
  const auto message = [&](std::string from, std::string msg_id) {
    return id(text_event("<FromUserName><![CDATA[" + from + "]]></FromUserName><MsgType>text</MsgType><MsgId>" +
                         msg_id + "</MsgId>"));
  };
  CHECK(message("oA", "1") != message("oB", "1"));
  CHECK(message("oA", "1") != message("oA", "2"));
  CHECK(message("o/m1", "1") != message("o", "1/m1"));
  for (const std::string& odd : {message("客户 1", "1"), message(std::string(500, 'x'), std::string(500, '1')),
                                 click("客户", "1", "k"), click(std::string(500, 'x'), "1", "k"), id("<xml></xml>")}) {
    CAPTURE(odd);
    CHECK(!odd.empty());
    CHECK(odd.size() <= 128);
    CHECK(std::all_of(odd.begin(), odd.end(), [](char c) { return c > ' ' && c < '\x7f'; }));
  }
}

TEST_CASE("T19: odd senders and times are no trouble") {
  const auto nobody = received("<xml><MsgType>event</MsgType><Event>CLICK</Event></xml>");
  CHECK(nobody.customer.id.empty());
  CHECK(nobody.platform_time == nobody.received_time);
  for (const char* time : {"-1", "99999999999999999999", "253402300799", "x", "1e99"}) {
    const auto event = received("<xml><CreateTime>" + std::string(time) + "</CreateTime><MsgType>text</MsgType></xml>");
    CHECK(event.platform_time == event.received_time);
  }
}

TEST_CASE("read_push names what is wrong with an event") {
  kefu::InboundEvent event;
  event.platform = "jd";
  CHECK(kefu::wechat::read_push(event).error().kind() == kefu::ErrorKind::bad_argument);
  event.platform = "wechat";
  event.raw = "<xml><a>";
  CHECK(kefu::wechat::read_push(event).error().message() == "raw (8 bytes) is malformed");
}
