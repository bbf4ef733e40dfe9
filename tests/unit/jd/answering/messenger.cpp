// The messenger of a JD shop against a scripted gateway, in simulated time.
#include "support/jd_gateway.hpp"
#include "support/simulated_core.hpp"

#include <kefu/channel/channel.hpp>
#include <kefu/jd/buyer.hpp>
#include <kefu/jd/dongdong.hpp>
#include <kefu/jd/thread.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;
using kefu_test::JdCall;
using kefu_test::JdGateway;

namespace {

constexpr char kText[] = "jingdong.MessagePushService.pushChatTextMessage";
constexpr char kImage[] = "jingdong.MessagePushService.pushChatImageMessage";
constexpr char kGrant[] = "jingdong.com.jd.dd.open.gw.api.GrantService";
constexpr char kReply[] = "jingdong.asc.unsolved.message.reply";

CustomerId buyer(const std::string& pin = "jd_buyer_001") { return jd::customer_of(jd::BuyerIds(pin), "sid"); }
Address in_session(const std::string& sid = "sid-1", const std::string& pin = "jd_buyer_001") {
  return Address("", buyer(pin), jd::thread_of(jd::SessionThread(sid)));
}
Address on_order(CustomerId customer = buyer()) {
  return Address("", std::move(customer), jd::thread_of(jd::AfterSaleThread(3001, 287654321)));
}
CallOptions within(Millis timeout) {
  CallOptions options;
  options.timeout = timeout;
  return options;
}
template <class T>
std::string answer_kind(const Result<T>& answer) {
  return answer ? "ok" : std::string(to_string(answer.error().kind()));
}
HttpOutcome broken() { return HttpOutcome(TransportFault::closed_without_reply, "closed by the peer"); }

/// A shop with both grants.
struct Desk : JdGateway {
  explicit Desk(std::size_t max_text = 0) {
    auto config = settings();
    config.dongdong.emplace("110.200.0000002.001", Secret("dd-provider-secret"), "flagship-zhang");
    config.after_sale.emplace("10001", "flagship-zhang", "小张");
    config.max_text_bytes = max_text;
    answering = make_shop(std::move(config));
    on_node(kGrant, R"({"code":230031,"accessToken":"dd-token-1","errmsg":""})");
    on(kText, [this](const JdCall& call) { return taken(call); });
    on(kImage, [this](const JdCall& call) { return taken(call); });
    on_node(kReply, R"({"result":{"success":true,"code":"200","msg":"ok"}})");
  }
  HttpOutcome taken(const JdCall& call) {
    return node(call.method, R"({"code":"0","errmsg":"","msgid":"m-)" + std::to_string(++messages) + R"(","accid":")" +
                                 call["accessid"] + R"(","sendTimestamp":"1717201800123"})");
  }
  Result<Receipt> send(Message message, CallOptions options = {}) {
    return answering->messenger()->send(std::move(message), std::move(options)).get();
  }

  std::shared_ptr<jd::Shop> answering;
  int messages = 0;
};

bool says(const Error& error, const char* part) { return error.message().find(part) != std::string::npos; }

}  // namespace

