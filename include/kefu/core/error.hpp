#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/time.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE

/// What the caller can do next about a failure. The platform's own code travels beside it.
enum class ErrorKind : unsigned char {
  bad_argument,         ///< The request itself is wrong: correct it; the same request will be refused again.
  unsupported,          ///< This platform or kind of account does not offer it: choose another way.
  configuration,        ///< Something the operator sets is wrong (app id, secret, IP list, proxy, clock): correct it.
  credentials_refused,  ///< The token was refused and renewing it did not help: look for a second owner of the token.
  needs_authorization,  ///< The merchant must authorize again; stop this account only.
  permission,           ///< The account or app lacks the right, or is frozen: obtain it on the platform's side.
  window_closed,        ///< This customer cannot be answered now: wait for the customer or use Outreach.
  quota_exhausted,  ///< A counter that only time resets, or a ceiling, is used up: wait, free something, ask for more.
  rate_limited,     ///< Too fast or too many at once: the same call succeeds after a pause (`retry_after`).
  blocked_by_customer,  ///< This person cannot be reached by this account: stop until that changes.
  content_refused,      ///< The platform's review refused the content: change it, do not send it again.
  conflict,             ///< The state at the platform stands against it: read the state again, then decide.
  not_found,            ///< What the call names is not there (any more): create it again or name another.
  unavailable,          ///< The platform, or something it owes us, is out of order for the moment: try later.
  network,              ///< No usable connection: check the network or try later; for a send look at `delivery`.
  timeout,              ///< No answer within the time allowed: for a send look at `delivery` before repeating.
  cancelled,            ///< The caller, the closing of the account or the shutdown ended the call.
  malformed_reply,      ///< The answer cannot be read or trusted as the platform's: for a send look at `delivery`.
  rejected_push,        ///< A push that is not authentic or not for this account; nothing of it was used.
  internal,             ///< An unknown platform code or a defect: keep code, text and request id and report it.
};

/// May the platform have acted, may the customer have seen it?
enum class Delivery : unsigned char {
  not_sent,  ///< Nothing left this host.
  refused,   ///< The platform said that it did not act.
  unknown,   ///< It may have acted. Repeat only with an idempotency key or with consent.
};

/// The names used in `error-kinds.json`, logs and metrics ("window_closed").
KEFU_EXPORT std::string_view to_string(ErrorKind kind) noexcept;
KEFU_EXPORT std::string_view to_string(Delivery delivery) noexcept;

/// Everything known about a failure beside its kind. Holds neither URLs nor secrets.
struct ErrorDetails {
  ErrorDetails() {}
  std::string message;                ///< Ours: the cause and what to do, one or two sentences.
  std::string operation;              ///< Stable name of the operation, e.g. "wechat.message.custom.send".
  std::string platform_code;          ///< The platform's code as text ("45015"); empty if it did not answer with one.
  std::string platform_message;       ///< The platform's text, verbatim, cut at 512 bytes.
  std::string request_id;             ///< The platform's id of the request (WeChat `rid`), for its support.
  int http_status = 0;                ///< 0 when no HTTP answer was read.
  int attempts = 0;                   ///< How often the request went out.
  std::size_t parts_delivered = 0;    ///< Parts of a split message that were accepted before this failure.
  std::optional<Millis> retry_after;  ///< The least pause before a repeat makes sense.
};

/// Why a call failed. One shared pointer: cheap to copy and to move.
///
/// Thread safety: immutable; may be shared between threads.
class KEFU_EXPORT Error {
 public:
  Error(ErrorKind kind, Delivery delivery, ErrorDetails details);
  /// A failure on this side: nothing was sent.
  Error(ErrorKind kind, std::string message);

  ErrorKind kind() const noexcept { return data_->kind; }
  Delivery delivery() const noexcept { return data_->delivery; }
  const ErrorDetails& details() const noexcept { return data_->details; }
  const std::string& message() const noexcept { return data_->details.message; }
  const std::string& platform_code() const noexcept { return data_->details.platform_code; }

  /// One line for a log: operation, kind, delivery, platform code and text, request id, message. Line ends and control
  /// characters in any of them are written as escapes ("\n").
  std::string to_string() const;

 private:
  struct Data {
    ErrorKind kind;
    Delivery delivery;
    ErrorDetails details;
  };
  std::shared_ptr<const Data> data_;
};

KEFU_END_NAMESPACE
