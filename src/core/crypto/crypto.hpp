#pragma once

#include "core/text/wipe.hpp"

#include <kefu/core/export.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Digests whose algorithm was fetched once. Each call takes a list of pieces so that callers need not join them.
/// All functions: thread-safe, never throw, allocate nothing after a thread's first call.
enum class DigestKind : unsigned char { md5, sha1, sha256, sha512 };
struct KEFU_EXPORT Digest {
  std::array<unsigned char, 64> bytes;
  std::size_t size;  ///< 0 when OpenSSL refuses the algorithm (MD5 under FIPS); such a digest matches nothing.
  explicit operator bool() const noexcept { return size != 0; }
  /// Lower-case hex.
  std::string hex() const;
  std::string upper_hex() const;
  /// Lower-case hex without a terminator into `out`, which has room for 2 * size characters.
  void hex_to(char* out) const noexcept;
};
KEFU_EXPORT Digest digest(DigestKind kind, const std::string_view* pieces, std::size_t count) noexcept;
KEFU_EXPORT Digest digest(DigestKind kind, std::string_view text) noexcept;
KEFU_EXPORT Digest hmac(DigestKind kind, std::string_view key, const std::string_view* pieces,
                        std::size_t count) noexcept;
KEFU_EXPORT Digest hmac(DigestKind kind, std::string_view key, std::string_view text) noexcept;

/// AES-256-CBC with one key, without padding. Keyed contexts are kept in a small pool inside; a pool that is empty
/// makes a new one, a full one drops what comes back. Thread safety: all members may be called from any thread.
class KEFU_EXPORT AesCbc {
 public:
  /// `key` is 32 bytes (any other length makes an object whose calls fail); the first 16 are the IV of every message,
  /// as the platforms want it.
  explicit AesCbc(std::string_view key);
  ~AesCbc();
  AesCbc(AesCbc&&) noexcept;
  AesCbc& operator=(AesCbc&&) noexcept;
  /// `size` is a multiple of 16 (else false); `in` and `out` may be the same memory. Otherwise false only if OpenSSL
  /// fails.
  bool encrypt(const unsigned char* in, std::size_t size, unsigned char* out) const;
  bool decrypt(const unsigned char* in, std::size_t size, unsigned char* out) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Fills memory with random bytes fit for secrets, from a per-thread buffer that uses each byte once and is dropped
/// after fork(). False if the system's source fails.
KEFU_EXPORT bool random_bytes(void* out, std::size_t size) noexcept;
/// `size` characters of [0-9a-zA-Z], all equally likely. Empty if the system's source fails.
KEFU_EXPORT std::string random_text(std::size_t size);

/// Compares in constant time when the sizes are equal; false at once when they differ.
KEFU_EXPORT bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

/// Base64 with padding, one line. `out` of `base64_encode` has room for `base64_size(size)` characters.
constexpr std::size_t base64_size(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }
KEFU_EXPORT void base64_encode(const unsigned char* in, std::size_t size, char* out) noexcept;
KEFU_EXPORT std::string base64(std::string_view bytes);

enum class Base64Mode : unsigned char {
  strict,      ///< Length a multiple of 4, `=` only at the end, spare bits zero, no foreign characters.
  spare_bits,  ///< As strict, but spare bits may be set (EncodingAESKey) and padding may be missing.
};
/// What `base64_decode` wants `out` to have room for; a little more than the bytes it yields.
constexpr std::size_t base64_room(std::size_t characters) noexcept { return characters / 4 * 3 + 3; }
/// Decodes into `out`, which has room for `base64_room(text.size())` bytes. Returns the length, or nothing.
KEFU_EXPORT std::optional<std::size_t> base64_decode(std::string_view text, unsigned char* out,
                                                     Base64Mode mode) noexcept;
KEFU_EXPORT std::optional<std::string> base64_decoded(std::string_view text, Base64Mode mode);

}  // namespace detail
KEFU_END_NAMESPACE
