#include "core/xml_writer.hpp"

#include "core/utf8.hpp"

#include <charconv>

KEFU_BEGIN_NAMESPACE
namespace detail {

void append_cdata(std::string& out, std::string_view text) {
  std::string cleaned;
  if (!is_clean_text(text)) {
    append_repaired(cleaned, text);
    drop_forbidden_controls(cleaned);
    text = cleaned;
  }
  out.append("<![CDATA[");
  for (;;) {
    const std::size_t at = text.find("]]>");
    if (at == std::string_view::npos) break;
    out.append(text.data(), at + 2).append("]]><![CDATA[");
    text.remove_prefix(at + 2);
  }
  out.append(text).append("]]>");
}

XmlWriter& XmlWriter::begin(std::string_view name) {
  out_.append(1, '<').append(name).append(1, '>');
  return *this;
}

XmlWriter& XmlWriter::end(std::string_view name) {
  out_.append("</").append(name).append(1, '>');
  return *this;
}

XmlWriter& XmlWriter::text(std::string_view name, std::string_view text) {
  begin(name);
  append_cdata(out_, text);
  return end(name);
}

XmlWriter& XmlWriter::integer(std::string_view name, std::int64_t number) {
  char digits[24];
  const auto stop = std::to_chars(digits, digits + sizeof digits, number).ptr;
  return plain(name, {digits, static_cast<std::size_t>(stop - digits)});
}

XmlWriter& XmlWriter::plain(std::string_view name, std::string_view content) {
  begin(name);
  out_.append(content);
  return end(name);
}

}  // namespace detail
KEFU_END_NAMESPACE
