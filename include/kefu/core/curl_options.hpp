#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/secret.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <string>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// Settings of the default transport. Certificates and host names are always verified; nothing here turns that off.
struct CurlOptions {
  CurlOptions() {}
  Millis connect_timeout{3'000};
  /// Most connections to one host at a time; more requests wait for one, within their deadline.
  int connections_per_host = 64;
  /// Most requests to one host that wait for a connection; more are answered `rate_limited` at once, not sent.
  std::size_t waiting_per_host = 10'000;
  /// Whole seconds after which an idle connection is not used again.
  Millis idle_connection{60'000};
  /// "http://proxy:3128" or "socks5h://...", without name and password; empty: none. It is always asked for a tunnel.
  /// The environment's proxy variables are never read. Changes nothing else: not TLS, not time-outs, not pooling.
  std::string proxy;
  std::string proxy_user;
  Secret proxy_password;
  /// Trusted authorities instead of the system's: a PEM file, a hashed folder, or PEM text. Several may be given.
  std::string ca_file;
  std::string ca_directory;
  std::string ca_pem;
  /// Client certificate and key, PEM files.
  std::string client_certificate_file;
  std::string client_key_file;
  Secret client_key_password;
  /// Hosts ("name" or "name:port") that may be called over plain http. Loopback addresses always may.
  std::vector<std::string> plain_http_hosts;
  std::string user_agent = "kefu";
};

KEFU_END_NAMESPACE
