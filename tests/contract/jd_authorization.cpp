// Shops that authorize an application, against JD's twin: over the pages a merchant's browser sees, through the
// gateway's refusals, with several runtimes on one store.
#include "support/browser.hpp"
#include "support/planted_secrets.hpp"
#include "support/simulated_core.hpp"

#include <kefu/core/runtime.hpp>
#include <kefu/jd/shop.hpp>
#include <kefu/sandbox/sandbox.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace kefu;

namespace {

constexpr char kAppKey[] = "0A1B2C3D4E5F60718293A4B5C6D7E8F9";
constexpr char kShop[] = "flagship";
constexpr char kProbe[] = "jingdong.im.pop.groupinfo.get";
constexpr char kRefresh[] = "/oauth2/refresh_token";
constexpr std::chrono::hours kHour{1};

/// One process: its runtime, application and shop.
struct Process {
  std::unique_ptr<Runtime> runtime;
  std::optional<jd::App> app;
  std::shared_ptr<jd::Shop> shop;
};

struct TwinWorld {
  TwinWorld() : sandbox(options(time)) {
    sandbox::JdApp app;
    app.app_key = kAppKey;
    app.app_secret = kefu_test::kPlantedAppSecret;
    app.redirect_uri = config().redirect_uri;
    REQUIRE(sandbox.add(app).has_value());
    sandbox::JdShop shop;
    shop.shop = kShop;
    shop.vender_id = 10001;
    REQUIRE(sandbox.add(shop).has_value());
    transport = sandbox.transport(time);
  }

  static jd::AppConfig config() {
    jd::AppConfig made(kAppKey, Secret(kefu_test::kPlantedAppSecret));
    made.redirect_uri = "https://shop.example.com/jd/callback";
    return made;
  }
  Process process(jd::AppConfig settings = config()) {
    RuntimeOptions made;
    made.clock = time;
    made.scheduler = time;
    made.executor = std::make_shared<InlineExecutor>();
    made.transport = transport;
    made.store = store;
    made.observer = seen;
    Process process;
    process.runtime = std::make_unique<Runtime>(Runtime::create(std::move(made)).value());
    auto app = jd::App::create(*process.runtime, std::move(settings));
    REQUIRE_MESSAGE(app.has_value(), (app ? "" : app.error().to_string()));
    process.app = *std::move(app);
    process.shop = jd::Shop::create(*process.app, jd::ShopConfig(kShop)).value();
    return process;
  }

  /// The query with which the merchant's browser comes back.
  std::string visit(const std::string& url) {
    const std::string address = kefu_test::follow_link(sandbox, url);
    REQUIRE(address.rfind(config().redirect_uri + "?", 0) == 0);
    return kefu_test::query_of(address);
  }
  Result<Merchant> authorize(const Process& process) {
    const auto link = process.app->authorizer()->link(kShop).get();
    REQUIRE_MESSAGE(link.has_value(), (link ? "" : link.error().to_string()));
    return process.app->authorizer()->redeem(visit(link->url)).get();
  }

  /// "ok", or the name of the error's kind.
  std::string call(const Process& process) {
    const auto result = process.shop->call(RawCall("POST", kProbe, "{}", Effect::read)).get();
    if (!result) errors += result.error().to_string() + "\n";
    return result ? "ok" : std::string(to_string(result.error().kind()));
  }
  void turn(const std::string& name, std::int64_t value) {
    const auto reply = sandbox.control("POST", "/switches", "{\"" + name + "\":" + std::to_string(value) + "}");
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
  }
  void grants(const std::string& act) {
    const auto reply = sandbox.control("POST", "/jd/grants/" + act, std::string(R"({"shop":")") + kShop + "\"}");
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
  }
  void pass(std::chrono::seconds seconds) { time->advance(seconds); }
  std::uint64_t calls() const { return sandbox.calls(kProbe); }
  std::uint64_t refreshes() const { return sandbox.calls(kRefresh); }

