#include "wechat/account/token_fetcher.hpp"

#include <kefu/wechat/tokens.hpp>

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {

AccountTokenFetcher::AccountTokenFetcher(std::shared_ptr<const Clock> clock, ApiClient client, std::string app_id,
                                         Secret app_secret, TokenMode mode)
    : clock_(std::move(clock)),
      client_(std::move(client)),
      app_id_(std::move(app_id)),
      app_secret_(std::move(app_secret)),
      mode_(mode) {}

void AccountTokenFetcher::fetch(Mode mode, MonoTime deadline, CancelToken cancel,
                                MoveFunction<void(Result<detail::FetchedToken>)> done) {
  CallOptions options;
  options.timeout = std::chrono::duration_cast<Millis>(deadline - clock_->mono());
  auto answered = [done = std::move(done)](Result<TokenAnswer> answer) mutable {
    if (!answer) return done(answer.error());
    done(detail::FetchedToken(std::move(answer->access_token), std::chrono::seconds(answer->expires_in)));
  };
  if (mode_ == TokenMode::classic)
    client_.start(FetchClassicToken(app_id_, app_secret_), std::move(options), std::move(cancel), std::move(answered));
  else
    client_.start(FetchStableToken(app_id_, app_secret_, mode == Mode::forced), std::move(options), std::move(cancel),
                  std::move(answered));
}

}  // namespace wechat
KEFU_END_NAMESPACE
