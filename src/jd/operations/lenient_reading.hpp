#pragma once

#include "core/call/fields.hpp"
#include "core/call/reply.hpp"
#include "jd/gateway/operation.hpp"

#include <kefu/jd/buyer.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// Reading of answers whose names changed between generations, or that no source shows.

/// The platform's JSON of a value.
std::string json_of(detail::Value value);

/// The list whose entries are objects that is nearest to the top; absent if there is none.
detail::Value first_list(detail::Value node);

/// The first of these members that is there.
detail::Value first_of(detail::Value node, std::initializer_list<std::string_view> names);
std::string first_text(detail::Value node, std::initializer_list<std::string_view> names);

/// The answer node; the whole answer where the gateway's wrapper is missing.
detail::Value node_or_root(detail::Value root);

/// The entries of a list; an object is its one-entry list. Refused is an entry of which nothing is known.
template <class T>
Result<void> read_entries(detail::Value list, std::vector<T>& to) {
  for (const detail::Value item : list.items()) {
    if (item.kind() == detail::Value::Kind::null) continue;
    detail::FieldReader reader(item);
    reader.root(to.emplace_back());
    if (item.kind() != detail::Value::Kind::object || !reader.recognized() || reader.has_strange_entry())
      return Error(ErrorKind::malformed_reply, "an entry of the answer has none of the members that are known of it");
  }
  return {};
}

/// The object under a name that must be there and known.
template <class T>
Result<void> read_object(detail::Value from, T& to) {
  detail::FieldReader reader(from);
  reader.root(to);
  if (from.kind() == detail::Value::Kind::object && reader.recognized()) return finish_reading(reader, from);
  return Error(ErrorKind::malformed_reply, "the answer has nothing of what is known of it");
}

std::vector<std::string> entries_as_json(detail::Value list);

/// True if the object holds another object or list: then what it says is not "nothing".
bool holds_more(detail::Value node);
/// As `holds_more`, but lists without entries, wherever they are, are nothing.
bool holds_something(detail::Value node);

/// A list that stands under one of these names. None of them and nothing else either is an empty list; but an answer
/// that holds something under an unknown name is not taken for "nothing": it is malformed.
template <class V, class T>
void listed(V& v, std::initializer_list<const char*> names, std::vector<T>& to) {
  for (const char* name : names)
    if (v.here()[name].present()) return v.optional(name, to);
  if (holds_more(v.here())) return v.required(*names.begin(), to);
  v.optional(*names.begin(), to);
}

/// The buyer's names in an answer: the pin under the family's own name.
template <class V>
void buyer_fields(V& v, const char* pin, BuyerIds& ids) {
  v.optional(pin, ids.pin);
  v.optional("open_id_buyer", ids.open_id);
  v.optional("xid_buyer", ids.xid);
}

/// Checks a period that a request asks for: both ends, in order, at most `days` apart.
template <class V>
void period_fields_in_order(V& v, const char* begin, const Time& from, const char* end, const Time& to, int days) {
  using std::chrono::hours;
  if (from.empty() || to.empty()) return;  // `required` says so
  if (*to.at < *from.at)
    return v.complain(end, std::string("(").append(gateway_time(*to.at)) + ") is before " + begin + " (" +
                               gateway_time(*from.at) + ")");
  if (*to.at - *from.at > hours(24 * days))
    v.complain(end, std::string("(").append(gateway_time(*to.at)) + ") is more than " + std::to_string(days) +
                        " days after " + begin + " (" + gateway_time(*from.at) + "): ask in parts");
}

/// Fills a response that has `raw`, and whatever `read(node, response)` finds.
template <class Response, Result<void> (*read)(detail::Value, Response&)>
Result<void> decode_lenient(const detail::Reply& reply, void* response) {
  auto& to = *static_cast<Response*>(response);
  const detail::Value node = node_or_root(reply.document.root());
  to.raw = json_of(node);
  return read(node, to);
}

/// Reads a list that no source shows: the one nearest to the top. No list at all is "nothing" only in an answer that
/// holds nothing else either.
template <class T>
Result<void> read_first_list(detail::Value node, std::vector<T>& to) {
  const detail::Value list = first_list(node);
  if (!list && holds_something(node))
    return Error(ErrorKind::malformed_reply, "the answer holds no list of what was asked for");
  return read_entries(list, to);
}

}  // namespace jd
KEFU_END_NAMESPACE
