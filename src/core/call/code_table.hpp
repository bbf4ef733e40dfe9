#pragma once

#include "core/call/fault_table.hpp"
#include "core/call/reply.hpp"
#include "core/call/verdict.hpp"

#include <kefu/core/operation.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// One row of a platform's code table; the columns of error-kinds.json.
struct CodeRow {
  std::string_view code;       ///< As text; "*" stands for every code without a row of its own.
  std::string_view condition;  ///< Name from `conditions`; empty: always.
  ErrorKind kind;
  Delivery delivery;
  bool refresh_token;
  Retry retry;
  int retry_after_s;  ///< 0: the platform names no pause.
  bool ignored_as_success;
  std::string_view advice;
};

/// Says whether a condition of the table holds for the call at hand.
class ConditionCheck {
 public:
  virtual ~ConditionCheck() = default;
  virtual bool holds(std::string_view condition) const = 0;
};

/// The codes of one platform host (the two WeChat hosts use some numbers differently). A view of constant rows.
class CodeTable {
 public:
  constexpr CodeTable(const CodeRow* rows, std::size_t count) : rows_(rows), count_(count) {}

  /// The row whose condition holds, else the one without a condition, else a "*" row whose condition holds, else null.
  const CodeRow* find(std::string_view code, const ConditionCheck& check) const;
  const CodeRow* begin() const { return rows_; }
  const CodeRow* end() const { return rows_ + count_; }

 private:
  const CodeRow* search(std::string_view code, const ConditionCheck& check) const;
  const CodeRow* rows_;
  std::size_t count_;
};

/// What a platform wrote into its answer. A code of "" or "0" is none.
struct PlatformAnswer {
  std::string code;
  std::string message;
  std::string request_id;
  bool foreign_code = false;  ///< From another number space than the table's: only its "*" rows apply.
  bool failed = false;        ///< It says that the call failed, whatever its code.
  /// What it lacks in the eyes of its platform, though HTTP and JSON are as they should be; behind code and HTTP
  /// status.
  std::optional<Fault> fault = std::nullopt;
};

/// The meaning of a whole answer: its code by the table, else its HTTP status and form by the fault table, else
/// success.
Verdict classify_answer(const CodeTable& table, const ConditionCheck& check, PlatformAnswer answer,
                        const OperationInfo& info, const Reply& reply);

}  // namespace detail
KEFU_END_NAMESPACE
