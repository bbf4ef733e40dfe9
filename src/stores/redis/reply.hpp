#pragma once

#include <kefu/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

struct redisReply;

KEFU_BEGIN_NAMESPACE
namespace detail {

/// A part of what the server answered; what is asked of a part that is of another kind is absent or empty.
///
/// Thread safety: as a value. Lives as long as its RedisReply.
class RedisPart {
 public:
  explicit RedisPart(const redisReply* part) : part_(part) {}
  bool is_error() const;
  bool is_nothing() const;
  bool is_list() const;
  /// Of a string, a status or an error.
  std::optional<std::string_view> text() const;
  std::optional<std::int64_t> number() const;
  /// Of a string with digits only.
  std::optional<std::int64_t> digits() const;
  /// Of a list.
  std::size_t size() const;
  /// Past the end: nothing.
  RedisPart operator[](std::size_t at) const;

 private:
  const redisReply* part_;
};

/// One whole answer.
class RedisReply {
 public:
  explicit RedisReply(redisReply* reply) : reply_(reply) {}
  RedisPart part() const { return RedisPart(reply_.get()); }

 private:
  struct Free {
    void operator()(redisReply* reply) const noexcept;
  };
  std::unique_ptr<redisReply, Free> reply_;
};

/// A decimal number without sign, of at most 18 digits, and nothing else.
std::optional<std::int64_t> plain_number(std::string_view digits);

}  // namespace detail
KEFU_END_NAMESPACE
