#include "sandbox/wechat/push_crypto.hpp"

#include "core/crypto/crypto.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kPaddingBlock = 32;
constexpr std::size_t kPrefix = 16;
constexpr std::size_t kHeader = kPrefix + 4;

std::optional<detail::AesCbc> cipher_of(std::string_view encoding_aes_key) {
  if (encoding_aes_key.size() != 43) return std::nullopt;
  const auto key = detail::base64_decoded(std::string(encoding_aes_key) + "=", detail::Base64Mode::spare_bits);
  if (!key || key->size() != 32) return std::nullopt;
  return detail::AesCbc(*key);
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::uint32_t read_big_endian(std::string_view four) {
  std::uint32_t number = 0;
  for (const char c : four) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

}  // namespace

std::string push_signature(std::initializer_list<std::string_view> pieces) {
  std::vector<std::string_view> sorted(pieces);
  std::sort(sorted.begin(), sorted.end());
  return detail::digest(detail::DigestKind::sha1, sorted.data(), sorted.size()).hex();
}

std::string seal_message(std::string_view encoding_aes_key, std::string_view message, std::string_view receiver,
                         SealFault fault) {
  const auto cipher = cipher_of(encoding_aes_key);
  if (!cipher) return {};
  auto length = static_cast<std::uint32_t>(message.size());
  if (fault == SealFault::bad_length_field) length += 0x01000000U;
  std::string buffer = detail::random_text(kPrefix);
  for (int shift = 24; shift >= 0; shift -= 8) buffer.push_back(static_cast<char>(length >> shift & 0xffU));
  buffer += message;
  buffer += receiver;
  const std::size_t padding = kPaddingBlock - buffer.size() % kPaddingBlock;
  buffer.append(padding, static_cast<char>(padding));
  if (fault == SealFault::bad_padding) buffer.back() = static_cast<char>(padding == 32 ? 33 : padding + 1);
  if (fault == SealFault::bad_ciphertext_length) buffer.resize(buffer.size() - 16);
  if (!cipher->encrypt(bytes_of(buffer), buffer.size(), bytes_of(buffer))) return {};
  std::string encrypted = detail::base64(buffer);
  if (fault == SealFault::bad_base64) encrypted[encrypted.size() / 2] = ' ';
  return encrypted;
}

std::optional<std::string> open_message(std::string_view encoding_aes_key, std::string_view encrypted,
                                        std::string_view receiver, std::string& why) {
  const auto fail = [&why](const char* step) {
    why = step;
    return std::nullopt;
  };
  const auto cipher = cipher_of(encoding_aes_key);
  if (!cipher) return fail("EncodingAESKey is not 43 characters of base64");
  auto buffer = detail::base64_decoded(encrypted, detail::Base64Mode::strict);
  if (!buffer) return fail("Encrypt is not base64");
  if (buffer->empty() || buffer->size() % kPaddingBlock != 0) return fail("the cipher text is no multiple of 32 bytes");
  if (!cipher->decrypt(bytes_of(*buffer), buffer->size(), bytes_of(*buffer))) return fail("AES failed");
  const auto padding = static_cast<unsigned char>(buffer->back());
  if (padding < 1 || padding > kPaddingBlock) return fail("the padding is not 1 to 32");
  if (std::any_of(buffer->end() - padding, buffer->end(),
                  [&](char c) { return static_cast<unsigned char>(c) != padding; }))
    return fail("the padding bytes differ");
  const std::string_view clear = std::string_view(*buffer).substr(0, buffer->size() - padding);
  if (clear.size() < kHeader) return fail("the clear text is shorter than its header");
  const std::uint32_t length = read_big_endian(clear.substr(kPrefix, 4));
  if (length > clear.size() - kHeader) return fail("the length field exceeds the clear text");
  if (clear.substr(kHeader + length) != receiver) return fail("the receiver at the end is another one");
  return std::string(clear.substr(kHeader, length));
}

}  // namespace sandbox
KEFU_END_NAMESPACE
