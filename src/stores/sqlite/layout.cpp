#include "stores/shared/values.hpp"
#include "stores/sqlite/connection.hpp"
#include "stores/sqlite/system_error.hpp"

#include <kefu/core/store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::int64_t kApplicationId = 0x6b656675;      // "kefu", in the file's header.
constexpr std::int64_t kLayoutVersion = Store::kFormat;  // Every change needs a migration note (API-2).

// `source` is what generations and fences are drawn from, see SqliteEntries::draw. Opening raises it, so that no number
// is given out twice. A power cut can take relaxed commits back, those of the log at most: 2^20 pages if every writer
// were held up for 4 GB, and a block of 2^12 numbers with each. A backup that is put back takes back all that came
// after it: so numbers are also at least the time, at 2^10 for a microsecond, which no writers keep up with. (2^62 is
// reached in the year 2112; a clock that is ahead of that must not use the numbers up.)
constexpr const char* kLayout = R"(
  CREATE TABLE source (id INTEGER PRIMARY KEY CHECK (id = 1), drawer INTEGER NOT NULL, last INTEGER NOT NULL);
  INSERT INTO source VALUES (1, 0, 0);
  CREATE TABLE entry (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL,
                      generation INTEGER NOT NULL, expires INTEGER);
  CREATE INDEX entry_expires ON entry (expires) WHERE expires IS NOT NULL;
  CREATE TABLE lease (key BLOB PRIMARY KEY, owner BLOB NOT NULL, fence INTEGER NOT NULL,
                      until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX lease_until ON lease (until);
  PRAGMA application_id = 1801807477;
  PRAGMA user_version = 2;
)";
static_assert(kApplicationId == 1801807477 && kLayoutVersion == 2, "the text above says the same");
constexpr const char* kRaise = "UPDATE source SET drawer = 0, last = max(last + 4294967296, {})";

std::int64_t least_number(WallTime now) {
  return std::clamp<std::int64_t>(to_micros(now), 0, std::int64_t{1} << 52) << 10;
}

Error wrong_file(const std::string& path, std::string_view what) {
  return Error(ErrorKind::configuration, fmt::format("SQLite store {}: {}", path, what));
}

/// True: a store of ours. False: an empty file.
Result<bool> identify(SqliteConnection& connection, const std::string& path) {
  const auto id = connection.number("PRAGMA application_id");
  if (!id) return id.error();
  const auto version = connection.number("PRAGMA user_version");
  if (!version) return version.error();
  const auto tables = connection.number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  if (*id == 0 && *version == 0 && *tables == 0) return false;
  if (*id != kApplicationId) {
    return wrong_file(path, "this is the database of another program, not a kefu store; choose another path");
  }
  // The next version promises to run beside this one.
  if (*version > kLayoutVersion + 1) {
    return wrong_file(path, fmt::format("a newer kefu wrote it (format {}, this library works with {} and {}); "
                                        "update this library or choose another path",
                                        *version, kLayoutVersion, kLayoutVersion + 1));
  }
  if (*version == 1) {
    return wrong_file(
        path,
        "it has format 1, which no release of kefu wrote or reads; delete it, or choose another path, and "
        "a new store is made");
  }
  if (*version < 1) return wrong_file(path, "its layout number is missing; restore it from a backup");
  return true;
}

/// `identify` on one snapshot: another process may be making the layout at this moment, and half of it is no store.
Result<bool> identify_at_once(SqliteConnection& connection, const std::string& path) {
  if (const auto begun = connection.run("BEGIN"); !begun) return begun.error();
  auto known = identify(connection, path);
  if (const auto ended = connection.run("ROLLBACK"); !ended && known) return ended.error();
  return known;
}

/// Asks until the deadline: while another process changes the mode, SQLite answers busy without waiting.
Result<void> switch_to_wal(SqliteConnection& connection, MonoTime deadline, const std::string& path) {
  for (;;) {
    Result<SqliteStatement> statement = connection.prepare("PRAGMA journal_mode = WAL");
    if (!statement) return statement.error();
    const Result<bool> row = statement->step();
    if (row && *row && statement->bytes(0) == "wal") return {};
    if (row) return wrong_file(path, "this file system does not support SQLite's WAL mode; choose a local disk");
    if (row.error().kind() != ErrorKind::unavailable || std::chrono::steady_clock::now() >= deadline) {
      return row.error();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

Result<void> prepare_sqlite_file(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    if (errno != ENOENT) return system_error(path, "cannot be reached", errno);
    // Made here and not by SQLite, so that nobody else can read the tokens in it: SQLite gives the files beside it the
    // same mode. An existing file is never opened here: closing it would drop the locks of this process.
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno != EEXIST) return system_error(path, "cannot be made; check its folder", errno);
    if (file >= 0) ::close(file);
    if (stat(path.c_str(), &info) != 0) return system_error(path, "cannot be reached", errno);
  }
  if (S_ISDIR(info.st_mode)) return wrong_file(path, "this is a folder; name a file in it");
  if (!S_ISREG(info.st_mode)) return wrong_file(path, "this is not a regular file; choose another path");
  return {};
}

Result<void> prepare_sqlite_layout(SqliteConnection& connection, const std::string& path, WallTime now,
                                   MonoTime deadline) {
  if (auto plain = connection.run("PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 67108864"); !plain) {
    return plain;
  }
  // A file that is not ours is refused before anything in it changes.
  if (const auto known = identify_at_once(connection, path); !known) return known.error();
  if (connection.is_read_only()) return wrong_file(path, "cannot be written; check the permissions of the file");
  if (auto wal = switch_to_wal(connection, deadline, path); !wal) return wal;
  if (auto full = connection.run("PRAGMA synchronous = FULL"); !full) return full;

  SqliteTransaction transaction(connection);
  if (auto begun = transaction.begin(); !begun) return begun;
  const auto known = identify(connection, path);
  if (!known) return known.error();
  if (!*known) {
    if (auto made = connection.run(kLayout); !made) return made;
  }
  if (auto raised = connection.run(fmt::format(kRaise, least_number(now)).c_str()); !raised) return raised;
  return transaction.commit();
}

}  // namespace detail
KEFU_END_NAMESPACE
