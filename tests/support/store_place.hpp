#pragma once

#include <kefu/core/store.hpp>
#include <kefu/stores/sqlite.hpp>
#ifdef KEFU_TEST_POSTGRES
#include <kefu/stores/postgres.hpp>
#endif
#ifdef KEFU_TEST_REDIS
#include <kefu/stores/redis.hpp>
#endif

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace kefu_test {

/// The store that a test shares with its processes, by one word on their command line: the path of an SQLite file, or
/// "postgres:<schema> <conninfo>" or "redis:<prefix> <address>" where the test has such a server.
inline kefu::Result<std::shared_ptr<kefu::Store>> open_store_at(
    const std::string& place, std::shared_ptr<const kefu::Clock> clock = nullptr,
    kefu::Millis timeout = kefu::Millis(60'000)) {  // A loaded machine is slow, not wrong.
  const auto as_store = [](auto opened) -> kefu::Result<std::shared_ptr<kefu::Store>> {
    if (!opened) return opened.error();
    return std::shared_ptr<kefu::Store>(*std::move(opened));
  };
#ifdef KEFU_TEST_POSTGRES
  constexpr std::string_view kPostgres = "postgres:";
  if (place.rfind(kPostgres, 0) == 0) {
    const std::size_t blank = place.find(' ');
    kefu::PostgresOptions options(place.substr(blank + 1));
    options.schema = place.substr(kPostgres.size(), blank - kPostgres.size());
    options.clock = std::move(clock);
    options.timeout = options.connect_timeout = timeout;
    return as_store(kefu::PostgresStore::open(std::move(options)));
  }
#endif
#ifdef KEFU_TEST_REDIS
  constexpr std::string_view kRedis = "redis:";
  if (place.rfind(kRedis, 0) == 0) {
    const std::size_t blank = place.find(' ');
    kefu::RedisOptions options(place.substr(blank + 1));
    options.prefix = place.substr(kRedis.size(), blank - kRedis.size());
    options.clock = std::move(clock);
    options.timeout = options.connect_timeout = timeout;
    return as_store(kefu::RedisStore::open(std::move(options)));
  }
#endif
  kefu::SqliteOptions options(place);
  options.clock = std::move(clock);
  options.busy_timeout = timeout;
  return as_store(kefu::SqliteStore::open(std::move(options)));
}

}  // namespace kefu_test
