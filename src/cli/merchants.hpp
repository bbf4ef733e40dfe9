#pragma once

#include <kefu/channel/authorizer.hpp>
#include <kefu/core/result.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace kefu_cli {

/// The query in what a browser's address bar shows, or the text itself if it is one already.
std::string redirect_query(std::string_view text);

/// Some lines for a person to standard output.
void print_merchant(const kefu::Merchant& merchant);

/// One line for a program: {"merchant","state","since","authorized_at","account_kind","scopes":[...],"ids":{...},"why"}
/// and, where it is not empty, "repair". Moments are Unix seconds, absent where there is none.
std::string merchant_json(const kefu::Merchant& merchant, std::string_view repair = {});

/// Calls `see` with every merchant that the store knows, in order. Errors: of the store.
kefu::Result<void> each_merchant(kefu::Authorizer& authorizer, const std::function<void(const kefu::Merchant&)>& see);

}  // namespace kefu_cli
