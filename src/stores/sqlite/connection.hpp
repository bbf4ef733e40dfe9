#pragma once

#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

KEFU_BEGIN_NAMESPACE
namespace detail {

class SqliteConnection;

/// A prepared statement, kept for the life of its connection. Values are bound and read as BLOB or INTEGER only.
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
  Result<SqliteStatement> prepare(const char* sql);
  Result<void> run(const char* sql);
  /// The first column of the first row; 0 without a row.
  Result<std::int64_t> number(const char* sql);
  bool in_transaction() const;
  bool is_read_only() const;
  /// True if the file was renamed, replaced or deleted since it was opened: writes would be lost with it.
  bool file_has_moved() const;
  /// What SQLite's result code means for the caller.
  Error error(int code) const;

 private:
  explicit SqliteConnection(const std::string& path) : path_(path) {}
  static int on_busy(void* self, int calls);
  static int on_progress(void* self);

  const std::string path_;
  sqlite3* handle_ = nullptr;
  MonoTime deadline_;
  std::minstd_rand spread_;
};

/// BEGIN IMMEDIATE until commit(); rolled back if that is not reached.
class SqliteTransaction {
 public:
  explicit SqliteTransaction(SqliteConnection& connection) : connection_(connection) {}
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;
  ~SqliteTransaction();
  Result<void> begin() { return connection_.run("BEGIN IMMEDIATE"); }
  Result<void> commit() { return connection_.run("COMMIT"); }

 private:
  SqliteConnection& connection_;
};

/// A lock whose wait has a deadline, for the threads that share a connection.
class SqliteTurn {
 public:
  /// False: not taken in time.
  bool take(MonoTime deadline);
  void give_back();

 private:
  std::mutex mutex_;
  std::condition_variable free_;
  bool taken_ = false;
};

/// Brings the file to this library's layout: makes a new one, refuses foreign, damaged and newer ones (API-2).
Result<void> prepare_sqlite_file(const std::string& path);
Result<void> prepare_sqlite_layout(SqliteConnection& connection, const std::string& path, MonoTime deadline);

}  // namespace detail
KEFU_END_NAMESPACE
