#include "sandbox/jd/after_sale.hpp"

#include "sandbox/jd/lists.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using detail::JsonWriter;
using State = JdTicket::State;

constexpr std::int64_t kAfterSalePageMost = 50;

std::string_view expect_name(int expect) {
  if (expect == 10) return "退货";
  return expect == 20 ? "换货" : "维修";
}

bool in_pair(const JdCall& call, std::string_view begin_name, std::string_view end_name, WallTime time) {
  const auto from = read_jd_time(call.text(begin_name));
  const auto to = read_jd_time(call.text(end_name));
  if (from && (time == kNotYet || time < *from)) return false;
  return !to || (time != kNotYet && time <= *to);
}

bool same_if_given(const JdCall& call, std::string_view name, std::int64_t value) {
  return call.text(name).empty() || call.number(name, -1) == value;
}

bool fits_filters(const JdCall& call, const JdTicket& one) {
  if (!same_if_given(call, "serviceId", one.service_id) || !same_if_given(call, "orderId", one.order_id) ||
      !same_if_given(call, "applyId", one.apply_id) || !same_if_given(call, "skuId", one.sku_id) ||
      !same_if_given(call, "customerExpect", one.customer_expect) ||
      !same_if_given(call, "serviceStatus", ticket_status(one.state)))
    return false;
  if (const std::string_view pin = call.text("customerPin"); !pin.empty() && pin != one.customer) return false;
  if (const auto late = call.body["timeoutFlag"].boolean(); late && *late != (call.now > one.audit_until)) return false;
  return in_pair(call, "applyTimeBegin", "applyTimeEnd", one.applied) &&
         in_pair(call, "finishTimeBegin", "finishTimeEnd", one.finished) &&
         in_pair(call, "approveTimeBegin", "approveTimeEnd", one.approved) &&
         in_pair(call, "updateTimeBegin", "updateTimeEnd", one.updated) &&
         in_pair(call, "freightUpdateDateBegin", "freightUpdateDateEnd", one.freight_updated);
}

/// Members that every list shows of a service order.
JdFields common_fields(JdCall& call, const JdTicket& one) {
  const JdBuyer& buyer = call.twin.buyer(*call.shop, one.customer);
  JdFields fields(call.twin);
  fields.number("serviceId", one.service_id).number("orderId", one.order_id).number("skuId", one.sku_id);
  fields.number("customerExpect", one.customer_expect).text("customerExpectName", expect_name(one.customer_expect));
  fields.number("serviceStatus", ticket_status(one.state)).text("serviceStatusName", ticket_status_name(one.state));
  fields.time("applyTime", one.applied).number("orderType", 22).text("orderTypeName", "SOP");
  fields.text("customerPin", call.twin.shown(one.customer)).text("customerName", "张*").number("customerGrade", 56);
  fields.text("wareName", "示例商品").number("skuType", 10).text("skuTypeName", "主商品").text("extJsonStr", "");
  fields.text("pickwareAddress", "北京**").text("open_id_buyer", buyer.open_id).text("xid_buyer", buyer.xid);
  return fields;
}

JdFields brief_fields(JdCall& call, const JdTicket& one) {
  JdFields fields = common_fields(call, one);
  fields.number("applyId", one.apply_id).text("customerTel", "138****8000").number("pickwareType", 4);
  fields.number("questionTypeCid1", 1).text("questionTypeCid1Name", "质量问题");
  fields.number("questionTypeCid2", 11).text("questionTypeCid2Name", "破损").number("platformSrc", 1);
  fields.text("platformSrcName", "京东").time("updateTime", one.updated).number("sysVersion", one.version);
  fields.text("expressCode", one.express_code).time("freightUpdateDate", one.freight_updated);
  return fields.number("serviceCount", 1).number("parentService", 0).replace_with(one.extra);
}

JdFields audit_fields(JdCall& call, const JdTicket& one) {
  JdFields fields = common_fields(call, one);
  fields.number("applyId", one.apply_id).raw("serviceIdList", "[" + std::to_string(one.service_id) + "]");
  fields.time("auditOvertime", one.audit_until).flag("timeoutFlag", call.now > one.audit_until);
  fields.text("customerMobile", "138****8000").number("serviceCount", 1).text("oaid", "");
  return fields.replace_with(one.extra);
}

