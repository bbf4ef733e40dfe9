#include "unit/sandbox/wechat/case.hpp"

using kefu_test::app_of_kind;
using kefu_test::WechatCase;

namespace {

constexpr char kCustomer[] = "oCustomer";

/// An account with the templates "once", "long" and "message", each with one value, and a customer.
struct NoticeCase : WechatCase {
  explicit NoticeCase(kefu::sandbox::WechatKind kind) : WechatCase(app_of_kind(kind)) {
    control("POST", std::string("/customers/") + kCustomer);
    for (const char* name : {"once", "long_term", "message"})
      control(
          "POST", "/templates",
          fmt::format(R"({{"template_id":"{0}","kind":"{0}","title":"通知","content":"{{{{thing1.DATA}}}}"}})", name));
  }
  Answer send(std::string_view path, std::string_view template_id, std::string_view value = "内容",
              std::string_view more = {}) {
    return post(path, fmt::format(R"({{"touser":"{}","template_id":"{}","data":{{"thing1":{{"value":"{}"}}}}{}}})",
                                  kCustomer, template_id, value, more));
  }
  Answer subscribe(std::string_view template_id, std::string_view value = "内容") {
    return send("/cgi-bin/message/subscribe/send", template_id, value);
  }
  Answer message(std::string_view more = {}) { return send("/cgi-bin/message/template/send", "message", "内容", more); }
  void act(const char* what, std::string_view json = {}) {
    control("POST", fmt::format("/customers/{}/{}", kCustomer, what), json);
  }
  std::size_t received() { return sandbox.messages(account.appid, kCustomer).size(); }
};

}  // namespace

TEST_CASE("WIN: each consent allows one subscription message; a long-term one holds until it is withdrawn") {
  NoticeCase test(kefu::sandbox::WechatKind::mini_program);
  CHECK(test.subscribe("once").code == 43101);
  REQUIRE(test.sandbox.customer_subscribes(test.account.appid, kCustomer, "once", 2).has_value());
  CHECK(test.subscribe("once").code == 0);
  test.pass(400 * 86400);
  CHECK(test.subscribe("once").code == 0);
  CHECK(test.subscribe("once").code == 43101);
  test.act("subscribe", R"({"template_id":"long_term"})");
  for (int i = 0; i < 5; ++i) CHECK(test.subscribe("long_term").code == 0);
  test.act("withdraw", R"({"template_id":"long_term"})");
  CHECK(test.subscribe("long_term").code == 43101);
  test.act("subscribe", R"({"template_id":"once"})");
  test.act("subscribe", R"({"template_id":"once","reject":true})");
  CHECK(test.subscribe("once").code == 43101);
  CHECK(test.subscribe("message").code == 40037);
  CHECK(test.subscribe("none").code == 40037);
  CHECK(test.received() == 7);
  CHECK(!test.sandbox.customer_subscribes(test.account.appid, kCustomer, "none").has_value());
}

TEST_CASE("the values of a template are checked by the kind that their key names") {
  NoticeCase test(kefu::sandbox::WechatKind::mini_program);
  test.act("subscribe", R"({"template_id":"long_term"})");
  CHECK(test.subscribe("long_term", "二十个字二十个字二十个字二十个字二十个字").code == 0);
  const auto long_one = test.subscribe("long_term", "二十一个字二十个字二十个字二十个字二十个字");
  CHECK(long_one.code == 47003);
  CHECK(long_one.text.find("argument invalid! data.thing1.value invalid") == 0);
  CHECK(test.subscribe("long_term", "").code == 47003);
  CHECK(test.subscribe("long_term", "a\\nb").code == 47003);
  const auto with = [&test](const char* key, const char* value) {
    return test
        .post("/cgi-bin/message/subscribe/send",
              fmt::format(R"({{"touser":"{}","template_id":"long_term","data":{{"thing1":{{"value":"x"}},)"
                          R"("{}":{{"value":"{}"}}}}}})",
                          kCustomer, key, value))
        .code;
  };
  CHECK(with("number1", "12.5") == 0);
  CHECK(with("number1", "12a") == 47003);
  CHECK(with("phrase2", "审核通过") == 0);
  CHECK(with("phrase2", "审核全部通过") == 47003);
  CHECK(with("character_string3", "A-1") == 0);
  CHECK(with("character_string3", "单号") == 47003);
  CHECK(with("name4", "一二三四五六七八九十") == 0);
  CHECK(with("name4", "一二三四五六七八九十一") == 47003);
  CHECK(with("date5", "today") == 47003);
  CHECK(test.post("/cgi-bin/message/subscribe/send",
                  fmt::format(R"({{"touser":"{}","template_id":"long_term","data":{{}}}})", kCustomer))
            .code == 47003);
  CHECK(test.post("/cgi-bin/message/subscribe/send", R"({"touser":"oNobody","template_id":"long_term"})").code ==
        40003);
}

