#include "sandbox/http/event_loop.hpp"

#include "core/async/host_code.hpp"

#include <algorithm>
#include <array>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

bool EventLoop::start() {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll_ < 0 || wake_ < 0) return false;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = static_cast<std::uint32_t>(wake_);
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) return false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
  }
  stopping_ = false;
  thread_ = std::thread([this] { run(); });
  return true;
}

void EventLoop::stop() {
  if (thread_.joinable()) {
    stopping_ = true;
    const std::uint64_t one = 1;
    static_cast<void>(!::write(wake_, &one, sizeof one));
    thread_.join();
  }
  std::multimap<MonoTime, Task> dropped;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = false;
    dropped.swap(tasks_);
  }
  dropped.clear();
  watched_.clear();
  for (int* fd : {&epoll_, &wake_}) {
    if (*fd >= 0) ::close(*fd);
    *fd = -1;
  }
}

void EventLoop::run_at(MonoTime when, Task task) {
  bool wake = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!open_) return;
    const bool first = tasks_.empty() || when < tasks_.begin()->first;
    tasks_.emplace(when, std::move(task));
    wake = first && !wake_pending_ && !on_loop();
    wake_pending_ = wake_pending_ || wake;
  }
  if (!wake) return;
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_, &one, sizeof one));
}

bool EventLoop::watch(int fd, std::uint32_t events, Watcher watcher) {
  const std::uint32_t generation = ++generations_;
  epoll_event event{};
  event.events = events;
  event.data.u64 = (static_cast<std::uint64_t>(generation) << 32) | static_cast<std::uint32_t>(fd);
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return false;
  watched_[fd] = Watched{generation, std::make_shared<const Watcher>(std::move(watcher))};
  return true;
}

void EventLoop::rewatch(int fd, std::uint32_t events) {
  const auto found = watched_.find(fd);
  if (found == watched_.end()) return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = (static_cast<std::uint64_t>(found->second.generation) << 32) | static_cast<std::uint32_t>(fd);
  static_cast<void>(::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event));
}

void EventLoop::forget(int fd) {
  static_cast<void>(::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr));
  watched_.erase(fd);
}

int EventLoop::wait_time() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (tasks_.empty()) return -1;
  const MonoTime first = tasks_.begin()->first;
  const MonoTime current = now();
  if (first <= current) return 0;
  const auto left = std::chrono::ceil<Millis>(first - current).count();
  return static_cast<int>(std::min<std::int64_t>(left, 60'000));
}

void EventLoop::run_due() {
  // Tasks posted by these tasks wait for the next round, so that sockets are served in between.
  std::vector<Task> due;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    wake_pending_ = false;
    const auto end = tasks_.upper_bound(now());
    for (auto task = tasks_.begin(); task != end; ++task) due.push_back(std::move(task->second));
    tasks_.erase(tasks_.begin(), end);
  }
  for (Task& task : due) static_cast<void>(detail::call_host_quietly(task));
}

void EventLoop::dispatch(std::uint64_t mark, std::uint32_t events) {
  const int fd = static_cast<int>(mark & 0xffffffffU);
  if (fd == wake_) {
    std::uint64_t count = 0;
    static_cast<void>(!::read(wake_, &count, sizeof count));
    return;
  }
  // The generation keeps an event of a closed socket away from the next socket with the same number.
  const auto found = watched_.find(fd);
  if (found == watched_.end() || found->second.generation != mark >> 32) return;
  const std::shared_ptr<const Watcher> watcher = found->second.watcher;
  if (!detail::call_host_quietly([&] { (*watcher)(events); })) forget(fd);
}

void EventLoop::run() {
  thread_id_ = std::this_thread::get_id();
  std::array<epoll_event, 128> events;
  while (!stopping_) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_time());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      dispatch(event.data.u64, event.events);
    }
    run_due();
  }
  thread_id_ = std::thread::id();
}

}  // namespace sandbox
KEFU_END_NAMESPACE
