// The SQLite store and the end of processes: killed at any instant, at every system call, on a full disk (issue 2, 7).
#include "lifecycle/store_script.hpp"
#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using kefu::SqliteOptions;
using kefu::SqliteStore;
using kefu_test::ChildProcess;
using kefu_test::StoreScript;
using kefu_test::TempFolder;

namespace {

/// What a child said it had done before it ended.
struct Acknowledged {
  int step = 0;
  std::uint64_t generation = 0;
  bool survived = false;

  void read_all(ChildProcess& child) {
    while (const auto line = child.line()) read(*line);
  }
  void read(const std::string& line) {
    if (line == "survived") {
      survived = true;
    } else if (line.rfind("did ", 0) == 0) {
      const std::size_t space = line.find(' ', 4);
      step = std::stoi(line.substr(4));
      generation = std::stoull(line.substr(space));
    } else {
      FAIL_CHECK(line);
    }
  }
};

std::shared_ptr<SqliteStore> open_store(const std::string& path) {
  auto opened = SqliteStore::open(SqliteOptions(path));
  REQUIRE_MESSAGE(opened.has_value(), opened.error().to_string());
  return *opened;
}

/// All that was acknowledged is there, nothing is half done, and the store goes on with new generations.
void check_after_crash(const std::string& path, const Acknowledged& acknowledged,
                       const StoreScript& script = StoreScript()) {
  const auto store = open_store(path);
  StoreScript::State state = script.read(*store);
  CHECK_MESSAGE(state.fault.empty(), state.fault);
  // The last step may have been done and not told.
  CHECK(state.step >= acknowledged.step);
  CHECK(state.step <= acknowledged.step + 1);
  CHECK(state.newest >= acknowledged.generation);
  const auto generation = script.run(*store, state.step + 1);
  REQUIRE_MESSAGE(generation.has_value(), generation.error().to_string());
  CHECK(*generation > acknowledged.generation);
  CHECK(*generation > state.newest);
}

}  // namespace

TEST_CASE("the SQLite store survives kill -9 at every system call it makes, whole and torn") {
  constexpr int kSteps = 6;
  const auto start = std::chrono::steady_clock::now();
  const auto spent = [&] { return std::chrono::steady_clock::now() - start; };
  int killed = 0;
  bool survived = false;
  for (int call = 1; !survived && call < 2000; ++call) {
    // Under a slow build the later ones are sampled: the first steps of every kind are always there.
    if (spent() > std::chrono::seconds(15)) call += 16;
    for (const char* torn : {"0", "1"}) {
      CAPTURE(call);
      CAPTURE(torn);
      const TempFolder folder(TempFolder::Place::memory);
      const std::string path = folder.file("store.db");
      ChildProcess child({KEFU_STORE_CHILD, "die", path, std::to_string(kSteps), std::to_string(call), torn});
      Acknowledged acknowledged;
      acknowledged.read_all(child);
      const int status = child.wait();
      if (acknowledged.survived) {
        survived = true;
        CHECK(status == 0);
        CHECK(acknowledged.step == kSteps);
      } else {
        ++killed;
        CHECK(status == -SIGKILL);
      }
      check_after_crash(path, acknowledged);
    }
  }
  MESSAGE(killed << " processes killed");
  CHECK(survived);  // So each call before was the last one of some round.
  CHECK(killed > 60);
}

// Foundation D1: a log of 1,000 pages is emptied into the file by a thread beside the commits.
TEST_CASE("the SQLite store survives kill -9 while its log is emptied beside the commits") {
  constexpr int kSteps = 400;
  const auto start = std::chrono::steady_clock::now();
  int killed = 0;
  for (int call = 2000; call < 9000 && std::chrono::steady_clock::now() - start < std::chrono::seconds(20);
       call += 230) {
    CAPTURE(call);
    const TempFolder folder(TempFolder::Place::memory);
    const std::string path = folder.file("store.db");
    ChildProcess child(
        {KEFU_STORE_CHILD, "die", path, std::to_string(kSteps), std::to_string(call), call / 230 % 2 == 0 ? "0" : "1"});
    Acknowledged acknowledged;
    acknowledged.read_all(child);
    CHECK(child.wait() == (acknowledged.survived ? 0 : -SIGKILL));
    killed += acknowledged.survived ? 0 : 1;
    check_after_crash(path, acknowledged);
  }
  MESSAGE(killed << " processes killed");
  CHECK(killed > 5);
}

TEST_CASE("the SQLite store survives kill -9 at random instants, again and again") {
  const TempFolder folder;
  const std::string path = folder.file("store.db");
  std::mt19937 random(7);
  Acknowledged acknowledged;
  for (int round = 0; round < 25; ++round) {
    CAPTURE(round);
    const int before = acknowledged.step;
    ChildProcess child({KEFU_STORE_CHILD, "script", path});
    // Killed while it works: after some steps were seen, at whatever it does then.
    const int steps = static_cast<int>(random() % 40);
    for (int seen = 0; seen < steps; ++seen) {
      const auto line = child.line();
      REQUIRE(line);
      acknowledged.read(*line);
    }
    child.kill();
    acknowledged.read_all(child);
    CHECK(child.wait() == -SIGKILL);
    CHECK(acknowledged.step >= before + steps);
    if (round % 2 == 0) continue;  // The next child finds what the killed one left, and checks it itself.
    check_after_crash(path, acknowledged);
    acknowledged.step = StoreScript().read(*open_store(path)).step;
  }
}

TEST_CASE("a process killed while it writes harms nobody who writes beside it") {
  const TempFolder folder(TempFolder::Place::memory);
  const std::string path = folder.file("store.db");
  ChildProcess steady({KEFU_STORE_CHILD, "count", path, "steady", "2000"});
  REQUIRE(steady.line() == "ready");
  for (int round = 0; round < 10; ++round) {
    ChildProcess victim({KEFU_STORE_CHILD, "count", path, "victim", "1000000"});
    REQUIRE(victim.line() == "ready");
    victim.kill();
    CHECK(victim.wait() == -SIGKILL);
  }
  CHECK(steady.line() == "done 2000");
  CHECK(steady.wait() == 0);
  CHECK((*open_store(path)->get("steady"))->value == "2000");
}

TEST_CASE("a full disk is a typed error, nothing acknowledged is lost, and room heals it") {
  for (const char* bytes : {"40000", "100000", "300000", "700000"}) {
    CAPTURE(bytes);
    const TempFolder folder(TempFolder::Place::memory);
    const std::string path = folder.file("store.db");
    open_store(path);
    ChildProcess child({KEFU_STORE_CHILD, "full", path, bytes});
    const auto refused = child.line();
    REQUIRE(refused);
    CHECK_MESSAGE(refused->rfind("refused quota_exhausted", 0) == 0, *refused);
    CHECK_MESSAGE(refused->find("free disk space") != std::string::npos, *refused);
    const auto full = child.line();
    REQUIRE(full);
    CHECK_MESSAGE(full->rfind("full ", 0) == 0, *full);
    Acknowledged acknowledged;
    acknowledged.read_all(child);
    CHECK(child.wait() == 0);
    CHECK(acknowledged.step == std::stoi(full->substr(5)) + 50);
    check_after_crash(path, acknowledged, StoreScript(900));
    // The refusals came from data that did not fit, not from a log nobody emptied.
    CHECK(acknowledged.step > std::stoi(bytes) / 3000);
  }
}
