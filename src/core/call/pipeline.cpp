#include "core/call/pipeline.hpp"

#include "core/call/flight.hpp"

#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

Pipeline::Pipeline(std::shared_ptr<RuntimeCore> core, std::shared_ptr<Platform> platform, RetryPolicy retry,
                   std::shared_ptr<CallQueue> queue)
    : core_(std::move(core)),
      platform_(std::move(platform)),
      retry_(retry),
      queue_(queue ? std::move(queue) : std::make_shared<CallQueue>(core_, platform_)) {}

void Pipeline::launch(std::shared_ptr<Call> call, CallOptions options, CancelToken unwanted) {
  if (auto refusal = core_->refusal()) return call->fail(*std::move(refusal));
  core_->calls_in_flight.fetch_add(1, std::memory_order_relaxed);
  auto flight = std::make_shared<Flight>(shared_from_this(), std::move(call), std::move(options), std::move(unwanted));
  flight->prepare();
  // Posted, not called: a callback of the host never runs under the caller's locks.
  core_->scheduler->post([flight = std::move(flight)] { flight->begin(); });
}

void Pipeline::close() {
  closed_.store(true, std::memory_order_relaxed);
  core_->scheduler->post([self = shared_from_this()] {
    std::vector<std::weak_ptr<Flight>> waiting;
    waiting.reserve(self->waiting_.size());
    for (const auto& entry : self->waiting_) waiting.push_back(entry.second);
    for (const auto& weak : waiting)
      if (auto flight = weak.lock()) flight->on_removal();
  });
}

}  // namespace detail
KEFU_END_NAMESPACE
