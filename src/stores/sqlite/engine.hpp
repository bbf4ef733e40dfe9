#pragma once

#include "stores/sqlite/connection.hpp"
#include "stores/sqlite/entries.hpp"
#include "stores/sqlite/file.hpp"
#include "stores/sqlite/turn.hpp"

#include <kefu/stores/sqlite.hpp>

#include <memory>
#include <optional>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// An open database: a connection that writes and one that reads, so that no reader waits for the disk. What is done
/// with it goes through SqliteReading and SqliteWriting.
///
/// Thread safety: from any thread.
class SqliteEngine {
 public:
  static Result<std::shared_ptr<SqliteEngine>> open(SqliteOptions options);
  SqliteEngine(const SqliteEngine&) = delete;
  SqliteEngine& operator=(const SqliteEngine&) = delete;
  /// In a child of fork() everything of SQLite is left as it is: closing would touch the parent's file.
  ~SqliteEngine();

  WallTime now() const { return options_.clock ? options_.clock->wall() : std::chrono::system_clock::now(); }
  /// Of an operation that begins now.
  MonoTime deadline(std::optional<Millis> timeout = std::nullopt) const {
    return std::chrono::steady_clock::now() + timeout.value_or(options_.busy_timeout);
  }
  /// Calls `write`; if there was no room, empties the log into the database, so that it is filled anew, and calls
  /// again: on a full disk removals must work.
  template <class Write>
  auto with_room(Write write) {
    auto result = write();
    if (result || result.error().kind() != ErrorKind::quota_exhausted) return result;
    // Of one whose outcome is unknown a second one that fails would tell too little.
    if (result.error().delivery() == Delivery::unknown || !empty_log()) return result;
    return write();
  }

 private:
  friend class SqliteReading;
  friend class SqliteWriting;
  /// A connection and whose turn it is.
  struct Side {
    SqliteTurn turn;
    std::unique_ptr<SqliteConnection> connection;
    SqliteEntries entries;
  };

  explicit SqliteEngine(SqliteOptions options) : options_(std::move(options)) {}
  Result<void> connect();
  Result<void> limit_size(SqliteConnection& connection) const;
  /// The errors of a child of fork().
  Result<void> check_process() const;
  Error threads_had_it() const;
  bool empty_log();

  const SqliteOptions options_;
  std::shared_ptr<SqliteFile> file_;
  std::unique_ptr<Side> reader_ = std::make_unique<Side>();
  std::unique_ptr<Side> writer_ = std::make_unique<Side>();
};

/// Holds a connection for one reading operation.
class SqliteReading {
 public:
  explicit SqliteReading(SqliteEngine& engine) : engine_(engine) {}
  SqliteReading(const SqliteReading&) = delete;
  SqliteReading& operator=(const SqliteReading&) = delete;
  ~SqliteReading();
  /// What is short is read by the writer's connection where that is free: its cache is still true after its own
  /// commits, while the reader's must be read anew after each.
  Result<void> begin(bool is_short, MonoTime deadline);
  /// From here on all is read as of one instant.
  Result<void> begin_snapshot();
  SqliteConnection& connection() { return *side_->connection; }
  SqliteEntries& entries() { return side_->entries; }

 private:
  SqliteEngine& engine_;
  SqliteEngine::Side* side_ = nullptr;
  std::optional<SqliteTransaction> snapshot_;
};

/// Holds the turn and a transaction for one writing operation; rolled back without commit().
class SqliteWriting {
 public:
  explicit SqliteWriting(SqliteEngine& engine) : engine_(engine) {}
  SqliteWriting(const SqliteWriting&) = delete;
  SqliteWriting& operator=(const SqliteWriting&) = delete;
  ~SqliteWriting();
  Result<void> begin(Durability durability, MonoTime deadline);
  /// Its error is `unknown` where the log may hold all of the transaction all the same.
  Result<void> commit();
  SqliteConnection& connection() { return *engine_.writer_->connection; }
  SqliteEntries& entries() { return engine_.writer_->entries; }

 private:
  void end();

  SqliteEngine& engine_;
  bool has_side_ = false;
  bool has_turn_ = false;
  std::optional<SqliteTransaction> transaction_;
};

}  // namespace detail
KEFU_END_NAMESPACE
