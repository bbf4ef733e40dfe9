// Two days of one customer and one account, in simulated time: tokens come and go, the window closes, opens again.
#include "support/twin_world.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace kefu;
using namespace std::chrono_literals;
using kefu_test::kind_of;
using kefu_test::kOtherTwinApp;
using kefu_test::kTwinCustomer;
using kefu_test::TwinWorld;
using wechat::TokenMode;

TEST_CASE("TST-3 WIN-1 TOK-5: 48 hours pass: answers spread over two days, renewals on the way, the window closes") {
  for (TokenMode mode : {TokenMode::stable, TokenMode::classic}) {
    CAPTURE(static_cast<int>(mode));
    TwinWorld world;
    sandbox::WechatApp app;
    app.appid = kOtherTwinApp;
    app.secret = kefu_test::kPlantedAppSecret;
    app.token = kefu_test::kPlantedPushToken;
    app.encoding_aes_key = kefu_test::kPlantedAesKey;
    REQUIRE(world.sandbox.add(app).has_value());
    const auto runtime = world.runtime();
    wechat::AccountConfig config = TwinWorld::config(kOtherTwinApp);
    config.token_mode = mode;
    config.push.emplace(app.appid, wechat::PushKeys(Secret(app.token), Secret(app.encoding_aes_key)));
    const auto account = TwinWorld::account(*runtime, std::move(config));
    int pushes = 0;
    world.sandbox.connect_webhook(
        app.appid,
        [&](sandbox::PushRequest request, MoveFunction<void(sandbox::PushReply)> answer) {
          const auto opened = account->push_receiver()->open(
              WebhookRequest(request.method, request.path, request.raw_query, request.body), world.time->wall());
          REQUIRE_MESSAGE(opened.outcome == OpenedPush::Outcome::event, opened.detail);
          CHECK(account->reply_ledger()->note(opened.event).has_value());
          ++pushes;
          answer(sandbox::PushReply(200, account->push_receiver()->acknowledge().body));
        },
        world.time);
    const auto customer_writes = [&](const char* text) {
      REQUIRE(world.sandbox.customer_writes(kOtherTwinApp, kTwinCustomer, text).has_value());
      world.time->advance(1s);
    };
    const auto send = [&](const char* text) { return kind_of(account->send(TwinWorld::text(text)).get()); };

    customer_writes("在吗");
    REQUIRE(pushes == 1);
    // Four answers twelve hours apart; between them the account reads every half hour, as hosts do.
    int reads = 0;
    for (int half_hours = 0; half_hours < 95; ++half_hours) {
      if (half_hours % 24 == 0) CHECK(send("still here") == "ok");
      CHECK(kind_of(account->call(TwinWorld::read()).get()) == "ok");
      ++reads;
      world.time->advance(30min);
    }
    CHECK(world.reads() == static_cast<std::uint64_t>(reads));  // no call was refused on the way
    CHECK(world.sends() == 4);
    const auto fetches = world.stable_fetches() + world.classic_fetches();
    // A token lives two hours: 24 of them cover two days, and a stable one may be asked for more than once.
    CHECK(fetches >= 23);
    CHECK(fetches <= 52);

    world.time->advance(29min);
    CHECK(send("the fifth, just in time") == "ok");
    CHECK(send("the sixth") == "window_closed");
    CHECK(world.sends() == 5);
    world.time->advance(10min);  // 48 hours are over
    const auto window = account->reply_ledger()->look(kTwinCustomer, world.time->wall()).value();
    CHECK(window.messages_left == 0);
    CHECK(window.closed_because == "out of time");
    CHECK(send("too late") == "window_closed");
    CHECK(world.sends() == 5);

    customer_writes("还在吗");
    CHECK(pushes == 2);
    for (int i = 0; i < 5; ++i) CHECK(send("again") == "ok");
    CHECK(send("one too many") == "window_closed");
    CHECK(world.sends() == 10);
    CHECK(world.sandbox.messages(kOtherTwinApp, kTwinCustomer).size() == 10);
  }
}
