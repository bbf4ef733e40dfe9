#pragma once

#include "stores/postgres/connection.hpp"

#include <kefu/core/store.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The statements of the Store, one for each operation. They only name the functions of the layout.
class PostgresEntries {
 public:
  explicit PostgresEntries(std::string_view schema);

  /// In the order of the keys. `time`: of a test's clock; absent: the server's.
  Result<std::vector<std::optional<StoreEntry>>> read(PostgresConnection& connection,
                                                      const std::vector<std::string>& keys,
                                                      std::optional<WallTime> time) const;
  Result<StorePage> list(PostgresConnection& connection, std::string_view prefix, std::string_view after,
                         const ListLimits& limits, std::optional<WallTime> time) const;
  /// `sweep`: the most expired entries that are removed with it.
  Result<CommitOutcome> commit(PostgresConnection& connection, const std::vector<StoreWrite>& writes,
                               Durability durability, std::int64_t sweep, std::optional<WallTime> time) const;
  Result<std::optional<Lease>> lease(PostgresConnection& connection, std::string_view key, std::string_view owner,
                                     Millis ttl, std::optional<WallTime> time) const;
  Result<void> release(PostgresConnection& connection, const Lease& lease) const;

 private:
  const std::string read_, list_, commit_, lease_, release_;
};

}  // namespace detail
KEFU_END_NAMESPACE
