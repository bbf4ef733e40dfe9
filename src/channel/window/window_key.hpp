#pragma once

#include <kefu/core/store.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The keys of an account's reply windows are made from this, by customer.
inline StoreKey window_keys(std::string_view name_space, std::string_view platform, std::string_view account) {
  return StoreKey(name_space, platform, "window", account);
}

}  // namespace detail
KEFU_END_NAMESPACE
