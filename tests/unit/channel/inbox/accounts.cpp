// One Inbox for many accounts.
#include "unit/channel/inbox/mall.hpp"

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using kefu::Error;
using kefu::ErrorKind;
using kefu::InboxOptions;
using kefu::InboxTurn;
using kefu::TextContent;
using kefu_test::FakeChannel;
using kefu_test::Mall;
using kefu_test::Shop;
using kefu_test::World;

void answer_all(Mall& mall) {
  mall.on_event = [](const kefu::InboundEvent& event, const InboxTurn& turn) {
    turn.answer(TextContent(event.account));
  };
}

std::string numbered(const std::string& account, int i) {
  const std::string n = std::to_string(i);
  return account + "!e" + n + "|c" + n + "|hi";
}

/// Does not say whose the first event is.
class SilentReceiver final : public kefu::PushReceiver {
 public:
  kefu::OpenedPush open(const kefu::WebhookRequest& request, kefu::WallTime now) const override {
    return inner_.open(request, now);
  }
  void recognize(kefu::InboundEvent event,
                 kefu::MoveFunction<void(kefu::Result<kefu::InboundEvent>)> done) const override {
    if (++asked_ == 1) {
      kept_ = std::move(done);
    } else {
      done(std::move(event));
    }
  }
  kefu::Result<kefu::WebhookResponse> reply(const kefu::ReplyContext& context, const kefu::PassiveReply& reply,
                                            kefu::WallTime now) const override {
    return inner_.reply(context, reply, now);
  }
  kefu::WebhookResponse acknowledge() const override { return inner_.acknowledge(); }
  kefu::Result<kefu::InboundEvent> reopen(std::string_view raw, kefu::WallTime received) const override {
    return inner_.reopen(raw, received);
  }
  /// What it owes.
  kefu::MoveFunction<void(kefu::Result<kefu::InboundEvent>)>& kept() const { return kept_; }

 private:
  kefu_test::FakeReceiver inner_;
  mutable int asked_ = 0;
  mutable kefu::MoveFunction<void(kefu::Result<kefu::InboundEvent>)> kept_;
};

}  // namespace

TEST_CASE(
    "Inbox: each account of an application is answered by itself; what the same id says at another is another event") {
  World world;
  Mall mall(world);
  answer_all(mall);
  CHECK(mall.push("one!e1|c1|hi")->body == "one to c1");
  CHECK(mall.push("two!e1|c1|hi")->body == "two to c1");
  CHECK(mall.push("one!e1|c1|hi")->body == "one to c1");
  CHECK(mall.handled == std::vector<std::string>{"one/e1", "two/e1"});
  CHECK(mall.asked == 2);
  mall.pass(61s);
  mall.push("one!e2|c1|hi");
  CHECK(mall.asked == 3);
}

TEST_CASE("Inbox: an account that nobody knows is 404, one that cannot be found now 503, and others go on") {
  World world;
  Mall mall(world);
  answer_all(mall);
  mall.lost = {"gone"};
  int status = 503;
  SUBCASE("unknown") { status = 404; }
  SUBCASE("unknown, by an error") {
    mall.fault = Error(ErrorKind::not_found, "no such merchant");
    status = 404;
  }
  SUBCASE("the database is away") { mall.fault = Error(ErrorKind::unavailable, "no database"); }
  SUBCASE("another account's channel") { mall.wrong = mall.channel("other"); }
  SUBCASE("another platform's channel") {
    mall.wrong = std::make_shared<FakeChannel>(mall.runtime, "gone", "elsewhere");
  }
  CHECK(mall.push("gone!e1|c1|hi")->status == status);
  CHECK(mall.handled.empty());
  CHECK(mall.push("here!e1|c1|hi")->body == "here to c1");
  mall.lost.clear();
  CHECK(mall.push("gone!e1|c1|hi")->body == "gone to c1");
}

TEST_CASE("Inbox: a receiver of many accounts at the Inbox of one brings that one's events only") {
  World world;
  Shop shop(world);
  shop.on_event = [](const kefu::InboundEvent&, const InboxTurn& turn) { turn.answer(TextContent("hello")); };
  const auto receiver = std::make_shared<kefu_test::AppReceiver>();
  const auto push = [&](const std::string& body) {
    auto response = shop.inbox->handle(receiver, kefu::WebhookRequest("POST", "/", "", body)).get();
    REQUIRE(response);
    return response->status;
  };
  CHECK(push("shop!e1|c1|hi") == 200);
  CHECK(push("other!e2|c1|hi") == 404);
  CHECK(shop.handled == std::vector<std::string>{"e1"});
}

TEST_CASE(
    "Inbox: events of an account that is not found wait with growing pauses, after an hour they are dead letters") {
  World world;
  {
    Mall first(world);
    for (int i = 0; i < 30; ++i) first.push("lost!e" + std::to_string(i) + "|c" + std::to_string(i % 2) + "|hi");
    first.push("kept!e1|c1|hi");
    first.runtime.stop();
  }
  Mall mall(world);
  mall.lost = {"lost"};
  SUBCASE("nobody knows it") {}
  SUBCASE("nobody can say") { mall.fault = Error(ErrorKind::unavailable, "no database"); }
  mall.pass(40s);
  CHECK(mall.handled == std::vector<std::string>{"kept/e1"});
  mall.end_oldest();
  mall.pass(58min);
  CHECK(mall.dead().empty());
  CHECK(mall.asked < 20);
  mall.pass(15min);
  const auto letters = mall.dead();
  REQUIRE(letters.size() == 30);
  for (const auto& letter : letters) {
    CHECK(letter.event.account == "lost");
    CHECK(letter.why.find("account lost ") != std::string::npos);
  }
  mall.lost.clear();
  auto revived = mall.inbox->revive("e7");
  mall.pass(1s);
  CHECK(std::move(revived).get());
  CHECK(mall.handled.back() == "lost/e7");
}

