// Merchants of a third-party platform against the twin: links, redirects and pushes in any order, tokens, withdrawals,
// lost refresh tokens, and the accounts that come of them.
#include "support/component_provider.hpp"
#include "support/faulty_store.hpp"

#include <kefu/wechat/templates.hpp>
#include <kefu/wechat/users.hpp>
#include <kefu/wechat/web_login.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::app_of;
using kefu_test::ComponentWorld;
using kefu_test::consent;
using kefu_test::FaultyStore;
using kefu_test::kind_of;
using kefu_test::kOtherTwinApp;
using kefu_test::kTwinApp;
using kefu_test::kTwinComponent;
using kefu_test::kTwinCustomer;
using kefu_test::onboard;
using kefu_test::Provider;
using kefu_test::state_of;
using kefu_test::TwinWorld;
using kefu_test::user_list;

TEST_CASE("a merchant authorizes by link, and the account answers its customers") {
  ComponentWorld twin;
  twin.set(R"({"authorization_events":0})");
  Provider provider(twin);
  twin.push_ticket();
  const auto link = provider.authorizer().link("shop-1").get();
  REQUIRE_MESSAGE(link.has_value(), (link ? "" : link.error().to_string()));
  CHECK(link->url.find("https://mp.weixin.qq.com/cgi-bin/componentloginpage?component_appid=") == 0);
  CHECK(link->mobile_url.find(
            "https://open.weixin.qq.com/wxaopen/safe/bindcomponent?action=bindcomponent&no_scan=1&") == 0);
  CHECK(link->mobile_url.substr(link->mobile_url.size() - 16) == "#wechat_redirect");
  CHECK(link->expires > twin.world.time->wall());
  CHECK(kefu_test::page_text(twin.world.sandbox, link->url).find(kTwinApp) != std::string::npos);

  const std::string back = consent(twin, link->mobile_url, kTwinApp, "&set=1&set=2&set=4");
  const auto redeemed = provider.authorizer().redeem(back).get();
  REQUIRE_MESSAGE(redeemed.has_value(), (redeemed ? "" : redeemed.error().to_string()));
  CHECK(redeemed->id == "shop-1");
  CHECK(app_of(*redeemed) == kTwinApp);
  CHECK_MESSAGE(kind_of(provider.authorizer().redeem(back).get()) == "not_found", "a state is used once");

  const auto account = provider.account("shop-1");
  REQUIRE_MESSAGE(account.has_value(), (account ? "" : account.error().to_string()));
  CHECK((*account)->id() == kTwinApp);
  CHECK((*account)->capabilities().account_kind == "official_account.service");
  const auto sent = (*account)->send(TwinWorld::text("您好")).get();
  REQUIRE_MESSAGE(sent.has_value(), (sent ? "" : sent.error().to_string()));
  CHECK(twin.world.sandbox.messages(kTwinApp, kTwinCustomer).back().text == "您好");
  CHECK_MESSAGE(twin.world.sandbox.calls("/cgi-bin/component/api_authorizer_token") == 0,
                "the token that came with the code is used");
  CHECK(twin.world.stable_fetches() == 0);

  const auto menu = (*account)->call(ListTemplates()).get();
  CHECK(menu.error().kind() == ErrorKind::permission);
  CHECK(menu.error().delivery() == Delivery::not_sent);
  const auto own_login = (*account)->call(RedeemLoginCode("c0de")).get();
  REQUIRE(!own_login);
  CHECK(own_login.error().kind() == ErrorKind::unsupported);
  CHECK(own_login.error().message().find("RedeemAuthorizerLoginCode") != std::string::npos);
}

