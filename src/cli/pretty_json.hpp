#pragma once

#include "core/text/document.hpp"

#include <string>

namespace kefu_cli {

/// JSON with a line for each member and two blanks of indent; numbers as the platform wrote them.
std::string pretty_json(kefu::detail::Value value);

}  // namespace kefu_cli
