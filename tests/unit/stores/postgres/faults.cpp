// The PostgreSQL store and a network and a server that fail: typed errors in bounded time, and it heals by itself.
#include "support/planted_secrets.hpp"
#include "support/tcp_proxy.hpp"
#include "unit/stores/postgres/factory.hpp"
#include "unit/stores/store_access.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

using namespace kefu;
using kefu_test::postgres_options;
using kefu_test::PostgresServer;
using kefu_test::put;
using kefu_test::read;
using kefu_test::TcpProxy;

namespace {

constexpr std::chrono::seconds kBounded{20};  // Far above every timeout below, far below forever.

/// A store behind a network that can fail.
struct ProxiedStore {
  explicit ProxiedStore(Millis timeout = Millis(400), std::size_t connections = 4) {
    options.conninfo = conninfo();
    options.connections = connections;
    store = PostgresStore::open(options).value();  // With patience, then with little.
    options.timeout = options.connect_timeout = timeout;
    store = PostgresStore::open(options).value();
    generation = put(*store, "k", "v");
  }
  std::string conninfo() const {
    return "host=127.0.0.1 sslmode=disable dbname=postgres user=kefu port=" + std::to_string(proxy.port());
  }
  /// The errors of a server that is out of reach, in bounded time.
  void check_unavailable() {
    const auto begun = std::chrono::steady_clock::now();
    const auto got = store->get("k");
    REQUIRE(!got.has_value());
    CHECK_MESSAGE(got.error().kind() == ErrorKind::unavailable, got.error().to_string());
    CHECK(store->now().error().kind() == ErrorKind::unavailable);
    CHECK(store->list("", "", 10).error().kind() == ErrorKind::unavailable);
    CHECK(store->lease("job", "me", Millis(1000)).error().kind() == ErrorKind::unavailable);
    CHECK(store->release(Lease("job", "me", 1, WallTime())).error().kind() == ErrorKind::unavailable);
    const auto commit = store->put_if_unchanged("k", "w", generation, std::nullopt, Durability::full);
    REQUIRE(!commit.has_value());
    CHECK_MESSAGE(commit.error().kind() == ErrorKind::unavailable, commit.error().to_string());
    CHECK(commit.error().delivery() == Delivery::refused);
    CHECK(std::chrono::steady_clock::now() - begun < kBounded);
  }
  /// Works again, after pauses of a second at the most.
  void await_healed() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!store->get("k")) REQUIRE(std::chrono::steady_clock::now() < until);
    CHECK(read(*store, "k"));
  }

  PostgresOptions options = postgres_options();
  TcpProxy proxy{PostgresServer::shared().socket()};
  std::shared_ptr<PostgresStore> store;
  std::uint64_t generation = 0;
};

}  // namespace

