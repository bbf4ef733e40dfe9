// Four processes with eight threads each share one JD shop through the store; the program `kefu` authorizes one.
#include "support/browser.hpp"
#include "support/child_process.hpp"
#include "support/planted_secrets.hpp"
#include "support/temp_folder.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/jd/shop.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

using namespace kefu;
using kefu_test::ChildProcess;

namespace {

constexpr char kJdKey[] = "0A1B2C3D4E5F60718293A4B5C6D7E8F9";
constexpr char kJdShop[] = "flagship";
constexpr char kJdProbe[] = "jingdong.im.pop.groupinfo.get";
constexpr std::chrono::hours kAgo{25};

/// The system's clock of a day ago.
class YesterdaysClock final : public Clock {
 public:
  WallTime wall() const override { return std::chrono::system_clock::now() - kAgo; }
  MonoTime mono() const override { return std::chrono::steady_clock::now(); }
};

/// The platform over HTTP, a store on disk, and in it the grant of a merchant who authorized yesterday.
struct JdStreet {
  JdStreet() {
    REQUIRE(platform.start().has_value());
    sandbox::JdApp app;
    app.app_key = kJdKey;
    app.app_secret = kefu_test::kPlantedAppSecret;
    app.token_life_s = 86'399;
    REQUIRE(platform.add(app).has_value());
    sandbox::JdShop shop;
    shop.shop = kJdShop;
    REQUIRE(platform.add(shop).has_value());
    turn("jd_refresh_after_expiry", 1);
    const auto clock = std::make_shared<YesterdaysClock>();
    platform.set_time(clock->wall());
    authorize(clock);
    platform.set_time(std::chrono::system_clock::now());
  }

  void turn(const std::string& name, int value) {
    const auto reply = platform.control("POST", "/switches", "{\"" + name + "\":" + std::to_string(value) + "}");
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
  }
  /// All of them are let go at the same moment.
  void run_processes() {
    int gate[2];
    REQUIRE(::pipe(gate) == 0);
    ::fcntl(gate[1], F_SETFD, FD_CLOEXEC);
    std::deque<ChildProcess> processes;
    for (int i = 0; i < 4; ++i)
      processes.emplace_back(std::vector<std::string>{KEFU_JD_SHOP_CHILD, path, platform.jd_url(), kJdKey, kJdShop,
                                                      std::to_string(gate[0])});
    for (ChildProcess& one : processes) CHECK(one.line() == "ready");
    ::close(gate[1]);
    for (ChildProcess& one : processes) {
      CHECK(one.line() == "done 8");
      CHECK(one.wait() == 0);
    }
    ::close(gate[0]);
  }
  std::uint64_t refreshes() const { return platform.calls("/oauth2/refresh_token"); }

  const kefu_test::TempFolder folder;
  const std::string path = folder.file("shop.db");
  sandbox::Sandbox platform;

 private:
  /// In a process that is gone.
  void authorize(const std::shared_ptr<Clock>& clock) {
    SqliteOptions file(path);
    file.clock = clock;
    RuntimeOptions options;
    options.store = SqliteStore::open(file).value();
    options.clock = clock;
    const auto runtime = Runtime::create(std::move(options)).value();
    jd::AppConfig config(kJdKey, Secret(kefu_test::kPlantedAppSecret));
    config.redirect_uri = "https://shop.example.com/jd/callback";
    config.gateway_url = config.oauth_url = platform.jd_url();
    const auto app = jd::App::create(runtime, std::move(config)).value();
    const auto link = app.authorizer()->link(kJdShop).get().value();
    const std::string query = kefu_test::query_of(kefu_test::follow_link(platform, link.url));
    const auto granted = app.authorizer()->redeem(query).get();
    REQUIRE_MESSAGE(granted.has_value(), (granted ? "" : granted.error().to_string()));
  }
};

}  // namespace

TEST_CASE("TOK-1 JD-4: 4 processes x 8 threads with an expired token of a shop make one refresh at the platform") {
  JdStreet street;
  SUBCASE("the texts change") {}
  SUBCASE("the access token's text stays") { street.turn("jd_refresh_changes_access_token", 0); }
  street.run_processes();
  CHECK(street.refreshes() == 1);
  CHECK(street.platform.calls(kJdProbe) == 32);
}

TEST_CASE("TOK-2 JD-4: 4 processes x 8 threads whose token was made void make one refresh in all") {
  JdStreet street;
  SUBCASE("the texts change") {}
  SUBCASE("the access token's text stays") { street.turn("jd_refresh_changes_access_token", 0); }
  street.run_processes();  // so that there is a live token
  const auto voided = street.platform.control("POST", "/jd/grants/void", R"({"shop":"flagship"})");
  REQUIRE_MESSAGE(voided.status == 200, voided.body);
  const auto before = street.platform.calls(kJdProbe);
  street.run_processes();
  CHECK(street.refreshes() == 2);
  const auto calls = street.platform.calls(kJdProbe) - before;
  CHECK(calls >= 32 + 1);  // somebody was refused
  CHECK(calls <= 64);      // and nobody twice
}

#ifdef KEFU_PROGRAM
TEST_CASE("JD-4: kefu jd authorize prints a link, takes the address of the redirect, and what it stored is used") {
  JdStreet street;
  const std::string config = street.folder.file("config.json");
  std::ofstream(config) << R"({"app_key":")" << kJdKey << R"(","app_secret":")" << kefu_test::kPlantedAppSecret
                        << R"(","redirect_uri":"https://shop.example.com/jd/callback","gateway_url":")"
                        << street.platform.jd_url() << R"(","oauth_url":")" << street.platform.jd_url()
                        << R"(","shop":"second","store":")" << street.path << "\"}";
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {KEFU_PROGRAM, "jd", "authorize", "--config", config});
    return arguments;
  };
  {
    ChildProcess both(run({}));
    const std::string address = kefu_test::follow_link(street.platform, both.line().value());
    CHECK(both.write_line(address));
    CHECK(both.line() == "second  active");
    CHECK(both.wait() == 0);
    ChildProcess again(run({"--redirect", address}));
    CHECK(again.wait() == 1);
  }
  {
    ChildProcess list(run({"--list"}));
    CHECK(list.line() == "flagship  active");
    CHECK(list.wait() == 0);
  }
  {
    ChildProcess check(run({"--check"}));
    CHECK(check.line() == "second  active");
    CHECK(check.wait() == 0);
    CHECK(street.platform.calls("jingdong.vender.shop.query") == 1);
  }
  {
    ChildProcess forget(run({"--forget"}));
    CHECK(forget.wait() == 0);
    ChildProcess check(run({"--check"}));
    CHECK(check.wait() == 1);
    ChildProcess both_acts(run({"--check", "--list"}));
    CHECK(both_acts.wait() == 2);
    ChildProcess bad_name(run({std::string(65, 'x')}));
    CHECK(bad_name.wait() != 0);
  }
}
#endif
