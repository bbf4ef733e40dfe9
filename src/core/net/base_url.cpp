#include "core/net/base_url.hpp"

#include <fmt/format.h>

#include <charconv>

KEFU_BEGIN_NAMESPACE
namespace detail {

Result<void> check_base_url(std::string_view field, std::string_view url) {
  const auto wrong = [field](const char* why) {
    return Error(ErrorKind::configuration, fmt::format("{} {}", field, why));
  };
  const std::size_t scheme = url.substr(0, 8) == "https://" ? 8 : url.substr(0, 7) == "http://" ? 7 : 0;
  if (scheme == 0) return wrong("must begin with https:// (or http:// for loopback and listed hosts)");
  if (url.size() == scheme) return wrong("names no host");
  if (url.find_first_of("/?#@ ", scheme) != std::string_view::npos)
    return wrong("must be scheme, host and port only: no path, no trailing slash, no user");
  const std::size_t colon = url.rfind(':');
  if (colon < scheme || url.find(']', colon) != std::string_view::npos) return {};  // no port; the colons of IPv6
  const std::string_view port = url.substr(colon + 1);
  const bool digits =
      !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string_view::npos;
  int number = 0;
  if (digits) std::from_chars(port.data(), port.data() + port.size(), number);
  if (colon == scheme || number < 1 || number > 65535)
    return wrong("must be scheme, host and port, the port from 1 to 65535");
  return {};
}

}  // namespace detail
KEFU_END_NAMESPACE
