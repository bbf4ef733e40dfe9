#include "support/vectors.hpp"
#include "unit/sandbox/jd/case.hpp"

using kefu_test::JdCase;
using kefu_test::kJdKey;

namespace {

constexpr char kSessions[] = "jingdong.im.pop.sessionlist.get";
constexpr char kToday[] = R"({"startTime":"2024-06-01 00:00:00","endTime":"2024-06-01 23:59:59"})";

}  // namespace

TEST_CASE("the gateway checks in the order of the reference, with codes as strings and status 200") {
  JdCase test;
  const auto whole = test.params(kSessions, kToday);
  const auto code_with = [&](std::initializer_list<std::pair<const char*, const char*>> changes) {
    auto params = whole;
    for (const auto& [name, value] : changes) {
      if (value == nullptr) {
        params.erase(name);
      } else {
        params[name] = value;
      }
    }
    const auto answer = test.send(params);
    CHECK(answer.reply.status == 200);
    CHECK(answer.node["code"].kind() == kefu::detail::Value::Kind::string);
    return answer.code;
  };
  CHECK(code_with({}) == "0");
  // Each row breaks one more thing that is looked at earlier.
  test.control("POST", std::string("/jd/apps/") + kJdKey, R"({"calls_per_day":1})");
  CHECK(code_with({}) == "2");
  CHECK(code_with({{"360buy_param_json", "{"}}) == "63");
  CHECK(code_with({{"360buy_param_json", "[1]"}}) == "62");
  test.control("POST", std::string("/jd/apps/") + kJdKey, R"({"methods":["jingdong.im.pop.chatlog.get"]})");
  CHECK(code_with({{"360buy_param_json", "{"}}) == "24");
  CHECK(code_with({{"access_token", "none"}}) == "19");
  CHECK(code_with({{"access_token", nullptr}}) == "18");
  CHECK(code_with({{"access_token", ""}}) == "18");
  CHECK(code_with({{"access_token", nullptr}, {"sign", "00"}}) == "12");
  CHECK(code_with({{"sign", ""}}) == "11");
  test.control("POST", std::string("/jd/apps/") + kJdKey, R"({"online":false})");
  CHECK(code_with({{"sign", ""}}) == "25");
  CHECK(code_with({{"app_key", "none"}}) == "21");
  CHECK(code_with({{"app_key", ""}}) == "20");
  CHECK(code_with({{"app_key", ""}, {"timestamp", "2024-06-01 08:19:59"}}) == "8");
  CHECK(code_with({{"app_key", ""}, {"timestamp", "yesterday"}}) == "8");
  CHECK(code_with({{"timestamp", nullptr}}) == "7");
  CHECK(code_with({{"timestamp", nullptr}, {"v", "two"}}) == "6");
  CHECK(code_with({{"v", "3.0"}}) == "5");
  CHECK(code_with({{"v", ""}}) == "4");
  CHECK(code_with({{"v", ""}, {"method", "jingdong.no.such"}}) == "15");
  CHECK(code_with({{"method", nullptr}}) == "14");
}

TEST_CASE("an error has its texts in both languages; the token may be in them") {
  JdCase test;
  auto params = test.params(kSessions, kToday);
  params["access_token"] = "a1b2c3d4e5f64718829304a5b6c7d8e9njaz";
  auto answer = test.send(params);
  CHECK(answer.refused);
  CHECK(answer["zh_desc"].text() == "token已过期或者不存在，请重新授权");
  CHECK(answer["en_desc"].text() == "Invalid access_token");
  test.turn("jd_token_in_text", 1);
  answer = test.send(params);
  CHECK(answer["zh_desc"].text().find("a1b2c3d4e5f64718829304a5b6c7d8e9njaz") != std::string_view::npos);
}