TEST_CASE("JD-4: a text goes into its session with the DongDong token beside the shop's; GrantService is asked once") {
  Desk desk;
  Message message(in_session("sid-20240601-0001"), TextContent("您好，您的订单已发出。"));
  const auto receipt = desk.send(message);
  REQUIRE_MESSAGE(receipt.has_value(), (receipt ? "" : receipt.error().to_string()));
  CHECK(receipt->parts == std::vector<std::string>{"m-1"});
  REQUIRE(desk.send(message).has_value());

  REQUIRE(desk.calls_of(kGrant).size() == 1);
  CHECK(desk.calls_of(kGrant)[0]["secret"] == "dd-provider-secret");
  const auto sent = desk.calls_of(kText);
  REQUIRE(sent.size() == 2);
  CHECK(sent[0]["accessToken"] == "dd-token-1");
  CHECK(sent[0]["aspid"] == "110.200.0000002.001");
  CHECK(sent[0]["content"] == "您好，您的订单已发出。");
  CHECK(sent[0]["fromPin"] == "flagship-zhang");
  CHECK(sent[0]["fromApp"] == "im.waiter");
  CHECK(sent[0]["toApp"] == "im.customer");
  CHECK(sent[0]["toPin"] == "jd_buyer_001");
  CHECK(sent[0]["ver"] == "4.3");
  CHECK(sent[0]["chatinfo"].find("sid-20240601-0001") != std::string::npos);
  CHECK(sent[0]["accessid"].size() == 36);
  CHECK(sent[0]["accessid"] != sent[1]["accessid"]);  // JD-5: a fresh one per message
}

TEST_CASE("JD-4: the DongDong token is fetched again before its own life is over; one that was handed out is used") {
  Desk desk;
  REQUIRE(desk.send(Message(in_session(), TextContent("a"))).has_value());
  desk.time->advance(59min);
  REQUIRE(desk.send(Message(in_session(), TextContent("b"))).has_value());
  desk.time->advance(2min);
  REQUIRE(desk.send(Message(in_session(), TextContent("c"))).has_value());
  CHECK(desk.calls_of(kGrant).size() >= 2);

  auto config = desk.settings("shop-3");
  config.dongdong.emplace("aspid-2", Secret(), "flagship-li");
  config.dongdong->access_token = Secret("dd-token-fixed");
  const auto shop = desk.make_shop(std::move(config));
  const std::size_t before = desk.calls_of(kGrant).size();
  REQUIRE(shop->messenger()->send(Message(in_session(), TextContent("d"))).get().has_value());
  CHECK(desk.calls_of(kGrant).size() == before);
  CHECK(desk.calls_of(kText).back()["accessToken"] == "dd-token-fixed");
}

TEST_CASE("GrantService that gives no token: a configuration error, and the message is not sent") {
  Desk desk;
  desk.on_node(kGrant, R"({"code":230032,"errmsg":"secret wrong"})");
  const auto receipt = desk.send(Message(in_session(), TextContent("a")));
  REQUIRE_FALSE(receipt.has_value());
  CHECK(receipt.error().delivery() == Delivery::not_sent);
  CHECK(receipt.error().platform_code() == "230032");
  CHECK(says(receipt.error(), "no DongDong token"));
  CHECK(desk.calls_of(kText).empty());
}

TEST_CASE("a picture goes by its URL; one without is refused; the agent of the message speaks") {
  Desk desk;
  ImageContent image;
  image.url = "https://img.example.com/a.jpg";
  Message message(in_session(), image);
  message.speaker = Speaker(Speaker::Kind::agent, "flagship-li");
  REQUIRE(desk.send(message).has_value());
  CHECK(desk.calls_of(kImage).at(0)["url"] == "https://img.example.com/a.jpg");
  CHECK(desk.calls_of(kImage).at(0)["fromPin"] == "flagship-li");

  const auto refused = desk.send(Message(in_session(), ImageContent("media-1")));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == ErrorKind::bad_argument);
  CHECK(says(refused.error(), "image.url"));
}

TEST_CASE("buyers are named by what is known of them") {
  Desk desk;
  Address to = in_session();
  to.customer = jd::customer_of(jd::BuyerIds("jd_buyer_001", "", "o*AAxid1"), "sid");
  REQUIRE(desk.send(Message(to, TextContent("a"))).has_value());
  CHECK(desk.calls_of(kText).at(0)["xid_buyer"] == "o*AAxid1");
  to.customer = jd::customer_of(jd::BuyerIds("", "OPENID1"), "sid");
  REQUIRE(desk.send(Message(to, TextContent("a"))).has_value());
  CHECK(desk.calls_of(kText).at(1)["open_id_buyer"] == "OPENID1");
}

