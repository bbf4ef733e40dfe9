#include "core/crypto/crypto.hpp"
#include "sandbox/jd/fields.hpp"
#include "sandbox/jd/lists.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using detail::JsonWriter;

/// Names that optional_fields may hold: of jd 4.8, of the documentation site (2026), and what programs ask for that
/// work.
constexpr std::string_view kOrderFields[] = {"orderId",
                                             "venderId",
                                             "orderType",
                                             "payType",
                                             "orderTotalPrice",
                                             "orderSellerPrice",
                                             "orderPayment",
                                             "freightPrice",
                                             "sellerDiscount",
                                             "orderState",
                                             "orderStateRemark",
                                             "deliveryType",
                                             "invoiceEasyInfo",
                                             "invoiceInfo",
                                             "invoiceCode",
                                             "orderRemark",
                                             "orderStartTime",
                                             "orderEndTime",
                                             "consigneeInfo",
                                             "itemInfoList",
                                             "couponDetailList",
                                             "venderRemark",
                                             "balanceUsed",
                                             "pin",
                                             "realPin",
                                             "returnOrder",
                                             "paymentConfirmTime",
                                             "waybill",
                                             "logisticsId",
                                             "vatInfo",
                                             "modified",
                                             "directParentOrderId",
                                             "parentOrderId",
                                             "orderSource",
                                             "storeOrder",
                                             "idSopShipmenttype",
                                             "open_id_buyer",
                                             "xid_buyer",
                                             "open_id_seller",
                                             "xid_seller",
                                             "actualPay",
                                             "shouldPay",
                                             "totalOriginalPrice",
                                             "totalSellerReceivable",
                                             "payDiscount",
                                             "tradeOrderId",
                                             "totalSellerDiscount",
                                             "paymentDetailList",
                                             "outBoundDate",
                                             "orderSign",
                                             "sendpayMap",
                                             "partialLogisticsInfoModel",
                                             "orderExt",
                                             "storeId",
                                             "menDianId",
                                             "mdbStoreId",
                                             "salesPin",
                                             "tuiHuoWuYou",
                                             "serviceFee",
                                             "taxFee",
                                             "scDT",
                                             "pauseBizInfo",
                                             "orderMarkDesc",
                                             "originalConsigneeInfo",
                                             "customs",
                                             "customsModel",
                                             "orderInfoList"};

/// Cipher text of the right layout (jd 6.1) that nobody can decrypt: head, key id, IV, blocks.
std::string opaque_cipher(std::int64_t order, std::string_view field) {
  const std::string seed = std::to_string(order) + std::string(field);
  std::string bytes("\x00\x04", 2);
  for (const std::string_view part : {std::string_view("key"), std::string_view("iv"), std::string_view(seed)}) {
    const detail::Digest hash = detail::digest(detail::DigestKind::md5, part);
    bytes.append(reinterpret_cast<const char*>(hash.bytes.data()), hash.size);
  }
  return detail::base64(bytes);
}

std::string consignee_json(const JdOrder& order, bool encrypted) {
  std::string out;
  JsonWriter writer(out);
  const auto personal = [&](std::string_view name, std::string_view plain) {
    writer.key(name).string(encrypted ? opaque_cipher(order.order_id, name) : std::string(plain));
  };
  writer.begin_object();
  personal("fullname", "张*");
  personal("telephone", "138****8000");
  personal("mobile", "138****8000");
  personal("fullAddress", "北京大兴区**");
  writer.key("province").string("北京").key("city").string("大兴区").key("county").string("亦庄经济开发区");
  writer.key("town").string("").end_object();
  return out;
}

