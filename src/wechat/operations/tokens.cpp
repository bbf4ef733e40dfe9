#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/tokens.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(wechat::TokenAnswer) {
  v.required("access_token", s.access_token);
  v.required("expires_in", s.expires_in);
}

KEFU_FIELDS(wechat::FetchClassicToken) {
  v.constant("grant_type", "client_credential");
  v.required("appid", s.app_id);
  v.required("secret", s.secret);
}

KEFU_FIELDS(wechat::FetchStableToken) {
  v.constant("grant_type", "client_credential");
  v.required("appid", s.app_id);
  v.required("secret", s.secret);
  v.optional("force_refresh", s.force_refresh);
}

}  // namespace detail

namespace wechat {

// clang-format off
#define KEFU_TOKEN_ROWS(ROW)                                                                                            \
  ROW(FetchClassicToken, get("/cgi-bin/token", kIdempotent, "获取接口调用凭据", kEveryAccount).from("1.1")              \
      .limited("2,000 a day").without_token())                                                                          \
  ROW(FetchStableToken, post("/cgi-bin/stable_token", kIdempotent, "获取稳定版接口调用凭据", kEveryAccount).from("1.2") \
      .limited("10,000 a minute, 500,000 a day; forced 20 a day").without_token())
// clang-format on
KEFU_WECHAT_FAMILY(token_rows, KEFU_TOKEN_ROWS)

}  // namespace wechat
KEFU_END_NAMESPACE
