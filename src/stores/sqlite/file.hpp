#pragma once

#include "core/async/fork_guard.hpp"
#include "stores/sqlite/checkpoints.hpp"
#include "stores/sqlite/turn.hpp"

#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <sys/stat.h>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Which file a name leads to.
struct SqliteFileId {
  dev_t device = 0;
  ino_t number = 0;
  bool operator==(const SqliteFileId& other) const { return device == other.device && number == other.number; }
};

/// A file that this process has open, once however many databases are open on it: its turns, its checkpoints, and
/// whether it still is the file that its name leads to.
///
/// All of them stand in one list of the process, the only global that the library has. SQLite keeps its locks in a
/// table of the process, and a child of fork() has a copy of it without the locks: what it opens of its parent's files
/// looks locked to it and to nobody else. So a child finds in its copy of the list what it must not open.
///
/// Thread safety: `enter` from any thread; the others as they say.
class SqliteFile {
 public:
  /// Makes the file if it is missing. Errors: `configuration` (not a file that can be used, open in the parent of this
  /// child, open under another name), `quota_exhausted`, `unavailable`.
  static Result<std::shared_ptr<SqliteFile>> enter(const std::string& path);
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;
  ~SqliteFile();

  /// As the system knows it, without links.
  const std::string& path() const { return path_; }
  /// In a child of fork(): nothing of SQLite may be touched, not even closed.
  bool forked() const { return guard_->forked(); }
  /// The error of a file that was moved, replaced or deleted since it was opened, or whose `-wal` or `-shm` was: what
  /// is written would be lost with it, and what others commit would not be seen.
  Result<void> check() const;
  /// True if another `-wal` or `-shm` stands in the place of ours: somebody else made it and wrote to it, while our own
  /// has no name any more. The last connection to close would write ours over that and delete the other one.
  bool others_log_stands() const;
  /// After the first database has read from the file, so that SQLite has made the two files beside it.
  void know_companions();

  /// Takes the turn among the threads, then among the processes. Half of the time is kept for SQLite's own lock: past
  /// that the caller goes on without the turn (a process was stopped while it had it). False: threads had it.
  bool take_turn(MonoTime deadline);
  void give_turn_back();
  SqliteProcessTurn& processes() { return processes_; }
  SqliteCheckpoints& checkpoints() { return checkpoints_; }

 private:
  SqliteFile(std::string path, SqliteFileId id);

  const std::string path_, log_path_, index_path_;
  const SqliteFileId id_;
  const std::shared_ptr<const ForkGuard> guard_ = std::make_shared<const ForkGuard>();
  std::once_flag once_;
  std::atomic<bool> knows_companions_{false};
  SqliteFileId log_, index_;
  SqliteTurn threads_;
  SqliteProcessTurn processes_;
  SqliteCheckpoints checkpoints_;
};

}  // namespace detail
KEFU_END_NAMESPACE
