#include "core/async/runtime_core.hpp"

#include "core/async/nested_runs.hpp"

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

/// Callbacks that run at once on this thread, one inside the other: a host that calls again from each callback, of
/// calls that are refused at once, comes as deep as it has calls.
NestedRuns*& nested_callbacks() {
  thread_local NestedRuns* current = nullptr;
  return current;
}
constexpr int kDeepestCallback = 32;

}  // namespace

RuntimeCore::RuntimeCore() = default;
RuntimeCore::~RuntimeCore() = default;

/// A callback that waits for the executor, and is counted as long as it does.
class RuntimeCore::Waiting {
 public:
  Waiting(std::shared_ptr<RuntimeCore> core, Task task) : core_(std::move(core)), task_(std::move(task)) {
    core_->callbacks_waiting.fetch_add(1, std::memory_order_relaxed);
  }
  Waiting(Waiting&&) noexcept = default;
  Waiting& operator=(Waiting&&) = delete;
  ~Waiting() {
    if (!core_ || !task_) return;
    core_->callbacks_waiting.fetch_sub(1, std::memory_order_relaxed);
    if (!core_->refusal()) report_host_fault(core_->observer.get(), host_seam::kExecutor, HostFault::dropped, {});
  }
  void operator()() {
    if (!task_) return report_host_fault(core_->observer.get(), host_seam::kExecutor, HostFault::repeated, {});
    core_->callbacks_waiting.fetch_sub(1, std::memory_order_relaxed);
    Task task = std::move(task_);
    core_->run_here(task);
  }

 private:
  std::shared_ptr<RuntimeCore> core_;
  Task task_;
};

void RuntimeCore::run_callback(Task task) {
  if (inline_callbacks || forked()) return run_here(task);
  if (callbacks) {
    callbacks_waiting.fetch_add(1, std::memory_order_relaxed);
    // It never drops and never repeats one; stopped it takes none, and who drops it answers.
    if (!callbacks->post(std::move(task), false)) callbacks_waiting.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  Waiting waiting(shared_from_this(), std::move(task));
  static_cast<void>(call_host(observer.get(), host_seam::kExecutor, [&] { executor->run(std::move(waiting)); }));
}

WorkThread::Run RuntimeCore::runs_callbacks() {
  return [weak = weak_from_this()](Task& task) {
    const auto core = weak.lock();
    if (!core) return static_cast<void>(call_host_quietly(task));  // the last handle is gone, and its observer
    core->callbacks_waiting.fetch_sub(1, std::memory_order_relaxed);
    core->run_here(task);
  };
}

void RuntimeCore::run_here(Task& task) {
  const auto run = [](RuntimeCore& core, Task& callback) {
    static_cast<void>(call_host(core.observer.get(), host_seam::kCallback, callback));
  };
  NestedRuns::run(
      nested_callbacks(), kDeepestCallback, [&] { run(*this, task); },
      [&]() -> Task {
        return [run, self = shared_from_this(), task = std::move(task)]() mutable { run(*self, task); };
      });
}

std::optional<Error> RuntimeCore::refuse_wait(bool from_callback) const {
  if (fork_guard_.forked()) return refusal();
  if (may_not_block())
    return Error(ErrorKind::bad_argument,
                 "get() on one of the library's own threads would wait for itself: use then() or co_await, or give "
                 "RuntimeOptions::executor a thread of its own");
  if (from_callback && on_callback_thread())
    return Error(ErrorKind::bad_argument,
                 "get() in a callback would wait for another callback, and there is one thread for both: return the "
                 "Pending from the callback, or give RuntimeOptions::executor more threads");
  return std::nullopt;
}

PendingHome::Help RuntimeCore::help(MonoTime until) {
  if (NestedRuns* const here = nested_callbacks(); here != nullptr && here->run_one()) return Help::worked;
  return scheduler->help(until);
}

std::optional<Error> RuntimeCore::refusal() const {
  if (fork_guard_.forked())
    return Error(ErrorKind::configuration,
                 "this runtime belongs to the parent process, its threads did not survive fork(): create a Runtime in "
                 "each process, after fork()");
  if (refusing_.load(std::memory_order_acquire))
    return Error(ErrorKind::cancelled, "the runtime was stopped, or ended with its owner: keep it as long as you call");
  return std::nullopt;
}

std::optional<Error> RuntimeCore::refuse_start() const {
  if (auto refused = refusal()) return refused;
  if (calls_in_flight.load(std::memory_order_relaxed) >= most_calls)
    return Error(
        ErrorKind::rate_limited,
        "not sent: as many calls are in flight as RuntimeOptions::calls_in_flight allows; wait for some of them");
  if (callbacks_waiting.load(std::memory_order_relaxed) >= most_callbacks)
    return Error(ErrorKind::rate_limited,
                 "not sent: as many callbacks wait for the executor as RuntimeOptions::callback_queue allows; let "
                 "callbacks return sooner, or give the runtime an executor with more threads");
  return std::nullopt;
}

bool RuntimeCore::on_own_thread() const { return may_not_block() || on_callback_thread(); }

void RuntimeCore::stop() {
  if (fork_guard_.forked()) return;
  {
    std::unique_lock lock(mutex_);
    if (phase_ != Phase::running) {
      if (!on_own_thread()) changed_.wait(lock, [this] { return phase_ == Phase::stopped; });
      return;
    }
    phase_ = Phase::stopping;
  }
  refusing_.store(true, std::memory_order_release);
  if (stop_transport) stop_transport();
  host_debts.end();
  if (!after_loop) run_out_simulated();
  const bool hand_off = after_loop && scheduler->is_own_thread();
  if (hand_off) after_loop([self = shared_from_this()] { self->stop_rest(); });
  scheduler->stop();
  if (!hand_off) stop_rest();
}

/// Nobody but us runs the scheduler: works under way come to their end, later ones are done at once.
void RuntimeCore::run_out_simulated() {
  while (store_is_busy() && !scheduler->is_own_thread() && scheduler->help(clock->mono()) == Help::worked) {
  }
  store_queue->finish();
}

void RuntimeCore::stop_rest() {
  closed_.store(true, std::memory_order_release);
  store_queue->stop();
  if (files) files->stop();
  if (callbacks) callbacks->stop();
  const std::lock_guard lock(mutex_);
  phase_ = Phase::stopped;
  changed_.notify_all();
}

}  // namespace detail
KEFU_END_NAMESPACE
