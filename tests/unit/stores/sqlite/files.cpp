// The SQLite store and what happens to its file outside of it: copied into children of fork(), moved, replaced, given
// two names (foundation a).
#include "support/temp_folder.hpp"

#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

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
  for (const char* ending : {"-wal", "-shm"}) std::filesystem::remove(path + ending);
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
