// The PostgreSQL store and a network and a server that fail: typed errors in bounded time, and it heals by itself.
#include "support/planted_secrets.hpp"
#include "support/tcp_proxy.hpp"
#include "unit/stores/postgres/factory.hpp"
#include "unit/stores/proxied_store.hpp"
#include "unit/stores/store_access.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

using namespace kefu;
using kefu_test::await_answer;
using kefu_test::kBounded;
using kefu_test::postgres_options;
using kefu_test::PostgresServer;
using kefu_test::put;
using kefu_test::read;
using kefu_test::TcpProxy;
using ProxiedPostgres = kefu_test::ProxiedStore<kefu_test::ServedUnderTest>;

TEST_CASE("PostgreSQL: the pool is bounded, and who finds no connection free waits no longer than the timeout") {
  ProxiedPostgres world(Millis(2000), 3);
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

TEST_CASE("PostgreSQL: after a failover the other server is used; a host that does not answer takes only its share") {
  kefu_test::PostgresServer second;
  ProxiedPostgres world(Millis(10'000));
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
