#include "core/call/fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/lenient_reading.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/shop_info.hpp>

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::size_t kAccountNames = 20;
constexpr std::size_t kAccountNameLeast = 4;
constexpr std::size_t kAccountNameMost = 20;

template <class V, class Self>
void account_names_request(V& v, Self& s) {
  const auto bad = [](const std::string& name) {
    return name.size() < kAccountNameLeast || name.size() > kAccountNameMost;
  };
  if (s.account_names.size() > kAccountNames)
    v.complain("account_name_s", fmt::format("has {} names, at most {}", s.account_names.size(), kAccountNames));
  if (std::any_of(s.account_names.begin(), s.account_names.end(), bad))
    v.complain("account_name_s", "holds a name that is not 4 to 20 characters");
  v.required("account_name_s", std::string(fmt::format("{}", fmt::join(s.account_names, ","))));
}

}  // namespace
}  // namespace jd

namespace detail {

KEFU_FIELDS(jd::VenderInfo) {
  if (!v.here()["vender_info_result"].present()) return v.required("vender_info_result", s.vender_id);
  v.group("vender_info_result", [&](auto& info) {
    info.optional("vender_id", s.vender_id);
    info.optional("col_type", s.column_type);
    info.optional("shop_id", s.shop_id);
    info.optional("shop_name", s.shop_name);
    info.optional("cate_main", s.category_main);
    info.optional("category_main", s.category_main);
  });
}
KEFU_FIELDS(jd::GetVenderInfo) { v.optional("ext_json_param", s.ext_json_param); }

KEFU_FIELDS(jd::ShopInfo) {
  if (!v.here()["shop_jos_result"].present()) return v.required("shop_jos_result", s.shop_id);
  v.group("shop_jos_result", [&](auto& info) {
    info.optional("vender_id", s.vender_id);
    info.optional("shop_id", s.shop_id);
    info.optional("shop_name", s.shop_name);
    info.optional("open_time", s.open_time);
    info.optional("logo_url", s.logo_url);
    info.optional("brief", s.brief);
    info.optional("category_main", s.category_main);
    info.optional("category_main_name", s.category_main_name);
  });
}
KEFU_FIELDS(jd::GetShopInfo) {}

KEFU_FIELDS(jd::ChildAccount) {
  v.optional("account_id", s.account_id);
  v.optional("account_name", s.account_name);
  v.optional("user_name", s.user_name);
  v.optional("status", s.status);
  v.optional("auth_status", s.auth_status);
  v.optional("phone", s.phone);
}
KEFU_FIELDS(jd::ChildAccounts) {
  if (!v.here()["child_account_result"].present()) return v.required("child_account_result", s.accounts);
  v.group("child_account_result", [&](auto& result) {
    jd::listed(result, {"child_account_s"}, s.accounts);
    result.optional("total_count", s.total);
  });
}
KEFU_FIELDS(jd::ChildAccountRoles) {
  v.optional("account_name", s.account_names);
  v.optional("role_id", s.role_ids);
  v.optional("role_name", s.role_names);
}
KEFU_FIELDS(jd::ChildAccountRolesList) {
  if (!v.here()["account_role_result"].present()) return v.required("account_role_result", s.accounts);
  v.group("account_role_result", [&](auto& result) { jd::listed(result, {"account_role_s"}, s.accounts); });
}
KEFU_FIELDS(jd::ChildAccountPrivileges) {
  v.optional("account_name", s.account_names);
  v.optional("codes", s.codes);
}
KEFU_FIELDS(jd::ChildAccountPrivilegesList) {
  if (!v.here()["account_privilege_result"].present()) return v.required("account_privilege_result", s.accounts);
  v.group("account_privilege_result", [&](auto& result) { jd::listed(result, {"account_privilege_s"}, s.accounts); });
}
KEFU_FIELDS(jd::ListChildAccounts) {
  v.value("page", s.page, Check().range(1, INT32_MAX));
  v.value("size", s.size, Check().range(1, 20));
}
KEFU_FIELDS(jd::GetChildAccountRoles) { jd::account_names_request(v, s); }
KEFU_FIELDS(jd::GetChildAccountPrivileges) { jd::account_names_request(v, s); }

}  // namespace detail

namespace jd {

KEFU_JD_ROW(GetVenderInfo, "seller.vender.info.get", Effect::read, "seller.vender.info.get", "")
KEFU_JD_ROW(GetShopInfo, "vender.shop.query", Effect::read, "vender.shop.query", "")
KEFU_JD_ROW(ListChildAccounts, "vender.childAccount.query", Effect::read, "vender.childAccount.query", "")
KEFU_JD_ROW(GetChildAccountRoles, "vender.childaccount.role.query", Effect::read, "vender.childaccount.role.query", "")
KEFU_JD_ROW(GetChildAccountPrivileges, "vender.childaccount.privilege.query", Effect::read,
            "vender.childaccount.privilege.query", "")

std::vector<const Operation*> shop_info_operations() {
  return {&GetVenderInfo::operation(), &GetShopInfo::operation(), &ListChildAccounts::operation(),
          &GetChildAccountRoles::operation(), &GetChildAccountPrivileges::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
