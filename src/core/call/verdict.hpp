#pragma once

#include <kefu/core/error.hpp>
#include <kefu/core/export.hpp>

#include <climits>

#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// When a call that failed may be repeated (column `retry` of error-kinds.json).
enum class Retry : unsigned char { never, after_backoff, after_renewal, after_reset };

/// The name used in error-kinds.json ("after_backoff").
std::string_view to_string(Retry retry) noexcept;

/// What a platform's answer, or the lack of one, means.
struct Verdict {
  bool accepted = false;
  bool renew_credential = false;  ///< The token which this very call carried is no good.
  ErrorKind kind = ErrorKind::internal;
  Delivery delivery = Delivery::refused;
  Retry retry = Retry::never;
  std::optional<Millis> retry_after;
  int most_repeats = INT_MAX;  ///< Of a call that this answer lets repeat; the account's own number holds too.
  std::string code;            ///< As text; also of an ignored code of an accepted answer.
  std::string message;         ///< The platform's text.
  std::string request_id;
  std::string_view advice;  ///< Ours, from the code table or the fault table.
  std::string finding;      ///< Ours too: what this very answer tells beyond the advice; goes into Error.message.
};

}  // namespace detail
KEFU_END_NAMESPACE
