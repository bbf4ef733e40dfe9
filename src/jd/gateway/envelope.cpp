#include "jd/gateway/envelope.hpp"

#include "jd/gateway/answer_node.hpp"

#include <array>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

using detail::Document;
using detail::Value;

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_scalar(Value value) {
  const Value::Kind kind = value.kind();
  return kind == Value::Kind::string || kind == Value::Kind::number || kind == Value::Kind::boolean;
}

/// The text of the first of these members that is a scalar with one.
template <std::size_t N>
std::string_view text_of_first(Value object, const std::array<std::string_view, N>& names) {
  for (const std::string_view name : names)
    if (const Value member = object[name]; is_scalar(member) && !member.text().empty()) return member.text();
  return {};
}

/// Every family has its own spelling (jd 3.1); `messsage` is logistics'.
std::string_view message_of(Value object) {
  constexpr std::array<std::string_view, 23> kNames{"chineseErrCode",
                                                    "chinese_err_code",
                                                    "zh_desc",
                                                    "error_description",
                                                    "msg",
                                                    "message",
                                                    "messsage",
                                                    "errorMsg",
                                                    "error_msg",
                                                    "errMsg",
                                                    "errmsg",
                                                    "errorMessage",
                                                    "resultMsg",
                                                    "resultMessage",
                                                    "result_describe",
                                                    "result_info",
                                                    "returnMsg",
                                                    "error",
                                                    "desc",
                                                    "desc1",
                                                    "englishErrCode",
                                                    "english_err_code",
                                                    "en_desc"};
  return text_of_first(object, kNames);
}

std::string_view code_of(Value object) {
  constexpr std::array<std::string_view, 9> kNames{"code",        "errorCode",  "numberCode",
                                                   "status_code", "resultCode", "return_code",
                                                   "error_code",  "errCode",    "result_code"};
  return text_of_first(object, kNames);
}

std::string_view request_id_of(Value object) {
  constexpr std::array<std::string_view, 3> kNames{"requestId", "request_id", "traceId"};
  return text_of_first(object, kNames);
}

/// The flag of the families that have one.
std::optional<bool> success_flag(Value object) {
  for (const std::string_view name : {"success", "isSuccess", "is_success", "result_state", "sucessed"})
    if (const auto flag = object[name].boolean()) return flag;
  return std::nullopt;
}

/// Members in which a family puts its result: `result`, `pageResult`, `apiResult`, `queryResult`, `vender_info_result`,
/// `resultInfo`, `returnType`, `response`. Other objects are data, whose `code` may mean anything.
bool is_result_name(std::string_view name) {
  return name == "returnType" || name == "response" || name == "resultInfo" || ends_with(name, "result") ||
         ends_with(name, "Result");
}

/// The picture space says success by 1 and no by 0, the other way round (jd 3.1).
bool says_no_as_picture_space(Value node) {
  const std::string_view code = node["return_code"].text();
  return !code.empty() && code != "1";
}

/// Reviews answer flatly; the documentation site draws the same members inside `map`.
Value flat_result(Value node) {
  const Value map = node["map"];
  return map.kind() == Value::Kind::object ? map : node;
}

/// Reviews put `resultCode` beside their list: entries that are there are the answer, whatever it says.
bool says_no_flatly(Value result, const CallConditions& conditions) {
  return !says_success(result["resultCode"].text(), conditions) && result["comments"].size() == 0;
}

/// What the page of saveReply (2026) says was not done: the review or the answer to it is not there (19, 29), a page or
/// a parameter is wrong (33, 417), too many calls (32). Its 11, the same answer again, and 24, a system error, leave
/// open what came of a write.
bool is_clear_refusal_of_review(std::string_view code) {
  for (const std::string_view refusal : {"19", "29", "32", "33", "417"})
    if (code == refusal) return true;
  return false;
}

/// Acts of after-sale service say in `data` whether it was done, beside a `success` that is the call's own (pages of
/// asc.track.save and asc.freight.save, 2026). Others have a word there, or nothing.
bool says_not_done(const OperationInfo& info, Value result) {
  if (info.effect == Effect::read || info.path.rfind("jingdong.asc.", 0) != 0) return false;
  const Value data = result["data"];
  return data.kind() != Value::Kind::number && data.text() == "false";
}

/// Looks for what says no; keeps the first.
class ResultSearch {
 public:
  ResultSearch(const OperationInfo& info, AnswerReading& reading) : info_(info), reading_(reading) {}

  bool found() const { return reading_.answer.failed; }

  /// A member of the node: an object, or JSON text of one (union).
  void look(std::string_view name, Value member) {
    if (member.kind() == Value::Kind::object) {
      judge(name, member);
      for (const std::string_view deeper : {"apiResult", "api_jos_result"})
        if (const Value inner = member[deeper]; !found() && inner.kind() == Value::Kind::object)
          judge("apiResult", inner);
    } else if (member.kind() == Value::Kind::string && is_result_name(name) && member.text().substr(0, 1) == "{") {
      const Document inside = Document::json(member.text());
      if (inside) judge(name, inside.root());
    }
  }

  /// The node's own code where it is no gateway's: flat results of DongDong and others.
  void judge_flat(Value node) {
    const auto flag = success_flag(node);
    const AnswerLayer layer = AnswerLayer::business;
    if (flag && !*flag) return fail(node, layer, true);
    if (!says_success(code_of_node(node), CallConditions(info_, layer))) return fail(node, layer, false);
    if (flag) return;
    if (says_no_as_picture_space(node)) return fail_by(node, "return_code", node["return_code"].text() == "0");
    const CallConditions conditions(info_, layer);
    const Value result = flat_result(node);
    if (!says_no_flatly(result, conditions)) return;
    fail_by(result, "resultCode",
            conditions.holds("review") && is_clear_refusal_of_review(result["resultCode"].text()));
  }

