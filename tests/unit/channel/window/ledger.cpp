#include "support/test_clock.hpp"
#include "support/vectors.hpp"

#include <kefu/channel/reply_window.hpp>
#include <kefu/sandbox/simulated_time.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using kefu::ErrorKind;
using kefu::ReplyLedger;
using kefu::ReplyRule;
using kefu::ReplyRules;
using kefu::WallTime;

ReplyRules official_account() {
  ReplyRules rules;
  rules.rules = {ReplyRule("message", 5, 48h), ReplyRule("menu", 3, 60s), ReplyRule("follow", 3, 60s),
                 ReplyRule("scan", 3, 60s)};
  return rules;
}

ReplyRules mini_program() {
  ReplyRules rules;
  rules.rules = {ReplyRule("message", 5, 48h), ReplyRule("enter", 2, 60s)};
  return rules;
}

struct Shop {
  explicit Shop(ReplyRules rules = official_account())
      : ledger(store, "test", "wechat", "wx1", std::move(rules)), start(clock->wall()) {}
  void open(std::string_view trigger = "message") {
    REQUIRE(ledger.opened("c", trigger, clock->wall(), clock->wall()));
  }
  int left() {
    auto window = ledger.look("c", clock->wall());
    REQUIRE(window);
    return window->messages_left;
  }
  std::string why() {
    auto window = ledger.look("c", clock->wall());
    REQUIRE(window);
    return window->closed_because;
  }
  kefu::Reservation take(int messages) {
    auto reservation = ledger.reserve("c", messages, clock->wall());
    REQUIRE(reservation);
    return *reservation;
  }
  kefu::Error refused(int messages) {
    auto reservation = ledger.reserve("c", messages, clock->wall());
    REQUIRE_FALSE(reservation);
    CHECK(reservation.error().kind() == ErrorKind::window_closed);
    CHECK(reservation.error().delivery() == kefu::Delivery::not_sent);
    return reservation.error();
  }
  const std::shared_ptr<kefu_test::TestClock> clock = std::make_shared<kefu_test::TestClock>();
  const std::shared_ptr<kefu::MemoryStore> store = std::make_shared<kefu::MemoryStore>(clock);
  ReplyLedger ledger;
  const WallTime start;
};

bool says(const kefu::Error& error, std::string_view words) { return error.message().find(words) != std::string::npos; }

kefu::InboundEvent event_named(std::string_view name, WallTime now) {
  kefu::InboundEvent event;
  event.account = "wx1";
  event.customer.id = "c";
  event.platform_time = event.received_time = now;
  if (name == "user_text") event.trigger = "message";
  if (name == "subscribe") event.trigger = "follow";
  if (name == "user_enter_tempsession") event.trigger = "enter";
  if (name == "unsubscribe") event.payload = kefu::Unfollowed();
  return event;
}

}  // namespace

TEST_CASE("WIN-1, WIN-2: the published sequences of contacts and sends, in simulated time") {
  const auto vectors = kefu_test::load_vectors("wechat-messages.json");
  int sequences = 0;
  for (const auto sequence : vectors.root()["window_sequences"].items()) {
    CAPTURE(std::string(sequence["name"].text()));
    const auto time = std::make_shared<kefu::sandbox::SimulatedTime>();
    const auto store = std::make_shared<kefu::MemoryStore>(time);
    const WallTime start = time->wall();
    ReplyLedger ledger(store, "test", "wechat", "wx1",
                       sequence["account_kind"].text() == "mini" ? mini_program() : official_account());
    for (const auto step : sequence["steps"].items()) {
      const std::int64_t at = *step["t"].integer();
      CAPTURE(at);
      time->advance(std::chrono::duration_cast<kefu::Millis>(start + std::chrono::seconds(at) - time->wall()));
      if (step["event"]) {
        REQUIRE(ledger.note(event_named(step["event"].text(), time->wall())));
        continue;
      }
      const std::int64_t expected = *step["expect"].integer();
      auto reservation = ledger.reserve("c", 1, time->wall());
      if (sequence["name"].text() == "no_interaction") {
        // Nothing is known: tried, and learnt from the platform's 45015.
        REQUIRE(reservation);
        CHECK_FALSE(reservation->tracked);
        REQUIRE(ledger.closed(*reservation, "the platform closed it (45015)", time->wall()));
        CHECK(ledger.reserve("c", 1, time->wall()).error().kind() == ErrorKind::window_closed);
        continue;
      }
      CHECK(reservation.has_value() == (expected == 0));
      if (expected == 45047) CHECK(says(reservation.error(), "messages used up"));
      if (expected == 45015) CHECK_FALSE(says(reservation.error(), "messages used up"));
      if (step["remain_after"]) CHECK(reservation->left == *step["remain_after"].integer());
    }
    ++sequences;
  }
  CHECK(sequences == 8);
}

