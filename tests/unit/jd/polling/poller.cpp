#include "unit/jd/polling/world.hpp"

namespace {

using namespace std::chrono_literals;
using kefu::ErrorKind;
using kefu_test::kTwinJdShop;
using kefu_test::PollProcess;
using kefu_test::PollWorld;

using Texts = std::vector<std::string>;

constexpr char kSessions[] = "jingdong.im.pop.sessionlist.get";

std::set<std::string> as_set(const Texts& texts) { return {texts.begin(), texts.end()}; }

/// Whatever happened: all of them, each once.
void check_all(const PollWorld& world) {
  CHECK(as_set(world.taken) == as_set(world.said));
  CHECK(world.taken.size() == world.said.size());
}

}  // namespace

TEST_CASE("JD-6: customers' messages come as events, once, in order per customer") {
  PollWorld world;
  PollProcess process(world);
  world.open_chat("anna", "s1");
  world.open_chat("bert", "s2");
  world.twin.turn("jd_newest_first", 1);
  for (int i = 0; i < 12; ++i) world.say("anna", "s1", world.now() + i * 1s, "a" + std::to_string(100 + i));
  world.say("bert", "s2", world.now() + 3s, "b");
  process.pass(1min);
  const auto batch = process.poll();
  REQUIRE(batch);
  REQUIRE(batch->events.size() == 13);
  const auto& event = batch->events.back();
  CHECK(event.platform == "jd");
  CHECK(event.account == kTwinJdShop);
  CHECK(event.trigger == "message");
  CHECK(event.received_time == world.now());
  const auto again = process.poller->reopen(event.raw, event.received_time);
  REQUIRE(again);
  CHECK(again->event_id == event.event_id);
  CHECK(again->thread == event.thread);
  CHECK(again->customer.id == event.customer.id);
  CHECK(again->platform_time == event.platform_time);
  CHECK(PollProcess::text_of(*again) == PollProcess::text_of(event));

  CHECK(process.take(*batch));
  check_all(world);
  Texts anna;
  for (const auto& text : world.taken)
    if (text[0] == 'a') anna.push_back(text);
  CHECK(std::is_sorted(anna.begin(), anna.end()));
  const auto rest = process.drain();
  CHECK(rest.pause > 0ms);
  CHECK(rest.pause <= 30s);
  process.pass(30s);
  process.drain();
  CHECK(world.taken.size() == 13);
}

TEST_CASE("JD-6: nothing moves until the cursor is committed: the same events, with the same ids") {
  PollWorld world;
  world.open_chat("anna", "s1");
  for (int i = 0; i < 120; ++i) world.say("anna", "s1", world.now(), "m" + std::to_string(i));
  PollProcess process(world);
  process.pass(1min);
  const auto ids = [](const kefu::PollBatch& batch) {
    Texts list;
    for (const auto& event : batch.events) list.push_back(event.event_id);
    return list;
  };
  const auto first = process.poll();
  const auto calls = world.calls();
  const auto second = process.poll();
  PollProcess other(world);
  const auto elsewhere = other.poll();
  REQUIRE(first);
  REQUIRE(second);
  REQUIRE(elsewhere);
  CHECK(ids(*first).size() == 50);
  CHECK(ids(*first) == ids(*second));
  CHECK(ids(*first) == ids(*elsewhere));
  CHECK(calls * 2 == world.calls());
  // accept() moves the cursor alone; the batch of the other process is then refused.
  CHECK(process.poller->accept(first->cursor).get());
  const auto refused = other.poller->accept(elsewhere->cursor).get();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::conflict);
  const auto next = other.poll();
  REQUIRE(next);
  CHECK(next->events.size() == 50);
  CHECK(ids(*next) != ids(*first));
}

