#include "unit/channel/inbox/outbox_world.hpp"

#include <optional>

namespace {

using namespace std::chrono_literals;
using kefu::Delivery;
using kefu::Error;
using kefu::ErrorDetails;
using kefu::ErrorKind;
using kefu::Receipt;
using kefu::Result;
using kefu_test::MemoryRecords;
using kefu_test::Millis;
using kefu_test::OutboxCarrier;
using kefu_test::OutboxItem;
using kefu_test::OutboxProcess;
using kefu_test::OutboxRecord;
using kefu_test::OutboxState;
using kefu_test::OutboxWorld;
using kefu_test::StoreFault;

Error outbox_failure(ErrorKind kind, Delivery delivery, std::optional<Millis> after = {}) {
  ErrorDetails details;
  details.message = "scripted";
  details.retry_after = after;
  return Error(kind, delivery, std::move(details));
}

/// Keeps what it is given, and how the record stood then.
struct KeptItem final : OutboxItem {
  KeptItem(OutboxWorld& w, Millis memory = 0ms) : world(w), memory_of_key(memory) {}
  const std::string& id() const override { return name; }
  Millis key_memory() const override { return memory_of_key; }
  void send(std::optional<Millis> within, Sent done) override {
    CHECK(world.record(name).state == OutboxState::sending);
    times.push_back(within);
    sent.push_back(std::move(done));
  }
  void over(const Result<OutboxRecord>& record) override { ends.push_back(record); }

  OutboxWorld& world;
  Millis memory_of_key;
  std::string name = "a1";
  std::vector<std::optional<Millis>> times;
  std::vector<Sent> sent;
  std::vector<Result<OutboxRecord>> ends;
};

/// What a message that nobody ended still owes goes with the world: it holds the Outbox, which holds the item.
std::shared_ptr<KeptItem> kept_item(OutboxWorld& world, Millis memory = 0ms) {
  auto item = std::make_shared<KeptItem>(world, memory);
  world.at_end.push_back([item] { item->sent.clear(); });
  return item;
}

struct KeptCarrier final : OutboxCarrier {
  const std::string& request() const override { return name; }
  bool waits() const override { return is_waiting; }
  bool carry() override {
    ++carries;
    return is_waiting;
  }
  void claimed(const Result<OutboxRecord>& record) override { ends.push_back(record); }

  std::string name = "r1";
  bool is_waiting = true;
  int carries = 0;
  std::vector<Result<OutboxRecord>> ends;
};

struct OneAnswer {
  explicit OneAnswer(Millis memory = 0ms, OutboxRecord record = OutboxRecord())
      : a(world, "a"), item(kept_item(world, memory)) {
    world.records["a1"].record = std::move(record);
  }
  OutboxRecord& record() { return world.record("a1"); }
  void pass(Millis by) {
    // Renewed in time, as a process does.
    for (Millis done(0); done < by; done += 1s) {
      world.time->advance(std::min<Millis>(1s, by - done));
      if (is_renewing) a.records->renew();
    }
  }
  OutboxWorld world;
  OutboxProcess a;
  std::shared_ptr<KeptItem> item;
  bool is_renewing = true;
};

}  // namespace

TEST_CASE("Outbox: a message leaves once its record says so, and ends with what became of it") {
  OneAnswer one;
  one.a.outbox->deliver(one.item);
  CHECK(one.item->sent.empty());
  one.pass(10ms);
  REQUIRE(one.item->sent.size() == 1);
  CHECK(one.a.outbox->delivering() == 1);
  one.item->sent[0](Receipt());
  one.pass(10ms);
  REQUIRE(one.item->ends.size() == 1);
  CHECK(one.item->ends[0]->state == OutboxState::sent);
  CHECK(one.a.outbox->delivering() == 0);
  one.pass(1h);
  CHECK(one.item->sent.size() == 1);
  CHECK(one.item->ends.size() == 1);
}

