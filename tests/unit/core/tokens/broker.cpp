#include "core/tokens/broker.hpp"

#include "core/tokens/sourced_tokens.hpp"
#include "support/faulty_store.hpp"
#include "support/heap_bytes.hpp"
#include "support/planted_secrets.hpp"
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

/// A platform's token endpoint: answers after a while, or when the test says so.
class Fetcher final : public TokenFetcher {
 public:
  Fetcher(std::shared_ptr<Scheduler> loop, std::shared_ptr<Clock> clock)
      : loop_(std::move(loop)), clock_(std::move(clock)) {}

  bool can_force() const override { return forcible; }
  void fetch(Mode mode, MonoTime, CancelToken, MoveFunction<void(Result<FetchedToken>)> done) override {
    ++fetches;
    if (mode == Mode::forced) ++forced;
    if (hold) return held.push_back(std::move(done));
    auto answer = std::make_shared<Result<FetchedToken>>(next ? next(mode) : fresh());
    loop_->run_at(clock_->mono() + delay, [answer, done = std::move(done)]() mutable { done(std::move(*answer)); });
  }
  Result<FetchedToken> fresh() { return FetchedToken(Secret("token" + std::to_string(++made)), life); }

  std::function<Result<FetchedToken>(Mode)> next;
  std::vector<MoveFunction<void(Result<FetchedToken>)>> held;
  std::chrono::seconds life{7200};
  Millis delay{100};
  bool hold = false;
  bool forcible = true;
  int fetches = 0, forced = 0, made = 0;

 private:
  const std::shared_ptr<Scheduler> loop_;
  const std::shared_ptr<Clock> clock_;
};

