#pragma once

#include <kefu/channel/authorizer.hpp>
#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/core/secret.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// What kefu must know of one application at the JD open platform.
struct AppConfig {
  AppConfig(std::string key, Secret secret) : app_key(std::move(key)), app_secret(std::move(secret)) {}

  std::string app_key;
  Secret app_secret;
  /// As registered for the application; needed to authorize shops.
  std::string redirect_uri;
  /// Scheme and host of the gateway, without a path: test environment https://api-dev.jd.com, overseas sites, the
  /// sandbox.
  std::string gateway_url = "https://api.jd.com";
  /// Scheme and host of the authorization service; with `legacy_oauth` https://oauth.jd.com takes this one's place.
  std::string oauth_url = "https://open-oauth.jd.com";
  /// Applications of before 2018: /oauth/authorize and /oauth/token with client_id, answers in GBK (jd 2.2).
  bool legacy_oauth = false;
  /// Calls the application may make a day (500 in its test phase, 300 000 are reported of one on line, the platform's
  /// console tells); 0: not known, then `kAssumedCallsPerDay` is assumed for polling, which is logged once and stands
  /// in `health()`. All shops of the application share them.
  std::int64_t calls_per_day = 0;
  static constexpr std::int64_t kAssumedCallsPerDay = 50'000;
  /// Share of the day's calls that pollers may use, more than 0, up to 1; the rest stays for answers to customers.
  double polling_share = 0.5;
  /// Local limit per second over all shops; 0: none. The platform publishes no number.
  int calls_per_second = 0;
};

/// One application: its key and secret, its shops' authorizations and its day's calls, shared by all of its shops.
///
/// A cheap handle: copies share the application. Thread safety: all members may be called from any thread. Lifetime:
/// shops keep what they need.
class KEFU_EXPORT App final {
 public:
  /// Errors: `bad_argument` naming the field, `configuration` (URLs).
  static Result<App> create(const Runtime& runtime, AppConfig config);

  const std::string& app_key() const;
  /// Links, redirects, grants of the shops (jd 2).
  std::shared_ptr<Authorizer> authorizer() const;

  class Core;
  const std::shared_ptr<Core>& core() const { return core_; }

 private:
  explicit App(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  std::shared_ptr<Core> core_;
};

}  // namespace jd
KEFU_END_NAMESPACE
