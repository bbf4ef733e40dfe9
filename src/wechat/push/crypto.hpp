#pragma once

#include "core/crypto/crypto.hpp"

#include <kefu/wechat/push.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// The frame inside the ciphertext: prefix(16) length(4, big endian) message receiver padding(1..32).
inline constexpr std::size_t kPrefixBytes = 16;
inline constexpr std::size_t kFrameHead = kPrefixBytes + 4;
inline constexpr std::size_t kFrameBlock = 32;

class PushCrypto::Impl {
 public:
  std::vector<Secret> tokens;           ///< Never empty; the current one first.
  std::vector<detail::AesCbc> ciphers;  ///< Empty: no key is configured.
  std::string receiver_id;

  /// Length of the base64 text of a message of that size.
  std::size_t sealed_size(std::size_t message) const noexcept;
  /// Room a frame needs for a message of that size, so that sealing does not allocate.
  std::size_t frame_size(std::size_t message) const noexcept;
  /// From `at` on `text` holds kFrameHead free bytes and then the message. Completes the frame and encrypts it where it
  /// is. False only if OpenSSL fails.
  bool encrypt_frame(std::string& text, std::size_t at, const Prefix& prefix, std::size_t key) const;
  /// 40 lower-case hex digits into `out`; an empty `encrypt` gives the plain signature. False only if OpenSSL fails.
  bool sign_into(std::size_t token, std::string_view timestamp, std::string_view nonce, std::string_view encrypt,
                 char* out) const noexcept;
};

}  // namespace wechat
KEFU_END_NAMESPACE
