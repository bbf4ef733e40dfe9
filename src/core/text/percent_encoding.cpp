#include "core/text/percent_encoding.hpp"

#include <array>
#include <cstddef>
#include <cstring>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// What a byte becomes: one character or three. All are written in one move of four bytes, so that text in Chinese,
/// of which every byte is escaped, costs no more than ASCII.
struct EncodedByte {
  char text[3];
  unsigned char size;
};

constexpr bool is_unreserved(unsigned c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

constexpr std::array<EncodedByte, 256> encoded_bytes() {
  constexpr char hex[] = "0123456789ABCDEF";
  std::array<EncodedByte, 256> all{};
  for (unsigned c = 0; c < 256; ++c) {
    if (is_unreserved(c)) {
      all[c] = {{static_cast<char>(c), 0, 0}, 1};
    } else {
      all[c] = {{'%', hex[c >> 4], hex[c & 15]}, 3};
    }
  }
  return all;
}

/// -1: none.
int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void append_percent_encoded(std::string& out, std::string_view text) {
  static constexpr auto kEncoded = encoded_bytes();
  static_assert(sizeof(EncodedByte) == 4, "copied in one move");
  const std::size_t before = out.size();
  out.resize(before + 3 * text.size() + 1);  // one more than can be used: a move writes four
  char* to = out.data() + before;
  for (const char c : text) {
    const EncodedByte& byte = kEncoded[static_cast<unsigned char>(c)];
    std::memcpy(to, &byte, sizeof byte);
    to += byte.size;
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
}

bool append_percent_decoded(std::string& out, std::string_view text, PlusSign plus, BrokenEscape broken) {
  out.reserve(out.size() + text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i] == '+' && plus == PlusSign::blank ? ' ' : text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high >= 0 && low >= 0) {
      out.push_back(static_cast<char>(high << 4 | low));
      i += 2;
    } else if (broken == BrokenEscape::refused) {
      return false;
    } else {
      out.push_back('%');
    }
  }
  return true;
}

}  // namespace detail
KEFU_END_NAMESPACE
