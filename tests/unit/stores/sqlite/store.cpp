// What is special about the SQLite store: what is in the file, locks, room.
#include "support/temp_folder.hpp"
#include "support/test_clock.hpp"
#include "unit/stores/sqlite/sqlite_access.hpp"

#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

using kefu::Durability;
using kefu::ErrorKind;
using kefu::Millis;
using kefu::SqliteOptions;
using kefu::SqliteStore;
using kefu::StoreWrite;
using kefu_test::check_error;
using kefu_test::keep;
using kefu_test::open_sqlite;
using kefu_test::SqliteHand;
using kefu_test::TempFolder;
using kefu_test::TestClock;
using std::chrono::seconds;

TEST_CASE("the SQLite store keeps everything when it is closed, and generations go on") {
  const TempFolder folder;
  const auto clock = std::make_shared<TestClock>();
  const std::string path = folder.file("store.db");
  const auto expires = clock->wall() + Millis(1'234);
  std::uint64_t generation = 0, fence = 0, removed = 0;
  {
    const auto store = open_sqlite(path, clock);
    CHECK(store->durable());
    generation = keep(*store, "k", "v", 0, Millis(1'234));
    removed = keep(*store, "gone", "v");
    REQUIRE(store->remove_if_unchanged("gone", removed)->committed);
    fence = (*store->lease("job", "me", seconds(10)))->fence;
    const auto over = *store->lease("over", "me", seconds(10));
    REQUIRE(store->release(*over).has_value());
    fence = over->fence;
  }
  CHECK(!std::filesystem::exists(path + "-wal"));
  const auto store = open_sqlite(path, clock);
  const auto entry = *store->get("k");
  REQUIRE(entry);
  CHECK(entry->value == "v");
  CHECK(entry->generation == generation);
  CHECK(entry->expires == expires);
  CHECK(!*store->lease("job", "other", seconds(10)));
  CHECK((*store->lease("job", "me", seconds(10)))->fence < fence);
  CHECK((*store->lease("over", "me", seconds(10)))->fence > fence);
  CHECK(keep(*store, "gone", "v") > removed);
}

TEST_CASE("generations and fences do not go back when a backup is put back") {
  const TempFolder folder;
  const auto clock = std::make_shared<TestClock>();
  const std::string path = folder.file("store.db");
  keep(*open_sqlite(path, clock), "k", "v");
  std::filesystem::copy_file(path, path + ".backup");
  std::uint64_t last = 0;
  for (int day = 0; day < 20; ++day) {
    const auto store = open_sqlite(path, clock);
    last = keep(*store, "new" + std::to_string(day), "v");
    last = std::max(last, (*store->lease("job", std::to_string(day), seconds(1)))->fence);
    clock->advance(seconds(5));
  }
  std::filesystem::rename(path + ".backup", path);
  const auto store = open_sqlite(path, clock);
  REQUIRE(!*store->get("new0"));
  CHECK(keep(*store, "new0", "v") > last);
  CHECK((*store->lease("job", "me", seconds(1)))->fence > last);
}

TEST_CASE("a clock that is far off does not use up the numbers") {
  const TempFolder folder;
  std::uint64_t last = 0;
  for (const std::int64_t year : {1970, 2200, 2026}) {
    const auto store = open_sqlite(folder.file("store.db"), std::make_shared<TestClock>((year - 1970) * 31'556'952));
    const auto number = keep(*store, std::to_string(year), "v");
    CHECK(number > last);
    CHECK(number < std::uint64_t{3} << 61);
    last = number;
  }
}

TEST_CASE("two stores on one file see each other at once") {
  const TempFolder folder;
  const auto clock = std::make_shared<TestClock>();
  const auto a = open_sqlite(folder.file("store.db"), clock);
  const auto b = open_sqlite(folder.file("store.db"), clock);
  const auto first = keep(*a, "k", "from a");
  CHECK((*b->get("k"))->value == "from a");
  const auto second = keep(*b, "k", "from b", first);
  CHECK(!a->put_if_unchanged("k", "late", first, std::nullopt, Durability::relaxed)->committed);
  CHECK((*a->get("k"))->generation == second);
  CHECK(*a->lease("job", "a", seconds(10)));
  CHECK(!*b->lease("job", "b", seconds(10)));
  clock->advance(seconds(10));
  CHECK(*b->lease("job", "b", seconds(10)));
}

TEST_CASE("waiting for another process ends with busy_timeout; reading goes on") {
  const TempFolder folder;
  SqliteOptions options(folder.file("store.db"));
  options.busy_timeout = Millis(50);
  const auto store = SqliteStore::open(options).value();
  keep(*store, "k", "v");
  REQUIRE(*store->lease("taken", "me", seconds(1000)));
  SqliteHand other(options.path);
  other.run("BEGIN IMMEDIATE");
  const auto start = std::chrono::steady_clock::now();
  check_error(store->put_if_unchanged("x", "v", 0, std::nullopt, Durability::relaxed), ErrorKind::unavailable,
              "busy_timeout");
  check_error(store->lease("job", "me", seconds(1)), ErrorKind::unavailable, "busy_timeout");
  check_error(SqliteStore::open(options), ErrorKind::unavailable, "busy_timeout");
  const auto waited = std::chrono::steady_clock::now() - start;
  CHECK(waited >= Millis(150));
  CHECK(waited < seconds(10));
  CHECK((*store->get("k"))->value == "v");
  CHECK(store->list("", "", 10)->items.size() == 1);
  CHECK(!*store->lease("taken", "you", seconds(1)));  // Who asks for what is taken does not wait either.
  other.run("ROLLBACK");
  CHECK(store->put_if_unchanged("x", "v", 0, std::nullopt, Durability::relaxed)->committed);
}

TEST_CASE("a file that was taken away under the store takes no more writes") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  const auto store = open_sqlite(path);
  keep(*store, "k", "v");
  std::filesystem::rename(path, path + ".old");
  check_error(store->put_if_unchanged("x", "v", 0, std::nullopt, Durability::full), ErrorKind::configuration,
              "moved or deleted");
  std::filesystem::rename(path + ".old", path);
  CHECK(store->put_if_unchanged("x", "v", 0, std::nullopt, Durability::full)->committed);
}

TEST_CASE("past max_bytes writes are refused whole until something is removed") {
  const TempFolder folder;
  SqliteOptions options(folder.file("store.db"));
  options.max_bytes = 400'000;
  const auto store = SqliteStore::open(options).value();
  std::vector<std::uint64_t> generations;
  std::optional<kefu::Error> error;
  while (!error && generations.size() < 1000) {
    const auto outcome =
        store->commit({StoreWrite::put("a" + std::to_string(generations.size()), std::string(900, 'v'), 0),
                       StoreWrite::put("b" + std::to_string(generations.size()), std::string(900, 'v'), 0)},
                      Durability::relaxed);
    if (!outcome) {
      error = outcome.error();
    } else {
      generations.push_back(outcome->generation);
    }
  }
  REQUIRE(error);
  CHECK_MESSAGE(error->kind() == ErrorKind::quota_exhausted, error->to_string());
  CHECK(generations.size() > 100);
  CHECK(std::filesystem::file_size(options.path) <= 400'000);
  CHECK(store->list("a", "", 1000)->items.size() == generations.size());
  CHECK(store->list("b", "", 1000)->items.size() == generations.size());
  for (int i = 0; i < 10; ++i) {
    const std::string number = std::to_string(i);
    const auto removed = store->commit(
        {StoreWrite::remove("a" + number, generations[i]), StoreWrite::remove("b" + number, generations[i])},
        Durability::relaxed);
    REQUIRE_MESSAGE(removed.has_value(), removed.error().to_string());
    CHECK(removed->committed);
  }
  CHECK(store->put_if_unchanged("new", std::string(900, 'v'), 0, std::nullopt, Durability::full)->committed);
}

TEST_CASE("expired rows and leases leave the file with later writes") {
  const TempFolder folder;
  const auto clock = std::make_shared<TestClock>();
  const auto store = open_sqlite(folder.file("store.db"), clock);
  std::vector<StoreWrite> writes;
  for (int i = 0; i < 200; ++i) writes.push_back(StoreWrite::put("e" + std::to_string(i), "v", 0, seconds(5)));
  REQUIRE(store->commit(writes, Durability::relaxed)->committed);
  for (int i = 0; i < 20; ++i) REQUIRE(*store->lease("l" + std::to_string(i), "me", seconds(5)));
  const auto kept = keep(*store, "kept", "v", 0, seconds(100));
  SqliteHand other(folder.file("store.db"));
  CHECK(other.number("SELECT count(*) FROM entry") == 201);
  CHECK(other.number("SELECT count(*) FROM lease") == 20);
  clock->advance(seconds(5));
  std::uint64_t generation = kept;
  for (int i = 0; i < 33; ++i) generation = keep(*store, "kept", std::to_string(i), generation, seconds(100));
  CHECK(other.number("SELECT count(*) FROM entry") == 1);
  CHECK(other.number("SELECT count(*) FROM lease") == 0);
  CHECK(other.number("SELECT count(*) FROM source") == 1);
}

TEST_CASE("leases that are over leave the file with later leases, and with writes of what does not expire") {
  const TempFolder folder;
  const auto clock = std::make_shared<TestClock>();
  const auto store = open_sqlite(folder.file("store.db"), clock);
  const auto over = [&](int count) {
    for (int i = 0; i < count; ++i) REQUIRE(*store->lease("l" + std::to_string(i), "me", seconds(5)));
    clock->advance(seconds(5));
  };
  SqliteHand other(folder.file("store.db"));
  over(50);
  for (int i = 0; i < 33; ++i) REQUIRE(*store->lease("job", "me", seconds(5)));
  CHECK(other.number("SELECT count(*) FROM lease") == 1);
  over(50);
  std::uint64_t generation = 0;
  for (int i = 0; i < 33; ++i) generation = keep(*store, "kept", "v", generation);
  CHECK(other.number("SELECT count(*) FROM lease") == 0);
}

TEST_CASE("large commits of entries that expire do not make the file grow") {
  const TempFolder folder;
  const auto clock = std::make_shared<TestClock>();
  const auto store = open_sqlite(folder.file("store.db"), clock);
  for (int round = 0; round < 64; ++round) {
    std::vector<StoreWrite> writes;
    for (int i = 0; i < 100; ++i)
      writes.push_back(StoreWrite::put(std::to_string(round * 100 + i), "v", 0, seconds(1)));
    REQUIRE(store->commit(writes, Durability::relaxed)->committed);
    clock->advance(seconds(1));
  }
  SqliteHand other(folder.file("store.db"));
  CHECK(other.number("SELECT count(*) FROM entry") < 2000);
}
