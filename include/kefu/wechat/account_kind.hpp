#pragma once

#include <kefu/core/export.hpp>

KEFU_BEGIN_NAMESPACE
namespace wechat {

enum class AccountKind : unsigned char {
  subscription_account,  ///< 公众号, formerly 订阅号.
  service_account,       ///< 服务号.
  mini_program,          ///< 小程序.
};

}  // namespace wechat
KEFU_END_NAMESPACE
