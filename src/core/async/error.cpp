#include "core/async/enum_name.hpp"
#include "core/async/one_line.hpp"

#include <kefu/core/error.hpp>

#include <fmt/format.h>

#include <array>

KEFU_BEGIN_NAMESPACE

std::string_view to_string(ErrorKind kind) noexcept {
  constexpr std::array<std::string_view, 20> names{
      "bad_argument",    "unsupported",   "configuration",   "credentials_refused", "needs_authorization",
      "permission",      "window_closed", "quota_exhausted", "rate_limited",        "blocked_by_customer",
      "content_refused", "conflict",      "not_found",       "unavailable",         "network",
      "timeout",         "cancelled",     "malformed_reply", "rejected_push",       "internal"};
  return detail::name_in(names, kind);
}

std::string_view to_string(Delivery delivery) noexcept {
  constexpr std::array<std::string_view, 3> names{"not_sent", "refused", "unknown"};
  return detail::name_in(names, delivery);
}

Error::Error(ErrorKind kind, Delivery delivery, ErrorDetails details)
    : data_(std::make_shared<const Data>(Data{kind, delivery, std::move(details)})) {}

Error::Error(ErrorKind kind, std::string message) {
  ErrorDetails details;
  details.message = std::move(message);
  data_ = std::make_shared<const Data>(Data{kind, Delivery::not_sent, std::move(details)});
}

std::string Error::to_string() const {
  const ErrorDetails& d = details();
  std::string out;
  if (!d.operation.empty()) out += fmt::format("{}: ", d.operation);
  out += fmt::format("{} ({})", v0::to_string(kind()), v0::to_string(delivery()));
  if (!d.platform_code.empty()) out += fmt::format(", platform said {} \"{}\"", d.platform_code, d.platform_message);
  if (!d.request_id.empty()) out += fmt::format(", rid {}", d.request_id);
  if (d.http_status != 0 && d.http_status != 200) out += fmt::format(", http {}", d.http_status);
  if (d.retry_after) out += fmt::format(", retry after {} ms", d.retry_after->count());
  if (d.parts_delivered != 0) out += fmt::format(", {} part(s) already delivered", d.parts_delivered);
  if (!d.message.empty()) out += fmt::format(": {}", d.message);
  return detail::breaks_line(out) ? detail::one_line(out) : out;
}

KEFU_END_NAMESPACE
