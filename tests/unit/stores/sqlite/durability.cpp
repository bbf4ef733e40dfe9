// Durability::full waits for the disk with each commit, relaxed does not: counted at the system's calls, which this
// program puts itself in front of.
#include "support/temp_folder.hpp"
#include "unit/stores/sqlite/sqlite_access.hpp"

#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace {
std::atomic<int> file_syncs{0};
std::atomic<int> sync_fault{0};      ///< What errno the next ones fail with; 0: they work.
std::atomic<ino_t> watched_file{0};  ///< Whose syncs are counted.
std::atomic<int> watched_syncs{0};
std::atomic<bool> syncs_held{false};  ///< They take until this is over.
std::atomic<int> write_fault{0};      ///< What errno writes fail with; 0: they work.
std::atomic<int> writes_before{0};    ///< So many work all the same.

ssize_t write_at(int file, const void* bytes, std::size_t size, off_t place) {
  if (const int fault = write_fault) {
    if (writes_before-- <= 0) return errno = fault, -1;
  }
  return static_cast<ssize_t>(syscall(SYS_pwrite64, file, bytes, size, place));
}

int sync_file(long call, int file) {
  ++file_syncs;
  struct stat info {};
  if (watched_file != 0 && ::fstat(file, &info) == 0 && info.st_ino == watched_file) {
    ++watched_syncs;
    while (syncs_held) std::this_thread::yield();
  }
  if (const int fault = sync_fault) return errno = fault, -1;
  return static_cast<int>(syscall(call, file));
}

