#pragma once

#include "wechat/operations/rows.hpp"

#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// Each family of operations has its table in its own source file.
std::vector<const Row*> token_rows();
std::vector<const Row*> customer_message_rows();
std::vector<const Row*> media_rows();
std::vector<const Row*> openapi_rows();
std::vector<const Row*> kf_account_rows();
std::vector<const Row*> sub_merchant_rows();
std::vector<const Row*> kf_session_rows();
std::vector<const Row*> record_rows();
std::vector<const Row*> subscribe_rows();
std::vector<const Row*> template_rows();
std::vector<const Row*> user_rows();
std::vector<const Row*> mini_program_rows();
std::vector<const Row*> web_login_rows();
std::vector<const Row*> content_check_rows();
std::vector<const Row*> qr_code_rows();
std::vector<const Row*> menu_rows();
std::vector<const Row*> mini_program_link_rows();
std::vector<const Row*> mini_program_code_rows();
std::vector<const Row*> article_rows();
std::vector<const Row*> open_account_rows();
/// Of a third-party platform, not of an account: not among `rows`.
std::vector<const Row*> component_rows();

}  // namespace wechat
KEFU_END_NAMESPACE
