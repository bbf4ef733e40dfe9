#include "core/crypto/crypto.hpp"
#include "support/raw_server.hpp"
#include "support/transport_case.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace kefu;
using kefu_test::RawConnection;
using kefu_test::RawServer;
using kefu_test::told;
using kefu_test::TransportCase;

namespace {

/// Answers every request of a connection with `body`, noting each.
RawServer::Script echo(RawServer*& server, std::string body = "{}") {
  return [&server, body](RawConnection& connection, int) {
    for (std::string request; !(request = connection.read_request()).empty();) {
      server->note(request);
      connection.reply(body);
    }
  };
}

class TextSource final : public BodySource {
 public:
  explicit TextSource(std::string text, std::size_t announced = 0)
      : text_(std::move(text)), announced_(announced == 0 ? text_.size() : announced) {}
  std::uint64_t length() const override { return announced_; }
  std::size_t read(char* data, std::size_t size) override {
    const std::size_t part = std::min({size, text_.size() - at_, std::size_t(1000)});
    text_.copy(data, part, at_);
    at_ += part;
    return part;
  }
  bool rewind() override {
    at_ = 0;
    ++rewinds;
    return true;
  }
  int rewinds = 0;

 private:
  std::string text_;
  std::size_t announced_;
  std::size_t at_ = 0;
};

/// 100,000 blanks, gzip.
std::string packed_blanks() {
  const auto bytes = detail::base64_decoded(
      "H4sIAAAAAAACA+3BMQEAAADCoCrrn9IaHkABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAArwYt8HnKoIYBAA==",
      detail::Base64Mode::strict);
  return bytes ? *bytes : std::string();
}

}  // namespace

