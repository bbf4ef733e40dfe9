#include "wechat/operations/families.hpp"

#include <kefu/wechat/operations.hpp>

KEFU_BEGIN_NAMESPACE
namespace wechat {

std::vector<const Operation*> operations() {
  std::vector<const Operation*> all;
  for (const auto family :
       {token_operations, customer_message_operations, openapi_operations, kf_account_operations,
        sub_merchant_operations, kf_session_operations, record_operations, subscribe_operations, template_operations,
        user_operations, mini_program_operations, web_login_operations, content_check_operations, media_operations})
    for (const Operation* row : family()) all.push_back(row);
  return all;
}

}  // namespace wechat
KEFU_END_NAMESPACE
