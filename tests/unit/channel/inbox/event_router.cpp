#include "unit/channel/inbox/shop.hpp"

#include <kefu/channel/event_router.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;
using kefu::EventRouter;
using kefu::Followed;
using kefu::InboundEvent;
using kefu::InboundPayload;
using kefu::InboxTurn;
using kefu::MenuTapped;
using kefu::ReceivedMedia;
using kefu::ReceivedText;
using kefu::Scanned;
using kefu_test::Shop;
using kefu_test::World;

/// Handlers that note their name.
struct Noted {
  EventRouter::Handler as(std::string name) {
    return [this, name = std::move(name)](InboundEvent, const InboxTurn&) { called = name; };
  }
  /// Who gets an event with this payload: empty if nobody does.
  std::string who(const EventRouter& router, InboundPayload payload, std::string account = "wx1") {
    InboundEvent event;
    event.account = std::move(account);
    event.payload = std::move(payload);
    called.clear();
    if (const EventRouter::Handler* handler = router.find(event)) (*handler)(event, InboxTurn(nullptr));
    return called;
  }
  std::string called;
};

}  // namespace

TEST_CASE("EventRouter: the most specific handler gets the event, in whatever order they were given") {
  Noted noted;
  EventRouter last_first;
  last_first.otherwise(noted.as("otherwise"))
      .on<ReceivedText>([&](const ReceivedText&, const InboxTurn&) { noted.called = "on"; })
      .keyword("退款", noted.as("keyword"))
      .text("我要退款", noted.as("text"))
      .menu("refund", noted.as("menu"))
      .account("wx2", EventRouter().keyword("退款", noted.as("account")));
  EventRouter first_first;
  first_first.account("wx2", EventRouter().keyword("退款", noted.as("account")))
      .menu("refund", noted.as("menu"))
      .text("我要退款", noted.as("text"))
      .keyword("退款", noted.as("keyword"))
      .on<ReceivedText>([&](const ReceivedText&, const InboxTurn&) { noted.called = "on"; })
      .otherwise(noted.as("otherwise"));
  for (const EventRouter* router : {&last_first, &first_first}) {
    CHECK(noted.who(*router, ReceivedText("我要退款", "refund"), "wx2") == "account");
    CHECK(noted.who(*router, ReceivedText("我要退款", "refund")) == "menu");
    CHECK(noted.who(*router, ReceivedText("我要退款", "another")) == "text");
    CHECK(noted.who(*router, ReceivedText("我要退款")) == "text");
    CHECK(noted.who(*router, ReceivedText("为什么我要退款呢")) == "keyword");
    CHECK(noted.who(*router, ReceivedText("你好")) == "on");
    CHECK(noted.who(*router, ReceivedText("你好"), "wx2") == "on");
    CHECK(noted.who(*router, ReceivedMedia()) == "otherwise");
  }
}

TEST_CASE("EventRouter: words are compared without blanks around them and without case, ids as they are") {
  Noted noted;
  EventRouter router;
  router.text(" Help ", noted.as("text")).keyword("VIP", noted.as("keyword")).menu("Key", noted.as("menu"));
  CHECK(noted.who(router, ReceivedText("help")) == "text");
  CHECK(noted.who(router, ReceivedText("\n HELP\t\r\n")) == "text");
  CHECK(noted.who(router, ReceivedText("help me")) == "");
  CHECK(noted.who(router, ReceivedText("我是vip吗")) == "keyword");
  CHECK(noted.who(router, MenuTapped("Key")) == "menu");
  CHECK(noted.who(router, MenuTapped("key")) == "");
  CHECK(noted.who(router, ReceivedText("x", "Key")) == "menu");
  CHECK(noted.who(router, ReceivedText("x", " Key")) == "");
}

TEST_CASE("EventRouter: of several keywords the longest counts") {
  Noted noted;
  EventRouter router;
  router.keyword("", noted.as("empty")).keyword("退", noted.as("one")).keyword("退款进度", noted.as("four"));
  router.keyword("退款", noted.as("two")).keyword("进度", noted.as("other two"));
  CHECK(noted.who(router, ReceivedText("查退款进度")) == "four");
  CHECK(noted.who(router, ReceivedText("要退款")) == "two");
  CHECK(noted.who(router, ReceivedText("退货")) == "one");
  CHECK(noted.who(router, ReceivedText("进度, 退款")) == "other two");
  CHECK(noted.who(router, ReceivedText("你好")) == "");
  CHECK(noted.who(router, ReceivedText("")) == "");
}

