#include "core/text/utf8.hpp"

#include "core/text/avx2.hpp"

#include <algorithm>
#include <cstring>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
constexpr std::uint64_t kHighBits = 0x80 * kEach;
constexpr std::size_t kBlock = 64;

std::uint64_t load_eight(const char* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// Sixteen bytes in one register; GCC and Clang have such types for every processor.
using Bytes = unsigned char __attribute__((vector_size(16)));

bool any_bit(Bytes bytes) noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, &bytes, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

struct BlockFindings {
  bool ascii;
  bool forbidden_control;
};

BlockFindings examine_block(const char* at) noexcept {
  Bytes high{};
  Bytes forbidden{};
  for (std::size_t i = 0; i < kBlock; i += sizeof(Bytes)) {
    Bytes c;
    std::memcpy(&c, at + i, sizeof c);
    high |= c;
    // Comparisons give 0xFF or 0 in every byte. `c < 32` is `c >> 5 == 0` with what processors have.
    const Bytes allowed = Bytes(c == '\t') | Bytes(c == '\n') | Bytes(c == '\r');
    forbidden |= Bytes((c & 0xE0) == 0) & ~allowed;
  }
  return {!any_bit(high & 0x80), any_bit(forbidden)};
}

bool is_ascii_block(const char* at) noexcept {
  Bytes high{};
  for (std::size_t i = 0; i < kBlock; i += sizeof(Bytes)) {
    Bytes c;
    std::memcpy(&c, at + i, sizeof c);
    high |= c;
  }
  return !any_bit(high & 0x80);
}

/// The length of the sequence at the start of `text` (not empty) if it is well-formed; otherwise 0, and `broken` is how
/// many bytes belong to it (its longest beginning that could have become a character).
std::size_t sequence_length(std::string_view text, std::size_t& broken) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  broken = 1;
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned low = 0x80;
  unsigned high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size() || byte(i) < low || byte(i) > high) return 0;
    low = 0x80;
    high = 0xBF;
    broken = i + 1;
  }
  return length;
}

/// Three bytes from U+1000 to U+FFFF save the surrogates' neighbourhood: nearly all of Chinese.
bool is_common_three(const char* at) noexcept {
  const auto first = static_cast<unsigned char>(at[0]);
  return (first & 0xF0) == 0xE0 && first != 0xE0 && first != 0xED &&
         (static_cast<unsigned char>(at[1]) & 0xC0) == 0x80 && (static_cast<unsigned char>(at[2]) & 0xC0) == 0x80;
}

/// Moves `at` over well-formed sequences until it reaches `until` (or passes it by the rest of a character). False:
/// `at` is at a malformed one.
bool pass_sequences(std::string_view text, std::size_t& at, std::size_t until) noexcept {
  while (at < until) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
    } else if (text.size() - at >= 3 && is_common_three(text.data() + at)) {
      at += 3;
    } else {
      std::size_t broken = 0;
      const std::size_t length = sequence_length(text.substr(at), broken);
      if (length == 0) return false;
      at += length;
    }
  }
  return true;
}

/// As `pass_sequences` to the end of a text of which less than a block is left.
bool pass_tail(std::string_view text, std::size_t& at) noexcept {
  while (text.size() - at >= 8) {
    if ((load_eight(text.data() + at) & kHighBits) == 0) {
      at += 8;
    } else if (!pass_sequences(text, at, at + 8)) {
      return false;
    }
  }
  return pass_sequences(text, at, text.size());
}

/// For texts shorter than a block.
bool has_forbidden_control(std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; end - at >= 8; at += 8) {
    // A byte of 7 bits plus 0x60 has its high bit set from 0x20 on, and no sum carries into its neighbour.
    const std::uint64_t word = load_eight(at);
    const std::uint64_t printable = ((word & ~kHighBits) + 0x60 * kEach) | word;
    if ((~printable & kHighBits) != 0 && std::any_of(at, at + 8, is_forbidden_control)) return true;
  }
  return std::any_of(at, end, is_forbidden_control);
}

}  // namespace

std::size_t utf8_prefix(std::string_view text) noexcept {
  std::size_t at = 0;
  while (text.size() - at >= kBlock) {
    if (is_ascii_block(text.data() + at)) {
      at += kBlock;
    } else if (!pass_sequences(text, at, at + kBlock)) {
      return at;
    }
  }
  pass_tail(text, at);
  return at;
}

bool is_utf8(std::string_view text) noexcept { return utf8_prefix(text) == text.size(); }

bool is_clean_text(std::string_view text) noexcept {
#if KEFU_HAS_AVX2_CODE
  if (has_avx2()) return is_clean_text_avx2(text);
#endif
  if (text.size() < kBlock) return !has_forbidden_control(text) && is_utf8(text);
  std::size_t at = 0;
  while (text.size() - at >= kBlock) {
    const BlockFindings findings = examine_block(text.data() + at);
    if (findings.forbidden_control) return false;
    if (findings.ascii) {
      at += kBlock;
    } else if (!pass_sequences(text, at, at + kBlock)) {
      return false;
    }
  }
  // The last bytes once more as a whole block, which overlaps the one before.
  const BlockFindings findings = examine_block(text.data() + text.size() - kBlock);
  return !findings.forbidden_control && (findings.ascii || pass_tail(text, at));
}

std::uint32_t append_repaired(std::string& out, std::string_view text) {
  std::uint32_t repaired = 0;
  for (;;) {
    const std::size_t good = utf8_prefix(text);
    out.append(text.data(), good);
    if (good == text.size()) return repaired;
    text.remove_prefix(good);
    std::size_t broken = 0;
    static_cast<void>(sequence_length(text, broken));
    text.remove_prefix(broken);
    out.append("\xEF\xBF\xBD");
    ++repaired;
  }
}

std::size_t write_utf8(std::uint32_t code_point, char* out) noexcept {
  const auto tail = [&](unsigned shift) { return static_cast<char>(0x80 | (code_point >> shift & 0x3F)); };
  if (code_point < 0x80) {
    out[0] = static_cast<char>(code_point);
    return 1;
  }
  if (code_point < 0x800) {
    out[0] = static_cast<char>(0xC0 | code_point >> 6);
    out[1] = tail(0);
    return 2;
  }
  if (code_point < 0x10000) {
    out[0] = static_cast<char>(0xE0 | code_point >> 12);
    out[1] = tail(6);
    out[2] = tail(0);
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | code_point >> 18);
  out[1] = tail(12);
  out[2] = tail(6);
  out[3] = tail(0);
  return 4;
}

std::size_t utf8_length(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string_view utf8_cut(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  // A character has at most three continuation bytes; more of them is no UTF-8 and may be cut anywhere.
  for (std::size_t back = 0; back < 4 && back <= bytes; ++back) {
    if ((static_cast<unsigned char>(text[bytes - back]) & 0xC0) != 0x80) return text.substr(0, bytes - back);
  }
  return text.substr(0, bytes);
}

std::uint32_t drop_forbidden_controls(std::string& text) {
  const auto kept = std::remove_if(text.begin(), text.end(), is_forbidden_control);
  const auto dropped = static_cast<std::uint32_t>(text.end() - kept);
  text.erase(kept, text.end());
  return dropped;
}

}  // namespace detail
KEFU_END_NAMESPACE
