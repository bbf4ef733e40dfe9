// Commits of several writers over PostgreSQL: none is lost, none waits in a circle, and what is not known is said.
#include "unit/stores/postgres/factory.hpp"
#include "unit/stores/store_access.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <random>
#include <thread>
#include <vector>

using namespace kefu;
using kefu_test::postgres_options;
using kefu_test::PostgresHand;
using kefu_test::PostgresServer;
using kefu_test::put;
using kefu_test::read;

namespace {

/// A lock on an entry that another program holds until `let_go`.
class HeldRow {
 public:
  HeldRow(const PostgresOptions& options, const std::string& key) : hand_(PostgresServer::shared().hand()) {
    hand_.run("BEGIN; SELECT 1 FROM " + options.schema + ".kefu_entry WHERE key = '" + key + "' FOR UPDATE");
  }
  void let_go() { hand_.run("ROLLBACK"); }

 private:
  PostgresHand hand_;
};

/// Blocks until so many sessions of the store wait for that.
void await_waiting(PostgresHand& hand, const std::string& event, int count = 1) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::stoi(hand.run("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kefu' AND wait_event = '" +
                            event + "'")) < count) {
    REQUIRE(std::chrono::steady_clock::now() < until);
  }
}

/// kill -9 of the session that waits for that; the server recovers by itself.
void kill_waiting(PostgresHand& hand, const std::string& event) {
  const std::string pid =
      hand.run("SELECT pid FROM pg_stat_activity WHERE application_name = 'kefu' AND wait_event = '" + event + "'");
  REQUIRE(!pid.empty());
  REQUIRE(::kill(std::stoi(pid), SIGKILL) == 0);
}

std::shared_ptr<PostgresStore> reopened(const PostgresOptions& options) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (;;) {
    auto store = PostgresStore::open(options);
    if (store) return *store;
    REQUIRE(std::chrono::steady_clock::now() < until);
  }
}

}  // namespace

TEST_CASE("STO-2 PostgreSQL: of two writers that meet at an entry the later one is refused, whatever each knew") {
  const PostgresOptions options = postgres_options();
  const auto one = PostgresStore::open(options).value();
  const auto two = PostgresStore::open(options).value();
  const auto first = put(*one, "k", "old");
  HeldRow held(options, "k");
  const auto write = [&](PostgresStore& store, const std::string& value) {
    return store.put_if_unchanged("k", value, first, std::nullopt, Durability::full).value().committed;
  };
  auto a = std::async(std::launch::async, [&] { return write(*one, "a"); });
  auto b = std::async(std::launch::async, [&] { return write(*two, "b"); });
  auto hand = PostgresServer::shared().hand();
  await_waiting(hand, "transactionid");
  await_waiting(hand, "tuple");
  held.let_go();
  const bool a_did = a.get(), b_did = b.get();
  CHECK(a_did != b_did);
  CHECK(read(*one, "k")->value == (a_did ? "a" : "b"));
}

TEST_CASE("STO-2 PostgreSQL: two that demand each other's absence cannot both be right") {
  const PostgresOptions options = postgres_options();
  const auto one = PostgresStore::open(options).value();
  const auto two = PostgresStore::open(options).value();
  for (int round = 0; round < 50; ++round) {
    const std::string a = "a" + std::to_string(round), b = "b" + std::to_string(round);
    const auto write = [](PostgresStore& store, const std::string& mine, const std::string& other) {
      return store.commit({StoreWrite::remove(other, 0), StoreWrite::put(mine, "v", 0)}, Durability::relaxed)
          .value()
          .committed;
    };
    auto first = std::async(std::launch::async, [&] { return write(*one, a, b); });
    const bool second = write(*two, b, a);
    CHECK((first.get() != second));
    CHECK((read(*one, a).has_value() != read(*one, b).has_value()));
  }
}

