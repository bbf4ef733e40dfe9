#pragma once

#include <kefu/core/result.hpp>
#include <kefu/core/secret.hpp>

#include <cstddef>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What an authorization page adds to the redirect.
struct Redirect {
  Redirect() {}
  Secret code;
  std::string state;
};

/// Reads the raw query of a redirect, which anybody may have written: bounded, every parameter decoded once, the code
/// (under the platform's name for it, at most `max_code` bytes) and `state` once each and of printable ASCII; other
/// parameters must be well-formed. A '?' before the first '=' is refused. Error: `bad_argument`.
Result<Redirect> read_redirect(std::string_view query, std::string_view code_name, std::size_t max_code);

}  // namespace detail
KEFU_END_NAMESPACE
