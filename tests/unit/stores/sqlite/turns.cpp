// Who writes when: turns between threads and processes, a log that stays bounded, numbers from one growing source.
#include "stores/sqlite/turn.hpp"
#include "support/temp_folder.hpp"

#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using kefu::Durability;
using kefu::Millis;
using kefu::SqliteOptions;
using kefu::SqliteStore;
using kefu::detail::SqliteProcessTurn;
using kefu::detail::SqliteTurn;
using kefu_test::TempFolder;

namespace {

kefu::MonoTime in(Millis time) { return std::chrono::steady_clock::now() + time; }

/// Whether another process could lock that byte of the file now.
bool is_free(const std::string& path, int byte) {
  const pid_t pid = fork();
  if (pid == 0) {
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = byte;
    range.l_len = 1;
    _exit(fcntl(open(path.c_str(), O_RDWR | O_CLOEXEC), F_SETLK, &range) == 0 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  return status == 0;
}

/// A thread that is expected to go to sleep in `work`.
class Sleeper {
 public:
  explicit Sleeper(std::function<void()> work)
      : thread_([this, work = std::move(work)] {
          id_ = static_cast<int>(syscall(SYS_gettid));
          work();
        }) {}
  ~Sleeper() { join(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  void await_sleep() {
    const auto end = in(Millis(20'000));
    char state = 0;
    while (state != 'S' && std::chrono::steady_clock::now() < end) {
      std::this_thread::yield();
      std::ifstream stat("/proc/self/task/" + std::to_string(id_) + "/stat");
      std::string text;
      std::getline(stat, text);
      state = text.find(") ") == std::string::npos ? 0 : text[text.rfind(") ") + 2];
    }
    REQUIRE(state == 'S');
  }

 private:
  std::atomic<int> id_{0};
  std::thread thread_;
};

/// Another process that locks bytes of the file of turns and does nothing more, as if it were stopped.
class Stopped {
 public:
  Stopped(const std::string& path, int first, int count) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    pid_ = fork();
    if (pid_ == 0) {
      alarm(60);
      const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
      struct flock range {};
      range.l_type = F_WRLCK;
      range.l_whence = SEEK_SET;
      range.l_start = first;
      range.l_len = count;
      const char done = fcntl(file, F_SETLK, &range) == 0 ? '1' : '0';
      static_cast<void>(!::write(ends[1], &done, 1));
      for (;;) pause();
    }
    char done = 0;
    REQUIRE(read(ends[0], &done, 1) == 1);
    REQUIRE(done == '1');
    close(ends[0]);
    close(ends[1]);
  }
  ~Stopped() { end(); }
  void end() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

}  // namespace

TEST_CASE("a thread that takes the turn again and again starves nobody, and a wait ends with its deadline") {
  SqliteTurn turn;
  REQUIRE(turn.take(in(Millis(1000))));
  CHECK(!turn.try_take());
  CHECK(!turn.take(in(Millis(5))));
  std::atomic<bool> served{false};
  std::thread other([&] {
    if (turn.take(in(Millis(20'000)))) {
      served = true;
      turn.give_back();
    }
  });
  const auto end = in(Millis(20'000));
  for (bool held = true; !served && std::chrono::steady_clock::now() < end;) {
    if (held) turn.give_back();
    held = turn.take(end);
    if (held && served) turn.give_back();
  }
  other.join();
  CHECK(served);
}

TEST_CASE("who has waited for a millisecond comes before who comes later, and those who wait in their order") {
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    SqliteTurn turn;
    REQUIRE(turn.take(in(Millis(20'000))));
    std::vector<int> order;  // written by whoever has the turn
    std::promise<void> go;
    const std::shared_future<void> gone = go.get_future().share();
    std::vector<std::unique_ptr<Sleeper>> waiting;
    for (int number = 0; number < 3; ++number) {
      waiting.push_back(std::make_unique<Sleeper>([&, number] {
        if (!turn.take(in(Millis(20'000)))) return;
        order.push_back(number);
        gone.wait();
        turn.give_back();
      }));
      waiting.back()->await_sleep();
    }
    const auto long_enough = in(Millis(2));
    while (std::chrono::steady_clock::now() < long_enough) std::this_thread::yield();
    turn.give_back();
    CHECK(!turn.try_take());
    CHECK(!turn.take(in(Millis(0))));
    CHECK(!turn.try_take());
    go.set_value();
    for (const auto& thread : waiting) thread->join();
    CHECK(order == std::vector<int>{0, 1, 2});
    CHECK(turn.try_take());
  }
}

TEST_CASE("foundation D1: who waits for the turn between processes has the place in the queue, and nobody else") {
  const TempFolder folder;
  const std::string path = folder.file("store.db-turn");
  constexpr int kPlace = 0, kTurn = 1, kLog = 2;
  SqliteProcessTurn turn;
  REQUIRE(turn.open(folder.file("store.db")).has_value());
  REQUIRE(turn.take(in(Millis(10'000))));
  CHECK(is_free(path, kPlace));
  CHECK(!is_free(path, kTurn));
  turn.give_back();
  CHECK(is_free(path, kTurn));

  Stopped holder(path, kTurn, 1);
  std::thread ends([&] {
    while (is_free(path, kPlace)) std::this_thread::yield();
    holder.end();
  });
  CHECK(turn.take(in(Millis(20'000))));
  ends.join();
  CHECK(is_free(path, kPlace));
  CHECK(!is_free(path, kTurn));
  turn.give_back();

  // Somebody waits: who comes now waits behind him, and passes him by when he has slept for long.
  std::optional<Stopped> waits(std::in_place, path, kPlace, 1);
  CHECK(!turn.take(in(Millis(0))));
  REQUIRE(turn.take(in(Millis(10'000))));
  turn.give_back();
  CHECK(turn.take(in(Millis(0))));  // He sleeps still.
  turn.give_back();
  {
    const Stopped other(path, kTurn, 1);
    const auto start = std::chrono::steady_clock::now();
    CHECK(!turn.take(in(Millis(10))));
    CHECK(std::chrono::steady_clock::now() - start < Millis(800));
  }
  CHECK(turn.take(in(Millis(0))));
  turn.give_back();
  waits.reset();
  CHECK(turn.take(in(Millis(0))));
  turn.give_back();
  waits.emplace(path, kPlace, 1);
  CHECK(!turn.take(in(Millis(0))));
  waits.reset();

  CHECK(turn.try_take_log());
  CHECK(!is_free(path, kLog));
  CHECK(is_free(path, kTurn));
  turn.give_back_log();
  CHECK(is_free(path, kLog));
  const Stopped other(path, kLog, 1);
  CHECK(!turn.try_take_log());
}

TEST_CASE("foundation D1: a place in the queue is respected for 20 ms") {
  bool respected = false;
  for (int attempt = 0; attempt < 50 && !respected; ++attempt) {  // On a busy machine this process may sleep so long.
    const TempFolder folder;
    SqliteProcessTurn turn;
    REQUIRE(turn.open(folder.file("store.db")).has_value());
    const Stopped waits(folder.file("store.db-turn"), 0, 1);
    respected = !turn.take(in(Millis(5)));
  }
  CHECK(respected);
}

TEST_CASE(
    "foundation D1: the turn between processes is freed by death, and who is stopped while waiting holds up nobody") {
  const TempFolder folder;
  const std::string path = folder.file("store.db-turn");
  SqliteProcessTurn turn;
  REQUIRE(turn.open(folder.file("store.db")).has_value());
  CHECK(turn.take(in(Millis(1000))));
  turn.give_back();
  SUBCASE("stopped with the turn") {
    Stopped other(path, 1, 1);
    CHECK(!turn.take(in(Millis(30))));
    other.end();
    CHECK(turn.take(in(Millis(10'000))));
  }
  SUBCASE("stopped while it waited") {
    Stopped other(path, 0, 1);
    for (int i = 0; i < 50; ++i) {
      REQUIRE(turn.take(in(Millis(10'000))));
      turn.give_back();
    }
    other.end();
    CHECK(turn.take(in(Millis(10'000))));
  }
}

TEST_CASE("foundation D1: a process that was stopped with the turn, but not in a transaction, is passed by") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  SqliteOptions options(path);
  options.busy_timeout = Millis(1000);
  const auto store = SqliteStore::open(options).value();
  const Stopped other(path + "-turn", 0, 2);
  const auto start = std::chrono::steady_clock::now();
  const auto done = store->put_if_unchanged("k", "v", 0, std::nullopt, Durability::relaxed);
  REQUIRE_MESSAGE(done.has_value(), done.error().to_string());
  CHECK(done->committed);
  CHECK(std::chrono::steady_clock::now() - start < Millis(950));  // Some is left for a lock of SQLite's own.
}

TEST_CASE("foundation D1: the log stays bounded while several write without a pause") {
  const TempFolder folder(TempFolder::Place::memory);
  const std::string path = folder.file("store.db");
  constexpr int kWriters = 2;
  constexpr int kCommits = 6'000;  // 190 MB of log in all: pages that do not change are not written
  std::optional<Stopped> stopped;
  SUBCASE("one empties it") {}
  SUBCASE("another process was stopped when it was about to empty it") {
    std::ofstream(path + "-turn").close();
    stopped.emplace(path + "-turn", 2, 1);
  }
  std::atomic<int> running{kWriters};
  std::atomic<int> failures{0};
  const auto end = in(Millis(30'000));
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      const auto store = SqliteStore::open(SqliteOptions(path)).value();
      std::uint64_t generation = 0;
      for (int i = 0; i < kCommits && std::chrono::steady_clock::now() < end; ++i) {
        const auto done =
            store->put_if_unchanged("k" + std::to_string(w), std::string(9000, static_cast<char>('a' + i % 26)),
                                    generation, std::nullopt, Durability::relaxed);
        if (!done || !done->committed) {
          ++failures;
          break;
        }
        generation = done->generation;
      }
      --running;
    });
  }
  std::uintmax_t largest = 0;
  while (running > 0) {
    std::error_code none;
    const auto size = std::filesystem::file_size(path + "-wal", none);
    if (!none) largest = std::max(largest, size);
    std::this_thread::yield();
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(failures == 0);
  CHECK(largest <= 128u << 20);
  MESSAGE("largest log: " << (largest >> 20) << " MB");
}

TEST_CASE("foundation D1: generations and fences grow over all who write, whoever writes when") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  std::vector<std::shared_ptr<SqliteStore>> stores;
  for (int i = 0; i < 3; ++i) stores.push_back(SqliteStore::open(SqliteOptions(path)).value());
  std::uint64_t last = 0, generation = 0;
  for (int i = 0; i < 300; ++i) {
    CAPTURE(i);
    // Runs of one and turns of all.
    SqliteStore& store = *stores[static_cast<std::size_t>(i % 60 < 30 ? i % 3 : 0)];
    if (i == 150) stores[1] = SqliteStore::open(SqliteOptions(path)).value();
    // A commit that meets somebody else's write is rolled back.
    if (i % 7 == 0)
      CHECK(!store.put_if_unchanged("k", "late", generation + 1, std::nullopt, Durability::relaxed)->committed);
    const auto done = store.put_if_unchanged("k", "v", generation, std::nullopt, Durability::relaxed);
    REQUIRE(done.has_value());
    REQUIRE(done->committed);
    generation = done->generation;
    CHECK(generation > last);
    last = generation;
    if (i % 5 != 0) continue;
    const auto lease = store.lease("l" + std::to_string(i), "me", Millis(1000));
    REQUIRE(lease.has_value());
    CHECK((*lease)->fence > last);
    last = (*lease)->fence;
  }
  CHECK(stores[0]->commit({kefu::StoreWrite::remove("k", generation)}, Durability::relaxed)->committed);
  stores.clear();
  const auto again = SqliteStore::open(SqliteOptions(path)).value();
  CHECK(again->put_if_unchanged("k", "v", 0, std::nullopt, Durability::relaxed)->generation > last);
}
