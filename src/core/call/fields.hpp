#pragma once

#include "core/call/reply.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"

#include <kefu/core/operation.hpp>
#include <kefu/core/secret.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace detail {

/// The one list of a struct's fields, written for requests and read for responses. A family's source file says
///
///     KEFU_FIELDS(wechat::CreateKfSession) {
///       v.required("kf_account", s.kf_account, Check().max_bytes(60));
///       v.required("openid", s.openid);
///     }
///
/// inside namespace kefu::detail (KEFU_BEGIN_NAMESPACE namespace detail {). `v` offers:
///   required(name, member, check)  request: strings and lists must not be empty; response: must be there
///   optional(name, member, check)  request: left out when it equals its default; response: kept at its default
///   value(name, member, check)     request: always written; response: as optional
///   constant(name, text)           request only
///   raw_json(name, string)         JSON text as it is; left out when empty
///   rule(name, holds, must)        request only: refused with "<name> <must>" unless it holds
///   whole(string)                  response only: the object being read, as JSON text
///   group(name, [&](auto& g) {...})  an object without a struct of its own
/// Members: std::string, integers, double, bool, Secret, optional and vector of such, and structs with a list of their
/// own.
template <class T>
struct FieldList;

// `Self` is const for writing. A struct may use `if constexpr (V::kWriting)` for what differs.
#define KEFU_FIELDS(Type)             \
  template <>                         \
  struct FieldList<Type> {            \
    template <class V, class Self>    \
    static void visit(V& v, Self& s); \
  };                                  \
  template <class V, class Self>      \
  void FieldList<Type>::visit([[maybe_unused]] V& v, [[maybe_unused]] Self& s)

/// How a type is written as one scalar, for those with a form of their own (a platform's dates):
///   static std::string text(const T&)         empty: absent
///   static bool read(Value from, T& to)
template <class T>
struct FieldScalar;
template <class T, class = void>
struct has_own_form : std::false_type {};
template <class T>
struct has_own_form<T, std::void_t<decltype(sizeof(FieldScalar<T>))>> : std::true_type {};

/// What a value must hold to be sent. Checked when writing only: what a platform answers is taken as it is.
class Check {
 public:
  constexpr Check& max_bytes(std::size_t n) { return bytes_ = n, *this; }
  constexpr Check& max_characters(std::size_t n) { return characters_ = n, *this; }  ///< Unicode code points.
  constexpr Check& max_items(std::size_t n) { return items_ = n, *this; }
  constexpr Check& min_items(std::size_t n) { return least_items_ = n, *this; }
  constexpr Check& range(std::int64_t low, std::int64_t high) { return low_ = low, high_ = high, *this; }

  // Each answers with the complaint, empty if there is none.
  std::string text(std::string_view value) const;
  std::string items(std::size_t count) const;
  std::string number(std::int64_t value) const;
  /// What it asks: "at most 30 characters", "1 to 20"; empty if nothing.
  std::string describe() const;

 private:
  std::size_t bytes_ = 0;
  std::size_t characters_ = 0;
  std::size_t items_ = 0;
  std::size_t least_items_ = 0;
  std::int64_t low_ = INT64_MIN;
  std::int64_t high_ = INT64_MAX;
};

/// Writes a struct as JSON or as a query, and remembers the first complaint with the path of its field, and every field
/// that is empty and must not be.
class FieldWriter {
 public:
  static constexpr bool kWriting = true;
  explicit FieldWriter(std::string& json) : json_(std::in_place, json) {}
  explicit FieldWriter(HttpFields& query) : query_(&query) {}

  template <class T>
  void required(const char* name, const T& member, const Check& check = {}) {
    if (is_empty(member)) return lack(name);
    put(name, member, check);
  }
  template <class T>
  void optional(const char* name, const T& member, const Check& check = {}) {
    if (!is_default(member)) put(name, member, check);
  }
  template <class T>
  void value(const char* name, const T& member, const Check& check = {}) {
    put(name, member, check);
  }
  void constant(const char* name, std::string_view text) { scalar(name, text); }
  void raw_json(const char* name, const std::string& text);
  void whole(const std::string&) {}
  template <class F>
  void group(const char* name, F&& fields) {
    open(name);
    fields(*this);
    close();
  }
  /// For rules that concern several fields: refuses the request.
  void complain(const char* name, std::string_view complaint);
  /// A rule of its own: `must` says what it asks, whether it holds or not ("must begin with '/'").
  void rule(const char* name, bool holds, std::string_view must) {
    if (!holds) complain(name, must);
  }
  /// The field is empty, but required.
  void lack(const char* name);

