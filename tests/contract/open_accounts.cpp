// Open-platform accounts (wechat-security-and-authorization B16) by accounts that merchants authorized, against the
// twin: what is bound to what, whose owner it is, every code, and the permission sets.
#include "support/component_provider.hpp"

#include <kefu/wechat/open_accounts.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::ComponentWorld;
using kefu_test::kOtherTwinApp;
using kefu_test::kTwinApp;
using kefu_test::onboard;
using kefu_test::Provider;

namespace {

constexpr const char* kThirdApp = "wx00000000000000c3";

/// A provider with a service account and a mini program of one owner.
struct Shops {
  Shops() {
    twin.push_ticket();
    onboard(twin, provider, "official", kTwinApp, "&set=1&set=24");
    onboard(twin, provider, "mini", kOtherTwinApp, "&set=19&set=25");
    official = account("official");
    mini = account("mini");
  }
  std::shared_ptr<Account> account(const std::string& merchant) const {
    auto made = provider.account(merchant);
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().to_string()));
    return *std::move(made);
  }
  void tell(const std::string& target, const std::string& json) {
    const auto reply = twin.world.sandbox.control("POST", target, json);
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
  }
  std::string open_accounts() { return twin.world.sandbox.control("GET", "/open-accounts").body; }

  ComponentWorld twin;
  Provider provider{twin};
  std::shared_ptr<Account> official;
  std::shared_ptr<Account> mini;
};

template <class Op>
typename Op::Response ask(const std::shared_ptr<Account>& account, Op op) {
  auto answer = account->call(std::move(op)).get();
  REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error().to_string()));
  return *std::move(answer);
}

/// "89000 conflict".
template <class Op>
std::string refusal(const std::shared_ptr<Account>& account, Op op) {
  const auto answer = account->call(std::move(op)).get();
  if (answer) return "ok";
  CHECK(answer.error().delivery() == Delivery::refused);
  return answer.error().platform_code() + " " + std::string(to_string(answer.error().kind()));
}

}  // namespace

TEST_CASE("B16: merchants of one owner are bound to one open-platform account, and taken off it") {
  Shops shops;
  CHECK(!ask(shops.official, HasOpenAccount()).bound);
  CHECK(refusal(shops.official, GetOpenAccount()) == "89002 not_found");
  const std::string open = ask(shops.official, CreateOpenAccount(kTwinApp)).open_app_id;
  CHECK(open.size() == 18);
  CHECK(ask(shops.official, HasOpenAccount()).bound);
  CHECK(ask(shops.official, GetOpenAccount()).open_app_id == open);
  CHECK(refusal(shops.official, CreateOpenAccount()) == "89000 conflict");

  ask(shops.mini, BindOpenAccount(open, kOtherTwinApp));
  CHECK(ask(shops.mini, GetOpenAccount()).open_app_id == open);
  CHECK(ask(shops.mini, HasOwnersOpenAccount()).same);
  CHECK(refusal(shops.mini, BindOpenAccount(open)) == "89000 conflict");
  CHECK(shops.open_accounts().find(R"("members":["wx00000000000000a1","wx00000000000000b2"])") != std::string::npos);

  ask(shops.official, UnbindOpenAccount(open));
  CHECK(!ask(shops.official, HasOpenAccount()).bound);
  CHECK(refusal(shops.official, UnbindOpenAccount(open)) == "89002 not_found");
  CHECK(ask(shops.mini, HasOpenAccount()).bound);
}

TEST_CASE("B16: whose open-platform account, who made it, how many it takes, whose appid") {
  Shops shops;
  shops.tell(std::string("/apps/") + kOtherTwinApp, R"({"owner":"another owner"})");
  const std::string open = ask(shops.official, CreateOpenAccount()).open_app_id;
  CHECK(refusal(shops.mini, BindOpenAccount(open)) == "89001 permission");
  CHECK(refusal(shops.mini, BindOpenAccount("wx00000000000nobody")) == "40013 bad_argument");
  CHECK(refusal(shops.mini, GetOpenAccount(kTwinApp)) == "40013 bad_argument");
  CHECK(refusal(shops.mini, HasOwnersOpenAccount()) == "89002 not_found");

  shops.tell(std::string("/apps/") + kOtherTwinApp, R"({"owner":""})");
  shops.twin.set(R"({"open_account_unverified_most":1})");
  CHECK(refusal(shops.mini, BindOpenAccount(open)) == "89004 quota_exhausted");
  shops.twin.set(R"({"open_account_unverified_most":5,"open_account_most":1})");
  CHECK(refusal(shops.mini, BindOpenAccount(open)) == "89004 quota_exhausted");
  CHECK(!ask(shops.mini, HasOpenAccount()).bound);

  shops.tell("/open-accounts/wx00000000000000e5",
             R"({"owner":"another owner","verified":true,"members":[")" + std::string(kOtherTwinApp) + R"("]})");
  CHECK(ask(shops.mini, GetOpenAccount()).open_app_id == "wx00000000000000e5");
  CHECK(!ask(shops.mini, HasOwnersOpenAccount()).same);
  CHECK(refusal(shops.mini, UnbindOpenAccount("wx00000000000000e5")) == "89003 permission");
}

TEST_CASE(
    "B12: without permission set 24 or 25 no call for open-platform accounts is made; the platform says the same") {
  Shops shops;
  shops.twin.world.add_app(kThirdApp);
  onboard(shops.twin, shops.provider, "bare", kThirdApp, "&set=1&set=2");
  const auto bare = shops.account("bare");
  const auto refused = bare->call(CreateOpenAccount()).get();
  REQUIRE(!refused);
  CHECK(refused.error().kind() == ErrorKind::permission);
  CHECK(refused.error().delivery() == Delivery::not_sent);
  CHECK_MESSAGE(refused.error().message().find("24") != std::string::npos, refused.error().message());
  CHECK(shops.twin.world.sandbox.calls("/cgi-bin/open/create") == 0);

  // The merchant takes the set away, and what the account knows is older than that.
  shops.twin.set(R"({"authorization_events":0})");
  shops.twin.authorize(kTwinApp, "1,2");
  CHECK(refusal(shops.official, CreateOpenAccount()) == "61007 permission");
}

TEST_CASE("B16: whether an account's own token is taken is open: a switch says it") {
  ComponentWorld twin;
  const auto runtime = twin.world.runtime();
  const auto own = kefu_test::TwinWorld::account(*runtime);
  CHECK(!ask(own, HasOpenAccount()).bound);
  twin.set(R"({"open_accounts_with_own_token_code":61024})");
  CHECK(refusal(own, HasOpenAccount()) == "61024 configuration");
}