TEST_CASE("the sign vectors are judged right, altered ones are refused with 12") {
  const auto vectors = kefu_test::load_vectors("jd.json");
  std::size_t judged = 0;
  for (const auto& vector : vectors.root()["signature"]["vectors"].items()) {
    if (vector["dialect"].text() != "jos") continue;
    const std::string id(vector["id"].text());
    INFO(id);
    JdCase test;
    JdCase::Params params;
    for (const auto& param : vector["params"]) params.emplace(param.name, param.value.text());
    params["sign"] = vector["sign"].text();
    kefu::sandbox::JdApp app;
    app.app_key = params["app_key"];
    app.app_secret = vector["secret"].text();
    if (app.app_key.empty()) continue;
    REQUIRE(test.sandbox.add(app).has_value());
    test.control("POST", "/jd/answers", fmt::format(R"({{"method":"{}","answer":{{"a":1}}}})", params["method"]));
    const bool old = params["timestamp"].rfind("2019", 0) == 0;
    test.sandbox.set_time(kefu::from_unix_seconds(old ? 1'561'621'309 : 1'717'201'800));
    // The next check after the sign is the token, which this twin did not issue.
    const std::string accepted = params["access_token"].empty() ? "18" : "19";
    CHECK(test.send(params).code == accepted);
    auto altered = params;
    altered["360buy_param_json"] += " ";
    CHECK(test.send(altered).code == "12");
    altered = params;
    altered["format"] = altered["format"].empty() ? "json" : "xml";
    CHECK(test.send(altered).code == "12");
    altered = params;
    for (char& c : altered["sign"]) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    if (altered["sign"] != params["sign"]) CHECK(test.send(altered).code == "12");
    test.pass(601);
    CHECK(test.send(params).code == "8");
    ++judged;
  }
  CHECK(judged >= 20);
}

TEST_CASE("the clock's bound is a switch, a stated offset is honoured") {
  JdCase test;
  auto params = test.params(kSessions, kToday);
  params["timestamp"] = "2024-06-01 08:38:00";
  CHECK(test.send(params).code == "0");
  test.turn("jd_clock_bound_s", 360);
  CHECK(test.send(params).code == "8");
  params["timestamp"] = "2024-06-01 00:30:00.000+0000";
  CHECK(test.send(params).code == "0");
  params["timestamp"] = "2024-06-01 00:30:00";
  CHECK(test.send(params).code == "8");
}

TEST_CASE("answers are dated by the twin's clock, so that a client can tell how wrong its own is") {
  JdCase test;
  const auto params = test.params(kSessions, kToday);
  CHECK(test.send(params).reply.header("date") == "Sat, 01 Jun 2024 00:30:00 GMT");
  test.pass(1200);
  const auto late = test.send(params);
  CHECK(late.code == "8");
  CHECK(late.reply.header("date") == "Sat, 01 Jun 2024 00:50:00 GMT");
}

TEST_CASE("query and body are merged, the body wins, multipart is read") {
  JdCase test;
  auto params = test.params(kSessions, kToday);
  params["sign"] = JdCase::sign(params);
  kefu::HttpRequest get;
  get.method = "GET";
  get.query = kefu::HttpFields(params.begin(), params.end());
  CHECK(test.exchange(get).code == "0");

  kefu::HttpRequest split;
  split.method = "POST";
  split.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  for (const auto& [name, value] : params) {
    if (name != "360buy_param_json") split.query.emplace_back(name, value);
  }
  split.query.emplace_back("360buy_param_json", "{}");
  split.body = kefu::sandbox::raw_query({{"360buy_param_json", params["360buy_param_json"]}});
  CHECK(test.exchange(split).code == "0");

  kefu::HttpRequest multipart;
  multipart.method = "POST";
  multipart.headers = {{"Content-Type", "multipart/form-data; boundary=xyz"}};
  for (const auto& [name, value] : params)
    multipart.body += fmt::format("--xyz\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n", name, value);
  multipart.body += "--xyz--\r\n";
  CHECK(test.exchange(multipart).code == "0");
}

