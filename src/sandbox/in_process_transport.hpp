#pragma once

#include "sandbox/sandbox_core.hpp"

#include <kefu/core/http.hpp>
#include <kefu/core/scheduler.hpp>

#include <memory>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// A host's scheduler and the clock that belongs to it, as the sandbox sees time.
class SchedulerTimers final : public Timers {
 public:
  SchedulerTimers(std::shared_ptr<Scheduler> scheduler, std::shared_ptr<const Clock> clock)
      : scheduler_(std::move(scheduler)), clock_(std::move(clock)) {}
  MonoTime now() const override { return clock_->mono(); }
  void run_at(MonoTime when, Task task) override { scheduler_->run_at(when, std::move(task)); }
  Scheduler& scheduler() const { return *scheduler_; }

 private:
  std::shared_ptr<Scheduler> scheduler_;
  std::shared_ptr<const Clock> clock_;
};

/// The twins without sockets. `own_url` is answered beside the platform's real hosts.
std::shared_ptr<Transport> in_process_transport(std::shared_ptr<SandboxCore> core,
                                                std::shared_ptr<SchedulerTimers> timers, std::string own_url);

}  // namespace sandbox
KEFU_END_NAMESPACE
