#include "sandbox/jd/after_sale.hpp"
#include "sandbox/jd/lists.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using detail::JsonWriter;

JdResult list_reviews(JdCall& call) {
  const auto from = read_jd_time(call.text("beginTime"), true);
  const auto to = read_jd_time(call.text("endTime"), true);
  if (!from || !to) return jd_error(60);
  JdPage page;
  if (auto bad = take_jd_page(call, page)) return *bad;
  std::vector<const JdReview*> found;
  for (const JdReview& one : call.shop->reviews) {
    const bool in_time = one.visible <= call.now && one.time >= *from && one.time <= *to;
    const bool of_score = call.text("score").empty() || call.number("score") == one.score;
    const bool of_sku =
        call.text("skuids").empty() || call.text("skuids").find(std::to_string(one.sku)) != std::string_view::npos;
    const bool replied =
        call.text("isVenderReply").empty() || (call.text("isVenderReply") == "1") != one.replies.empty();
    if (in_time && of_score && of_sku && replied) found.push_back(&one);
  }
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("result").begin_object().key("success").boolean(true);
  writer.key("totalCount").unsigned_integer(found.size()).key("comments").begin_array();
  for (const JdReview* one : page_of(found, page)) {
    const JdBuyer& buyer = call.twin.buyer(*call.shop, one->customer);
    JdFields fields(call.twin);
    fields.text("commentId", one->id).text("content", one->content).number("score", one->score);
    fields.number("skuid", one->sku).number("orderId", one->order_id).time("creationTime", one->time);
    fields.text("pin", call.twin.shown(buyer.pin)).text("open_id_buyer", buyer.open_id).text("xid_buyer", buyer.xid);
    fields.number("replyCount", static_cast<std::int64_t>(one->replies.size())).replace_with(one->extra).write(writer);
  }
  writer.end_array().end_object().end_object();
  return result;
}

JdResult reply_to_review(JdCall& call) {
  auto& reviews = call.shop->reviews;
  const auto found = std::find_if(reviews.begin(), reviews.end(),
                                  [&call](const JdReview& one) { return one.id == call.text("commentId"); });
  if (found == reviews.end()) return jd_failure(*call.route, "404", "评价不存在");
  if (call.text("content").empty()) return jd_error(60);
  found->replies.push_back({call.now, call.shop->shop.main_account, std::string(call.text("content"))});
  JdReceived received;
  received.time = call.now;
  received.channel = "review";
  received.type = "text";
  received.text = call.text("content");
  received.agent = call.shop->shop.main_account;
  received.thread = found->id;
  call.twin.put_in_inbox(call.twin.buyer(*call.shop, found->customer), std::move(received));
  JdResult result;
  result.node = R"({"result":{"success":true,"code":"200"}})";
  return result;
}

JdResult trace_steps(JdCall& call, std::string_view waybill) {
  const auto found = call.shop->traces.find(waybill);
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("trace_api_dtos").begin_array();
  if (found != call.shop->traces.end())
    for (const JdTraceStep& one : found->second) {
      std::string when = jd_time_text(one.time);
      std::replace(when.begin(), when.end(), '-', '/');
      writer.begin_object().key("ope_title").string(one.title).key("ope_remark").string(one.remark);
      writer.key("ope_name").string(one.name).key("ope_time").string(when).end_object();
    }
  writer.end_array().end_object();
  return result;
}

JdResult trace_waybill(JdCall& call) {
  const std::string_view waybill = call.text("waybillCode");
  return waybill.empty() ? jd_error(60) : trace_steps(call, waybill);
}

JdResult trace_order(JdCall& call) {
  const auto order = call.shop->orders.find(call.number("orderId", -1));
  if (order == call.shop->orders.end()) return jd_error(71);
  const auto waybill = order->second.fields.find("waybill");
  if (waybill == order->second.fields.end()) return trace_steps(call, {});
  const detail::Document read = detail::Document::json(R"({"waybill":)" + waybill->second + "}");
  return trace_steps(call, read.root()["waybill"].text());
}

// Refund applications: a record of fields each, of which `id` and `status` matter here.

int status_of(const JsonFields& refund) {
  const auto status = refund.find("status");
  return status == refund.end() ? 0 : std::atoi(status->second.c_str());
}

