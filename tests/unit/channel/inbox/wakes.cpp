// Which accounts are polled, and pushes that only say "poll now".
#include "unit/channel/inbox/mall.hpp"

#include <algorithm>
#include <memory>

namespace {

using namespace std::chrono_literals;
using kefu::Error;
using kefu::ErrorKind;
using kefu::InboxOptions;
using kefu::InboxTurn;
using kefu_test::FakeChannel;
using kefu_test::FakePoller;
using kefu_test::Mall;
using kefu_test::Shop;
using kefu_test::World;

using Lines = std::vector<std::string>;

std::shared_ptr<Lines> history(std::initializer_list<std::string> lines = {}) { return std::make_shared<Lines>(lines); }

void end_all(Mall& mall) {
  mall.on_event = [](const kefu::InboundEvent&, const InboxTurn& turn) { turn.done(); };
}

Error network() { return Error(ErrorKind::network, "no line"); }

}  // namespace

TEST_CASE("Inbox with a resolver: it polls the accounts that it is told, until it is told to stop") {
  World world;
  Mall mall(world);
  end_all(mall);
  const auto lines = history({"e1|c1|hi"});
  FakePoller& one = mall.polled("one", lines);
  FakePoller& two = mall.polled("two");
  one.pause = two.pause = 1s;
  mall.pass(1min);
  CHECK(one.polls + two.polls == 0);
  CHECK(mall.outcome(mall.inbox->poll("one")) == "ok");
  CHECK(mall.outcome(mall.inbox->poll("one")) == "ok");
  mall.pass(10s);
  CHECK(one.polls >= 9);
  CHECK(one.polls <= 11);
  CHECK(two.polls == 0);
  CHECK(mall.handled == Lines{"one/e1"});
  mall.inbox->stop_polling("one");
  mall.pass(10ms);
  const int before = one.polls;
  mall.pass(10s);
  CHECK(one.polls == before);
  CHECK(mall.outcome(mall.inbox->poll("one")) == "ok");
  mall.pass(5s);
  CHECK(one.polls > before);
}

TEST_CASE("Inbox with a resolver: an account that cannot be polled is refused, with the reason") {
  World world;
  Mall mall(world);
  mall.polled("one");
  mall.lost = {"gone"};
  CHECK(mall.outcome(mall.inbox->poll("gone")) == "not_found");
  CHECK(mall.outcome(mall.inbox->poll("pushed")) == "unsupported");
  CHECK(mall.outcome(mall.inbox->wake("pushed")) == "unsupported");
  mall.fault = Error(ErrorKind::unavailable, "no database");
  CHECK(mall.outcome(mall.inbox->poll("gone")) == "unavailable");
  CHECK(mall.outcome(mall.inbox->poll("one")) == "ok");
  auto drained = mall.inbox->drain(1s);
  mall.pass(2s);
  CHECK(mall.outcome(mall.inbox->poll("one")) == "cancelled");
}

TEST_CASE("Inbox with a resolver: an account is found anew while it is polled; one that is gone is tried again") {
  World world;
  Mall mall(world);
  end_all(mall);
  mall.polled("one").pause = 10s;
  REQUIRE(mall.outcome(mall.inbox->poll("one")) == "ok");
  mall.pass(10s);
  mall.channels.clear();
  FakePoller& newer = mall.polled("one");
  newer.pause = 10s;
  mall.pass(2min);
  CHECK(newer.polls > 3);
  mall.lost = {"one"};
  mall.pass(2min);
  const int before = newer.polls;
  mall.pass(10min);
  CHECK(newer.polls == before);
  mall.lost.clear();
  mall.pass(2min);
  CHECK(newer.polls > before);
}

