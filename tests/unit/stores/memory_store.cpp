// What is special about the store in memory: its bounds.
#include "support/heap_bytes.hpp"
#include "support/test_clock.hpp"

#include <kefu/core/store.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <functional>
#include <map>
#include <random>
#include <set>
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
  CHECK(*store.lease("l3", "me", seconds(10)));
  clock->advance(seconds(10));
  for (int i = 0; i < 10; ++i) CHECK(*store.lease("n" + std::to_string(i), "me", seconds(10)));
}

TEST_CASE("dead leases and shorter values leave no memory behind") {
  const auto clock = std::make_shared<TestClock>();
  MemoryStore store(clock);
  const std::size_t empty = kefu_test::heap_bytes();
  for (int i = 0; i < 20'000; ++i) {
    REQUIRE(*store.lease("a lease with a name of its own, " + std::to_string(i), "me", kefu::Millis(1)));
    clock->advance(kefu::Millis(1));
  }
  CHECK(kefu_test::heap_bytes() <= empty + 200'000);
  const auto large = add(store, "k", 1'000'000)->generation;
  const std::size_t with_large = kefu_test::heap_bytes();
  REQUIRE(store.put_if_unchanged("k", "small", large, std::nullopt, Durability::relaxed)->committed);
  if (with_large > 0) CHECK(kefu_test::heap_bytes() < with_large - 900'000);
}

TEST_CASE("what a memory store does costs the same however much it holds") {
  const auto clock = std::make_shared<TestClock>();
  constexpr int kEntries = 30'000;
  MemoryStore store(clock, kEntries);
  const auto time_of = [](const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::steady_clock::now() - start;
  };
  const auto filling = time_of([&] {
    for (int i = 0; i < kEntries; ++i) static_cast<void>(add(store, "k" + std::to_string(i), 1, seconds(1 + i)));
  });
  clock->advance(seconds(100));
  for (int i = 0; i < 100; ++i) REQUIRE(add(store, "n" + std::to_string(i), 1, seconds(100'000)));
  REQUIRE(!add(store, "one more", 1));
  // Full, and nothing that could go: nobody looks for it among all of them.
  CHECK(time_of([&] {
          for (int i = 0; i < 3'000; ++i) CHECK(!add(store, "x" + std::to_string(i), 1));
        }) < 5 * filling);
  CHECK(time_of([&] {
          for (int i = 0; i < kEntries; ++i) CHECK(store.lease("l" + std::to_string(i), "me", seconds(80'000)));
        }) < 10 * filling);
}

// The library of GCC hashes eight bytes at a time, so that a pair of keys with one hash is easily made.
#if defined(__GLIBCXX__) && defined(__LP64__)
TEST_CASE("keys with the same hash are two keys") {
  constexpr std::uint64_t kFactor = 0xc6a4a7935bd1e995U;
  std::uint64_t inverse = kFactor;
  for (int i = 0; i < 6; ++i) inverse *= 2 - kFactor * inverse;
  const auto mixed = [](std::uint64_t v) { return v ^ v >> 47; };
  const std::string one = "kefu/2/customer1";
  std::string other = one;
  for (const std::size_t place : {0, 8}) {
    std::uint64_t block = 0;
    std::memcpy(&block, one.data() + place, 8);
    const std::uint64_t changed = mixed(block * kFactor) * kFactor ^ std::uint64_t{1} << 63;
    block = mixed(changed * inverse) * inverse;
    std::memcpy(other.data() + place, &block, 8);
  }
  REQUIRE(one != other);
  REQUIRE(std::hash<std::string_view>{}(one) == std::hash<std::string_view>{}(other));
  MemoryStore store;
  for (const std::string& first : {one, other}) {
    const std::string& second = first == one ? other : one;
    const auto generation = store.put_if_unchanged(first, "first", 0, std::nullopt, Durability::relaxed)->generation;
    CHECK(!*store.get(second));
    REQUIRE(store.put_if_unchanged(second, "second", 0, std::nullopt, Durability::relaxed)->committed);
    CHECK((*store.get(first))->value == "first");
    REQUIRE(store.remove_if_unchanged(first, generation)->committed);
    CHECK(!*store.get(first));
    REQUIRE((*store.get(second))->value == "second");
    REQUIRE(store.remove_if_unchanged(second, (*store.get(second))->generation)->committed);
    CHECK(store.size() == 0);
  }
}
#endif

TEST_CASE("near its limits a memory store refuses what does not fit, and nothing else") {
  struct Modelled {
    std::size_t size;
    std::uint64_t generation;
    kefu::WallTime end;
  };
  constexpr std::size_t kEntries = 5;
  constexpr std::size_t kBytes = 60;
  const auto clock = std::make_shared<TestClock>();
  MemoryStore store(clock, kEntries, kBytes);
  std::map<std::string, Modelled> model;
  std::mt19937 random(2026);
  int refused = 0;
  for (int step = 0; step < 6000; ++step) {
    CAPTURE(step);
    if (random() % 3 == 0) clock->advance(kefu::Millis(random() % 2000));
    for (auto at = model.begin(); at != model.end();)
      at = at->second.end <= clock->wall() ? model.erase(at) : std::next(at);
    auto after = model;
    std::vector<StoreWrite> writes;
    std::set<std::string> named;
    for (auto count = random() % 3 + 1; count > 0; --count) {
      const std::string key(1, static_cast<char>('a' + random() % 8));
      if (!named.insert(key).second) continue;
      const std::uint64_t expected = model.count(key) == 0 ? 0 : model[key].generation;
      after.erase(key);
      if (random() % 4 == 0) {
        writes.push_back(StoreWrite::remove(key, expected));
        continue;
      }
      const std::size_t size = random() % 20;
      const auto ttl = random() % 2 == 0 ? seconds(1 + random() % 5) : seconds(1'000'000);
      writes.push_back(StoreWrite::put(key, std::string(size, 'v'), expected, ttl));
      after[key] = Modelled{size, 0, clock->wall() + ttl};
    }
    std::size_t bytes = 0;
    for (const auto& [key, entry] : after) bytes += key.size() + entry.size;
    const auto done = store.commit(writes, Durability::relaxed);
    REQUIRE(done.has_value() == (after.size() <= kEntries && bytes <= kBytes));
    if (done) {
      REQUIRE(done->committed);
      for (auto& [key, entry] : after) {
        if (named.count(key) > 0) entry.generation = done->generation;
      }
      model = std::move(after);
    } else {
      ++refused;
      REQUIRE(done.error().kind() == ErrorKind::quota_exhausted);
      REQUIRE(done.error().delivery() == kefu::Delivery::refused);
    }
    REQUIRE(store.list("", "", 1000)->items.size() == model.size());
    for (const auto& [key, entry] : model) {
      const auto found = *store.get(key);
      REQUIRE(found);
      REQUIRE(found->value.size() == entry.size);
      REQUIRE(found->generation == entry.generation);
    }
  }
  CHECK(refused > 500);
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
