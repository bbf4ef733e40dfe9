#include "cli/pretty_json.hpp"

#include "core/text/json_writer.hpp"

namespace kefu_cli {
namespace {

using kefu::detail::Value;

void append_quoted(std::string& out, std::string_view text) { kefu::detail::JsonWriter(out).string(text); }

// Depth is bounded by the reader's limits.
void append_pretty(std::string& out, Value value, std::size_t depth) {
  const Value::Kind kind = value.kind();
  if (kind == Value::Kind::string) return append_quoted(out, value.text());
  if (kind == Value::Kind::number || kind == Value::Kind::boolean) {
    out += value.text();
    return;
  }
  if (kind != Value::Kind::object && kind != Value::Kind::array) {
    out += "null";
    return;
  }
  const bool object = kind == Value::Kind::object;
  out += object ? '{' : '[';
  const char* before = "\n";
  for (const auto& member : value) {
    out += before;
    before = ",\n";
    out.append(2 * (depth + 1), ' ');
    if (object) {
      append_quoted(out, member.name);
      out += ": ";
    }
    append_pretty(out, member.value, depth + 1);
  }
  if (value.size() != 0) out.append("\n").append(2 * depth, ' ');
  out += object ? '}' : ']';
}

}  // namespace

std::string pretty_json(Value value) {
  std::string out;
  append_pretty(out, value, 0);
  return out;
}

}  // namespace kefu_cli
