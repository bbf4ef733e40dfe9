#include "unit/jd/authorization/oauth_world.hpp"

using namespace kefu;
using detail::TokenPtr;
using kefu_test::OauthWorld;

namespace {

constexpr std::chrono::hours kHour{1};
constexpr std::chrono::hours kDay{24};

/// A shop that has just authorized, and one process that holds its token.
struct AuthorizedWorld : OauthWorld {
  AuthorizedWorld() {
    const auto granted = authorize();
    REQUIRE_MESSAGE(granted.has_value(), (granted ? "" : granted.error().to_string()));
    provider = tokens();
    first = get(provider).value();
  }
  std::shared_ptr<detail::TokenProvider> provider;
  TokenPtr first;
};

/// A shop whose token ended while no process was there.
struct ExpiredWorld : OauthWorld {
  ExpiredWorld() {
    REQUIRE(authorize());
    pass(std::chrono::seconds(fake.life) + kHour);
    provider = tokens();
  }
  std::shared_ptr<detail::TokenProvider> provider;
};

}  // namespace

TEST_CASE("JD-4: the first token comes from the redemption, not from a refresh") {
  AuthorizedWorld w;
  CHECK(w.is_good(w.first));
  CHECK(w.fake.exchanges == 1);
  CHECK(w.fake.refreshes == 0);
  CHECK(w.watched->relaxed_commits == 0);
  CHECK(w.text(w.tokens()) == "good");  // another process
  CHECK(w.fake.refreshes == 0);
}

TEST_CASE("TOK-1: a shop that never authorized is told what to do, without a call") {
  OauthWorld w;
  const auto provider = w.tokens("shop 9");
  const auto got = w.get(provider);
  REQUIRE_FALSE(got);
  CHECK(got.error().kind() == ErrorKind::needs_authorization);
  CHECK(got.error().message().find("Authorizer::link") != std::string::npos);
  CHECK(w.wire->count() == 0);
}

TEST_CASE("JD-4: a token of a year is renewed a day before its end, also while nobody asks for it") {
  AuthorizedWorld w;
  w.pass(std::chrono::seconds(w.fake.life) - kDay - kHour);
  CHECK(w.provider->at_hand().get() == w.first.get());
  CHECK(w.fake.refreshes == 0);
  w.pass(kHour * 6);
  CHECK(w.fake.refreshes == 1);
  const auto second = w.provider->at_hand();
  REQUIRE(static_cast<bool>(second));
  CHECK(w.is_good(second));
  CHECK(second->tag.generation == 2);
  CHECK(w.watched->relaxed_commits == 0);
  w.pass(kDay * 365 * 3);
  CHECK(w.text(w.provider) == "good");
  CHECK(w.fake.refreshes == 4);
}

TEST_CASE("JD-4: a token of a test application is renewed a tenth of its day before its end") {
  OauthWorld w;
  w.fake.life = 86'399;
  REQUIRE(w.authorize());
  const auto provider = w.tokens();
  const auto first = w.get(provider).value();
  w.pass(kHour * 21);
  CHECK(provider->at_hand().get() == first.get());
  CHECK(w.fake.refreshes == 0);
  w.pass(kHour * 2);
  CHECK(w.fake.refreshes == 1);
  CHECK(w.is_good(provider->at_hand()));
}

TEST_CASE("JD-4: early renewal goes on trying while the service is out of order, and ends with the runtime") {
  AuthorizedWorld w;
  w.fake.raw = "<html>";
  w.fake.status = 502;
  w.pass(std::chrono::seconds(w.fake.life) - kHour * 12);
  CHECK(w.provider->at_hand().get() == w.first.get());
  w.fake.raw.clear();
  w.pass(kHour);
  CHECK(w.is_good(w.provider->at_hand()));
  const auto waiting = w.time->waiting();
  w.provider.reset();
  CHECK(w.time->waiting() == waiting - 1);
}

TEST_CASE("JD-4: a token ends when the platform's moment of issue says so") {
  OauthWorld w;
  w.fake.life = 7200;
  w.time->set_wall(w.time->wall() + kHour);  // the host's clock is an hour ahead of the platform's
  w.wire->on("/oauth2/access_token", [&w](const HttpRequest&) { return w.fake.exchange(w.time->wall() - kHour); });
  const auto granted = w.authorize();
  REQUIRE(granted);
  const auto left = granted->token_expires - w.time->wall();
  CHECK(left > kHour - std::chrono::seconds(2));
  CHECK(left <= kHour);
}