TEST_CASE("B11: push and redirect of one authorization come in either order, and make one merchant") {
  for (const bool push_first : {true, false}) {
    CAPTURE(push_first);
    ComponentWorld twin;
    Provider provider(twin);
    twin.push_ticket();
    const auto link = provider.link("shop-1");
    REQUIRE(link.has_value());
    const std::string back = consent(twin, *link, kTwinApp);
    if (push_first) {
      twin.run();
      CHECK_MESSAGE(state_of(provider, kTwinApp) == "active", "until the redirect names it, the app id does");
    }
    const auto redeemed = provider.authorizer().redeem(back).get();
    REQUIRE_MESSAGE(redeemed.has_value(), (redeemed ? "" : redeemed.error().to_string()));
    twin.run();
    CHECK(redeemed->id == "shop-1");
    const auto all = provider.authorizer().merchants().get();
    REQUIRE(all.has_value());
    REQUIRE(all->size() == 1);
    CHECK(all->front().id == "shop-1");
    CHECK(app_of(all->front()) == kTwinApp);
    CHECK(provider.account("shop-1").value()->call(user_list()).get().has_value());
    CHECK(kind_of(provider.account(kTwinApp)) == "not_found");
  }
}

TEST_CASE("B11: the merchant changes what is granted, and ends it; late pushes undo nothing") {
  ComponentWorld twin;
  Provider provider(twin);
  twin.push_ticket();
  onboard(twin, provider, "shop-1");
  const auto account = provider.account("shop-1").value();
  CHECK(account->call(user_list()).get().has_value());

  twin.world.time->advance(std::chrono::minutes(2));
  twin.authorize(kTwinApp, "1");
  twin.run();
  const auto narrower = provider.account("shop-1").value();
  CHECK(kind_of(narrower->call(user_list()).get()) == "permission");
  CHECK(narrower->send(TwinWorld::text("还在")).get().has_value());

  twin.world.time->advance(std::chrono::minutes(2));
  twin.control("withdraw", std::string(R"({"authorizer":")") + kTwinApp + "\"}");
  twin.run();
  CHECK(state_of(provider, "shop-1") == "withdrawn");
  CHECK(kind_of(provider.account("shop-1")) == "needs_authorization");
  CHECK(kind_of(narrower->send(TwinWorld::text("?")).get()) == "needs_authorization");

  // Authorized anew, the same account works again; the withdrawal pushed once more changes nothing.
  twin.world.time->advance(std::chrono::minutes(2));
  onboard(twin, provider, "shop-1");
  CHECK(narrower->send(TwinWorld::text("又来了")).get().has_value());
  const auto pushes = detail::Document::json(twin.world.sandbox.control("GET", "/pushes").body);
  std::string withdrawal;
  for (const auto push : pushes.root()["pushes"].items())
    if (push["event"].text() == "unauthorized") withdrawal = push["push"].text();
  REQUIRE(!withdrawal.empty());
  CHECK(twin.world.sandbox.control("POST", "/pushes/" + withdrawal + "/repeat", R"({"signature":"new"})").status ==
        200);
  twin.run();
  CHECK(state_of(provider, "shop-1") == "active");
}

TEST_CASE("one name is one account: another needs forget") {
  ComponentWorld twin;
  twin.set(R"({"authorization_events":0})");
  Provider provider(twin);
  twin.push_ticket();
  onboard(twin, provider, "shop-1");
  const auto other = provider.link("shop-1");
  REQUIRE(other.has_value());
  CHECK(kind_of(provider.authorizer().redeem(consent(twin, *other, kOtherTwinApp, "&set=19")).get()) == "conflict");
  const auto taken = provider.link("shop-2");
  REQUIRE(taken.has_value());
  CHECK(kind_of(provider.authorizer().redeem(consent(twin, *taken, kTwinApp)).get()) == "conflict");
  CHECK(provider.authorizer().forget("shop-1").get().has_value());
  CHECK(state_of(provider, "shop-1") == "not_found");
  CHECK(kind_of(provider.authorizer().forget("shop-1").get()) == "not_found");
  CHECK(app_of(onboard(twin, provider, "shop-1", kOtherTwinApp)) == kOtherTwinApp);
  CHECK(provider.account("shop-1").value()->capabilities().account_kind == "mini_program");
}