TEST_CASE("the events of consents, in XML with their wrapper and in JSON without") {
  NoticeCase test(kefu::sandbox::WechatKind::mini_program);
  test.act("subscribe", R"({"template_id":"once"})");
  CHECK(test.last_push_body().find("<SubscribeMsgPopupEvent><List><TemplateId><![CDATA[once]]></TemplateId>"
                                   "<SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString>"
                                   "<PopupScene>0</PopupScene></List></SubscribeMsgPopupEvent>") != std::string::npos);
  test.change_app(R"({"push_format":"json"})");
  test.act("withdraw", R"({"template_id":"once"})");
  CHECK(test.last_push_body().find(R"("List":{"TemplateId":"once","SubscribeStatusString":"reject"})") !=
        std::string::npos);
  const auto time_kind = [&test] {
    return kefu::detail::Document::json(test.last_push_body()).root()["CreateTime"].kind();
  };
  CHECK(time_kind() == kefu::detail::Value::Kind::number);
  test.turn("subscribe_event_numbers_as_text", 1);
  test.act("withdraw", R"({"template_id":"once"})");
  CHECK(time_kind() == kefu::detail::Value::Kind::string);
  test.control("POST", std::string("/customers/") + kCustomer, R"({"notification_failure":"system failed"})");
  test.act("subscribe", R"({"template_id":"once"})");
  CHECK(test.subscribe("once").code == 0);
  CHECK(test.last_push_body().find(R"("ErrorStatus":"system failed")") != std::string::npos);
  CHECK(test.events() == std::vector<std::string>{"subscribe_msg_popup_event", "subscribe_msg_change_event",
                                                  "subscribe_msg_change_event", "subscribe_msg_popup_event",
                                                  "subscribe_msg_sent_event"});
  CHECK(test.received() == 0);
}

TEST_CASE("template messages go to followers, tell their result by an event, and are not repeated for one client id") {
  NoticeCase test(kefu::sandbox::WechatKind::service);
  const auto sent = test.message(R"(,"client_msg_id":"1")");
  CHECK(sent.code == 0);
  CHECK(sent["msgid"].text() == "3717005636572528642");
  CHECK(test.last_push_body().find("<MsgID>3717005636572528642</MsgID><Status><![CDATA[success]]></Status>") !=
        std::string::npos);
  CHECK(test.message(R"(,"client_msg_id":"1")")["msgid"].text() == "0");
  CHECK(test.received() == 1);
  test.pass(600);
  CHECK(test.message(R"(,"client_msg_id":"1")")["msgid"].text() != "0");
  CHECK(test.received() == 2);
  test.act("block");
  CHECK(test.message().code == 0);
  CHECK(test.last_push_body().find("failed:user block") != std::string::npos);
  CHECK(test.received() == 2);
  test.act("unblock");
  test.turn("templates_per_customer_day", 2);
  CHECK(test.message().code == 43117);
  test.turn("templates_per_customer_day", 0);
  test.does(kCustomer, "unfollow");
  CHECK(test.message().code == 43004);
  test.does(kCustomer, "follow");
  test.change_app(R"({"linked_appids":["wxlinked"]})");
  CHECK(test.message(R"(,"miniprogram":{"appid":"wxother"})").code == 40166);
  CHECK(test.message(R"(,"miniprogram":{"appid":"wxlinked","pagepath":"index"})").code == 0);
  const auto shown = test.sandbox.messages(test.account.appid, kCustomer);
  CHECK(shown.back().content.find(R"("miniprogram":{"appid":"wxlinked","pagepath":"index"})") != std::string::npos);
  CHECK(test.message(R"(,"miniprogram":{"appid":"","pagepath":""})").code == 0);  // shops B8: empty members mean none
}

