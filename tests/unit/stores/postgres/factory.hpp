#pragma once

#include "support/postgres_server.hpp"
#include "support/test_clock.hpp"

#include <kefu/core/store.hpp>
#include <kefu/stores/postgres.hpp>

#include <memory>
#include <string>

namespace kefu_test {

/// Options for a store in a schema of its own at the shared server.
inline kefu::PostgresOptions postgres_options(const std::string& schema = PostgresServer::shared().new_schema()) {
  kefu::PostgresOptions options(PostgresServer::shared().conninfo());
  options.schema = schema;
  options.timeout = kefu::Millis(60'000);  // A loaded machine is slow, not wrong.
  options.connect_timeout = kefu::Millis(60'000);
  return options;
}

struct PostgresFactory {
  static std::shared_ptr<kefu::Store> open(std::shared_ptr<TestClock> clock) {
    kefu::PostgresOptions options = postgres_options();
    options.clock = std::move(clock);
    return kefu::PostgresStore::open(options).value();
  }

  std::shared_ptr<TestClock> clock = std::make_shared<TestClock>();
  std::shared_ptr<kefu::Store> store = open(clock);
  static constexpr int kIncrementsPerThread = 60;
  static constexpr std::size_t kMaxValueSize = kefu::Store::kMaxValueSize;
};

/// How the suite of stores on servers reaches this one.
struct ServedUnderTest {
  using Server = PostgresServer;
  using Options = kefu::PostgresOptions;
  using Store = kefu::PostgresStore;
  static Options options(Server&) { return postgres_options(); }
  static void through(Options& options, int port) {
    options.conninfo = "host=127.0.0.1 sslmode=disable dbname=postgres user=kefu port=" + std::to_string(port);
  }
};

}  // namespace kefu_test

#define KEFU_STORE_FACTORIES kefu_test::PostgresFactory
