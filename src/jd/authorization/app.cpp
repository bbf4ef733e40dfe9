#include "core/net/base_url.hpp"
#include "core/text/sample_value.hpp"
#include "jd/authorization/app_core.hpp"
#include "jd/authorization/authorizer.hpp"
#include "jd/gateway/platform.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr std::string_view kOauthHost = "https://open-oauth.jd.com";
constexpr std::string_view kLegacyOauthHost = "https://oauth.jd.com";

Error bad_app(std::string message) { return Error(ErrorKind::bad_argument, std::move(message)); }

bool is_placeholder(std::string_view value) {
  return detail::is_sample_value(value,
                                 {"appkey", "appsecret", "yourappkey", "yourappsecret", "yoursecret", "changeme"});
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

Result<void> check_app_credentials(const AppConfig& config) {
  if (config.app_key.empty() || is_placeholder(config.app_key))
    return bad_app("app_key is empty or a placeholder: take it from the platform's console (应用管理)");
  if (config.app_key.size() > 64)
    return bad_app(fmt::format("app_key has {} bytes, the limit is 64", config.app_key.size()));
  if (!is_printable(config.app_key))
    return bad_app("app_key may hold printable ASCII without blanks only: look for what copying added");
  if (config.app_secret.empty() || is_placeholder(config.app_secret.expose()))
    return bad_app("app_secret is empty or a placeholder: take it from the platform's console (应用管理)");
  if (config.app_secret.expose().find_first_of(" \t\r\n") != std::string_view::npos)
    return bad_app("app_secret holds blanks or line ends: look for what copying added");
  return {};
}

Result<void> check_app_limits(const AppConfig& config) {
  if (config.calls_per_day < 0)
    return bad_app(fmt::format("calls_per_day is {}: 0 where it is not known, or more", config.calls_per_day));
  if (config.calls_per_second < 0)
    return bad_app(fmt::format("calls_per_second is {}: 0 for no limit, or more", config.calls_per_second));
  if (!(config.polling_share > 0 && config.polling_share <= 1))
    return bad_app(
        fmt::format("polling_share is {}: it is a share, more than 0, up to 1; to poll nothing switch "
                    "PollingSettings off",
                    config.polling_share));
  return {};
}

Result<void> check_redirect_uri(const std::string& uri) {
  constexpr std::size_t kLongest = 1024;
  if (uri.size() > kLongest)
    return bad_app(fmt::format("redirect_uri has {} bytes, the limit is {}", uri.size(), kLongest));
  if (!is_printable(uri))
    return bad_app("redirect_uri may hold printable ASCII without blanks only: percent-encode it");
  return {};
}

std::shared_ptr<ShopPlatform> make_platform(const std::shared_ptr<detail::RuntimeCore>& runtime,
                                            std::shared_ptr<const AppConfig> config,
                                            std::shared_ptr<const Signer> signer, std::string account,
                                            std::shared_ptr<CallStop> stop,
                                            std::shared_ptr<detail::TokenProvider> tokens = nullptr,
                                            ShopPlatform::Gate gate = nullptr) {
  return std::make_shared<ShopPlatform>(runtime, std::move(config), std::move(signer), std::move(account),
                                        std::move(tokens), std::move(stop), std::move(gate));
}

/// Names the application in metrics and logs; a whole key would be masked there.
std::string label_of(const AppConfig& config) { return "app " + config.app_key.substr(0, 8); }

}  // namespace

App::Core::Core(std::shared_ptr<detail::RuntimeCore> shared, std::shared_ptr<const AppConfig> settings, Signer s)
    : runtime(std::move(shared)),
      config(std::move(settings)),
      signer(std::make_shared<const Signer>(std::move(s))),
      stop(std::make_shared<CallStop>(runtime, config->app_key)),
      queue(std::make_shared<detail::CallQueue>(runtime,
                                                make_platform(runtime, config, signer, label_of(*config), stop))),
      oauth(
          std::make_shared<detail::Pipeline>(runtime, make_platform(runtime, config, signer, label_of(*config), stop))),
      poll_budget(std::make_shared<CallBudget>(
          runtime, config->app_key, config->calls_per_day > 0 ? config->calls_per_day : AppConfig::kAssumedCallsPerDay,
          config->polling_share, stop, config->calls_per_day == 0)),
      events(std::make_shared<detail::MerchantEvents>(runtime, "jd")) {}

std::shared_ptr<detail::Pipeline> App::Core::make_pipeline(std::string shop,
                                                           std::shared_ptr<detail::TokenProvider> tokens,
                                                           ShopPlatform::Gate gate) const {
  return std::make_shared<detail::Pipeline>(
      runtime, make_platform(runtime, config, signer, std::move(shop), stop, std::move(tokens), std::move(gate)),
      RetryPolicy(), queue);
}

Result<App> App::create(const Runtime& runtime, AppConfig config) {
  if (auto checked = check_app_credentials(config); !checked) return checked.error();
  if (auto checked = check_redirect_uri(config.redirect_uri); !checked) return checked.error();
  if (auto checked = detail::check_base_url("gateway_url", config.gateway_url); !checked) return checked.error();
  if (auto checked = detail::check_base_url("oauth_url", config.oauth_url); !checked) return checked.error();
  if (auto checked = check_app_limits(config); !checked) return checked.error();
  auto signer = Signer::create(config.app_secret);
  if (!signer) return signer.error();
  if (config.legacy_oauth && config.oauth_url == kOauthHost) config.oauth_url = kLegacyOauthHost;
  auto core = std::make_shared<Core>(detail::core_of(runtime), std::make_shared<const AppConfig>(std::move(config)),
                                     *std::move(signer));
  core->authorizer =
      std::make_shared<ShopAuthorizer>(OauthAccess(core->runtime, core->config, core->oauth, core->events));
  return App(std::move(core));
}

const std::string& App::app_key() const { return core_->config->app_key; }
std::shared_ptr<Authorizer> App::authorizer() const { return core_->authorizer; }

}  // namespace jd
KEFU_END_NAMESPACE
