#include "jd/operations/paging.hpp"
#include "jd/polling/source.hpp"

#include <kefu/jd/after_sale.hpp>
#include <kefu/jd/after_sale_review.hpp>
#include <kefu/jd/thread.hpp>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr int kLargestAscPage = 50;

Operator operator_of(const AfterSaleDesk& desk) { return Operator(desk.bu_id, desk.operate_pin, desk.operate_nick); }

std::string number(const std::optional<int>& value) { return value ? std::to_string(*value) : std::string(); }

Error no_id() { return Error(ErrorKind::malformed_reply, "an after-sale order has no serviceId"); }

/// A page of which only the units are missing.
template <class Item>
PollPage page_of(const Page<Item>& answer, int page, int page_size) {
  PollPage found;
  found.is_last = is_last_page(answer.items.size(), page, page_size, answer.total);
  found.total = answer.total;
  return found;
}

/// What of an after-sale order is listed by its moment.
enum class OrderChange : unsigned char {
  order,
  freight_number,  ///< The platform leaves the order's update time as it is (a program of 2020).
};

/// After-sale orders that changed.
class ServiceOrderSource final : public PollSource {
 public:
  ServiceOrderSource(OrderChange change, ApiClient client, PollingSettings settings, AfterSaleDesk desk)
      : change_(change),
        client_(std::move(client)),
        page_size_(std::min(settings.page_size, kLargestAscPage)),
        desk_(std::move(desk)) {}

  std::string_view name() const override {
    return change_ == OrderChange::order ? poll_stream::kServiceOrder : poll_stream::kFreight;
  }

  void list(const PollWindow& window, std::size_t, int page, const CancelToken& unwanted,
            Done<PollPage> done) override {
    SyncServiceOrders call(window.from, window.to);
    if (change_ == OrderChange::freight_number) call.freight_updated = std::exchange(call.updated, Period());
    call.by = operator_of(desk_);
    call.page_number = page;
    call.page_size = page_size_;
    client_.start(
        std::move(call), CallOptions(), unwanted,
        [change = change_, page, page_size = page_size_, done = std::move(done)](Result<Page<ServiceOrder>> answer) {
          if (!answer) return done(answer.error());
          PollPage found = page_of(*answer, page, page_size);
          PollUnit& unit = found.units.emplace_back();
          unit.name = "service orders";
          for (ServiceOrder& order : answer->items) {
            if (order.service_id == 0) return done(no_id());
            found.print += order.raw;
            if (change == OrderChange::order) {
              unit.items.push_back(item_of(std::move(order)));
            } else if (is_freight_alone(order)) {
              unit.items.push_back(freight_item_of(std::move(order)));
            }
          }
          done(std::move(found));
        });
  }
  void read(const PollUnit&, const PollWindow&, int, const CancelToken&, Done<PollItems> done) override {
    done(PollItems());
  }

 private:
  /// False: the order changed with its freight number or later, and the list of changed orders has it; or it has none.
  static bool is_freight_alone(const ServiceOrder& order) {
    const Time& freight = order.freight_update_date;
    if (!freight.at) return !freight.unread.empty() || !order.express_code.empty();
    return !order.update_time.at || *order.update_time.at < *freight.at;
  }
  static PolledItem freight_item_of(ServiceOrder order) {
    const Time moment = order.freight_update_date;
    const std::string second = moment.at ? std::to_string(unix_seconds(*moment.at)) : std::string();
    std::string identity =
        identity_of({std::to_string(order.service_id), std::to_string(order.order_id), second, order.express_code});
    PolledItem item = item_of(std::move(order));
    item.stream = poll_stream::kFreight;
    item.identity = std::move(identity);
    item.time = moment.at;
    item.is_unreadable = !moment.unread.empty();
    item.kind = item.is_unreadable ? PolledItem::Kind::other : PolledItem::Kind::ticket;
    return item;
  }
  static PolledItem item_of(ServiceOrder order) {
    PolledItem item;
    item.stream = poll_stream::kServiceOrder;
    item.kind = PolledItem::Kind::ticket;
    const std::string second =
        order.update_time.at ? std::to_string(unix_seconds(*order.update_time.at)) : std::string();
    item.ticket = std::to_string(order.service_id);
    item.status = number(order.service_status);
    item.identity = identity_of(
        {item.ticket, std::to_string(order.order_id), second, item.status, std::to_string(order.sys_version)});
    item.status_text = std::move(order.service_status_name);
    if (order.order_id != 0) item.order = std::to_string(order.order_id);
    item.customer = std::move(order.customer);
    item.thread = thread_of(AfterSaleThread(order.service_id, order.order_id));
    item.scope = item.thread;
    // The list is by changes: one whose moment is not told happened now, whenever it was applied for.
    item.time = order.update_time.at;
    item.is_unreadable = !order.update_time.unread.empty();
    if (item.is_unreadable) item.kind = PolledItem::Kind::other;
    item.raw = std::move(order.raw);
    return item;
  }

