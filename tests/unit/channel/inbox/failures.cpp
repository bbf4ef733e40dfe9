#include "unit/channel/inbox/shop.hpp"

#include <stdexcept>

namespace {

using namespace std::chrono_literals;
using kefu::Inbox;
using kefu::InboxOptions;
using kefu::InboxTurn;
using kefu::TextContent;
using kefu_test::failure;
using kefu_test::FaultyStore;
using kefu_test::Shop;
using kefu_test::three_tries;
using kefu_test::World;

}  // namespace

TEST_CASE("BOT-1: a late transfer to an agent is not lost silently") {
  World world;
  Shop shop(world);
  shop.push("e1|c1|hi");
  shop.pass(5s);
  shop.turn().answer(kefu::TransferToAgent());
  shop.pass(1ms);
  REQUIRE(shop.dead().size() == 1);
  CHECK(shop.dead()[0].why.find("transfer") != std::string::npos);
}

TEST_CASE("BOT-2: failed handling is repeated with pauses, then it is a dead letter that can be revived") {
  World world;
  Shop shop(world, three_tries());
  shop.on_event = [&](kefu::InboundEvent, InboxTurn turn) {
    if (shop.handled.size() == 1) return turn.failed("no database");
    if (shop.handled.size() == 2) throw std::runtime_error("bang");
    // Dropped: nobody answers.
  };
  const auto request = shop.push("e1|c1|hi");
  CHECK(shop.handled.size() == 1);
  shop.pass(500ms);
  CHECK(shop.handled.size() == 1);
  shop.pass(1s);
  CHECK(shop.handled.size() == 2);
  CHECK(shop.dead().empty());
  shop.pass(3s);
  CHECK(shop.handled.size() == 3);
  CHECK(request->body == "success");
  auto letters = shop.dead();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].event_id == "e1");
  CHECK(letters[0].tries == 3);
  CHECK(letters[0].why == "the handler dropped the event without an answer");
  CHECK(std::get<kefu::ReceivedText>(letters[0].event.payload).body == "hi");
  CHECK(shop.push("e1|c1|hi")->body == "success");
  CHECK(shop.handled.size() == 3);

  shop.on_event = [](kefu::InboundEvent, InboxTurn turn) { turn.answer(TextContent("now")); };
  REQUIRE(shop.inbox->revive("e1").get());
  shop.pass(1ms);
  CHECK(shop.handled.size() == 4);
  REQUIRE(shop.sent().size() == 1);
  CHECK(shop.dead().empty());
  CHECK(shop.inbox->revive("e1").get().error().kind() == kefu::ErrorKind::not_found);
}

TEST_CASE("BOT-2: dead letters come oldest first, and one can be dismissed") {
  World world;
  InboxOptions options;
  options.tries = 1;
  Shop shop(world, options);
  shop.on_event = [](kefu::InboundEvent, InboxTurn turn) { turn.failed("no"); };
  for (const char* push : {"z/ 1|c1|a", "a1|c2|b", "m1|c3|c"}) {
    shop.push(push);
    shop.pass(1s);
  }
  auto letters = shop.dead();
  REQUIRE(letters.size() == 3);
  CHECK(letters[0].event_id == "z/ 1");
  CHECK(letters[1].event_id == "a1");
  REQUIRE(shop.inbox->dismiss("z/ 1").get());
  CHECK(shop.inbox->dismiss("z/ 1").get().error().kind() == kefu::ErrorKind::not_found);
  CHECK(shop.inbox->dead_letters(1).get()->at(0).event_id == "a1");
}

TEST_CASE("BOT-2: a handler that never answers is given up") {
  World world;
  InboxOptions options;
  options.tries = 1;
  options.give_up = 60s;
  Shop shop(world, options);
  shop.push("e1|c1|hi");
  shop.push("e2|c1|hi");
  shop.pass(61s);
  CHECK(shop.handled.size() == 2);
  REQUIRE(shop.dead().size() == 1);
  shop.turn(0).answer(TextContent("too late"));
  shop.pass(1s);
  CHECK(shop.sent().empty());
}

