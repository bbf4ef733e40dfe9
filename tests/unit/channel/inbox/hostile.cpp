// What a hostile reader tried against the Inbox, through its public interface.
#include "support/fake_poller.hpp"
#include "unit/channel/inbox/shop.hpp"

namespace {

using namespace std::chrono_literals;
using kefu::InboxOptions;
using kefu::InboxTurn;
using kefu::Millis;
using kefu::TextContent;
using kefu_test::FakeChannel;
using kefu_test::FakePoller;
using kefu_test::RequestPtr;
using kefu_test::Shop;
using kefu_test::World;

}  // namespace

TEST_CASE(
    "BOT-5: a clock that was ahead for a moment and is set back stops no "
    "poll") {
  World world;
  kefu::Runtime runtime = Shop::make_runtime(world);
  auto channel = std::make_shared<FakeChannel>(runtime);
  auto poller = std::make_shared<FakePoller>(runtime, [](std::size_t) { return std::nullopt; });
  channel->source = poller;
  const auto inbox =
      kefu::Inbox::create(runtime, channel, [](const kefu::InboundEvent&, const InboxTurn& turn) { turn.done(); });
  REQUIRE(inbox);
  world.time->advance(5s);
  world.time->set_wall(world.time->wall() + 3h);
  world.time->advance(5s);
  world.time->set_wall(world.time->wall() - 3h);
  const int before = poller->polls;
  world.time->advance(60s);
  CHECK(poller->polls - before > 20);
}

TEST_CASE(
    "DED-1: an answer that waits for another process' request leaves in "
    "time though the clock is set back") {
  World world;
  world.time->set_wall(world.time->wall() + 3h);
  Shop a(world);
  Shop b(world);
  a.push("e1|c1|first");
  const auto second = b.push("e2|c1|second");
  a.turn(0).done();
  a.pass(1ms);
  REQUIRE(a.turns.size() == 2);
  b.runtime.stop();  // nobody comes for the answer
  a.turn(1).answer(TextContent("hello"));
  world.time->set_wall(world.time->wall() - 3h);
  a.pass(60s);
  CHECK(a.sent().size() == 1);
}

TEST_CASE(
    "BOT-6: a lost session opens no more turns than "
    "InboxOptions::handlers; those of before count until they end") {
  World world;
  InboxOptions options;
  options.handlers = 2;
  Shop shop(world, options);
  shop.push("e1|c1|hello");
  shop.push("e2|c2|hello");
  shop.push("e3|c3|hello");
  shop.pass(10s);
  REQUIRE(shop.turns.size() == 2);
  world.store->gone = true;
  shop.pass(60s);
  world.store->gone = false;
  shop.pass(60s);
  CHECK(shop.turns.size() == 2);
  for (const InboxTurn& turn : shop.turns) turn.done();
  shop.turns.clear();
  shop.pass(60s);
  CHECK(shop.turns.size() == 2);
  while (!shop.turns.empty()) {
    for (const InboxTurn& turn : shop.turns) turn.done();
    shop.turns.clear();
    shop.pass(10s);
  }
  CHECK(shop.handled.back() == "e3");
  CHECK(shop.dead().empty());
}

TEST_CASE(
    "BOT-7: a drain gives everything back: others go on at once, and "
    "nothing stays in hand") {
  World world;
  Shop a(world);
  Shop b(world);
  for (int i = 0; i < 5; ++i) a.push("e" + std::to_string(i) + "|c1|hello");
  a.push("f1|c2|hello");
  REQUIRE(a.turns.size() == 2);
  auto drained = a.inbox->drain(20s);
  a.pass(1s);
  CHECK(a.push("g1|c3|hello")->status == 503);
  a.turn(0).answer(TextContent("one"));
  a.turn(1).answer(TextContent("two"));
  a.pass(1s);
  REQUIRE(drained.wait_for(0ms));
  CHECK(std::move(drained).get());
  CHECK(a.handled.size() == 2);
  a.pass(7s);  // a sweep, far less than the lease
  CHECK(b.handled == std::vector<std::string>{"e1"});
  auto state = a.inbox->state();
  a.pass(1ms);
  const auto stands = std::move(state).get();
  REQUIRE(stands);
  CHECK_FALSE(stands->takes_pushes);
  CHECK(stands->in_hand == 0);
  CHECK(stands->open_turns == 0);
}

TEST_CASE(
    "BOT-7: a drain ends in its time, though a handler does not and "
    "though the store is away") {
  World world;
  Shop a(world);
  Shop b(world);
  a.push("e1|c1|hello");
  bool is_away = false;
  SUBCASE("the handler goes on") {}
  SUBCASE("the store is away") { is_away = true; }
  world.store->gone = is_away;
  auto drained = a.inbox->drain(5s);
  a.pass(7s);
  REQUIRE(drained.wait_for(0ms));
  const auto outcome = std::move(drained).get();
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind() == kefu::ErrorKind::timeout);
  world.store->gone = false;
  a.pass(is_away ? 60s : 7s);
  CHECK(b.handled == std::vector<std::string>{"e1"});
  a.turn(0).answer(TextContent("late"));
  b.turn(0).answer(TextContent("hello"));
  a.pass(5s);
  CHECK(a.sent().empty());
  CHECK(b.sent().size() == 1);
}

TEST_CASE("BOT-8: a resolver that never answers is asked again, and its requests are answered in time") {
  World world;
  Shop shop(world);
  int asked = 0;
  std::vector<kefu::Promise<std::shared_ptr<kefu::Channel>>> kept;
  const auto inbox = kefu::Inbox::create(
      shop.runtime, "fake",
      [&](const std::string&) {
        kefu::Promise<std::shared_ptr<kefu::Channel>> promise(shop.runtime.home());
        auto pending = promise.pending();
        if (++asked == 1) {
          kept.push_back(std::move(promise));  // for ever
        } else {
          promise.answer(std::shared_ptr<kefu::Channel>(shop.channel));
        }
        return pending;
      },
      [](const kefu::InboundEvent&, const InboxTurn& turn) { turn.answer(TextContent("hello")); });
  REQUIRE(inbox);
  const auto push = [&](const std::string& body) {
    return inbox->handle(shop.channel->receiver, kefu::WebhookRequest("POST", "/", "", body));
  };
  auto first = push("e1|c1|hello");
  world.time->advance(4s);
  REQUIRE(first.wait_for(0ms));
  CHECK(std::move(first).get()->status == 503);
  auto again = push("e1|c1|hello");
  world.time->advance(1s);
  CHECK(asked == 2);
  REQUIRE(again.wait_for(0ms));
  CHECK(std::move(again).get()->body == "hello to c1");
}
