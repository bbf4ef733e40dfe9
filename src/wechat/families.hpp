#pragma once

#include <kefu/core/operation.hpp>

#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Each family of operations lists its own rows, in its own source file.
std::vector<const Operation*> token_operations();
std::vector<const Operation*> customer_message_operations();
std::vector<const Operation*> media_operations();

}  // namespace wechat
KEFU_END_NAMESPACE
