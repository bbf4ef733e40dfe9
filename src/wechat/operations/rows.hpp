#pragma once

#include "core/call/field_checks.hpp"
#include "core/call/fields.hpp"
#include "wechat/operations/accounts.hpp"

#include <kefu/core/operation.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {

/// An operation with what only WeChat's have.
struct Row {
  std::string_view type;  ///< The operation's type: "CreateKfSession".
  Operation operation;
  Accounts accounts;
  std::string_view limits;  ///< Calls of a new account that the platform publishes.
  /// Whether an object has a member of this call's answer beside errcode and errmsg. Never null.
  bool (*has_answer)(detail::Value root);
  std::string_view source;  ///< Where its limits and checks are from: a section of wechat-messages.
  /// What is checked of a request before it goes out; null: nothing.
  std::vector<detail::FieldCheck> (*checks)(const void* request);
};

/// The row of an operation's type; its family's source file defines it.
template <class Type>
const Row& row_of();

/// The rows of every operation of an account, family by family.
const std::vector<const Row*>& rows();
/// Those of one path, a third-party platform's included: one, or several forms of one API.
using RowsAt = std::pair<std::vector<const Row*>::const_iterator, std::vector<const Row*>::const_iterator>;
RowsAt rows_at(std::string_view path);

/// The name that a path gives: "/cgi-bin/message/custom/send" is "wechat.message.custom.send".
class PathName {
 public:
  constexpr explicit PathName(std::string_view path) : text_{}, size_(0) {
    append(kPrefix);
    for (const std::string_view silent : {"/cgi-bin/", "/customservice/", "/wxaapi/", "/"})
      if (path.substr(0, silent.size()) == silent) {
        path.remove_prefix(silent.size());
        break;
      }
    append(path);
  }
  /// For errors and metrics.
  constexpr std::string_view full() const { return {text_, size_}; }
  /// For limits.
  constexpr std::string_view bucket() const { return {text_ + kPrefix.size(), size_ - kPrefix.size()}; }

 private:
  static constexpr std::string_view kPrefix = "wechat.";
  constexpr void append(std::string_view more) {
    for (const char c : more) text_[size_++] = c == '/' ? '.' : c;  // a name too long does not compile
  }
  char text_[64];
  std::size_t size_;
};

/// Whether a type has a field list: a request or answer without one names its own functions in its row.
template <class T, class = void>
struct HasFields : std::false_type {};
template <class T>
struct HasFields<T, std::void_t<decltype(sizeof(detail::FieldList<T>))>> : std::true_type {};

template <class Response>
bool has_member_of(detail::Value root) {
  Response scratch;
  detail::FieldReader reader(root);
  reader.root(scratch);
  return reader.found_any() && !reader.has_strange_entry();
}

/// Of an answer all of whose members may be absent, and one of them is there all the same.
template <class Response>
Result<void> decode_some(const detail::Reply& reply, void* response) {
  detail::FieldReader reader(reply.document.root());
  reader.root(*static_cast<Response*>(response));
  if (!reader.found_any()) return Error(ErrorKind::malformed_reply, "no member of this API's answer is there");
  return reader.result();
}

/// Where a file is expected, objects are errors.
inline bool is_never_json(detail::Value) { return false; }

/// The facts about one API, as its family's table writes them. What is not said is the usual.
class Facts {
  // Before its uses: Clang 14 evaluates the rows with what it has seen by then.
  template <class Member>
  constexpr Facts with(Member Facts::*member, Member value) const {
    Facts changed = *this;
    changed.*member = value;
    return changed;
  }

 public:
  constexpr Facts(std::string_view method, std::string_view path, Effect effect, std::string_view page,
                  const Accounts& accounts)
      : method_(method), path_(path), effect_(effect), page_(page), accounts_(accounts), name_(path) {}

