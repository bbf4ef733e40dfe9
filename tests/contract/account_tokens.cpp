// Tokens of real accounts through the platform's twin, in simulated time.
#include "support/faulty_store.hpp"
#include "support/twin_world.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;
using kefu_test::kind_of;
using kefu_test::TwinWorld;
using wechat::AccountConfig;
using wechat::TokenMode;

namespace {

/// The host's own token service.
class HostTokens final : public TokenSource {
 public:
  std::string current = kefu_test::kPlantedAccessToken;
  std::string next;
  int asked = 0;
  int reported = 0;
  void get(MoveFunction<void(Result<Secret>)> done) override {
    ++asked;
    done(Secret(current));
  }
  void report_invalid(const Secret& token, MoveFunction<void(Result<void>)> done) override {
    ++reported;
    CHECK(token == Secret(current));
    if (!next.empty()) current = next;
    done({});
  }
};

AccountConfig with_mode(TokenMode mode, const char* appid = kefu_test::kTwinApp) {
  AccountConfig config = TwinWorld::config(appid);
  config.token_mode = mode;
  return config;
}

}  // namespace

TEST_CASE("stable and classic mode use their own endpoint, one fetch for many calls") {
  for (TokenMode mode : {TokenMode::stable, TokenMode::classic}) {
    TwinWorld world;
    const auto runtime = world.runtime();
    const auto account = TwinWorld::account(*runtime, with_mode(mode));
    std::vector<Pending<RawReply>> calls;
    for (int i = 0; i < 50; ++i) calls.push_back(account->call(TwinWorld::read()));
    for (auto& call : calls) CHECK(kind_of(std::move(call).get()) == "ok");
    CHECK(world.reads() == 50);
    CHECK(world.stable_fetches() == (mode == TokenMode::stable ? 1u : 0u));
    CHECK(world.classic_fetches() == (mode == TokenMode::classic ? 1u : 0u));
  }
}

TEST_CASE("TOK-4 TOK-5: a token that another process made void heals with one renewal, in both modes") {
  for (TokenMode mode : {TokenMode::stable, TokenMode::classic}) {
    CAPTURE(static_cast<int>(mode));
    TwinWorld world;
    const auto runtime = world.runtime();
    const auto account = TwinWorld::account(*runtime, with_mode(mode));
    REQUIRE(kind_of(account->call(TwinWorld::read()).get()) == "ok");
    world.time->advance(20min);
    world.sandbox.rotate_tokens(kefu_test::kTwinApp);
    // A send: the refusal says that nothing was done, so it may be repeated.
    std::vector<Pending<Receipt>> sends;
    for (int i = 0; i < 5; ++i) sends.push_back(account->send(TwinWorld::text("no " + std::to_string(i))));
    for (auto& sent : sends) CHECK(kind_of(std::move(sent).get()) == "ok");
    CHECK(world.sandbox.messages(kefu_test::kTwinApp, kefu_test::kTwinCustomer).size() == 5);
    // The refused token, then another one: stable gives the newer one, classic makes one.
    CHECK(world.stable_fetches() + world.classic_fetches() == 2);
  }
}

TEST_CASE("TOK-4: a platform that always says 40001 sees each call twice, and soon no more fetches") {
  TwinWorld world;
  const auto runtime = world.runtime();
  const auto account = TwinWorld::account(*runtime);
  world.fault("errcode", "/cgi-bin/getcallbackip", -1, 40001);
  const auto first = account->call(TwinWorld::read()).get();
  CHECK(kind_of(first) == "credentials_refused");
  CHECK(world.reads() == 2);
  CHECK(world.stable_fetches() == 3);  // first, normal, forced
  for (int i = 0; i < 200; ++i) CHECK(!account->call(TwinWorld::read()).get());
  CHECK(world.reads() <= 402);
  CHECK(world.stable_fetches() < 12);  // cool-down and breaker, not a fetch per call
}

TEST_CASE("TOK-7: 40164 names the address, is a configuration error and stops fetching for a while") {
  TwinWorld world;
  const auto changed =
      world.sandbox.control("POST", std::string("/apps/") + kefu_test::kTwinApp, R"({"allowed_ips":["10.1.2.3"]})");
  REQUIRE(changed.status == 200);
  const auto runtime = world.runtime();
  const auto account = TwinWorld::account(*runtime);
  const auto refused = account->call(TwinWorld::read()).get();
  REQUIRE(!refused);
  CHECK(refused.error().kind() == ErrorKind::configuration);
  CHECK(refused.error().platform_code() == "40164");
  CHECK(refused.error().delivery() == Delivery::not_sent);
  CHECK(refused.error().to_string().find("127.0.0.1") != std::string::npos);
  CHECK(world.stable_fetches() == 1);
  for (int i = 0; i < 20; ++i) CHECK(kind_of(account->call(TwinWorld::read()).get()) == "configuration");
  CHECK(world.stable_fetches() == 1);
  CHECK(world.reads() == 0);
  // The operator lists the address; the account heals by itself.
  REQUIRE(world.sandbox.control("POST", std::string("/apps/") + kefu_test::kTwinApp, R"({"allowed_ips":[]})").status ==
          200);
  world.time->advance(30min);
  CHECK(kind_of(account->call(TwinWorld::read()).get()) == "ok");
}

