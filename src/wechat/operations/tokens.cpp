#include "core/call/fields.hpp"
#include "wechat/operations/families.hpp"

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

const Operation& FetchClassicToken::operation() {
  static const Operation row =
      detail::make_operation<FetchClassicToken>({"wechat.token", "GET", "/cgi-bin/token", Authorization::none,
                                                 Effect::idempotent, "token", Millis(10'000), "获取接口调用凭据"});
  return row;
}

const Operation& FetchStableToken::operation() {
  static const Operation row = detail::make_operation<FetchStableToken>(
      {"wechat.stable_token", "POST", "/cgi-bin/stable_token", Authorization::none, Effect::idempotent, "stable_token",
       Millis(10'000), "获取稳定版接口调用凭据"});
  return row;
}

std::vector<const Operation*> token_operations() {
  return {&FetchClassicToken::operation(), &FetchStableToken::operation()};
}

}  // namespace wechat
KEFU_END_NAMESPACE
