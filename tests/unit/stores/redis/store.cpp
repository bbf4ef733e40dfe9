// What is special about the Redis store: its prefixes, the server's clock, its numbers, the options that open it.
#include "support/planted_secrets.hpp"
#include "support/tcp_proxy.hpp"
#include "unit/stores/redis/factory.hpp"
#include "unit/stores/store_access.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace kefu;
using kefu_test::put;
using kefu_test::read;
using kefu_test::redis_options;
using kefu_test::RedisServer;
using kefu_test::TestClock;

namespace {

std::shared_ptr<RedisStore> open_store(const RedisOptions& options) {
  auto opened = RedisStore::open(options);
  REQUIRE_MESSAGE(opened.has_value(), opened.error().to_string());
  return *opened;
}

void check_open_fails(const RedisOptions& options, ErrorKind kind, std::string_view text) {
  const auto opened = RedisStore::open(options);
  REQUIRE(!opened.has_value());
  CHECK_MESSAGE(opened.error().kind() == kind, opened.error().to_string());
  CHECK_MESSAGE(opened.error().to_string().find(text) != std::string::npos, opened.error().to_string());
}

}  // namespace

TEST_CASE("the Redis store keeps everything, and generations and fences go on, whoever opens it") {
  RedisOptions options = redis_options();
  const auto clock = std::make_shared<TestClock>();
  options.clock = clock;
  std::uint64_t removed = 0, fence = 0;
  {
    const auto store = open_store(options);
    CHECK(store->durable());
    CHECK(store->why_not_durable().empty());
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

TEST_CASE("Redis: environments on one server never meet, and all keys of one share a slot of a cluster") {
  const RedisOptions one = redis_options();
  const auto a = open_store(one);
  const auto b = open_store(redis_options());
  const auto c = open_store(one);
  put(*a, "k", "a", 0, Millis(60'000));
  CHECK(!read(*b, "k"));
  put(*b, "k", "b");
  CHECK(read(*c, "k")->value == "a");
  CHECK(*a->lease("job", "a", Millis(60'000)));
  CHECK(*b->lease("job", "b", Millis(60'000)));
  CHECK(!*c->lease("job", "c", Millis(60'000)));
  auto hand = RedisServer::shared().hand();
  const std::string all = hand.run({"KEYS", "{" + one.prefix + "}:*"});
  CHECK(std::count(all.begin(), all.end(), ' ') == 7 - 1);
  // None of them may end by the server's own rules.
  CHECK(hand.run({"TTL", "{" + one.prefix + "}:entries"}) == "-1");
  RedisOptions other = one;
  other.database = 3;
  CHECK(!read(*open_store(other), "k"));
}

TEST_CASE("Redis: without a test's clock ends are the server's") {
  const auto store = open_store(redis_options());
  auto hand = RedisServer::shared().hand();
  put(*store, "short", "v", 0, Millis(1));
  const auto lease = *store->lease("job", "me", Millis(1));
  put(*store, "long", "v", 0, Millis(3'600'000));
  const auto begun = *store->now();
  while (*store->now() < begun + Millis(3)) CHECK(lease);
  CHECK(!read(*store, "short"));
  CHECK(read(*store, "long"));
  const auto heir = *store->lease("job", "other", Millis(1000));
  REQUIRE(heir);
  CHECK(heir->fence > lease->fence);
  const auto theirs = from_unix_seconds(std::stoll(hand.run({"TIME"})));
  CHECK(*store->now() >= theirs);
  CHECK(*store->now() < theirs + std::chrono::minutes(1));
}

TEST_CASE("Redis: expired entries and leases are removed a few at a time, with later writes") {
  RedisOptions options = redis_options();
  const auto clock = std::make_shared<TestClock>();
  options.clock = clock;
  const auto store = open_store(options);
  auto hand = RedisServer::shared().hand();
  const auto count = [&](const char* command, const char* name) {
    return std::stoi(hand.run({command, "{" + options.prefix + "}:" + name}));
  };
  std::vector<StoreWrite> writes;
  for (int n = 0; n < 200; ++n) writes.push_back(StoreWrite::put(std::to_string(n), "v", 0, Millis(1000)));
  REQUIRE(store->commit(writes, Durability::relaxed)->committed);
  for (int i = 0; i < 40; ++i) CHECK(*store->lease("job" + std::to_string(i), "me", Millis(1000)));
  CHECK(count("HLEN", "entries") == 200);
  clock->advance(Millis(2000));
  int before = 200;
  for (int i = 0; i < 25; ++i) {
    put(*store, "kept" + std::to_string(i), "v");
    const int now = count("HLEN", "entries") - i - 1;
    CHECK(before - now == 8);
    before = now;
  }
  CHECK(before == 0);
  CHECK(count("ZCARD", "names") == 25);
  CHECK(count("ZCARD", "ends") == 0);
  for (int i = 0; i < 4; ++i) CHECK(*store->lease("new" + std::to_string(i), "me", Millis(1000)));
  CHECK(count("HLEN", "leases") == 4);
  CHECK(count("ZCARD", "lease-ends") == 4);
  // What is kept now, or removed, does not expire by an end that it had.
  const auto passing = put(*store, "passing", "v", 0, Millis(1000));
  put(*store, "passing", "v", passing);
  const auto removed = put(*store, "removed", "v", 0, Millis(1000));
  REQUIRE(store->remove_if_unchanged("removed", removed)->committed);
  CHECK(count("ZCARD", "ends") == 0);
}

TEST_CASE("Redis: scripts that the server forgot are told again, and nothing is done twice") {
  const auto store = open_store(redis_options());
  auto hand = RedisServer::shared().hand();
  auto generation = put(*store, "k", "v");
  for (int round = 0; round < 3; ++round) {
    hand.run({"SCRIPT", "FLUSH"});
    generation = put(*store, "k", "v", generation);
    hand.run({"SCRIPT", "FLUSH"});
    CHECK(read(*store, "k")->generation == generation);
    hand.run({"SCRIPT", "FLUSH"});
    CHECK(*store->lease("job", "me", Millis(60'000)));
  }
}

TEST_CASE("Redis: what is damaged or foreign is refused, named, and never written over") {
  const RedisOptions options = redis_options();
  const auto key = [&](const std::string& name) { return "{" + options.prefix + "}:" + name; };
  const auto store = open_store(options);
  auto hand = RedisServer::shared().hand();
  put(*store, "good", "v", 0, Millis(3'600'000));
  CHECK(*store->lease("held", "me", Millis(3'600'000)));
  const auto check_damaged = [&](const auto& result, std::string_view text) {
    REQUIRE(!result.has_value());
    CHECK_MESSAGE(result.error().kind() == ErrorKind::configuration, result.error().to_string());
    CHECK(result.error().delivery() == Delivery::refused);
    CHECK_MESSAGE(result.error().message().find(text) != std::string::npos, result.error().message());
    CHECK(result.error().to_string().find("theirs") == std::string::npos);
  };
  const std::vector<std::string> broken{"theirs",   "",       "k2:",      "k2:1:",      "k2:x:0:v", "k2:-1:0:v",
                                        "K2:1:0:v", "k2:1:0", "k3:1:0:v", "k2:1:1.5:v", " k2:1:0:v"};
  for (const std::string& raw : broken) {
    CAPTURE(raw);
    hand.run({"HSET", key("entries"), "bad", raw});
    hand.run({"ZADD", key("names"), "0", "bad"});
    check_damaged(store->get("bad"), "damaged");
    check_damaged(store->get_many({"good", "bad"}), "damaged");
    check_damaged(store->list("", "", 10), "damaged");
    check_damaged(store->list("", "", ListLimits::keys(10)), "damaged");
    check_damaged(store->commit({StoreWrite::put("new", "v", 0), StoreWrite::put("bad", "v", 0)}, Durability::full),
                  "damaged");
    CHECK(hand.run({"HGET", key("entries"), "bad"}) == raw);
    hand.run({"HSET", key("leases"), "job", raw});
    check_damaged(store->lease("job", "me", Millis(1000)), "damaged");
    check_damaged(store->release(Lease("job", "me", 1, WallTime())), "damaged");
  }
  // Of the largest number that Redis's scripts count with: past it nothing is exact.
  hand.run({"HSET", key("entries"), "bad", "k2:12345678901234567890:0:v"});
  check_damaged(store->get("bad"), "damaged");
  hand.run({"HDEL", key("entries"), "bad"});
  check_damaged(store->list("", "", 10), "damaged");
  hand.run({"ZREM", key("names"), "bad"});
  CHECK(!read(*store, "new"));
  CHECK(read(*store, "good"));

  for (const std::string name : {"entries", "names", "ends", "leases", "lease-ends", "number", "format"}) {
    CAPTURE(name);
    hand.run({"RENAME", key(name), "aside"});
    hand.run({"SADD", key(name), "theirs"});
    auto done = store->put_if_unchanged("new", "v", 0, Millis(1000), Durability::full);
    if (name.rfind("lease", 0) == 0) {
      check_damaged(store->lease("other", "me", Millis(1000)), "another type");
    } else {
      check_damaged(done, "another type");
    }
    check_open_fails(options, ErrorKind::configuration, "another type");
    hand.run({"RENAME", "aside", key(name)});
    if (done) CHECK(store->remove_if_unchanged("new", done->generation)->committed);
    CHECK(hand.run({"HLEN", key("entries")}) == "1");
  }
  hand.run({"SET", key("number"), "many"});
  check_damaged(store->put_if_unchanged("new", "v", 0, std::nullopt, Durability::full), "damaged");
  CHECK(!read(*store, "new"));
}

TEST_CASE("Redis: a store of a newer version is left alone, and the next one is worked with") {
  const RedisOptions options = redis_options();
  const auto store = open_store(options);
  auto hand = RedisServer::shared().hand();
  put(*store, "k", "v");
  hand.run({"HSET", "{" + options.prefix + "}:format", "format", "3"});
  CHECK(read(*open_store(options), "k")->value == "v");
  hand.run({"HSET", "{" + options.prefix + "}:format", "format", "4"});
  CHECK(store->get("k").error().message().find("newer kefu") != std::string::npos);
  CHECK(store->put_if_unchanged("new", "v", 0, std::nullopt, Durability::full).error().kind() ==
        ErrorKind::configuration);
  check_open_fails(options, ErrorKind::configuration, "newer kefu");
}

TEST_CASE("Redis: options that cannot be are refused, and an address repeats nothing") {
  RedisOptions options = redis_options();
  const auto with = [&](const std::function<void(RedisOptions&)>& change) {
    RedisOptions changed = options;
    change(changed);
    return changed;
  };
  for (const std::string wrong : {"", "a b", "x}", "{", "k/2"}) {
    check_open_fails(with([&](auto& o) { o.prefix = wrong; }), ErrorKind::bad_argument, "prefix");
  }
  check_open_fails(with([](auto& o) { o.prefix = std::string(64, 'p'); }), ErrorKind::bad_argument, "63");
  check_open_fails(with([](auto& o) { o.database = -1; }), ErrorKind::bad_argument, "database is -1");
  check_open_fails(with([](auto& o) { o.database = 99; }), ErrorKind::configuration, "no database");
  check_open_fails(with([](auto& o) { o.connections = 0; }), ErrorKind::bad_argument, "connections is 0");
  check_open_fails(with([](auto& o) { o.connections = 65; }), ErrorKind::bad_argument, "connections is 65");
  check_open_fails(with([](auto& o) { o.timeout = Millis(9); }), ErrorKind::bad_argument, "timeout is 9 ms");
  check_open_fails(with([](auto& o) { o.connect_timeout = Millis(60'001); }), ErrorKind::bad_argument, "60001 ms");
  const std::string secret = kefu_test::kPlantedAppSecret;
  const std::vector<std::string> addresses{"redis://:" + secret + "@db:6379",
                                           ":" + secret + "@db",
                                           secret + "\n",
                                           std::string(),
                                           "db:0",
                                           "db:65536",
                                           "db:x",
                                           "[::1",
                                           "[::1]6379",
                                           "a,,b",
                                           "/" + std::string(200, 'p'),
                                           std::string("db\0x", 4),
                                           "::1"};
  for (const std::string& address : addresses) {
    CAPTURE(address);
    const auto opened = RedisStore::open(with([&](auto& o) { o.address = address; }));
    REQUIRE(!opened.has_value());
    CHECK(opened.error().kind() == ErrorKind::bad_argument);
    CHECK(opened.error().to_string().find(secret) == std::string::npos);
  }
  check_open_fails(with([](auto& o) { o.address = "/nowhere/redis.sock"; }), ErrorKind::unavailable,
                   "cannot be reached");
}

TEST_CASE("Redis: without TLS another machine is not spoken to, unless the host says so or the values are sealed") {
  RedisOptions options = redis_options();
  options.connect_timeout = options.timeout = Millis(300);
  const SealedOptions seal(SealKey(7, Secret(std::string(32, '\x17'))));
  for (const char* far : {"192.0.2.1", "db.example:6379", "[2001:db8::1]:6379", "127.0.0.1,192.0.2.1"}) {
    CAPTURE(far);
    options.address = far;
    options.allow_plain = false;
    check_open_fails(options, ErrorKind::configuration, "allow_plain");
    options.allow_plain = true;
    CHECK(RedisStore::open(options).error().kind() == ErrorKind::unavailable);
    options.allow_plain = false;
    CHECK(RedisStore::open_sealed(options, seal).error().kind() == ErrorKind::unavailable);
  }
  kefu_test::TcpProxy proxy{RedisServer::shared().socket()};
  RedisOptions near = redis_options();
  near.address = "127.0.0.1:" + std::to_string(proxy.port());
  put(*open_store(near), "plain", "v");
  const auto sealed = RedisStore::open_sealed(near, seal).value();
  CHECK(sealed->durable());
  put(*sealed, "k", kefu_test::kPlantedAppSecret);
  CHECK(read(*sealed, "k")->value == kefu_test::kPlantedAppSecret);
  CHECK(read(*open_store(near), "k")->value.find(kefu_test::kPlantedAppSecret) == std::string::npos);
}

TEST_CASE("Redis: a child of fork() is told that it may not use its parent's store") {
  const auto store = open_store(redis_options());
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
