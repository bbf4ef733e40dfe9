// What a credential may ask of its broker beyond the usual: one identity per renewal, a long margin, renewal unasked,
// an end when the platform renews no more.
#include "core/tokens/broker.hpp"
#include "support/simulated_core.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace kefu;
using detail::FetchedToken;
using detail::TokenBroker;
using detail::TokenFetcher;
using detail::TokenPtr;
using detail::TokenSettings;

namespace {

constexpr std::chrono::hours kYear{24 * 365};

/// Answers at once with what the test says; counts.
class RenewalFetcher final : public TokenFetcher {
 public:
  void fetch(Mode, MonoTime, CancelToken, MoveFunction<void(Result<FetchedToken>)> done) override {
    ++fetches;
    done(next ? next() : FetchedToken(Secret("same text"), kYear));
  }
  std::function<Result<FetchedToken>()> next;
  int fetches = 0;
};

struct RenewalWorld : kefu_test::SimulatedCore {
  static TokenSettings settings() {
    TokenSettings made("jd", "app", "shop_token");
    made.account = "shop1";
    made.longest_life = kYear * 3;
    made.longest_margin = std::chrono::hours(24);
    made.identity = detail::TokenIdentity::text_and_generation;
    made.pause_unauthorized = Millis(1000);
    made.refused_again = ErrorKind::needs_authorization;
    return made;
  }
  std::shared_ptr<TokenBroker> broker(const TokenSettings& with = settings()) {
    return std::make_shared<TokenBroker>(core, fetcher, with);
  }
  Result<TokenPtr> get(const std::shared_ptr<TokenBroker>& from) {
    std::optional<Result<TokenPtr>> answer;
    from->get(time->mono() + Millis(10'000), {}, [&](Result<TokenPtr> r) { answer.emplace(std::move(r)); });
    time->advance(Millis(0));
    REQUIRE(answer);
    return *answer;
  }
  std::string refuse(const std::shared_ptr<TokenBroker>& at, const TokenPtr& token) {
    std::optional<Result<void>> answer;
    at->refused(token->tag, time->mono() + Millis(10'000), {}, [&](Result<void> r) { answer.emplace(std::move(r)); });
    time->advance(Millis(0));
    REQUIRE(answer);
    return *answer ? "ok" : std::string(to_string(answer->error().kind()));
  }
  const std::shared_ptr<RenewalFetcher> fetcher = std::make_shared<RenewalFetcher>();
};

Error unauthorized_error() { return Error(ErrorKind::needs_authorization, "the platform renews no more"); }

}  // namespace

TEST_CASE("TOK-4: where a renewal keeps the text, text and generation are the credential") {
  RenewalWorld w;
  const auto broker = w.broker();
  const auto first = w.get(broker).value();
  CHECK(w.refuse(broker, first) == "ok");
  const auto second = w.get(broker).value();
  CHECK(second->value == first->value);
  CHECK(second->tag.digest != first->tag.digest);
  CHECK(w.fetcher->fetches == 2);
  CHECK(w.refuse(broker, first) == "ok");  // late news of the one before
  CHECK(w.fetcher->fetches == 2);

  // With the text alone as identity the same answers are a failure.
  auto by_text = RenewalWorld::settings();
  by_text.identity = detail::TokenIdentity::text;
  by_text.account = "shop2";
  const auto other = w.broker(by_text);
  CHECK(w.refuse(other, w.get(other).value()) == "credentials_refused");
}

TEST_CASE("TOK-5: margin and life are the credential's own; an app's accounts have records of their own") {
  RenewalWorld w;
  const auto broker = w.broker();
  const auto token = w.get(broker).value();
  CHECK(token->end - token->refresh_at > std::chrono::hours(19));
  CHECK(token->end - token->refresh_at <= std::chrono::hours(24));
  auto other = RenewalWorld::settings();
  other.account = "shop2";
  CHECK(w.get(w.broker(other)).has_value());
  CHECK(w.fetcher->fetches == 2);
  CHECK(w.store->list("kefu/2/test/jd/token/app/shop_token/", "", 10).value().items.size() == 2);
  w.fetcher->next = [] { return FetchedToken(Secret("t"), kYear * 4); };
  other.account = "shop3";
  const auto absurd = w.get(w.broker(other));
  REQUIRE_FALSE(absurd);
  CHECK(absurd.error().kind() == ErrorKind::malformed_reply);
}

TEST_CASE("A token that nobody asks for is renewed in time only where that is wanted") {
  RenewalWorld w;
  auto settings = RenewalWorld::settings();
  SUBCASE("wanted") { settings.renew_unasked = true; }
  SUBCASE("not wanted") {}
  auto broker = w.broker(settings);
  const auto token = w.get(broker).value();
  w.time->advance(kYear - std::chrono::hours(1));
  CHECK(w.fetcher->fetches == (settings.renew_unasked ? 2 : 1));
  broker.reset();
  w.time->advance(kYear * 2);
  CHECK(w.fetcher->fetches == (settings.renew_unasked ? 2 : 1));
}

TEST_CASE("A renewal that the host's transport dropped is tried again after a pause, not at once") {
  RenewalWorld w;
  auto settings = RenewalWorld::settings();
  settings.renew_unasked = true;
  const auto broker = w.broker(settings);
  const auto token = w.get(broker).value();
  w.fetcher->next = [&]() -> Result<FetchedToken> {
    if (w.fetcher->fetches > 1000) return FetchedToken(Secret("at last"), kYear);
    return Error(ErrorKind::cancelled, Delivery::unknown, ErrorDetails());
  };
  w.time->advance(std::chrono::ceil<Millis>(token->refresh_at - w.time->mono()) + Millis(10'000));
  CHECK(w.fetcher->fetches >= 3);
  CHECK(w.fetcher->fetches <= 6);  // now and after 1, 2, 4 s ...
}

TEST_CASE("A token that is refused and not renewed any more is carried by nobody, until there is a new one") {
  RenewalWorld w;
  const auto one = w.broker();
  const auto two = w.broker();
  const auto token = w.get(one).value();
  REQUIRE(w.get(two));
  w.fetcher->next = [] { return unauthorized_error(); };
  CHECK(w.refuse(one, token) == "needs_authorization");
  CHECK_FALSE(static_cast<bool>(one->at_hand()));
  CHECK_FALSE(static_cast<bool>(one->live()));
  const auto key = RenewalWorld::settings().record_key("test");
  CHECK_FALSE(w.store->get(key).value().has_value());
  CHECK(static_cast<bool>(two->at_hand()));  // it has not heard of it
  CHECK(w.refuse(two, two->at_hand()) == "needs_authorization");
  CHECK_FALSE(static_cast<bool>(two->at_hand()));

  w.fetcher->next = nullptr;
  CHECK_FALSE(w.get(one));  // told a moment ago
  w.time->advance(Millis(1000));
  CHECK(w.get(one).has_value());
  CHECK(w.get(two).has_value());
}

TEST_CASE("A live token that is not renewed any more serves to its end") {
  RenewalWorld w;
  const auto broker = w.broker();
  const auto token = w.get(broker).value();
  w.fetcher->next = [] { return unauthorized_error(); };
  w.time->advance(kYear - std::chrono::hours(1));
  CHECK(broker->at_hand().get() == token.get());
  w.time->advance(Millis(0));
  CHECK(w.fetcher->fetches == 2);
  CHECK(broker->at_hand().get() == token.get());
  w.time->advance(std::chrono::hours(1));
  CHECK_FALSE(static_cast<bool>(broker->at_hand()));
  CHECK_FALSE(w.get(broker));
}

TEST_CASE("A fetch that finds the credential renewed by somebody else has the record read again, but not for ever") {
  RenewalWorld w;
  const auto broker = w.broker();
  SUBCASE("and there it is") {
    w.fetcher->next = [&w]() -> Result<FetchedToken> {
      detail::TokenRecord record;
      record.value = Secret("theirs");
      record.generation = 7;
      record.issued = w.time->wall();
      record.expires = record.issued + kYear;
      const auto key = RenewalWorld::settings().record_key("test");
      REQUIRE(w.store->put_if_unchanged(key, record.json(), 0, kYear, Durability::full).value().committed);
      return FetchedToken::elsewhere();
    };
    const auto token = w.get(broker).value();
    CHECK(token->value == Secret("theirs"));
    CHECK(token->tag.generation == 7);
    CHECK(w.fetcher->fetches == 1);
  }
  SUBCASE("and it is not") {
    w.fetcher->next = [] { return FetchedToken::elsewhere(); };
    const auto none = w.get(broker);
    REQUIRE_FALSE(none);
    CHECK(none.error().kind() == ErrorKind::unavailable);
    CHECK(w.fetcher->fetches <= 5);
  }
}

TEST_CASE("C4.6: renewals that do not help rest with the kind that the credential names") {
  RenewalWorld w;
  const auto broker = w.broker();
  std::string last = "ok";
  for (int i = 0; i < 10 && last == "ok"; ++i) last = w.refuse(broker, w.get(broker).value());
  CHECK(last == "needs_authorization");
  CHECK(w.fetcher->fetches <= 4);
  w.time->advance(std::chrono::minutes(2));
  CHECK(w.get(broker).has_value());
}

TEST_CASE("C4.6: five renewals of refused tokens in ten minutes are enough, whether each helped for a while or not") {
  RenewalWorld w;
  const auto broker = w.broker();
  Millis apart(100'000);
  int renewed = 0;
  SUBCASE("within ten minutes") {}
  SUBCASE("spread over more") { apart = Millis(130'000); }
  for (; renewed < 20 && w.refuse(broker, w.get(broker).value()) == "ok"; ++renewed) w.time->advance(apart);
  CHECK(renewed == (apart == Millis(100'000) ? 5 : 20));
}

TEST_CASE("TOK-3: a platform that names a pause of next to nothing is asked again after a second all the same") {
  RenewalWorld w;
  const auto broker = w.broker();
  w.fetcher->next = []() -> Result<FetchedToken> {
    ErrorDetails details;
    details.retry_after = Millis(1);
    return Error(ErrorKind::unavailable, Delivery::refused, std::move(details));
  };
  REQUIRE_FALSE(w.get(broker));
  w.time->advance(Millis(999));
  REQUIRE_FALSE(w.get(broker));
  CHECK(w.fetcher->fetches == 1);
  w.time->advance(Millis(1));
  REQUIRE_FALSE(w.get(broker));
  CHECK(w.fetcher->fetches == 2);
}

TEST_CASE("A live token that is not renewed any more is asked for once a minute, not at every call") {
  RenewalWorld w;
  const auto broker = w.broker();
  REQUIRE(w.get(broker));
  w.fetcher->next = [] { return unauthorized_error(); };
  w.time->advance(kYear - std::chrono::hours(1));
  const auto ask_for = [&](int seconds) {
    for (int i = 0; i < seconds; ++i) {
      CHECK(static_cast<bool>(broker->at_hand()));
      w.time->advance(Millis(1'000));
    }
  };
  ask_for(61);
  CHECK(w.fetcher->fetches == 2);
  ask_for(61);
  CHECK(w.fetcher->fetches == 3);
}