TEST_CASE("Inbox with a resolver: of two processes that are told so one polls, the other when it is gone") {
  World world;
  auto a = std::make_unique<Mall>(world);
  Mall b(world);
  end_all(*a);
  end_all(b);
  const auto lines = history();
  FakePoller& at_a = a->polled("one", lines);
  FakePoller& at_b = b.polled("one", lines);
  at_a.pause = at_b.pause = 2s;
  at_a.takes = 1500ms;
  REQUIRE(a->outcome(a->inbox->poll("one")) == "ok");
  a->pass(100ms);
  REQUIRE(b.outcome(b.inbox->poll("one")) == "ok");
  b.pass(30s);
  CHECK(at_a.polls + at_b.polls <= 18);
  lines->emplace_back("e1|c1|hi");
  b.pass(10s);
  CHECK(a->handled.size() + b.handled.size() == 1);
  a->runtime.stop();
  lines->emplace_back("e2|c1|hi");
  b.pass(60s);
  CHECK(std::count(b.handled.begin(), b.handled.end(), "one/e2") == 1);
}

TEST_CASE("Inbox: a push that only wakes is acknowledged, and its account is read at once") {
  World world;
  Mall mall(world);
  end_all(mall);
  const auto lines = history();
  FakePoller& poller = mall.polled("one", lines);
  REQUIRE(mall.outcome(mall.inbox->poll("one")) == "ok");
  mall.pass(10min);
  REQUIRE(poller.polls == 1);
  for (int i = 0; i < 12; ++i) lines->push_back("e" + std::to_string(i) + "|c1|hi");
  const auto request = mall.push("one!wake!ticket");
  CHECK(request->status == 200);
  CHECK(request->body == "success");
  mall.pass(10ms);
  CHECK(mall.handled.size() == 12);
  CHECK(poller.tokens == Lines{"ticket", "ticket", "ticket"});
  mall.pass(70min);
  CHECK(poller.tokens.size() == 3);
  CHECK(poller.polls == 5);
}

TEST_CASE("Inbox: a wake reads an account that is not polled here once, to the end") {
  World world;
  InboxOptions options;
  Mall mall(world, options);
  end_all(mall);
  const auto lines = history();
  for (int i = 0; i < 12; ++i) lines->push_back("e" + std::to_string(i) + "|c1|hi");
  FakePoller& poller = mall.polled("one", lines);
  poller.pause = 1s;
  SUBCASE("at once") {}
  SUBCASE("after it failed") {
    for (int i = 0; i < 3; ++i) poller.failures.push_back(network());
  }
  SUBCASE("after the store failed") { world.store->failing_commits = 2; }
  mall.push("one!wake!ticket");
  mall.pass(60s);
  CHECK(mall.handled.size() == 12);
  const int polls = poller.polls;
  mall.pass(2h);
  CHECK(poller.polls == polls);
}

TEST_CASE("Inbox: a wake that finds another process reading makes that one read again before it ends") {
  World world;
  Mall a(world);
  Mall b(world);
  end_all(a);
  end_all(b);
  const auto lines = history();
  FakePoller& at_a = a.polled("one", lines);
  FakePoller& at_b = b.polled("one", lines);
  at_a.takes = 3s;
  REQUIRE(a.outcome(a.inbox->poll("one")) == "ok");
  a.pass(1s);
  REQUIRE(at_a.polls == 1);
  for (int i = 0; i < 50; ++i) CHECK(b.push("one!wake!ticket" + std::to_string(i))->status == 200);
  CHECK(at_b.polls == 0);
  a.pass(2100ms);
  CHECK(at_a.polls == 2);
  CHECK(at_a.tokens == Lines{"ticket49"});
  lines->emplace_back("e1|c1|hi");
  a.pass(10s);
  CHECK(a.handled == Lines{"one/e1"});
  CHECK(at_a.polls == 2);
  b.pass(30min);
  CHECK(at_a.polls + at_b.polls == 2);
}