TEST_CASE("JD-6: messages that the platform shows late are found by the overlap") {
  PollWorld world;
  world.settings.overlap = 20min;
  PollProcess process(world);
  world.open_chat("anna", "s1", 4h);
  world.say("anna", "s1", world.now() + 1min, "in time");
  world.say("anna", "s1", world.now() + 2min, "late", 18min);
  world.say("anna", "s1", world.now() + 3min, "very late", 19min);
  for (int i = 0; i < 120; ++i) {
    process.drain();
    process.pass(30s);
  }
  check_all(world);
}

TEST_CASE("JD-6: a session that ended shows its last message late; one that goes on over midnight is not lost") {
  PollWorld world;
  PollProcess process(world);
  const auto midnight = kefu::jd::start_of_day(world.now()) + 24h;
  process.pass(std::chrono::duration_cast<kefu::Millis>(midnight - world.now() - 3h));
  world.open_chat("anna", "s1", 30min);
  world.say("anna", "s1", world.now() + 29min, "last words", 9min);
  world.open_chat("bert", "s2", 12h);
  for (int i = 0; i < 10; ++i) world.say("bert", "s2", world.now() + i * 1h, "night " + std::to_string(i));
  for (int i = 0; i < 11 * 12; ++i) {
    process.drain();
    process.pass(5min);
  }
  check_all(world);
}

TEST_CASE("JD-6: equal messages of one second are told apart, whenever each of them is shown") {
  PollWorld world;
  PollProcess process(world);
  world.open_chat("anna", "s1");
  const auto at = world.now() + 10s;
  world.say("anna", "s1", at, "?");
  world.say("anna", "s1", at + 200ms, "?");
  world.say("anna", "s1", at + 400ms, "?", 5min);
  process.pass(1min);
  process.drain();
  CHECK(world.taken == Texts{"?", "?"});
  process.pass(6min);
  process.drain();
  CHECK(world.taken == Texts{"?", "?", "?"});
  PollProcess later(world);
  later.pass(1min);
  later.drain();
  CHECK(world.taken.size() == 3);
}

TEST_CASE("JD-6: killed at any store operation and started again: nothing lost, nothing doubled") {
  for (const bool is_done : {false, true}) {
    bool reached_end = false;
    for (int life = 0; !reached_end; ++life) {
      CAPTURE(life);
      CAPTURE(is_done);
      REQUIRE(life < 300);
      PollWorld world;
      for (int c = 0; c < 7; ++c) {
        const std::string sid = "s" + std::to_string(c);
        world.open_chat("c" + std::to_string(c), sid);
        for (int i = 0; i < 20; ++i)
          world.say("c" + std::to_string(c), sid, world.now() + i * 30s, sid + "-" + std::to_string(i));
      }
      {
        PollProcess doomed(world);
        doomed.store->life = life;
        doomed.store->last_is_done = is_done;
        for (int i = 0; i < 15 && !doomed.store->dead; ++i) {
          doomed.pass(1min);
          for (int j = 0; j < 20 && !doomed.store->dead; ++j) {
            const auto batch = doomed.poll();
            if (!batch) break;
            if (!doomed.take(*batch) || !batch->more) break;
          }
        }
        reached_end = !doomed.store->dead;
      }
      PollProcess next(world);
      next.pass(12min);
      next.drain();
      check_all(world);
    }
  }
}

TEST_CASE("JD-6: two processes that poll in turns lose and double nothing") {
  PollWorld world;
  PollProcess one(world);
  PollProcess two(world);
  for (int c = 0; c < 10; ++c) world.open_chat("c" + std::to_string(c), "s" + std::to_string(c), 3h);
  for (int i = 0; i < 600; ++i) {
    const std::string c = std::to_string(i % 10);
    world.say("c" + c, "s" + c, world.now() + i * 10s, std::to_string(i), (i % 3) * 1min);
  }
  for (int i = 0; i < 250; ++i) {
    auto& process = i % 3 == 0 ? one : two;
    auto mine = process.poll();
    // The other one polls between poll and commit: only one of them gets the batch.
    if (i % 5 == 0) {
      auto theirs = (i % 3 == 0 ? two : one).poll();
      if (theirs) (i % 3 == 0 ? two : one).take(*theirs);
    }
    if (mine) process.take(*mine);
    world.time->advance(30s);
  }
  one.drain();
  check_all(world);
}

