#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/core/secret.hpp>

#include <cstdint>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Answer of both token APIs.
struct TokenAnswer {
  TokenAnswer() {}
  Secret access_token;
  std::int64_t expires_in = 0;  ///< Seconds; of a stable token what is left, which may be little.
};

/// Fetches the classic access token: every call retires the previous token (it works 5 more minutes). Called by the
/// account itself; a second owner anywhere breaks the first one's token.
///
/// Effect: idempotent in what matters: a repeat brings another token, and counts against 2000 a day. Page:
/// 获取接口调用凭据.
struct KEFU_EXPORT FetchClassicToken {
  using Response = TokenAnswer;
  static const Operation& operation();

  FetchClassicToken(std::string app_id_, Secret secret_) : app_id(std::move(app_id_)), secret(std::move(secret_)) {}

  std::string app_id;
  Secret secret;
};

/// Fetches the stable access token: the same token for every caller while it lives. `force_refresh` kills it at once
/// and is limited to 20 a day, 30 s apart: a budgeted act of the broker or of the operator.
///
/// Effect: idempotent; a repeated force is refused by the platform. Page: 获取稳定版接口调用凭据.
struct KEFU_EXPORT FetchStableToken {
  using Response = TokenAnswer;
  static const Operation& operation();

  FetchStableToken(std::string app_id_, Secret secret_, bool force = false)
      : app_id(std::move(app_id_)), secret(std::move(secret_)), force_refresh(force) {}

  std::string app_id;
  Secret secret;
  bool force_refresh;
};

}  // namespace wechat
KEFU_END_NAMESPACE
