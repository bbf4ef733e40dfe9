#include "channel/content/text_borders.hpp"

#include <kefu/channel/capabilities.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

bool ends_a_phrase(std::string_view piece) {
  for (std::string_view mark : {" ", "\t", "\u3000", "。", "！", "？", "；", "，", "、", "…"}) {
    if (piece == mark) return true;
  }
  return false;
}

/// Where the part of `text` that starts at `begin` ends; `begin` itself if its first piece does not fit.
std::size_t part_end(std::string_view text, const Pieces& pieces, std::size_t begin, std::size_t max_bytes) {
  if (text.size() - begin <= max_bytes) return text.size();
  std::size_t end = begin;
  std::size_t line_end = begin;
  std::size_t phrase_end = begin;
  while (true) {
    const std::size_t next = pieces.end(end);
    if (next - begin > max_bytes) break;
    const std::string_view piece = text.substr(end, next - end);
    end = next;
    if (piece.back() == '\n') {
      line_end = end;
    } else if (ends_a_phrase(piece)) {
      phrase_end = end;
    }
  }
  // A nicer border is not worth a part that is half empty.
  const std::size_t least = begin + max_bytes / 2;
  if (line_end > least) return line_end;
  if (phrase_end > least) return phrase_end;
  return end;
}

}  // namespace
}  // namespace detail

std::vector<std::string_view> split_text(std::string_view text, std::size_t max_bytes) {
  std::vector<std::string_view> parts;
  if (max_bytes == 0 || text.size() <= max_bytes) {
    parts.push_back(text);
    return parts;
  }
  const detail::Pieces pieces(text);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = detail::part_end(text, pieces, begin, max_bytes);
    if (end == begin) return {};
    parts.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return parts;
}

KEFU_END_NAMESPACE
