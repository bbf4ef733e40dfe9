#include "stores/sqlite/connection.hpp"

#include "core/store/sql.hpp"
#include "stores/sqlite/system_error.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

SqliteStatement::SqliteStatement(SqliteStatement&& other) noexcept
    : connection_(other.connection_), handle_(std::exchange(other.handle_, nullptr)) {}

SqliteStatement& SqliteStatement::operator=(SqliteStatement&& other) noexcept {
  std::swap(connection_, other.connection_);
  std::swap(handle_, other.handle_);
  return *this;
}

SqliteStatement::~SqliteStatement() { sqlite3_finalize(handle_); }

SqliteStatement& SqliteStatement::bind(int place, std::string_view bytes) {
  // A null pointer would bind NULL.
  sqlite3_bind_blob64(handle_, place, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

SqliteStatement& SqliteStatement::bind_text(int place, std::string_view text) {
  sqlite3_bind_text64(handle_, place, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

SqliteStatement& SqliteStatement::bind(int place, std::int64_t number) {
  sqlite3_bind_int64(handle_, place, number);
  return *this;
}

SqliteStatement& SqliteStatement::bind_null(int place) {
  sqlite3_bind_null(handle_, place);
  return *this;
}

Result<bool> SqliteStatement::step() {
  errno = 0;  // See SqliteConnection::error.
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  Error error = connection_->error(code);
  reset();
  return error;
}

Result<void> SqliteStatement::run() {
  for (;;) {
    const Result<bool> row = step();
    if (!row) return row.error();
    if (!*row) return {};
  }
}

std::int64_t SqliteStatement::number(int column) const { return sqlite3_column_int64(handle_, column); }

std::string_view SqliteStatement::bytes(int column) const {
  const void* data = sqlite3_column_blob(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}

bool SqliteStatement::is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

int SqliteStatement::parameters() const { return sqlite3_bind_parameter_count(handle_); }

bool SqliteStatement::only_reads() const { return sqlite3_stmt_readonly(handle_) != 0; }

void SqliteStatement::reset() {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path, MonoTime deadline) {
  if (sqlite3_threadsafe() == 0) {
    return Error(ErrorKind::configuration, "SQLite store: this SQLite was built without threads; link another build");
  }
  std::unique_ptr<SqliteConnection> made(new SqliteConnection(path));
  made->set_deadline(deadline);
  made->spread_.seed(static_cast<unsigned>(getpid()));
  // Builds of SQLite may read names like "file:..." or ":memory:" in their own way; a folder in front prevents it.
  const std::string plain = path.front() == '/' ? path : "./" + path;
  const int code = sqlite3_open_v2(plain.c_str(), &made->handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) return made->error(code);
  sqlite3_extended_result_codes(made->handle_, 1);
  sqlite3_busy_handler(made->handle_, &on_busy, made.get());
  sqlite3_progress_handler(made->handle_, 10'000, &on_progress, made.get());
  return made;
}

SqliteConnection::~SqliteConnection() {
  kept_.clear();
  sqlite3_close_v2(handle_);
}

int SqliteConnection::on_busy(void* self, int calls) {
  auto& connection = *static_cast<SqliteConnection*>(self);
  const MonoTime now = std::chrono::steady_clock::now();
  if (now >= connection.deadline_) return 0;
  // Another writer takes tens of microseconds; pauses grow to 5 ms and differ, so that nobody always comes too late.
  const std::int64_t longest = std::min<std::int64_t>(5000, std::int64_t{100} << std::min(calls, 6));
  const std::chrono::microseconds pause(longest / 2 + connection.spread_() % (longest / 2 + 1));
  std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(pause, connection.deadline_ - now));
  return 1;
}

int SqliteConnection::on_progress(void* self) {
  return std::chrono::steady_clock::now() >= static_cast<SqliteConnection*>(self)->deadline_ ? 1 : 0;
}

Result<SqliteStatement> SqliteConnection::prepare(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const char* end = sql.data();
  errno = 0;
  const int code =
      sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &handle, &end);
  if (code != SQLITE_OK) return error(code);
  SqliteStatement statement(this, handle);
  // SQLite takes the first of several and says nothing of the rest.
  const auto rest = sql.substr(static_cast<std::size_t>(end - sql.data()));
  if (handle == nullptr || rest.find_first_not_of(" \t\r\n;") != std::string_view::npos)
    return Error(ErrorKind::bad_argument, fmt::format("SQL: one statement at a time, in: {}", sql));
  return statement;
}

Result<void> SqliteConnection::run(const char* sql) {
  errno = 0;
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<SqliteStatement*> SqliteConnection::kept(std::string_view sql) {
  const auto found = kept_.find(sql);
  if (found != kept_.end()) return &found->second;
  // Texts that are made anew each time must not fill the memory.
  if (kept_.size() >= 512) kept_.clear();
  const auto text = sql_in_dialect(sql, SqlDialect::sqlite);
  if (!text) return text.error();
  auto made = prepare(*text);
  if (!made) return made.error();
  return &kept_.emplace(sql, std::move(*made)).first->second;
}

Result<void> SqliteConnection::step_once(std::string_view sql) {
  const auto statement = kept(sql);
  if (!statement) return statement.error();
  return (*statement)->run();
}

Result<void> SqliteConnection::make_durable(Durability durability) {
  if (durability == durability_) return {};
  auto set = run(durability == Durability::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  if (set) durability_ = durability;
  return set;
}

Result<std::int64_t> SqliteConnection::number(const char* sql) {
  Result<SqliteStatement> statement = prepare(sql);
  if (!statement) return statement.error();
  const Result<bool> row = statement->step();
  if (!row) return row.error();
  return *row ? statement->number(0) : 0;
}

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

std::int64_t SqliteConnection::changed_rows() const { return sqlite3_changes(handle_); }

std::optional<std::string> SqliteConnection::fault_of_statement() const {
  const int code = sqlite3_errcode(handle_) & 0xff;
  if (code != SQLITE_ERROR && code != SQLITE_RANGE && code != SQLITE_MISMATCH && code != SQLITE_CONSTRAINT)
    return std::nullopt;
  return std::string(sqlite3_errmsg(handle_));
}

bool SqliteConnection::failed_to_write() const {
  const int code = sqlite3_extended_errcode(handle_);
  return code == SQLITE_FULL || code == SQLITE_IOERR_WRITE;
}

bool SqliteConnection::is_read_only() const { return sqlite3_db_readonly(handle_, "main") == 1; }

int SqliteConnection::on_commit(void* self, sqlite3*, const char*, int pages) {
  static_cast<SqliteConnection*>(self)->pages_in_log_ = pages;
  return SQLITE_OK;
}

void SqliteConnection::leave_log_alone() { sqlite3_wal_hook(handle_, &on_commit, this); }

Result<SqliteLog> SqliteConnection::move_log(bool wrap) {
  SqliteLog log;
  errno = 0;
  const int mode = wrap ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  const int code = sqlite3_wal_checkpoint_v2(handle_, "main", mode, &log.pages, &log.moved);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) return error(code);
  if (log.pages < 0) return error(SQLITE_BUSY);
  return log;
}

void SqliteConnection::leave_log_at_close() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, static_cast<int*>(nullptr));
}

Error SqliteConnection::error(int code) const {
  const int primary = code & 0xff;
  int system = 0;
  if (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) {
    // SQLite keeps the system's code for most statements, but not for a COMMIT that fails.
    system = errno != 0 || handle_ == nullptr ? errno : sqlite3_system_errno(handle_);
  }
  const auto make = [&](ErrorKind kind, std::string_view what) {
    std::string message = fmt::format("SQLite store {}: {} (SQLite {}: {}", path_, what, code, sqlite3_errstr(code));
    if (system != 0) message += fmt::format("; {}", std::system_category().message(system));
    return Error(kind, message + ")");
  };
  const ErrorKind kind = kind_of_system_error(system);
  switch (primary) {
    case SQLITE_FULL:
      return make(ErrorKind::quota_exhausted, "no room for this write; free disk space or raise max_bytes");
    case SQLITE_IOERR:
      if (kind == ErrorKind::quota_exhausted)
        return make(kind, "no room for this write; free disk space or raise the limit");
      return make(ErrorKind::unavailable, "the disk failed; try later and check it");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return make(ErrorKind::unavailable, "another process held it for the whole busy_timeout; try later");
    case SQLITE_INTERRUPT:
      return make(ErrorKind::unavailable, "the operation took longer than busy_timeout; try later");
    case SQLITE_NOMEM:
      return make(ErrorKind::unavailable, "out of memory; try later");
    case SQLITE_CONSTRAINT:
      return make(ErrorKind::conflict, "a rule of the table refused it");
    case SQLITE_NOTADB:
      return make(ErrorKind::configuration, "this file is not a kefu store; choose another path");
    case SQLITE_CORRUPT:
      return make(ErrorKind::configuration, "the file is damaged; restore it from a backup or choose another path");
    case SQLITE_CANTOPEN:
      return make(kind, kind == ErrorKind::unavailable       ? "too many open files, or no memory; try later"
                        : kind == ErrorKind::quota_exhausted ? "no room for its files; free disk space"
                                                             : "cannot be opened; check that file and folder can be "
                                                               "read and written");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return make(ErrorKind::configuration, "cannot be written; check the permissions of file and folder");
    case SQLITE_ERROR:
      return make(ErrorKind::configuration, "the file lacks what a kefu store has; restore it or choose another path");
    default:
      return make(ErrorKind::internal, "unexpected result; keep this text and report it");
  }
}

SqliteTransaction::~SqliteTransaction() {
  // After some errors SQLite has rolled back by itself.
  if (connection_.in_transaction()) static_cast<void>(connection_.step_once("ROLLBACK").has_value());
}

}  // namespace detail
KEFU_END_NAMESPACE
