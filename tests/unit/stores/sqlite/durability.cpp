// Durability::full waits for the disk with each commit, relaxed does not: counted at the system's calls, which this
// program puts itself in front of.
#include "support/temp_folder.hpp"

#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <sys/syscall.h>
#include <unistd.h>

namespace {
std::atomic<int> file_syncs{0};
std::atomic<int> sync_fault{0};  ///< What errno the next ones fail with; 0: they work.

int sync_file(long call, int file) {
  ++file_syncs;
  if (const int fault = sync_fault) return errno = fault, -1;
  return static_cast<int>(syscall(call, file));
}
}  // namespace

extern "C" {
int fsync(int file) { return sync_file(SYS_fsync, file); }
int fdatasync(int file) { return sync_file(SYS_fdatasync, file); }
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
