#pragma once

#include "core/async/runtime_core.hpp"
#include "core/async/work_thread.hpp"

#include <kefu/core/executor.hpp>
#include <kefu/core/http.hpp>
#include <kefu/core/runtime.hpp>
#include <kefu/core/scheduler.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The store threads; an affinity always means the same one. Without threads (a store that does not block) it takes
/// nothing. Thread safety: any thread.
class StoreThreads final : public StoreQueue {
 public:
  explicit StoreThreads(std::vector<std::shared_ptr<WorkThread>> threads) : threads_(std::move(threads)) {}
  bool post(const Affinity& affinity, Task&& work, bool bounded) override {
    if (threads_.empty()) return false;
    WorkThread& thread = *threads_[affinity.lane % threads_.size()];
    return affinity.first ? thread.post_ahead(std::move(work)) : thread.post(std::move(work), bounded);
  }
  void stop() override;
  bool is_own_thread() const override;

 private:
  const std::vector<std::shared_ptr<WorkThread>> threads_;
};

/// Store work on the scheduler, for simulated time: in order with everything else; at a stop at once. Thread safety:
/// any thread.
class ScheduledStore final : public StoreQueue {
 public:
  explicit ScheduledStore(std::shared_ptr<Scheduler> scheduler) : scheduler_(std::move(scheduler)) {}
  bool post(const Affinity& affinity, Task&& work, bool bounded) override;
  void finish() override { finishing_.store(true, std::memory_order_release); }
  void stop() override {}
  bool is_own_thread() const override { return scheduler_->is_own_thread(); }

 private:
  const std::shared_ptr<Scheduler> scheduler_;
  std::atomic<bool> finishing_{false};
};

/// Callbacks on the scheduler, for simulated time: in order with everything else, never inside the call that answers.
class ScheduledCallbacks final : public Executor {
 public:
  explicit ScheduledCallbacks(std::shared_ptr<Scheduler> scheduler) : scheduler_(std::move(scheduler)) {}
  void run(Task task) override { scheduler_->post(std::move(task)); }

 private:
  const std::shared_ptr<Scheduler> scheduler_;
};

/// Remembers what a host's transport still owes, so that a stop can answer it. Thread safety: any thread.
class StoppableTransport final : public Transport {
 public:
  StoppableTransport(std::shared_ptr<Transport> inner, std::shared_ptr<Observer> observer);
  ~StoppableTransport() override;
  void send(HttpRequest request, MonoTime deadline, CancelToken cancel, MoveFunction<void(HttpOutcome)> done) override;
  /// Answers everything that is under way with `cancelled_after_sending` and what comes later at once.
  void stop();

 private:
  struct Shared;
  const std::shared_ptr<Transport> inner_;
  const std::shared_ptr<Shared> shared_;
};

/// Spreads retries; splitmix64 over one atomic counter. Thread safety: any thread.
class DefaultJitter final : public Jitter {
 public:
  DefaultJitter();
  double unit() override;

 private:
  std::atomic<std::uint64_t> state_;
};

}  // namespace detail
KEFU_END_NAMESPACE
