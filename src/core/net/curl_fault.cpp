// What an end without an answer means: which fault, and so which kind and delivery.
#include "core/net/curl_transfer.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <cerrno>
#include <system_error>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

// CURLE_TOO_LARGE of later versions; 7.88 says "out of memory" of a header line without end.
constexpr int kCurlTooLarge = 100;

long info_of(CURL* easy, CURLINFO what) {
  long value = 0;
  curl_easy_getinfo(easy, what, &value);
  return value;
}

bool is_trust_failure(int code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return true;
    default:
      return false;
  }
}

bool is_tls_failure(int code) {
  return code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SSL_CIPHER || code == CURLE_USE_SSL_FAILED ||
         code == CURLE_SSL_ENGINE_NOTFOUND || code == CURLE_SSL_ENGINE_SETFAILED ||
         code == CURLE_SSL_ENGINE_INITFAILED || code == CURLE_SSL_CLIENTCERT;
}

bool is_socks_authentication(long proxy_error) {
  return proxy_error == CURLPX_NO_AUTH || proxy_error == CURLPX_USER_REJECTED || proxy_error == CURLPX_RECV_AUTH ||
         proxy_error == CURLPX_SEND_AUTH;
}

}  // namespace

TransportFault CurlTransfer::fault_of(int curl_code) const {
  if (stop_ == Stop::replay || curl_code == CURLE_SEND_FAIL_REWIND) return TransportFault::replay_prevented;
  if (stop_ == Stop::too_large || stop_ == Stop::no_memory) return TransportFault::reply_too_large;
  if (stop_ == Stop::sink || stop_ == Stop::source) return TransportFault::cancelled_after_sending;
  if (sends_ > 0) return fault_after_sending(curl_code);

  // Nothing of the request has left: everything below happened while the connection was made.
  if (curl_code == CURLE_COULDNT_RESOLVE_HOST || curl_code == CURLE_COULDNT_RESOLVE_PROXY)
    return TransportFault::dns_failure;
  if (curl_code == CURLE_OPERATION_TIMEDOUT) return TransportFault::timeout_before_connect;
  if (is_trust_failure(curl_code)) return TransportFault::tls_verification_failed;
  if (is_tls_failure(curl_code)) return TransportFault::tls_handshake_failed;
  if (curl_code == CURLE_URL_MALFORMAT || curl_code == CURLE_UNSUPPORTED_PROTOCOL)
    return TransportFault::refused_locally;
  if (curl_code == CURLE_PROXY)
    return is_socks_authentication(info_of(easy_, CURLINFO_PROXY_ERROR)) ? TransportFault::proxy_wants_authentication
                                                                         : TransportFault::proxy_refused_tunnel;
  if (info_of(easy_, CURLINFO_HTTP_CONNECTCODE) == 407) return TransportFault::proxy_wants_authentication;
  if (curl_code != CURLE_COULDNT_CONNECT && !settings_.options().proxy.empty())
    return TransportFault::proxy_refused_tunnel;
  switch (info_of(easy_, CURLINFO_OS_ERRNO)) {
    case ETIMEDOUT:
      return TransportFault::timeout_before_connect;
    case ECONNREFUSED:
    case ECONNRESET:
      return TransportFault::connection_refused;
    default:
      return TransportFault::host_unreachable;
  }
}

TransportFault CurlTransfer::fault_after_sending(int curl_code) const {
  const bool reply_began = header_bytes_ > 0 || info_of(easy_, CURLINFO_HEADER_SIZE) > 0;
  if (curl_code == CURLE_OUT_OF_MEMORY || curl_code == kCurlTooLarge) return TransportFault::reply_too_large;
  if (curl_code == CURLE_OPERATION_TIMEDOUT)
    return reply_began ? TransportFault::timeout_inside_reply : TransportFault::timeout_after_send;
  if (reply_began) return TransportFault::reset_inside_reply;
  if (curl_code == CURLE_SEND_ERROR) return TransportFault::connection_lost_while_sending;
  curl_off_t uploaded = 0;
  curl_easy_getinfo(easy_, CURLINFO_SIZE_UPLOAD_T, &uploaded);
  const auto size = request_.source ? request_.source->length() : request_.body.size();
  if (curl_code == CURLE_RECV_ERROR && static_cast<std::uint64_t>(uploaded) < size)
    return TransportFault::connection_lost_while_sending;
  if (curl_code == CURLE_RECV_ERROR) return TransportFault::reset_before_reply;
  if (curl_code == CURLE_GOT_NOTHING) return TransportFault::closed_without_reply;
  return TransportFault::reset_inside_reply;  // something came that is no HTTP
}

std::string CurlTransfer::detail_of(int curl_code, TransportFault fault) const {
  switch (stop_) {
    case Stop::replay:
      return "a reused connection died after the request was sent on it; sending it again was stopped";
    case Stop::too_large:
      return fmt::format("the reply has more than {} bytes, or its headers more than {}", request_.max_reply_bytes,
                         64 * 1024);
    case Stop::no_memory:
      return "there is no memory for the reply";
    case Stop::sink:
      return "the receiver of the download ended it";
    case Stop::source:
      return "the source of the upload ended before its announced length";
    case Stop::none:
      break;
  }
  if (curl_code == CURLE_OK) return "the connection ended inside the reply's headers";
  std::string text = curl_easy_strerror(static_cast<CURLcode>(curl_code));
  const bool names_the_cause =
      fault == TransportFault::tls_verification_failed || fault == TransportFault::tls_handshake_failed;
  if (names_the_cause && error_text_[0] != '\0') text += fmt::format(": {}", error_text_.c_str());
  if (fault == TransportFault::proxy_refused_tunnel || fault == TransportFault::proxy_wants_authentication)
    text += fmt::format(" (the proxy answered {})", info_of(easy_, CURLINFO_HTTP_CONNECTCODE));
  if (const long number = info_of(easy_, CURLINFO_OS_ERRNO); number != 0)
    text += fmt::format(" ({})", std::generic_category().message(static_cast<int>(number)));
  return text;
}

}  // namespace detail
KEFU_END_NAMESPACE
