#pragma once

#include "support/planted_secrets.hpp"
#include "support/process_loop.hpp"
#include "support/simulated_core.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/jd/app.hpp>
#include <kefu/jd/shop.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace kefu_test {

inline constexpr char kTwinJdApp[] = "0A1B2C3D4E5F60718293A4B5C6D7E8F9";
inline constexpr char kTwinJdShop[] = "flagship";
inline constexpr char kTwinJdRedirect[] = "https://shop.example.com/jd/callback";
inline constexpr char kTwinBuyer[] = "jd_buyer_001";
inline constexpr char kTwinAgent[] = "flagship-zhang";  ///< The main account.

/// JD's twin in this process and in simulated time (2024-06-01 08:30:00 in Beijing), with one application and one shop
/// (vender 10001, agents flagship-zhang and flagship-li) that has authorized it. `app` and `shop()` are kefu's side.
class JdTwinWorld {
 public:
  JdTwinWorld() : JdTwinWorld(nullptr) {}
  /// With a store that outlives this world: runtimes that are started anew.
  explicit JdTwinWorld(std::shared_ptr<kefu::Store> store) : sandbox(sandbox_options()) {
    kefu::sandbox::JdApp made;
    made.app_key = kTwinJdApp;
    made.app_secret = kPlantedAppSecret;
    made.redirect_uri = kTwinJdRedirect;
    made.dongdong_aspid = "110.200.0000002.001";
    made.dongdong_secret = "dd-planted-secret";
    REQUIRE(sandbox.add(made).has_value());
    add_shop(kTwinJdShop, 10001);
    restart(std::move(store));
  }

  /// One more shop at the twin; it authorizes the application at once.
  void add_shop(const std::string& name, std::int64_t vender_id) {
    kefu::sandbox::JdShop made;
    made.shop = name;
    made.vender_id = vender_id;
    made.main_account = kTwinAgent;
    made.agents = {"flagship-li"};
    REQUIRE(sandbox.add(made).has_value());
    REQUIRE(sandbox.jd_authorize(kTwinJdApp, name).has_value());
  }

