#pragma once

#include "core/async/runtime_core.hpp"
#include "core/call/platform.hpp"
#include "core/call/queue.hpp"

#include <kefu/core/call_options.hpp>
#include <kefu/core/client.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <unordered_map>

KEFU_BEGIN_NAMESPACE
namespace detail {

class Flight;

/// What all calls of one account share: the platform's view of it, its limits and who waits for them.
///
/// Thread safety: `launch`, `close` and `core` from any thread; the rest runs on the loop. Lifetime: calls in flight
/// keep it alive; they end when the runtime stops.
class Pipeline final : public std::enable_shared_from_this<Pipeline> {
 public:
  /// With a queue of others it shares their limits: a platform may count an application's calls over all its accounts.
  Pipeline(std::shared_ptr<RuntimeCore> core, std::shared_ptr<Platform> platform, RetryPolicy retry = RetryPolicy(),
           std::shared_ptr<CallQueue> queue = nullptr);

  /// Starts a call: it is answered exactly once, on the loop (at shutdown: on the thread that stops).
  void launch(std::shared_ptr<Call> call, CallOptions options, CancelToken unwanted);

  /// The account is gone: calls that wait and all later ones answer `cancelled`; what is on the wire is let finish.
  void close();

  const std::shared_ptr<RuntimeCore>& core() const { return core_; }

 private:
  friend class Flight;
  const std::shared_ptr<RuntimeCore> core_;
  const std::shared_ptr<Platform> platform_;
  const RetryPolicy retry_;
  const std::shared_ptr<CallQueue> queue_;
  std::atomic<bool> closed_{false};

  // Loop only.
  std::unordered_map<Flight*, std::weak_ptr<Flight>> waiting_;
};

}  // namespace detail
KEFU_END_NAMESPACE
