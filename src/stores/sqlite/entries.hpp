#pragma once

#include "stores/sqlite/connection.hpp"

#include <kefu/core/store.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The tables of the Store on one connection. Whoever calls holds the connection; times are given, as a transaction
/// works at one.
///
/// Thread safety: none, as its connection.
class SqliteEntries {
 public:
  /// `writes` false: a connection that only reads.
  Result<void> prepare(SqliteConnection& connection, const std::string& path, bool writes);

  Result<std::optional<StoreEntry>> get(std::string_view key, WallTime time);
  Result<StorePage> list(std::string_view prefix, std::string_view after, const ListLimits& limits, WallTime time);
  /// True if somebody else holds the lease at that time.
  Result<bool> is_held(std::string_view key, std::string_view owner, WallTime time);

  /// The limits of Store::commit.
  static std::optional<Error> check(const std::vector<StoreWrite>& writes);

  // In a transaction that writes:
  /// The first write that finds another generation than it expects, if one does.
  Result<std::optional<std::size_t>> conflict(const std::vector<StoreWrite>& writes, WallTime time);
  /// Without `committed` some of it may have been done: the transaction is to be rolled back.
  Result<CommitOutcome> apply(const std::vector<StoreWrite>& writes, WallTime time);
  Result<std::optional<Lease>> lease(std::string_view key, std::string_view owner, Millis ttl, WallTime time);
  Result<void> release(const Lease& lease);

 private:
  struct HeldLease {
    std::string owner;
    std::uint64_t fence;
    WallTime until;
  };
  Result<std::optional<HeldLease>> find_lease(std::string_view key);
  Result<std::uint64_t> generation_of(const std::string& key, WallTime time);
  Result<std::uint64_t> draw();
  Result<bool> put(const StoreWrite& write, std::uint64_t generation, WallTime time);
  Result<bool> remove(const StoreWrite& write, WallTime time);
  Result<void> purge(WallTime time);

  const SqliteConnection* connection_ = nullptr;
  std::string path_;
  SqliteStatement get_, list_, list_keys_, find_lease_;
  SqliteStatement find_, put_new_, put_again_, remove_, purge_entries_, purge_leases_, read_source_, raise_source_;
  SqliteStatement put_lease_, remove_lease_;
  std::int64_t drawer_ = 0;  ///< This connection, among all that ever draw numbers from the file.
  std::int64_t next_ = 0;    ///< The first number of our block that was not given out.
  unsigned until_purge_ = 0;
  std::int64_t may_expire_ = 0;  ///< Entries with a time to live that were written since the last purge.
};

}  // namespace detail
KEFU_END_NAMESPACE
