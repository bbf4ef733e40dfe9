#include "core/call/fields.hpp"
#include "jd/operations/families.hpp"
#include "jd/operations/lenient_reading.hpp"
#include "jd/operations/rows.hpp"

#include <kefu/jd/orders.hpp>

#include <fmt/format.h>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr int kSearchDays = 31;
constexpr int kSearchPage = 100;
constexpr std::size_t kRemarkCharacters = 500;

template <class V, class Self>
void one_order(V& v, Self& s) {
  v.required("optional_fields", std::string(fmt::format("{}", fmt::join(s.fields, ","))));
  v.value("order_id", s.order_id, detail::Check().range(1, INT64_MAX));
  v.optional("order_state", s.order_state);
}

// Page numbers travel as text here.
template <class V, class Self>
void search_request(V& v, Self& s) {
  v.value("dateType", s.date_type);
  v.required("end_date", s.to);
  period_fields_in_order(v, "start_date", s.from, "end_date", s.to, kSearchDays);
  v.required("optional_fields", std::string(fmt::format("{}", fmt::join(s.fields, ","))));
  v.required("order_state", s.order_state);
  if (s.page < 1) v.complain("page", "counts from 1");
  v.constant("page", std::to_string(s.page));
  if (s.page_size < 1 || s.page_size > kSearchPage)
    v.complain("page_size", fmt::format("is {}, allowed are 1 to {}", s.page_size, kSearchPage));
  v.constant("page_size", std::to_string(s.page_size));
  v.value("sortType", s.sort_type);
  v.required("start_date", s.from);
}

}  // namespace
}  // namespace jd

