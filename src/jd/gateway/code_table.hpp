#pragma once

#include "core/call/code_table.hpp"

#include <kefu/core/operation.hpp>

#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// The codes of the gateway and, as rows "*", what codes of other number spaces mean.
const detail::CodeTable& code_table();

/// Which part of an answer a code stands in (jd 3.1).
enum class AnswerLayer : unsigned char {
  gateway,      ///< `error_response`, or `code` beside `error_description` in the answer's node.
  business,     ///< A result inside the node, or the node's own flat one.
  return_type,  ///< A result of the user, xid and token families, whose 200 says success too.
};

/// Which conditions of the table hold for a call and a layer of its answer.
class CallConditions final : public detail::ConditionCheck {
 public:
  /// `by_flag`: the result said no by its success flag, and not by a number of no known meaning.
  CallConditions(const OperationInfo& info, AnswerLayer layer, bool by_flag = false)
      : info_(info), layer_(layer), by_flag_(by_flag) {}
  bool holds(std::string_view condition) const override;

 private:
  const OperationInfo& info_;
  const AnswerLayer layer_;
  const bool by_flag_;
};

/// 0, none, or one of the few other codes by which some methods say success; logistics say it by 100 alone.
bool says_success(std::string_view code, const CallConditions& conditions);

}  // namespace jd
KEFU_END_NAMESPACE