TEST_CASE("an after-sale order is answered by its thread, also for a masked customer") {
  Desk desk;
  const auto masked = jd::customer_of(jd::BuyerIds("j***1"), "asc:3001");
  const auto receipt = desk.send(Message(on_order(masked), TextContent("请您寄回商品")));
  REQUIRE_MESSAGE(receipt.has_value(), (receipt ? "" : receipt.error().to_string()));
  CHECK(receipt->parts == std::vector<std::string>{""});
  const auto sent = desk.calls_of(kReply);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0]["serviceId"] == "3001");
  CHECK(sent[0]["orderId"] == "287654321");
  CHECK(sent[0]["replyContext"] == "请您寄回商品");
  CHECK(sent[0]["buId"] == "10001");
  CHECK(sent[0]["operatePin"] == "flagship-zhang");
  CHECK(sent[0]["operateNick"] == "小张");

  ImageContent image;
  image.url = "https://img.example.com/a.jpg";
  const auto picture = desk.send(Message(on_order(), image));
  REQUIRE_FALSE(picture.has_value());
  CHECK(picture.error().kind() == ErrorKind::unsupported);

  Message signed_by_other(on_order(), TextContent("a"));
  signed_by_other.speaker.agent = "flagship-li";
  CHECK_FALSE(desk.send(signed_by_other).has_value());
  signed_by_other.allow = Adaptation::any();
  const auto changed = desk.send(signed_by_other);
  REQUIRE(changed.has_value());
  CHECK(changed->changes.size() == 1);
}

TEST_CASE("what cannot be addressed is refused without a call, and says what to use") {
  Desk desk;
  struct Case {
    Address to;
    ErrorKind kind;
    const char* part;
  };
  Address elsewhere = in_session();
  elsewhere.account = "other-shop";
  Address masked = in_session();
  masked.customer = jd::customer_of(jd::BuyerIds("j***1"), "sid-1");
  Address nobody = in_session();
  nobody.customer = CustomerId();
  const std::vector<Case> cases = {
      {Address("", buyer()), ErrorKind::bad_argument, "no open session"},
      {Address("", buyer(), "kf-1"), ErrorKind::bad_argument, "sid:<sid>"},
      {elsewhere, ErrorKind::bad_argument, "other-shop"},
      {masked, ErrorKind::bad_argument, "masked"},
      {nobody, ErrorKind::bad_argument, "customer.id"},
  };
  for (const Case& each : cases) {
    const auto receipt = desk.send(Message(each.to, TextContent("a")));
    REQUIRE_FALSE(receipt.has_value());
    CHECK(receipt.error().kind() == each.kind);
    CHECK_MESSAGE(says(receipt.error(), each.part), receipt.error().message());
    CHECK(receipt.error().delivery() == Delivery::not_sent);
  }
  Message long_key(in_session(), TextContent("a"));
  long_key.idempotency_key.assign(65, 'k');
  CHECK_FALSE(desk.send(long_key).has_value());
  const auto typing = desk.answering->messenger()->typing(in_session(), true).get();
  REQUIRE_FALSE(typing.has_value());
  CHECK(typing.error().kind() == ErrorKind::unsupported);
  CHECK(desk.calls.empty());
}

TEST_CASE("each grant opens its own threads only; without any there is no messenger") {
  JdGateway world;
  CHECK_FALSE(static_cast<bool>(world.make_shop(world.settings("none"))->messenger()));
  auto dongdong = world.settings("dongdong");
  dongdong.dongdong.emplace("aspid", Secret("s"), "flagship-zhang");
  auto refused = world.make_shop(std::move(dongdong))->messenger()->send(Message(on_order(), TextContent("a"))).get();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == ErrorKind::unsupported);
  CHECK(says(refused.error(), "ShopConfig::after_sale"));

  auto orders = world.settings("orders");
  orders.after_sale.emplace("10001", "flagship-zhang", "Zhang");
  refused = world.make_shop(std::move(orders))->messenger()->send(Message(in_session(), TextContent("a"))).get();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == ErrorKind::unsupported);
  CHECK(says(refused.error(), "ShopConfig::dongdong"));
  CHECK(world.calls.empty());
}

