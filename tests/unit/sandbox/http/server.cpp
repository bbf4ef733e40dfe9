#include "sandbox/http/server.hpp"

#include "core/text/document.hpp"
#include "sandbox/http/json_text.hpp"
#include "sandbox/http/web_text.hpp"
#include "unit/sandbox/http/tiny_client.hpp"

#include <kefu/sandbox/sandbox.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <string>

using kefu::detail::Document;
using kefu_test::TinyClient;
using kefu_test::TinyWebhook;

namespace {

constexpr const char* kTokenPath = "/cgi-bin/token";

/// A sandbox on real sockets with one account.
class ServedCase {
 public:
  ServedCase() {
    REQUIRE(sandbox.start().has_value());
    auto added = sandbox.add(kefu::sandbox::WechatApp());
    REQUIRE(added.has_value());
    account = *added;
    target =
        fmt::format("{}?grant_type=client_credential&appid={}&secret={}", kTokenPath, account.appid, account.secret);
  }
  void fault(const std::string& name, std::int64_t size = 0) {
    kefu::sandbox::FaultSwitch one(name);
    one.path = kTokenPath;
    one.size = size;
    one.delay = kefu::Millis(50);
    REQUIRE(sandbox.switch_on(one).has_value());
  }
  Document control(TinyClient& client, std::string_view method, std::string_view path, std::string_view body = {}) {
    const auto answer = client.request(method, path, body);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return Document::json(answer.body);
  }

  kefu::sandbox::Sandbox sandbox;
  kefu::sandbox::WechatApp account;
  std::string target;
};

}  // namespace