JdResult list_refunds(JdCall& call) {
  const std::int64_t number = call.number("pageIndex", 1);
  const std::int64_t size = call.number("pageSize", 10);
  if (number < 1 || number > 100 || size < 1 || size > 50) return jd_error(61);
  std::vector<const JsonFields*> found;
  for (const auto& [id, refund] : call.shop->refunds) {
    const auto order = refund.find("orderId");
    if (!call.text("status").empty() && status_of(refund) != call.number("status")) continue;
    if (!call.text("orderId").empty() &&
        (order == refund.end() || order->second.find(call.text("orderId")) == std::string::npos))
      continue;
    found.push_back(&refund);
  }
  JdPage page;
  page.number = static_cast<std::size_t>(number);
  page.size = static_cast<std::size_t>(size);
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("queryResult").begin_object().key("success").boolean(true);
  writer.key("totalCount").unsigned_integer(found.size()).key("result").begin_array();
  for (const JsonFields* refund : page_of(found, page)) JdFields(call.twin).replace_with(*refund).write(writer);
  writer.end_array().end_object().end_object();
  return result;
}

JdResult get_refund(JdCall& call) {
  const auto found = call.shop->refunds.find(call.number("id", -1));
  if (found == call.shop->refunds.end()) return jd_failure(*call.route, "404", "退款单不存在");
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("queryResult").begin_object().key("success").boolean(true).key("data");
  JdFields(call.twin).replace_with(found->second).write(writer);
  writer.end_object().end_object();
  return result;
}

JdResult count_refunds(JdCall& call) {
  const auto waiting = std::count_if(call.shop->refunds.begin(), call.shop->refunds.end(),
                                     [](const auto& one) { return status_of(one.second) == 0; });
  JdResult result;
  result.node.clear();
  JsonWriter(result.node)
      .begin_object()
      .key("queryResult")
      .begin_object()
      .key("success")
      .boolean(true)
      .key("data")
      .integer(waiting)
      .end_object()
      .end_object();
  return result;
}

JdResult review_refund(JdCall& call) {
  const auto found = call.shop->refunds.find(call.number("id", -1));
  if (found == call.shop->refunds.end()) return jd_failure(*call.route, "404", "退款单不存在");
  const std::int64_t status = call.number("status", -1);
  static constexpr std::int64_t kDecisions[] = {1, 2, 6, 9, 10};
  if (std::find(std::begin(kDecisions), std::end(kDecisions), status) == std::end(kDecisions) ||
      call.text("checkUserName").empty() || (status != 9 && call.text("remark").empty()))
    return jd_failure(*call.route, "400", "status, checkUserName or remark is not right");
  if (status_of(found->second) != 0)
    return jd_failure(*call.route, std::to_string(call.twin.setting("jd_ticket_conflict_code")), "退款单已审核");
  found->second["status"] = std::to_string(status);
  found->second["checkUserName"] = json_text(call.text("checkUserName"));
  found->second["checkTime"] = std::to_string(unix_millis(call.now));
  JdResult result;
  result.node = R"({"replyResult":{"success":true,"code":"200"}})";
  return result;
}

}  // namespace

std::vector<JdRoute> jd_review_routes() {
  constexpr JdFamily kPlain = JdFamily::plain;
  constexpr JdFamily kPage = JdFamily::page;
  return {
      {"jingdong.pop.PopCommentJsfService.getVenderCommentsForJos", kPage, "result", list_reviews, true},
      {"jingdong.pop.PopCommentJsfService.saveReply", kPage, "result", reply_to_review, true},
      {"jingdong.club.pop.commentreply.save", kPage, "result", reply_to_review, true},
      {"jingdong.etms.trace.get", kPlain, "", trace_waybill},
      {"jingdong.ldop.receive.trace.get", kPlain, "", trace_waybill, true},
      {"jingdong.getThirdTrace", kPlain, "", trace_order, true},
      {"jingdong.pop.afs.soa.refundapply.queryPageList", kPage, "queryResult", list_refunds, true},
      {"jingdong.pop.afs.soa.refundapply.queryById", kPage, "queryResult", get_refund, true},
      {"jingdong.pop.afs.soa.refundapply.getWaitRefundNum", kPage, "queryResult", count_refunds, true},
      {"jingdong.pop.afs.soa.refundapply.replyRefund", kPage, "replyResult", review_refund, true},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
