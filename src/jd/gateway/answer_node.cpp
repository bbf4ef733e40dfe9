#include "jd/gateway/answer_node.hpp"

#include "jd/gateway/operation.hpp"

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

bool has_ending(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

detail::Value answer_node(detail::Value root) {
  using Kind = detail::Value::Kind;
  if (root.kind() != Kind::object || root[kErrorResponse].present()) return {};
  for (const std::string_view spelling : {"_responce", "_response"})
    for (const auto& member : root)
      if (has_ending(member.name, spelling) && member.value.kind() == Kind::object) return member.value;
  if (root.size() != 1) return {};
  const detail::Value only = (*root.begin()).value;
  return only.kind() == Kind::object ? only : detail::Value();
}

namespace {

/// Members that any node may have beside what was asked for.
bool is_incidental(std::string_view name) {
  for (const std::string_view each : {"code", "requestId", "request_id", "traceId", "msg", "message"})
    if (name == each) return true;
  return false;
}

bool says_something(detail::Value node) {
  for (const auto& member : node)
    if (!is_incidental(member.name) && member.value.present()) return true;
  return false;
}

Error strange_answer(std::string_view what) {
  return Error(ErrorKind::malformed_reply, std::string(what) + " has none of the members that are known of it");
}

}  // namespace

Result<void> finish_reading(const detail::FieldReader& reader, detail::Value node) {
  if (auto read = reader.result(); !read) return read;
  if (reader.has_strange_entry()) return strange_answer("an entry of the answer");
  if (!reader.recognized() && says_something(node)) return strange_answer("the answer");
  return {};
}

}  // namespace jd
KEFU_END_NAMESPACE
