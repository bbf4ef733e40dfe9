// Four processes with eight threads each share one JD shop through the store.
#include "support/child_process.hpp"
#include "support/planted_secrets.hpp"
#include "support/temp_folder.hpp"

#include <kefu/core/http.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/jd/shop.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/sandbox/simulated_time.hpp>
#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>

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
    const auto granted = app.authorizer()->redeem("code=" + browse(link) + "&state=" + link.state).get();
    REQUIRE_MESSAGE(granted.has_value(), (granted ? "" : granted.error().to_string()));
  }
  /// The merchant's browser, inside this process: the code it comes back with.
  std::string browse(const AuthorizationLink& link) {
    const auto time = std::make_shared<sandbox::SimulatedTime>();
    HttpRequest request;
    request.base = "https://open-oauth.jd.com";
    request.path = "/oauth2/to_login";
    request.query = {{"app_key", kJdKey},
                     {"response_type", "code"},
                     {"redirect_uri", "https://shop.example.com/jd/callback"},
                     {"state", link.state}};
    std::optional<HttpOutcome> outcome;
    const auto wire = platform.transport(time, time);
    wire->send(std::move(request), time->mono() + Millis(10'000), {},
               [&](HttpOutcome one) { outcome = std::move(one); });
    while (!outcome && time->help() == Scheduler::Help::worked) {
    }
    REQUIRE(outcome.has_value());
    const std::string location(outcome->reply.header("location"));
    const auto code = location.find("code=");
    REQUIRE_MESSAGE(code != std::string::npos, outcome->reply.body);
    return location.substr(code + 5, location.find('&', code) - code - 5);
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
