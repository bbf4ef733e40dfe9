#pragma once

#include "wechat/operations/account_standing.hpp"

#include <kefu/channel/capabilities.hpp>
#include <kefu/wechat/account.hpp>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// The longest text message. Measured by users of the API (wechat-messages 2.3), which answers 45002 above it; the
/// documentation names none.
inline constexpr std::size_t kTextBytes = 2048;

/// What such an account can do, from the tables of wechat-messages 0 and 2.2.
Capabilities capabilities_of(const AccountStanding& account);
inline Capabilities capabilities_of(AccountKind kind, bool verified) {
  return capabilities_of(AccountStanding(kind, verified));
}

}  // namespace wechat
KEFU_END_NAMESPACE
