#include "wechat/operations/families.hpp"

#include <kefu/wechat/operations.hpp>

KEFU_BEGIN_NAMESPACE
namespace wechat {

const std::vector<const Row*>& rows() {
  static const std::vector<const Row*> all = [] {
    std::vector<const Row*> gathered;
    for (const auto family : {token_rows, customer_message_rows, openapi_rows, kf_account_rows, sub_merchant_rows,
                              kf_session_rows, record_rows, subscribe_rows, template_rows, user_rows, mini_program_rows,
                              web_login_rows, content_check_rows, media_rows})
      for (const Row* row : family()) gathered.push_back(row);
    return gathered;
  }();
  return all;
}

std::vector<const Operation*> operations() {
  std::vector<const Operation*> all;
  for (const Row* row : rows()) all.push_back(&row->operation);
  return all;
}

}  // namespace wechat
KEFU_END_NAMESPACE