TEST_CASE("BOT-4: a refused late answer is repeated with a budget, an unknown one never") {
  World world;
  Shop shop(world, three_tries());
  const auto late = [&](const std::string& id) {
    shop.push(id + "|" + id + "|hi");
    shop.pass(5s);
    shop.turns.back().answer(TextContent("late"));
    shop.pass(5min);
  };
  SUBCASE("refused for the moment, then accepted") {
    shop.channel->fake_messenger->fail(failure(kefu::ErrorKind::unavailable, kefu::Delivery::refused));
    shop.channel->fake_messenger->fail(failure(kefu::ErrorKind::network, kefu::Delivery::not_sent));
    late("e1");
    CHECK(shop.sent().size() == 3);
    CHECK(shop.dead().empty());
  }
  SUBCASE("the budget ends") {
    for (int i = 0; i < 9; ++i) {
      shop.channel->fake_messenger->fail(failure(kefu::ErrorKind::rate_limited, kefu::Delivery::refused));
    }
    late("e1");
    CHECK(shop.sent().size() == 3);
    REQUIRE(shop.dead().size() == 1);
    CHECK(shop.dead()[0].why.find("scripted") != std::string::npos);
  }
  SUBCASE("nobody knows whether it arrived") {
    shop.channel->fake_messenger->fail(failure(kefu::ErrorKind::timeout, kefu::Delivery::unknown));
    late("e1");
    CHECK(shop.sent().size() == 1);
    REQUIRE(shop.dead().size() == 1);
    CHECK(shop.dead()[0].why.find("nobody knows") != std::string::npos);
  }
  SUBCASE("a part of it arrived") {
    shop.channel->fake_messenger->fail(failure(kefu::ErrorKind::network, kefu::Delivery::not_sent, 1));
    late("e1");
    CHECK(shop.sent().size() == 1);
    CHECK(shop.dead().size() == 1);
  }
  SUBCASE("it will never be accepted") {
    shop.channel->fake_messenger->fail(failure(kefu::ErrorKind::window_closed, kefu::Delivery::not_sent));
    late("e1");
    CHECK(shop.sent().size() == 1);
    CHECK(shop.dead().size() == 1);
  }
}

TEST_CASE("BOT-2: nothing is acknowledged that is not stored") {
  World world;
  Shop shop(world);
  world.store->failing_commits = 1;
  const auto request = shop.push("e1|c1|hi");
  CHECK(request->status == 503);
  CHECK(shop.handled.empty());
  const auto repeat = shop.push("e1|c1|hi");
  CHECK(shop.handled.size() == 1);
  shop.turn().done();
  shop.pass(1ms);
  CHECK(repeat->body == "success");
}

TEST_CASE("BOT-2: a commit of which the store does not know whether it was done is looked at before anybody is told") {
  World world;
  Shop shop(world);
  SUBCASE("it was done") { world.store->doubtful_commits = 1; }
  SUBCASE("it was not") { world.store->lost_commits = 1; }
  const auto request = shop.push("e1|c1|hi");
  CHECK_FALSE(request->is_answered());
  REQUIRE(shop.handled.size() == 1);
  shop.turn().answer(TextContent("x"));
  shop.pass(1ms);
  CHECK(request->body == "x to c1");
}

TEST_CASE("BOT-2: while the store fails the answer waits, is not lost and not sent twice") {
  World world;
  Shop shop(world);
  const auto request = shop.push("e1|c1|hi");
  bool within = true;
  SUBCASE("nothing was written") { world.store->failing_commits = 3; }
  SUBCASE("it was written all the same") { world.store->doubtful_commits = 1; }
  SUBCASE("nothing was written for longer than the platform waits") {
    world.store->failing_commits = 9;
    within = false;
  }
  shop.turn().answer(TextContent("hello"));
  shop.pass(20s);
  CHECK(request->body == (within ? "hello to c1" : "try again"));
  CHECK(shop.handled.size() == 1);
  CHECK(shop.sent().size() == (within ? 0 : 1));
  CHECK(shop.push("e1|c1|hi")->body == (within ? "hello to c1" : "success"));
  shop.push("e2|c1|next");
  CHECK(shop.handled.size() == 2);
  CHECK(shop.dead().empty());
}

TEST_CASE("BOT-2: without a durable store the Inbox says so") {
  World world;
  world.store = std::make_shared<FaultyStore>(std::make_shared<kefu::MemoryStore>(world.time), false);
  Shop shop(world);
  CHECK_FALSE(shop.inbox->durable());
  // Nothing of ours waits in simulated time, so a wait without end is noticed.
  CHECK(world.time->waiting() == 0);
}

TEST_CASE("create refuses options out of bounds and channels without pushes") {
  World world;
  Shop shop(world);
  const auto refused = [&](auto change) {
    InboxOptions options;
    change(options);
    auto inbox = Inbox::create(
        shop.runtime, shop.channel, [](kefu::InboundEvent, InboxTurn) {}, options);
    REQUIRE_FALSE(inbox);
    CHECK(inbox.error().kind() == kefu::ErrorKind::bad_argument);
  };
  refused([](InboxOptions& o) { o.tries = 0; });
  refused([](InboxOptions& o) { o.lease = 1ms; });
  refused([](InboxOptions& o) { o.answer_within = 0ms; });
  refused([](InboxOptions& o) { o.remember = 5s; });
  refused([](InboxOptions& o) { o.max_in_hand = 0; });
  CHECK_FALSE(Inbox::create(shop.runtime, nullptr, [](kefu::InboundEvent, InboxTurn) {}));
  CHECK_FALSE(Inbox::create(shop.runtime, shop.channel, nullptr));
  shop.channel->receiver = nullptr;
  auto inbox = Inbox::create(shop.runtime, shop.channel, [](kefu::InboundEvent, InboxTurn) {});
  CHECK(inbox.error().kind() == kefu::ErrorKind::unsupported);
}
