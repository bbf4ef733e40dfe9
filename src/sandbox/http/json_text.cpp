#include "sandbox/http/json_text.hpp"

#include <set>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using Kind = detail::Value::Kind;

void write_members(detail::JsonWriter& writer, const detail::Value& object) {
  std::set<std::string_view> written;
  writer.begin_object();
  for (const auto& member : object) {
    if (!written.insert(member.name).second) continue;
    writer.key(member.name);
    std::size_t same = 0;
    for (const auto& other : object) same += other.name == member.name ? 1U : 0U;
    if (same == 1) {
      write_value(writer, member.value);
      continue;
    }
    writer.begin_array();
    for (const auto& other : object)
      if (other.name == member.name) write_value(writer, other.value);
    writer.end_array();
  }
  writer.end_object();
}

}  // namespace

void write_value(detail::JsonWriter& writer, const detail::Value& value) {
  switch (value.kind()) {
    case Kind::absent:
    case Kind::null:
      writer.null();
      break;
    case Kind::boolean:
    case Kind::number:
      writer.raw(value.text());
      break;
    case Kind::string:
      writer.string(value.text());
      break;
    case Kind::object:
      write_members(writer, value);
      break;
    case Kind::array:
      writer.begin_array();
      for (const auto& element : value) write_value(writer, element.value);
      writer.end_array();
      break;
  }
}

std::string json_of(const detail::Value& value) {
  std::string out;
  detail::JsonWriter writer(out);
  write_value(writer, value);
  return out;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
