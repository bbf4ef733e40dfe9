#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

// The agents of an account (wechat-messages 4.1 to 4.5) and the binding of a mini program to WeChat Kf (4.7). Verified
// official accounts have all of the first; mini programs add, remove, invite and list agents. Operations are values;
// any thread. Codes of the whole family: 65400 (customer service is not enabled) to 65414; see the code table.

/// Adds an agent account: "name@id", where the id is the WeChat id of the official account. Up to 100 of them.
///
/// Effect: create; after an unknown outcome read the list. Checked here: the name is up to 10 letters, digits and '_',
/// the whole up to 30 characters (here and wherever an agent is named), the nickname up to 16. Codes: 65405 (too many),
/// 65406 (exists). Page: 添加客服账号.
struct KEFU_EXPORT AddKfAccount {
  using Response = NoContent;
  static const Operation& operation();
  AddKfAccount(std::string account, std::string nick) : kf_account(std::move(account)), nickname(std::move(nick)) {}
  /// The older form of mini programs: binds a person by WeChat id; there is no account name then. Seen in other
  /// libraries only.
  static AddKfAccount of_person(std::string wechat_id) {
    AddKfAccount made({}, {});
    made.kf_wx = std::move(wechat_id);
    return made;
  }
  std::string kf_account;
  std::string nickname;
  std::string business_id;  ///< Sub-merchant (mini programs of e-commerce platforms).
  std::string kf_wx;        ///< Set by of_person; the other fields are then not sent.
};

/// Renames an agent account (official accounts).
///
/// Effect: idempotent. Checked here: the nickname has up to 16 characters. Page: 修改客服账号.
struct KEFU_EXPORT UpdateKfAccount {
  using Response = NoContent;
  static const Operation& operation();
  UpdateKfAccount(std::string account, std::string nick) : kf_account(std::move(account)), nickname(std::move(nick)) {}
  std::string kf_account;
  std::string nickname;
};

/// Removes an agent account.
///
/// Effect: idempotent. Codes: 65401 (there is none). The account stands in the body, as the page has it; older
/// libraries put it into the query. Page: 删除客服账号.
struct KEFU_EXPORT DeleteKfAccount {
  using Response = NoContent;
  static const Operation& operation();
  explicit DeleteKfAccount(std::string account) : kf_account(std::move(account)) {}
  /// Agents that were bound in a mini program's console have no account name: by the openid that the lists give. Seen
  /// in other libraries only, which disagree about GET and POST.
  static DeleteKfAccount of_person(std::string openid) {
    DeleteKfAccount made({});
    made.kf_openid = std::move(openid);
    return made;
  }
  std::string kf_account;
  std::string business_id;
  std::string kf_openid;  ///< Set by of_person; the other fields are then not sent.
};

/// Invites a person to be the agent behind an account; the person accepts in WeChat.
///
/// Effect: create: a second invitation is refused with 65408 or 65411. Codes: 65401 (no such account; also for agents
/// bound in a mini program's console), 65407 to 65412. Page: 邀请绑定客服账号.
struct KEFU_EXPORT InviteKfWorker {
  using Response = NoContent;
  static const Operation& operation();
  InviteKfWorker(std::string account, std::string wechat_id)
      : kf_account(std::move(account)), invite_wx(std::move(wechat_id)) {}
  std::string kf_account;
  std::string invite_wx;  ///< The person's WeChat id.
};

/// One agent account. What was not sent is empty or 0.
struct KfAccount {
  KfAccount() {}
  std::string kf_account;               ///< Empty for people who were bound in a mini program's console.
  std::string nickname;                 ///< kf_nick
  std::string kf_id;                    ///< "1001"
  std::string head_image_url;           ///< kf_headimgurl
  std::string wechat_id;                ///< kf_wx: the person bound to it; empty if nobody.
  std::string openid;                   ///< kf_openid; newer answers only.
  std::string invited_wechat_id;        ///< invite_wx: an open invitation.
  std::int64_t invite_expire_time = 0;  ///< Seconds since 1970.
  std::string invite_status;            ///< "waiting", "rejected", "expired".
  std::string raw;                      ///< The platform's own JSON.
};
struct KfAccountList {
  KfAccountList() {}
  std::vector<KfAccount> accounts;
};

/// All agent accounts.
///
/// Effect: read. Page: 获取所有客服账号.
struct KEFU_EXPORT ListKfAccounts {
  using Response = KfAccountList;
  static const Operation& operation();
  ListKfAccounts() {}
  std::string business_id;
};

/// An agent who is at work.
struct OnlineKfAccount {
  OnlineKfAccount() {}
  std::string kf_account;
  std::string kf_id;
  std::string openid;              ///< kf_openid
  int status = 0;                  ///< 0 offline, 1 online in the browser; older answers: bits 1 for PC, 2 for phone.
  std::int64_t accepted_case = 0;  ///< Sessions now served.
  std::int64_t auto_accept = 0;    ///< Older answers only.
  bool online() const { return status != 0; }
};
struct OnlineKfAccountList {
  OnlineKfAccountList() {}
  std::vector<OnlineKfAccount> accounts;
};

/// The agents who are at work now.
///
/// Effect: read. Page: 获取在线客服账号.
struct KEFU_EXPORT ListOnlineKfAccounts {
  using Response = OnlineKfAccountList;
  static const Operation& operation();
  ListOnlineKfAccounts() {}
  std::string business_id;
};

/// Makes an agent an administrator of customer service.
///
/// Effect: idempotent. Page: 设置客服管理员.
struct KEFU_EXPORT SetKfAdmin {
  using Response = NoContent;
  static const Operation& operation();
  explicit SetKfAdmin(std::string openid) : kf_openid(std::move(openid)) {}
  std::string kf_openid;  ///< KfAccount::openid
  std::string business_id;
};

/// Takes that away again.
///
/// Effect: idempotent. Page: 取消客服管理员.
struct KEFU_EXPORT CancelKfAdmin {
  using Response = NoContent;
  static const Operation& operation();
  explicit CancelKfAdmin(std::string openid) : kf_openid(std::move(openid)) {}
  std::string kf_openid;
  std::string business_id;
};

/// Binds a mini program to WeChat Kf of a corp with the same owner; customers then reach WeChat Kf.
///
/// Effect: idempotent; bound already is 10130603. Codes: 10130602 (another owner), 10130601. Page: 绑定微信客服.
struct KEFU_EXPORT BindWeComKf {
  using Response = NoContent;
  static const Operation& operation();
  explicit BindWeComKf(std::string corp) : corp_id(std::move(corp)) {}
  std::string corp_id;
};

/// Ends that binding.
///
/// Effect: idempotent; not bound is 10130604. Page: 解绑微信客服.
struct KEFU_EXPORT UnbindWeComKf {
  using Response = NoContent;
  static const Operation& operation();
  explicit UnbindWeComKf(std::string corp) : corp_id(std::move(corp)) {}
  std::string corp_id;
};

struct WeComKfBinding {
  WeComKfBinding() {}
  std::string entity_name;     ///< entityName
  std::string corp_id;         ///< Empty: not bound.
  std::int64_t bind_time = 0;  ///< bindTime, seconds since 1970; 0: not bound.
};

/// Which corp a mini program is bound to.
///
/// Effect: read. Page: 查询绑定的微信客服.
struct KEFU_EXPORT GetWeComKfBinding {
  using Response = WeComKfBinding;
  static const Operation& operation();
  GetWeComKfBinding() {}
};

}  // namespace wechat
KEFU_END_NAMESPACE
