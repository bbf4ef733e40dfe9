#include "unit/channel/inbox/shop.hpp"

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using kefu::Inbox;
using kefu::InboxOptions;
using kefu::InboxTurn;
using kefu::TextContent;
using kefu_test::FakeChannel;
using kefu_test::push_at_both;
using kefu_test::RequestPtr;
using kefu_test::Shop;
using kefu_test::text_of;
using kefu_test::three_tries;
using kefu_test::World;

}  // namespace

TEST_CASE("DED-1: another process' event is answered through the process where the request waits") {
  World world;
  Shop a(world);
  Shop b(world);
  a.push("e1|c1|first");
  const auto request = b.push("e2|c1|second");
  CHECK(b.handled.empty());
  a.turn(0).done();
  a.pass(1ms);
  REQUIRE(a.handled == std::vector<std::string>{"e1", "e2"});
  a.turn(1).answer(TextContent("hello"));
  a.pass(1s);
  CHECK(request->body == "hello to c1");
  a.pass(10s);
  CHECK(a.sent().empty());
  CHECK(b.sent().empty());
  a.push("e3|c1|third");
  CHECK(a.handled.size() + b.handled.size() == 3);
}

TEST_CASE("DED-1: a repeat at another process waits for the answer, and is acknowledged when it does not come") {
  World world;
  Shop a(world);
  Shop b(world);
  const auto first = a.push("e1|c1|hi");
  const auto repeat = b.push("e1|c1|hi");
  CHECK(b.handled.empty());
  SUBCASE("it comes") {
    a.turn().answer(TextContent("hello"));
    a.pass(1s);
    CHECK(first->body == "hello to c1");
    CHECK(repeat->body == "hello to c1");
  }
  SUBCASE("it does not come") {
    a.pass(4s);
    CHECK(first->body == "success");
    CHECK(repeat->body == "success");
    a.turn().answer(TextContent("late"));
    a.pass(1s);
    CHECK(a.sent().size() == 1);
  }
  CHECK(b.handled.empty());
  CHECK(b.sent().empty());
}

