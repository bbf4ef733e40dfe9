#include "core/call/fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/lenient_reading.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/logistics.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

// Three spellings, one a family.
KEFU_FIELDS(jd::TraceStep) {
  v.optional("ope_title", s.title);
  v.optional("opeTitle", s.title);
  v.optional("ope_remark", s.remark);
  v.optional("opeRemark", s.remark);
  v.optional("processInfo", s.remark);
  v.optional("ope_name", s.operator_name);
  v.optional("opeName", s.operator_name);
  if (s.operator_name.empty()) v.optional("courier", s.operator_name);
  v.optional("ope_time", s.time);
  v.optional("opeTime", s.time);
  v.optional("traceDate", s.time);
  v.whole(s.raw);
}
KEFU_FIELDS(jd::ParcelTrace) {
  if (!v.here()["querytrace_result"].present()) return jd::listed(v, {"trace_api_dtos"}, s.steps);
  v.group("querytrace_result", [&](auto& result) { jd::listed(result, {"data"}, s.steps); });
}
KEFU_FIELDS(jd::ThirdPartyParcel) {
  v.optional("shipId", s.ship_id);
  v.optional("thirdName", s.carrier);
  v.optional("status", s.status);
  v.optional("listTrace", s.steps);
  v.whole(s.raw);
}
KEFU_FIELDS(jd::ThirdPartyTrace) {
  v.group("result", [&](auto& result) { jd::listed(result, {"result"}, s.parcels); });
}
KEFU_FIELDS(jd::TraceWaybill) { v.required("waybillCode", s.waybill_code); }
KEFU_FIELDS(jd::TraceExpressWaybill) {
  v.required("customerCode", s.customer_code);
  v.required("waybillCode", s.waybill_code);
}
KEFU_FIELDS(jd::TraceThirdParty) { v.required("orderId", s.order_id); }

}  // namespace detail

namespace jd {

KEFU_JD_ROW(TraceWaybill, "etms.trace.get", Effect::read, "etms.trace.get", "")
KEFU_JD_ROW(TraceExpressWaybill, "ldop.receive.trace.get", Effect::read, "ldop.receive.trace.get", "")
KEFU_JD_ROW(TraceThirdParty, "getThirdTrace", Effect::read, "getThirdTrace", "")

std::vector<const Operation*> logistics_operations() {
  return {&TraceWaybill::operation(), &TraceExpressWaybill::operation(), &TraceThirdParty::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