TEST_CASE("PostgreSQL: connections that are cut are made anew, unnoticed where nothing was under way") {
  ProxiedStore world(Millis(10'000));
  const int before = world.proxy.connections();
  for (int round = 0; round < 3; ++round) {
    world.proxy.cut();
    CHECK(read(*world.store, "k")->generation == world.generation);
    world.proxy.cut();
    world.generation = put(*world.store, "k", "v", world.generation);
  }
  CHECK(world.proxy.connections() == before + 6);
}

TEST_CASE("PostgreSQL: a server that refuses connections costs nobody a wait, and is asked ever more seldom") {
  ProxiedStore world(Millis(10'000));
  world.proxy.refuse(true);
  world.proxy.cut();
  world.check_unavailable();
  const int before = world.proxy.connections();
  const auto begun = std::chrono::steady_clock::now();
  int calls = 0;
  std::optional<Millis> pause;
  while (std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(500)) {
    const auto got = world.store->get("k");
    REQUIRE(!got.has_value());
    if (got.error().details().retry_after) pause = got.error().details().retry_after;
    ++calls;
  }
  CHECK(calls > 100);
  CHECK(world.proxy.connections() - before < 20);
  REQUIRE(pause);
  CHECK(*pause <= Millis(1000));
  world.proxy.refuse(false);
  world.await_healed();
  CHECK(read(*world.store, "k")->generation == world.generation);
}

TEST_CASE("PostgreSQL: a connection that stands and says nothing ends in the timeout, and a commit on it is unknown") {
  ProxiedStore world;
  world.proxy.swallow(true);
  const auto begun = std::chrono::steady_clock::now();
  const auto commit = world.store->put_if_unchanged("k", "w", world.generation, std::nullopt, Durability::full);
  REQUIRE(!commit.has_value());
  CHECK(commit.error().kind() == ErrorKind::unavailable);
  CHECK(commit.error().delivery() == Delivery::unknown);
  CHECK(std::chrono::steady_clock::now() - begun < kBounded);
  world.check_unavailable();  // New connections say nothing either.
  world.proxy.swallow(false);
  world.proxy.cut();
  world.await_healed();
}

TEST_CASE("PostgreSQL: a commit whose answer is lost is unknown, and it may be there") {
  ProxiedStore world;
  world.proxy.swallow_answers(true);
  const auto commit = world.store->put_if_unchanged("done", "v", 0, std::nullopt, Durability::full);
  REQUIRE(!commit.has_value());
  CHECK(commit.error().delivery() == Delivery::unknown);
  world.proxy.swallow_answers(false);
  world.await_healed();
  CHECK(read(*world.store, "done")->value == "v");
}

TEST_CASE("PostgreSQL: a server that answers 200 ms late is slow, not wrong, and each operation is one round trip") {
  ProxiedStore world(Millis(20'000), 1);
  std::vector<StoreWrite> writes;
  std::vector<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    keys.push_back("many/" + std::to_string(i));
    writes.push_back(StoreWrite::put(keys.back(), "v", 0));
  }
  // What is used for the first time is prepared, once on each connection.
  CHECK(world.store->get_many(keys));
  CHECK(*world.store->lease("job", "me", Millis(60'000)));
  CHECK(world.store->list("many/", "", 100));
  world.proxy.delay_answers(Millis(200));
  const auto trips = [](auto operation) {
    const auto begun = std::chrono::steady_clock::now();
    operation();
    return (std::chrono::steady_clock::now() - begun) / std::chrono::milliseconds(200);
  };
  CHECK(trips([&] { CHECK(world.store->commit(writes, Durability::full)->committed); }) == 1);
  CHECK(trips([&] { CHECK(world.store->get_many(keys)->at(99)); }) == 1);
  CHECK(trips([&] { CHECK(*world.store->lease("job", "me", Millis(60'000))); }) == 1);
  CHECK(trips([&] { CHECK(world.store->list("many/", "", 100)->items.size() == 100); }) == 1);
}

TEST_CASE("PostgreSQL: the pool is bounded, and who finds no connection free waits no longer than the timeout") {
  ProxiedStore world(Millis(2000), 3);
  auto hand = PostgresServer::shared().hand();
  hand.run("BEGIN; SELECT 1 FROM " + world.options.schema + ".kefu_entry WHERE key = 'k' FOR UPDATE");
  const int before = world.proxy.connections();
  std::atomic<int> ended{0}, refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 7; ++i) {
    threads.emplace_back([&] {
      const auto done = world.store->put_if_unchanged("k", "w", world.generation, std::nullopt, Durability::full);
      if (!done && done.error().kind() == ErrorKind::unavailable) ++refused;
      ++ended;
    });
  }
  int most = 0;
  auto other = PostgresServer::shared().hand();
  while (ended < 7) {
    most = std::max(most, std::stoi(other.run("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kefu' "
                                              "AND wait_event_type = 'Lock'")));
  }
  for (std::thread& thread : threads) thread.join();
  hand.run("ROLLBACK");
  CHECK(refused == 7);
  CHECK(most == 3);
  CHECK(world.proxy.connections() - before <= 3 + 2);  // One was there; those that were late are made anew.
  world.await_healed();

  world.options.connections = 1;
  world.options.timeout = Millis(300);
  const auto database = PostgresDatabase::open(world.options).value();
  const auto store = PostgresStore::open(database).value();
  std::promise<void> taken, done;
  std::thread holder([&] {
    CHECK(database->transact(
        "",
        [&](SqlTransaction&) -> Result<void> {
          taken.set_value();
          done.get_future().wait();
          return {};
        },
        [] {
          SqlOptions patient;
          patient.timeout = Millis(60'000);
          return patient;
        }()));
  });
  taken.get_future().wait();
  const auto got = store->get("k");
  done.set_value();
  holder.join();
  REQUIRE(!got.has_value());
  CHECK(got.error().kind() == ErrorKind::unavailable);
  CHECK(got.error().message().find("all connections were in use") != std::string::npos);
  CHECK(read(*store, "k"));
}

TEST_CASE("PostgreSQL: a server that restarts is missed only while it is away") {
  auto& server = PostgresServer::shared();
  const PostgresOptions options = postgres_options();
  const auto store = PostgresStore::open(options).value();
  const auto generation = put(*store, "k", "v");
  const auto lease = *store->lease("job", "me", Millis(600'000));
  server.stop(SIGINT);
  const auto away = store->get("k");
  REQUIRE(!away.has_value());
  CHECK(away.error().kind() == ErrorKind::unavailable);
  server.start();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!store->get("k")) REQUIRE(std::chrono::steady_clock::now() < until);
  CHECK(read(*store, "k")->generation == generation);
  CHECK((*store->lease("job", "me", Millis(600'000)))->fence == lease->fence);
  CHECK(put(*store, "l", "v") > generation);
}

TEST_CASE("PostgreSQL: after a failover the other server is used; a host that does not answer takes only its share") {
  kefu_test::PostgresServer second;
  ProxiedStore world(Millis(10'000));
  // The second server has the first one's data, as a standby has.
  PostgresOptions direct = world.options;
  direct.conninfo = second.conninfo();
  put(*PostgresStore::open(direct).value(), "where", "second");
  world.proxy.switch_to(second.socket());
  world.proxy.cut();
  CHECK(read(*world.store, "where")->value == "second");

  TcpProxy silent{PostgresServer::shared().socket()};
  silent.swallow(true);
  PostgresOptions both = world.options;
  both.connect_timeout = Millis(1000);
  both.conninfo =
      "host=127.0.0.1,127.0.0.1 sslmode=disable dbname=postgres user=kefu port=" + std::to_string(silent.port()) + "," +
      std::to_string(world.proxy.port());
  CHECK(read(*PostgresStore::open(both).value(), "where")->value == "second");
  // A server that only reads is passed over too.
  second.hand().run("ALTER SYSTEM SET default_transaction_read_only = on");
  second.hand().run("SELECT pg_reload_conf()");
  while (second.hand().run("SHOW default_transaction_read_only") != "on") REQUIRE(world.store != nullptr);
  both.conninfo = "host=" + second.conninfo().substr(5, second.conninfo().find(' ') - 5) + "," +
                  PostgresServer::shared().conninfo().substr(5, PostgresServer::shared().conninfo().find(' ') - 5) +
                  " dbname=postgres user=kefu";
  CHECK(!read(*PostgresStore::open(both).value(), "where"));
}

TEST_CASE("PostgreSQL: a server that only reads now says so, and nothing is written") {
  const PostgresOptions options = postgres_options();
  const auto store = PostgresStore::open(options).value();
  const auto generation = put(*store, "k", "v");
  auto hand = PostgresServer::shared().hand();
  hand.run("ALTER SYSTEM SET default_transaction_read_only = on");
  hand.run("SELECT pg_reload_conf()");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  std::optional<Error> refusal;
  while (!refusal) {  // It reaches the server's processes in their own time.
    REQUIRE(std::chrono::steady_clock::now() < until);
    const auto outcome = store->put_if_unchanged("new", "w", 0, std::nullopt, Durability::full);
    if (!outcome) refusal = outcome.error();
  }
  CHECK_MESSAGE(refusal->kind() == ErrorKind::unavailable, refusal->to_string());
  CHECK(refusal->platform_code() == "25006");
  CHECK(refusal->delivery() == Delivery::refused);
  CHECK(read(*store, "k")->generation == generation);
  // A new connection wants a server that takes writes.
  const auto opened = PostgresStore::open(options);
  CHECK((!opened && opened.error().kind() == ErrorKind::unavailable));
  hand.run("ALTER SYSTEM RESET default_transaction_read_only");
  hand.run("SELECT pg_reload_conf()");
  while (!store->put_if_unchanged("later", "w", 0, std::nullopt, Durability::full)) {
    REQUIRE(std::chrono::steady_clock::now() < until);
  }
}

TEST_CASE("PostgreSQL: a full disk is quota_exhausted, and room heals it") {
  auto& server = PostgresServer::shared();
  const PostgresOptions options = postgres_options();
  const auto store = PostgresStore::open(options).value();
  put(*store, "k", "v");
  server.hand().run("CHECKPOINT");
  server.stop(SIGINT);
  // Not a multiple of a page, so that a page is written in part, as on a disk that is full.
  server.start({}, 4 * 1048576 + 4096);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!store->get("k")) REQUIRE(std::chrono::steady_clock::now() < until);
  // Random bytes, which the server cannot make smaller.
  auto hand = server.hand();
  std::optional<Error> refusal;
  int stored = 0;
  for (; stored < 30 && !refusal; ++stored) {
    std::string value(900'000, 'v');
    unsigned state = static_cast<unsigned>(stored) + 1;
    for (char& c : value) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    const auto done =
        store->put_if_unchanged("big/" + std::to_string(stored), value, 0, std::nullopt, Durability::relaxed);
    if (!done) refusal = done.error();
  }
  REQUIRE(refusal);
  CHECK_MESSAGE(refusal->kind() == ErrorKind::quota_exhausted, refusal->to_string());
  CHECK(refusal->delivery() == Delivery::refused);
  CHECK(read(*store, "big/0")->value.size() == 900'000);
  CHECK(!read(*store, "big/" + std::to_string(stored - 1)));
  server.stop(SIGINT);
  server.start();
  while (!store->get("k")) REQUIRE(std::chrono::steady_clock::now() < until);
  put(*store, "big/" + std::to_string(stored - 1), std::string(900'000, 'v'));
}

TEST_CASE("PostgreSQL: passwords are asked for and never told; without TLS nothing is sent over TCP") {
  auto& server = PostgresServer::shared();
  auto hand = server.hand();
  const std::string secret = kefu_test::kPlantedAppSecret;
  hand.run("CREATE ROLE guarded SUPERUSER LOGIN PASSWORD '" + secret + "'");
  const std::string folder = server.conninfo().substr(5, server.conninfo().find(' ') - 5);
  const std::string rules = hand.run("SHOW hba_file");
  hand.run("COPY (SELECT 'local all guarded scram-sha-256' UNION ALL SELECT 'local all all trust') TO '" + rules + "'");
  hand.run("SELECT pg_reload_conf()");
  PostgresOptions options = postgres_options();
  options.conninfo = "host=" + folder + " dbname=postgres user=guarded";
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (PostgresStore::open(options)) REQUIRE(std::chrono::steady_clock::now() < until);
  const auto check_refused = [&](const PostgresOptions& wrong, std::string_view text) {
    const auto opened = PostgresStore::open(wrong);
    REQUIRE(!opened.has_value());
    CHECK_MESSAGE(opened.error().kind() == ErrorKind::configuration, opened.error().to_string());
    CHECK_MESSAGE(opened.error().to_string().find(text) != std::string::npos, opened.error().to_string());
    CHECK(opened.error().to_string().find(secret) == std::string::npos);
  };
  check_refused(options, "asks for a password");
  options.password = Secret(secret + "x");
  check_refused(options, "28P01");
  options.password = Secret(secret);
  put(*PostgresStore::open(options).value(), "k", "v");

  // A provider's answer may change; what it throws or refuses is told.
  std::string now = "wrong";
  options.password_provider = [&]() -> Result<Secret> { return Secret(now); };
  check_refused(options, "28P01");
  now = secret;
  CHECK(read(*PostgresStore::open(options).value(), "k"));
  options.password_provider = []() -> Result<Secret> { throw std::runtime_error("the vault is closed"); };
  check_refused(options, "password_provider");

  TcpProxy proxy(server.socket());
  PostgresOptions over_tcp = options;
  over_tcp.password_provider = nullptr;
  over_tcp.conninfo = "host=127.0.0.1 dbname=postgres user=guarded port=" + std::to_string(proxy.port());
  const auto refused = PostgresStore::open(over_tcp);
  REQUIRE(!refused.has_value());
  CHECK_MESSAGE(refused.error().kind() == ErrorKind::configuration, refused.error().to_string());
  CHECK(refused.error().to_string().find("sslmode") != std::string::npos);
  over_tcp.conninfo += " sslmode=disable";
  CHECK(read(*PostgresStore::open(over_tcp).value(), "k"));
}
