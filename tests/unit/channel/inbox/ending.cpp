// Turns that end together with writes of the host's, and processes that end in good order.
#include "unit/channel/inbox/shop.hpp"

#include <optional>

namespace {

using namespace std::chrono_literals;
using kefu::ErrorKind;
using kefu::Result;
using kefu::StoreWrite;
using kefu::TextContent;
using kefu_test::Shop;
using kefu_test::World;

/// What became of something that answers later.
struct Outcome {
  template <class T>
  void operator()(const Result<T>& result) const {
    *said = result ? std::string("ok") : std::string(kefu::to_string(result.error().kind()));
  }
  std::shared_ptr<std::string> said = std::make_shared<std::string>();
};

std::string value(World& world, const std::string& key) {
  const auto entry = world.store->get(key);
  REQUIRE(entry);
  return *entry ? (*entry)->value : "";
}

}  // namespace

TEST_CASE("Inbox: a turn ends together with the host's writes, or not at all") {
  World world;
  Shop shop(world);
  const auto request = shop.push("e1|c1|hi");
  Outcome first;
  shop.turn().finish({StoreWrite::put("orders/1", "paid", 7)}, kefu::Content(TextContent("no"))).then(first);
  shop.pass(1s);
  CHECK(*first.said == "conflict");
  CHECK(value(world, "orders/1").empty());
  CHECK_FALSE(request->is_answered());

  Outcome second;
  SUBCASE("with an answer") {
    shop.turn().finish({StoreWrite::put("orders/1", "paid", 0)}, kefu::Content(TextContent("yes"))).then(second);
    shop.pass(1s);
    CHECK(request->body == "yes to c1");
  }
  SUBCASE("with nothing to say") {
    shop.turn().finish({StoreWrite::put("orders/1", "paid", 0)}).then(second);
    shop.pass(1s);
    CHECK(request->body == "success");
  }
  CHECK(*second.said == "ok");
  CHECK(value(world, "orders/1") == "paid");
  Outcome third;
  shop.turn().finish({}).then(third);
  shop.pass(1s);
  CHECK(*third.said == "bad_argument");
  CHECK(shop.handled.size() == 1);
  shop.push("e2|c1|hi");
  CHECK(shop.handled.size() == 2);
  CHECK(shop.dead().empty());
}

TEST_CASE("Inbox: a turn that finishes with writes while the store fails is told once it is known") {
  World world;
  Shop shop(world);
  shop.push("e1|c1|hi");
  SUBCASE("nothing was written") { world.store->failing_commits = 3; }
  SUBCASE("it was written all the same") { world.store->doubtful_commits = 1; }
  Outcome outcome;
  shop.turn().finish({StoreWrite::put("orders/1", "paid", 0)}).then(outcome);
  shop.pass(5s);
  CHECK(*outcome.said == "ok");
  CHECK(value(world, "orders/1") == "paid");
}

TEST_CASE("Inbox: drain lets what was begun end, turns pushes away and leaves the rest to others at once") {
  World world;
  Shop a(world);
  Shop b(world);
  const auto begun = a.push("e1|c1|hi");
  a.push("e2|c1|hi");
  a.push("f1|c2|hi");
  Outcome drained;
  a.inbox->drain(10s).then(drained);
  a.pass(10ms);
  CHECK(a.push("g1|c3|hi")->status == 503);
  CHECK(drained.said->empty());
  a.turn(0).answer(TextContent("one"));
  a.turn(1).done();
  a.pass(100ms);
  CHECK(begun->body == "one to c1");
  CHECK(*drained.said == "ok");
  CHECK(a.handled.size() == 2);
  const auto state = a.inbox->state().get();
  REQUIRE(state);
  CHECK_FALSE(state->takes_pushes);
  CHECK(state->open_turns == 0);
  b.pass(1100ms);
  CHECK(b.handled == std::vector<std::string>{"e2"});
  const auto other = b.inbox->state().get();
  REQUIRE(other);
  CHECK(other->takes_pushes);
  CHECK(other->live_sessions == 1);
  CHECK(other->taken_over == 1);
  CHECK(other->open_turns == 1);
}

TEST_CASE("Inbox: what does not end within the time of a drain is given up, and begins again elsewhere") {
  World world;
  Shop a(world);
  Shop b(world);
  const auto request = a.push("e1|c1|hi");
  Outcome drained;
  a.inbox->drain(1s).then(drained);
  a.pass(1500ms);
  CHECK(*drained.said == "timeout");
  a.turn(0).answer(TextContent("too late"));
  b.pass(1100ms);
  CHECK(b.handled == std::vector<std::string>{"e1"});
  b.turn(0).answer(TextContent("in time"));
  b.pass(3s);
  CHECK(request->body == "in time to c1");  // it still waits at A
  CHECK(a.sent().size() + b.sent().size() == 0);
}

TEST_CASE("Inbox: what a destroyed Inbox leaves is found by others within a second") {
  World world;
  Shop a(world);
  Shop b(world);
  a.push("e1|c1|hi");
  a.push("e2|c1|hi");
  b.pass(1s);
  a.inbox.reset();
  a.turn(0).done();
  b.pass(1100ms);
  CHECK(b.handled == std::vector<std::string>{"e2"});
}

TEST_CASE("Inbox: a store that does not know whether the session was given back hands it over all the same") {
  World world;
  Shop a(world);
  Shop b(world);
  a.push("e1|c1|hi");
  Outcome drained;
  a.inbox->drain(1s).then(drained);
  a.pass(900ms);
  SUBCASE("it was") { world.store->doubtful_commits = 1; }
  SUBCASE("it was not") { world.store->lost_commits = 1; }
  a.pass(1s);
  CHECK(*drained.said == "timeout");
  b.pass(40s);
  CHECK(b.handled == std::vector<std::string>{"e1"});
}

TEST_CASE("Inbox: an idle process asks its store for little") {
  World world;
  int operations = 0;
  Shop shop(world);
  shop.pass(10s);
  world.store->before = [&](std::string_view) { ++operations; };
  shop.pass(60s);
  CHECK(operations <= 150);
}

TEST_CASE("Inbox: what was done is not handled again because its process was drained while the store failed") {
  World world;
  Shop a(world);
  Shop b(world);
  const auto request = a.push("e1|c1|hi");
  world.store->failing_commits = 1;
  a.turn(0).done();
  a.pass(1ms);
  Outcome drained;
  a.inbox->drain(10s).then(drained);
  a.pass(1s);
  CHECK(*drained.said == "ok");
  CHECK(request->body == "success");
  b.pass(10s);
  CHECK(b.handled.empty());
}

TEST_CASE("Inbox: a turn that finishes with an answer which leaves no room in its event's record is told, and open") {
  World world;
  Shop shop(world);
  shop.push("e1|c1|" + std::string(500'000, 'x'));
  Outcome outcome;
  const std::size_t most = kefu::Store::kMaxValueSize - 500'000;
  shop.turn().finish({}, kefu::Content(TextContent(std::string(most - 8'000, 'y')))).then(outcome);
  shop.pass(1s);
  CHECK(*outcome.said == "bad_argument");
  Outcome second;
  shop.turn().finish({}, kefu::Content(TextContent("hello"))).then(second);
  shop.pass(1s);
  CHECK(*second.said == "ok");
  shop.pass(10s);
  CHECK(shop.dead().empty());
}
