#include "wechat/operations/families.hpp"

#include <kefu/wechat/operations.hpp>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace wechat {

const std::vector<const Row*>& rows() {
  static const std::vector<const Row*> all = [] {
    std::vector<const Row*> gathered;
    for (const auto family : {token_rows,
                              customer_message_rows,
                              openapi_rows,
                              kf_account_rows,
                              sub_merchant_rows,
                              kf_session_rows,
                              record_rows,
                              subscribe_rows,
                              template_rows,
                              user_rows,
                              mini_program_rows,
                              web_login_rows,
                              content_check_rows,
                              media_rows,
                              qr_code_rows,
                              menu_rows,
                              mini_program_link_rows,
                              mini_program_code_rows,
                              article_rows,
                              open_account_rows})
      for (const Row* row : family()) gathered.push_back(row);
    return gathered;
  }();
  return all;
}

RowsAt rows_at(std::string_view path) {
  static const std::vector<const Row*> sorted = [] {
    std::vector<const Row*> all = rows();
    for (const Row* row : component_rows()) all.push_back(row);
    std::stable_sort(all.begin(), all.end(),
                     [](const Row* a, const Row* b) { return a->operation.info.path < b->operation.info.path; });
    return all;
  }();
  struct ByPath {
    bool operator()(const Row* row, std::string_view wanted) const { return row->operation.info.path < wanted; }
    bool operator()(std::string_view wanted, const Row* row) const { return wanted < row->operation.info.path; }
  };
  return std::equal_range(sorted.begin(), sorted.end(), path, ByPath());
}

std::vector<const Operation*> operations() {
  std::vector<const Operation*> all;
  for (const Row* row : rows()) all.push_back(&row->operation);
  return all;
}

std::vector<const Operation*> component_operations() {
  std::vector<const Operation*> all;
  for (const Row* row : component_rows()) all.push_back(&row->operation);
  return all;
}

}  // namespace wechat
KEFU_END_NAMESPACE