TEST_CASE("Inbox: an account that was not found long ago, and found since, has its hour again") {
  World world;
  Mall mall(world);
  const auto leave = [&](const std::string& event) {
    Mall other(world);
    other.push("lost!" + event + "|c1|hi");
    other.runtime.stop();
  };
  leave("e1");
  mall.lost = {"lost"};
  mall.pass(50s);
  CHECK(mall.handled.empty());
  CHECK(mall.asked > 0);
  mall.lost.clear();
  SUBCASE("by a push") { mall.push("lost!f1|c2|hi"); }
  SUBCASE("by the search") {}
  mall.pass(60s);
  CHECK(std::count(mall.handled.begin(), mall.handled.end(), "lost/e1") == 1);
  while (!mall.turns.empty()) mall.end_oldest();
  mall.pass(5h);
  leave("e2");
  mall.lost = {"lost"};
  mall.pass(10min);
  CHECK(mall.dead().empty());
  mall.lost.clear();
  mall.pass(10min);
  CHECK(mall.handled.back() == "lost/e2");
}

TEST_CASE("Inbox: an account's event begins at the next free turn though another has ten thousand waiting") {
  World world;
  InboxOptions options;
  options.handlers = 10;
  options.max_in_hand = 20'000;
  Mall mall(world, options);
  for (int i = 0; i < 10'010; ++i) mall.push(numbered("large", i));
  CHECK(mall.handled.size() == 10);
  mall.push(numbered("small", 1));
  CHECK(mall.handled.size() == 10);
  mall.end_oldest();
  REQUIRE(mall.handled.size() == 11);
  CHECK(mall.handled.back() == "small/e1");
}

TEST_CASE("Inbox: while others wait an account holds at most a tenth of the turns; alone it has them all") {
  World world;
  InboxOptions options;
  options.handlers = 20;
  Mall mall(world, options);
  for (int i = 0; i < 100; ++i) mall.push(numbered("a", i));
  CHECK(mall.open_of("a") == 20);
  for (int i = 0; i < 100; ++i) {
    mall.push(numbered("b", i));
    mall.push(numbered("c", i));
  }
  for (int i = 0; i < 60; ++i) {
    const std::size_t before = mall.handled.size();
    mall.end_oldest();
    for (std::size_t begun = before; begun < mall.handled.size(); ++begun) {
      const std::string account = mall.handled[begun].substr(0, 1);
      CHECK(mall.open_of(account) <= 2);
    }
  }
  CHECK(mall.open_of("a") == 2);
  CHECK(mall.open_of("b") == 2);
  CHECK(mall.open_of("c") == 2);
}

TEST_CASE("Inbox: an account that floods the Inbox leaves room for the others") {
  World world;
  InboxOptions options;
  options.handlers = 10;
  options.max_in_hand = 500;
  Mall mall(world, options);
  int refused = 0;
  for (int i = 0; i < 600; ++i) {
    const auto request = mall.push(numbered("large", i));
    if (request->status == 503) ++refused;
  }
  CHECK(refused == 150);
  for (int i = 0; i < 20; ++i) CHECK_FALSE(mall.push(numbered("small" + std::to_string(i % 5), i))->is_answered());
  mall.end_oldest();
  CHECK(mall.handled.back().substr(0, 5) == "small");
}

TEST_CASE("Inbox: dead letters of accounts that use the same ids are told apart by their places") {
  World world;
  InboxOptions options;
  options.tries = 1;
  Mall mall(world, options);
  mall.on_event = [](const kefu::InboundEvent&, const InboxTurn& turn) { turn.failed("no"); };
  mall.push("one!e1|c1|hi");
  mall.push("two!e1|c1|hi");
  mall.pass(1s);
  auto letters = mall.dead();
  REQUIRE(letters.size() == 2);
  const auto& second = letters[0].event.account == "two" ? letters[0] : letters[1];
  CHECK(mall.outcome(mall.inbox->dismiss(second.place)) == "ok");
  CHECK(mall.outcome(mall.inbox->dismiss(second.place)) == "not_found");
  letters = mall.dead();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].event.account == "one");
  CHECK(mall.outcome(mall.inbox->revive(letters[0].place)) == "ok");
  mall.pass(1s);
  CHECK(mall.handled.back() == "one/e1");
}

TEST_CASE("Inbox: an event whose customer nobody tells is begun anew with its repeat, and holds no place") {
  World world;
  InboxOptions options;
  options.max_in_hand = 1;
  Shop shop(world, options);
  const auto receiver = std::make_shared<SilentReceiver>();
  shop.on_event = [](kefu::InboundEvent, InboxTurn turn) { turn.answer(TextContent("hello")); };
  const auto push = [&](const std::string& body) {
    auto request = std::make_shared<kefu_test::Request>();
    shop.inbox->handle(receiver, kefu::WebhookRequest("POST", "/", "", body))
        .then([request](const kefu::Result<kefu::WebhookResponse>& response) {
          request->status = response ? response->status : -1;
          request->body = response ? response->body : response.error().message();
        });
    shop.pass(5s);
    return request;
  };
  CHECK(push("e1|c1|hi")->status == 503);
  CHECK(push("e2|c2|hi")->body == "hello to c2");
  CHECK(push("e1|c1|hi")->body == "hello to c1");
  receiver->kept()(kefu_test::FakeReceiver().reopen("e1|c1|hi", world.time->wall()));
  shop.pass(5s);
  CHECK(push("e1|c1|hi")->body == "hello to c1");
  CHECK(shop.handled.size() == 2);
  CHECK(shop.sent().empty());
}