JdFields process_fields(JdCall& call, const JdTicket& one) {
  JdFields fields = common_fields(call, one);
  fields.text("customerMobile", "138****8000").time("approveTime", one.approved).time("deliveryDate", kNotYet);
  fields.number("wareType", 10).text("wareTypeName", "主商品").time("remindDate", kNotYet).number("remindNum", 0);
  return fields.number("remindType", 0).text("remindTypeName", "").replace_with(one.extra);
}

JdFields complete_fields(JdCall& call, const JdTicket& one) {
  JdFields fields = common_fields(call, one);
  fields.text("customerMobile", "138****8000").number("wareType", 10).text("wareTypeName", "主商品");
  fields.number("processResult", one.customer_expect).text("processResultName", expect_name(one.customer_expect));
  fields.time("processDate", one.finished).text("processPin", one.approve_pin).time("approveDate", one.approved);
  fields.text("approvePin", one.approve_pin).number("approveReasonCid1", 1).text("approveReasonCid1Name", "同意");
  fields.number("approveReasonCid2", 0).text("approveReasonCid2Name", "");
  return fields.replace_with(one.extra);
}

/// One page of the service orders that `wanted` takes, in the order of their last change.
template <class Wanted, class Fields>
JdResult ticket_page(JdCall& call, Wanted wanted, Fields fields) {
  JdPage page;
  if (auto bad = take_asc_page(call, page)) return *bad;
  std::vector<const JdTicket*> found;
  for (const auto& [id, one] : call.shop->tickets)
    if (one.visible <= call.now && wanted(one) && fits_filters(call, one)) found.push_back(&one);
  std::stable_sort(found.begin(), found.end(),
                   [](const JdTicket* a, const JdTicket* b) { return a->updated < b->updated; });
  return write_page(call, found, page, fields);
}

template <JdFields (*fields)(JdCall&, const JdTicket&)>
JdResult tickets_in(JdCall& call, std::initializer_list<State> states) {
  if (auto bad = check_operator(call)) return *bad;
  return ticket_page(
      call,
      [states](const JdTicket& one) {
        return states.size() == 0 || std::find(states.begin(), states.end(), one.state) != states.end();
      },
      [&call](const JdTicket& one) { return fields(call, one); });
}

/// What asc.sync.list shows: fewer members, and the telephone under another name.
JdFields synced_fields(JdCall& call, const JdTicket& one) {
  const JdFields all = brief_fields(call, one);
  JdFields fields(call.twin);
  for (const std::string_view name : {"serviceId",
                                      "customerExpect",
                                      "orderId",
                                      "serviceStatus",
                                      "applyTime",
                                      "orderType",
                                      "customerPin",
                                      "customerName",
                                      "skuId",
                                      "pickwareType",
                                      "questionTypeCid1",
                                      "questionTypeCid1Name",
                                      "questionTypeCid2",
                                      "questionTypeCid2Name",
                                      "platformSrc",
                                      "platformSrcName",
                                      "updateTime",
                                      "sysVersion",
                                      "expressCode",
                                      "freightUpdateDate",
                                      "serviceCount",
                                      "parentService",
                                      "open_id_buyer",
                                      "xid_buyer"})
    if (const auto found = all.fields().find(name); found != all.fields().end()) fields.raw(name, found->second);
  return fields.text("customerMobile", "138****8000").replace_with(one.extra);
}

JdResult query_list(JdCall& call) { return tickets_in<brief_fields>(call, {}); }
JdResult audit_list(JdCall& call) { return tickets_in<audit_fields>(call, {State::audit}); }
JdResult process_list(JdCall& call) { return tickets_in<process_fields>(call, {State::process}); }
JdResult complete_list(JdCall& call) {
  return tickets_in<complete_fields>(call, {State::complete, State::refused, State::cancelled});
}

/// Times come in pairs, and one of the pairs is needed unless a single order is asked for.
JdResult sync_list(JdCall& call) {
  const auto given = [&call](std::string_view name) { return !call.text(name).empty(); };
  if (given("updateTimeBegin") != given("updateTimeEnd") ||
      given("freightUpdateDateBegin") != given("freightUpdateDateEnd"))
    return jd_failure(*call.route, "400", "times come in pairs");
  return tickets_in<synced_fields>(call, {});
}

