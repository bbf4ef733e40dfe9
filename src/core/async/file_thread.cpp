#include "core/async/file_thread.hpp"

#include "core/async/host_code.hpp"

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {
thread_local FileThread* this_file_thread = nullptr;
}  // namespace

std::shared_ptr<FileThread> FileThread::current() {
  return this_file_thread == nullptr ? nullptr : this_file_thread->shared_from_this();
}

bool FileThread::post(Task&& task) {
  if (fork_guard_.forked()) return false;  // before the mutex: the parent's thread may have held it
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    if (!started_) started_ = thread_.start("kefu-file", [self = shared_from_this()] { self->run(); });
    if (!started_) return false;
    queue_.push_back(std::move(task));
  }
  changed_.notify_all();
  return true;
}

void FileThread::stop() {
  if (fork_guard_.forked()) return;
  std::unique_lock lock(mutex_);
  if (std::exchange(stopping_, true) || !started_) return;
  changed_.notify_all();
  const bool here = thread_.is_current();
  const bool in_time = here || changed_.wait_for(lock, stop_within_, [this] { return ended_; });
  lock.unlock();
  in_time ? thread_.join_or_detach() : thread_.detach();
}

void FileThread::run() {
  this_file_thread = this;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) break;
    Task task = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    static_cast<void>(call_host_quietly(task));  // a last line: what leaves here would end the thread
    task = nullptr;
    lock.lock();
  }
  this_file_thread = nullptr;
  ended_ = true;
  changed_.notify_all();
}

}  // namespace detail
KEFU_END_NAMESPACE
