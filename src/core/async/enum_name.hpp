#pragma once

#include <kefu/core/export.hpp>

#include <array>
#include <cstddef>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The name of an enumerator in a list in their order, which begins with the value `first`; "unknown" for a value that
/// is none, as it comes from another version or a cast.
template <std::size_t N, class Enum>
constexpr std::string_view name_in(const std::array<std::string_view, N>& names, Enum value,
                                   std::size_t first = 0) noexcept {
  const std::size_t place = static_cast<std::size_t>(value) - first;  // below `first`: wraps, and is past the end
  return place < N ? names[place] : std::string_view("unknown");
}

}  // namespace detail
KEFU_END_NAMESPACE