  /// Ends kefu's side and begins it anew, as a host's process does.
  void restart(std::shared_ptr<kefu::Store> store = nullptr) {
    app.reset();
    runtime.reset();
    kefu::RuntimeOptions options;
    options.clock = time;
    options.scheduler = std::make_shared<ProcessLoop>(time);
    options.executor = std::make_shared<kefu::InlineExecutor>();
    options.transport = sandbox.transport(time);
    options.observer = seen;
    if (store) options.store = std::move(store);
    auto made = kefu::Runtime::create(std::move(options));
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().to_string()));
    runtime = std::make_unique<kefu::Runtime>(*std::move(made));
    auto made_app = kefu::jd::App::create(*runtime, app_config());
    REQUIRE_MESSAGE(made_app.has_value(), (made_app ? "" : made_app.error().to_string()));
    app = std::make_unique<kefu::jd::App>(*std::move(made_app));
  }
  static kefu::jd::AppConfig app_config() {
    kefu::jd::AppConfig config(kTwinJdApp, kefu::Secret(kPlantedAppSecret));
    config.redirect_uri = kTwinJdRedirect;
    return config;
  }

  /// A host's token service that knows the twin's tokens; a refused one is replaced by a new authorization.
  class TwinTokens final : public kefu::TokenSource {
   public:
    TwinTokens(kefu::sandbox::Sandbox& sandbox, std::string shop) : sandbox_(sandbox), shop_(std::move(shop)) {}
    void get(kefu::MoveFunction<void(kefu::Result<kefu::Secret>)> done) override {
      auto token = sandbox_.jd_token(kTwinJdApp, shop_);
      if (!token) return done(std::move(token).error());
      done(kefu::Secret(token->access_token));
    }
    void report_invalid(const kefu::Secret&, kefu::MoveFunction<void(kefu::Result<void>)> done) override {
      ++refused;
      static_cast<void>(sandbox_.jd_authorize(kTwinJdApp, shop_));
      done({});
    }
    int refused = 0;

   private:
    kefu::sandbox::Sandbox& sandbox_;
    std::string shop_;
  };

  /// Everything a shop can have: DongDong, after-sale, the twin's tokens.
  kefu::jd::ShopConfig shop_config(const std::string& name = kTwinJdShop, const std::string& bu_id = "10001") {
    kefu::jd::ShopConfig config(name);
    config.token_source = std::make_shared<TwinTokens>(sandbox, name);
    config.dongdong = kefu::jd::DongDongGrant("110.200.0000002.001", kefu::Secret("dd-planted-secret"), kTwinAgent);
    config.after_sale = kefu::jd::AfterSaleDesk(bu_id, kTwinAgent, "客服A");
    return config;
  }
  std::shared_ptr<kefu::jd::Shop> shop(kefu::jd::ShopConfig config) {
    auto made = kefu::jd::Shop::create(*app, std::move(config));
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().to_string()));
    return *std::move(made);
  }
  std::shared_ptr<kefu::jd::Shop> shop() { return shop(shop_config()); }

  /// The merchant opens the link and agrees: the raw query with which the browser comes back.
  std::string log_in(const std::string& url) {
    const std::size_t host = url.find("://") + 3;
    const std::size_t path = url.find('/', host);
    const std::size_t query = url.find('?', path);
    kefu::HttpRequest request;
    request.method = "GET";
    request.base = url.substr(0, path);
    request.path = url.substr(path, query - path);
    request.query = decoded(url.substr(query + 1));
    std::optional<kefu::HttpOutcome> outcome;
    const auto browser = sandbox.transport(time);
    browser->send(std::move(request), time->mono() + kefu::Millis(10'000), {},
                  [&outcome](kefu::HttpOutcome one) { outcome = std::move(one); });
    while (!outcome && time->help() == kefu::Scheduler::Help::worked) {
    }
    REQUIRE(outcome.has_value());
    REQUIRE_MESSAGE(outcome->reply.status == 302, outcome->reply.body);
    for (const auto& [name, value] : outcome->reply.headers)
      if (name == "location") return value.substr(value.find('?') + 1);
    FAIL("the login page redirects nowhere");
    return {};
  }

  std::string buyer_writes(const std::string& text, const std::string& pin = kTwinBuyer,
                           const std::string& shop = kTwinJdShop) {
    auto sid = sandbox.jd_buyer_writes(shop, pin, text);
    REQUIRE_MESSAGE(sid.has_value(), (sid ? "" : sid.error().to_string()));
    return *sid;
  }
  void buyer_does(const std::string& act, const std::string& json = "{}", const std::string& pin = kTwinBuyer) {
    const auto done = sandbox.jd_buyer_does(kTwinJdShop, pin, act, json);
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().to_string()));
  }
  void agent_does(const std::string& act, const std::string& json = "{}", const std::string& agent = kTwinAgent) {
    const auto done = sandbox.jd_agent_does(kTwinJdShop, agent, act, json);
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().to_string()));
  }
  void control(const std::string& method, const std::string& target, const std::string& json = {}) {
    const auto reply = sandbox.control(method, target, json);
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
  }
  void turn(const std::string& name, std::int64_t value) {
    control("POST", "/switches", "{\"" + name + "\":" + std::to_string(value) + "}");
  }
  /// By method ("jingdong....") or by path.
  void fault(const std::string& name, const std::string& method, std::int64_t count = 1, int code = -1) {
    kefu::sandbox::FaultSwitch one(name);
    one.path = method;
    one.count = count;
    one.errcode = code;
    REQUIRE(sandbox.switch_on(one).has_value());
  }

  std::shared_ptr<kefu::sandbox::SimulatedTime> time =
      std::make_shared<kefu::sandbox::SimulatedTime>(kefu::from_unix_seconds(1'717'201'800));
  kefu::sandbox::Sandbox sandbox;
  std::shared_ptr<RecordingObserver> seen = std::make_shared<RecordingObserver>();
  std::unique_ptr<kefu::Runtime> runtime;
  std::unique_ptr<kefu::jd::App> app;

 private:
  kefu::sandbox::SandboxOptions sandbox_options() {
    kefu::sandbox::SandboxOptions made;
    made.clock = time;
    return made;
  }
  static int hex(char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; }
  static std::string plain(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '%') {
        out.push_back(static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])));
        i += 2;
      } else {
        out.push_back(text[i] == '+' ? ' ' : text[i]);
      }
    }
    return out;
  }
  static kefu::HttpFields decoded(const std::string& query) {
    kefu::HttpFields fields;
    for (std::size_t begin = 0; begin < query.size();) {
      const std::size_t end = std::min(query.find('&', begin), query.size());
      const std::string one = query.substr(begin, end - begin);
      fields.emplace_back(plain(one.substr(0, one.find('='))), plain(one.substr(one.find('=') + 1)));
      begin = end + 1;
    }
    return fields;
  }
};

}  // namespace kefu_test