TEST_CASE("Outbox: nothing leaves in a session that may be over") {
  OneAnswer one;
  one.a.outbox->deliver(one.item);
  one.a.records->is_dead = true;
  one.pass(3s);
  CHECK(one.item->sent.empty());
  one.a.records->is_dead = false;
  one.pass(3s);
  CHECK(one.item->sent.size() == 1);
  CHECK(one.record().attempts == 1);
}

TEST_CASE("Outbox: a commit of which nobody knows is looked at before anything leaves") {
  for (const StoreFault fault : {StoreFault::refused, StoreFault::unknown_not_done, StoreFault::unknown_done}) {
    OneAnswer one;
    int faults = 3;
    one.world.fault = [&] { return faults-- > 0 ? fault : StoreFault::none; };
    one.a.outbox->deliver(one.item);
    one.pass(500ms);
    CHECK(one.item->sent.empty());
    one.pass(2s);
    REQUIRE(one.item->sent.size() == 1);
    CHECK(one.record().attempts == 1);
    // And so is its end.
    faults = 3;
    one.item->sent[0](outbox_failure(ErrorKind::rate_limited, Delivery::refused));
    one.pass(10s);
    REQUIRE(one.item->sent.size() == 2);
    CHECK(one.record().attempts == 2);
    faults = 3;
    one.item->sent[1](Receipt());
    one.pass(10s);
    CHECK(one.item->sent.size() == 2);
    REQUIRE(one.item->ends.size() == 1);
    CHECK(one.item->ends[0]->state == OutboxState::sent);
  }
}

TEST_CASE("Outbox: what was not sent waits as long as the platform asks, and is sent again") {
  OneAnswer one;
  one.a.outbox->deliver(one.item);
  one.pass(10ms);
  one.item->sent.at(0)(outbox_failure(ErrorKind::rate_limited, Delivery::not_sent, 90s));
  one.pass(89s);
  CHECK(one.item->sent.size() == 1);
  one.pass(2s);
  REQUIRE(one.item->sent.size() == 2);
  one.item->sent[1](outbox_failure(ErrorKind::window_closed, Delivery::refused));
  one.pass(1s);
  REQUIRE(one.item->ends.size() == 1);
  CHECK(one.item->ends[0]->state == OutboxState::refused);
  CHECK(one.item->ends[0]->why.find("window_closed") != std::string::npos);
}

TEST_CASE("Outbox: without pauses asked for, tries are 1, 2, 4 and 8 s apart, and five") {
  OneAnswer one;
  one.a.outbox->deliver(one.item);
  one.pass(10ms);
  for (const Millis pause : {1s, 2s, 4s, 8s}) {
    one.item->sent.back()(outbox_failure(ErrorKind::unavailable, Delivery::not_sent));
    const std::size_t count = one.item->sent.size();
    one.pass(pause - 100ms);
    CHECK(one.item->sent.size() == count);
    one.pass(200ms);
    CHECK(one.item->sent.size() == count + 1);
  }
  one.item->sent.back()(outbox_failure(ErrorKind::unavailable, Delivery::not_sent));
  one.pass(1s);
  REQUIRE(one.item->ends.size() == 1);
  CHECK(one.item->ends[0]->state == OutboxState::refused);
}

TEST_CASE("Outbox: an unknown outcome is the end without a key, and repeated in time with one") {
  OneAnswer without;
  without.a.outbox->deliver(without.item);
  without.pass(10ms);
  without.item->sent.at(0)(outbox_failure(ErrorKind::timeout, Delivery::unknown));
  without.pass(1h);
  CHECK(without.item->sent.size() == 1);
  REQUIRE(without.item->ends.size() == 1);
  CHECK(without.item->ends[0]->state == OutboxState::unknown);

  OneAnswer with(180s);
  with.a.outbox->deliver(with.item);
  with.pass(10ms);
  with.item->sent.at(0)(outbox_failure(ErrorKind::timeout, Delivery::unknown));
  with.pass(2s);
  REQUIRE(with.item->sent.size() == 2);
  CHECK_FALSE(with.item->times[0]);
  REQUIRE(with.item->times[1]);
  CHECK(*with.item->times[1] < 180s);
  CHECK(*with.item->times[1] > 175s);
  with.item->sent[1](Receipt());
  with.pass(1s);
  REQUIRE(with.item->ends.size() == 1);
  CHECK(with.item->ends[0]->state == OutboxState::sent);
}