TEST_CASE("a request goes out as it was built, and the answer comes back whole") {
  RawServer* self = nullptr;
  RawServer server([&self](RawConnection& connection, int) {
    self->note(connection.read_request());
    connection.write("HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n");
    connection.write("HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nX-Mixed-CASE:  a b \r\n");
    connection.write("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
    connection.wait_closed();
  });
  self = &server;
  TransportCase c;
  HttpRequest request = c.post(server.base(), R"({"content":"你好"})", "/cgi-bin/message/custom/send");
  request.query = {{"access_token", "a+b/c=&d"}, {"kf_account", "test1@gh_1"}, {"空", " "}};
  request.headers = {{"Content-Type", "application/json; charset=utf-8"}, {"X-Empty", ""}};
  const HttpOutcome outcome = c.exchange(std::move(request));
  REQUIRE_MESSAGE(!outcome.fault, told(outcome));
  CHECK(outcome.reply.status == 404);
  CHECK(outcome.reply.body == "hello world");
  CHECK(outcome.reply.header("x-mixed-case") == "a b");
  CHECK(outcome.reply.header("x-early").empty());

  REQUIRE(server.notes().size() == 1);
  const std::string sent = server.notes()[0];
  CHECK(sent.find("POST /cgi-bin/message/custom/send?access_token=a%2Bb%2Fc%3D%26d&kf_account=test1@gh_1&"
                  "%E7%A9%BA=%20 HTTP/1.1\r\n") == 0);
  CHECK(sent.find("Host: " + server.authority() + "\r\n") != std::string::npos);
  CHECK(sent.find("User-Agent: kefu\r\n") != std::string::npos);
  CHECK(sent.find("Content-Type: application/json; charset=utf-8\r\n") != std::string::npos);
  CHECK(sent.find("X-Empty:\r\n") != std::string::npos);
  CHECK(sent.find("\r\n\r\n{\"content\":\"你好\"}") != std::string::npos);
}

TEST_CASE("one connection serves one request after the other, of every method, with no trace of the last one") {
  RawServer* self = nullptr;
  RawServer server(echo(self));
  self = &server;
  TransportCase c;
  HttpRequest del = c.get(server.base());
  del.method = "DELETE";
  HttpRequest put = c.post(server.base(), "body");
  put.method = "PUT";
  for (HttpRequest& request : std::vector<HttpRequest>{c.post(server.base(), "one"), c.get(server.base()), del,
                                                       c.post(server.base(), ""), put, c.get(server.base())}) {
    const HttpOutcome outcome = c.exchange(std::move(request));
    CHECK_MESSAGE(!outcome.fault, told(outcome));
  }
  CHECK(server.connections() == 1);
  const auto sent = server.notes();
  REQUIRE(sent.size() == 6);
  CHECK(sent[0].substr(0, 5) == "POST ");
  CHECK(sent[1].substr(0, 4) == "GET ");
  CHECK(sent[1].find("Content-Length") == std::string::npos);
  CHECK(sent[2].substr(0, 7) == "DELETE ");
  CHECK(sent[3].find("Content-Length: 0\r\n") != std::string::npos);
  CHECK(sent[3].find("Content-Type") == std::string::npos);
  CHECK(sent[4].substr(0, 4) == "PUT ");
  CHECK(sent[5].substr(0, 4) == "GET ");
}

TEST_CASE("a large body is sent without waiting for 100-continue") {
  RawServer* self = nullptr;
  RawServer server(echo(self));
  self = &server;
  TransportCase c;
  const HttpOutcome outcome = c.exchange(c.post(server.base(), std::string(3 << 20, 'x')));
  REQUIRE_MESSAGE(!outcome.fault, told(outcome));
  CHECK(server.notes()[0].find("Expect") == std::string::npos);
  CHECK(server.notes()[0].size() > (3U << 20));
}

TEST_CASE("NET-6: redirects are an answer, not a way") {
  RawServer server([](RawConnection& connection, int) {
    connection.read_request();
    connection.reply("", "302 Found", "Location: http://127.0.0.1:1/\r\n");
  });
  TransportCase c;
  const HttpOutcome outcome = c.exchange(c.get(server.base()));
  REQUIRE_MESSAGE(!outcome.fault, told(outcome));
  CHECK(outcome.reply.status == 302);
}

TEST_CASE("replay: what may act twice is sent once, even if a reused connection dies") {
  // The first request keeps the connection open, the second one is read and then the connection dies without a word.
  RawServer* self = nullptr;
  RawServer server([&self](RawConnection& connection, int number) {
    int left = number == 0 ? 2 : 1000;
    for (std::string request; !(request = connection.read_request()).empty();) {
      self->note(request);
      if (--left == 0) return;
      connection.reply("{}");
    }
  });
  self = &server;
  TransportCase c;
  REQUIRE_FALSE(c.exchange(c.post(server.base(), "1")).fault);
  SUBCASE("a send is not repeated") {
    const HttpOutcome outcome = c.exchange(c.post(server.base(), "2"));
    REQUIRE(outcome.fault);
    CHECK_MESSAGE(*outcome.fault == TransportFault::replay_prevented, told(outcome));
    CHECK(server.notes().size() == 2);
  }
  SUBCASE("a read is") {
    const HttpOutcome outcome = c.exchange(c.get(server.base()));
    CHECK_MESSAGE(!outcome.fault, told(outcome));
    CHECK(server.notes().size() == 3);
  }
  SUBCASE("an upload that may be repeated goes back to its start") {
    auto source = std::make_shared<TextSource>(std::string(5000, 'u'));
    HttpRequest request = c.post(server.base(), "");
    request.source = source;
    request.repeatable = true;
    const HttpOutcome outcome = c.exchange(std::move(request));
    CHECK_MESSAGE(!outcome.fault, told(outcome));
    CHECK(source->rewinds == 1);
    REQUIRE(server.notes().size() == 3);
    CHECK(server.notes()[2].find(std::string(5000, 'u')) != std::string::npos);
  }
  // Whatever came of it, the next request works.
  CHECK_FALSE(c.exchange(c.get(server.base())).fault);
}

TEST_CASE("uploads and downloads are streams") {
  RawServer* self = nullptr;
  const std::string bulk(300'000, 'd');
  RawServer server([&](RawConnection& connection, int) {
    for (std::string request; !(request = connection.read_request()).empty();) {
      self->note(request);
      connection.reply(bulk, request.find("/missing") == std::string::npos ? "200 OK" : "404 Not Found");
    }
  });
  self = &server;
  TransportCase c;
  SUBCASE("an upload with a known length") {
    HttpRequest request = c.post(server.base(), "");
    request.source = std::make_shared<TextSource>(std::string(100'000, 'u'));
    const HttpOutcome outcome = c.exchange(std::move(request));
    REQUIRE_MESSAGE(!outcome.fault, told(outcome));
    CHECK(server.notes()[0].find("Content-Length: 100000\r\n") != std::string::npos);
    CHECK(server.notes()[0].find(std::string(100'000, 'u')) != std::string::npos);
  }
  SUBCASE("an upload that ends early fails the call") {
    HttpRequest request = c.post(server.base(), "");
    request.source = std::make_shared<TextSource>("short", 100);
    const HttpOutcome outcome = c.exchange(std::move(request));
    REQUIRE(outcome.fault);
    CHECK(*outcome.fault == TransportFault::cancelled_after_sending);
    CHECK(outcome.detail.find("source") != std::string::npos);
  }
  SUBCASE("a download of status 200") {
    std::string got;
    HttpRequest request = c.get(server.base());
    request.sink = [&got](std::string_view part) {
      got += part;
      return true;
    };
    const HttpOutcome outcome = c.exchange(std::move(request));
    REQUIRE_MESSAGE(!outcome.fault, told(outcome));
    CHECK(got == bulk);
    CHECK(outcome.reply.body.empty());
  }
  SUBCASE("MED-2: an error is no download") {
    bool called = false;
    HttpRequest request = c.get(server.base(), "/missing");
    request.sink = [&called](std::string_view) { return called = true; };
    const HttpOutcome outcome = c.exchange(std::move(request));
    CHECK(outcome.reply.status == 404);
    CHECK(outcome.reply.body == bulk);
    CHECK_FALSE(called);
  }
  SUBCASE("a receiver that wants no more, or throws") {
    bool throws = false;
    SUBCASE("says no") {}
    SUBCASE("throws") { throws = true; }
    HttpRequest request = c.get(server.base());
    request.sink = [throws](std::string_view) {
      if (throws) throw std::runtime_error("from a sink");
      return false;
    };
    const HttpOutcome outcome = c.exchange(std::move(request));
    REQUIRE(outcome.fault);
    CHECK(*outcome.fault == TransportFault::cancelled_after_sending);
  }
}

TEST_CASE("NET-6: replies have a limit, also after inflating and in their headers") {
  const std::string bomb = packed_blanks();
  const char* kind = "";
  RawServer server([&](RawConnection& connection, int) {
    connection.read_request();
    const std::string_view what = kind;
    if (what == "announced") connection.reply(std::string(5000, 'x'));
    if (what == "chunked") connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n");
    if (what == "chunked") connection.write(std::string(5000, 'x'));
    if (what == "inflated") connection.reply(bomb, "200 OK", "Content-Encoding: gzip\r\n");
    if (what == "headers") {
      connection.write("HTTP/1.1 200 OK\r\n");
      for (int i = 0; i < 100; ++i) connection.write("X-Bulk: " + std::string(1000, 'h') + "\r\n");
    }
    if (what == "one header") connection.write("HTTP/1.1 200 OK\r\nX-Bulk: " + std::string(1 << 20, 'h'));
    connection.wait_closed();
  });
  SUBCASE("announced") { kind = "announced"; }
  SUBCASE("chunked") { kind = "chunked"; }
  SUBCASE("inflated") { kind = "inflated"; }
  SUBCASE("headers") { kind = "headers"; }
  SUBCASE("one header") { kind = "one header"; }
  TransportCase c;
  HttpRequest request = c.get(server.base());
  request.max_reply_bytes = 4999;
  const HttpOutcome outcome = c.exchange(std::move(request));
  REQUIRE(outcome.fault);
  CHECK_MESSAGE(*outcome.fault == TransportFault::reply_too_large, told(outcome));
}

TEST_CASE("an encoded reply is inflated within the limit") {
  const std::string packed = packed_blanks();
  RawServer server([&](RawConnection& connection, int) {
    const std::string request = connection.read_request();
    const bool offered = request.find("Accept-Encoding:") != std::string::npos;
    connection.reply(packed, offered ? "200 OK" : "500 No", "Content-Encoding: gzip\r\n");
    connection.wait_closed();
  });
  TransportCase c;
  const HttpOutcome outcome = c.exchange(c.get(server.base()));
  REQUIRE_MESSAGE(!outcome.fault, told(outcome));
  CHECK(outcome.reply.status == 200);
  CHECK(outcome.reply.body == std::string(100'000, ' '));
}

TEST_CASE("plain http goes to loopback and to listed hosts only; nothing odd becomes a request") {
  RawServer* self = nullptr;
  RawServer server(echo(self));
  self = &server;
  const std::string any = "0.0.0.0:" + std::to_string(server.port());  // not loopback by name, but reachable
  TransportCase plain;
  const auto fault_of = [&plain](HttpRequest request) { return plain.exchange(std::move(request)).fault; };
  CHECK(fault_of(plain.get("http://" + any)) == TransportFault::refused_locally);
  CHECK(fault_of(plain.get("http://api.example.test")) == TransportFault::refused_locally);
  CHECK(fault_of(plain.get("http://127.evil.example.test")) == TransportFault::refused_locally);
  CHECK(fault_of(plain.get("ftp://127.0.0.1")) == TransportFault::refused_locally);
  CHECK(fault_of(plain.get("file:///etc/passwd")) == TransportFault::refused_locally);
  CHECK(fault_of(plain.get(server.base() + "/path")) == TransportFault::refused_locally);
  CHECK(fault_of(plain.get("http://127.0.0.1@evil.example.test")) == TransportFault::refused_locally);
  CHECK(fault_of(plain.get(server.base(), "no-slash")) == TransportFault::refused_locally);
  CHECK(fault_of(plain.get(server.base(), "/a?b=c")) == TransportFault::refused_locally);
  CHECK(fault_of(plain.get(server.base(), "/a\r\nX: y")) == TransportFault::refused_locally);
  HttpRequest split = plain.get(server.base());
  split.headers = {{"X", "a\r\nInjected: yes"}};
  CHECK(fault_of(split) == TransportFault::refused_locally);
  CHECK(server.connections() == 0);
  CHECK_FALSE(fault_of(plain.get("http://localhost:" + std::to_string(server.port()))));

  for (const std::string& listed : {std::string("0.0.0.0"), any}) {
    CurlOptions options;
    options.plain_http_hosts = {listed};
    TransportCase c(std::move(options));
    const HttpOutcome outcome = c.exchange(c.get("http://" + any));
    CHECK_MESSAGE(!outcome.fault, told(outcome));
  }
}

TEST_CASE("the environment's proxies are not for us") {
  RawServer* self = nullptr;
  RawServer server(echo(self));
  self = &server;
  const RawServer closed(nullptr);
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"})
    ::setenv(name, closed.base().c_str(), 1);
  {
    TransportCase c;
    const HttpOutcome outcome = c.exchange(c.get(server.base()));
    CHECK_MESSAGE(!outcome.fault, told(outcome));
  }
  for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
}

TEST_CASE("connections per host are limited, and everybody gets a turn") {
  RawServer* self = nullptr;
  RawServer server(echo(self));
  self = &server;
  CurlOptions options;
  options.connections_per_host = 4;
  TransportCase c(std::move(options));
  std::vector<std::future<HttpOutcome>> all;
  for (int i = 0; i < 64; ++i) all.push_back(c.start(c.post(server.base(), std::to_string(i))));
  for (auto& one : all) CHECK_FALSE(one.get().fault);
  CHECK(server.most_open() <= 4);
  CHECK(server.notes().size() == 64);
}
