#include "settings.hpp"

#include <kefu/stores/sqlite.hpp>
#ifdef KEFU_EXAMPLE_POSTGRES
#include <kefu/stores/postgres.hpp>
#endif
#ifdef KEFU_EXAMPLE_REDIS
#include <kefu/stores/redis.hpp>
#endif

#include <chrono>
#include <cstdlib>
#include <utility>

using kefu::Result;
using kefu::Secret;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<std::shared_ptr<kefu::Store>> open_store(const std::string& place) {
  const auto as_store = [](auto opened) -> Result<std::shared_ptr<kefu::Store>> {
    if (!opened) return opened.error();
    return std::shared_ptr<kefu::Store>(*std::move(opened));
  };
  const std::string where = place.substr(place.find(':') + 1);
  if (place.rfind("sqlite:", 0) == 0) return as_store(kefu::SqliteStore::open(kefu::SqliteOptions(where)));
  const Secret password(variable("STORE_PASSWORD"));
#ifdef KEFU_EXAMPLE_POSTGRES
  if (place.rfind("postgres:", 0) == 0)
    return as_store(kefu::PostgresStore::open(kefu::PostgresOptions(where, password)));
#endif
#ifdef KEFU_EXAMPLE_REDIS
  if (place.rfind("redis:", 0) == 0) return as_store(kefu::RedisStore::open(kefu::RedisOptions(where, password)));
#endif
  return kefu::Error(kefu::ErrorKind::bad_argument, "--store must be sqlite:, postgres: or redis:, as built");
}

kefu::wechat::OpenPlatformConfig wechat_settings(const Settings& settings) {
  using namespace kefu::wechat;
  OpenPlatformConfig config(variable("WECHAT_COMPONENT_APP_ID"), Secret(variable("WECHAT_COMPONENT_APP_SECRET")),
                            PushKeys(Secret(variable("WECHAT_TOKEN")), Secret(variable("WECHAT_AES_KEY"))));
  config.redirect_uri = settings.url + "/wechat/back";
  if (const auto sandbox = variable("WECHAT_URL"); !sandbox.empty())
    config.base_url = config.page_url = config.mobile_page_url = sandbox;
  return config;
}

kefu::jd::AppConfig jd_settings(const Settings& settings) {
  kefu::jd::AppConfig config(variable("JD_APP_KEY"), Secret(variable("JD_APP_SECRET")));
  config.redirect_uri = settings.url + "/jd/back";
  config.calls_per_day = std::atoll(variable("JD_CALLS_PER_DAY").c_str());  // as JD's console tells
  if (const auto sandbox = variable("JD_URL"); !sandbox.empty()) config.gateway_url = config.oauth_url = sandbox;
  return config;
}

kefu::jd::ShopConfig shop_settings(const std::string& shop) {
  kefu::jd::ShopConfig config(shop);
  config.dongdong.emplace(variable("JD_DONGDONG_ASPID"), Secret(variable("JD_DONGDONG_SECRET")), shop);
  if (const int seconds = std::atoi(variable("JD_POLL_SECONDS").c_str()); seconds > 0)
    config.polling.interval = std::chrono::seconds(seconds);
  return config;
}
