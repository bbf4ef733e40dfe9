#include "stores/sqlite/turn.hpp"

#include "stores/sqlite/system_error.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
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
  taken_ = taken_ || mine;
  return mine;
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
    if (::stat(database.c_str(), &info) == 0) {
      static_cast<void>(::fchown(file_, info.st_uid, info.st_gid) == 0);
      static_cast<void>(::fchmod(file_, info.st_mode & 0666) == 0);
    }
    return {};
  }
  return system_error(path, "cannot be opened; it holds the turns between processes", errno);
}

bool SqliteProcessTurn::set(short type, int byte) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  return ::fcntl(file_, F_SETLK, &range) == 0;
}

bool SqliteProcessTurn::take(MonoTime deadline) {
  const MonoTime since = std::chrono::steady_clock::now();
  for (MonoTime now = since;; now = std::chrono::steady_clock::now()) {
    const bool placed = lock(kPlace);
    const bool passes = queue_is_stuck_ || now - since > std::chrono::milliseconds(20);
    const bool mine = (placed || passes) && lock(kTurn);
    if (mine || now >= deadline) {
      queue_is_stuck_ = !placed && (mine || queue_is_stuck_);
      if (placed) unlock(kPlace);
      return mine;
    }
    pause_between_tries(now - since);
  }
}

void SqliteProcessTurn::give_back() { unlock(kTurn); }

bool SqliteProcessTurn::try_take_log() { return lock(kLog); }

void SqliteProcessTurn::give_back_log() { unlock(kLog); }

}  // namespace detail
KEFU_END_NAMESPACE
