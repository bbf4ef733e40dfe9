#include "core/async/one_line.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

/// Bytes of the control character that begins at `at`, or 0: C0, DEL, C1 (in UTF-8) and the line and paragraph
/// separators U+2028 and U+2029.
std::size_t control_at(std::string_view text, std::size_t at) noexcept {
  const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(at);
  if (first < 0x20 || first == 0x7F) return 1;
  if (first == 0xC2 && byte(at + 1) >= 0x80 && byte(at + 1) <= 0x9F) return 2;
  if (first == 0xE2 && byte(at + 1) == 0x80 && (byte(at + 2) == 0xA8 || byte(at + 2) == 0xA9)) return 3;
  return 0;
}

void append_escape(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (byte) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\x";
      out += digits[byte >> 4];
      out += digits[byte & 0xF];
  }
}

}  // namespace

bool breaks_line(std::string_view text) noexcept {
  const auto suspect = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xE2;
  };
  if (std::none_of(text.begin(), text.end(), suspect)) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (control_at(text, i) != 0) return true;
  return false;
}

std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t control = control_at(text, i);
    for (std::size_t end = i + control; i < end; ++i) append_escape(out, static_cast<unsigned char>(text[i]));
    if (control == 0) out += text[i++];
  }
  return out;
}

}  // namespace detail
KEFU_END_NAMESPACE
