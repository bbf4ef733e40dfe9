#include "jd/operations/chat_text.hpp"

#include "core/text/utf8.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

std::optional<std::uint32_t> numbered_character(std::string_view digits) {
  const bool is_hex = !digits.empty() && (digits.front() == 'x' || digits.front() == 'X');
  if (is_hex) digits.remove_prefix(1);
  std::uint32_t code = 0;
  const char* end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, code, is_hex ? 16 : 10);
  if (digits.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return std::nullopt;
  return code;
}

std::optional<std::uint32_t> named_character(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::uint32_t>, 6> kNames{
      {{"amp", U'&'}, {"lt", U'<'}, {"gt", U'>'}, {"quot", U'"'}, {"apos", U'\''}, {"nbsp", U'\u00A0'}}};
  for (const auto& [known, character] : kNames)
    if (name == known) return character;
  return std::nullopt;
}

}  // namespace

std::string decode_entities(std::string_view content) {
  constexpr std::size_t kLongestName = 10;
  std::string out;
  out.reserve(content.size());
  while (!content.empty()) {
    const std::size_t start = content.find('&');
    out.append(content.substr(0, start));
    if (start == std::string_view::npos) break;
    content.remove_prefix(start);
    const std::size_t end = content.substr(0, kLongestName + 2).find(';');
    const std::string_view name = end == std::string_view::npos ? std::string_view() : content.substr(1, end - 1);
    const bool is_number = !name.empty() && name.front() == '#';
    const auto character = is_number ? numbered_character(name.substr(1)) : named_character(name);
    if (character) {
      char bytes[4];
      out.append(bytes, detail::write_utf8(*character, bytes));
      content.remove_prefix(end + 1);
    } else {
      out += '&';
      content.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace jd
KEFU_END_NAMESPACE
