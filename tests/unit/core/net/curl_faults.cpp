#include "support/raw_server.hpp"
#include "support/transport_case.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <poll.h>

using namespace kefu;
using kefu_test::RawConnection;
using kefu_test::RawServer;
using kefu_test::told;
using kefu_test::TransportCase;

// Every fault of `transport_faults` in error-kinds.json that a socket can make, made by a socket.

namespace {

void check_fault(const HttpOutcome& outcome, TransportFault expected) {
  REQUIRE_MESSAGE(outcome.fault, told(outcome));
  CHECK_MESSAGE(*outcome.fault == expected, told(outcome));
  CHECK_FALSE(outcome.detail.empty());
}

/// A listener whose queue of connections is full: the kernel drops further ones without an answer.
class FullBacklog {
 public:
  FullBacklog() : server_(nullptr, 0) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(server_.port()));
    for (int i = 0; i < 4; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      static_cast<void>(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address));
      sockets_.push_back(fd);
    }
    pollfd first{sockets_.front(), POLLOUT, 0};
    ::poll(&first, 1, 5000);
  }
  ~FullBacklog() {
    for (const int fd : sockets_) ::close(fd);
  }
  std::string base() const { return server_.base(); }

 private:
  RawServer server_;
  std::vector<int> sockets_;
};

int unused_port() {
  const RawServer closed(nullptr);
  return closed.port();
}

}  // namespace