TEST_CASE("Inbox: a wake of which the reader dies is not followed twice, and the account is read by whoever polls it") {
  World world;
  auto a = std::make_unique<Mall>(world);
  Mall b(world);
  end_all(b);
  const auto lines = history();
  bool is_killed = false;
  SUBCASE("killed") { is_killed = true; }
  SUBCASE("drained") {}
  FakePoller& at_a = a->polled("one", lines);
  at_a.takes = 1h;
  at_a.never_answers = !is_killed;
  FakePoller& at_b = b.polled("one", lines);
  at_b.pause = 10s;
  REQUIRE(a->outcome(a->inbox->poll("one")) == "ok");
  a->pass(100ms);
  REQUIRE(b.outcome(b.inbox->poll("one")) == "ok");
  lines->emplace_back("e1|c1|hi");
  b.push("one!wake!ticket");
  if (is_killed) {
    a->runtime.stop();
    b.pass(40s);
  } else {
    auto drained = a->inbox->drain(1s);
    b.pass(1200ms);
    CHECK(at_b.tokens == Lines{"ticket"});
  }
  CHECK(b.handled == Lines{"one/e1"});
}

TEST_CASE("Inbox: a wake ends a pause of our own, but none that the platform asked for") {
  World world;
  Mall mall(world);
  end_all(mall);
  const auto lines = history({"e1|c1|hi"});
  FakePoller& poller = mall.polled("one", lines);
  kefu::ErrorDetails details;
  details.message = "enough";
  SUBCASE("ours") {
    poller.failures.push_back(network());
    REQUIRE(mall.outcome(mall.inbox->poll("one")) == "ok");
    mall.push("one!wake!");
    mall.pass(100ms);
    CHECK(mall.handled.size() == 1);
  }
  SUBCASE("the platform's") {
    details.retry_after = 1min;
    poller.failures.emplace_back(ErrorKind::rate_limited, kefu::Delivery::not_sent, std::move(details));
    REQUIRE(mall.outcome(mall.inbox->poll("one")) == "ok");
    for (int i = 0; i < 100; ++i) {
      mall.push("one!wake!");
      mall.pass(500ms);
    }
    CHECK(poller.polls == 1);
    mall.pass(11s);
    CHECK(mall.handled.size() == 1);
  }
}

