// Whatever a call or a setting says, the sandbox goes on and writes whole answers.
#include "sandbox/control/core.hpp"
#include "sandbox/control/in_process_transport.hpp"
#include "unit/sandbox/wechat/case.hpp"

#include <functional>
#include <stdexcept>

using kefu::Millis;
using kefu::sandbox::FaultSwitch;
using kefu::sandbox::WebAnswer;
using kefu::sandbox::WebRequest;
using kefu_test::WechatCase;

namespace {

const std::vector<kefu::sandbox::TwinSwitch>& no_switches() {
  static const std::vector<kefu::sandbox::TwinSwitch> none;
  return none;
}

/// Answers with whatever the test gives.
class GivenTwin final : public kefu::sandbox::Twin {
 public:
  explicit GivenTwin(std::function<WebAnswer()> work) : Twin(no_switches()), work_(std::move(work)) {}
  WebAnswer handle(const WebRequest&, kefu::WallTime) override { return work_(); }
  bool has_host(std::string_view) const override { return false; }
  WebAnswer refusal(const WebRequest&, const kefu::sandbox::Fault&, bool, kefu::WallTime) override { return {}; }
  WebAnswer idle_success(const WebRequest&) override { return {}; }
  void retire_token(const WebRequest&, kefu::WallTime) override {}

 private:
  std::function<WebAnswer()> work_;
};

WebAnswer served(std::function<WebAnswer()> work) {
  const auto time = std::make_shared<kefu::sandbox::SimulatedTime>();
  const auto core = std::make_shared<kefu::sandbox::SandboxCore>(time);
  kefu::sandbox::SchedulerTimers timers(time, time);
  GivenTwin twin(std::move(work));
  WebAnswer answer;
  core->serve(twin, WebRequest(), timers, [&answer](WebAnswer one) { answer = std::move(one); });
  return answer;
}

}  // namespace

TEST_CASE("a call that throws is answered with 500, and so is one whose headers would have more than one line") {
  CHECK(served([]() -> WebAnswer { throw std::length_error("too long"); }).status == 500);
  for (const bool in_type : {false, true}) {
    const WebAnswer split = served([in_type] {
      WebAnswer answer;
      if (in_type)
        answer.content_type = "text/plain\r\nSet-Cookie: a=b";
      else
        answer.headers.emplace_back("Location", "http://x/\nSet-Cookie: a=b");
      return answer;
    });
    CHECK(split.status == 500);
    CHECK(split.content_type.find("Cookie") == std::string::npos);
    for (const auto& [name, value] : split.headers) CHECK(value.find("Cookie") == std::string::npos);
  }
  CHECK(served([] { return WebAnswer(); }).status == 200);
}

TEST_CASE("a web login leads nowhere by an address that writes header lines") {
  WechatCase test(kefu_test::app_of_kind(kefu::sandbox::WechatKind::service));
  test.control("POST", "/customers/oC");
  test.control("POST", "/customers/oC/visit");
  kefu::HttpRequest request;
  request.method = "GET";
  request.base = "https://open.weixin.qq.com";
  request.path = "/connect/oauth2/authorize";
  request.query = {{"appid", test.account.appid},
                   {"redirect_uri", "http://x/\r\nSet-Cookie: a=b"},
                   {"response_type", "code"},
                   {"scope", "snsapi_base"}};
  const auto answer = test.send(std::move(request));
  CHECK(answer.reply.status == 500);
  CHECK(answer.reply.header("location").empty());
}

TEST_CASE("a fault out of its range is refused, in the library as over the control API") {
  WechatCase test;
  struct Wrong {
    const char* member;
    std::function<void(FaultSwitch&)> set;
    const char* json;
  };
  const Wrong cases[] = {
      {"size", [](FaultSwitch& one) { one.size = -1; }, R"("size":-1)"},
      {"size", [](FaultSwitch& one) { one.size = 1LL << 40; }, R"("size":1099511627776)"},
      {"delay_ms", [](FaultSwitch& one) { one.delay = (Millis::max)(); }, R"("delay_ms":9223372036854775807)"},
      {"delay_ms", [](FaultSwitch& one) { one.delay = Millis(-1); }, R"("delay_ms":-1)"},
      {"count", [](FaultSwitch& one) { one.count = 0; }, R"("count":0)"},
      {"count", [](FaultSwitch& one) { one.count = -7; }, R"("count":-7)"},
      {"skip", [](FaultSwitch& one) { one.skip = -1; }, R"("skip":-1)"},
      {"status", [](FaultSwitch& one) { one.status = 99999; }, R"("status":99999)"},
      {"content_type", [](FaultSwitch& one) { one.content_type = "a/b\r\nX: y"; }, R"("content_type":"a/b\r\nX: y")"},
  };
  for (const Wrong& one : cases) {
    const std::string json = one.json;
    INFO(json);
    FaultSwitch wanted("huge_body");
    one.set(wanted);
    const auto refused = test.sandbox.switch_on(wanted);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind() == kefu::ErrorKind::bad_argument);
    CHECK(refused.error().message().find(one.member) != std::string::npos);
    const auto reply =
        test.sandbox.control("POST", "/faults", std::string(R"({"fault":"huge_body",)") + one.json + "}");
    CHECK(reply.status == 400);
    CHECK(reply.body.find(one.member) != std::string::npos);
  }
  CHECK(test.classic().code == 0);
}

