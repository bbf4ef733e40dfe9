// What every store on a server keeps when the network and the server fail: typed errors in bounded time, and it heals
// by itself. What else a kind of server can do stands in its own folder.
#include KEFU_STORES_UNDER_TEST
#include "unit/stores/proxied_store.hpp"
#include "unit/stores/store_access.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace kefu;
using kefu_test::await_answer;
using kefu_test::kBounded;
using kefu_test::put;
using kefu_test::read;
using kefu_test::ServedUnderTest;
using World = kefu_test::ProxiedStore<ServedUnderTest>;

TEST_CASE("a store on a server: connections that are cut are made anew, unnoticed where nothing was under way") {
  World world(Millis(10'000));
  const int before = world.proxy.connections();
  for (int round = 0; round < 3; ++round) {
    world.proxy.cut();
    CHECK(read(*world.store, "k")->generation == world.generation);
    world.proxy.cut();
    world.generation = put(*world.store, "k", "v", world.generation);
  }
  CHECK(world.proxy.connections() == before + 6);
}

TEST_CASE("a store on a server: a server that refuses connections costs nobody a wait, and is asked ever more seldom") {
  World world(Millis(10'000));
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

TEST_CASE(
    "a store on a server: a connection that stands and says nothing ends in the timeout, and a commit on it is "
    "unknown") {
  World world;
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

TEST_CASE("a store on a server: a commit whose answer is lost is unknown, and it may be there") {
  World world;
  world.proxy.swallow_answers(true);
  const auto commit = world.store->put_if_unchanged("done", "v", 0, std::nullopt, Durability::full);
  REQUIRE(!commit.has_value());
  CHECK(commit.error().delivery() == Delivery::unknown);
  world.proxy.swallow_answers(false);
  world.await_healed();
  CHECK(read(*world.store, "done")->value == "v");
}

TEST_CASE(
    "a store on a server: a server that answers 200 ms late is slow, not wrong, and each operation is one round trip") {
  World world(Millis(20'000), 1);
  std::vector<StoreWrite> writes;
  std::vector<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    keys.push_back("many/" + std::to_string(i));
    writes.push_back(StoreWrite::put(keys.back(), "v", 0));
  }
  // What PostgreSQL uses for the first time is prepared, once on each connection.
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

TEST_CASE("a store on a server: a server that restarts is missed only while it is away") {
  auto& server = ServedUnderTest::Server::shared();
  const auto store = ServedUnderTest::Store::open(ServedUnderTest::options(server)).value();
  const auto generation = put(*store, "k", "v");
  const auto lease = *store->lease("job", "me", Millis(600'000));
  server.stop();
  const auto away = store->get("k");
  REQUIRE(!away.has_value());
  CHECK(away.error().kind() == ErrorKind::unavailable);
  server.start();
  await_answer(*store);
  CHECK(read(*store, "k")->generation == generation);
  CHECK((*store->lease("job", "me", Millis(600'000)))->fence == lease->fence);
  CHECK(put(*store, "l", "v") > generation);
}
