#include "core/async/time_range.hpp"
#include "sandbox/control/jd.hpp"
#include "sandbox/jd/after_sale.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

using detail::JsonWriter;
using State = JdTicket::State;

constexpr std::size_t kRecordsPerShop = 100'000;

/// What is wrong with adding one more, if the shop is full.
std::optional<ControlAnswer> no_room(std::size_t have) {
  if (have < kRecordsPerShop) return std::nullopt;
  return control_error(409, fmt::format("a shop has at most {} of these", kRecordsPerShop));
}

WallTime shown_from(const ControlCall& call, WallTime when) {
  const std::int64_t late = call.number("late_s", -1);
  return late < 0 ? call.core.jd.visible_from(when) : detail::later(call.now(), std::chrono::seconds(late));
}

ControlAnswer ticket_answer(const JdTicket& ticket) {
  ControlAnswer answer;
  JsonWriter writer(answer.body);
  writer.begin_object().key("service_id").integer(ticket.service_id).key("apply_id").integer(ticket.apply_id);
  writer.key("order_id").integer(ticket.order_id).key("customer").string(ticket.customer);
  writer.key("status").integer(ticket_status(ticket.state)).key("state").string(ticket_status_name(ticket.state));
  writer.key("version").integer(ticket.version).key("solved").boolean(ticket.solved);
  writer.key("intervened").boolean(ticket.intervened).key("messages").begin_array();
  for (const JdTicketMessage& one : ticket.messages) {
    writer.begin_object().key("id").integer(one.id).key("by_customer").boolean(one.by_customer);
    writer.key("author").string(one.author).key("content").string(one.content);
    writer.key("answered").boolean(one.answered).key("time").integer(unix_seconds(one.time)).end_object();
  }
  writer.end_array().key("tracks").begin_array();
  for (const JdTrack& one : ticket.tracks) writer.string(one.text);
  writer.end_array().end_object();
  return answer;
}

void add_customer_message(ControlCall& call, JdTicket& ticket, std::string_view content) {
  JdTicketMessage message;
  message.id = call.core.jd.next_id();
  message.author = ticket.customer;
  message.content = content;
  message.time = jd_moment(call, "time", call.now());
  const std::chrono::seconds late(ticket.messages.empty() ? 0 : call.core.jd.setting("jd_ticket_message_delay_s"));
  message.visible = detail::later(shown_from(call, message.time), late);
  ticket.messages.push_back(std::move(message));
  ticket.solved = false;
  if (late.count() == 0) ticket.updated = std::max(ticket.updated, jd_moment(call, "time", call.now()));
}

