#include "sandbox/jd/after_sale.hpp"
#include "sandbox/jd/lists.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using detail::JsonWriter;

/// Flat in the node, or inside `map` as the documentation site draws it.
void begin_reviews(const JdCall& call, JsonWriter& writer) {
  writer.begin_object();
  if (call.twin.setting("jd_reviews_in_map") != 0) writer.key("map").begin_object();
}
void end_reviews(const JdCall& call, JsonWriter& writer) {
  if (call.twin.setting("jd_reviews_in_map") != 0) writer.end_object();
  writer.end_object();
}

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
    const auto wanted = call.body["isVenderReply"].boolean();
    const bool replied = !wanted || *wanted != one.replies.empty();
    if (in_time && of_score && of_sku && replied) found.push_back(&one);
  }
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  begin_reviews(call, writer);
  writer.key("totalItem").unsigned_integer(found.size()).key("page").unsigned_integer(page.number);
  writer.key("resultCode").string("200").key("resultMsg").string("成功").key("comments").begin_array();
  for (const JdReview* one : page_of(found, page)) {
    const JdBuyer& buyer = call.twin.buyer(*call.shop, one->customer);
    JdFields fields(call.twin);
    fields.text("commentId", one->id).text("content", one->content).number("score", one->score);
    fields.text("skuid", std::to_string(one->sku)).number("orderId", one->order_id);
    fields.text("creationTime", jd_time_text(one->time)).flag("isVenderReply", !one->replies.empty());
    fields.text("nickName", jd_masked(buyer.pin));
    fields.text("pin", call.twin.shown(buyer.pin)).text("open_id_buyer", buyer.open_id).text("xid_buyer", buyer.xid);
    fields.number("replyCount", static_cast<std::int64_t>(one->replies.size())).replace_with(one->extra).write(writer);
  }
  writer.end_array();
  end_reviews(call, writer);
  return result;
}

JdResult reply_to_review(JdCall& call) {
  auto& reviews = call.shop->reviews;
  const auto found = std::find_if(reviews.begin(), reviews.end(),
                                  [&call](const JdReview& one) { return one.id == call.text("commentId"); });
  if (found == reviews.end()) return jd_failure(*call.route, "19", "回复主贴不存在");
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
  result.node.clear();
  JsonWriter writer(result.node);
  begin_reviews(call, writer);
  writer.key("resultCode").string(std::to_string(call.twin.setting("jd_review_reply_code")));
  writer.key("resultMsg").string("");
  end_reviews(call, writer);
  return result;
}

/// The steps of a parcel as a list; `write` adds what one shows.
template <class Write>
void write_steps(JsonWriter& writer, const JdCall& call, std::string_view waybill, Write write) {
  const auto found = call.shop->traces.find(waybill);
  writer.begin_array();
  if (found != call.shop->traces.end())
    for (const JdTraceStep& one : found->second) {
      writer.begin_object();
      write(one);
      writer.end_object();
    }
  writer.end_array();
}

std::string slashed_time(WallTime time) {
  std::string when = jd_time_text(time);
  std::replace(when.begin(), when.end(), '-', '/');
  return when;
}

JdResult trace_etms(JdCall& call) {
  const std::string_view waybill = call.text("waybillCode");
  if (waybill.empty()) return jd_error(60);
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("trace_api_dtos");
  write_steps(writer, call, waybill, [&writer](const JdTraceStep& one) {
    writer.key("ope_title").string(one.title).key("ope_remark").string(one.remark);
    writer.key("ope_name").string(one.name).key("ope_time").string(slashed_time(one.time));
  });
  writer.end_object();
  return result;
}

/// Logistics says success by 100, and spells its text with three s.
JdResult trace_ldop(JdCall& call) {
  const std::string_view waybill = call.text("waybillCode");
  if (waybill.empty()) return jd_error(60);
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("querytrace_result").begin_object().key("code").integer(100);
  writer.key("messsage").string("成功").key("data");
  write_steps(writer, call, waybill, [&](const JdTraceStep& one) {
    writer.key("opeTitle").string(one.title).key("opeRemark").string(one.remark).key("opeName").string(one.name);
    writer.key("opeTime").string(slashed_time(one.time)).key("waybillCode").string(waybill);
    writer.key("courier").string("").key("courierTel").string("");
  });
  writer.end_object().end_object();
  return result;
}

