#include "cli/error_text.hpp"

#include <iostream>

namespace kefu_cli {

void print_error(std::string_view command, const kefu::Error& error) {
  const kefu::ErrorDetails& details = error.details();
  std::cerr << command << ": " << to_string(error.kind());
  if (!details.platform_code.empty()) std::cerr << ", code " << details.platform_code;
  if (!details.platform_message.empty()) std::cerr << ": " << details.platform_message;
  std::cerr << '\n';
  if (!details.message.empty()) std::cerr << "advice    " << details.message << '\n';
  if (!details.operation.empty()) std::cerr << "operation " << details.operation << '\n';
  if (!details.request_id.empty()) std::cerr << "request   " << details.request_id << '\n';
  if (details.http_status != 0 && details.http_status != 200) std::cerr << "http      " << details.http_status << '\n';
  if (details.attempts != 0)
    std::cerr << "sent      " << details.attempts << (details.attempts == 1 ? " time" : " times") << ", delivery "
              << to_string(error.delivery()) << '\n';
}

}  // namespace kefu_cli
