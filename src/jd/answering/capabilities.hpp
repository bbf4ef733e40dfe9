#pragma once

#include "core/async/runtime_core.hpp"

#include <kefu/channel/capabilities.hpp>
#include <kefu/jd/shop.hpp>

#include <memory>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// What a shop can do with the grants it was given. Every reason says who can change it.
Capabilities capabilities_of(const ShopConfig& config);
/// The same, kept once for all shops of a runtime that can do the same.
std::shared_ptr<const Capabilities> shared_capabilities_of(detail::RuntimeCore& runtime, const ShopConfig& config);

/// What after-sale orders take: text alone. The content rules of a shop are those of its DongDong sessions if it has a
/// DongDongGrant.
Capabilities after_sale_capabilities(const ShopConfig& config);
std::shared_ptr<const Capabilities> shared_after_sale_capabilities(detail::RuntimeCore& runtime,
                                                                   const ShopConfig& config);

}  // namespace jd
KEFU_END_NAMESPACE
