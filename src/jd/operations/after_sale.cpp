#include "core/call/fields.hpp"
#include "jd/operations/after_sale_fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/after_sale.hpp>
#include <kefu/jd/after_sale_records.hpp>

KEFU_BEGIN_NAMESPACE
namespace jd {

detail::Value asc_result(detail::Value node) {
  return first_of(node, {"pageResult", "result", "queryResult", "replyResult"});
}

Result<void> read_done(detail::Value node, AfterSaleDone& to) {
  const detail::Value result = asc_result(node);
  if (result.kind() != detail::Value::Kind::object) return no_result("result");
  to.code = first_text(result, {"code", "errorCode"});
  to.message = first_text(result, {"msg", "errorMsg"});
  return {};
}

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
  jd::begin_and_end(v, "approveTimeBegin", "approveTimeEnd", s.approved);
  v.required("buId", s.by.bu_id);
  v.optional("customerExpect", s.customer_expect);
  v.optional("customerPin", s.customer.pin);
  v.optional("expressCode", s.express_code);
  v.optional("extJsonStr", s.by.ext_json);
  v.optional("jdInterveneFlag", s.intervened);
  v.optional("open_id_buyer", s.customer.open_id);
  jd::operator_names(v, s.by);
  v.optional("orderId", s.order_id);
  jd::asc_page(v, s);
  v.optional("serviceId", s.service_id);
  v.optional("serviceStatus", s.service_status);
  v.optional("skuId", s.sku_id);
  v.optional("timeoutFlag", s.timeout_flag);
  v.optional("xid_buyer", s.customer.xid);
}

KEFU_FIELDS(jd::ListCompletedServices) {
  v.required("buId", s.by.bu_id);
  v.optional("customerPin", s.customer.pin);
  v.optional("expressCode", s.express_code);
  v.optional("extJsonStr", s.by.ext_json);
  v.optional("open_id_buyer", s.customer.open_id);
  jd::operator_names(v, s.by);
  v.optional("orderId", s.order_id);
  v.optional("orderType", s.order_type);
  jd::asc_page(v, s);
  v.optional("processResult", s.process_result);
  v.optional("serviceId", s.service_id);
  v.optional("verificationCode", s.verification_code);
  v.optional("xid_buyer", s.customer.xid);
}

KEFU_FIELDS(jd::ServiceBill) {
  v.optional("serviceId", s.service_id);
  v.optional("applyId", s.apply_id);
  v.optional("orderId", s.order_id);
  v.optional("newOrderId", s.new_order_id);
  v.optional("serviceIdList", s.service_ids);
  v.optional("customerExpect", s.customer_expect);
  v.optional("customerExpectName", s.customer_expect_name);
  v.optional("serviceStatus", s.service_status);
  v.optional("serviceStatusName", s.service_status_name);
  v.optional("questionDesc", s.question_description);
  v.optional("questionPic", s.question_pictures);
  v.optional("questionTypeCid1Name", s.question_type_cid1_name);
  v.optional("questionTypeCid2Name", s.question_type_cid2_name);
  v.optional("applyTime", s.apply_time);
  v.optional("updateDate", s.update_time);
  v.optional("sysVersion", s.sys_version);
  jd::customer_info(v, s);
  v.group("pickwareAddress", [&](auto& address) { address.optional("detailAddress", s.pickware_address); });
  v.optional("approveResult", s.approve_result);
  v.optional("approveResultName", s.approve_result_name);
  v.optional("approveNotes", s.approve_notes);
  v.optional("approvePin", s.approve_pin);
  v.optional("approveDate", s.approve_date);
  v.optional("processResult", s.process_result);
  v.optional("processResultName", s.process_result_name);
  v.optional("processNotes", s.process_notes);
  v.optional("processPin", s.process_pin);
  v.optional("processDate", s.process_date);
  v.optional("receiveDate", s.receive_date);
  v.optional("serviceBillDetailList", s.items);
  v.optional("refundAmt", s.refund_amount);
  v.whole(s.raw);
}

KEFU_FIELDS(jd::ServiceTrack) {
  v.optional("trackCreateDate", s.time);
  v.optional("trackContext", s.text);
  v.optional("createPin", s.pin);
  v.optional("createName", s.name);
  v.whole(s.raw);
}
KEFU_FIELDS(jd::ListTracks) { jd::service_in_pages(v, s); }
KEFU_FIELDS(jd::SaveTrack) {
  jd::who_acts(v, s.by);
  v.required("operateRemark", s.operate_remark);
  v.value("serviceId", s.service_id, Check().range(1, INT64_MAX));
}

