#pragma once

#include "channel/accounts/merchant_events.hpp"
#include "core/call/pipeline.hpp"
#include "jd/authorization/authorizer.hpp"
#include "jd/authorization/grant_tokens.hpp"
#include "jd/gateway/platform.hpp"
#include "support/faulty_store.hpp"
#include "support/planted_secrets.hpp"
#include "support/simulated_core.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kefu_test {

/// The authorization service as a script: codes "c-<shop>", refresh tokens that it gives out and takes back.
class FakeAuthorization {
 public:
  bool rotate = true;       ///< A refresh gives another refresh token and ends the old one.
  bool same_text = false;   ///< A refresh keeps the text of the access token.
  bool refuse = false;      ///< Refreshes are refused.
  bool named = false;       ///< Refusals are named; else their number says nothing.
  bool accept_any = false;  ///< Refresh tokens of before are good too.
  std::string raw;          ///< The whole next answers, if not empty.
  int status = 200;         ///< Of answers in `raw`.
  std::int64_t life = 31'535'999;
  std::string uid = "8000000000";
  std::string access;   ///< The last one.
  std::string refresh;  ///< The one that is good.
  int exchanges = 0, refreshes = 0;
  std::function<void()> on_refresh;  ///< Called when the platform has been asked for one.

  kefu::HttpOutcome exchange(kefu::WallTime now) {
    ++exchanges;
    if (!raw.empty()) return reply(raw, status);
    make_tokens();
    return answer(now);
  }
  kefu::HttpOutcome refreshed(const kefu::HttpRequest& request, kefu::WallTime now) {
    ++refreshes;
    if (on_refresh) on_refresh();
    if (!raw.empty()) return reply(raw, status);
    std::string given;
    for (const auto& [name, value] : request.query)
      if (name == "refresh_token") given = value;
    const bool is_refused = refuse || (given != refresh && !accept_any);
    if (is_refused && named)
      return reply(R"({"error":"invalid_grant","error_description":"refresh_token )" + given + R"( is invalid"})", 400);
    if (is_refused)
      return reply(R"({"code":400,"msg":"refresh_token )" + given + R"( is invalid","requestId":"r-1"})", 200);
    if (!same_text) access = fmt::format("{}-{}", kPlantedAccessToken, ++made_);
    if (rotate) refresh = fmt::format("{}-{}", kPlantedRefreshToken, ++made_);
    return answer(now);
  }

 private:
  static kefu::HttpOutcome reply(const std::string& body, int status) {
    kefu::HttpReply made;
    made.status = status;
    made.body = body;
    return made;
  }
  void make_tokens() {
    access = fmt::format("{}-{}", kPlantedAccessToken, ++made_);
    refresh = fmt::format("{}-{}", kPlantedRefreshToken, ++made_);
  }
  kefu::HttpOutcome answer(kefu::WallTime now) const {
    return reply(
        fmt::format(R"({{"access_token":"{}","expires_in":{},"refresh_token":"{}","scope":"snsapi_base",)"
                    R"("open_id":"open-1","uid":"{}","time":{},"token_type":"bearer","code":0,"xid":"o*AA1"}})",
                    access, life, refresh, uid, kefu::unix_millis(now)),
        200);
  }
  int made_ = 0;
};

/// One application and its authorization service in simulated time.
struct OauthWorld : SimulatedCore {
  OauthWorld() : watched(std::make_shared<FaultyStore>(store)) {
    watched->only = "/grant/";
    core->store = watched;
    wire->on(
        "/oauth2/access_token", [this](const kefu::HttpRequest&) { return fake.exchange(time->wall()); },
        kefu::Millis(50));
    wire->on(
        "/oauth2/refresh_token",
        [this](const kefu::HttpRequest& request) { return fake.refreshed(request, time->wall()); }, kefu::Millis(50));
  }

