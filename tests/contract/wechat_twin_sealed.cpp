// Accounts in the API signature mode against the twin, which opens and seals with code of its own.
#include "support/signing_keys.hpp"
#include "support/twin_world.hpp"

#include <kefu/wechat/content_check.hpp>
#include <kefu/wechat/customer_messages.hpp>
#include <kefu/wechat/mini_program.hpp>
#include <kefu/wechat/openapi.hpp>
#include <kefu/wechat/subscribe.hpp>
#include <kefu/wechat/users.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::kPlantedAppSecret;
using kefu_test::kTwinCustomer;
using kefu_test::TwinWorld;

namespace {

constexpr char kSealedApp[] = "wx00000000000000c3";
constexpr char kKey[] = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const std::string kTemplate = "TEMPLATE_ID";

/// A mini program whose console has the mode on, and its account.
struct SealedHost {
  explicit SealedHost(const char* kind = "RSA")
      : own(kefu_test::make_keys(kind)), platform(kefu_test::make_keys(kind)), sm2(std::string(kind) == "SM2") {
    sandbox::WechatApp app;
    app.appid = kSealedApp;
    app.secret = kPlantedAppSecret;
    app.kind = sandbox::WechatKind::mini_program;
    app.unlimited_windows = true;
    sandbox::WechatApiSecurity& keys = app.api_security;
    keys.on = true;
    keys.sm2 = sm2;
    keys.symmetric_number = "sym-1";
    keys.symmetric_key = kKey;
    keys.developer_number = "own-1";
    keys.developer_public_key = own.public_pem;
    keys.platform_number = "cert-1";
    keys.platform_private_key = platform.private_pem;
    REQUIRE(world.sandbox.add(app).has_value());
    world.add_customer(kSealedApp, kTwinCustomer);
    account = TwinWorld::account(*runtime, config());
  }
  AccountConfig config() const {
    auto made = TwinWorld::config(kSealedApp, AccountKind::mini_program);
    made.api_security = ApiSecurity("sym-1", Secret(kKey), "own-1", Secret(own.private_pem),
                                    ApiSecurity::Certificate("cert-1", platform.public_pem));
    if (sm2) made.api_security->signature = ApiSecurity::Signature::sm2_sm3;
    return made;
  }
  Result<NoContent> send(const std::shared_ptr<Account>& from) {
    return from->call(SendCustomMessage(kTwinCustomer, TextContent("您好"))).get();
  }
  void turn(const std::string& name, int value) {
    const auto reply = world.sandbox.control("POST", "/switches", "{\"" + name + "\":" + std::to_string(value) + "}");
    REQUIRE(reply.status == 200);
  }
  std::string code(const char* way) {
    auto given = world.sandbox.customer_logs_in(kSealedApp, kTwinCustomer, way);
    REQUIRE(given.has_value());
    return *std::move(given);
  }

  TwinWorld world;
  std::unique_ptr<Runtime> runtime = world.runtime();
  kefu_test::KeyPair own;
  kefu_test::KeyPair platform;
  bool sm2;
  std::shared_ptr<Account> account;
  std::set<std::string> sealed;  ///< Paths that were answered.

  template <class Op>
  typename Op::Response ask(Op op) {
    auto answer = account->call(std::move(op)).get();
    REQUIRE_MESSAGE(answer, std::string(Op::operation().info.path)
                                << ": " << (answer ? "" : answer.error().to_string()));
    sealed.insert(std::string(Op::operation().info.path));
    return *std::move(answer);
  }
};

}  // namespace

TEST_CASE("every API of the signature mode runs sealed against the twin") {
  SealedHost host;
  host.ask(SendCustomMessage(kTwinCustomer, TextContent("您好")));
  CHECK(host.world.sandbox.messages(kSealedApp, kTwinCustomer).back().text == "您好");
  CHECK(host.ask(GetQuota("/cgi-bin/message/custom/send")).used == 1);
  const auto refused = host.account->call(SendCustomMessage("oNobody", TextContent("x"))).get();
  REQUIRE(!refused);
  CHECK(refused.error().platform_code() == "40003");
  CHECK(host.ask(LookUpRequest(refused.error().details().request_id)).client_ip == "127.0.0.1");
  CHECK(host.ask(GetPhoneNumber(host.code("phone"))).pure_number == "13800000000");
  CHECK(host.ask(CheckText(kTwinCustomer, ContentScene::comment, "你好")).passed());
  CHECK(!host.ask(CheckMedia(kTwinCustomer, ContentScene::comment, CheckMedia::Type::picture, "https://example.com/a"))
             .trace_id.empty());
  const auto made =
      host.world.sandbox.control("POST", "/templates",
                                 std::string(R"({"appid":")") + kSealedApp +
                                     R"(","template_id":"TEMPLATE_ID","kind":"once","content":"{{thing1.DATA}}"})");
  REQUIRE(made.status == 200);
  REQUIRE(host.world.sandbox.customer_subscribes(kSealedApp, kTwinCustomer, kTemplate).has_value());
  host.ask(SendSubscribeMessage(kTwinCustomer, kTemplate, {TemplateValue("thing1", "订单已发货")}));
  host.ask(ClearQuota(kSealedApp));
  for (const std::string& path : ApiSecurity::usual_apis()) CHECK_MESSAGE(host.sealed.count(path) != 0, path);
}

TEST_CASE("the twin refuses an account without the mode's keys, and another's") {
  SealedHost host;
  auto plain = host.config();
  plain.api_security.reset();
  const auto unsealed = host.send(TwinWorld::account(*host.runtime, plain));
  REQUIRE(!unsealed);
  CHECK(unsealed.error().platform_code() == "40232");
  auto foreign = host.config();
  foreign.api_security->private_key = Secret(host.platform.private_pem);
  const auto wrong = host.send(TwinWorld::account(*host.runtime, foreign));
  REQUIRE(!wrong);
  CHECK(wrong.error().platform_code() == "40234");
  CHECK(host.world.sandbox.messages(kSealedApp, kTwinCustomer).empty());
}

TEST_CASE("an account believes no answer that the platform did not sign for it now") {
  SealedHost host;
  for (const int wrong : {1, 2, 3}) {
    CAPTURE(wrong);
    host.turn("api_security_misbehave", wrong);
    const auto sent = host.send(host.account);
    REQUIRE(!sent);
    CHECK(sent.error().kind() == ErrorKind::malformed_reply);
  }
  host.turn("api_security_misbehave", 0);
  CHECK(host.send(host.account).has_value());
}

TEST_CASE("the mode works with SM2 signatures") {
  SealedHost host("SM2");
  const auto sent = host.send(host.account);
  CHECK_MESSAGE(sent.has_value(), (sent ? "" : sent.error().to_string()));
  CHECK(host.world.sandbox.messages(kSealedApp, kTwinCustomer).size() == 1);
}
