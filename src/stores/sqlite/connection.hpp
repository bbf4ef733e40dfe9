#pragma once

#include <kefu/core/result.hpp>
#include <kefu/core/store.hpp>
#include <kefu/core/time.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

KEFU_BEGIN_NAMESPACE
namespace detail {

class SqliteConnection;

/// A prepared statement, kept for the life of its connection. The Store binds BLOB and INTEGER only.
///
/// Thread safety: none, as its connection.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  SqliteStatement(SqliteConnection* connection, sqlite3_stmt* handle) : connection_(connection), handle_(handle) {}
  SqliteStatement(SqliteStatement&& other) noexcept;
  SqliteStatement& operator=(SqliteStatement&& other) noexcept;
  ~SqliteStatement();

  /// Bound bytes must stay until the statement is done. Places count from 1.
  SqliteStatement& bind(int place, std::string_view bytes);
  SqliteStatement& bind_text(int place, std::string_view text);
  SqliteStatement& bind(int place, std::int64_t number);
  SqliteStatement& bind_null(int place);
  /// True: a row is there to be read. False: done, and ready for the next use.
  Result<bool> step();
  /// Steps to the end; rows are dropped.
  Result<void> run();
  /// Columns count from 0; bytes are valid until the next step.
  std::int64_t number(int column) const;
  std::string_view bytes(int column) const;
  bool is_null(int column) const;
  int parameters() const;
  /// True if it cannot change the database.
  bool only_reads() const;
  /// Ends a use early. Drops what was bound.
  void reset();

 private:
  SqliteConnection* connection_ = nullptr;
  sqlite3_stmt* handle_ = nullptr;
};

/// Resets a statement at the end of a scope, so that an early return leaves no read transaction open.
class SqliteUse {
 public:
  explicit SqliteUse(SqliteStatement& statement) : statement_(statement) {}
  SqliteUse(const SqliteUse&) = delete;
  SqliteUse& operator=(const SqliteUse&) = delete;
  ~SqliteUse() { statement_.reset(); }
  SqliteStatement* operator->() { return &statement_; }

 private:
  SqliteStatement& statement_;
};

/// How far the log of a file is: pages in it, and those of them that the file has too.
struct SqliteLog {
  int pages = 0;
  int moved = 0;
};

/// One connection to the file. Waits for other processes until the deadline set last, never longer.
///
/// Thread safety: one thread at a time (see SqliteTurn).
class SqliteConnection {
 public:
  /// Opens an existing file for reading and writing.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, MonoTime deadline);
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;
  ~SqliteConnection();

  void set_deadline(MonoTime deadline) { deadline_ = deadline; }
  Result<SqliteStatement> prepare(std::string_view sql);
  Result<void> run(const char* sql);
  /// The same for one statement, which is prepared at its first use and kept.
  Result<void> step_once(std::string_view sql);
  /// Prepared at its first use and kept; written as SqlTransaction says. Valid until the next one is asked for.
  Result<SqliteStatement*> kept(std::string_view sql);
  /// Relaxed: commits do not wait for the disk.
  Result<void> make_durable(Durability durability);
  /// The first column of the first row; 0 without a row.
  Result<std::int64_t> number(const char* sql);
  bool in_transaction() const;
  /// Rows that the last statement changed.
  std::int64_t changed_rows() const;
  /// SQLite's own words for the last failure, if it was the statement's fault.
  std::optional<std::string> fault_of_statement() const;
  /// What failed just now failed at a write to a file, not at waiting for the disk or in the index of the log.
  bool failed_to_write() const;
  bool is_read_only() const;
  /// Takes the moving of the log out of this connection's commits (see SqliteCheckpoints), and notes its pages instead.
  void leave_log_alone();
  int pages_in_log() const { return pages_in_log_; }
  /// A checkpoint. With `wrap` writers are shut out for its time and all of the log is moved, so that the next commit
  /// begins it anew; where readers stand in the way until the deadline, as much as can be.
  Result<SqliteLog> move_log(bool wrap);
  /// Ends without moving the log into the file and without deleting it by its name.
  void leave_log_at_close();
  /// What SQLite's result code means for the caller.
  Error error(int code) const;

 private:
  explicit SqliteConnection(const std::string& path) : path_(path) {}
  static int on_busy(void* self, int calls);
  static int on_progress(void* self);
  static int on_commit(void* self, sqlite3*, const char*, int pages);

  const std::string path_;
  sqlite3* handle_ = nullptr;
  MonoTime deadline_;
  std::minstd_rand spread_;
  int pages_in_log_ = 0;
  Durability durability_ = Durability::full;
  std::map<std::string, SqliteStatement, std::less<>> kept_;
};

/// BEGIN until commit(); rolled back if that is not reached.
class SqliteTransaction {
 public:
  explicit SqliteTransaction(SqliteConnection& connection) : connection_(connection) {}
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;
  ~SqliteTransaction();
  /// Waits for whoever else writes.
  Result<void> begin() { return connection_.step_once("BEGIN IMMEDIATE"); }
  /// One snapshot for several reads.
  Result<void> begin_reading() { return connection_.step_once("BEGIN"); }
  Result<void> commit() { return connection_.step_once("COMMIT"); }

 private:
  SqliteConnection& connection_;
};

/// Brings the file to this library's layout: makes a new one, refuses foreign, damaged and newer ones (API-2).
Result<void> prepare_sqlite_file(const std::string& path);
Result<void> prepare_sqlite_layout(SqliteConnection& connection, const std::string& path, WallTime now,
                                   MonoTime deadline);

}  // namespace detail
KEFU_END_NAMESPACE
