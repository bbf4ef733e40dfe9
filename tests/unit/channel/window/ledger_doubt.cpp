// The ledger of reply windows over a store with faults.
#include "support/faulty_store.hpp"
#include "support/test_clock.hpp"

#include <kefu/channel/reply_window.hpp>

#include <doctest/doctest.h>

namespace {

struct DoubtfulShop {
  DoubtfulShop() : ledger(store, "test", "wechat", "wx1", rules()) {
    REQUIRE(ledger.opened("c", "message", clock->wall(), clock->wall()));
  }
  static kefu::ReplyRules rules() {
    kefu::ReplyRules made;
    made.rules = {kefu::ReplyRule("message", 5, std::chrono::hours(48))};
    return made;
  }
  int left() const { return ledger.look("c", clock->wall()).value().messages_left; }

  const std::shared_ptr<kefu_test::TestClock> clock = std::make_shared<kefu_test::TestClock>();
  const std::shared_ptr<kefu::MemoryStore> inner = std::make_shared<kefu::MemoryStore>(clock);
  const std::shared_ptr<kefu_test::FaultyStore> store = std::make_shared<kefu_test::FaultyStore>(inner);
  kefu::ReplyLedger ledger;
};

}  // namespace

TEST_CASE("foundation e: a reservation in doubt is made once, and given back once") {
  DoubtfulShop shop;
  std::atomic<int>* fault = nullptr;
  SUBCASE("it was written") { fault = &shop.store->doubtful_commits; }
  SUBCASE("it was not") { fault = &shop.store->lost_commits; }
  *fault = 1;
  const auto taken = shop.ledger.reserve("c", 2, shop.clock->wall());
  REQUIRE(taken);
  CHECK(taken->left == 3);
  CHECK(shop.left() == 3);
  *fault = 1;
  REQUIRE(shop.ledger.give_back(*taken, 2));
  CHECK(shop.left() == 5);
}

TEST_CASE("foundation e: a ledger that stays in doubt says so") {
  DoubtfulShop shop;
  shop.store->lost_commits = 1000;
  const auto taken = shop.ledger.reserve("c", 1, shop.clock->wall());
  REQUIRE_FALSE(taken);
  CHECK(taken.error().delivery() == kefu::Delivery::unknown);
}

TEST_CASE("a closed window is remembered as long as promised, whoever wrote last") {
  DoubtfulShop shop;
  const auto taken = shop.ledger.reserve("c", 1, shop.clock->wall());
  REQUIRE(taken);
  REQUIRE(shop.ledger.give_back(*taken, 1));
  shop.clock->advance(std::chrono::hours(24 * 32) - std::chrono::seconds(1));
  CHECK(shop.ledger.look("c", shop.clock->wall())->closed_because == "out of time");
  shop.clock->advance(std::chrono::seconds(2));
  CHECK_FALSE(shop.ledger.look("c", shop.clock->wall())->known);
}

TEST_CASE("foundation e: of two processes that take the same, one in doubt, each has its own") {
  DoubtfulShop shop;
  kefu::ReplyLedger other(shop.inner, "test", "wechat", "wx1", DoubtfulShop::rules());
  std::optional<kefu::Reservation> theirs;
  shop.store->lost_commits = 1;
  shop.store->before = [&](std::string_view) {
    if (shop.store->commits == 0 || theirs) return;
    theirs = *other.reserve("c", 1, shop.clock->wall());  // between our lost commit and the look at what it did
  };
  shop.store->commits = 0;
  const auto ours = shop.ledger.reserve("c", 1, shop.clock->wall());
  REQUIRE(ours);
  REQUIRE(theirs);
  CHECK(shop.left() == 3);
  theirs.reset();
  shop.store->commits = 0;
  shop.store->lost_commits = 1;
  shop.store->before = [&](std::string_view) {
    if (shop.store->commits == 0 || theirs) return;
    theirs.emplace();
    REQUIRE(other.give_back(*ours, 1));
  };
  REQUIRE(shop.ledger.give_back(*ours, 1));
  CHECK(shop.left() == 5);
}
