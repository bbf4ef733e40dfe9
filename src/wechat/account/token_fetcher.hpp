#pragma once

#include "core/async/runtime_core.hpp"
#include "core/tokens/credential.hpp"
#include "wechat/account/shared_settings.hpp"

#include <kefu/core/client.hpp>

#include <memory>
#include <optional>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// Asks api.weixin.qq.com for an account's token, stable or classic.
///
/// Thread safety: as TokenFetcher, on the loop.
class AccountTokenFetcher final : public detail::TokenFetcher {
 public:
  AccountTokenFetcher(std::shared_ptr<detail::RuntimeCore> runtime, std::shared_ptr<const SharedSettings> settings,
                      std::string app_id, Secret app_secret);

  /// The classic API knows no normal mode: each of its tokens retires the last one anyway.
  bool can_force() const override { return settings_->token_mode == TokenMode::stable; }
  void fetch(Mode mode, MonoTime deadline, CancelToken cancel,
             MoveFunction<void(Result<detail::FetchedToken>)> done) override;

 private:
  const ApiClient& client();

  const std::shared_ptr<detail::RuntimeCore> runtime_;
  const std::shared_ptr<const SharedSettings> settings_;
  const std::string app_id_;
  const Secret app_secret_;
  /// Of a pipeline of its own, as the account's calls wait for this one; made by the first fetch.
  std::optional<ApiClient> client_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
