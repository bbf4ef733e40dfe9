#pragma once

#include <kefu/core/error.hpp>
#include <kefu/wechat/account_kind.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Whether a kind of account may call an API.
enum class Access : unsigned char {
  unknown,   ///< No source says: the platform decides.
  no,        ///< Never.
  verified,  ///< With valid WeChat verification (微信认证), which takes an owner that is no person.
  yes,
};

/// Who may call an API, from the tables of wechat-messages 0 and the platform's pages (适用范围).
struct AccountRule {
  std::string_view path;  ///< One API, or with a '/' at its end all below it.
  Access subscription;
  Access service;
  Access mini_program;
  std::string_view permission_sets;  ///< Ids of the grants to a third-party platform, one of which it needs.
  std::string_view needs;            ///< What kind and verification do not tell: "in the category of ...".
  std::string_view limits;           ///< Calls of a new account that the platform publishes.

  Access of(AccountKind kind) const;
};

/// The rule for an API: its own, else that of the longest path above it; null for APIs that the tables do not have.
const AccountRule* account_rule(std::string_view path) noexcept;

/// Why this account cannot call an API, naming what it lacks; nothing if it can or if no source says. `unsupported`:
/// its kind never can. `permission`: verification would help.
std::optional<Error> refuse_api(AccountKind kind, bool verified, std::string_view path);

/// All rules.
const AccountRule* account_rules_begin() noexcept;
const AccountRule* account_rules_end() noexcept;

}  // namespace wechat
KEFU_END_NAMESPACE
