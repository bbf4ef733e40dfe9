#pragma once

#include "channel/window/gate.hpp"
#include "jd/customers/customer_book.hpp"
#include "jd/gateway/platform.hpp"

#include <memory>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Lets calls pass, typed or raw: one that pushes a message to a customer takes it from the customer's reply window.
/// Pushes of the shop's messenger pass, as it has taken their windows for all parts of a message.
ShopPlatform::Gate push_gate(std::shared_ptr<detail::WindowGate> window, std::shared_ptr<CustomerBook> customers);

}  // namespace jd
KEFU_END_NAMESPACE