JdResult unsolved_list(JdCall& call) {
  if (auto bad = check_operator(call)) return *bad;
  return ticket_page(
      call, [&call](const JdTicket& one) { return !one.solved && has_unsolved_message(one, call.now); },
      [&call](const JdTicket& one) { return complete_fields(call, one); });
}

JdResult unsolved_count(JdCall& call) {
  if (auto bad = check_operator(call)) return *bad;
  std::int64_t count = 0;
  for (const auto& [id, one] : call.shop->tickets) count += !one.solved && has_unsolved_message(one, call.now) ? 1 : 0;
  return page_success(call, std::to_string(count));
}

/// Whole orders name the customer in an object of its own.
std::string customer_json(JdCall& call, const JdTicket& one) {
  const JdBuyer& buyer = call.twin.buyer(*call.shop, one.customer);
  JdFields contact(call.twin);
  contact.text("contactName", "张*").text("contactMobile", "138****8000").text("detailAddress", "北京**");
  JdFields info(call.twin);
  info.text("jdPin", call.twin.shown(one.customer)).text("name", "张*").number("grade", 56);
  info.text("open_id_buyer", buyer.open_id).text("xid_buyer", buyer.xid).raw("contactInfo", json_of_fields(contact));
  return json_of_fields(info);
}

JdFields whole_fields(JdCall& call, const JdTicket& one) {
  JdFields item(call.twin);
  item.number("skuId", one.sku_id).text("wareName", "示例商品").number("wareNum", 1).raw("actualPayPrice", "189.0");
  JdFields address(call.twin);
  address.text("detailAddress", "北京**");
  JdFields fields(call.twin);
  fields.number("orderId", one.order_id).raw("serviceIdList", "[" + std::to_string(one.service_id) + "]");
  fields.number("customerExpect", one.customer_expect).text("customerExpectName", expect_name(one.customer_expect));
  fields.text("questionDesc", "收到时破损").text("questionPic", "").text("questionTypeCid1Name", "质量问题");
  fields.text("questionTypeCid2Name", "破损").time("applyTime", one.applied).number("orderType", 22);
  fields.text("orderTypeName", "SOP").number("sysVersion", one.version).raw("customerInfo", customer_json(call, one));
  fields.raw("pickwareAddress", json_of_fields(address)).raw("doorPickwareAddress", json_of_fields(address));
  fields.raw("serviceBillDetailList", "[" + json_of_fields(item) + "]");
  return fields.raw("applyDetailList", "[" + json_of_fields(item) + "]").replace_with(one.extra);
}

JdResult query_view(JdCall& call) {
  JdResult refusal;
  const JdTicket* ticket = ticket_of(call, refusal);
  if (ticket == nullptr) return refusal;
  JdFields fields = whole_fields(call, *ticket);
  fields.number("serviceId", ticket->service_id).number("applyId", ticket->apply_id);
  fields.number("serviceStatus", ticket_status(ticket->state)).time("updateDate", ticket->updated);
  fields.text("serviceStatusName", ticket_status_name(ticket->state)).text("approveNotes", ticket->approve_notes);
  fields.text("approvePin", ticket->approve_pin).time("approveDate", ticket->approved);
  return page_success(call, json_of_fields(fields.time("processDate", ticket->finished)));
}

JdResult audit_detail(JdCall& call) {
  if (auto bad = check_operator(call)) return *bad;
  for (const auto& [id, one] : call.shop->tickets) {
    if (one.apply_id != call.number("applyId", -1)) continue;
    return page_success(call, json_of_fields(whole_fields(call, one)));
  }
  return jd_failure(*call.route, "404", "申请单不存在");
}

JdResult reason_list(JdCall& call) {
  if (auto bad = check_operator(call)) return *bad;
  return page_success(call, R"([{"code":"1","name":"不符合售后政策","parentCode":"0"},)"
                            R"({"code":"11","name":"超过售后期","parentCode":"1"}])");
}

