#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/result.hpp>
#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE

/// Where and how an SqliteStore keeps its data.
struct SqliteOptions {
  explicit SqliteOptions(std::string file) : path(std::move(file)) {}

  /// The database file, on a local disk (not a network file system). Created with mode 0600 if it is missing; its
  /// folder must exist and be writable, as SQLite keeps `<path>-wal` and `<path>-shm` beside it.
  std::string path;
  /// What expiry and leases follow; processes that share a file need clocks that agree. Default: the system's.
  std::shared_ptr<const Clock> clock;
  /// The longest an operation waits for other threads and processes, 1 ms to 60 s; then it answers `unavailable`.
  Millis busy_timeout{2000};
  /// The largest size of the database file in bytes (rounded to pages); what needs more answers `quota_exhausted`.
  /// Default: as large as the disk allows.
  std::optional<std::uint64_t> max_bytes;
};

/// The durable store of one host: a file that many processes may use at once.
///
/// Whatever was acknowledged survives the death of any process at any instant; with Durability::full also a power cut.
/// Generations and fences never go back, whatever happens. Expired entries are removed a few at a time, with later
/// writes. After fork() a child must open a store of its own; the parent's answers `configuration` there.
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
  class Impl;
  explicit SqliteStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

KEFU_END_NAMESPACE
