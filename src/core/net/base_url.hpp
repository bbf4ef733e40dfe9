#pragma once

#include <kefu/core/result.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What a base URL in a configuration may be: scheme, host and port, nothing behind. `field` is named in the error,
/// whose kind is `configuration`. Whether plain http to that host is allowed is the transport's to say.
Result<void> check_base_url(std::string_view field, std::string_view url);

}  // namespace detail
KEFU_END_NAMESPACE
