// What is special about the PostgreSQL store: its schemas, the server's clock, its numbers, the options that open it.
#include "support/planted_secrets.hpp"
#include "unit/stores/postgres/factory.hpp"
#include "unit/stores/store_access.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace kefu;
using kefu_test::postgres_options;
using kefu_test::PostgresServer;
using kefu_test::put;
using kefu_test::read;
using kefu_test::TestClock;

namespace {

std::shared_ptr<PostgresStore> open_store(const PostgresOptions& options) {
  auto opened = PostgresStore::open(options);
  REQUIRE_MESSAGE(opened.has_value(), opened.error().to_string());
  return *opened;
}

void check_open_fails(const PostgresOptions& options, ErrorKind kind, std::string_view text) {
  const auto opened = PostgresStore::open(options);
  REQUIRE(!opened.has_value());
  CHECK_MESSAGE(opened.error().kind() == kind, opened.error().to_string());
  CHECK_MESSAGE(opened.error().to_string().find(text) != std::string::npos, opened.error().to_string());
}

}  // namespace

TEST_CASE("the PostgreSQL store keeps everything, and generations and fences go on, whoever opens it") {
  PostgresOptions options = postgres_options();
  const auto clock = std::make_shared<TestClock>();
  options.clock = clock;
  std::uint64_t removed = 0, fence = 0;
  {
    const auto store = open_store(options);
    CHECK(store->durable());
    CHECK(store->blocks());
    put(*store, "k", "v", 0, Millis(1'234));
    removed = put(*store, "gone", "v");
    REQUIRE(store->remove_if_unchanged("gone", removed)->committed);
    fence = (*store->lease("job", "me", Millis(10'000)))->fence;
  }
  const auto store = open_store(options);
  CHECK(read(*store, "k")->expires == clock->wall() + Millis(1'234));
  CHECK(!*store->lease("job", "other", Millis(1)));
  clock->advance(Millis(10'000));
  CHECK((*store->lease("job", "other", Millis(1)))->fence > fence);
  CHECK(put(*store, "gone", "v") > removed);
}

TEST_CASE("PostgreSQL: environments in one database never meet") {
  const PostgresOptions one = postgres_options();
  const auto a = open_store(one);
  const auto b = open_store(postgres_options());
  const auto c = open_store(one);
  put(*a, "k", "a");
  CHECK(!read(*b, "k"));
  put(*b, "k", "b");
  CHECK(read(*c, "k")->value == "a");
  CHECK(*a->lease("job", "a", Millis(60'000)));
  CHECK(*b->lease("job", "b", Millis(60'000)));
  CHECK(!*c->lease("job", "c", Millis(60'000)));
}

TEST_CASE("PostgreSQL: without a test's clock ends are the server's") {
  const PostgresOptions options = postgres_options();
  const auto store = open_store(options);
  auto hand = PostgresServer::shared().hand();
  put(*store, "short", "v", 0, Millis(1));
  const auto lease = *store->lease("job", "me", Millis(1));
  put(*store, "long", "v", 0, Millis(3'600'000));
  hand.run("SELECT pg_sleep(0.01)");
  CHECK(!read(*store, "short"));
  CHECK(read(*store, "long"));
  const auto heir = *store->lease("job", "other", Millis(1000));
  REQUIRE(heir);
  CHECK(heir->fence > lease->fence);
  const auto now = *store->now();
  const auto theirs =
      from_unix_millis(std::stoll(hand.run("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")));
  CHECK(now > theirs - std::chrono::minutes(1));
  CHECK(now < theirs + std::chrono::milliseconds(1));
}

TEST_CASE("PostgreSQL: expired entries and leases are removed a few at a time, with later writes") {
  PostgresOptions options = postgres_options();
  const auto clock = std::make_shared<TestClock>();
  options.clock = clock;
  const auto store = open_store(options);
  auto hand = PostgresServer::shared().hand();
  const auto rows = [&](const char* table) {
    return std::stoi(hand.run("SELECT count(*) FROM " + options.schema + "." + table));
  };
  for (int i = 0; i < 2; ++i) {
    std::vector<StoreWrite> writes;
    for (int n = 0; n < 200; ++n) {
      writes.push_back(StoreWrite::put(std::to_string(i) + "/" + std::to_string(n), "v", 0, Millis(1000)));
    }
    REQUIRE(store->commit(writes, Durability::relaxed)->committed);
  }
  for (int i = 0; i < 40; ++i) CHECK(*store->lease("job" + std::to_string(i), "me", Millis(1000)));
  CHECK(rows("kefu_entry") == 400);
  clock->advance(Millis(2000));
  int before = 400;
  for (int i = 0; i < 40; ++i) {
    put(*store, "kept" + std::to_string(i), "v");
    const int now = rows("kefu_entry") - i - 1;
    CHECK(before - now <= 800);
    before = now;
  }
  CHECK(before == 0);
  CHECK(rows("kefu_entry") == 40);
  for (int i = 0; i < 4; ++i) CHECK(*store->lease("new" + std::to_string(i), "me", Millis(1000)));
  CHECK(rows("kefu_lease") == 4);
}

TEST_CASE("PostgreSQL: each new connection jumps the numbers over what a crash may have forgotten") {
  const PostgresOptions options = postgres_options();
  const auto first = open_store(options);
  const auto before = put(*first, "a", "v");
  const auto after = put(*open_store(options), "b", "v");
  CHECK(after > before + 16'000'000);
}

TEST_CASE("PostgreSQL: processes that make the same store at the same moment all get it") {
  for (int round = 0; round < 3; ++round) {
    const PostgresOptions options = postgres_options();
    std::atomic<int> opened{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        auto store = PostgresStore::open(options);
        if (store) ++opened;
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(opened == 6);
  }
}

TEST_CASE("PostgreSQL: an older layout of the format is brought forward, a newer format is left alone") {
  const PostgresOptions options = postgres_options();
  put(*open_store(options), "k", "v");
  auto hand = PostgresServer::shared().hand();
  const auto in_schema = [&](const std::string& sql) {
    return hand.run("SET search_path = " + options.schema + ";" + sql);
  };
  const std::string revision = in_schema("SELECT revision FROM kefu_format");
  // As a version left it that had tables and reading, and nothing else yet.
  in_schema(
      "DROP FUNCTION kefu_commit, kefu_lease_take, kefu_lease_release, kefu_jump; UPDATE kefu_format SET revision = 1");
  {
    const auto store = open_store(options);
    CHECK(read(*store, "k")->value == "v");
    put(*store, "l", "v");
  }
  CHECK(in_schema("SELECT revision FROM kefu_format") == revision);
  in_schema("UPDATE kefu_format SET revision = 99");
  CHECK(read(*open_store(options), "l"));
  in_schema("UPDATE kefu_format SET format = 3, revision = 1");
  CHECK(read(*open_store(options), "l"));  // Format 3 promises to run beside this one.
  CHECK(in_schema("SELECT revision FROM kefu_format") == "1");
  in_schema("UPDATE kefu_format SET format = 4");
  check_open_fails(options, ErrorKind::configuration, "a newer kefu wrote schema");
  in_schema("DELETE FROM kefu_format");
  check_open_fails(options, ErrorKind::configuration, "lost its format");
}

TEST_CASE("PostgreSQL: tables that are gone under a store's feet are named as such") {
  const PostgresOptions options = postgres_options();
  const auto store = open_store(options);
  put(*store, "k", "v");
  PostgresServer::shared().hand().run("SET client_min_messages = error; DROP SCHEMA " + options.schema + " CASCADE");
  const auto gone = store->get("k");
  REQUIRE(!gone.has_value());
  CHECK_MESSAGE(gone.error().kind() == ErrorKind::configuration, gone.error().to_string());
  const auto commit = store->put_if_unchanged("k", "v", 0, std::nullopt, Durability::full);
  REQUIRE(!commit.has_value());
  CHECK(commit.error().delivery() == Delivery::refused);
}

TEST_CASE("PostgreSQL: options that cannot be right are refused, and nothing of them is repeated") {
  const auto wrong = [](auto change, std::string_view text) {
    PostgresOptions options("host=/nowhere user=kefu");
    change(options);
    check_open_fails(options, ErrorKind::bad_argument, text);
  };
  wrong([](auto& o) { o.schema = ""; }, "schema");
  wrong([](auto& o) { o.schema = "Kefu\"; DROP"; }, "schema");
  wrong([](auto& o) { o.schema = std::string(64, 's'); }, "schema");
  wrong([](auto& o) { o.schema = "pg_catalog"; }, "schema");
  wrong([](auto& o) { o.connections = 0; }, "connections is 0; 1 to 64");
  wrong([](auto& o) { o.connections = 65; }, "connections is 65");
  wrong([](auto& o) { o.timeout = Millis(9); }, "timeout is 9 ms; 10 to 60000");
  wrong([](auto& o) { o.connect_timeout = Millis(60'001); }, "connect_timeout is 60001 ms");
  wrong([](auto& o) { o.conninfo += " replication=database"; }, "replication");
  wrong([](auto& o) { o.conninfo = "host=a,b port=1,2,3"; }, "different lengths");
  const std::string secret = kefu_test::kPlantedAppSecret;
  for (const std::string& conninfo :
       {"host=db password=" + secret, "postgresql://kefu:" + secret + "@db/shop", "host=db sslpassword=" + secret,
        "host=db " + secret, "host=db 'password=" + secret, std::string("host=db\0password=x", 18)}) {
    const auto opened = PostgresStore::open(PostgresOptions(conninfo));
    REQUIRE(!opened.has_value());
    CHECK(opened.error().kind() == ErrorKind::bad_argument);
    CHECK(opened.error().to_string().find(secret) == std::string::npos);
  }
  CHECK(!PostgresStore::open(std::shared_ptr<PostgresDatabase>()));
}

TEST_CASE(
    "PostgreSQL: users, databases and rights that are wrong are configuration, and a role needs no more than its "
    "schema") {
  auto& server = PostgresServer::shared();
  auto hand = server.hand();
  PostgresOptions options = postgres_options();
  hand.run("CREATE ROLE clerk LOGIN; REVOKE CREATE ON DATABASE postgres FROM PUBLIC");
  const auto as = [&](const std::string& change) {
    PostgresOptions changed = options;
    changed.conninfo += " " + change;
    return changed;
  };
  check_open_fails(as("user=nobody_known"), ErrorKind::configuration, "28000");
  check_open_fails(as("dbname=nowhere"), ErrorKind::configuration, "no such database");
  check_open_fails(as("user=clerk"), ErrorKind::configuration, "right on the schema");
  hand.run("CREATE SCHEMA " + options.schema + " AUTHORIZATION clerk");
  const auto store = open_store(as("user=clerk"));
  put(*store, "k", "v");
  hand.run("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
  check_open_fails(as("dbname=latin"), ErrorKind::configuration, "UTF8");
  hand.run("DROP DATABASE latin");
}

TEST_CASE("PostgreSQL: a child of fork() is told that it may not use its parent's store") {
  const auto store = open_store(postgres_options());
  put(*store, "k", "v");
  const pid_t child = ::fork();
  if (child == 0) {
    const auto answer = store->get("k");
    ::_exit(!answer && answer.error().kind() == ErrorKind::configuration ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(read(*store, "k")->value == "v");  // The child's end closed nothing here.
}
