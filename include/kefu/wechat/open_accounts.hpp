#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// The open-platform account (微信开放平台账号) that official accounts and mini programs are bound to: the accounts
// bound to one see the same unionid of a customer, an account that is bound to none sees no unionid
// (wechat-security-and-authorization B15, B16). An account that is moved to another one gets other unionids of the same
// customers. The platform has these calls for accounts that a merchant authorized (OpenPlatform::account), with
// permission set 24 (official accounts) or 25 (mini programs). `app_id` may always be left out; one that is not the
// account's own is refused (40013). Operations are values; any thread.

struct OpenAccount {
  OpenAccount() {}
  std::string open_app_id;  ///< open_appid
};

/// Makes an open-platform account and binds the account to it.
///
/// Effect: create. Codes: 89000 (bound already). Page: 创建开放平台帐号并绑定公众号/小程序.
struct KEFU_EXPORT CreateOpenAccount {
  using Response = OpenAccount;
  static const Operation& operation();
  explicit CreateOpenAccount(std::string app_id_ = {}) : app_id(std::move(app_id_)) {}
  std::string app_id;  ///< appid; empty: the account that calls.
};

/// Binds the account to an open-platform account of the same owner that `CreateOpenAccount` made. One without
/// verification takes five accounts of its owner, others 100.
///
/// Effect: idempotent; done again it is answered 89000. Codes: 89000 (bound already), 89001 (another owner), 89003 (not
/// made by this API), 89004 (100 are bound). Page: 将公众号/小程序绑定到开放平台帐号下.
struct KEFU_EXPORT BindOpenAccount {
  using Response = NoContent;
  static const Operation& operation();
  explicit BindOpenAccount(std::string open_app_id_, std::string app_id_ = {})
      : open_app_id(std::move(open_app_id_)), app_id(std::move(app_id_)) {}
  std::string open_app_id;
  std::string app_id;
};

/// Takes the account off its open-platform account: its customers have no unionid then.
///
/// Effect: idempotent; done again it is answered 89002. Codes: 89002 (not bound), 89003 (not made by this API). Page:
/// 将公众号/小程序从开放平台帐号下解绑.
struct KEFU_EXPORT UnbindOpenAccount {
  using Response = NoContent;
  static const Operation& operation();
  explicit UnbindOpenAccount(std::string open_app_id_, std::string app_id_ = {})
      : open_app_id(std::move(open_app_id_)), app_id(std::move(app_id_)) {}
  std::string open_app_id;
  std::string app_id;
};

/// The open-platform account that the account is bound to.
///
/// Effect: read. Codes: 89002 (`not_found`: not bound). Page: 获取公众号/小程序所绑定的开放平台帐号.
struct KEFU_EXPORT GetOpenAccount {
  using Response = OpenAccount;
  static const Operation& operation();
  explicit GetOpenAccount(std::string app_id_ = {}) : app_id(std::move(app_id_)) {}
  std::string app_id;
};

struct OpenAccountPresence {
  OpenAccountPresence() {}
  bool bound = false;  ///< have_open
};
/// Whether the account is bound to an open-platform account.
///
/// Effect: read. Page: 查询是否绑定开放平台帐号.
struct KEFU_EXPORT HasOpenAccount {
  using Response = OpenAccountPresence;
  static const Operation& operation();
  HasOpenAccount() {}
};

struct OpenAccountOwner {
  OpenAccountOwner() {}
  bool same = false;  ///< same_entity
};
/// Whether the account and the open-platform account that it is bound to have one owner (主体).
///
/// Effect: read. Page: 查询开放平台帐号是否与小程序同主体.
struct KEFU_EXPORT HasOwnersOpenAccount {
  using Response = OpenAccountOwner;
  static const Operation& operation();
  HasOwnersOpenAccount() {}
};

}  // namespace wechat
KEFU_END_NAMESPACE
