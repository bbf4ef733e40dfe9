// The messenger of a real account against the platform's twin, in simulated time: order, bounds, doubt, ends.
#include "support/twin_world.hpp"

#include <kefu/core/observer_names.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;
using kefu_test::kind_of;
using kefu_test::kOtherTwinApp;
using kefu_test::kTwinCustomer;
using kefu_test::TwinWorld;

namespace {

constexpr char kSecond[] = "oSECOND34567890abcdefghijklm";
constexpr char kSendPath[] = "/cgi-bin/message/custom/send";

/// An account whose token is there, so that a test sees its sends only.
struct Shop {
  explicit Shop(bool counted = false) {
    if (counted) world.add_app(kOtherTwinApp, false);
    appid = counted ? kOtherTwinApp : kefu_test::kTwinApp;
    world.add_customer(appid, kSecond);
    runtime = world.runtime();
    account = TwinWorld::account(*runtime, TwinWorld::config(appid));
    REQUIRE(kind_of(account->call(TwinWorld::read()).get()) == "ok");
  }
  /// The customer writes, the platform knows and so does the ledger.
  void customer_writes() {
    REQUIRE(world.sandbox.customer_writes(appid, kTwinCustomer, "在吗").has_value());
    world.time->advance(1s);
    REQUIRE(
        account->reply_ledger()->opened(kTwinCustomer, "message", world.time->wall(), world.time->wall()).has_value());
  }
  int left() { return account->reply_ledger()->look(kTwinCustomer, world.time->wall()).value().messages_left; }
  Pending<Receipt> send(const std::string& what, const std::string& to = kTwinCustomer, CallOptions options = {}) {
    return account->send(TwinWorld::text(what, to), std::move(options));
  }
  void slow_sends(Millis delay, std::int64_t count = -1) {
    sandbox::FaultSwitch slow("late_reply");
    slow.path = kSendPath;
    slow.count = count;
    slow.delay = delay;
    REQUIRE(world.sandbox.switch_on(slow).has_value());
  }
  std::vector<std::string> received(const std::string& customer = kTwinCustomer) const {
    std::vector<std::string> texts;
    for (const auto& message : world.sandbox.messages(appid, customer)) texts.push_back(message.text);
    return texts;
  }

  TwinWorld world;
  std::string appid;
  std::unique_ptr<Runtime> runtime;
  std::shared_ptr<wechat::Account> account;
};

CallOptions within(Millis timeout) {
  CallOptions options;
  options.timeout = timeout;
  return options;
}

Message three_parts() {
  Message message = TwinWorld::text(std::string(2048, 'a') + std::string(2048, 'b') + "c");
  message.allow.split_text = true;
  return message;
}

}  // namespace

TEST_CASE("DED-4: messages to one customer arrive in the order of send, customers do not wait for each other") {
  Shop shop;
  shop.slow_sends(50ms);
  std::mt19937 random(7);
  std::vector<Pending<Receipt>> sends;
  std::vector<std::string> expected[2];
  for (int i = 0; i < 120; ++i) {
    const bool second = random() % 3 == 0;
    const std::string text = "message " + std::to_string(i);
    expected[second ? 1 : 0].push_back(text);
    sends.push_back(shop.send(text, second ? kSecond : kTwinCustomer, within(5min)));
  }
  shop.world.time->advance(10s);
  for (auto& one : sends) CHECK(kind_of(std::move(one).get()) == "ok");
  CHECK(shop.received() == expected[0]);
  CHECK(shop.received(kSecond) == expected[1]);

  shop.world.sandbox.clear_faults();
  shop.slow_sends(5s, 1);
  auto slow = shop.send("slow");
  auto behind = shop.send("behind");
  shop.world.time->advance(10ms);
  CHECK(kind_of(shop.send("elsewhere", kSecond).get()) == "ok");
  CHECK(!behind.wait_for(0ms));
  CHECK(kind_of(std::move(slow).get()) == "ok");
  CHECK(kind_of(std::move(behind).get()) == "ok");
}

