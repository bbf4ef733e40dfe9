#pragma once

#include <kefu/core/store.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace kefu_test {

// Short forms for tests that expect a store to answer without an error.

inline std::uint64_t put(kefu::Store& store, const std::string& key, const std::string& value,
                         std::uint64_t expected = 0, std::optional<kefu::Millis> ttl = std::nullopt) {
  const auto outcome = store.put_if_unchanged(key, value, expected, ttl, kefu::Durability::relaxed);
  REQUIRE_MESSAGE(outcome.has_value(), outcome.error().to_string());
  REQUIRE(outcome->committed);
  return outcome->generation;
}

inline bool refused(kefu::Store& store, const std::string& key, const std::string& value, std::uint64_t expected) {
  const auto outcome = store.put_if_unchanged(key, value, expected, std::nullopt, kefu::Durability::relaxed);
  REQUIRE_MESSAGE(outcome.has_value(), outcome.error().to_string());
  return !outcome->committed;
}

inline std::optional<kefu::StoreEntry> read(kefu::Store& store, const std::string& key) {
  auto entry = store.get(key);
  REQUIRE_MESSAGE(entry.has_value(), entry.error().to_string());
  return *entry;
}

inline std::vector<std::string> keys(kefu::Store& store, std::string_view prefix, std::string_view after = {},
                                     std::size_t limit = 1000) {
  const auto items = store.list(prefix, after, limit);
  REQUIRE_MESSAGE(items.has_value(), items.error().to_string());
  std::vector<std::string> found;
  for (const kefu::StoreItem& item : items->items) found.push_back(item.first);
  return found;
}

inline std::optional<kefu::Lease> take(kefu::Store& store, const std::string& key, const std::string& owner,
                                       kefu::Millis ttl) {
  auto lease = store.lease(key, owner, ttl);
  REQUIRE_MESSAGE(lease.has_value(), lease.error().to_string());
  return *lease;
}

template <class T>
void check_refused(const kefu::Result<T>& result, std::string_view limit, std::string_view size) {
  REQUIRE(!result.has_value());
  CHECK(result.error().kind() == kefu::ErrorKind::bad_argument);
  CHECK_MESSAGE(result.error().message().find(limit) != std::string::npos, result.error().message());
  CHECK_MESSAGE(result.error().message().find(size) != std::string::npos, result.error().message());
}

}  // namespace kefu_test
