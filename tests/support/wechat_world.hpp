#pragma once

#include "support/planted_secrets.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/sandbox/scripted_transport.hpp>
#include <kefu/sandbox/simulated_time.hpp>
#include <kefu/wechat/account.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

namespace kefu_test {

/// One account in simulated time whose platform is a script: tokens are always given, all else is up to the test.
struct WechatWorld {
  /// An account whose calls all go to the platform, whatever its kind.
  static WechatWorld of_any_kind() {
    return WechatWorld(kefu::wechat::AccountKind::service_account, nullptr, true, false);
  }
  explicit WechatWorld(kefu::wechat::AccountKind kind = kefu::wechat::AccountKind::service_account,
                       std::shared_ptr<kefu::Observer> observer = nullptr, bool verified = true,
                       bool check_account_kind = true) {
    kefu::RuntimeOptions options;
    options.observer = std::move(observer);
    options.clock = time;
    options.scheduler = time;
    options.transport = transport;
    options.executor = std::make_shared<kefu::InlineExecutor>();
    auto made = kefu::Runtime::create(std::move(options));
    REQUIRE(made.has_value());
    runtime = std::make_unique<kefu::Runtime>(*std::move(made));
    transport->on("/cgi-bin/stable_token", [this](const kefu::HttpRequest& request) {
      if (request.body.find("\"force_refresh\":true") != std::string::npos) ++tokens;
      return json_reply(R"({"access_token":")" + token() + R"(","expires_in":7200})");
    });
    kefu::wechat::AccountConfig config("wx0123456789abcdef", kefu::Secret(kPlantedAppSecret), kind);
    config.verified = verified;
    config.check_account_kind = check_account_kind;
    auto created = kefu::wechat::Account::create(*runtime, std::move(config));
    REQUIRE_MESSAGE(created.has_value(), (created ? "" : created.error().to_string()));
    account = *std::move(created);
  }

  std::string token() const { return std::string(kPlantedAccessToken) + "_" + std::to_string(tokens); }

  static kefu::HttpOutcome json_reply(std::string body, int status = 200) {
    kefu::HttpReply reply;
    reply.status = status;
    reply.headers.emplace_back("content-type", "application/json; encoding=utf-8");
    reply.body = std::move(body);
    return reply;
  }
  static kefu::HttpOutcome error_reply(std::string_view code) {
    return json_reply("{\"errcode\":" + std::string(code) +
                      ",\"errmsg\":\"as the platform says rid: 5f3ded7d-22929d02-4ba1f5f6\"}");
  }

  std::shared_ptr<kefu::sandbox::SimulatedTime> time = std::make_shared<kefu::sandbox::SimulatedTime>();
  std::shared_ptr<kefu::sandbox::ScriptedTransport> transport =
      std::make_shared<kefu::sandbox::ScriptedTransport>(time);
  int tokens = 1;
  std::unique_ptr<kefu::Runtime> runtime;
  std::shared_ptr<kefu::wechat::Account> account;
};

}  // namespace kefu_test
