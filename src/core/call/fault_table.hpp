#pragma once

#include "core/call/verdict.hpp"

#include <kefu/core/http.hpp>
#include <kefu/core/operation.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

class Reply;

/// Everything that can go wrong without a readable code of the platform: `transport_faults` of error-kinds.json, in its
/// order, and one fault of our own at the end.
enum class Fault : unsigned char {
  dns_failure,
  connection_refused,
  host_unreachable,
  timeout_before_connect,
  tls_handshake_failed,
  tls_verification_failed,
  proxy_refused_tunnel,
  proxy_wants_authentication,
  held_back_by_limiter,
  deadline_before_sending,
  cancelled_before_sending,
  connection_lost_while_sending,
  replay_prevented,
  reset_before_reply,
  closed_without_reply,
  reset_inside_reply,
  timeout_after_send,
  timeout_inside_reply,
  cancelled_after_sending,
  http_5xx_html,
  http_5xx_empty,
  http_5xx_without_code,
  http_5xx_with_code,
  http_429,
  http_4xx,
  http_3xx,
  http_200_html,
  empty_200,
  cut_json,
  not_an_object,
  missing_field,
  reply_too_large,
  reply_signature,
  refused_locally,
};

/// What one fault means for one column (`read` also holds for idempotent operations).
struct FaultMeaning {
  ErrorKind kind;
  Delivery delivery;
  Retry retry;
};

struct FaultRow {
  Fault fault;
  std::string_view name;  ///< As in error-kinds.json.
  FaultMeaning read;
  FaultMeaning create;
  std::string_view advice;  ///< Cause and next step, for Error.message.
};

const FaultRow& fault_row(Fault fault) noexcept;
/// The row of that name, or null.
const FaultRow* find_fault(std::string_view name) noexcept;

Fault fault_of(TransportFault fault) noexcept;
/// What a whole HTTP answer without a usable code lacks; nothing if it is a JSON object (or a download) with HTTP 2xx.
std::optional<Fault> fault_of(const Reply& reply) noexcept;

/// The row as a verdict, for this effect. `retry_after` comes from a Retry-After header where there is one.
Verdict verdict_of(Fault fault, Effect effect);

}  // namespace detail
KEFU_END_NAMESPACE
