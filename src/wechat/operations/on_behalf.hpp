#pragma once

#include <kefu/core/export.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// What an account that a merchant authorized cannot call, as it needs the account's own secret, and what takes its
/// place (wechat-security-and-authorization B13, B15, B17).
struct NotOnBehalf {
  std::string_view path;
  std::string_view component_operation;  ///< For OpenPlatform::call; empty: nothing is to be called.
};
inline constexpr NotOnBehalf kNotOnBehalf[] = {
    {"/cgi-bin/token", ""},
    {"/cgi-bin/stable_token", ""},
    {"/cgi-bin/clear_quota/v2", "ClearComponentQuota"},
    {"/sns/jscode2session", "RedeemAuthorizerMiniProgramCode"},
    {"/sns/oauth2/access_token", "RedeemAuthorizerLoginCode"},
    {"/sns/oauth2/refresh_token", "RefreshAuthorizerLogin"},
};

/// Null: it can be called with the token of the account's grant.
constexpr const NotOnBehalf* not_on_behalf(std::string_view path) {
  for (const NotOnBehalf& one : kNotOnBehalf)
    if (one.path == path) return &one;
  return nullptr;
}

}  // namespace wechat
KEFU_END_NAMESPACE
