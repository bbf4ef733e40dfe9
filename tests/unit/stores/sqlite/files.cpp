// The SQLite store and what happens to its file outside of it: copied into children of fork(), moved, replaced, given
// two names (foundation a).
#include "support/temp_folder.hpp"
#include "unit/stores/sqlite/sqlite_access.hpp"

#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using kefu::Durability;
using kefu::ErrorKind;
using kefu::SqliteOptions;
using kefu::SqliteStore;
using kefu_test::TempFolder;
using std::chrono::seconds;

namespace {

std::shared_ptr<SqliteStore> open_file(const std::string& path) {
  auto opened = SqliteStore::open(SqliteOptions(path));
  REQUIRE_MESSAGE(opened.has_value(), opened.error().to_string());
  return *opened;
}

template <class T>
bool is_refused(const kefu::Result<T>& result, const char* text) {
  return !result.has_value() && result.error().kind() == ErrorKind::configuration &&
         result.error().message().find(text) != std::string::npos;
}

/// Every operation answers `configuration` with that text.
bool all_refused(SqliteStore& store, const char* text) {
  return is_refused(store.get("k"), text) && is_refused(store.get_many({"k"}), text) &&
         is_refused(store.list("", "", 1), text) &&
         is_refused(store.put_if_unchanged("k", "late", 0, std::nullopt, Durability::full), text) &&
         is_refused(store.lease("l", "late", seconds(1)), text) &&
         is_refused(store.release(kefu::Lease("l", "late", 1, {})), text);
}

bool write(SqliteStore& store, const std::string& key) {
  const auto done = store.put_if_unchanged(key, "v", 0, std::nullopt, Durability::full);
  return done.has_value() && done->committed;
}

/// All of it is in the file then.
void move_log(const std::string& path) {
  kefu_test::SqliteHand hand(path);
  while (hand.number("PRAGMA wal_checkpoint(RESTART)") != 0) std::this_thread::yield();  // While the thread does it.
}

/// Runs `child` in a fork that must end with true within a minute.
template <class Child>
bool in_child(Child child) {
  const pid_t pid = fork();
  if (pid == 0) {
    alarm(60);
    _exit(child() ? 0 : 1);  // no exit handlers: they belong to the parent
  }
  int status = 0;
  return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("foundation a: a child of fork() may not open what its parent had open, and harms nothing by trying") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  auto store = open_file(path);
  REQUIRE(write(*store, "before"));
  std::filesystem::create_symlink(path, folder.file("link.db"));
  CHECK(in_child([&] {
    bool good = all_refused(*store, "fork()");
    store.reset();  // Must not touch the parent's file.
    for (const char* name : {"store.db", "link.db", "./store.db"}) {
      good = good && is_refused(SqliteStore::open(SqliteOptions(folder.file(name))), "in the children only");
    }
    // Not even where another file took its place, and not in a child of its own.
    std::filesystem::rename(path, path + ".old");
    good = good && is_refused(SqliteStore::open(SqliteOptions(path)), "in the children only");
    good = good && is_refused(SqliteStore::open(SqliteOptions(path + ".old")), "in the children only");
    std::filesystem::rename(path + ".old", path);
    good = good && in_child([&] { return is_refused(SqliteStore::open(SqliteOptions(path)), "in the children only"); });
    const auto other = SqliteStore::open(SqliteOptions(folder.file("other.db")));
    return good && other.has_value() && write(**other, "k");
  }));
  CHECK(write(*store, "after"));
  store.reset();
  store = open_file(path);
  CHECK(store->list("", "", 10)->items.size() == 2);
}

TEST_CASE("foundation a: files that are opened in the children only lose nothing, whoever ends first") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  REQUIRE(write(*open_file(path), "parent"));  // Closed before the fork.
  CHECK(in_child([&] {
    int ends[2];
    if (pipe(ends) != 0) return false;
    const bool inner = in_child([&] {
      auto first = SqliteStore::open(SqliteOptions(path));
      return first.has_value() && write(**first, "first");  // Ends without closing.
    });
    auto second = SqliteStore::open(SqliteOptions(path));
    return inner && second.has_value() && write(**second, "second");
  }));
  CHECK(open_file(path)->list("", "", 10)->items.size() == 3);
}

TEST_CASE("foundation a: every operation notices that the file was replaced") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  auto store = open_file(path);
  REQUIRE(write(*store, "k"));
  SUBCASE("all of it deleted, and another store in its place") {
    for (const char* ending : {"", "-wal", "-shm", "-turn"}) std::filesystem::remove(path + ending);
    const auto heir = open_file(path);
    CHECK(*heir->lease("l", "heir", seconds(10)));
    CHECK(all_refused(*store, "moved or deleted"));
    CHECK(write(*heir, "k"));
  }
  SUBCASE("a backup moved over it") {
    std::filesystem::copy_file(path, path + ".backup");
    std::filesystem::rename(path + ".backup", path);
    CHECK(all_refused(*store, "moved or deleted"));
  }
  SUBCASE("the log or the index deleted: nothing is read or written any more") {
    std::string ending;
    SUBCASE("log") { ending = "-wal"; }
    SUBCASE("index") { ending = "-shm"; }
    std::filesystem::remove(path + ending);
    CHECK(all_refused(*store, "moved or deleted"));
  }
}

