#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/field_rules.hpp"

#include <kefu/wechat/kf_sessions.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(wechat::CreateKfSession) {
  wechat::kf_account(v, s.kf_account);
  v.required("openid", s.openid);
}
KEFU_FIELDS(wechat::CloseKfSession) {
  wechat::kf_account(v, s.kf_account);
  v.required("openid", s.openid);
}

KEFU_FIELDS(wechat::KfSession) {
  v.optional("kf_account", s.kf_account);
  v.optional("createtime", s.create_time);
  v.whole(s.raw);
}
KEFU_FIELDS(wechat::GetKfSession) { v.required("openid", s.openid); }

KEFU_FIELDS(wechat::KfSessionList::Item) {
  v.required("openid", s.openid);
  v.optional("createtime", s.create_time);
  v.whole(s.raw);
}
KEFU_FIELDS(wechat::KfSessionList) { v.required("sessionlist", s.sessions); }
KEFU_FIELDS(wechat::ListKfSessions) { wechat::kf_account(v, s.kf_account); }

KEFU_FIELDS(wechat::WaitingCustomers::Item) {
  v.required("openid", s.openid);
  v.optional("createtime", s.latest_time);
  v.optional("latest_time", s.latest_time);
  v.optional("kf_account", s.kf_account);
}
KEFU_FIELDS(wechat::WaitingCustomers) {
  v.required("count", s.count);
  v.optional("waitcaselist", s.customers);
}
KEFU_FIELDS(wechat::ListWaitingCustomers) {}

}  // namespace detail

namespace wechat {

const Operation& CreateKfSession::operation() {
  static const Operation row = detail::make_operation<CreateKfSession>(
      {"wechat.kfsession.create", "POST", "/customservice/kfsession/create", Authorization::access_token,
       Effect::idempotent, "kfsession.create", Millis(10'000), "创建会话"});
  return row;
}

const Operation& CloseKfSession::operation() {
  static const Operation row = detail::make_operation<CloseKfSession>(
      {"wechat.kfsession.close", "POST", "/customservice/kfsession/close", Authorization::access_token,
       Effect::idempotent, "kfsession.close", Millis(10'000), "关闭会话"});
  return row;
}

const Operation& GetKfSession::operation() {
  static const Operation row = detail::make_operation<GetKfSession>(
      {"wechat.kfsession.getsession", "GET", "/customservice/kfsession/getsession", Authorization::access_token,
       Effect::read, "kfsession.getsession", Millis(10'000), "获取客户会话状态"});
  return row;
}

const Operation& ListKfSessions::operation() {
  static const Operation row = detail::make_operation<ListKfSessions>(
      {"wechat.kfsession.getsessionlist", "GET", "/customservice/kfsession/getsessionlist", Authorization::access_token,
       Effect::read, "kfsession.getsessionlist", Millis(10'000), "获取客服会话列表"});
  return row;
}

const Operation& ListWaitingCustomers::operation() {
  static const Operation row = detail::make_operation<ListWaitingCustomers>(
      {"wechat.kfsession.getwaitcase", "GET", "/customservice/kfsession/getwaitcase", Authorization::access_token,
       Effect::read, "kfsession.getwaitcase", Millis(10'000), "获取未接入会话列表"});
  return row;
}

std::vector<const Operation*> kf_session_operations() {
  return {&CreateKfSession::operation(), &CloseKfSession::operation(), &GetKfSession::operation(),
          &ListKfSessions::operation(), &ListWaitingCustomers::operation()};
}

}  // namespace wechat
KEFU_END_NAMESPACE
