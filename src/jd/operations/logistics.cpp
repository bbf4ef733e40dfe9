#include "core/call/fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/lenient_reading.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/logistics.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(jd::TraceStep) {
  const Value from = v.here();
  s.title = jd::first_text(from, {"ope_title", "opeTitle", "title"});
  s.remark = jd::first_text(from, {"ope_remark", "opeRemark", "remark", "content"});
  s.operator_name = jd::first_text(from, {"ope_name", "opeName", "operator"});
  FieldScalar<jd::Time>::read(jd::first_of(from, {"ope_time", "opeTime", "operateTime", "time"}), s.time);
  v.whole(s.raw);
}
KEFU_FIELDS(jd::ParcelTrace) { jd::listed(v, {"trace_api_dtos"}, s.steps); }
KEFU_FIELDS(jd::TraceWaybill) { v.required("waybillCode", s.waybill_code); }
KEFU_FIELDS(jd::TraceExpressWaybill) {
  v.required("customerCode", s.customer_code);
  v.required("waybillCode", s.waybill_code);
}
KEFU_FIELDS(jd::TraceThirdParty) { v.required("orderId", s.order_id); }

}  // namespace detail

namespace jd {
namespace {

void read_trace(detail::Value node, ParcelTrace& to) { to.steps = entries_as<TraceStep>(first_list(node)); }

}  // namespace

KEFU_JD_ROW(TraceWaybill, "etms.trace.get", Effect::read, "etms.trace.get", "")
KEFU_JD_ROW_DECODED(TraceExpressWaybill, "ldop.receive.trace.get", Effect::read, "ldop.receive.trace.get",
                    "two sources disagree on the answer", (&decode_lenient<ParcelTrace, read_trace>))
KEFU_JD_ROW_DECODED(TraceThirdParty, "getThirdTrace", Effect::read, "getThirdTrace", kAnswerUnknown,
                    (&decode_lenient<ParcelTrace, read_trace>))

std::vector<const Operation*> logistics_operations() {
  return {&TraceWaybill::operation(), &TraceExpressWaybill::operation(), &TraceThirdParty::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