TEST_CASE("PostgreSQL: commits over the same entries in any order never wait in a circle") {
  const PostgresOptions options = postgres_options();
  auto hand = PostgresServer::shared().hand();
  const std::string before = hand.run("SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'");
  constexpr int kThreads = 8, kRounds = 60, kKeys = 12;
  std::atomic<int> trouble{0}, committed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const auto store = PostgresStore::open(options).value();
      std::mt19937 random(static_cast<unsigned>(t));
      std::vector<std::string> keys;
      for (int k = 0; k < kKeys; ++k) keys.push_back("k" + std::to_string(k));
      for (int round = 0; round < kRounds; ++round) {
        std::shuffle(keys.begin(), keys.end(), random);
        const std::vector<std::string> some(keys.begin(), keys.begin() + 6);
        const auto found = store->get_many(some);
        if (!found) {
          ++trouble;
          continue;
        }
        std::vector<StoreWrite> writes;
        for (std::size_t i = 0; i < some.size(); ++i) {
          const auto expected = (*found)[i] ? (*found)[i]->generation : 0;
          // Entries come and go and expire, so that rows are locked, made and removed all at once.
          if (random() % 3 == 0) {
            writes.push_back(StoreWrite::remove(some[i], expected));
          } else {
            writes.push_back(StoreWrite::put(some[i], "v", expected, Millis(random() % 40 + 1)));
          }
        }
        const auto outcome = store->commit(writes, Durability::relaxed);
        if (!outcome) ++trouble;
        if (outcome && outcome->committed) ++committed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(trouble == 0);
  CHECK(committed > kRounds);
  MESSAGE(committed.load() << " of " << kThreads * kRounds << " committed");
  hand.run("SELECT pg_stat_force_next_flush()");
  CHECK(hand.run("SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'") == before);
}

TEST_CASE("PostgreSQL: a server killed in COMMIT leaves the outcome unknown, and the commit may stand") {
  auto& server = PostgresServer::shared();
  const PostgresOptions options = postgres_options();
  const auto store = PostgresStore::open(options).value();
  REQUIRE(store->put_if_unchanged("k", "v", 0, std::nullopt, Durability::full).value().committed);
  // Committed on its disk, the server waits for a standby that is not there before it answers.
  server.hand().run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  server.hand().run("SELECT pg_reload_conf()");
  std::string doubtful;
  auto failure = std::async(std::launch::async, [&] {
    for (int n = 0;; ++n) {  // The setting reaches the server's processes in their own time.
      doubtful = "done " + std::to_string(n);
      const auto outcome = store->put_if_unchanged(doubtful, "v", 0, std::nullopt, Durability::full);
      if (!outcome) return outcome.error();
    }
  });
  {
    auto hand = server.hand();
    await_waiting(hand, "SyncRep");
    kill_waiting(hand, "SyncRep");
  }
  const Error error = failure.get();
  CHECK_MESSAGE(error.kind() == ErrorKind::unavailable, error.to_string());
  CHECK(error.delivery() == Delivery::unknown);
  server.stop(SIGINT);
  server.start({"synchronous_standby_names="});
  server.hand().run("ALTER SYSTEM RESET synchronous_standby_names");
  CHECK(read(*reopened(options), doubtful));
  CHECK(read(*store, "k")->value == "v");
}

TEST_CASE("PostgreSQL: a server killed before COMMIT leaves the outcome unknown, and nothing is written") {
  auto& server = PostgresServer::shared();
  const PostgresOptions options = postgres_options();
  const auto store = PostgresStore::open(options).value();
  // What was done with less may go with the server.
  const auto first = store->put_if_unchanged("k", "v", 0, std::nullopt, Durability::full).value().generation;
  HeldRow held(options, "k");
  auto doubtful = std::async(std::launch::async, [&] {
    return store->commit({StoreWrite::put("a", "v", 0), StoreWrite::put("k", "w", first)}, Durability::full);
  });
  auto hand = server.hand();
  await_waiting(hand, "transactionid");
  kill_waiting(hand, "transactionid");
  const auto outcome = doubtful.get();
  REQUIRE(!outcome.has_value());
  CHECK(outcome.error().delivery() == Delivery::unknown);
  const auto again = reopened(options);
  CHECK(!read(*again, "a"));
  CHECK(read(*again, "k")->generation == first);
  // What was given out before the crash never comes again.
  CHECK(put(*again, "b", "v") > first);
}

TEST_CASE("PostgreSQL: who waits for an entry longer than the timeout is refused, and nothing is written") {
  PostgresOptions options = postgres_options();
  const auto patient = PostgresStore::open(options).value();
  const auto first = put(*patient, "k", "v");
  options.timeout = Millis(300);
  const auto store = PostgresStore::open(options).value();
  put(*store, "warm", "v");
  HeldRow held(options, "k");
  const auto begun = std::chrono::steady_clock::now();
  const auto outcome = store->put_if_unchanged("k", "w", first, std::nullopt, Durability::full);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
  REQUIRE(!outcome.has_value());
  CHECK_MESSAGE(outcome.error().kind() == ErrorKind::unavailable, outcome.error().to_string());
  held.let_go();
  CHECK(read(*patient, "k")->value == "v");
}
