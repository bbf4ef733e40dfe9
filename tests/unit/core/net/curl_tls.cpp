#include "support/raw_server.hpp"
#include "support/temp_folder.hpp"
#include "support/tls_identity.hpp"
#include "support/transport_case.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>

using namespace kefu;
using kefu_test::RawConnection;
using kefu_test::RawServer;
using kefu_test::TempFolder;
using kefu_test::TlsIdentity;
using kefu_test::TlsServerContext;
using kefu_test::told;
using kefu_test::TransportCase;

namespace {

void write_file(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

/// A TLS server on loopback with a certificate of its own authority.
struct TlsCase {
  explicit TlsCase(const char* names = "IP:127.0.0.1", const TlsIdentity* clients = nullptr)
      : identity("kefu test server", names, authority), context(identity, clients), server([this](auto& c, int) {
          if (!c.accept_tls(context.get())) return;
          while (!c.read_request().empty()) c.reply("{}");
        }) {}

  CurlOptions trusting() const {
    CurlOptions options;
    options.ca_pem = authority.certificate_pem();
    return options;
  }
  HttpOutcome ask(CurlOptions options, Millis limit = Millis(10'000)) const {
    TransportCase c(std::move(options));
    return c.exchange(c.post(server.tls_base(), "x"), limit);
  }

  TlsIdentity authority{"kefu test authority"};
  TlsIdentity identity;
  TlsServerContext context;
  RawServer server;
};

void check_fault(const HttpOutcome& outcome, TransportFault expected) {
  REQUIRE_MESSAGE(outcome.fault, told(outcome));
  CHECK_MESSAGE(*outcome.fault == expected, told(outcome));
}

}  // namespace

TEST_CASE("NET-2: authorities from a file, a folder and memory; more than one request per connection") {
  const TlsCase tls;
  const TempFolder folder;
  CurlOptions options;
  SUBCASE("file") {
    write_file(folder.file("ca.pem"), tls.authority.certificate_pem());
    options.ca_file = folder.file("ca.pem");
  }
  SUBCASE("folder") {
    write_file(folder.file(tls.authority.hash_name()), tls.authority.certificate_pem());
    options.ca_directory = folder.path();
  }
  SUBCASE("memory") { options = tls.trusting(); }
  SUBCASE("memory beside a file that knows others") {
    options = tls.trusting();
    write_file(folder.file("ca.pem"), TlsIdentity("somebody else").certificate_pem());
    options.ca_file = folder.file("ca.pem");
  }
  TransportCase c(std::move(options));
  for (int i = 0; i < 3; ++i) {
    const HttpOutcome outcome = c.exchange(c.post(tls.server.tls_base(), "x"));
    REQUIRE_MESSAGE(!outcome.fault, told(outcome));
    CHECK(outcome.reply.body == "{}");
  }
  CHECK(tls.server.connections() == 1);
}

TEST_CASE("NET-2: what is not trusted is not spoken to, and the detail says why") {
  SUBCASE("an authority that the system does not know") {
    const TlsCase tls;
    const HttpOutcome outcome = tls.ask(CurlOptions());
    check_fault(outcome, TransportFault::tls_verification_failed);
    CHECK(outcome.detail.find("certificate") != std::string::npos);
  }
  SUBCASE("a certificate for another name") {
    const TlsCase tls("DNS:api.example.test");
    check_fault(tls.ask(tls.trusting()), TransportFault::tls_verification_failed);
  }
  SUBCASE("a file of authorities that is none") {
    const TlsCase tls;
    const TempFolder folder;
    write_file(folder.file("ca.pem"), "no certificate in here\n");
    CurlOptions options;
    options.ca_file = folder.file("ca.pem");
    check_fault(tls.ask(std::move(options)), TransportFault::tls_verification_failed);
  }
}

TEST_CASE("TLS that does not come about") {
  SUBCASE("older than 1.2") {
    TlsCase tls;
    tls.context.newest_version(TLS1_1_VERSION);
    check_fault(tls.ask(tls.trusting()), TransportFault::tls_handshake_failed);
  }
  SUBCASE("a server that speaks plain http") {
    const RawServer server([](RawConnection& connection, int) {
      connection.read_some();
      connection.reply("{}", "400 Bad Request");
    });
    TransportCase c;
    check_fault(c.exchange(c.post(server.tls_base(), "x")), TransportFault::tls_handshake_failed);
  }
  SUBCASE("a server that hangs up") {
    const RawServer server([](RawConnection& connection, int) {
      connection.read_some();
      connection.close_with_reset();
    });
    TransportCase c;
    check_fault(c.exchange(c.post(server.tls_base(), "x")), TransportFault::tls_handshake_failed);
  }
  SUBCASE("a server that says nothing: the connect limit holds for the handshake too") {
    const RawServer server([](RawConnection& connection, int) { connection.wait_closed(); });
    CurlOptions options;
    options.connect_timeout = Millis(150);
    TransportCase c(std::move(options));
    check_fault(c.exchange(c.post(server.tls_base(), "x")), TransportFault::timeout_before_connect);
  }
}

TEST_CASE("a client certificate is shown to a server that asks") {
  const TlsIdentity clients("authority of clients");
  const TlsCase tls("IP:127.0.0.1", &clients);
  const TlsIdentity client("kefu test client", "DNS:client.example.test", clients);
  const TempFolder folder;
  write_file(folder.file("client.pem"), client.certificate_pem());
  write_file(folder.file("client.key"), client.key_pem());
  CurlOptions options = tls.trusting();
  SUBCASE("shown") {
    options.client_certificate_file = folder.file("client.pem");
    options.client_key_file = folder.file("client.key");
    const HttpOutcome outcome = tls.ask(std::move(options));
    CHECK_MESSAGE(!outcome.fault, told(outcome));
  }
  SUBCASE("a key that does not fit") {
    write_file(folder.file("other.key"), TlsIdentity("other").key_pem());
    options.client_certificate_file = folder.file("client.pem");
    options.client_key_file = folder.file("other.key");
    check_fault(tls.ask(std::move(options)), TransportFault::tls_verification_failed);
  }
  SUBCASE("none") { CHECK(tls.ask(std::move(options)).fault.has_value()); }
}

TEST_CASE("SIGPIPE: servers that hang up on TLS connections do not end this process") {
  // OpenSSL writes without MSG_NOSIGNAL, the last bytes of TLS when the transport closes its side; SIGPIPE has its
  // default action in this program.
  const TlsIdentity authority("kefu test authority");
  const TlsIdentity identity("kefu test server", "IP:127.0.0.1", authority);
  const TlsServerContext context(identity);
  CurlOptions options;
  options.ca_pem = authority.certificate_pem();
  {
    const RawServer server([&](RawConnection& connection, int) {
      if (!connection.accept_tls(context.get())) return;
      connection.read_some();
      connection.close_with_reset();
    });
    TransportCase c(options);
    check_fault(c.exchange(c.post(server.tls_base(), std::string(8 << 20, 'x'))),
                TransportFault::connection_lost_while_sending);
  }
  {
    TransportCase c(options);
    const RawServer server([&](RawConnection& connection, int) {
      if (!connection.accept_tls(context.get())) return;
      connection.read_request();
      connection.reply("{}");
      connection.wait_closed();  // the end of the server
      connection.close_with_reset();
    });
    CHECK_FALSE(c.exchange(c.post(server.tls_base(), "1")).fault);
    // Here the server ends, then the transport, which still holds the connection.
  }
  struct sigaction action {};
  sigaction(SIGPIPE, nullptr, &action);
  CHECK((action.sa_handler == SIG_DFL));  // and the host's handling was not touched
}
