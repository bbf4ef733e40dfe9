#pragma once

#include <kefu/core/store.hpp>
#include <kefu/stores/sqlite.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace kefu_test {

/// What a store of a host holds, of every shape: 700 small entries, an empty value, a large one, one of all bytes;
/// every seventh ends in a day or two.
inline std::vector<kefu::StoreWrite> filling() {
  std::vector<kefu::StoreWrite> writes;
  const kefu::StoreKey root("prod", "wechat", "grant", "wx1");
  for (int i = 0; i < 700; ++i) {
    std::optional<kefu::Millis> ttl;
    if (i % 7 == 0) ttl = std::chrono::hours(i % 2 == 0 ? 24 : 48);
    writes.push_back(kefu::StoreWrite::put(root.with(std::to_string(i)), "value " + std::to_string(i), 0, ttl));
  }
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  writes.push_back(kefu::StoreWrite::put(root.with("empty"), "", 0));
  writes.push_back(kefu::StoreWrite::put(root.with("large"), std::string(kefu::Store::kMaxValueSize, 'v'), 0));
  writes.push_back(kefu::StoreWrite::put(root.with("bytes"), bytes, 0));
  return writes;
}

inline void fill_store(kefu::Store& store) {
  const auto all = filling();
  for (std::size_t at = 0; at < all.size(); at += kefu::Store::kMaxWrites) {
    const std::size_t end = std::min(all.size(), at + kefu::Store::kMaxWrites);
    const std::vector<kefu::StoreWrite> some(all.begin() + static_cast<std::ptrdiff_t>(at),
                                             all.begin() + static_cast<std::ptrdiff_t>(end));
    REQUIRE(store.commit(some, kefu::Durability::relaxed)->committed);
  }
}

/// It holds that, and nothing else.
inline void check_filled(kefu::Store& store) {
  const auto now = store.now().value();
  for (const kefu::StoreWrite& write : filling()) {
    CAPTURE(write.key);
    const auto entry = store.get(write.key).value();
    REQUIRE(entry);
    CHECK(entry->value == *write.value);
    REQUIRE(entry->expires.has_value() == write.ttl.has_value());
    if (!write.ttl) continue;
    CHECK(*entry->expires <= now + *write.ttl);
    CHECK(*entry->expires > now + *write.ttl - std::chrono::minutes(10));
  }
  CHECK(store.list("", "", kefu::ListLimits::keys(1000))->items.size() == filling().size());
}

}  // namespace kefu_test
