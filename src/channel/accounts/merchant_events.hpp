#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/channel/authorizer.hpp>
#include <kefu/core/function.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The listener of an Authorizer.
///
/// Thread safety: any thread. The listener is called where callbacks run, without a lock of ours.
class MerchantEvents {
 public:
  using Listener = MoveFunction<void(const MerchantEvent&)>;

  MerchantEvents(std::shared_ptr<RuntimeCore> runtime, std::string platform)
      : runtime_(std::move(runtime)), platform_(std::move(platform)) {}
  void listen(Listener listener);
  void tell(MerchantEvent::Kind kind, Merchant merchant) const;

 private:
  const std::shared_ptr<RuntimeCore> runtime_;
  const std::string platform_;
  mutable std::mutex mutex_;
  std::shared_ptr<Listener> listener_;
};

}  // namespace detail
KEFU_END_NAMESPACE