/// Counts the syncs of a database file, which only the emptying of its log does, and may make them slow.
class WatchedSyncs {
 public:
  explicit WatchedSyncs(const std::string& path) {
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    watched_syncs = 0;
    watched_file = info.st_ino;
  }
  ~WatchedSyncs() {
    watched_file = 0;
    let_go();
  }
  void hold() { syncs_held = true; }
  void let_go() { syncs_held = false; }
  int count() const { return watched_syncs; }
  bool await(int least, std::chrono::milliseconds limit) const {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (watched_syncs < least && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return watched_syncs >= least;
  }
};

void commit_large(kefu::Store& store, const std::string& key) {
  const auto done = store.put_if_unchanged(key, std::string(20'000, 'v'), 0, std::nullopt, kefu::Durability::relaxed);
  REQUIRE(done.has_value());
  REQUIRE(done->committed);
}

/// Until whoever moves the log has done it: its sync comes before its end.
void await_moved(const std::string& path) {
  kefu_test::SqliteHand hand(path);
  while (hand.number("PRAGMA wal_checkpoint(PASSIVE)") != 0) std::this_thread::yield();
}

/// Until a log that began with the store has so many pages, and not one commit more.
int commit_until_pages(kefu::Store& store, const std::string& path, std::uintmax_t pages, const std::string& prefix) {
  int commits = 0;
  while (std::filesystem::file_size(path + "-wal") < 32 + pages * 4120)
    commit_large(store, prefix + std::to_string(commits++));
  return commits;
}
}  // namespace

extern "C" {
int fsync(int file) { return sync_file(SYS_fsync, file); }
int fdatasync(int file) { return sync_file(SYS_fdatasync, file); }
ssize_t pwrite(int file, const void* bytes, std::size_t size, off_t place) {
  return write_at(file, bytes, size, place);
}
ssize_t pwrite64(int file, const void* bytes, std::size_t size, off_t place) {
  return write_at(file, bytes, size, place);
}
}

TEST_CASE("a full commit is on the disk when it is acknowledged, a relaxed one is not forced there") {
  const kefu_test::TempFolder folder;
  const auto store = kefu::SqliteStore::open(kefu::SqliteOptions(folder.file("store.db"))).value();
  const auto syncs_of = [&](int number, kefu::Durability durability) {
    const int before = file_syncs;
    REQUIRE(store->put_if_unchanged("k" + std::to_string(number), "v", 0, std::nullopt, durability)->committed);
    return file_syncs - before;
  };
  REQUIRE(syncs_of(0, kefu::Durability::relaxed) >= 0);
  for (int i = 1; i < 20; ++i) {
    CAPTURE(i);
    if (i % 3 == 0) {
      CHECK(syncs_of(i, kefu::Durability::full) >= 1);
    } else {
      CHECK(syncs_of(i, kefu::Durability::relaxed) == 0);
    }
  }
}

TEST_CASE("foundation e: a commit that found no room has no end in the log: refused, and there is room for removals") {
  int fault = 0;
  SUBCASE("no room") { fault = ENOSPC; }
  SUBCASE("a quota") { fault = EDQUOT; }
  SUBCASE("a limit of the file's size") { fault = EFBIG; }
  const kefu_test::TempFolder folder;
  const auto store = kefu::SqliteStore::open(kefu::SqliteOptions(folder.file("store.db"))).value();
  const auto put = [&](const std::string& key) {
    return store->put_if_unchanged(key, std::string(9000, 'v'), 0, std::nullopt, kefu::Durability::full);
  };
  REQUIRE(put("before")->committed);
  for (int works = 0; works < 12; ++works) {  // Three pages and more: their heads and bodies are written apart.
    CAPTURE(works);
    writes_before = works;
    write_fault = fault;
    const auto failed = put("k" + std::to_string(works));
    write_fault = 0;
    if (failed) {  // After the first refusal the log was emptied, and there were writes enough to begin it anew.
      CHECK(works >= 6);
      CHECK(failed->committed);
      continue;
    }
    CHECK(failed.error().kind() == kefu::ErrorKind::quota_exhausted);
    CHECK(failed.error().delivery() == kefu::Delivery::refused);
    CHECK_FALSE(store->get("k" + std::to_string(works))->has_value());
    CHECK(put("k" + std::to_string(works))->committed);
  }
}

TEST_CASE("foundation e: a commit whose write failed for another reason is unknown") {
  const kefu_test::TempFolder folder;
  const auto store = kefu::SqliteStore::open(kefu::SqliteOptions(folder.file("store.db"))).value();
  writes_before = 0;
  write_fault = EIO;
  const auto failed = store->put_if_unchanged("k", "v", 0, std::nullopt, kefu::Durability::full);
  write_fault = 0;
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind() == kefu::ErrorKind::unavailable);
  CHECK(failed.error().delivery() == kefu::Delivery::unknown);
  CHECK(store->put_if_unchanged("k", "v", 0, std::nullopt, kefu::Durability::full)->committed);
}

TEST_CASE("foundation D1: a log whose pages are all in the file begins anew, and is emptied every thousand pages") {
  const kefu_test::TempFolder folder;
  const std::string path = folder.file("store.db");
  const auto store = kefu::SqliteStore::open(kefu::SqliteOptions(path)).value();
  WatchedSyncs syncs(path);
  int commits = commit_until_pages(*store, path, 1000, "first/");
  REQUIRE(syncs.await(1, std::chrono::seconds(30)));
  CHECK(syncs.count() == 1);
  await_moved(path);
  for (int round = 0; round < 3; ++round) {  // As many pages again; the first ones were those of a new file, too.
    CAPTURE(round);
    for (int i = 0; i < commits - 1; ++i) commit_large(*store, std::to_string(round) + "/" + std::to_string(i));
    for (int more = 0; more < 6 && !syncs.await(2 + round, std::chrono::milliseconds(500)); ++more)
      commit_large(*store, std::to_string(round) + "/more/" + std::to_string(more));
    REQUIRE(syncs.await(2 + round, std::chrono::milliseconds(0)));
    await_moved(path);
  }
  CHECK(std::filesystem::file_size(path + "-wal") < 2 * 1000 * 4120);
}

TEST_CASE("foundation D1: while the disk takes its time to empty the log, commits, readers and a new store go on") {
  const kefu_test::TempFolder folder;
  const std::string path = folder.file("store.db");
  auto store = kefu::SqliteStore::open(kefu::SqliteOptions(path)).value();
  std::shared_ptr<kefu::SqliteStore> again;
  std::thread closes;
  WatchedSyncs syncs(path);
  syncs.hold();
  const int commits = commit_until_pages(*store, path, 1000, "k/");
  REQUIRE(syncs.await(1, std::chrono::seconds(30)));
  commit_large(*store, "while it lasts");
  CHECK((*store->get("k/0"))->value.size() == 20'000);

  // Closing waits for what is under way; whoever opens the file meanwhile has it to himself then.
  const std::weak_ptr<kefu::SqliteStore> open = store;
  closes = std::thread([closed = std::move(store)]() mutable { closed.reset(); });
  const auto closing = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
  while (!open.expired() || std::chrono::steady_clock::now() < closing) std::this_thread::yield();
  auto opened = kefu::SqliteStore::open(kefu::SqliteOptions(path));
  if (opened) again = *opened;
  const bool wrote = again && again->put_if_unchanged("again", "v", 0, std::nullopt, kefu::Durability::full);
  syncs.let_go();
  closes.join();
  REQUIRE(wrote);
  std::filesystem::create_hard_link(path, folder.file("second.db"));
  CHECK(!kefu::SqliteStore::open(kefu::SqliteOptions(folder.file("second.db"))).has_value());
  commit_large(*again, "after");
  CHECK(again->list("", "", kefu::ListLimits::keys(1000))->items.size() == static_cast<std::size_t>(commits + 3));
}

TEST_CASE("foundation e: a commit whose wait for the disk failed is unknown, as the log may hold all of it") {
  int fault = 0;
  SUBCASE("no room, which file systems may say as late as this") { fault = ENOSPC; }
  SUBCASE("a quota") { fault = EDQUOT; }
  SUBCASE("the disk") { fault = EIO; }
  const kefu_test::TempFolder folder;
  const std::string path = folder.file("store.db");
  const auto store = kefu::SqliteStore::open(kefu::SqliteOptions(path)).value();
  const auto put = [&](const char* key) {
    return store->put_if_unchanged(key, "v", 0, std::nullopt, kefu::Durability::full);
  };
  REQUIRE(put("before")->committed);
  sync_fault = fault;
  const auto failed = put("k");
  sync_fault = 0;
  REQUIRE_FALSE(failed);
  CHECK(failed.error().delivery() == kefu::Delivery::unknown);

  // What a machine that goes down now may find: the files without the index of the log, which is not kept.
  for (const char* ending : {"", "-wal"}) std::filesystem::copy_file(path + ending, folder.file("found.db") + ending);
  const auto found = kefu::SqliteStore::open(kefu::SqliteOptions(folder.file("found.db"))).value();
  CHECK(found->get("k")->has_value());
  CHECK_FALSE(store->get("k")->has_value());
  CHECK(put("k")->committed);
}
