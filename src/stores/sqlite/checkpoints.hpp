#pragma once

#include "core/async/owned_thread.hpp"

#include <kefu/core/result.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

KEFU_BEGIN_NAMESPACE
namespace detail {

class SqliteConnection;
class SqliteFile;

/// Moves what was committed from a file's log into the file, on a connection and a thread of its own, so that no commit
/// waits for it. The thread is made when the log has grown to 1,000 pages for the first time.
///
/// SQLite writes the log from its beginning again only when all of it was moved and nobody reads from it. Where writers
/// never pause that moment does not come by itself, so past 48 MB the writers of all processes are held (by the turn)
/// for what is left to move: a few pages, and the disk's confirmation.
class SqliteCheckpoints {
 public:
  explicit SqliteCheckpoints(SqliteFile& file) : file_(file) {}
  SqliteCheckpoints(const SqliteCheckpoints&) = delete;
  SqliteCheckpoints& operator=(const SqliteCheckpoints&) = delete;

  /// After a commit, without the turn: the log has so many pages now. From any thread.
  void log_has(int pages);
  /// Ends the thread and closes the connection; before the file is left.
  void stop();

 private:
  void run();
  void move();
  Result<void> connect();

  SqliteFile& file_;
  std::atomic<int> next_{1000};  ///< Pages of the log at which to begin.
  std::atomic<int> last_{0};
  std::unique_ptr<SqliteConnection> connection_;  ///< The thread's, or whose move() it is.

  std::mutex mutex_;
  std::condition_variable woken_;
  bool wanted_ = false;
  bool stopping_ = false;
  bool started_ = false;
  bool moving_ = false;
  OwnedThread thread_;
};

}  // namespace detail
KEFU_END_NAMESPACE
