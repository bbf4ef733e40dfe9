#pragma once

#include "core/text/document.hpp"
#include "support/planted_secrets.hpp"
#include "support/twin_world.hpp"

#include <kefu/sandbox/push.hpp>
#include <kefu/wechat/open_platform.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

namespace kefu_test {

inline constexpr char kTwinComponent[] = "wx00000000000000c0";

/// A third-party platform at the twin, a service account (kTwinApp) and a mini program (kOtherTwinApp) that may
/// authorize it. Pushes go to whatever platform is connected.
struct ComponentWorld {
  ComponentWorld() {
    world.add_app(kOtherTwinApp, true, kefu::sandbox::WechatKind::mini_program);
    kefu::sandbox::WechatApp app;
    app.appid = kTwinComponent;
    app.secret = kPlantedAppSecret;
    app.token = kPlantedPushToken;
    app.encoding_aes_key = kPlantedAesKey;
    app.kind = kefu::sandbox::WechatKind::component;
    REQUIRE(world.sandbox.add(app).has_value());
  }

  static kefu::wechat::OpenPlatformConfig config() {
    return kefu::wechat::OpenPlatformConfig(
        kTwinComponent, kefu::Secret(kPlantedAppSecret),
        kefu::wechat::PushKeys(kefu::Secret(kPlantedPushToken), kefu::Secret(kPlantedAesKey)));
  }
  static kefu::wechat::OpenPlatform platform(const kefu::Runtime& runtime) {
    auto made = kefu::wechat::OpenPlatform::create(runtime, config());
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().to_string()));
    return *std::move(made);
  }

  /// Pushes of the component go to this platform, as a host's server hands them over. It must outlive them: a handle of
  /// its own would keep the twin alive through the runtime's transport.
  void connect(kefu::wechat::OpenPlatform& platform) {
    auto handler = [to = &platform](kefu::sandbox::PushRequest request,
                                    kefu::MoveFunction<void(kefu::sandbox::PushReply)> answer) {
      const kefu::WebhookRequest view(request.method, request.path, request.raw_query, request.body);
      to->receive(view).then(
          [answer = std::move(answer)](kefu::Result<kefu::wechat::OpenedComponentPush> opened) mutable {
            if (!opened) return answer(kefu::sandbox::PushReply(503, {}));
            answer(kefu::sandbox::PushReply(opened->answer.status, opened->answer.body));
          });
    };
    world.sandbox.connect_webhook(kTwinComponent, std::move(handler), world.time, world.time);
  }

  /// What the control API answers to a call about the component.
  std::string control(const std::string& act, const std::string& json = "{}") {
    const auto reply = world.sandbox.control("POST", std::string("/components/") + kTwinComponent + "/" + act, json);
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
    return reply.body;
  }
  void set(const std::string& json) {
    const auto reply = world.sandbox.control("POST", "/switches", json);
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
  }
  /// Lets what is due happen.
  void run() { world.time->advance(kefu::Millis(50)); }
  void push_ticket() {
    control("push-ticket");
    run();
  }
  /// A code as the redirect brings it.
  std::string authorize(const std::string& merchant, const std::string& sets = "") {
    const std::string body = control(
        "authorize", R"({"authorizer":")" + merchant + "\"" + (sets.empty() ? "" : ",\"sets\":[" + sets + "]") + "}");
    return std::string(kefu::detail::Document::json(body).root()["code"].text());
  }
  std::uint64_t token_fetches() const { return world.sandbox.calls("/cgi-bin/component/api_component_token"); }

  TwinWorld world;
};

}  // namespace kefu_test
