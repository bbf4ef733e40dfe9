// What happens to reply windows while the store is full, and when the runtime stops.
#include "support/faulty_store.hpp"

#include <kefu/channel/reply_window.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/core/store.hpp>
#include <kefu/wechat/account.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace kefu;

namespace {

constexpr int kCustomers = 20;

std::string customer(int number) { return "cust" + std::to_string(number); }

struct GivenToken final : TokenSource {
  void get(MoveFunction<void(Result<Secret>)> done) override { done(Secret("token")); }
  void report_invalid(const Secret&, MoveFunction<void(Result<void>)> done) override { done(Result<void>()); }
};

/// Never answers, and counts.
struct SilentTransport final : Transport {
  void send(HttpRequest, MonoTime, CancelToken, MoveFunction<void(HttpOutcome)> done) override {
    ++sent;
    const std::lock_guard lock(mutex);
    held.push_back(std::move(done));
  }
  std::atomic<int> sent{0};
  std::mutex mutex;
  std::vector<MoveFunction<void(HttpOutcome)>> held;
};

struct BusyAccount {
  explicit BusyAccount(RuntimeOptions options, int calls_per_second = 0) {
    options.transport = transport;
    auto made = Runtime::create(std::move(options));
    REQUIRE(made);
    runtime = std::make_unique<Runtime>(*std::move(made));
    wechat::AccountConfig config("wx0123456789abcdef", Secret("0123456789abcdef0123456789abcdef"),
                                 wechat::AccountKind::service_account);
    config.token_source = std::make_shared<GivenToken>();
    config.check_account_kind = false;
    config.calls_per_second = calls_per_second;
    auto created = wechat::Account::create(*runtime, std::move(config));
    REQUIRE(created);
    account = *std::move(created);
    const WallTime now = std::chrono::system_clock::now();
    for (int i = 0; i < kCustomers; ++i) REQUIRE(account->reply_ledger()->opened(customer(i), "message", now, now));
  }
  int left(int number) const {
    const auto window = account->reply_ledger()->look(customer(number), std::chrono::system_clock::now());
    return window ? window->messages_left : -1;
  }
  std::vector<Pending<Receipt>> send_to_all() const {
    std::vector<Pending<Receipt>> all;
    CallOptions options;
    options.timeout = Millis(60'000);
    for (int i = 0; i < kCustomers; ++i)
      all.push_back(account->send(Message(Address("", CustomerId(customer(i))), TextContent("hello")), options));
    return all;
  }
  std::shared_ptr<SilentTransport> transport = std::make_shared<SilentTransport>();
  std::unique_ptr<Runtime> runtime;
  std::shared_ptr<wechat::Account> account;
};

}  // namespace

TEST_CASE("foundation c: a stop gives the windows of messages that were not sent back") {
  RuntimeOptions options;
  options.store = std::make_shared<MemoryStore>();
  SUBCASE("a store that is asked on the loop") {}
  SUBCASE("a store with a thread of its own") {
    options.store = std::make_shared<kefu_test::FaultyStore>(options.store);
  }
  BusyAccount busy(options, 1);
  const int full = busy.left(0);
  auto all = busy.send_to_all();
  for (int i = 0; i < kCustomers; ++i)
    while (busy.left(i) == full) std::this_thread::yield();
  busy.runtime->stop();
  int doubtful = 0;
  for (int i = 0; i < kCustomers; ++i) {
    const auto result = std::move(all[static_cast<std::size_t>(i)]).get();
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == ErrorKind::cancelled);
    const bool not_sent = result.error().delivery() == Delivery::not_sent;
    doubtful += not_sent ? 0 : 1;
    CHECK(busy.left(i) == (not_sent ? full : full - 1));
  }
  CHECK(doubtful == busy.transport->sent);
  busy.transport->held.clear();
}

TEST_CASE("foundation d: a full store queue is rate_limited and not sent; no window that is closed is sent to") {
  const auto store = std::make_shared<kefu_test::FaultyStore>(std::make_shared<MemoryStore>());
  RuntimeOptions options;
  options.store = store;
  options.store_queue = 2;
  BusyAccount busy(options);
  for (int i = 0; i < kCustomers; ++i)
    REQUIRE(busy.account->reply_ledger()->reserve(customer(i), busy.left(i), std::chrono::system_clock::now()));
  store->hold("window");
  auto all = busy.send_to_all();
  const auto answered = [&] {
    return std::count_if(all.begin(), all.end(), [](auto& each) { return each.wait_for(Millis(0)); });
  };
  while (answered() < kCustomers - 3) std::this_thread::yield();  // one in the store's hands, two in its queue
  store->let_go();
  int closed = 0;
  for (auto& each : all) {
    const auto result = std::move(each).get();
    REQUIRE_FALSE(result);
    CHECK(result.error().delivery() == Delivery::not_sent);
    if (result.error().kind() == ErrorKind::window_closed)
      ++closed;
    else
      CHECK(result.error().kind() == ErrorKind::rate_limited);
  }
  CHECK(closed <= 3);
  CHECK(busy.transport->sent == 0);
}

TEST_CASE("foundation d: with a store that cannot be reached a message is sent without its ledger") {
  const auto store = std::make_shared<kefu_test::FaultyStore>(std::make_shared<MemoryStore>());
  RuntimeOptions options;
  options.store = store;
  BusyAccount busy(options);
  store->gone = true;
  auto pending = busy.account->send(Message(Address("", CustomerId(customer(0))), TextContent("hello")));
  while (busy.transport->sent == 0) std::this_thread::yield();
  pending.cancel();
  CHECK_FALSE(std::move(pending).get());
  busy.transport->held.clear();
}
