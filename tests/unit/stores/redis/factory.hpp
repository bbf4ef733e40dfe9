#pragma once

#include "support/redis_server.hpp"
#include "support/test_clock.hpp"

#include <kefu/core/store.hpp>
#include <kefu/stores/redis.hpp>

#include <memory>
#include <string>
#include <utility>

namespace kefu_test {

/// Options for a store of its own at a server, by default the shared one.
inline kefu::RedisOptions redis_options(RedisServer& server = RedisServer::shared()) {
  kefu::RedisOptions options(server.socket());
  options.prefix = server.new_prefix();
  options.timeout = kefu::Millis(60'000);  // A loaded machine is slow, not wrong.
  options.connect_timeout = kefu::Millis(60'000);
  return options;
}

struct RedisFactory {
  static std::shared_ptr<kefu::Store> open(std::shared_ptr<TestClock> clock) {
    kefu::RedisOptions options = redis_options();
    options.clock = std::move(clock);
    return kefu::RedisStore::open(options).value();
  }

  std::shared_ptr<TestClock> clock = std::make_shared<TestClock>();
  std::shared_ptr<kefu::Store> store = open(clock);
  static constexpr int kIncrementsPerThread = 60;
  static constexpr std::size_t kMaxValueSize = kefu::Store::kMaxValueSize;
};

/// How the suite of stores on servers reaches this one.
struct ServedUnderTest {
  using Server = RedisServer;
  using Options = kefu::RedisOptions;
  using Store = kefu::RedisStore;
  static Options options(Server& server) { return redis_options(server); }
  static void through(Options& options, int port) { options.address = "127.0.0.1:" + std::to_string(port); }
};

}  // namespace kefu_test

#define KEFU_STORE_FACTORIES kefu_test::RedisFactory
