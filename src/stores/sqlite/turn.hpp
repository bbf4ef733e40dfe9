#pragma once

#include <kefu/core/result.hpp>
#include <kefu/core/time.hpp>

#include <condition_variable>
#include <fcntl.h>
#include <mutex>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A lock whose wait has a deadline, for the threads of one process. Whoever comes may go before those who wait, which
/// saves a change of threads per turn, until the first of them has waited for a millisecond: nobody starves.
class SqliteTurn {
 public:
  /// False: not taken in time.
  bool take(MonoTime deadline);
  /// Never waits.
  bool try_take();
  void give_back();

 private:
  /// On the stack of the thread that waits: a child of fork() may destroy a turn for which its parent's threads wait.
  struct Waiter {
    MonoTime since;
    Waiter* next = nullptr;
    std::condition_variable woken;
  };
  bool may_pass(MonoTime now) const;
  void remove(Waiter& waiter);

  std::mutex mutex_;
  bool taken_ = false;
  Waiter* first_ = nullptr;
};

/// The same between the processes that share a file: locks on bytes of a file beside it. SQLite's own lock decides who
/// writes; this one only puts those who would write in a queue. SQLite lets them try again after pauses, and whoever is
/// unlucky pauses for as long as others are busy.
///
/// The locks are those of fcntl() that belong to a process, so that a child of fork() holds none, and that the system
/// frees when a process dies. So a process opens the file once (see SqliteFile).
///
/// Thread safety: one thread at a time (see SqliteTurn).
class SqliteProcessTurn {
 public:
  SqliteProcessTurn() = default;
  SqliteProcessTurn(const SqliteProcessTurn&) = delete;
  SqliteProcessTurn& operator=(const SqliteProcessTurn&) = delete;
  ~SqliteProcessTurn();

  /// Makes `<database>-turn`, which stays for ever: removing it would part those who use it. It gets owner
  /// and mode of the database, where that is allowed, as SQLite's own files beside it do.
  Result<void> open(const std::string& database);
  /// False: not taken in time. A process that was stopped while it waited holds up the others for 20 ms.
  bool take(MonoTime deadline);
  void give_back();
  /// A turn of its own, for emptying the log: one process at a time does it, and nobody waits for that.
  bool try_take_log();
  void give_back_log();

 private:
  /// Sets or takes away this process's lock on a byte, at once; false: another process has it.
  bool set(short type, int byte);
  bool lock(int byte) { return set(F_WRLCK, byte); }
  void unlock(int byte) { static_cast<void>(set(F_UNLCK, byte)); }

  int file_ = -1;
  bool queue_is_stuck_ = false;
};

}  // namespace detail
KEFU_END_NAMESPACE
