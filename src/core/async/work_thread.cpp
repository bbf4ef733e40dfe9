#include "core/async/work_thread.hpp"

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

bool WorkThread::start(const char* name) {
  return thread_.start(name, [self = shared_from_this()] { self->run(); });
}

bool WorkThread::post(Task task, bool bounded) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || (bounded && queue_.size() >= limit_)) return false;
    queue_.push_back(std::move(task));
    if (queue_.size() >= limit_) was_full_ = true;
    if (!waiting_) return true;
    waiting_ = false;
  }
  changed_.notify_one();
  return true;
}

bool WorkThread::full() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() >= limit_;
}

void WorkThread::when_room(std::function<void()> notice) {
  const std::lock_guard lock(mutex_);
  when_room_ = std::move(notice);
}

void WorkThread::stop() {
  std::deque<Task> dropped;  // destroyed without the lock
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    if (at_stop_ == AtStop::drop_queued) dropped.swap(queue_);
  }
  changed_.notify_one();
  thread_.join_or_detach();
}

void WorkThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    waiting_ = true;
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    waiting_ = false;
    if (queue_.empty()) return;
    Task task = std::move(queue_.front());
    queue_.pop_front();
    std::function<void()> notice;
    if (was_full_ && queue_.size() <= limit_ / 2) {
      was_full_ = false;
      notice = when_room_;
    }
    lock.unlock();
    if (notice) notice();
    task();
    task = nullptr;
    lock.lock();
  }
}

}  // namespace detail
KEFU_END_NAMESPACE