TEST_CASE(
    "B8, B9: tokens are renewed; a refresh token that changed or got lost is found again; one that is gone ends it") {
  for (const int rotates : {0, 1}) {
    CAPTURE(rotates);
    ComponentWorld twin;
    twin.set(R"({"authorizer_refresh_token_rotates":)" + std::to_string(rotates) + "}");
    const auto store = std::make_shared<MemoryStore>(twin.world.time);
    Provider provider(twin, store);
    twin.push_ticket();
    onboard(twin, provider, "shop-1");
    const auto account = provider.account("shop-1").value();
    for (int i = 0; i < 3; ++i) {
      twin.world.time->advance(std::chrono::hours(3));
      CHECK(account->call(user_list()).get().has_value());
      twin.run();
    }
    CHECK(twin.world.sandbox.calls("/cgi-bin/component/api_authorizer_token") >= 3);

    // The merchant authorized anew and we did not hear of it: 61023, then the platform's own answer.
    twin.set(R"({"authorization_events":0})");
    twin.authorize(kTwinApp, "1,2,11");
    twin.world.time->advance(std::chrono::hours(3));
    CHECK_MESSAGE(account->call(user_list()).get().has_value(), "the refresh token is looked up");
    Provider restarted(twin, store);
    twin.world.time->advance(std::chrono::hours(3));
    CHECK(restarted.account("shop-1").value()->call(user_list()).get().has_value());

    // Neither do we hear of the end.
    twin.control("withdraw", std::string(R"({"authorizer":")") + kTwinApp + "\"}");
    twin.world.time->advance(std::chrono::hours(3));
    const auto over = account->call(user_list()).get();
    REQUIRE(!over);
    CHECK(over.error().kind() == ErrorKind::needs_authorization);
    CHECK(state_of(provider, "shop-1") == "withdrawn");
    const auto calls = twin.world.sandbox.calls("/cgi-bin/component/api_authorizer_token");
    CHECK(kind_of(account->call(user_list()).get()) == "needs_authorization");
    CHECK_MESSAGE(twin.world.sandbox.calls("/cgi-bin/component/api_authorizer_token") == calls, "known, and not asked");
  }
}

TEST_CASE("TPP-1: killed at any store operation of a redemption, the merchant is there, or authorizes once more") {
  int there = 0;
  int again = 0;
  for (int life = 0; life < 40; ++life) {
    CAPTURE(life);
    ComponentWorld twin;
    const auto kept = std::make_shared<MemoryStore>(twin.world.time);
    // A process that is killed ends with its store; its runtime stays, as it would stop the time that all share.
    Provider first(twin, kept);
    twin.push_ticket();
    const auto link = first.link("shop-1");
    REQUIRE(link.has_value());
    twin.set(R"({"authorization_events":0})");
    const std::string back = consent(twin, *link, kTwinApp);
    const auto dying = std::make_shared<FaultyStore>(kept);
    Provider second(twin, dying);
    dying->life = life;
    const bool acknowledged = second.authorizer().redeem(back).get().has_value();
    Provider third(twin, kept);
    const std::string state = state_of(third, "shop-1");
    if (acknowledged) CHECK(state == "active");
    if (state == "active") {
      ++there;
      CHECK(third.account("shop-1").value()->call(user_list()).get().has_value());
    } else {
      ++again;
      CHECK((state == "pending" || state == "needs_authorization"));
      onboard(twin, third, "shop-1");
      CHECK(third.account("shop-1").value()->call(user_list()).get().has_value());
    }
  }
  CHECK(there > 0);
  CHECK(again > 0);
}

TEST_CASE("links and redirects: what is wrong is said before anything is spent") {
  ComponentWorld twin;
  twin.control("stop-tickets");
  Provider provider(twin);
  CHECK(kind_of(provider.authorizer().link("shop-1").get()) == "unavailable");  // no ticket yet
  twin.push_ticket();
  twin.world.time->advance(std::chrono::minutes(2));
  CHECK(kind_of(provider.authorizer().link("").get()) == "bad_argument");
  CHECK(kind_of(provider.authorizer().redeem("auth_code=x").get()) == "bad_argument");
  CHECK(kind_of(provider.authorizer().redeem("state=x&auth_code=a&auth_code=b").get()) == "bad_argument");
  CHECK(kind_of(provider.authorizer().redeem("auth_code=x&state=" + std::string(38, 'a')).get()) == "not_found");
  CHECK(twin.world.sandbox.calls("/cgi-bin/component/api_query_auth") == 0);
  OpenPlatform plain = ComponentWorld::platform(*provider.runtime);
  CHECK(kind_of(plain.authorizer()->link("shop-1").get()) == "configuration");
  auto config = ComponentWorld::config();
  config.redirect_uri = "javascript:alert(1)";
  CHECK(OpenPlatform::create(*provider.runtime, config).error().kind() == ErrorKind::bad_argument);
}