TEST_CASE("MSG-1 WIN-1: a part that fails in the middle: what was delivered is told, the rest goes back or stays") {
  struct Middle {
    const char* fault;
    int errcode;
    const char* kind;
    Delivery delivery;
    int left;  // of 5
  };
  const Middle cases[] = {
      {"errcode", 45002, "bad_argument", Delivery::refused, 4},
      {"reset_before_reply", 0, "network", Delivery::unknown, 3},
      {"http_502_html", 0, "unavailable", Delivery::unknown, 3},
      {"errcode", 45047, "window_closed", Delivery::refused, 0},
      {"errcode", 45015, "window_closed", Delivery::refused, 0},
      {"errcode", 10706, "window_closed", Delivery::refused, 0},
  };
  for (const Middle& one : cases) {
    CAPTURE(one.fault);
    CAPTURE(one.errcode);
    Shop shop(true);
    shop.customer_writes();
    sandbox::FaultSwitch fault(one.fault);
    fault.path = kSendPath;
    fault.skip = 1;
    fault.errcode = one.errcode;
    REQUIRE(shop.world.sandbox.switch_on(fault).has_value());
    const auto sent = shop.account->send(three_parts()).get();
    REQUIRE(!sent);
    CHECK(kind_of(sent) == one.kind);
    CHECK(sent.error().delivery() == one.delivery);
    CHECK(sent.error().details().parts_delivered == 1);
    shop.world.time->advance(10ms);
    CHECK(shop.left() == one.left);
    CHECK(shop.world.sends() == 2);  // the third part was never tried, the second not again
  }
}

TEST_CASE("DED-3: a send whose answer did not come is unknown, and is never sent again") {
  for (const char* fault : {"reset_before_reply", "reset_inside_reply", "half_headers", "empty_200", "cut_json"}) {
    CAPTURE(fault);
    Shop shop(true);
    shop.customer_writes();
    shop.world.fault(fault, kSendPath);
    const auto sent = shop.send("once").get();
    REQUIRE(!sent);
    CHECK(sent.error().delivery() == Delivery::unknown);
    shop.world.time->advance(1h);
    CHECK(shop.world.sends() == 1);
    CHECK(shop.received().size() == 1);
    CHECK(shop.left() == 4);  // the customer may have seen it
  }
  Shop shop(true);
  shop.customer_writes();
  shop.slow_sends(1min, 1);
  const auto sent = shop.send("late", kTwinCustomer, within(2s)).get();
  CHECK(kind_of(sent) == "timeout");
  CHECK(sent.error().delivery() == Delivery::unknown);
  shop.world.time->advance(1h);
  CHECK(shop.world.sends() == 1);
  CHECK(shop.left() == 4);
}

TEST_CASE("CON-3: a message behind another one has its own deadline and can be cancelled or dropped") {
  Shop shop;
  shop.slow_sends(8s, 1);
  auto first = shop.send("first");
  auto hurried = shop.send("hurried", kTwinCustomer, within(1s));
  CancelSource source;
  CallOptions options;
  options.cancel = source.token();
  auto cancelled = shop.send("cancelled", kTwinCustomer, options);
  auto revoked = shop.send("revoked");
  static_cast<void>(shop.send("dropped"));
  auto last = shop.send("last", kTwinCustomer, within(1min));
  shop.world.time->advance(500ms);
  source.request();
  revoked.cancel();
  const auto none = std::move(cancelled).get();
  CHECK(kind_of(none) == "cancelled");
  CHECK(none.error().delivery() == Delivery::not_sent);
  CHECK(kind_of(std::move(revoked).get()) == "cancelled");
  const auto late = std::move(hurried).get();
  CHECK(kind_of(late) == "timeout");
  CHECK(late.error().delivery() == Delivery::not_sent);
  CHECK(shop.world.time->elapsed() < 2s);
  CHECK(kind_of(std::move(first).get()) == "ok");
  CHECK(kind_of(std::move(last).get()) == "ok");
  CHECK(shop.received() == std::vector<std::string>{"first", "last"});
}

TEST_CASE("CON-3: timeouts that are no timeouts, and requests cancelled before they began") {
  Shop shop;
  CHECK(kind_of(shop.send("x", kTwinCustomer, within(0ms)).get()) == "timeout");
  CHECK(kind_of(shop.send("x", kTwinCustomer, within(-1ms)).get()) == "timeout");
  CHECK(kind_of(shop.send("x", kTwinCustomer, within(Millis::max())).get()) == "bad_argument");
  CancelSource source;
  source.request();
  CallOptions options;
  options.cancel = source.token();
  CHECK(kind_of(shop.send("x", kTwinCustomer, options).get()) == "cancelled");
  CHECK(shop.world.sends() == 0);
}

