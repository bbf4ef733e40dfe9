#pragma once

#include "support/browser.hpp"
#include "support/component_world.hpp"

#include <kefu/channel/authorizer.hpp>
#include <kefu/core/client.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/core/store.hpp>
#include <kefu/wechat/account.hpp>
#include <kefu/wechat/open_platform.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace kefu_test {

/// A provider's process: a platform whose pushes come to it, over a store that may outlive it.
struct Provider {
  explicit Provider(ComponentWorld& twin, std::shared_ptr<kefu::Store> store = nullptr) {
    auto options = twin.world.runtime_options();
    options.store = std::move(store);
    runtime = twin.world.runtime(std::move(options));
    auto config = ComponentWorld::config();
    config.redirect_uri = "https://saas.example.com/wechat/back?tenant=7";
    platform.emplace(kefu::wechat::OpenPlatform::create(*runtime, std::move(config)).value());
    twin.connect(*platform);
  }
  kefu::Authorizer& authorizer() const { return *platform->authorizer(); }
  kefu::Result<std::string> link(const std::string& merchant, kefu::LinkRequest request = {}) const {
    auto link = authorizer().link(merchant, std::move(request)).get();
    if (!link) return link.error();
    return link->url;
  }
  kefu::Result<std::shared_ptr<kefu::wechat::Account>> account(const std::string& merchant) const {
    return platform->account(merchant).get();
  }
  std::unique_ptr<kefu::Runtime> runtime;
  std::optional<kefu::wechat::OpenPlatform> platform;
};

/// The merchant ticks these sets and presses the button; the query that the browser comes back with.
inline std::string consent(ComponentWorld& twin, const std::string& link, const std::string& app_id,
                           const std::string& sets = "&set=1&set=2&set=11") {
  const std::string query = link.substr(link.find('?') + 1, link.find('#') - link.find('?') - 1);
  const std::string back = follow_link(
      twin.world.sandbox, "https://mp.weixin.qq.com/sandbox/component/consent?" + query + "&appid=" + app_id + sets);
  CHECK(back.find("https://saas.example.com/wechat/back?tenant=7&state=") == 0);
  return query_of(back);
}

inline kefu::Merchant onboard(ComponentWorld& twin, const Provider& provider, const std::string& merchant,
                              const std::string& app_id = kTwinApp, const std::string& sets = "&set=1&set=2&set=11") {
  const auto link = provider.link(merchant);
  REQUIRE_MESSAGE(link.has_value(), (link ? "" : link.error().to_string()));
  const auto redeemed = provider.authorizer().redeem(consent(twin, *link, app_id, sets)).get();
  REQUIRE_MESSAGE(redeemed.has_value(), (redeemed ? "" : redeemed.error().to_string()));
  twin.run();
  return *redeemed;
}

inline std::string app_of(const kefu::Merchant& merchant) {
  for (const auto& [name, value] : merchant.ids)
    if (name == "app_id") return value;
  return {};
}

inline std::string state_of(const Provider& provider, const std::string& merchant) {
  const auto known = provider.authorizer().merchant(merchant).get();
  return known ? std::string(to_string(known->state)) : kind_of(known);
}

inline kefu::RawCall user_list() { return kefu::RawCall("GET", "/cgi-bin/user/get", "", kefu::Effect::read); }

}  // namespace kefu_test
