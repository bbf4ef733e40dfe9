#pragma once

#include <kefu/core/export.hpp>

#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The words of a chat line: chat logs carry HTML entities (`&#x26;` for `&`, jd 4.2), which become characters once.
/// What is no entity stays as it is.
std::string decode_entities(std::string_view content);

}  // namespace jd
KEFU_END_NAMESPACE
