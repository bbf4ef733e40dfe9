#include "core/call/fields.hpp"
#include "jd/operations/after_sale_fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/after_sale_review.hpp>

#include <algorithm>
#include <array>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

template <class V, class Self>
void check_decision(V& v, Self& s) {
  constexpr std::array<int, 5> kDecisions{1, 2, 6, 9, 10};
  if (std::find(kDecisions.begin(), kDecisions.end(), s.status) == kDecisions.end())
    v.complain("status", "is none of 1, 2, 6, 9 and 10");
  if (s.status != 9 && s.remark.empty()) v.complain("remark", "is empty, but required for this status");
  if (s.reject_type && s.status != 2) v.complain("rejectType", "goes with status 2 only");
}

}  // namespace
}  // namespace jd

namespace detail {

KEFU_FIELDS(jd::RefundedService) {
  v.optional("serviceId", s.service_id);
  v.optional("afsApplyId", s.apply_id);
  v.optional("orderId", s.order_id);
  v.optional("wareId", s.ware_id);
  v.optional("wareName", s.ware_name);
  v.optional("approveName", s.approve_name);
  v.optional("approveNotes", s.approve_notes);
  v.optional("applyReason", s.apply_reason);
  v.optional("questionDesc", s.question_description);
  jd::buyer_fields(v, "customerPin", s.customer);
  v.optional("afsApplyTime", s.apply_time);
  v.optional("approveDate", s.approve_date);
}
KEFU_FIELDS(jd::ServiceRefund) {
  v.optional("afsRefundId", s.refund_id);
  v.optional("refoundAmount", s.amount);
  v.optional("completeTime", s.complete_time);
  v.optional("status", s.status);
  v.optional("sameOrderServiceBill", s.service);
}
KEFU_FIELDS(jd::ViewServiceRefunds) {
  jd::begin_and_end(v, "applyTimeBegin", "applyTimeEnd", s.applied);
  jd::begin_and_end(v, "approveTimeBegin", "approveTimeEnd", s.approved);
  v.optional("buId", s.bu_id);
  v.optional("extJsonStr", s.ext_json);
  v.optional("orderId", s.order_id);
  jd::asc_page(v, s);
}

KEFU_FIELDS(jd::RefundApplication) {
  v.optional("id", s.id);
  v.optional("orderId", s.order_id);
  jd::buyer_fields(v, "buyerId", s.buyer);
  v.optional("buyerName", s.buyer_name);
  v.optional("applyTime", s.apply_time);
  v.optional("checkTime", s.check_time);
  v.optional("checkUserName", s.check_user_name);
  v.optional("checkRemark", s.check_remark);
  v.optional("reason", s.reason);
  v.optional("applyRefundSum", s.refund_fen);
  v.optional("status", s.status);
  v.optional("systemId", s.system_id);
  v.whole(s.raw);
}
KEFU_FIELDS(jd::RefundCount) {
  v.group("queryResult", [&](auto& result) { result.required("totalCount", s.count); });
}
KEFU_FIELDS(jd::ListRefundApplications) {
  jd::end_and_start(v, "applyTimeEnd", "applyTimeStart", s.applied);
  v.optional("buyerId", s.buyer.pin);
  v.optional("buyerName", s.buyer_name);
  jd::end_and_start(v, "checkTimeEnd", "checkTimeStart", s.checked);
  v.optional("ids", s.ids);
  jd::end_and_start(v, "modifiedEnd", "modifiedStart", s.modified);
  v.optional("open_id_buyer", s.buyer.open_id);
  v.optional("orderId", s.order_id);
  v.value("pageIndex", s.page_index, Check().range(1, 100));
  v.value("pageSize", s.page_size, Check().range(1, 50));
  v.optional("showSku", s.show_sku);
  v.optional("status", s.status);
  v.optional("storeId", s.store_id);
  v.optional("xid_buyer", s.buyer.xid);
}
KEFU_FIELDS(jd::GetRefundApplication) { v.value("id", s.id, Check().range(1, INT64_MAX)); }
KEFU_FIELDS(jd::CountWaitingRefunds) {}
KEFU_FIELDS(jd::ReviewRefund) {
  v.required("checkUserName", s.check_user_name);
  v.value("id", s.id, Check().range(1, INT64_MAX));
  v.optional("outWareStatus", s.out_ware_status, Check().range(1, 2));
  v.optional("rejectType", s.reject_type, Check().range(1, 6));
  v.optional("remark", s.remark);
  v.value("status", s.status);
  jd::check_decision(v, s);
}

}  // namespace detail

namespace jd {
namespace {

/// Entries are flat in the official classes; two programs find them inside `refundApplyVo`.
Result<void> read_refund_entry(detail::Value entry, RefundApplications& to) {
  const detail::Value inner = entry["refundApplyVo"];
  return read_object(inner.kind() == detail::Value::Kind::object ? inner : entry, to.applications.emplace_back());
}

Result<void> decode_refunds(const detail::Reply& reply, void* response) {
  auto& to = *static_cast<RefundApplications*>(response);
  const detail::Value result = asc_result(answer_node(reply.document.root()));
  if (result.kind() != detail::Value::Kind::object || result["result"].kind() == detail::Value::Kind::absent)
    return no_result("queryResult.result");
  to.total = result["totalCount"].integer();
  for (const detail::Value entry : result["result"].items())
    if (auto read = read_refund_entry(entry, to); !read) return read;
  return {};
}

}  // namespace

KEFU_JD_ROW_DECODED(ViewServiceRefunds, "asc.serviceAndRefund.view", Effect::read, "商家售后服务开放", "",
                    &decode_page<ServiceRefund>)
KEFU_JD_ROW_DECODED(ListRefundApplications, "pop.afs.soa.refundapply.queryPageList", Effect::read,
                    "pop.afs.soa.refundapply.queryPageList", "", &decode_refunds)
KEFU_JD_ROW_DECODED(GetRefundApplication, "pop.afs.soa.refundapply.queryById", Effect::read,
                    "pop.afs.soa.refundapply.queryById", "", &decode_refunds)
KEFU_JD_ROW(CountWaitingRefunds, "pop.afs.soa.refundapply.getWaitRefundNum", Effect::read,
            "pop.afs.soa.refundapply.getWaitRefundNum", "")
KEFU_JD_ROW_DECODED(ReviewRefund, "pop.afs.soa.refundapply.replyRefund", Effect::idempotent,
                    "pop.afs.soa.refundapply.replyRefund", "", (&decode_lenient<AfterSaleDone, read_done>))

std::vector<const Operation*> refund_operations() {
  return {&ViewServiceRefunds::operation(), &ListRefundApplications::operation(), &GetRefundApplication::operation(),
          &CountWaitingRefunds::operation(), &ReviewRefund::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
