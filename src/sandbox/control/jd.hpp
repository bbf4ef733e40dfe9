#pragma once

#include "sandbox/control/api.hpp"

#include <kefu/sandbox/jd_app.hpp>

#include <optional>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

std::vector<ControlRoute> control_jd_account_routes();
std::vector<ControlRoute> control_jd_chat_routes();
std::vector<ControlRoute> control_jd_record_routes();

/// The first setting that the platform's console would refuse, as a sentence that names it.
std::optional<std::string> wrong_setting(const JdApp& app);
std::optional<std::string> wrong_setting(const JdShop& shop);

/// The shop that the path names first, or the error why there is none.
JdShopState* jd_shop_of(ControlCall& call, std::optional<ControlAnswer>& error);
/// Unix seconds in that field, else `fallback`.
WallTime jd_moment(const ControlCall& call, std::string_view field, WallTime fallback);

/// Sessions of the past in bulk. What is wrong with the wish as a sentence, or nothing.
std::optional<std::string> add_jd_history(JdTwin& twin, JdShopState& shop, const JdHistory& history);

}  // namespace sandbox
KEFU_END_NAMESPACE
