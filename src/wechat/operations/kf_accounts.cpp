#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/field_rules.hpp"

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
  if (!plain) return v.complain("kf_account", "may hold letters, digits and '_' only before the '@'");
  if (const auto wrong = detail::Check().max_characters(kNameCharacters).text(name); !wrong.empty())
    v.complain("kf_account", "before the '@' " + wrong);
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

const Operation& AddKfAccount::operation() {
  static const Operation row = detail::make_operation<AddKfAccount>(
      {"wechat.kfaccount.add", "POST", "/customservice/kfaccount/add", Authorization::access_token, Effect::create,
       "kfaccount.add", Millis(10'000), "添加客服账号",
       "mini programs: an older form {kf_wx} (of_person) against the current page's kf_account and nickname"});
  return row;
}

const Operation& UpdateKfAccount::operation() {
  static const Operation row = detail::make_operation<UpdateKfAccount>(
      {"wechat.kfaccount.update", "POST", "/customservice/kfaccount/update", Authorization::access_token,
       Effect::idempotent, "kfaccount.update", Millis(10'000), "修改客服账号"});
  return row;
}

const Operation& DeleteKfAccount::operation() {
  static const Operation row = detail::make_operation<DeleteKfAccount>(
      {"wechat.kfaccount.del", "POST", "/customservice/kfaccount/del", Authorization::access_token, Effect::idempotent,
       "kfaccount.del", Millis(10'000), "删除客服账号",
       "by kf_openid (of_person): libraries disagree about GET and POST"});
  return row;
}

const Operation& InviteKfWorker::operation() {
  static const Operation row = detail::make_operation<InviteKfWorker>(
      {"wechat.kfaccount.inviteworker", "POST", "/customservice/kfaccount/inviteworker", Authorization::access_token,
       Effect::create, "kfaccount.inviteworker", Millis(10'000), "邀请绑定客服账号"});
  return row;
}

const Operation& ListKfAccounts::operation() {
  static const Operation row = detail::make_operation<ListKfAccounts>(
      {"wechat.customservice.getkflist", "GET", "/cgi-bin/customservice/getkflist", Authorization::access_token,
       Effect::read, "customservice.getkflist", Millis(10'000), "获取所有客服账号"});
  return row;
}

const Operation& ListOnlineKfAccounts::operation() {
  static const Operation row = detail::make_operation<ListOnlineKfAccounts>(
      {"wechat.customservice.getonlinekflist", "GET", "/cgi-bin/customservice/getonlinekflist",
       Authorization::access_token, Effect::read, "customservice.getonlinekflist", Millis(10'000), "获取在线客服账号"});
  return row;
}

const Operation& SetKfAdmin::operation() {
  static const Operation row = detail::make_operation<SetKfAdmin>(
      {"wechat.kfaccount.setadmin", "GET", "/customservice/kfaccount/setadmin", Authorization::access_token,
       Effect::idempotent, "kfaccount.setadmin", Millis(10'000), "设置客服管理员"});
  return row;
}

const Operation& CancelKfAdmin::operation() {
  static const Operation row = detail::make_operation<CancelKfAdmin>(
      {"wechat.kfaccount.canceladmin", "GET", "/customservice/kfaccount/canceladmin", Authorization::access_token,
       Effect::idempotent, "kfaccount.canceladmin", Millis(10'000), "取消客服管理员"});
  return row;
}

const Operation& BindWeComKf::operation() {
  static const Operation row = detail::make_operation<BindWeComKf>(
      {"wechat.customservice.work.bind", "POST", "/customservice/work/bind", Authorization::access_token,
       Effect::idempotent, "customservice.work.bind", Millis(10'000), "绑定微信客服"});
  return row;
}

const Operation& UnbindWeComKf::operation() {
  static const Operation row = detail::make_operation<UnbindWeComKf>(
      {"wechat.customservice.work.unbind", "POST", "/customservice/work/unbind", Authorization::access_token,
       Effect::idempotent, "customservice.work.unbind", Millis(10'000), "解绑微信客服"});
  return row;
}

const Operation& GetWeComKfBinding::operation() {
  static const Operation row = detail::make_operation<GetWeComKfBinding>(
      {"wechat.customservice.work.get", "GET", "/customservice/work/get", Authorization::access_token, Effect::read,
       "customservice.work.get", Millis(10'000), "查询绑定的微信客服"});
  return row;
}

std::vector<const Operation*> kf_account_operations() {
  return {&AddKfAccount::operation(),   &UpdateKfAccount::operation(),  &DeleteKfAccount::operation(),
          &InviteKfWorker::operation(), &ListKfAccounts::operation(),   &ListOnlineKfAccounts::operation(),
          &SetKfAdmin::operation(),     &CancelKfAdmin::operation(),    &BindWeComKf::operation(),
          &UnbindWeComKf::operation(),  &GetWeComKfBinding::operation()};
}

}  // namespace wechat
KEFU_END_NAMESPACE
