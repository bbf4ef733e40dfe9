// The journal and its session over a store that is scripted, in simulated time.
#include "channel/inbox/journal.hpp"

#include "support/faulty_store.hpp"
#include "support/simulated_core.hpp"

#include <kefu/core/sealed_store.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kefu::Durability;
using kefu::Error;
using kefu::ErrorKind;
using kefu::Result;
using kefu::StoreWrite;
using kefu::detail::Journal;
using kefu::detail::StagedStore;
using kefu_test::FaultyStore;
using kefu_test::SimulatedCore;

/// One process of a journal; several share a store and a time.
struct Writer {
  explicit Writer(std::shared_ptr<kefu::MemoryStore> shared = nullptr, const std::string& name = "me")
      : store(std::make_shared<FaultyStore>(shared ? shared : parts.store)) {
    parts.core->store = store;
    journal = std::make_shared<Journal>(parts.core, name, 30s);
    Journal::Parts told;
    told.holds = [this] { return holds; };
    told.over = [this] { ++overs; };
    journal->connect(std::move(told));
  }
  /// Adds one to the number at `key`, by reading it.
  void add(const std::string& key, std::size_t account = 0) {
    journal->run<int>(
        account, {key},
        [key](StagedStore& view, const std::string&) -> Result<int> {
          auto entry = view.look(key);
          if (!entry) return entry.error();
          const int value = *entry ? std::stoi((*entry)->value) + 1 : 1;
          auto outcome = view.commit({StoreWrite::put(key, std::to_string(value), *entry ? (*entry)->generation : 0)},
                                     Durability::relaxed);
          if (!outcome) return outcome.error();
          return value;
        },
        [this](const Result<int>& value, std::uint64_t generation) {
          said.push_back(value ? std::to_string(*value) : std::string(kefu::to_string(value.error().kind())));
          if (value) CHECK(generation != 0);
        });
  }
  std::string value(const std::string& key) const {
    auto entry = parts.store->get(key);
    REQUIRE(entry);
    return *entry ? (*entry)->value : "";
  }
  void pass(kefu::Millis by) const { parts.time->advance(by); }

  SimulatedCore parts;
  std::shared_ptr<FaultyStore> store;
  std::shared_ptr<Journal> journal;
  bool holds = false;
  int overs = 0;
  std::vector<std::string> said;
};

using Said = std::vector<std::string>;

}  // namespace

TEST_CASE("Journal: what waits while a round is on its way is the next round, in turn among accounts") {
  Writer one;
  one.add("k");
  for (int i = 0; i < 70; ++i) one.add("a", 1);
  one.add("b", 2);
  one.pass(1ms);
  CHECK(one.value("k") == "1");
  CHECK(one.value("a") == "70");
  CHECK(one.said.size() == 72);
  CHECK(one.said[2] == "1");  // of b, which came last
  CHECK(one.store->commits == 3);
  CHECK(one.journal->figures().steps == 72);
}

TEST_CASE("Journal: an outcome that nobody knows is read from the session's entry before anybody is told") {
  Writer one;
  SUBCASE("it was done") { one.store->doubtful_commits = 1; }
  SUBCASE("it was not") { one.store->lost_commits = 1; }
  SUBCASE("neither was the second, and then the store is away for a while") {
    one.store->lost_commits = 1;
    int commits = 0;
    one.store->before = [&](std::string_view) {
      if (++commits == 3) one.store->gone = true;
    };
    one.add("k");
    one.pass(1s);
    CHECK(one.said.empty());
    one.store->gone = false;
    one.store->before = nullptr;
    one.pass(5s);
    CHECK(one.said == Said{"1"});
    return;
  }
  one.add("k");
  one.pass(1ms);
  CHECK(one.said == Said{"1"});
  CHECK(one.value("k") == "1");
  one.add("k");
  one.pass(1ms);
  CHECK(one.said == Said{"1", "2"});
}

TEST_CASE("Journal: what surely was not written is told") {
  Writer one;
  one.store->failing_commits = 1;
  one.add("k");
  one.pass(1ms);
  CHECK(one.said == Said{"unavailable"});
  one.add("k");
  one.pass(1ms);
  CHECK(one.said == Said{"unavailable", "1"});
}

