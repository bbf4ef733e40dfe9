#include "support/fake_poller.hpp"
#include "support/simulated_core.hpp"
#include "unit/channel/inbox/shop.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace {

using namespace std::chrono_literals;
using kefu::ErrorKind;
using kefu::Inbox;
using kefu::InboxOptions;
using kefu::InboxTurn;
using kefu::TextContent;
using kefu_test::FakeChannel;
using kefu_test::FakePoller;
using kefu_test::FaultyStore;
using kefu_test::ProcessLoop;
using kefu_test::RecordingObserver;
using kefu_test::text_of;

using Lines = std::vector<std::string>;

/// What outlives processes: time, the store behind all views of it, the platform's history.
struct Base {
  std::shared_ptr<kefu::sandbox::SimulatedTime> time = std::make_shared<kefu::sandbox::SimulatedTime>();
  std::shared_ptr<kefu::MemoryStore> store = std::make_shared<kefu::MemoryStore>(time);
  std::shared_ptr<Lines> history = std::make_shared<Lines>();

  void happen(int events, int customers = 3) {
    for (int i = 0; i < events; ++i) {
      const auto number = history->size();
      history->push_back("e" + std::to_string(number) + "|c" + std::to_string(number % customers) + "|text");
    }
  }
};

/// One process that polls; its view of the store may die.
struct PollingShop {
  explicit PollingShop(Base& b, InboxOptions options = {}, bool receives = false, int batch = 5, std::size_t window = 0)
      : base(b), store(std::make_shared<FaultyStore>(b.store)), runtime(make_runtime(b, store, observer)) {
    channel = std::make_shared<FakeChannel>(runtime);
    poller = std::make_shared<FakePoller>(
        runtime,
        [history = b.history](std::size_t i) {
          return i < history->size() ? std::optional<std::string>((*history)[i]) : std::nullopt;
        },
        batch);
    channel->source = poller;
    if (!receives) channel->receiver = nullptr;
    if (window > 0) {
      kefu::ReplyRules rules;
      rules.rules.emplace_back("message", static_cast<int>(window), 1h);
      channel->ledger = std::make_shared<kefu::ReplyLedger>(store, "default", "fake", "shop", rules);
    }
    auto created = Inbox::create(
        runtime, channel,
        [this](kefu::InboundEvent event, InboxTurn turn) {
          if (store->dead) return;
          handled.push_back(event.event_id);
          if (on_event) return on_event(std::move(event), std::move(turn));
          turns.push_back(std::move(turn));
        },
        options);
    REQUIRE(created);
    inbox = std::make_unique<Inbox>(std::move(*created));
  }
  ~PollingShop() { turns.clear(); }
  static kefu::Runtime make_runtime(Base& b, const std::shared_ptr<FaultyStore>& store,
                                    const std::shared_ptr<RecordingObserver>& observer) {
    kefu::RuntimeOptions options;
    options.clock = b.time;
    options.scheduler = std::make_shared<ProcessLoop>(b.time);
    options.store = store;
    options.observer = observer;
    options.transport = std::make_shared<kefu::sandbox::ScriptedTransport>(b.time);
    auto runtime = kefu::Runtime::create(std::move(options));
    REQUIRE(runtime);
    return std::move(*runtime);
  }
  void pass(kefu::Millis by) { base.time->advance(by); }
  std::vector<kefu::Message> sent() const { return channel->fake_messenger->sent(); }
  std::vector<kefu::DeadLetter> dead() {
    auto letters = inbox->dead_letters().get();
    REQUIRE(letters);
    return *letters;
  }
  void answer_all() {
    on_event = [](const kefu::InboundEvent& event, const InboxTurn& turn) {
      turn.answer(TextContent("re:" + event.event_id));
    };
  }

  Base& base;
  std::shared_ptr<RecordingObserver> observer = std::make_shared<RecordingObserver>();
  std::shared_ptr<FaultyStore> store;
  kefu::Runtime runtime;
  std::shared_ptr<FakeChannel> channel;
  std::shared_ptr<FakePoller> poller;
  std::unique_ptr<Inbox> inbox;
  std::vector<std::string> handled;
  std::vector<InboxTurn> turns;
  Inbox::Handler on_event;
};

std::set<std::string> as_set(const std::vector<std::string>& list) { return {list.begin(), list.end()}; }

}  // namespace

