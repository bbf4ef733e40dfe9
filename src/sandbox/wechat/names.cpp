#include "core/async/enum_name.hpp"

#include <kefu/sandbox/wechat_app.hpp>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

std::string_view to_string(WechatKind kind) noexcept {
  return detail::name_in<4>({"subscription", "service", "mini_program", "component"}, kind);
}

std::string_view to_string(PushMode mode) noexcept { return detail::name_in<3>({"plain", "compatible", "safe"}, mode); }

std::string_view to_string(PushFormat format) noexcept { return detail::name_in<2>({"xml", "json"}, format); }

}  // namespace sandbox
KEFU_END_NAMESPACE
