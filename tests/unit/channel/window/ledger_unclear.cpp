// Contacts of which nobody knows what they give: our own word closes no window after them.
#include "support/test_clock.hpp"

#include <kefu/channel/reply_window.hpp>

#include <doctest/doctest.h>

namespace {

using namespace std::chrono_literals;

struct UnclearShop {
  UnclearShop() : ledger(store, "test", "wechat", "wx1", rules()) {}
  static kefu::ReplyRules rules() {
    kefu::ReplyRules made;
    made.rules = {kefu::ReplyRule("message", 2, std::chrono::hours(48)), kefu::ReplyRule("unclear", 0, 0s)};
    return made;
  }
  void contact(const char* trigger) { REQUIRE(ledger.opened("c", trigger, clock->wall(), clock->wall())); }
  std::string take() {
    const auto taken = ledger.reserve("c", 1, clock->wall());
    if (!taken) return std::string(kefu::to_string(taken.error().kind()));
    last = *taken;
    return taken->tracked ? "tracked" : "untracked";
  }
  bool known() const { return ledger.look("c", clock->wall()).value().known; }

  const std::shared_ptr<kefu_test::TestClock> clock = std::make_shared<kefu_test::TestClock>();
  const std::shared_ptr<kefu::MemoryStore> store = std::make_shared<kefu::MemoryStore>(clock);
  kefu::ReplyLedger ledger;
  kefu::Reservation last;
};

}  // namespace

TEST_CASE("shops B3: an unclear contact changes nothing while the window is open, and then the platform is asked") {
  UnclearShop shop;
  shop.contact("unclear");  // of a customer nothing is known of
  CHECK_FALSE(shop.known());
  CHECK(shop.store->list("kefu/", "", kefu::ListLimits(10)).value().items.empty());
  shop.contact("message");
  shop.clock->advance(1s);
  shop.contact("unclear");
  CHECK(shop.known());
  CHECK(shop.take() == "tracked");
  CHECK(shop.take() == "tracked");
  CHECK(shop.take() == "untracked");  // used up by our count alone
  CHECK_FALSE(shop.known());
  shop.clock->advance(std::chrono::hours(49));
  CHECK(shop.take() == "untracked");  // out of time by our count alone
}

TEST_CASE("shops B3: what the platform says, and the next clear contact, end the doubt") {
  for (const bool used_up : {true, false}) {
    UnclearShop shop;
    shop.contact("message");
    shop.contact("unclear");
    for (int i = 0; i < 3; ++i) shop.take();
    const auto said = used_up ? shop.ledger.used_up(shop.last, shop.clock->wall())
                              : shop.ledger.closed(shop.last, "the platform closed it", shop.clock->wall());
    REQUIRE(said.has_value());
    CHECK(shop.take() == "window_closed");
    shop.clock->advance(1s);
    shop.contact("unclear");
    CHECK(shop.take() == "untracked");
    REQUIRE(shop.ledger.closed(shop.last, "the platform closed it", shop.clock->wall()));
    CHECK(shop.take() == "window_closed");
    shop.clock->advance(1s);
    shop.contact("message");
    CHECK(shop.take() == "tracked");
    CHECK(shop.take() == "tracked");
    CHECK(shop.take() == "window_closed");
  }
}

TEST_CASE("shops B3: an older unclear contact says nothing about a newer window") {
  UnclearShop shop;
  const auto early = shop.clock->wall();
  shop.clock->advance(10s);
  shop.contact("message");
  REQUIRE(shop.ledger.opened("c", "unclear", early, early));
  CHECK(shop.take() == "tracked");
  CHECK(shop.take() == "tracked");
  CHECK(shop.take() == "window_closed");
}
