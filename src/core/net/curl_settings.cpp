#include "core/net/curl_settings.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#if LIBCURL_VERSION_NUM < 0x075000
#error "kefu needs libcurl 7.80 or newer: CURLOPT_PREREQFUNCTION is what stops a message from being sent twice"
#endif

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

constexpr Millis kLongestIdle = std::chrono::hours(24 * 365);

bool readable_file(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && !S_ISDIR(info.st_mode) && access(path.c_str(), R_OK) == 0;
}

bool readable_directory(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && access(path.c_str(), R_OK | X_OK) == 0;
}

/// The authorities of the system: where this libcurl was built to look, else where distributions keep them.
std::string system_ca_file() {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  if (info->cainfo != nullptr && readable_file(info->cainfo)) return info->cainfo;
  for (const char* path : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                           "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"})
    if (readable_file(path)) return path;
  return {};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

Error unusable(const char* field, const std::string& path, const char* what) {
  return Error(ErrorKind::configuration, fmt::format("{}: \"{}\" is not {} that can be read", field, path, what));
}

Result<void> check_proxy(const CurlOptions& options) {
  const std::string& proxy = options.proxy;
  if (proxy.empty()) return {};
  constexpr std::array<std::string_view, 6> schemes{"http://",    "https://",  "socks4://",
                                                    "socks4a://", "socks5://", "socks5h://"};
  const auto scheme = std::find_if(schemes.begin(), schemes.end(),
                                   [&](std::string_view s) { return proxy.compare(0, s.size(), s) == 0; });
  if (scheme == schemes.end())
    return Error(ErrorKind::configuration,
                 "proxy: begins with none of http://, https://, socks4://, socks4a://, socks5://, socks5h://");
  const std::string_view authority = std::string_view(proxy).substr(scheme->size());
  if (authority.find('@') != std::string_view::npos)
    return Error(ErrorKind::configuration, "proxy: holds a name or password; put them in proxy_user, proxy_password");
  if (authority.empty() || authority.find_first_of("/?# \t\r\n") != std::string_view::npos)
    return Error(ErrorKind::configuration, "proxy: is not of the form scheme://host:port");
  return {};
}