TEST_CASE("Inbox: wakes that no account can follow") {
  World world;
  Mall mall(world);
  mall.lost = {"gone"};
  CHECK(mall.push("gone!wake!t")->status == 404);
  mall.fault = Error(ErrorKind::unavailable, "no database");
  CHECK(mall.push("gone!wake!t")->status == 503);
  CHECK(mall.push("pushed!wake!t")->status == 200);
  FakePoller& poller = mall.polled("one");
  CHECK(mall.push("one!wake!" + std::string(5'000, 't'))->status == 200);
  CHECK(poller.polls == 1);
  CHECK(poller.tokens.empty());
  auto drained = mall.inbox->drain(1s);
  CHECK(mall.push("one!wake!t")->status == 503);
  mall.pass(2s);
}

TEST_CASE("Inbox: a wake of an account that is gone meanwhile asks its resolver rarely, and not for ever") {
  World world;
  Mall mall(world);
  mall.polled("one").takes = 150s;
  mall.push("one!wake!t");
  mall.pass(80s);
  mall.push("one!wake!t");
  mall.lost = {"one"};
  const int asked = mall.asked;
  mall.pass(20min);
  CHECK(mall.asked - asked > 3);
  CHECK(mall.asked - asked <= 12);
  const int later = mall.asked;
  mall.pass(2h);
  CHECK(mall.asked == later);
}

TEST_CASE("Inbox of one account that polls nothing by itself: a wake reads it once") {
  World world;
  kefu::Runtime runtime = Shop::make_runtime(world);
  auto channel = std::make_shared<FakeChannel>(runtime);
  auto poller = std::make_shared<FakePoller>(
      runtime, [](std::size_t i) { return i == 0 ? std::optional<std::string>("e1|c1|hi") : std::nullopt; });
  channel->source = poller;
  InboxOptions options;
  options.poll = false;
  int handled = 0;
  const auto inbox = kefu::Inbox::create(
      runtime, channel,
      [&](const kefu::InboundEvent&, const InboxTurn& turn) {
        ++handled;
        turn.done();
      },
      options);
  REQUIRE(inbox);
  world.time->advance(1h);
  CHECK(poller->polls == 0);
  auto woken = inbox->wake("shop");
  world.time->advance(1h);
  CHECK(std::move(woken).get());
  CHECK(handled == 1);
  CHECK(poller->polls == 1);
  auto other = inbox->wake("other");
  world.time->advance(1s);
  CHECK(std::move(other).get().error().kind() == ErrorKind::not_found);
}

TEST_CASE("Inbox: a poller that never answers is given up after ten minutes, and its late answer counts for nothing") {
  World world;
  Mall mall(world);
  end_all(mall);
  const auto lines = history({"e1|c1|hi"});
  FakePoller& poller = mall.polled("one", lines);
  poller.forgets = true;
  REQUIRE(mall.outcome(mall.inbox->poll("one")) == "ok");
  mall.pass(9min);
  CHECK(poller.polls == 1);
  poller.forgets = false;
  mall.pass(2min);
  CHECK(poller.polls == 2);
  CHECK(mall.handled.size() == 1);
}

TEST_CASE("Inbox with a resolver: of very many accounts some hundreds are polled at a time, and all of them in turn") {
  World world;
  Mall mall(world);
  std::vector<FakePoller*> pollers;
  for (int i = 0; i < 600; ++i) {
    const std::string account = "a" + std::to_string(i);
    pollers.push_back(&mall.polled(account));
    pollers.back()->takes = 10s;
    REQUIRE(mall.outcome(mall.inbox->poll(account)) == "ok");
  }
  const auto polled = [&] {
    return std::count_if(pollers.begin(), pollers.end(), [](const FakePoller* poller) { return poller->polls > 0; });
  };
  mall.pass(5s);
  CHECK(polled() == 256);
  mall.pass(30s);
  CHECK(polled() == 600);
}

TEST_CASE("Inbox: a poll that is under way when its runtime stops leaves nothing behind") {
  World world;
  std::weak_ptr<FakeChannel> channel;
  {
    Mall mall(world);
    FakePoller& poller = mall.polled("one");
    poller.never_answers = true;
    channel = mall.channel("one");
    REQUIRE(mall.outcome(mall.inbox->poll("one")) == "ok");
    mall.pass(1s);
    REQUIRE(poller.polls == 1);
    mall.runtime.stop();
  }
  CHECK(channel.expired());
}

TEST_CASE("Inbox: a process that only follows wakes gives the right to poll back though the store failed at the end") {
  World world;
  Mall a(world);
  Mall b(world);
  end_all(b);
  const auto lines = history();
  FakePoller& at_a = a.polled("one", lines);
  at_a.takes = 1s;
  at_a.pause = b.polled("one", lines).pause = 2s;
  a.push("two!x1|c1|its handler works for hours");
  REQUIRE(a.turns.size() == 1);
  a.push("one!wake!ticket");
  a.pass(500ms);
  REQUIRE(at_a.polls == 1);
  world.store->only = "inbox-poll";
  SUBCASE("once") { world.store->failing_commits = 1; }
  SUBCASE("for a while") { world.store->failing_commits = 5; }
  REQUIRE(b.outcome(b.inbox->poll("one")) == "ok");
  b.pass(20s);
  lines->emplace_back("e1|c1|hi");
  b.pass(20s);
  CHECK(b.handled == Lines{"one/e1"});
}

TEST_CASE("Inbox of one account: it is polled and woken by its name or without one") {
  World world;
  kefu::Runtime runtime = Shop::make_runtime(world);
  auto channel = std::make_shared<FakeChannel>(runtime);
  auto poller = std::make_shared<FakePoller>(runtime, [](std::size_t) { return std::nullopt; });
  channel->source = poller;
  InboxOptions options;
  options.poll = false;
  const auto inbox = kefu::Inbox::create(
      runtime, channel, [](const kefu::InboundEvent&, const InboxTurn& turn) { turn.done(); }, options);
  REQUIRE(inbox);
  for (const char* name : {"", "shop"}) inbox->poll(name).detach();
  world.time->advance(10s);
  CHECK(poller->polls >= 9);
  CHECK(poller->polls <= 11);
  auto health = inbox->health();
  world.time->advance(1ms);
  CHECK(std::move(health).get()->is_polled);
}
