#pragma once

#include "core/call/code_table.hpp"
#include "core/call/reply.hpp"
#include "core/text/document.hpp"
#include "jd/gateway/code_table.hpp"

#include <kefu/core/operation.hpp>

#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace jd {

/// True for addresses at the host of authorizations, which are paths; all others are methods of the gateway.
inline bool is_oauth_address(std::string_view address) { return !address.empty() && address.front() == '/'; }

/// What an answer says, and in which of its layers (jd 3.1).
struct AnswerReading {
  detail::PlatformAnswer answer;
  AnswerLayer layer = AnswerLayer::gateway;
  bool by_flag = false;  ///< A success flag said no; else a number of no known meaning.
};

/// Looks through the layers of an answer, outermost first: `error_response` whatever the HTTP status; on HTTP 200 the
/// code of the node, then the results that families of methods put inside it, of which both must say success. A flag
/// wins over the number beside it; numbers of success belong to their family. Answers of the authorization host are
/// flat.
AnswerReading read_answer(const OperationInfo& info, const detail::Reply& reply);

}  // namespace jd
KEFU_END_NAMESPACE
