// What is said to a customer while the store that knows the customer's names does not answer.
#include "support/faulty_store.hpp"
#include "support/jd_gateway.hpp"

#include <kefu/jd/buyer.hpp>
#include <kefu/jd/thread.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>

using namespace kefu;
using namespace std::chrono_literals;

namespace {

/// Answers nothing and counts.
struct CountingTransport final : Transport {
  void send(HttpRequest, MonoTime, CancelToken, MoveFunction<void(HttpOutcome)> done) override {
    ++sent;
    done(HttpOutcome(TransportFault::connection_refused, "nobody is there"));
  }
  std::atomic<int> sent{0};
};

/// A shop in real time whose store holds back what is asked of customers.
struct SlowDesk {
  SlowDesk() {
    RuntimeOptions options;
    options.store = store;
    options.transport = transport;
    auto made = Runtime::create(std::move(options));
    REQUIRE(made);
    runtime = std::make_unique<Runtime>(*std::move(made));
    auto app = jd::App::create(*runtime, jd::AppConfig(kefu_test::kJdAppKey, Secret(kefu_test::kPlantedAppSecret)));
    REQUIRE(app);
    jd::ShopConfig config("shop-1");
    config.token_source = std::make_shared<kefu_test::JdTokenService>();
    config.dongdong.emplace("110.200.0000002.001", Secret(), "flagship-zhang");
    config.dongdong->access_token = Secret("dd-token-fixed");
    auto created = jd::Shop::create(*app, std::move(config));
    REQUIRE(created);
    shop = *std::move(created);
    store->hold("/customer/");
  }
  ~SlowDesk() { store->let_go(); }
  Pending<Receipt> send(CallOptions options = {}) const {
    return shop->messenger()->send(Message(Address("", CustomerId("pin:anna"), "sid:s1"), TextContent("a")),
                                   std::move(options));
  }
  std::shared_ptr<kefu_test::FaultyStore> store =
      std::make_shared<kefu_test::FaultyStore>(std::make_shared<MemoryStore>());
  std::shared_ptr<CountingTransport> transport = std::make_shared<CountingTransport>();
  std::unique_ptr<Runtime> runtime;
  std::shared_ptr<jd::Shop> shop;
};

}  // namespace

TEST_CASE("a message ends with its own time, however long the names of its customer are looked for") {
  SlowDesk desk;
  const auto began = std::chrono::steady_clock::now();
  const auto receipt = desk.send(CallOptions(150ms)).get();
  REQUIRE_FALSE(receipt);
  CHECK(receipt.error().kind() == ErrorKind::timeout);
  CHECK(receipt.error().delivery() == Delivery::not_sent);
  CHECK(std::chrono::steady_clock::now() - began < 3s);  // not the five of a look-up
  CHECK(desk.transport->sent == 0);
}

TEST_CASE("a message that nobody wants any more ends at once, and never leaves") {
  SlowDesk desk;
  auto pending = desk.send();
  desk.store->await_held(1);
  const auto began = std::chrono::steady_clock::now();
  pending.cancel();
  const auto receipt = std::move(pending).get();
  REQUIRE_FALSE(receipt);
  CHECK(receipt.error().kind() == ErrorKind::cancelled);
  CHECK(std::chrono::steady_clock::now() - began < 3s);
  desk.store->let_go();
  REQUIRE_FALSE(desk.send().get());  // a later one went its way
  CHECK(desk.transport->sent >= 1);
}
