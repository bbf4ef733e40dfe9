#include "jd/operations/lenient_reading.hpp"

#include <deque>

KEFU_BEGIN_NAMESPACE
namespace jd {

using detail::Value;

std::string json_of(Value value) {
  std::string text;
  if (value) detail::FieldReader(value).whole(text);
  return text;
}

Value first_list(Value node) {
  std::deque<Value> waiting{node};
  while (!waiting.empty()) {
    const Value next = waiting.front();
    waiting.pop_front();
    if (next.kind() == Value::Kind::array && next.size() > 0 && (*next.begin()).value.kind() == Value::Kind::object)
      return next;
    if (next.kind() != Value::Kind::object) continue;
    for (const auto& member : next) waiting.push_back(member.value);
  }
  return {};
}

Value first_of(Value node, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const Value value = node[name]; value.present()) return value;
  return {};
}

std::string first_text(Value node, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (const Value value = node[name]; !value.text().empty()) return std::string(value.text());
  return {};
}

Value node_or_root(Value root) {
  const Value node = answer_node(root);
  return node.kind() == Value::Kind::object ? node : root;
}

std::vector<std::string> entries_as_json(Value list) {
  std::vector<std::string> entries;
  for (const Value item : list.items()) entries.push_back(json_of(item));
  return entries;
}

bool holds_more(Value node) {
  for (const auto& member : node)
    if (member.value.kind() == Value::Kind::object || member.value.kind() == Value::Kind::array) return true;
  return false;
}

bool holds_something(Value node) {
  for (const auto& member : node) {
    if (member.value.kind() == Value::Kind::array && member.value.size() > 0) return true;
    if (member.value.kind() != Value::Kind::object) continue;
    bool has_list = false;
    for (const auto& inner : member.value) has_list = has_list || inner.value.kind() == Value::Kind::array;
    if (!has_list || holds_something(member.value)) return true;
  }
  return false;
}

}  // namespace jd
KEFU_END_NAMESPACE
