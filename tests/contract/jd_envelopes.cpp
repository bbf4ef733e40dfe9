#include "support/jd_world.hpp"
#include "support/vectors.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace kefu;
using detail::Value;
using kefu_test::JdWorld;

namespace {

/// The method in whose answer this node comes.
std::string method_of(std::string_view body) {
  const std::size_t end = body.find("_respon");
  const std::size_t begin = body.rfind('"', end) + 1;  // 0 where there is none
  if (end == std::string_view::npos || body.substr(begin, end - begin) == "error") return "jingdong.vender.shop.query";
  std::string method(body.substr(begin, end - begin));
  for (char& c : method)
    if (c == '_') c = '.';
  return method;
}

/// What the layers of error_codes are in kinds of errors.
bool fits_class(ErrorKind kind, std::string_view name) {
  if (name == "refresh_token") return kind == ErrorKind::needs_authorization;
  if (name == "bad_argument") return kind == ErrorKind::bad_argument || kind == ErrorKind::configuration;
  if (name == "permission") return kind == ErrorKind::permission || kind == ErrorKind::configuration;
  if (name == "quota") return kind == ErrorKind::quota_exhausted;
  if (name == "retry_later") return kind == ErrorKind::unavailable;
  return name == "permanent" && kind == ErrorKind::internal;
}

Error error_of(const std::string& body, const std::string& method, Effect effect = Effect::read, int status = 200) {
  const JdWorld world;
  world.answer(body, status);
  const auto result = world.call(method, effect);
  REQUIRE_MESSAGE(!result, body);
  return result.error();
}

bool succeeds(const std::string& body, const std::string& method = "jingdong.vender.shop.query") {
  const JdWorld world;
  world.answer(body);
  return world.call(method).has_value();
}

std::string in_node(const std::string& node) { return R"({"jingdong_a_b_responce":)" + node + "}"; }

constexpr char kMethod[] = "jingdong.a.b";

}  // namespace

TEST_CASE("JD-3: every recorded answer is what the vectors say, layer by layer") {
  const auto vectors = kefu_test::load_vectors("jd.json");
  int checked = 0;
  for (const Value entry : vectors.root()["envelope_cases"].items()) {
    const std::string id(entry["id"].text());
    CAPTURE(id);
    const Value expect = entry["expect"];
    const std::string body(entry["body"].text());
    const JdWorld world;
    world.answer(body, static_cast<int>(*entry["http_status"].integer()));
    const bool creates = expect["effect"].text() == "create";
    const auto result = world.call(method_of(body), creates ? Effect::create : Effect::read);
    ++checked;
    if (expect["kind"].text() == "ok") {
      REQUIRE(result.has_value());
      CHECK(result->body == body);
      continue;
    }
    REQUIRE(!result);
    const Error& error = result.error();
    CHECK(error.platform_code() == expect["code"].text());
    if (expect["kind"].text() == "transport_error") {
      CHECK((error.kind() == ErrorKind::malformed_reply || error.kind() == ErrorKind::unavailable));
      CHECK(error.delivery() == Delivery::unknown);
    }
    if (expect["class"]) CHECK(fits_class(error.kind(), expect["class"].text()));
    if (expect["message"]) CHECK(error.details().platform_message == expect["message"].text());
    if (expect["kind"].text() == "business_error" && id != "business-error-description")
      CHECK(error.kind() == ErrorKind::conflict);
    if (expect["delivery"]) CHECK(to_string(error.delivery()) == expect["delivery"].text());
    if (expect["must_not_log"]) CHECK(error.to_string().find(expect["must_not_log"].text()) == std::string::npos);
  }
  CHECK(checked >= 43);
}

TEST_CASE("JD-3: code beside error_description is the gateway's, code beside a message of its own a result's") {
  const Error gateway = error_of(in_node(R"({"code":"64","error_description":"x"})"), kMethod);
  CHECK(gateway.kind() == ErrorKind::unsupported);
  CHECK(error_of(in_node(R"({"code":64,"zh_desc":"x"})"), kMethod).kind() == ErrorKind::unsupported);
  CHECK(error_of(in_node(R"({"code":"66"})"), kMethod).kind() == ErrorKind::unavailable);
  const Error flat = error_of(in_node(R"({"code":"19","msg":"营业时间外","requestId":"r-7"})"), kMethod);
  CHECK(flat.kind() == ErrorKind::conflict);  // 19 of another number space: no token is renewed for it
  CHECK(flat.platform_code() == "19");
  CHECK(flat.details().platform_message == "营业时间外");
  CHECK(flat.details().request_id == "r-7");
}

