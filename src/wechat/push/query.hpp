#pragma once

#include <kefu/core/export.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// The parameters of a push that matter, decoded exactly once from the raw query string (CBK-1, CBK-6). Others are
/// ignored, but must be well-formed. Views point into the query or into this object, which therefore stays where it is.
class PushQuery {
 public:
  enum Name : unsigned char { signature, msg_signature, timestamp, nonce, encrypt_type, echostr };
  static constexpr std::size_t kNames = 6;

  PushQuery() = default;
  PushQuery(const PushQuery&) = delete;
  PushQuery& operator=(const PushQuery&) = delete;

  /// Says what is wrong: a parameter repeated or empty, a broken %-escape, far too long.
  std::optional<std::string> read(std::string_view query);

  bool has(Name name) const noexcept { return values_[name].data() != nullptr; }
  std::string_view operator[](Name name) const noexcept { return values_[name]; }

 private:
  std::array<std::string_view, kNames> values_{};
  std::array<std::string, kNames> decoded_;
};

}  // namespace wechat
KEFU_END_NAMESPACE
