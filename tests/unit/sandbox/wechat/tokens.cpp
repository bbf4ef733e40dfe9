#include "unit/sandbox/wechat/case.hpp"

#include <set>

using kefu_test::WechatCase;

TEST_CASE("classic tokens: every call issues a new one, the previous works five minutes longer") {
  WechatCase test;
  const std::string first(test.classic()["access_token"].text());
  CHECK(first.size() >= 100);
  test.pass(10);
  const auto answer = test.classic();
  const std::string second(answer["access_token"].text());
  CHECK(second != first);
  CHECK(answer["expires_in"].integer() == 7200);
  CHECK_FALSE(answer["errcode"].present());
  CHECK(test.with_token(first).code == 0);
  test.pass(299);
  CHECK(test.with_token(first).code == 0);
  test.pass(1);
  CHECK(test.with_token(first).code == 40001);
  CHECK(test.with_token(second).code == 0);
  test.pass(7200);
  CHECK(test.with_token(second).code == 42001);
}

TEST_CASE("stable tokens: the same one comes back with what remains, a new one in the last five minutes") {
  WechatCase test;
  const std::string first(test.stable()["access_token"].text());
  test.pass(6855);
  const auto late = test.stable();
  CHECK(late["access_token"].text() == first);
  CHECK(late["expires_in"].integer() == 345);
  test.pass(45);
  const auto renewed = test.stable();
  CHECK(renewed["access_token"].text() != first);
  CHECK(renewed["expires_in"].integer() == 7200);
  CHECK(test.with_token(first).code == 0);
  test.pass(300);
  CHECK(test.with_token(first).code == 42001);
}

TEST_CASE("stable tokens: forcing kills the old one at once, 30 s apart, 20 a day") {
  WechatCase test;
  std::set<std::string> seen;
  const std::string first(test.stable()["access_token"].text());
  seen.insert(first);
  const std::string second(test.stable(true)["access_token"].text());
  CHECK(test.with_token(first).code == 40001);
  CHECK(test.with_token(second).code == 0);
  CHECK(test.stable(true).code == 45011);
  for (int i = 2; i <= 20; ++i) {
    test.pass(30);
    const auto forced = test.stable(true);
    REQUIRE(forced.code == 0);
    CHECK(seen.insert(std::string(forced["access_token"].text())).second);
  }
  test.pass(30);
  CHECK(test.stable(true).code == 45009);
  CHECK(test.stable().code == 0);
  test.pass(86400);
  CHECK(test.stable(true).code == 0);
  test.control("POST", "/switches", R"({"force_refresh_pause_code":89503})");
  CHECK(test.stable(true).code == 89503);
}

TEST_CASE("the two families of tokens do not disturb each other") {
  WechatCase test;
  const std::string stable(test.stable()["access_token"].text());
  const std::string classic(test.classic()["access_token"].text());
  CHECK(test.stable(true).code == 0);
  CHECK(test.with_token(classic).code == 0);
  CHECK(test.with_token(stable).code == 40001);
  const std::string forced(test.stable()["access_token"].text());
  test.classic();
  test.pass(301);
  CHECK(test.with_token(classic).code == 40001);
  CHECK(test.with_token(forced).code == 0);
}

TEST_CASE("token APIs refuse what the references say") {
  WechatCase test;
  const auto get = [&test](kefu::HttpFields query) { return test.call("GET", "/cgi-bin/token", query).code; };
  const std::string& id = test.account.appid;
  CHECK(get({{"appid", id}, {"secret", test.account.secret}}) == 40002);
  CHECK(get({{"grant_type", "client_credential"}, {"secret", "x"}}) == 41002);
  CHECK(get({{"grant_type", "client_credential"}, {"appid", id}}) == 41004);
  CHECK(get({{"grant_type", "client_credential"}, {"appid", "wxnobody"}, {"secret", "x"}}) == 40013);
  CHECK(get({{"grant_type", "client_credential"}, {"appid", id}, {"secret", "x"}}) == 40125);
  CHECK(test.call("GET", "/cgi-bin/stable_token", {}).code == 43002);
  CHECK(test.call("POST", "/cgi-bin/token", {}, "{}").code == 43001);
  CHECK(test.call("POST", "/cgi-bin/stable_token", {}, "").code == 44002);
  CHECK(test.call("POST", "/cgi-bin/stable_token", {}, "{\"grant").code == 47001);
  test.change_app(R"({"allowed_ips":["203.0.113.7"]})");
  const auto foreign = test.classic();
  CHECK(foreign.code == 40164);
  CHECK(foreign.text.find("invalid ip 127.0.0.1") == 0);
  test.change_app(R"({"allowed_ips":["127.0.0.1"],"daily_limits":{"/cgi-bin/token":2}})");
  CHECK(test.classic().code == 0);
  CHECK(test.classic().code == 0);
  CHECK(test.classic().code == 45009);
  test.change_app(R"({"api_frozen":true})");
  CHECK(test.stable().code == 50007);
}

TEST_CASE("what is no token, or not this platform's any more") {
  WechatCase test;
  CHECK(test.call("GET", "/cgi-bin/getcallbackip", {}).code == 41001);
  CHECK(test.with_token("short").code == 40014);
  CHECK(test.with_token(std::string(100, ' ')).code == 40014);
  CHECK(test.with_token(std::string(100, 'a')).code == 40001);
  const std::string used = test.token();
  CHECK(test.with_token(used).code == 0);
  test.sandbox.rotate_tokens(test.account.appid);
  CHECK(test.with_token(used).code == 40001);
  const std::string next = test.token();
  CHECK(next != used);
  CHECK(test.with_token(next).code == 0);
  test.control("POST", "/apps/" + test.account.appid + "/tokens/invalidate");
  CHECK(test.with_token(next).code == 40001);
  const auto shown = test.control("GET", "/apps/" + test.account.appid + "/tokens");
  CHECK(shown.root()["fetches"]["stable"].integer() == 2);
}
