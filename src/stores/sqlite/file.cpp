#include "stores/sqlite/file.hpp"

#include "stores/sqlite/connection.hpp"
#include "stores/sqlite/system_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

struct OpenFile {
  SqliteFileId id;
  std::string path;
  std::shared_ptr<const ForkGuard> guard;  ///< A child of fork() keeps what it inherited for as long as it lives.
  std::weak_ptr<SqliteFile> file;
};

struct OpenFiles {
  std::mutex mutex;
  std::vector<OpenFile> files;
};

/// Never destroyed: hosts close databases from destructors of their own globals.
OpenFiles& open_files() {
  static OpenFiles& all = *new OpenFiles;
  return all;
}

/// The list is whole in a child, and not locked.
void watch_forks_for_files() {
  static const auto leave = [] { open_files().mutex.unlock(); };
  static const int watching = pthread_atfork([] { open_files().mutex.lock(); }, leave, leave);
  static_cast<void>(watching);
}

std::optional<SqliteFileId> id_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  SqliteFileId id;
  id.device = info.st_dev;
  id.number = info.st_ino;
  return id;
}

Result<std::string> real_path(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return system_error(path, "cannot be reached", errno);
  std::string result(real);
  std::free(real);
  return result;
}

Error inherited_file(const std::string& path) {
  return Error(
      ErrorKind::configuration,
      fmt::format("SQLite store {}: the parent of this process had the file open at fork(), and SQLite's locks "
                  "do not survive that: what this process commits could be lost. Start the other program with "
                  "exec, or open the file in the children only",
                  path));
}

/// With the list locked. Fills `file` with what this process has open already; leaves it empty for a new one.
Result<void> find_open(OpenFiles& all, const std::string& path, const SqliteFileId& id,
                       std::shared_ptr<SqliteFile>& file) {
  for (const OpenFile& open : all.files) {
    const bool same = open.id == id;
    if (open.guard->forked() && (same || open.path == path)) return inherited_file(path);
    if (!same) continue;
    file = open.file.lock();
    if (file == nullptr) continue;  // About to leave the list.
    if (open.path == path) return {};
    return Error(ErrorKind::configuration,
                 fmt::format("SQLite store {}: this process has the same file open as {}; SQLite loses data where a "
                             "file has two names: use one of them",
                             path, open.path));
  }
  return {};
}

}  // namespace

SqliteFile::SqliteFile(std::string path, SqliteFileId id)
    : path_(std::move(path)), log_path_(path_ + "-wal"), index_path_(path_ + "-shm"), id_(id), checkpoints_(*this) {}

Result<std::shared_ptr<SqliteFile>> SqliteFile::enter(const std::string& path) {
  watch_forks_for_files();
  if (auto made = prepare_sqlite_file(path); !made) return made.error();
  const auto real = real_path(path);
  if (!real) return real.error();
  std::shared_ptr<SqliteFile> file;  // If it must go again, then after the lock: a file that ends leaves the list.
  OpenFiles& all = open_files();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto id = id_of(*real);
  if (!id)
    return Error(ErrorKind::configuration, fmt::format("SQLite store {}: was deleted while it was opened", path));
  if (auto found = find_open(all, *real, *id, file); !found) return found.error();
  if (file != nullptr) return file;
  file.reset(new SqliteFile(*real, *id));
  if (auto turns = file->processes_.open(*real); !turns) return turns.error();
  OpenFile entry;
  entry.id = *id;
  entry.path = *real;
  entry.guard = file->guard_;
  entry.file = file;
  all.files.push_back(std::move(entry));
  return file;
}

SqliteFile::~SqliteFile() {
  checkpoints_.stop();
  OpenFiles& all = open_files();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto mine = [&](const OpenFile& open) { return open.guard == guard_; };
  all.files.erase(std::remove_if(all.files.begin(), all.files.end(), mine), all.files.end());
}

Result<void> SqliteFile::check() const {
  const auto same = [](const std::string& path, const SqliteFileId& known) { return id_of(path) == known; };
  const bool all = knows_companions_.load(std::memory_order_acquire);
  if (same(path_, id_) && (!all || (same(log_path_, log_) && same(index_path_, index_)))) return {};
  return Error(ErrorKind::configuration,
               fmt::format("SQLite store {}: the file, its -wal or its -shm was moved or deleted while it was open, or "
                           "another one took its place; nothing is read or written any more: put it back, or close it "
                           "everywhere in this process and open it again",
                           path_));
}

bool SqliteFile::others_log_stands() const {
  const auto other = [](const std::string& path, const SqliteFileId& known) {
    const auto now = id_of(path);
    return now && !(*now == known);
  };
  return knows_companions_.load(std::memory_order_acquire) && (other(log_path_, log_) || other(index_path_, index_));
}

void SqliteFile::know_companions() {
  std::call_once(once_, [this] {
    log_ = id_of(log_path_).value_or(SqliteFileId());
    index_ = id_of(index_path_).value_or(SqliteFileId());
    knows_companions_.store(true, std::memory_order_release);
  });
}

bool SqliteFile::take_turn(MonoTime deadline) {
  if (!threads_.take(deadline)) return false;
  const MonoTime now = std::chrono::steady_clock::now();
  static_cast<void>(processes_.take(now + (deadline - now) / 2));
  return true;
}

void SqliteFile::give_turn_back() {
  processes_.give_back();
  threads_.give_back();
}

}  // namespace detail
KEFU_END_NAMESPACE
