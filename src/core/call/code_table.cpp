#include "core/call/code_table.hpp"

#include <algorithm>
#include <charconv>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

/// Seconds of a Retry-After header; its date form is not used by anything that answers for these platforms.
std::optional<Millis> retry_after_of(const HttpReply& reply) {
  const std::string_view text = reply.header("retry-after");
  std::int64_t seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() || seconds < 0)
    return std::nullopt;
  return Millis(std::min<std::int64_t>(seconds, 86'400) * 1000);
}

Verdict from_row(const CodeRow& row) {
  Verdict verdict;
  verdict.accepted = row.ignored_as_success;
  verdict.renew_credential = row.refresh_token;
  verdict.kind = row.kind;
  verdict.delivery = row.delivery;
  verdict.retry = row.retry;
  if (row.retry_after_s > 0) verdict.retry_after = Millis(row.retry_after_s * 1000LL);
  verdict.advice = row.advice;
  return verdict;
}

Verdict unknown_code(Effect effect) {
  Verdict verdict;
  verdict.kind = ErrorKind::internal;
  verdict.delivery = effect == Effect::create ? Delivery::unknown : Delivery::refused;
  verdict.advice = effect == Effect::create ? "this code is not in the tables: it may have been done, nothing was "
                                              "repeated; look before you try again, and "
                                              "report it with operation, code and request id"
                                            : "this code is not in the tables: taken as refused, nothing was repeated; "
                                              "report it with operation, code and "
                                              "request id";
  return verdict;
}

}  // namespace

const CodeRow* CodeTable::search(std::string_view code, const ConditionCheck& check) const {
  const CodeRow* general = nullptr;
  for (const CodeRow& row : *this) {
    if (row.code != code) continue;
    if (row.condition.empty()) {
      general = &row;
    } else if (check.holds(row.condition)) {
      return &row;
    }
  }
  return general;
}

const CodeRow* CodeTable::find(std::string_view code, const ConditionCheck& check) const {
  const CodeRow* row = search(code, check);
  return row != nullptr ? row : search("*", check);
}

Verdict classify_answer(const CodeTable& table, const ConditionCheck& check, PlatformAnswer answer,
                        const OperationInfo& info, const Reply& reply) {
  const bool has_code = answer.failed || (!answer.code.empty() && answer.code != "0");
  std::optional<Fault> fault = fault_of(reply);
  if (!fault) fault = answer.fault;
  Verdict verdict;
  const std::string_view wanted = answer.foreign_code ? std::string_view("*") : answer.code;
  if (const CodeRow* row = has_code ? table.find(wanted, check) : nullptr) {
    verdict = from_row(*row);
  } else if (has_code && reply.http.status >= 500) {
    verdict = verdict_of(Fault::http_5xx_with_code, info.effect);
  } else if (has_code) {
    verdict = unknown_code(info.effect);
  } else if (fault) {
    verdict = verdict_of(*fault, info.effect);
  } else {
    verdict.accepted = true;
  }
  if (has_code) verdict.code = std::move(answer.code);
  verdict.message = std::move(answer.message);
  verdict.request_id = std::move(answer.request_id);
  if (!verdict.accepted && reply.http.status != 200) {
    if (const auto pause = retry_after_of(reply.http); pause && (!verdict.retry_after || *pause > *verdict.retry_after))
      verdict.retry_after = pause;
  }
  return verdict;
}

}  // namespace detail
KEFU_END_NAMESPACE