  template <class T>
  void root(const T& value) {
    if (json_) json_->begin_object();
    FieldList<T>::visit(*this, value);
    if (json_) json_->end_object();
  }
  Result<void> result() const;

 private:
  template <class T>
  static bool is_empty(const T& value) {
    if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      return false;
    } else if constexpr (has_empty<T>::value) {
      return value.empty();
    } else {
      return is_absent(value);
    }
  }
  template <class T>
  static bool is_default(const T& value) {
    if constexpr (std::is_arithmetic_v<T>) {
      return value == T{};
    } else {
      return is_empty(value);
    }
  }
  template <class T, class = void>
  struct has_empty : std::false_type {};
  template <class T>
  struct has_empty<T, std::void_t<decltype(std::declval<const T&>().empty())>> : std::true_type {};
  template <class T>
  static bool is_absent(const std::optional<T>& value) {
    return !value;
  }
  template <class T>
  static bool is_absent(const T&) {
    return false;
  }

  template <class T>
  void put(const char* name, const T& member, const Check& check) {
    if constexpr (std::is_same_v<T, std::string>) {
      if (auto wrong = check.text(member); !wrong.empty()) return complain(name, wrong);
      scalar(name, member);
    } else if constexpr (std::is_same_v<T, Secret>) {
      scalar(name, member.expose());
    } else if constexpr (has_own_form<T>::value) {
      scalar(name, FieldScalar<T>::text(member));
    } else if constexpr (std::is_same_v<T, bool>) {
      boolean(name, member);
    } else if constexpr (std::is_floating_point_v<T>) {
      real(name, member);
    } else if constexpr (std::is_integral_v<T>) {
      if (auto wrong = check.number(static_cast<std::int64_t>(member)); !wrong.empty()) return complain(name, wrong);
      integer(name, static_cast<std::int64_t>(member));
    } else {
      put_composed(name, member, check);
    }
  }
  template <class T>
  void put_composed(const char* name, const std::optional<T>& member, const Check& check) {
    if (member) put(name, *member, check);
  }
  template <class T>
  void put_composed(const char* name, const std::vector<T>& member, const Check& check) {
    if (auto wrong = check.items(member.size()); !wrong.empty()) return complain(name, wrong);
    open_list(name);
    for (const T& item : member) put(nullptr, item, check);
    close_list();
  }
  template <class T>
  void put_composed(const char* name, const T& member, const Check&) {
    open(name);
    FieldList<T>::visit(*this, member);
    close();
  }

  void scalar(const char* name, std::string_view text);
  void integer(const char* name, std::int64_t number);
  void boolean(const char* name, bool flag);
  void real(const char* name, double number);
  void open(const char* name);
  void close();
  void open_list(const char* name);
  void close_list();
  std::string path_of(const char* name) const;

  std::optional<JsonWriter> json_;
  HttpFields* query_ = nullptr;
  std::vector<const char*> path_;
  std::string complaint_;
  std::string lacking_;
};

/// Reads a struct from a platform's answer; remembers the first required field that is missing or of no use.
class FieldReader {
 public:
  static constexpr bool kWriting = false;
  explicit FieldReader(Value from) : from_(from) {}

  template <class T>
  void required(const char* name, T& member, const Check& = {}) {
    if (!noted(take(named(name), member))) missing(name);
  }
  template <class T>
  void optional(const char* name, T& member, const Check& = {}) {
    noted(take(named(name), member));
  }
  template <class T>
  void value(const char* name, T& member, const Check& = {}) {
    noted(take(named(name), member));
  }
  void constant(const char*, std::string_view) {}
  void raw_json(const char* name, std::string& text);
  void whole(std::string& text);
  template <class F>
  void group(const char* name, F&& fields) {
    const Value outer = std::exchange(from_, named(name));
    path_.push_back(name);
    fields(*this);
    path_.pop_back();
    from_ = outer;
  }
  void complain(const char*, std::string_view) {}
  void rule(const char*, bool, std::string_view) {}

  /// False if the object has none of the members that its list names.
  bool recognized() const { return recognized_ || !names_any_; }
  /// True if an entry of one of its lists is none of what that list holds: no object, or one that is not recognized.
  bool has_strange_entry() const { return strange_entry_; }