JdResult service_and_refund(JdCall& call) {
  return ticket_page(
      call, [](const JdTicket& one) { return one.state == State::complete; },
      [&call](const JdTicket& one) {
        JdFields bill(call.twin);
        bill.number("serviceId", one.service_id).number("afsApplyId", one.apply_id).number("orderId", one.order_id);
        bill.number("wareId", one.sku_id).text("wareName", "示例商品").text("approveName", one.approve_pin);
        bill.time("afsApplyTime", one.applied).time("approveDate", one.approved).text("questionDesc", "收到时破损");
        bill.text("customerPin", call.twin.shown(one.customer)).text("approveNotes", one.approve_notes);
        std::string bill_json;
        JsonWriter writer(bill_json);
        bill.text("applyReason", "质量问题").write(writer);
        JdFields fields(call.twin);
        fields.number("afsRefundId", one.service_id + 1000).number("refoundAmount", 18900).number("status", 13);
        fields.time("completeTime", one.finished).raw("sameOrderServiceBill", bill_json);
        return fields.replace_with(one.extra);
      });
}

}  // namespace

std::optional<JdResult> take_asc_page(const JdCall& call, JdPage& page) {
  const std::int64_t number = call.number("pageNumber", 1);
  const std::int64_t size = call.number("pageSize", 10);
  if (number < 1 || number > INT32_MAX || size < 1 || size > kAfterSalePageMost)
    return jd_failure(*call.route, "400", "pageNumber must be at least 1, pageSize from 1 to 50");
  page.number = static_cast<std::size_t>(number);
  page.size = static_cast<std::size_t>(size);
  return std::nullopt;
}

std::string json_of_fields(const JdFields& fields) {
  std::string json;
  JsonWriter writer(json);
  fields.write(writer);
  return json;
}

int ticket_status(State state) {
  static constexpr int kNumbers[] = {1, 7, 10, 11, 12};
  return kNumbers[static_cast<int>(state)];
}

std::string_view ticket_status_name(State state) {
  static constexpr std::string_view kNames[] = {"待审核", "待处理", "完成", "审核不通过", "取消"};
  return kNames[static_cast<int>(state)];
}

bool has_unsolved_message(const JdTicket& ticket, WallTime now) {
  return std::any_of(ticket.messages.begin(), ticket.messages.end(), [now](const JdTicketMessage& one) {
    return one.by_customer && !one.answered && one.visible <= now;
  });
}

std::optional<JdResult> check_operator(const JdCall& call) {
  for (const std::string_view name : {"buId", "operatePin", "operateNick"}) {
    const std::string_view value = call.text(name);
    if (value.empty()) return jd_failure(*call.route, "400", std::string(name) + " is missing");
    if (value.size() > 150) return jd_failure(*call.route, "400", std::string(name) + " is too long");
  }
  if (call.text("buId") != std::to_string(call.shop->shop.vender_id))
    return jd_failure(*call.route, "403", "buId is not this merchant");
  return std::nullopt;
}

JdTicket* ticket_of(JdCall& call, JdResult& refusal) {
  if (auto bad = check_operator(call)) {
    refusal = std::move(*bad);
    return nullptr;
  }
  const auto found = call.shop->tickets.find(call.number("serviceId", -1));
  const bool fits = found != call.shop->tickets.end() && found->second.visible <= call.now &&
                    (call.text("orderId").empty() || call.number("orderId") == found->second.order_id);
  if (fits) return &found->second;
  refusal = jd_failure(*call.route, "404", "服务单不存在");
  return nullptr;
}

JdResult page_success(const JdCall& call, std::string_view data_json) {
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key(call.route->wrapper).begin_object().key("success").boolean(true).key("code").string("200");
  writer.key("msg").string("").key("data").raw(data_json).end_object().end_object();
  return result;
}

std::vector<JdRoute> jd_after_sale_routes() {
  constexpr JdFamily kPage = JdFamily::page;
  return {
      {"jingdong.asc.query.list", kPage, "pageResult", query_list},
      {"jingdong.asc.sync.list", kPage, "pageResult", sync_list},
      {"jingdong.asc.audit.list", kPage, "pageResult", audit_list},
      {"jingdong.asc.process.list", kPage, "pageResult", process_list},
      {"jingdong.asc.complete.list", kPage, "pageResult", complete_list},
      {"jingdong.asc.unsolved.list", kPage, "pageResult", unsolved_list},
      {"jingdong.asc.serviceAndRefund.view", kPage, "pageResult", service_and_refund},
      {"jingdong.asc.query.view", kPage, "result", query_view},
      {"jingdong.asc.audit.detail", kPage, "result", audit_detail},
      {"jingdong.asc.audit.reason.list", kPage, "result", reason_list},
      {"jingdong.asc.unsolved.count", kPage, "result", unsolved_count},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
