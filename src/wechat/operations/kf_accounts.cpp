#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/field_rules.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/kf_accounts.hpp>

#include <algorithm>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr std::size_t kNameCharacters = 10;
constexpr std::size_t kNicknameCharacters = 16;

/// What stands before '@' in a new account.
template <class V>
void account_name(V& v, const std::string& account) {
  const std::string_view name = std::string_view(account).substr(0, account.find('@'));
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
  v.rule("kf_account", plain && name.size() <= kNameCharacters,
         "may hold letters, digits and '_' only before the '@', at most 10 of them");
}

template <class V, class Op>
void admin_fields(V& v, Op& op) {
  v.required("kf_openid", op.kf_openid);
  v.optional("business_id", op.business_id);
}

}  // namespace
}  // namespace wechat

namespace detail {

KEFU_FIELDS(wechat::AddKfAccount) {
  if (!s.kf_wx.empty()) return v.required("kf_wx", s.kf_wx);
  wechat::account_name(v, s.kf_account);
  wechat::kf_account(v, s.kf_account);
  v.required("nickname", s.nickname, Check().max_characters(wechat::kNicknameCharacters));
  wechat::number_id(v, "business_id", s.business_id, false);
}

KEFU_FIELDS(wechat::UpdateKfAccount) {
  wechat::kf_account(v, s.kf_account);
  v.required("nickname", s.nickname, Check().max_characters(wechat::kNicknameCharacters));
}

KEFU_FIELDS(wechat::DeleteKfAccount) {
  if (!s.kf_openid.empty()) return v.required("kf_openid", s.kf_openid);
  wechat::kf_account(v, s.kf_account);
  wechat::number_id(v, "business_id", s.business_id, false);
}

KEFU_FIELDS(wechat::InviteKfWorker) {
  wechat::kf_account(v, s.kf_account);
  v.required("invite_wx", s.invite_wx);
}

KEFU_FIELDS(wechat::KfAccount) {
  v.optional("kf_account", s.kf_account);
  v.optional("kf_nick", s.nickname);
  v.optional("kf_id", s.kf_id);
  v.optional("kf_headimgurl", s.head_image_url);
  v.optional("kf_wx", s.wechat_id);
  v.optional("kf_openid", s.openid);
  v.optional("invite_wx", s.invited_wechat_id);
  v.optional("invite_expire_time", s.invite_expire_time);
  v.optional("invite_status", s.invite_status);
  v.whole(s.raw);
}
// The page's own example has the root of the other call (T10).
KEFU_FIELDS(wechat::KfAccountList) {
  if (v.here()["kf_online_list"]) return v.required("kf_online_list", s.accounts);
  v.required("kf_list", s.accounts);
}
KEFU_FIELDS(wechat::ListKfAccounts) { v.optional("business_id", s.business_id); }

KEFU_FIELDS(wechat::OnlineKfAccount) {
  v.optional("kf_account", s.kf_account);
  v.optional("kf_id", s.kf_id);
  v.optional("kf_openid", s.openid);
  v.optional("status", s.status);
  v.optional("accepted_case", s.accepted_case);
  v.optional("auto_accept", s.auto_accept);
}
KEFU_FIELDS(wechat::OnlineKfAccountList) { v.required("kf_online_list", s.accounts); }
KEFU_FIELDS(wechat::ListOnlineKfAccounts) { v.optional("business_id", s.business_id); }

KEFU_FIELDS(wechat::SetKfAdmin) { wechat::admin_fields(v, s); }
KEFU_FIELDS(wechat::CancelKfAdmin) { wechat::admin_fields(v, s); }

KEFU_FIELDS(wechat::BindWeComKf) { v.required("corpid", s.corp_id); }
KEFU_FIELDS(wechat::UnbindWeComKf) { v.required("corpid", s.corp_id); }
KEFU_FIELDS(wechat::WeComKfBinding) {
  v.optional("entityName", s.entity_name);
  v.optional("corpid", s.corp_id);
  v.optional("bindTime", s.bind_time);
}
KEFU_FIELDS(wechat::GetWeComKfBinding) {}

}  // namespace detail

namespace wechat {

// clang-format off
#define KEFU_KF_ACCOUNT_ROWS(ROW)                                                                                       \
  ROW(AddKfAccount, post("/customservice/kfaccount/add", kCreate, "添加客服账号", kCustomerService).from("4.1")         \
      .limited("100 agents")                                                                                            \
      .doubted("mini programs: an older form {kf_wx} (of_person) against the current page's kf_account and nickname"))  \
  ROW(UpdateKfAccount, post("/customservice/kfaccount/update", kIdempotent, "修改客服账号", {kCert, kCert,              \
      kNo}).from("4.2"))                                                                                                \
  ROW(DeleteKfAccount, post("/customservice/kfaccount/del", kIdempotent, "删除客服账号", kCustomerService).from("4.3")  \
      .doubted("by kf_openid (of_person): libraries disagree about GET and POST"))                                      \
  ROW(InviteKfWorker, post("/customservice/kfaccount/inviteworker", kCreate, "邀请绑定客服账号",                        \
      kCustomerService).from("4.4"))                                                                                    \
  ROW(ListKfAccounts, get("/cgi-bin/customservice/getkflist", kRead, "获取所有客服账号", kCustomerService).from("4.5")) \
  ROW(ListOnlineKfAccounts, get("/cgi-bin/customservice/getonlinekflist", kRead,                                        \
      "获取在线客服账号", kCustomerService).from("4.5"))                                                                \
  ROW(SetKfAdmin, get("/customservice/kfaccount/setadmin", kIdempotent, "设置客服管理员", kKfAdministration)            \
      .from("4.5"))                                                                                                     \
  ROW(CancelKfAdmin, get("/customservice/kfaccount/canceladmin", kIdempotent, "取消客服管理员",                         \
      kKfAdministration).from("4.5"))                                                                                   \
  ROW(BindWeComKf, post("/customservice/work/bind", kIdempotent, "绑定微信客服", kWeComBinding).from("4.7"))            \
  ROW(UnbindWeComKf, post("/customservice/work/unbind", kIdempotent, "解绑微信客服", kWeComBinding).from("4.7"))        \
  ROW(GetWeComKfBinding, get("/customservice/work/get", kRead, "查询绑定的微信客服", kWeComBinding).from("4.7") \
      .read_by(decode_some<WeComKfBinding>))
// clang-format on
KEFU_WECHAT_FAMILY(kf_account_rows, KEFU_KF_ACCOUNT_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