TEST_CASE("JD-3: results say no in the way of their family") {
  struct Case {
    const char* node;
    const char* code;
    const char* message;
    bool by_number = false;  ///< No flag: for a write that is no verdict.
  };
  const Case cases[] = {
      {R"({"code":"0","result":{"success":false,"code":7,"msg":"m"}})", "7", "m"},
      {R"({"code":"0","pageResult":{"success":"false","code":"0","msg":"m"}})", "0", "m"},
      {R"({"code":0,"pageResult":{"success":0}})", "", ""},
      {R"({"searchorderinfo_result":{"apiResult":{"success":false,"numberCode":-5,"englishErrCode":"e"}}})", "-5", "e"},
      {R"({"code":"0","apiResult":{"success":false,"numberCode":"9"}})", "9", ""},
      {R"({"code":"0","returnType":{"code":500,"message":"m"}})", "500", "m", true},
      {R"({"code":"0","vbinfo_result":{"success":false,"errorCode":"E1","errorMsg":"m"}})", "E1", "m"},
      {R"({"code":"0","response":{"errorCode":"101","errorMsg":"m"}})", "101", "m", true},
      {R"({"code":"0","response":{"status_code":3}})", "3", "", true},
      {R"({"code":"0","PageChatMessageVo":{"isSuccess":false,"code":2,"message":"m"}})", "2", "m"},
      {R"({"code":"0","isSuccess":false,"errmsg":"m"})", "0", "m"},
      {R"({"code":"0","getResult":"{\"code\":\"401\",\"message\":\"m\"}"})", "401", "m", true},
      {R"({"code":"0","refundApplyResponse":{"result_state":false,"result_info":"m"}})", "", "m"},
      {R"({"code":"0","result":{"sucessed":false,"msg":"m"}})", "", "m"},
      {R"({"code":"0","returnType":{"message":"FAIL"}})", "", "FAIL"},
      {R"({"code":"0","resultCode":"-1","resultMsg":"m"})", "-1", "m", true},
      {R"({"code":"0","return_code":7,"desc":"m"})", "7", "m", true},
  };
  for (const Case& each : cases) {
    CAPTURE(each.node);
    for (const Effect effect : {Effect::read, Effect::create}) {
      const Error error = error_of(in_node(each.node), kMethod, effect);
      CHECK(error.kind() == ErrorKind::conflict);
      const bool is_doubtful = each.by_number && effect == Effect::create;
      CHECK(error.delivery() == (is_doubtful ? Delivery::unknown : Delivery::refused));
      CHECK(error.platform_code() == each.code);
      CHECK(error.details().platform_message == each.message);
      CHECK(error.details().attempts == 1);
    }
  }
}

TEST_CASE("JD-3: results that say yes, and data that only looks like a result") {
  for (const char* node : {
           R"({})",
           R"({"code":""})",
           R"({"code":"0","returnType":{"code":200,"data":"x"}})",
           R"({"code":"0","returnType":{"code":"0"}})",
           R"({"code":"0","result":{"code":200,"data":{}}})",
           R"({"code":"0","result":[{"success":false}]})",
           R"({"code":"0","result":"{broken"})",
           R"({"code":"0","result":{"success":true,"code":"10000"}})",
           R"({"code":"0","pageResult":{"success":"true","code":"1"}})",
           R"({"code":"0","response":{"errorCode":"0"}})",
           R"({"code":"0","queryResult":"{\"code\":200}"})",
           R"({"code":"0","sku":{"code":"A-12","skuId":1}})",
           R"({"code":"0","orderDetailInfo":{"apiResult":{"success":true,"numberCode":100}}})",
           R"({"code":"0","WaiterDailyStat":[{"result":"12"}]})",
           R"({"code":"0","shop_jos_result":null})",
       }) {
    CHECK_MESSAGE(succeeds(in_node(node), kMethod), node);
  }
}

