#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/jd/buyer.hpp>
#include <kefu/jd/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// Orders of a shop (not of JD's own retail), jd 4.8.
//
// Only what `fields` names comes back; without any the platform refuses the call. Personal fields of the encrypted
// calls (name, telephone, address, invoice) are cipher text: kefu passes them through untouched and never decrypts
// (jd 6.1); so do masked values.

/// Who gets the goods. Cipher text or masked, by the call.
struct Consignee {
  Consignee() {}
  std::string full_name;
  std::string telephone;
  std::string mobile;
  std::string full_address;
  std::string province;
  std::string city;
  std::string county;
  std::string town;
  std::string province_id;
  std::string city_id;
  std::string county_id;
  std::string town_id;
};
struct OrderItem {
  OrderItem() {}
  std::string sku_id;
  std::string outer_sku_id;
  std::string sku_name;
  std::string jd_price;
  std::string gift_point;
  std::string ware_id;
  std::string item_total;
  std::string product_no;
  std::string service_name;
  std::string new_store_id;
};
struct OrderCoupon {
  OrderCoupon() {}
  std::string order_id;
  std::string sku_id;
  std::string coupon_type;
  std::string coupon_price;
};
/// An order [A]. Values are the platform's own texts ("199.00", "4-在线支付"); what was not asked for is empty.
struct Order {
  Order() {}
  std::string order_id;
  std::string parent_order_id;
  std::string direct_parent_order_id;
  std::string vender_id;
  std::string order_type;  ///< 22 SOP, 75 LOC.
  std::string pay_type;
  std::string order_total_price;
  std::string order_seller_price;
  std::string order_payment;  ///< No longer kept up by the platform since October 2024: ask for `actualPay`.
  std::string actual_pay;     ///< What the buyer paid, in yuan; may come late.
  std::string should_pay;     ///< What the buyer had to pay, in yuan.
  std::string freight_price;
  std::string seller_discount;
  std::string balance_used;
  /// WAIT_SELLER_STOCK_OUT, WAIT_GOODS_RECEIVE_CONFIRM, FINISHED_L, TRADE_CANCELED, LOCKED ...; some come in Pinyin
  /// (DengDaiChuKu, WanCheng, ZanTing).
  std::string order_state;
  std::string order_state_remark;
  std::string delivery_type;
  std::string invoice_info;
  std::string invoice_code;
  std::string invoice_easy_info;  ///< JSON of the object.
  std::string vat_info;           ///< JSON of the object.
  std::string order_remark;
  std::string vender_remark;
  Time order_start_time;
  Time order_end_time;  ///< Empty: not ended.
  Time payment_confirm_time;
  Time modified;
  BuyerIds buyer;
  std::string real_pin;
  std::string return_order;  ///< 0 no; 1 repair, compensation, reissue; 2 exchange.
  std::string waybill;       ///< Carriers separated by '|', several numbers of one by ','.
  std::string logistics_id;
  std::string order_source;
  std::string store_order;
  std::string shipment_type;  ///< `idSopShipmenttype`: 68 and 69 are JD's own delivery.
  Consignee consignee;
  std::vector<OrderItem> items;
  std::vector<OrderCoupon> coupons;
  std::string raw;  ///< The platform's JSON of the order.
};

struct OrderDetail {
  OrderDetail() {}
  Order order;
};
/// One order: `jingdong.pop.order.get` [A]. Effect: read. Error: the platform's own number in `platform_code`.
struct KEFU_EXPORT GetOrder {
  using Response = OrderDetail;
  static const Operation& operation();
  GetOrder(std::int64_t order, std::vector<std::string> fields_) : order_id(order), fields(std::move(fields_)) {}
  std::int64_t order_id;
  std::vector<std::string> fields;         ///< `optional_fields`, such as {"orderId", "orderState", "itemInfoList"}.
  std::optional<std::string> order_state;  ///< Comma list.
};
/// One order, personal fields encrypted: `jingdong.pop.order.enGet` [A]. Effect: read.
struct KEFU_EXPORT GetEncryptedOrder {
  using Response = OrderDetail;
  static const Operation& operation();
  GetEncryptedOrder(std::int64_t order, std::vector<std::string> fields_)
      : order_id(order), fields(std::move(fields_)) {}
  std::int64_t order_id;
  std::vector<std::string> fields;
  std::optional<std::string> order_state;
};

struct OrdersPage {
  OrdersPage() {}
  std::vector<Order> orders;
  std::optional<std::int64_t> total;
};
/// Searches orders, personal fields encrypted: `jingdong.pop.order.enSearch` [A]. Effect: read. At most one month (31
/// days) apart and 100 a page, checked here; by creation two years back, by modification three months. Move the period
/// instead of paging deep.
struct KEFU_EXPORT SearchOrders {
  using Response = OrdersPage;
  static const Operation& operation();
  SearchOrders(WallTime from_, WallTime to_, std::string state, std::vector<std::string> fields_)
      : from(from_), to(to_), order_state(std::move(state)), fields(std::move(fields_)) {}
  Time from;
  Time to;
  std::string order_state;  ///< Comma list.
  std::vector<std::string> fields;
  int page = 1;
  int page_size = 100;
  int sort_type = 1;  ///< 1: newest first; else oldest first.
  int date_type = 1;  ///< 1: by creation; else by modification.
};
/// As SearchOrders, personal fields plain: `jingdong.pop.order.search` [A]. Effect: read.
struct KEFU_EXPORT SearchPlainOrders {
  using Response = OrdersPage;
  static const Operation& operation();
  SearchPlainOrders(WallTime from_, WallTime to_, std::string state, std::vector<std::string> fields_)
      : from(from_), to(to_), order_state(std::move(state)), fields(std::move(fields_)) {}
  Time from;
  Time to;
  std::string order_state;
  std::vector<std::string> fields;
  int page = 1;
  int page_size = 100;
  int sort_type = 1;
  int date_type = 1;
};

/// The shop's own note on an order.
struct OrderRemark {
  OrderRemark() {}
  std::int64_t order_id = 0;
  std::string remark;
  std::optional<int> flag;  ///< 0 grey, 1 red, 2 yellow, 3 green, 4 blue, 5 purple.
  Time created;
  Time modified;
};
/// Reads the note: `jingdong.order.venderRemark.queryByOrderId` [A]. Effect: read.
struct KEFU_EXPORT GetOrderRemark {
  using Response = OrderRemark;
  static const Operation& operation();
  explicit GetOrderRemark(std::int64_t order) : order_id(order) {}
  std::int64_t order_id;
};
struct OrderRemarkChanged {
  OrderRemarkChanged() {}
  std::string code;  ///< `error_code`; its values are not public, the platform's flag said yes.
};
/// Writes the note: `jingdong.pop.order.modifyVenderRemark` [A]. Effect: idempotent. At most 500 characters.
struct KEFU_EXPORT ModifyOrderRemark {
  using Response = OrderRemarkChanged;
  static const Operation& operation();
  ModifyOrderRemark(std::int64_t order, int flag_, std::string remark_)
      : order_id(order), flag(flag_), remark(std::move(remark_)) {}
  std::int64_t order_id;
  int flag;  ///< As OrderRemark::flag.
  std::string remark;
};

}  // namespace jd
KEFU_END_NAMESPACE
