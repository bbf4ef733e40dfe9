#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/jd/time.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// Where a parcel is (jd 4.8). Waybill and carrier are fields of the order. Effect of all: read.

struct TraceStep {
  TraceStep() {}
  std::string title;
  std::string remark;
  std::string operator_name;
  Time time;
  std::string raw;
};
struct ParcelTrace {
  ParcelTrace() {}
  std::vector<TraceStep> steps;
};

/// `jingdong.etms.trace.get` [A, 2014].
struct KEFU_EXPORT TraceWaybill {
  using Response = ParcelTrace;
  static const Operation& operation();
  explicit TraceWaybill(std::string waybill) : waybill_code(std::move(waybill)) {}
  std::string waybill_code;
};
/// JD Express, for a contract customer: `jingdong.ldop.receive.trace.get` [A]. Success is its code 100.
struct KEFU_EXPORT TraceExpressWaybill {
  using Response = ParcelTrace;
  static const Operation& operation();
  TraceExpressWaybill(std::string customer, std::string waybill)
      : customer_code(std::move(customer)), waybill_code(std::move(waybill)) {}
  std::string customer_code;
  std::string waybill_code;
};
/// One parcel of a third-party carrier.
struct ThirdPartyParcel {
  ThirdPartyParcel() {}
  std::string ship_id;  ///< The waybill.
  std::string carrier;  ///< `thirdName`.
  std::optional<int> status;
  std::vector<TraceStep> steps;  ///< `listTrace`; `title` stays empty.
  std::string raw;
};
struct ThirdPartyTrace {
  ThirdPartyTrace() {}
  std::vector<ThirdPartyParcel> parcels;
};
/// Third-party carriers (big appliances): `jingdong.getThirdTrace` [A].
struct KEFU_EXPORT TraceThirdParty {
  using Response = ThirdPartyTrace;
  static const Operation& operation();
  explicit TraceThirdParty(std::string order) : order_id(std::move(order)) {}
  std::string order_id;
};

}  // namespace jd
KEFU_END_NAMESPACE