  template <class T>
  void root(T& value) {
    FieldList<T>::visit(*this, value);
  }
  Result<void> result() const;

  /// The object being read, for what a list cannot say.
  Value here() const { return from_; }
  /// Whether any of the fields was there: an object without one is not the answer that was asked for.
  bool found_any() const { return found_any_; }

 private:
  bool take(Value from, std::string& to) {
    if (from.kind() != Value::Kind::string && from.kind() != Value::Kind::number && from.kind() != Value::Kind::boolean)
      return false;
    return to = std::string(from.text()), true;
  }
  bool take(Value from, Secret& to) { return !from.text().empty() && (to = Secret(from.text()), true); }
  bool take(Value from, bool& to) {
    const auto read = from.boolean();
    return read && (to = *read, true);
  }
  bool take(Value from, double& to) {
    const auto read = from.real();
    return read && (to = *read, true);
  }
  template <class T, class = std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>>>
  bool take(Value from, T& to) {
    const auto read = from.integer();
    if (!read || static_cast<std::int64_t>(static_cast<T>(*read)) != *read) return false;
    return to = static_cast<T>(*read), true;
  }
  template <class T, class = std::enable_if_t<has_own_form<T>::value>, class = void>
  bool take(Value from, T& to) {
    return FieldScalar<T>::read(from, to);
  }
  template <class T>
  bool take(Value from, std::optional<T>& to) {
    T read{};
    if (!take(from, read)) return false;
    return to = std::move(read), true;
  }
  template <class T>
  bool take(Value from, std::vector<T>& to) {
    if (!from.present()) return false;
    to.clear();
    for (const Value item : from.items()) {
      T read{};
      entry_recognized_ = true;
      const bool taken = take(item, read);
      if (item.present() && !(taken && entry_recognized_)) strange_entry_ = true;
      if (taken) to.push_back(std::move(read));
    }
    return true;
  }
  template <class T>
  auto take(Value from, T& to) -> decltype(FieldList<T>::visit(std::declval<FieldReader&>(), to), bool()) {
    if (from.kind() != Value::Kind::object) return false;
    FieldReader inner(from);
    inner.root(to);
    if (missing_.empty()) missing_ = std::move(inner.missing_);
    strange_entry_ = strange_entry_ || inner.strange_entry_;
    entry_recognized_ = inner.recognized();
    return true;
  }
  Value named(const char* name) {
    const Value member = from_[name];
    names_any_ = true;
    recognized_ = recognized_ || member.kind() != Value::Kind::absent;
    return member;
  }
  void missing(const char* name);
  bool noted(bool found) {
    found_any_ |= found;
    return found;
  }

  bool found_any_ = false;
  bool names_any_ = false;
  bool recognized_ = false;
  bool strange_entry_ = false;
  bool entry_recognized_ = true;  ///< Of the struct read last.
  Value from_;
  std::vector<const char*> path_;
  std::string missing_;
};

template <>
struct FieldList<NoContent> {
  template <class V, class Self>
  static void visit(V&, Self&) {}
};

/// Room for most bodies: one block instead of one for every doubling.
inline constexpr std::size_t kUsualBody = 256;

/// Body of a POST: the request's fields as a JSON object.
template <class Op>
Result<void> encode_json(const void* request, HttpRequest& out) {
  out.body.reserve(kUsualBody);
  FieldWriter writer(out.body);
  writer.root(*static_cast<const Op*>(request));
  out.headers.emplace_back("content-type", "application/json");
  return writer.result();
}

/// Query of a GET: the request's fields, which must be scalars.
template <class Op>
Result<void> encode_query(const void* request, HttpRequest& out) {
  FieldWriter writer(out.query);
  writer.root(*static_cast<const Op*>(request));
  return writer.result();
}

template <class Response>
Result<void> decode_json(const Reply& reply, void* response) {
  FieldReader reader(reply.document.root());
  reader.root(*static_cast<Response*>(response));
  return reader.result();
}

/// The row of an operation whose request and response have field lists. Operations that need more (multipart,
/// downloads) name their own functions in the Operation instead.
template <class Op>
Operation make_operation(const OperationInfo& info) {
  return Operation{info, info.method == "GET" ? &encode_query<Op> : &encode_json<Op>,
                   &decode_json<typename Op::Response>};
}

}  // namespace detail
KEFU_END_NAMESPACE
