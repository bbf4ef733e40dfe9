#include "unit/sandbox/wechat/case.hpp"

using kefu_test::app_of_kind;
using kefu_test::WechatCase;

namespace {

std::string list_of(std::string_view prefix, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += fmt::format("{}\"{}{}\"", i == 0 ? "" : ",", prefix, i);
  return out;
}

struct MiniCase : WechatCase {
  MiniCase() : WechatCase(app_of_kind(kefu::sandbox::WechatKind::mini_program)) { control("POST", "/customers/oC"); }
  std::string code(const char* way, const char* scope = "") {
    auto given = sandbox.customer_logs_in(account.appid, "oC", way, scope);
    REQUIRE(given.has_value());
    return *given;
  }
};

}  // namespace

TEST_CASE("what is known of a customer: followers in full, others by their openid alone") {
  WechatCase test;
  test.does("oA", "follow");
  test.control("POST", "/customers/oB", R"({"union_id":"oUnion"})");
  const auto info = [&test](const char* openid) { return test.get("/cgi-bin/user/info", {{"openid", openid}}); };
  CHECK(info("oB")["unionid"].text() == "oUnion");
  CHECK(info("oB")["subscribe_scene"].text() == "ADD_SCENE_SEARCH");
  test.turn("answer_union_id", 0);
  CHECK(!info("oB")["unionid"].present());
  test.does("oA", "unfollow");
  CHECK(info("oA")["subscribe"].text() == "0");
  CHECK(!info("oA")["subscribe_time"].present());
  CHECK(info("oNobody").code == 40003);
  CHECK(test.post("/cgi-bin/user/info/updateremark", R"({"openid":"oB","remark":"老客户"})").code == 0);
  CHECK(info("oB")["remark"].text() == "老客户");
  const auto both = test.post("/cgi-bin/user/info/batchget", R"({"user_list":[{"openid":"oA"},{"openid":"oB"}]})");
  CHECK(both["user_info_list"].items().size() == 2);
  CHECK(test.post("/cgi-bin/user/info/batchget", R"({"user_list":[]})").code == 40032);
  kefu::sandbox::WechatApp other;
  other.appid = "wxother";
  REQUIRE(test.sandbox.add(other).has_value());
  test.control("POST", "/customers/oTheirs?appid=wxother");
  CHECK(info("oTheirs").code == 49003);
}

TEST_CASE("followers come in the order of their first contact, 10000 a page") {
  WechatCase test;
  CHECK(test.get("/cgi-bin/user/get")["total"].text() == "0");
  for (int i = 0; i < 10'003; ++i) {
    const auto made = test.sandbox.control("POST", fmt::format("/customers/o{}", i));
    REQUIRE(made.status == 200);
  }
  const auto first = test.get("/cgi-bin/user/get");
  CHECK(first["total"].text() == "10003");
  CHECK(first["count"].text() == "10000");
  CHECK(first["next_openid"].text() == "o9999");
  const auto second = test.get("/cgi-bin/user/get", {{"next_openid", "o9999"}});
  CHECK(second["data"]["openid"].items().front().text() == "o10000");
  CHECK(second["count"].text() == "3");
  const auto third = test.get("/cgi-bin/user/get", {{"next_openid", "o10002"}});
  CHECK(third["count"].text() == "0");
  CHECK(third["next_openid"].text().empty());
  CHECK(test.get("/cgi-bin/user/get", {{"next_openid", "oNobody"}}).code == 40003);
}

