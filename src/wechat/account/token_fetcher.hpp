#pragma once

#include "core/tokens/credential.hpp"

#include <kefu/core/client.hpp>
#include <kefu/wechat/account.hpp>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Asks api.weixin.qq.com for an account's token, stable or classic.
///
/// Thread safety: as TokenFetcher, on the loop.
class AccountTokenFetcher final : public detail::TokenFetcher {
 public:
  /// `client` belongs to a pipeline of its own: the account's calls wait for this one.
  AccountTokenFetcher(std::shared_ptr<const Clock> clock, ApiClient client, std::string app_id, Secret app_secret,
                      TokenMode mode);

  /// The classic API knows no normal mode: each of its tokens retires the last one anyway.
  bool can_force() const override { return mode_ == TokenMode::stable; }
  void fetch(Mode mode, MonoTime deadline, CancelToken cancel,
             MoveFunction<void(Result<detail::FetchedToken>)> done) override;

 private:
  const std::shared_ptr<const Clock> clock_;
  const ApiClient client_;
  const std::string app_id_;
  const Secret app_secret_;
  const TokenMode mode_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
