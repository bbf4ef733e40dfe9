// What an Authorizer says of WeChat's merchants, against the twin: kinds, scopes and states, events to the host,
// options of accounts, and what becomes of codes that a killed process spent.
#include "support/component_provider.hpp"
#include "support/faulty_store.hpp"
#include "wechat/operations/on_behalf.hpp"
#include "wechat/operations/rows.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::ComponentWorld;
using kefu_test::consent;
using kefu_test::FaultyStore;
using kefu_test::kind_of;
using kefu_test::kOtherTwinApp;
using kefu_test::kTwinApp;
using kefu_test::onboard;
using kefu_test::Provider;
using kefu_test::state_of;
using kefu_test::user_list;

TEST_CASE("B6: a link is for a kind of account, for one account, or for some permission sets") {
  ComponentWorld twin;
  Provider provider(twin);
  twin.push_ticket();
  LinkRequest request;
  request.account_kind = "mini_program";
  request.scopes = {"18", "19"};
  const auto link = provider.link("shop-1", request);
  REQUIRE(link.has_value());
  CHECK(link->find("&auth_type=2") != std::string::npos);
  CHECK(link->find("&category_id_list=18%7C19") != std::string::npos);
  const std::string page = kefu_test::page_text(twin.world.sandbox, *link);
  CHECK(page.find(kOtherTwinApp) != std::string::npos);
  CHECK(page.find(kTwinApp) == std::string::npos);

  request = LinkRequest();
  request.account_kind = "official_account";
  CHECK(provider.link("shop-1", request)->find("&auth_type=1") != std::string::npos);
  request = LinkRequest();
  request.account_id = kOtherTwinApp;
  const auto only = provider.link("shop-1", request);
  REQUIRE(only.has_value());
  CHECK(kefu_test::page_text(twin.world.sandbox, *only).find(kTwinApp) == std::string::npos);

  const auto calls = twin.world.sandbox.calls();
  request.account_id = "wx&x=1";
  CHECK(kind_of(provider.link("shop-1", request)) == "bad_argument");
  request = LinkRequest();
  request.account_kind = "shop";
  CHECK(kind_of(provider.link("shop-1", request)) == "unsupported");
  for (const char* scope : {"", "one", "1|2", "1234567"}) {
    request = LinkRequest();
    request.scopes = {scope};
    CHECK(kind_of(provider.link("shop-1", request)) == "bad_argument");
  }
  CHECK(twin.world.sandbox.calls() == calls);
}

TEST_CASE("a merchant's kind, scopes and states are told, and the moments of these") {
  ComponentWorld twin;
  Provider provider(twin);
  twin.push_ticket();
  REQUIRE(provider.link("shop-1").has_value());
  CHECK(state_of(provider, "shop-1") == "pending");
  onboard(twin, provider, "shop-1");
  onboard(twin, provider, "mini-1", kOtherTwinApp, "&set=18&set=19");
  const auto shop = provider.authorizer().merchant("shop-1").get().value();
  CHECK(shop.account_kind == "official_account.service");
  CHECK(shop.scopes == std::vector<std::string>{"1", "2", "11"});
  CHECK(shop.since == shop.authorized_at);
  CHECK(provider.authorizer().merchant("mini-1").get()->account_kind == "mini_program");

  twin.world.time->advance(std::chrono::minutes(2));
  twin.authorize(kTwinApp, "1");
  twin.run();
  const auto narrower = provider.authorizer().merchant("shop-1").get().value();
  CHECK(narrower.scopes == std::vector<std::string>{"1"});
  CHECK_MESSAGE(narrower.since == shop.since, "it was active all the time");
  CHECK(narrower.authorized_at > shop.authorized_at);

  twin.world.time->advance(std::chrono::minutes(2));
  const WallTime end = twin.world.time->wall();
  twin.control("withdraw", std::string(R"({"authorizer":")") + kTwinApp + "\"}");
  twin.run();
  const auto over = provider.authorizer().merchant("shop-1").get().value();
  CHECK(over.state == Merchant::State::withdrawn);
  CHECK(unix_seconds(over.since) == unix_seconds(end));
  CHECK(over.why == "the merchant withdrew it");
  REQUIRE(provider.link("shop-1").has_value());
  CHECK(state_of(provider, "shop-1") == "pending");
  twin.world.time->advance(std::chrono::minutes(11));
  CHECK_MESSAGE(state_of(provider, "shop-1") == "withdrawn", "nobody followed the link");
}

TEST_CASE("the host hears of authorizations, changes and ends, however this process learns of them") {
  ComponentWorld twin;
  const auto kept = std::make_shared<MemoryStore>(twin.world.time);
  Provider provider(twin, kept);
  twin.push_ticket();
  std::string heard;
  provider.authorizer().on_event([&heard](const MerchantEvent& event) {
    heard += std::string(to_string(event.kind)) + " " + event.merchant.id + ", ";
    throw std::runtime_error("a host's mistake");
  });
  const auto expect = [&heard](const std::string& events) {
    CHECK(heard == events);
    heard.clear();
  };
  twin.set(R"({"authorization_events":0})");
  onboard(twin, provider, "shop-1");
  expect("authorized shop-1, ");
  twin.set(R"({"authorization_events":1})");
  twin.world.time->advance(std::chrono::minutes(2));
  twin.authorize(kTwinApp, "1,2");
  twin.run();
  expect("updated shop-1, ");
  twin.world.time->advance(std::chrono::minutes(2));
  twin.control("withdraw", std::string(R"({"authorizer":")") + kTwinApp + "\"}");
  twin.run();
  expect("withdrawn shop-1, ");

  // What no push tells: by the list, and by a token that is not renewed.
  twin.set(R"({"authorization_events":0})");
  twin.world.time->advance(std::chrono::minutes(2));
  twin.authorize(kTwinApp, "1,2");
  twin.authorize(kOtherTwinApp, "18,19");
  REQUIRE(provider.platform->reconcile().get().has_value());
  expect("authorized shop-1, authorized " + std::string(kOtherTwinApp) + ", ");
  twin.world.time->advance(std::chrono::minutes(2));
  twin.authorize(kTwinApp, "1,2");
  twin.control("withdraw", std::string(R"({"authorizer":")") + kOtherTwinApp + "\"}");
  REQUIRE(provider.platform->reconcile().get().has_value());
  expect("updated shop-1, withdrawn " + std::string(kOtherTwinApp) + ", ");
  const auto account = provider.account("shop-1").value();
  twin.control("withdraw", std::string(R"({"authorizer":")") + kTwinApp + "\"}");
  twin.world.time->advance(std::chrono::hours(3));
  CHECK(kind_of(account->call(user_list()).get()) == "needs_authorization");
  expect("withdrawn shop-1, ");
  CHECK(state_of(provider, "shop-1") == "withdrawn");

  provider.authorizer().on_event(nullptr);
  onboard(twin, provider, "shop-1");
  expect("");
}

