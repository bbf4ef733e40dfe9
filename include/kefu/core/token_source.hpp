#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/function.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

KEFU_BEGIN_NAMESPACE

/// Where an account's tokens come from if not from kefu: the host's own token service (TOK-1). With a source the
/// library never fetches a token by itself, so it cannot disturb the one who does.
///
/// Thread safety: members are called from the I/O thread and must not block; `done` may be called from any thread,
/// once, also before the member returns. Dropping `done` answers the waiting call with `cancelled`, throwing with
/// `internal`; nothing was sent then. A second answer is ignored.
class KEFU_EXPORT TokenSource {
 public:
  virtual ~TokenSource() = default;

  /// The token to use now. Asked before every call: keep it at hand. An error fails the call with that kind and
  /// `delivery` not_sent; an empty token is an error.
  virtual void get(MoveFunction<void(Result<Secret>)> done) = 0;

  /// The platform refused this token. Answer once another one is in place; the call is then repeated once with what
  /// `get` gives. If `get` gives the same token again, the call fails with `credentials_refused`.
  virtual void report_invalid(const Secret& token, MoveFunction<void(Result<void>)> done) = 0;
};

KEFU_END_NAMESPACE
