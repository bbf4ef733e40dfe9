#include "core/text/xml_writer.hpp"

#include "core/text/utf8.hpp"

#include <charconv>

KEFU_BEGIN_NAMESPACE
namespace detail {

void append_cdata_content(std::string& out, std::string_view text) {
  std::string cleaned;
  if (!is_clean_text(text)) {
    append_repaired(cleaned, text);
    drop_forbidden_controls(cleaned);
    text = cleaned;
  }
  for (;;) {
    const std::size_t at = text.find("]]>");
    if (at == std::string_view::npos) break;
    out.append(text.data(), at + 2).append("]]><![CDATA[");
    text.remove_prefix(at + 2);
  }
  out.append(text);
}

void append_cdata(std::string& out, std::string_view text) {
  out.append("<![CDATA[");
  append_cdata_content(out, text);
  out.append("]]>");
}

XmlWriter& XmlWriter::begin(std::string_view name) {
  out_.push_back('<');
  out_.append(name).push_back('>');
  return *this;
}

XmlWriter& XmlWriter::end(std::string_view name) {
  out_.append("</").append(name).push_back('>');
  return *this;
}

XmlWriter& XmlWriter::text(std::string_view name, std::string_view text) {
  out_.push_back('<');
  out_.append(name).append("><![CDATA[");
  append_cdata_content(out_, text);
  out_.append("]]></").append(name).push_back('>');
  return *this;
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
