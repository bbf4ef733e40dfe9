#include "jd/answering/dongdong_tokens.hpp"

#include "core/async/call_deadline.hpp"
#include "core/report/redaction.hpp"
#include "core/tokens/broker.hpp"

#include <kefu/jd/dongdong.hpp>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

/// Asks GrantService.
class DongDongTokenFetcher final : public detail::TokenFetcher {
 public:
  DongDongTokenFetcher(std::shared_ptr<const Clock> clock, ApiClient client, const DongDongGrant& grant)
      : clock_(std::move(clock)),
        client_(std::move(client)),
        aspid_(grant.aspid),
        secret_(grant.secret),
        version_(grant.version),
        life_(grant.token_life) {}

  void fetch(Mode, MonoTime deadline, CancelToken cancel,
             MoveFunction<void(Result<detail::FetchedToken>)> done) override {
    ExchangeDongDongGrant op(aspid_, secret_);
    op.version = version_;
    CallOptions options = detail::options_until(*clock_, deadline);
    client_.start(std::move(op), std::move(options), std::move(cancel),
                  [life = life_, done = std::move(done)](Result<DongDongToken> answer) mutable {
                    if (!answer) return done(answer.error());
                    if (answer->access_token.empty()) return done(not_granted(*answer));
                    done(detail::FetchedToken(std::move(answer->access_token), life));
                  });
  }

 private:
  static Error not_granted(const DongDongToken& answer) {
    ErrorDetails details;
    details.platform_code = answer.code;
    details.platform_message = detail::redacted(answer.message);
    details.message =
        "GrantService gave no DongDong token: check aspid and secret of ShopConfig::dongdong with JD's DongDong team";
    return Error(ErrorKind::configuration, Delivery::refused, std::move(details));
  }

  const std::shared_ptr<const Clock> clock_;
  const ApiClient client_;
  const std::string aspid_;
  const Secret secret_;
  const std::string version_;
  const std::chrono::seconds life_;
};

/// One that was handed out directly.
class HandedOutToken final : public detail::TokenProvider {
 public:
  HandedOutToken(Secret token, MonoTime now)
      : token_(std::make_shared<const detail::Token>(std::move(token), 0, now, (MonoTime::max)(), (MonoTime::max)())) {}

  detail::TokenPtr at_hand() override { return token_; }
  void get(MonoTime, CancelToken, Got done) override { done(token_); }
  void refused(detail::CredentialTag, MonoTime, CancelToken, Renewed done) override { done(cannot_replace()); }
  void force(MonoTime, CancelToken, Renewed done) override { done(cannot_replace()); }

 private:
  static Error cannot_replace() {
    return Error(ErrorKind::unsupported, "ShopConfig::dongdong names a fixed token: replace it there");
  }
  const detail::TokenPtr token_;
};

}  // namespace

std::shared_ptr<detail::TokenProvider> make_dongdong_tokens(const std::shared_ptr<detail::RuntimeCore>& runtime,
                                                            ApiClient shop, const DongDongGrant& grant) {
  if (!grant.access_token.empty()) return std::make_shared<HandedOutToken>(grant.access_token, runtime->clock->mono());
  detail::TokenSettings settings("jd", grant.aspid, "dongdong");
  settings.longest_life = std::max(settings.longest_life, grant.token_life);
  return std::make_shared<detail::TokenBroker>(
      runtime, std::make_shared<DongDongTokenFetcher>(runtime->clock, std::move(shop), grant), std::move(settings));
}

}  // namespace jd
KEFU_END_NAMESPACE
