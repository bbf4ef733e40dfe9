// A request that is acknowledged without the answer: from then on none carries it, at any process.
#include "unit/channel/inbox/shop.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>

namespace {

using namespace std::chrono_literals;
using kefu::CallOptions;
using kefu::Delivery;
using kefu::ErrorKind;
using kefu::InboundEvent;
using kefu::Inbox;
using kefu::InboxOptions;
using kefu::InboxTurn;
using kefu::Message;
using kefu::Millis;
using kefu::MoveFunction;
using kefu::OpenedPush;
using kefu::PassiveReply;
using kefu::Pending;
using kefu::Promise;
using kefu::PushReceiver;
using kefu::Receipt;
using kefu::ReplyContext;
using kefu::Result;
using kefu::TextContent;
using kefu::WallTime;
using kefu::WebhookRequest;
using kefu::WebhookResponse;
using kefu_test::FakeChannel;
using kefu_test::FakeReceiver;
using kefu_test::Request;
using kefu_test::RequestPtr;
using kefu_test::Shop;
using kefu_test::text_of;
using kefu_test::World;

/// The same shop, with its channel as it is now.
void remake(Shop& shop, std::shared_ptr<kefu::Channel> channel, InboxOptions options = {}) {
  auto made = Inbox::create(
      shop.runtime, std::move(channel),
      [&shop](InboundEvent event, InboxTurn turn) {
        shop.handled.push_back(event.event_id);
        shop.turns.push_back(std::move(turn));
      },
      options);
  REQUIRE(made);
  *shop.inbox = std::move(*made);
}

struct HeldMessenger final : kefu::Messenger {
  explicit HeldMessenger(const kefu::Runtime& r) : home(r.home()) {}
  Pending<Receipt> send(Message message, CallOptions) override {
    sent.push_back(std::move(message));
    held.emplace_back(home);
    auto pending = held.back().pending();
    if (sent.size() > 1) held.back().answer(Receipt());
    return pending;
  }
  Pending<kefu::SendPlan> plan(Message, CallOptions) override { return Promise<kefu::SendPlan>(home).pending(); }
  Pending<void> typing(kefu::Address, bool, CallOptions) override { return Promise<void>(home).pending(); }
  std::shared_ptr<kefu::detail::PendingHome> home;
  std::vector<Promise<Receipt>> held;
  std::vector<Message> sent;
};
struct HeldChannel final : kefu::Channel {
  explicit HeldChannel(const kefu::Runtime& r) : base(r), held(std::make_shared<HeldMessenger>(r)) {}
  const std::string& id() const override { return base.id(); }
  const std::string& platform() const override { return base.platform(); }
  const kefu::Capabilities& capabilities() const override { return base.capabilities(); }
  std::shared_ptr<kefu::Messenger> messenger() const override { return held; }
  std::shared_ptr<PushReceiver> push_receiver() const override { return base.push_receiver(); }
  FakeChannel base;
  std::shared_ptr<HeldMessenger> held;
};

/// The store as a process of the version before writes it: its sessions do not say that they know of notes.
class OldSessions final : public kefu::Store {
 public:
  explicit OldSessions(std::shared_ptr<kefu::Store> inner) : inner_(std::move(inner)) {}
  bool durable() const noexcept override { return inner_->durable(); }
  Result<WallTime> now() override { return inner_->now(); }
  Result<std::optional<kefu::StoreEntry>> get(std::string_view key) override {
    auto entry = inner_->get(key);
    if (entry && *entry && is_session(key)) (*entry)->value.replace(0, 1, "2");
    return entry;
  }
  Result<std::vector<std::optional<kefu::StoreEntry>>> get_many(const std::vector<std::string>& keys) override {
    std::vector<std::optional<kefu::StoreEntry>> found;
    for (const std::string& key : keys) {
      auto entry = get(key);
      if (!entry) return entry.error();
      found.push_back(*std::move(entry));
    }
    return found;
  }
  Result<kefu::CommitOutcome> commit(const std::vector<kefu::StoreWrite>& writes,
                                     kefu::Durability durability) override {
    std::vector<kefu::StoreWrite> old = writes;
    for (kefu::StoreWrite& write : old) {
      if (write.value && is_session(write.key)) write.value->replace(0, 1, "1");
    }
    return inner_->commit(old, durability);
  }
  Result<kefu::StorePage> list(std::string_view prefix, std::string_view after, kefu::ListLimits limits) override {
    return inner_->list(prefix, after, limits);
  }
  Result<std::optional<kefu::Lease>> lease(std::string_view key, std::string_view owner, Millis ttl) override {
    return inner_->lease(key, owner, ttl);
  }
  Result<void> release(const kefu::Lease& lease) override { return inner_->release(lease); }

