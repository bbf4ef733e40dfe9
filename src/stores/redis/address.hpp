#pragma once

#include <kefu/core/result.hpp>

#include <string>
#include <string_view>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Where one server listens.
struct RedisAddress {
  std::string path;  ///< Of a Unix socket; then the rest is empty.
  std::string host, port;

  /// On this machine by its name alone; what a name turns out to be is checked again when it is connected to.
  bool is_near() const;
  /// "host:port", "[::1]:6379", "host", "/run/redis/redis.sock", several with commas. `bad_argument`, whose message
  /// repeats nothing of it.
  static Result<std::vector<RedisAddress>> parse(std::string_view list);
};

}  // namespace detail
KEFU_END_NAMESPACE
