#include "core/call/fields.hpp"
#include "jd/operations/after_sale_fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/after_sale.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {

detail::Value asc_result(detail::Value node) { return first_of(node, {"pageResult", "result"}); }

detail::Value asc_object(detail::Value node) {
  const detail::Value result = asc_result(node);
  const std::vector<detail::Value> data = result["data"].items();
  return data.empty() ? result : data.front();
}

void read_done(detail::Value node, AfterSaleDone& to) {
  const detail::Value result = asc_result(node);
  const detail::Value from = result.kind() == detail::Value::Kind::object ? result : node;
  to.code = first_text(from, {"code", "resultCode", "errorCode"});
  to.message = first_text(from, {"msg", "message", "resultInfo", "errorMsg"});
}

void read_entries(detail::Value node, AfterSaleEntries& to) {
  const detail::Value list = first_list(node);
  to.entries = entries_as_json(list ? list : asc_result(node)["data"]);
}

namespace {

template <class V, class Self>
void service_request(V& v, Self& s) {
  v.required("buId", s.by.bu_id);
  v.optional("extJsonStr", s.by.ext_json);
  operator_names(v, s.by);
  v.optional("orderId", s.order_id);
  v.value("serviceId", s.service_id, detail::Check().range(1, INT64_MAX));
}

}  // namespace
}  // namespace jd