TEST_CASE("Outbox: a repeat that the store held up until the platform forgot the key does not leave") {
  OneAnswer one(20s);
  one.a.outbox->deliver(one.item);
  one.pass(10ms);
  one.item->sent.at(0)(outbox_failure(ErrorKind::timeout, Delivery::unknown));
  one.pass(500ms);
  // Written in time, reported too late: the process stops while the commit is on its way.
  bool has_asked = false;
  one.world.delay = [&] { return has_asked = true, 5ms; };
  while (!has_asked) one.pass(1ms);
  one.a.loop->pause();
  one.pass(1s);
  CHECK(one.record().attempts == 2);
  one.pass(25s);
  one.a.loop->go_on();
  one.pass(5s);
  CHECK(one.item->sent.size() == 1);
  REQUIRE(one.item->ends.size() == 1);
  CHECK(one.item->ends[0]->state == OutboxState::unknown);
}

TEST_CASE("Outbox: a human's line after the question ends an answer that has not left") {
  OneAnswer one(0ms, OutboxRecord(true, 0));
  one.record().not_before = one.world.now() + 4'000;
  one.a.outbox->deliver(one.item);
  one.pass(1s);
  one.world.records["a1"].human = true;
  one.pass(10s);
  CHECK(one.item->sent.empty());
  REQUIRE(one.item->ends.size() == 1);
  CHECK(one.item->ends[0]->state == OutboxState::suppressed);
}

