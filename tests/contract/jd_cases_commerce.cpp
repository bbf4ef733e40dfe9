#include "support/jd_operation_cases.hpp"

#include <kefu/jd/goods.hpp>
#include <kefu/jd/identity.hpp>
#include <kefu/jd/logistics.hpp>
#include <kefu/jd/orders.hpp>
#include <kefu/jd/shop_info.hpp>

using namespace kefu;
using namespace kefu::jd;

namespace kefu_test {
namespace {

const char* const kAppKey = "0A1B2C3D4E5F60718293A4B5C6D7E8F9";
constexpr std::int64_t kBoughtOrder = 255512345678;
constexpr std::int64_t kSku = 100012043978;

GetEncryptedOrder encrypted_order() {
  GetEncryptedOrder get(kBoughtOrder, {"orderId", "orderState", "orderStateRemark", "consigneeInfo", "itemInfoList",
                                       "waybill", "logisticsId", "venderRemark", "pin"});
  get.order_state = "";
  return get;
}

void check_encrypted_order(const OrderDetail& read) {
  const Order& order = read.order;
  CHECK(order.order_id == "255512345678");
  CHECK(order.vender_id == "10001");
  CHECK(order.pay_type == "4-在线支付");
  CHECK(order.order_total_price == "199.00");
  CHECK(order.seller_discount == "10.00");
  CHECK(order.order_state == "WAIT_GOODS_RECEIVE_CONFIRM");
  CHECK(text_of(order.order_start_time) == "2024-05-30 10:00:00");
  CHECK(order.order_end_time.empty());
  CHECK(text_of(order.payment_confirm_time) == "2024-05-30 10:00:30");
  CHECK(order.buyer.pin == "jd_buyer_001");
  CHECK(order.buyer.open_id == "AbCdEf0123456789AbCdEf0123456789AbCdEf01234");
  CHECK(order.buyer.xid == "o*AATexampleexampleexampleexampleexample01");
  CHECK(order.waybill == "JDVA00000000001");
  CHECK(order.logistics_id == "2087");
  // Cipher text stays as it came.
  CHECK(order.consignee.full_name == "AAQ3+jcUW42JNBoeGSoo1A5wABEiM0RVZneImaq7zN3u/xwqRPUDWY0uVJ96dci5e+E=");
  CHECK(order.consignee.mobile == order.consignee.telephone);
  CHECK(order.consignee.city == "大兴区");
  REQUIRE(order.items.size() == 1);
  CHECK(order.items[0].sku_id == "100012043978");
  CHECK(order.items[0].sku_name == "示例商品 黑色 L");
  CHECK(order.items[0].item_total == "1");
  REQUIRE(order.coupons.size() == 1);
  CHECK(order.coupons[0].coupon_price == "10.00");
}

void check_order_page(const OrdersPage& read) {
  REQUIRE(read.orders.size() == 1);
  CHECK(read.orders[0].order_id == "255512345678");
  CHECK(text_of(read.orders[0].modified) == "2024-05-31 09:00:00");
  CHECK(read.total == 1);
}

template <class Op>
Op search_orders() {
  return Op(jd_time("2024-05-25 00:00:00"), jd_time("2024-06-01 00:00:00"), "WAIT_SELLER_STOCK_OUT",
            {"orderId", "orderState", "modified"});
}

void check_steps(const ParcelTrace& read) {
  REQUIRE(read.steps.size() == 1);
  CHECK(read.steps[0].title == "快件揽收");
  CHECK(read.steps[0].remark == "快件已揽收");
  CHECK(read.steps[0].operator_name == "张三");
  CHECK(text_of(read.steps[0].time) == "2024-05-30 18:00:00");
}

GetVenderInfo vender_info() {
  GetVenderInfo get;
  get.ext_json_param = "{}";
  return get;
}

SearchWares wares() {
  SearchWares search;
  search.fields = {"wareId", "title", "jdPrice", "stockNum", "wareStatus"};
  search.search_field = "title";
  search.search_key = "示例";
  return search;
}

void check_ware(const Ware& ware) {
  CHECK(ware.ware_id == 10000001);
  CHECK(ware.title == "示例商品");
  CHECK(ware.jd_price == "199.0");
  CHECK(ware.stock == 20);
  CHECK(ware.ware_status == 8);
}

/// Which number says yes is the family's affair.
auto check_id(std::string id) {
  return [id](const ConvertedId& read) {
    CHECK(read.id == id);
    CHECK((read.code == "0" || read.code == "200"));
    CHECK(read.request_id == "r-1");
    CHECK(!read.raw.empty());
  };
}
constexpr char kOpenId[] = "AbCdEf0123456789AbCdEf0123456789AbCdEf01234";

}  // namespace

std::vector<JdCase> jd_commerce_cases() {
  return {
      jd_case(encrypted_order(), check_encrypted_order),
      jd_case(GetOrder(kBoughtOrder, {"orderId", "orderState", "waybill"}),
              [](const OrderDetail& read) {
                CHECK(read.order.order_id == "255512345678");
                CHECK(read.order.order_state == "WAIT_SELLER_STOCK_OUT");
                CHECK(read.order.items.empty());
              }),
      jd_case(search_orders<SearchOrders>(), check_order_page),
      jd_case(search_orders<SearchPlainOrders>(), check_order_page),
      jd_case(GetOrderRemark(kBoughtOrder),
              [](const OrderRemark& read) {
                CHECK(read.order_id == kBoughtOrder);
                CHECK(read.remark == "客户咨询，协助处理");
                CHECK(read.flag == 3);
                CHECK(text_of(read.modified) == "2024-06-01 08:30:00");
              }),
      jd_case(ModifyOrderRemark(kBoughtOrder, 3, "客户咨询，协助处理"),
              [](const OrderRemarkChanged& read) { CHECK(read.code.empty()); }),
      jd_case(TraceWaybill("JDVA00000000001"), check_steps),
      jd_case(TraceExpressWaybill("010K000001", "JDVA00000000001"), check_steps),
      jd_case(TraceThirdParty("255512345678"),
              [](const ThirdPartyTrace& read) {
                REQUIRE(read.parcels.size() == 1);
                const ThirdPartyParcel& parcel = read.parcels[0];
                CHECK((parcel.ship_id == "SF0000000001" && parcel.carrier == "示例快递" && parcel.status == 1));
                REQUIRE(parcel.steps.size() == 1);
                CHECK(parcel.steps[0].remark == "快件已揽收");
                CHECK(parcel.steps[0].operator_name == "张三");
                CHECK(text_of(parcel.steps[0].time) == "2024-05-31 08:30:00");
              }),
      jd_case(vender_info(),
              [](const VenderInfo& read) {
                CHECK(read.vender_id == 10001);
                CHECK(read.column_type == 0);
                CHECK(read.shop_id == 10002);
                CHECK(read.shop_name == "示例旗舰店");
                CHECK(read.category_main == 1315);
              }),
      jd_case(GetShopInfo(),
              [](const ShopInfo& read) {
                CHECK(read.shop_id == 10002);
                CHECK(text_of(read.open_time) == "2014-05-14 00:53:20");
                CHECK(read.logo_url == "//img.example.com/l.png");
                CHECK(read.brief == "官方旗舰");
                CHECK(read.category_main_name == "服饰内衣");
              }),
      jd_case(ListChildAccounts(),
              [](const ChildAccounts& read) {
                REQUIRE(read.accounts.size() == 2);
                CHECK(read.total == 2);
                CHECK(read.accounts[0].account_id == 30001);
                CHECK((read.accounts[1].account_name == "flagship-li" && read.accounts[1].user_name == "李四"));
                CHECK((read.accounts[1].status == 1 && read.accounts[1].auth_status == 1));
              }),
      jd_case(GetChildAccountRoles({"flagship-zhang", "flagship-li"}),
              [](const ChildAccountRolesList& read) {
                REQUIRE(read.accounts.size() == 2);
                CHECK(read.accounts[1].account_names == std::vector<std::string>{"flagship-li"});
                CHECK(read.accounts[0].role_ids == std::vector<std::string>{"11"});
                CHECK(read.accounts[0].role_names == std::vector<std::string>{"客服"});
              }),
      jd_case(GetChildAccountPrivileges({"flagship-zhang"}),
              [](const ChildAccountPrivilegesList& read) {
                REQUIRE(read.accounts.size() == 1);
                CHECK(read.accounts[0].account_names == std::vector<std::string>{"flagship-zhang"});
                CHECK(read.accounts[0].codes == std::vector<std::string>{"im_chat"});
              }),
      jd_case(FindSku(kSku, {"skuId", "skuName", "wareId", "jdPrice", "stockNum"}),
              [](const Sku& read) {
                CHECK(read.sku_id == kSku);
                CHECK(read.ware_id == 10000001);
                CHECK(read.sku_name == "示例商品 黑色 L");
                CHECK(read.jd_price == "199.0");
                CHECK(read.stock == 20);
                CHECK(read.status == 1);
                CHECK(read.outer_id == "SKU-1");
              }),
      jd_case(FindWare(10000001, {"wareId", "title"}), check_ware),
      jd_case(wares(),
              [](const WaresPage& read) {
                REQUIRE(read.wares.size() == 1);
                check_ware(read.wares[0]);
                CHECK(read.page_number == 1);
                CHECK(read.page_size == 20);
                CHECK(read.total == 1);
              }),
  };
}

std::vector<JdCase> jd_identity_cases() {
  return {
      jd_case(PinToXid(kAppKey, "jd_buyer_001"), check_id("o*AAT01")),
      jd_case(MixPinToXid(kAppKey, "enc-pin-01"), check_id("o*AAT01")),
      jd_case(OpenIdToXid(kAppKey, "AbCdEf01"), check_id("o*AAT01")),
      jd_case(GetOpenId("jd_buyer_001"), check_id(kOpenId)),
      jd_case(EncryptPin("jd_buyer_001"), check_id("enc-pin-01")),
      jd_case(TokenToOpenId(kAppKey, Secret("jingmai-token"), "01"), check_id(kOpenId)),
  };
}

}  // namespace kefu_test