TEST_CASE("tags have names, bounds and members; those of the system stay") {
  WechatCase test;
  for (int i = 0; i < 51; ++i) test.control("POST", fmt::format("/customers/o{}", i));
  const auto create = [&test](const std::string& name) {
    return test.post("/cgi-bin/tags/create", fmt::format(R"({{"tag":{{"name":"{}"}}}})", name));
  };
  const auto made = create("VIP");
  const std::string id(made["tag"]["id"].text());
  CHECK(create("VIP").code == 45157);
  CHECK(create("").code == 45157);
  CHECK(create(std::string(31, 'x')).code == 45158);
  const auto change = [&](const char* path, const std::string& list, const std::string& tag) {
    return test.post(std::string("/cgi-bin/tags/members/") + path,
                     fmt::format(R"({{"openid_list":[{}],"tagid":{}}})", list, tag));
  };
  CHECK(change("batchtagging", list_of("o", 50), id).code == 0);
  CHECK(change("batchtagging", list_of("o", 51), id).code == 40032);
  CHECK(change("batchtagging", "", id).code == 40032);
  CHECK(change("batchtagging", "\"oNobody\"", id).code == 40003);
  CHECK(change("batchtagging", "\"o0\"", "99").code == 45159);
  CHECK(test.post("/cgi-bin/tags/getidlist", R"({"openid":"o7"})")["tagid_list"].items().size() == 1);
  CHECK(test.post("/cgi-bin/user/tag/get", fmt::format(R"({{"tagid":{},"next_openid":"o48"}})", id))["count"].text() ==
        "1");
  CHECK(test.get("/cgi-bin/tags/get")["tags"].items().back()["count"].text() == "50");
  CHECK(change("batchuntagging", "\"o7\"", id).code == 0);
  CHECK(test.post("/cgi-bin/tags/getidlist", R"({"openid":"o7"})")["tagid_list"].items().empty());
  for (int i = 0; i < 20; ++i)
    CHECK(change("batchtagging", "\"o7\"", std::string(create(fmt::format("t{}", i))["tag"]["id"].text())).code == 0);
  CHECK(change("batchtagging", "\"o7\"", id).code == 45059);
  CHECK(test.post("/cgi-bin/tags/update", R"({"tag":{"id":2,"name":"x"}})").code == 45058);
  CHECK(test.post("/cgi-bin/tags/delete", R"({"tag":{"id":99}})").code == 45159);
  CHECK(test.post("/cgi-bin/tags/delete", fmt::format(R"({{"tag":{{"id":{}}}}})", id)).code == 0);
  CHECK(test.post("/cgi-bin/tags/getidlist", R"({"openid":"o8"})")["tagid_list"].items().empty());
  for (int i = 0; i < 80; ++i) CHECK(create(fmt::format("u{}", i)).code == 0);
  CHECK(create("one more").code == 45056);
}

TEST_CASE("a customer on the blacklist gets nothing") {
  WechatCase test;
  test.does("oA", "text", R"({"content":"x"})");
  const auto change = [&test](const char* path, const std::string& list) {
    return test.post(std::string("/cgi-bin/tags/members/") + path, "{\"openid_list\":[" + list + "]}").code;
  };
  CHECK(change("batchblacklist", "\"oA\"") == 0);
  CHECK(change("batchblacklist", list_of("o", 21)) == 40032);
  CHECK(test.post("/cgi-bin/tags/members/getblacklist", R"({"begin_openid":""})")["total"].text() == "1");
  CHECK(test.send_text("oA", "x").code == 43019);
  CHECK(change("batchunblacklist", "\"oA\"") == 0);
  CHECK(test.send_text("oA", "x").code == 0);
}

TEST_CASE("codes of a login are good once and for five minutes") {
  MiniCase test;
  const auto redeem = [&test](const std::string& code, const std::string& secret) {
    return test.call(
        "GET", "/sns/jscode2session",
        {{"appid", test.account.appid}, {"secret", secret}, {"js_code", code}, {"grant_type", "authorization_code"}});
  };
  const std::string code = test.code("mini");
  CHECK(redeem(code, "wrong").code == 40125);
  const auto session = redeem(code, test.account.secret);
  CHECK(session["openid"].text() == "oC");
  CHECK(session["session_key"].text().size() == 24);
  CHECK(session.reply.header("content-type") == "text/plain");
  CHECK(redeem(code, test.account.secret).code == 40163);
  CHECK(redeem("none", test.account.secret).code == 40029);
  CHECK(redeem(test.code("phone"), test.account.secret).code == 40029);
  const std::string late = test.code("mini");
  test.pass(300);
  CHECK(redeem(late, test.account.secret).code == 40029);
  const auto phone = [&test](const std::string& of) {
    return test.post("/wxa/business/getuserphonenumber", fmt::format(R"({{"code":"{}"}})", of));
  };
  const auto given = phone(test.code("phone"));
  CHECK(given["phone_info"]["purePhoneNumber"].text() == "13800000000");
  CHECK(given["phone_info"]["watermark"]["appid"].text() == test.account.appid);
  test.control("POST", "/customers/oC", R"({"phone":"+852 51234567"})");
  const auto foreign = phone(test.code("phone"));
  CHECK(foreign["phone_info"]["countryCode"].text() == "852");
  CHECK(foreign["phone_info"]["phoneNumber"].text() == "+85251234567");
  CHECK(phone("none").code == 40029);
}