TEST_CASE("WIN-2: all parts are taken at once or none") {
  Shop shop;
  shop.open();
  shop.take(3);
  CHECK(says(shop.refused(3), "only 2 left"));
  CHECK(shop.left() == 2);
  CHECK(shop.take(2).left == 0);
  CHECK(says(shop.refused(1), "messages used up"));
  CHECK(says(shop.refused(1), "2023-11-16T22:13:20Z"));
  CHECK(shop.ledger.reserve("c", 0, shop.clock->wall()).error().kind() == ErrorKind::bad_argument);
}

TEST_CASE("WIN-1: what was surely not delivered comes back, but only to its own window") {
  Shop shop;
  shop.open();
  const auto first = shop.take(3);
  REQUIRE(shop.ledger.give_back(first, 2));
  CHECK(shop.left() == 4);
  shop.clock->advance(1s);
  shop.open();
  CHECK(shop.left() == 5);
  REQUIRE(shop.ledger.give_back(first, 1));
  CHECK(shop.left() == 5);
  REQUIRE(shop.ledger.give_back(shop.take(1), 9));
  CHECK(shop.left() == 5);
}

TEST_CASE("WIN-1: a small trigger neither shortens nor raises a larger window, and does not stop giving back") {
  Shop shop;
  shop.open();
  const auto reservation = shop.take(1);
  shop.clock->advance(10s);
  shop.open("menu");
  CHECK(shop.left() == 4);
  REQUIRE(shop.ledger.give_back(reservation, 1));
  CHECK(shop.left() == 5);
  shop.take(4);
  shop.clock->advance(10s);
  shop.open("menu");
  CHECK(shop.left() == 3);
  shop.clock->advance(std::chrono::hours(1));
  CHECK(shop.left() == 3);
}

TEST_CASE("WIN-1: what is left of a window that is over counts as nothing") {
  Shop shop;
  shop.open();
  shop.clock->advance(std::chrono::hours(48));
  CHECK(shop.why() == "out of time");
  shop.open("scan");
  CHECK(shop.left() == 3);
  shop.clock->advance(std::chrono::minutes(1));
  CHECK(shop.left() == 0);
}