TEST_CASE("Outbox: a waiting request carries the answer, here or in another process") {
  OneAnswer one;
  OutboxProcess b(one.world, "b");
  one.record() = OutboxRecord(true, one.world.now() + 4'000);
  one.a.outbox->deliver(one.item);
  const auto carrier = std::make_shared<KeptCarrier>();
  SUBCASE("here") { one.a.outbox->claim("a1", carrier); }
  SUBCASE("there") { b.outbox->claim("a1", carrier); }
  one.pass(300ms);
  CHECK(carrier->carries == 1);
  REQUIRE(carrier->ends.size() == 1);
  CHECK(carrier->ends[0]->was_carried());
  REQUIRE(one.item->ends.size() == 1);
  CHECK(one.item->ends[0]->was_carried());
  CHECK(one.item->sent.empty());
}

TEST_CASE("Outbox: a request that was answered while it claimed gives the answer back, and it leaves as a message") {
  OneAnswer one;
  OutboxProcess b(one.world, "b");
  one.record() = OutboxRecord(true, one.world.now() + 4'000);
  one.a.outbox->deliver(one.item);
  const auto carrier = std::make_shared<KeptCarrier>();
  carrier->is_waiting = false;
  SUBCASE("here") { one.a.outbox->claim("a1", carrier); }
  SUBCASE("there") { b.outbox->claim("a1", carrier); }
  one.pass(500ms);
  CHECK(carrier->carries == 1);
  REQUIRE(carrier->ends.size() == 1);
  CHECK_FALSE(carrier->ends[0]->over());
  CHECK(one.item->sent.size() == 1);
}

TEST_CASE("Outbox: a claim in a session that may be over hands nothing over") {
  OneAnswer one;
  OutboxProcess b(one.world, "b");
  one.record() = OutboxRecord(true, one.world.now() + 4'000);
  one.a.outbox->deliver(one.item);
  b.records->is_dead = true;
  const auto carrier = std::make_shared<KeptCarrier>();
  b.outbox->claim("a1", carrier);
  one.pass(1s);
  CHECK(carrier->carries == 0);
  CHECK(one.item->sent.size() == 1);
}

TEST_CASE("Outbox: of two requests one carries; the other is told") {
  OneAnswer one;
  OutboxProcess b(one.world, "b");
  one.record() = OutboxRecord(true, one.world.now() + 4'000);
  const auto first = std::make_shared<KeptCarrier>();
  const auto second = std::make_shared<KeptCarrier>();
  second->name = "r2";
  one.a.outbox->claim("a1", first);
  SUBCASE("of one process") { one.a.outbox->claim("a1", second); }
  SUBCASE("of two") { b.outbox->claim("a1", second); }
  one.pass(1s);
  CHECK(first->carries == 1);
  CHECK(second->carries == 0);
  REQUIRE(second->ends.size() == 1);
  CHECK(second->ends[0]->request == "r1");
}

TEST_CASE("Outbox: a claim that the store refuses is tried again while the request waits") {
  OneAnswer one;
  one.record() = OutboxRecord(true, one.world.now() + 60'000);
  bool is_failing = true;
  StoreFault fault = StoreFault::refused;
  one.world.fault = [&] { return is_failing ? fault : StoreFault::none; };
  const auto carrier = std::make_shared<KeptCarrier>();
  SUBCASE("it goes on waiting") {
    one.a.outbox->claim("a1", carrier);
    one.pass(1s);
    is_failing = false;
    one.pass(2s);
    CHECK(carrier->carries == 1);
    CHECK(one.record().was_carried());
  }
  SUBCASE("it was answered meanwhile") {
    one.a.outbox->claim("a1", carrier);
    carrier->is_waiting = false;
    one.pass(2s);
    is_failing = false;
    one.pass(2s);
    REQUIRE(carrier->ends.size() == 1);
    CHECK(carrier->ends[0].error().kind() == ErrorKind::unavailable);
    CHECK(one.record().state == OutboxState::ready);
  }
  SUBCASE("it was answered, and the claim may be written") {
    fault = StoreFault::unknown_done;
    one.a.outbox->claim("a1", carrier);
    carrier->is_waiting = false;
    one.pass(2s);
    CHECK(one.record().state == OutboxState::claimed);
    is_failing = false;
    one.pass(5s);
    CHECK(one.record().state == OutboxState::ready);
    CHECK(carrier->ends.size() == 1);
  }
}

TEST_CASE("Outbox: what a dead process claimed is a repeat's for 20 s, then nobody knows") {
  OneAnswer one;
  OutboxProcess b(one.world, "b");
  OutboxRecord left(true);
  left.state = OutboxState::claimed;
  left.session = "gone";
  left.request = "r0";
  left.since = one.world.now();
  one.record() = left;
  one.a.outbox->deliver(one.item);
  const auto repeat = std::make_shared<KeptCarrier>();
  one.pass(19s);
  CHECK(one.item->ends.empty());
  b.begin_session();
  SUBCASE("it comes") {
    b.outbox->claim("a1", repeat);
    one.pass(3s);
    CHECK(repeat->carries == 1);
    REQUIRE(one.item->ends.size() == 1);
    CHECK(one.item->ends[0]->was_carried());
  }
  SUBCASE("it does not come") {
    one.pass(3s);
    REQUIRE(one.item->ends.size() == 1);
    CHECK(one.item->ends[0]->state == OutboxState::unknown);
    b.outbox->claim("a1", repeat);
    one.pass(1s);
    CHECK(repeat->carries == 0);
  }
  CHECK(one.item->sent.empty());
}

TEST_CASE("Outbox: a message of a session that is over is repeated under its key, or given up") {
  for (const bool has_key : {false, true}) {
    OneAnswer one(has_key ? 180s : 0s);
    OutboxProcess b(one.world, "b");
    one.a.outbox->deliver(one.item);
    one.pass(10ms);
    REQUIRE(one.item->sent.size() == 1);
    one.a.end();
    one.is_renewing = false;
    const auto successor = kept_item(one.world, one.item->memory_of_key);
    one.world.time->advance(9s);
    b.begin_session();
    b.outbox->deliver(successor);
    one.world.time->advance(1s);
    CHECK(successor->sent.size() == (has_key ? 1 : 0));
    CHECK(successor->ends.size() == (has_key ? 0 : 1));
    CHECK(one.record().state == (has_key ? OutboxState::sending : OutboxState::unknown));
  }
}

TEST_CASE("Outbox: when its session is over, or its record is gone, it stops and says so") {
  OneAnswer one;
  one.is_renewing = false;
  one.a.outbox->deliver(one.item);
  one.pass(10ms);
  REQUIRE(one.item->sent.size() == 1);
  SUBCASE("over") {
    one.pass(9s);
    one.item->sent[0](Receipt());
    one.pass(1s);
    REQUIRE(one.item->ends.size() == 1);
    CHECK(one.item->ends[0].error().kind() == ErrorKind::cancelled);
    CHECK(one.record().state == OutboxState::sending);
  }
  SUBCASE("gone") {
    one.world.records.clear();
    one.item->sent[0](Receipt());
    one.pass(1s);
    REQUIRE(one.item->ends.size() == 1);
    CHECK(one.item->ends[0].error().kind() == ErrorKind::not_found);
  }
  CHECK(one.a.outbox->delivering() == 0);
}

TEST_CASE("Outbox: an account that never says what became of a message leaves it unknown") {
  OneAnswer one;
  one.a.outbox->deliver(one.item);
  one.pass(10ms);
  one.item->sent.clear();
  one.pass(10ms);
  REQUIRE(one.item->ends.size() == 1);
  CHECK(one.item->ends[0]->state == OutboxState::unknown);
}

TEST_CASE("Outbox: closed, it calls nobody any more") {
  OneAnswer one;
  one.a.outbox->deliver(one.item);
  one.pass(10ms);
  REQUIRE(one.item->sent.size() == 1);
  one.a.outbox->close();
  one.item->sent[0](outbox_failure(ErrorKind::timeout, Delivery::not_sent));
  one.pass(60s);
  CHECK(one.item->ends.empty());
  CHECK(one.item->sent.size() == 1);
  CHECK(one.record().state == OutboxState::sending);
}

TEST_CASE("Outbox: closed while a commit is on its way, it calls nobody") {
  OneAnswer one;
  one.world.delay = [] { return 50ms; };
  one.a.outbox->deliver(one.item);
  const auto carrier = std::make_shared<KeptCarrier>();
  one.a.outbox->claim("a1", carrier);
  one.pass(10ms);
  one.a.outbox->close();
  one.pass(60s);
  CHECK(one.record().state == OutboxState::sending);
  CHECK(one.item->sent.empty());
  CHECK(carrier->ends.empty());
}

TEST_CASE("Outbox: the store is not asked more often than there is something to see") {
  OneAnswer one;
  int asked = 0;
  one.world.delay = [&] { return ++asked, 1ms; };
  SUBCASE("while a message is on its way") {
    one.a.outbox->deliver(one.item);
    one.pass(10ms);
    CHECK(asked == 1);
    // A request that wants to claim changes nothing.
    for (int i = 0; i < 5; ++i) one.a.outbox->claim("a1", std::make_shared<KeptCarrier>());
    one.pass(60s);
    CHECK(asked == 6);
  }
  SUBCASE("while an answer is left to requests, also after one gave it back") {
    one.record() = OutboxRecord(true, one.world.now() + 3'600'000);
    one.a.outbox->deliver(one.item);
    one.pass(10s);
    CHECK(asked > 45);
    CHECK(asked < 52);
    OutboxProcess b(one.world, "b");
    one.world.records["a1"].record.not_before = one.world.now() + 3'600'000;
    for (int i = 0; i < 5; ++i) {
      // Each ends at a look of its own; the owner goes on with one timer.
      const auto carrier = std::make_shared<KeptCarrier>();
      carrier->is_waiting = false;
      one.a.outbox->claim("a1", carrier);
      one.pass(1ms);
      one.record() = OutboxRecord(true, one.world.now() + 3'600'000);
      one.pass(5ms);
    }
    asked = 0;
    one.pass(10s);
    CHECK(asked < 52);
  }
  SUBCASE("while it fails") {
    one.world.fault = [] { return StoreFault::refused; };
    one.a.outbox->deliver(one.item);
    one.pass(60s);
    CHECK(asked > 15);
    CHECK(asked < 40);
  }
}