TEST_CASE("Journal: a session is extended while something is held, and lapses in silence where nothing is") {
  Writer one;
  one.holds = true;
  one.add("k");
  one.pass(1ms);
  one.journal->keep();
  const std::string id = one.journal->session().id();
  one.pass(10min);
  CHECK(one.journal->alive());
  CHECK(one.journal->session().id() == id);
  CHECK(one.store->commits < 80);
  one.holds = false;
  one.pass(2min);
  const int before = one.store->commits;
  one.pass(2min);
  CHECK(one.store->commits == before);
  CHECK_FALSE(one.journal->alive());
  one.add("k");
  one.pass(1ms);
  CHECK(one.overs == 0);
  CHECK(one.journal->session().id() != id);
  CHECK(one.said.back() == "2");
}

TEST_CASE("Journal: who was away for longer than the lease finds the session over, and goes on under another") {
  Writer one;
  one.holds = true;
  one.add("k");
  one.pass(1ms);
  const std::string id = one.journal->session().id();
  one.store->gone = true;
  one.pass(31s);
  CHECK_FALSE(one.journal->alive());
  one.store->gone = false;
  one.add("k");
  one.pass(1ms);
  CHECK(one.overs == 1);
  CHECK(one.journal->session().id() != id);
  CHECK(one.journal->alive());
  CHECK(one.said == Said{"1", "2"});
}

TEST_CASE("Journal: who loses twice against others goes alone and gets through, the rest meanwhile") {
  Writer one;
  int races = 0;
  one.store->before = [&](std::string_view key) {
    if (key.find("inbox-session") == std::string_view::npos || ++races > 5) return;
    const auto entry = one.parts.store->get("hot").value();
    REQUIRE(one.parts.store->put_if_unchanged("hot", std::to_string(100 * races), entry ? entry->generation : 0,
                                              std::nullopt, Durability::relaxed));
  };
  one.add("first");
  one.add("hot", 1);
  one.add("cold", 2);
  one.pass(1ms);
  CHECK(one.value("cold") == "1");
  CHECK(one.value("hot") == "501");
  CHECK(one.said == Said{"1", "1", "501"});
}

TEST_CASE("Journal: of several steps only the one that no store can take is refused") {
  Writer one;
  one.add("k");
  one.add("a", 1);
  one.add(std::string(600, 'x'), 2);
  one.add("b", 3);
  one.pass(1ms);
  CHECK(one.value("a") == "1");
  CHECK(one.value("b") == "1");
  CHECK(std::count(one.said.begin(), one.said.end(), "bad_argument") >= 1);
}

TEST_CASE("Journal: of several steps only the one whose value does not open is refused") {
  Writer one;
  const kefu::SealedOptions sealed(kefu::SealKey(1, kefu::Secret(std::string(32, 'k'))));
  const auto opening = kefu::SealedStore::create(one.parts.store, sealed).value();
  one.parts.core->store = std::make_shared<FaultyStore>(opening);
  REQUIRE(one.parts.store->put_if_unchanged("locked", "sealed by nobody", 0, std::nullopt, Durability::relaxed));
  one.add("k");
  one.add("a", 1);
  one.add("locked", 2);
  one.add("b", 3);
  one.pass(1ms);
  CHECK(opening->get("a").value()->value == "1");
  CHECK(opening->get("b").value()->value == "1");
  CHECK(one.said.size() == 4);
  CHECK(std::count(one.said.begin(), one.said.end(), "configuration") == 1);
}

TEST_CASE("Journal: what is counted as a change wrote something") {
  Writer one;
  one.add("k");
  for (int i = 0; i < 10; ++i) {
    one.journal->run<int>(
        1, {"k"}, [](StagedStore&, const std::string&) -> Result<int> { return 1; },
        [](const Result<int>&, std::uint64_t) {});
  }
  one.add("k", 2);
  one.pass(1ms);
  CHECK(one.said == Said{"1", "2"});
  CHECK(one.journal->figures().steps == 2);
}
