#include "stores/sqlite/checkpoints.hpp"

#include "stores/sqlite/connection.hpp"
#include "stores/sqlite/file.hpp"

#include <limits>
#include <pthread.h>
#include <signal.h>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr int kEvery = 1000;        // Pages between two passes.
constexpr int kWrapAt = 12 * 1024;  // 48 MB: from here on the log must begin anew.
constexpr int kHoldAt = 20 * 1024;  // 80 MB: writers are faster than the disk, so they are held for all of it.
constexpr int kFewPages = 64;
constexpr int kPasses = 6;
constexpr std::chrono::milliseconds kReaders{20};  // How long writers are held for the sake of readers.

}  // namespace

void SqliteCheckpoints::log_has(int pages) {
  // Half as many as before: it began anew. A little less is a thread that was late to say so.
  if (pages < last_.exchange(pages, std::memory_order_relaxed) / 2) next_.store(kEvery, std::memory_order_relaxed);
  if (pages < next_.load(std::memory_order_relaxed)) return;
  next_.store(std::numeric_limits<int>::max(), std::memory_order_relaxed);  // Until it is done.
  std::unique_lock<std::mutex> lock(mutex_);
  if (stopping_) return;
  if (!started_) started_ = thread_.start("kefu-sqlite", [this] { run(); });
  if (started_) {
    wanted_ = true;
    woken_.notify_one();
    return;
  }
  // No thread to be had: whoever commits does it.
  if (std::exchange(moving_, true)) return;
  lock.unlock();
  move();
  lock.lock();
  moving_ = false;
}

void SqliteCheckpoints::stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    woken_.notify_one();
  }
  thread_.join_or_detach();
  if (connection_ != nullptr && file_.others_log_stands()) connection_->leave_log_at_close();
  connection_.reset();
}

void SqliteCheckpoints::run() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);  // Signals are the host's.
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    woken_.wait(lock, [this] { return wanted_ || stopping_; });
    if (stopping_) return;
    wanted_ = false;
    lock.unlock();
    move();
    lock.lock();
  }
}

Result<void> SqliteCheckpoints::connect() {
  if (connection_ != nullptr) return {};
  auto opened = SqliteConnection::open(file_.path(), std::chrono::steady_clock::now() + std::chrono::seconds(5));
  if (!opened) return opened.error();
  // Only a connection that has read knows that there is a log.
  if (auto read = (*opened)->number("PRAGMA user_version"); !read) return read.error();
  connection_ = std::move(*opened);
  return {};
}

/// What fails is tried again when the log has grown by another thousand pages; the writer that finds no room does it
/// itself.
void SqliteCheckpoints::move() {
  SqliteLog log;
  log.pages = last_.load(std::memory_order_relaxed);
  // One process does it; but a log that is far too long is not left to one that may have been stopped.
  const bool alone = file_.processes().try_take_log();
  if ((alone || log.pages >= kHoldAt) && file_.check() && connect()) {
    const auto pass = [&](bool wrap, std::chrono::milliseconds limit) {
      connection_->set_deadline(std::chrono::steady_clock::now() + limit);
      if (const auto moved = connection_->move_log(wrap)) log = *moved;
      return log.pages >= kWrapAt;
    };
    bool full = pass(false, std::chrono::seconds(60));
    for (int more = 1; full && log.pages < kHoldAt && log.pages - log.moved > kFewPages && more < kPasses; ++more) {
      full = pass(false, std::chrono::seconds(60));
    }
    if (full && file_.take_turn(std::chrono::steady_clock::now() + std::chrono::seconds(2))) {
      static_cast<void>(pass(true, kReaders));
      file_.give_turn_back();
    }
  }
  if (alone) file_.processes().give_back_log();
  next_.store(log.pages + kEvery, std::memory_order_relaxed);
}

}  // namespace detail
KEFU_END_NAMESPACE
