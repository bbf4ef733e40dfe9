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

// After-sale orders (`jingdong.asc.*`, jd 4.7): lists, one order, customers' messages on it and answers to them. Review
// and refunds: <kefu/jd/after_sale_review.hpp>.
//
// Pages count from 1, 1 to 50 entries. Enumerations (customerExpect, serviceStatus ...) are not documented: the numbers
// come with the platform's own names where it sends them. Customers' names and telephones are masked by the platform.
// Periods go in pairs: one end alone is refused here. `success: false` in an answer is an error of the call.

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
  std::optional<std::int64_t> total;
  std::string raw;  ///< The answer node, for weak operations; else empty.
};

/// Two ends of a period; both or none.
struct Period {
  Period() {}
  Period(WallTime f, WallTime t) : from(f), to(t) {}
  Time from;
  Time to;
};

/// An after-sale order as the lists show it (ServiceBrief) [A; the platform's list goes on after `apply_id`: `raw`].
struct ServiceOrder {
  ServiceOrder() {}
  std::int64_t service_id = 0;
  std::int64_t apply_id = 0;
  std::int64_t order_id = 0;
  std::int64_t sku_id = 0;
  std::optional<int> customer_expect;
  std::optional<int> service_status;
  std::string service_status_name;  ///< Not in every list.
  std::optional<int> order_type;
  BuyerIds customer;
  std::string customer_name;
  std::string customer_tel;
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

/// Changed after-sale orders, for polling: `jingdong.asc.sync.list`. Effect: read. Weak: request [A]; the entries are
/// read as those of asc.query.list, which no source says [C].
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

/// One object whose fields no source shows, and what is likely in it.
struct ServiceOrderView {
  ServiceOrderView() {}
  ServiceOrder order;
  std::string raw;
};
/// One after-sale order: `jingdong.asc.query.view`. Effect: read. Weak: answer in no source.
struct KEFU_EXPORT GetServiceOrder {
  using Response = ServiceOrderView;
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
/// Orders waiting to be processed: `jingdong.asc.process.list`. Effect: read. Request [B], answer [A].
struct KEFU_EXPORT ListServicesInProcess {
  using Response = Page<ServiceInProcess>;
  static const Operation& operation();
  ListServicesInProcess() {}
  Operator by;
  std::int64_t service_id = 0;
  std::int64_t order_id = 0;
  Period applied;
  BuyerIds customer;
  int page_number = 1;
  int page_size = 50;
};

/// An order that is done (TempComplete) [A].
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
/// Orders that are done: `jingdong.asc.complete.list`. Effect: read. Request [B], answer [A].
struct KEFU_EXPORT ListCompletedServices {
  using Response = Page<CompletedService>;
  static const Operation& operation();
  ListCompletedServices() {}
  Operator by;
  std::int64_t service_id = 0;
  std::int64_t order_id = 0;
  Period applied;
  Period finished;
  BuyerIds customer;
  int page_number = 1;
  int page_size = 50;
};

/// Orders whose customer is not content: `jingdong.asc.unsolved.list`. Effect: read. Weak: answer in no source, entries
/// read as those of asc.query.list [C].
struct KEFU_EXPORT ListUnsolvedServices {
  using Response = Page<ServiceOrder>;
  static const Operation& operation();
  ListUnsolvedServices() {}
  Operator by;
  std::optional<int> intervene_flag;  ///< `jdInterveneFlag`.
  std::optional<int> message_status;
  Period applied;
  int page_number = 1;
  int page_size = 50;
};
struct UnsolvedCount {
  UnsolvedCount() {}
  std::optional<std::int64_t> count;  ///< The one number of the answer [C].
  std::string raw;
};
/// How many there are: `jingdong.asc.unsolved.count`. Effect: read. Weak: answer in no source; newer packages lack it.
struct KEFU_EXPORT CountUnsolvedServices {
  using Response = UnsolvedCount;
  static const Operation& operation();
  CountUnsolvedServices() {}
  Operator by;
  std::optional<int> intervene_flag;
  std::optional<int> message_status;
  Period applied;
};

/// What was said on an after-sale order. No source shows the fields: the likely names are tried [C]; `raw` has it all.
struct UnsolvedMessage {
  enum class Author : unsigned char { unknown, customer, merchant };
  UnsolvedMessage() {}
  std::string id;                   ///< messageId, msgId or id; empty: none found.
  std::string text;                 ///< messageContext, messageContent, replyContext, context, content, message or msg.
  Time time;                        ///< createTime, createDate, created, messageTime, msgTime, operateTime or time.
  Author author = Author::unknown;  ///< customer where the entry names the buyer and nobody who acted; see author_of.
  std::string speaker;              ///< operatePin, createPin, senderPin, pin or customerPin.
  BuyerIds customer;
  std::string raw;
};
/// The value's name as it is written above; "unknown" for a value of another version.
KEFU_EXPORT std::string_view to_string(UnsolvedMessage::Author author) noexcept;
/// Who wrote a message, as far as the names tell: the pin that acts for the shop is the merchant, one of the buyer's
/// ids the customer. Any other speaker stays unknown: a customer's message must not be lost for a guess.
KEFU_EXPORT UnsolvedMessage::Author author_of(const UnsolvedMessage& message, const BuyerIds& buyer,
                                              std::string_view operate_pin);

/// Customers' messages on an after-sale order, and answers: `jingdong.asc.unsolved.message.list`. Effect: read. Weak:
/// answer in no source.
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

/// What a change is answered with.
struct AfterSaleDone {
  AfterSaleDone() {}
  std::string code;  ///< As sent; its values are not public.
  std::string message;
  std::string raw;
};
/// Answers the customer on an after-sale order: `jingdong.asc.unsolved.message.reply`. Effect: create. Weak: request
/// [A], answer in no source; the packages of 2020 to 2024 lack the method: see that the application gets it.
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
/// Declares the matter solved: `jingdong.asc.unsolved.solve`. Effect: idempotent. Weak: as the reply.
struct KEFU_EXPORT SolveUnsolved {
  using Response = AfterSaleDone;
  static const Operation& operation();
  SolveUnsolved(std::int64_t service, std::int64_t order) : service_id(service), order_id(order) {}
  Operator by;
  std::int64_t service_id;
  std::int64_t order_id;
};

/// A list whose entries no source shows: each as its JSON.
struct AfterSaleEntries {
  AfterSaleEntries() {}
  std::vector<std::string> entries;
  std::string raw;
};
/// Internal notes of an order: `jingdong.asc.track.list`. Effect: read. Weak: answer in no source.
struct KEFU_EXPORT ListTracks {
  using Response = AfterSaleEntries;
  static const Operation& operation();
  explicit ListTracks(std::int64_t service) : service_id(service) {}
  Operator by;
  std::int64_t service_id;
};
/// Writes an internal note: `jingdong.asc.track.save`. Effect: create. Weak: answer in no source.
struct KEFU_EXPORT SaveTrack {
  using Response = AfterSaleDone;
  static const Operation& operation();
  SaveTrack(std::int64_t service, std::string remark) : service_id(service), operate_remark(std::move(remark)) {}
  Operator by;
  std::int64_t service_id;
  std::string operate_remark;
};
/// Messages of an order: `jingdong.asc.msg.list`. Effect: read. Weak: answer in no source.
struct KEFU_EXPORT ListServiceMessages {
  using Response = AfterSaleEntries;
  static const Operation& operation();
  explicit ListServiceMessages(std::int64_t service, std::int64_t order = 0) : service_id(service), order_id(order) {}
  Operator by;
  std::int64_t service_id;
  std::int64_t order_id;  ///< 0: left out; as for the next three.
};
/// What was done to an order: `jingdong.asc.log.list`. Effect: read. Weak: answer in no source.
struct KEFU_EXPORT ListServiceLogs {
  using Response = AfterSaleEntries;
  static const Operation& operation();
  explicit ListServiceLogs(std::int64_t service, std::int64_t order = 0) : service_id(service), order_id(order) {}
  Operator by;
  std::int64_t service_id;
  std::int64_t order_id;
};
/// How the goods travel back: `jingdong.asc.freight.view`. Effect: read. Weak: answer in no source.
struct KEFU_EXPORT ViewFreight {
  using Response = AfterSaleEntries;
  static const Operation& operation();
  explicit ViewFreight(std::int64_t service, std::int64_t order = 0) : service_id(service), order_id(order) {}
  Operator by;
  std::int64_t service_id;
  std::int64_t order_id;
};
/// The telephone of an order: `jingdong.asc.view.serviceTel`. Effect: read. Weak: answer in no source.
struct KEFU_EXPORT ViewServiceTelephone {
  using Response = AfterSaleEntries;
  static const Operation& operation();
  explicit ViewServiceTelephone(std::int64_t service, std::int64_t order = 0) : service_id(service), order_id(order) {}
  Operator by;
  std::int64_t service_id;
  std::int64_t order_id;
};

}  // namespace jd
KEFU_END_NAMESPACE
