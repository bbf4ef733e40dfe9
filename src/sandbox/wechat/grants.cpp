#include "sandbox/wechat/twin.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

/// The permission sets, one of which an API takes (wechat-security B12); a path, or all below it if it ends with '/'.
/// The longest that fits holds; what no row has is open.
struct SetRow {
  std::string_view path;
  std::vector<int> sets;
};
const std::vector<SetRow>& set_rows() {
  static const std::vector<SetRow> rows = {
      {"/cgi-bin/message/custom/", {1, 6, 19}},
      {"/customservice/", {1, 6, 19}},
      {"/customservice/work/", {161}},
      {"/cgi-bin/media/", {1, 3, 8, 9, 11, 19, 30, 31}},
      {"/cgi-bin/material/", {11}},
      {"/cgi-bin/user/", {2}},
      {"/cgi-bin/tags/", {2}},
      {"/cgi-bin/template/", {7}},
      {"/cgi-bin/message/template/", {7}},
      {"/cgi-bin/message/subscribe/", {18, 89}},
      {"/wxaapi/newtmpl/", {18, 89}},
      {"/wxa/", {18}},
      {"/cgi-bin/menu/", {1, 3, 15}},
      {"/cgi-bin/open/", {24, 25}},
      {"/sns/oauth2/component/", {4}},
  };
  return rows;
}

}  // namespace

ApiResult check_grant(const WechatAccount& component, const WechatAccount& merchant, std::string_view path) {
  const auto found = component.component.grants.find(merchant.app.appid);
  if (found == component.component.grants.end() || !found->second.active) return refuse(61003);
  const SetRow* best = nullptr;
  for (const SetRow& row : set_rows()) {
    const bool fits = row.path.back() == '/' ? starts_with(path, row.path) : path == row.path;
    if (fits && (best == nullptr || row.path.size() > best->path.size())) best = &row;
  }
  if (best == nullptr) return {};
  const auto& granted = found->second.sets;
  const bool has_one = std::any_of(best->sets.begin(), best->sets.end(), [&granted](int set) {
    return std::find(granted.begin(), granted.end(), set) != granted.end();
  });
  return has_one ? ApiResult() : refuse(61007);
}

}  // namespace sandbox
KEFU_END_NAMESPACE
