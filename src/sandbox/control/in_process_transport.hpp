#pragma once

#include "sandbox/control/core.hpp"

#include <kefu/core/http.hpp>
#include <kefu/core/scheduler.hpp>

#include <memory>
#include <string>
#include <vector>

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

/// A twin of the core and the URL it is served under, which is answered beside the platform's real hosts.
struct ServedTwin {
  Twin* twin = nullptr;
  std::string url;
};

/// The twins without sockets.
std::shared_ptr<Transport> in_process_transport(std::shared_ptr<SandboxCore> core,
                                                std::shared_ptr<SchedulerTimers> timers, std::vector<ServedTwin> twins);

}  // namespace sandbox
KEFU_END_NAMESPACE
