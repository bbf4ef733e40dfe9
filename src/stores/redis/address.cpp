#include "stores/redis/address.hpp"

#include "stores/redis/faults.hpp"
#include "stores/redis/reply.hpp"

#include <sys/un.h>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::size_t kMostAddresses = 16, kLongestHost = 253;
constexpr std::string_view kUsualPort = "6379";

Error wrong_address(std::string_view what) {
  return redis_error(ErrorKind::bad_argument, std::string("address ").append(what));
}

Result<RedisAddress> parse_path(std::string_view text) {
  if (text.size() >= sizeof(sockaddr_un::sun_path)) return wrong_address("has a path that no socket can have");
  RedisAddress address;
  address.path = text;
  return address;
}

Result<RedisAddress> parse_host(std::string_view text) {
  RedisAddress address;
  address.port = kUsualPort;
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return wrong_address("has a [ without its ]");
    address.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = text.find(':');
    address.host = text.substr(0, colon);
    if (colon != std::string_view::npos) rest = text.substr(colon);
  }
  if (address.host.empty() || address.host.size() > kLongestHost) return wrong_address("lacks the name of a host");
  if (rest.empty()) return address;
  const auto port = plain_number(rest.substr(1));
  if (rest.front() != ':' || !port || *port < 1 || *port > 65535) {
    return wrong_address("has a port that is no number of 1 to 65535; an IPv6 address stands in [ ]");
  }
  address.port = std::to_string(*port);
  return address;
}

}  // namespace

bool RedisAddress::is_near() const {
  return !path.empty() || host == "localhost" || host == "::1" || host.rfind("127.", 0) == 0;
}

Result<std::vector<RedisAddress>> RedisAddress::parse(std::string_view list) {
  std::vector<RedisAddress> found;
  for (bool more = true; more;) {
    const std::size_t comma = list.find(',');
    const std::string_view text = list.substr(0, comma);
    more = comma != std::string_view::npos;
    if (more) list.remove_prefix(comma + 1);
    // A URL could hold a password, which has a place of its own.
    if (text.find_first_of("@ \t\r\n?") != std::string_view::npos || text.find("://") != std::string_view::npos ||
        text.find('\0') != std::string_view::npos) {
      return wrong_address("is a list of host:port or paths of sockets; user, password and database stand beside it");
    }
    auto address = !text.empty() && text.front() == '/' ? parse_path(text) : parse_host(text);
    if (!address) return address.error();
    found.push_back(*std::move(address));
    if (found.size() > kMostAddresses) return wrong_address("has more than 16 servers");
  }
  return found;
}

}  // namespace detail
KEFU_END_NAMESPACE