TEST_CASE("JD-5: an unknown outcome is repeated under the same accessid, at most twice") {
  for (const std::string doubt : {"43", "65", "67", "broken"}) {
    CAPTURE(doubt);
    Desk desk;
    int failures = 1;
    desk.on(kText, [&](const JdCall& call) {
      if (failures-- <= 0) return desk.taken(call);
      return doubt == "broken" ? broken() : JdGateway::json_reply(JdGateway::error_response(doubt));
    });
    const auto receipt = desk.send(Message(in_session(), TextContent("a")));
    REQUIRE_MESSAGE(receipt.has_value(), (receipt ? "" : receipt.error().to_string()));
    auto sent = desk.calls_of(kText);
    REQUIRE(sent.size() == 2);
    CHECK(sent[0]["accessid"] == sent[1]["accessid"]);

    failures = 100;
    const auto lost = desk.send(Message(in_session(), TextContent("b")));
    REQUIRE_FALSE(lost.has_value());
    CHECK(lost.error().delivery() == Delivery::unknown);
    sent = desk.calls_of(kText);
    REQUIRE(sent.size() == 5);  // one and two repeats
    CHECK(sent[2]["accessid"] == sent[4]["accessid"]);
    CHECK(sent[2]["accessid"] != sent[0]["accessid"]);
  }
}

TEST_CASE("JD-5: a refused push is not repeated; refused on the repeat, its outcome stays unknown") {
  Desk desk;
  desk.on(kText, [](const JdCall&) { return JdGateway::json_reply(JdGateway::error_response("24")); });
  const auto refused = desk.send(Message(in_session(), TextContent("a")));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == ErrorKind::permission);
  CHECK(refused.error().delivery() == Delivery::refused);
  CHECK(desk.calls_of(kText).size() == 1);

  int calls = 0;
  desk.on(kText, [&](const JdCall&) {
    return ++calls == 1 ? broken() : JdGateway::json_reply(JdGateway::error_response("61"));
  });
  const auto doubtful = desk.send(Message(in_session(), TextContent("b")));
  REQUIRE_FALSE(doubtful.has_value());
  CHECK(doubtful.error().kind() == ErrorKind::bad_argument);
  CHECK(doubtful.error().delivery() == Delivery::unknown);
  CHECK(says(doubtful.error(), "same accessid"));
  CHECK(calls == 2);

  desk.on_node(kText, R"({"code":"230099","errmsg":"declined"})");  // DongDong's own no, whatever it means
  const std::size_t before = desk.calls_of(kText).size();
  const auto declined = desk.send(Message(in_session(), TextContent("c")));
  REQUIRE_FALSE(declined.has_value());
  CHECK(declined.error().platform_code() == "230099");
  CHECK(desk.calls_of(kText).size() == before + 1);
}

TEST_CASE("JD-5: repeats stay within the deadline of the message and well within the 3 minutes of an accessid") {
  Desk desk;
  desk.on(kText, [](const JdCall&) { return broken(); });
  REQUIRE_FALSE(desk.send(Message(in_session(), TextContent("a")), within(1500ms)).has_value());
  CHECK(desk.calls_of(kText).size() == 2);  // after 1 s, not after 2 more
  CHECK(desk.time->elapsed() <= 1500ms);

  desk.calls.clear();
  desk.transport->on(
      "/routerjson", [&](const HttpRequest&) { return broken(); }, 80s);
  const auto slow = desk.send(Message(in_session(), TextContent("b")), within(15min));
  REQUIRE_FALSE(slow.has_value());
  CHECK(slow.error().delivery() == Delivery::unknown);
  // Tries begin at 0 and 81 s; a third would begin at 163 s, too near to the end of the accessid.
  CHECK(slow.error().details().attempts == 2);
}