TEST_CASE("one connection serves many calls; what is no HTTP ends it") {
  ServedCase test;
  TinyClient client(test.sandbox.wechat_url());
  std::set<std::string> tokens;
  for (int i = 0; i < 20; ++i) {
    const auto answer = client.request("GET", test.target);
    REQUIRE(answer.status == 200);
    CHECK(answer.head.find("Content-Type: application/json") != std::string::npos);
    tokens.insert(answer.body);
  }
  CHECK(tokens.size() == 20);
  // The absolute form, which a client sends that was told of a proxy (RFC 9112 3.2.2).
  for (const char* address : {"http://127.0.0.1:1", "https://api.weixin.qq.com"})
    CHECK(client.request("GET", address + test.target).body.find("access_token") != std::string::npos);
  CHECK(client.request("GET", "http://api.weixin.qq.com").body.find("40066") != std::string::npos);
  const std::string chunked =
      "POST /cgi-bin/stable_token HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
      "5\r\n{\"gra\r\n6;x=y\r\nnt\":1}\r\n0\r\n\r\n";
  CHECK(client.raw(chunked).body.find("40002") != std::string::npos);
  CHECK(client.raw("GET / HTTP/1.1\r\nConnection: close\r\n\r\n").head.find("Connection: close") != std::string::npos);
  CHECK(client.state() == "closed");
  for (const char* wrong :
       {"nonsense\r\n\r\n", "GET ftp://x/ HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        "GET / HTTP/1.1\r\n: x\r\n\r\n"}) {
    TinyClient other(test.sandbox.wechat_url());
    const auto answer = other.raw(wrong);
    CHECK((answer.status == 400 || answer.status == 413));
    CHECK(other.state() == "closed");
  }
  TinyClient endless(test.sandbox.wechat_url());
  CHECK(endless.raw("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x')).status == 413);
  client.close();
  const auto pipelined = client.raw("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
  CHECK(pipelined.body.find("40066") != std::string::npos);
  CHECK(client.raw("").body.find("40066") != std::string::npos);
}

TEST_CASE("faults of the wire") {
  ServedCase test;
  struct Expected {
    const char* fault;
    int status;
    const char* seen;
    const char* then;  ///< State of the connection afterwards; null: it is gone.
  };
  const Expected cases[] = {
      {"reset_before_reply", 0, "reset", nullptr}, {"reset_inside_reply", 200, "reset", nullptr},
      {"reset_after_reply", 200, "", "reset"},     {"close_without_reply", 0, "closed", nullptr},
      {"close_inside_reply", 200, "cut", nullptr}, {"close_after_reply", 200, "", "closed"},
      {"half_headers", 0, "closed", nullptr},      {"stall_inside_reply", 200, "timeout", nullptr},
      {"length_too_long", 200, "cut", nullptr},    {"length_too_short", 200, "", "data"},
      {"reply_before_body", 200, "", "closed"},    {"reset_while_sending", 0, "reset", nullptr},
  };
  for (const Expected& one : cases) {
    const std::string name = one.fault;
    INFO(name);
    TinyClient client(test.sandbox.wechat_url());
    client.wait_at_most(300);
    CHECK(client.request("GET", test.target).status == 200);
    test.fault(name);
    const auto answer = client.request("GET", test.target);
    // A reset may overtake the bytes that were sent before it.
    if (name != "reset_inside_reply") CHECK(answer.status == one.status);
    if (name != "reset_after_reply") CHECK(answer.fault == one.seen);
    if (one.then != nullptr && answer.fault.empty()) CHECK(client.state() == one.then);
    client.close();
    CHECK(client.request("GET", test.target).body.find("access_token") != std::string::npos);
  }
}

TEST_CASE("faults of the answer") {
  ServedCase test;
  TinyClient client(test.sandbox.wechat_url());
  const auto with = [&](const char* name, std::int64_t size = 0) {
    test.fault(name, size);
    return client.request("GET", test.target);
  };
  CHECK(with("http_502_html").status == 502);
  CHECK(with("http_503_empty").body.empty());
  CHECK(with("http_500_json").body.find("access_token") != std::string::npos);
  CHECK(with("http_429", 9).head.find("Retry-After: 9\r\n") != std::string::npos);
  CHECK(with("redirect").status == 302);
  CHECK(with("html_200").body.find("<html>") == 0);
  CHECK(with("empty_200").body.empty());
  CHECK(with("cut_json").body.back() != '}');
  CHECK(with("array_json").body.front() == '[');
  CHECK(with("missing_fields").body == "{}");
  CHECK(with("huge_body", 3'000'000).body.size() > 3'000'000);
  CHECK(Document::json(with("deep_json").body).fault() == kefu::detail::ReadFault::too_deep);
  CHECK(with("exponent").body.find("e-2147483639") != std::string::npos);
  CHECK(Document::json(with("control_characters").body).repairs().control_characters >= 3);
  CHECK(Document::json(with("invalid_utf8").body).repairs().invalid_utf8 > 0);
  CHECK(with("late_reply").status == 200);
  CHECK(with("latency").status == 200);
  kefu::sandbox::FaultSwitch canned("canned");
  canned.status = 418;
  canned.body = "tea";
  canned.content_type = "text/plain";
  REQUIRE(test.sandbox.switch_on(canned).has_value());
  const auto answer = client.request("GET", "/anything");
  CHECK(answer.status == 418);
  CHECK(answer.body == "tea");
  kefu::sandbox::FaultSwitch code("errcode");
  code.errcode = -1;
  code.count = 2;
  code.skip = 1;
  REQUIRE(test.sandbox.switch_on(code).has_value());
  CHECK(client.request("GET", test.target).body.find("access_token") != std::string::npos);
  CHECK(client.request("GET", test.target).body.find("\"errcode\":-1,\"errmsg\":\"system error rid: ") !=
        std::string::npos);
  CHECK(client.request("GET", test.target).body.find("\"errcode\":-1") != std::string::npos);
  CHECK(client.request("GET", test.target).body.find("access_token") != std::string::npos);
  CHECK_FALSE(test.sandbox.switch_on(kefu::sandbox::FaultSwitch("no such")).has_value());
}

TEST_CASE("the control API over a socket: errors are clear, waiting calls answer when something happens") {
  ServedCase test;
  TinyClient client(test.sandbox.control_url());
  CHECK(test.control(client, "GET", "/").root()["routes"].items().size() > 25);
  const auto error = [&](std::string_view method, std::string_view path, std::string_view body, int status) {
    const auto answer = client.request(method, path, body);
    CHECK(answer.status == status);
    return std::string(Document::json(answer.body).root()["error"].text());
  };
  CHECK(error("GET", "/nowhere", "", 404).find("/nowhere") != std::string::npos);
  CHECK(error("PUT", "/apps", "{}", 405).find("PUT") != std::string::npos);
  CHECK(error("POST", "/apps", "{\"kind\":", 400).find("JSON") != std::string::npos);
  CHECK(error("POST", "/apps", R"({"kind":"shop"})", 400).find("kind") != std::string::npos);
  CHECK(error("POST", "/apps", R"({"encoding_aes_key":"short"})", 400).find("encoding_aes_key") != std::string::npos);
  CHECK(error("POST", "/apps", R"({"callback_url":"http://example.com/"})", 400).find("this machine") !=
        std::string::npos);
  CHECK(error("POST", "/faults", R"({"fault":"none"})", 400).find("GET /faults") != std::string::npos);
  CHECK(error("POST", "/switches", R"({"none":1})", 400).find("none") != std::string::npos);
  CHECK(error("POST", "/customers/oA/dance", "{}", 404).find("dance") != std::string::npos);
  CHECK(error("POST", "/customers/oA/text", R"({"misbehave":"none"})", 400).find("misbehaviour") != std::string::npos);
  CHECK(error("GET", "/customers/oA", "", 404).find("oA") != std::string::npos);
  CHECK(error("GET", "/pushes/77", "", 404).find("push") != std::string::npos);
  CHECK(error("POST", "/clock/advance", "{}", 400).find("seconds") != std::string::npos);

  test.control(client, "POST", "/customers/oA/text", R"({"content":"hi"})");
  const auto token = Document::json(TinyClient(test.sandbox.wechat_url()).request("GET", test.target).body);
  const std::string send =
      "/cgi-bin/message/custom/send?access_token=" + std::string(token.root()["access_token"].text());
  std::thread sender([&] {
    TinyClient other(test.sandbox.wechat_url());
    for (const char* text : {"one", "two"})
      other.request("POST", send, fmt::format(R"({{"touser":"oA","msgtype":"text","text":{{"content":"{}"}}}})", text));
  });
  const auto messages = test.control(client, "GET", "/customers/oA/messages?after=0&count=2&wait_ms=10000");
  sender.join();
  REQUIRE(messages.root()["messages"].items().size() == 2);
  CHECK(messages.root()["messages"].items()[1]["text"].text() == "two");
  CHECK(messages.root()["last"].integer() == 2);
  CHECK(test.control(client, "GET", "/customers/oA/messages?after=2&wait_ms=20").root()["messages"].items().empty());

  const std::int64_t before = test.control(client, "GET", "/clock").root()["unix"].integer().value_or(0);
  test.control(client, "POST", "/clock/advance", R"({"seconds":3600})");
  const std::int64_t after = test.control(client, "GET", "/clock").root()["unix"].integer().value_or(0);
  CHECK((after - before >= 3600 && after - before < 3700));
  CHECK(test.control(client, "POST", "/clock/set", R"({"unix":1700000000})").root()["unix"].integer() == 1'700'000'000);
  CHECK(kefu::unix_seconds(test.sandbox.clock()->wall()) - 1'700'000'000 < 100);
}

TEST_CASE("pushes over a socket: delivered, repeated after a refused connection, broken on purpose") {
  ServedCase test;
  std::mutex mutex;
  std::vector<std::pair<std::string, std::string>> got;
  std::atomic<int> refuse{0};
  const auto seen = [&](std::size_t index) {
    const std::lock_guard<std::mutex> lock(mutex);
    return index < got.size() ? got[index] : std::pair<std::string, std::string>();
  };
  TinyWebhook webhook([&](const std::string& head, const std::string& body) -> std::string {
    const std::lock_guard<std::mutex> lock(mutex);
    got.emplace_back(head, body);
    if (head.find("GET ") == 0) {
      const std::size_t at = head.find("echostr=") + 8;
      return TinyWebhook::ok(head.substr(at, head.find_first_of("& ", at) - at));
    }
    return refuse-- > 0 ? std::string() : TinyWebhook::ok("success");
  });
  TinyClient client(test.sandbox.control_url());
  test.control(client, "POST", "/switches", R"({"push_retry_interval_ms":10,"push_deadline_ms":400})");
  test.control(client, "POST", "/apps/" + test.account.appid,
               fmt::format(R"({{"callback_url":"{}"}})", webhook.url("/push?tenant=7")));
  const auto verified =
      test.control(client, "POST", "/apps/" + test.account.appid + "/verify-url", R"({"wait_ms":5000})");
  CHECK(verified.root()["state"].text() == "answered");
  CHECK(seen(0).first.find("GET /push?tenant=7&signature=") == 0);

  const auto push = test.control(client, "POST", "/customers/oA/text", R"({"content":"hi","wait_ms":5000})");
  CHECK(push.root()["state"].text() == "answered");
  CHECK(seen(1).first.find("POST /push?tenant=7&signature=") == 0);
  CHECK(seen(1).second.find("<Encrypt>") != std::string::npos);

  refuse = 2;
  const auto repeated = test.control(client, "POST", "/customers/oA/text", R"({"content":"hi","wait_ms":5000})");
  CHECK(repeated.root()["state"].text() == "answered");
  REQUIRE(repeated.root()["attempts"].items().size() == 3);
  CHECK(repeated.root()["attempts"].items()[0]["result"].text() == "closed");

  test.control(client, "POST", "/switches", R"({"push_deliveries":1})");
  const auto slow =
      test.control(client, "POST", "/customers/oA/text", R"({"content":"hi","misbehave":"slow_body","wait_ms":5000})");
  CHECK(slow.root()["state"].text() == "failed");
  CHECK(slow.root()["attempts"].items()[0]["result"].text() == "timeout");
  const auto cut = test.control(client, "POST", "/customers/oA/text",
                                R"({"content":"hi","misbehave":"wrong_content_length","wait_ms":5000})");
  CHECK(cut.root()["attempts"].items().size() == 1);
  // Seven requests reached the webhook: verification, one push, three deliveries, the slow and the cut one.
  CHECK(seen(5).second.size() > 64);
  CHECK(seen(6).second.size() > 64);
  CHECK(seen(7).first.empty());
  test.control(client, "POST", "/apps/" + test.account.appid, R"({"callback_url":"http://127.0.0.1:1/"})");
  const auto refused = test.control(client, "POST", "/customers/oA/text", R"({"content":"hi","wait_ms":5000})");
  CHECK(refused.root()["attempts"].items()[0]["result"].text() == "refused");
  const auto inbox = test.control(client, "GET", "/customers/oA/messages");
  CHECK(inbox.root()["messages"].items().size() >= 2);
  CHECK(inbox.root()["messages"].items()[0]["channel"].text() == "notice");
}

TEST_CASE("a client that sends and reads nothing stops nobody else") {
  ServedCase test;
  TinyClient greedy(test.sandbox.wechat_url());
  std::string requests;
  for (int i = 0; i < 2'000; ++i) requests += "GET /none HTTP/1.1\r\n\r\n";
  constexpr std::size_t kMost = 64 * 1024 * 1024;
  // What it does not read is not answered, and what is not answered is not taken.
  CHECK(greedy.flood(requests, kMost) < kMost);
  TinyClient client(test.sandbox.control_url());
  CHECK(client.request("GET", "/clock").status == 200);
  CHECK(greedy.raw("").status == 200);
}

TEST_CASE("a client that ends its side is still answered, however long its request and the answer are") {
  ServedCase test;
  for (const std::size_t size : {std::size_t{16'384}, std::size_t{16'385}, std::size_t{100'000}}) {
    std::string head;
    std::size_t body = size;
    do {
      body = size - head.size();
      head = fmt::format("POST /cgi-bin/stable_token HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body);
    } while (head.size() + body != size);
    REQUIRE(head.size() + body == size);
    TinyClient client(test.sandbox.wechat_url());
    CHECK(client.raw(head + "{" + std::string(body - 2, ' ') + "}", true).status == 200);
    CHECK(client.state() == "closed");
  }
  test.fault("huge_body", 20'000'000);
  TinyClient client(test.sandbox.wechat_url());
  const auto answer = client.raw("GET " + test.target + " HTTP/1.1\r\n\r\n", true);
  CHECK(answer.fault.empty());
  CHECK(answer.body.size() > 20'000'000);
}

TEST_CASE("a body that is too long is refused with an answer, not with a reset") {
  ServedCase test;
  constexpr std::size_t kBody = 33 * 1024 * 1024;
  TinyClient client(test.sandbox.wechat_url());
  const auto answer =
      client.raw(fmt::format("POST /cgi-bin/media/upload HTTP/1.1\r\nContent-Length: {}\r\n\r\n", kBody) +
                 std::string(kBody, 'x'));
  CHECK(answer.status == 413);
  CHECK(answer.fault.empty());
  CHECK(client.state() == "closed");
}

TEST_CASE("idle connections end; a service with places of its own keeps them") {
  kefu::sandbox::EventLoop loop;
  kefu::sandbox::HttpServer server(loop, kefu::Millis(400));
  kefu::sandbox::WebService service;
  service.handle = [](kefu::sandbox::WebRequest&, kefu::sandbox::Responder respond) {
    respond(kefu::sandbox::WebAnswer());
  };
  std::string why;
  const auto shared = server.listen(0, service, why);
  service.own_places = 2;
  const auto own = server.listen(0, service, why);
  REQUIRE((shared && own && loop.start()));
  loop.run_at(kefu::MonoTime::min(), [&server] { server.open(); });
  const auto url = [](int port) { return "http://127.0.0.1:" + std::to_string(port); };
  {
    TinyClient first(url(*shared)), second(url(*shared)), third(url(*shared));
    for (TinyClient* one : {&first, &second, &third}) CHECK(one->request("GET", "/").status == 200);
    TinyClient a(url(*own)), b(url(*own)), c(url(*own));
    CHECK(a.request("GET", "/").status == 200);
    CHECK(b.request("GET", "/").status == 200);
    CHECK(c.request("GET", "/").status == 0);
    CHECK(a.state() == "closed");
    CHECK(first.state() == "closed");
    CHECK(c.request("GET", "/").status == 200);
  }
  loop.stop();
}

TEST_CASE("a webhook has five interim answers, then it has answered wrongly") {
  ServedCase test;
  std::atomic<int> interim{5};
  TinyWebhook webhook([&interim](const std::string&, const std::string&) {
    std::string bytes;
    for (int i = 0; i < interim; ++i) bytes += "HTTP/1.1 100 Continue\r\n\r\n";
    return bytes + TinyWebhook::ok("success");
  });
  TinyClient client(test.sandbox.control_url());
  test.control(client, "POST", "/switches", R"({"push_deliveries":1})");
  test.control(client, "POST", "/apps/" + test.account.appid,
               fmt::format(R"({{"callback_url":"{}"}})", webhook.url("/push")));
  const auto write = [&] {
    return test.control(client, "POST", "/customers/oA/text", R"({"content":"hi","wait_ms":5000})");
  };
  CHECK(write().root()["state"].text() == "answered");
  interim = 6;
  const auto wrong = write();
  CHECK(wrong.root()["state"].text() == "failed");
  CHECK(wrong.root()["attempts"].items()[0]["result"].text() == "bad_answer");
}

TEST_CASE("an object of many members is written in a time that grows with it") {
  std::string json = "{\"a\":1";
  for (int i = 0; i < 100'000; ++i) json += fmt::format(",\"m{}\":{}", i, i);
  json += ",\"a\":2}";
  const auto begun = std::chrono::steady_clock::now();
  const Document document = Document::json(json);
  REQUIRE(document);
  const std::string written = kefu::sandbox::json_of(document.root());
  // Ten thousand million comparisons took minutes.
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
  CHECK(written.find("{\"a\":[1,2],\"m0\":0,") == 0);
}

TEST_CASE("a port in use is an error; a stopped sandbox can start again and keeps its state") {
  kefu::sandbox::Sandbox first;
  REQUIRE(first.start().has_value());
  kefu::sandbox::SandboxOptions options;
  options.wechat_port = kefu_test::port_of(first.wechat_url());
  kefu::sandbox::Sandbox second(options);
  const auto failed = second.start();
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().kind() == kefu::ErrorKind::configuration);
  CHECK(failed.error().message().find(std::to_string(options.wechat_port)) != std::string::npos);
  const auto app = first.add(kefu::sandbox::WechatApp());
  REQUIRE(app.has_value());
  first.stop();
  first.stop();
  REQUIRE(first.start().has_value());
  TinyClient client(first.control_url());
  CHECK(client.request("GET", "/apps/" + app->appid).status == 200);
}