  const OrderChange change_;
  const ApiClient client_;
  const int page_size_;
  const AfterSaleDesk desk_;
};

/// Applications that wait for review: the queue that has a deadline of the platform's own.
class AuditSource final : public PollSource {
 public:
  AuditSource(ApiClient client, PollingSettings settings, AfterSaleDesk desk)
      : client_(std::move(client)), page_size_(std::min(settings.page_size, kLargestAscPage)), desk_(std::move(desk)) {}

  std::string_view name() const override { return poll_stream::kAudit; }
  bool shows_state() const override { return true; }

  void list(const PollWindow&, std::size_t, int page, const CancelToken& unwanted, Done<PollPage> done) override {
    ListAudits call;
    call.by = operator_of(desk_);
    call.page_number = page;
    call.page_size = page_size_;
    client_.start(std::move(call), CallOptions(), unwanted,
                  [page, page_size = page_size_, done = std::move(done)](Result<Page<ServiceAudit>> answer) {
                    if (!answer) return done(answer.error());
                    PollPage found = page_of(*answer, page, page_size);
                    PollUnit& unit = found.units.emplace_back();
                    unit.name = "audits";
                    for (ServiceAudit& audit : answer->items) {
                      if (audit.apply_id == 0 && audit.service_ids.empty()) return done(no_id());
                      found.print += audit.raw;
                      unit.items.push_back(item_of(std::move(audit)));
                    }
                    done(std::move(found));
                  });
  }
  void read(const PollUnit&, const PollWindow&, int, const CancelToken&, Done<PollItems> done) override {
    done(PollItems());
  }

 private:
  static PolledItem item_of(ServiceAudit audit) {
    PolledItem item;
    item.stream = poll_stream::kAudit;
    item.kind = PolledItem::Kind::ticket;
    const std::int64_t service = audit.service_ids.empty() ? audit.apply_id : audit.service_ids.front();
    item.ticket = std::to_string(service);
    item.status = number(audit.service_status);
    const std::string due =
        audit.audit_overtime.at ? std::to_string(unix_seconds(*audit.audit_overtime.at)) : std::string();
    item.identity = identity_of({std::to_string(audit.apply_id), item.ticket, item.status, due});
    item.status_text = std::move(audit.service_status_name);
    if (audit.order_id != 0) item.order = std::to_string(audit.order_id);
    item.customer = std::move(audit.customer);
    // An application is no service order, whatever its number: what would be said there went to another customer.
    if (!audit.service_ids.empty()) item.thread = thread_of(AfterSaleThread(service, audit.order_id));
    item.scope = item.thread.empty() ? "apply:" + item.ticket : item.thread;
    item.time = audit.apply_time.at;
    item.due = audit.audit_overtime.at;
    item.is_unreadable = !audit.audit_overtime.unread.empty();
    if (item.is_unreadable) item.kind = PolledItem::Kind::other;
    item.raw = std::move(audit.raw);
    return item;
  }

  const ApiClient client_;
  const int page_size_;
  const AfterSaleDesk desk_;
};

/// Customers' messages on after-sale orders that the platform counts as unsolved. Whether an order's entry in the list
/// changes with a new message is not public: entries that look the same are read again by and by (WatchList).
class UnsolvedSource final : public PollSource {
 public:
  UnsolvedSource(ApiClient client, PollingSettings settings, AfterSaleDesk desk)
      : client_(std::move(client)),
        page_size_(std::min(settings.page_size, kLargestAscPage)),
        agent_messages_(settings.agent_messages),
        desk_(std::move(desk)) {}

  std::string_view name() const override { return poll_stream::kUnsolved; }
  bool shows_state() const override { return true; }