TEST_CASE("B9: a reconciliation takes in whom nobody knew, mends lost refresh tokens and ends who is gone") {
  ComponentWorld twin;
  twin.set(R"({"authorization_events":0})");
  const auto kept = std::make_shared<MemoryStore>(twin.world.time);
  Provider provider(twin, kept);
  twin.push_ticket();
  onboard(twin, provider, "shop-1");
  twin.authorize(kOtherTwinApp, "18,19");
  auto report = provider.platform->reconcile().get();
  REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().to_string()));
  CHECK(report->listed == 2);
  CHECK(report->adopted == 1);
  CHECK(report->repaired == 0);
  CHECK(report->ended == 0);
  CHECK(state_of(provider, kOtherTwinApp) == "active");
  const auto mini = provider.account(kOtherTwinApp);
  REQUIRE_MESSAGE(mini.has_value(), (mini ? "" : mini.error().to_string()));
  CHECK((*mini)->send(TwinWorld::text("您好")).get().has_value());
  CHECK(provider.platform->reconcile().get()->adopted == 0);

  twin.world.time->advance(std::chrono::minutes(5));
  twin.authorize(kTwinApp, "1,2,11");
  twin.control("withdraw", std::string(R"({"authorizer":")") + kOtherTwinApp + "\"}");
  report = provider.platform->reconcile().get();
  REQUIRE(report.has_value());
  CHECK(report->listed == 1);
  CHECK(report->repaired == 1);
  CHECK(report->ended == 1);
  CHECK(state_of(provider, kOtherTwinApp) == "withdrawn");
  CHECK(state_of(provider, "shop-1") == "active");
  twin.world.time->advance(std::chrono::hours(3));
  const auto asked = twin.world.sandbox.calls("/cgi-bin/component/api_get_authorizer_info");
  CHECK(provider.account("shop-1").value()->call(user_list()).get().has_value());
  CHECK_MESSAGE(twin.world.sandbox.calls("/cgi-bin/component/api_get_authorizer_info") == asked, "nothing to look up");

  // A store that was lost altogether is filled from the list.
  Provider empty(twin);
  twin.push_ticket();
  CHECK(empty.platform->reconcile().get()->adopted == 1);
  CHECK(empty.account(kTwinApp).value()->call(user_list()).get().has_value());
}

TEST_CASE("C4.8: killed between the platform's answer and the commit, the merchant is repaired from the list by name") {
  int by_name = 0;
  for (int life = 0; life < 40; ++life) {
    CAPTURE(life);
    ComponentWorld twin;
    twin.set(R"({"authorization_events":0})");
    const auto kept = std::make_shared<MemoryStore>(twin.world.time);
    Provider first(twin, kept);
    twin.push_ticket();
    const auto link = first.link("shop-1");
    REQUIRE(link.has_value());
    const std::string back = consent(twin, *link, kTwinApp);
    const auto dying = std::make_shared<FaultyStore>(kept);
    Provider second(twin, dying);
    dying->life = life;
    static_cast<void>(second.authorizer().redeem(back).get());
    Provider third(twin, kept);
    const bool spent = twin.world.sandbox.calls("/cgi-bin/component/api_query_auth") != 0;
    const auto report = third.platform->reconcile().get();
    REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().to_string()));
    if (!spent) continue;
    CHECK(state_of(third, "shop-1") == "active");
    CHECK(third.account("shop-1").value()->call(user_list()).get().has_value());
    ++by_name;
  }
  CHECK(by_name > 2);
}

