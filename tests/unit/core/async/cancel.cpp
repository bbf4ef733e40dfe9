#include "support/heap_bytes.hpp"

#include <kefu/core/cancel.hpp>
#include <kefu/core/function.hpp>

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using kefu::CancelSource;
using kefu::CancelToken;
using kefu::MoveFunction;
using kefu::Task;

TEST_CASE("an empty token is never cancelled") {
  const CancelToken token;
  CHECK_FALSE(token.requested());
  CHECK(token.on_request([] {}) == 0);
  token.forget(1);
}

TEST_CASE("listeners run once, at once if it is too late to wait") {
  const CancelSource source;
  const CancelToken token = source.token();
  int ran = 0;
  CHECK(token.on_request([&] { ++ran; }) != 0);
  source.request();
  source.request();
  CHECK(ran == 1);
  CHECK(token.requested());
  CHECK(token.on_request([&] { ++ran; }) == 0);
  CHECK(ran == 2);
}

TEST_CASE("forgotten listeners are gone: a token that is used for many calls does not grow") {
  const CancelSource source;
  auto held = std::make_shared<int>();
  for (int i = 0; i < 1000; ++i) {
    const auto id = source.token().on_request([held] {});
    source.token().forget(id);
    source.token().forget(id);
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("foundation l: a token that is used for many calls, one after the other, keeps no room for them") {
  const CancelSource source;
  const auto lasting = source.token().on_request([] {});
  const std::size_t before = kefu_test::heap_bytes();
  for (int i = 0; i < 10'000; ++i) source.token().forget(source.token().on_request([] {}));
  CHECK(kefu_test::heap_bytes() < before + 50'000);
  source.token().forget(lasting);
}

TEST_CASE("a listener may forget, cancel and add, and may drop the source") {
  auto source = std::make_unique<CancelSource>();
  const CancelToken token = source->token();
  int ran = 0;
  std::uint64_t other = 0;
  token.on_request([&] {
    token.forget(other);
    token.on_request([&] { ++ran; });
    source->request();
    source.reset();
    ++ran;
  });
  other = token.on_request([&] { ++ran; });
  source->request();
  CHECK(ran == 3);  // `other` was on its way already
  CHECK(token.requested());
}

TEST_CASE("a closed source drops its listeners and takes no more") {
  const CancelSource source;
  auto held = std::make_shared<int>();
  source.token().on_request([held] {});
  source.close();
  CHECK(held.use_count() == 1);
  CHECK(source.token().on_request([held] {}) == 0);
  source.request();
  CHECK(held.use_count() == 1);
  CHECK_FALSE(source.requested());  // too late: what it could have ended is over
}

TEST_CASE("every listener hears a request, also after one that throws") {
  const CancelSource source;
  int ran = 0;
  source.token().on_request([&] { ++ran; });
  source.token().on_request([]() { throw std::runtime_error("from a listener"); });
  source.token().on_request([&] { ++ran; });
  source.request();
  CHECK(ran == 2);
  CHECK(source.token().on_request([]() { throw std::runtime_error("from a late listener"); }) == 0);
}

TEST_CASE("foundation l: a token that 100,000 calls share costs the last as much as the first") {
  constexpr std::size_t kCalls = 100'000;
  const CancelSource source;
  const CancelToken token = source.token();
  std::vector<std::uint64_t> ids;
  int ran = 0;
  int order = -1;
  for (std::size_t i = 0; i < kCalls; ++i)
    ids.push_back(token.on_request([&ran, &order, i] {
      CHECK(static_cast<int>(i) > order);
      order = static_cast<int>(i);
      ++ran;
    }));
  // The calls end out of order, the newest before the oldest: looking for each from the front would be 5 thousand
  // million steps. The bound is 100 times what it takes.
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = kCalls; i-- > 0;)
    if (i % 1000 != 7) token.forget(ids[i]);
  for (std::size_t i = 0; i < kCalls; ++i)
    if (i % 1000 != 7) token.forget(ids[i]);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
  source.request();
  CHECK(ran == kCalls / 1000);
}

TEST_CASE("a source leads others, through a chain of any length, until it is closed") {
  std::vector<CancelSource> chain(50'000);
  for (std::size_t i = 1; i < chain.size(); ++i) chain[i - 1].lead(chain[i]);
  const CancelSource closed;
  const CancelSource spared;
  closed.lead(spared);
  closed.close();
  chain.front().lead(closed);
  chain.front().request();
  CHECK(chain.back().requested());
  CHECK_FALSE(spared.requested());
  const CancelSource late;
  chain.back().lead(late);
  CHECK(late.requested());
  const CancelSource leader;
  { leader.lead(CancelSource()); }  // one that is gone
  leader.request();
  CHECK(leader.requested());
}

TEST_CASE("request and on_request race without losing a listener") {
  for (int round = 0; round < 200; ++round) {
    const CancelSource source;
    std::atomic<int> ran{0};
    std::thread adder([&] {
      for (int i = 0; i < 10; ++i) source.token().on_request([&] { ++ran; });
    });
    source.request();
    adder.join();
    CHECK(ran == 10);
  }
}

TEST_CASE("MoveFunction holds small and large callables and owns what it captures") {
  auto held = std::make_shared<int>(7);
  MoveFunction<int(int)> small = [held](int x) { return *held + x; };
  std::array<char, 200> bulk{};
  bulk[199] = 3;
  MoveFunction<int(int)> large = [held, bulk](int x) { return *held + x + bulk[199]; };
  CHECK(held.use_count() == 3);
  CHECK(small(1) == 8);
  CHECK(large(1) == 11);
  MoveFunction<int(int)> moved = std::move(large);
  CHECK_FALSE(large);
  CHECK(moved(2) == 12);
  small = std::move(moved);
  CHECK(held.use_count() == 2);
  CHECK(small(0) == 10);
  small = nullptr;
  CHECK(held.use_count() == 1);
  CHECK_FALSE(small);

  Task owner = [own = std::make_unique<std::string>("only one")] { CHECK(*own == "only one"); };
  std::vector<Task> tasks;
  tasks.push_back(std::move(owner));
  for (int i = 0; i < 20; ++i) tasks.emplace_back([] {});
  tasks.front()();
}