TEST_CASE("TOK-7: a wrong secret is a configuration error and costs one fetch") {
  TwinWorld world;
  const auto runtime = world.runtime();
  AccountConfig config(kefu_test::kTwinApp, Secret("0123456789abcdef0123456789abcdef"),
                       wechat::AccountKind::service_account);
  const auto account = TwinWorld::account(*runtime, std::move(config));
  for (int i = 0; i < 10; ++i) {
    const auto refused = account->call(TwinWorld::read()).get();
    CHECK(kind_of(refused) == "configuration");
    CHECK(refused.error().platform_code() == "40125");
  }
  CHECK(world.stable_fetches() == 1);
}

TEST_CASE("TOK-5: forced refreshes keep 30 s apart and are 20 a day, counted in the store") {
  TwinWorld world;
  auto store = std::make_shared<MemoryStore>(world.time);
  auto options = world.runtime_options();
  options.store = store;
  const auto runtime = world.runtime(std::move(options));
  auto account = TwinWorld::account(*runtime);
  REQUIRE(kind_of(account->call(TwinWorld::read()).get()) == "ok");
  CHECK(kind_of(account->force_token_refresh().get()) == "ok");
  CHECK(world.stable_fetches() == 2);
  CHECK(kind_of(account->force_token_refresh().get()) == "rate_limited");
  CHECK(world.stable_fetches() == 2);
  CHECK(kind_of(account->call(TwinWorld::read()).get()) == "ok");
  for (int i = 0; i < 10; ++i) {
    world.time->advance(31s);
    CHECK(kind_of(account->force_token_refresh().get()) == "ok");
  }
  // Another process, the same store: the budget is shared.
  auto again = world.runtime_options();
  again.store = store;
  const auto other_process = world.runtime(std::move(again));
  account = TwinWorld::account(*other_process);
  for (int i = 0; i < 9; ++i) {
    world.time->advance(31s);
    CHECK(kind_of(account->force_token_refresh().get()) == "ok");
  }
  world.time->advance(31s);
  const auto fetches = world.stable_fetches();
  CHECK(kind_of(account->force_token_refresh().get()) == "quota_exhausted");
  CHECK(world.stable_fetches() == fetches);
  CHECK(kind_of(account->call(TwinWorld::read()).get()) == "ok");
  world.time->advance(24h);
  CHECK(kind_of(account->force_token_refresh().get()) == "ok");
}

TEST_CASE("CON-3: a forced refresh takes a timeout and a cancel, and ends with its account") {
  TwinWorld world;
  const auto runtime = world.runtime();
  const auto account = TwinWorld::account(*runtime);
  CallOptions none;
  none.timeout = Millis(0);
  CHECK(kind_of(account->force_token_refresh(none).get()) == "timeout");
  CallOptions endless;
  endless.timeout = 2h;
  CHECK(kind_of(account->force_token_refresh(endless).get()) == "bad_argument");
  world.fault("stall_inside_reply", "/cgi-bin/stable_token", -1);
  CancelSource source;
  CallOptions cancelled;
  cancelled.cancel = source.token();
  auto pending = account->force_token_refresh(cancelled);
  world.time->advance(10ms);
  source.request();
  CHECK(kind_of(std::move(pending).get()) == "cancelled");
  CallOptions hurried;
  hurried.timeout = 300ms;
  world.time->advance(1min);
  CHECK(kind_of(account->force_token_refresh(hurried).get()) == "timeout");
  world.time->advance(1min);
  auto in_flight = account->force_token_refresh();
  world.time->advance(10ms);
  account->close();
  CHECK(kind_of(std::move(in_flight).get()) == "cancelled");
  CHECK(kind_of(account->force_token_refresh().get()) == "cancelled");
}

