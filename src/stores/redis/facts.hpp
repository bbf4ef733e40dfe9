#pragma once

#include "stores/redis/reply.hpp"

#include <kefu/core/result.hpp>
#include <kefu/stores/redis.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// What a server says of itself when it is connected to.
struct RedisFacts {
  std::int64_t version = 0;  ///< The first number of it.
  bool is_master = false;
  bool evicts_anything = false;
  bool appends = false;                    ///< It has an append-only file.
  std::optional<std::string> appendfsync;  ///< Absent: it does not let itself be asked.
  std::int64_t replicas = 0;

  /// From its answers to INFO and CONFIG GET appendfsync.
  static RedisFacts of(const RedisPart& info, const RedisPart& config);
  /// Why no store can be there, if so.
  Result<void> check() const;
};

enum class RedisDurability : unsigned char { durable, no_log, not_always, cannot_be_asked, has_replicas };

RedisDurability durability_of(const RedisFacts& facts, const RedisOptions& options);
/// Why not, in words; empty if it is durable.
std::string_view reason_of(RedisDurability durability) noexcept;

}  // namespace detail
KEFU_END_NAMESPACE
