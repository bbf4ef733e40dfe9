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
  SUBCASE("the store fails when the token is about to be spent") { w.watched->failing_commits = 3; }
  SUBCASE("the store fails when it was") {
    w.fake.on_refresh = [&w] { w.watched->failing_commits = 3; };
  }
  const auto got = w.get(w.provider);
  REQUIRE(got);
  CHECK(w.stored().refresh_token == Secret(w.fake.refresh));
  CHECK(w.stored().renewals == 1);
  CHECK(w.watched->relaxed_commits == 0);
  CHECK(w.fake.refreshes == 1);
}

TEST_CASE("JD-4: a write that seemed to fail is recognised as done") {
  ExpiredWorld w;
  w.fake.on_refresh = [&w] { w.watched->doubtful_commits = 1; };
  CHECK(w.text(w.provider) == "good");
  CHECK(w.stored().refresh_token == Secret(w.fake.refresh));
  CHECK(w.stored().renewals == 1);
  CHECK(w.fake.refreshes == 1);
}

TEST_CASE("foundation e: a renewal whose writing is in doubt is read again before anybody is told") {
  ExpiredWorld w;
  SUBCASE("it was written") {
    w.fake.on_refresh = [&w] { w.watched->doubtful_commits = 1; };
  }
  SUBCASE("it was not") {
    w.fake.on_refresh = [&w] { w.watched->lost_commits = 1; };
  }
  SUBCASE("that of its intent was written") { w.watched->doubtful_commits = 1; }
  SUBCASE("that of its intent was not") { w.watched->lost_commits = 1; }
  REQUIRE(w.get(w.provider));
  CHECK(w.stored().refresh_token == Secret(w.fake.refresh));
  CHECK(w.stored().renewals == 1);
  CHECK(w.fake.refreshes == 1);
}

TEST_CASE("JD-4: what could not be stored is not used, and written by the next fetch without another call") {
  ExpiredWorld w;
  const auto seen = w.observe();
  w.fake.on_refresh = [&w] { w.watched->failing_commits = 1'000'000; };
  CHECK(w.text(w.provider) == "unavailable");
  CHECK(w.fake.refreshes == 1);
  CHECK(seen->count("authorization.not_stored{platform=jd,account=shop1") == 1);

  // Meanwhile another process finds what was begun and not ended, and gives the grant up when its time is over.
  w.pass(std::chrono::seconds(30));
  w.watched->failing_commits = 0;
  CHECK(w.text(w.tokens()) == "needs_authorization");
  CHECK(w.fake.refreshes == 1);
  CHECK(w.stored().state == Merchant::State::needs_authorization);

  w.pass(std::chrono::minutes(1));
  CHECK(w.text(w.provider) == "good");
  CHECK(w.fake.refreshes == 1);
  CHECK(w.stored().state == Merchant::State::active);
  CHECK(w.stored().refresh_token == Secret(w.fake.refresh));
}

TEST_CASE("JD-4: an error that the platform answers, or the wire gives, ends what was begun: the next try is made") {
  ExpiredWorld w;
  w.fake.raw = "busy";
  SUBCASE("an answer of the platform") { w.fake.status = 503; }
  SUBCASE("one that cannot be read") { w.fake.status = 200; }
  CHECK(w.text(w.provider) != "good");
  CHECK(!w.stored().intent.has_value());
  const int tried = w.fake.refreshes;
  CHECK(tried > 0);
  w.fake.raw.clear();
  w.provider.reset();  // another process goes on
  w.pass(std::chrono::minutes(10));
  CHECK(w.text(w.tokens()) == "good");
  CHECK(w.fake.refreshes == tried + 1);
}

TEST_CASE("JD-4: what was begun says nothing of a grant that a version without it renewed, or of a new one") {
  ExpiredWorld w;
  jd::Grant grant = w.stored();
  grant.intent = jd::RenewalIntent{grant.renewals, grant.authorized_at, grant.authorized_at};
  CHECK(jd::Grant::read(grant.json())->pending_intent() != nullptr);
  jd::Grant renewed = grant;
  ++renewed.renewals;
  CHECK(jd::Grant::read(renewed.json())->pending_intent() == nullptr);
  jd::Grant anew = grant;
  anew.authorized_at += std::chrono::seconds(1);
  CHECK(jd::Grant::read(anew.json())->pending_intent() == nullptr);
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