TEST_CASE("EventRouter: scenes of those who follow and those who scan") {
  Noted noted;
  EventRouter router;
  router.scene("poster", noted.as("scene")).on<Followed>([&](const Followed& f, const InboxTurn&) {
    noted.called = "followed by " + f.scene;
  });
  CHECK(noted.who(router, Followed("poster")) == "scene");
  CHECK(noted.who(router, Scanned("poster")) == "scene");
  CHECK(noted.who(router, Followed("shop")) == "followed by shop");
  CHECK(noted.who(router, Scanned("shop")) == "");
  CHECK(noted.who(router, ReceivedText("poster")) == "");
}

TEST_CASE("EventRouter: an account's otherwise takes all of its events, and accounts may hold accounts") {
  Noted noted;
  EventRouter routes;
  routes.keyword("退款", noted.as("own")).otherwise(noted.as("own otherwise"));
  EventRouter router;
  router.account("wx1", routes).keyword("你好", noted.as("common")).otherwise(noted.as("otherwise"));
  CHECK(noted.who(router, ReceivedText("退款")) == "own");
  CHECK(noted.who(router, ReceivedText("你好")) == "own otherwise");
  CHECK(noted.who(router, ReceivedText("你好"), "wx2") == "common");
  CHECK(noted.who(router, ReceivedText("退款"), "wx2") == "otherwise");
  router.account("wx1", EventRouter());
  CHECK(noted.who(router, ReceivedText("你好")) == "common");
}

TEST_CASE("EventRouter: the second handler for the same replaces the first, an empty one takes it away; copies stay") {
  Noted noted;
  EventRouter router;
  router.keyword("a", noted.as("first")).otherwise(noted.as("otherwise"));
  const EventRouter copy = router;
  router.keyword("A", noted.as("second"));
  CHECK(noted.who(router, ReceivedText("a")) == "second");
  CHECK(noted.who(copy, ReceivedText("a")) == "first");
  router.keyword("a", nullptr).otherwise(nullptr);
  CHECK(noted.who(router, ReceivedText("a")) == "");
  CHECK(noted.who(copy, ReceivedText("a")) == "first");
  router.text("t", noted.as("t")).menu("m", noted.as("m")).scene("s", noted.as("s"));
  router.text("t", nullptr).menu("m", nullptr).scene("s", nullptr);
  for (const InboundPayload& payload : {InboundPayload(ReceivedText("t", "m")), InboundPayload(Scanned("s"))})
    CHECK(noted.who(router, payload) == "");
}

TEST_CASE("EventRouter: an Inbox takes it as its handler; what nobody handles is done, what is thrown fails") {
  World world;
  Shop shop(world, kefu_test::three_tries());
  std::string event_id;
  EventRouter router;
  router
      .on<ReceivedText>([&](const ReceivedText& text, const InboundEvent& event, const InboxTurn& turn) {
        event_id = event.event_id;
        turn.answer(kefu::TextContent("you wrote " + text.body));
      })
      .keyword("throw", [](const InboundEvent&, const InboxTurn&) { throw std::runtime_error("no such order"); })
      .text("nothing", [](const InboundEvent&, const InboxTurn& turn) { turn.done(); });
  auto inbox = kefu::Inbox::create(shop.runtime, shop.channel, router, kefu_test::three_tries());
  REQUIRE(inbox);
  *shop.inbox = *std::move(inbox);
  CHECK(shop.push("e1|c1|hello")->body == "you wrote hello to c1");
  CHECK(event_id == "e1");
  CHECK(shop.push("e2|c1|nothing")->body == "success");
  shop.push("e3|c2|throw it");
  shop.pass(60s);
  REQUIRE(shop.dead().size() == 1);
  CHECK(shop.dead()[0].why.find("no such order") != std::string::npos);

  auto silent = kefu::Inbox::create(shop.runtime, shop.channel, EventRouter(), kefu_test::three_tries());
  REQUIRE(silent);
  *shop.inbox = *std::move(silent);
  CHECK(shop.push("e4|c3|hello")->body == "success");
  shop.pass(60s);
  CHECK(shop.dead().size() == 1);
}