TEST_CASE("CON-3: the queue of one customer is bounded, and room comes back") {
  Shop shop;
  shop.slow_sends(1s, 1);
  std::vector<Pending<Receipt>> sends;
  for (int i = 0; i < 101; ++i) sends.push_back(shop.send(std::to_string(i), kTwinCustomer, within(5min)));
  const auto over = shop.send("one too many").get();
  CHECK(kind_of(over) == "rate_limited");
  CHECK(over.error().delivery() == Delivery::not_sent);
  CHECK(kind_of(shop.send("elsewhere", kSecond).get()) == "ok");
  for (auto& one : sends) CHECK(kind_of(std::move(one).get()) == "ok");
  CHECK(shop.received().size() == 101);
  CHECK(kind_of(shop.send("again").get()) == "ok");
}

TEST_CASE("CON-3: 10000 messages may wait in all") {
  Shop shop;
  std::vector<Pending<Receipt>> sends;
  for (int i = 0; i < 10'000; ++i) sends.push_back(shop.send("x", "o" + std::to_string(i)));
  CHECK(kind_of(shop.send("one too many").get()) == "rate_limited");
  sends.clear();  // dropped: each gives its place back
  shop.world.time->advance(1s);
  CHECK(kind_of(shop.send("again").get()) == "ok");
}

TEST_CASE("a runtime that stops answers every message that waits, once, and facets that outlive it say so") {
  Shop shop;
  shop.slow_sends(10s);
  int cancelled = 0;
  int others = 0;
  for (int i = 0; i < 50; ++i) {
    shop.send(std::to_string(i), i % 2 == 0 ? kTwinCustomer : kSecond).then([&](Result<Receipt> result) {
      ++(kind_of(result) == "cancelled" ? cancelled : others);
    });
  }
  shop.world.time->advance(10ms);
  const auto messenger = shop.account->messenger();
  const auto ledger = shop.account->reply_ledger();
  shop.runtime->stop();
  CHECK(cancelled == 50);
  CHECK(others == 0);
  CHECK(kind_of(shop.send("after the end").get()) == "cancelled");
  shop.runtime.reset();
  shop.account.reset();
  CHECK(kind_of(messenger->send(TwinWorld::text("after all"), {}).get()) == "cancelled");
  CHECK(kind_of(messenger->typing(Address("", CustomerId(kTwinCustomer)), true, {}).get()) == "cancelled");
  CHECK(ledger->look(kTwinCustomer, shop.world.time->wall()).has_value());
}

TEST_CASE("CBK: a callback may send again, remove the account, or end the runtime") {
  Shop shop;
  int answered = 0;
  shop.send("one").then([&](Result<Receipt> first) {
    CHECK(kind_of(first) == "ok");
    shop.send("two").then([&](Result<Receipt> second) {
      CHECK(kind_of(second) == "ok");
      ++answered;
      shop.send("three").then([&](Result<Receipt> third) {
        CHECK(kind_of(third) == "cancelled");
        ++answered;
      });
      shop.account->close();
    });
  });
  shop.world.time->advance(1s);
  CHECK(answered == 2);

  Shop other;
  bool ended = false;
  other.send("last").then([&](Result<Receipt>) {
    other.account.reset();
    other.runtime.reset();
    ended = true;
  });
  other.world.time->advance(1s);
  CHECK(ended);
}

TEST_CASE("ERR-1: typing twice or too late is a success, and the observer hears the code") {
  struct Ears final : Observer {
    std::vector<std::string> codes;
    void metric(const MetricRecord& record) override {
      if (record.name != metric::kIgnoredCodes) return;
      for (const Attribute& label : record.labels)
        if (label.key == "code") codes.emplace_back(label.value);
    }
  };
  TwinWorld world;
  const auto ears = std::make_shared<Ears>();
  auto options = world.runtime_options();
  options.observer = ears;
  const auto runtime = world.runtime(std::move(options));
  const auto account = TwinWorld::account(*runtime);
  const Address to("", CustomerId(kTwinCustomer));
  for (int code : {45080, 45081}) {
    world.fault("errcode", "/cgi-bin/message/custom/typing", 1, code);
    CHECK(kind_of(account->messenger()->typing(to, true, {}).get()) == "ok");
  }
  CHECK(ears->codes == std::vector<std::string>{"45080", "45081"});
  CHECK(
      kind_of(account->messenger()->typing(Address("wxffffffffffffffff", CustomerId(kTwinCustomer)), true, {}).get()) ==
      "bad_argument");
  CHECK(kind_of(account->messenger()->typing(Address(), true, {}).get()) == "bad_argument");
}
