#pragma once

#include <kefu/core/export.hpp>

#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

KEFU_BEGIN_NAMESPACE

namespace detail {

/// Stands for what a later version adds to a variant.
struct LaterAlternative {};

template <class... F>
struct Branches : F... {
  using F::operator()...;
};
template <class... F>
Branches(F...) -> Branches<F...>;

template <class... F>
using LastOf = std::tuple_element_t<sizeof...(F) - 1, std::tuple<F...>>;

}  // namespace detail

/// Calls the function for what a variant holds (Content, InboundPayload, PassiveReply). The last one is the default
/// branch and takes anything, so that what later versions add breaks nobody:
///
///     match(event.payload, [](const ReceivedText& text) { ... }, [](const Followed&) { ... }, [](const auto&) {});
///
/// Functions are lambdas or other objects; all return the same type.
template <class... T, class... F>
decltype(auto) match(const std::variant<T...>& value, F&&... branches) {
  static_assert(std::is_invocable_v<detail::LastOf<std::decay_t<F>...>, const detail::LaterAlternative&>,
                "the last function of match() is the default branch: let it take const auto&");
  return std::visit(detail::Branches{std::forward<F>(branches)...}, value);
}

KEFU_END_NAMESPACE
