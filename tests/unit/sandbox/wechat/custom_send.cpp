#include "sandbox/http/json_text.hpp"
#include "unit/sandbox/wechat/case.hpp"

#include <map>

using kefu::sandbox::WechatKind;
using kefu_test::WechatCase;

namespace {

const std::map<std::string_view, WechatKind> kKinds = {
    {"sub", WechatKind::subscription}, {"svc", WechatKind::service}, {"mini", WechatKind::mini_program}};
constexpr std::string_view kSend = "/cgi-bin/message/custom/send";
constexpr std::string_view kOpenid = "oABC1234567890abcdefghijklmn";

/// A case whose customer just wrote and whose media are known; a mini program's has the first sub-merchant.
void prepare(WechatCase& test) {
  test.does(kOpenid, "text", R"({"content":"hello"})");
  for (const char* id : {"MEDIA_ID", "THUMB_MEDIA_ID"})
    test.control("POST", "/media", fmt::format(R"({{"media_id":"{}"}})", id));
  if (test.account.kind == WechatKind::mini_program)
    REQUIRE(test.post("/cgi-bin/business/register",
                      R"({"account_name":"apple_shop","nickname":"apple","icon_media_id":"MEDIA_ID"})")
                .code == 0);
}

/// "expect 45002" in a vector's note; 0 if there is none.
std::int64_t expected_code(const kefu::detail::Value& request) {
  const std::string note(request["note"].text());
  const std::size_t at = note.find("expect ");
  if (request["name"].text() == "send_mpnews") return 45103;
  if (at != std::string::npos) return std::atoll(note.c_str() + at + 7);
  if (request["name"].text() == "send_text_2049_bytes") return 45002;
  return request["name"].text() == "send_news_two_articles" ? 45008 : 0;
}

}  // namespace

TEST_CASE("TST-2: every custom/send request of the vectors, for every kind of account it is for") {
  const auto vectors = kefu_test::load_vectors("wechat-messages.json");
  int sent = 0;
  for (const auto& request : vectors.root()["requests"].items()) {
    if (request["path"].text() != kSend) continue;
    for (const auto& [name, kind] : kKinds) {
      bool meant = false;
      for (const auto& one : request["account_kinds"].items()) meant = meant || one.text() == name;
      kefu::sandbox::WechatApp app = kefu_test::app_of_kind(kind);
      if (kind == WechatKind::mini_program && request["body"]["miniprogrampage"]["appid"].present())
        app.appid = request["body"]["miniprogrampage"]["appid"].text();
      WechatCase test(app);
      prepare(test);
      const auto answer = test.post(kSend, kefu::sandbox::json_of(request["body"]));
      const std::string label = fmt::format("{} on {}: {}", request["name"].text(), name, answer.text);
      INFO(label);
      if (!meant) continue;
      ++sent;
      CHECK(answer.code == expected_code(request));
      const auto inbox = test.sandbox.messages(test.account.appid, kOpenid);
      REQUIRE(inbox.size() == (answer.code == 0 ? 1 : 0));
      if (answer.code != 0) continue;
      CHECK(inbox[0].channel == "api");
      CHECK(inbox[0].msgtype == request["body"]["msgtype"].text());
      CHECK(inbox[0].text == request["body"]["text"]["content"].text());
      const auto shown = test.control("GET", fmt::format("/customers/{}/messages", kOpenid));
      const bool by_ai = request["body"]["aimsgcontext"]["is_ai_msg"].integer() == 1;
      CHECK(shown.root()["messages"].items().front()["by_ai"].boolean() == by_ai);
      const auto content = kefu::detail::Document::json(inbox[0].content);
      CHECK(kefu_test::same_json(content.root(), request["body"][inbox[0].msgtype]));
    }
  }
  CHECK(sent > 40);
}

