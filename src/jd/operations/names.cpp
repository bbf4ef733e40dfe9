#include "core/async/enum_name.hpp"

#include <kefu/jd/after_sale.hpp>
#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/thread.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {

std::string_view to_string(UnsolvedMessage::Author author) noexcept {
  return detail::name_in<3>({"unknown", "customer", "merchant"}, author);
}

std::string_view to_string(ChatLine::Author author) noexcept {
  return detail::name_in<3>({"unknown", "customer", "waiter"}, author);
}

std::string_view to_string(const Thread& thread) noexcept {
  return detail::name_in<2>({"session", "after_sale"}, thread.index());
}

}  // namespace jd
KEFU_END_NAMESPACE