TEST_CASE("faults before a connection is there") {
  SUBCASE("refused") {
    TransportCase c;
    check_fault(c.exchange(c.post("http://127.0.0.1:" + std::to_string(unused_port()), "x")),
                TransportFault::connection_refused);
  }
  SUBCASE("no way to the host") {
    TransportCase c;  // TCP has no broadcast: the kernel says ENETUNREACH at once
    check_fault(c.exchange(c.post("https://255.255.255.255", "x")), TransportFault::host_unreachable);
  }
  SUBCASE("no such name") {
    TransportCase c;
    check_fault(c.exchange(c.post("https://nothing.invalid", "x")), TransportFault::dns_failure);
  }
  SUBCASE("NET-4: the connect limit") {
    const FullBacklog full;
    CurlOptions options;
    options.connect_timeout = Millis(150);
    TransportCase c(std::move(options));
    check_fault(c.exchange(c.post(full.base(), "x")), TransportFault::timeout_before_connect);
  }
  SUBCASE("the call's deadline") {
    const FullBacklog full;
    TransportCase c;
    check_fault(c.exchange(c.post(full.base(), "x"), Millis(150)), TransportFault::timeout_before_connect);
  }
  SUBCASE("no time at all") {
    TransportCase c;
    check_fault(c.exchange(c.post("https://127.0.0.1", "x"), Millis(0)), TransportFault::deadline_before_sending);
  }
  SUBCASE("cancelled before it started") {
    TransportCase c;
    const CancelSource cancel;
    cancel.request();
    check_fault(c.exchange(c.post("https://127.0.0.1", "x"), Millis(1000), cancel.token()),
                TransportFault::cancelled_before_sending);
  }
  SUBCASE("cancelled while connecting") {
    const FullBacklog full;
    TransportCase c;
    const CancelSource cancel;
    auto outcome = c.start(c.post(full.base(), "x"), Millis(20'000), cancel.token());
    c.settle();
    cancel.request();
    check_fault(outcome.get(), TransportFault::cancelled_before_sending);
  }
}

TEST_CASE("faults after the request left") {
  const char* kind = "";
  std::promise<void> seen;
  RawServer server([&](RawConnection& connection, int) {
    connection.read_request();
    seen.set_value();
    const std::string_view what = kind;
    if (what == "reset") return connection.close_with_reset();
    if (what == "closed") return;
    if (what == "cut body") return connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"errc");
    if (what == "cut chunk") return connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{");
    if (what == "half headers") return connection.write("HTTP/1.1 200 OK\r\nContent-Le");
    if (what == "half status line") return connection.write("HTTP/1.1 20");
    if (what == "no http") return connection.write("<html>502 bad gateway</html>\n\n");
    if (what == "silence in body") connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"errc");
    connection.wait_closed();
  });
  TransportCase c;
  const auto exchange = [&](const char* what) {
    kind = what;
    return c.exchange(c.post(server.base(), "x"), Millis(3'000));
  };
  SUBCASE("reset") { check_fault(exchange("reset"), TransportFault::reset_before_reply); }
  SUBCASE("closed") { check_fault(exchange("closed"), TransportFault::closed_without_reply); }
  SUBCASE("cut body") { check_fault(exchange("cut body"), TransportFault::reset_inside_reply); }
  SUBCASE("cut chunk") { check_fault(exchange("cut chunk"), TransportFault::reset_inside_reply); }
  SUBCASE("half headers") { check_fault(exchange("half headers"), TransportFault::reset_inside_reply); }
  SUBCASE("half status line") {
    // libcurl tells the two apart by how the bytes and the end fall into its reads; kind and delivery are the same.
    const HttpOutcome outcome = exchange("half status line");
    REQUIRE(outcome.fault);
    const bool inside = *outcome.fault == TransportFault::reset_inside_reply;
    CHECK_MESSAGE((inside || *outcome.fault == TransportFault::closed_without_reply), told(outcome));
  }
  SUBCASE("something that is no HTTP") { check_fault(exchange("no http"), TransportFault::reset_inside_reply); }
  SUBCASE("no reply in time") {
    kind = "silence";
    check_fault(c.exchange(c.post(server.base(), "x"), Millis(200)), TransportFault::timeout_after_send);
  }
  SUBCASE("no end of the reply in time") {
    kind = "silence in body";
    check_fault(c.exchange(c.post(server.base(), "x"), Millis(200)), TransportFault::timeout_inside_reply);
  }
  SUBCASE("cancelled while the platform thinks") {
    kind = "silence";
    const CancelSource cancel;
    auto outcome = c.start(c.post(server.base(), "x"), Millis(20'000), cancel.token());
    seen.get_future().wait();
    cancel.request();
    check_fault(outcome.get(), TransportFault::cancelled_after_sending);
    cancel.request();
  }
  SUBCASE("stopped while the platform thinks") {
    kind = "silence";
    auto outcome = c.start(c.post(server.base(), "x"));
    seen.get_future().wait();
    c.stop();
    check_fault(outcome.get(), TransportFault::cancelled_after_sending);
  }
}

TEST_CASE("a reset in the middle of a reply, after part of it was read") {
  std::promise<void> part_read;
  RawServer server([&](RawConnection& connection, int) {
    connection.read_request();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"errc");
    part_read.get_future().wait();
    connection.close_with_reset();
  });
  TransportCase c;
  HttpRequest request = c.get(server.base());
  bool told_server = false;
  request.sink = [&](std::string_view) {
    if (!std::exchange(told_server, true)) part_read.set_value();
    return true;
  };
  check_fault(c.exchange(std::move(request)), TransportFault::reset_inside_reply);
}

TEST_CASE("a connection lost while a large body is sent: no signal, a fault, and the next call works") {
  // SIGPIPE has its default action in this program: an unguarded write would end it.
  RawServer server([](RawConnection& connection, int number) {
    connection.read_head();
    if (number == 0) return connection.close_with_reset();
    connection.reply("{}");
  });
  TransportCase c;
  check_fault(c.exchange(c.post(server.base(), std::string(32 << 20, 'x'))),
              TransportFault::connection_lost_while_sending);
  const HttpOutcome next = c.exchange(c.post(server.base(), "x"));
  CHECK_MESSAGE(!next.fault, told(next));
}

TEST_CASE("an answer before the body was read is an answer") {
  RawServer server([](RawConnection& connection, int) {
    connection.read_head();
    connection.reply("too large", "413 Payload Too Large", "Connection: close\r\n");
    connection.wait_closed();
  });
  TransportCase c;
  const HttpOutcome outcome = c.exchange(c.post(server.base(), std::string(32 << 20, 'x')));
  REQUIRE_MESSAGE(!outcome.fault, told(outcome));
  CHECK(outcome.reply.status == 413);
  CHECK(outcome.reply.body == "too large");
}

TEST_CASE("NET-4: waiting for a connection ends with the deadline, a cancel, a stop, or a full queue") {
  std::promise<void> seen;
  std::promise<void> release;
  RawServer server([&](RawConnection& connection, int) {
    connection.read_request();
    seen.set_value();
    release.get_future().wait();
    connection.reply("{}");
    while (!connection.read_request().empty()) connection.reply("{}");
  });
  CurlOptions options;
  options.connections_per_host = 1;
  options.waiting_per_host = 2;
  TransportCase c(std::move(options));
  auto first = c.start(c.post(server.base(), "1"));
  seen.get_future().wait();

  check_fault(c.exchange(c.post(server.base(), "2"), Millis(50)), TransportFault::deadline_before_sending);

  const CancelSource cancel;
  auto cancelled = c.start(c.post(server.base(), "3"), Millis(20'000), cancel.token());
  c.settle();
  cancel.request();
  check_fault(cancelled.get(), TransportFault::cancelled_before_sending);

  auto waiting = c.start(c.post(server.base(), "4"));
  auto last = c.start(c.post(server.base(), "5"));
  check_fault(c.exchange(c.post(server.base(), "6")), TransportFault::too_many_waiting);
  SUBCASE("they get their turn") {
    release.set_value();
    CHECK_FALSE(first.get().fault);
    CHECK_FALSE(waiting.get().fault);
    CHECK_FALSE(last.get().fault);
    CHECK(server.connections() == 1);
  }
  SUBCASE("a stop") {
    c.stop();
    check_fault(first.get(), TransportFault::cancelled_after_sending);
    check_fault(waiting.get(), TransportFault::cancelled_before_sending);
    check_fault(last.get(), TransportFault::cancelled_before_sending);
    release.set_value();
  }
}

TEST_CASE("NET-4: who waited for a connection is still cancelled on the wire") {
  std::promise<void> release;
  std::promise<void> second_seen;
  RawServer server([&](RawConnection& connection, int) {
    connection.read_request();
    release.get_future().wait();
    connection.reply("{}");
    connection.read_request();
    second_seen.set_value();
    connection.wait_closed();
  });
  CurlOptions options;
  options.connections_per_host = 1;
  TransportCase c(std::move(options));
  auto first = c.start(c.post(server.base(), "1"));
  c.settle();
  const CancelSource cancel;
  auto second = c.start(c.post(server.base(), "2"), Millis(20'000), cancel.token());
  c.settle();
  release.set_value();
  second_seen.get_future().wait();
  cancel.request();
  CHECK_FALSE(first.get().fault);
  check_fault(second.get(), TransportFault::cancelled_after_sending);
}

TEST_CASE("NET-4: a cancel that comes late does not hit the request that has the handle now") {
  RawServer server([](RawConnection& connection, int) { connection.wait_closed(); });
  CurlOptions options;
  options.connections_per_host = 1;
  TransportCase c(std::move(options));
  const CancelSource busy;
  auto first = c.start(c.post(server.base(), "1"), Millis(20'000), busy.token());
  c.settle();

  auto& core = *detail::core_of(c.runtime());
  const CancelSource cancel;
  const CancelSource other;
  const MonoTime deadline = core.clock->mono() + Millis(200);
  std::promise<TransportFault> second;
  std::promise<HttpOutcome> third;
  core.transport->send(c.post(server.base(), "2"), deadline, cancel.token(), [&](const HttpOutcome& outcome) {
    second.set_value(outcome.fault.value_or(TransportFault::refused_locally));
    core.transport->send(c.post(server.base(), "3"), core.clock->mono() + Millis(20'000), other.token(),
                         [&](HttpOutcome ended) { third.set_value(std::move(ended)); });
  });
  // One turn of the loop: the cancel is posted, the deadline ends the second request, the third takes its handle.
  core.scheduler->post([&] {
    while (core.clock->mono() <= deadline) std::this_thread::yield();
    cancel.request();
  });
  CHECK(second.get_future().get() == TransportFault::deadline_before_sending);
  c.settle();
  auto answer = third.get_future();
  CHECK(answer.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
  other.request();
  check_fault(answer.get(), TransportFault::cancelled_before_sending);
  busy.request();
  static_cast<void>(first.get());
}

TEST_CASE("NET-3: a proxy carries the tunnel, and its refusals have names") {
  const char* answer = "HTTP/1.1 200 Connection established\r\n\r\n";
  RawServer* self = nullptr;
  RawServer proxy([&](RawConnection& connection, int) {
    self->note(connection.read_request());
    connection.write(answer);
    if (std::string_view(answer).find(" 200 ") == std::string_view::npos) return;
    self->note(connection.read_request());
    connection.reply("through");
    connection.wait_closed();
  });
  self = &proxy;
  CurlOptions options;
  options.proxy = proxy.base();
  options.proxy_user = "kefu";
  options.proxy_password = Secret("planted-proxy-password");
  SUBCASE("the tunnel, also for plain http: the proxy sees the host, not the path") {
    TransportCase c(std::move(options));
    const HttpOutcome outcome = c.exchange(c.post("http://127.0.0.1:1", "x", "/path"));
    REQUIRE_MESSAGE(!outcome.fault, told(outcome));
    CHECK(outcome.reply.body == "through");
    CHECK(outcome.reply.headers.size() == 1);  // none of the proxy's
    REQUIRE(proxy.notes().size() == 2);
    CHECK(proxy.notes()[0].find("CONNECT 127.0.0.1:1 HTTP/1.1\r\n") == 0);
    CHECK(proxy.notes()[0].find("Proxy-Authorization: Basic ") != std::string::npos);
    CHECK(proxy.notes()[1].find("POST /path HTTP/1.1\r\n") == 0);
    CHECK(proxy.notes()[1].find("Proxy-Authorization") == std::string::npos);
  }
  SUBCASE("403") {
    answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    TransportCase c(std::move(options));
    const HttpOutcome outcome = c.exchange(c.post("https://api.example.test", "x"));
    check_fault(outcome, TransportFault::proxy_refused_tunnel);
    CHECK(outcome.detail.find("403") != std::string::npos);
  }
  SUBCASE("407") {
    answer = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n";
    TransportCase c(std::move(options));
    const HttpOutcome outcome = c.exchange(c.post("https://api.example.test", "x"));
    check_fault(outcome, TransportFault::proxy_wants_authentication);
    CHECK(outcome.detail.find("planted") == std::string::npos);
  }
  SUBCASE("closed without an answer") {
    answer = "";
    TransportCase c(std::move(options));
    check_fault(c.exchange(c.post("https://api.example.test", "x")), TransportFault::proxy_refused_tunnel);
  }
  SUBCASE("not there") {
    options.proxy = "http://127.0.0.1:" + std::to_string(unused_port());
    TransportCase c(std::move(options));
    check_fault(c.exchange(c.post("https://api.example.test", "x")), TransportFault::connection_refused);
  }
}

TEST_CASE("a SOCKS proxy that takes no method or not this user") {
  bool knows_passwords = true;
  RawServer proxy([&](RawConnection& connection, int) {
    connection.read_some();  // version and methods
    connection.write(knows_passwords ? "\x05\x02" : "\x05\xff");
    connection.read_some();
    connection.write(std::string_view("\x01\x01", 2));
    connection.wait_closed();
  });
  SUBCASE("no method") { knows_passwords = false; }
  SUBCASE("wrong user") {}
  CurlOptions options;
  options.proxy = "socks5h://" + proxy.authority();
  options.proxy_user = "kefu";
  options.proxy_password = Secret("wrong");
  TransportCase c(std::move(options));
  check_fault(c.exchange(c.post("https://api.example.test", "x")), TransportFault::proxy_wants_authentication);
}
