#include "core/text/document.hpp"
#include "core/text/utf8.hpp"
#include "core/text/xml_writer.hpp"
#include "fuzz/expect.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

using kefu::detail::Document;
using kefu::detail::ReadFault;
using kefu::detail::Value;

namespace {

/// The fast scanner and pugixml agree on every document that the scanner takes: a declaration in front sends the same
/// document to pugixml.
void compare_scanners(std::string_view text, const Document& document) {
  if (text.substr(0, 5) != "<xml>") return;
  const Document slow = Document::xml("<?xml version=\"1.0\"?>" + std::string(text));
  expect(slow.fault() == document.fault(), "both scanners give the same fault");
  expect(same_values(slow.root(), document.root()), "both scanners give the same values");
}

void round_trip(std::string_view text) {
  std::string clean;
  kefu::detail::append_repaired(clean, text);
  kefu::detail::drop_forbidden_controls(clean);
  std::string out = "<xml><A>";
  kefu::detail::append_cdata(out, text);
  out += "</A></xml>";
  const Document document = Document::xml(out);
  expect(static_cast<bool>(document), "what was written is read");
  expect(document.root()["A"].text() == clean, "a text survives CDATA");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Document document = Document::xml(text);
  expect(static_cast<bool>(document) == (document.root().kind() == Value::Kind::object), "a root exactly on success");
  const Document borrowed = Document::xml_borrowed(text);
  expect(borrowed.fault() == document.fault() && same_values(borrowed.root(), document.root()), "both doors agree");
  for (const auto& member : document.root()) expect(kefu::detail::is_utf8(member.value.text()), "values are UTF-8");
  compare_scanners(text, document);
  round_trip(text);
  return 0;
}
