#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "core/text/utf8.hpp"
#include "fuzz/expect.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using kefu::detail::Document;
using kefu::detail::JsonWriter;
using kefu::detail::Value;

void write(JsonWriter& writer, Value value) {
  switch (value.kind()) {
    case Value::Kind::object:
      writer.begin_object();
      for (const auto& member : value) {
        writer.key(member.name);
        write(writer, member.value);
      }
      writer.end_object();
      break;
    case Value::Kind::array:
      writer.begin_array();
      for (const auto& element : value) write(writer, element.value);
      writer.end_array();
      break;
    case Value::Kind::string:
      writer.string(value.text());
      break;
    case Value::Kind::number:
    case Value::Kind::boolean:
      writer.raw(value.text());
      break;
    case Value::Kind::null:
      writer.null();
      break;
    case Value::Kind::absent:
      break;
  }
}

}  // namespace

/// Whatever is read can be written, and reads back as the same values without repairs.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Document document = Document::json({reinterpret_cast<const char*>(data), size});
  expect(static_cast<bool>(document) == (document.root().kind() == Value::Kind::object), "a root exactly on success");
  if (!document) return 0;
  std::string out;
  JsonWriter writer(out);
  write(writer, document.root());
  expect(kefu::detail::is_utf8(out), "JSON goes out as UTF-8");
  const Document again = Document::json(out);
  expect(static_cast<bool>(again), "what was written is read");
  expect(again.repairs().control_characters == 0 && again.repairs().invalid_utf8 == 0, "what was written is whole");
  expect(same_values(document.root(), again.root()), "what was written is the same");
  return 0;
}