TEST_CASE("JD-6: the platform's clock may be minutes ahead or behind") {
  for (const auto error : {-9min, -5min, 5min, 9min}) {
    CAPTURE(error.count());
    PollWorld world;
    world.twin.sandbox.advance(error);
    world.settings.overlap = 0s;  // nothing is shown late: what is found, the allowance for clocks finds
    PollProcess process(world);
    for (int i = 0; i < 120; ++i) {
      // What happens now has the platform's time, and is shown at once.
      const std::string sid = "s" + std::to_string(i);
      const std::string customer = "c" + std::to_string(i);
      world.open_chat(customer, sid, 1s);
      world.twin.buyer_does("write", R"({"sid":")" + sid + R"(","content":")" + customer + R"("})", customer);
      world.said.push_back(customer);
      process.drain();
      process.pass(1min);
    }
    process.drain();
    check_all(world);
  }
}

TEST_CASE("JD-6: our clock went back a day: polling goes on, and says so") {
  PollWorld world;
  {
    PollProcess ahead(world);
    ahead.pass(24h);
    ahead.drain();
  }
  PollWorld back;
  back.store = world.store;
  PollProcess process(back);
  back.open_chat("anna", "s1");
  back.say("anna", "s1", back.now() + 1s, "hello");
  process.pass(1min);
  process.drain();
  CHECK(back.taken == Texts{"hello"});
  CHECK(process.observer->count("the clock went back") == 1);
}

TEST_CASE("JD-6: a cursor older than three months jumps forward and says so; windows are at most 7 days") {
  PollWorld world;
  {
    PollProcess process(world);
    world.open_chat("anna", "s1");
    world.say("anna", "s1", world.now() + 1s, "old");
    process.pass(1min);
    process.drain();
  }
  world.time->advance(24h * 100);
  PollProcess process(world);
  world.open_chat("bert", "s2");
  const std::string then = std::to_string(kefu::unix_seconds(world.now() - 24h * 40));
  world.twin.buyer_does("open", R"({"sid":"s3","time":)" + then + "}", "carl");
  world.say("carl", "s3", world.now() - 24h * 40, "missed");
  world.twin.buyer_does(
      "end", R"({"sid":"s3","time":)" + std::to_string(kefu::unix_seconds(world.now() - 24h * 39)) + "}", "carl");
  world.say("bert", "s2", world.now() + 1s, "new");
  process.pass(1min);
  process.drain();
  check_all(world);
  CHECK(process.observer->count("older than what the platform keeps") == 1);
}

TEST_CASE("JD-6: a log that cannot be read does not hold up the others, a failing call only delays") {
  PollWorld world;
  PollProcess process(world);
  for (const char* customer : {"anna", "bert", "carl"}) {
    world.open_chat(customer, std::string("s-") + customer);
    world.say(customer, std::string("s-") + customer, world.now() + 1s, customer);
  }
  process.pass(1min);
  SUBCASE("one customer") {
    world.unreadable.insert("bert");
    for (int i = 0; i < 20; ++i) {
      auto batch = process.poll();
      if (batch) process.take(*batch);
      process.pass(1min);
    }
    CHECK(as_set(world.taken) == std::set<std::string>{"anna", "carl"});
    CHECK(process.observer->count("asked for again later") >= 1);
    world.unreadable.clear();
    process.pass(16min);
    process.drain();
    check_all(world);  // from where its log stood
  }
  SUBCASE("the network") {
    world.twin.fault("reset_before_reply", "", 3 * 4);  // each call is repeated three times
    int errors = 0;
    for (int i = 0; i < 20; ++i) {
      auto batch = process.poll();
      if (batch)
        process.take(*batch);
      else
        ++errors;
      process.pass(1min);
    }
    CHECK(errors == 3);
    CHECK(process.observer->count("poll.stream_failed") == 3);
    check_all(world);
  }
  SUBCASE("the shop is not authorized any more") {
    world.twin.fault("errcode", kSessions, 2, 19);  // also with the new token
    const auto batch = process.poll();
    REQUIRE_FALSE(batch);
    CHECK(batch.error().kind() == ErrorKind::needs_authorization);
    process.drain();
    check_all(world);
  }
}