/// Every value is a string in this family.
JdFields order_fields(JdCall& call, const JdOrder& order, bool encrypted) {
  JdFields fields(call.twin);
  fields.text("orderId", std::to_string(order.order_id));
  fields.text("venderId", std::to_string(call.shop->shop.vender_id)).text("orderType", "22");
  fields.text("payType", "4-在线支付").text("orderTotalPrice", "199.00").text("orderSellerPrice", "189.00");
  fields.text("orderPayment", "189.00").text("freightPrice", "0.00").text("sellerDiscount", "10.00");
  fields.text("actualPay", "189.00").text("shouldPay", "189.00");
  fields.text("orderState", order.state).text("orderStateRemark", "").text("deliveryType", "任意时间");
  fields.text("orderRemark", "").text("orderStartTime", jd_time_text(order.created));
  fields.text("orderEndTime", "0001-01-01 00:00:00").text("modified", jd_time_text(order.modified));
  fields.text("paymentConfirmTime", jd_time_text(order.created)).text("returnOrder", "0").text("waybill", "");
  fields.text("logisticsId", "").text("venderRemark", order.remark);
  fields.raw("consigneeInfo", consignee_json(order, encrypted));
  fields.replace_with(order.fields);
  const auto pin = order.fields.find("pin");
  if (pin == order.fields.end()) return fields;
  const detail::Document read = detail::Document::json(R"({"pin":)" + pin->second + "}");
  const JdBuyer& buyer = call.twin.buyer(*call.shop, read.root()["pin"].text());
  fields.text("pin", call.twin.shown(buyer.pin)).text("open_id_buyer", buyer.open_id).text("xid_buyer", buyer.xid);
  return fields;
}

/// The names of optional_fields, or the refusal.
std::optional<JdResult> take_wanted(const JdCall& call, std::set<std::string, std::less<>>& wanted) {
  std::string_view rest = call.text("optional_fields");
  if (rest.empty()) return jd_error(60, "参数[optional_fields]不合法");
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view name = rest.substr(0, comma);
    if (std::find(std::begin(kOrderFields), std::end(kOrderFields), name) == std::end(kOrderFields))
      return jd_error(68);
    wanted.emplace(name);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return std::nullopt;
}

void write_order(JsonWriter& writer, JdCall& call, const JdOrder& order, bool encrypted,
                 const std::set<std::string, std::less<>>& wanted) {
  const JdFields fields = order_fields(call, order, encrypted);
  writer.begin_object();
  for (const auto& [name, json] : fields.fields())
    if (wanted.count(name) != 0) writer.key(name).raw(json);
  writer.end_object();
}

bool has_state(const JdCall& call, std::string_view field, const JdOrder& order) {
  const std::string_view wanted = call.text(field);
  const std::string list = "," + std::string(wanted) + ",";
  return wanted.empty() || list.find("," + order.state + ",") != std::string::npos;
}

void write_api_result(JsonWriter& writer) {
  writer.key("apiResult").begin_object().key("success").boolean(true).key("chineseErrCode").string("成功");
  writer.key("englishErrCode").string("success").key("numberCode").integer(100).end_object();
}

JdResult get_order(JdCall& call, bool encrypted) {
  std::set<std::string, std::less<>> wanted;
  if (auto bad = take_wanted(call, wanted)) return *bad;
  const auto found = call.shop->orders.find(call.number("order_id", -1));
  if (found == call.shop->orders.end() || !has_state(call, "order_state", found->second))
    return jd_failure(*call.route, "1", "订单不存在");
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("orderDetailInfo").begin_object();
  write_api_result(writer);
  writer.key("orderInfo");
  write_order(writer, call, found->second, encrypted, wanted);
  writer.end_object().end_object();
  return result;
}
JdResult get_plain_order(JdCall& call) { return get_order(call, false); }
JdResult get_encrypted_order(JdCall& call) { return get_order(call, true); }

