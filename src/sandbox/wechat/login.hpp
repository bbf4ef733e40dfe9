#pragma once

#include "sandbox/wechat/twin.hpp"

#include <string>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// What the customer's client gets from the platform and gives to the account's server. Good once, for five minutes.
std::string issue_login_code(WechatAccount& account, WechatCustomer& customer, LoginCode::Use use, std::string scope,
                             std::string phone, WallTime now);

}  // namespace sandbox
KEFU_END_NAMESPACE