 private:
  static bool is_session(std::string_view key) { return key.find("inbox-session") != std::string_view::npos; }
  const std::shared_ptr<kefu::Store> inner_;
};

bool is_noted(World& world) {
  auto page = world.store->list("", "", kefu::ListLimits::keys(1'000));
  REQUIRE(page);
  return std::any_of(page->items.begin(), page->items.end(), [&](const auto& item) {
    return world.store->get(item.first).value()->value.find("\"ack\":") != std::string::npos;
  });
}

}  // namespace

TEST_CASE(
    "DED-1, BOT-1: acknowledged in the commit that notes the message's failure, a later request takes nothing along") {
  World world;
  Shop shop(world);
  const auto channel = std::make_shared<HeldChannel>(shop.runtime);
  remake(shop, channel);
  const auto first = shop.push("e1|c1|hi");
  shop.pass(3'500ms);
  world.store->failing_commits = 1'000;
  shop.pass(500ms);
  CHECK(first->body == "try again");
  world.store->failing_commits = 0;
  shop.pass(100ms);
  shop.turn().answer(TextContent("hello"));
  shop.pass(1ms);
  REQUIRE(channel->held->sent.size() == 1);  // under way
  shop.pass(900ms);
  const auto live = shop.push("e1|c1|hi");
  shop.pass(3'750ms);
  world.store->lost_commits = 3;  // a round is in doubt for 200 ms: what follows is one commit
  shop.push("f1|c9|other");
  CHECK(world.store->lost_commits == 0);
  shop.pass(20ms);
  kefu::ErrorDetails details;
  details.message = "busy";
  details.retry_after = 30s;
  channel->held->held[0].answer(kefu::Error(ErrorKind::unavailable, Delivery::not_sent, std::move(details)));
  shop.pass(220ms);
  CHECK(live->body == "success");
  const auto given_up = shop.push("e1|c1|hi");
  shop.pass(1s);
  CHECK(given_up->body != "hello to c1");
  shop.pass(60s);
  CHECK(channel->held->sent.size() == 2);
  CHECK(given_up->body == "success");
}

TEST_CASE("DED-1, BOT-1: a revived event's answer leaves as a message, whoever waits") {
  World world;
  InboxOptions once;
  once.tries = 1;
  Shop a(world, once);
  const auto live = a.push("e1|c1|hi");
  a.pass(5s);
  CHECK(live->body == "success");
  a.turn(0).failed("no");
  a.pass(10ms);
  REQUIRE(a.dead().size() == 1);
  auto revived = a.inbox->revive("e1");
  a.pass(10ms);
  REQUIRE(a.handled.size() == 2);
  RequestPtr given_up;
  Shop b(world, once);
  SUBCASE("there") { given_up = a.push("e1|c1|hi"); }
  SUBCASE("elsewhere") { given_up = b.push("e1|c1|hi"); }
  a.turn(1).answer(TextContent("hello"));
  a.pass(5s);
  CHECK(a.sent().size() == 1);
  CHECK(given_up->body == "success");
}

TEST_CASE("DED-1, BOT-1: without a messenger an answer that comes after the acknowledgement is a dead letter") {
  World world;
  InboxOptions quick;
  quick.answer_within = 2s;
  Shop a(world);
  Shop b(world, quick);
  a.channel->can_send = b.channel->can_send = false;
  remake(a, a.channel);
  remake(b, b.channel, quick);
  const auto [given_up, live] = kefu_test::push_at_both(b, a, b);
  b.pass(2s);
  CHECK(live->body == "success");
  b.turn(1).answer(TextContent("hello"));
  b.pass(3s);
  CHECK(given_up->body == "success");
  CHECK(b.dead().size() == 1);
}

TEST_CASE("DED-1: after an acknowledgement a repeat is acknowledged, whatever the store does meanwhile") {
  World world;
  Shop shop(world);
  const auto first = shop.push("e1|c1|hi");
  shop.pass(4s);
  CHECK(first->body == "success");
  const auto repeat = shop.push("e1|c1|hi");
  shop.pass(3'700ms);
  world.store->gone = true;
  shop.pass(400ms);
  CHECK(repeat->body == "success");
  world.store->gone = false;
}

TEST_CASE("BOT-2: an Inbox that is drained or destroyed with a request that waits leaves its event to the others") {
  World world;
  Shop a(world);
  Shop b(world);
  a.push("e1|c1|hi");
  const auto waits = a.push("e2|c1|hi");
  auto drained = a.inbox->drain(2s);
  a.turn(0).done();
  a.pass(100ms);
  SUBCASE("drained") {}
  SUBCASE("destroyed") { a.inbox.reset(); }
  b.pass(4s);
  CHECK(waits->body == "success");
  REQUIRE(b.handled.size() == 1);
  b.turn(0).answer(TextContent("hello"));
  b.pass(5s);
  CHECK(b.sent().size() == 1);
  auto pending = b.inbox->state();
  b.pass(1ms);
  auto figures = std::move(pending).get();
  REQUIRE(figures);
  CHECK(figures->in_hand == 0);
}

TEST_CASE("BOT-1: an answer in the moment in which its request is acknowledged is given once") {
  for (const auto at : {3'799ms, 3'800ms, 3'801ms, 3'999ms, 4'000ms, 4'001ms}) {
    World world;
    Shop a(world);
    Shop b(world);
    RequestPtr first = a.push("e1|c1|hi");
    RequestPtr other = b.push("e1|c1|hi");
    world.time->run_at(world.time->mono() + at, [&] { a.turn().answer(TextContent("hello")); });
    a.pass(6s);
    INFO(at.count());
    const int carried = first->body == "hello to c1" || other->body == "hello to c1" ? 1 : 0;
    CHECK(a.sent().size() + b.sent().size() + static_cast<std::size_t>(carried) == 1);
    CHECK(first->status == 200);
    CHECK(other->status == 200);
  }
}

TEST_CASE("DED-1, BOT-1: in any order of pushes, answers, faults and ends each event is answered once") {
  int violations = 0;
  for (int seed = 1; seed <= 100 && violations < 5; ++seed) {
    std::mt19937 dice(static_cast<unsigned>(seed));
    const auto roll = [&](int n) { return static_cast<int>(dice() % static_cast<unsigned>(n)); };
    World world;
    std::vector<std::string> log;
    struct Told {
      RequestPtr request;
      bool is_noted = false;
    };
    std::map<std::string, std::vector<Told>> asked;
    std::map<std::string, std::string> how;  // first 200
    std::map<std::string, int> messages;
    std::string broken;
    std::vector<std::unique_ptr<Shop>> shops;
    std::vector<std::vector<std::pair<std::string, InboxTurn>>> turns(3);
    const auto make = [&](std::size_t i) {
      InboxOptions options;
      options.answer_within = Millis(1'000 * (2 + roll(3)));
      options.tries = 3;
      auto shop = std::make_unique<Shop>(world, options);
      shop->on_event = [&turns, i](const InboundEvent& event, const InboxTurn& turn) {
        turns[i].emplace_back(event.event_id, turn);
      };
      return shop;
    };
    for (std::size_t i = 0; i < 3; ++i) shops.push_back(make(i));
    const auto count_sent = [&](Shop& shop) {
      for (const Message& message : shop.sent()) ++messages[message.idempotency_key];
    };
    const auto look = [&] {
      for (auto& [id, list] : asked) {
        for (Told& one : list) {
          if (one.is_noted || !one.request->is_answered()) continue;
          one.is_noted = true;
          log.push_back(id + " told " + std::to_string(one.request->status) + ' ' + one.request->body);
          if (one.request->status != 200) continue;
          const std::string said = one.request->body == "success" ? "ack" : "answer";
          auto [place, is_first] = how.try_emplace(id, said);
          if (!is_first && place->second == "ack" && said == "answer") broken = id + ": acknowledged, then carried";
        }
      }
    };
    const bool kills = roll(3) == 0;
    for (int step = 0; step < 120; ++step) {
      const auto s = static_cast<std::size_t>(roll(3));
      Shop& shop = *shops[s];
      switch (roll(11)) {
        case 0:
        case 1:
        case 2:
        case 3: {
          const int e = roll(6);
          const std::string id = "e" + std::to_string(e);
          log.push_back("push " + id + " at " + std::to_string(s));
          asked[id].push_back({shop.push(id + "|c" + std::to_string(e % 2) + "|hi"), false});
          break;
        }
        case 4:
        case 5:
          if (!turns[s].empty()) {
            auto [id, turn] = turns[s].front();
            turns[s].erase(turns[s].begin());
            const int what = roll(8);
            log.push_back("turn " + id + " at " + std::to_string(s) + " does " + std::to_string(what));
            if (what == 0) {
              turn.failed("no");
            } else if (what == 1) {
              static_cast<void>(turn.finish({kefu::StoreWrite::put("host-" + id, "x", 0)}, TextContent("hello")));
            } else {
              turn.answer(TextContent("hello"));
            }
          }
          break;
        case 6: {
          const int n = 1 + roll(4);
          const int kind = roll(3);
          log.push_back("store fault " + std::to_string(kind) + " x" + std::to_string(n));
          (kind == 0   ? world.store->failing_commits
           : kind == 1 ? world.store->doubtful_commits
                       : world.store->lost_commits) = n;
          break;
        }
        case 7:
          if (kills && roll(8) == 0) {
            log.push_back("kill " + std::to_string(s));
            shop.runtime.stop();
            count_sent(shop);
            look();
            turns[s].clear();
            shops[s].reset();
            shops[s] = make(s);
          }
          break;
        default: {
          const Millis by(roll(4) == 0 ? roll(2'000) : roll(250));
          world.time->advance(by);
          log.push_back("+" + std::to_string(by.count()));
        }
      }
      look();
    }
    world.store->failing_commits = world.store->doubtful_commits = world.store->lost_commits = 0;
    for (int round = 0; round < 60; ++round) {
      for (auto& open : turns) {
        for (auto& turn : open) turn.second.answer(TextContent("hello"));
        open.clear();
      }
      world.time->advance(3s);
      look();
    }
    std::set<std::string> dead;
    for (const auto& letter : shops[0]->dead()) dead.insert(letter.event_id);
    for (auto& shop : shops) count_sent(*shop);
    for (const auto& [id, said] : how) {
      if (messages[id] > 1) broken = id + ": said twice";
      if (messages[id] > 0 && said == "answer") broken = id + ": carried and said";
      if (said == "ack" && messages[id] == 0 && dead.count(id) == 0) broken = id + ": acknowledged, never said";
    }
    for (auto& [id, list] : asked) {
      for (const Told& one : list) {
        if (!one.request->is_answered()) broken = id + ": a request without answer";
      }
    }
    for (auto& shop : shops) {
      auto pending = shop->inbox->state();
      world.time->advance(1ms);
      auto state = std::move(pending).get();
      REQUIRE(state);
      if (state->in_hand != 0) broken = "something is in hand: " + std::to_string(state->in_hand);
    }
    if (!broken.empty()) {
      ++violations;
      std::string story;
      for (const auto& line : log) story += "\n  " + line;
      FAIL_CHECK("seed " << seed << ": " << broken << story);
    }
    for (auto& open : turns) open.clear();
  }
  CHECK(violations == 0);
}

TEST_CASE(
    "Inbox: an answer that meets a record which somebody else wrote meanwhile is not lost: its event is handled "
    "again") {
  // As another version does that keeps no note.
  World world;
  Shop shop(world);
  shop.push("e1|c1|hi");
  shop.pass(5s);  // noted; as for the process of before, whose memory does not know it, the record is written once more
  std::string key;
  auto page = world.store->list("", "", kefu::ListLimits::keys(1'000));
  REQUIRE(page);
  for (const auto& item : page->items) {
    if (item.first.find("e1") != std::string::npos) key = item.first;
  }
  REQUIRE_FALSE(key.empty());
  auto entry = world.store->get(key);
  REQUIRE(entry);
  std::string text = (*entry)->value;
  if (const auto place = text.find("\"ack\":"); place != std::string::npos)
    text.erase(place, text.find(',', place) + 1 - place);
  REQUIRE(world.store->commit({kefu::StoreWrite::put(key, text, (*entry)->generation)}, kefu::Durability::full));
  shop.turn(0).answer(TextContent("hello"));
  shop.pass(5s);
  REQUIRE(shop.handled.size() == 2);
  shop.turn(1).answer(TextContent("hello again"));
  shop.pass(5s);
  REQUIRE(shop.sent().size() == 1);
  CHECK(text_of(shop.sent()[0]) == "hello again");
  CHECK(shop.dead().empty());
}

TEST_CASE("Inbox: looks at an event that was acknowledged end with it, also where the event comes anew") {
  World world;
  Shop a(world);
  Shop b(world);
  a.push("e1|c1|hi");
  const auto receiver = std::make_shared<kefu_test::LateReceiver>();
  receiver->late = false;
  b.channel->can_send = false;
  b.channel->receiver = receiver;
  remake(b, b.channel);
  const auto first = b.push("e1|c1|hi");
  b.pass(3'810ms);
  CHECK(first->body == "success");
  receiver->late = true;
  const auto second = b.push("e1|c1|hi");
  b.pass(3'900ms);
  REQUIRE(receiver->found);
  receiver->found();
  b.pass(1s);
  CHECK(second->status == 200);
  a.turn().answer(TextContent("hello"));
  a.pass(1s);
  CHECK(a.sent().size() == 1);
}

TEST_CASE("Inbox: nothing is noted in a record on which a process of the version before works") {
  World world;
  World before;
  before.time = world.time;
  before.store = world.store;
  SUBCASE("the version before") {
    before.store = std::make_shared<kefu_test::FaultyStore>(std::make_shared<OldSessions>(world.store));
    Shop owner(before);
    Shop other(world);
    owner.push("e1|c1|hi");
    const auto repeat = other.push("e1|c1|hi");
    other.pass(4s);
    CHECK(repeat->body == "success");
    // The owner notes what it acknowledges itself, as this version does.
    owner.turn().answer(TextContent("hello"));
    owner.pass(1s);
    CHECK(owner.handled.size() == 1);
    CHECK(owner.sent().size() == 1);
  }
  SUBCASE("the version before, and only the other one acknowledges") {
    before.store = std::make_shared<kefu_test::FaultyStore>(std::make_shared<OldSessions>(world.store));
    InboxOptions quick;
    quick.answer_within = 2s;
    Shop owner(before);
    Shop other(world, quick);
    owner.push("e1|c1|hi");
    const auto repeat = other.push("e1|c1|hi");
    other.pass(3s);
    CHECK(repeat->body == "success");
    CHECK_FALSE(is_noted(world));
  }
  SUBCASE("this version") {
    InboxOptions quick;
    quick.answer_within = 2s;
    Shop owner(before);
    Shop other(world, quick);
    owner.push("e1|c1|hi");
    other.push("e1|c1|hi");
    other.pass(3s);
    CHECK(is_noted(world));
  }
}
