#include "unit/jd/authorization/oauth_world.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

using namespace kefu;
using kefu_test::kPlantedAuthorizationCode;
using kefu_test::OauthWorld;

namespace {

const std::string kQuery = "code=" + std::string(kPlantedAuthorizationCode) + "&state=";

template <class T>
std::string kind(const Result<T>& result) {
  return result ? "ok" : std::string(to_string(result.error().kind()));
}

}  // namespace

TEST_CASE("JD-4: link, redirect, grant") {
  OauthWorld w;
  const auto seen = w.observe();
  const auto authorizer = w.authorizer();
  const auto link = authorizer->link("shop1").get();
  REQUIRE(link);
  CHECK(link->url == jd::authorize_url(OauthWorld::config(), link->state));
  CHECK(link->expires == w.time->wall() + std::chrono::minutes(10));
  const auto way = authorizer->merchant("shop1").get();
  REQUIRE(way);
  CHECK(way->state == Merchant::State::pending);
  CHECK(way->since == w.time->wall());
  w.pass(std::chrono::seconds(5));
  const auto granted = authorizer->redeem(kQuery + link->state).get();
  REQUIRE_MESSAGE(granted.has_value(), (granted ? "" : granted.error().to_string()));
  CHECK(granted->id == "shop1");
  CHECK(granted->state == Merchant::State::active);
  CHECK(granted->ids == std::vector<std::pair<std::string, std::string>>{
                            {"uid", "8000000000"}, {"open_id", "open-1"}, {"xid", "o*AA1"}});
  CHECK(granted->account_kind == "shop");
  CHECK(granted->scopes == std::vector<std::string>{"snsapi_base"});
  CHECK(granted->since == granted->authorized_at);
  CHECK(seen->count("authorization.granted{platform=jd,account=shop1}") == 1);
  const auto known = authorizer->merchant("shop1").get();
  REQUIRE(known);
  CHECK(known->token_expires == granted->token_expires);
  CHECK(known->authorized_at == granted->authorized_at);
}

TEST_CASE("A state works once, within ten minutes, and only as it was made") {
  OauthWorld w;
  const auto authorizer = w.authorizer();
  const auto link = authorizer->link("shop1").get().value();
  SUBCASE("used") {
    REQUIRE(authorizer->redeem(kQuery + link.state).get());
    CHECK(kind(authorizer->redeem(kQuery + link.state).get()) == "not_found");
    CHECK(w.fake.exchanges == 1);
  }
  SUBCASE("by another process") {
    CHECK(kind(w.authorizer()->redeem(kQuery + link.state).get()) == "ok");
    CHECK(kind(authorizer->redeem(kQuery + link.state).get()) == "not_found");
  }
  SUBCASE("by two processes at once") {
    auto one = authorizer->redeem(kQuery + link.state);
    auto two = w.authorizer()->redeem(kQuery + link.state);
    const std::multiset<std::string> both{kind(std::move(one).get()), kind(std::move(two).get())};
    CHECK(both == std::multiset<std::string>{"not_found", "ok"});
    CHECK(w.fake.exchanges == 1);
  }
  SUBCASE("too late") {
    w.pass(std::chrono::minutes(10));
    CHECK(kind(authorizer->redeem(kQuery + link.state).get()) == "not_found");
    CHECK(w.fake.exchanges == 0);
  }
  SUBCASE("made up, or with a wrong proof, which does not use it up") {
    std::string wrong = link.state;
    wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
    for (const std::string& state : {wrong, std::string("s"), link.state + "x", link.state.substr(0, 37),
                                     std::string(38, 'x'), "..%2F" + link.state}) {
      CAPTURE(state);
      CHECK(kind(authorizer->redeem(kQuery + state).get()) == "not_found");
    }
    CHECK(w.fake.exchanges == 0);
    CHECK(kind(authorizer->redeem(kQuery + link.state).get()) == "ok");
  }
  SUBCASE("of another application") {
    auto app = OauthWorld::config();
    app.app_key = "ffffffffffffffffffffffffffffffff";
    CHECK(kind(w.authorizer(app)->redeem(kQuery + link.state).get()) == "not_found");
  }
}