namespace detail {

KEFU_FIELDS(jd::QueryServiceOrders) {
  jd::begin_and_end(v, "applyTimeBegin", "applyTimeEnd", s.applied);
  jd::begin_and_end(v, "approveTimeBegin", "approveTimeEnd", s.approved);
  v.required("buId", s.by.bu_id);
  v.optional("customerName", s.customer_name);
  v.optional("customerPin", s.customer.pin);
  v.optional("customerTel", s.customer_tel);
  v.optional("expressCode", s.express_code);
  v.optional("extJsonStr", s.by.ext_json);
  jd::begin_and_end(v, "finishTimeBegin", "finishTimeEnd", s.finished);
  v.optional("open_id_buyer", s.customer.open_id);
  jd::operator_names(v, s.by);
  v.optional("orderId", s.order_id);
  v.optional("orderType", s.order_type);
  jd::asc_page(v, s);
  v.optional("processResult", s.process_result);
  v.optional("remindFlag", s.remind_flag);
  v.optional("serviceId", s.service_id);
  v.optional("serviceState", s.service_state);
  v.optional("serviceStatus", s.service_status);
  v.optional("serviceStep", s.service_step);
  jd::begin_and_end(v, "updateTimeBegin", "updateTimeEnd", s.updated);
  v.optional("verificationCode", s.verification_code);
  v.optional("xid_buyer", s.customer.xid);
}

KEFU_FIELDS(jd::SyncServiceOrders) {
  v.required("buId", s.by.bu_id);
  v.optional("extJsonStr", s.by.ext_json);
  jd::begin_and_end(v, "freightUpdateDateBegin", "freightUpdateDateEnd", s.freight_updated);
  jd::operator_names(v, s.by);
  v.optional("orderId", s.order_id);
  v.optional("orderType", s.order_type);
  jd::asc_page(v, s);
  v.optional("serviceId", s.service_id);
  v.optional("serviceStatus", s.service_status);
  jd::begin_and_end(v, "updateTimeBegin", "updateTimeEnd", s.updated);
}

KEFU_FIELDS(jd::GetServiceOrder) { jd::service_of_order(v, s); }

KEFU_FIELDS(jd::ServiceInProcess) {
  v.optional("serviceId", s.service_id);
  v.optional("orderId", s.order_id);
  v.optional("skuId", s.sku_id);
  v.optional("wareName", s.ware_name);
  v.optional("wareType", s.ware_type);
  v.optional("wareTypeName", s.ware_type_name);
  v.optional("skuType", s.sku_type);
  v.optional("skuTypeName", s.sku_type_name);
  v.optional("customerExpect", s.customer_expect);
  v.optional("customerExpectName", s.customer_expect_name);
  v.optional("serviceStatus", s.service_status);
  v.optional("serviceStatusName", s.service_status_name);
  v.optional("orderType", s.order_type);
  v.optional("orderTypeName", s.order_type_name);
  jd::buyer_fields(v, "customerPin", s.customer);
  v.optional("customerName", s.customer_name);
  v.optional("customerMobile", s.customer_mobile);
  v.optional("customerGrade", s.customer_grade);
  v.optional("pickwareAddress", s.pickware_address);
  v.optional("applyTime", s.apply_time);
  v.optional("approveTime", s.approve_time);
  v.optional("deliveryDate", s.delivery_date);
  v.optional("remindDate", s.remind_date);
  v.optional("remindNum", s.remind_number);
  v.optional("remindType", s.remind_type);
  v.optional("remindTypeName", s.remind_type_name);
  v.whole(s.raw);
}

KEFU_FIELDS(jd::ListServicesInProcess) {
  jd::begin_and_end(v, "applyTimeBegin", "applyTimeEnd", s.applied);
  v.required("buId", s.by.bu_id);
  v.optional("customerPin", s.customer.pin);
  v.optional("extJsonStr", s.by.ext_json);
  v.optional("open_id_buyer", s.customer.open_id);
  jd::operator_names(v, s.by);
  v.optional("orderId", s.order_id);
  jd::asc_page(v, s);
  v.optional("serviceId", s.service_id);
  v.optional("xid_buyer", s.customer.xid);
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

KEFU_FIELDS(jd::ListCompletedServices) {
  jd::begin_and_end(v, "applyTimeBegin", "applyTimeEnd", s.applied);
  v.required("buId", s.by.bu_id);
  v.optional("customerPin", s.customer.pin);
  v.optional("extJsonStr", s.by.ext_json);
  jd::begin_and_end(v, "finishTimeBegin", "finishTimeEnd", s.finished);
  v.optional("open_id_buyer", s.customer.open_id);
  jd::operator_names(v, s.by);
  v.optional("orderId", s.order_id);
  jd::asc_page(v, s);
  v.optional("serviceId", s.service_id);
  v.optional("xid_buyer", s.customer.xid);
}

KEFU_FIELDS(jd::ListTracks) {
  v.required("buId", s.by.bu_id);
  v.optional("extJsonStr", s.by.ext_json);
  jd::operator_names(v, s.by);
  v.value("serviceId", s.service_id, Check().range(1, INT64_MAX));
}
KEFU_FIELDS(jd::SaveTrack) {
  v.required("buId", s.by.bu_id);
  v.optional("extJsonStr", s.by.ext_json);
  jd::operator_names(v, s.by);
  v.required("operateRemark", s.operate_remark);
  v.value("serviceId", s.service_id, Check().range(1, INT64_MAX));
}
KEFU_FIELDS(jd::ListServiceMessages) { jd::service_request(v, s); }
KEFU_FIELDS(jd::ListServiceLogs) { jd::service_request(v, s); }
KEFU_FIELDS(jd::ViewFreight) { jd::service_request(v, s); }
KEFU_FIELDS(jd::ViewServiceTelephone) { jd::service_request(v, s); }

}  // namespace detail

namespace jd {
namespace {

void read_service_view(detail::Value node, ServiceOrderView& to) { to.order = read_as<ServiceOrder>(asc_object(node)); }

constexpr std::string_view kAfterSalePage = "商家售后服务开放";
}  // namespace

KEFU_JD_ROW_DECODED(QueryServiceOrders, "asc.query.list", Effect::read, kAfterSalePage, "", &decode_page<ServiceOrder>)
KEFU_JD_ROW_DECODED(SyncServiceOrders, "asc.sync.list", Effect::read, kAfterSalePage, kAnswerByAnalogy,
                    &decode_weak_page<ServiceOrder>)
KEFU_JD_ROW_DECODED(GetServiceOrder, "asc.query.view", Effect::read, kAfterSalePage, kAnswerUnknown,
                    (&decode_lenient<ServiceOrderView, read_service_view>))
KEFU_JD_ROW_DECODED(ListServicesInProcess, "asc.process.list", Effect::read, kAfterSalePage,
                    "the request's own filters are in one source only", &decode_page<ServiceInProcess>)
KEFU_JD_ROW_DECODED(ListCompletedServices, "asc.complete.list", Effect::read, kAfterSalePage,
                    "the request's own filters are in one source only", &decode_page<CompletedService>)
KEFU_JD_ROW_DECODED(ListTracks, "asc.track.list", Effect::read, kAfterSalePage, kAnswerUnknown,
                    (&decode_lenient<AfterSaleEntries, read_entries>))
KEFU_JD_ROW_DECODED(SaveTrack, "asc.track.save", Effect::create, kAfterSalePage, kAnswerUnknown,
                    (&decode_lenient<AfterSaleDone, read_done>))
KEFU_JD_ROW_DECODED(ListServiceMessages, "asc.msg.list", Effect::read, kAfterSalePage, kAnswerUnknown,
                    (&decode_lenient<AfterSaleEntries, read_entries>))
KEFU_JD_ROW_DECODED(ListServiceLogs, "asc.log.list", Effect::read, kAfterSalePage, kAnswerUnknown,
                    (&decode_lenient<AfterSaleEntries, read_entries>))
KEFU_JD_ROW_DECODED(ViewFreight, "asc.freight.view", Effect::read, kAfterSalePage, kAnswerUnknown,
                    (&decode_lenient<AfterSaleEntries, read_entries>))
KEFU_JD_ROW_DECODED(ViewServiceTelephone, "asc.view.serviceTel", Effect::read, kAfterSalePage, kAnswerUnknown,
                    (&decode_lenient<AfterSaleEntries, read_entries>))

std::vector<const Operation*> after_sale_operations() {
  return {&QueryServiceOrders::operation(),
          &SyncServiceOrders::operation(),
          &GetServiceOrder::operation(),
          &ListServicesInProcess::operation(),
          &ListCompletedServices::operation(),
          &ListTracks::operation(),
          &SaveTrack::operation(),
          &ListServiceMessages::operation(),
          &ListServiceLogs::operation(),
          &ViewFreight::operation(),
          &ViewServiceTelephone::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