  static kefu::jd::AppConfig config() {
    kefu::jd::AppConfig made("0A1B2C3D4E5F60718293A4B5C6D7E8F9", kefu::Secret(kPlantedAppSecret));
    made.redirect_uri = "https://shop.example.com/jd/callback";
    return made;
  }
  kefu::jd::OauthAccess access(const kefu::jd::AppConfig& app = config()) {
    const auto shared = std::make_shared<const kefu::jd::AppConfig>(app);
    auto platform = std::make_shared<kefu::jd::ShopPlatform>(
        core, shared, std::make_shared<const kefu::jd::Signer>(kefu::jd::Signer::create(app.app_secret).value()),
        "app 0A1B2C3D", nullptr, std::make_shared<kefu::jd::CallStop>(core, app.app_key));
    return {core, shared, kefu::ApiClient(std::make_shared<kefu::detail::Pipeline>(core, std::move(platform))), events};
  }
  std::shared_ptr<kefu::Authorizer> authorizer(const kefu::jd::AppConfig& app = config()) {
    return std::make_shared<kefu::jd::ShopAuthorizer>(access(app));
  }
  /// What one process has for a shop.
  std::shared_ptr<kefu::detail::TokenProvider> tokens(const std::string& shop = "shop1",
                                                      const kefu::jd::AppConfig& app = config()) {
    return kefu::jd::make_grant_tokens(access(app), shop);
  }

  /// The whole way of a merchant: link, redirect, grant.
  kefu::Result<kefu::Merchant> authorize(const std::string& shop = "shop1") {
    const auto maker = authorizer();
    const auto link = maker->link(shop).get();
    REQUIRE(link);
    return maker->redeem("code=" + std::string(kPlantedAuthorizationCode) + "&state=" + link->state).get();
  }

  /// Asks and waits: "good" for the platform's last token, "old" for another one, or the error's kind.
  std::string text(const std::shared_ptr<kefu::detail::TokenProvider>& provider) {
    const auto got = get(provider);
    if (!got) return std::string(to_string(got.error().kind()));
    return is_good(*got) ? "good" : "old";
  }
  /// Tests say it so, as an assertion must not show a token.
  bool is_good(const kefu::detail::TokenPtr& token) const { return token->value.expose() == fake.access; }
  kefu::Result<kefu::detail::TokenPtr> get(const std::shared_ptr<kefu::detail::TokenProvider>& provider,
                                           kefu::Millis limit = kefu::Millis(20'000)) {
    std::optional<kefu::Result<kefu::detail::TokenPtr>> answer;
    provider->get(time->mono() + limit, {},
                  [&](kefu::Result<kefu::detail::TokenPtr> r) { answer.emplace(std::move(r)); });
    for (kefu::Millis passed{0}; !answer && passed <= limit; passed += kefu::Millis(10))
      time->advance(kefu::Millis(10));
    REQUIRE(answer);
    return *answer;
  }
  /// The gateway refuses the token (code 19); "ok" once another one is in place, else the error's kind.
  std::string refuse(const std::shared_ptr<kefu::detail::TokenProvider>& provider,
                     const kefu::detail::TokenPtr& token) {
    std::optional<kefu::Result<void>> answer;
    provider->refused(token->tag, time->mono() + kefu::Millis(20'000), {},
                      [&](kefu::Result<void> r) { answer.emplace(std::move(r)); });
    for (int i = 0; !answer && i < 2100; ++i) time->advance(kefu::Millis(10));
    REQUIRE(answer);
    if (!*answer) last_error = answer->error().to_string();
    return *answer ? "ok" : std::string(to_string(answer->error().kind()));
  }
  void pass(std::chrono::seconds seconds) { time->advance(seconds); }

  /// Everything that the store holds keys for.
  std::string all_keys() const {
    std::string keys;
    const auto items = store->list("kefu/", "", 1000);
    REQUIRE(items);
    for (const auto& item : items->items) keys += item.first + "\n";
    return keys;
  }

  const std::shared_ptr<kefu::detail::MerchantEvents> events =
      std::make_shared<kefu::detail::MerchantEvents>(core, "jd");
  FakeAuthorization fake;
  std::string last_error;
  const std::shared_ptr<FaultyStore> watched;
};

}  // namespace kefu_test
