// What is too large, too much or too late for an Inbox ends where it is seen, and holds nobody else up.
#include "support/fake_poller.hpp"
#include "unit/channel/inbox/shop.hpp"

#include <algorithm>
#include <optional>

namespace {

using namespace std::chrono_literals;
using kefu::InboxOptions;
using kefu::InboxTurn;
using kefu::Store;
using kefu::StoreWrite;
using kefu::TextContent;
using kefu_test::FakeChannel;
using kefu_test::FakePoller;
using kefu_test::Shop;
using kefu_test::text_of;
using kefu_test::three_tries;
using kefu_test::World;

/// What became of a turn that ends with writes.
std::shared_ptr<std::string> end_of(kefu::Pending<void> pending) {
  auto said = std::make_shared<std::string>("nothing");
  std::move(pending).then([said](const kefu::Result<void>& result) {
    *said = result ? std::string("ok") : std::string(kefu::to_string(result.error().kind()));
  });
  return said;
}

std::string value(World& world, const std::string& key) {
  const auto entry = world.store->get(key);
  REQUIRE(entry);
  return *entry ? (*entry)->value : "";
}

/// An account that is polled, and what its platform has.
struct PolledAccount {
  explicit PolledAccount(World& w) : world(w), runtime(Shop::make_runtime(w)) {
    channel = std::make_shared<FakeChannel>(runtime);
    channel->source = std::make_shared<FakePoller>(
        runtime,
        [this](std::size_t i) { return i < lines.size() ? std::optional<std::string>(lines[i]) : std::nullopt; }, 50);
    auto created = kefu::Inbox::create(runtime, channel, [this](const kefu::InboundEvent& event, InboxTurn turn) {
      handled.push_back(event.customer.id);
      if (event.customer.id == "slow") return turns.push_back(std::move(turn));
      turn.done();
    });
    REQUIRE(created);
    inbox = std::make_unique<kefu::Inbox>(std::move(*created));
  }
  ~PolledAccount() { turns.clear(); }

  World& world;
  std::vector<std::string> lines;
  kefu::Runtime runtime;
  std::shared_ptr<FakeChannel> channel;
  std::unique_ptr<kefu::Inbox> inbox;
  std::vector<std::string> handled;
  std::vector<InboxTurn> turns;
};

}  // namespace

TEST_CASE("Inbox: a turn that ends with writes is not given up while the store takes its time") {
  World world;
  InboxOptions options;
  options.give_up = 2s;
  Shop shop(world, options);
  shop.push("e1|c1|hi");
  world.store->failing_commits = 1'000;
  const auto said =
      end_of(shop.turn().finish({StoreWrite::put("orders/1", "paid", 0)}, kefu::Content(TextContent("yes"))));
  shop.pass(8s);
  CHECK(*said == "nothing");
  world.store->failing_commits = 0;
  shop.pass(10s);
  CHECK(*said == "ok");
  CHECK(value(world, "orders/1") == "paid");
  CHECK(shop.handled.size() == 1);
  REQUIRE(shop.sent().size() == 1);
  CHECK(text_of(shop.sent()[0]) == "yes");
}

TEST_CASE("Inbox: a turn whose writes did not fit is given up like any other that says nothing more") {
  World world;
  InboxOptions options;
  options.give_up = 2s;
  Shop shop(world, options);
  shop.push("e1|c1|hi");
  const auto said = end_of(shop.turn().finish({StoreWrite::put("orders/1", "paid", 7)}));
  shop.pass(1s);
  CHECK(*said == "conflict");
  shop.pass(5s);
  CHECK(shop.handled.size() == 2);
}

TEST_CASE("Inbox: writes that no store takes are told to the turn, which stays open") {
  World world;
  Shop shop(world);
  shop.push("e1|c1|hi");
  std::vector<StoreWrite> writes;
  SUBCASE("a value too large") {
    writes.push_back(StoreWrite::put("a", std::string(Store::kMaxValueSize + 1, 'x'), 0));
  }
  SUBCASE("one key twice") {
    writes.push_back(StoreWrite::put("a", "1", 0));
    writes.push_back(StoreWrite::put("a", "2", 0));
  }
  SUBCASE("a key too long") { writes.push_back(StoreWrite::put(std::string(Store::kMaxKeySize + 1, 'k'), "1", 0)); }
  const auto said = end_of(shop.turn().finish(writes));
  shop.pass(1s);
  CHECK(*said == "bad_argument");
  shop.turn().done();
  shop.push("e2|c1|hi");
  CHECK(shop.handled == std::vector<std::string>{"e1", "e2"});
}

