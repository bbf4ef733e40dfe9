#include "unit/sandbox/wechat/case.hpp"

using kefu_test::WechatCase;

TEST_CASE("every refusal carries a rid that openapi/rid/get explains") {
  WechatCase test;
  const auto refused = test.send_text("oNobody", "secret-free text");
  CHECK(refused.code == 40003);
  REQUIRE(refused.text.find("invalid openid rid: ") == 0);
  const std::string rid = refused.text.substr(20);
  CHECK(rid.size() == 26);
  const auto ask = [&test](const std::string& id) {
    return test.post("/cgi-bin/openapi/rid/get", fmt::format(R"({{"rid":"{}"}})", id));
  };
  const auto found = ask(rid);
  CHECK(found.code == 0);
  CHECK(found["request"]["request_url"].text() == "/cgi-bin/message/custom/send?access_token=***");
  CHECK(found["request"]["request_body"].text().find("secret-free text") != std::string::npos);
  CHECK(found["request"]["response_body"].text().find(rid) != std::string::npos);
  CHECK(ask("00000000-00000000-00000000").code == 76001);
  CHECK(ask("nonsense").code == 76002);
  CHECK(test.call("GET", "/sns/auth", {{"access_token", "none"}, {"openid", "o"}}).code == 40001);
  test.pass(7 * 86400 + 1);
  CHECK(ask(rid).code == 76004);
  test.turn("old_rid_code", 76001);
  CHECK(ask(rid).code == 76001);
}

TEST_CASE("quotas count per path and day, are told, and can be cleared ten times a month") {
  WechatCase test;
  test.change_app(R"({"daily_limits":{"/cgi-bin/getcallbackip":3}})");
  const auto quota = [&test](std::string_view path) {
    return test.post("/cgi-bin/openapi/quota/get", fmt::format(R"({{"cgi_path":"{}"}})", path));
  };
  for (int i = 0; i < 3; ++i) CHECK(test.get("/cgi-bin/getcallbackip").code == 0);
  CHECK(test.get("/cgi-bin/getcallbackip").code == 45009);
  auto told = quota("/cgi-bin/getcallbackip");
  CHECK(told["quota"]["daily_limit"].integer() == 3);
  CHECK(told["quota"]["used"].integer() == 3);
  CHECK(told["quota"]["remain"].integer() == 0);
  CHECK(quota("/cgi-bin/message/custom/send")["quota"]["daily_limit"].integer() == 500'000);
  CHECK(quota("/cgi-bin/nowhere").code == 76021);
  CHECK(quota("/sns/jscode2session").code == 76022);
  CHECK(quota("cgi-bin/token").code == 76003);
  const std::string own = fmt::format(R"({{"appid":"{}"}})", test.account.appid);
  for (int i = 0; i < 9; ++i) CHECK(test.post("/cgi-bin/clear_quota", own).code == 0);
  CHECK(test.get("/cgi-bin/getcallbackip").code == 0);
  CHECK(test.call("POST", "/cgi-bin/clear_quota/v2", {},
                  fmt::format(R"({{"appid":"{}","appsecret":"{}"}})", test.account.appid, test.account.secret))
            .code == 0);
  CHECK(test.post("/cgi-bin/clear_quota", own).code == 48006);
  CHECK(test.post("/cgi-bin/clear_quota", R"({"appid":"wxother"})").code == 40013);
  test.pass(86400);
  CHECK(quota("/cgi-bin/getcallbackip")["quota"]["used"].integer() == 0);
}

TEST_CASE("the small calls") {
  WechatCase test;
  CHECK(test.get("/cgi-bin/getcallbackip")["ip_list"].items().front().text() == "127.0.0.1");
  CHECK(test.get("/cgi-bin/get_api_domain_ip")["ip_list"].items().size() == 1);
  const char* all = R"({"action":"all","check_operator":"DEFAULT"})";
  CHECK(test.post("/cgi-bin/callback/check", all).code == 40201);
  test.change_app(R"({"callback_url":"http://127.0.0.1:9/push"})");
  CHECK(test.post("/cgi-bin/callback/check", all)["ping"].items().size() == 1);
  CHECK(test.post("/cgi-bin/callback/check", R"({"action":"x","check_operator":"DEFAULT"})").code == 40202);
  CHECK(test.post("/cgi-bin/callback/check", R"({"action":"dns","check_operator":"x"})").code == 40203);
  CHECK(test.get("/cgi-bin/message/custom/send").code == 43002);
  CHECK(test.post("/cgi-bin/message/custom/send", "").code == 44002);
  CHECK(test.post("/cgi-bin/message/custom/send", "{\"touser\":").code == 47001);
  CHECK(test.get("/cgi-bin/nowhere").code == 40066);
}

TEST_CASE("calls are counted by path and code") {
  WechatCase test;
  const std::string token = test.token();
  test.with_token(token);
  test.with_token("short");
  const auto calls = test.control("GET", "/calls");
  const auto counted = calls.root()["calls"]["/cgi-bin/getcallbackip"];
  CHECK(counted["calls"].integer() == 2);
  CHECK(counted["codes"]["0"].integer() == 1);
  CHECK(counted["codes"]["40014"].integer() == 1);
  CHECK(test.sandbox.calls("/cgi-bin/stable_token") == 1);
  CHECK(test.sandbox.calls() == 3);
  CHECK(test.control("DELETE", "/calls").root()["total"].integer() == 0);
}
