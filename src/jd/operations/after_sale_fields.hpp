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

/// Who acts, in requests without a member between these.
template <class V>
void who_acts(V& v, const Operator& by) {
  v.required("buId", by.bu_id);
  v.optional("extJsonStr", by.ext_json);
  operator_names(v, by);
}

/// Who acts, on which order of after-sale service.
template <class V, class Self>
void service_of_order(V& v, Self& s) {
  who_acts(v, s.by);
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

/// The object that the family answers with: `pageResult` or `result`, refunds `queryResult` or `replyResult` (jd 3.1).
detail::Value asc_result(detail::Value node);

/// A change is done: its words and the whole answer. An answer without the family's result says nothing of it.
Result<void> read_done(detail::Value node, AfterSaleDone& to);

inline Error no_result(std::string_view what) {
  return Error(ErrorKind::malformed_reply, std::string(what) + " is missing or cannot be read");
}

/// What a page says of itself, and its entries. An answer that counts entries and shows none where the first page
/// should be is not read as "nothing".
template <class T>
Result<void> decode_page(const detail::Reply& reply, void* response) {
  auto& to = *static_cast<Page<T>*>(response);
  const detail::Value page = asc_result(answer_node(reply.document.root()));
  if (page.kind() != detail::Value::Kind::object) return no_result("pageResult");
  to.page_number = page["pageNumber"].integer().value_or(0);
  to.page_size = page["pageSize"].integer().value_or(0);
  to.total = page["totalCount"].integer();
  const detail::Value data = page["data"];
  if (data.kind() == detail::Value::Kind::absent && !to.total) return no_result("pageResult.data");
  if (auto read = read_entries(data, to.items); !read) return read;
  if (to.items.empty() && to.total.value_or(0) != 0 && to.page_number <= 1) return no_result("pageResult.data");
  return {};
}

/// `result.data`: one object, or the first of a list of such.
template <class T>
Result<void> decode_view(const detail::Reply& reply, void* response) {
  const detail::Value data = asc_result(answer_node(reply.document.root()))["data"];
  const bool is_list = data.kind() == detail::Value::Kind::array && data.size() > 0;
  return read_object(is_list ? (*data.begin()).value : data, *static_cast<T*>(response));
}

/// `result.data`: a list that is not in pages.
template <class T, class Response, std::vector<T> Response::*list>
Result<void> decode_data_list(const detail::Reply& reply, void* response) {
  const detail::Value result = asc_result(answer_node(reply.document.root()));
  if (result["data"].kind() == detail::Value::Kind::absent) return no_result("result.data");
  return read_entries(result["data"], static_cast<Response*>(response)->*list);
}

/// An order of after-sale service without its order of goods.
template <class V, class Self>
void service_alone(V& v, Self& s) {
  who_acts(v, s.by);
  v.value("serviceId", s.service_id, detail::Check().range(1, INT64_MAX));
}

/// The same, in pages of which both members may be left to the platform.
template <class V, class Self>
void service_in_pages(V& v, Self& s) {
  who_acts(v, s.by);
  v.optional("pageNumber", s.page_number, detail::Check().range(1, INT32_MAX));
  v.optional("pageSize", s.page_size, detail::Check().range(1, kAscPageSize));
  v.value("serviceId", s.service_id, detail::Check().range(1, INT64_MAX));
}

/// Who the customer of a whole order is: `customerInfo`, where the lists have `customerPin`.
template <class V, class Self>
void customer_info(V& v, Self& s) {
  v.group("customerInfo", [&](auto& info) {
    buyer_fields(info, "jdPin", s.customer);
    info.optional("name", s.customer_name);
    info.optional("grade", s.customer_grade);
    info.group("contactInfo", [&](auto& contact) {
      contact.optional("contactName", s.contact_name);
      contact.optional("contactMobile", s.contact_mobile);
    });
  });
}

}  // namespace jd

namespace detail {

// Entries of several lists.
KEFU_FIELDS(jd::ServiceItem) {
  v.optional("skuId", s.sku_id);
  v.optional("wareName", s.ware_name);
  v.optional("wareDescribe", s.ware_description);
  v.optional("wareNum", s.ware_number);
  v.optional("actualPayPrice", s.actual_pay_price);
}

KEFU_FIELDS(jd::ServiceOrder) {
  v.optional("serviceId", s.service_id);
  v.optional("applyId", s.apply_id);
  v.optional("orderId", s.order_id);
  v.optional("skuId", s.sku_id);
  v.optional("wareName", s.ware_name);
  v.optional("customerExpect", s.customer_expect);
  v.optional("customerExpectName", s.customer_expect_name);
  v.optional("serviceStatus", s.service_status);
  v.optional("serviceStatusName", s.service_status_name);
  v.optional("orderType", s.order_type);
  jd::buyer_fields(v, "customerPin", s.customer);
  v.optional("customerName", s.customer_name);
  v.optional("customerMobile", s.customer_tel);
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

KEFU_FIELDS(jd::CompletedService) {
  v.optional("serviceId", s.service_id);
  v.optional("orderId", s.order_id);
  v.optional("skuId", s.sku_id);
  v.optional("wareName", s.ware_name);
  v.optional("serviceStatus", s.service_status);
  v.optional("serviceStatusName", s.service_status_name);
  jd::buyer_fields(v, "customerPin", s.customer);
  v.optional("customerName", s.customer_name);
  v.optional("customerMobile", s.customer_mobile);
  v.optional("customerGrade", s.customer_grade);
  v.optional("pickwareAddress", s.pickware_address);
  v.optional("applyTime", s.apply_time);
  v.optional("approveDate", s.approve_date);
  v.optional("approvePin", s.approve_pin);
  v.optional("approveReasonCid1", s.approve_reason_cid1);
  v.optional("approveReasonCid1Name", s.approve_reason_cid1_name);
  v.optional("approveReasonCid2", s.approve_reason_cid2);
  v.optional("approveReasonCid2Name", s.approve_reason_cid2_name);
  v.optional("processResult", s.process_result);
  v.optional("processResultName", s.process_result_name);
  v.optional("processDate", s.process_date);
  v.optional("processPin", s.process_pin);
  v.whole(s.raw);
}

}  // namespace detail
KEFU_END_NAMESPACE