TEST_CASE("WIN-1: a clock that is ahead closes no window early; an event that comes late keeps none open") {
  Shop shop;
  const kefu::WallTime platform = shop.clock->wall();
  const auto ours = [&](std::chrono::seconds since) { return platform + 70s + since; };  // 70 s fast
  REQUIRE(shop.ledger.opened("c", "follow", platform, ours(1s)));
  CHECK(shop.ledger.look("c", ours(2s))->messages_left == 3);
  CHECK(shop.ledger.reserve("c", 1, ours(59s))->tracked);
  CHECK(shop.ledger.look("c", ours(62s))->closed_because == "out of time");

  SUBCASE("told by events whose write is only planned") {
    Shop other;
    auto planned = event_named("subscribe", platform);
    planned.received_time = ours(0s);
    REQUIRE(*other.ledger.plan(planned));
    REQUIRE(other.ledger.opened("c", "follow", WallTime(), platform));
    CHECK(other.ledger.look("c", ours(59s))->messages_left == 3);
  }
  SUBCASE("events that have no time of the platform say nothing about it") {
    for (int i = 0; i < 128; ++i) REQUIRE(shop.ledger.opened("many", "follow", WallTime(), ours(2s)));
    CHECK(shop.ledger.reserve("c", 1, ours(59s))->tracked);
  }
  SUBCASE("by as much as an event may take on its way, or by a second more") {
    for (const auto lead : {5s, 6s}) {
      CAPTURE(lead.count());
      Shop other;
      REQUIRE(other.ledger.opened("c", "follow", platform, platform + lead));
      CHECK(other.ledger.look("c", platform + 60s)->messages_left == (lead == 5s ? 0 : 3));
    }
  }
  SUBCASE("by as much as a push may be late, or by a second more") {
    for (const auto lead : {600s, 601s}) {
      CAPTURE(lead.count());
      Shop other;
      REQUIRE(other.ledger.opened("c", "follow", platform, platform + lead));
      CHECK(other.ledger.look("c", platform + lead)->messages_left == (lead == 600s ? 3 : 0));
    }
  }
  SUBCASE("a quick event counts in the round behind its own too") {
    REQUIRE(shop.ledger.opened("quick", "follow", platform + 100s, platform + 101s));
    for (int i = 0; i < 64; ++i) REQUIRE(shop.ledger.opened("many", "follow", platform + 101s, platform + 171s));
    CHECK(shop.ledger.look("many", platform + 171s)->closed_because == "out of time");
  }
  SUBCASE("late, among events in time") {
    REQUIRE(shop.ledger.opened("quick", "follow", platform + 100s, platform + 101s));  // the clock was set right
    REQUIRE(shop.ledger.opened("late", "follow", platform + 40s, platform + 110s));
    CHECK(shop.ledger.look("late", platform + 110s)->closed_because == "out of time");
  }
  SUBCASE("set ahead later: what was heard long ago counts no more") {
    REQUIRE(shop.ledger.opened("quick", "follow", platform + 100s, platform + 101s));
    for (int i = 0; i < 128; ++i) REQUIRE(shop.ledger.opened("many", "follow", platform + 101s, platform + 171s));
    CHECK(shop.ledger.look("many", platform + 200s)->messages_left == 3);
  }
  SUBCASE("by more than any push would be taken with: events that waited, not the clock") {
    for (int i = 0; i < 128; ++i) REQUIRE(shop.ledger.opened("old", "follow", platform + 1s, platform + 700s));
    CHECK(shop.ledger.look("old", platform + 700s)->closed_because == "out of time");
  }
}

TEST_CASE("WIN-1: the end counts from the earlier of platform and received time") {
  Shop shop;
  const WallTime now = shop.clock->wall();
  REQUIRE(shop.ledger.opened("late", "follow", now - 50s, now));
  CHECK(shop.ledger.look("late", now)->closes == now + 10s);
  REQUIRE(shop.ledger.opened("ahead", "follow", now + 500s, now));
  CHECK(shop.ledger.look("ahead", now)->closes == now + 60s);
  REQUIRE(shop.ledger.opened("none", "follow", WallTime(), now));
  CHECK(shop.ledger.look("none", now)->closes == now + 60s);
}

TEST_CASE("WIN-1, DED-1: repeats and stragglers of a contact that was noted give nothing") {
  Shop shop;
  const WallTime now = shop.clock->wall();
  const auto event = event_named("user_text", now);
  REQUIRE(shop.ledger.note(event));
  shop.take(2);
  shop.clock->advance(5s);
  auto repeat = event;
  repeat.received_time = shop.clock->wall();
  REQUIRE(shop.ledger.note(repeat));
  CHECK(shop.left() == 3);
  repeat.platform_time = now - 10s;
  REQUIRE(shop.ledger.note(repeat));
  CHECK(shop.left() == 3);

  REQUIRE(shop.ledger.note(event_named("unsubscribe", now + 3s)));
  CHECK(shop.why() == "the customer unfollowed");
  REQUIRE(shop.ledger.note(event_named("user_text", now + 2s)));
  CHECK(shop.why() == "the customer unfollowed");
  REQUIRE(shop.ledger.note(event_named("user_text", now + 4s)));
  CHECK(shop.left() == 5);
  REQUIRE(shop.ledger.note(event_named("unsubscribe", now + 4s)));
  CHECK(shop.why() == "the customer unfollowed");
}

