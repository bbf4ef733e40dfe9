#pragma once

#include "support/planted_secrets.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/jd/shop.hpp>
#include <kefu/sandbox/scripted_transport.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

namespace kefu_test {

inline constexpr char kJdAppKey[] = "0A1B2C3D4E5F60718293A4B5C6D7E8F9";
inline constexpr char kJdToken[] = "a1b2c3d4e5f64718829304a5b6c7d8e9njaz";

/// A token service of the host: always gives one, another one after each refusal.
class JdTokenService final : public kefu::TokenSource {
 public:
  std::string token() const { return given == 1 ? kJdToken : kJdToken + std::to_string(given); }
  void get(kefu::MoveFunction<void(kefu::Result<kefu::Secret>)> done) override { done(kefu::Secret(token())); }
  void report_invalid(const kefu::Secret&, kefu::MoveFunction<void(kefu::Result<void>)> done) override {
    ++given;
    done({});
  }
  int given = 1;
};

/// One shop in simulated time whose gateway is a script; tokens are always given.
struct JdWorld {
  JdWorld() : JdWorld(kefu::jd::AppConfig(kJdAppKey, kefu::Secret(kPlantedAppSecret))) {}
  explicit JdWorld(kefu::jd::AppConfig config) {
    kefu::RuntimeOptions options;
    options.clock = time;
    options.scheduler = time;
    options.transport = transport;
    options.executor = std::make_shared<kefu::InlineExecutor>();
    auto made = kefu::Runtime::create(std::move(options));
    REQUIRE(made.has_value());
    runtime = std::make_unique<kefu::Runtime>(*std::move(made));
    auto made_app = kefu::jd::App::create(*runtime, std::move(config));
    REQUIRE_MESSAGE(made_app.has_value(), (made_app ? "" : made_app.error().to_string()));
    app = std::make_unique<kefu::jd::App>(*std::move(made_app));
    kefu::jd::ShopConfig settings("shop-1");
    settings.token_source = tokens;
    shop = make_shop(std::move(settings));
  }

  std::shared_ptr<kefu::jd::Shop> make_shop(kefu::jd::ShopConfig settings) const {
    auto created = kefu::jd::Shop::create(*app, std::move(settings));
    REQUIRE_MESSAGE(created.has_value(), (created ? "" : created.error().to_string()));
    return *std::move(created);
  }

  /// What every call to the gateway is answered with from now on.
  void answer(std::string body, int status = 200, kefu::HttpFields headers = {}) const {
    transport->on("/routerjson", [body = std::move(body), status, headers = std::move(headers)](const auto&) {
      return json_reply(body, status, headers);
    });
  }
  kefu::Result<kefu::RawReply> call(const std::string& method, kefu::Effect effect = kefu::Effect::read) const {
    return shop->call(kefu::RawCall("POST", method, "{}", effect)).get();
  }

  static kefu::HttpOutcome json_reply(std::string body, int status = 200, kefu::HttpFields headers = {}) {
    kefu::HttpReply reply;
    reply.status = status;
    reply.headers = std::move(headers);
    reply.headers.emplace_back("content-type", "application/json;charset=UTF-8");
    reply.body = std::move(body);
    return reply;
  }
  /// An answer of the gateway itself.
  static std::string error_response(const std::string& code) {
    return R"({"error_response":{"code":")" + code + R"(","zh_desc":"平台的话","en_desc":"as the platform says"}})";
  }

  std::shared_ptr<kefu::sandbox::SimulatedTime> time = std::make_shared<kefu::sandbox::SimulatedTime>();
  std::shared_ptr<kefu::sandbox::ScriptedTransport> transport =
      std::make_shared<kefu::sandbox::ScriptedTransport>(time);
  std::shared_ptr<JdTokenService> tokens = std::make_shared<JdTokenService>();
  std::unique_ptr<kefu::Runtime> runtime;
  std::unique_ptr<kefu::jd::App> app;
  std::shared_ptr<kefu::jd::Shop> shop;
};

}  // namespace kefu_test
