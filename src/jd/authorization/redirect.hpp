#pragma once

#include "channel/accounts/redirect.hpp"

KEFU_BEGIN_NAMESPACE
namespace jd {

using detail::Redirect;

/// What the authorization service adds to the redirect: `code` and `state` (see detail::read_redirect).
inline Result<Redirect> read_redirect(std::string_view query) { return detail::read_redirect(query, "code", 256); }

}  // namespace jd
KEFU_END_NAMESPACE
