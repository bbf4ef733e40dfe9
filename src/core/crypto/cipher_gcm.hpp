#pragma once

#include <kefu/core/export.hpp>

#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

enum class GcmCipher : unsigned char {
  aes_256,  ///< A key of 32 bytes.
  sm4       ///< A key of 16 bytes; OpenSSL 3.1 or later has it.
};
/// Whether the OpenSSL at hand has it.
KEFU_EXPORT bool has_gcm(GcmCipher cipher) noexcept;

/// A nonce of 12 bytes must never serve two messages under one key.
inline constexpr std::size_t kGcmTagSize = 16;

/// Cipher text and tag; `bound` is authenticated with it and not stored. Nothing only if OpenSSL fails. Thread-safe.
KEFU_EXPORT std::optional<std::string> gcm_seal(std::string_view key, std::string_view nonce, std::string_view bound,
                                                std::string_view text, GcmCipher cipher = GcmCipher::aes_256);
/// The text, or nothing if anything was changed.
KEFU_EXPORT std::optional<std::string> gcm_open(std::string_view key, std::string_view nonce, std::string_view bound,
                                                std::string_view sealed, GcmCipher cipher = GcmCipher::aes_256);

}  // namespace detail
KEFU_END_NAMESPACE
