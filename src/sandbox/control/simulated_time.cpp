#include "core/async/time_range.hpp"
#include "core/async/timer_queue.hpp"

#include <kefu/sandbox/simulated_time.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

class SimulatedTime::Impl {
 public:
  explicit Impl(WallTime start) : wall(start) {}

  /// Takes the next task due by `until` and moves the time to it.
  std::optional<Task> next(MonoTime until) {
    const std::lock_guard lock(mutex);
    if (timers.empty() || timers.first() > until) return std::nullopt;
    move_to(timers.first());
    return timers.take_first();
  }
  void move_to(MonoTime when) {
    if (when <= mono) return;
    wall = detail::later(wall, when - mono);
    mono = when;
  }
  void run(Task task) {
    const auto outer = runner.exchange(std::this_thread::get_id());
    task();
    task = nullptr;
    runner.store(outer);
  }

  mutable std::mutex mutex;
  detail::TimerQueue timers;
  WallTime wall;
  MonoTime mono{};
  bool stopped = false;
  std::atomic<std::thread::id> runner{};
};

SimulatedTime::SimulatedTime(WallTime start) : impl_(std::make_unique<Impl>(start)) {}
SimulatedTime::~SimulatedTime() = default;

WallTime SimulatedTime::wall() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->wall;
}

MonoTime SimulatedTime::mono() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->mono;
}

Scheduler::Ticket SimulatedTime::run_at(MonoTime when, Task task) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->stopped) return 0;
  return impl_->timers.add(std::max(when, impl_->mono), std::move(task));
}

void SimulatedTime::drop(Ticket ticket) {
  std::optional<Task> dropped;  // destroyed without the lock
  const std::lock_guard lock(impl_->mutex);
  dropped = impl_->timers.remove(ticket);
}

void SimulatedTime::stop() {
  detail::TimerQueue dropped;
  const std::lock_guard lock(impl_->mutex);
  impl_->stopped = true;
  std::swap(dropped, impl_->timers);
}

bool SimulatedTime::is_own_thread() const { return impl_->runner.load() == std::this_thread::get_id(); }

Scheduler::Help SimulatedTime::help(MonoTime until) {
  if (auto task = impl_->next(until)) {
    impl_->run(*std::move(task));
    return Help::worked;
  }
  if (until != MonoTime::max()) {
    const std::lock_guard lock(impl_->mutex);
    impl_->move_to(until);
  }
  return Help::nothing;
}

void SimulatedTime::advance(Millis by) {
  if (is_own_thread()) return;
  const MonoTime until = detail::later(mono(), std::max(by, Millis(0)));
  while (help(until) == Help::worked) {
  }
}

std::size_t SimulatedTime::run_ready() {
  if (is_own_thread()) return 0;
  std::size_t ran = 0;
  for (const MonoTime now = mono(); help(now) == Help::worked;) ++ran;
  return ran;
}

Millis SimulatedTime::elapsed() const { return std::chrono::duration_cast<Millis>(mono() - MonoTime{}); }

std::size_t SimulatedTime::waiting() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->timers.size();
}

void SimulatedTime::set_wall(WallTime now) {
  const std::lock_guard lock(impl_->mutex);
  impl_->wall = now;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