TEST_CASE("A redirect without a good query or code is refused before, or by, the platform") {
  OauthWorld w;
  const auto authorizer = w.authorizer();
  const auto link = authorizer->link("shop1").get().value();
  CHECK(kind(authorizer->redeem("state=" + link.state).get()) == "bad_argument");
  CHECK(kind(authorizer->redeem("code=a&code=b&state=" + link.state).get()) == "bad_argument");
  CHECK(w.wire->count() == 0);
  w.fake.raw = R"({"code":402,"msg":"bad code"})";
  const auto refused = authorizer->redeem(kQuery + link.state).get();
  CHECK(kind(refused) == "needs_authorization");
  CHECK(refused.error().platform_code() == "402");
  const auto merchant = authorizer->merchant("shop1").get();
  REQUIRE(merchant);
  CHECK(merchant->state == Merchant::State::needs_authorization);
  CHECK(merchant->why.find("code 402") != std::string::npos);
  // The next link keeps that in mind as long as it brings nothing.
  const auto next = authorizer->link("shop1").get().value();
  CHECK(authorizer->merchant("shop1").get()->state == Merchant::State::pending);
  w.pass(std::chrono::minutes(11));
  CHECK(authorizer->merchant("shop1").get()->state == Merchant::State::needs_authorization);
  w.fake.raw.clear();
  REQUIRE(w.authorize());
  CHECK(authorizer->merchant("shop1").get()->state == Merchant::State::active);
  CHECK(authorizer->merchant("shop1").get()->why.empty());
}

TEST_CASE("Names of merchants and settings are checked") {
  OauthWorld w;
  const auto authorizer = w.authorizer();
  for (const std::string& name : {std::string(), std::string(65, 'a'), std::string("京东")}) {
    CAPTURE(name);
    CHECK(kind(authorizer->link(name).get()) == "bad_argument");
    CHECK(kind(authorizer->merchant(name).get()) == "bad_argument");
    CHECK(kind(authorizer->forget(name).get()) == "bad_argument");
  }
  CHECK(kind(authorizer->link(std::string(64, '~')).get()) == "ok");
  CHECK(kind(authorizer->merchants("", 0).get()) == "bad_argument");
  CHECK(kind(authorizer->merchants("", 1001).get()) == "bad_argument");
  auto app = OauthWorld::config();
  app.redirect_uri.clear();
  CHECK(kind(w.authorizer(app)->link("shop1").get()) == "configuration");
}

TEST_CASE("What a link asks for stands in it, or is refused by name") {
  OauthWorld w;
  const auto authorizer = w.authorizer();
  LinkRequest request;
  request.account_kind = "shop";
  request.scopes = {"snsapi_base", "snsapi_union_login"};
  const auto link = authorizer->link("shop1", request).get();
  REQUIRE(link);
  CHECK(link->url.find("&scope=snsapi_base%2Csnsapi_union_login") != std::string::npos);
  request.account_kind = "mini_program";
  CHECK(kind(authorizer->link("shop1", request).get()) == "unsupported");
  request = LinkRequest();
  request.account_id = "wx1";
  CHECK(kind(authorizer->link("shop1", request).get()) == "unsupported");
  for (const std::string& scope : {std::string(), std::string("a b"), std::string("a,b"), std::string(65, 'a')}) {
    request = LinkRequest();
    request.scopes = {scope};
    CHECK(kind(authorizer->link("shop1", request).get()) == "bad_argument");
  }
  CHECK(kind(authorizer->option("shop1", "location_report").get()) == "unsupported");
  CHECK(kind(authorizer->set_option("shop1", "location_report", "1").get()) == "unsupported");
  CHECK(w.wire->count() == 0);
}

