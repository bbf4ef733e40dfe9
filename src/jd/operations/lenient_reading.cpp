#include "jd/operations/lenient_reading.hpp"

#include <array>
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

std::optional<std::int64_t> only_count(Value node) {
  constexpr std::array<std::string_view, 6> kOther{"code",       "resultCode", "errorCode",
                                                   "pageNumber", "pageSize",   "status"};
  std::optional<std::int64_t> found;
  std::deque<Value> waiting{node};
  while (!waiting.empty()) {
    const Value next = waiting.front();
    waiting.pop_front();
    for (const auto& member : next) {
      if (member.value.kind() == Value::Kind::object) waiting.push_back(member.value);
      bool other = false;
      for (const std::string_view name : kOther) other = other || member.name == name;
      const bool scalar = member.value.kind() == Value::Kind::number || member.value.kind() == Value::Kind::string;
      if (other || !scalar) continue;
      const auto number = member.value.integer();
      if (!number) continue;
      if (found) return std::nullopt;
      found = number;
    }
  }
  return found;
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

}  // namespace jd
KEFU_END_NAMESPACE
