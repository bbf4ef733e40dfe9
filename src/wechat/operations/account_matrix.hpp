#pragma once

#include "wechat/operations/accounts.hpp"

#include <kefu/core/error.hpp>

#include <optional>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Who may call an API: its row says; of one without a row, the path above it; null for what neither knows.
const Accounts* accounts_of(std::string_view path);

/// Why this account cannot call an API, naming what it lacks; nothing if it can or if no source says. `unsupported`:
/// its kind never can. `permission`: verification would help.
std::optional<Error> refuse_api(AccountKind kind, bool verified, std::string_view path);

/// The paths, each with a '/' at its end, that say who may call what has no row.
std::vector<std::string_view> paths_with_rules();

}  // namespace wechat
KEFU_END_NAMESPACE