TEST_CASE("JD-6: logs that stay refused cost the other customers no time, however often they are asked for again") {
  PollWorld world;
  PollProcess process(world);
  for (const char* customer : {"bert", "carl", "dora"}) {
    world.open_chat(customer, std::string("s-") + customer, 3h);
    world.say(customer, std::string("s-") + customer, world.now() + 1s, customer);
    world.unreadable.insert(customer);
  }
  world.open_chat("anna", "s-anna", 3h);
  for (int minute = 0; minute < 60; ++minute) {
    const std::string text = std::to_string(minute);
    world.say("anna", "s-anna", world.now(), text);
    process.pass(30s);
    process.drain();
    process.pass(30s);
    process.drain();
    REQUIRE(!world.taken.empty());
    CHECK(world.taken.back() == text);
  }
  CHECK(process.observer->count("poll.stream_failed") == 0);
  world.unreadable.clear();
  process.pass(16min);
  process.drain();
  check_all(world);
}

TEST_CASE("JD-6: a process that ends while a log is refused leaves its lines to the next one") {
  PollWorld world;
  world.open_chat("bert", "s-bert", 3h);
  world.say("bert", "s-bert", world.now() + 1s, "bert");
  world.unreadable.insert("bert");
  {
    PollProcess doomed(world);
    doomed.pass(1min);
    doomed.drain();
    doomed.pass(1min);
    doomed.drain();
  }
  world.unreadable.clear();
  world.advance(2h);
  PollProcess process(world);
  process.drain();
  check_all(world);
}

TEST_CASE("JD-6: a damaged cursor is an error that names it, not a new beginning") {
  PollWorld world;
  PollProcess process(world);
  process.drain();
  const std::string key = kefu::StoreKey("default", "jd", "poll", kTwinJdShop).add("chat").str();
  const auto entry = world.store->get(key).value();
  REQUIRE(entry);
  REQUIRE(world.store->put_if_unchanged(key, "{\"v\":9}", entry->generation, std::nullopt, kefu::Durability::full));
  process.pass(1min);
  const auto batch = process.poll();
  REQUIRE_FALSE(batch);
  CHECK(batch.error().kind() == ErrorKind::configuration);
  CHECK(batch.error().message().find(key) != std::string::npos);
}

TEST_CASE("JD-6: a poll is answered at the end of the runtime, of its time, and when it is no longer wanted") {
  PollWorld world;
  PollProcess process(world);
  world.open_chat("anna", "s1");
  SUBCASE("runtime") {
    auto pending = process.poller->poll({});
    process.runtime.stop();
    const auto batch = std::move(pending).get();
    REQUIRE_FALSE(batch);
    CHECK(batch.error().kind() == ErrorKind::cancelled);
    CHECK(process.poller->poll({}).get().error().kind() == ErrorKind::cancelled);
  }
  SUBCASE("cancelled") {
    kefu::CallOptions options;
    kefu::CancelSource stop;
    options.cancel = stop.token();
    stop.request();
    const auto batch = process.poller->poll(options).get();
    REQUIRE_FALSE(batch);
    CHECK(batch.error().kind() == ErrorKind::cancelled);
    process.drain();
  }
  SUBCASE("several at once are answered one after the other") {
    world.say("anna", "s1", world.now() + 1s, "hello");
    process.pass(1min);
    auto first = process.poller->poll({});
    auto second = process.poller->poll({});
    const auto one = std::move(first).get();
    const auto two = std::move(second).get();
    REQUIRE(one);
    REQUIRE(two);
    CHECK(one->events.size() == 1);
    CHECK(two->events.size() == 1);
    CHECK(one->events[0].event_id == two->events[0].event_id);
  }
}
