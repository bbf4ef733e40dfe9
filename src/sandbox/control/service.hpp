#pragma once

#include "sandbox/control/api.hpp"
#include "sandbox/http/server.hpp"

#include <atomic>
#include <memory>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// The control API on a port. Calls that wait are parked and asked again after every change.
///
/// Thread safety: `handle` on the loop; `on_change` from any thread.
class ControlService : public std::enable_shared_from_this<ControlService> {
 public:
  ControlService(EventLoop& loop, std::shared_ptr<SandboxCore> core) : loop_(loop), core_(std::move(core)) {}

  void handle(const WebRequest& request, Responder respond);
  void on_change();

 private:
  struct Parked {
    ControlResult result;
    MonoTime deadline;
    Responder respond;
  };
  void ask_again();

  EventLoop& loop_;
  std::shared_ptr<SandboxCore> core_;
  std::vector<Parked> parked_;
  std::atomic<bool> anybody_{false};
  std::atomic<bool> asked_{false};
};

}  // namespace sandbox
KEFU_END_NAMESPACE
