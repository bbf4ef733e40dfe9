// What every store promises of reading many entries, of its clock, and of commits that fail; over each kind of store.
#include "support/faulty_store.hpp"
#include "unit/stores/store_access.hpp"
#include "unit/stores/store_factories.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using kefu::Delivery;
using kefu::Durability;
using kefu::ErrorKind;
using kefu::ListLimits;
using kefu::Millis;
using kefu::Store;
using kefu::StoreWrite;
using kefu_test::check_refused;
using kefu_test::keys;
using kefu_test::put;
using kefu_test::read;
using kefu_test::take;
using std::chrono::hours;
using std::chrono::seconds;

TEST_CASE_TEMPLATE("many keys are read at once, in their order", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  const auto a = put(store, "a", "1");
  put(store, "b", "2", 0, seconds(1));
  put(store, "c", std::string(5000, 'c'));
  under_test.clock->advance(seconds(1));
  const auto found = store.get_many({"c", "b", "a", "never", "a"});
  REQUIRE(found.has_value());
  REQUIRE(found->size() == 5);
  CHECK((*found)[0]->value == std::string(5000, 'c'));
  CHECK(!(*found)[1]);
  CHECK((*found)[2]->generation == a);
  CHECK(!(*found)[3]);
  CHECK((*found)[4]->value == "1");
  CHECK(store.get_many({})->empty());

  std::vector<std::string> many(256, "a");
  CHECK(store.get_many(many)->size() == 256);
  many.emplace_back("a");
  check_refused(store.get_many(many), "256", "257");
  check_refused(store.get_many({"a", std::string(513, 'k')}), "512", "513");
}