TEST_CASE("Merchants on the way are listed among the others, in order, and end with their link") {
  OauthWorld w;
  const auto authorizer = w.authorizer();
  for (const char* name : {"a", "c", "e"}) REQUIRE(w.authorize(name));
  for (const char* name : {"b", "d", "f"}) REQUIRE(authorizer->link(name).get());
  std::string all;
  std::string after;
  for (;;) {
    const auto page = authorizer->merchants(after, 2).get();
    REQUIRE(page);
    for (const Merchant& merchant : *page) all += merchant.id + " " + std::string(to_string(merchant.state)) + ", ";
    if (page->size() < 2) break;
    after = page->back().id;
  }
  CHECK(all == "a active, b pending, c active, d pending, e active, f pending, ");
  CHECK(kind(authorizer->forget("b").get()) == "ok");
  CHECK(kind(authorizer->merchant("b").get()) == "not_found");
  w.pass(std::chrono::minutes(11));
  CHECK(authorizer->merchants().get()->size() == 3);
  CHECK(kind(authorizer->merchant("d").get()) == "not_found");
}

TEST_CASE("The host hears what becomes of its merchants, behind the guard and with no lock held") {
  OauthWorld w;
  const auto seen = w.observe();
  const auto authorizer = w.authorizer();
  std::string heard;
  authorizer->on_event([&](const MerchantEvent& event) {
    heard += std::string(to_string(event.kind)) + " " + event.merchant.id + ", ";
    // It may call back, and name the next listener; what it throws ends there.
    authorizer->merchant(event.merchant.id).then([&heard](const Result<Merchant>& merchant) {
      heard += "(" + std::string(merchant ? to_string(merchant->state) : "?") + "), ";
    });
    if (event.kind != MerchantEvent::Kind::needs_authorization) throw std::runtime_error("a host's mistake");
    authorizer->on_event(nullptr);
  });
  REQUIRE(w.authorize());
  w.pass(std::chrono::seconds(1));
  REQUIRE(w.authorize());
  w.pass(std::chrono::seconds(1));
  w.fake.refuse = w.fake.named = true;
  const auto provider = w.tokens();
  CHECK(w.refuse(provider, w.get(provider).value()) == "needs_authorization");
  w.pass(std::chrono::seconds(1));
  CHECK(heard ==
        "authorized shop1, (active), updated shop1, (active), needs_authorization shop1, (needs_authorization), ");
  CHECK(seen->all().find("Authorizer::on_event") != std::string::npos);
  const auto merchant = authorizer->merchant("shop1").get().value();
  CHECK(merchant.since > merchant.authorized_at);
  w.fake.refuse = false;
  REQUIRE(w.authorize());
  CHECK(heard.rfind("(needs_authorization), ") == heard.size() - std::string("(needs_authorization), ").size());
}

TEST_CASE("Merchants are listed page by page, whatever their names hold") {
  OauthWorld w;
  const std::vector<std::string> names{"a/b", "shop%2F1", "shop/1", "Z", "shop-10", "shop-2"};
  for (const auto& name : names) {
    REQUIRE(w.authorize(name));
    w.pass(std::chrono::seconds(1));
  }
  const auto authorizer = w.authorizer();
  std::vector<std::string> listed;
  std::string after;
  for (;;) {
    const auto page = authorizer->merchants(after, 2).get();
    REQUIRE(page);
    for (const Merchant& merchant : *page) listed.push_back(merchant.id);
    if (page->size() < 2) break;
    after = listed.back();
  }
  CHECK(std::set<std::string>(listed.begin(), listed.end()) == std::set<std::string>(names.begin(), names.end()));
  CHECK(listed.size() == names.size());

  const auto key = jd::grant_key("test", OauthWorld::config().app_key, "shop/1");
  const auto entry = w.store->get(key).value();
  REQUIRE(w.store->put_if_unchanged(key, "not a grant", entry->generation, std::nullopt, Durability::relaxed)
              .value()
              .committed);
  const auto page = authorizer->merchants().get().value();
  const auto broken = std::find_if(page.begin(), page.end(), [](const Merchant& m) { return m.id == "shop/1"; });
  REQUIRE(broken != page.end());
  CHECK(broken->state == Merchant::State::needs_authorization);
  w.pass(std::chrono::seconds(w.fake.life));
  CHECK(w.text(w.tokens("shop/1")) == "needs_authorization");
}

