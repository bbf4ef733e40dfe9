// The file that an SQLite store makes or finds: its name, its mode, what else it may be.
#include "support/temp_folder.hpp"
#include "unit/stores/sqlite/sqlite_access.hpp"

#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using kefu::ErrorKind;
using kefu::Millis;
using kefu::SqliteOptions;
using kefu::SqliteStore;
using kefu_test::check_error;
using kefu_test::keep;
using kefu_test::open_sqlite;
using kefu_test::SqliteHand;
using kefu_test::TempFolder;

namespace {

void check_open_fails(const std::string& path, ErrorKind kind, std::string_view text) {
  CAPTURE(path);
  check_error(SqliteStore::open(SqliteOptions(path)), kind, text);
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

TEST_CASE("the files of a store are its user's only") {
  const TempFolder folder;
  const mode_t mask = umask(0);
  const auto store = open_sqlite(folder.file("store.db"));
  keep(*store, "k", "v");
  umask(mask);
  for (const char* name : {"store.db", "store.db-wal", "store.db-shm", "store.db-turn"}) {
    CAPTURE(name);
    struct stat info;
    REQUIRE(stat(folder.file(name).c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
  }
}

TEST_CASE("who may use the database may use the files beside it") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  keep(*open_sqlite(path), "k", "v");
  REQUIRE(chmod(path.c_str(), 0660) == 0);
  const auto store = open_sqlite(path);
  keep(*store, "more", "v");
  for (const char* name : {"store.db-wal", "store.db-shm", "store.db-turn"}) {
    CAPTURE(name);
    struct stat info;
    REQUIRE(stat(folder.file(name).c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0660);
  }
}

TEST_CASE("a store that root opens stays its owner's, with the files beside it") {
  if (geteuid() != 0) return;
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  keep(*open_sqlite(path), "k", "v");
  for (const auto& file : std::filesystem::directory_iterator(folder.path()))
    REQUIRE(chown(file.path().c_str(), 4321, 4322) == 0);
  std::filesystem::remove(path + "-turn");
  const auto store = open_sqlite(path);
  for (const char* name : {"store.db", "store.db-wal", "store.db-shm", "store.db-turn"}) {
    CAPTURE(name);
    struct stat info;
    REQUIRE(stat(folder.file(name).c_str(), &info) == 0);
    CHECK(info.st_uid == 4321);
    CHECK(info.st_gid == 4322);
  }
}

TEST_CASE("names are file names, whatever SQLite reads in them") {
  const TempFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  for (const char* name : {":memory:", "file:store.db?mode=memory", "with space 客服.db"}) {
    CAPTURE(name);
    keep(*open_sqlite(name), "k", name);
    CHECK(std::filesystem::is_regular_file(folder.file(name)));
    CHECK((*open_sqlite(folder.file(name))->get("k"))->value == name);
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
  SqliteHand(foreign).run("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
  const std::string bytes = bytes_of(foreign);
  check_open_fails(foreign, ErrorKind::configuration, "another program");
  CHECK(bytes_of(foreign) == bytes);

  // Without a table, but with another program's mark.
  for (const char* mark : {"PRAGMA application_id = 5", "PRAGMA user_version = 7"}) {
    CAPTURE(mark);
    const std::string marked = folder.file(std::to_string(std::strlen(mark)) + ".db");
    SqliteHand(marked).run(mark);
    const std::string before = bytes_of(marked);
    check_open_fails(marked, ErrorKind::configuration, "another program");
    CHECK(bytes_of(marked) == before);
  }

  const std::string newer = folder.file("newer.db");
  keep(*open_sqlite(newer), "k", "v");
  SqliteHand(newer).run("PRAGMA user_version = 4");
  check_open_fails(newer, ErrorKind::configuration, "format 4, this library works with 2 and 3");
  SqliteHand(newer).run("PRAGMA user_version = 1");
  check_open_fails(newer, ErrorKind::configuration, "format 1, which no release of kefu wrote or reads; delete it");
  SqliteHand(newer).run("PRAGMA user_version = 0");
  check_open_fails(newer, ErrorKind::configuration, "layout number is missing");
  SqliteHand(newer).run("PRAGMA user_version = 3");  // The next version works beside this one.
  CHECK(*open_sqlite(newer)->get("k"));
  CHECK(SqliteHand(newer).number("PRAGMA user_version") == 3);
  SqliteHand(newer).run("PRAGMA user_version = 2");
  CHECK(*open_sqlite(newer)->get("k"));
  SqliteHand(newer).run("DROP TABLE lease");
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
    const auto store = open_sqlite(path);
    for (int i = 0; i < 200; ++i) keep(*store, "key " + std::to_string(i), std::string(400, 'v'));
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
  keep(*open_sqlite(cut), "k", "v");
  std::filesystem::resize_file(cut, 4096);
  check_open_fails(cut, ErrorKind::configuration, "store");
}