TEST_CASE("foundation a: who notices that its log was deleted does not take what others committed since with it") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  int go[2];
  REQUIRE(pipe(go) == 0);
  const pid_t other = fork();  // before this process opens the file
  if (other == 0) {
    alarm(60);
    char word = 0;
    if (read(go[0], &word, 1) != 1) _exit(1);
    auto store = SqliteStore::open(SqliteOptions(path));
    const bool done = store.has_value() && write(**store, "acknowledged");
    if (done) store->reset();
    _exit(done ? 0 : 1);
  }
  auto first = open_file(path);
  REQUIRE(write(*first, "k"));
  std::vector<const char*> removed;
  SUBCASE("log and index") { removed = {"-wal", "-shm"}; }
  SUBCASE("log and index, when a thread empties the log too") {
    for (int i = 0; i < 300; ++i) {
      REQUIRE(first->put_if_unchanged(std::to_string(i), std::string(20'000, 'v'), 0, std::nullopt, Durability::relaxed)
                  ->committed);
    }
    const auto end = std::chrono::steady_clock::now() + seconds(60);
    while (std::filesystem::file_size(path) < 1'000'000 && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    REQUIRE(std::filesystem::file_size(path) >= 1'000'000);
    move_log(path);
    removed = {"-wal", "-shm"};
  }
  SUBCASE("the index alone") { removed = {"-shm"}; }
  SUBCASE("the log alone, when all of it was in the file") {
    move_log(path);
    removed = {"-wal"};
  }
  for (const char* ending : removed) std::filesystem::remove(path + ending);
  REQUIRE(::write(go[1], "!", 1) == 1);
  int status = 0;
  REQUIRE(waitpid(other, &status, 0) == other);
  REQUIRE(status == 0);
  CHECK_FALSE(write(*first, "x"));
  first.reset();
  const auto again = open_file(path)->get("acknowledged");
  REQUIRE(again);
  CHECK(again->has_value());
  for (const int end : go) close(end);
}

TEST_CASE("foundation a: a store whose log was deleted is not opened once more beside the open one") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  auto store = open_file(path);
  REQUIRE(write(*store, "k"));
  std::filesystem::rename(path + "-wal", path + ".kept");
  CHECK(is_refused(SqliteStore::open(SqliteOptions(path)), "moved or deleted"));
  CHECK(!std::filesystem::exists(path + "-wal"));
  std::filesystem::rename(path + ".kept", path + "-wal");
  CHECK(*open_file(path)->get("k"));
  CHECK(*store->get("k"));
}

TEST_CASE("a file that this user may only read is no store for him") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  REQUIRE(write(*open_file(path), "k"));
  CHECK(in_child([&] {
    const bool is_root = geteuid() == 0;
    if (chmod(folder.path().c_str(), 0777) != 0 || chmod(path.c_str(), 0444) != 0) return false;
    if (chmod((path + "-turn").c_str(), 0666) != 0 || (is_root && setuid(4321) != 0)) return false;
    return is_refused(SqliteStore::open(SqliteOptions(path)), "cannot be written");
  }));
}

TEST_CASE("a process that may open no more files is told to try later, whichever file of the store it is") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  bool is_new = false;
  SUBCASE("a new file") { is_new = true; }
  SUBCASE("one that is there") { REQUIRE(write(*open_file(path), "before")); }
  CHECK(in_child([&] {
    rlimit limit;
    const int next = dup(0);
    if (next < 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
    close(next);
    limit.rlim_cur = static_cast<rlim_t>(next);
    for (int refusals = 0;; ++refusals, ++limit.rlim_cur) {
      if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || refusals > 30) return false;
      auto opened = SqliteStore::open(SqliteOptions(path));
      if (!opened && opened.error().kind() == ErrorKind::unavailable) continue;
      return opened.has_value() && refusals > 3 && (*opened)->get("before")->has_value() != is_new;
    }
  }));
}

TEST_CASE("a file with two names is opened by one of them") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  const auto store = open_file(path);
  std::filesystem::create_hard_link(path, folder.file("second.db"));
  CHECK(is_refused(SqliteStore::open(SqliteOptions(folder.file("second.db"))), "two names"));
  std::filesystem::create_symlink(path, folder.file("link.db"));
  CHECK(write(*open_file(folder.file("link.db")), "k"));
  CHECK(*store->get("k"));
}
