#pragma once

#include <kefu/core/error.hpp>
#include <kefu/wechat/account.hpp>

#include <optional>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// What an account is and was granted, as far as it decides which APIs it may call.
struct AccountStanding {
  AccountStanding(AccountKind k, bool v) : kind(k), verified(v) {}
  AccountKind kind;
  bool verified;
  std::optional<std::vector<int>> permission_sets;  ///< Of an account whose owner authorized a third-party platform.
};
AccountStanding standing_of(const AccountConfig& config);

/// As refuse_api; and `permission` if none of the permission sets that the API needs was granted, naming them.
std::optional<Error> lacking_for(const AccountStanding& account, std::string_view path);

}  // namespace wechat
KEFU_END_NAMESPACE
