#include "channel/content/text_borders.hpp"

#include "channel/content/extending_marks.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr char32_t kInvalid = 0xFFFFFFFF;
constexpr char32_t kZeroWidthJoiner = 0x200D;

struct CodePoint {
  char32_t value;
  std::size_t size;
};

CodePoint read_code_point(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - at < size) return {kInvalid, 1};
  char32_t value = lead & (0x7F >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {kInvalid, 1};
    value = (value << 6) | (byte(i) & 0x3F);
  }
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {kInvalid, 1};
  return {value, size};
}

bool extends_the_one_before(char32_t value) {
  if (value < kExtendingMarks.front().first || value == kInvalid) return false;
  const auto above = std::upper_bound(kExtendingMarks.begin(), kExtendingMarks.end(), value,
                                      [](char32_t v, const CodePointRange& range) { return v < range.first; });
  return above != kExtendingMarks.begin() && value <= (above - 1)->last;
}

bool is_flag_letter(char32_t value) { return value >= 0x1F1E6 && value <= 0x1F1FF; }
bool is_hangul_lead(char32_t v) { return (v >= 0x1100 && v <= 0x115F) || (v >= 0xA960 && v <= 0xA97C); }
bool is_hangul(char32_t v) { return is_hangul_lead(v) || (v >= 0x1160 && v <= 0x11FF) || (v >= 0xAC00 && v <= 0xD7FB); }
/// Number signs of Arabic, Syriac and Kaithi that stand over what follows.
bool is_prepended(char32_t v) {
  return (v >= 0x600 && v <= 0x605) || v == 0x6DD || v == 0x70F || v == 0x8E2 || v == 0x110BD || v == 0x110CD;
}

/// Must no cut be made between these two, whatever came before?
bool joined(char32_t left, char32_t right) {
  if (left == '\r') return right == '\n';
  if (left < 0x20 || right == kInvalid || left == kInvalid) return false;
  if (extends_the_one_before(right)) return true;
  if (left == kZeroWidthJoiner) return right > 0x7F;
  if (is_hangul_lead(left)) return is_hangul(right);
  return is_prepended(left) && right > 0x20;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_letter_a(char c) { return c == 'a' || c == 'A'; }

/// End of the `<a ...>` tag at `at`, or npos if there is none. A later tag ends the search, or closes the quote that
/// this one left open: many unclosed tags take linear time.
std::size_t opening_tag_end(std::string_view text, std::size_t at) {
  constexpr auto npos = std::string_view::npos;
  if (text.size() - at < 4 || !is_letter_a(text[at + 1])) return npos;
  if (text[at + 2] != '>' && !is_blank(text[at + 2])) return npos;
  char quote = 0;
  for (std::size_t i = at + 2; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return i + 1;
    } else if (c == '<') {
      return npos;
    }
  }
  return npos;
}

/// End of the `</a>` tag at `at`, or npos if there is none.
std::size_t closing_tag_end(std::string_view text, std::size_t at) {
  std::size_t end = at + 2;
  if (end >= text.size() || !is_letter_a(text[end++])) return std::string_view::npos;
  while (end < text.size() && is_blank(text[end])) ++end;
  return end < text.size() && text[end] == '>' ? end + 1 : std::string_view::npos;
}

}  // namespace

Pieces::Pieces(std::string_view text) : text_(text), last_close_(text.rfind("</")) {
  while (last_close_ != std::string_view::npos && closing_tag_end(text, last_close_) == std::string_view::npos) {
    last_close_ = last_close_ == 0 ? std::string_view::npos : text.rfind("</", last_close_ - 1);
  }
}

std::size_t Pieces::link_end(std::size_t at) const {
  constexpr auto npos = std::string_view::npos;
  if (last_close_ == npos || at > last_close_) return at;
  const std::size_t opened = opening_tag_end(text_, at);
  if (opened == npos) return at;
  for (std::size_t i = text_.find("</", opened); i != npos; i = text_.find("</", i + 2)) {
    if (const std::size_t end = closing_tag_end(text_, i); end != npos) return end;
  }
  return at;
}

std::size_t Pieces::end(std::size_t at) const {
  CodePoint left = read_code_point(text_, at);
  std::size_t end = at + left.size;
  if (left.value == '<') {
    if (const std::size_t link = link_end(at); link != at) end = link;
  }
  bool flag_open = is_flag_letter(left.value);
  while (end < text_.size()) {
    const CodePoint right = read_code_point(text_, end);
    if (flag_open && is_flag_letter(right.value)) {
      flag_open = false;
    } else if (!joined(left.value, right.value)) {
      break;
    } else {
      flag_open = false;
    }
    left = right;
    end += right.size;
  }
  return end;
}

}  // namespace detail
KEFU_END_NAMESPACE
