#pragma once

#include <kefu/core/error.hpp>

#include <string_view>

namespace kefu_cli {

/// Prints kind, code, text and advice to standard error, behind "<command>: ". Never a secret.
void print_error(std::string_view command, const kefu::Error& error);

}  // namespace kefu_cli
