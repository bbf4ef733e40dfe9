// The Redis store and a network and a server that fail: typed errors in bounded time, and it heals by itself.
#include "support/planted_secrets.hpp"
#include "support/tcp_proxy.hpp"
#include "unit/stores/proxied_store.hpp"
#include "unit/stores/redis/factory.hpp"
#include "unit/stores/store_access.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace kefu;
using kefu_test::await_answer;
using kefu_test::kBounded;
using kefu_test::put;
using kefu_test::read;
using kefu_test::redis_options;
using kefu_test::RedisServer;
using kefu_test::TcpProxy;
using ProxiedRedis = kefu_test::ProxiedStore<kefu_test::ServedUnderTest>;

TEST_CASE("Redis: a commit that does not even leave whole cannot have been done: the server waits for its end") {
  ProxiedRedis world;
  std::vector<StoreWrite> large;
  for (int i = 0; i < 15; ++i)
    large.push_back(StoreWrite::put("large" + std::to_string(i), std::string(1'000'000, 'v'), 0));
  world.proxy.swallow(true);
  const auto stuck = world.store->commit(large, Durability::full);
  REQUIRE(!stuck.has_value());
  CHECK(stuck.error().delivery() == Delivery::refused);
  world.proxy.swallow(false);
  world.proxy.cut();
  world.await_healed();
  CHECK(!read(*world.store, "large0"));
}