TEST_CASE("one-time messages need the older consent; bizsend is for service accounts") {
  NoticeCase test(kefu::sandbox::WechatKind::service);
  const auto once = [&test](int scene, const char* title) {
    return test
        .post("/cgi-bin/message/template/subscribe",
              fmt::format(R"({{"touser":"{}","template_id":"once","scene":{},"title":"{}",)"
                          R"("data":{{"content":{{"value":"x"}}}}}})",
                          kCustomer, scene, title))
        .code;
  };
  CHECK(once(1, "通知") == 43101);
  test.act("subscribe", R"({"template_id":"once"})");
  CHECK(once(10'001, "通知") == 40129);
  CHECK(once(1, "一二三四五六七八九十一二三四五六") == 45003);
  CHECK(once(1, "通知") == 0);
  CHECK(once(1, "通知") == 43101);
  test.act("subscribe", R"({"template_id":"once"})");
  CHECK(test.send("/cgi-bin/message/subscribe/bizsend", "once").code == 0);
  CHECK(test.send("/cgi-bin/message/subscribe/send", "once").code == 48001);
  NoticeCase mini(kefu::sandbox::WechatKind::mini_program);
  CHECK(mini.send("/cgi-bin/message/subscribe/bizsend", "once").code == 48001);
  mini.turn("bizsend_for_other_kind_code", 45103);
  CHECK(mini.send("/cgi-bin/message/subscribe/bizsend", "once").code == 45103);
  CHECK(mini.message().code == 48001);
}

TEST_CASE("templates are chosen from the library, 25 of an account, and industries change once a month") {
  WechatCase test(app_of_kind(kefu::sandbox::WechatKind::service));
  const auto add = [&test](const char* tid, const char* kids) {
    return test.post("/wxaapi/newtmpl/addtemplate",
                     fmt::format(R"({{"tid":"{}","kidList":{},"sceneDesc":"x"}})", tid, kids));
  };
  CHECK(add("7", "[1,2]").code == 200014);
  CHECK(add("99", "[1,9]").code == 200020);
  CHECK(add("99", "[]").code == 200020);
  CHECK(add("10000001", "[1,2]").code == 200020);
  CHECK(add("10000001", "[]").code == 0);
  kefu::HttpRequest form;  // a body under another type is read as an empty form
  form.method = "POST";
  form.path = "/wxaapi/newtmpl/addtemplate";
  form.query = {{"access_token", test.token()}};
  form.headers = {{"Content-Type", "application/json;encoding=utf-8"}};
  form.body = R"({"tid":"99","kidList":[1,2]})";
  CHECK(test.send(form).text.find("missing parameter tid") == 0);
  const std::string id(add("99", "[1,2]")["priTmplId"].text());
  const auto listed = test.get("/wxaapi/newtmpl/gettemplate");
  CHECK(listed["data"].items().back()["content"].text() == "物品名称:{{thing1.DATA}}\n付款金额:{{amount2.DATA}}\n");
  CHECK(test.post("/wxaapi/newtmpl/deltemplate", fmt::format(R"({{"priTmplId":"{}"}})", id)).code == 0);
  CHECK(test.post("/wxaapi/newtmpl/deltemplate", fmt::format(R"({{"priTmplId":"{}"}})", id)).code == 40037);
  CHECK(test.get("/wxaapi/newtmpl/getpubtemplatetitles", {{"ids", "2"}})["count"].text() == "1");
  CHECK(test.get("/wxaapi/newtmpl/getpubtemplatetitles", {{"ids", "2"}, {"limit", "31"}}).code == 200017);
  CHECK(test.get("/wxaapi/newtmpl/getpubtemplatetitles", {{"ids", "\"2\""}}).code == 200019);
  CHECK(test.get("/wxaapi/newtmpl/getpubtemplatekeywords", {{"tid", "7"}}).code == 200014);
  for (int i = 0; i < 24; ++i)
    CHECK(test.post("/cgi-bin/template/api_add_template", R"({"template_id_short":"TM1"})").code == 0);
  CHECK(test.post("/cgi-bin/template/api_add_template", R"({"template_id_short":"TM1"})").code == 45026);
  CHECK(test.get("/cgi-bin/template/get_all_private_template")["template_list"].size() == 24);
  const char* industries = R"({"industry_id1":"1","industry_id2":"4"})";
  CHECK(test.post("/cgi-bin/template/api_set_industry", R"({"industry_id1":"1","industry_id2":"99"})").code == 40102);
  CHECK(test.post("/cgi-bin/template/api_set_industry", industries).code == 0);
  CHECK(test.post("/cgi-bin/template/api_set_industry", industries).code == 43100);
  test.pass(31 * 86400);
  CHECK(test.post("/cgi-bin/template/api_set_industry", industries).code == 0);
}
