#pragma once

#include "channel/send/lanes.hpp"

#include <kefu/channel/capabilities.hpp>
#include <kefu/channel/send_plan.hpp>

#include <memory>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What a plan is made from: the message made ready as `send` does it, with what the caller allows, and (if that
/// failed) with everything allowed.
struct PlannedMessage {
  PlannedMessage(Result<OutgoingMessage> m, std::shared_ptr<const Capabilities> c)
      : message(std::move(m)), account(std::move(c)) {}
  Result<OutgoingMessage> message;
  std::optional<Result<OutgoingMessage>> with_changes;
  std::shared_ptr<const Capabilities> account;
  std::shared_ptr<WindowGate> window;  ///< Null: no reply windows.
};

/// `prepare(Message)` gives Result<OutgoingMessage>.
template <class Prepare>
PlannedMessage planned(const Message& message, std::shared_ptr<const Capabilities> account, const Prepare& prepare) {
  PlannedMessage out(prepare(message), std::move(account));
  if (out.message) return out;
  Message changed = message;
  changed.allow = Adaptation::any();
  out.with_changes.emplace(prepare(std::move(changed)));
  return out;
}

/// Default time: 5 s, which only a slow store takes.
Pending<SendPlan> plan_send(const std::shared_ptr<RuntimeCore>& runtime, PlannedMessage message, CallOptions options);

}  // namespace detail
KEFU_END_NAMESPACE