TEST_CASE("the window sequences of the vectors") {
  const auto vectors = kefu_test::load_vectors("wechat-messages.json");
  int steps = 0;
  for (const auto& sequence : vectors.root()["window_sequences"].items()) {
    const std::string label(sequence["name"].text());
    INFO(label);
    WechatCase test(kefu_test::app_of_kind(kKinds.at(sequence["account_kind"].text())));
    test.control("POST", "/customers/oA");
    std::int64_t now = 0;
    for (const auto& step : sequence["steps"].items()) {
      const std::int64_t at = step["t"].integer().value_or(0);
      if (at > now) test.pass(at - now);
      now = at;
      const std::string_view event = step["event"].text();
      if (event == "user_text") test.does("oA", "text", R"({"content":"hi"})");
      if (event == "subscribe") test.does("oA", "follow");
      if (event == "unsubscribe") test.does("oA", "unfollow");
      if (event == "user_enter_tempsession") test.does("oA", "enter");
      if (!step["send"].present()) continue;
      ++steps;
      CHECK(test.send_text("oA", "answer").code == step["expect"].integer());
      if (const auto left = step["remain_after"].integer())
        CHECK(test.control("GET", "/customers/oA").root()["window"]["left"].integer() == left);
    }
  }
  CHECK(steps > 20);
}

