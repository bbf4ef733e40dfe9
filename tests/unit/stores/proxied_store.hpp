#pragma once

#include "support/tcp_proxy.hpp"
#include "unit/stores/store_access.hpp"

#include <kefu/core/store.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace kefu_test {

constexpr std::chrono::seconds kBounded{20};  // Far above every timeout of these tests, far below forever.

/// Waits until the store answers again.
inline void await_answer(kefu::Store& store) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!store.get("k")) REQUIRE(std::chrono::steady_clock::now() < until);
}

/// A store behind a network that can fail. Served: the Options, Store and Server of its kind, options(server), and
/// through(options, port), which sets how a port of this machine is reached.
template <class Served>
struct ProxiedStore {
  using Server = typename Served::Server;
  explicit ProxiedStore(kefu::Millis timeout = kefu::Millis(400), std::size_t connections = 4,
                        Server& server = Server::shared())
      : options(Served::options(server)), proxy(server.socket()) {
    Served::through(options, proxy.port());
    options.connections = connections;
    store = Served::Store::open(options).value();  // With patience, then with little.
    options.timeout = options.connect_timeout = timeout;
    store = Served::Store::open(options).value();
    generation = put(*store, "k", "v");
  }
  /// The errors of a server that is out of reach, in bounded time.
  void check_unavailable() {
    using kefu::Delivery;
    using kefu::ErrorKind;
    const auto begun = std::chrono::steady_clock::now();
    const auto got = store->get("k");
    REQUIRE(!got.has_value());
    CHECK_MESSAGE(got.error().kind() == ErrorKind::unavailable, got.error().to_string());
    CHECK(got.error().delivery() == Delivery::refused);
    CHECK(store->now().error().kind() == ErrorKind::unavailable);
    CHECK(store->list("", "", 10).error().kind() == ErrorKind::unavailable);
    CHECK(store->lease("job", "me", kefu::Millis(1000)).error().kind() == ErrorKind::unavailable);
    CHECK(store->release(kefu::Lease("job", "me", 1, kefu::WallTime())).error().kind() == ErrorKind::unavailable);
    const auto commit = store->put_if_unchanged("k", "w", generation, std::nullopt, kefu::Durability::full);
    REQUIRE(!commit.has_value());
    CHECK_MESSAGE(commit.error().kind() == ErrorKind::unavailable, commit.error().to_string());
    CHECK(commit.error().delivery() == Delivery::refused);
    CHECK(std::chrono::steady_clock::now() - begun < kBounded);
  }
  /// Works again, after pauses of a second at the most.
  void await_healed() {
    await_answer(*store);
    CHECK(read(*store, "k"));
  }

  typename Served::Options options;
  TcpProxy proxy;
  std::shared_ptr<typename Served::Store> store;
  std::uint64_t generation = 0;
};

}  // namespace kefu_test
