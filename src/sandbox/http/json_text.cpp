#include "sandbox/http/json_text.hpp"

#include <map>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using Kind = detail::Value::Kind;

void write_members(detail::JsonWriter& writer, const detail::Value& object) {
  std::map<std::string_view, std::vector<detail::Value>> same;
  for (const auto& member : object) same[member.name].push_back(member.value);
  writer.begin_object();
  for (const auto& member : object) {
    const auto values = same.find(member.name);
    if (values == same.end()) continue;  // written where its name came first
    writer.key(member.name);
    if (values->second.size() > 1) writer.begin_array();
    for (const detail::Value& value : values->second) write_value(writer, value);
    if (values->second.size() > 1) writer.end_array();
    same.erase(values);
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