// A process that was stopped reads a request that the platform has given up since: another one, which came later, is
// the one that counts.
TEST_CASE("DED-1, BOT-1: after a request was acknowledged no other takes the answer along, at whichever process") {
  World world;
  InboxOptions quick;
  quick.answer_within = 2s;
  const auto said_by_message = [](Shop& owner, const RequestPtr& given_up) {
    CHECK(given_up->body == "success");
    REQUIRE(owner.sent().size() == 1);
    CHECK(text_of(owner.sent()[0]) == "hello");
    CHECK(owner.dead().empty());
  };
  SUBCASE("acknowledged where it is handled, given up where it was stored") {
    Shop a(world);
    Shop b(world, quick);
    const auto [given_up, live] = push_at_both(b, a, b);
    b.pass(2s);
    CHECK(live->body == "success");
    b.turn(1).answer(TextContent("hello"));
    b.pass(3s);
    said_by_message(b, given_up);
  }
  SUBCASE("acknowledged where it was stored, given up where it is handled") {
    Shop a(world, quick);
    Shop b(world);
    const auto [live, given_up] = push_at_both(b, a, b);
    b.pass(2s);
    CHECK(live->body == "success");
    SUBCASE("the first try") { b.turn(1).answer(TextContent("hello")); }
    SUBCASE("another try") {
      b.turn(1).failed("not yet");
      b.pass(1'500ms);
      b.turn(2).answer(TextContent("hello"));
    }
    SUBCASE("with a write of the host") {
      CHECK(b.turn(1).finish({kefu::StoreWrite::put("host", "x", 0)}, TextContent("hello")).get());
    }
    b.pass(3s);
    said_by_message(b, given_up);
  }
  SUBCASE("acknowledged where nothing is known but the record") {
    Shop a(world);
    Shop b(world);
    Shop c(world, quick);
    const auto [given_up, live] = push_at_both(b, a, c);
    b.pass(2s);
    CHECK(live->body == "success");
    b.turn(1).answer(TextContent("hello"));
    b.pass(3s);
    said_by_message(b, given_up);
  }
  SUBCASE("the store was busy: then the platform comes again") {
    Shop a(world);
    Shop b(world, quick);
    const auto [given_up, live] = push_at_both(b, a, b);
    b.pass(1s);
    world.store->failing_commits = 1'000;
    b.pass(1s);
    CHECK(live->body == "try again");
    world.store->failing_commits = 0;
    b.turn(1).answer(TextContent("hello"));
    b.pass(1s);
    CHECK(given_up->body == "hello to c1");
    CHECK(b.push("e2|c1|hi")->body == "hello to c1");
    CHECK(b.sent().empty());
  }
}

TEST_CASE("BOT-2, DED-4: the events of a process that is gone are taken over, in order, without another push") {
  World world;
  Shop b(world, three_tries());
  {
    Shop a(world, three_tries());
    const auto first = a.push("e1|c1|1");
    a.push("e2|c1|2");
    a.push("f1|c2|1");
    a.turn(0).answer(TextContent("done"));
    a.pass(1ms);
    CHECK(first->body == "done to c1");
    CHECK(a.handled == std::vector<std::string>{"e1", "f1", "e2"});
    a.runtime.stop();
  }
  const auto third = b.push("e3|c1|3");
  CHECK(b.handled.empty());
  b.pass(45s);
  CHECK(third->body == "success");
  REQUIRE(b.handled.size() == 2);
  CHECK(b.handled[0] == "e2");
  CHECK(b.handled[1] == "f1");
  b.turn(0).answer(TextContent("two"));
  b.pass(1ms);
  CHECK(b.handled.back() == "e3");
  REQUIRE(b.sent().size() == 1);
  CHECK(text_of(b.sent()[0]) == "two");
  CHECK(b.sent()[0].to.customer.id == "c1");
}

TEST_CASE("BOT-2: a repeat takes over an expired lease at once") {
  World world;
  InboxOptions rarely;
  rarely.sweep = 1h;
  Shop b(world, rarely);
  {
    Shop a(world, rarely);
    a.push("e1|c1|1");
    a.runtime.stop();
  }
  b.pass(31s);
  CHECK(b.handled.empty());
  const auto repeat = b.push("e1|c1|1");
  REQUIRE(b.handled.size() == 1);
  b.turn().answer(TextContent("hello"));
  b.pass(1ms);
  CHECK(repeat->body == "hello to c1");
}

TEST_CASE("BOT-2: a lease is extended while its owner lives") {
  World world;
  Shop a(world);
  Shop b(world);
  a.push("e1|c1|1");
  a.pass(5min);
  CHECK(b.handled.empty());
  a.turn().answer(TextContent("slow"));
  a.pass(1s);
  CHECK(a.sent().size() == 1);
}

TEST_CASE("BOT-2: an event that kills its processes ends among the dead letters") {
  World world;
  for (int i = 0; i < 3; ++i) {
    Shop shop(world, three_tries());
    if (i == 0) shop.push("e1|c1|poison");
    shop.pass(45s);
    CHECK(shop.handled.size() == 1);
    shop.runtime.stop();
  }
  Shop last(world, three_tries());
  last.pass(45s);
  CHECK(last.handled.empty());
  REQUIRE(last.dead().size() == 1);
  CHECK(last.dead()[0].tries == 3);
}

TEST_CASE("BOT-4: a process that ends while it sends leaves a dead letter, not a second message") {
  World world;
  {
    Shop a(world);
    a.push("e1|c1|1");
    a.pass(5s);
    // The account's answer never comes back: the runtime ends first.
    auto hold = std::make_shared<std::vector<kefu::Promise<kefu::Receipt>>>();
    struct Silent final : kefu::Messenger {
      explicit Silent(const kefu::Runtime& r, std::shared_ptr<std::vector<kefu::Promise<kefu::Receipt>>> h)
          : home(r.home()), held(std::move(h)) {}
      kefu::Pending<kefu::Receipt> send(kefu::Message, kefu::CallOptions) override {
        held->emplace_back(home);
        return held->back().pending();
      }
      kefu::Pending<kefu::SendPlan> plan(kefu::Message, kefu::CallOptions) override {
        return kefu::Promise<kefu::SendPlan>(home).pending();
      }
      kefu::Pending<void> typing(kefu::Address, bool, kefu::CallOptions) override {
        return kefu::Promise<void>(home).pending();
      }
      std::shared_ptr<kefu::detail::PendingHome> home;
      std::shared_ptr<std::vector<kefu::Promise<kefu::Receipt>>> held;
    };
    struct SilentChannel final : kefu::Channel {
      explicit SilentChannel(const kefu::Runtime& r, std::shared_ptr<kefu::Messenger> m)
          : base(r), silent(std::move(m)) {}
      const std::string& id() const override { return base.id(); }
      const std::string& platform() const override { return base.platform(); }
      const kefu::Capabilities& capabilities() const override { return base.capabilities(); }
      std::shared_ptr<kefu::Messenger> messenger() const override { return silent; }
      std::shared_ptr<kefu::PushReceiver> push_receiver() const override { return base.push_receiver(); }
      FakeChannel base;
      std::shared_ptr<kefu::Messenger> silent;
    };
    auto channel = std::make_shared<SilentChannel>(a.runtime, std::make_shared<Silent>(a.runtime, hold));
    std::vector<InboxTurn> turns;
    auto inbox = Inbox::create(a.runtime, channel,
                               [&](kefu::InboundEvent, InboxTurn turn) { turns.push_back(std::move(turn)); });
    REQUIRE(inbox);
    *a.inbox = std::move(*inbox);
    a.push("e2|c2|1");
    a.pass(5s);
    REQUIRE(turns.size() == 1);
    turns[0].answer(TextContent("maybe"));
    a.pass(1ms);
    CHECK(hold->size() == 1);
    a.runtime.stop();
    hold->clear();
  }
  Shop b(world);
  b.pass(45s);
  CHECK(b.handled == std::vector<std::string>{"e1"});
  CHECK(b.sent().empty());
  REQUIRE(b.dead().size() == 1);
  CHECK(b.dead()[0].event_id == "e2");
  CHECK(b.dead()[0].why.find("nobody knows") != std::string::npos);
}

TEST_CASE("BOT-2: after the Inbox is destroyed its handlers' answers still count, and the rest is free for others") {
  World world;
  Shop a(world);
  Shop b(world);
  a.push("e1|c1|1");
  a.push("e2|c1|2");
  a.pass(5s);
  a.inbox.reset();
  a.turn(0).answer(TextContent("late"));
  a.pass(10s);
  CHECK(a.sent().size() == 1);
  CHECK(a.handled.size() == 1);
  CHECK(b.handled == std::vector<std::string>{"e2"});
}

TEST_CASE("BOT-2: a stopped runtime answers, and turns that outlive everything are harmless") {
  World world;
  std::vector<InboxTurn> survivors;
  RequestPtr request;
  {
    Shop shop(world);
    request = shop.push("e1|c1|1");
    shop.runtime.stop();
    CHECK(shop.push("e2|c1|2")->status == -1);
    survivors = shop.turns;
  }
  CHECK(request->status == -1);
  survivors[0].answer(TextContent("nobody hears"));
}

TEST_CASE("Inbox: what only waited when its processes ended has had no try, and is handled") {
  World world;
  InboxOptions once;
  once.tries = 1;
  {
    Shop a(world, once);
    a.push("e1|c1|in hand");
    a.push("e2|c1|waits behind it");
    Shop b(world, once);
    b.push("e3|c1|came to another process");
    a.runtime.stop();
    b.runtime.stop();
  }
  Shop shop(world, once);
  shop.on_event = [](const kefu::InboundEvent&, const InboxTurn& turn) { turn.done(); };
  shop.pass(60s);
  CHECK(shop.handled == std::vector<std::string>{"e2", "e3"});
  const auto letters = shop.dead();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].event_id == "e1");
}