  std::shared_ptr<sandbox::SimulatedTime> time =
      std::make_shared<sandbox::SimulatedTime>(from_unix_seconds(1'717'201'800));
  std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>(time);
  std::shared_ptr<kefu_test::RecordingObserver> seen = std::make_shared<kefu_test::RecordingObserver>();
  sandbox::Sandbox sandbox;
  std::shared_ptr<Transport> transport;
  std::string errors;

 private:
  static sandbox::SandboxOptions options(std::shared_ptr<const Clock> clock) {
    sandbox::SandboxOptions made;
    made.clock = std::move(clock);
    return made;
  }
};

}  // namespace

TEST_CASE("JD-4: a merchant follows the link, comes back, and the shop works") {
  TwinWorld w;
  const auto process = w.process();
  CHECK(w.call(process) == "needs_authorization");
  CHECK(w.calls() == 0);
  const auto granted = w.authorize(process);
  REQUIRE_MESSAGE(granted.has_value(), (granted ? "" : granted.error().to_string()));
  CHECK(granted->token_expires - w.time->wall() > std::chrono::hours(24 * 364));
  w.pass(std::chrono::seconds(1));
  CHECK(w.call(process) == "ok");
  CHECK(w.refreshes() == 0);
  CHECK(w.call(w.process()) == "ok");
  CHECK(w.refreshes() == 0);
}

TEST_CASE("JD-4: a redirect may come to another process, once") {
  TwinWorld w;
  const auto one = w.process();
  const auto two = w.process();
  const auto link = one.app->authorizer()->link(kShop).get().value();
  const std::string query = w.visit(link.url);
  CHECK(two.app->authorizer()->redeem(query).get().has_value());
  const auto again = one.app->authorizer()->redeem(query).get();
  REQUIRE_FALSE(again);
  CHECK(again.error().kind() == ErrorKind::not_found);
  CHECK(w.sandbox.calls("/oauth2/access_token") == 1);
  CHECK(w.call(one) == "ok");
}

TEST_CASE("JD-4: a code that came too late is refused, and the way begins anew") {
  TwinWorld w;
  const auto process = w.process();
  const auto link = process.app->authorizer()->link(kShop).get().value();
  const std::string query = w.visit(link.url);
  w.pass(std::chrono::minutes(6));
  const auto late = process.app->authorizer()->redeem(query).get();
  REQUIRE_FALSE(late);
  CHECK(late.error().kind() == ErrorKind::needs_authorization);
  CHECK(w.authorize(process).has_value());
}

TEST_CASE("JD-4: with a call an hour, tokens of a day carry a shop through a month where a late refresh is refused") {
  TwinWorld w;
  w.turn("jd_token_life_s", 86'399);
  const auto process = w.process();
  REQUIRE(w.authorize(process));
  int failed = 0;
  for (int hour = 0; hour < 24 * 30; ++hour) {
    if (w.call(process) != "ok") ++failed;
    w.pass(kHour);
  }
  CHECK(failed == 0);
  CHECK(w.refreshes() >= 29);
  CHECK(w.refreshes() <= 40);
  CHECK(w.calls() == 24 * 30 + w.seen->count("kefu_repeats_total"));
}

TEST_CASE("TOK-3: an expired token, eight calls at once, two processes: one refresh") {
  TwinWorld w;
  w.turn("jd_refresh_after_expiry", 1);
  w.turn("jd_token_life_s", 86'399);
  const auto one = w.process();
  const auto two = w.process();
  REQUIRE(w.authorize(one));
  w.pass(kHour * 25);
  std::vector<Pending<RawReply>> pending;
  for (int i = 0; i < 8; ++i)
    pending.push_back((i % 2 == 0 ? one : two).shop->call(RawCall("POST", kProbe, "{}", Effect::read)));
  for (auto& each : pending) CHECK(std::move(each).get().has_value());
  CHECK(w.refreshes() == 1);
  CHECK(w.calls() == 8);
}

TEST_CASE("JD-4: code 19 causes one refresh and one repeat; the other process takes the new token from the store") {
  TwinWorld w;
  SUBCASE("the refresh changes both texts") {}
  SUBCASE("the access token's text stays") { w.turn("jd_refresh_changes_access_token", 0); }
  SUBCASE("the refresh token's text stays") { w.turn("jd_refresh_rotates_refresh_token", 0); }
  const auto one = w.process();
  const auto two = w.process();
  REQUIRE(w.authorize(one));
  CHECK(w.call(one) == "ok");
  CHECK(w.call(two) == "ok");
  const auto before = w.calls();
  w.grants("void");
  CHECK(w.call(one) == "ok");
  CHECK(w.calls() == before + 2);
  CHECK(w.refreshes() == 1);
  CHECK(w.call(two) == "ok");
  CHECK(w.refreshes() == 1);
}

TEST_CASE("Row 19 of error-kinds: a second 19 is the answer; nothing is renewed without end") {
  TwinWorld w;
  const auto process = w.process();
  REQUIRE(w.authorize(process));
  sandbox::FaultSwitch always("errcode");
  always.path = kProbe;
  always.count = -1;
  always.errcode = 19;
  REQUIRE(w.sandbox.switch_on(always));
  CHECK(w.call(process) == "needs_authorization");
  CHECK(w.refreshes() == 1);
  for (int i = 0; i < 20; ++i) CHECK(w.call(process) == "needs_authorization");
  CHECK(w.refreshes() <= 5);
  // The grant itself is good, so the shop is not given up for a method that is never satisfied.
  CHECK(process.app->authorizer()->merchant(kShop).get().value().state == Merchant::State::active);
  w.sandbox.clear_faults();
  w.pass(std::chrono::minutes(2));
  CHECK(w.call(process) == "ok");
}

TEST_CASE("JD-4: a merchant who ends the authorization is told of at once and, soon, without calls, until he is back") {
  TwinWorld w;
  const auto one = w.process();
  const auto two = w.process();
  REQUIRE(w.authorize(one));
  CHECK(w.call(one) == "ok");
  CHECK(w.call(two) == "ok");
  w.grants("revoke");
  const auto before = w.calls();
  CHECK(w.call(one) == "needs_authorization");
  CHECK(w.seen->count("authorization.lost{platform=jd,account=flagship") == 0);  // one answer is no verdict
  w.pass(std::chrono::minutes(11));
  CHECK(w.call(one) == "needs_authorization");
  CHECK(w.seen->count("authorization.lost{platform=jd,account=flagship") == 1);
  const auto refreshes = w.refreshes();
  CHECK(refreshes <= 3);
  for (int i = 0; i < 5; ++i) {
    CHECK(w.call(one) == "needs_authorization");
    w.pass(std::chrono::seconds(10));
  }
  CHECK(w.calls() == before + 1);
  CHECK(w.refreshes() == refreshes);
  CHECK(w.call(two) == "needs_authorization");  // it finds out by its own token, and that nothing can be renewed
  CHECK(w.calls() == before + 2);
  CHECK(w.refreshes() == refreshes);

  REQUIRE(w.authorize(two));
  w.pass(std::chrono::seconds(1));
  CHECK(w.call(one) == "ok");
  CHECK(w.call(two) == "ok");
  CHECK(w.seen->count("authorization.granted{platform=jd,account=flagship}") == 2);
  CHECK(w.errors.find("Authorizer::link") != std::string::npos);
}

TEST_CASE("JD-4: an application of before 2018: its own pages, answers in GBK") {
  TwinWorld w;
  auto settings = TwinWorld::config();
  settings.legacy_oauth = true;
  const auto process = w.process(settings);
  REQUIRE(process.app->authorizer()->link(kShop).get()->url.rfind("https://oauth.jd.com/oauth/authorize?", 0) == 0);
  const auto granted = w.authorize(process);
  REQUIRE_MESSAGE(granted.has_value(), (granted ? "" : granted.error().to_string()));
  CHECK(w.call(process) == "ok");
  w.grants("void");
  CHECK(w.call(process) == "ok");
  CHECK(w.sandbox.calls("/oauth/token") == 2);
  CHECK(w.sandbox.calls(kRefresh) == 0);
  w.grants("revoke");
  CHECK(w.call(process) == "needs_authorization");
  CHECK(w.errors.find("grant 不允许") != std::string::npos);  // read as GBK
}

TEST_CASE("SEC-1, STO-4: on the whole way no credential reaches a log, an error or a key") {
  TwinWorld w;
  const auto process = w.process();
  std::vector<std::string> secrets{kefu_test::kPlantedAppSecret};
  const auto learn = [&] {
    const auto token = w.sandbox.jd_token(kAppKey, kShop);
    REQUIRE(token.has_value());
    secrets.push_back(token->access_token);
    secrets.push_back(token->refresh_token);
  };
  const auto link = process.app->authorizer()->link(kShop).get().value();
  const std::string query = w.visit(link.url);
  secrets.push_back(query.substr(5, query.find('&') - 5));
  REQUIRE(process.app->authorizer()->redeem(query).get());
  learn();
  w.call(process);
  w.grants("void");
  w.call(process);
  learn();
  w.grants("revoke");
  w.call(process);
  w.pass(std::chrono::minutes(11));
  w.call(process);
  std::string said = w.seen->all() + w.errors + process.app->authorizer()->merchant(kShop).get().value().why;
  const auto items = w.store->list("kefu/", "", 1000).value();
  for (const auto& item : items.items) said += item.first + "\n";
  CHECK(said.find("authorization.lost") != std::string::npos);
  CHECK(secrets.size() == 6);
  for (const auto& secret : secrets) {
    const bool leaked = secret.size() < 8 || said.find(secret) != std::string::npos;
    CHECK_FALSE(leaked);
  }
}
