// When the Redis store promises to keep what it took, what it does when the server lost it all the same, and numbers
// that never come again.
#include "unit/stores/redis/factory.hpp"
#include "unit/stores/store_access.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

using namespace kefu;
using kefu_test::put;
using kefu_test::read;
using kefu_test::redis_options;
using kefu_test::RedisServer;

namespace {

std::shared_ptr<RedisStore> open_at(RedisServer& server, const std::string& prefix = "kefu") {
  RedisOptions options = redis_options(server);
  options.prefix = prefix;
  auto opened = RedisStore::open(options);
  REQUIRE_MESSAGE(opened.has_value(), opened.error().to_string());
  return *opened;
}

void check_gone(const Result<std::optional<StoreEntry>>& got) {
  REQUIRE(!got.has_value());
  CHECK_MESSAGE(got.error().kind() == ErrorKind::configuration, got.error().to_string());
  CHECK(got.error().message().find("gone") != std::string::npos);
}

}  // namespace

TEST_CASE("Redis: durable() wants a log that is on the disk before the answer, and says what is missing") {
  RedisServer server;
  auto hand = server.hand();
  CHECK(open_at(server)->durable());
  hand.run({"CONFIG", "SET", "appendfsync", "everysec"});
  CHECK(!open_at(server)->durable());
  CHECK(open_at(server)->why_not_durable().find("appendfsync always") != std::string::npos);
  hand.run({"CONFIG", "SET", "appendfsync", "no"});
  CHECK(!open_at(server)->durable());
  hand.run({"CONFIG", "SET", "appendfsync", "always"});
  hand.run({"CONFIG", "SET", "appendonly", "no"});
  CHECK(!open_at(server)->durable());
  CHECK(open_at(server)->why_not_durable().find("appendonly yes") != std::string::npos);
  // What the host asserts does not count against what the server says.
  RedisOptions asserted(server.socket());
  asserted.fsync_always_asserted = true;
  CHECK(!RedisStore::open(asserted).value()->durable());
  hand.run({"CONFIG", "SET", "appendonly", "yes"});
  CHECK(RedisStore::open(asserted).value()->durable());
}

TEST_CASE("Redis: where CONFIG is closed the host may assert it; a user needs no more rights than are documented") {
  RedisServer server;
  auto hand = server.hand();
  const std::vector<std::string> rights{"~{kefu}:*",    "+@read", "+@write", "+@scripting",
                                        "+@connection", "+info",  "+time"};
  std::vector<std::string> user{"ACL", "SETUSER", "clerk", "on", ">key to the till"};
  user.insert(user.end(), rights.begin(), rights.end());
  hand.run(user);
  RedisOptions options(server.socket(), Secret("key to the till"));
  options.user = "clerk";
  const auto closed = RedisStore::open(options).value();
  CHECK(!closed->durable());
  CHECK(closed->why_not_durable().find("fsync_always_asserted") != std::string::npos);
  put(*closed, "k", "v", 0, Millis(3'600'000));
  CHECK(*closed->lease("job", "clerk", Millis(1000)));
  CHECK(closed->list("", "", 10)->items.size() == 1);
  options.fsync_always_asserted = true;
  CHECK(RedisStore::open(options).value()->durable());
  options.fsync_always_asserted = false;
  hand.run({"ACL", "SETUSER", "clerk", "+config|get"});
  CHECK(RedisStore::open(options).value()->durable());

  // A right that is missing is found before anything is written in half.
  for (const std::string missing : {"zadd", "hset", "hdel", "zrem", "incr", "zrangebylex", "info"}) {
    CAPTURE(missing);
    hand.run({"ACL", "SETUSER", "clerk", "-" + missing});
    const auto opened = RedisStore::open(options);
    REQUIRE(!opened.has_value());
    CHECK_MESSAGE(opened.error().kind() == ErrorKind::configuration, opened.error().to_string());
    CHECK(opened.error().platform_code() == "NOPERM");
    hand.run({"ACL", "SETUSER", "clerk", "+" + missing});
  }
  options.prefix = "other";
  CHECK(RedisStore::open(options).error().kind() == ErrorKind::configuration);
}

