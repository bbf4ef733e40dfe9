#pragma once

#include "support/child_process.hpp"
#include "support/planted_secrets.hpp"
#include "support/store_place.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/wechat/account.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>

namespace kefu_test {

inline constexpr char kTokenApp[] = "wx00000000000000a1";

/// The system's clock of a while ago.
class EarlierClock final : public kefu::Clock {
 public:
  explicit EarlierClock(kefu::Millis ago) : ago_(ago) {}
  kefu::WallTime wall() const override { return std::chrono::system_clock::now() - ago_; }
  kefu::MonoTime mono() const override { return std::chrono::steady_clock::now(); }

 private:
  const kefu::Millis ago_;
};

/// A platform over HTTP, a store that processes share, and a token in it.
struct TokenShop {
  /// `where`: see open_store_at().
  explicit TokenShop(std::string where) : place(std::move(where)) {
    REQUIRE(platform.start().has_value());
    kefu::sandbox::WechatApp app;
    app.appid = kTokenApp;
    app.secret = kPlantedAppSecret;
    REQUIRE(platform.add(app).has_value());
  }

  /// A process that is gone fetched the token so long ago.
  void fetch_token(kefu::Millis ago) {
    const auto clock = std::make_shared<EarlierClock>(ago);
    kefu::RuntimeOptions options;
    options.store = open_store_at(place, clock).value();
    options.clock = clock;
    auto runtime = kefu::Runtime::create(std::move(options)).value();
    kefu::wechat::AccountConfig config(kTokenApp, kefu::Secret(kPlantedAppSecret),
                                       kefu::wechat::AccountKind::service_account);
    config.base_url = platform.wechat_url();
    const auto account = kefu::wechat::Account::create(runtime, std::move(config)).value();
    const auto answer = account->call(kefu::RawCall("GET", "/cgi-bin/getcallbackip", "", kefu::Effect::read)).get();
    REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().to_string()));
    REQUIRE(fetches() == 1);
  }

  /// All of them are let go at the same moment.
  void run_processes() {
    int gate[2];
    REQUIRE(::pipe(gate) == 0);
    ::fcntl(gate[1], F_SETFD, FD_CLOEXEC);
    std::deque<ChildProcess> processes;
    for (int i = 0; i < 4; ++i)
      processes.emplace_back(std::vector<std::string>{KEFU_ACCOUNT_CHILD, place, platform.wechat_url(), kTokenApp,
                                                      std::to_string(gate[0])});
    for (ChildProcess& one : processes) CHECK(one.line() == "ready");
    ::close(gate[1]);
    for (ChildProcess& one : processes) {
      CHECK(one.line() == "done 8");
      CHECK(one.wait() == 0);
    }
    ::close(gate[0]);
  }

  std::uint64_t fetches() const { return platform.calls("/cgi-bin/stable_token"); }

  std::string place;
  kefu::sandbox::Sandbox platform;
};

}  // namespace kefu_test