TEST_CASE("JD-6: an account that polls: events are stored with the cursor, handled in order, answered by messages") {
  Base base;
  base.happen(12);
  PollingShop shop(base);
  shop.pass(10ms);
  CHECK(shop.handled == std::vector<std::string>{"e0", "e1", "e2"});
  CHECK(base.store->get(kefu::StoreKey("test", "fake", "cursor", "shop").str()).value()->value == "12");
  shop.turns[0].answer(TextContent("hello"));
  shop.pass(10ms);
  REQUIRE(shop.sent().size() == 1);
  CHECK(text_of(shop.sent()[0]) == "hello");
  CHECK(shop.sent()[0].to.customer.id == "c0");
  CHECK(shop.handled.back() == "e3");

  shop.answer_all();
  shop.turns[1].done();
  shop.turns[2].done();
  shop.turns[3].done();
  shop.pass(1s);
  CHECK(shop.handled.size() == 12);
  base.happen(1);
  shop.pass(2s);
  CHECK(shop.handled.back() == "e12");
  CHECK(shop.observer->count("kefu_inbox_polls_total{platform=fake,account=shop,outcome=ok}") >= 4);

  auto response = shop.inbox->handle(kefu::WebhookRequest("POST", "/", "", "x")).get();
  REQUIRE_FALSE(response);
  CHECK(response.error().kind() == ErrorKind::unsupported);
}

TEST_CASE("Inbox: a channel with nothing that comes in is refused; with `poll` off nothing is polled") {
  Base base;
  base.happen(3);
  InboxOptions quiet;
  quiet.poll = false;
  PollingShop shop(base, quiet);
  shop.pass(10min);
  CHECK(shop.poller->polls == 0);
  CHECK(shop.handled.empty());
  shop.channel->source = nullptr;
  auto created = Inbox::create(shop.runtime, shop.channel, [](const kefu::InboundEvent&, const InboxTurn&) {});
  REQUIRE_FALSE(created);
  CHECK(created.error().kind() == ErrorKind::unsupported);
}

TEST_CASE("Inbox: what is pushed and polled with the same id is one event") {
  Base base;
  PollingShop shop(base, {}, true);
  shop.pass(10ms);
  int status = 0;
  shop.inbox->handle(kefu::WebhookRequest("POST", "/", "", "e0|c0|text"))
      .then([&](kefu::Result<kefu::WebhookResponse> response) { status = response ? response->status : -1; });
  shop.pass(10ms);
  base.happen(2, 1);
  shop.pass(3s);
  CHECK(shop.handled == std::vector<std::string>{"e0"});
  shop.turns[0].done();
  shop.pass(1s);
  CHECK(status == 200);
  CHECK(shop.handled == std::vector<std::string>{"e0", "e1"});
  CHECK(shop.observer->count("outcome=repeat") == 1);
}

TEST_CASE("Inbox: polling follows errors with growing pauses and the platform's retry_after, and goes on") {
  Base base;
  PollingShop shop(base);
  shop.answer_all();
  shop.pass(10ms);
  const int before = shop.poller->polls;
  for (int i = 0; i < 3; ++i) shop.poller->failures.emplace_back(ErrorKind::network, "no line");
  kefu::ErrorDetails wait;
  wait.message = "enough for today";
  wait.retry_after = 30min;
  shop.poller->failures.emplace_back(ErrorKind::quota_exhausted, kefu::Delivery::not_sent, std::move(wait));
  base.happen(1);
  shop.pass(60s);
  CHECK(shop.poller->failures.empty());
  CHECK(shop.poller->polls == before + 4);
  shop.pass(28min);
  CHECK(shop.poller->polls == before + 4);
  CHECK(shop.handled.empty());
  shop.pass(3min);
  CHECK(shop.handled == std::vector<std::string>{"e0"});
  CHECK(shop.observer->count("inbox.poll_failed") == 4);
}

TEST_CASE("Inbox: while too much is in hand nothing is polled") {
  Base base;
  base.happen(200, 200);
  InboxOptions few;
  few.max_in_hand = 60;
  PollingShop shop(base, few, false, 10);
  shop.pass(10s);
  CHECK(shop.handled.size() == 20);  // a whole batch must find room
  while (!shop.turns.empty()) {
    std::vector<InboxTurn> turns;
    turns.swap(shop.turns);
    for (const InboxTurn& turn : turns) turn.done();
    turns.clear();
    shop.pass(1s);
    CHECK(shop.turns.size() <= few.max_in_hand);
  }
  CHECK(shop.handled.size() == 200);
}

