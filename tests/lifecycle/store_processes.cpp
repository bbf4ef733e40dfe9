// Two processes on one SQLite store: counting together, and outliving the holder of a lease.
#include "support/child_process.hpp"
#include "support/temp_folder.hpp"
#include "support/test_clock.hpp"

#include <kefu/core/error.hpp>
#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

using kefu::Millis;
using kefu::SqliteOptions;
using kefu::SqliteStore;
using kefu_test::ChildProcess;
using kefu_test::TempFolder;

TEST_CASE("STO-2: two processes that count by compare-and-set lose nothing") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  constexpr int kRounds = 400;
  // Both begin with a file that is not there: making it is part of the race.
  ChildProcess one({KEFU_STORE_CHILD, "count", path, "counter", std::to_string(kRounds)});
  ChildProcess two({KEFU_STORE_CHILD, "count", path, "counter", std::to_string(kRounds)});
  for (ChildProcess* child : {&one, &two}) {
    CHECK(child->line() == "ready");
    CHECK(child->line() == "done 400");
    CHECK(child->wait() == 0);
  }
  const auto store = SqliteStore::open(SqliteOptions(path)).value();
  CHECK((*store->get("counter"))->value == std::to_string(2 * kRounds));
}

// Half a layout once looked like the database of another program: the steps of looking were not one snapshot.
TEST_CASE("STO-1: processes that make the same store at the same moment all get it") {
  const TempFolder folder;
  for (int round = 0; round < 40; ++round) {
    const std::string path = folder.file("store" + std::to_string(round) + ".db");
    std::vector<std::unique_ptr<ChildProcess>> makers;
    for (int i = 0; i < 4; ++i)
      makers.push_back(
          std::make_unique<ChildProcess>(std::vector<std::string>{KEFU_STORE_CHILD, "count", path, "counter", "1"}));
    for (const auto& maker : makers) {
      CHECK(maker->line() == "ready");
      CHECK(maker->line() == "done 1");
      CHECK(maker->wait() == 0);
    }
  }
}

TEST_CASE("a process that is stopped again and again, for longer than others wait, loses nothing and breaks nothing") {
  const TempFolder folder(TempFolder::Place::memory);
  const std::string path = folder.file("store.db");
  ChildProcess other({KEFU_STORE_CHILD, "count", path, "counter", "10000"});
  REQUIRE(other.line() == "ready");
  SqliteOptions options(path);
  options.busy_timeout = Millis(60);
  auto opened = SqliteStore::open(options);
  while (!opened && opened.error().kind() == kefu::ErrorKind::unavailable) opened = SqliteStore::open(options);
  REQUIRE_MESSAGE(opened.has_value(), opened.error().to_string());
  const auto store = *opened;
  int mine = 0;
  int refused = 0;
  const auto counter = [&] {
    const auto entry = store->get("counter");
    REQUIRE_MESSAGE(entry.has_value(), entry.error().to_string());
    return *entry ? std::stoi((*entry)->value) : 0;
  };
  for (int round = 0; round < 30; ++round) {
    CAPTURE(round);
    const int before = counter();
    while (counter() == before && before < 10'000 + mine) std::this_thread::yield();  // It goes on.
    other.stop();
    const auto entry = store->get("counter");
    REQUIRE_MESSAGE(entry.has_value(), entry.error().to_string());
    const auto done = store->put_if_unchanged("counter", std::to_string(std::stoi((*entry)->value) + 1),
                                              (*entry)->generation, std::nullopt, kefu::Durability::relaxed);
    if (done) {
      CHECK(done->committed);
      ++mine;
    } else {
      CHECK(done.error().kind() == kefu::ErrorKind::unavailable);
      CHECK(done.error().delivery() == kefu::Delivery::refused);
      ++refused;
    }
    other.go_on();
  }
  MESSAGE(refused << " of 30 times it was stopped in the middle of a commit");
  CHECK(other.line() == "done 10000");
  CHECK(other.wait() == 0);
  CHECK((*store->get("counter"))->value == std::to_string(10'000 + mine));
}

TEST_CASE("STO-3: a lease whose holder is killed is free after one time to live, with a greater fence") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  ChildProcess holder({KEFU_STORE_CHILD, "hold", path, "job", "holder", "30000"});
  const auto line = holder.line();
  REQUIRE(line);
  REQUIRE(line->rfind("fence ", 0) == 0);
  const std::uint64_t fence = std::stoull(line->substr(6));
  holder.kill();
  CHECK(holder.wait() == -SIGKILL);

  // The clock of this process is moved, so that nobody waits for the 30 seconds.
  const auto now = kefu::unix_seconds(std::chrono::system_clock::now());
  const auto clock = std::make_shared<kefu_test::TestClock>(now);
  SqliteOptions options(path);
  options.clock = clock;
  const auto store = SqliteStore::open(options).value();
  CHECK(!*store->lease("job", "heir", Millis(1000)));
  clock->advance(std::chrono::seconds(31));
  const auto heir = *store->lease("job", "heir", Millis(1000));
  REQUIRE(heir);
  CHECK(heir->fence > fence);
}