JdResult search_orders(JdCall& call, bool encrypted) {
  std::set<std::string, std::less<>> wanted;
  if (auto bad = take_wanted(call, wanted)) return *bad;
  const auto from = read_jd_time(call.text("start_date"), true);
  const auto to = read_jd_time(call.text("end_date"), true);
  if (!from || !to || call.text("order_state").empty()) return jd_error(60);
  if (*to < *from || *to - *from > std::chrono::hours(24 * 31)) return jd_error(61);
  const std::int64_t number = call.number("page", 1);
  const std::int64_t size = call.number("page_size", 100);
  if (number < 1 || size < 1 || size > 100) return jd_error(61);
  const bool by_creation = call.number("dateType", 0) == 1;
  std::vector<const JdOrder*> found;
  for (const auto& [id, order] : call.shop->orders) {
    const WallTime when = by_creation ? order.created : order.modified;
    if (when >= *from && when <= *to && has_state(call, "order_state", order)) found.push_back(&order);
  }
  std::stable_sort(found.begin(), found.end(), [by_creation](const JdOrder* a, const JdOrder* b) {
    return by_creation ? a->created < b->created : a->modified < b->modified;
  });
  JdPage page;
  page.number = static_cast<std::size_t>(number);
  page.size = static_cast<std::size_t>(size);
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("searchorderinfo_result").begin_object();
  write_api_result(writer);
  writer.key("orderTotal").unsigned_integer(found.size()).key("orderInfoList").begin_array();
  for (const JdOrder* order : page_of(found, page)) write_order(writer, call, *order, encrypted, wanted);
  writer.end_array().end_object().end_object();
  return result;
}
JdResult search_plain_orders(JdCall& call) { return search_orders(call, false); }
JdResult search_encrypted_orders(JdCall& call) { return search_orders(call, true); }

JdResult get_remark(JdCall& call) {
  const auto found = call.shop->orders.find(call.number("order_id", -1));
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("venderRemarkQueryResult").begin_object().key("api_jos_result").begin_object();
  const bool exists = found != call.shop->orders.end();
  writer.key("success").boolean(exists).key("result_code").string(exists ? "" : "1");
  writer.key("result_describe").string(exists ? "" : "订单不存在").end_object();
  if (found != call.shop->orders.end()) {
    const JdOrder& order = found->second;
    writer.key("vender_remark").begin_object().key("order_id").integer(order.order_id);
    writer.key("remark").string(order.remark).key("flag").integer(order.remark_flag);
    write_jd_time(writer, "created", order.remark_time, call.twin);
    write_jd_time(writer, "modified", order.remark_time, call.twin);
    writer.end_object();
  }
  writer.end_object().end_object();
  return result;
}

JdResult modify_remark(JdCall& call) {
  const auto found = call.shop->orders.find(call.number("order_id", -1));
  if (found == call.shop->orders.end()) return jd_error(71);
  const std::int64_t flag = call.number("flag", -1);
  if (flag < 0 || flag > 5) return jd_error(61);
  found->second.remark = call.text("remark");
  found->second.remark_flag = static_cast<int>(flag);
  found->second.remark_time = call.now;
  found->second.modified = call.now;
  JdResult result;
  result.node = R"({"modifyvenderremark_result":{"success":true,"error_code":"","chinese_err_code":"",)"
                R"("english_err_code":"","out_batch_id":null,"sendbatch_id":null}})";
  return result;
}

}  // namespace

std::vector<JdRoute> jd_order_routes() {
  constexpr JdFamily kOrder = JdFamily::order;
  return {
      {"jingdong.pop.order.enGet", kOrder, "orderDetailInfo", get_encrypted_order},
      {"jingdong.pop.order.get", kOrder, "orderDetailInfo", get_plain_order},
      {"jingdong.pop.order.enSearch", kOrder, "searchorderinfo_result", search_encrypted_orders},
      {"jingdong.pop.order.search", kOrder, "searchorderinfo_result", search_plain_orders},
      {"jingdong.order.venderRemark.queryByOrderId", JdFamily::plain, "", get_remark},
      {"jingdong.pop.order.modifyVenderRemark", JdFamily::plain, "", modify_remark},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