TEST_CASE("TOK-3: eight who need an expired token at once cause one refresh, in two processes") {
  ExpiredWorld w;
  const auto other = w.tokens();
  std::vector<std::string> got;
  for (int i = 0; i < 8; ++i)
    (i % 2 == 0 ? w.provider : other)->get(w.time->mono() + Millis(5000), {}, [&](Result<TokenPtr> r) {
      got.push_back(!r ? r.error().to_string() : w.is_good(*r) ? "good" : "old");
    });
  w.time->advance(Millis(5000));
  CHECK(got == std::vector<std::string>(8, "good"));
  CHECK(w.fake.refreshes == 1);
}

TEST_CASE("JD-4: code 19 on a token causes one refresh; the other process takes the new one from the store") {
  AuthorizedWorld w;
  const auto other = w.tokens();
  const auto same = w.get(other).value();
  CHECK(w.refuse(w.provider, w.first) == "ok");
  CHECK(w.fake.refreshes == 1);
  CHECK(w.refuse(other, same) == "ok");
  CHECK(w.fake.refreshes == 1);
  CHECK(w.text(other) == "good");
}

TEST_CASE("JD-4: a refresh that keeps the text of the token is a success and another credential") {
  AuthorizedWorld w;
  w.fake.same_text = true;
  const auto other = w.tokens();
  const auto same = w.get(other).value();
  CHECK(w.refuse(w.provider, w.first) == "ok");
  CHECK(w.fake.refreshes == 1);
  const auto renewed = w.get(w.provider).value();
  CHECK(renewed->value == w.first->value);
  CHECK(renewed->tag.digest != w.first->tag.digest);
  CHECK(renewed->tag.generation == w.first->tag.generation + 1);
  CHECK(renewed->end > w.first->end);

  // Who says so of the old one is late; in another process that one's own is replaced without a call.
  CHECK(w.refuse(w.provider, w.first) == "ok");
  CHECK(w.refuse(other, same) == "ok");
  CHECK(w.get(other).value()->tag.digest == renewed->tag.digest);
  CHECK(w.fake.refreshes == 1);

  // No budget of forced refreshes stands in the way: a refresh is the normal fetch.
  w.pass(std::chrono::minutes(30));
  CHECK(w.refuse(w.provider, w.get(w.provider).value()) == "ok");
  CHECK(w.fake.refreshes == 2);
}

TEST_CASE("shops A7: refused by the gateway and, for minutes, by the authorization host, a grant is lost") {
  AuthorizedWorld w;
  const auto seen = w.observe();
  w.fake.refuse = true;
  CHECK(w.refuse(w.provider, w.first) == "needs_authorization");  // told at once
  CHECK(w.last_error.find("400") != std::string::npos);
  CHECK(w.last_error.find("Authorizer::link") != std::string::npos);
  CHECK(w.fake.refreshes == 1);
  CHECK(w.authorizer()->merchant("shop1").get().value().state == Merchant::State::active);
  CHECK(seen->count("authorization.lost{platform=jd,account=shop1,code=400") == 0);

  w.pass(std::chrono::minutes(11));
  CHECK(w.text(w.provider) == "needs_authorization");
  CHECK(seen->count("authorization.lost{platform=jd,account=shop1,code=400") == 1);
  const int asked = w.fake.refreshes;
  CHECK(asked <= 4);
  const auto other = w.tokens();
  for (int i = 0; i < 5; ++i) {
    CHECK(w.text(w.provider) == "needs_authorization");
    CHECK(w.text(other) == "needs_authorization");
    w.pass(kHour);
  }
  CHECK(w.fake.refreshes == asked);
  const auto merchant = w.authorizer()->merchant("shop1").get();
  REQUIRE(merchant);
  CHECK(merchant->state == Merchant::State::needs_authorization);
  CHECK(merchant->why.find("code 400") != std::string::npos);

  // A new grant heals both processes without a restart, soon even where the last answer was given just now.
  w.fake.refuse = false;
  CHECK(w.text(w.provider) == "needs_authorization");
  REQUIRE(w.authorize());
  w.pass(std::chrono::seconds(1));
  CHECK(w.text(w.provider) == "good");
  CHECK(w.text(other) == "good");
  CHECK(w.fake.refreshes == asked);
  CHECK(seen->count("authorization.granted{platform=jd,account=shop1}") == 1);
  CHECK(w.authorizer()->merchant("shop1").get().value().state == Merchant::State::active);
}

