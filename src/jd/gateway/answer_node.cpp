#include "jd/gateway/answer_node.hpp"

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

}  // namespace jd
KEFU_END_NAMESPACE
