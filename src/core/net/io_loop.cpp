#include "core/net/io_loop.hpp"

#include "core/async/host_code.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

// Tickets of posted tasks and of timers come from two counters; the highest bit tells them apart.
constexpr Scheduler::Ticket kPosted = Scheduler::Ticket(1) << 63;
constexpr std::chrono::milliseconds kLongestSleep(60'000);

void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

IoLoop::IoLoop() {
  static std::once_flag once;  // never undone: the host may use libcurl too
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  multi_ = curl_multi_init();
}

IoLoop::~IoLoop() {
  // A child of fork shares the parent's sockets: closing them politely would end the parent's TLS connections.
  if (!forked()) close_multi();
}

bool IoLoop::start() {
  return multi_ != nullptr && thread_.start("kefu-io", [self = shared_from_this()] { self->run(); });
}

Scheduler::Ticket IoLoop::run_at(MonoTime when, Task task) {
  if (forked()) return 0;  // before the mutex: the parent's thread may have held it
  std::unique_lock lock(mutex_);
  if (refusing_ || (without_timers_ && when != MonoTime::min())) {
    lock.unlock();
    task = nullptr;
    return 0;
  }
  Ticket ticket;
  if (when == MonoTime::min()) {
    ticket = kPosted | ++last_posted_;
    posted_.push_back({ticket, std::move(task)});
  } else {
    ticket = timers_.add(when, std::move(task));
    if (timers_.first() != when) return ticket;  // the loop wakes for an earlier one anyway
  }
  wake_locked(lock);
  return ticket;
}

void IoLoop::drop(Ticket ticket) {
  if (ticket == 0 || forked()) return;
  Task dropped;  // destroyed without the lock
  const std::lock_guard lock(mutex_);
  if ((ticket & kPosted) == 0) {
    if (auto task = timers_.remove(ticket)) dropped = *std::move(task);
    return;
  }
  // They stand in the order of their tickets; a dropped one leaves a gap.
  const auto found = std::lower_bound(posted_.begin(), posted_.end(), ticket,
                                      [](const Posted& posted, Ticket wanted) { return posted.ticket < wanted; });
  if (found != posted_.end() && found->ticket == ticket) dropped = std::move(found->task);
}

// The system call is made only if the loop sleeps, and once per sleep.
void IoLoop::wake_locked(std::unique_lock<std::mutex>& lock) {
  const Sleep was = std::exchange(sleep_, Sleep::awake);
  if (was == Sleep::awake) return;
  if (was == Sleep::in_libcurl) wakers_.fetch_add(1, std::memory_order_relaxed);
  lock.unlock();
  if (was == Sleep::idle) return idle_.notify_one();
  curl_multi_wakeup(multi_);
  wakers_.fetch_sub(1, std::memory_order_release);
}

void IoLoop::add(void* easy) {
  ++running_;
  curl_multi_add_handle(multi_, easy);
}

void IoLoop::stop() {
  if (forked()) return;
  {
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    wake_locked(lock);
  }
  thread_.join_or_detach();
}

void IoLoop::run() {
  block_sigpipe();
  const TurnWakes::Here here(wakes_);
  for (;;) {
    run_posted();
    run_due();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    if (running_ > 0) run_transfers();
    wakes_.pay();
    sleep(MonoTime::max());
  }
  run_out();
  end();
  Task last;
  {
    const std::lock_guard lock(mutex_);
    last = std::move(after_end_);
  }
  if (last) last();
}

void IoLoop::after_end(Task task) {
  const std::lock_guard lock(mutex_);
  after_end_ = std::move(task);
}

// As many as there are now: a task that posts itself again must not keep the replies waiting.
void IoLoop::run_posted() {
  std::unique_lock lock(mutex_);
  for (std::size_t left = posted_.size(); left > 0 && !posted_.empty(); --left) {
    Task task = std::move(posted_.front().task);
    posted_.pop_front();
    if (!task) continue;  // dropped
    lock.unlock();
    static_cast<void>(call_host_quietly(task));  // a last line: what leaves here would end the thread
    task = nullptr;
    lock.lock();
  }
}

void IoLoop::run_due() {
  std::unique_lock lock(mutex_);
  if (timers_.empty()) return;
  const MonoTime now = std::chrono::steady_clock::now();
  while (!timers_.empty() && timers_.first() <= now) {
    Task task = timers_.take_first();
    lock.unlock();
    static_cast<void>(call_host_quietly(task));  // a last line: what leaves here would end the thread
    task = nullptr;
    lock.lock();
  }
}

void IoLoop::run_transfers() {
  curl_multi_perform(multi_, &running_);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;  // the message ends with the handle's stay in the multi
    Transfer* transfer = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    curl_multi_remove_handle(multi_, easy);
    if (transfer != nullptr) static_cast<void>(call_host_quietly([&] { transfer->completed(static_cast<int>(code)); }));
  }
}

void IoLoop::sleep(MonoTime until) {
  std::unique_lock lock(mutex_);
  if ((stopping_ && !without_timers_) || !posted_.empty()) return;
  const MonoTime now = std::chrono::steady_clock::now();
  if (!timers_.empty()) until = std::min(until, timers_.first());
  until = std::min(until, now + kLongestSleep);
  if (running_ == 0) {
    sleep_ = Sleep::idle;
    idle_.wait_until(lock, until);
  } else {
    sleep_ = Sleep::in_libcurl;
    lock.unlock();
    // Rounded up: waking a moment early would spin until the time has come.
    const auto limit =
        std::max(std::chrono::ceil<std::chrono::milliseconds>(until - now), std::chrono::milliseconds(0));
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(limit.count()), nullptr);
    lock.lock();
  }
  sleep_ = Sleep::awake;
}

// What was posted before the stop still runs (it finds the runtime refusing), transfers are ended with their own fault,
// what waits for a time is destroyed, which answers it. All of it may still want the store: its results are waited for.
void IoLoop::run_out() {
  run_posted();
  if (at_stop_) at_stop_();
  {
    TimerQueue timers;
    const std::lock_guard lock(mutex_);
    without_timers_ = true;
    std::swap(timers, timers_);
  }
  const MonoTime end = std::chrono::steady_clock::now() + stop_within_;
  for (;;) {
    run_posted();
    {
      const std::lock_guard lock(mutex_);
      if (posted_.empty() && !(busy_ && busy_())) break;
    }
    if (std::chrono::steady_clock::now() >= end) break;
    wakes_.pay();
    sleep(end);
  }
}

// Whatever is left is destroyed, which answers it.
void IoLoop::end() {
  at_stop_ = nullptr;  // they may own what owns this loop
  busy_ = nullptr;
  {
    std::deque<Posted> posted;
    TimerQueue timers;
    const std::lock_guard lock(mutex_);
    refusing_ = true;
    posted.swap(posted_);
    std::swap(timers, timers_);
  }
  close_multi();
}

void IoLoop::close_multi() {
  while (wakers_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  if (multi_ != nullptr) curl_multi_cleanup(std::exchange(multi_, nullptr));
}

}  // namespace detail
KEFU_END_NAMESPACE
