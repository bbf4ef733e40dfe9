// A third-party platform's tickets and token: durable before they are acknowledged, shared, never a storm of calls; and
// the authorization pages of the twin, as a browser clicks them.
#include "support/browser.hpp"
#include "support/component_world.hpp"
#include "support/faulty_store.hpp"
#include "support/push_requests.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::ComponentWorld;
using kefu_test::FaultyStore;
using kefu_test::kOtherTwinApp;
using kefu_test::kPlantedAppSecret;
using kefu_test::kTwinApp;
using kefu_test::kTwinComponent;

namespace {

std::unique_ptr<Runtime> runtime_over(ComponentWorld& twin, std::shared_ptr<Store> store) {
  auto options = twin.world.runtime_options();
  options.store = std::move(store);
  return twin.world.runtime(std::move(options));
}

/// A push of a ticket that the twin does not know, signed as it should be.
kefu_test::PushRequest foreign_ticket(const std::string& ticket, std::int64_t created) {
  const kefu_test::PushSender sender(ComponentWorld::config().push_keys, kTwinComponent);
  return sender.sealed("<xml><InfoType>component_verify_ticket</InfoType><CreateTime>" + std::to_string(created) +
                       "</CreateTime><ComponentVerifyTicket>" + ticket + "</ComponentVerifyTicket></xml>");
}

std::string state_of_last_push(ComponentWorld& twin) {
  const auto reply = twin.world.sandbox.control("GET", "/pushes");
  const auto document = detail::Document::json(reply.body);
  std::string state;
  for (const auto push : document.root()["pushes"].items()) state = push["state"].text();
  return state;
}

}  // namespace

TEST_CASE("TPP-2: without a ticket nothing is sent, and the error says what to do") {
  ComponentWorld twin;
  const auto runtime = twin.world.runtime();
  OpenPlatform platform = ComponentWorld::platform(*runtime);
  for (int i = 0; i < 3; ++i) {
    const auto refused = platform.call(CreatePreAuthCode()).get();
    REQUIRE(!refused);
    CHECK(refused.error().kind() == ErrorKind::unavailable);
    CHECK(refused.error().delivery() == Delivery::not_sent);
    CHECK(refused.error().message().find("start_push_ticket") != std::string::npos);
  }
  CHECK(twin.token_fetches() == 0);
  const auto none = platform.ticket_state().get();
  REQUIRE(none.has_value());
  CHECK(!none->received.has_value());
  CHECK(!none->usable);
  CHECK(none->advice.find("none ever came") != std::string::npos);

  twin.connect(platform);
  twin.control("stop-tickets");
  CHECK(platform.start_push_ticket().get()->message == "ok");
  twin.run();
  CHECK(platform.ticket_state().get()->usable);
  twin.world.time->advance(std::chrono::minutes(2));  // what failed is not asked again at once
  CHECK(platform.call(CreatePreAuthCode()).get().has_value());
  CHECK(twin.token_fetches() == 1);
}

TEST_CASE("B1: tickets come every ten minutes, work for 12 hours, and the token lives on the newest") {
  ComponentWorld twin;
  const auto runtime = twin.world.runtime();
  OpenPlatform platform = ComponentWorld::platform(*runtime);
  twin.connect(platform);
  twin.push_ticket();
  const auto came = platform.ticket_state().get()->received;
  CHECK(platform.call(ListAuthorizers()).get().has_value());
  twin.world.time->advance(std::chrono::minutes(10));
  CHECK(platform.call(ListAuthorizers()).get().has_value());  // the twin looks at its clock
  twin.run();
  CHECK(*platform.ticket_state().get()->received - *came >= std::chrono::minutes(10));

  twin.control("stop-tickets");
  twin.world.time->advance(std::chrono::hours(11));
  CHECK_MESSAGE(platform.call(ListAuthorizers()).get().has_value(), "an old ticket still works");
  const auto fetches = twin.token_fetches();
  CHECK(fetches >= 2);
  twin.world.time->advance(std::chrono::hours(4));
  const auto over = platform.call(ListAuthorizers()).get();
  REQUIRE(!over);
  CHECK(over.error().kind() == ErrorKind::unavailable);
  CHECK(over.error().delivery() == Delivery::not_sent);
  CHECK(twin.token_fetches() == fetches);
  CHECK(!platform.ticket_state().get()->usable);
}