TEST_CASE("WIN-1: a message that arrives behind a later menu tap opens its window all the same, once") {
  // Two web servers note them in the order in which they get to it, and the platform repeats a push after five seconds.
  Shop shop;
  const WallTime tapped = shop.clock->wall();
  const WallTime written = tapped - 5s;
  shop.open("menu");
  shop.take(2);
  REQUIRE(shop.ledger.opened("c", "message", written, tapped));
  CHECK(shop.left() == 5);
  CHECK(shop.ledger.look("c", tapped)->closes == written + 48h);
  CHECK(shop.ledger.look("c", tapped)->trigger == "message");
  shop.take(1);
  REQUIRE(shop.ledger.opened("c", "message", written, tapped));
  REQUIRE(shop.ledger.opened("c", "menu", tapped - 1s, tapped));
  CHECK(shop.left() == 4);
  shop.clock->advance(std::chrono::hours(1));
  CHECK(shop.left() == 4);

  REQUIRE(shop.ledger.closed("c", "the platform closed it (45015)", shop.clock->wall()));
  REQUIRE(shop.ledger.opened("c", "message", tapped - 1s, tapped));
  CHECK(shop.why() == "the platform closed it (45015)");
}

TEST_CASE("WIN-3: the platform's answers correct the ledger, for the window of the send only") {
  Shop shop;
  shop.open();
  const auto used = shop.take(1);
  REQUIRE(shop.ledger.used_up(used, shop.clock->wall()));
  CHECK(shop.why() == "messages used up");
  REQUIRE(shop.ledger.give_back(used, 1));
  CHECK(shop.left() == 0);

  shop.clock->advance(1s);
  shop.open();
  const auto old = shop.take(1);
  shop.clock->advance(1s);
  shop.open();
  REQUIRE(shop.ledger.used_up(old, shop.clock->wall()));
  REQUIRE(shop.ledger.closed(old, "the platform closed it (45015)", shop.clock->wall()));
  CHECK(shop.left() == 5);

  REQUIRE(shop.ledger.closed(shop.take(1), "the platform closed it (45015)", shop.clock->wall()));
  CHECK(shop.why() == "the platform closed it (45015)");
  CHECK(says(shop.refused(1), "45015"));
  shop.clock->advance(1s);
  shop.open("menu");
  CHECK(shop.left() == 3);

  shop.clock->advance(1s);
  shop.open();
  const auto before = shop.take(1);
  REQUIRE(shop.ledger.in_doubt(shop.take(1), shop.clock->wall()));
  REQUIRE(shop.ledger.used_up(before, shop.clock->wall()));  // of a send from before the doubt: only the platform knows
  CHECK_FALSE(shop.ledger.look("c", shop.clock->wall())->known);
}

TEST_CASE("WIN-3: an unknown customer is let through once and learnt from the answer") {
  Shop shop;
  const auto reservation = shop.take(1);
  CHECK_FALSE(reservation.tracked);
  CHECK_FALSE(shop.ledger.look("c", shop.clock->wall())->known);
  REQUIRE(shop.ledger.give_back(reservation, 1));
  CHECK_FALSE(shop.ledger.look("c", shop.clock->wall())->known);
  REQUIRE(shop.ledger.used_up(reservation, shop.clock->wall()));
  CHECK(says(shop.refused(1), "messages used up"));
  shop.clock->advance(1s);
  shop.open();
  CHECK(shop.left() == 5);
  // An answer that belongs to the time before changes nothing now.
  REQUIRE(shop.ledger.closed(reservation, "the platform closed it (45015)", shop.clock->wall()));
  CHECK(shop.left() == 5);
}

TEST_CASE("WIN-5: the ledger survives its object, accounts are apart, and old windows are forgotten") {
  Shop shop;
  shop.open();
  shop.take(2);
  ReplyLedger again(shop.store, "test", "wechat", "wx1", official_account());
  CHECK(again.look("c", shop.clock->wall())->messages_left == 3);
  CHECK(again.look("c", shop.clock->wall())->trigger == "message");
  for (const char* other : {"wx2", "wx"}) {
    ReplyLedger stranger(shop.store, "test", "wechat", other, official_account());
    CHECK_FALSE(stranger.look("c", shop.clock->wall())->known);
  }
  shop.clock->advance(std::chrono::hours(24 * 33));
  CHECK_FALSE(again.look("c", shop.clock->wall())->known);
}