TEST_CASE_TEMPLATE("a page of a listing is bounded in bytes, or holds keys only", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  for (int i = 0; i < 10; ++i) put(store, "k" + std::to_string(i), std::string(1000, 'v'));
  put(store, "k5+", std::string(20'000, 'v'));
  std::vector<std::size_t> sizes;
  std::vector<std::string> all;
  std::string after;
  do {
    const auto page = store.list("k", after, ListLimits(100, 3500));
    REQUIRE(page.has_value());
    sizes.push_back(page->items.size());
    for (const auto& item : page->items) all.push_back(item.first);
    after = page->next;
  } while (!after.empty());
  CHECK(sizes == std::vector<std::size_t>{3, 3, 1, 3, 1});  // The large one comes alone.
  CHECK(all == keys(store, "k"));
  CHECK(all.size() == 11);

  const auto names = store.list("k", "k1", ListLimits::keys(5));
  REQUIRE(names.has_value());
  REQUIRE(names->items.size() == 5);
  CHECK(names->items[4].first == "k5+");
  CHECK(names->items[4].second.value.empty());
  CHECK(names->items[4].second.generation == read(store, "k5+")->generation);
  CHECK(names->next == "k5+");
  CHECK(store.list("k", "k5+", ListLimits::keys(4))->next.empty());
  // The bytes are those of keys and values as they are stored; of keys alone where only they are listed.
  const std::size_t stored = 2 + 1000 + Store::kMaxValueSize - F::kMaxValueSize;
  CHECK(store.list("k", "", ListLimits(100, 3 * stored))->items.size() == 3);
  CHECK(store.list("k", "", ListLimits(100, 3 * stored - 1))->items.size() == 2);
  ListLimits few_names = ListLimits::keys(100);
  few_names.bytes = 6;
  CHECK(store.list("k", "", few_names)->items.size() == 3);
  few_names.bytes = 5;
  CHECK(store.list("k", "", few_names)->next == "k1");
  check_refused(store.list("k", "", ListLimits(1, 0)), "16777216", "0 bytes");
  check_refused(store.list("k", "", ListLimits(1, 16'777'217)), "16777216", "16777217");
}

TEST_CASE_TEMPLATE("foundation f: ends count from when the store does the work, by its clock", F,
                   KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  // What a caller made, and then waited in a queue for an hour.
  const std::vector<StoreWrite> waited{StoreWrite::put("k", "v", 0, seconds(10))};
  under_test.clock->advance(hours(1));
  CHECK(*store.now() == under_test.clock->wall());
  REQUIRE(store.commit(waited, Durability::relaxed)->committed);
  CHECK(read(store, "k")->expires == under_test.clock->wall() + seconds(10));
  under_test.clock->advance(Millis(9999));
  CHECK(read(store, "k"));
  under_test.clock->advance(Millis(1));
  CHECK(!read(store, "k"));
}

TEST_CASE_TEMPLATE("a clock that goes back takes nothing from anybody, and numbers grow all the same", F,
                   KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  put(store, "old", "v", 0, seconds(10));
  const auto lease = take(store, "job", "a", hours(2));
  REQUIRE(lease);
  under_test.clock->advance(hours(1));
  const auto heir = put(store, "old", "heir", 0, seconds(10));
  under_test.clock->advance(-hours(2));
  CHECK(read(store, "old")->value == "heir");
  CHECK(put(store, "new", "v", 0, seconds(10)) > heir);
  CHECK(read(store, "new")->expires == under_test.clock->wall() + seconds(10));
  CHECK(!take(store, "job", "b", seconds(10)));
  const auto kept = take(store, "job", "a", seconds(10));
  REQUIRE(kept);
  CHECK(kept->fence == lease->fence);
  CHECK(kept->until == under_test.clock->wall() + seconds(10));
  under_test.clock->advance(seconds(10));
  CHECK(take(store, "job", "b", seconds(10))->fence > heir);
  CHECK(!read(store, "new"));
  CHECK(read(store, "old"));
}

TEST_CASE_TEMPLATE("a time to live is kept within its limits", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  CHECK(StoreWrite::put("k", "v", 0, Millis(-5)).ttl == Millis(1));
  CHECK(StoreWrite::put("k", "v", 0, Millis::max()).ttl == Millis(Store::kMaxTimeToLive));
  put(store, "k", "v", 0, Millis::max());
  CHECK(read(store, "k")->expires == under_test.clock->wall() + Store::kMaxTimeToLive);
  auto write = StoreWrite::put("x", "v", 0);
  write.ttl = Millis(0);
  check_refused(store.commit({write}, Durability::relaxed), "3153600000000", "0 ms");
  write.ttl = Millis::max();
  check_refused(store.commit({write}, Durability::relaxed), "3153600000000", "9223372036854775807");
}

TEST_CASE_TEMPLATE("foundation e: a commit that is refused says that nothing was written", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  const auto large =
      store.commit({StoreWrite::put("a", "1", 0), StoreWrite::put(std::string(513, 'k'), "1", 0)}, Durability::full);
  REQUIRE(!large.has_value());
  CHECK(large.error().delivery() == Delivery::refused);
  const auto twice = store.commit({StoreWrite::put("a", "1", 0), StoreWrite::put("a", "2", 0)}, Durability::full);
  REQUIRE(!twice.has_value());
  CHECK(twice.error().delivery() == Delivery::refused);
  CHECK(!read(store, "a"));
}

TEST_CASE("a store with faults: gone, full, failing before and after the work, and slow for some") {
  const auto inner = std::make_shared<kefu::MemoryStore>();
  kefu_test::FaultyStore store(inner);
  CHECK(store.durable());
  store.gone = true;
  CHECK(store.get("a").error().kind() == ErrorKind::unavailable);
  CHECK(store.now().error().kind() == ErrorKind::unavailable);
  store.gone = false;
  const auto a = put(store, "a", "1");
  store.full = true;
  CHECK(store.commit({StoreWrite::put("b", "1", 0)}, Durability::full).error().kind() == ErrorKind::quota_exhausted);
  CHECK(store.remove_if_unchanged("a", a)->committed);
  store.full = false;

  store.only = "b";
  store.failing_commits = store.doubtful_commits = store.lost_commits = 1;
  CHECK(store.put_if_unchanged("other", "1", 0, std::nullopt, Durability::full)->committed);
  const auto attempt = [&](const std::string& value) {
    return store.put_if_unchanged("b", value, 0, std::nullopt, Durability::full).error().delivery();
  };
  CHECK(attempt("failed") == Delivery::refused);
  CHECK(attempt("lost") == Delivery::unknown);
  CHECK(!read(store, "b"));
  CHECK(attempt("done") == Delivery::unknown);
  CHECK(read(store, "b")->value == "done");
}

TEST_CASE("a store with faults lets the work of one affinity wait while others finish") {
  const auto inner = std::make_shared<kefu::MemoryStore>();
  kefu_test::FaultyStore store(inner);
  put(store, "slow/1", "1");
  put(store, "fast/1", "1");
  store.hold("slow/");
  std::atomic<bool> finished{false};
  std::thread waits([&] {
    static_cast<void>(store.get("slow/1").has_value());
    finished = true;
  });
  store.await_held(1);
  CHECK(read(store, "fast/1")->value == "1");
  CHECK(!finished);
  store.let_go();
  waits.join();
  CHECK(finished);
}