TEST_CASE("C4.9: a ticket that is refused gives way to the one before; an older one never takes its place") {
  ComponentWorld twin;
  const auto runtime = twin.world.runtime();
  OpenPlatform platform = ComponentWorld::platform(*runtime);
  twin.connect(platform);
  twin.push_ticket();
  const std::int64_t now = unix_seconds(twin.world.time->wall());
  const auto older = foreign_ticket("ticket@@@older", now - 3600);
  CHECK(platform.receive(older.view()).get().value().answer.body == "success");
  CHECK(platform.call(ListAuthorizers()).get().has_value());
  CHECK(twin.token_fetches() == 1);

  twin.world.time->advance(std::chrono::minutes(1));
  const auto newer = foreign_ticket("ticket@@@newer", now + 30);
  CHECK(platform.receive(newer.view()).get().value().answer.body == "success");
  twin.world.sandbox.rotate_tokens(kTwinComponent);
  CHECK_MESSAGE(platform.call(ListAuthorizers()).get().has_value(), "the token is renewed with the ticket before");
  CHECK(twin.world.sandbox.calls("/cgi-bin/component/api_component_token") == 3);
  // One from the future does not shut out those that follow.
  const auto far = foreign_ticket("ticket@@@far", now + 1'000'000);
  CHECK(platform.receive(far.view()).get().value().answer.body == "success");
  twin.world.time->advance(std::chrono::minutes(1));
  twin.push_ticket();
  twin.world.sandbox.rotate_tokens(kTwinComponent);
  CHECK(platform.call(ListAuthorizers()).get().has_value());
  CHECK(twin.world.sandbox.calls("/cgi-bin/component/api_component_token") == 4);
}

TEST_CASE("TPP-1: a ticket is durable before it is acknowledged; what was not is repeated by the platform") {
  ComponentWorld twin;
  const auto store = std::make_shared<FaultyStore>(std::make_shared<MemoryStore>(twin.world.time));
  const auto runtime = runtime_over(twin, store);
  OpenPlatform platform = ComponentWorld::platform(*runtime);
  twin.connect(platform);
  store->gone = true;
  twin.push_ticket();
  CHECK(state_of_last_push(twin) == "waiting");
  store->gone = false;
  twin.world.time->advance(std::chrono::seconds(6));
  CHECK(state_of_last_push(twin) == "answered");
  CHECK(platform.ticket_state().get()->usable);
  CHECK(store->relaxed_commits == 0);
}

