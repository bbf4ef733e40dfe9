#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/jd/buyer.hpp>
#include <kefu/jd/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// After-sale orders (`jingdong.asc.*`, jd 4.7): lists, one order, what is unsolved and answers to it. Notes, messages
// and logs: <kefu/jd/after_sale_records.hpp>; review and refunds: <kefu/jd/after_sale_review.hpp>.
//
// Pages count from 1, 1 to 50 entries. Enumerations (customerExpect, serviceStatus ...) are those of jd 4.7 [B]: the
// numbers come with the platform's own names where it sends them. Customers' names and telephones are masked by the
// platform. Periods go in pairs: one end alone is refused here. `success: false` in an answer is an error of the call.

/// Who acts. Every request needs it: buId, operatePin, operateNick.
struct Operator {
  explicit Operator(std::string bu = {}, std::string pin = {}, std::string nick = {})
      : bu_id(std::move(bu)), operate_pin(std::move(pin)), operate_nick(std::move(nick)) {}
  std::string bu_id;         ///< Merchant number.
  std::string operate_pin;   ///< At most 50 characters.
  std::string operate_nick;  ///< At most 50 characters.
  std::string ext_json;      ///< `extJsonStr`; rarely needed.
};

/// One page of a list.
template <class T>
struct Page {
  Page() {}
  std::vector<T> items;
  std::int64_t page_number = 0;
  std::int64_t page_size = 0;
  std::optional<std::int64_t> total;  ///< A hint: only a short page ends a list.
};

/// Two ends of a period; both or none.
struct Period {
  Period() {}
  Period(WallTime f, WallTime t) : from(f), to(t) {}
  Time from;
  Time to;
};

/// An after-sale order as asc.query.list and asc.sync.list show it (ServiceBrief, ServiceBrief2) [A].
struct ServiceOrder {
  ServiceOrder() {}
  std::int64_t service_id = 0;
  std::int64_t apply_id = 0;  ///< Not in asc.sync.list.
  std::int64_t order_id = 0;
  std::int64_t sku_id = 0;
  std::string ware_name;  ///< As the names below not in asc.sync.list.
  std::optional<int> customer_expect;
  std::string customer_expect_name;
  std::optional<int> service_status;
  std::string service_status_name;
  std::optional<int> order_type;
  BuyerIds customer;
  std::string customer_name;
  std::string customer_tel;  ///< `customerTel`, in asc.sync.list `customerMobile`.
  std::optional<int> pickware_type;
  std::optional<int> question_type_cid1;
  std::string question_type_cid1_name;
  std::optional<int> question_type_cid2;
  std::string question_type_cid2_name;
  std::optional<int> platform_src;
  std::string platform_src_name;
  Time apply_time;
  Time update_time;
  std::int64_t sys_version = 0;  ///< Optimistic lock for what changes the order.
  std::string express_code;
  Time freight_update_date;
  std::int64_t service_count = 0;
  std::int64_t parent_service = 0;
  std::string raw;  ///< The platform's JSON of this entry.
};

/// Searches after-sale orders: `jingdong.asc.query.list` [A]. Effect: read.
struct KEFU_EXPORT QueryServiceOrders {
  using Response = Page<ServiceOrder>;
  static const Operation& operation();
  QueryServiceOrders() {}
  Operator by;
  std::int64_t service_id = 0;  ///< 0 and empty: any.
  std::int64_t order_id = 0;
  Period applied;
  Period finished;
  Period approved;
  Period updated;  ///< Since 2024.
  std::string verification_code;
  std::string express_code;
  std::optional<int> order_type;
  std::optional<int> process_result;
  std::optional<int> service_status;  ///< service_status, -state, -step and remind_flag: since 2024.
  std::optional<int> service_state;
  std::optional<int> service_step;
  std::optional<int> remind_flag;
  BuyerIds customer;
  std::string customer_name;
  std::string customer_tel;
  int page_number = 1;
  int page_size = 50;
};

/// Changed after-sale orders, for polling: `jingdong.asc.sync.list` [A]. Effect: read. A freight number that comes
/// later leaves the order as it is, `update_time` too (a program of 2020): ask by `freight_updated` for those.
struct KEFU_EXPORT SyncServiceOrders {
  using Response = Page<ServiceOrder>;
  static const Operation& operation();
  SyncServiceOrders(WallTime updated_from, WallTime updated_to) : updated(updated_from, updated_to) {}
  Operator by;
  Period updated;
  Period freight_updated;
  std::int64_t service_id = 0;
  std::int64_t order_id = 0;
  std::optional<int> service_status;
  std::optional<int> order_type;
  int page_number = 1;
  int page_size = 50;
};

