#include "unit/sandbox/jd/case.hpp"

using kefu_test::JdCase;
using kefu_test::kJdKey;
using kefu_test::kJdSecret;

namespace {

constexpr char kNew[] = "open-oauth.jd.com";
constexpr char kOld[] = "oauth.jd.com";
constexpr char kRedirect[] = "https://shop.example.com/jd/callback";

/// The code of the redirect that the login page answers.
std::string code_of(JdCase& test, const kefu::HttpFields& more = {}) {
  kefu::HttpFields query = {{"app_key", kJdKey},
                            {"response_type", "code"},
                            {"redirect_uri", kRedirect},
                            {"scope", "snsapi_base"},
                            {"state", "s-3f9c &"}};
  query.insert(query.end(), more.begin(), more.end());
  const auto page = test.page(kNew, "/oauth2/to_login", query);
  REQUIRE(page.reply.status == 302);
  for (const auto& [name, value] : page.reply.headers) {
    if (name != "location") continue;
    const std::string begin = std::string(kRedirect) + "?code=";
    REQUIRE(value.rfind(begin, 0) == 0);
    const std::size_t end = value.find("&state=s-3f9c%20%26");
    REQUIRE(end != std::string::npos);
    return value.substr(begin.size(), end - begin.size());
  }
  FAIL("no redirect");
  return {};
}

JdCase::Answer redeem(JdCase& test, const std::string& code, const char* secret = kJdSecret) {
  return test.page(kNew, "/oauth2/access_token",
                   {{"app_key", kJdKey}, {"app_secret", secret}, {"grant_type", "authorization_code"}, {"code", code}});
}

JdCase::Answer refresh(JdCase& test, const std::string& token) {
  return test.page(
      kNew, "/oauth2/refresh_token",
      {{"app_key", kJdKey}, {"app_secret", kJdSecret}, {"grant_type", "refresh_token"}, {"refresh_token", token}});
}

std::string probe(JdCase& test, std::string_view access_token) {
  auto params = test.params("jingdong.vender.shop.query", "{}");
  params["access_token"] = access_token;
  return test.send(params).code;
}

}  // namespace

TEST_CASE("a merchant logs in, the code gives tokens once and within its life") {
  JdCase test;
  const std::string code = code_of(test);
  CHECK(redeem(test, code, "wrong").code == "400");
  const auto given = redeem(test, code);
  CHECK(given.code == "0");
  CHECK(given["access_token"].text().size() == 36);
  CHECK(given["expires_in"].integer() == 31535999);
  CHECK(given["time"].integer() == kefu::unix_millis(test.sandbox.now()));
  CHECK(given["time"].kind() == kefu::detail::Value::Kind::number);
  CHECK(given["open_id"].text().size() == 43);
  CHECK(given["xid"].text().rfind("o*AA", 0) == 0);
  CHECK(given["token_type"].text() == "bearer");
  CHECK(probe(test, given["access_token"].text()) == "0");
  const auto again = redeem(test, code);
  CHECK(again.code == "400");
  CHECK(!again["msg"].text().empty());
  CHECK(!again["requestId"].text().empty());
  const std::string late = code_of(test);
  test.pass(300);
  CHECK(redeem(test, late).code == "400");
}

TEST_CASE("the login page wants a known application and its registered redirect") {
  JdCase test;
  const auto status = [&test](const char* key, const char* redirect, const char* type) {
    return test.page(kNew, "/oauth2/to_login", {{"app_key", key}, {"response_type", type}, {"redirect_uri", redirect}})
        .reply.status;
  };
  CHECK(status(kJdKey, kRedirect, "code") == 302);
  CHECK(status("none", kRedirect, "code") == 400);
  CHECK(status(kJdKey, "https://evil.example.com/", "code") == 400);
  CHECK(status(kJdKey, kRedirect, "token") == 400);
}

TEST_CASE("which merchant logs in is chosen by the link or by control") {
  JdCase test;
  kefu::sandbox::JdShop other;
  other.shop = "other";
  REQUIRE(test.sandbox.add(other).has_value());
  CHECK(redeem(test, code_of(test, {{"shop", "other"}})).code == "0");
  CHECK(test.sandbox.jd_token(kJdKey, "other").has_value());
  REQUIRE(test.sandbox.add(kefu::sandbox::JdShop(other)).has_value());
  test.control("POST", std::string("/jd/apps/") + kJdKey, R"({"next_login":"other"})");
  const auto before = test.sandbox.jd_token(kJdKey, "other");
  CHECK(redeem(test, code_of(test)).code == "0");
  CHECK(test.sandbox.jd_token(kJdKey, "other")->access_token != before->access_token);
  CHECK(!test.sandbox.jd_token(kJdKey, "none").has_value());
}

TEST_CASE("a refresh replaces both tokens; switches keep either") {
  JdCase test;
  const auto first = test.token;
  auto second = refresh(test, first.refresh_token);
  CHECK(second.code == "0");
  CHECK(second["access_token"].text() != first.access_token);
  CHECK(second["refresh_token"].text() != first.refresh_token);
  CHECK(probe(test, first.access_token) == "19");
  CHECK(refresh(test, first.refresh_token).code == "400");

  test.turn("jd_refresh_changes_access_token", 0);
  test.turn("jd_refresh_rotates_refresh_token", 0);
  test.pass(1000);
  const std::string access(second["access_token"].text());
  const std::string renewing(second["refresh_token"].text());
  const auto third = refresh(test, renewing);
  CHECK(third["access_token"].text() == access);
  CHECK(third["refresh_token"].text() == renewing);
  CHECK(third["expires_in"].integer() == 31535999);
  CHECK(third["time"].integer() == second["time"].integer().value() + 1'000'000);
  CHECK(refresh(test, renewing).code == "0");

  test.turn("jd_refresh_changes_access_token", 1);
  test.turn("jd_old_access_token_life_s", 60);
  CHECK(refresh(test, renewing).code == "0");
  CHECK(probe(test, access) == "0");
  test.pass(60);
  CHECK(probe(test, access) == "19");
}