  /// What the platform publishes about the number of calls.
  constexpr Facts limited(std::string_view limits) const { return with(&Facts::limits_, limits); }
  /// What no good source shows (OperationInfo::weak).
  constexpr Facts doubted(std::string_view why) const { return with(&Facts::weak_, why); }
  /// Its calls count in the bucket of another.
  constexpr Facts counted_in(std::string_view bucket) const { return with(&Facts::bucket_, bucket); }
  /// No credential, or one that is a field of the request.
  constexpr Facts without_token() const { return with(&Facts::authorization_, Authorization::none); }
  constexpr Facts within(Millis timeout) const { return with(&Facts::timeout_, timeout); }
  constexpr Facts written_by(Result<void> (*encode)(const void*, HttpRequest&)) const {
    return with(&Facts::encode_, encode);
  }
  constexpr Facts read_by(Result<void> (*decode)(const detail::Reply&, void*)) const {
    return with(&Facts::decode_, decode);
  }
  /// Of a response without a field list: what an object of its answer has.
  constexpr Facts shown_by(bool (*has_answer)(detail::Value)) const { return with(&Facts::has_answer_, has_answer); }
  constexpr Facts never_json() const { return shown_by(is_never_json); }
  constexpr Facts finished_by(Result<void> (*finish)(const void*, const detail::Reply&, void*)) const {
    return with(&Facts::finish_, finish);
  }
  /// The section of the reference that its checks follow.
  constexpr Facts from(std::string_view section) const { return with(&Facts::source_, section); }
  /// Of a request without a field list.
  constexpr Facts checks_by(std::vector<detail::FieldCheck> (*checks)(const void*)) const {
    return with(&Facts::checks_, checks);
  }
  /// Which requests read or write a file of this machine.
  constexpr Facts with_file(bool (*uses_file)(const void*)) const { return with(&Facts::uses_file_, uses_file); }

  /// `facts` must live as long as the row, which shows its name.
  template <class Type>
  static Row row(std::string_view type, const Facts& facts) {
    Operation operation{facts.info(), facts.encode_, facts.decode_, facts.finish_, facts.uses_file_};
    if constexpr (HasFields<Type>::value)
      if (facts.encode_ == nullptr)
        operation.encode = facts.method_ == "GET" ? &detail::encode_query<Type> : &detail::encode_json<Type>;
    if constexpr (HasFields<typename Type::Response>::value)
      if (facts.decode_ == nullptr) operation.decode = &detail::decode_json<typename Type::Response>;
    auto has_answer = facts.has_answer_;
    if constexpr (HasFields<typename Type::Response>::value)
      if (has_answer == nullptr) has_answer = &has_member_of<typename Type::Response>;
    auto checks = facts.checks_;
    if constexpr (HasFields<Type>::value)
      if (checks == nullptr) checks = &detail::CheckLister::of<Type>;
    return Row{type, operation, facts.accounts_, facts.limits_, has_answer, facts.source_, checks};
  }

 private:
  constexpr OperationInfo info() const {
    return {name_.full(), method_, path_, authorization_, effect_, bucket_.empty() ? name_.bucket() : bucket_,
            timeout_,     page_,   weak_};
  }
  std::string_view method_;
  std::string_view path_;
  Effect effect_;
  std::string_view page_;
  Accounts accounts_;
  PathName name_;
  Authorization authorization_ = Authorization::access_token;
  Millis timeout_{10'000};
  std::string_view limits_, weak_, bucket_, source_;
  Result<void> (*encode_)(const void*, HttpRequest&) = nullptr;
  Result<void> (*decode_)(const detail::Reply&, void*) = nullptr;
  Result<void> (*finish_)(const void*, const detail::Reply&, void*) = nullptr;
  bool (*uses_file_)(const void*) = nullptr;
  bool (*has_answer_)(detail::Value root) = nullptr;
  std::vector<detail::FieldCheck> (*checks_)(const void*) = nullptr;
};

constexpr Effect kRead = Effect::read;
constexpr Effect kIdempotent = Effect::idempotent;
constexpr Effect kCreate = Effect::create;

/// Path, effect, title of the documentation page, who may call it.
constexpr Facts get(std::string_view path, Effect effect, std::string_view page, const Accounts& accounts) {
  return {"GET", path, effect, page, accounts};
}
constexpr Facts post(std::string_view path, Effect effect, std::string_view page, const Accounts& accounts) {
  return {"POST", path, effect, page, accounts};
}

#define KEFU_WECHAT_DEFINE_ROW(Type, ...)                  \
  template <>                                              \
  const Row& row_of<Type>() {                              \
    static constexpr Facts facts = __VA_ARGS__;            \
    static const Row row = Facts::row<Type>(#Type, facts); \
    return row;                                            \
  }                                                        \
  const Operation& Type::operation() { return row_of<Type>().operation; }
#define KEFU_WECHAT_LIST_ROW(Type, ...) &row_of<Type>(),

/// Defines the rows of a family and `family()`, which lists them. ROWS is the family's table: a macro that applies its
/// argument to each type and its facts.
#define KEFU_WECHAT_FAMILY(family, ROWS) \
  ROWS(KEFU_WECHAT_DEFINE_ROW)           \
  std::vector<const Row*> family() { return {ROWS(KEFU_WECHAT_LIST_ROW)}; }

}  // namespace wechat
KEFU_END_NAMESPACE