namespace detail {

KEFU_FIELDS(jd::Consignee) {
  v.optional("fullname", s.full_name);
  v.optional("telephone", s.telephone);
  v.optional("mobile", s.mobile);
  v.optional("fullAddress", s.full_address);
  v.optional("province", s.province);
  v.optional("city", s.city);
  v.optional("county", s.county);
  v.optional("town", s.town);
  v.optional("provinceId", s.province_id);
  v.optional("cityId", s.city_id);
  v.optional("countyId", s.county_id);
  v.optional("townId", s.town_id);
}
KEFU_FIELDS(jd::OrderItem) {
  v.optional("skuId", s.sku_id);
  v.optional("outerSkuId", s.outer_sku_id);
  v.optional("skuName", s.sku_name);
  v.optional("jdPrice", s.jd_price);
  v.optional("giftPoint", s.gift_point);
  v.optional("wareId", s.ware_id);
  v.optional("itemTotal", s.item_total);
  v.optional("productNo", s.product_no);
  v.optional("serviceName", s.service_name);
  v.optional("newStoreId", s.new_store_id);
}
KEFU_FIELDS(jd::OrderCoupon) {
  v.optional("orderId", s.order_id);
  v.optional("skuId", s.sku_id);
  v.optional("couponType", s.coupon_type);
  v.optional("couponPrice", s.coupon_price);
}
KEFU_FIELDS(jd::Order) {
  v.optional("orderId", s.order_id);
  v.optional("parentOrderId", s.parent_order_id);
  v.optional("directParentOrderId", s.direct_parent_order_id);
  v.optional("venderId", s.vender_id);
  v.optional("orderType", s.order_type);
  v.optional("payType", s.pay_type);
  v.optional("orderTotalPrice", s.order_total_price);
  v.optional("orderSellerPrice", s.order_seller_price);
  v.optional("orderPayment", s.order_payment);
  v.optional("actualPay", s.actual_pay);
  v.optional("shouldPay", s.should_pay);
  v.optional("freightPrice", s.freight_price);
  v.optional("sellerDiscount", s.seller_discount);
  v.optional("balanceUsed", s.balance_used);
  v.optional("orderState", s.order_state);
  v.optional("orderStateRemark", s.order_state_remark);
  v.optional("deliveryType", s.delivery_type);
  v.optional("invoiceInfo", s.invoice_info);
  v.optional("invoiceCode", s.invoice_code);
  v.raw_json("invoiceEasyInfo", s.invoice_easy_info);
  v.raw_json("vatInfo", s.vat_info);
  v.optional("orderRemark", s.order_remark);
  v.optional("venderRemark", s.vender_remark);
  v.optional("orderStartTime", s.order_start_time);
  v.optional("orderEndTime", s.order_end_time);
  v.optional("paymentConfirmTime", s.payment_confirm_time);
  v.optional("modified", s.modified);
  jd::buyer_fields(v, "pin", s.buyer);
  v.optional("realPin", s.real_pin);
  v.optional("returnOrder", s.return_order);
  v.optional("waybill", s.waybill);
  v.optional("logisticsId", s.logistics_id);
  v.optional("orderSource", s.order_source);
  v.optional("storeOrder", s.store_order);
  v.optional("idSopShipmenttype", s.shipment_type);
  v.optional("consigneeInfo", s.consignee);
  v.optional("itemInfoList", s.items);
  v.optional("couponDetailList", s.coupons);
  v.whole(s.raw);
}

KEFU_FIELDS(jd::OrderDetail) {
  v.group("orderDetailInfo", [&](auto& detail) { detail.required("orderInfo", s.order); });
}
KEFU_FIELDS(jd::GetOrder) { jd::one_order(v, s); }
KEFU_FIELDS(jd::GetEncryptedOrder) { jd::one_order(v, s); }

KEFU_FIELDS(jd::OrdersPage) {
  if (!v.here()["searchorderinfo_result"].present()) return v.required("searchorderinfo_result", s.orders);
  v.group("searchorderinfo_result", [&](auto& result) {
    jd::listed(result, {"orderInfoList"}, s.orders);
    result.optional("orderTotal", s.total);
  });
}
KEFU_FIELDS(jd::SearchOrders) { jd::search_request(v, s); }
KEFU_FIELDS(jd::SearchPlainOrders) { jd::search_request(v, s); }

KEFU_FIELDS(jd::OrderRemark) {
  v.group("venderRemarkQueryResult", [&](auto& result) {
    result.group("vender_remark", [&](auto& remark) {
      remark.optional("order_id", s.order_id);
      remark.optional("remark", s.remark);
      remark.optional("flag", s.flag);
      remark.optional("created", s.created);
      remark.optional("modified", s.modified);
    });
  });
}
KEFU_FIELDS(jd::OrderRemarkChanged) {
  v.group("modifyvenderremark_result", [&](auto& result) {
    bool success = false;
    result.required("success", success);
    result.optional("error_code", s.code);
  });
}
KEFU_FIELDS(jd::GetOrderRemark) { v.value("order_id", s.order_id, Check().range(1, INT64_MAX)); }
KEFU_FIELDS(jd::ModifyOrderRemark) {
  v.value("flag", s.flag, Check().range(0, 5));
  v.value("order_id", s.order_id, Check().range(1, INT64_MAX));
  v.required("remark", s.remark, Check().max_characters(jd::kRemarkCharacters));
}

}  // namespace detail

namespace jd {

KEFU_JD_ROW(GetOrder, "pop.order.get", Effect::read, "pop.order.get", "")
KEFU_JD_ROW(GetEncryptedOrder, "pop.order.enGet", Effect::read, "pop.order.enGet", "")
KEFU_JD_ROW(SearchOrders, "pop.order.enSearch", Effect::read, "pop.order.enSearch", "")
KEFU_JD_ROW(SearchPlainOrders, "pop.order.search", Effect::read, "pop.order.search", "")
KEFU_JD_ROW(GetOrderRemark, "order.venderRemark.queryByOrderId", Effect::read, "order.venderRemark.queryByOrderId", "")
KEFU_JD_ROW(ModifyOrderRemark, "pop.order.modifyVenderRemark", Effect::idempotent, "pop.order.modifyVenderRemark", "")

std::vector<const Operation*> order_operations() {
  return {&GetOrder::operation(),          &GetEncryptedOrder::operation(), &SearchOrders::operation(),
          &SearchPlainOrders::operation(), &GetOrderRemark::operation(),    &ModifyOrderRemark::operation()};
}

}  // namespace jd
KEFU_END_NAMESPACE