JdResult trace_order(JdCall& call) {
  const auto order = call.shop->orders.find(call.number("orderId", -1));
  if (order == call.shop->orders.end()) return jd_error(71);
  const auto field = order->second.fields.find("waybill");
  const detail::Document read =
      detail::Document::json(R"({"waybill":)" + (field == order->second.fields.end() ? "\"\"" : field->second) + "}");
  const std::string waybill(read.root()["waybill"].text());
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("result").begin_object().key("success").boolean(true).key("errorCode").null();
  writer.key("message").string("").key("result").begin_array();
  if (!waybill.empty()) {
    writer.begin_object().key("shipId").string(waybill).key("thirdId").integer(1).key("thirdName").string("示例快递");
    writer.key("status").integer(1).key("listTrace");
    write_steps(writer, call, waybill, [&](const JdTraceStep& one) {
      writer.key("shipId").string(waybill).key("processInfo").string(one.remark).key("courier").string(one.name);
      write_jd_time(writer, "traceDate", one.time, call.twin);
    });
    writer.end_object();
  }
  writer.end_array().end_object().end_object();
  return result;
}

// Refund applications: a record of fields each, of which `id` and `status` matter here.

int status_of(const JsonFields& refund) {
  const auto status = refund.find("status");
  return status == refund.end() ? 0 : std::atoi(status->second.c_str());
}

/// Flat in the official classes; older answers wrap it.
void write_refund(JsonWriter& writer, const JdCall& call, const JsonFields& refund) {
  const bool wrapped = call.twin.setting("jd_legacy_wrappers") != 0;
  if (wrapped) writer.begin_object().key("refundApplyVo");
  JdFields(call.twin).replace_with(refund).write(writer);
  if (wrapped) writer.end_object();
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
  for (const JsonFields* refund : page_of(found, page)) write_refund(writer, call, *refund);
  writer.end_array().end_object().end_object();
  return result;
}

JdResult get_refund(JdCall& call) {
  const auto found = call.shop->refunds.find(call.number("id", -1));
  if (found == call.shop->refunds.end()) return jd_failure(*call.route, "404", "退款单不存在");
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("queryResult").begin_object().key("success").boolean(true).key("totalCount").integer(1);
  writer.key("errorCode").null().key("errorMsg").null().key("result").begin_array();
  write_refund(writer, call, found->second);
  writer.end_array().end_object().end_object();
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
      .key("totalCount")
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
  found->second["checkTime"] = json_text(jd_time_text(call.now));
  JdResult result;
  result.node = R"({"replyResult":{"success":true,"errorCode":null,"errorMsg":null}})";
  return result;
}

}  // namespace

std::vector<JdRoute> jd_review_routes() {
  constexpr JdFamily kPlain = JdFamily::plain;
  constexpr JdFamily kPage = JdFamily::page;
  constexpr JdFamily kRefund = JdFamily::refund;
  return {
      {"jingdong.pop.PopCommentJsfService.getVenderCommentsForJos", kPlain, "", list_reviews},
      {"jingdong.pop.PopCommentJsfService.saveReply", JdFamily::review, "", reply_to_review},
      {"jingdong.club.pop.commentreply.save", JdFamily::review, "", reply_to_review, true},
      {"jingdong.etms.trace.get", kPlain, "", trace_etms},
      {"jingdong.ldop.receive.trace.get", JdFamily::logistics, "querytrace_result", trace_ldop},
      {"jingdong.getThirdTrace", kPage, "result", trace_order},
      {"jingdong.pop.afs.soa.refundapply.queryPageList", kRefund, "queryResult", list_refunds},
      {"jingdong.pop.afs.soa.refundapply.queryById", kRefund, "queryResult", get_refund},
      {"jingdong.pop.afs.soa.refundapply.getWaitRefundNum", kRefund, "queryResult", count_refunds},
      {"jingdong.pop.afs.soa.refundapply.replyRefund", kRefund, "replyResult", review_refund},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
