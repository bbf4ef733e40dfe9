#pragma once

#include <string>

namespace kefu_cli {

/// The whole of a file, or of standard input for "-"; false if it cannot be read.
bool read_input(const std::string& path, std::string& out);

/// As read_input, without the line end that editors leave behind a secret.
bool read_secret_file(const std::string& path, std::string& out);

}  // namespace kefu_cli