ControlResult add_ticket(ControlCall& call) {
  std::optional<ControlAnswer> error;
  JdShopState* shop = jd_shop_of(call, error);
  if (shop == nullptr) return *error;
  if (auto full = no_room(shop->tickets.size())) return *full;
  const std::string_view customer = call.text("customer");
  if (customer.empty()) return control_error(400, "customer is missing: the buyer's pin");
  call.core.jd.buyer(*shop, customer);
  JdTicket ticket;
  ticket.service_id = call.number("service_id", call.core.jd.next_id());
  if (shop->tickets.count(ticket.service_id) != 0) return control_error(409, "there is a service order of this id");
  ticket.apply_id = call.number("apply_id", ticket.service_id - 1000);
  ticket.order_id = call.number("order_id", 255'512'345'678);
  ticket.sku_id = call.number("sku_id", 100'012'043'978);
  ticket.customer = customer;
  ticket.version = static_cast<int>(call.number("version", 1));
  ticket.customer_expect = static_cast<int>(call.number("expect", 10));
  ticket.applied = jd_moment(call, "time", call.now());
  ticket.updated = ticket.applied;
  ticket.visible = shown_from(call, ticket.applied);
  ticket.audit_until = ticket.applied + std::chrono::hours(48);
  ticket.extra = fields_of(call.body["fields"]);
  if (!call.text("content").empty()) add_customer_message(call, ticket, call.text("content"));
  const JdTicket& added = shop->tickets.emplace(ticket.service_id, std::move(ticket)).first->second;
  call.core.changed();
  return ticket_answer(added);
}

JdTicket* ticket_in_path(ControlCall& call, std::optional<ControlAnswer>& error) {
  JdShopState* shop = jd_shop_of(call, error);
  if (shop == nullptr) return nullptr;
  const std::string& text = call.names[1];
  const auto found = shop->tickets.find(whole_number(text).value_or(-1));
  if (found != shop->tickets.end()) return &found->second;
  error = control_error(404, "no service order of this id: " + text);
  return nullptr;
}

ControlResult show_ticket(ControlCall& call) {
  std::optional<ControlAnswer> error;
  const JdTicket* ticket = ticket_in_path(call, error);
  return ticket == nullptr ? *error : ticket_answer(*ticket);
}

/// A move from one of the allowed states, by the merchant's page or by the platform.
struct TicketMove {
  std::string_view act;
  State from;
  State to;
};
constexpr TicketMove kTicketMoves[] = {
    {"approve", State::audit, State::process},
    {"refuse", State::audit, State::refused},
    {"complete", State::process, State::complete},
    {"cancel", State::audit, State::cancelled},
};

ControlResult move_in_workbench(ControlCall& call, JdTicket& ticket, const TicketMove& move) {
  if (ticket.state != move.from)
    return control_error(409, fmt::format("its state is {}", ticket_status_name(ticket.state)));
  const WallTime when = jd_moment(call, "time", call.now());
  const std::string_view who = call.text("agent");
  if (move.to == State::process || move.to == State::refused) {
    ticket.approved = when;
    ticket.approve_pin = who;
    ticket.approve_notes = call.text("notes");
  }
  if (move.to != State::process) ticket.finished = when;
  move_ticket(ticket, move.to, who, when);
  if (call.number("late_s", -1) >= 0) ticket.visible = shown_from(call, when);
  call.core.changed();
  return ticket_answer(ticket);
}

ControlResult do_ticket_act(ControlCall& call) {
  std::optional<ControlAnswer> error;
  JdTicket* ticket = ticket_in_path(call, error);
  if (ticket == nullptr) return *error;
  const std::string& act = call.names[2];
  for (const TicketMove& move : kTicketMoves)
    if (move.act == act) return move_in_workbench(call, *ticket, move);
  if (act == "ask") {
    if (call.text("content").empty()) return control_error(400, "content is missing");
    add_customer_message(call, *ticket, call.text("content"));
  } else if (act == "ship") {
    ticket->express_code = call.text("express_code");
    ticket->freight_updated = jd_moment(call, "time", call.now());
    if (call.core.jd.setting("jd_freight_updates_order") != 0) ticket->updated = ticket->freight_updated;
    if (call.number("late_s", -1) >= 0) ticket->visible = shown_from(call, ticket->freight_updated);
  } else if (act == "touch") {
    move_ticket(*ticket, ticket->state, call.text("agent"), jd_moment(call, "time", call.now()));
    if (call.number("late_s", -1) >= 0) ticket->visible = shown_from(call, ticket->updated);
  } else {
    return control_error(404, "nobody can do this with a service order: " + act);
  }
  call.core.changed();
  return ticket_answer(*ticket);
}

ControlAnswer id_answer(std::string_view id) {
  ControlAnswer answer;
  JsonWriter(answer.body).begin_object().key("id").string(id).end_object();
  return answer;
}

ControlResult add_order(ControlCall& call) {
  std::optional<ControlAnswer> error;
  JdShopState* shop = jd_shop_of(call, error);
  if (shop == nullptr) return *error;
  if (auto full = no_room(shop->orders.size())) return *full;
  JdOrder order;
  order.order_id = call.number("order_id", 255'512'340'000 + call.core.jd.next_id());
  order.created = jd_moment(call, "created", call.now());
  order.modified = jd_moment(call, "modified", order.created);
  order.state = call.text("state").empty() ? std::string_view("WAIT_SELLER_STOCK_OUT") : call.text("state");
  order.remark = call.text("remark");
  order.fields = fields_of(call.body["fields"]);
  if (!call.text("pin").empty()) {
    order.fields["pin"] = json_text(call.text("pin"));
    call.core.jd.buyer(*shop, call.text("pin"));
  }
  const std::string id = std::to_string(order.order_id);
  shop->orders[order.order_id] = std::move(order);
  return id_answer(id);
}

/// Goods and refunds are their fields; `id_field` names the one they are found by.
ControlResult add_record(ControlCall& call, std::map<std::int64_t, JsonFields> JdShopState::*records,
                         std::string_view id_field) {
  std::optional<ControlAnswer> error;
  JdShopState* shop = jd_shop_of(call, error);
  if (shop == nullptr) return *error;
  if (auto full = no_room((shop->*records).size())) return *full;
  const std::int64_t id = call.number(id_field, -1);
  if (id < 0) return control_error(400, std::string(id_field) + " is missing: a whole number");
  (shop->*records)[id] = fields_of(call.body);
  return id_answer(std::to_string(id));
}
ControlResult add_sku(ControlCall& call) { return add_record(call, &JdShopState::skus, "skuId"); }
ControlResult add_ware(ControlCall& call) { return add_record(call, &JdShopState::wares, "wareId"); }
ControlResult add_refund(ControlCall& call) { return add_record(call, &JdShopState::refunds, "id"); }

ControlResult add_trace(ControlCall& call) {
  std::optional<ControlAnswer> error;
  JdShopState* shop = jd_shop_of(call, error);
  if (shop == nullptr) return *error;
  const std::string waybill(call.text("waybill"));
  if (waybill.empty()) return control_error(400, "waybill is missing");
  if (auto full = no_room(shop->traces[waybill].size())) return *full;
  JdTraceStep step;
  step.title = call.text("title");
  step.remark = call.text("remark");
  step.name = call.text("name");
  step.time = jd_moment(call, "time", call.now());
  shop->traces[waybill].push_back(std::move(step));
  return id_answer(waybill);
}

ControlResult add_review(ControlCall& call) {
  std::optional<ControlAnswer> error;
  JdShopState* shop = jd_shop_of(call, error);
  if (shop == nullptr) return *error;
  if (auto full = no_room(shop->reviews.size())) return *full;
  if (call.text("customer").empty()) return control_error(400, "customer is missing: the buyer's pin");
  JdReview review;
  review.id = call.text("id").empty() ? fmt::format("c-{}", call.core.jd.next_id()) : std::string(call.text("id"));
  review.customer = call.text("customer");
  review.sku = call.number("sku", 100'012'043'978);
  review.order_id = call.number("order", 255'512'345'678);
  review.score = static_cast<int>(call.number("score", 5));
  review.content = call.text("content");
  review.time = jd_moment(call, "time", call.now());
  review.visible = shown_from(call, review.time);
  review.extra = fields_of(call.body["fields"]);
  call.core.jd.buyer(*shop, review.customer);
  shop->reviews.push_back(review);
  return id_answer(review.id);
}

ControlResult list_notices(ControlCall& call) {
  std::optional<ControlAnswer> error;
  const JdShopState* shop = jd_shop_of(call, error);
  if (shop == nullptr) return *error;
  ControlAnswer answer;
  JsonWriter writer(answer.body);
  writer.begin_object().key("notices").begin_array();
  for (const std::string& notice : shop->notices) writer.string(notice);
  writer.end_array().end_object();
  return answer;
}

}  // namespace

std::vector<ControlRoute> control_jd_record_routes() {
  return {
      {"POST", "/jd/shops/{shop}/tickets",
       "a buyer applies for after-sale: customer, order_id, sku_id, service_id, apply_id, version, expect (10 return, "
       "20 exchange, 30 "
       "repair), content (a first message), fields {members of every answer}, time, late_s",
       add_ticket, "customer order_id# sku_id# service_id# apply_id# version# expect# content fields* time# late_s#"},
      {"GET", "/jd/shops/{shop}/tickets/{service}", "one service order with its messages", show_ticket},
      {"POST", "/jd/shops/{shop}/tickets/{service}/{act}",
       "ask (the buyer writes: content, late_s), approve, refuse, complete, cancel (agent, notes), ship "
       "(express_code), "
       "touch (a new version); time, late_s (until then lists leave it out)",
       do_ticket_act, "agent notes content express_code time# late_s#"},
      {"POST", "/jd/shops/{shop}/orders",
       "adds or replaces an order: order_id, pin, state, created, modified, remark, fields {members of orderInfo}",
       add_order, "order_id# pin state created# modified# remark fields*"},
      {"POST", "/jd/shops/{shop}/skus", "adds or replaces a sku: skuId and any members", add_sku, kAnyMember},
      {"POST", "/jd/shops/{shop}/wares", "adds or replaces a ware: wareId and any members", add_ware, kAnyMember},
      {"POST", "/jd/shops/{shop}/refunds", "adds or replaces a refund application: id, status, orderId, any members",
       add_refund, kAnyMember},
      {"POST", "/jd/shops/{shop}/traces", "one more step of a parcel: waybill, title, remark, name, time", add_trace,
       "waybill title remark name time#"},
      {"POST", "/jd/shops/{shop}/reviews", "a buyer reviews goods: id, customer, sku, order, score, content, fields",
       add_review, "id customer sku# order# score# content fields* time# late_s#"},
      {"GET", "/jd/shops/{shop}/notices", "notices that were sent to agents", list_notices},
  };
}

}  // namespace sandbox
KEFU_END_NAMESPACE
