#pragma once

#include <kefu/wechat/account_kind.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Whether a kind of account may call an API.
enum class Access : unsigned char {
  unknown,   ///< No source says: the platform decides.
  no,        ///< Never.
  verified,  ///< With valid WeChat verification (微信认证), which takes an owner that is no person.
  yes,
};

/// Who may call an API, from the tables of wechat-messages 0 and the platform's pages (适用范围).
struct Accounts {
  constexpr Accounts(Access subscription_account, Access service_account, Access mini, std::string_view sets = {},
                     std::string_view other_needs = {})
      : subscription(subscription_account),
        service(service_account),
        mini_program(mini),
        permission_sets(sets),
        needs(other_needs) {}

  Access subscription;
  Access service;
  Access mini_program;
  std::string_view permission_sets;  ///< Ids of the grants to a third-party platform, one of which it needs.
  std::string_view needs;            ///< What kind and verification do not tell: "in the category of ...".

  constexpr Access of(AccountKind kind) const {
    return kind == AccountKind::subscription_account ? subscription
           : kind == AccountKind::service_account    ? service
                                                     : mini_program;
  }
};

constexpr Access kOpen = Access::unknown;
constexpr Access kNo = Access::no;
constexpr Access kCert = Access::verified;
constexpr Access kYes = Access::yes;

// What several APIs have in common: a row names one of these, or writes its own. Those of a whole path stand in
// account_matrix.cpp as well, for raw calls.
constexpr std::string_view kKfSets = "1, 6, 19, 100-101";
constexpr std::string_view kMediaSets = "1, 3, 8-9, 11, 19, 30-31, 100";
constexpr std::string_view kShopPlatform = "in the category of e-commerce platforms";

constexpr Accounts kEveryAccount{kYes, kYes, kYes};
constexpr Accounts kCustomerService{kCert, kCert, kYes, kKfSets};
constexpr Accounts kKfAdministration{kCert, kCert, kYes};
constexpr Accounts kKfSessions{kCert, kCert, kNo, "1, 6, 100-101"};
constexpr Accounts kKfRecords{kCert, kCert, kOpen, kKfSets};
constexpr Accounts kSubMerchants{kNo, kNo, kYes, "", kShopPlatform};
constexpr Accounts kWeComBinding{kNo, kNo, kYes, "161", "whose owner is no person and has the corp too"};
constexpr Accounts kMaterial{kYes, kYes, kNo, "11"};
constexpr Accounts kSubscribeTemplates{kCert, kCert, kYes, "18, 89"};
constexpr Accounts kTemplates{kNo, kCert, kNo, "7, 100-101"};
constexpr Accounts kFollowers{kYes, kYes, kNo, "2, 100"};
constexpr Accounts kWebLogin{kOpen, kYes, kOpen, "4"};
constexpr Accounts kMiniProgram{kNo, kNo, kYes, "18"};
constexpr Accounts kOpenAccounts{kOpen, kOpen, kOpen, "24, 25"};
constexpr Accounts kThirdPartyPlatform{kNo, kNo, kNo, "",
                                       "a third-party platform in its own name (OpenPlatform::call)"};

}  // namespace wechat
KEFU_END_NAMESPACE
