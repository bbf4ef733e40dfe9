#pragma once

#include "core/text/document.hpp"

#include <kefu/core/export.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The member in which the gateway itself says why a call failed.
constexpr std::string_view kErrorResponse = "error_response";

/// Where a method's own answer is: inside `<method>_responce` (the gateway's spelling), `<method>_response`, or the one
/// member there is (jd 3.1). Absent if the text is no answer, or is an `error_response`.
KEFU_EXPORT detail::Value answer_node(detail::Value root);

}  // namespace jd
KEFU_END_NAMESPACE
