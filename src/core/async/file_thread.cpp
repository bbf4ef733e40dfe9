#include "core/async/file_thread.hpp"

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {
thread_local std::weak_ptr<FileThread> this_file_thread;
}  // namespace

std::shared_ptr<FileThread> FileThread::current() { return this_file_thread.lock(); }

bool FileThread::post(Task&& task) {
  if (fork_guard_.forked()) return false;  // before the mutex: the parent's thread may have held it
  std::call_once(marked_, [this] {
    static_cast<void>(thread_->post([self = weak_from_this()] { this_file_thread = self; }, false));
  });
  return thread_->start("kefu-file") && thread_->post(std::move(task), false);
}

void FileThread::stop() {
  if (!fork_guard_.forked()) thread_->stop();
}

}  // namespace detail
KEFU_END_NAMESPACE