TEST_CASE("shops A7: one odd answer ends no grant: it is asked again over the day of margin") {
  AuthorizedWorld w;
  w.fake.raw = R"({"code":500,"msg":"系统繁忙，请稍后再试"})";
  w.pass(std::chrono::seconds(w.fake.life) - kHour * 19);
  CHECK(w.fake.refreshes >= 1);
  CHECK(w.provider->at_hand().get() == w.first.get());
  CHECK(w.authorizer()->merchant("shop1").get().value().state == Merchant::State::active);
  SUBCASE("answered a little later") {
    w.fake.raw.clear();
    w.pass(kHour * 2);
    CHECK(w.text(w.provider) == "good");
  }
  SUBCASE("for hours") {
    const int before = w.fake.refreshes;
    w.pass(kHour * 12);
    CHECK(w.fake.refreshes >= before + 10);  // growing pauses, of an hour at most
    CHECK(w.fake.refreshes <= before + 20);
    CHECK(w.authorizer()->merchant("shop1").get().value().state == Merchant::State::active);
    w.fake.raw.clear();
    w.pass(kHour * 2);
    CHECK(w.text(w.provider) == "good");
  }
  SUBCASE("to the end of its life") {
    w.pass(kHour * 24);
    CHECK(w.text(w.provider) == "needs_authorization");
    CHECK(w.authorizer()->merchant("shop1").get().value().state == Merchant::State::needs_authorization);
  }
}

TEST_CASE("shops A7: a refusal that is named ends a grant at once, whatever the HTTP status of refusals") {
  for (const int status : {200, 400, 401, 403, 404, 408, 429, 500, 503}) {
    CAPTURE(status);
    ExpiredWorld w;
    w.fake.raw = R"({"error":"invalid_grant","error_description":"no"})";
    w.fake.status = status;
    const bool is_refusal = status < 405;
    CHECK((w.text(w.provider) == "needs_authorization") == is_refusal);
    const auto merchant = w.authorizer()->merchant("shop1").get();
    REQUIRE(merchant);
    CHECK((merchant->state == Merchant::State::needs_authorization) == is_refusal);
  }
}

TEST_CASE("JD-4: refused early, the token serves to its end, and the merchant's return is noticed") {
  AuthorizedWorld w;
  w.fake.refuse = true;
  w.pass(std::chrono::seconds(w.fake.life) - kHour * 12);
  for (int i = 0; i < 10; ++i) {
    CHECK(w.provider->at_hand().get() == w.first.get());
    w.pass(kHour);
  }
  REQUIRE(w.authorize());
  const int asked = w.fake.refreshes;
  w.pass(kHour);
  CHECK(w.text(w.provider) == "good");
  CHECK(w.fake.refreshes <= asked + 1);
}

TEST_CASE("JD-4: a service that is out of order does not end an authorization") {
  ExpiredWorld w;
  SUBCASE("HTTP 503 with a code") {
    w.fake.raw = R"({"code":500,"msg":"busy"})";
    w.fake.status = 503;
  }
  SUBCASE("HTML") {
    w.fake.raw = "<html>Bad Gateway</html>";
    w.fake.status = 502;
  }
  SUBCASE("no answer") {
    w.wire->on("/oauth2/refresh_token",
               [](const HttpRequest&) { return HttpOutcome(TransportFault::connection_refused, ""); });
  }
  SUBCASE("no token in it") { w.fake.raw = "{}"; }
  const auto got = w.get(w.provider);
  REQUIRE_FALSE(got);
  CHECK(got.error().kind() != ErrorKind::needs_authorization);
  CHECK(w.authorizer()->merchant("shop1").get().value().state == Merchant::State::active);
  w.fake.raw.clear();
  w.wire->on("/oauth2/refresh_token",
             [&w](const HttpRequest& request) { return w.fake.refreshed(request, w.time->wall()); });
  w.pass(std::chrono::minutes(1));
  CHECK(w.text(w.provider) == "good");
}

TEST_CASE("JD-4: refused under a wrong app secret, a grant is tried again under the right one") {
  ExpiredWorld w;
  auto wrong = OauthWorld::config();
  wrong.app_secret = Secret("a mistake in the settings");
  w.fake.raw = R"({"error":"invalid_client"})";
  w.fake.status = 401;
  CHECK(w.text(w.tokens("shop1", wrong)) == "needs_authorization");
  CHECK(w.text(w.tokens("shop1", wrong)) == "needs_authorization");
  CHECK(w.fake.refreshes == 1);
  w.fake.raw.clear();
  CHECK(w.text(w.tokens()) == "good");
  CHECK(w.fake.refreshes == 2);
  CHECK(w.authorizer()->merchant("shop1").get().value().state == Merchant::State::active);
}

TEST_CASE("JD-4: an answer that leaves no life is an error, and its refresh token is kept all the same") {
  ExpiredWorld w;
  SUBCASE("life of nothing") { w.fake.life = 0; }
  SUBCASE("life of ages") { w.fake.life = 10'000'000'000; }
  CHECK(w.text(w.provider) == "configuration");
  w.fake.life = 86'400;
  w.pass(std::chrono::minutes(2));
  CHECK(w.text(w.provider) == "good");
  CHECK(w.fake.refreshes == 2);
}