TEST_CASE("Inbox: a turn that ends with writes while its process is cut off gives its place back") {
  World world;
  InboxOptions options;
  options.handlers = 1;
  Shop shop(world, options);
  shop.push("e1|c1|hi");
  world.store->gone = true;
  const auto said = end_of(shop.turn().finish({StoreWrite::put("orders/1", "paid", 0)}));
  shop.turns.clear();
  shop.pass(60s);
  world.store->gone = false;
  shop.pass(60s);
  CHECK(*said == "cancelled");
  CHECK(value(world, "orders/1").empty());
  CHECK(shop.handled == std::vector<std::string>{"e1", "e1"});
}

TEST_CASE("Inbox: an answer or a reason larger than a store keeps holds its customer up no longer than others") {
  World world;
  Shop shop(world, three_tries());
  const std::string large(Store::kMaxValueSize + 1, 'x');
  const auto request = shop.push("e1|c1|hi");
  SUBCASE("an answer while its request waits") {
    shop.turn().answer(TextContent(large));
    shop.pass(1s);
    CHECK(request->body == "success");
  }
  SUBCASE("an answer that comes late") {
    shop.pass(10s);
    shop.turn().answer(TextContent(large));
    shop.pass(1s);
  }
  SUBCASE("a reason") {
    for (int i = 0; i < 3; ++i) {
      shop.turns.back().failed(large);
      shop.pass(10s);
    }
  }
  REQUIRE(shop.dead().size() == 1);
  CHECK_FALSE(shop.dead()[0].why.empty());
  CHECK(shop.dead()[0].why.size() < 4'000);
  CHECK(shop.sent().empty());
  shop.push("e2|c1|hi");
  CHECK(shop.handled.back() == "e2");
}

TEST_CASE("Inbox: an event just below what a store keeps comes to its end, whatever is said of it") {
  World world;
  Shop shop(world, three_tries());
  const std::string large(Store::kMaxValueSize - 40'000, 'x');
  CHECK_FALSE(shop.push("e1|c1|" + large)->is_answered());
  for (int i = 0; i < 3; ++i) {
    REQUIRE(shop.handled.size() == static_cast<std::size_t>(i + 1));
    shop.turns.back().failed(std::string(100'000, 'y'));
    shop.pass(10s);
  }
  CHECK(shop.dead().size() == 1);
  CHECK(shop.push("e2|c1|" + std::string(Store::kMaxValueSize - 1'000, 'x'))->status == 503);
}

TEST_CASE("Inbox: a customer with too much waiting does not stop the polls of an account") {
  World world;
  PolledAccount account(world);
  for (int i = 0; i < 1'010; ++i) account.lines.push_back("s" + std::to_string(i) + "|slow|text");
  account.lines.emplace_back("f1|fast|text");
  world.time->advance(60s);
  CHECK(std::count(account.handled.begin(), account.handled.end(), "fast") == 1);
  CHECK(std::count(account.handled.begin(), account.handled.end(), "slow") == 1);
  const auto letters = account.inbox->dead_letters().get();
  REQUIRE(letters);
  REQUIRE(letters->size() == 10);
  CHECK(letters->front().event_id == "s1000");
  CHECK(letters->front().why.find("too many") != std::string::npos);
  auto early = account.inbox->revive("s1005");
  world.time->advance(1s);
  CHECK(std::move(early).get().error().kind() == kefu::ErrorKind::rate_limited);
  while (!account.turns.empty()) {
    account.turns.back().done();
    account.turns.pop_back();
    world.time->advance(10ms);
  }
  CHECK(account.handled.size() == 1'001);
  auto revived = account.inbox->revive("s1005");
  world.time->advance(1s);
  CHECK(std::move(revived).get());
  CHECK(account.handled.size() == 1'002);
}

TEST_CASE("Inbox: an event whose ids are longer than any key is handled, recognised and holds nobody up") {
  World world;
  const std::string id(600, 'i');
  SUBCASE("pushed") {
    Shop shop(world);
    shop.on_event = [](kefu::InboundEvent, InboxTurn turn) { turn.answer(TextContent("hello")); };
    const std::string customer(600, 'c');
    CHECK(shop.push(id + "|" + customer + "|hi")->body == "hello to " + customer);
    CHECK(shop.push(id + "|" + customer + "|hi")->body == "hello to " + customer);
    CHECK(shop.handled.size() == 1);
  }
  SUBCASE("polled") {
    PolledAccount account(world);
    account.lines = {"e1|c1|text", id + "|c2|text", "e3|" + id + "|text"};
    world.time->advance(5s);
    CHECK(account.handled == std::vector<std::string>{"c1", "c2", id});
  }
}