KEFU_FIELDS(jd::ServiceMessage) {
  v.optional("messageId", s.message_id);
  v.optional("serviceId", s.service_id);
  v.optional("msgType", s.type);
  v.optional("msgTypeName", s.type_name);
  v.optional("title", s.title);
  v.optional("context", s.text);
  v.optional("operateTypeName", s.operate_type_name);
  v.optional("operatePin", s.operate_pin);
  v.optional("operateName", s.operate_name);
  v.optional("operateDate", s.time);
  v.whole(s.raw);
}
KEFU_FIELDS(jd::ListServiceMessages) { jd::service_alone(v, s); }

KEFU_FIELDS(jd::ServiceLog) {
  v.optional("afsLogId", s.log_id);
  v.optional("serviceId", s.service_id);
  v.optional("relationType", s.relation_type);
  v.optional("relationTypeName", s.relation_type_name);
  v.optional("operateType", s.operate_type);
  v.optional("operateTypeName", s.operate_type_name);
  v.optional("operateRemark", s.remark);
  v.optional("operatePin", s.operate_pin);
  v.optional("operateName", s.operate_name);
  v.optional("operateDate", s.time);
  v.whole(s.raw);
}
KEFU_FIELDS(jd::ListServiceLogs) { jd::service_in_pages(v, s); }

KEFU_FIELDS(jd::ServiceFreightNote) {
  v.optional("freightId", s.freight_id);
  v.optional("createDate", s.time);
  v.optional("createName", s.author);
  v.optional("content", s.content);
  v.optional("remark", s.remark);
}
KEFU_FIELDS(jd::ServiceFreight) {
  v.optional("serviceId", s.service_id);
  v.optional("expressCode", s.express_code);
  v.optional("expressCompany", s.express_company);
  v.optional("freightMoney", s.freight_money);
  v.optional("finalFreightMoney", s.final_freight_money);
  v.optional("modifiedMoney", s.modified_money);
  v.optional("repeatFreightFlag", s.repeated);
  v.optional("deliveryDate", s.delivery_date);
  v.optional("firstUploadDate", s.first_upload_date);
  v.optional("shipWayId", s.ship_way_id);
  v.optional("freightLogList", s.notes);
  v.whole(s.raw);
}
KEFU_FIELDS(jd::ViewFreight) { jd::service_of_order(v, s); }

KEFU_FIELDS(jd::ServiceTelephone) {
  v.group("result", [&](auto& result) {
    result.required("data", s.number);
    result.optional("desenData", s.masked);
  });
}
KEFU_FIELDS(jd::ViewServiceTelephone) { jd::service_alone(v, s); }

}  // namespace detail

namespace jd {
namespace {
constexpr std::string_view kAfterSalePage = "商家售后服务开放";
}  // namespace

KEFU_JD_ROW_DECODED(QueryServiceOrders, "asc.query.list", Effect::read, kAfterSalePage, "", &decode_page<ServiceOrder>)
KEFU_JD_ROW_DECODED(SyncServiceOrders, "asc.sync.list", Effect::read, kAfterSalePage, "", &decode_page<ServiceOrder>)
KEFU_JD_ROW_DECODED(GetServiceOrder, "asc.query.view", Effect::read, kAfterSalePage, "", &decode_view<ServiceBill>)
KEFU_JD_ROW_DECODED(ListServicesInProcess, "asc.process.list", Effect::read, kAfterSalePage, "",
                    &decode_page<ServiceInProcess>)
KEFU_JD_ROW_DECODED(ListCompletedServices, "asc.complete.list", Effect::read, kAfterSalePage, "",
                    &decode_page<CompletedService>)
KEFU_JD_ROW_DECODED(ListTracks, "asc.track.list", Effect::read, kAfterSalePage, "", &decode_page<ServiceTrack>)
KEFU_JD_ROW_DECODED(SaveTrack, "asc.track.save", Effect::create, kAfterSalePage, "",
                    (&decode_lenient<AfterSaleDone, read_done>))
KEFU_JD_ROW_DECODED(ListServiceMessages, "asc.msg.list", Effect::read, kAfterSalePage, "",
                    (&decode_data_list<ServiceMessage, ServiceMessages, &ServiceMessages::messages>))
KEFU_JD_ROW_DECODED(ListServiceLogs, "asc.log.list", Effect::read, kAfterSalePage, "", &decode_page<ServiceLog>)
KEFU_JD_ROW_DECODED(ViewFreight, "asc.freight.view", Effect::read, kAfterSalePage, "",
                    (&decode_data_list<ServiceFreight, ServiceFreights, &ServiceFreights::freights>))
KEFU_JD_ROW(ViewServiceTelephone, "asc.view.serviceTel", Effect::read, kAfterSalePage, "")

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