/// A thing that an after-sale order is about.
struct ServiceItem {
  ServiceItem() {}
  std::int64_t sku_id = 0;
  std::string ware_name;
  std::string ware_description;  ///< `wareDescribe`.
  std::int64_t ware_number = 0;  ///< `wareNum`; not in what waits for review.
  std::string actual_pay_price;  ///< The platform's own digits, in yuan.
};
/// One after-sale order in full (ServiceBill) [A].
struct ServiceBill {
  ServiceBill() {}
  std::int64_t service_id = 0;
  std::int64_t apply_id = 0;
  std::int64_t order_id = 0;
  std::string new_order_id;
  std::vector<std::int64_t> service_ids;
  std::optional<int> customer_expect;
  std::string customer_expect_name;
  std::optional<int> service_status;
  std::string service_status_name;
  std::string question_description;
  std::string question_pictures;
  std::string question_type_cid1_name;
  std::string question_type_cid2_name;
  Time apply_time;
  Time update_time;              ///< `updateDate`.
  std::int64_t sys_version = 0;  ///< Optimistic lock for what changes the order.
  BuyerIds customer;             ///< `customerInfo`: jdPin, open_id_buyer, xid_buyer.
  std::string customer_name;
  std::optional<int> customer_grade;
  std::string contact_name;
  std::string contact_mobile;
  std::string pickware_address;  ///< `detailAddress` of the object.
  std::optional<int> approve_result;
  std::string approve_result_name;
  std::string approve_notes;
  std::string approve_pin;
  Time approve_date;
  std::optional<int> process_result;
  std::string process_result_name;
  std::string process_notes;
  std::string process_pin;
  Time process_date;
  Time receive_date;
  std::vector<ServiceItem> items;  ///< `serviceBillDetailList`.
  std::string refund_amount;       ///< `refundAmt` of the newest generation, in yuan.
  std::string raw;
};
/// One after-sale order: `jingdong.asc.query.view` [A]. Effect: read.
struct KEFU_EXPORT GetServiceOrder {
  using Response = ServiceBill;
  static const Operation& operation();
  GetServiceOrder(std::int64_t service, std::int64_t order) : service_id(service), order_id(order) {}
  Operator by;
  std::int64_t service_id;
  std::int64_t order_id;
};

/// An order that waits to be processed (WaitProcessResult) [A].
struct ServiceInProcess {
  ServiceInProcess() {}
  std::int64_t service_id = 0;
  std::int64_t order_id = 0;
  std::int64_t sku_id = 0;
  std::string ware_name;
  std::optional<int> ware_type;
  std::string ware_type_name;
  std::optional<int> sku_type;
  std::string sku_type_name;
  std::optional<int> customer_expect;
  std::string customer_expect_name;
  std::optional<int> service_status;
  std::string service_status_name;
  std::optional<int> order_type;
  std::string order_type_name;
  BuyerIds customer;
  std::string customer_name;
  std::string customer_mobile;
  std::optional<int> customer_grade;
  std::string pickware_address;
  Time apply_time;
  Time approve_time;
  Time delivery_date;
  Time remind_date;
  std::int64_t remind_number = 0;
  std::optional<int> remind_type;
  std::string remind_type_name;
  std::string raw;
};
/// Orders waiting to be processed: `jingdong.asc.process.list` [A]. Effect: read.
struct KEFU_EXPORT ListServicesInProcess {
  using Response = Page<ServiceInProcess>;
  static const Operation& operation();
  ListServicesInProcess() {}
  Operator by;
  std::int64_t service_id = 0;
  std::int64_t order_id = 0;
  std::int64_t sku_id = 0;
  std::string express_code;
  std::optional<int> service_status;
  std::optional<int> customer_expect;
  std::optional<bool> intervened;  ///< `jdInterveneFlag`.
  std::optional<bool> timeout_flag;
  Period applied;
  Period approved;
  BuyerIds customer;
  int page_number = 1;
  int page_size = 50;
};

/// An order that is done (TempComplete), or one whose customer is not content (Unsolved): the same members [A].
struct CompletedService {
  CompletedService() {}
  std::int64_t service_id = 0;
  std::int64_t order_id = 0;
  std::int64_t sku_id = 0;
  std::string ware_name;
  std::optional<int> service_status;
  std::string service_status_name;
  BuyerIds customer;
  std::string customer_name;
  std::string customer_mobile;
  std::optional<int> customer_grade;
  std::string pickware_address;
  Time apply_time;
  Time approve_date;
  std::string approve_pin;
  std::optional<int> approve_reason_cid1;
  std::string approve_reason_cid1_name;
  std::optional<int> approve_reason_cid2;
  std::string approve_reason_cid2_name;
  std::optional<int> process_result;
  std::string process_result_name;
  Time process_date;
  std::string process_pin;
  std::string raw;
};
/// Orders that are done: `jingdong.asc.complete.list` [A]. Effect: read. The platform knows no time filter here.
struct KEFU_EXPORT ListCompletedServices {
  using Response = Page<CompletedService>;
  static const Operation& operation();
  ListCompletedServices() {}
  Operator by;
  std::int64_t service_id = 0;
  std::int64_t order_id = 0;
  std::optional<int> process_result;
  std::optional<int> order_type;
  std::string verification_code;
  std::string express_code;
  BuyerIds customer;
  int page_number = 1;
  int page_size = 50;
};