TEST_CASE("Inbox: each process that ends while an event waits for a turn takes no try from it") {
  World world;
  InboxOptions narrow;
  narrow.tries = 2;
  narrow.handlers = 1;
  {
    Shop first(world, narrow);
    first.push("e1|c1|in hand");
    first.push("f1|c2|waits for a turn");
    first.runtime.stop();
  }
  for (int i = 0; i < 4; ++i) {
    Shop one(world, narrow);
    one.push("x" + std::to_string(i) + "|d" + std::to_string(i) + "|takes the only turn");
    one.pass(40s);
    one.runtime.stop();
  }
  Shop shop(world, narrow);
  shop.on_event = [](const kefu::InboundEvent&, const InboxTurn& turn) { turn.done(); };
  shop.pass(2min);
  CHECK(std::count(shop.handled.begin(), shop.handled.end(), "f1") == 1);
}

TEST_CASE("Inbox: an event that waited behind another has its tries, no more and no fewer") {
  World world;
  Shop shop(world, three_tries());
  shop.on_event = [&](const kefu::InboundEvent& event, const InboxTurn& turn) {
    event.event_id == "e1" ? turn.done() : turn.failed("no");
  };
  shop.push("e1|c1|hi");
  shop.push("e2|c1|fails");
  shop.pass(60s);
  CHECK(std::count(shop.handled.begin(), shop.handled.end(), "e2") == 3);
  REQUIRE(shop.dead().size() == 1);
  CHECK(shop.dead()[0].tries == 3);
}