TEST_CASE("a cancel ends the pause before a repeat; what may have been delivered is said") {
  Desk desk;
  desk.on(kText, [](const JdCall&) { return broken(); });
  CancelSource stop;
  CallOptions options;
  options.cancel = stop.token();
  auto pending = desk.answering->messenger()->send(Message(in_session(), TextContent("a")), options);
  desk.time->advance(100ms);
  REQUIRE(desk.calls_of(kText).size() == 1);
  stop.request();
  const auto receipt = std::move(pending).get();
  REQUIRE_FALSE(receipt.has_value());
  CHECK(receipt.error().kind() == ErrorKind::cancelled);
  CHECK(receipt.error().delivery() == Delivery::unknown);
  CHECK(desk.calls_of(kText).size() == 1);
  CHECK(desk.time->elapsed() == 100ms);
}

TEST_CASE("the end of the runtime in the pause before a repeat does not make a doubtful message look unsent") {
  Desk desk;
  desk.on(kText, [](const JdCall&) { return broken(); });
  auto pending = desk.answering->messenger()->send(Message(in_session(), TextContent("a")));
  desk.time->advance(100ms);
  desk.runtime->stop();
  const auto receipt = std::move(pending).get();
  REQUIRE_FALSE(receipt.has_value());
  CHECK(receipt.error().delivery() == Delivery::unknown);
}

TEST_CASE("JD-5: after-sale replies have no repeat key and are never repeated on doubt") {
  Desk desk;
  desk.on(kReply, [](const JdCall&) { return broken(); });
  const auto receipt = desk.send(Message(on_order(), TextContent("a")));
  REQUIRE_FALSE(receipt.has_value());
  CHECK(receipt.error().delivery() == Delivery::unknown);
  CHECK(desk.calls_of(kReply).size() == 1);
}

TEST_CASE("JD-5: the host's key makes the accessid: the same for the same message, another for any other") {
  Desk desk;
  const auto accessid = [&](const std::string& key, const std::string& text, const Address& to) {
    Message message(to, TextContent(text));
    message.idempotency_key = key;
    REQUIRE(desk.send(message).has_value());
    return desk.calls_of(kText).back()["accessid"];
  };
  const std::string first = accessid("order-77-shipped", "发货了", in_session());
  CHECK(first.size() == 36);
  CHECK(accessid("order-77-shipped", "发货了", in_session()) == first);
  std::set<std::string> all = {first};
  all.insert(accessid("order-78-shipped", "发货了", in_session()));
  all.insert(accessid("order-77-shipped", "发货啦", in_session()));
  all.insert(accessid("order-77-shipped", "发货了", in_session("sid-2")));
  all.insert(accessid("order-77-shipped", "发货了", in_session("sid-1", "jd_buyer_002")));
  CHECK(all.size() == 5);
}

TEST_CASE(
    "MSG-2: a long text is split where the message allows it; each part has its own accessid; parts that went out "
    "are counted") {
  Desk desk(9);
  Message message(in_session(), TextContent("一二三四五六七"));
  const auto whole = desk.send(message);
  REQUIRE_FALSE(whole.has_value());
  CHECK(whole.error().kind() == ErrorKind::bad_argument);
  message.allow.split_text = true;
  message.idempotency_key = "m-1";
  const auto receipt = desk.send(message);
  REQUIRE(receipt.has_value());
  CHECK(receipt->parts == std::vector<std::string>{"m-1", "m-2", "m-3"});
  auto sent = desk.calls_of(kText);
  CHECK(sent[0]["content"] + sent[1]["content"] + sent[2]["content"] == "一二三四五六七");
  CHECK(sent[0]["accessid"] != sent[1]["accessid"]);

  int taken = 0;
  desk.on(kText, [&](const JdCall& call) {
    return ++taken <= 2 ? desk.taken(call) : JdGateway::json_reply(JdGateway::error_response("60"));
  });
  const auto partly = desk.send(message);
  REQUIRE_FALSE(partly.has_value());
  CHECK(partly.error().details().parts_delivered == 2);
}

