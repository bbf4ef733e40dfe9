#pragma once

#include "channel/window/gate.hpp"
#include "core/call/platform.hpp"

#include <memory>
#include <string>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The gate step of a call that is one message by itself, typed or raw: takes it from the customer's window. `done` is
/// answered on the loop, with what `settle_message` is to get back.
void take_message(WindowGate& window, std::string customer, Platform::Gated done);

/// That call ended: see Platform::settle. A null permit took nothing.
void settle_message(std::unique_ptr<Platform::Permit> permit, const Error* error);

}  // namespace detail
KEFU_END_NAMESPACE