struct World : kefu_test::SimulatedCore {
  World() : fragile(std::make_shared<kefu_test::FaultyStore>(store)), fetcher(std::make_shared<Fetcher>(time, time)) {
    core->store = fragile;
  }
  static TokenSettings settings() { return TokenSettings("wechat", "wx1", "stable_token"); }
  std::shared_ptr<TokenBroker> broker(const TokenSettings& s = settings()) {
    return std::make_shared<TokenBroker>(core, fetcher, s);
  }
  /// Asks and waits at most `limit`.
  Result<TokenPtr> get(const std::shared_ptr<TokenBroker>& b, Millis limit = Millis(10'000)) {
    std::optional<Result<TokenPtr>> answer;
    b->get(time->mono() + limit, {}, [&](Result<TokenPtr> r) { answer.emplace(std::move(r)); });
    for (Millis passed{0}; !answer && passed <= limit; passed += Millis(10)) time->advance(Millis(10));
    REQUIRE(answer);
    return *answer;
  }
  std::string text(const std::shared_ptr<TokenBroker>& b) {
    const auto token = get(b);
    return token ? std::string((*token)->value.expose()) : std::string(to_string(token.error().kind()));
  }
  /// The platform refuses `token`; gives the kind of the error, or "ok".
  std::string refuse(const std::shared_ptr<TokenBroker>& b, const TokenPtr& token) {
    std::optional<Result<void>> answer;
    b->refused(token->tag, time->mono() + Millis(10'000), {}, [&](Result<void> r) { answer.emplace(std::move(r)); });
    for (int i = 0; !answer && i < 1100; ++i) time->advance(Millis(10));
    REQUIRE(answer);
    return *answer ? "ok" : std::string(to_string(answer->error().kind()));
  }

  const std::shared_ptr<kefu_test::FaultyStore> fragile;
  const std::shared_ptr<Fetcher> fetcher;
};

}  // namespace

TEST_CASE("TOK-1: a token is fetched once and served from memory, then from the store by another process") {
  World w;
  auto one = w.broker();
  CHECK(w.text(one) == "token1");
  CHECK(w.text(one) == "token1");
  CHECK(one->live()->value.expose() == "token1");
  auto two = w.broker();
  CHECK_FALSE(static_cast<bool>(two->live()));
  CHECK(w.text(two) == "token1");
  CHECK(two->at_hand()->tag.generation == one->at_hand()->tag.generation);
  CHECK(w.fetcher->fetches == 1);
}

TEST_CASE("TOK-1: two processes that start together make one fetch") {
  World w;
  auto one = w.broker();
  auto two = w.broker();
  std::vector<std::string> got;
  for (int i = 0; i < 16; ++i)
    (i % 2 == 0 ? one : two)->get(w.time->mono() + Millis(5000), {}, [&](Result<TokenPtr> r) {
      got.push_back(r ? std::string((*r)->value.expose()) : r.error().to_string());
    });
  w.time->advance(Millis(5000));
  CHECK(got == std::vector<std::string>(16, "token1"));
  CHECK(w.fetcher->fetches == 1);
}

TEST_CASE("STO-4: keys keep environments, apps and kinds apart and hold no secret") {
  World w;
  w.fetcher->next = [](TokenFetcher::Mode) {
    return FetchedToken(Secret(kefu_test::kPlantedAccessToken), std::chrono::seconds(7200));
  };
  REQUIRE(w.get(w.broker()));
  REQUIRE(w.get(w.broker(TokenSettings("wechat", "wx1", "token"))));
  REQUIRE(w.get(w.broker(TokenSettings("wechat", "wx2", "token"))));
  CHECK(w.fetcher->fetches == 3);
  const auto all = w.store->list("kefu/2/test/wechat/token/", "", 10);
  REQUIRE(all);
  REQUIRE(all->items.size() == 3);
  CHECK(all->items.front().first == "kefu/2/test/wechat/token/wx1/stable_token");
  for (const auto& item : all->items) CHECK(item.first.find("planted") == std::string::npos);
}

TEST_CASE("TOK-2: a refused token that another process has replaced is not fetched again") {
  World w;
  auto one = w.broker();
  auto two = w.broker();
  const TokenPtr old = *w.get(one);
  REQUIRE(w.get(two));
  CHECK(w.refuse(one, old) == "ok");
  CHECK(w.text(one) == "token2");
  CHECK(w.refuse(two, old) == "ok");
  CHECK(w.text(two) == "token2");
  CHECK(w.fetcher->fetches == 2);
  // Refusing what is no longer in use changes nothing.
  CHECK(w.refuse(one, old) == "ok");
  CHECK(w.fetcher->fetches == 2);
}

TEST_CASE("TOK-2: a delayed first refresh loses against the one that came later") {
  World w;
  auto patient = World::settings();
  patient.fetch_timeout = std::chrono::seconds(60);
  auto slow = w.broker(patient);
  auto fast = w.broker();
  w.fetcher->hold = true;
  std::string slow_got;
  slow->get(w.time->mono() + Millis(120'000), {},
            [&](Result<TokenPtr> r) { slow_got = r ? std::string((*r)->value.expose()) : r.error().to_string(); });
  w.time->run_ready();
  REQUIRE(w.fetcher->held.size() == 1);
  w.fetcher->hold = false;
  w.time->advance(Millis(16'000));  // its lease is over
  CHECK(w.text(fast) == "token1");
  const auto generation = fast->at_hand()->tag.generation;
  w.fetcher->held[0](FetchedToken(Secret("too late"), std::chrono::seconds(7200)));
  w.time->advance(Millis(1000));
  CHECK(slow_got == "token1");
  CHECK(slow->at_hand()->tag.generation == generation);
  CHECK(w.text(w.broker()) == "token1");
}

TEST_CASE("TOK-3: who waits has its own deadline and cancel token; one fetch serves the rest") {
  World w;
  w.fetcher->delay = Millis(3000);
  auto b = w.broker();
  std::vector<std::string> got(3);
  const auto keep = [&got](std::size_t i) {
    return [&got, i](Result<TokenPtr> r) {
      got[i] = r ? std::string((*r)->value.expose()) : std::string(to_string(r.error().kind()));
    };
  };
  CancelSource stop;
  b->get(w.time->mono() + Millis(1000), {}, keep(0));
  b->get(w.time->mono() + Millis(9000), stop.token(), keep(1));
  b->get(w.time->mono() + Millis(9000), {}, keep(2));
  w.time->advance(Millis(1000));
  CHECK(got[0] == "timeout");
  stop.request();
  w.time->run_ready();
  CHECK(got[1] == "cancelled");
  w.time->advance(Millis(2500));
  CHECK(got[2] == "token1");
  CHECK(w.fetcher->fetches == 1);
}

TEST_CASE("TOK-3, TOK-7: a failed fetch fails all who wait alike, and for a while nobody asks again") {
  World w;
  auto b = w.broker();
  ErrorDetails details;
  details.platform_code = "40125";
  details.message = "the secret is wrong";
  const Error wrong(ErrorKind::configuration, Delivery::refused, details);
  w.fetcher->next = [&](TokenFetcher::Mode) { return wrong; };
  int failed = 0;
  for (int i = 0; i < 1000; ++i)
    b->get(w.time->mono() + Millis(5000), {}, [&](Result<TokenPtr> r) {
      if (r.error().kind() == ErrorKind::configuration && r.error().platform_code() == "40125") ++failed;
    });
  w.time->advance(Millis(1000));
  CHECK(failed == 1000);
  CHECK(w.fetcher->fetches == 1);
  for (int i = 0; i < 100; ++i) {
    const auto again = w.get(b);
    CHECK(again.error().platform_code() == "40125");
    CHECK(again.error().details().retry_after.value() <= Millis(60'000));
  }
  CHECK(w.fetcher->fetches == 1);
  w.time->advance(Millis(60'000));
  w.fetcher->next = nullptr;
  CHECK(w.text(b) == "token1");
}

TEST_CASE("TOK-3: pauses after passing failures grow and are clamped") {
  World w;
  auto b = w.broker();
  w.fetcher->next = [](TokenFetcher::Mode) { return Error(ErrorKind::network, "no way"); };
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 8; ++i) {
    CHECK(w.get(b).error().kind() == ErrorKind::network);
    const Millis pause = w.get(b).error().details().retry_after.value();
    pauses.push_back((pause.count() + 999) / 1000);
    w.time->advance(pause);
  }
  CHECK(pauses == std::vector<std::int64_t>{1, 2, 4, 8, 16, 30, 30, 30});
  CHECK(w.fetcher->fetches == 8);
}

TEST_CASE("TOK-4: tokens that are refused again and again open the breaker instead of a storm") {
  World w;
  const auto seen = w.observe();
  auto b = w.broker();
  std::vector<std::string> outcomes;
  for (int call = 0; call < 50; ++call) {
    const auto token = w.get(b);
    REQUIRE(token);  // other calls may be content with it
    outcomes.push_back(w.refuse(b, *token));
  }
  CHECK(outcomes.front() == "ok");
  CHECK(outcomes.back() == "credentials_refused");
  CHECK(w.fetcher->fetches == 3);
  CHECK(seen->count("token.breaker_opened") == 1);
  w.time->advance(Millis(60'000));
  CHECK(w.refuse(b, b->at_hand()) == "ok");
}

TEST_CASE("TOK-5: a normal fetch that gives the refused token again leads to one forced refresh") {
  World w;
  auto b = w.broker();
  std::string current = "stable1";
  w.fetcher->next = [&](TokenFetcher::Mode mode) {
    if (mode == TokenFetcher::Mode::forced) current = "stable" + std::to_string(++w.fetcher->made + 1);
    return FetchedToken(Secret(current), std::chrono::seconds(3600));
  };
  const TokenPtr first = *w.get(b);
  CHECK(w.refuse(b, first) == "ok");
  CHECK(w.fetcher->forced == 1);
  CHECK(w.text(b) == "stable2");
  // Another one within 30 s is not allowed, in any process.
  auto other = w.broker();
  const TokenPtr second = *w.get(other);
  CHECK(w.refuse(other, second) == "credentials_refused");
  CHECK(w.fetcher->forced == 1);
  w.time->advance(Millis(60'000));
  CHECK(w.refuse(other, second) == "ok");
  CHECK(w.fetcher->forced == 2);
}

TEST_CASE("TOK-5: forced refreshes are at most 20 a day, counted in the store") {
  World w;
  std::string current = "stable0";
  w.fetcher->next = [&](TokenFetcher::Mode mode) {
    if (mode == TokenFetcher::Mode::forced) current = "stable" + std::to_string(++w.fetcher->made);
    return FetchedToken(Secret(current), std::chrono::seconds(7200));
  };
  std::string last;
  for (int i = 0; i < 25; ++i) {
    auto b = w.broker();  // a new process each time
    last = w.refuse(b, *w.get(b));
    w.time->advance(Millis(61'000));
  }
  CHECK(w.fetcher->forced == 20);
  CHECK(last == "credentials_refused");
  w.time->advance(std::chrono::hours(24));
  auto b = w.broker();
  CHECK(w.refuse(b, *w.get(b)) == "ok");
  CHECK(w.fetcher->forced == 21);
}

TEST_CASE("TOK-5: a token that leaked is replaced on request, within the same budget, and stays in use if that fails") {
  World w;
  auto b = w.broker();
  CHECK(w.text(b) == "token1");
  const auto force = [&] {
    std::string outcome;
    b->force(w.time->mono() + Millis(5000), {},
             [&](Result<void> r) { outcome = r ? "ok" : std::string(to_string(r.error().kind())); });
    w.time->advance(Millis(1000));
    return outcome;
  };
  CHECK(force() == "ok");
  CHECK(w.fetcher->forced == 1);
  CHECK(w.text(b) == "token2");
  CHECK(force() == "rate_limited");
  CHECK(w.text(b) == "token2");
  for (int i = 0; i < 19; ++i) {
    w.time->advance(Millis(30'000));
    CHECK(force() == "ok");
  }
  w.time->advance(Millis(30'000));
  CHECK(force() == "quota_exhausted");
  CHECK(w.fetcher->forced == 20);
  w.fragile->gone = true;
  CHECK(force() == "unavailable");
  CHECK(w.text(b) == "token21");
}

TEST_CASE("TOK-5: a credential that cannot be forced gives up on the same token") {
  World w;
  w.fetcher->forcible = false;
  w.fetcher->next = [](TokenFetcher::Mode) { return FetchedToken(Secret("same"), std::chrono::seconds(7200)); };
  auto b = w.broker();
  CHECK(w.refuse(b, *w.get(b)) == "credentials_refused");
  CHECK(w.fetcher->forced == 0);
  CHECK(w.fetcher->fetches == 2);
}

TEST_CASE("TOK-5: the margin is min(300 s, 10 %), shortened by up to a fifth, and never nothing") {
  for (const auto& [life, margin_ms] :
       {std::pair<int, std::int64_t>{7200, 270'000}, {1000, 90'000}, {60, 5400}, {1, 90}}) {
    World w;
    w.fetcher->life = std::chrono::seconds(life);
    w.fetcher->delay = Millis(0);
    auto b = w.broker();
    const TokenPtr token = *w.get(b, Millis(500));
    CHECK(token->end - token->refresh_at == Millis(margin_ms));
    CHECK(token->end - token->obtained <= std::chrono::seconds(life));
  }
}

TEST_CASE("TOK-5: absurd lives and empty tokens are refused and never stored") {
  for (const auto& bad : {std::pair<const char*, std::int64_t>{"t", 0}, {"t", -5}, {"t", 10'000'000'000}, {"", 7200}}) {
    World w;
    w.fetcher->next = [&](TokenFetcher::Mode) {
      return FetchedToken(Secret(bad.first), std::chrono::seconds(bad.second));
    };
    CHECK(w.get(w.broker()).error().kind() == ErrorKind::malformed_reply);
    CHECK(w.store->list("kefu/", "", 10)->items.empty());
  }
}

TEST_CASE("TOK-6: a token near its end is served while a new one is fetched behind the call") {
  World w;
  auto b = w.broker();
  REQUIRE(w.text(b) == "token1");
  w.time->advance(std::chrono::seconds(7200 - 260));
  CHECK(b->at_hand()->value.expose() == "token1");
  CHECK(b->at_hand()->value.expose() == "token1");
  w.time->advance(Millis(200));
  CHECK(b->at_hand()->value.expose() == "token2");
  CHECK(w.fetcher->fetches == 2);
}

TEST_CASE("C4.4: a refresh ahead that fails leaves the old token in use until its real end") {
  World w;
  auto b = w.broker();
  REQUIRE(w.get(b));
  w.fetcher->next = [](TokenFetcher::Mode) { return Error(ErrorKind::unavailable, "busy"); };
  w.time->advance(std::chrono::seconds(7200 - 100));
  for (int second = 0; second < 95; ++second) {
    CHECK(w.text(b) == "token1");
    w.time->advance(Millis(1000));
  }
  CHECK(w.fetcher->fetches < 12);
  w.time->advance(Millis(10'000));
  CHECK_FALSE(static_cast<bool>(b->live()));
  CHECK(w.text(b) == "unavailable");
}

TEST_CASE("STO-3: the holder of the lease dies while it fetches; the others go on after its lease") {
  World w;
  auto waiting = w.broker();
  {
    auto dying = w.broker();
    w.fetcher->hold = true;
    dying->get(w.time->mono() + Millis(60'000), {}, [](Result<TokenPtr>) {});
    w.time->run_ready();
    REQUIRE(w.fetcher->held.size() == 1);
    w.fetcher->held.clear();  // its process is gone, and with it the answer
    w.fetcher->hold = false;
  }
  std::string got;
  waiting->get(w.time->mono() + Millis(20'000), {},
               [&](Result<TokenPtr> r) { got = r ? std::string((*r)->value.expose()) : r.error().to_string(); });
  w.time->advance(Millis(14'000));
  CHECK(got.empty());
  w.time->advance(Millis(2'000));
  CHECK(got == "token1");
  CHECK(w.fetcher->fetches == 2);
}

TEST_CASE("STO-6: with the store down live tokens serve on, and classic tokens are not fetched past it") {
  World w;
  auto b = w.broker();
  REQUIRE(w.text(b) == "token1");
  w.fragile->gone = true;
  w.time->advance(std::chrono::seconds(7200 - 200));
  int looks = 0;
  w.fragile->before = [&](std::string_view) { ++looks; };
  for (int i = 0; i < 150; ++i) {
    CHECK(w.text(b) == "token1");
    w.time->advance(Millis(1000));
  }
  CHECK(looks == 30);  // one in five seconds, however many calls there are
  CHECK(w.fetcher->fetches == 1);
  w.time->advance(Millis(60'000));
  const auto none = w.get(b);
  CHECK(none.error().kind() == ErrorKind::unavailable);
  CHECK(none.error().message().find("store") != std::string::npos);
  CHECK(w.fetcher->fetches == 1);

  auto settings = World::settings();
  settings.fetch_without_store = true;
  auto stable = w.broker(settings);
  CHECK(w.text(stable) == "token2");
  CHECK(w.text(stable) == "token2");
  CHECK(w.fetcher->fetches == 2);
}

TEST_CASE("STO-6: a store that fails on writes costs the sharing, not the call") {
  World w;
  const auto seen = w.observe();
  auto b = w.broker();
  w.fragile->read_only = true;
  CHECK(w.text(b) == "token1");
  CHECK(w.text(b) == "token1");
  CHECK(w.fetcher->fetches == 1);
  CHECK(seen->count("token.store_failed") == 1);
  CHECK(seen->all().find("token1") == std::string::npos);
}

TEST_CASE("C4.14: a calendar that jumps an hour does not cut or stretch the life in this process") {
  World w;
  auto b = w.broker();
  REQUIRE(w.text(b) == "token1");
  w.time->set_wall(w.time->wall() + std::chrono::hours(5));
  CHECK(w.text(b) == "token1");
  w.time->set_wall(w.time->wall() - std::chrono::hours(10));
  CHECK(w.text(b) == "token1");
  // A process that reads the record under a clock that is behind gives it at most its whole life.
  auto other = w.broker();
  const TokenPtr token = *w.get(other);
  CHECK(token->end - w.time->mono() <= std::chrono::seconds(7200));
  w.time->advance(std::chrono::seconds(7300));
  CHECK(w.text(b) == "token2");
}

TEST_CASE("a record that is broken, empty or over is treated as absent") {
  for (const char* text : {"", "{", "[]", R"({"value":"","generation":1,"issued":1,"expires":2})",
                           R"({"value":"x","generation":0,"issued":1,"expires":2})",
                           R"({"value":"x","generation":1,"issued":1700000000000,"expires":1700000000000})",
                           R"({"value":"x","generation":1,"issued":1600000000000,"expires":1600000001000})"}) {
    World w;
    REQUIRE(w.store->put_if_unchanged("kefu/2/test/wechat/token/wx1/stable_token", text, 0, std::nullopt,
                                      Durability::relaxed));
    CHECK(w.text(w.broker()) == "token1");
  }
}

TEST_CASE("a fetcher that never answers is given up after its time") {
  World w;
  auto b = w.broker();
  w.fetcher->hold = true;
  std::string got;
  b->get(w.time->mono() + Millis(60'000), {},
         [&](Result<TokenPtr> r) { got = std::string(to_string(r.error().kind())); });
  w.time->advance(Millis(15'000));
  CHECK(got == "timeout");
  w.fetcher->hold = false;
  w.time->advance(Millis(2'000));
  CHECK(w.text(b) == "token1");
  w.fetcher->held[0](w.fetcher->fresh());  // much too late
  CHECK(w.text(b) == "token1");
}

TEST_CASE("a runtime that stops answers who waits for a token, by dropping") {
  bool dropped = false;
  struct Witness {
    explicit Witness(bool* f) : flag(f) {}
    Witness(Witness&& other) noexcept : flag(std::exchange(other.flag, nullptr)) {}
    ~Witness() {
      if (flag != nullptr) *flag = true;
    }
    bool* flag;
  };
  {
    World w;
    auto b = w.broker();
    b->get(w.time->mono() + Millis(5000), {}, [witness = Witness(&dropped), b](Result<TokenPtr>) {});
    w.time->run_ready();
    CHECK_FALSE(dropped);
  }
  CHECK(dropped);
}

TEST_CASE("OBS-1: fetches, refusals and adoptions are counted, with fingerprints only") {
  World w;
  const auto seen = w.observe();
  auto one = w.broker();
  auto two = w.broker();
  const TokenPtr token = *w.get(one);
  REQUIRE(w.get(two));
  REQUIRE(w.refuse(one, token) == "ok");
  CHECK(seen->count(
            "kefu_token_fetches_total{platform=wechat,account=wx1,kind=stable_token,cause=missing,outcome=ok}") == 1);
  CHECK(seen->count(
            "kefu_token_fetches_total{platform=wechat,account=wx1,kind=stable_token,cause=refused,outcome=ok}") == 1);
  CHECK(seen->count("kefu_token_refusals_total{") == 1);
  CHECK(seen->count("kefu_token_adoptions_total{") == 1);
  CHECK(seen->count("fingerprint=" + token->value.fingerprint()) >= 2);
}

namespace {

class HostService final : public TokenSource {
 public:
  void get(MoveFunction<void(Result<Secret>)> done) override {
    if (error) return done(*error);
    done(Secret(token));
  }
  void report_invalid(const Secret& refused, MoveFunction<void(Result<void>)> done) override {
    ++reports;
    if (heals && refused.expose() == token) token += "x";
    done({});
  }
  std::string token = "host";
  std::optional<Error> error;
  bool heals = true;
  int reports = 0;
};

}  // namespace

TEST_CASE("TOK-1: with a host's own token service the library never fetches") {
  World w;
  auto service = std::make_shared<HostService>();
  auto tokens = std::make_shared<detail::SourcedTokens>(w.core, service);
  const auto get = [&] {
    std::optional<Result<TokenPtr>> answer;
    tokens->get(MonoTime::max(), {}, [&](Result<TokenPtr> r) { answer.emplace(std::move(r)); });
    w.time->run_ready();
    REQUIRE(answer);
    return *answer;
  };
  const auto refuse = [&](const TokenPtr& token) {
    std::string outcome;
    tokens->refused(token->tag, MonoTime::max(), {},
                    [&](Result<void> r) { outcome = r ? "ok" : std::string(to_string(r.error().kind())); });
    w.time->run_ready();
    return outcome;
  };
  CHECK_FALSE(static_cast<bool>(tokens->at_hand()));
  const TokenPtr first = *get();
  CHECK(first->value.expose() == "host");
  CHECK(refuse(first) == "ok");
  CHECK(service->reports == 1);
  CHECK((*get())->value.expose() == "hostx");
  CHECK(refuse(first) == "ok");  // has been replaced: not reported again
  CHECK(service->reports == 1);
  service->heals = false;
  CHECK(refuse(*get()) == "credentials_refused");
  service->token.clear();
  CHECK(get().error().kind() == ErrorKind::configuration);
  service->error = Error(ErrorKind::unavailable, "token service down");
  CHECK(get().error().kind() == ErrorKind::unavailable);
}

TEST_CASE("foundation l: a host's token service that is asked at every call costs no room for each") {
  World w;
  const auto tokens = std::make_shared<detail::SourcedTokens>(w.core, std::make_shared<HostService>());
  int answers = 0;
  const auto ask = [&](int times) {
    for (int i = 0; i < times; ++i) {
      tokens->get(MonoTime::max(), {}, [&](const Result<TokenPtr>& token) { answers += token ? 1 : 0; });
      w.time->run_ready();
    }
  };
  ask(100);
  const std::size_t before = kefu_test::heap_bytes();
  ask(2'000);
  CHECK(answers == 2'100);
  CHECK(kefu_test::heap_bytes() < before + 20'000);
}