TEST_CASE("Forgetting a merchant ends it here, and another account takes its place only then") {
  OauthWorld w;
  REQUIRE(w.authorize());
  w.pass(std::chrono::seconds(1));
  w.fake.uid = "9000000000";
  CHECK(kind(w.authorize()) == "conflict");
  const auto authorizer = w.authorizer();
  CHECK(authorizer->merchant("shop1").get().value().ids[0].second == "8000000000");
  CHECK(kind(authorizer->forget("shop1").get()) == "ok");
  CHECK(kind(authorizer->forget("shop1").get()) == "not_found");
  CHECK(kind(authorizer->merchant("shop1").get()) == "not_found");
  CHECK(w.text(w.tokens()) == "needs_authorization");
  CHECK(kind(w.authorize()) == "ok");
  CHECK(w.text(w.tokens()) == "good");
}

TEST_CASE("foundation e, f: a link whose writing or use is in doubt is good, and lives from when it was written") {
  OauthWorld w;
  w.watched->only = "/authorization-link/";
  std::atomic<int>* fault = nullptr;
  SUBCASE("it was written") { fault = &w.watched->doubtful_commits; }
  SUBCASE("it was not") { fault = &w.watched->lost_commits; }
  *fault = 1;
  // Only the wall clock moves while the write waits: eleven minutes, more than the link lives.
  w.watched->before = [&w](std::string_view) { w.time->set_wall(w.time->wall() + std::chrono::minutes(11)); };
  const auto link = w.authorizer()->link("shop1").get();
  REQUIRE(link);
  w.watched->before = nullptr;
  *fault = 1;
  CHECK(kind(w.authorizer()->redeem(kQuery + link->state).get()) == "ok");
}

TEST_CASE("JD-4: a store that fails for a moment does not cost the grant; one that stays down is told") {
  OauthWorld w;
  SUBCASE("a moment") {
    w.watched->failing_commits = 3;
    CHECK(kind(w.authorize()) == "ok");
    CHECK(w.text(w.tokens()) == "good");
  }
  SUBCASE("a write that seemed to fail") {
    w.watched->doubtful_commits = 1;
    CHECK(kind(w.authorize()) == "ok");
    CHECK(w.get(w.tokens()).value()->tag.generation == 1);
  }
  SUBCASE("for good") {
    w.watched->failing_commits = 1'000'000;
    CHECK(kind(w.authorize()) == "unavailable");
    CHECK(w.authorizer()->merchant("shop1").get()->state == Merchant::State::needs_authorization);
  }
  CHECK(w.fake.exchanges == 1);
}

TEST_CASE("A redemption that is cancelled, or has no time, says so") {
  OauthWorld w;
  const auto authorizer = w.authorizer();
  const auto link = authorizer->link("shop1").get().value();
  CallOptions none;
  none.timeout = Millis(0);
  CHECK(kind(authorizer->redeem(kQuery + link.state, none).get()) == "timeout");
  CallOptions options;
  const CancelSource source;
  options.cancel = source.token();
  auto pending = authorizer->redeem(kQuery + link.state, options);
  source.request();
  CHECK(kind(std::move(pending).get()) == "cancelled");
  const auto state = [&authorizer] { return authorizer->merchant("shop1").get()->state; };
  CHECK(state() != Merchant::State::active);
  w.pass(std::chrono::seconds(20));
  CHECK(state() == Merchant::State::needs_authorization);
}

