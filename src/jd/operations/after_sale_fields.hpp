#pragma once

#include "core/call/fields.hpp"
#include "jd/operations/lenient_reading.hpp"

#include <kefu/jd/after_sale.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {

constexpr std::size_t kOperatorCharacters = 50;
constexpr int kAscPageSize = 50;

// Members that requests share stand at their places in the alphabet: buId, extJsonStr, operateNick, operatePin.

template <class V>
void operator_names(V& v, const Operator& by) {
  v.required("operateNick", by.operate_nick, detail::Check().max_characters(kOperatorCharacters));
  v.required("operatePin", by.operate_pin, detail::Check().max_characters(kOperatorCharacters));
}

template <class V, class Self>
void asc_page(V& v, Self& s) {
  v.value("pageNumber", s.page_number, detail::Check().range(1, INT32_MAX));
  v.value("pageSize", s.page_size, detail::Check().range(1, kAscPageSize));
}

/// Who acts, on which order of after-sale service.
template <class V, class Self>
void service_of_order(V& v, Self& s) {
  v.required("buId", s.by.bu_id);
  v.optional("extJsonStr", s.by.ext_json);
  operator_names(v, s.by);
  v.value("orderId", s.order_id, detail::Check().range(1, INT64_MAX));
  v.value("serviceId", s.service_id, detail::Check().range(1, INT64_MAX));
}

/// Both ends of a period or none; `first` comes first in the alphabet.
template <class V>
void optional_period(V& v, const char* first, const Time& a, const char* second, const Time& b) {
  if (a.empty() != b.empty()) v.complain(a.empty() ? first : second, "is empty: a period needs both ends");
  v.optional(first, a);
  v.optional(second, b);
}

/// "...Begin" and "...End", in this order in the alphabet.
template <class V>
void begin_and_end(V& v, const char* begin, const char* end, const Period& period) {
  optional_period(v, begin, period.from, end, period.to);
  if (!period.from.empty() && !period.to.empty() && *period.to.at < *period.from.at)
    v.complain(end, std::string("is before ") + begin);
}

/// "...End" and "...Start": the end comes first.
template <class V>
void end_and_start(V& v, const char* end, const char* start, const Period& period) {
  optional_period(v, end, period.to, start, period.from);
  if (!period.from.empty() && !period.to.empty() && *period.to.at < *period.from.at)
    v.complain(end, std::string("is before ") + start);
}

/// The object that the family answers with: `pageResult`, or `result` (jd 3.1); absent if neither.
detail::Value asc_result(detail::Value node);

/// The one object that a view shows: `data`, its first entry, or the result itself.
detail::Value asc_object(detail::Value node);

/// A change is done: its words and the whole answer.
void read_done(detail::Value node, AfterSaleDone& to);
/// Entries nobody has described.
void read_entries(detail::Value node, AfterSaleEntries& to);

/// What a page says of itself, and its entries. An answer that counts entries and shows none where the first page
/// should be is not read as "nothing".
template <class T>
bool read_page(detail::Value page, Page<T>& to) {
  to.page_number = page["pageNumber"].integer().value_or(0);
  to.page_size = page["pageSize"].integer().value_or(0);
  to.total = page["totalCount"].integer();
  detail::Value list = page["data"];
  if (list.kind() != detail::Value::Kind::array) list = first_list(page);
  to.items = entries_as<T>(list);
  return !to.items.empty() || to.total.value_or(0) == 0 || to.page_number > 1;
}

inline Error no_page() { return Error(ErrorKind::malformed_reply, "pageResult.data is missing or cannot be read"); }

template <class T>
Result<void> decode_page(const detail::Reply& reply, void* response) {
  const detail::Value result = asc_result(answer_node(reply.document.root()));
  if (result.kind() != detail::Value::Kind::object || !read_page(result, *static_cast<Page<T>*>(response)))
    return no_page();
  return {};
}

/// For lists that no source shows: `raw` has the answer node, and entries are taken from wherever a list is.
template <class T>
Result<void> decode_weak_page(const detail::Reply& reply, void* response) {
  auto& to = *static_cast<Page<T>*>(response);
  const detail::Value node = node_or_root(reply.document.root());
  const detail::Value result = asc_result(node);
  to.raw = json_of(node);
  if (!read_page(result.kind() == detail::Value::Kind::object ? result : node, to)) return no_page();
  return {};
}

}  // namespace jd

namespace detail {

// Entries of several lists.
KEFU_FIELDS(jd::ServiceOrder) {
  v.optional("serviceId", s.service_id);
  v.optional("applyId", s.apply_id);
  v.optional("orderId", s.order_id);
  v.optional("skuId", s.sku_id);
  v.optional("customerExpect", s.customer_expect);
  v.optional("serviceStatus", s.service_status);
  v.optional("serviceStatusName", s.service_status_name);
  v.optional("orderType", s.order_type);
  jd::buyer_fields(v, "customerPin", s.customer);
  v.optional("customerName", s.customer_name);
  v.optional("customerTel", s.customer_tel);
  v.optional("pickwareType", s.pickware_type);
  v.optional("questionTypeCid1", s.question_type_cid1);
  v.optional("questionTypeCid1Name", s.question_type_cid1_name);
  v.optional("questionTypeCid2", s.question_type_cid2);
  v.optional("questionTypeCid2Name", s.question_type_cid2_name);
  v.optional("platformSrc", s.platform_src);
  v.optional("platformSrcName", s.platform_src_name);
  v.optional("applyTime", s.apply_time);
  v.optional("updateTime", s.update_time);
  v.optional("sysVersion", s.sys_version);
  v.optional("expressCode", s.express_code);
  v.optional("freightUpdateDate", s.freight_update_date);
  v.optional("serviceCount", s.service_count);
  v.optional("parentService", s.parent_service);
  v.whole(s.raw);
}

}  // namespace detail
KEFU_END_NAMESPACE
