#include "core/call/fields.hpp"
#include "jd/operations/after_sale_fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/after_sale_review.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(jd::ServiceAudit) {
  v.optional("applyId", s.apply_id);
  v.optional("serviceIdList", s.service_ids);
  v.optional("orderId", s.order_id);
  v.optional("skuId", s.sku_id);
  v.optional("wareName", s.ware_name);
  v.optional("customerExpect", s.customer_expect);
  v.optional("customerExpectName", s.customer_expect_name);
  v.optional("serviceStatus", s.service_status);
  v.optional("serviceStatusName", s.service_status_name);
  v.optional("applyTime", s.apply_time);
  v.optional("auditOvertime", s.audit_overtime);
  v.optional("timeoutFlag", s.timeout_flag);
  jd::buyer_fields(v, "customerPin", s.customer);
  v.optional("customerName", s.customer_name);
  v.optional("customerMobile", s.customer_mobile);
  v.optional("customerGrade", s.customer_grade);
  v.optional("pickwareAddress", s.pickware_address);
  v.optional("orderType", s.order_type);
  v.optional("orderTypeName", s.order_type_name);
  v.optional("skuType", s.sku_type);
  v.optional("skuTypeName", s.sku_type_name);
  v.optional("serviceCount", s.service_count);
  v.optional("oaid", s.oaid);
  v.optional("extJsonStr", s.ext_json);
  v.whole(s.raw);
}

KEFU_FIELDS(jd::ListAudits) {
  v.required("buId", s.by.bu_id);
  v.optional("customerExpect", s.customer_expect);
  v.optional("customerName", s.customer_name);
  v.optional("customerPin", s.customer.pin);
  v.optional("customerTel", s.customer_tel);
  v.optional("extJsonStr", s.by.ext_json);
  v.optional("open_id_buyer", s.customer.open_id);
  jd::operator_names(v, s.by);
  v.optional("orderId", s.order_id);
  v.optional("orderType", s.order_type);
  jd::asc_page(v, s);
  v.optional("serviceId", s.service_id);
  v.optional("serviceStatus", s.service_status);
  v.optional("skuId", s.sku_id);
  v.optional("timeoutFlag", s.timeout_flag);
  v.optional("verificationCode", s.verification_code);
  v.optional("xid_buyer", s.customer.xid);
}

KEFU_FIELDS(jd::AuditDetail) {
  v.optional("serviceIdList", s.service_ids);
  v.optional("orderId", s.order_id);
  v.optional("customerExpect", s.customer_expect);
  v.optional("customerExpectName", s.customer_expect_name);
  v.optional("questionDesc", s.question_description);
  v.optional("questionPic", s.question_pictures);
  v.optional("questionTypeCid1Name", s.question_type_cid1_name);
  v.optional("questionTypeCid2Name", s.question_type_cid2_name);
  v.optional("applyTime", s.apply_time);
  v.optional("orderType", s.order_type);
  v.optional("orderTypeName", s.order_type_name);
  v.optional("sysVersion", s.sys_version);
  jd::customer_info(v, s);
  v.group("doorPickwareAddress", [&](auto& address) { address.optional("detailAddress", s.pickware_address); });
  v.optional("applyDetailList", s.items);
  v.whole(s.raw);
}
KEFU_FIELDS(jd::GetAudit) {
  v.value("applyId", s.apply_id, Check().range(1, INT64_MAX));
  jd::who_acts(v, s.by);
}

KEFU_FIELDS(jd::RefuseService) {
  v.required("approveNotes", s.approve_notes);
  v.value("approveReasonCid1", s.approve_reason_cid1);
  v.optional("approveReasonCid2", s.approve_reason_cid2);
  jd::who_acts(v, s.by);
  v.optional("operateRemark", s.operate_remark);
  v.value("orderId", s.order_id, Check().range(1, INT64_MAX));
  v.value("serviceId", s.service_id, Check().range(1, INT64_MAX));
  v.value("sysVersion", s.sys_version);
}

KEFU_FIELDS(jd::AuditReason) {
  v.optional("code", s.code);
  v.optional("parentCode", s.parent_code);
  v.optional("name", s.name);
}
KEFU_FIELDS(jd::ListAuditReasons) {
  v.optional("bizType", s.biz_type, Check().range(1, 2));
  jd::who_acts(v, s.by);
  v.optional("parentCode", s.parent_code);
  v.optional("serviceId", s.service_id);
}

KEFU_FIELDS(jd::RequestIntervention) {
  v.required("buId", s.by.bu_id);
  v.required("contactTel", s.contact_tel);
  v.optional("extJsonStr", s.by.ext_json);
  v.value("interveneReasonCid1", s.intervene_reason_cid1);
  v.value("interveneReasonCid2", s.intervene_reason_cid2);
  jd::operator_names(v, s.by);
  v.value("orderId", s.order_id, Check().range(1, INT64_MAX));
  v.value("serviceId", s.service_id, Check().range(1, INT64_MAX));
  v.value("sysVersion", s.sys_version);
}

}  // namespace detail

namespace jd {
namespace {

constexpr std::string_view kReviewPage = "商家售后服务开放";
}  // namespace

KEFU_JD_ROW_DECODED(ListAudits, "asc.audit.list", Effect::read, kReviewPage, "", &decode_page<ServiceAudit>)
KEFU_JD_ROW_DECODED(GetAudit, "asc.audit.detail", Effect::read, kReviewPage, "", &decode_view<AuditDetail>)
KEFU_JD_ROW_DECODED(RefuseService, "asc.audit.refuse", Effect::idempotent, kReviewPage, "",
                    (&decode_lenient<AfterSaleDone, read_done>))
KEFU_JD_ROW_DECODED(ListAuditReasons, "asc.audit.reason.list", Effect::read, kReviewPage, "",
                    (&decode_data_list<AuditReason, AuditReasons, &AuditReasons::reasons>))
KEFU_JD_ROW_DECODED(RequestIntervention, "asc.process.JdIntervene", Effect::create, kReviewPage, "",
                    (&decode_lenient<AfterSaleDone, read_done>))

std::vector<const Operation*> after_sale_review_operations() {
  return {&ListAudits::operation(), &GetAudit::operation(), &RefuseService::operation(), &ListAuditReasons::operation(),
          &RequestIntervention::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
