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
  std::int64_t category_main = 0;  ///< Also read from `cate_main` (2014).
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

/// Sub-accounts; no source shows an answer: `names` are the texts under likely names [C].
struct ChildAccounts {
  ChildAccounts() {}
  std::vector<std::string> names;
  std::string raw;
};
/// The shop's sub-accounts, i.e. its agents' accounts: `jingdong.vender.childAccount.query`. `size` 1 to 20. Weak:
/// answer in no source.
struct KEFU_EXPORT ListChildAccounts {
  using Response = ChildAccounts;
  static const Operation& operation();
  ListChildAccounts() {}
  int page = 1;
  int size = 20;
};
struct ChildAccountDetails {
  ChildAccountDetails() {}
  std::vector<std::string> entries;  ///< JSON of each entry of the first list.
  std::string raw;
};
/// Their roles: `jingdong.vender.childaccount.role.query`. At most 20 accounts of 4 to 20 characters. Weak: answer in
/// no source.
struct KEFU_EXPORT GetChildAccountRoles {
  using Response = ChildAccountDetails;
  static const Operation& operation();
  explicit GetChildAccountRoles(std::vector<std::string> names) : account_names(std::move(names)) {}
  std::vector<std::string> account_names;  ///< `account_name_s`, sent as a comma list.
};
/// What they may do: `jingdong.vender.childaccount.privilege.query`. Weak: as the roles.
struct KEFU_EXPORT GetChildAccountPrivileges {
  using Response = ChildAccountDetails;
  static const Operation& operation();
  explicit GetChildAccountPrivileges(std::vector<std::string> names) : account_names(std::move(names)) {}
  std::vector<std::string> account_names;
};

}  // namespace jd
KEFU_END_NAMESPACE
