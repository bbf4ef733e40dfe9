#pragma once

#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>

#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// What the authorization service adds to the redirect.
struct Redirect {
  Redirect() {}
  Secret code;
  std::string state;
};

/// Reads the raw query of a redirect, which anybody may have written: bounded, every parameter decoded once, `code` and
/// `state` once each and of printable ASCII; other parameters must be well-formed. A '?' before the first '=' is
/// refused. Error: `bad_argument`.
Result<Redirect> read_redirect(std::string_view query);

}  // namespace jd
KEFU_END_NAMESPACE