  void list(const PollWindow&, std::size_t, int page, const CancelToken& unwanted, Done<PollPage> done) override {
    ListUnsolvedServices call;
    call.by = operator_of(desk_);
    call.page_number = page;
    call.page_size = page_size_;
    client_.start(std::move(call), CallOptions(), unwanted,
                  [this, page, done = std::move(done)](Result<Page<CompletedService>> answer) {
                    if (!answer) return done(answer.error());
                    PollPage found = page_of(*answer, page, page_size_);
                    for (const CompletedService& order : answer->items) {
                      if (order.service_id == 0) return done(no_id());
                      found.print += order.raw;
                      found.units.push_back(unit_of(order));
                    }
                    done(std::move(found));
                  });
  }

  void read(const PollUnit& unit, const PollWindow&, int page, const CancelToken& unwanted,
            Done<PollItems> done) override {
    ListUnsolvedMessages call(unit.service_id, unit.order_id);
    call.by = operator_of(desk_);
    call.page_number = page;
    call.page_size = page_size_;
    client_.start(std::move(call), CallOptions(), unwanted,
                  [this, unit, page, done = std::move(done)](Result<Page<UnsolvedMessage>> answer) {
                    if (!answer) return done(answer.error());
                    PollItems items;
                    items.is_last = is_last_page(answer->items.size(), page, page_size_, answer->total);
                    for (UnsolvedMessage& message : answer->items) {
                      items.print += message.raw;
                      if (message.time.at)
                        items.newest = std::max(items.newest.value_or(*message.time.at), *message.time.at);
                      const auto author = author_of(message, unit.customer, desk_.operate_pin);
                      if (author == UnsolvedMessage::Author::merchant && !agent_messages_) continue;
                      items.items.push_back(item_of(std::move(message), author, unit));
                    }
                    done(std::move(items));
                  });
  }

 private:
  static PollUnit unit_of(const CompletedService& order) {
    PollUnit unit;
    unit.name = "service order " + std::to_string(order.service_id);
    unit.must_read = true;
    unit.customer = order.customer;
    unit.scope = thread_of(AfterSaleThread(order.service_id, order.order_id));
    unit.service_id = order.service_id;
    unit.order_id = order.order_id;
    unit.once = seen_mark(unit.scope);
    unit.entry = seen_mark(order.raw);
    return unit;
  }
  static PolledItem item_of(UnsolvedMessage message, UnsolvedMessage::Author author, const PollUnit& unit) {
    using Author = UnsolvedMessage::Author;
    PolledItem item;
    item.stream = poll_stream::kUnsolved;
    const std::string second = message.time.at ? std::to_string(unix_seconds(*message.time.at)) : std::string();
    item.identity = identity_of({unit.scope, second, message.speaker, message.text});
    item.is_unreadable = !message.time.at;  // it may have been asked before we began
    item.kind = item.is_unreadable           ? PolledItem::Kind::other
                : author == Author::merchant ? PolledItem::Kind::agent_text
                                             : PolledItem::Kind::customer_text;
    item.customer = unit.customer;
    item.scope = unit.scope;
    item.thread = unit.scope;
    item.time = message.time.at;
    if (author == Author::merchant) item.agent = std::move(message.speaker);
    item.text = std::move(message.text);
    item.ticket = std::to_string(unit.service_id);
    item.raw = std::move(message.raw);
    return item;
  }

  const ApiClient client_;
  const int page_size_;
  const bool agent_messages_;
  const AfterSaleDesk desk_;
};

}  // namespace

std::unique_ptr<PollSource> make_service_order_source(ApiClient client, PollingSettings settings, AfterSaleDesk desk) {
  return std::make_unique<ServiceOrderSource>(OrderChange::order, std::move(client), std::move(settings),
                                              std::move(desk));
}
std::unique_ptr<PollSource> make_freight_source(ApiClient client, PollingSettings settings, AfterSaleDesk desk) {
  return std::make_unique<ServiceOrderSource>(OrderChange::freight_number, std::move(client), std::move(settings),
                                              std::move(desk));
}
std::unique_ptr<PollSource> make_unsolved_source(ApiClient client, PollingSettings settings, AfterSaleDesk desk) {
  return std::make_unique<UnsolvedSource>(std::move(client), std::move(settings), std::move(desk));
}
std::unique_ptr<PollSource> make_audit_source(ApiClient client, PollingSettings settings, AfterSaleDesk desk) {
  return std::make_unique<AuditSource>(std::move(client), std::move(settings), std::move(desk));
}

}  // namespace jd
KEFU_END_NAMESPACE
