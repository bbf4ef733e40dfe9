#pragma once

#include <kefu/channel/capabilities.hpp>
#include <kefu/core/error.hpp>

#include <optional>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// What the platform answers once the messages of a reply window are used up.
inline constexpr std::string_view kUsedUpCode = "45047";

/// Why an account cannot send messages of this msgtype; nothing if it can, or if the type is newer than this library.
std::optional<Error> refuse_type(const Capabilities& account, std::string_view msgtype);

}  // namespace wechat
KEFU_END_NAMESPACE
