// Durability::full waits for the disk with each commit, relaxed does not: counted at the system's calls, which this
// program puts itself in front of.
#include "support/temp_folder.hpp"

#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <sys/syscall.h>
#include <unistd.h>

namespace {
std::atomic<int> file_syncs{0};
}

extern "C" {
int fsync(int file) {
  ++file_syncs;
  return static_cast<int>(syscall(SYS_fsync, file));
}
int fdatasync(int file) {
  ++file_syncs;
  return static_cast<int>(syscall(SYS_fdatasync, file));
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
