#include "core/async/work_thread.hpp"

#include "core/async/host_code.hpp"
#include "core/async/turn_wakes.hpp"

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

/// So much waits that a loop wakes a thread in the middle of its turn.
constexpr std::size_t kWorthAWake = 16;

thread_local TurnWakes* wakes_here = nullptr;

}  // namespace

TurnWakes::Here::Here(TurnWakes& wakes) : wakes_(wakes) { wakes_here = &wakes; }
TurnWakes::Here::~Here() {
  wakes_here = nullptr;
  wakes_.pay();
}

TurnWakes* TurnWakes::here() noexcept { return wakes_here; }

void TurnWakes::pay() {
  for (const auto& thread : owed_) thread->wake_owed();
  owed_.clear();
}

bool WorkThread::start(const char* name) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  if (!started_) started_ = thread_.start(name, [self = shared_from_this()] { self->run(); });
  return started_;
}

bool WorkThread::post(Task&& task, bool bounded) {
  std::unique_lock lock(mutex_);
  if (stopping_ || (bounded && queue_.size() >= limit_)) return false;
  queue_.push_back(std::move(task));
  wake(std::move(lock));
  return true;
}

bool WorkThread::post_ahead(Task&& task) {
  std::unique_lock lock(mutex_);
  if (stopping_) return false;
  queue_.push_front(std::move(task));
  wake(std::move(lock));
  return true;
}

void WorkThread::wake(std::unique_lock<std::mutex> lock) {
  if (sleep_ == Sleep::awake) return;
  TurnWakes* const turn = TurnWakes::here();
  if (turn != nullptr && queue_.size() < kWorthAWake) {
    if (std::exchange(sleep_, Sleep::wake_is_owed) == Sleep::asleep) turn->owe(shared_from_this());
    return;
  }
  sleep_ = Sleep::awake;
  lock.unlock();
  changed_.notify_one();
}

void WorkThread::wake_owed() {
  {
    const std::lock_guard lock(mutex_);
    if (sleep_ != Sleep::wake_is_owed) return;
    sleep_ = Sleep::awake;
  }
  changed_.notify_one();
}

void WorkThread::stop() {
  std::deque<Task> dropped;  // destroyed without the lock
  std::unique_lock lock(mutex_);
  if (std::exchange(stopping_, true)) return;
  if (at_stop_ == AtStop::drop_queued) dropped.swap(queue_);
  lock.unlock();
  changed_.notify_one();
  dropped.clear();  // answered now, however long the task at hand takes
  if (stop_within_ && !is_own_thread()) {
    lock.lock();
    if (started_ && !changed_.wait_for(lock, *stop_within_, [this] { return ended_; })) return thread_.detach();
    lock.unlock();
  }
  thread_.join_or_detach();
}

void WorkThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    sleep_ = Sleep::asleep;
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    sleep_ = Sleep::awake;
    if (queue_.empty()) break;
    Task task = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    if (run_) {
      run_(task);
    } else {
      static_cast<void>(call_host_quietly(task));  // a last line: what leaves here would end the thread
    }
    task = nullptr;
    lock.lock();
  }
  ended_ = true;
  changed_.notify_one();
}

}  // namespace detail
KEFU_END_NAMESPACE