TEST_CASE("faults of the pages have the form of the pages") {
  JdCase test;
  kefu::sandbox::FaultSwitch fault("errcode");
  fault.path = "/oauth2/refresh_token";
  fault.errcode = 500;
  REQUIRE(test.sandbox.switch_on(fault).has_value());
  const auto refused = refresh(test, test.token.refresh_token);
  CHECK(refused.code == "500");
  CHECK(!refused["msg"].text().empty());
  CHECK(refresh(test, test.token.refresh_token).code == "0");
  fault.path = "/oauth/token";
  REQUIRE(test.sandbox.switch_on(fault).has_value());
  test.turn("jd_legacy_oauth_gbk", 0);
  CHECK(test.page(kOld, "/oauth/token", {})["error_description"].text() == "系统繁忙");
  fault = kefu::sandbox::FaultSwitch("http_502_html");
  fault.path = "/oauth2/refresh_token";
  REQUIRE(test.sandbox.switch_on(fault).has_value());
  CHECK(refresh(test, test.sandbox.jd_token(kJdKey, kefu_test::kJdShop)->refresh_token).reply.status == 502);
}

TEST_CASE("a token ends with its life; whether a refresh still works then is a switch") {
  JdCase test;
  test.control("POST", std::string("/jd/apps/") + kJdKey, R"({"token_life_s":86399})");
  test.authorize();
  const auto token = test.token;
  CHECK(token.expires - token.issued == std::chrono::seconds(86399));
  test.pass(86398);
  CHECK(probe(test, token.access_token) == "0");
  test.pass(1);
  CHECK(probe(test, token.access_token) == "19");
  CHECK(refresh(test, token.refresh_token).code == "400");
  test.turn("jd_refresh_after_expiry", 1);
  CHECK(refresh(test, token.refresh_token).code == "0");
}

TEST_CASE("an administrator voids a token or the whole grant; tokens are one application's") {
  JdCase test;
  test.control("POST", "/jd/grants/void", R"({"shop":"flagship"})");
  CHECK(probe(test, test.token.access_token) == "19");
  CHECK(refresh(test, test.token.refresh_token).code == "0");
  test.token = *test.sandbox.jd_token(kJdKey, kefu_test::kJdShop);
  CHECK(probe(test, test.token.access_token) == "0");
  test.control("POST", "/jd/grants/revoke", R"({"shop":"flagship"})");
  CHECK(probe(test, test.token.access_token) == "19");
  CHECK(refresh(test, test.token.refresh_token).code == "400");
  test.authorize();
  CHECK(probe(test, test.token.access_token) == "0");
  kefu::sandbox::JdApp other;
  const auto added = test.sandbox.add(other);
  REQUIRE(added.has_value());
  auto params = test.params("jingdong.vender.shop.query", "{}");
  params["app_key"] = added->app_key;
  params["sign"] = JdCase::sign(params, added->app_secret);
  CHECK(test.send(params).code == "19");
}

TEST_CASE("the pages of before 2018 answer UUIDs, a time in text, and GBK") {
  JdCase test;
  const auto login =
      test.page(kOld, "/oauth/authorize",
                {{"client_id", kJdKey}, {"response_type", "code"}, {"redirect_uri", kRedirect}, {"scope", "read"}});
  REQUIRE(login.reply.status == 302);
  std::string code;
  for (const auto& [name, value] : login.reply.headers)
    if (name == "location") code = value.substr(value.find("code=") + 5);
  const auto token = [&test](const char* secret, const std::string& one, const char* redirect) {
    return test.page(kOld, "/oauth/token",
                     {{"grant_type", "authorization_code"},
                      {"client_id", kJdKey},
                      {"client_secret", secret},
                      {"code", one},
                      {"redirect_uri", redirect},
                      {"scope", "read"}});
  };
  CHECK(token("wrong", code, kRedirect).code == "404");
  const auto given = token(kJdSecret, code, kRedirect);
  CHECK(given.code == "0");
  CHECK(given["access_token"].text().size() == 36);
  CHECK(given["access_token"].text()[8] == '-');
  CHECK(given["time"].kind() == kefu::detail::Value::Kind::string);
  // 示例旗舰店 in GBK
  CHECK(given.reply.body.find("\xca\xbe\xc0\xfd\xc6\xec\xbd\xa2\xb5\xea") != std::string::npos);
  const auto used = token(kJdSecret, code, kRedirect);
  CHECK(used.code == "402");
  CHECK(used.reply.body.find("error_description") != std::string::npos);
  test.turn("jd_legacy_oauth_gbk", 0);
  const auto refreshed = test.page(kOld, "/oauth/token",
                                   {{"grant_type", "refresh_token"},
                                    {"client_id", kJdKey},
                                    {"client_secret", kJdSecret},
                                    {"refresh_token", std::string(given["refresh_token"].text())}});
  CHECK(refreshed["user_nick"].text() == "示例旗舰店");
}