TEST_CASE("Redis: the pool is bounded, and who finds no connection free waits no longer than the timeout") {
  ProxiedRedis world(Millis(1000), 3);
  const int before = world.proxy.connections();
  world.proxy.delay_answers(Millis(3000));
  const auto begun = std::chrono::steady_clock::now();
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 9; ++i) {
    threads.emplace_back([&] {
      const auto got = world.store->get("k");
      if (!got && got.error().kind() == ErrorKind::unavailable) ++refused;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(refused == 9);
  CHECK(std::chrono::steady_clock::now() - begun < kBounded);
  // Three at a time; those that were late are made anew.
  CHECK(world.proxy.connections() - before <= 2 + 3 * 3);
  world.proxy.delay_answers(Millis(0));
  world.await_healed();
}

TEST_CASE("Redis: a server that stands still is one that does not answer") {
  RedisServer server;
  RedisOptions options = redis_options(server);
  options.timeout = options.connect_timeout = Millis(300);
  const auto store = RedisStore::open(options).value();
  put(*store, "k", "v");
  server.stand_still(true);
  const auto begun = std::chrono::steady_clock::now();
  CHECK(store->get("k").error().kind() == ErrorKind::unavailable);
  CHECK(store->get("k").error().kind() == ErrorKind::unavailable);
  CHECK(std::chrono::steady_clock::now() - begun < kBounded);
  server.stand_still(false);
  await_answer(*store);
}

TEST_CASE("Redis: full memory is quota_exhausted; reading, removing and leases go on, and what is over makes room") {
  RedisServer server;
  RedisOptions options = redis_options(server);
  const auto clock = std::make_shared<kefu_test::TestClock>();
  options.clock = clock;
  const auto store = RedisStore::open(options).value();
  auto hand = server.hand();
  std::optional<Error> refusal;
  std::vector<std::uint64_t> stored;
  hand.run({"CONFIG", "SET", "maxmemory", "12mb"});
  for (int i = 0; i < 40 && !refusal; ++i) {
    const auto done = store->put_if_unchanged("big/" + std::to_string(i), std::string(900'000, 'v'), 0, Millis(1000),
                                              Durability::relaxed);
    if (done) stored.push_back(done->generation);
    if (!done) refusal = done.error();
  }
  REQUIRE(refusal);
  CHECK_MESSAGE(refusal->kind() == ErrorKind::quota_exhausted, refusal->to_string());
  CHECK(refusal->delivery() == Delivery::refused);
  REQUIRE(stored.size() > 3);
  CHECK(read(*store, "big/0")->value.size() == 900'000);
  CHECK(!read(*store, "big/" + std::to_string(stored.size())));
  CHECK(store->list("", "", ListLimits::keys(100))->items.size() == stored.size());
  CHECK(*store->lease("job", "me", Millis(1000)));
  CHECK(RedisStore::open(options).value()->get("big/0"));
  for (int i = 0; i < 3; ++i) {
    REQUIRE(store->remove_if_unchanged("big/" + std::to_string(i), stored[i])->committed);
  }
  const auto fits = [&] { return store->put_if_unchanged("new", "v", 0, std::nullopt, Durability::full).has_value(); };
  CHECK(fits());
  // Full again; then all that stands there is over.
  hand.run({"CONFIG", "SET", "maxmemory", "3mb"});
  CHECK(store->put_if_unchanged("x", "v", 0, std::nullopt, Durability::full).error().kind() ==
        ErrorKind::quota_exhausted);
  clock->advance(Millis(2000));
  CHECK(store->put_if_unchanged("x", "v", 0, std::nullopt, Durability::full)->committed);
  CHECK(hand.run({"HLEN", "{" + options.prefix + "}:entries"}) == "2");
}

TEST_CASE("Redis: a replica is not read from, and after a failover the promoted one is used with numbers of its own") {
  RedisServer first, second;
  TcpProxy link(first.socket());
  ProxiedRedis world(Millis(10'000), 4, first);
  auto hand = second.hand();
  first.hand().run({"CONFIG", "SET", "repl-diskless-sync-delay", "0"});
  hand.run({"REPLICAOF", "127.0.0.1", std::to_string(link.port())});
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (first.hand().run({"INFO", "replication"}).find("state=online") == std::string::npos) {
    REQUIRE(std::chrono::steady_clock::now() < until);
  }
  // What is connected now may be promoted.
  CHECK(!RedisStore::open(world.options).value()->durable());
  world.options.promotion_loss_accepted = true;
  CHECK(RedisStore::open(world.options).value()->durable());
  const auto kept = put(*world.store, "kept", "v");
  while (hand.run({"HLEN", "{" + world.options.prefix + "}:entries"}) != "2") {
    REQUIRE(std::chrono::steady_clock::now() < until);
  }
  // The replica alone: nothing is read from it, as it may lag behind.
  RedisOptions lone = world.options;
  lone.address = second.socket();
  CHECK(RedisStore::open(lone).error().kind() == ErrorKind::unavailable);
  CHECK(RedisStore::open(lone).error().message().find("replica") != std::string::npos);
  lone.address += "," + first.socket();
  CHECK(read(*RedisStore::open(lone).value(), "kept"));

  // The link is cut, the master goes on for a moment, and then the replica is promoted without it.
  link.swallow(true);
  std::uint64_t lost = 0;
  for (int i = 0; i < 50; ++i) lost = put(*world.store, "lost" + std::to_string(i), "v");
  CHECK(lost > kept);
  hand.run({"REPLICAOF", "NO", "ONE"});
  world.proxy.switch_to(second.socket());
  world.proxy.cut();
  world.await_healed();
  CHECK(read(*world.store, "kept")->generation == kept);
  CHECK(!read(*world.store, "lost0"));
  CHECK(put(*world.store, "lost0", "again") >= lost + (1 << 20) - 50);
  // A master that is made a replica while connections to it are open says so, and the other address is tried.
  RedisOptions both = world.options;
  both.address = second.socket() + "," + first.socket();
  const auto store = RedisStore::open(both).value();
  CHECK(read(*store, "kept"));
  hand.run({"REPLICAOF", "127.0.0.1", std::to_string(link.port())});
  CHECK(read(*store, "lost1"));
  CHECK(store->put_if_unchanged("now", "v", 0, std::nullopt, Durability::full)->committed);
}

TEST_CASE("Redis: a server that cannot write refuses before anything is done, and reading goes on") {
  RedisServer server;
  const auto store = RedisStore::open(redis_options(server)).value();
  put(*store, "k", "v");
  auto hand = server.hand();
  hand.run({"CONFIG", "SET", "min-replicas-to-write", "1"});
  const auto commit = store->put_if_unchanged("new", "v", 0, std::nullopt, Durability::full);
  REQUIRE(!commit.has_value());
  CHECK(commit.error().kind() == ErrorKind::unavailable);
  CHECK(commit.error().platform_code() == "NOREPLICAS");
  CHECK(commit.error().delivery() == Delivery::refused);
  CHECK(read(*store, "k"));
  CHECK(!read(*store, "new"));
}

TEST_CASE("Redis: passwords are asked for and never told") {
  RedisServer server;
  const std::string secret = kefu_test::kPlantedAppSecret;
  RedisOptions options = redis_options(server);
  const auto check_refused = [&](const RedisOptions& wrong, std::string_view code) {
    const auto opened = RedisStore::open(wrong);
    REQUIRE(!opened.has_value());
    CHECK_MESSAGE(opened.error().kind() == ErrorKind::configuration, opened.error().to_string());
    CHECK_MESSAGE(opened.error().to_string().find(code) != std::string::npos, opened.error().to_string());
    CHECK(opened.error().to_string().find(secret) == std::string::npos);
  };
  options.password = Secret(secret);
  check_refused(options, "a password is given");
  server.stop();
  server.start({"--requirepass", secret});
  put(*RedisStore::open(options).value(), "k", "v");
  options.password = Secret(secret + "x");
  check_refused(options, "WRONGPASS");
  options.password = Secret();
  check_refused(options, "NOAUTH");
  options.password = Secret(secret);
  options.user = "nobody";
  check_refused(options, "WRONGPASS");
  options.user.clear();

  // A provider's answer may change; what it throws or refuses is told.
  std::string now = "wrong";
  options.password_provider = [&]() -> Result<Secret> { return Secret(now); };
  check_refused(options, "WRONGPASS");
  now = secret;
  CHECK(read(*RedisStore::open(options).value(), "k"));
  options.password_provider = []() -> Result<Secret> { throw std::runtime_error("the vault is closed"); };
  check_refused(options, "password_provider");
}