TEST_CASE("SEC-1, STO-4: no credential in a log, a metric, an error or a key") {
  OauthWorld w;
  const auto seen = w.observe();
  std::string said;
  const auto note = [&said](const auto& result) {
    if (!result) said += result.error().to_string() + "\n";
  };
  note(w.authorize());
  const auto provider = w.tokens();
  const auto first = w.get(provider).value();
  said += w.refuse(provider, first);
  w.fake.refuse = w.fake.named = true;
  said += w.refuse(provider, w.get(provider).value()) + w.last_error;
  note(w.get(provider));
  const auto link = w.authorizer()->link("shop2").get().value();
  w.fake.raw = R"({"code":402,"msg":"app_secret=)" + std::string(kefu_test::kPlantedAppSecret) + R"("})";
  note(w.authorizer()->redeem(kQuery + link.state).get());
  w.wire->on("/oauth2/access_token",
             [](const HttpRequest&) { return HttpOutcome(TransportFault::reset_before_reply, ""); });
  const auto other = w.authorizer()->link("shop2").get().value();
  note(w.authorizer()->redeem(kQuery + other.state).get());
  const auto merchants = w.authorizer()->merchants().get().value();
  for (const auto& merchant : merchants) said += merchant.why;
  said += seen->all() + w.all_keys();
  CHECK(said.find("authorization.lost") != std::string::npos);
  for (const char* secret : {kefu_test::kPlantedAppSecret, kefu_test::kPlantedAccessToken,
                             kefu_test::kPlantedRefreshToken, kefu_test::kPlantedAuthorizationCode}) {
    const bool leaked = said.find(secret) != std::string::npos;  // never shown by the assertion itself
    CHECK_FALSE(leaked);
  }
  const bool state_in_key = w.all_keys().find(other.state) != std::string::npos;
  CHECK_FALSE(state_in_key);
}

namespace {

/// A store's queue that is full once the platform has exchanged a code.
class FullAfterExchange final : public detail::StoreQueue {
 public:
  FullAfterExchange(std::shared_ptr<detail::StoreQueue> inner, const kefu_test::FakeAuthorization& fake)
      : inner_(std::move(inner)), fake_(fake) {}
  bool post(const detail::Affinity& affinity, Task&& work, bool bounded) override {
    return !(bounded && fake_.exchanges > 0) && inner_->post(affinity, std::move(work), bounded);
  }
  void finish() override { inner_->finish(); }
  void stop() override { inner_->stop(); }
  bool is_own_thread() const override { return inner_->is_own_thread(); }

 private:
  const std::shared_ptr<detail::StoreQueue> inner_;
  const kefu_test::FakeAuthorization& fake_;
};

}  // namespace

TEST_CASE("JD-4: a grant whose code is used up is stored however full the store's queue is") {
  OauthWorld w;
  w.core->store_queue = std::make_shared<FullAfterExchange>(w.core->store_queue, w.fake);
  const auto granted = w.authorize();
  CHECK(w.fake.exchanges == 1);
  REQUIRE(granted);
  CHECK(granted->state == Merchant::State::active);
}

namespace {

/// A store whose pages hold one entry at most, as the contract allows.
class ShortPages final : public Store {
 public:
  explicit ShortPages(std::shared_ptr<Store> inner) : inner_(std::move(inner)) {}
  bool durable() const noexcept override { return true; }
  Result<WallTime> now() override { return inner_->now(); }
  Result<std::optional<StoreEntry>> get(std::string_view key) override { return inner_->get(key); }
  Result<std::vector<std::optional<StoreEntry>>> get_many(const std::vector<std::string>& keys) override {
    return inner_->get_many(keys);
  }
  Result<CommitOutcome> commit(const std::vector<StoreWrite>& writes, Durability durability) override {
    return inner_->commit(writes, durability);
  }
  Result<StorePage> list(std::string_view prefix, std::string_view after, ListLimits) override {
    return inner_->list(prefix, after, 1);
  }
  Result<std::optional<Lease>> lease(std::string_view key, std::string_view owner, Millis ttl) override {
    return inner_->lease(key, owner, ttl);
  }
  Result<void> release(const Lease& lease) override { return inner_->release(lease); }

 private:
  const std::shared_ptr<Store> inner_;
};

}  // namespace

TEST_CASE("a page of merchants that is shorter than its limit is the last, whatever pages the store gives") {
  OauthWorld w;
  w.core->store = std::make_shared<ShortPages>(w.store);
  for (const char* shop : {"shop1", "shop2", "shop3", "shop4"}) REQUIRE(w.authorize(shop));
  const auto all = w.authorizer()->merchants().get();
  REQUIRE(all);
  CHECK(all->size() == 4);
  const auto some = w.authorizer()->merchants("shop1", 2).get();
  REQUIRE(some);
  REQUIRE(some->size() == 2);
  CHECK(some->back().id == "shop3");
}
