// Logins of customers: no token of the account goes out with them, none is renewed for them, nothing is logged.
#include "core/report/redaction.hpp"
#include "support/simulated_core.hpp"
#include "support/wechat_world.hpp"

#include <kefu/wechat/mini_program.hpp>
#include <kefu/wechat/openapi.hpp>
#include <kefu/wechat/web_login.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::WechatWorld;

namespace {

const std::string kCustomer = "oABC1234567890abcdefghijklmn";
const std::string kCustomerToken = "plantedCustomerTok3n";
const std::string kRefreshToken = "plantedRefreshTok3n";
const std::string kLoginCode = "plantedL0ginCode";

template <class Op>
Error refused(WechatWorld& world, Op op) {
  auto answer = world.account->call(std::move(op)).get();
  REQUIRE(!answer);
  return answer.error();
}

std::string query_of(const HttpRequest& request, std::string_view name) {
  std::string found;
  for (const auto& [key, value] : request.query)
    if (key == name) found += value;
  return found;
}

}  // namespace

TEST_CASE("a refused token of a customer never renews the account's") {
  for (const char* code : {"40001", "40014", "42001", "40030", "42002"}) {
    CAPTURE(code);
    WechatWorld world = WechatWorld::of_any_kind();
    for (const char* path :
         {"/sns/userinfo", "/sns/auth", "/sns/oauth2/refresh_token", "/sns/oauth2/access_token", "/sns/jscode2session"})
      world.transport->on(path, [code](const HttpRequest&) { return WechatWorld::error_reply(code); });
    const std::vector<Error> errors{
        refused(world, GetLoginProfile(Secret(kCustomerToken), kCustomer)),
        refused(world, CheckLogin(Secret(kCustomerToken), kCustomer)),
        refused(world, RefreshLogin("wx0123456789abcdef", Secret(kRefreshToken))),
        refused(world,
                RedeemLoginCode("wx0123456789abcdef", Secret(kefu_test::kPlantedAppSecret), std::string(kLoginCode))),
        refused(world, RedeemMiniProgramCode("wx0123456789abcdef", Secret(kefu_test::kPlantedAppSecret),
                                             std::string(kLoginCode)))};
    CHECK(world.transport->count() == 5);
    CHECK(world.transport->count("/cgi-bin/stable_token") == 0);
    for (const Error& error : errors) {
      CHECK(error.platform_code() == code);
      CHECK((error.kind() == ErrorKind::credentials_refused || error.kind() == ErrorKind::configuration));
      for (const std::string& secret :
           {kCustomerToken, kRefreshToken, kLoginCode, std::string(kefu_test::kPlantedAppSecret)})
        CHECK(error.to_string().find(secret) == std::string::npos);
    }
  }
}

TEST_CASE("raw calls of login APIs carry no token of the account") {
  WechatWorld world = WechatWorld::of_any_kind();
  RawCall raw("GET", "/sns/userinfo", "", Effect::read);
  raw.query = {{"access_token", kCustomerToken}, {"openid", kCustomer}};
  world.transport->on("/sns/userinfo", [](const HttpRequest&) { return WechatWorld::error_reply("42001"); });
  REQUIRE(!world.account->call(raw).get());
  CHECK(query_of(world.transport->last(), "access_token") == kCustomerToken);
  CHECK(world.transport->count() == 1);
}

TEST_CASE("the quota reset that presents the secret works without a token") {
  WechatWorld world = WechatWorld::of_any_kind();
  world.transport->on("/cgi-bin/clear_quota/v2",
                      [](const HttpRequest&) { return WechatWorld::json_reply(R"({"errcode":0,"errmsg":"ok"})"); });
  CHECK(world.account->call(ClearQuotaBySecret("wx0123456789abcdef", Secret(kefu_test::kPlantedAppSecret)))
            .get()
            .has_value());
  CHECK(world.transport->count() == 1);
  CHECK(query_of(world.transport->last(), "appid") == "wx0123456789abcdef");
  CHECK(query_of(world.transport->last(), "access_token").empty());
}

TEST_CASE("SEC-1: what logins carry is masked by its name, wherever it should turn up") {
  for (const char* name : {"access_token", "refresh_token", "secret", "appsecret", "session_key", "js_code"}) {
    CAPTURE(name);
    CHECK(detail::is_secret_name(name));
    const std::string line = std::string("GET /sns/x?appid=wx1&") + name + "=" + kLoginCode + "&openid=o1";
    CHECK(detail::redacted(line).find(kLoginCode) == std::string::npos);
  }
}

TEST_CASE("SEC-1: nothing of a login reaches an observer") {
  const auto seen = std::make_shared<kefu_test::RecordingObserver>();
  WechatWorld world(AccountKind::service_account, seen, true, false);
  for (const char* path : {"/sns/userinfo", "/sns/oauth2/access_token", "/sns/jscode2session"})
    world.transport->on(path, [](const HttpRequest& request) {
      // The worst that a platform could do: it repeats what it was asked.
      std::string echo;
      for (const auto& [name, value] : request.query) echo += name + "=" + value + "&";
      return WechatWorld::json_reply("{\"errcode\":42001,\"errmsg\":\"expired " + echo + "\"}");
    });
  const std::vector<Error> errors{
      refused(world, GetLoginProfile(Secret(kCustomerToken), kCustomer)),
      refused(world, RedeemLoginCode("wx0123456789abcdef", Secret(kefu_test::kPlantedAppSecret), "c0de")),
      refused(world, RedeemMiniProgramCode("wx0123456789abcdef", Secret(kefu_test::kPlantedAppSecret),
                                           std::string(kLoginCode)))};
  std::string all = seen->all();
  for (const Error& error : errors) all += error.to_string();
  CHECK(seen->count("wechat.sns.userinfo") > 0);
  for (const std::string& secret : {kCustomerToken, kLoginCode, std::string(kefu_test::kPlantedAppSecret)})
    CHECK(all.find(secret) == std::string::npos);
}
