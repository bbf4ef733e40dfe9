#include "core/async/runtime_core.hpp"

#include <exception>

KEFU_BEGIN_NAMESPACE
namespace detail {

RuntimeCore::RuntimeCore() = default;
RuntimeCore::~RuntimeCore() = default;

void RuntimeCore::run_callback(Task task) {
  if (inline_callbacks || forked()) return run_here(task);
  executor->run([self = shared_from_this(), task = std::move(task)]() mutable {
    self->run_here(task);
    task = nullptr;
  });
}

void RuntimeCore::run_here(Task& task) {
  try {
    task();
  } catch (const std::exception& thrown) {
    report_thrown(thrown.what());
  } catch (...) {
    report_thrown("something that is no std::exception");
  }
}

void RuntimeCore::report_thrown(const char* what) const {
  if (!observer) return;
  const Attributes attributes{{"what", what}};
  observer->log({LogLevel::error, "callback.threw",
                 "a callback threw; the call it belongs to was answered all the same", attributes});
}

std::optional<Error> RuntimeCore::refuse_wait() const {
  if (fork_guard_.forked()) return refusal();
  if (may_not_block())
    return Error(ErrorKind::bad_argument,
                 "get() on one of the library's own threads would wait for itself: use then() or co_await, or give "
                 "RuntimeOptions::executor a thread of its own");
  return std::nullopt;
}

PendingHome::Help RuntimeCore::help(MonoTime until) { return scheduler->help(until); }

std::optional<Error> RuntimeCore::refusal() const {
  if (fork_guard_.forked())
    return Error(ErrorKind::configuration,
                 "this runtime belongs to the parent process, its threads did not survive fork(): create a Runtime in "
                 "each process, after fork()");
  if (refusing_.load(std::memory_order_acquire)) return Error(ErrorKind::cancelled, "the runtime was stopped");
  return std::nullopt;
}

bool RuntimeCore::on_own_thread() const { return may_not_block() || (on_callback_thread && on_callback_thread()); }

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
  scheduler->stop();
  store_queue->stop();
  if (stop_callbacks) stop_callbacks();
  const std::lock_guard lock(mutex_);
  phase_ = Phase::stopped;
  changed_.notify_all();
}

}  // namespace detail
KEFU_END_NAMESPACE
