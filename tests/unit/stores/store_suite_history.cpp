// What every store promises when many threads use it (STO-2, STO-3), and over a long history; over each kind of store.
#include "unit/stores/store_access.hpp"
#include "unit/stores/store_factories.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

using kefu::Durability;
using kefu::Millis;
using kefu::Store;
using kefu::StoreEntry;
using kefu::StoreItem;
using kefu::StoreWrite;
using kefu_test::read;
using std::chrono::seconds;

TEST_CASE_TEMPLATE("STO-2: threads that count by compare-and-set lose nothing", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  constexpr int kThreads = 8;
  constexpr int kRounds = F::kIncrementsPerThread;
  std::atomic<int> failures{0};
  std::vector<std::set<std::uint64_t>> generations(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      // Two counters in one commit: they must always be equal. Odd threads name them the other way round.
      const std::string first = t % 2 == 0 ? "one" : "two";
      const std::string second = t % 2 == 0 ? "two" : "one";
      for (int done = 0; done < kRounds;) {
        const auto a = store.get(first);
        const auto b = store.get(second);
        if (!a || !b) {
          ++failures;
          return;
        }
        const int number = *a ? std::stoi((*a)->value) : 0;
        const auto outcome =
            store.commit({StoreWrite::put(first, std::to_string(number + 1), *a ? (*a)->generation : 0),
                          StoreWrite::put(second, std::to_string(number + 1), *b ? (*b)->generation : 0)},
                         Durability::relaxed);
        if (!outcome) {
          ++failures;
          return;
        }
        if (!outcome->committed) continue;
        ++done;
        generations[t].insert(outcome->generation);
      }
    });
  }
  // Whoever reads both at once sees them equal too.
  std::atomic<bool> reading{true};
  std::atomic<int> torn{0};
  std::thread reader([&] {
    while (reading) {
      const auto both = store.get_many({"one", "two"});
      if (!both || both->size() != 2 || (*both)[0].has_value() != (*both)[1].has_value() ||
          ((*both)[0] && (*both)[0]->value != (*both)[1]->value))
        ++torn;
    }
  });
  for (std::thread& thread : threads) thread.join();
  reading = false;
  reader.join();
  CHECK(torn == 0);
  CHECK(failures == 0);
  CHECK(read(store, "one")->value == std::to_string(kThreads * kRounds));
  CHECK(read(store, "two")->value == std::to_string(kThreads * kRounds));
  std::set<std::uint64_t> all;
  for (const auto& part : generations) all.insert(part.begin(), part.end());
  CHECK(all.size() == static_cast<std::size_t>(kThreads) * kRounds);
}

TEST_CASE_TEMPLATE("STO-3: of many threads one at a time holds a lease", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  std::atomic<int> inside{0}, trouble{0}, turns{0};
  std::atomic<std::uint64_t> last_fence{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string owner = "thread " + std::to_string(t);
      while (turns < 100) {
        const auto lease = store.lease("turn", owner, seconds(60));
        if (!lease) {
          ++trouble;
          return;
        }
        if (!*lease) {
          std::this_thread::yield();
          continue;
        }
        if (++inside != 1 || last_fence.exchange((*lease)->fence) >= (*lease)->fence) ++trouble;
        ++turns;
        --inside;
        if (!store.release(**lease)) ++trouble;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(trouble == 0);
  CHECK(turns >= 100);
}

TEST_CASE_TEMPLATE("a long random history agrees with a simple model", F, KEFU_STORE_FACTORIES) {
  F under_test;
  Store& store = *under_test.store;
  std::map<std::string, StoreEntry> model;
  std::mt19937 random(20240521);
  const auto draw = [&](unsigned below) { return random() % below; };
  const auto live = [&](const std::string& key) {
    const auto at = model.find(key);
    return at != model.end() && (!at->second.expires || *at->second.expires > under_test.clock->wall());
  };
  std::uint64_t newest = 0;
  for (int step = 0; step < 1500; ++step) {
    under_test.clock->advance(Millis(draw(200)));
    std::vector<StoreWrite> writes;
    std::set<std::string> named;
    bool agrees = true;
    for (unsigned i = draw(6) + 1; i > 0; --i) {
      const std::string key = "m/" + std::to_string(draw(400));
      if (!named.insert(key).second) continue;
      std::uint64_t expected = live(key) ? model[key].generation : 0;
      if (draw(25) == 0) {
        expected += 1;
        agrees = false;
      }
      if (draw(4) == 0) {
        writes.push_back(StoreWrite::remove(key, expected));
      } else {
        std::optional<Millis> ttl;
        if (draw(2) == 0) ttl = Millis(draw(20000) + 1);
        writes.push_back(
            StoreWrite::put(key, std::string(draw(300), static_cast<char>('a' + draw(26))), expected, ttl));
      }
    }
    const auto outcome = store.commit(writes, Durability::relaxed);
    REQUIRE(outcome.has_value());
    REQUIRE(outcome->committed == agrees);
    if (!agrees) continue;
    REQUIRE(outcome->generation > newest);
    newest = outcome->generation;
    for (std::size_t i = 0; i < writes.size(); ++i) {
      if (!writes[i].value) {
        model.erase(writes[i].key);
        continue;
      }
      StoreEntry& entry = model[writes[i].key];
      entry.value = *writes[i].value;
      entry.generation = newest;
      entry.expires.reset();
      if (writes[i].ttl) entry.expires = under_test.clock->wall() + *writes[i].ttl;
    }
    if (step % 50 != 0) continue;
    const auto items = store.list("m/", "", 1000);
    REQUIRE(items.has_value());
    std::size_t expected_size = 0;
    for (const auto& [key, entry] : model) expected_size += live(key) ? 1 : 0;
    REQUIRE(items->items.size() == expected_size);
    for (const StoreItem& item : items->items) {
      REQUIRE(live(item.first));
      REQUIRE(item.second.value == model[item.first].value);
      REQUIRE(item.second.generation == model[item.first].generation);
      REQUIRE(item.second.expires == model[item.first].expires);
    }
  }
}