TEST_CASE("a web login: the page leads back with a code, the code gives tokens, the tokens end and are renewed") {
  WechatCase test;
  test.control("POST", "/customers/oC", R"({"nickname":"小明"})");
  const auto page = [&test] {
    kefu::HttpRequest request;
    request.method = "GET";
    request.base = "https://open.weixin.qq.com";
    request.path = "/connect/oauth2/authorize";
    request.query = {{"appid", test.account.appid},
                     {"redirect_uri", "https://shop.example/login?x=1"},
                     {"response_type", "code"},
                     {"scope", "snsapi_userinfo"},
                     {"state", "s 1"}};
    return test.send(std::move(request));
  };
  CHECK(page().reply.status == 200);  // nobody is there to be asked
  test.control("POST", "/customers/oC/visit");
  const auto back = page();
  CHECK(back.reply.status == 302);
  const std::string to(back.reply.header("location"));
  const std::string begin = "https://shop.example/login?x=1&code=";
  REQUIRE(to.find(begin) == 0);
  REQUIRE(to.find("&state=s%201") != std::string::npos);
  const std::string code = to.substr(begin.size(), to.find("&state") - begin.size());
  const auto redeem = [&](const char* grant) {
    return test.call(
        "GET", "/sns/oauth2/access_token",
        {{"appid", test.account.appid}, {"secret", test.account.secret}, {"code", code}, {"grant_type", grant}});
  };
  CHECK(redeem("client_credential").code == 40002);
  const auto login = redeem("authorization_code");
  CHECK(login["openid"].text() == "oC");
  CHECK(redeem("authorization_code").code == 40163);
  const std::string token(login["access_token"].text());
  const std::string refresh(login["refresh_token"].text());
  const auto profile = [&test](const std::string& of, const char* openid) {
    return test.call("GET", "/sns/userinfo", {{"access_token", of}, {"openid", openid}, {"lang", "zh_CN"}});
  };
  CHECK(profile(token, "oC")["nickname"].text() == "小明");
  CHECK(profile(token, "oD").code == 40003);
  CHECK(profile(test.token(), "oC").code == 40001);  // the account's token is another thing
  const auto renew = [&test](const std::string& of) {
    return test.call("GET", "/sns/oauth2/refresh_token",
                     {{"appid", test.account.appid}, {"grant_type", "refresh_token"}, {"refresh_token", of}});
  };
  CHECK(renew(refresh)["access_token"].text() == token);  // still alive: the same one for longer
  test.pass(7200);
  CHECK(profile(token, "oC").code == 42001);
  const std::string newer(renew(refresh)["access_token"].text());
  CHECK(newer != token);
  CHECK(test.call("GET", "/sns/auth", {{"access_token", newer}, {"openid", "oC"}}).code == 0);
  CHECK(renew("none").code == 40030);
  test.pass(30 * 86400);
  CHECK(renew(refresh).code == 42002);
  const auto base = test.sandbox.customer_logs_in(test.account.appid, "oC", "web");
  REQUIRE(base.has_value());
  const auto silent = test.call("GET", "/sns/oauth2/access_token",
                                {{"appid", test.account.appid},
                                 {"secret", test.account.secret},
                                 {"code", *base},
                                 {"grant_type", "authorization_code"}});
  CHECK(profile(std::string(silent["access_token"].text()), "oC").code == 48001);
}

TEST_CASE("content checks: a verdict at once for texts, by an event for media") {
  MiniCase test;
  const auto check = [&test](std::string_view content, std::string_view openid = "oC", int scene = 1) {
    return test.post("/wxa/msg_sec_check",
                     fmt::format(R"({{"version":2,"openid":"{}","scene":{},"content":"{}"}})", openid, scene, content));
  };
  CHECK(check("x")["result"]["suggest"].text() == "pass");
  CHECK(check("x", "oNobody").code == 40003);
  CHECK(check("x", "oC", 5).code == 40129);
  CHECK(check("").code == 44004);
  CHECK(check(std::string(2501, 'x')).code == 45002);
  test.control("POST", "/moderation", R"({"suggest":"risky","label":20006,"keyword":"坏","count":1})");
  const auto risky = check("坏");
  CHECK(risky["result"]["label"].text() == "20006");
  CHECK(risky["detail"].items().front()["keyword"].text() == "坏");
  CHECK(check("坏")["result"]["suggest"].text() == "pass");
  REQUIRE(test.sandbox.set_verdict(test.account.appid, "review", 21000).has_value());
  const auto media = [&test](int type, const char* url) {
    return test.post(
        "/wxa/media_check_async",
        fmt::format(R"({{"version":2,"openid":"oC","scene":1,"media_type":{},"media_url":"{}"}})", type, url));
  };
  CHECK(media(3, "https://example.com/a").code == 40004);
  CHECK(media(2, "file:///a").code == 40097);
  test.change_app(R"({"push_format":"json"})");
  const std::string trace(media(2, "https://example.com/a")["trace_id"].text());
  const auto event = kefu::detail::Document::json(test.last_push_body());
  CHECK(event.root()["Event"].text() == "wxa_media_check");
  CHECK(event.root()["trace_id"].text() == trace);
  CHECK(event.root()["result"]["suggest"].text() == "review");
  CHECK(event.root()["detail"].kind() == kefu::detail::Value::Kind::array);
  test.pass(7200);
  CHECK(check("x").code == 61010);
  test.does("oC", "text", R"({"content":"x"})");
  CHECK(check("x").code == 0);
  for (int i = 0; i < 4000; ++i) static_cast<void>(check("x"));
  CHECK(check("x").code == 44991);
}

