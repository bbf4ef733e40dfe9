#include "sandbox/jd/after_sale.hpp"

// What stands behind one after-sale order: messages, notes, its history, how the goods travel.

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using detail::JsonWriter;

/// No id: what tells messages apart is who wrote what when.
JdFields message_fields(JdCall& call, const JdTicketMessage& one) {
  JdFields fields(call.twin);
  fields.text("context", one.content).time("createDate", one.time).text("extJsonStr", "");
  fields.text("createPin", one.by_customer ? call.twin.shown(one.author) : one.author);
  fields.text("createName", one.by_customer ? "张*" : "客服A").number("messageType", one.by_customer ? 1 : 2);
  return fields.text("messageTypeName", one.by_customer ? "客户" : "商家");
}

/// A page of what stands behind the order of the call: those entries of `list` that it shows, as `write` has them.
template <class Entry, class Shows, class Write>
JdResult ticket_page(JdCall& call, std::vector<Entry> JdTicket::*list, Shows shows, Write write) {
  JdResult refusal;
  const JdTicket* ticket = ticket_of(call, refusal);
  if (ticket == nullptr) return refusal;
  JdPage page;
  if (auto bad = take_asc_page(call, page)) return *bad;
  std::vector<const Entry*> found;
  for (const Entry& one : ticket->*list)
    if (shows(one)) found.push_back(&one);
  return write_page(call, found, page, [&](const Entry& one) { return write(*ticket, one); });
}
bool shows_all(const JdTrack&) { return true; }

JdResult message_list(JdCall& call) {
  return ticket_page(
      call, &JdTicket::messages, [&call](const JdTicketMessage& one) { return one.visible <= call.now; },
      [&call](const JdTicket&, const JdTicketMessage& one) { return message_fields(call, one); });
}

JdResult track_list(JdCall& call) {
  return ticket_page(call, &JdTicket::tracks, shows_all, [&call](const JdTicket&, const JdTrack& one) {
    JdFields fields(call.twin);
    fields.time("trackCreateDate", one.time).text("trackContext", one.text).text("createPin", one.author);
    return fields.text("createName", "客服A").text("extJsonStr", "");
  });
}

JdResult log_list(JdCall& call) {
  return ticket_page(call, &JdTicket::log, shows_all, [&call](const JdTicket& ticket, const JdTrack& one) {
    JdFields fields(call.twin);
    fields.number("afsLogId", 9000 + unix_seconds(one.time) % 1000).number("serviceId", ticket.service_id);
    fields.number("relationType", 1).text("relationTypeName", "服务单").number("operateType", 1);
    fields.text("operateTypeName", "变更").text("operateRemark", one.text).text("operatePin", one.author);
    return fields.text("operateName", "客服A").time("operateDate", one.time);
  });
}

/// What the platform told about the order. A missing success flag is no refusal: this one has none (jd 3.1).
JdResult told_list(JdCall& call) {
  JdResult refusal;
  const JdTicket* ticket = ticket_of(call, refusal);
  if (ticket == nullptr) return refusal;
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("result").begin_object().key("data").begin_array();
  std::int64_t id = 9100;
  for (const JdTrack& one : ticket->log) {
    JdFields fields(call.twin);
    fields.number("messageId", ++id).number("serviceId", ticket->service_id).number("msgType", 1);
    fields.text("msgTypeName", "通知").text("title", "服务单变更").text("context", one.text);
    fields.text("operatePin", one.author).time("operateDate", one.time).write(writer);
  }
  writer.end_array().end_object().end_object();
  return result;
}

JdResult freight_view(JdCall& call) {
  JdResult refusal;
  const JdTicket* ticket = ticket_of(call, refusal);
  if (ticket == nullptr) return refusal;
  JdFields fields(call.twin);
  fields.number("serviceId", ticket->service_id).text("expressCode", ticket->express_code);
  fields.text("expressCompany", "京东快递").raw("freightMoney", "12.0").raw("finalFreightMoney", "12.0");
  return page_success(call, json_of_fields(fields.time("deliveryDate", ticket->freight_updated)));
}

JdResult service_phone(JdCall& call) {
  JdResult refusal;
  if (ticket_of(call, refusal) == nullptr) return refusal;
  JdResult result;
  result.node.clear();
  JsonWriter writer(result.node);
  writer.begin_object().key("result").begin_object().key("success").boolean(true).key("code").string("200");
  writer.key("data").string("400-000-0000").key("desenData").string("400-***-0000").end_object().end_object();
  return result;
}

}  // namespace

std::vector<JdRoute> jd_after_sale_view_routes() {
  constexpr JdFamily kPage = JdFamily::page;
  return {
      {"jingdong.asc.unsolved.message.list", kPage, "pageResult", message_list},
      {"jingdong.asc.msg.list", kPage, "result", told_list},
      {"jingdong.asc.track.list", kPage, "pageResult", track_list},
      {"jingdong.asc.log.list", kPage, "pageResult", log_list},
      {"jingdong.asc.freight.view", kPage, "result", freight_view},
      {"jingdong.asc.view.serviceTel", kPage, "result", service_phone},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
