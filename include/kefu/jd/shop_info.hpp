#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/jd/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// Who the shop is and who works in it (jd 4.6, 4.8). Effect of all: read.

struct VenderInfo {
  VenderInfo() {}
  std::int64_t vender_id = 0;
  std::optional<int> column_type;  ///< `col_type`: 0 SOP, 1 FBP, 2 LBP, 5 SOPL.
  std::int64_t shop_id = 0;
  std::string shop_name;
  std::int64_t category_main = 0;  ///< `cate_main`; `category_main` in one SDK of 2024 is read too.
};
/// `jingdong.seller.vender.info.get` [A]. A cheap way to see whether the shop's token lives.
struct KEFU_EXPORT GetVenderInfo {
  using Response = VenderInfo;
  static const Operation& operation();
  GetVenderInfo() {}
  std::string ext_json_param;
};

struct ShopInfo {
  ShopInfo() {}
  std::int64_t vender_id = 0;
  std::int64_t shop_id = 0;
  std::string shop_name;
  Time open_time;
  std::string logo_url;
  std::string brief;
  std::int64_t category_main = 0;
  std::string category_main_name;
};
/// `jingdong.vender.shop.query` [A].
struct KEFU_EXPORT GetShopInfo {
  using Response = ShopInfo;
  static const Operation& operation();
  GetShopInfo() {}
};

/// A sub-account of the shop [A]. Values of `status` and `auth_status` are not public.
struct ChildAccount {
  ChildAccount() {}
  std::int64_t account_id = 0;
  std::string account_name;
  std::string user_name;
  std::optional<int> status;       ///< 1 in use, 0 stopped: cannot log in.
  std::optional<int> auth_status;  ///< 1 authorized, 0 not.
  std::string phone;
};
struct ChildAccounts {
  ChildAccounts() {}
  std::vector<ChildAccount> accounts;
  std::optional<std::int64_t> total;
};
/// The shop's sub-accounts, i.e. its agents' accounts: `jingdong.vender.childAccount.query` [A]. `size` 1 to 20.
struct KEFU_EXPORT ListChildAccounts {
  using Response = ChildAccounts;
  static const Operation& operation();
  ListChildAccounts() {}
  int page = 1;
  int size = 20;
};
/// The roles of an account; lists in the official classes, single values are read too.
struct ChildAccountRoles {
  ChildAccountRoles() {}
  std::vector<std::string> account_names;
  std::vector<std::string> role_ids;
  std::vector<std::string> role_names;
};
struct ChildAccountRolesList {
  ChildAccountRolesList() {}
  std::vector<ChildAccountRoles> accounts;
};
/// Their roles: `jingdong.vender.childaccount.role.query` [A]. At most 20 accounts of 4 to 20 characters.
struct KEFU_EXPORT GetChildAccountRoles {
  using Response = ChildAccountRolesList;
  static const Operation& operation();
  explicit GetChildAccountRoles(std::vector<std::string> names) : account_names(std::move(names)) {}
  std::vector<std::string> account_names;  ///< `account_name_s`, sent as a comma list.
};
/// What an account may do; the values of `codes` are not public.
struct ChildAccountPrivileges {
  ChildAccountPrivileges() {}
  std::vector<std::string> account_names;
  std::vector<std::string> codes;
};
struct ChildAccountPrivilegesList {
  ChildAccountPrivilegesList() {}
  std::vector<ChildAccountPrivileges> accounts;
};
/// What they may do: `jingdong.vender.childaccount.privilege.query` [A]. Limits as for the roles.
struct KEFU_EXPORT GetChildAccountPrivileges {
  using Response = ChildAccountPrivilegesList;
  static const Operation& operation();
  explicit GetChildAccountPrivileges(std::vector<std::string> names) : account_names(std::move(names)) {}
  std::vector<std::string> account_names;
};

}  // namespace jd
KEFU_END_NAMESPACE