TEST_CASE("Redis: a server that throws entries away is refused, one that only throws away what ends is not") {
  RedisServer server;
  auto hand = server.hand();
  hand.run({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  CHECK(open_at(server));  // Without a bound nothing is thrown away.
  hand.run({"CONFIG", "SET", "maxmemory", "100mb"});
  const auto opened = RedisStore::open(redis_options(server));
  REQUIRE(!opened.has_value());
  CHECK(opened.error().kind() == ErrorKind::configuration);
  CHECK(opened.error().message().find("noeviction") != std::string::npos);
  hand.run({"CONFIG", "SET", "maxmemory-policy", "volatile-lru"});
  CHECK(open_at(server));
}

TEST_CASE("Redis: what a durable server lost is told and not begun anew; one that promised nothing begins anew") {
  RedisServer server;
  const auto store = open_at(server);
  const auto generation = put(*store, "k", "v");
  server.hand().run({"FLUSHALL"});
  check_gone(store->get("k"));
  const auto commit = store->put_if_unchanged("k", "v", 0, std::nullopt, Durability::full);
  REQUIRE(!commit.has_value());
  CHECK(commit.error().delivery() == Delivery::refused);
  CHECK(server.hand().run({"DBSIZE"}) == "0");
  // Opened anew it begins from nothing, with numbers that were never given out.
  CHECK(put(*open_at(server), "k", "v") > generation);

  // Parts of a store without its beginning are not written to.
  server.hand().run({"DEL", "{kefu}:format"});
  const auto half = RedisStore::open(RedisOptions(server.socket()));
  REQUIRE(!half.has_value());
  CHECK(half.error().message().find("damaged") != std::string::npos);

  RedisServer cache({"--appendonly", "no"});
  const auto passing = open_at(cache);
  const auto before = put(*passing, "k", "v");
  cache.hand().run({"FLUSHALL"});
  CHECK(!read(*passing, "k"));
  CHECK(put(*passing, "k", "v") > before);
}

TEST_CASE("Redis: a server killed and started again has everything that was acknowledged, and jumps in its numbers") {
  RedisServer server;
  const auto store = open_at(server);
  const auto lease = *store->lease("job", "me", Millis(600'000));
  std::uint64_t newest = lease->fence;
  for (int round = 0; round < 5; ++round) {
    newest = put(*store, "k" + std::to_string(round), "v");
    server.stop(SIGKILL);
    server.start();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!store->get("k0")) REQUIRE(std::chrono::steady_clock::now() < until);
    for (int i = 0; i <= round; ++i) CHECK(read(*store, "k" + std::to_string(i)));
    const auto next = put(*store, "next" + std::to_string(round), "v");
    CHECK(next >= newest + (1 << 20));
  }
  CHECK((*store->lease("job", "me", Millis(600'000)))->fence == lease->fence);
}

TEST_CASE("Redis: after a promotion no generation or fence comes again, also of two replicas promoted in turn") {
  RedisServer master;
  const auto store = open_at(master);
  put(*store, "k", "v");
  auto hand = master.hand();
  const std::string number = hand.run({"GET", "{kefu}:number"});
  std::vector<std::uint64_t> given;
  for (int i = 0; i < 10; ++i) given.push_back(put(*store, "lost" + std::to_string(i), "v"));
  given.push_back((*store->lease("job", "me", Millis(1)))->fence);
  for (int promotion = 0; promotion < 2; ++promotion) {
    // What a replica is that did not get the last writes, each time of the same state: another id over old data.
    hand.run({"SET", "{kefu}:number", number});
    hand.run({"HSET", "{kefu}:format", "server", std::string(40, static_cast<char>('a' + promotion))});
    const auto second = std::chrono::steady_clock::now() + std::chrono::milliseconds(1100);
    while (std::chrono::steady_clock::now() < second) CHECK(store->now());
    const auto first = put(*store, "after" + std::to_string(promotion), "v");
    CHECK(first > *std::max_element(given.begin(), given.end()));
    given.push_back(first);
    for (int i = 0; i < 10; ++i) given.push_back(put(*store, std::to_string(promotion * 10 + i), "v"));
    given.push_back((*store->lease("job" + std::to_string(promotion), "me", Millis(1)))->fence);
  }
  std::sort(given.begin(), given.end());
  CHECK(std::adjacent_find(given.begin(), given.end()) == given.end());
}
