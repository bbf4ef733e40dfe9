#pragma once

#include "support/planted_secrets.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/sandbox/simulated_time.hpp>
#include <kefu/wechat/account.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

namespace kefu_test {

inline constexpr char kTwinApp[] = "wx00000000000000a1";
inline constexpr char kOtherTwinApp[] = "wx00000000000000b2";
inline constexpr char kTwinCustomer[] = "oABC1234567890abcdefghijklmn";

/// The platform's twin in this process and in simulated time; runtimes and accounts are made by the test. Windows are
/// open unless the app says otherwise.
class TwinWorld {
 public:
  TwinWorld() : sandbox(options()) { add_app(kTwinApp); }

  void add_app(const std::string& appid, bool unlimited_windows = true,
               kefu::sandbox::WechatKind kind = kefu::sandbox::WechatKind::service) {
    kefu::sandbox::WechatApp app;
    app.appid = appid;
    app.secret = kPlantedAppSecret;
    app.kind = kind;
    app.unlimited_windows = unlimited_windows;
    REQUIRE(sandbox.add(app).has_value());
    add_customer(appid, kTwinCustomer);
  }
  void add_customer(const std::string& appid, const std::string& openid) {
    const auto known = sandbox.control("POST", "/customers/" + openid, R"({"appid":")" + appid + R"("})");
    REQUIRE_MESSAGE(known.status == 200, known.body);
  }

  kefu::RuntimeOptions runtime_options() {
    kefu::RuntimeOptions made;
    made.clock = time;
    made.scheduler = time;
    made.executor = std::make_shared<kefu::InlineExecutor>();
    made.transport = sandbox.transport(time);
    return made;
  }
  std::unique_ptr<kefu::Runtime> runtime(kefu::RuntimeOptions made) {
    auto runtime = kefu::Runtime::create(std::move(made));
    REQUIRE_MESSAGE(runtime.has_value(), (runtime ? "" : runtime.error().to_string()));
    return std::make_unique<kefu::Runtime>(*std::move(runtime));
  }
  std::unique_ptr<kefu::Runtime> runtime() { return runtime(runtime_options()); }

  static kefu::wechat::AccountConfig config(
      const std::string& appid = kTwinApp,
      kefu::wechat::AccountKind kind = kefu::wechat::AccountKind::service_account) {
    return kefu::wechat::AccountConfig(appid, kefu::Secret(kPlantedAppSecret), kind);
  }
  static std::shared_ptr<kefu::wechat::Account> account(const kefu::Runtime& runtime,
                                                        kefu::wechat::AccountConfig made = config()) {
    auto account = kefu::wechat::Account::create(runtime, std::move(made));
    REQUIRE_MESSAGE(account.has_value(), (account ? "" : account.error().to_string()));
    return *std::move(account);
  }

  static kefu::Message text(const std::string& what, const std::string& customer = kTwinCustomer) {
    return kefu::Message(kefu::Address("", kefu::CustomerId(customer)), kefu::TextContent(what));
  }
  static kefu::RawCall read() { return kefu::RawCall("GET", "/cgi-bin/getcallbackip", "", kefu::Effect::read); }

  std::uint64_t stable_fetches() const { return sandbox.calls("/cgi-bin/stable_token"); }
  std::uint64_t classic_fetches() const { return sandbox.calls("/cgi-bin/token"); }
  std::uint64_t reads() const { return sandbox.calls("/cgi-bin/getcallbackip"); }
  std::uint64_t sends() const { return sandbox.calls("/cgi-bin/message/custom/send"); }
  void fault(const std::string& name, const std::string& path, std::int64_t count = 1, int errcode = -1) {
    kefu::sandbox::FaultSwitch fault(name);
    fault.path = path;
    fault.count = count;
    fault.errcode = errcode;
    REQUIRE(sandbox.switch_on(fault).has_value());
  }

  std::shared_ptr<kefu::sandbox::SimulatedTime> time = std::make_shared<kefu::sandbox::SimulatedTime>();
  kefu::sandbox::Sandbox sandbox;

 private:
  kefu::sandbox::SandboxOptions options() {
    kefu::sandbox::SandboxOptions made;
    made.clock = time;
    return made;
  }
};

/// What the call was answered: "ok", or the name of its ErrorKind.
template <class T>
std::string kind_of(const kefu::Result<T>& result) {
  return result ? "ok" : std::string(kefu::to_string(result.error().kind()));
}

}  // namespace kefu_test