TEST_CASE("WIN-1: unknown triggers and events without a customer change nothing; damaged records count as unknown") {
  Shop shop;
  shop.open("payment");
  CHECK_FALSE(shop.ledger.look("c", shop.clock->wall())->known);
  auto event = event_named("user_text", shop.clock->wall());
  event.customer.id.clear();
  REQUIRE(shop.ledger.note(event));
  CHECK_FALSE(*shop.ledger.plan(event));
  auto gone = event_named("unsubscribe", shop.clock->wall());
  gone.customer.id.clear();
  REQUIRE(shop.ledger.note(gone));
  CHECK_FALSE(*shop.ledger.plan(gone));
  CHECK(shop.store->size() == 0);

  shop.open();
  const std::string key = kefu::StoreKey("test", "wechat", "window", "wx1").add("c").str();
  const std::string whole = (**shop.store->get(key)).value;
  std::vector<std::string> damaged{"\xff\xff", "1" + whole.substr(1), "3" + whole.substr(1)};
  for (std::size_t size = 0; size < whole.size(); ++size) damaged.push_back(whole.substr(0, size));
  for (const std::size_t highest : {4, 16, 32}) {  // bytes of what is left, of the end, of the latest contact
    damaged.push_back(whole);
    damaged.back()[highest] = '\xff';
  }
  for (const std::string& value : damaged) {
    const auto entry = *shop.store->get(key);
    REQUIRE(shop.store->put_if_unchanged(key, value, entry ? entry->generation : 0, std::nullopt,
                                         kefu::Durability::relaxed));
    CHECK_FALSE(shop.ledger.look("c", shop.clock->wall())->known);
    CHECK_FALSE(shop.take(1).tracked);
  }
  shop.open();
  CHECK(shop.left() == 5);
}

TEST_CASE("WIN-5: what a later version wrote behind a record is kept") {
  Shop shop;
  shop.open();
  const std::string key = kefu::StoreKey("test", "wechat", "window", "wx1").add("c").str();
  auto entry = **shop.store->get(key);
  std::vector<kefu::StoreWrite> writes;
  writes.push_back(kefu::StoreWrite::put(key, entry.value + ".new.fields", entry.generation));
  REQUIRE(shop.store->commit(writes, kefu::Durability::relaxed)->committed);
  REQUIRE(shop.ledger.give_back(shop.take(2), 1));
  CHECK(shop.left() == 4);
  const auto ending = [&] {
    const std::string value = (**shop.store->get(key)).value;
    return value.substr(value.size() - std::min<std::size_t>(value.size(), 11));
  };
  CHECK(ending() == ".new.fields");
  REQUIRE(shop.ledger.closed("c", "blocked. For good.", shop.clock->wall()));
  CHECK(shop.why() == "blocked. For good.");
  CHECK(ending() == ".new.fields");
  shop.clock->advance(1s);
  shop.open();
  CHECK(shop.left() == 5);
}

TEST_CASE("WIN-1: a planned write is committed with the caller's own, once") {
  Shop shop;
  const auto event = event_named("user_text", shop.clock->wall());
  auto first = shop.ledger.plan(event);
  auto second = shop.ledger.plan(event);
  REQUIRE((first && *first && second && *second));
  CHECK(shop.store->commit({**first}, kefu::Durability::full)->committed);
  CHECK_FALSE(shop.store->commit({**second}, kefu::Durability::full)->committed);
  CHECK(shop.left() == 5);
  CHECK_FALSE(*shop.ledger.plan(event));
}