  static std::string_view code_of_node(Value node) {
    constexpr std::array<std::string_view, 1> kCode{"code"};
    return text_of_first(node, kCode);
  }

 private:
  void judge(std::string_view name, Value result) {
    const auto flag = success_flag(result);
    const AnswerLayer layer = flag || name == "response" ? AnswerLayer::business : AnswerLayer::return_type;
    if (flag && (!*flag || says_not_done(info_, result))) return fail(result, layer, true);
    if (flag || !is_result_name(name)) return;
    if (!says_success(code_of(result), CallConditions(info_, layer))) return fail(result, layer, false);
    // Seen without a number of its own: the word alone says no.
    if (name == "returnType" && code_of(result).empty() && result["message"].text() == "FAIL")
      fail(result, layer, true);
  }

  /// A flat number beside the node's own code.
  void fail_by(Value node, std::string_view number, bool by_flag) {
    fail(node, AnswerLayer::business, by_flag);
    reading_.answer.code = std::string(node[number].text());
  }

  void fail(Value result, AnswerLayer layer, bool by_flag) {
    detail::PlatformAnswer& answer = reading_.answer;
    reading_.by_flag = by_flag;
    answer.failed = true;
    answer.foreign_code = true;
    answer.code = std::string(code_of(result));
    answer.message = std::string(message_of(result));
    answer.request_id = std::string(request_id_of(result));
    reading_.layer = layer;
  }

  const OperationInfo& info_;
  AnswerReading& reading_;
};

/// A code of the gateway's own, which the table knows.
void read_gateway_error(Value error, AnswerReading& reading) {
  reading.answer.failed = true;
  reading.answer.code = std::string(code_of(error));
  reading.answer.message = std::string(message_of(error));
  reading.answer.request_id = std::string(request_id_of(error));
}

/// A code of the node that comes with the gateway's words, or with none, is the gateway's; one with a message of its
/// own is a flat result.
bool is_gateway_code(Value node) {
  if (node["error_description"] || node["zh_desc"] || node["en_desc"]) return true;
  return !node["errmsg"] && message_of(node).empty();
}

void read_node(const OperationInfo& info, Value node, AnswerReading& reading) {
  const CallConditions flat(info, AnswerLayer::business);
  const bool declined = !says_success(ResultSearch::code_of_node(node), flat);
  if (declined && !flat.holds("dongdong_send") && is_gateway_code(node)) return read_gateway_error(node, reading);
  ResultSearch search(info, reading);
  search.judge_flat(node);
  for (const auto& member : node) {
    if (search.found()) break;
    search.look(member.name, member.value);
  }
  if (reading.answer.request_id.empty()) reading.answer.request_id = std::string(request_id_of(node));
}

/// Flat, from another number space than the gateway's. With these statuses the host or something before it is out of
/// order, and no authorization has ended whatever it writes.
void read_oauth_answer(Value root, int status, AnswerReading& reading) {
  if (status >= 500 || status == 408 || status == 429) return;
  const std::string_view code = code_of(root);
  const std::string_view word = root["error"].text();  // RFC 6749
  if ((code.empty() || code == "0") && word.empty()) return;
  reading.answer.failed = true;
  reading.answer.foreign_code = true;
  reading.answer.code = std::string(code.empty() || code == "0" ? word : code);
  reading.answer.message = std::string(message_of(root));
  reading.answer.request_id = std::string(request_id_of(root));
}

/// How the gateway wraps the results of DongDong's older services is not public (jd 4.5): the plain result is taken
/// too.
bool may_come_plain(const OperationInfo& info, Value root) {
  const CallConditions conditions(info, AnswerLayer::business);
  return root["code"].present() && (conditions.holds("dongdong_grant") || conditions.holds("dongdong_push"));
}

/// Exceptions on the documentation site's pages, and as programs of 2021 to 2026 expect them, have nothing around them:
/// a number of the family's own and a text (10100002 and its `errorMessage` of order remarks).
bool is_bare_refusal(const OperationInfo& info, Value root) {
  const CallConditions conditions(info, AnswerLayer::business);
  return !says_success(ResultSearch::code_of_node(root), conditions) && !is_gateway_code(root);
}

}  // namespace

AnswerReading read_answer(const OperationInfo& info, const detail::Reply& reply) {
  AnswerReading reading;
  const Value root = reply.document.root();
  if (root.kind() != Value::Kind::object) return reading;
  if (const Value error = root[kErrorResponse]; error.present()) {
    read_gateway_error(error, reading);
    return reading;
  }
  if (is_oauth_address(info.path)) {
    read_oauth_answer(root, reply.http.status, reading);
    return reading;
  }
  Value node = answer_node(root);
  if (node.kind() != Value::Kind::object && (may_come_plain(info, root) || is_bare_refusal(info, root))) node = root;
  // Clients take any other status for a failure of the transport, and so for the fault that is left then.
  if (reply.http.status != 200 || node.kind() != Value::Kind::object) {
    reading.answer.fault = detail::Fault::missing_field;
    return reading;
  }
  read_node(info, node, reading);
  return reading;
}

}  // namespace jd
KEFU_END_NAMESPACE
