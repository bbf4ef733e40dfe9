#pragma once

#include <kefu/core/export.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace sandbox {

/// The twin's own push security (wechat-security-and-authorization A3 to A6); it shares nothing with the client's but
/// hashes, the block cipher and base64.

/// Lower-case hex SHA-1 of the byte-wise sorted pieces.
std::string push_signature(std::initializer_list<std::string_view> pieces);

/// How a sealed buffer is made wrong on purpose.
enum class SealFault : unsigned char {
  none,
  bad_padding,            ///< The last byte claims a padding that is not there.
  bad_length_field,       ///< The length field says more than the buffer holds.
  bad_ciphertext_length,  ///< 16 bytes too short: no multiple of 32.
  bad_base64,             ///< A blank where base64 had a character.
};

/// The base64 text of one encrypted message; empty if the key is not 43 characters of base64.
std::string seal_message(std::string_view encoding_aes_key, std::string_view message, std::string_view receiver,
                         SealFault fault = SealFault::none);
/// The message, or nothing; `why` then names the step that failed.
std::optional<std::string> open_message(std::string_view encoding_aes_key, std::string_view encrypted,
                                        std::string_view receiver, std::string& why);

}  // namespace sandbox
KEFU_END_NAMESPACE
