#pragma once

#include <kefu/core/export.hpp>

#include <cstdint>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// Appends XML to a string the way the platforms write it: text in CDATA, numbers bare, no declaration, no blanks.
/// Names are ours and must be plain XML names. Thread safety: one thread at a time.
class KEFU_EXPORT XmlWriter {
 public:
  /// `out` outlives the writer; what it holds stays.
  explicit XmlWriter(std::string& out) : out_(out) {}
  XmlWriter(const XmlWriter&) = delete;
  XmlWriter& operator=(const XmlWriter&) = delete;

  XmlWriter& begin(std::string_view name);
  XmlWriter& end(std::string_view name);
  /// <name><![CDATA[text]]></name>; see `append_cdata`.
  XmlWriter& text(std::string_view name, std::string_view text);
  /// <name>number</name>
  XmlWriter& integer(std::string_view name, std::int64_t number);
  /// <name>content</name> with content that needs no escaping, such as base64 or digits.
  XmlWriter& plain(std::string_view name, std::string_view content);

 private:
  std::string& out_;
};

/// Appends `text` as CDATA: every "]]>" is split over two sections (ENC-1), characters that XML 1.0 forbids are left
/// out, invalid UTF-8 is replaced with U+FFFD.
KEFU_EXPORT void append_cdata(std::string& out, std::string_view text);
/// As `append_cdata`, between a "<![CDATA[" and a "]]>" that the caller writes.
void append_cdata_content(std::string& out, std::string_view text);

}  // namespace detail
KEFU_END_NAMESPACE
