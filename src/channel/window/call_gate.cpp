#include "channel/window/call_gate.hpp"

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

struct MessagePermit final : Platform::Permit {
  explicit MessagePermit(WindowPermit t) : taken(std::move(t)) {}
  WindowPermit taken;
};

}  // namespace

void take_message(WindowGate& window, std::string customer, Platform::Gated done) {
  window.take(std::move(customer), 1, [done = std::move(done)](Result<WindowPermit> taken) mutable {
    if (!taken) return done(taken.error());
    done(std::unique_ptr<Platform::Permit>(std::make_unique<MessagePermit>(*std::move(taken))));
  });
}

void settle_message(std::unique_ptr<Platform::Permit> permit, const Error* error) {
  if (!permit) return;
  auto& taken = static_cast<MessagePermit&>(*permit).taken;
  taken.begin();
  if (error != nullptr) taken.settle(*error);
}

}  // namespace detail
KEFU_END_NAMESPACE
