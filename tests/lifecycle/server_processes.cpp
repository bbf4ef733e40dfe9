// Processes that share a database server: what those over an SQLite file promise holds over PostgreSQL and Redis too.
#ifdef KEFU_SERVICE_PROVIDER
#include "lifecycle/provider_street.hpp"
#endif
#include "lifecycle/token_shop.hpp"
#include "support/child_process.hpp"
#include "support/postgres_server.hpp"
#include "support/redis_server.hpp"
#include "support/store_filling.hpp"
#include "support/temp_folder.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <string>

using kefu::Millis;
using kefu_test::ChildProcess;
using kefu_test::open_store_at;
using kefu_test::PostgresServer;
using kefu_test::RedisServer;
using kefu_test::TokenShop;

namespace {

struct OverPostgres {
  static std::string new_place() {
    auto& server = PostgresServer::shared();
    return "postgres:" + server.new_schema() + " " + server.conninfo();
  }
};
struct OverRedis {
  static std::string new_place() {
    auto& server = RedisServer::shared();
    return "redis:" + server.new_prefix() + " " + server.socket();
  }
};

std::uint64_t fence_of(ChildProcess& holder) {
  const auto line = holder.line();
  REQUIRE(line);
  REQUIRE_MESSAGE(line->rfind("fence ", 0) == 0, *line);
  return std::stoull(line->substr(6));
}

}  // namespace

TEST_CASE_TEMPLATE("TOK-1 servers: 4 processes x 8 threads with an expired token make one fetch at the platform", S,
                   OverPostgres, OverRedis) {
  TokenShop shop(S::new_place());
  shop.fetch_token(std::chrono::hours(3));
  shop.platform.advance(std::chrono::hours(3));
  shop.run_processes();
  CHECK(shop.fetches() == 2);
  CHECK(shop.platform.calls("/cgi-bin/getcallbackip") == 1 + 32);
}

TEST_CASE_TEMPLATE("TOK-2 TOK-4 servers: 4 processes x 8 threads whose token was made void elsewhere make one renewal",
                   S, OverPostgres, OverRedis) {
  TokenShop shop(S::new_place());
  shop.fetch_token(Millis(0));
  shop.platform.rotate_tokens(kefu_test::kTokenApp);
  shop.run_processes();
  CHECK(shop.fetches() == 2);
  CHECK(shop.platform.calls("/cgi-bin/getcallbackip") <= 1 + 64);
}

TEST_CASE_TEMPLATE("STO-4 servers: two environments at one server fetch a token each", S, OverPostgres, OverRedis) {
  TokenShop shop(S::new_place());
  shop.fetch_token(Millis(0));
  shop.run_processes();
  CHECK(shop.fetches() == 1);
  const auto other = open_store_at(S::new_place()).value();
  CHECK(other->list("", "", 10)->items.empty());
}

TEST_CASE_TEMPLATE("STO-2 servers: two processes that count by compare-and-set lose nothing", S, OverPostgres,
                   OverRedis) {
  const std::string place = S::new_place();
  constexpr int kRounds = 200;
  // Both begin with a store that is not there: making it is part of the race.
  ChildProcess one({KEFU_STORE_CHILD, "count", place, "counter", std::to_string(kRounds)});
  ChildProcess two({KEFU_STORE_CHILD, "count", place, "counter", std::to_string(kRounds)});
  for (ChildProcess* child : {&one, &two}) {
    CHECK(child->line() == "ready");
    CHECK(child->line() == "done 200");
    CHECK(child->wait() == 0);
  }
  CHECK((*open_store_at(place).value()->get("counter"))->value == std::to_string(2 * kRounds));
}

TEST_CASE_TEMPLATE("STO-3 servers: a lease whose holder is killed or stopped is taken over, with a greater fence", S,
                   OverPostgres, OverRedis) {
  for (const int end : {SIGKILL, SIGSTOP}) {
    CAPTURE(end);
    const std::string place = S::new_place();
    ChildProcess holder({KEFU_STORE_CHILD, "hold", place, "job", "holder", "1500"});
    const std::uint64_t fence = fence_of(holder);
    holder.send(end);
    const auto store = open_store_at(place).value();
    std::optional<kefu::Lease> heir;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!heir) {
      REQUIRE(std::chrono::steady_clock::now() < until);
      heir = store->lease("job", "heir", Millis(1000)).value();
    }
    CHECK(heir->fence > fence);
  }
}

TEST_CASE_TEMPLATE("servers: a process killed while it writes harms nobody who writes beside it", S, OverPostgres,
                   OverRedis) {
  const std::string place = S::new_place();
  ChildProcess steady({KEFU_STORE_CHILD, "count", place, "steady", "600"});
  REQUIRE(steady.line() == "ready");
  for (int round = 0; round < 5; ++round) {
    ChildProcess victim({KEFU_STORE_CHILD, "count", place, "victim", "1000000"});
    REQUIRE(victim.line() == "ready");
    victim.kill();
    CHECK(victim.wait() == -SIGKILL);
  }
  CHECK(steady.line() == "done 600");
  CHECK(steady.wait() == 0);
  CHECK((*open_store_at(place).value()->get("steady"))->value == "600");
}

#ifdef KEFU_PROGRAM
namespace {

int copy_store(const std::string& from, const std::string& to) {
  ChildProcess child({KEFU_PROGRAM, "store", "copy", from, to});
  const auto line = child.line();
  const int status = child.wait();
  CHECK_MESSAGE(status == 0, line.value_or("nothing was said"));
  return status;
}

}  // namespace

TEST_CASE("kefu store copy: a host moves from a file to PostgreSQL, to Redis and back, and its token is used there") {
  auto& postgres = PostgresServer::shared();
  auto& redis = RedisServer::shared();
  const kefu_test::TempFolder folder;
  const std::string file = folder.file("host.db"), back = folder.file("back.db");
  const std::string schema = postgres.new_schema(), prefix = redis.new_prefix();
  const std::string in_postgres = "postgres:" + postgres.conninfo() + " schema=" + schema;
  const std::string in_redis = "redis:" + redis.socket() + " prefix=" + prefix;
  kefu_test::fill_store(*open_store_at(file).value());
  REQUIRE(copy_store("sqlite:" + file, in_postgres) == 0);
  kefu_test::check_filled(*open_store_at("postgres:" + schema + " " + postgres.conninfo()).value());
  REQUIRE(copy_store(in_postgres, in_redis) == 0);
  kefu_test::check_filled(*open_store_at("redis:" + prefix + " " + redis.socket()).value());
  REQUIRE(copy_store(in_redis, back) == 0);
  kefu_test::check_filled(*open_store_at(back).value());

  // A token that was fetched over the file serves four processes over Redis.
  const std::string moved = redis.new_prefix();
  TokenShop shop(folder.file("token.db"));
  shop.fetch_token(Millis(0));
  REQUIRE(copy_store(shop.place, "redis:" + redis.socket() + " prefix=" + moved) == 0);
  shop.place = "redis:" + moved + " " + redis.socket();
  shop.run_processes();
  CHECK(shop.fetches() == 1);
}
#endif

#ifdef KEFU_SERVICE_PROVIDER
TEST_CASE("examples/service_provider on PostgreSQL: whatever ends, each customer is answered once") {
  kefu_test::serve_through_ends("postgres:" + PostgresServer::shared().conninfo(), true);
}
#endif