TEST_CASE("TPP-1: killed at any store operation, a ticket that was acknowledged is there after the restart") {
  int acknowledged = 0;
  int lost = 0;
  for (int life = 0; life < 12; ++life) {
    CAPTURE(life);
    ComponentWorld twin;
    const auto kept = std::make_shared<MemoryStore>(twin.world.time);
    const auto dying = std::make_shared<FaultyStore>(kept);
    // A process that is killed ends with its store; its runtime stays, as it would stop the time that all share.
    const auto killed = runtime_over(twin, dying);
    OpenPlatform before = ComponentWorld::platform(*killed);
    dying->life = life;
    const auto push = foreign_ticket("ticket@@@one", 1'700'000'000);
    const bool taken = before.receive(push.view()).get().has_value();
    const auto runtime = runtime_over(twin, kept);
    OpenPlatform platform = ComponentWorld::platform(*runtime);
    const bool there = platform.ticket_state().get()->usable;
    if (taken) CHECK(there);
    acknowledged += taken ? 1 : 0;
    lost += taken ? 0 : 1;
  }
  CHECK(acknowledged > 0);
  CHECK(lost > 0);
}

TEST_CASE("TOK-1: processes of one store share tickets and the component's token") {
  ComponentWorld twin;
  const auto store = std::make_shared<MemoryStore>(twin.world.time);
  const auto first_runtime = runtime_over(twin, store);
  const auto second_runtime = runtime_over(twin, store);
  OpenPlatform first = ComponentWorld::platform(*first_runtime);
  OpenPlatform second = ComponentWorld::platform(*second_runtime);
  twin.connect(first);
  twin.push_ticket();
  CHECK(second.ticket_state().get()->usable);
  CHECK(first.call(ListAuthorizers()).get().has_value());
  CHECK(second.call(ListAuthorizers()).get().has_value());
  CHECK(twin.token_fetches() == 1);
  // Another environment has its own.
  auto options = twin.world.runtime_options();
  options.store = store;
  options.name_space = "test";
  const auto third_runtime = twin.world.runtime(std::move(options));
  CHECK(!ComponentWorld::platform(*third_runtime).ticket_state().get()->usable);
}

TEST_CASE("B4: a wrong secret, an address that is not in the list and a frozen secret are the operator's to mend") {
  ComponentWorld twin;
  const auto runtime = twin.world.runtime();
  auto config = ComponentWorld::config();
  config.component_app_secret = Secret("another5ecret0f1a2b3c4d5e6f7081");
  OpenPlatform wrong = OpenPlatform::create(*runtime, config).value();
  twin.connect(wrong);
  twin.push_ticket();
  const auto refused = wrong.call(ListAuthorizers()).get();
  REQUIRE(!refused);
  CHECK(refused.error().kind() == ErrorKind::configuration);
  CHECK(refused.error().platform_code() == "40125");
  CHECK(refused.error().to_string().find("another5ecret") == std::string::npos);
  const auto fetches = twin.token_fetches();
  CHECK(!wrong.call(ListAuthorizers()).get());
  CHECK_MESSAGE(twin.token_fetches() == fetches, "no storm");

  CHECK(OpenPlatform::create(*runtime, OpenPlatformConfig("", Secret("s"), config.push_keys)).error().kind() ==
        ErrorKind::bad_argument);
  CHECK(OpenPlatform::create(*runtime, OpenPlatformConfig(kTwinComponent, Secret(), config.push_keys)).error().kind() ==
        ErrorKind::bad_argument);
  CHECK(OpenPlatform::create(*runtime, OpenPlatformConfig(kTwinComponent, Secret("s"), PushKeys())).error().kind() ==
        ErrorKind::bad_argument);
  config.base_url = "ftp://x";
  CHECK(OpenPlatform::create(*runtime, config).error().kind() == ErrorKind::configuration);
}

TEST_CASE("what else comes to the event URL is opened; what is not the platform's is refused") {
  ComponentWorld twin;
  const auto runtime = twin.world.runtime();
  OpenPlatform platform = ComponentWorld::platform(*runtime);
  std::vector<OpenedComponentPush> seen;
  auto handler = [&](sandbox::PushRequest request, MoveFunction<void(sandbox::PushReply)> answer) {
    platform.receive(WebhookRequest(request.method, request.path, request.raw_query, request.body))
        .then([&seen, answer = std::move(answer)](Result<OpenedComponentPush> opened) mutable {
          REQUIRE(opened.has_value());
          answer(sandbox::PushReply(opened->answer.status, opened->answer.body));
          seen.push_back(*std::move(opened));
        });
  };
  twin.world.sandbox.connect_webhook(kTwinComponent, handler, twin.world.time, twin.world.time);
  twin.push_ticket();
  const std::string code = twin.authorize(kTwinApp, "1,2");
  twin.run();
  twin.authorize(kTwinApp, "1,2");
  twin.run();
  twin.authorize(kTwinApp, "1");
  twin.run();
  twin.control("withdraw", std::string(R"({"authorizer":")") + kTwinApp + "\"}");
  twin.run();
  REQUIRE(seen.size() == 4);
  CHECK(seen[0].push.info_type == "component_verify_ticket");
  REQUIRE(std::holds_alternative<AuthorizationGranted>(seen[1].push.body));
  const auto& granted = std::get<AuthorizationGranted>(seen[1].push.body);
  CHECK(granted.app_id == kTwinApp);
  CHECK(granted.code == Secret(code));
  REQUIRE(granted.code_expires.has_value());
  CHECK(*granted.code_expires - from_unix_seconds(seen[1].push.create_time) == std::chrono::seconds(600));
  CHECK_MESSAGE(seen[2].push.info_type == "updateauthorized", "a renewal without a change pushes nothing");
  CHECK(std::get<AuthorizationWithdrawn>(seen[3].push.body).app_id == kTwinApp);

  auto forged = foreign_ticket("ticket@@@forged", 1'700'000'000);
  forged.query.back() = forged.query.back() == 'a' ? 'b' : 'a';
  const auto refused = platform.receive(forged.view()).get();
  REQUIRE(refused.has_value());
  CHECK(refused->outcome == OpenedComponentPush::Outcome::refused);
  CHECK(refused->answer.status == 403);
}

TEST_CASE("B6: a merchant's browser clicks through the twin's page, on a computer and on a phone") {
  ComponentWorld twin;
  const auto runtime = twin.world.runtime();
  OpenPlatform platform = ComponentWorld::platform(*runtime);
  twin.connect(platform);
  twin.push_ticket();
  int clicked = 0;
  for (const std::string page :
       {"https://mp.weixin.qq.com/cgi-bin/componentloginpage?",
        "https://open.weixin.qq.com/wxaopen/safe/bindcomponent?action=bindcomponent&no_scan=1&",
        "https://mp.weixin.qq.com/safe/bindcomponent?action=bindcomponent&no_scan=1&"}) {
    CAPTURE(page);
    const auto pre = platform.call(CreatePreAuthCode()).get();
    REQUIRE(pre.has_value());
    const std::string link = std::string("component_appid=") + kTwinComponent +
                             "&pre_auth_code=" + kefu_test::percent_encoded(pre->code.expose()) +
                             "&redirect_uri=" + kefu_test::percent_encoded("https://shop.example.com/back?state=abc");
    const std::string html = kefu_test::page_text(twin.world.sandbox, page + link + "&auth_type=2");
    CHECK(html.find(kOtherTwinApp) != std::string::npos);
    CHECK_MESSAGE(html.find(std::string("id=\"") + kTwinApp) == std::string::npos, "mini programs only");
    CHECK(html.find("name=\"set\" value=\"19\" checked") != std::string::npos);
    const std::string consent =
        "https://mp.weixin.qq.com/sandbox/component/consent?" + link + "&appid=" + kOtherTwinApp + "&set=19&set=18";
    const std::string back = kefu_test::follow_link(twin.world.sandbox, consent);
    CHECK(back.find("https://shop.example.com/back?state=abc&auth_code=") == 0);
    CHECK(back.find("&expires_in=600") != std::string::npos);
    const std::size_t from = back.find("auth_code=") + 10;
    const auto granted = platform
                             .call(RedeemAuthorizationCode(
                                 Secret(kefu_test::percent_decoded(back.substr(from, back.find('&', from) - from)))))
                             .get();
    REQUIRE_MESSAGE(granted.has_value(), (granted ? "" : granted.error().to_string()));
    CHECK(granted->app_id == kOtherTwinApp);
    CHECK(granted->permission_sets.size() == 2);
    CHECK_MESSAGE(kefu_test::page_text(twin.world.sandbox, page + link + "&auth_type=3").find("pre_auth_code") !=
                      std::string::npos,
                  "a link works once");
    ++clicked;
  }
  CHECK(clicked == 3);
}

TEST_CASE("B15: the page of a web login on behalf") {
  const auto url = component_web_login_url("wxc0", "wxa1", "https://shop.example.com/login", LoginScope::base, "s1");
  REQUIRE(url.has_value());
  CHECK(*url ==
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wxa1&redirect_uri=https%3A%2F%2Fshop.example.com%2F"
        "login&response_type=code&scope=snsapi_base&state=s1&component_appid=wxc0#wechat_redirect");
  CHECK(!component_web_login_url("", "wxa1", "https://shop.example.com/login", LoginScope::base, "s1"));
}
