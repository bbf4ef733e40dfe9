#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/open_accounts.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(wechat::OpenAccount) { v.required("open_appid", s.open_app_id); }
KEFU_FIELDS(wechat::CreateOpenAccount) { v.optional("appid", s.app_id); }
KEFU_FIELDS(wechat::BindOpenAccount) {
  v.optional("appid", s.app_id);
  v.required("open_appid", s.open_app_id);
}
KEFU_FIELDS(wechat::UnbindOpenAccount) {
  v.optional("appid", s.app_id);
  v.required("open_appid", s.open_app_id);
}
KEFU_FIELDS(wechat::GetOpenAccount) { v.optional("appid", s.app_id); }
KEFU_FIELDS(wechat::OpenAccountPresence) { v.required("have_open", s.bound); }
KEFU_FIELDS(wechat::HasOpenAccount) {}
KEFU_FIELDS(wechat::OpenAccountOwner) { v.required("same_entity", s.same); }
KEFU_FIELDS(wechat::HasOwnersOpenAccount) {}

}  // namespace detail

namespace wechat {
namespace {

constexpr std::string_view kWhoseToken =
    "the page names authorized accounts; no source says whether an account's own token is taken";

}  // namespace

// clang-format off
#define KEFU_OPEN_ACCOUNT_ROWS(ROW)                                                                                   \
  ROW(CreateOpenAccount, post("/cgi-bin/open/create", kCreate, "创建开放平台帐号并绑定公众号/小程序", kOpenAccounts)  \
      .from("B16").doubted(kWhoseToken))                                                                              \
  ROW(BindOpenAccount, post("/cgi-bin/open/bind", kIdempotent, "将公众号/小程序绑定到开放平台帐号下", kOpenAccounts)  \
      .from("B16").limited("100 accounts, 5 of one without verification").doubted(kWhoseToken))                       \
  ROW(UnbindOpenAccount, post("/cgi-bin/open/unbind", kIdempotent, "将公众号/小程序从开放平台帐号下解绑",             \
      kOpenAccounts).from("B16").doubted(kWhoseToken))                                                                \
  ROW(GetOpenAccount, post("/cgi-bin/open/get", kRead, "获取公众号/小程序所绑定的开放平台帐号", kOpenAccounts)        \
      .from("B16").doubted(kWhoseToken))                                                                              \
  ROW(HasOpenAccount, post("/cgi-bin/open/have", kRead, "查询是否绑定开放平台帐号", kOpenAccounts)                    \
      .from("B16").doubted(kWhoseToken))                                                                              \
  ROW(HasOwnersOpenAccount, get("/cgi-bin/open/sameentity", kRead, "查询开放平台帐号是否与小程序同主体",              \
      kOpenAccounts).from("B16").doubted(kWhoseToken))
// clang-format on
KEFU_WECHAT_FAMILY(open_account_rows, KEFU_OPEN_ACCOUNT_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
