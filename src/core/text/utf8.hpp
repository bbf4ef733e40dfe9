#pragma once

#include <kefu/core/export.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// UTF-8 is checked once at the border, in both directions. All functions are pure and thread-safe; ASCII is
/// passed over many characters at a time.

/// True if `text` is UTF-8 as RFC 3629 has it: no surrogates, no overlong forms, nothing above U+10FFFF.
KEFU_EXPORT bool is_utf8(std::string_view text) noexcept;

/// The length of the well-formed beginning of `text`; its size if all of it is.
KEFU_EXPORT std::size_t utf8_prefix(std::string_view text) noexcept;

/// Appends `text` to `out`, each malformed sequence replaced with U+FFFD. Returns how many were replaced.
KEFU_EXPORT std::uint32_t append_repaired(std::string& out, std::string_view text);

/// Writes one code point (a scalar value) to `out`, which has room for four bytes. Returns the length.
KEFU_EXPORT std::size_t write_utf8(std::uint32_t code_point, char* out) noexcept;

/// How many code points a well-formed text has; in a malformed one every byte that is no continuation counts.
KEFU_EXPORT std::size_t utf8_length(std::string_view text) noexcept;

/// The longest beginning of `text` that has at most `bytes` bytes and does not cut a character.
KEFU_EXPORT std::string_view utf8_cut(std::string_view text, std::size_t bytes) noexcept;

/// True if `text` is UTF-8 and has no character that XML 1.0 forbids: below U+0020 and not tab, CR or LF.
KEFU_EXPORT bool is_clean_text(std::string_view text) noexcept;

constexpr bool is_forbidden_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r' && c != '\n';
}

/// Removes the characters that XML 1.0 forbids. Returns how many there were.
KEFU_EXPORT std::uint32_t drop_forbidden_controls(std::string& text);

}  // namespace detail
KEFU_END_NAMESPACE
