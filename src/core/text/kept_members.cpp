#include "core/text/kept_members.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

/// No deeper than the document was allowed to be.
void write_kept(JsonWriter& json, Value value) {
  switch (value.kind()) {
    case Value::Kind::string:
      json.string(value.text());
      return;
    case Value::Kind::number:
    case Value::Kind::boolean:
      json.raw(value.text());
      return;
    case Value::Kind::array:
      json.begin_array();
      for (const Value::Member& element : value) write_kept(json, element.value);
      json.end_array();
      return;
    case Value::Kind::object:
      json.begin_object();
      for (const Value::Member& member : value) {
        json.key(member.name);
        write_kept(json, member.value);
      }
      json.end_object();
      return;
    case Value::Kind::absent:
    case Value::Kind::null:
      json.null();
      return;
  }
}

}  // namespace

KeptMembers::KeptMembers(Value record, std::initializer_list<std::string_view> known) {
  for (const Value::Member& member : record) {
    if (std::find(known.begin(), known.end(), member.name) != known.end()) continue;
    auto& [name, text] = members_.emplace_back(std::string(member.name), std::string());
    JsonWriter json(text);
    write_kept(json, member.value);
  }
}

void KeptMembers::write(JsonWriter& json) const {
  for (const auto& [name, text] : members_) json.key(name).raw(text);
}

}  // namespace detail
KEFU_END_NAMESPACE
