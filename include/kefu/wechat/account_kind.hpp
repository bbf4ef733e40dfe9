#pragma once

#include <kefu/core/export.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

enum class AccountKind : unsigned char {
  subscription_account,  ///< 公众号, formerly 订阅号.
  service_account,       ///< 服务号.
  mini_program,          ///< 小程序.
};
/// "official_account.service"..., as in Capabilities::account_kind.
KEFU_EXPORT std::string_view to_string(AccountKind kind) noexcept;

}  // namespace wechat
KEFU_END_NAMESPACE