TEST_CASE("TOK-1: with the host's own token source the library never fetches") {
  TwinWorld world;
  const auto runtime = world.runtime();
  const auto owner = TwinWorld::account(*runtime);  // another owner, whose token the host's service hands out
  REQUIRE(kind_of(owner->call(TwinWorld::read()).get()) == "ok");
  const auto fetched = world.stable_fetches();

  const auto source = std::make_shared<HostTokens>();
  AccountConfig config(kefu_test::kTwinApp, Secret(), wechat::AccountKind::service_account);
  config.token_source = source;
  const auto account = TwinWorld::account(*runtime, std::move(config));
  const auto refused = account->call(TwinWorld::read()).get();
  CHECK(kind_of(refused) == "credentials_refused");  // the platform does not know that token, nor does the source help
  CHECK(source->reported == 1);
  CHECK(world.stable_fetches() == fetched);
  CHECK(world.classic_fetches() == 0);

  source->next = std::string(kefu_test::kPlantedAccessToken) + "2";
  CHECK(kind_of(account->call(TwinWorld::read()).get()) == "credentials_refused");
  CHECK(source->reported == 2);
  source->current.clear();
  CHECK(kind_of(account->call(TwinWorld::read()).get()) == "configuration");
  CHECK(kind_of(account->force_token_refresh().get()) == "unsupported");
  CHECK(world.stable_fetches() == fetched);
  CHECK(world.classic_fetches() == 0);
}

TEST_CASE("STO-4: two apps, and two environments, in one store never meet") {
  TwinWorld world;
  world.add_app(kefu_test::kOtherTwinApp);
  const auto store = std::make_shared<MemoryStore>(world.time);
  const auto in = [&](const char* name_space) {
    auto options = world.runtime_options();
    options.store = store;
    options.name_space = name_space;
    return world.runtime(std::move(options));
  };
  const auto production = in("production");
  const auto test = in("test");
  const auto one = TwinWorld::account(*production);
  const auto other = TwinWorld::account(*production, TwinWorld::config(kefu_test::kOtherTwinApp));
  const auto tested = TwinWorld::account(*test);
  CHECK(kind_of(one->call(TwinWorld::read()).get()) == "ok");
  CHECK(world.stable_fetches() == 1);
  CHECK(kind_of(other->call(TwinWorld::read()).get()) == "ok");
  CHECK(world.stable_fetches() == 2);
  CHECK(kind_of(tested->call(TwinWorld::read()).get()) == "ok");
  CHECK(world.stable_fetches() == 3);
  // The same app in the same environment shares.
  const auto shared = in("production");
  const auto twin = TwinWorld::account(*shared);
  CHECK(kind_of(twin->call(TwinWorld::read()).get()) == "ok");
  CHECK(world.stable_fetches() == 3);

  // Windows: closed in one environment, open in the other.
  const auto now = world.time->wall();
  REQUIRE(one->reply_ledger()->closed(kefu_test::kTwinCustomer, "test", now).has_value());
  CHECK(kind_of(one->send(TwinWorld::text("x")).get()) == "window_closed");
  CHECK(kind_of(twin->send(TwinWorld::text("x")).get()) == "window_closed");
  CHECK(kind_of(other->send(TwinWorld::text("x")).get()) == "ok");
  CHECK(kind_of(tested->send(TwinWorld::text("x")).get()) == "ok");

  const auto items = store->list("kefu/2/", "", 100);
  REQUIRE(items.has_value());
  CHECK(items->items.size() >= 4);
  for (const auto& item : items->items) {
    CHECK(item.first.find(kefu_test::kPlantedAppSecret) == std::string::npos);
    const bool known =
        item.first.rfind("kefu/2/production/wechat/", 0) == 0 || item.first.rfind("kefu/2/test/wechat/", 0) == 0;
    CHECK_MESSAGE(known, item.first);
  }
}

TEST_CASE("STO-6: with the store away a live token keeps working and sends go on, and the observer hears of it") {
  struct Ears final : Observer {
    int lost = 0;
    void log(const LogRecord& record) override { lost += record.event == "ledger.store_failed" ? 1 : 0; }
  };
  const auto ears = std::make_shared<Ears>();
  TwinWorld world;
  const auto store = std::make_shared<kefu_test::FaultyStore>(std::make_shared<MemoryStore>(world.time));
  auto options = world.runtime_options();
  options.store = store;
  options.observer = ears;
  const auto runtime = world.runtime(std::move(options));
  const auto stable = TwinWorld::account(*runtime);
  REQUIRE(kind_of(stable->call(TwinWorld::read()).get()) == "ok");
  store->gone = true;
  CHECK(kind_of(stable->call(TwinWorld::read()).get()) == "ok");
  CHECK(kind_of(stable->send(TwinWorld::text("without a ledger")).get()) == "ok");
  CHECK(kind_of(stable->call(wechat::SendCustomMessage(kefu_test::kTwinCustomer, TextContent("typed"))).get()) == "ok");
  CHECK(ears->lost == 2);
  CHECK(world.stable_fetches() == 1);
  // Past the end of the token: a stable one may be fetched by several owners, so the account goes on.
  world.time->advance(3h);
  CHECK(kind_of(stable->send(TwinWorld::text("with a new token")).get()) == "ok");
  CHECK(world.stable_fetches() == 2);
  store->gone = false;
  CHECK(kind_of(stable->send(TwinWorld::text("counted again")).get()) == "ok");
  CHECK(ears->lost == 3);
}