TEST_CASE("WIN-1: 8 threads never take more than one window holds") {
  constexpr int kThreads = 8;
  constexpr int kRounds = 200;
  Shop shop;
  const WallTime now = shop.clock->wall();
  for (int round = 0; round < kRounds; ++round) {
    const std::string customer = "c" + std::to_string(round);
    REQUIRE(shop.ledger.opened(customer, "message", now, now));
    std::atomic<int> granted{0};
    std::atomic<int> strange{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        for (int send = 0; send < 3; ++send) {
          const int parts = 1 + (i + send) % 2;
          auto taken = shop.ledger.reserve(customer, parts, now);
          if (!taken) {
            strange += taken.error().kind() != ErrorKind::window_closed;
          } else if (send == 1) {
            strange += !shop.ledger.give_back(*taken, parts);
          } else {
            granted += parts;
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(strange == 0);
    CHECK(granted <= 5);
    CHECK(shop.ledger.look(customer, now)->messages_left == 5 - granted);
  }
}

TEST_CASE("WIN-1: nothing is given back of a customer that was not tracked, nor less than one message") {
  Shop shop;
  shop.open();
  REQUIRE(shop.ledger.in_doubt(shop.take(1), shop.clock->wall()));
  const auto untracked = shop.take(1);
  REQUIRE_FALSE(untracked.tracked);
  const std::string key = kefu::StoreKey("test", "wechat", "window", "wx1").add("c").str();
  const auto generation = (**shop.store->get(key)).generation;
  REQUIRE(shop.ledger.give_back(untracked, 1));
  CHECK((**shop.store->get(key)).generation == generation);

  shop.clock->advance(1s);
  shop.open();
  const auto taken = shop.take(2);
  for (const int none : {0, -1}) REQUIRE(shop.ledger.give_back(taken, none));
  CHECK(shop.left() == 3);
}

TEST_CASE("WIN-3: of two sends from one window the platform's clear word stands, whatever the other is answered") {
  Shop shop;
  shop.open();
  const auto one = shop.take(1);
  const auto two = shop.take(1);
  REQUIRE(shop.ledger.closed(one, "the platform closed it (45015)", shop.clock->wall()));
  REQUIRE(shop.ledger.in_doubt(two, shop.clock->wall()));
  CHECK(shop.why() == "the platform closed it (45015)");

  shop.clock->advance(1s);
  shop.open();
  REQUIRE(shop.ledger.in_doubt(shop.take(1), shop.clock->wall()));
  const auto third = shop.take(1);
  const auto fourth = shop.take(1);
  REQUIRE(shop.ledger.in_doubt(third, shop.clock->wall()));  // the same once more
  REQUIRE(shop.ledger.used_up(fourth, shop.clock->wall()));
  CHECK(shop.why() == "messages used up");
}

TEST_CASE("WIN-3: doubt ends with its window, and with a contact that gives no less than may be left") {
  ReplyRules rules = official_account();
  rules.rules.emplace_back("visit", 2, 72h);
  Shop shop(rules);
  shop.open();
  REQUIRE(shop.ledger.in_doubt(shop.take(1), shop.clock->wall()));
  shop.clock->advance(1s);
  SUBCASE("a contact that lasts longer but gives fewer does not tell") {
    shop.open("visit");
    CHECK_FALSE(shop.ledger.look("c", shop.clock->wall())->known);
  }
  SUBCASE("once it is over, any contact tells") {
    shop.clock->advance(std::chrono::hours(48));
    shop.open("menu");
    CHECK(shop.left() == 3);
  }
}

TEST_CASE("WIN-1: a contact that gives no more than is left moves only the end") {
  Shop shop;
  shop.open();
  const auto taken = shop.take(2);
  shop.clock->advance(1s);
  shop.open("menu");  // three are left, and it gives three
  REQUIRE(shop.ledger.give_back(taken, 2));
  CHECK(shop.left() == 5);

  Shop other;
  other.open("menu");
  other.clock->advance(10s);
  other.open("scan");
  const auto window = other.ledger.look("c", other.clock->wall()).value();
  CHECK(window.closes == other.clock->wall() + 60s);
  CHECK(window.trigger == "scan");
}

TEST_CASE("WIN-1: a message that arrives late does not move the latest contact back") {
  Shop shop;
  const WallTime tapped = shop.clock->wall();
  shop.open("menu");
  REQUIRE(shop.ledger.opened("c", "message", tapped - 5s, tapped));
  REQUIRE(shop.ledger.note(event_named("unsubscribe", tapped - 3s)));  // followed again, then tapped
  CHECK(shop.left() == 5);
}

TEST_CASE("WIN-1: a contact of which nobody knows what it gives is noted once, and over with the next that gives") {
  ReplyRules rules = official_account();
  rules.rules.emplace_back("visit", 0, 60s);
  Shop shop(rules);
  shop.open();
  shop.take(5);
  CHECK(says(shop.refused(1), "messages used up"));
  shop.clock->advance(1s);
  shop.open("visit");
  CHECK_FALSE(shop.take(1).tracked);  // the platform is asked
  shop.clock->advance(1s);
  auto visit = event_named("user_text", shop.clock->wall());
  visit.trigger = "visit";
  CHECK_FALSE(*shop.ledger.plan(visit));
  shop.open();
  shop.take(5);
  CHECK(says(shop.refused(1), "messages used up"));
}