TEST_CASE("the sandbox' time stays within reach wherever it is set") {
  WechatCase test(kefu_test::app_of_kind(kefu::sandbox::WechatKind::service));
  test.sandbox.set_time((kefu::WallTime::min)());
  CHECK(test.sandbox.now() < kefu::WallTime());
  test.sandbox.set_time((kefu::WallTime::max)());
  CHECK(kefu::unix_seconds(test.sandbox.now()) > 3'000'000'000);
  test.does("oA", "follow");
  test.does("oA", "image");
  test.sandbox.advance((Millis::max)());
  test.sandbox.advance((Millis::max)());
  CHECK(test.classic().code == 0);
}

TEST_CASE("members of a control call that are not what they should be are refused, before it acts") {
  WechatCase test;
  struct Wrong {
    const char* target;
    const char* json;
    const char* said;
  };
  const Wrong cases[] = {
      {"/apps", R"({"appid":"wxNew","verifed":false})", "verifed is no member"},
      {"/apps", R"({"appid":"wxNew","verified":"no"})", "verified must be true or false"},
      {"/apps", R"({"appid":"wxNew","token":["a"]})", "token must be a text"},
      {"/apps", R"({"appid":"wxNew","daily_limits":{"/cgi-bin/message/custom/send":"many"}})", "whole number of calls"},
      {"/apps", R"({"appid":"wxNew","api_security":{"onn":true}})", "api_security has no member onn"},
      {"/apps", R"({"appid":"wxNew","api_security":{"on":"maybe"}})", "api_security.on must be"},
      {"/faults", R"({"fault":"errcode","errcode":4295007297})", "errcode must be a whole number from -2147483648"},
      {"/faults", R"({"fault":"errcode","errcode":"busy"})", "errcode must be"},
      {"/faults?cuont=3", R"({"fault":"errcode"})", "cuont is no member"},
      {"/faults?count=3x", R"({"fault":"errcode"})", "count must be"},
      {"/customers/oA", R"({"refuse_code":4294967297})", "refuse_code must be"},
      {"/customers/oA/location", R"({"latitude":"abc"})", "latitude must be a number"},
      {"/customers/oA/location", R"({"longitude":"1e999"})", "longitude must be a number"},
      {"/switches?push_deliveries=1", "{}", "takes nothing in the query: push_deliveries"},
      {"/clock/advance", R"({"seconds":1,"secnds":3600})", "secnds is no member"},
      {"/clock/advance", R"({"seconds":9000000000000})", "seconds must be"},
      {"/agents/a@b", R"({"auto_accept":-5})", "auto_accept must be"},
      {"/agents/a@b", R"({"online":"yes"})", "online must be true or false"},
      {"/moderation", R"({"label":-1})", "label must be"},
      {"/customers/oA/text", R"({"content":"hi","wait_ms":999999999})", "wait_ms must be"},
  };
  const kefu::WallTime before = test.sandbox.now();
  for (const Wrong& one : cases) {
    const std::string call = fmt::format("{} {}", one.target, one.json);
    INFO(call);
    const auto reply = test.sandbox.control("POST", one.target, one.json);
    CHECK(reply.status == 400);
    CHECK(reply.body.find(one.said) != std::string::npos);
  }
  CHECK(test.sandbox.control("GET", "/customers/oA/messages?afer=1").body.find("afer is no member") !=
        std::string::npos);
  CHECK(test.sandbox.now() == before);
  CHECK(test.control("GET", "/faults").root()["active"].items().empty());
  CHECK(test.control("GET", "/apps").root()["apps"].items().size() == 1);
  CHECK(test.control("GET", "/customers").root()["customers"].items().empty());
  CHECK(test.control("GET", "/agents").root()["agents"].items().empty());
  // As text, as in a query, and null as if it were not there.
  test.control("POST", "/clock/advance?seconds=60");
  test.control("POST", "/clock/advance", R"({"seconds":"60","ms":null})");
  CHECK(test.sandbox.now() == before + std::chrono::seconds(120));
}