TEST_CASE("DED-4: messages of one customer leave in the order of send; customers do not wait for each other") {
  Desk desk;
  std::vector<Pending<Receipt>> pending;
  int failures = 1;
  desk.on(kText, [&](const JdCall& call) { return failures-- > 0 ? broken() : desk.taken(call); });
  for (const char* text : {"1", "2", "3"})
    pending.push_back(desk.answering->messenger()->send(Message(in_session(), TextContent(text))));
  pending.push_back(
      desk.answering->messenger()->send(Message(in_session("sid-9", "jd_buyer_009"), TextContent("other"))));
  for (auto& each : pending) REQUIRE(std::move(each).get().has_value());
  std::vector<std::string> order;
  for (const auto& call : desk.calls_of(kText)) order.push_back(call["content"]);
  CHECK(order == std::vector<std::string>{"1", "other", "1", "2", "3"});
}

TEST_CASE("reply rules of the host hold for sessions: no messages left, no call; after-sale replies are not counted") {
  JdGateway world;
  auto config = world.settings();
  config.dongdong.emplace("aspid", Secret("s"), "flagship-zhang");
  config.dongdong->access_token = Secret("dd");
  config.after_sale.emplace("10001", "flagship-zhang", "Zhang");
  config.reply_rules.emplace();
  config.reply_rules->rules.emplace_back("message", 1, 1h);
  const auto shop = world.make_shop(std::move(config));
  world.on_node(kText, R"({"code":"0","errmsg":"","msgid":"m"})");
  world.on_node(kReply, R"({"result":{"success":true}})");
  REQUIRE(static_cast<bool>(shop->reply_ledger()));
  REQUIRE(shop->reply_ledger()->opened(buyer().id, "message", world.time->wall(), world.time->wall()).has_value());

  const auto first = shop->messenger()->send(Message(in_session(), TextContent("a"))).get();
  REQUIRE_MESSAGE(first.has_value(), (first ? "" : first.error().to_string()));
  CHECK(first->messages_left == 0);
  const auto second = shop->messenger()->send(Message(in_session(), TextContent("b"))).get();
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().kind() == ErrorKind::window_closed);
  CHECK(world.calls_of(kText).size() == 1);
  CHECK(shop->messenger()->send(Message(on_order(), TextContent("c"))).get().has_value());
}

