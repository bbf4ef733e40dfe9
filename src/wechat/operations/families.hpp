#pragma once

#include <kefu/core/operation.hpp>

#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Each family of operations lists its own rows, in its own source file.
std::vector<const Operation*> token_operations();
std::vector<const Operation*> customer_message_operations();
std::vector<const Operation*> media_operations();
std::vector<const Operation*> openapi_operations();
std::vector<const Operation*> kf_account_operations();
std::vector<const Operation*> sub_merchant_operations();
std::vector<const Operation*> kf_session_operations();
std::vector<const Operation*> record_operations();
std::vector<const Operation*> subscribe_operations();
std::vector<const Operation*> template_operations();
std::vector<const Operation*> user_operations();
std::vector<const Operation*> mini_program_operations();
std::vector<const Operation*> web_login_operations();
std::vector<const Operation*> content_check_operations();

}  // namespace wechat
KEFU_END_NAMESPACE
