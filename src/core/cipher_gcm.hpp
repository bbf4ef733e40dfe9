#pragma once

#include <kefu/core/export.hpp>

#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// AES-256-GCM: a key of 32 bytes and a nonce of 12, which must never serve two messages under one key.
inline constexpr std::size_t kGcmTagSize = 16;

/// Cipher text and tag; `bound` is authenticated with it and not stored. Nothing only if OpenSSL fails. Thread-safe.
std::optional<std::string> gcm_seal(std::string_view key, std::string_view nonce, std::string_view bound,
                                    std::string_view text);
/// The text, or nothing if anything was changed.
std::optional<std::string> gcm_open(std::string_view key, std::string_view nonce, std::string_view bound,
                                    std::string_view sealed);

}  // namespace detail
KEFU_END_NAMESPACE