TEST_CASE("JD-3: DongDong's own codes of success, each for its method alone") {
  constexpr char kGrant[] = "jingdong.com.jd.dd.open.gw.api.GrantService";
  constexpr char kPush[] = "jingdong.com.jd.dd.open.gw.api.MessagePushService";
  CHECK(succeeds(in_node(R"({"code":"230031","accessToken":"t","errmsg":""})"), kGrant));
  CHECK(succeeds(in_node(R"({"code":"230031","accessToken":"t"})"), kGrant));
  CHECK(succeeds(in_node(R"({"code":"0","result":{"code":230031,"accessToken":"t"}})"), kGrant));
  CHECK(succeeds(in_node(R"({"code":"230070","errmsg":"ok"})"), kPush));
  CHECK(succeeds(in_node(R"({"code":"0","errmsg":"ok","msgid":"1"})"),
                 "jingdong.MessagePushService.pushChatTextMessage"));
  // Their wrapper is not public: the plain result is read as well, theirs alone.
  CHECK(succeeds(R"({"code":230031,"accessToken":"t","errmsg":""})", kGrant));
  CHECK(succeeds(R"({"code":230070,"errmsg":""})", kPush));
  CHECK_FALSE(succeeds(R"({"code":230031,"accessToken":"t","errmsg":""})", kMethod));
  CHECK(error_of(R"({"code":230001,"errmsg":"no"})", kGrant).details().platform_message == "no");
  CHECK_FALSE(succeeds(R"({"errmsg":""})", kPush));
  CHECK_FALSE(succeeds(in_node(R"({"code":"230070","errmsg":"?"})"), kGrant));
  CHECK_FALSE(succeeds(in_node(R"({"code":"230031","errmsg":"?"})"), kPush));
  const Error declined = error_of(in_node(R"({"code":"230001"})"), kPush, Effect::create);
  CHECK(declined.kind() == ErrorKind::conflict);
  CHECK(declined.delivery() == Delivery::unknown);  // perhaps a repeat of what was accepted before
}

TEST_CASE("JD-3: an answer without a node is malformed; another status is a failure of the transport") {
  for (const char* body : {R"({})", R"({"a":1,"b":2})", R"({"code":"0"})", R"({"x_responce":"0"})",
                           R"({"x_responce":[1]})", R"({"error_response":null,"a":1})"}) {
    CAPTURE(body);
    const Error error = error_of(body, kMethod, Effect::create);
    CHECK(error.kind() == ErrorKind::malformed_reply);
    CHECK(error.delivery() == Delivery::unknown);
    CHECK(error.platform_code().empty());
  }
  const std::string good = in_node(R"({"code":"0"})");
  CHECK(error_of(good, kMethod, Effect::create, 500).kind() == ErrorKind::unavailable);
  CHECK(error_of(good, kMethod, Effect::create, 201).kind() == ErrorKind::malformed_reply);
  CHECK(error_of(good, kMethod, Effect::create, 404).kind() == ErrorKind::configuration);
  CHECK(error_of(JdWorld::error_response("24"), kMethod, Effect::create, 502).kind() == ErrorKind::permission);
  const Error no_code = error_of(R"({"error_response":{"zh_desc":"x"}})", kMethod, Effect::create);
  CHECK(no_code.kind() == ErrorKind::internal);
  CHECK(no_code.delivery() == Delivery::unknown);
}

TEST_CASE("JD-3: _responce goes before _response, error_response before both") {
  CHECK(error_of(R"({"a_responce":{"code":"0"},"error_response":{"code":"24"}})", kMethod).kind() ==
        ErrorKind::permission);
  CHECK(succeeds(R"({"a_response":{"code":"66"},"a_responce":{"code":"0"}})", kMethod));
  CHECK(succeeds("{\"a_responce\":{\"code\":\"0\",\"list\":[1,2,],},}", kMethod));
  CHECK_FALSE(succeeds("{\"a_responce\":{\"code\":\"0\",,}}", kMethod));
}

TEST_CASE("SEC-1: a token that the platform repeats reaches no error, in the old form neither") {
  const JdWorld world;
  const std::string uuid = "11111111-2222-3333-4444-555555555555";
  struct Fixed final : TokenSource {
    explicit Fixed(std::string t) : token(std::move(t)) {}
    void get(MoveFunction<void(Result<Secret>)> done) override { done(Secret(token)); }
    void report_invalid(const Secret&, MoveFunction<void(Result<void>)> done) override { done({}); }
    const std::string token;
  };
  for (const std::string& token : {uuid, std::string(kefu_test::kJdToken)}) {
    jd::ShopConfig settings("shop-2");
    settings.token_source = std::make_shared<Fixed>(token);
    const auto shop = world.make_shop(std::move(settings));
    world.answer(R"({"error_response":{"code":"19","zh_desc":"重新授权访问 )" + token + R"( )" + token + R"("}})");
    const auto result = shop->call(RawCall("POST", kMethod, "{}", Effect::read)).get();
    REQUIRE(!result);
    CHECK(result.error().to_string().find(token) == std::string::npos);
    CHECK(result.error().details().platform_message.find(token) == std::string::npos);
    CHECK(result.error().details().platform_message.find("重新授权访问 ***") != std::string::npos);
  }
}