TEST_CASE("A7, B2: what customers write comes under the platform's keys, and is answered under them") {
  ComponentWorld twin;
  Provider provider(twin);
  twin.push_ticket();
  onboard(twin, provider, "shop-1");
  const auto account = provider.account("shop-1").value();
  std::vector<OpenedPush> seen;
  const auto handler = [&](sandbox::PushRequest request, MoveFunction<void(sandbox::PushReply)> answer) {
    const WebhookRequest view(request.method, request.path, request.raw_query, request.body);
    seen.push_back(account->push_receiver()->open(view, twin.world.time->wall()));
    if (seen.back().outcome != OpenedPush::Outcome::event) return answer(sandbox::PushReply(403, {}));
    const auto reply = account->push_receiver()->reply(*seen.back().context, PassiveReply(Content(TextContent("在的"))),
                                                       twin.world.time->wall());
    answer(sandbox::PushReply(reply->status, reply->body));
  };
  twin.world.sandbox.connect_webhook(kTwinApp, handler, twin.world.time, twin.world.time);
  REQUIRE(twin.world.sandbox.customer_writes(kTwinApp, kTwinCustomer, "在吗").has_value());
  twin.run();
  REQUIRE(seen.size() == 1);
  CHECK_MESSAGE(seen[0].outcome == OpenedPush::Outcome::event, seen[0].detail);
  CHECK(seen[0].event.account == kTwinApp);
  CHECK(seen[0].event.customer.id == kTwinCustomer);
  CHECK(twin.world.sandbox.messages(kTwinApp, kTwinCustomer).back().text == "在的");

  // Without the messages' permission set the account's own URL and keys are in use again.
  twin.world.time->advance(std::chrono::minutes(1));
  twin.authorize(kTwinApp, "2");
  twin.run();
  REQUIRE(twin.world.sandbox.customer_writes(kTwinApp, kTwinCustomer, "?").has_value());
  twin.run();
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].outcome == OpenedPush::Outcome::refused);
}

TEST_CASE("B14: the release check of the console is answered, for its test accounts and for no other") {
  for (const bool push_first : {true, false}) {
    CAPTURE(push_first);
    ComponentWorld twin;
    Provider provider(twin);
    twin.push_ticket();
    static constexpr char kTestAccount[] = "wx570bc396a51b8ff8";
    sandbox::WechatApp app;
    app.appid = kTestAccount;
    app.original_id = "gh_3c884a361561";
    app.unlimited_windows = true;
    REQUIRE(twin.world.sandbox.add(app).has_value());
    twin.world.add_customer(kTestAccount, kTwinCustomer);
    std::vector<std::optional<WebhookResponse>> answers;
    const auto handler = [&](sandbox::PushRequest request, MoveFunction<void(sandbox::PushReply)> answer) {
      const WebhookRequest view(request.method, request.path, request.raw_query, request.body);
      answers.push_back(provider.platform->answer_release_check(kTestAccount, view));
      CHECK(!provider.platform->answer_release_check(kTwinApp, view).has_value());
      answer(sandbox::PushReply(answers.back()->status, answers.back()->body));
    };
    twin.world.sandbox.connect_webhook(kTestAccount, handler, twin.world.time, twin.world.time);
    const std::string code = twin.authorize(kTestAccount, "1");
    if (push_first) twin.run();  // the code is redeemed before the check asks for it
    const auto received = [&twin] { return twin.world.sandbox.messages(kTestAccount, kTwinCustomer); };
    REQUIRE(twin.world.sandbox.customer_writes(kTestAccount, kTwinCustomer, "TESTCOMPONENT_MSG_TYPE_TEXT").has_value());
    twin.run();
    REQUIRE(!received().empty());
    CHECK(received().back().text == "TESTCOMPONENT_MSG_TYPE_TEXT_callback");
    CHECK(received().back().channel == "passive");
    REQUIRE(twin.world.sandbox.customer_writes(kTestAccount, kTwinCustomer, "QUERY_AUTH_CODE:" + code).has_value());
    twin.world.time->advance(std::chrono::seconds(3));
    CHECK(received().back().text == code + "_from_api");
    CHECK(received().back().channel == "api");
    REQUIRE(answers.size() == 2);
    CHECK(answers[1]->body.empty());
    REQUIRE(twin.world.sandbox.customer_writes(kTestAccount, kTwinCustomer, "你好").has_value());
    twin.run();
    CHECK(answers.back()->body == "success");
    CHECK(received().back().text == code + "_from_api");
  }
}
