#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/jd/after_sale.hpp>
#include <kefu/jd/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// What an after-sale order (<kefu/jd/after_sale.hpp>) has on record, jd 4.7: internal notes, customers' messages, the
// log of its stations, freight and telephone. The same rules hold.

/// An internal note (ServiceTrack).
struct ServiceTrack {
  ServiceTrack() {}
  Time time;         ///< `trackCreateDate`.
  std::string text;  ///< `trackContext`.
  std::string pin;   ///< `createPin`.
  std::string name;  ///< `createName`.
  std::string raw;
};
/// Internal notes of an order: `jingdong.asc.track.list` [A]. Effect: read.
struct KEFU_EXPORT ListTracks {
  using Response = Page<ServiceTrack>;
  static const Operation& operation();
  explicit ListTracks(std::int64_t service) : service_id(service) {}
  Operator by;
  std::int64_t service_id;
  std::optional<int> page_number;  ///< Empty: the platform's choice, as `page_size`.
  std::optional<int> page_size;
};
/// Writes an internal note: `jingdong.asc.track.save` [A]. Effect: create.
struct KEFU_EXPORT SaveTrack {
  using Response = AfterSaleDone;
  static const Operation& operation();
  SaveTrack(std::int64_t service, std::string remark) : service_id(service), operate_remark(std::move(remark)) {}
  Operator by;
  std::int64_t service_id;
  std::string operate_remark;
};

/// What the platform told about an order (MessageInfo).
struct ServiceMessage {
  ServiceMessage() {}
  std::int64_t message_id = 0;
  std::int64_t service_id = 0;
  std::optional<int> type;  ///< `msgType`.
  std::string type_name;
  std::string title;
  std::string text;  ///< `context`.
  std::string operate_type_name;
  std::string operate_pin;
  std::string operate_name;
  Time time;  ///< `operateDate`.
  std::string raw;
};
struct ServiceMessages {
  ServiceMessages() {}
  std::vector<ServiceMessage> messages;
};
/// Messages of an order: `jingdong.asc.msg.list` [A]. Effect: read.
struct KEFU_EXPORT ListServiceMessages {
  using Response = ServiceMessages;
  static const Operation& operation();
  explicit ListServiceMessages(std::int64_t service) : service_id(service) {}
  Operator by;
  std::int64_t service_id;
};

/// What was done to an order (ServiceLog).
struct ServiceLog {
  ServiceLog() {}
  std::int64_t log_id = 0;  ///< `afsLogId`.
  std::int64_t service_id = 0;
  std::optional<int> relation_type;
  std::string relation_type_name;
  std::optional<int> operate_type;
  std::string operate_type_name;
  std::string remark;  ///< `operateRemark`.
  std::string operate_pin;
  std::string operate_name;
  Time time;  ///< `operateDate`.
  std::string raw;
};
/// What was done to an order: `jingdong.asc.log.list` [A]. Effect: read.
struct KEFU_EXPORT ListServiceLogs {
  using Response = Page<ServiceLog>;
  static const Operation& operation();
  explicit ListServiceLogs(std::int64_t service) : service_id(service) {}
  Operator by;
  std::int64_t service_id;
  std::optional<int> page_number;
  std::optional<int> page_size;
};

/// One note about how the goods travel.
struct ServiceFreightNote {
  ServiceFreightNote() {}
  std::int64_t freight_id = 0;
  Time time;
  std::string author;
  std::string content;
  std::string remark;
};
/// How the goods travel back (Expressage).
struct ServiceFreight {
  ServiceFreight() {}
  std::int64_t service_id = 0;
  std::string express_code;
  std::string express_company;
  std::string freight_money;  ///< The platform's own digits, in yuan; as `final_freight_money`.
  std::string final_freight_money;
  std::string modified_money;
  std::optional<bool> repeated;  ///< `repeatFreightFlag`: the freight can be given back once more.
  Time delivery_date;
  Time first_upload_date;
  std::optional<int> ship_way_id;
  std::vector<ServiceFreightNote> notes;
  std::string raw;
};
struct ServiceFreights {
  ServiceFreights() {}
  std::vector<ServiceFreight> freights;  ///< One; read as a list too.
};
/// How the goods travel back: `jingdong.asc.freight.view` [A]. Effect: read.
struct KEFU_EXPORT ViewFreight {
  using Response = ServiceFreights;
  static const Operation& operation();
  ViewFreight(std::int64_t service, std::int64_t order) : service_id(service), order_id(order) {}
  Operator by;
  std::int64_t service_id;
  std::int64_t order_id;
};

struct ServiceTelephone {
  ServiceTelephone() {}
  std::string number;  ///< `data`.
  std::string masked;  ///< `desenData`, in the newest generation only.
};
/// The telephone of an order: `jingdong.asc.view.serviceTel` [A]. Effect: read.
struct KEFU_EXPORT ViewServiceTelephone {
  using Response = ServiceTelephone;
  static const Operation& operation();
  explicit ViewServiceTelephone(std::int64_t service) : service_id(service) {}
  Operator by;
  std::int64_t service_id;
};

}  // namespace jd
KEFU_END_NAMESPACE