TEST_CASE("Inbox: a poller that breaks its limits is told off, an event too large is passed over") {
  Base base;
  SUBCASE("limits") {
    base.happen(100);
    PollingShop shop(base);
    shop.poller->keeps_promises = false;
    shop.pass(3s);
    CHECK(shop.handled.empty());
    CHECK(shop.observer->count("kMaxCursorWrites") >= 1);
  }
  SUBCASE("size") {
    base.happen(1);
    base.history->push_back("big|c1|" + std::string(kefu::Store::kMaxValueSize, 'x'));
    base.happen(1);
    PollingShop shop(base);
    shop.answer_all();
    shop.pass(3s);
    CHECK(shop.handled == std::vector<std::string>{"e0", "e2"});
    CHECK(shop.observer->count("inbox.event_refused") == 1);
  }
  SUBCASE("many large ones are stored a part at a time") {
    for (int i = 0; i < 30; ++i) {
      base.history->push_back("e" + std::to_string(i) + "|c" + std::to_string(i) + "|" + std::string(900'000, 'x'));
    }
    PollingShop shop(base, {}, false, 50);
    shop.answer_all();
    shop.pass(3s);
    CHECK(shop.handled.size() == 30);
    CHECK(shop.observer->count("inbox.poll_failed") == 0);
  }
}

TEST_CASE("WIN-1: polled messages open the reply window in the same commit, each on what the one before left") {
  Base base;
  base.happen(4, 1);
  PollingShop shop(base, {}, false, 50, 3);
  shop.answer_all();
  shop.pass(1ms);
  const auto window = shop.channel->ledger->look("c0", base.time->wall());
  REQUIRE(window);
  CHECK(window->known);
  CHECK(window->messages_left == 3);
  shop.pass(1s);
  CHECK(shop.handled.size() == 4);
}

TEST_CASE("Inbox: a destroyed Inbox stops its poll and another process goes on at once") {
  Base base;
  base.happen(3);
  InboxOptions slow;
  slow.sweep = 2s;
  auto first = std::make_unique<PollingShop>(base, slow);
  first->poller->never_answers = true;
  first->pass(10ms);
  CHECK(first->poller->polls == 1);
  PollingShop second(base, slow);
  second.answer_all();
  second.pass(60s);
  CHECK(second.poller->polls == 0);  // the lease is extended while the first one polls
  first->inbox.reset();
  second.pass(2500ms);
  CHECK(as_set(second.handled) == std::set<std::string>{"e0", "e1", "e2"});
}

TEST_CASE("JD-6: of two processes one polls; when it dies the other goes on, nothing is lost or doubled") {
  Base base;
  base.happen(30);
  auto first = std::make_unique<PollingShop>(base);
  PollingShop second(base);
  first->answer_all();
  second.answer_all();
  second.pass(100ms);
  CHECK(first->handled.size() + second.handled.size() == 30);
  CHECK(second.poller->polls == 0);
  first->runtime.stop();
  base.happen(30);
  second.pass(60s);
  CHECK(second.poller->polls > 0);
  std::map<std::string, int> times;
  for (const auto& id : first->handled) ++times[id];
  for (const auto& id : second.handled) ++times[id];
  CHECK(times.size() == 60);
  CHECK(std::all_of(times.begin(), times.end(), [](const auto& entry) { return entry.second == 1; }));
}

TEST_CASE("JD-6: killed at any store operation and started again: every event is stored once and handled") {
  for (const bool is_done : {false, true}) {
    bool reached_end = false;
    for (int life = 0; !reached_end; ++life) {
      CAPTURE(life);
      CAPTURE(is_done);
      REQUIRE(life < 400);
      Base base;
      base.happen(8, 2);
      std::vector<std::string> handled;
      std::vector<std::string> messages;
      {
        PollingShop doomed(base, {}, false, 3);
        doomed.answer_all();
        doomed.store->life = life;
        doomed.store->last_is_done = is_done;
        doomed.pass(3s);
        reached_end = !doomed.store->dead;
        doomed.runtime.stop();
        handled = doomed.handled;
        for (const auto& message : doomed.sent()) messages.push_back(text_of(message));
      }
      PollingShop next(base, {}, false, 3);
      next.answer_all();
      next.pass(3min);
      const auto dead = next.dead();
      std::set<std::string> over;
      for (const auto& letter : dead) over.insert(letter.event_id);
      for (const auto& message : next.sent()) messages.push_back(text_of(message));
      // Answered once, or among the dead letters because nobody knows whether the dying process sent it.
      CHECK(as_set(messages).size() == messages.size());
      CHECK(dead.size() <= 2);
      for (const auto& id : as_set(messages)) over.insert(id.substr(3));
      CHECK(over.size() == 8);
      handled.insert(handled.end(), next.handled.begin(), next.handled.end());
      for (int customer = 0; customer < 2; ++customer) {
        std::vector<int> order;
        for (const auto& id : handled) {
          const int number = std::stoi(id.substr(1));
          if (number % 2 == customer && (order.empty() || order.back() != number)) order.push_back(number);
        }
        CHECK(std::is_sorted(order.begin(), order.end()));
      }
    }
  }
}

TEST_CASE("JD-6: a commit whose fate is unknown loses nothing") {
  Base base;
  base.happen(6);
  PollingShop shop(base, {}, false, 50);
  shop.answer_all();
  SUBCASE("it was done") { shop.store->doubtful_commits = 1; }
  SUBCASE("it was not") { shop.store->failing_commits = 1; }
  shop.pass(20s);
  CHECK(shop.handled.size() == 6);
  CHECK(as_set(shop.handled).size() == 6);
}

TEST_CASE(
    "BOT-3: a human's line after the question ends an answer that has not left; our own line coming back does not") {
  Base base;
  PollingShop shop(base);
  shop.pass(10ms);
  base.history->push_back("q1|c|first");
  base.history->push_back("q2|c|second");
  shop.pass(1s);
  REQUIRE(shop.handled == std::vector<std::string>{"q1"});
  shop.turns[0].answer(TextContent("the parcel left today"));
  shop.pass(10ms);
  REQUIRE(shop.sent().size() == 1);
  REQUIRE(shop.handled.size() == 2);
  SUBCASE("ours, whole or in part") {
    base.history->push_back("l1|c|agent: the parcel left today");
    base.history->push_back("l2|c|agent: left today");
  }
  SUBCASE("a human's") { base.history->push_back("l1|c|agent: I look after it"); }
  const bool is_human = base.history->size() == 3;
  shop.pass(2s);
  shop.turns[1].answer(TextContent("second answer"));
  shop.pass(1s);
  CHECK(shop.sent().size() == (is_human ? 1 : 2));
  CHECK(shop.dead().empty());
  CHECK(shop.observer->count("outcome=suppressed") == (is_human ? 1 : 0));
}

TEST_CASE("Inbox: what was asked before an account's first poll is history, and is not answered") {
  Base base;
  base.happen(1);
  PollingShop shop(base);
  shop.poller->time_of = [&base](const std::string& id) {
    return id == "e0" ? base.time->wall() - 11min : base.time->wall() - 9min;
  };
  base.happen(1);
  bool was_history = false;
  shop.on_event = [&](const kefu::InboundEvent& event, const InboxTurn& turn) {
    if (event.event_id == "e0") was_history = event.history;
    turn.answer(TextContent("re:" + event.event_id));
  };
  shop.pass(1s);
  CHECK(was_history);
  CHECK(shop.handled.size() == 2);
  REQUIRE(shop.sent().size() == 1);
  CHECK(text_of(shop.sent()[0]) == "re:e1");
  CHECK(shop.observer->count("outcome=history") == 1);
}

TEST_CASE("BOT-3: many lines of our own that come back with one poll are none of a human's") {
  Base base;
  PollingShop shop(base, {}, false, 50);
  shop.pass(10ms);
  shop.on_event = [](const kefu::InboundEvent& event, const InboxTurn& turn) {
    if (std::holds_alternative<kefu::AgentSpoke>(event.payload)) return turn.done();
    turn.answer(TextContent("the answer to " + event.event_id));
  };
  for (int i = 0; i < 20; ++i) base.history->push_back("q" + std::to_string(i) + "|c|question");
  shop.pass(2s);
  REQUIRE(shop.sent().size() == 20);
  shop.on_event = nullptr;
  base.history->push_back("last|c|question");
  shop.pass(2s);
  for (int i = 0; i < 20; ++i)
    base.history->push_back("l" + std::to_string(i) + "|c|agent: the answer to q" + std::to_string(i));
  shop.pass(2s);
  REQUIRE(shop.handled.back() == "last");
  shop.turns.back().answer(TextContent("the last one"));
  shop.pass(1s);
  CHECK(shop.sent().size() == 21);
  CHECK(shop.observer->count("outcome=suppressed") == 0);
}

namespace {

/// A shop that answers "first", and has a second question of the customer with its handler.
struct TwoQuestions {
  explicit TwoQuestions(kefu::InboxOptions options = {}) : shop(base, options, false, 50) {
    shop.pass(10ms);
    base.history->push_back("q1|c|first");
    base.history->push_back("q2|c|second");
    shop.pass(1s);
    REQUIRE(shop.handled == std::vector<std::string>{"q1"});
  }
  void answer_first(kefu::Content content) {
    shop.turns[0].answer(std::move(content));
    shop.pass(10ms);
    REQUIRE(shop.sent().size() == 1);
    REQUIRE(shop.handled.size() == 2);
  }
  void come_back(const std::string& line) {
    base.history->push_back("l" + std::to_string(++lines) + "|c|agent: " + line);
  }
  bool is_second_answered() {
    shop.turns[1].answer(TextContent("second answer"));
    shop.pass(1s);
    CHECK(shop.dead().empty());
    return shop.sent().size() == 2;
  }
  Base base;
  PollingShop shop;
  int lines = 0;
};

}  // namespace

TEST_CASE("BOT-3: an answer without words that comes back as an agent's line is ours; a picture of a human's is not") {
  TwoQuestions case_of;
  bool is_ours = true;
  std::string line;
  SUBCASE("empty") {}
  SUBCASE("its address") { line = "https://img.example/p.png"; }
  SUBCASE("a mark") { line = "[picture]"; }
  SUBCASE("words") { line = "I look after it", is_ours = false; }
  kefu::ImageContent picture;
  picture.url = "https://shop.example/p.png";
  case_of.answer_first(picture);
  case_of.shop.pass(5s);
  case_of.come_back(line);
  case_of.shop.pass(2s);
  CHECK(case_of.is_second_answered() == is_ours);
}

TEST_CASE("BOT-3: a picture of a human's ends a pending answer") {
  TwoQuestions case_of;
  case_of.answer_first(TextContent("the parcel left today"));
  case_of.come_back("");
  case_of.shop.pass(2s);
  CHECK_FALSE(case_of.is_second_answered());
}

TEST_CASE("BOT-3: our lines that come back a long time later are none of a human's") {
  TwoQuestions case_of;
  case_of.answer_first(TextContent("the parcel left today"));
  case_of.shop.pass(9min);
  // The poll comes back to the account after hours; the second question is handled anew meanwhile.
  auto& shop = case_of.shop;
  for (int i = 0; i < 400; ++i) shop.poller->failures.emplace_back(kefu::ErrorKind::network, "no line");
  shop.on_event = [&](kefu::InboundEvent, InboxTurn turn) { shop.turns.push_back(std::move(turn)); };
  shop.pass(3h);
  case_of.come_back("the parcel left today");
  shop.poller->failures.clear();
  shop.pass(2min);
  CHECK(shop.observer->count("outcome=suppressed") == 0);
  shop.turns.back().answer(TextContent("second answer"));
  shop.pass(1s);
  CHECK(shop.sent().size() == 2);
}

TEST_CASE("BOT-3: an agent's line that is dated in the future ends no answer to what is asked after it") {
  Base base;
  PollingShop shop(base, {}, false, 50);
  shop.poller->time_of = [&](const std::string& id) { return base.time->wall() + (id == "l1" ? 5h : 0h); };
  shop.pass(10ms);
  base.history->push_back("l1|c|agent: I look after it");
  shop.on_event = [](const kefu::InboundEvent& event, const InboxTurn& turn) {
    if (std::holds_alternative<kefu::AgentSpoke>(event.payload)) return turn.done();
    turn.answer(TextContent("re:" + event.event_id));
  };
  shop.pass(10min);
  base.history->push_back("q1|c|and this?");
  shop.pass(2s);
  CHECK(shop.sent().size() == 1);
}