/// Filters of the unsolved orders (jd 4.7).
struct UnsolvedFilter {
  UnsolvedFilter() {}
  std::int64_t service_id = 0;  ///< 0 and empty: any.
  std::int64_t order_id = 0;
  std::optional<bool> intervened;  ///< `jdInterveneFlag`.
  std::optional<int> message_status;
  std::optional<int> order_type;
  std::optional<int> process_result;
  std::string express_code;
  std::string verification_code;
  BuyerIds customer;
  Period applied;
};
/// Orders whose customer is not content: `jingdong.asc.unsolved.list` [A]. Effect: read.
struct KEFU_EXPORT ListUnsolvedServices : UnsolvedFilter {
  using Response = Page<CompletedService>;
  static const Operation& operation();
  ListUnsolvedServices() {}
  Operator by;
  int page_number = 1;
  int page_size = 50;
};
struct UnsolvedCount {
  UnsolvedCount() {}
  std::int64_t count = 0;
};
/// How many there are: `jingdong.asc.unsolved.count` [A]. Effect: read. In the packages of 2019 and 2022, not in those
/// of 2020 and 2024: see that the application gets it.
struct KEFU_EXPORT CountUnsolvedServices : UnsolvedFilter {
  using Response = UnsolvedCount;
  static const Operation& operation();
  CountUnsolvedServices() {}
  Operator by;
};

/// What was said on an after-sale order (UnsolvedMessage) [A]. It has no id: (service, time, speaker, text) is all
/// there is to tell messages apart.
struct UnsolvedMessage {
  enum class Author : unsigned char { unknown, customer, merchant };
  UnsolvedMessage() {}
  std::string text;          ///< `context`.
  Time time;                 ///< `createDate`.
  std::string speaker;       ///< `createPin`.
  std::string speaker_name;  ///< `createName`.
  std::optional<int> type;   ///< `messageType`: says who wrote; its values are not public.
  std::string type_name;
  std::string raw;
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(UnsolvedMessage::Author author) noexcept;
/// Who wrote a message, as far as the names tell: the pin that acts for the shop is the merchant, one of the buyer's
/// ids the customer. Any other speaker stays unknown: a customer's message must not be lost for a guess.
KEFU_EXPORT UnsolvedMessage::Author author_of(const UnsolvedMessage& message, const BuyerIds& buyer,
                                              std::string_view operate_pin);

/// Customers' messages on an after-sale order, and answers: `jingdong.asc.unsolved.message.list` [A]. Effect: read.
struct KEFU_EXPORT ListUnsolvedMessages {
  using Response = Page<UnsolvedMessage>;
  static const Operation& operation();
  ListUnsolvedMessages(std::int64_t service, std::int64_t order) : service_id(service), order_id(order) {}
  Operator by;
  std::int64_t service_id;
  std::int64_t order_id;
  int page_number = 1;
  int page_size = 50;
};

/// What a change is answered with: the platform's flag said yes.
struct AfterSaleDone {
  AfterSaleDone() {}
  std::string code;  ///< As sent; its values are not public.
  std::string message;
  std::string raw;
};
/// Answers the customer on an after-sale order: `jingdong.asc.unsolved.message.reply` [A]. Effect: create. In the
/// packages of 2019 and 2022, not in those of 2020 and 2024: see that the application gets it.
struct KEFU_EXPORT ReplyUnsolvedMessage {
  using Response = AfterSaleDone;
  static const Operation& operation();
  ReplyUnsolvedMessage(std::int64_t service, std::int64_t order, std::string text_)
      : service_id(service), order_id(order), text(std::move(text_)) {}
  Operator by;
  std::int64_t service_id;
  std::int64_t order_id;
  std::string text;  ///< `replyContext`. A largest length is not public.
};
/// Declares the matter solved: `jingdong.asc.unsolved.solve` [A]. Effect: idempotent. In packages as the reply.
struct KEFU_EXPORT SolveUnsolved {
  using Response = AfterSaleDone;
  static const Operation& operation();
  SolveUnsolved(std::int64_t service, std::int64_t order) : service_id(service), order_id(order) {}
  Operator by;
  std::int64_t service_id;
  std::int64_t order_id;
};

}  // namespace jd
KEFU_END_NAMESPACE
