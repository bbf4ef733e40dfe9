// Four processes with eight threads each share one account through the store.
#include "support/child_process.hpp"
#include "support/planted_secrets.hpp"
#include "support/temp_folder.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/stores/sqlite.hpp>
#include <kefu/wechat/account.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <string>

using namespace kefu;
using kefu_test::ChildProcess;

namespace {

constexpr char kApp[] = "wx00000000000000a1";

/// The system's clock of a while ago.
class EarlierClock final : public Clock {
 public:
  explicit EarlierClock(Millis ago) : ago_(ago) {}
  WallTime wall() const override { return std::chrono::system_clock::now() - ago_; }
  MonoTime mono() const override { return std::chrono::steady_clock::now(); }

 private:
  const Millis ago_;
};

/// A platform over HTTP, a store on disk, and a token in it.
struct Shop {
  Shop() {
    REQUIRE(platform.start().has_value());
    sandbox::WechatApp app;
    app.appid = kApp;
    app.secret = kefu_test::kPlantedAppSecret;
    REQUIRE(platform.add(app).has_value());
  }

  /// A process that is gone fetched the token so long ago.
  void fetch_token(Millis ago) {
    const auto clock = std::make_shared<EarlierClock>(ago);
    SqliteOptions file(path);
    file.clock = clock;
    RuntimeOptions options;
    options.store = SqliteStore::open(file).value();
    options.clock = clock;
    auto runtime = Runtime::create(std::move(options)).value();
    wechat::AccountConfig config(kApp, Secret(kefu_test::kPlantedAppSecret), wechat::AccountKind::service_account);
    config.base_url = platform.wechat_url();
    const auto account = wechat::Account::create(runtime, std::move(config)).value();
    const auto answer = account->call(RawCall("GET", "/cgi-bin/getcallbackip", "", Effect::read)).get();
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
      processes.emplace_back(
          std::vector<std::string>{KEFU_ACCOUNT_CHILD, path, platform.wechat_url(), kApp, std::to_string(gate[0])});
    for (ChildProcess& one : processes) CHECK(one.line() == "ready");
    ::close(gate[1]);
    for (ChildProcess& one : processes) {
      CHECK(one.line() == "done 8");
      CHECK(one.wait() == 0);
    }
    ::close(gate[0]);
  }

  std::uint64_t fetches() const { return platform.calls("/cgi-bin/stable_token"); }

  const kefu_test::TempFolder folder;
  const std::string path = folder.file("shop.db");
  sandbox::Sandbox platform;
};

}  // namespace

TEST_CASE("TOK-1: 4 processes x 8 threads with an expired token make one fetch at the platform") {
  Shop shop;
  shop.fetch_token(std::chrono::hours(3));
  shop.platform.advance(std::chrono::hours(3));
  shop.run_processes();
  CHECK(shop.fetches() == 2);
  CHECK(shop.platform.calls("/cgi-bin/getcallbackip") == 1 + 32);
}

TEST_CASE("TOK-2 TOK-4: 4 processes x 8 threads whose token was made void elsewhere make one renewal in all") {
  Shop shop;
  shop.fetch_token(Millis(0));
  shop.platform.rotate_tokens(kApp);
  shop.run_processes();
  CHECK(shop.fetches() == 2);
  const auto calls = shop.platform.calls("/cgi-bin/getcallbackip");
  CHECK(calls >= 1 + 32 + 1);  // somebody was refused
  CHECK(calls <= 1 + 64);      // and nobody twice
}
