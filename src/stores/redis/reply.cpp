#include "stores/redis/reply.hpp"

#include <algorithm>
#include <charconv>
#include <hiredis/hiredis.h>

KEFU_BEGIN_NAMESPACE
namespace detail {

bool RedisPart::is_error() const { return part_ != nullptr && part_->type == REDIS_REPLY_ERROR; }
bool RedisPart::is_nothing() const { return part_ == nullptr || part_->type == REDIS_REPLY_NIL; }
bool RedisPart::is_list() const { return part_ != nullptr && part_->type == REDIS_REPLY_ARRAY; }

std::optional<std::string_view> RedisPart::text() const {
  if (part_ == nullptr) return std::nullopt;
  switch (part_->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
      return std::string_view(part_->str, part_->len);
    default:
      return std::nullopt;
  }
}

std::optional<std::int64_t> RedisPart::number() const {
  if (part_ == nullptr || part_->type != REDIS_REPLY_INTEGER) return std::nullopt;
  return part_->integer;
}

std::optional<std::int64_t> RedisPart::digits() const {
  const auto words = text();
  return words ? plain_number(*words) : std::nullopt;
}

std::size_t RedisPart::size() const { return is_list() ? part_->elements : 0; }

RedisPart RedisPart::operator[](std::size_t at) const { return RedisPart(at < size() ? part_->element[at] : nullptr); }

void RedisReply::Free::operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }

std::optional<std::int64_t> plain_number(std::string_view digits) {
  constexpr std::size_t kMostDigits = 18;
  const bool plain = !digits.empty() && digits.size() <= kMostDigits &&
                     std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!plain) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace detail
KEFU_END_NAMESPACE
