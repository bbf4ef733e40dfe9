// What is special about the store in memory: its bounds.
#include "support/test_clock.hpp"

#include <kefu/core/store.hpp>

#include <doctest/doctest.h>

#include <thread>

using kefu::Durability;
using kefu::ErrorKind;
using kefu::MemoryStore;
using kefu::StoreWrite;
using kefu_test::TestClock;
using std::chrono::seconds;

namespace {

kefu::Result<kefu::CommitOutcome> add(MemoryStore& store, const std::string& key, std::size_t size,
                                      std::optional<kefu::Millis> ttl = std::nullopt) {
  return store.put_if_unchanged(key, std::string(size, 'v'), 0, ttl, Durability::relaxed);
}

}  // namespace

TEST_CASE("the memory store is not durable and takes the system's clock by default") {
  MemoryStore store;
  CHECK(!store.durable());
  const auto before = std::chrono::system_clock::now();
  REQUIRE(add(store, "future", 1, seconds(1000))->committed);
  CHECK(*(*store.get("future"))->expires >= before + seconds(1000));
  CHECK(*(*store.get("future"))->expires <= std::chrono::system_clock::now() + seconds(1000));
  CHECK(*store.now() >= before);
}

TEST_CASE("a full memory store refuses new keys, drops expired ones first and keeps what it has") {
  const auto clock = std::make_shared<TestClock>();
  MemoryStore store(clock, 100);
  for (int i = 0; i < 100; ++i) {
    REQUIRE(add(store, "k" + std::to_string(i), 10, seconds(i < 40 ? 10 : 1000))->committed);
  }
  const auto refused = add(store, "new", 10);
  REQUIRE(!refused.has_value());
  CHECK(refused.error().kind() == ErrorKind::quota_exhausted);
  CHECK(refused.error().message().find("100 entries") != std::string::npos);
  CHECK(!*store.get("new"));

  // Replacing and removing still work, and a commit that does not fit does nothing at all.
  const auto generation = (*store.get("k50"))->generation;
  CHECK(store.put_if_unchanged("k50", "changed", generation, std::nullopt, Durability::relaxed)->committed);
  const auto both =
      store.commit({StoreWrite::put("k51", "changed", (*store.get("k51"))->generation), StoreWrite::put("new", "v", 0)},
                   Durability::relaxed);
  REQUIRE(!both.has_value());
  CHECK((*store.get("k51"))->value == "vvvvvvvvvv");
  CHECK(store
            .commit({StoreWrite::remove("k51", (*store.get("k51"))->generation), StoreWrite::put("new", "v", 0)},
                    Durability::relaxed)
            ->committed);

  clock->advance(seconds(11));
  for (int i = 0; i < 40; ++i) CHECK(add(store, "late" + std::to_string(i), 10)->committed);
  CHECK(!add(store, "one too many", 10).has_value());
  CHECK(store.list("", "", 1000)->items.size() == 100);
}

TEST_CASE("the memory store counts its bytes") {
  const auto clock = std::make_shared<TestClock>();
  MemoryStore store(clock, 1000, 10'000);
  REQUIRE(add(store, "a", 4999, seconds(5))->committed);
  REQUIRE(add(store, "b", 4999)->committed);
  const auto refused = add(store, "c", 0);
  REQUIRE(!refused.has_value());
  CHECK(refused.error().kind() == ErrorKind::quota_exhausted);
  CHECK(refused.error().message().find("10000 bytes") != std::string::npos);
  clock->advance(seconds(5));
  CHECK(add(store, "c", 4999)->committed);
  const auto generation = (*store.get("b"))->generation;
  CHECK(
      !store.put_if_unchanged("b", std::string(5000, 'v'), generation, std::nullopt, Durability::relaxed).has_value());
  CHECK(store.put_if_unchanged("b", "v", generation, std::nullopt, Durability::relaxed)->committed);
  CHECK(add(store, "d", 4997)->committed);
  CHECK(!add(store, "e", 0).has_value());
}

TEST_CASE("expired entries go with later writes, before the store is full") {
  // The writes of each batch drop what is left of the batches before, so that its size never reaches two batches.
  const auto clock = std::make_shared<TestClock>();
  MemoryStore store(clock);
  for (int batch = 0; batch < 30; ++batch) {
    for (int i = 0; i < 300; ++i) {
      const std::string key = "b" + std::to_string(batch) + "/" + std::to_string(i);
      const auto kept = add(store, key, 5, seconds(1));
      CHECK(store.size() <= 302);
      if (i % 10 == 0)
        CHECK(store.remove_if_unchanged(key, kept->generation)->committed);  // Perhaps where the hand is.
    }
    clock->advance(seconds(1));
  }
  for (int i = 0; i < 100; ++i) REQUIRE(add(store, "lasting" + std::to_string(i), 5)->committed);
  CHECK(store.size() == 100);
}

TEST_CASE("leases in memory are bounded; dead ones make room") {
  const auto clock = std::make_shared<TestClock>();
  MemoryStore store(clock, 10);
  for (int i = 0; i < 10; ++i) REQUIRE(*store.lease("l" + std::to_string(i), "me", seconds(10)));
  const auto refused = store.lease("one more", "me", seconds(10));
  REQUIRE(!refused.has_value());
  CHECK(refused.error().kind() == ErrorKind::quota_exhausted);
  CHECK(*store.lease("l3", "me", seconds(5)));
  clock->advance(seconds(11));
  for (int i = 0; i < 10; ++i) CHECK(*store.lease("n" + std::to_string(i), "me", seconds(10)));
}

TEST_CASE("a memory store near its limit stays within it under threads") {
  const auto clock = std::make_shared<TestClock>();
  MemoryStore store(clock, 64);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&store, &clock, t] {
      for (int i = 0; i < 500; ++i) {
        const std::string key = std::to_string(t) + "/" + std::to_string(i);
        auto kept = add(store, key, 10, std::chrono::milliseconds(50));
        if (i % 3 == 0) clock->advance(std::chrono::milliseconds(1));
        if (kept && i % 2 == 0) static_cast<void>(store.remove_if_unchanged(key, kept->generation));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(store.list("", "", 1000)->items.size() <= 64);
  clock->advance(seconds(1));
  for (int i = 0; i < 64; ++i) CHECK(add(store, "after/" + std::to_string(i), 1)->committed);
  CHECK(!add(store, "over", 1).has_value());
}
