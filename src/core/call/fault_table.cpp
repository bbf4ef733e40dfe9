#include "core/call/fault_table.hpp"

#include "core/call/reply.hpp"

#include <array>
#include <cctype>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

// Values from error-kinds.json, transport_faults; a test compares every row.
constexpr std::array<FaultRow, 34> kFaults{{
    {Fault::dns_failure,
     "dns failure",
     {ErrorKind::network, Delivery::not_sent, Retry::after_backoff},
     {ErrorKind::network, Delivery::not_sent, Retry::after_backoff},
     "the host name did not resolve: check DNS and the base URL"},
    {Fault::connection_refused,
     "connection refused",
     {ErrorKind::network, Delivery::not_sent, Retry::after_backoff},
     {ErrorKind::network, Delivery::not_sent, Retry::after_backoff},
     "the connection was refused: check the base URL and the network"},
    {Fault::host_unreachable,
     "host unreachable",
     {ErrorKind::network, Delivery::not_sent, Retry::after_backoff},
     {ErrorKind::network, Delivery::not_sent, Retry::after_backoff},
     "the host cannot be reached: check the network"},
    {Fault::timeout_before_connect,
     "timeout before connect",
     {ErrorKind::timeout, Delivery::not_sent, Retry::after_backoff},
     {ErrorKind::timeout, Delivery::not_sent, Retry::after_backoff},
     "no connection within the time allowed"},
    {Fault::tls_handshake_failed,
     "tls handshake failed",
     {ErrorKind::network, Delivery::not_sent, Retry::after_backoff},
     {ErrorKind::network, Delivery::not_sent, Retry::after_backoff},
     "the TLS handshake failed"},
    {Fault::tls_verification_failed,
     "tls verification failed",
     {ErrorKind::configuration, Delivery::not_sent, Retry::never},
     {ErrorKind::configuration, Delivery::not_sent, Retry::never},
     "the server's certificate does not verify: check the trust store, the clock and whether something intercepts the "
     "connection"},
    {Fault::proxy_refused_tunnel,
     "proxy refused the tunnel",
     {ErrorKind::network, Delivery::not_sent, Retry::after_backoff},
     {ErrorKind::network, Delivery::not_sent, Retry::after_backoff},
     "the proxy refused the tunnel"},
    {Fault::proxy_wants_authentication,
     "proxy wants authentication",
     {ErrorKind::configuration, Delivery::not_sent, Retry::never},
     {ErrorKind::configuration, Delivery::not_sent, Retry::never},
     "the proxy wants a user and password: set them in the proxy URL"},
    {Fault::held_back_by_limiter,
     "held back by the local limiter",
     {ErrorKind::rate_limited, Delivery::not_sent, Retry::after_backoff},
     {ErrorKind::rate_limited, Delivery::not_sent, Retry::after_backoff},
     "the local limit of this API has no free slot before the deadline: go slower or allow more time"},
    {Fault::deadline_before_sending,
     "deadline passed before sending",
     {ErrorKind::timeout, Delivery::not_sent, Retry::never},
     {ErrorKind::timeout, Delivery::not_sent, Retry::never},
     "time was over before the request was sent: waiting for a token, a connection or a slot took it all"},
    {Fault::cancelled_before_sending,
     "cancelled before sending",
     {ErrorKind::cancelled, Delivery::not_sent, Retry::never},
     {ErrorKind::cancelled, Delivery::not_sent, Retry::never},
     "cancelled before the request was sent"},
    {Fault::connection_lost_while_sending,
     "connection lost while sending",
     {ErrorKind::network, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::network, Delivery::unknown, Retry::never},
     "the connection was lost while sending: the platform may have all of it"},
    {Fault::replay_prevented,
     "send aborted to avoid silent replay",
     {ErrorKind::network, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::network, Delivery::unknown, Retry::never},
     "a reused connection died and sending a second time was prevented: the platform may have acted"},
    {Fault::reset_before_reply,
     "reset before reply",
     {ErrorKind::network, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::network, Delivery::unknown, Retry::never},
     "the connection was reset before an answer came"},
    {Fault::closed_without_reply,
     "connection closed without a reply",
     {ErrorKind::network, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::network, Delivery::unknown, Retry::never},
     "the connection was closed without an answer"},
    {Fault::reset_inside_reply,
     "reset inside reply",
     {ErrorKind::network, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::network, Delivery::unknown, Retry::never},
     "the connection ended inside the answer"},
    {Fault::timeout_after_send,
     "timeout after send",
     {ErrorKind::timeout, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::timeout, Delivery::unknown, Retry::never},
     "no answer within the time allowed"},
    {Fault::timeout_inside_reply,
     "timeout inside reply",
     {ErrorKind::timeout, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::timeout, Delivery::unknown, Retry::never},
     "the answer did not end within the time allowed"},
    {Fault::cancelled_after_sending,
     "cancelled after sending",
     {ErrorKind::cancelled, Delivery::unknown, Retry::never},
     {ErrorKind::cancelled, Delivery::unknown, Retry::never},
     "cancelled after sending: the platform may have acted"},
    {Fault::http_5xx_html,
     "http 5xx with html",
     {ErrorKind::unavailable, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::unavailable, Delivery::unknown, Retry::never},
     "the gateway answered with an error page"},
    {Fault::http_5xx_empty,
     "http 5xx with empty body",
     {ErrorKind::unavailable, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::unavailable, Delivery::unknown, Retry::never},
     "the gateway answered with an error and no body"},
    {Fault::http_5xx_without_code,
     "http 5xx with json without a code",
     {ErrorKind::unavailable, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::unavailable, Delivery::unknown, Retry::never},
     "the gateway answered with an error and no code"},
    {Fault::http_5xx_with_code,
     "http 500 with readable error json",
     {ErrorKind::unavailable, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::unavailable, Delivery::unknown, Retry::never},
     "the platform answered with HTTP 5xx"},
    {Fault::http_429,
     "http 429 without readable json",
     {ErrorKind::rate_limited, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::rate_limited, Delivery::unknown, Retry::never},
     "something in between limits the rate: go slower"},
    {Fault::http_4xx,
     "http 4xx without readable json",
     {ErrorKind::configuration, Delivery::unknown, Retry::never},
     {ErrorKind::configuration, Delivery::unknown, Retry::never},
     "not the platform's own answer: check base URL, path and proxy"},
    {Fault::http_3xx,
     "http 3xx",
     {ErrorKind::configuration, Delivery::unknown, Retry::never},
     {ErrorKind::configuration, Delivery::unknown, Retry::never},
     "redirects of API calls are not followed: check base URL and proxy"},
    {Fault::http_200_html,
     "http 200 html",
     {ErrorKind::malformed_reply, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::malformed_reply, Delivery::unknown, Retry::never},
     "an HTML page came instead of JSON"},
    {Fault::empty_200,
     "empty 200",
     {ErrorKind::malformed_reply, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::malformed_reply, Delivery::unknown, Retry::never},
     "the answer is empty"},
    {Fault::cut_json,
     "cut json",
     {ErrorKind::malformed_reply, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::malformed_reply, Delivery::unknown, Retry::never},
     "the answer is no whole JSON"},
    {Fault::not_an_object,
     "json that is not an object",
     {ErrorKind::malformed_reply, Delivery::unknown, Retry::after_backoff},
     {ErrorKind::malformed_reply, Delivery::unknown, Retry::never},
     "the answer is JSON but no object"},
    {Fault::missing_field,
     "success without a required field",
     {ErrorKind::malformed_reply, Delivery::unknown, Retry::never},
     {ErrorKind::malformed_reply, Delivery::unknown, Retry::never},
     "the answer says success but lacks a required field"},
    {Fault::reply_too_large,
     "reply too large",
     {ErrorKind::malformed_reply, Delivery::unknown, Retry::never},
     {ErrorKind::malformed_reply, Delivery::unknown, Retry::never},
     "the answer is larger than allowed: ask for less"},
    {Fault::reply_signature,
     "reply signature does not verify",
     {ErrorKind::malformed_reply, Delivery::unknown, Retry::never},
     {ErrorKind::malformed_reply, Delivery::unknown, Retry::never},
     "the answer's signature does not verify: nothing of it was used"},
    {Fault::refused_locally,
     "refused locally",
     {ErrorKind::configuration, Delivery::not_sent, Retry::never},
     {ErrorKind::configuration, Delivery::not_sent, Retry::never},
     "the URL is not allowed: https, or plain http to a listed or loopback host"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kFaults.size(); ++i)
    if (static_cast<std::size_t>(kFaults[i].fault) != i) return false;
  return true;
}
static_assert(in_order(), "rows are looked up by index");

}  // namespace

