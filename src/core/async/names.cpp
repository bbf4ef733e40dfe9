#include "core/async/enum_name.hpp"

#include <kefu/core/http.hpp>
#include <kefu/core/observer.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/core/scheduler.hpp>
#include <kefu/core/sql.hpp>
#include <kefu/core/store.hpp>

KEFU_BEGIN_NAMESPACE

std::string_view to_string(TransportFault fault) noexcept {
  return detail::name_in<20>({"dns_failure",
                              "connection_refused",
                              "host_unreachable",
                              "timeout_before_connect",
                              "tls_handshake_failed",
                              "tls_verification_failed",
                              "proxy_refused_tunnel",
                              "proxy_wants_authentication",
                              "deadline_before_sending",
                              "cancelled_before_sending",
                              "connection_lost_while_sending",
                              "replay_prevented",
                              "reset_before_reply",
                              "closed_without_reply",
                              "reset_inside_reply",
                              "timeout_after_send",
                              "timeout_inside_reply",
                              "cancelled_after_sending",
                              "reply_too_large",
                              "refused_locally"},
                             fault);
}

std::string_view to_string(Effect effect) noexcept {
  return detail::name_in<3>({"read", "idempotent", "create"}, effect);
}

std::string_view to_string(Authorization authorization) noexcept {
  return detail::name_in<2>({"none", "access_token"}, authorization);
}

std::string_view to_string(Durability durability) noexcept {
  return detail::name_in<2>({"relaxed", "full"}, durability);
}

std::string_view to_string(LogLevel level) noexcept {
  return detail::name_in<4>({"debug", "info", "warning", "error"}, level);
}

std::string_view to_string(MetricRecord::Type type) noexcept {
  return detail::name_in<3>({"counter", "gauge", "histogram"}, type);
}

std::string_view to_string(Scheduler::Help help) noexcept {
  return detail::name_in<3>({"wait", "worked", "nothing"}, help);
}

std::string_view to_string(SqlArgument::Kind kind) noexcept {
  return detail::name_in<4>({"null", "number", "text", "blob"}, kind);
}

KEFU_END_NAMESPACE
