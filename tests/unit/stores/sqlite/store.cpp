// What is special about the SQLite store: its file, other processes' files, locks, room.
#include "support/temp_folder.hpp"
#include "support/test_clock.hpp"

#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

using kefu::Durability;
using kefu::ErrorKind;
using kefu::Millis;
using kefu::SqliteOptions;
using kefu::SqliteStore;
using kefu::StoreWrite;
using kefu_test::TempFolder;
using kefu_test::TestClock;
using std::chrono::seconds;

namespace {

std::shared_ptr<SqliteStore> open_store(const std::string& path, std::shared_ptr<TestClock> clock = nullptr) {
  SqliteOptions options(path);
  options.clock = std::move(clock);
  auto opened = SqliteStore::open(options);
  REQUIRE_MESSAGE(opened.has_value(), opened.error().to_string());
  return *opened;
}

std::uint64_t put(kefu::Store& store, const std::string& key, const std::string& value, std::uint64_t expected = 0,
                  std::optional<Millis> ttl = std::nullopt) {
  const auto outcome = store.put_if_unchanged(key, value, expected, ttl, Durability::full);
  REQUIRE_MESSAGE(outcome.has_value(), outcome.error().to_string());
  REQUIRE(outcome->committed);
  return outcome->generation;
}

template <class T>
void check_error(const kefu::Result<T>& result, ErrorKind kind, std::string_view text) {
  REQUIRE(!result.has_value());
  CHECK_MESSAGE(result.error().kind() == kind, result.error().to_string());
  CHECK_MESSAGE(result.error().message().find(text) != std::string::npos, result.error().to_string());
}

void check_open_fails(const std::string& path, ErrorKind kind, std::string_view text) {
  CAPTURE(path);
  check_error(SqliteStore::open(SqliteOptions(path)), kind, text);
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

/// Another program's hand on the file.
class Database {
 public:
  explicit Database(const std::string& path) { REQUIRE(sqlite3_open(path.c_str(), &handle_) == SQLITE_OK); }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  void run(const char* sql) { REQUIRE(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK); }
  int number(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
    const int value = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return value;
  }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace

TEST_CASE("the SQLite store keeps everything when it is closed, and generations go on") {
  const TempFolder folder;
  const auto clock = std::make_shared<TestClock>();
  const std::string path = folder.file("store.db");
  const auto expires = clock->wall() + Millis(1'234);
  std::uint64_t generation = 0, fence = 0, removed = 0;
  {
    const auto store = open_store(path, clock);
    CHECK(store->durable());
    generation = put(*store, "k", "v", 0, Millis(1'234));
    removed = put(*store, "gone", "v");
    REQUIRE(store->remove_if_unchanged("gone", removed)->committed);
    fence = (*store->lease("job", "me", seconds(10)))->fence;
    const auto over = *store->lease("over", "me", seconds(10));
    REQUIRE(store->release(*over).has_value());
    fence = over->fence;
  }
  CHECK(!std::filesystem::exists(path + "-wal"));
  const auto store = open_store(path, clock);
  const auto entry = *store->get("k");
  REQUIRE(entry);
  CHECK(entry->value == "v");
  CHECK(entry->generation == generation);
  CHECK(entry->expires == expires);
  CHECK(!*store->lease("job", "other", seconds(10)));
  CHECK((*store->lease("job", "me", seconds(10)))->fence < fence);
  CHECK((*store->lease("over", "me", seconds(10)))->fence > fence);
  CHECK(put(*store, "gone", "v") > removed);
}

TEST_CASE("two stores on one file see each other at once") {
  const TempFolder folder;
  const auto clock = std::make_shared<TestClock>();
  const auto a = open_store(folder.file("store.db"), clock);
  const auto b = open_store(folder.file("store.db"), clock);
  const auto first = put(*a, "k", "from a");
  CHECK((*b->get("k"))->value == "from a");
  const auto second = put(*b, "k", "from b", first);
  CHECK(!a->put_if_unchanged("k", "late", first, std::nullopt, Durability::relaxed)->committed);
  CHECK((*a->get("k"))->generation == second);
  CHECK(*a->lease("job", "a", seconds(10)));
  CHECK(!*b->lease("job", "b", seconds(10)));
  clock->advance(seconds(10));
  CHECK(*b->lease("job", "b", seconds(10)));
}

TEST_CASE("the files of a store are its user's only") {
  const TempFolder folder;
  const mode_t mask = umask(0);
  const auto store = open_store(folder.file("store.db"));
  put(*store, "k", "v");
  umask(mask);
  for (const char* name : {"store.db", "store.db-wal", "store.db-shm"}) {
    CAPTURE(name);
    struct stat info;
    REQUIRE(stat(folder.file(name).c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
  }
}

TEST_CASE("names are file names, whatever SQLite reads in them") {
  const TempFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  for (const char* name : {":memory:", "file:store.db?mode=memory", "with space 客服.db"}) {
    CAPTURE(name);
    put(*open_store(name), "k", name);
    CHECK(std::filesystem::is_regular_file(folder.file(name)));
    CHECK((*open_store(folder.file(name))->get("k"))->value == name);
  }
  std::filesystem::current_path(before);
}

TEST_CASE("what is not a kefu store is refused and left as it is (API-2)") {
  const TempFolder folder;
  check_open_fails("", ErrorKind::bad_argument, "path");
  check_open_fails(std::string("a\0b", 3), ErrorKind::bad_argument, "path");
  check_open_fails(folder.path(), ErrorKind::configuration, "folder");
  check_open_fails(folder.file("missing/store.db"), ErrorKind::configuration, "No such file");
  check_open_fails("/dev/null", ErrorKind::configuration, "regular file");
  check_open_fails("/proc/kefu.db", ErrorKind::configuration, "cannot be made");

  const std::string text = folder.file("notes.txt");
  std::ofstream(text) << std::string(5000, 'x');
  check_open_fails(text, ErrorKind::configuration, "not a kefu store");
  CHECK(bytes_of(text) == std::string(5000, 'x'));

  const std::string foreign = folder.file("foreign.db");
  Database(foreign).run("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
  const std::string bytes = bytes_of(foreign);
  check_open_fails(foreign, ErrorKind::configuration, "another program");
  CHECK(bytes_of(foreign) == bytes);

  const std::string newer = folder.file("newer.db");
  put(*open_store(newer), "k", "v");
  Database(newer).run("PRAGMA user_version = 4");
  check_open_fails(newer, ErrorKind::configuration, "format 4, this library works with 2 and 3");
  Database(newer).run("PRAGMA user_version = 1");
  check_open_fails(newer, ErrorKind::configuration, "format 1, which no release of kefu wrote or reads; delete it");
  Database(newer).run("PRAGMA user_version = 3");  // The next version works beside this one.
  CHECK(*open_store(newer)->get("k"));
  CHECK(Database(newer).number("PRAGMA user_version") == 3);
  Database(newer).run("PRAGMA user_version = 2");
  CHECK(*open_store(newer)->get("k"));
  Database(newer).run("DROP TABLE lease");
  check_open_fails(newer, ErrorKind::configuration, "lacks");

  SqliteOptions options(folder.file("store.db"));
  options.busy_timeout = Millis(0);
  check_error(SqliteStore::open(options), ErrorKind::bad_argument, "busy_timeout is 0 ms");
  options.busy_timeout = Millis(60'001);
  check_error(SqliteStore::open(options), ErrorKind::bad_argument, "60001");
}

TEST_CASE("a damaged file is a configuration error, and the process lives on") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  {
    const auto store = open_store(path);
    for (int i = 0; i < 200; ++i) put(*store, "key " + std::to_string(i), std::string(400, 'v'));
  }
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const std::string rubbish(4096, '\x5a');
    const auto size = std::filesystem::file_size(path);
    for (std::uintmax_t place = 4096; place + 4096 <= size; place += 4096) {
      file.seekp(static_cast<std::streamoff>(place));
      file << rubbish;
    }
  }
  check_open_fails(path, ErrorKind::configuration, "damaged");

  const std::string cut = folder.file("cut.db");
  put(*open_store(cut), "k", "v");
  std::filesystem::resize_file(cut, 4096);
  check_open_fails(cut, ErrorKind::configuration, "store");
}

TEST_CASE("waiting for another process ends with busy_timeout; reading goes on") {
  const TempFolder folder;
  SqliteOptions options(folder.file("store.db"));
  options.busy_timeout = Millis(50);
  const auto store = SqliteStore::open(options).value();
  put(*store, "k", "v");
  Database other(options.path);
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
  other.run("ROLLBACK");
  CHECK(store->put_if_unchanged("x", "v", 0, std::nullopt, Durability::relaxed)->committed);
}

TEST_CASE("a file that was taken away under the store takes no more writes") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  const auto store = open_store(path);
  put(*store, "k", "v");
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
  const auto store = open_store(folder.file("store.db"), clock);
  std::vector<StoreWrite> writes;
  for (int i = 0; i < 200; ++i) writes.push_back(StoreWrite::put("e" + std::to_string(i), "v", 0, seconds(5)));
  REQUIRE(store->commit(writes, Durability::relaxed)->committed);
  for (int i = 0; i < 20; ++i) REQUIRE(*store->lease("l" + std::to_string(i), "me", seconds(5)));
  const auto kept = put(*store, "kept", "v", 0, seconds(100));
  Database other(folder.file("store.db"));
  CHECK(other.number("SELECT count(*) FROM entry") == 201);
  CHECK(other.number("SELECT count(*) FROM lease") == 20);
  clock->advance(seconds(5));
  std::uint64_t generation = kept;
  for (int i = 0; i < 33; ++i) generation = put(*store, "kept", std::to_string(i), generation, seconds(100));
  CHECK(other.number("SELECT count(*) FROM entry") == 1);
  CHECK(other.number("SELECT count(*) FROM lease") == 0);
  CHECK(other.number("SELECT count(*) FROM source") == 1);
}

TEST_CASE("large commits of entries that expire do not make the file grow") {
  const TempFolder folder;
  const auto clock = std::make_shared<TestClock>();
  const auto store = open_store(folder.file("store.db"), clock);
  for (int round = 0; round < 64; ++round) {
    std::vector<StoreWrite> writes;
    for (int i = 0; i < 100; ++i)
      writes.push_back(StoreWrite::put(std::to_string(round * 100 + i), "v", 0, seconds(1)));
    REQUIRE(store->commit(writes, Durability::relaxed)->committed);
    clock->advance(seconds(1));
  }
  Database other(folder.file("store.db"));
  CHECK(other.number("SELECT count(*) FROM entry") < 2000);
}