std::string_view to_string(Retry retry) noexcept {
  constexpr std::array<std::string_view, 4> names{"never", "after_backoff", "after_renewal", "after_reset"};
  return names[static_cast<std::size_t>(retry)];
}

const FaultRow& fault_row(Fault fault) noexcept { return kFaults[static_cast<std::size_t>(fault)]; }

const FaultRow* find_fault(std::string_view name) noexcept {
  for (const FaultRow& row : kFaults)
    if (row.name == name) return &row;
  return nullptr;
}

Fault fault_of(TransportFault fault) noexcept {
  switch (fault) {
    case TransportFault::dns_failure:
      return Fault::dns_failure;
    case TransportFault::connection_refused:
      return Fault::connection_refused;
    case TransportFault::host_unreachable:
      return Fault::host_unreachable;
    case TransportFault::timeout_before_connect:
      return Fault::timeout_before_connect;
    case TransportFault::tls_handshake_failed:
      return Fault::tls_handshake_failed;
    case TransportFault::tls_verification_failed:
      return Fault::tls_verification_failed;
    case TransportFault::proxy_refused_tunnel:
      return Fault::proxy_refused_tunnel;
    case TransportFault::proxy_wants_authentication:
      return Fault::proxy_wants_authentication;
    case TransportFault::too_many_waiting:
      return Fault::held_back_by_limiter;
    case TransportFault::deadline_before_sending:
      return Fault::deadline_before_sending;
    case TransportFault::cancelled_before_sending:
      return Fault::cancelled_before_sending;
    case TransportFault::connection_lost_while_sending:
      return Fault::connection_lost_while_sending;
    case TransportFault::replay_prevented:
      return Fault::replay_prevented;
    case TransportFault::reset_before_reply:
      return Fault::reset_before_reply;
    case TransportFault::closed_without_reply:
      return Fault::closed_without_reply;
    case TransportFault::reset_inside_reply:
      return Fault::reset_inside_reply;
    case TransportFault::timeout_after_send:
      return Fault::timeout_after_send;
    case TransportFault::timeout_inside_reply:
      return Fault::timeout_inside_reply;
    case TransportFault::cancelled_after_sending:
      return Fault::cancelled_after_sending;
    case TransportFault::reply_too_large:
      return Fault::reply_too_large;
    case TransportFault::refused_locally:
      return Fault::refused_locally;
  }
  return Fault::reset_before_reply;
}