TEST_CASE("STO-6: a classic token is not fetched without the store, as that would break its other owner") {
  TwinWorld world;
  const auto store = std::make_shared<kefu_test::FaultyStore>(std::make_shared<MemoryStore>(world.time));
  auto options = world.runtime_options();
  options.store = store;
  const auto runtime = world.runtime(std::move(options));
  const auto account = TwinWorld::account(*runtime, with_mode(TokenMode::classic));
  REQUIRE(kind_of(account->call(TwinWorld::read()).get()) == "ok");
  store->gone = true;
  world.time->advance(1h);
  CHECK(kind_of(account->call(TwinWorld::read()).get()) == "ok");
  world.time->advance(2h);
  const auto refused = account->call(TwinWorld::read()).get();
  REQUIRE(!refused);
  CHECK(refused.error().delivery() == Delivery::not_sent);
  CHECK(world.classic_fetches() == 1);
  store->gone = false;
  world.time->advance(1min);
  CHECK(kind_of(account->call(TwinWorld::read()).get()) == "ok");
  CHECK(world.classic_fetches() == 2);
}

TEST_CASE("ACC-1 ACC-2: removing an account ends its calls and nobody else's") {
  TwinWorld world;
  world.add_app(kefu_test::kOtherTwinApp);
  const auto runtime = world.runtime();
  const auto account = TwinWorld::account(*runtime);
  const auto other = TwinWorld::account(*runtime, TwinWorld::config(kefu_test::kOtherTwinApp));
  const auto messenger = account->messenger();
  sandbox::FaultSwitch slow("latency");
  slow.path = "/cgi-bin/stable_token";
  slow.count = 2;
  slow.delay = 2s;
  REQUIRE(world.sandbox.switch_on(slow).has_value());

  auto call = account->call(TwinWorld::read());  // waits for the token
  auto message = messenger->send(TwinWorld::text("one"), {});
  auto queued = messenger->send(TwinWorld::text("two"), {});
  auto others = other->call(TwinWorld::read());
  auto others_message = other->send(TwinWorld::text("other"));
  world.time->advance(100ms);
  account->close();
  CHECK(kind_of(std::move(call).get()) == "cancelled");
  CHECK(kind_of(std::move(message).get()) == "cancelled");
  CHECK(kind_of(std::move(queued).get()) == "cancelled");
  CHECK(world.time->elapsed() < 200ms);  // at once, not when the token came
  CHECK(kind_of(std::move(others).get()) == "ok");
  CHECK(kind_of(std::move(others_message).get()) == "ok");

  CHECK(kind_of(account->call(TwinWorld::read()).get()) == "cancelled");
  CHECK(kind_of(messenger->send(TwinWorld::text("three"), {}).get()) == "cancelled");
  CHECK(kind_of(account->send(TwinWorld::text("four")).get()) == "cancelled");
  CHECK(kind_of(messenger->typing(Address("", CustomerId(kefu_test::kTwinCustomer)), true, {}).get()) == "cancelled");
  CHECK(world.sandbox.messages(kefu_test::kTwinApp, kefu_test::kTwinCustomer).empty());
  // Added again at run time it works.
  const auto added = TwinWorld::account(*runtime);
  CHECK(kind_of(added->send(TwinWorld::text("back")).get()) == "ok");
  CHECK(kind_of(other->call(TwinWorld::read()).get()) == "ok");
}

TEST_CASE("ACC-1: what is on the wire when its account is removed is let finish, and not repeated") {
  TwinWorld world;
  const auto runtime = world.runtime();
  const auto account = TwinWorld::account(*runtime);
  REQUIRE(kind_of(account->call(TwinWorld::read()).get()) == "ok");
  sandbox::FaultSwitch slow("late_reply");
  slow.path = "/cgi-bin/message/custom/send";
  slow.delay = 1s;
  REQUIRE(world.sandbox.switch_on(slow).has_value());
  auto sent = account->send(TwinWorld::text("on the wire"));
  world.fault("errcode", "/cgi-bin/getcallbackip", -1, -1);
  auto pausing = account->call(TwinWorld::read());
  world.time->advance(500ms);
  REQUIRE(world.sends() == 1);
  account->close();
  CHECK(kind_of(std::move(sent).get()) == "ok");
  CHECK(kind_of(std::move(pausing).get()) == "cancelled");
  CHECK(world.reads() == 2);
}
