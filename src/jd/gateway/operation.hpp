#pragma once

#include "core/call/fields.hpp"
#include "jd/gateway/answer_node.hpp"

#include <kefu/core/operation.hpp>
#include <kefu/jd/time.hpp>

#include <string>
#include <type_traits>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// jd::Time in field lists: GMT+8 text in requests, either form in answers.
template <>
struct FieldScalar<jd::Time> {
  static std::string text(const jd::Time& time) { return time.at ? jd::gateway_time(*time.at) : std::string(); }
  static bool read(Value from, jd::Time& to);
};

}  // namespace detail

namespace jd {

/// What a reading is worth: an answer that says something, of which nothing is known, or in whose lists is an entry of
/// which nothing is known, is no success (jd 10.10).
Result<void> finish_reading(const detail::FieldReader& reader, detail::Value node);

/// What the answers of a few families hide one or two levels deeper is reached by `v.group(...)` in their field lists.
template <class Response>
Result<void> decode_node(const detail::Reply& reply, void* response) {
  const detail::Value node = answer_node(reply.document.root());
  detail::FieldReader reader(node);
  reader.root(*static_cast<Response*>(response));
  return finish_reading(reader, node);
}

/// The row of a method at the gateway. Field lists of requests are in the order of the alphabet, so that
/// 360buy_param_json comes out sorted.
template <class Op>
Operation make_gateway_operation(const OperationInfo& info) {
  return Operation{info, &detail::encode_json<Op>, &decode_node<typename Op::Response>};
}

}  // namespace jd
KEFU_END_NAMESPACE