TEST_CASE("the ways in which answers vary are switches") {
  JdCase test;
  test.buyer_writes("jd_buyer_001", "在吗");
  const auto body = [&test] { return test.call(kSessions, kToday).reply.body; };
  CHECK(body().rfind(R"({"jingdong_im_pop_sessionlist_get_responce":{"code":"0","ChatSessionPage":{)", 0) == 0);
  test.turn("jd_response_spelling", 1);
  CHECK(body().rfind(R"({"jingdong_im_pop_sessionlist_get_response":{)", 0) == 0);
  test.turn("jd_code_as_number", 1);
  CHECK(body().find(R"("code":0,)") != std::string::npos);
  test.turn("jd_numbers_as_strings", 1);
  CHECK(body().find(R"("beginTime":"1717201800000")") != std::string::npos);
  test.turn("jd_dates_as_text", 1);
  CHECK(body().find(R"("beginTime":"2024-06-01 08:30:00")") != std::string::npos);
  test.turn("jd_legacy_wrappers", 1);
  CHECK(body().find(R"("ChatSession":[{)") != std::string::npos);
  test.turn("jd_legacy_wrappers", 2);
  CHECK(body().find(R"("ChatSession":{"chatSession":[{)") != std::string::npos);
  test.turn("jd_legacy_wrappers", 3);
  CHECK(body().find(R"("ChatSession":{"chatSessionList":[{)") != std::string::npos);
  test.turn("jd_legacy_wrappers", 1);
  test.turn("jd_mask_customers", 1);
  CHECK(body().find(R"("customer":"j***1")") != std::string::npos);
  test.turn("jd_trailing_comma", 1);
  CHECK(body().find("],}}") != std::string::npos);
  CHECK(test.call(kSessions, kToday).code == "0");
}

TEST_CASE("shops A12: the union's methods want v 1.0, all others 2.0; null and [] are no parameters") {
  JdCase test;
  auto params = test.params(kSessions, kToday);
  params["v"] = "1.0";
  CHECK(test.send(params).code == "5");
  params["method"] = "jd.union.open.order.query";
  CHECK(test.send(params).code == "15");  // unknown here, and not for its version
  for (const char* none : {"{}", "null", "[]"}) {
    CAPTURE(none);
    CHECK(test.call("jingdong.vender.shop.query", none)["shop_jos_result"]["vender_id"].integer() == 10001);
  }
}

TEST_CASE("faults hit a method, not the path of all methods") {
  JdCase test;
  kefu::sandbox::FaultSwitch fault("errcode");
  fault.path = kSessions;
  fault.errcode = 65;
  fault.count = 2;
  REQUIRE(test.sandbox.switch_on(fault).has_value());
  CHECK(test.call("jingdong.im.pop.groupinfo.get").code == "0");
  CHECK(test.call(kSessions, kToday).code == "65");
  CHECK(test.call(kSessions, kToday).refused);
  CHECK(test.call(kSessions, kToday).code == "0");
  fault = kefu::sandbox::FaultSwitch("business_error");
  fault.path = "jingdong.asc.query.list";
  fault.errcode = 500;
  REQUIRE(test.sandbox.switch_on(fault).has_value());
  const auto failed = test.call("jingdong.asc.query.list");
  CHECK(failed.code == "0");
  CHECK(failed["pageResult"]["success"].boolean() == false);
  CHECK(failed["pageResult"]["code"].text() == "500");
  fault = kefu::sandbox::FaultSwitch("http_502_html");
  fault.path = "/routerjson";
  REQUIRE(test.sandbox.switch_on(fault).has_value());
  CHECK(test.call(kSessions, kToday).reply.status == 502);
  fault = kefu::sandbox::FaultSwitch("reset_before_reply");
  fault.path = kSessions;
  REQUIRE(test.sandbox.switch_on(fault).has_value());
  CHECK(test.call(kSessions, kToday).fault == kefu::TransportFault::reset_before_reply);
  CHECK(test.sandbox.calls(kSessions) == 5);
  fault = kefu::sandbox::FaultSwitch("token_rotated");
  REQUIRE(test.sandbox.switch_on(fault).has_value());
  CHECK(test.call(kSessions, kToday).code == "19");
}

TEST_CASE("answers of methods that no source shows can be set") {
  JdCase test;
  CHECK(test.call("jingdong.no.such").code == "15");
  test.control("POST", "/jd/answers", R"({"method":"jingdong.no.such","answer":{"result":{"a":[1]}}})");
  CHECK(test.call("jingdong.no.such")["result"]["a"].items().front().integer() == 1);
  test.control("DELETE", "/jd/answers");
  CHECK(test.call("jingdong.no.such").code == "15");
}