Result<void> check_files(const CurlOptions& o) {
  if (!o.ca_file.empty() && !readable_file(o.ca_file)) return unusable("ca_file", o.ca_file, "a file");
  if (!o.ca_directory.empty() && !readable_directory(o.ca_directory))
    return unusable("ca_directory", o.ca_directory, "a folder");
  if (!o.ca_pem.empty() && o.ca_pem.find("-----BEGIN") == std::string::npos)
    return Error(ErrorKind::configuration, fmt::format("ca_pem: {} bytes without a PEM block", o.ca_pem.size()));
  if (!o.client_certificate_file.empty() && !readable_file(o.client_certificate_file))
    return unusable("client_certificate_file", o.client_certificate_file, "a file");
  if (!o.client_key_file.empty() && !readable_file(o.client_key_file))
    return unusable("client_key_file", o.client_key_file, "a file");
  return {};
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  return host.substr(0, 4) == "127." && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

template <class Value>
bool set(CURL* easy, CURLoption option, Value value) {
  return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

}  // namespace

Result<CurlSettings> CurlSettings::check(CurlOptions options) {
  if (options.connect_timeout < Millis(1) || options.connect_timeout > Millis(600'000))
    return Error(ErrorKind::bad_argument, "connect_timeout is 1 ms to 10 minutes");
  if (options.connections_per_host < 1 || options.connections_per_host > 10'000)
    return Error(ErrorKind::bad_argument, "connections_per_host is 1 to 10000");
  if (options.idle_connection < Millis(0)) return Error(ErrorKind::bad_argument, "idle_connection is negative");
  if (options.user_agent.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    return Error(ErrorKind::bad_argument, "user_agent holds a line break");
  if (auto checked = check_proxy(options); !checked) return checked.error();
  if (auto checked = check_files(options); !checked) return checked.error();
  for (auto& host : options.plain_http_hosts) host = lower(host);

  CurlSettings settings(std::move(options));
  const CurlOptions& o = settings.options_;
  if (o.ca_file.empty() && o.ca_directory.empty() && o.ca_pem.empty()) settings.system_ca_file_ = system_ca_file();
  return settings;
}

bool CurlSettings::apply(void* easy) const {
  const CurlOptions& o = options_;
  bool ok = set(easy, CURLOPT_NOSIGNAL, 1L) && set(easy, CURLOPT_FOLLOWLOCATION, 0L) &&
            set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1)) &&
            set(easy, CURLOPT_PATH_AS_IS, 1L) && set(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) &&
            set(easy, CURLOPT_TCP_KEEPALIVE, 1L) && set(easy, CURLOPT_USERAGENT, o.user_agent.c_str()) &&
            set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(o.connect_timeout.count())) &&
            set(easy, CURLOPT_MAXAGE_CONN,
                std::max(1L, static_cast<long>(std::min(o.idle_connection, kLongestIdle).count() / 1000)));
  // Which of the two a host may be called with is decided before libcurl sees the URL.
#if LIBCURL_VERSION_NUM >= 0x075500
  ok = ok && set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  ok = ok && set(easy, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  // All encodings this libcurl can undo; a libcurl without any is fine too.
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  return ok && apply_trust(easy) && apply_proxy(easy);
}

bool CurlSettings::apply_trust(void* easy) const {
  const CurlOptions& o = options_;
  const std::string& file = o.ca_file.empty() ? system_ca_file_ : o.ca_file;
  // A folder or a blob keeps libcurl from parsing the authorities once for all connections (20 ms of CPU each), so
  // libcurl's own default folder is taken away and a blob is used only when the host gives one.
  bool ok = set(easy, CURLOPT_SSL_VERIFYPEER, 1L) && set(easy, CURLOPT_SSL_VERIFYHOST, 2L) &&
            set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) &&
            set(easy, CURLOPT_CAINFO, file.empty() ? nullptr : file.c_str()) &&
            set(easy, CURLOPT_CAPATH, o.ca_directory.empty() ? nullptr : o.ca_directory.c_str());
  if (!o.ca_pem.empty()) {
    curl_blob blob{const_cast<char*>(o.ca_pem.data()), o.ca_pem.size(), CURL_BLOB_NOCOPY};
    ok = ok && set(easy, CURLOPT_CAINFO_BLOB, &blob);
  }
  if (!o.client_certificate_file.empty()) ok = ok && set(easy, CURLOPT_SSLCERT, o.client_certificate_file.c_str());
  if (!o.client_key_file.empty()) ok = ok && set(easy, CURLOPT_SSLKEY, o.client_key_file.c_str());
  if (!o.client_key_password.empty())
    ok = ok && set(easy, CURLOPT_KEYPASSWD, std::string(o.client_key_password.expose()).c_str());
  return ok;
}

bool CurlSettings::apply_proxy(void* easy) const {
  const CurlOptions& o = options_;
  // Empty texts, not absent ones: absent means "look at the environment".
  bool ok = set(easy, CURLOPT_PROXY, o.proxy.c_str()) && set(easy, CURLOPT_NOPROXY, "");
  if (o.proxy.empty()) return ok;
  // A tunnel for plain http too: the proxy then sees hosts, never paths and tokens.
  ok = ok && set(easy, CURLOPT_HTTPPROXYTUNNEL, 1L) && set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (!o.proxy_user.empty()) ok = ok && set(easy, CURLOPT_PROXYUSERNAME, o.proxy_user.c_str());
  if (!o.proxy_password.empty())
    ok = ok && set(easy, CURLOPT_PROXYPASSWORD, std::string(o.proxy_password.expose()).c_str());
  return ok;
}

std::string CurlSettings::refusal(std::string_view base) const {
  constexpr std::string_view secure = "https://";
  constexpr std::string_view plain = "http://";
  const bool is_secure = base.substr(0, secure.size()) == secure;
  if (!is_secure && base.substr(0, plain.size()) != plain)
    return "the base URL begins with neither https:// nor http://";
  const std::string authority = lower(base.substr(is_secure ? secure.size() : plain.size()));
  if (authority.empty() ||
      authority.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_:[]") != std::string::npos)
    return "the base URL is not of the form scheme://host:port";
  if (is_secure) return {};
  const std::string host = authority.front() == '[' ? authority.substr(0, authority.find(']') + 1)
                                                    : authority.substr(0, authority.find(':'));
  const auto& listed = options_.plain_http_hosts;
  if (is_loopback(host) || std::find(listed.begin(), listed.end(), host) != listed.end() ||
      std::find(listed.begin(), listed.end(), authority) != listed.end())
    return {};
  return "plain http to \"" + host + "\" would show tokens to the network: use https, or list it in plain_http_hosts";
}

}  // namespace detail
KEFU_END_NAMESPACE
