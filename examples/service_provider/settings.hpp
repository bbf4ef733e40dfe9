#pragma once

#include <kefu/core/result.hpp>
#include <kefu/core/store.hpp>
#include <kefu/jd/app.hpp>
#include <kefu/jd/shop.hpp>
#include <kefu/wechat/open_platform.hpp>

#include <memory>
#include <string>

/// The command line. Secrets are none of it: they come from the environment.
struct Settings {
  std::string store;  ///< sqlite:PATH, postgres:CONNINFO or redis:ADDRESS.
  std::string url;    ///< Where platforms and browsers find this program, or the load balancer before several of them.
  int port = 8080;    ///< Of 127.0.0.1; 0: any.
  int lease_s = 30;   ///< How long a process may be away before the others do its work.
};

/// STORE_PASSWORD, if the store wants one.
kefu::Result<std::shared_ptr<kefu::Store>> open_store(const std::string& place);

/// WECHAT_COMPONENT_APP_ID, WECHAT_COMPONENT_APP_SECRET, WECHAT_TOKEN, WECHAT_AES_KEY; WECHAT_URL is the sandbox's.
kefu::wechat::OpenPlatformConfig wechat_settings(const Settings& settings);

/// JD_APP_KEY, JD_APP_SECRET, JD_CALLS_PER_DAY; JD_URL is the sandbox's.
kefu::jd::AppConfig jd_settings(const Settings& settings);

/// JD_DONGDONG_ASPID, JD_DONGDONG_SECRET, JD_POLL_SECONDS. A shop goes by the pin of the account that speaks for it, so
/// that its name is all there is to know of it.
kefu::jd::ShopConfig shop_settings(const std::string& shop);
