#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/sql.hpp>
#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

namespace detail {
class SqliteEngine;
}

/// Where and how an SqliteStore keeps its data.
struct SqliteOptions {
  explicit SqliteOptions(std::string file) : path(std::move(file)) {}

  /// The database file, on a local disk (not a network file system). Created with mode 0600 if it is missing; its
  /// folder must exist and be writable, as `<path>-wal`, `<path>-shm` and `<path>-turn` are kept beside it (the last
  /// one stays for ever and holds nothing: by locks on it processes take turns).
  std::string path;
  /// What expiry and leases follow; processes that share a file need clocks that agree. Default: the system's.
  std::shared_ptr<const Clock> clock;
  /// The longest an operation waits for other threads and processes, 1 ms to 60 s; then it answers `unavailable`.
  Millis busy_timeout{2000};
  /// The largest size of the database file in bytes (rounded to pages); what needs more answers `quota_exhausted`.
  /// Default: as large as the disk allows.
  std::optional<std::uint64_t> max_bytes;
};

/// A SQLite file for whoever has tables of its own in it, beside those of the Store: see SqlDatabase for how it is
/// used, and SqliteStore, which may share it, for what holds of the file.
///
/// Thread safety: see SqlDatabase. One transaction writes at a time, over all processes; those that only read wait for
/// nobody who writes. A table of yours is made in a transaction too (`CREATE TABLE IF NOT EXISTS`).
class KEFU_EXPORT SqliteDatabase final : public SqlDatabase {
 public:
  /// Opens the file, or makes a new one. Errors: as SqliteStore::open.
  static Result<std::shared_ptr<SqliteDatabase>> open(SqliteOptions options);
  ~SqliteDatabase() override;
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  SqlDialect dialect() const noexcept override { return SqlDialect::sqlite; }
  bool holds_store() const noexcept override { return true; }

 protected:
  Result<void> run_transaction(std::string_view affinity, const std::function<Result<void>(SqlTransaction&)>& work,
                               const SqlOptions& options) override;

 private:
  friend class SqliteStore;
  explicit SqliteDatabase(std::shared_ptr<detail::SqliteEngine> engine);
  std::shared_ptr<detail::SqliteEngine> engine_;
};

/// The durable store of one host: a file that many processes may use at once.
///
/// Whatever was acknowledged survives the death of any process at any instant; with Durability::full also a power cut.
/// Generations and fences never go back, also when a backup takes the place of the closed file, as long as the clock
/// does not go back and the file is opened less often than every four seconds. Expired entries are removed a few at a
/// time, with later writes. Processes that write at the same time take turns. A thread of its own moves what was
/// committed from the log into the file; the log stays below about 100 MB, however long and fast processes write, as
/// long as nobody who reads is stopped in the middle of it.
///
/// **After fork()** a child may use no file that its parent had open at that moment: SQLite keeps its locks in memory
/// that the child copies, and what it committed could be lost. The parent's store answers `configuration` there, and
/// so does open() for that file, for as long as the child lives. Either start another program with exec, or open the
/// file in the children only.
///
/// A file that is moved, replaced or deleted while it is open (a backup put in its place) is noticed by every
/// operation, which answers `configuration`.
///
/// On a full disk writes answer `quota_exhausted` and succeed again once there is room. A host that limits file sizes
/// (RLIMIT_FSIZE) must ignore SIGXFSZ, as for any file it writes.
///
/// Thread safety: see Store. Readers do not wait for the writer. No operation waits longer than `busy_timeout` for
/// others; how long the disk takes comes on top.
class KEFU_EXPORT SqliteStore final : public Store {
 public:
  /// Opens the file, or makes a new one. Errors: `bad_argument` (options), `configuration` (not a file that can be read
  /// and written, not a kefu store, damaged, or written by a newer kefu: a message says which), `unavailable` (locked),
  /// `quota_exhausted` (disk full).
  static Result<std::shared_ptr<SqliteStore>> open(SqliteOptions options);
  /// The store in a database that is open already, on its connections: what a transaction of the database writes with
  /// SqlTransaction::also is this store's.
  static Result<std::shared_ptr<SqliteStore>> open(const std::shared_ptr<SqliteDatabase>& database);
  ~SqliteStore() override;
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  bool durable() const noexcept override { return true; }
  Result<WallTime> now() override;
  Result<std::optional<StoreEntry>> get(std::string_view key) override;
  Result<std::vector<std::optional<StoreEntry>>> get_many(const std::vector<std::string>& keys) override;
  Result<CommitOutcome> commit(const std::vector<StoreWrite>& writes, Durability durability) override;
  Result<StorePage> list(std::string_view prefix, std::string_view after, ListLimits limits) override;
  Result<std::optional<Lease>> lease(std::string_view key, std::string_view owner,
                                     std::chrono::milliseconds ttl) override;
  Result<void> release(const Lease& lease) override;

 private:
  explicit SqliteStore(std::shared_ptr<detail::SqliteEngine> engine);
  std::shared_ptr<detail::SqliteEngine> engine_;
};

KEFU_END_NAMESPACE
