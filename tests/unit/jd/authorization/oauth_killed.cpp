// A process that is killed between any two store operations of a redemption or a refresh: what it spent is told, never
// silently lost.
#include "unit/jd/authorization/oauth_world.hpp"

using namespace kefu;
using kefu_test::FaultyStore;
using kefu_test::kPlantedAuthorizationCode;
using kefu_test::OauthWorld;

namespace {

template <class T>
std::string kind(const Result<T>& result) {
  return result ? "ok" : std::string(to_string(result.error().kind()));
}

/// How often each end was seen.
struct Ends {
  int active = 0;
  int unspent = 0;
  int told = 0;
};

void kill_after(int life, bool last_is_done, Ends& ends) {
  OauthWorld w;
  const auto link = w.authorizer()->link("shop1").get().value();
  const std::string query = "code=" + std::string(kPlantedAuthorizationCode) + "&state=" + link.state;
  const auto dying = std::make_shared<FaultyStore>(w.store);
  dying->last_is_done = last_is_done;
  dying->life = life;
  w.core->store = dying;
  const bool acknowledged = w.authorizer()->redeem(query).get().has_value();
  w.core->store = w.store;
  w.pass(std::chrono::seconds(20));

  const auto restarted = w.authorizer();
  const auto merchant = restarted->merchant("shop1").get();
  REQUIRE(merchant);
  const int exchanges = w.fake.exchanges;
  const std::string again = kind(restarted->redeem(query).get());
  if (acknowledged) CHECK(merchant->state == Merchant::State::active);
  if (merchant->state == Merchant::State::active) {
    ++ends.active;
    CHECK(again == "not_found");
    CHECK(w.text(w.tokens()) == "good");
  } else if (merchant->state == Merchant::State::pending) {
    ++ends.unspent;
    CHECK(exchanges == 0);
    CHECK_MESSAGE(again == "ok", "the link was not used");
    return;
  } else {
    ++ends.told;
    CHECK(merchant->state == Merchant::State::needs_authorization);
    CHECK(merchant->why.find("code of its link") != std::string::npos);
    CHECK(again == "needs_authorization");
  }
  CHECK_MESSAGE(w.fake.exchanges == exchanges, "a code is sent once");
  REQUIRE(w.authorize());
  const auto anew = restarted->merchant("shop1").get();
  REQUIRE(anew);
  CHECK(anew->state == Merchant::State::active);
  CHECK(anew->why.empty());
  CHECK(w.text(w.tokens()) == "good");
}

/// A refresh of a token whose end has come, in a process that dies; then another process.
void kill_refresh_after(int life, bool last_is_done, bool rotates, Ends& ends) {
  OauthWorld w;
  w.fake.rotate = rotates;
  REQUIRE(w.authorize());
  w.pass(std::chrono::seconds(w.fake.life));
  auto provider = w.tokens();
  const auto dying = std::make_shared<FaultyStore>(w.store);
  dying->last_is_done = last_is_done;
  dying->life = life;
  w.core->store = dying;
  const bool acknowledged = w.text(provider) == "good";
  provider.reset();
  w.core->store = w.store;
  w.pass(std::chrono::minutes(2));

  int told = 0;
  const auto restarted = w.authorizer();
  restarted->on_event([&told](const MerchantEvent& event) {
    if (event.kind == MerchantEvent::Kind::needs_authorization) ++told;
  });
  const auto merchant = restarted->merchant("shop1").get();
  REQUIRE(merchant);
  const int refreshes = w.fake.refreshes;
  CHECK(refreshes <= 1);
  const std::string text = w.text(w.tokens());
  w.pass(std::chrono::seconds(1));
  if (acknowledged) CHECK(merchant->state == Merchant::State::active);
  if (merchant->state == Merchant::State::active) {
    ++(refreshes == 0 ? ends.unspent : ends.active);
    CHECK(text == "good");
    CHECK(told == 0);
    return;
  }
  ++ends.told;
  CHECK(merchant->state == Merchant::State::needs_authorization);
  CHECK(merchant->why.find("refresh token was sent") != std::string::npos);
  CHECK(text == "needs_authorization");
  CHECK_MESSAGE(w.fake.refreshes == refreshes, "what may be stale is not sent");
  CHECK(told == 1);
  CHECK(w.text(w.tokens()) == "needs_authorization");
  CHECK(told == 1);
  w.pass(std::chrono::seconds(5));
  REQUIRE(w.authorize());
  const auto anew = restarted->merchant("shop1").get();
  REQUIRE(anew);
  CHECK(anew->state == Merchant::State::active);
  CHECK(anew->why.empty());
  CHECK(w.text(w.tokens()) == "good");
}

}  // namespace

TEST_CASE("Killed at any store operation of a refresh: the grant is renewed, or the merchant is told to begin anew") {
  for (const bool rotates : {true, false}) {
    for (const bool last_is_done : {false, true}) {
      Ends ends;
      for (int life = 0; life < 20; ++life) {
        CAPTURE(life);
        CAPTURE(last_is_done);
        CAPTURE(rotates);
        kill_refresh_after(life, last_is_done, rotates, ends);
      }
      CHECK(ends.active > 0);
      CHECK(ends.unspent > 0);
      CHECK(ends.told > 0);
    }
  }
}

TEST_CASE("Killed at any store operation of a redemption: the grant is there, or the merchant is told to begin anew") {
  for (const bool last_is_done : {false, true}) {
    Ends ends;
    for (int life = 0; life < 20; ++life) {
      CAPTURE(life);
      CAPTURE(last_is_done);
      kill_after(life, last_is_done, ends);
    }
    CHECK(ends.active > 0);
    CHECK(ends.unspent > 0);
    CHECK(ends.told > 2);
  }
}

TEST_CASE("An authorization that is renewed and lost on the way leaves the grant of before, and says so") {
  OauthWorld w;
  REQUIRE(w.authorize());
  w.pass(std::chrono::seconds(1));
  const auto link = w.authorizer()->link("shop1").get().value();
  CHECK_MESSAGE(w.authorizer()->merchant("shop1").get()->state == Merchant::State::active, "a link ends nothing");
  const auto dying = std::make_shared<FaultyStore>(w.store);
  dying->life = 4;
  w.core->store = dying;
  const std::string query = "code=" + std::string(kPlantedAuthorizationCode) + "&state=" + link.state;
  CHECK_FALSE(w.authorizer()->redeem(query).get().has_value());
  w.core->store = w.store;
  w.pass(std::chrono::seconds(20));
  REQUIRE(w.fake.exchanges == 2);
  const auto merchant = w.authorizer()->merchant("shop1").get();
  REQUIRE(merchant);
  CHECK(merchant->state == Merchant::State::active);
  CHECK(merchant->why.find("code of its link") != std::string::npos);
  CHECK(kind(w.authorizer()->redeem(query).get()) == "needs_authorization");
}