std::optional<Fault> fault_of(const Reply& reply) noexcept {
  const int status = reply.http.status;
  const bool object = reply.unreadable == ReadFault::none;
  if (status >= 500) {
    if (object) return Fault::http_5xx_without_code;
    return reply.unreadable == ReadFault::empty ? Fault::http_5xx_empty : Fault::http_5xx_html;
  }
  if (status == 429) return Fault::http_429;
  if (status >= 400) return Fault::http_4xx;
  if (status >= 300 || status < 200) return Fault::http_3xx;
  if (object || reply.streamed) return std::nullopt;
  switch (reply.unreadable) {
    case ReadFault::empty:
      return Fault::empty_200;
    case ReadFault::html:
      return Fault::http_200_html;
    case ReadFault::not_an_object:
      return Fault::not_an_object;
    case ReadFault::too_large:
      return Fault::reply_too_large;
    default:
      return Fault::cut_json;
  }
}

Verdict verdict_of(Fault fault, Effect effect) {
  const FaultRow& row = fault_row(fault);
  const FaultMeaning& meaning = effect == Effect::create ? row.create : row.read;
  Verdict verdict;
  verdict.kind = meaning.kind;
  verdict.delivery = meaning.delivery;
  verdict.retry = meaning.retry;
  verdict.advice = row.advice;
  return verdict;
}

}  // namespace detail
KEFU_END_NAMESPACE
