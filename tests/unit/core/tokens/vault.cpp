// The token's place in the store: what it does with outcomes that nobody knows, and with what the next version wrote.
#include "core/tokens/vault.hpp"

#include "support/faulty_store.hpp"
#include "support/test_clock.hpp"

#include <doctest/doctest.h>

using namespace kefu;
using detail::ForceBudget;
using detail::TokenRecord;
using detail::TokenVault;

namespace {

struct VaultWorld {
  const std::shared_ptr<kefu_test::TestClock> clock = std::make_shared<kefu_test::TestClock>();
  const std::shared_ptr<MemoryStore> inner = std::make_shared<MemoryStore>(clock);
  kefu_test::FaultyStore store{inner};
  const TokenVault vault{clock, "token", "budget"};

  TokenRecord fresh(const std::string& text) const {
    TokenRecord record;
    record.value = Secret(text);
    record.generation = 1;
    record.issued = clock->wall();
    record.expires = clock->wall() + std::chrono::hours(2);
    return record;
  }
  StoreEntry entry(const std::string& key) const {
    const auto found = inner->get(key).value();
    REQUIRE(found);
    return *found;
  }
};

}  // namespace

TEST_CASE("foundation e: a token whose writing is in doubt is read again, and kept once") {
  VaultWorld w;
  SUBCASE("it was written") { w.store.doubtful_commits = 1; }
  SUBCASE("it was not") { w.store.lost_commits = 1; }
  const auto winner = w.vault.keep(w.store, w.fresh("mine"), 0, 0);
  REQUIRE(winner);
  CHECK_FALSE(*winner);
  CHECK(TokenRecord::read(w.entry("token").value)->value == Secret("mine"));
  CHECK(w.entry("token").expires == w.clock->wall() + std::chrono::hours(2));
}

TEST_CASE("foundation e: a forced refresh in doubt is spent once") {
  VaultWorld w;
  SUBCASE("it was written") { w.store.doubtful_commits = 1; }
  SUBCASE("it was not") { w.store.lost_commits = 1; }
  const auto spent = w.vault.spend(w.store, 20, std::chrono::seconds(30));
  REQUIRE(spent);
  CHECK(spent->allowed);
  CHECK(ForceBudget::read(w.entry("budget").value).spent == 1);
}

TEST_CASE("TOK-5: who loses every race for the budget of forced refreshes says that, not that it is used up") {
  VaultWorld w;
  int changes = 0;
  w.store.before = [&](std::string_view key) {  // another process was here since it was read
    const auto entry = w.inner->get(key).value();
    REQUIRE(w.inner
                ->put_if_unchanged(std::string(key), R"({"day":1})", entry ? entry->generation : 0, std::nullopt,
                                   Durability::relaxed)
                ->committed);
    ++changes;
  };
  const auto spent = w.vault.spend(w.store, 20, std::chrono::seconds(30));
  REQUIRE_FALSE(spent);
  CHECK(spent.error().kind() == ErrorKind::unavailable);
  CHECK(spent.error().delivery() == Delivery::not_sent);
  CHECK(spent.error().message().find("used up") == std::string::npos);
  CHECK(changes == 16);  // eight times: read, and come too late

  w.store.before = nullptr;
  CHECK(w.vault.spend(w.store, 20, std::chrono::seconds(30))->allowed);
}

TEST_CASE("TOK-2: a record that is over serves nobody, and what replaces it counts on from it") {
  VaultWorld w;
  TokenRecord over = w.fresh("over");
  over.generation = 9;
  over.issued = w.clock->wall() - std::chrono::hours(2);
  over.expires = w.clock->wall();
  REQUIRE(w.inner->put_if_unchanged("token", over.json(), 0, std::nullopt, Durability::relaxed)->committed);
  const auto found = w.vault.look(w.store, "me", Millis(1000), 0, 0);
  REQUIRE(found);
  CHECK_FALSE(found->usable);
  CHECK(found->lease);
  const auto winner = w.vault.keep(w.store, w.fresh("mine"), 0, 0);  // it read before the other wrote
  REQUIRE(winner);
  CHECK_FALSE(*winner);
  CHECK(TokenRecord::read(w.entry("token").value)->generation == 10);
}

TEST_CASE("STO-3: who finds a record beside the lease that it took gives the lease back") {
  VaultWorld w;
  int operations = 0;
  w.store.before = [&](std::string_view) {  // its last holder wrote after the first look
    if (++operations == 2) REQUIRE(w.vault.keep(*w.inner, w.fresh("theirs"), 0, 0));
  };
  const auto found = w.vault.look(w.store, "me", Millis(60'000), 0, 0);
  REQUIRE(found);
  CHECK(found->usable);
  CHECK_FALSE(found->lease);
  CHECK(w.inner->lease("token", "another", Millis(1000)).value());
}

TEST_CASE("TOK-5: a calendar that was set back does not keep the next forced refresh waiting") {
  VaultWorld w;
  ForceBudget budget;
  budget.day = ForceBudget::day_of(w.clock->wall());
  budget.spent = 1;
  budget.last = w.clock->wall() + std::chrono::hours(1);
  REQUIRE(w.inner->put_if_unchanged("budget", budget.json(), 0, std::nullopt, Durability::relaxed)->committed);
  const auto spent = w.vault.spend(w.store, 20, std::chrono::seconds(30));
  REQUIRE(spent);
  CHECK(spent->allowed);
}

TEST_CASE("foundation e: a record whose removal is in doubt is gone in the end") {
  VaultWorld w;
  REQUIRE(w.vault.keep(w.store, w.fresh("refused"), 0, 0));
  SUBCASE("it was removed") { w.store.doubtful_commits = 1; }
  SUBCASE("it was not") { w.store.lost_commits = 1; }
  const auto retired = w.vault.retire(w.store, w.entry("token").generation);
  REQUIRE(retired);
  CHECK(*retired);
  CHECK_FALSE(w.inner->get("token").value());
}

TEST_CASE("format 2: members that the next version put into a record stay when this one writes it again") {
  VaultWorld w;
  std::string text = w.fresh("old").json();
  text.insert(text.size() - 1, R"(,"scope":{"a":[1,"x",null,false]})");
  REQUIRE(w.inner->put_if_unchanged("token", text, 0, std::nullopt, Durability::relaxed)->committed);
  REQUIRE(w.vault.keep(w.store, w.fresh("new"), w.entry("token").generation, 0));
  CHECK(TokenRecord::read(w.entry("token").value)->value == Secret("new"));
  CHECK(w.entry("token").value.find(R"("scope":{"a":[1,"x",null,false]}})") != std::string::npos);

  REQUIRE(w.inner->put_if_unchanged("budget", R"({"day":1,"who":"next"})", 0, std::nullopt, Durability::relaxed));
  REQUIRE(w.vault.spend(w.store, 20, std::chrono::seconds(30)));
  CHECK(w.entry("budget").value.find(R"("who":"next")") != std::string::npos);
}

TEST_CASE("TOK-5: the day of the forced refreshes begins at midnight in China") {
  VaultWorld w;
  const auto spend = [&] { return w.vault.spend(w.store, 1, std::chrono::seconds(0)).value().allowed; };
  CHECK(spend());
  CHECK_FALSE(spend());
  // 2023-11-14T22:13:20Z is 06:13:20 of the 15th there.
  w.clock->advance(std::chrono::hours(24) - std::chrono::hours(6) - std::chrono::minutes(13) -
                   std::chrono::seconds(21));
  CHECK_FALSE(spend());
  w.clock->advance(std::chrono::seconds(1));
  CHECK(spend());
}
