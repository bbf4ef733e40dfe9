#include "unit/jd/authorization/oauth_world.hpp"

using namespace kefu;
using detail::TokenPtr;
using kefu_test::OauthWorld;

namespace {

struct ExpiredWorld : OauthWorld {
  ExpiredWorld() {
    REQUIRE(authorize());
    pass(std::chrono::seconds(fake.life));
    provider = tokens();
  }
  jd::Grant stored() const {
    const auto entry = store->get(jd::grant_key("test", config().app_key, "shop1"));
    REQUIRE(entry);
    REQUIRE(entry->has_value());
    return jd::Grant::read((*entry)->value).value();
  }
  std::shared_ptr<detail::TokenProvider> provider;
};

}  // namespace

TEST_CASE("JD-4, STO-2: a rotated refresh token is durable before the token is handed on") {
  ExpiredWorld w;
  w.watched->failing_commits = 3;
  const auto got = w.get(w.provider);
  REQUIRE(got);
  CHECK(w.stored().refresh_token == Secret(w.fake.refresh));
  CHECK(w.stored().renewals == 1);
  CHECK(w.watched->relaxed_commits == 0);
  CHECK(w.fake.refreshes == 1);
}

TEST_CASE("JD-4: a write that seemed to fail is recognised as done") {
  ExpiredWorld w;
  w.watched->doubtful_commits = 1;
  CHECK(w.text(w.provider) == "good");
  CHECK(w.stored().refresh_token == Secret(w.fake.refresh));
  CHECK(w.stored().renewals == 1);
  CHECK(w.fake.refreshes == 1);
}

TEST_CASE("foundation e: a renewal whose writing is in doubt is read again before anybody is told") {
  ExpiredWorld w;
  SUBCASE("it was written") { w.watched->doubtful_commits = 1; }
  SUBCASE("it was not") { w.watched->lost_commits = 1; }
  REQUIRE(w.get(w.provider));
  CHECK(w.stored().refresh_token == Secret(w.fake.refresh));
  CHECK(w.stored().renewals == 1);
  CHECK(w.fake.refreshes == 1);
}

TEST_CASE("JD-4: what could not be stored is not used, and written by the next fetch without another call") {
  ExpiredWorld w;
  const auto seen = w.observe();
  w.fake.named = true;
  w.watched->failing_commits = 1'000'000;
  CHECK(w.text(w.provider) == "unavailable");
  CHECK(w.fake.refreshes == 1);
  CHECK(seen->count("authorization.not_stored{platform=jd,account=shop1") == 1);

  // Meanwhile another process tries the old refresh token, which has ended, and gives the grant up.
  w.watched->failing_commits = 0;
  CHECK(w.text(w.tokens()) == "needs_authorization");
  CHECK(w.fake.refreshes == 2);
  CHECK(w.stored().state == Merchant::State::needs_authorization);

  w.pass(std::chrono::minutes(1));
  CHECK(w.text(w.provider) == "good");
  CHECK(w.fake.refreshes == 2);
  CHECK(w.stored().state == Merchant::State::active);
  CHECK(w.stored().refresh_token == Secret(w.fake.refresh));
}

TEST_CASE("JD-4: a process that dies between answer and write loses a rotated refresh token, and says so") {
  ExpiredWorld w;
  w.fake.named = true;
  w.watched->failing_commits = 1'000'000;
  SUBCASE("the platform ends old refresh tokens") {
    CHECK(w.text(w.provider) == "unavailable");
    w.provider.reset();  // and what it kept in memory
    w.watched->failing_commits = 0;
    CHECK(w.text(w.tokens()) == "needs_authorization");
  }
  SUBCASE("the platform lets them live") {
    w.fake.rotate = false;
    CHECK(w.text(w.provider) == "unavailable");
    w.provider.reset();
    w.watched->failing_commits = 0;
    CHECK(w.text(w.tokens()) == "good");
  }
}

TEST_CASE("JD-4: a process that dies after the write and before the token's record refreshes once more") {
  ExpiredWorld w;
  REQUIRE(w.get(w.provider));
  const auto key = jd::shop_token_settings(OauthWorld::config().app_key, "shop1").record_key("test");
  const auto entry = w.store->get(key);
  REQUIRE(entry);
  REQUIRE(w.store->remove_if_unchanged(key, (*entry)->generation));
  CHECK(w.text(w.tokens()) == "good");
  CHECK(w.fake.refreshes == 2);
}

TEST_CASE("STO-6: with the store down a live token serves and nothing is refreshed") {
  ExpiredWorld w;
  w.watched->gone = true;
  CHECK(w.text(w.provider) == "unavailable");
  CHECK(w.fake.refreshes == 0);
  w.watched->gone = false;
  w.pass(std::chrono::seconds(5));
  CHECK(w.text(w.provider) == "good");
  w.watched->gone = true;
  w.pass(std::chrono::hours(24));
  CHECK(w.text(w.provider) == "good");
  CHECK(w.fake.refreshes == 1);
}

TEST_CASE("STO-2: a merchant who authorizes while a refresh is under way wins, without an error") {
  ExpiredWorld w;
  bool refused = false;
  SUBCASE("the refresh succeeds") { w.fake.accept_any = true; }
  SUBCASE("the refresh is refused") { refused = true; }
  w.wire->on(
      "/oauth2/refresh_token", [&w](const HttpRequest& request) { return w.fake.refreshed(request, w.time->wall()); },
      Millis(3000));
  std::optional<Result<TokenPtr>> answer;
  w.provider->get(w.time->mono() + Millis(10'000), {}, [&](Result<TokenPtr> r) { answer.emplace(std::move(r)); });
  w.time->advance(Millis(10));
  REQUIRE(w.wire->count("/oauth2/refresh_token") == 1);
  REQUIRE(w.authorize());
  const Secret granted(w.fake.access);
  w.fake.refuse = refused;
  for (int i = 0; !answer && i < 1000; ++i) w.time->advance(Millis(10));
  REQUIRE(answer);
  REQUIRE_MESSAGE(answer->has_value(), answer->error().to_string());
  CHECK((**answer)->value == granted);
  CHECK(w.stored().state == Merchant::State::active);
  CHECK(w.stored().renewals == 0);
}
