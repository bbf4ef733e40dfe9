#pragma once

#include "support/test_clock.hpp"

#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kefu_test {

// For tests of what is special about the SQLite store.

inline std::shared_ptr<kefu::SqliteStore> open_sqlite(const std::string& path,
                                                      std::shared_ptr<TestClock> clock = nullptr) {
  kefu::SqliteOptions options(path);
  options.clock = std::move(clock);
  auto opened = kefu::SqliteStore::open(options);
  REQUIRE_MESSAGE(opened.has_value(), opened.error().to_string());
  return *opened;
}

inline std::uint64_t keep(kefu::Store& store, const std::string& key, const std::string& value,
                          std::uint64_t expected = 0, std::optional<kefu::Millis> ttl = std::nullopt) {
  const auto outcome = store.put_if_unchanged(key, value, expected, ttl, kefu::Durability::full);
  REQUIRE_MESSAGE(outcome.has_value(), outcome.error().to_string());
  REQUIRE(outcome->committed);
  return outcome->generation;
}

template <class T>
void check_error(const kefu::Result<T>& result, kefu::ErrorKind kind, std::string_view text) {
  REQUIRE(!result.has_value());
  CHECK_MESSAGE(result.error().kind() == kind, result.error().to_string());
  CHECK_MESSAGE(result.error().message().find(text) != std::string::npos, result.error().to_string());
}

/// Another program's hand on the file.
class SqliteHand {
 public:
  explicit SqliteHand(const std::string& path) { REQUIRE(sqlite3_open(path.c_str(), &handle_) == SQLITE_OK); }
  ~SqliteHand() { sqlite3_close(handle_); }
  SqliteHand(const SqliteHand&) = delete;
  SqliteHand& operator=(const SqliteHand&) = delete;
  void run(const char* sql) { REQUIRE(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK); }
  int number(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
    const int value = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return value;
  }

 private:
  sqlite3* handle_ = nullptr;
};

}  // namespace kefu_test