TEST_CASE("windows: menu taps, scans and menu messages give three messages for a minute") {
  WechatCase test;
  const std::pair<const char*, const char*> acts[] = {
      {"menu", R"({"key":"K"})"}, {"scan", R"({"scene":"1"})"}, {"menu_item", R"({"id":"101","content":"good"})"}};
  for (const auto& [act, json] : acts) {
    const std::string openid = std::string("o") + act;
    test.does(openid, act, json);
    for (int i = 0; i < 3; ++i) CHECK(test.send_text(openid, "a").code == 0);
    CHECK(test.send_text(openid, "a").code == 45047);
    test.pass(61);
    CHECK(test.send_text(openid, "a").code == 45015);
  }
  test.does("oView", "view", R"({"url":"https://example.com/"})");
  CHECK(test.send_text("oView", "a").code == 45015);
}

TEST_CASE("who may be written to") {
  WechatCase test;
  CHECK(test.send_text("oNobody", "a").code == 40003);
  CHECK(test.send_text("", "a").code == 40003);
  test.does("oA", "text", R"({"content":"hi"})");
  test.does("oA", "unfollow");
  CHECK(test.send_text("oA", "a").code == 45015);
  const auto silent = test.sandbox.customer_writes(test.account.appid, "oA", "still here?");
  REQUIRE_FALSE(silent.has_value());
  CHECK(silent.error().kind() == kefu::ErrorKind::conflict);
  test.control("POST", "/switches", R"({"unfollowed_code":43004})");
  CHECK(test.send_text("oA", "a").code == 43004);
  test.does("oA", "follow");
  CHECK(test.send_text("oA", "a").code == 0);
  test.control("POST", "/customers/oA", R"({"refuse_code":48002})");
  CHECK(test.send_text("oA", "a").code == 48002);
}

TEST_CASE("types that the kind of account lacks, and accounts that lack the right") {
  WechatCase mini(kefu_test::app_of_kind(WechatKind::mini_program));
  prepare(mini);
  const std::string voice =
      fmt::format(R"({{"touser":"{}","msgtype":"voice","voice":{{"media_id":"MEDIA_ID"}}}})", kOpenid);
  CHECK(mini.post(kSend, voice).code == 40008);
  WechatCase official;
  prepare(official);
  const std::string link = fmt::format(
      R"({{"touser":"{}","msgtype":"link","link":{{"title":"a","description":"b","url":"c","thumb_url":"d"}}}})",
      kOpenid);
  CHECK(official.post(kSend, link).code == 40008);
  CHECK(official.post("/cgi-bin/message/custom/business/send", voice).code == 48001);
  const std::string gone =
      fmt::format(R"({{"touser":"{}","msgtype":"image","image":{{"media_id":"OTHER"}}}})", kOpenid);
  CHECK(official.post(kSend, gone).code == 40007);
  official.change_app(R"({"agents":["kf1@shop"]})");
  const std::string as_agent = fmt::format(
      R"({{"touser":"{}","msgtype":"text","text":{{"content":"a"}},"customservice":{{"kf_account":"kf2@shop"}}}})",
      kOpenid);
  CHECK(official.post(kSend, as_agent).code == 65401);
  official.change_app(R"({"test_account":true})");
  const std::string menu = fmt::format(
      R"({{"touser":"{}","msgtype":"msgmenu","msgmenu":{{"list":[{{"id":"1","content":"a"}}]}}}})", kOpenid);
  CHECK(official.post(kSend, menu).code == 40200);
  official.change_app(R"({"verified":false})");
  CHECK(official.send_text(kOpenid, "a").code == 48001);
  official.pass(4 * 86400);
  official.change_app(R"({"verified":true})");
  official.does(kOpenid, "text", R"({"content":"again"})");
  const std::string old =
      fmt::format(R"({{"touser":"{}","msgtype":"image","image":{{"media_id":"MEDIA_ID"}}}})", kOpenid);
  CHECK(official.post(kSend, old).code == 40007);
}

TEST_CASE("trap T1: needless escapes are refused when the switch is on") {
  WechatCase test;
  test.does("oA", "text", R"({"content":"hi"})");
  const char* escaped = R"({"touser":"oA","msgtype":"text","text":{"content":"\u4f60"}})";
  CHECK(test.post(kSend, escaped).code == 0);
  test.control("POST", "/switches", R"({"refuse_escaped_json":1})");
  CHECK(test.post(kSend, escaped).code == 40033);
  CHECK(test.post(kSend, R"({"touser":"oA","msgtype":"text","text":{"content":"a\u0001\\u4f60你"}})").code == 0);
}

TEST_CASE("typing: 30 s after a message, 15 s long, not twice") {
  WechatCase test;
  const auto typing = [&test](std::string_view openid, std::string_view command) {
    return test
        .post("/cgi-bin/message/custom/typing", fmt::format(R"({{"touser":"{}","command":"{}"}})", openid, command))
        .code;
  };
  CHECK(typing("oA", "Typing") == 40003);
  test.control("POST", "/customers/oA");
  CHECK(typing("oA", "Typing") == 45015);
  test.does("oA", "text", R"({"content":"hi"})");
  CHECK(typing("oA", "typing") == 45072);
  CHECK(typing("oA", "Typing") == 0);
  CHECK(test.control("GET", "/customers/oA").root()["typing"].boolean() == true);
  CHECK(typing("oA", "Typing") == 45081);
  CHECK(typing("oA", "CancelTyping") == 0);
  CHECK(typing("oA", "Typing") == 0);
  test.pass(15);
  CHECK(typing("oA", "Typing") == 0);
  CHECK(test.send_text("oA", "answer").code == 0);
  CHECK(typing("oA", "Typing") == 0);
  test.pass(31);
  CHECK(typing("oA", "Typing") == 45080);
  test.does("oB", "follow");
  CHECK(typing("oB", "Typing") == 45080);
  CHECK(test.control("GET", "/customers/oA").root()["window"]["left"].integer() == 4);
}

TEST_CASE("typing of mini programs takes both paths, of official accounts one") {
  const std::string body = R"({"touser":"oA","command":"Typing"})";
  WechatCase mini(kefu_test::app_of_kind(WechatKind::mini_program));
  mini.does("oA", "text", R"({"content":"hi"})");
  CHECK(mini.post("/cgi-bin/message/custom/business/typing", body).code == 40101);
  mini.control("POST", "/switches", R"({"business_path_without_id_code":0})");
  CHECK(mini.post("/cgi-bin/message/custom/business/typing", body).code == 0);
  mini.pass(16);
  CHECK(mini.post("/cgi-bin/message/custom/typing", body).code == 0);
  WechatCase official;
  official.does("oA", "text", R"({"content":"hi"})");
  CHECK(official.post("/cgi-bin/message/custom/business/typing", body).code == 40200);
}
