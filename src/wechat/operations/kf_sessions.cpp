#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/field_rules.hpp"
#include "wechat/operations/rows.hpp"

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

// clang-format off
#define KEFU_KF_SESSION_ROWS(ROW)                                                                                       \
  ROW(CreateKfSession, post("/customservice/kfsession/create", kIdempotent, "创建会话", kKfSessions).from("5"))         \
  ROW(CloseKfSession, post("/customservice/kfsession/close", kIdempotent, "关闭会话", kKfSessions).from("5"))           \
  ROW(GetKfSession, get("/customservice/kfsession/getsession", kRead, "获取客户会话状态", kKfSessions).from("5") \
      .read_by(decode_some<KfSession>)) \
  ROW(ListKfSessions, get("/customservice/kfsession/getsessionlist", kRead, "获取客服会话列表", kKfSessions).from("5")) \
  ROW(ListWaitingCustomers, get("/customservice/kfsession/getwaitcase", kRead, "获取未接入会话列表", kKfSessions)       \
      .from("5"))
// clang-format on
KEFU_WECHAT_FAMILY(kf_session_rows, KEFU_KF_SESSION_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
