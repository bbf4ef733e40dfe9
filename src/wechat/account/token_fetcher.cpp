#include "wechat/account/token_fetcher.hpp"

#include "core/async/call_deadline.hpp"
#include "core/call/pipeline.hpp"
#include "wechat/account/platform.hpp"

#include <kefu/wechat/tokens.hpp>

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {

AccountTokenFetcher::AccountTokenFetcher(std::shared_ptr<detail::RuntimeCore> runtime,
                                         std::shared_ptr<const SharedSettings> settings, std::string app_id,
                                         Secret app_secret)
    : runtime_(std::move(runtime)),
      settings_(std::move(settings)),
      app_id_(std::move(app_id)),
      app_secret_(std::move(app_secret)) {}

const ApiClient& AccountTokenFetcher::client() {
  if (!client_)
    client_.emplace(std::make_shared<detail::Pipeline>(
        runtime_, std::make_shared<AccountPlatform>(runtime_, app_id_, app_secret_, settings_, nullptr, nullptr)));
  return *client_;
}

void AccountTokenFetcher::fetch(Mode mode, MonoTime deadline, CancelToken cancel,
                                MoveFunction<void(Result<detail::FetchedToken>)> done) {
  CallOptions options = detail::options_until(*runtime_->clock, deadline);
  auto answered = [done = std::move(done)](Result<TokenAnswer> answer) mutable {
    if (!answer) return done(answer.error());
    done(detail::FetchedToken(std::move(answer->access_token), std::chrono::seconds(answer->expires_in)));
  };
  if (settings_->token_mode == TokenMode::classic)
    client().start(FetchClassicToken(app_id_, app_secret_), std::move(options), std::move(cancel), std::move(answered));
  else
    client().start(FetchStableToken(app_id_, app_secret_, mode == Mode::forced), std::move(options), std::move(cancel),
                   std::move(answered));
}

}  // namespace wechat
KEFU_END_NAMESPACE
