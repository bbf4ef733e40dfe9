#include "stores/sqlite/turn.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

// Bytes of the file. Whoever waits for the turn holds the place in the queue; who holds the turn gives the place up.
constexpr int kPlace = 0;
constexpr int kTurn = 1;
constexpr int kLog = 2;

/// A commit that does not wait for the disk takes tens of microseconds, so the first of those who wait looks again at
/// once; later with pauses that grow with what was waited.
void pause_between_tries(std::chrono::nanoseconds waited) {
  if (waited < std::chrono::microseconds(60)) {
    sched_yield();
    return;
  }
  std::this_thread::sleep_for(
      std::clamp<std::chrono::nanoseconds>(waited / 8, std::chrono::microseconds(20), std::chrono::microseconds(500)));
}

}  // namespace

bool SqliteTurn::may_pass(MonoTime now) const {
  return !taken_ && (first_ == nullptr || now - first_->since < std::chrono::milliseconds(1));
}

void SqliteTurn::remove(Waiter& waiter) {
  Waiter** place = &first_;
  while (*place != &waiter) place = &(*place)->next;
  *place = waiter.next;
}

bool SqliteTurn::take(MonoTime deadline) {
  const MonoTime now = std::chrono::steady_clock::now();
  std::unique_lock<std::mutex> lock(mutex_);
  if (may_pass(now)) return taken_ = true;
  Waiter self;
  self.since = now;
  Waiter** last = &first_;
  while (*last != nullptr) last = &(*last)->next;
  *last = &self;
  const bool mine = self.woken.wait_until(lock, deadline, [&] { return !taken_ && first_ == &self; });
  remove(self);
  if (mine) return taken_ = true;
  if (!taken_ && first_ != nullptr) first_->woken.notify_one();  // The word that was meant for this thread.
  return false;
}

bool SqliteTurn::try_take() {
  std::lock_guard<std::mutex> lock(mutex_);
  const bool mine = may_pass(std::chrono::steady_clock::now());
  taken_ = taken_ || mine;
  return mine;
}

void SqliteTurn::give_back() {
  std::lock_guard<std::mutex> lock(mutex_);
  taken_ = false;
  if (first_ != nullptr) first_->woken.notify_one();
}

SqliteProcessTurn::~SqliteProcessTurn() {
  if (file_ >= 0) ::close(file_);
}

Result<void> SqliteProcessTurn::open(const std::string& database) {
  const std::string path = database + "-turn";
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file_ >= 0) {
    struct stat info {};
    if (geteuid() == 0 && ::stat(database.c_str(), &info) == 0) {
      static_cast<void>(::fchown(file_, info.st_uid, info.st_gid) == 0);
    }
    return {};
  }
  const int code = errno;
  const bool no_room = code == ENOSPC || code == EDQUOT;
  const bool too_many = code == EMFILE || code == ENFILE;
  return Error(no_room    ? ErrorKind::quota_exhausted
               : too_many ? ErrorKind::unavailable
                          : ErrorKind::configuration,
               fmt::format("SQLite store: {} cannot be opened; it holds the turns between processes: {}", path,
                           std::system_category().message(code)));
}

bool SqliteProcessTurn::lock(int first, int count) {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = first;
  range.l_len = count;
  if (::fcntl(file_, F_SETLK, &range) == 0) return true;
  // Where the system cannot lock (no memory for it) everybody goes on without turns.
  return errno != EAGAIN && errno != EACCES && errno != EINTR;
}

void SqliteProcessTurn::unlock(int first, int count) {
  struct flock range {};
  range.l_type = F_UNLCK;
  range.l_whence = SEEK_SET;
  range.l_start = first;
  range.l_len = count;
  static_cast<void>(::fcntl(file_, F_SETLK, &range));
}

bool SqliteProcessTurn::take(MonoTime deadline) {
  static_assert(kTurn == kPlace + 1, "both are locked at once");
  if (lock(kPlace, 2)) {
    unlock(kPlace, 1);
    return true;
  }
  const MonoTime since = std::chrono::steady_clock::now();
  bool placed = false;
  for (MonoTime now = since;; now = std::chrono::steady_clock::now()) {
    placed = placed || lock(kPlace, 1);
    const bool passes = queue_is_stuck_ || now - since > std::chrono::milliseconds(20);
    const bool mine = (placed || passes) && lock(kTurn, 1);
    if (mine || now >= deadline) {
      queue_is_stuck_ = !placed && (mine || queue_is_stuck_);
      if (placed) unlock(kPlace, 1);
      return mine;
    }
    pause_between_tries(now - since);
  }
}

void SqliteProcessTurn::give_back() { unlock(kTurn, 1); }

bool SqliteProcessTurn::try_take_log() { return lock(kLog, 1); }

void SqliteProcessTurn::give_back_log() { unlock(kLog, 1); }

}  // namespace detail
KEFU_END_NAMESPACE