TEST_CASE(
    "B13: an authorized account of each kind calls what its sets allow, and is told what takes the place of the rest") {
  ComponentWorld twin;
  twin.set(R"({"authorization_events":0})");
  Provider provider(twin);
  twin.push_ticket();
  onboard(twin, provider, "shop-1", kTwinApp, "&set=1&set=4&set=11");
  onboard(twin, provider, "mini-1", kOtherTwinApp, "&set=4&set=18&set=19");
  int went_out = 0;
  int in_its_place = 0;
  for (const char* merchant : {"shop-1", "mini-1"}) {
    const auto account = provider.account(merchant).value();
    const auto kind = merchant == std::string("shop-1") ? AccountKind::service_account : AccountKind::mini_program;
    for (const Row* row : rows()) {
      const OperationInfo& info = row->operation.info;
      const std::string path(info.path);
      if (path.find("/cgi-bin/message/custom/") == 0) continue;  // their bodies are read before
      CAPTURE(merchant);
      CAPTURE(path);
      const auto before = twin.world.sandbox.calls(path);
      const auto answer =
          account->call(RawCall(std::string(info.method), path, info.method == "GET" ? "" : "{}", Effect::read)).get();
      const bool sent = twin.world.sandbox.calls(path) != before;
      const NotOnBehalf* rule = not_on_behalf(path);
      if (row->accounts.of(kind) == Access::no) {
        CHECK_FALSE(sent);
        CHECK(kind_of(answer) == "unsupported");
      } else if (rule != nullptr) {
        ++in_its_place;
        CHECK_FALSE(sent);
        REQUIRE(kind_of(answer) == "unsupported");
        CHECK(answer.error().delivery() == Delivery::not_sent);
        CHECK(answer.error().message().find(rule->component_operation) != std::string::npos);
      } else if (kind_of(answer) == "permission" && !sent) {
        CHECK_FALSE(row->accounts.permission_sets.empty());
      } else {
        ++went_out;
        CHECK_MESSAGE(sent, (answer ? "" : answer.error().to_string()));
      }
    }
  }
  CHECK(in_its_place >= 8);
  CHECK(went_out > 40);
}

TEST_CASE("B10: options of a merchant's account are read and set by the merchant's name") {
  ComponentWorld twin;
  Provider provider(twin);
  twin.push_ticket();
  onboard(twin, provider, "shop-1");
  Authorizer& authorizer = provider.authorizer();
  CHECK(authorizer.option("shop-1", "location_report").get().value() == "0");
  REQUIRE(authorizer.set_option("shop-1", "location_report", "2").get().has_value());
  CHECK(authorizer.option("shop-1", "location_report").get().value() == "2");
  CHECK(authorizer.set_option("shop-1", "voice_recognize", "7").get().error().platform_code() == "61013");
  CHECK(authorizer.option("shop-1", "colour").get().error().platform_code() == "61012");
  CHECK(kind_of(authorizer.option("shop-2", "location_report").get()) == "not_found");
  CHECK(kind_of(authorizer.option("", "location_report").get()) == "bad_argument");
}

TEST_CASE("C4.8: killed at any store operation, the same redirect brings the merchant home after a restart") {
  int again = 0;
  int repaired = 0;
  for (const bool last_is_done : {false, true}) {
    for (int life = 0; life < 24; ++life) {
      CAPTURE(life);
      CAPTURE(last_is_done);
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
      dying->last_is_done = last_is_done;
      dying->life = life;
      const bool acknowledged = second.authorizer().redeem(back).get().has_value();
      twin.world.time->advance(std::chrono::seconds(20));
      Provider third(twin, kept);
      const std::string before = state_of(third, "shop-1");
      if (acknowledged) CHECK(before == "active");
      const bool spent = twin.world.sandbox.calls("/cgi-bin/component/api_query_auth") != 0;
      const auto redeemed = third.authorizer().redeem(back).get();
      if (before == "active") {
        CHECK(kind_of(redeemed) == "not_found");
      } else {
        ++again;
        repaired += spent ? 1 : 0;
        CHECK_MESSAGE(redeemed.has_value(), (redeemed ? "" : redeemed.error().to_string()));
      }
      CHECK(state_of(third, "shop-1") == "active");
      CHECK(third.authorizer().merchant("shop-1").get()->why.empty());
      CHECK(third.account("shop-1").value()->call(user_list()).get().has_value());
    }
  }
  CHECK(again > 4);
  CHECK(repaired > 1);
}