TEST_CASE("WIN-2: pushes beside the messenger, typed and raw, take from the same windows") {
  constexpr char kAny[] = "jingdong.dongdong.packet.josChatMessage.push";
  JdGateway world;
  auto config = world.settings();
  config.dongdong.emplace("aspid", Secret("s"), "flagship-zhang");
  config.dongdong->access_token = Secret("dd");
  config.reply_rules.emplace();
  config.reply_rules->rules.emplace_back("message", 2, 1h);
  const auto shop = world.make_shop(std::move(config));
  const std::string taken = R"({"code":"0","errmsg":"","msgid":"m"})";
  for (const char* method : {kText, kImage, kAny}) world.on_node(method, taken);
  const auto& ledger = *shop->reply_ledger();
  const auto open = [&] {
    world.time->advance(1s);
    REQUIRE(shop->reply_ledger()->opened(buyer().id, "message", world.time->wall(), world.time->wall()).has_value());
  };
  const auto left = [&] { return ledger.look(buyer().id, world.time->wall())->messages_left; };
  const auto sent = [&] {
    return world.calls_of(kText).size() + world.calls_of(kImage).size() + world.calls_of(kAny).size();
  };
  const jd::BuyerIds to("jd_buyer_001");
  const auto typed = [&] { return shop->call(jd::PushChatText(Secret("dd"), "aspid", "id", "zhang", to, "a")).get(); };
  const auto picture = [&] {
    return shop->call(jd::PushChatImage(Secret("dd"), "aspid", "id", "zhang", to, "https://img.example/a.png")).get();
  };
  const auto any = [&] {
    return shop->call(jd::PushChatMessage(Secret("dd"), "aspid", "id", "key", "zhang", to, R"({"type":"text"})")).get();
  };
  const auto raw = [&](const char* body) { return shop->call(RawCall("POST", kText, body)).get(); };
  const char* const kRaw = R"({"content":"a","toPin":"jd_buyer_001"})";

  open();
  REQUIRE(typed());
  CHECK(left() == 1);
  REQUIRE(raw(kRaw));
  CHECK(left() == 0);
  CHECK(answer_kind(picture()) == "window_closed");
  CHECK(answer_kind(any()) == "window_closed");
  CHECK(answer_kind(raw(kRaw)) == "window_closed");
  CHECK(answer_kind(shop->messenger()->send(Message(in_session(), TextContent("a"))).get()) == "window_closed");
  CHECK(sent() == 2);
  CHECK(raw(R"({"content":"a","toPin":"j***1"})"));  // names nobody
  CHECK(raw(R"({"content":"a","toPin":"another"})"));

  open();
  REQUIRE(picture());
  REQUIRE(any());
  CHECK(left() == 0);

  open();
  REQUIRE(shop->messenger()->send(Message(in_session(), TextContent("a"))).get());
  CHECK(left() == 1);  // counted once
  world.on(kText, [](const JdCall&) { return JdGateway::json_reply(JdGateway::error_response("60")); });
  CHECK_FALSE(raw(kRaw));
  world.time->advance(0s);
  CHECK(left() == 1);  // refused: given back
  world.on(kText, [](const JdCall&) { return broken(); });
  CHECK_FALSE(raw(kRaw));
  CHECK(left() == 0);  // in doubt: kept
}

TEST_CASE("a removed shop answers cancelled, to messages that wait and to later ones") {
  Desk desk;
  auto waiting = desk.answering->messenger()->send(Message(in_session(), TextContent("a")));
  const auto messenger = desk.answering->messenger();
  desk.answering->close();
  const auto first = std::move(waiting).get();
  REQUIRE_FALSE(first.has_value());
  CHECK(first.error().kind() == ErrorKind::cancelled);
  const auto later = messenger->send(Message(in_session(), TextContent("b"))).get();
  REQUIRE_FALSE(later.has_value());
  CHECK(later.error().kind() == ErrorKind::cancelled);
  CHECK(desk.calls_of(kText).empty());
}

TEST_CASE("WIN-2: a shop's plan: how many parts, or why not and what would fit; nothing is sent") {
  Desk desk(100);
  const auto plan = [&](Message message) { return desk.answering->messenger()->plan(std::move(message)).get(); };
  const auto calls = desk.transport->count();
  Message text(in_session(), TextContent(std::string(250, 'x')));
  const auto refused = plan(text);
  REQUIRE(refused);
  CHECK(!refused->allowed);
  CHECK(refused->refusal->kind() == ErrorKind::bad_argument);
  REQUIRE(refused->alternatives.size() == 1);
  CHECK(refused->alternatives[0].way == SendAlternative::Way::allow_changes);
  text.allow.split_text = true;
  const auto allowed = plan(text);
  REQUIRE(allowed);
  CHECK(allowed->allowed);
  CHECK(allowed->messages == 3);
  CHECK(!allowed->budget);  // no reply rules are configured
  const auto no_thread = plan(Message(Address("", buyer()), TextContent("x")));
  REQUIRE(no_thread);
  CHECK(!no_thread->allowed);
  CHECK(no_thread->refusal->kind() == ErrorKind::bad_argument);
  CHECK(desk.transport->count() == calls);
}
