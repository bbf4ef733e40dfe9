#pragma once

#include "sandbox/wechat/twin.hpp"

#include <functional>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// A customer of the calling account; 40003, or the switch's code if another account's.
ApiResult find_user(const WechatCall& call, std::string_view openid, WechatCustomer*& customer);

/// Those customers, in the order of first contact, after that one; with "total" as some of these APIs have it.
ApiResult page_answer(const WechatCall& call, std::string_view after, std::size_t most, bool with_total,
                      const std::function<bool(const WechatCustomer& customer)>& belongs);

}  // namespace sandbox
KEFU_END_NAMESPACE
