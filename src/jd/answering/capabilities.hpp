#pragma once

#include <kefu/channel/capabilities.hpp>
#include <kefu/jd/shop.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// What a shop can do with the grants it was given. Every reason says who can change it.
Capabilities capabilities_of(const ShopConfig& config);

/// What after-sale orders take: text alone. The content rules of a shop are those of its DongDong sessions if it has a
/// DongDongGrant.
Capabilities after_sale_capabilities(const ShopConfig& config);

}  // namespace jd
KEFU_END_NAMESPACE
