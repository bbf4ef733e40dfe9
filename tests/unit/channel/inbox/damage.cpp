// Records that cannot be read: damaged, of another version, or sealed with a key that this process does not have. Each
// is seen, and holds nobody else up.
#include "channel/inbox/account.hpp"
#include "unit/channel/inbox/shop.hpp"

#include <kefu/core/sealed_store.hpp>

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using kefu::InboxOptions;
using kefu::TextContent;
using kefu::detail::AccountKeys;
using kefu_test::FaultyStore;
using kefu_test::Shop;
using kefu_test::World;

const AccountKeys& keys() {
  static const AccountKeys all("default", "fake", "shop");
  return all;
}
std::string lane_of(const std::string& customer) {
  kefu::InboundEvent event;
  event.customer.id = customer;
  return keys().lane(event);
}

void spoil(kefu::Store& store, const std::string& key, const std::string& text) {
  const auto entry = store.get(key);
  REQUIRE(entry);
  REQUIRE(*entry);
  REQUIRE(store.put_if_unchanged(key, text, (*entry)->generation, std::nullopt, kefu::Durability::full));
}

/// A process that took two events of one customer and one of another, and is gone.
void leave_events(World& world) {
  Shop gone(world);
  gone.push("e1|c1|first");
  gone.push("e2|c1|second");
  gone.push("f1|c2|other");
  gone.runtime.stop();
}

std::size_t count(const std::vector<std::string>& handled, const std::string& id) {
  return static_cast<std::size_t>(std::count(handled.begin(), handled.end(), id));
}

}  // namespace

TEST_CASE("DED-4: a customer's queue that cannot be read becomes a dead letter, and the customer is served again") {
  World world;
  leave_events(world);
  spoil(*world.store, lane_of("c1"), "{\"v\":2,\"o\":\"x\",\"q\":[\"e1\"");
  InboxOptions options;
  bool is_found_by_search = false;
  SUBCASE("found by the search") { is_found_by_search = true; }
  SUBCASE("found by the next message") { options.sweep = 1h; }
  Shop shop(world, options);
  if (is_found_by_search) shop.pass(60s);
  shop.push("e3|c1|third");
  CHECK(count(shop.handled, "e3") == 1);
  const auto letters = shop.dead();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].why.find("damaged") != std::string::npos);
  CHECK(letters[0].why.find("c1") != std::string::npos);
  CHECK(letters[0].event.raw.find("e1") != std::string::npos);
  if (is_found_by_search) CHECK(count(shop.handled, "f1") == 1);
  shop.turns.clear();
  shop.pass(3h);
  const auto dismissed = shop.inbox->dismiss(letters[0].place).get();
  CHECK(dismissed);
}

TEST_CASE("DED-4: an event that cannot be read becomes a dead letter, and the customer's next one is handled") {
  World world;
  leave_events(world);
  spoil(*world.store, keys().event("e1"), "\x01\x02 no record");
  Shop shop(world);
  shop.pass(60s);
  CHECK(count(shop.handled, "e1") == 0);
  CHECK(count(shop.handled, "e2") == 1);
  const auto letters = shop.dead();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].event_id == "e1");
  CHECK(letters[0].event.raw.find("no record") != std::string::npos);
}

TEST_CASE("DED-4: a dead letter that cannot be read is listed, and can be dismissed") {
  World world;
  InboxOptions options;
  options.tries = 1;
  Shop shop(world, options);
  shop.push("e1|c1|hi");
  shop.turn().failed("no");
  shop.pass(1s);
  REQUIRE(shop.dead().size() == 1);
  spoil(*world.store, shop.dead()[0].place, "none");
  const auto letters = shop.dead();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].event_id == "e1");
  CHECK(letters[0].why.find("damaged") != std::string::npos);
  CHECK(shop.inbox->dismiss(letters[0].place).get());
  CHECK(shop.dead().empty());
}

TEST_CASE("DED-4: one queue that does not open with this process' keys keeps no other from being taken over") {
  World world;
  const auto inner = std::make_shared<kefu::MemoryStore>(world.time);
  const kefu::SealedOptions sealed(kefu::SealKey(1, kefu::Secret(std::string(32, 'k'))));
  world.store = std::make_shared<FaultyStore>(kefu::SealedStore::create(inner, sealed).value());
  leave_events(world);
  spoil(*inner, lane_of("c1"), "sealed by nobody");
  Shop shop(world);
  shop.pass(60s);
  CHECK(shop.handled == std::vector<std::string>{"f1"});
  CHECK(shop.push("e3|c1|third")->status == 503);
  CHECK(shop.push("g1|c3|hi")->status == 0);
  CHECK(shop.handled.back() == "g1");
  CHECK(inner->get(lane_of("c1")).value()->value == "sealed by nobody");
}

TEST_CASE("an event whose record is not opened for lack of a key waits for the key, and is not passed over") {
  World world;
  const auto inner = std::make_shared<kefu::MemoryStore>(world.time);
  const kefu::SealKey old_key(1, kefu::Secret(std::string(32, 'k')));
  const kefu::SealKey new_key(2, kefu::Secret(std::string(32, 'n')));
  kefu::SealedOptions both(old_key);
  both.keys.push_back(new_key);
  both.seals_with = 2;
  World with_both = world;
  with_both.store = std::make_shared<FaultyStore>(kefu::SealedStore::create(inner, both).value());
  World with_old = world;
  with_old.store =
      std::make_shared<FaultyStore>(kefu::SealedStore::create(inner, kefu::SealedOptions(old_key)).value());
  leave_events(with_old);
  // As a process that has the new key writes it.
  const std::string key = keys().event("e1");
  const auto entry = with_both.store->get(key).value();
  spoil(*with_both.store, key, entry->value);
  {
    Shop lacking(with_old);
    lacking.pass(60s);
    CHECK(count(lacking.handled, "e1") == 0);
    CHECK(lacking.dead().empty());
    lacking.runtime.stop();
  }
  Shop shop(with_both);
  shop.pass(60s);
  CHECK(count(shop.handled, "e1") == 1);
}
