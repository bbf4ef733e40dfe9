#pragma once

#include "core/async/runtime_core.hpp"
#include "core/tokens/credential.hpp"

#include <kefu/core/client.hpp>
#include <kefu/jd/shop.hpp>

#include <memory>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// Where the DongDong token comes from (JD-4): the one that was handed out, or GrantService, asked once for all who
/// share the aspid and again before DongDongGrant::token_life is over. It is a secret of its own beside the shop's
/// token. What JD answers to a dead one is not public, so nothing here reacts to refusals: choose the life shorter than
/// the one JD's team names.
///
/// `shop` is the shop's own client: GrantService is called with the shop's token, which does not wait for this one.
std::shared_ptr<detail::TokenProvider> make_dongdong_tokens(const std::shared_ptr<detail::RuntimeCore>& runtime,
                                                            ApiClient shop, const DongDongGrant& grant);

}  // namespace jd
KEFU_END_NAMESPACE