TEST_CASE("sub-merchants and the binding of a corp are a mini program's") {
  MiniCase test;
  test.control("POST", "/media", R"({"media_id":"ICON","type":"image"})");
  const auto add = [&test](const char* name, const char* nick, const char* icon) {
    return test.post("/cgi-bin/business/register",
                     fmt::format(R"({{"account_name":"{}","nickname":"{}","icon_media_id":"{}"}})", name, nick, icon));
  };
  CHECK(add("apple_shop", "苹果", "ICON")["business_id"].text() == "1");
  CHECK(add("apple_shop", "苹果", "ICON").code == 45070);
  CHECK(add("apple", "苹果", "ICON").code == 45091);
  CHECK(add("apple_shop2", "苹", "ICON").code == 45078);
  CHECK(add("apple_shop2", "苹果", "NONE").code == 40007);
  const auto by_name = test.post("/cgi-bin/business/get", R"({"account_name":"apple_shop"})");
  CHECK(by_name["business_info"]["business_id"].text() == "1");
  CHECK(test.post("/cgi-bin/business/get", R"({"business_id":2})").code == 45071);
  CHECK(test.post("/cgi-bin/business/list", R"({"offset":0,"count":201})").code == 40097);
  const std::string messages = "/cgi-bin/message/custom/";
  const auto send = [&](const char* where, const char* business) {
    return test
        .post(messages + where,
              fmt::format(R"({{"touser":"oC","msgtype":"text","text":{{"content":"x"}}{}}})", business))
        .code;
  };
  const auto type = [&](const char* where, const char* business) {
    return test.post(messages + where, fmt::format(R"({{"touser":"oC","command":"CancelTyping"{}}})", business)).code;
  };
  test.does("oC", "text", R"({"content":"x"})");
  for (const char* where : {"send", "business/send"}) {
    CAPTURE(where);
    CHECK(send(where, R"(,"businessid":1)") == 0);
    CHECK(send(where, R"(,"businessid":"1")") == 0);
    CHECK(send(where, R"(,"businessid":"9")") == 45071);
  }
  for (const char* where : {"typing", "business/typing"}) {
    CAPTURE(where);
    CHECK(type(where, R"(,"businessid":"1")") == 0);
    CHECK(type(where, R"(,"businessid":"9")") == 45071);
  }
  CHECK(send("send", "") == 0);
  CHECK(send("business/send", "") == 40101);
  CHECK(type("business/typing", "") == 40101);
  test.does("oC", "text", R"({"content":"y"})");
  test.control("POST", "/switches", R"({"common_path_ignores_business_id":1})");
  CHECK(type("typing", R"(,"businessid":"9")") == 0);
  CHECK(type("business/typing", R"(,"businessid":"9")") == 45071);
  const auto corp = [&test](const char* path, const char* id) {
    return test.post(std::string("/customservice/work/") + path, fmt::format(R"({{"corpid":"{}"}})", id)).code;
  };
  CHECK(corp("unbind", "ww1") == 10130604);
  CHECK(corp("bind", "") == 10130002);
  CHECK(corp("bind", "??") == 10130600);
  CHECK(corp("bind", "ww1") == 0);
  CHECK(corp("bind", "ww1") == 10130603);
  CHECK(test.get("/customservice/work/get")["corpid"].text() == "ww1");
  CHECK(corp("unbind", "ww2") == 10130601);
  CHECK(corp("unbind", "ww1") == 0);
  CHECK(!test.get("/customservice/work/get")["corpid"].present());
}
