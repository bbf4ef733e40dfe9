#pragma once

#include "sandbox/wechat/twin.hpp"

#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// The scene of a QR code that this account made and that has not expired; empty if there is none of this ticket.
std::string scene_of_ticket(const WechatAccount& account, std::string_view ticket, WallTime now);

}  // namespace sandbox
KEFU_END_NAMESPACE
