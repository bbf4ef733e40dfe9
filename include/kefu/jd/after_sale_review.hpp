#pragma once

#include <kefu/core/export.hpp>
#include <kefu/core/operation.hpp>
#include <kefu/jd/after_sale.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace jd {

// Review of after-sale applications, JD's intervention, and refunds (jd 4.7).

/// An application that waits for review (WaitAuditApply) [A]. `audit_overtime` is the platform's own deadline.
struct ServiceAudit {
  ServiceAudit() {}
  std::int64_t apply_id = 0;
  std::vector<std::int64_t> service_ids;
  std::int64_t order_id = 0;
  std::int64_t sku_id = 0;
  std::string ware_name;
  std::optional<int> customer_expect;
  std::string customer_expect_name;
  std::optional<int> service_status;
  std::string service_status_name;
  Time apply_time;
  Time audit_overtime;
  bool timeout_flag = false;
  BuyerIds customer;
  std::string customer_name;
  std::string customer_mobile;
  std::optional<int> customer_grade;
  std::string pickware_address;
  std::optional<int> order_type;
  std::string order_type_name;
  std::optional<int> sku_type;
  std::string sku_type_name;
  std::int64_t service_count = 0;
  std::string oaid;
  std::string ext_json;
  std::string raw;
};
/// What waits for review: `jingdong.asc.audit.list` [A]. Effect: read.
struct KEFU_EXPORT ListAudits {
  using Response = Page<ServiceAudit>;
  static const Operation& operation();
  ListAudits() {}
  Operator by;
  std::int64_t service_id = 0;  ///< 0 and empty: any.
  std::int64_t order_id = 0;
  std::int64_t sku_id = 0;
  std::optional<int> customer_expect;
  std::optional<int> service_status;
  std::optional<bool> timeout_flag;
  std::optional<int> order_type;
  BuyerIds customer;
  std::string customer_name;
  std::string customer_tel;
  std::string verification_code;
  int page_number = 1;
  int page_size = 50;
};

/// One application in full (WaitAuditDetail) [A]. It has neither an apply id nor a status.
struct AuditDetail {
  AuditDetail() {}
  std::vector<std::int64_t> service_ids;
  std::int64_t order_id = 0;
  std::optional<int> customer_expect;
  std::string customer_expect_name;
  std::string question_description;
  std::string question_pictures;
  std::string question_type_cid1_name;
  std::string question_type_cid2_name;
  Time apply_time;
  std::optional<int> order_type;
  std::string order_type_name;
  std::int64_t sys_version = 0;  ///< Optimistic lock for what decides on it.
  BuyerIds customer;             ///< `customerInfo`: jdPin, open_id_buyer, xid_buyer.
  std::string customer_name;
  std::optional<int> customer_grade;
  std::string contact_name;
  std::string contact_mobile;
  std::string pickware_address;    ///< `doorPickwareAddress.detailAddress`.
  std::vector<ServiceItem> items;  ///< `applyDetailList`.
  std::string raw;
};
/// One application: `jingdong.asc.audit.detail` [A]. Effect: read.
struct KEFU_EXPORT GetAudit {
  using Response = AuditDetail;
  static const Operation& operation();
  explicit GetAudit(std::int64_t apply) : apply_id(apply) {}
  Operator by;
  std::int64_t apply_id;
};

/// Refuses an application: `jingdong.asc.audit.refuse` [A]. Effect: idempotent: `sys_version` lets it happen once.
struct KEFU_EXPORT RefuseService {
  using Response = AfterSaleDone;
  static const Operation& operation();
  RefuseService(std::int64_t service, std::int64_t order, std::int64_t version, std::string notes, int reason)
      : service_id(service),
        order_id(order),
        sys_version(version),
        approve_notes(std::move(notes)),
        approve_reason_cid1(reason) {}
  Operator by;
  std::int64_t service_id;
  std::int64_t order_id;
  std::int64_t sys_version;  ///< Of the ServiceOrder as last read.
  std::string approve_notes;
  int approve_reason_cid1;  ///< Of ListAuditReasons.
  std::optional<int> approve_reason_cid2;
  std::string operate_remark;
};
struct AuditReason {
  AuditReason() {}
  std::string code;
  std::string parent_code;
  std::string name;
};
struct AuditReasons {
  AuditReasons() {}
  std::vector<AuditReason> reasons;
};
/// Reasons to choose from: `jingdong.asc.audit.reason.list` [answer B]. Effect: read.
struct KEFU_EXPORT ListAuditReasons {
  using Response = AuditReasons;
  static const Operation& operation();
  ListAuditReasons() {}
  Operator by;
  std::int64_t service_id = 0;
  std::optional<int> parent_code;
  std::optional<int> biz_type;  ///< 1: review, 2: intervention by JD.
};
/// Calls JD in: `jingdong.asc.process.JdIntervene` [A]. Effect: create.
struct KEFU_EXPORT RequestIntervention {
  using Response = AfterSaleDone;
  static const Operation& operation();
  RequestIntervention(std::int64_t service, std::int64_t order, std::int64_t version, int reason1, int reason2,
                      std::string tel)
      : service_id(service),
        order_id(order),
        sys_version(version),
        intervene_reason_cid1(reason1),
        intervene_reason_cid2(reason2),
        contact_tel(std::move(tel)) {}
  Operator by;
  std::int64_t service_id;
  std::int64_t order_id;
  std::int64_t sys_version;
  int intervene_reason_cid1;
  int intervene_reason_cid2;
  std::string contact_tel;
};

/// The after-sale order a refund belongs to.
struct RefundedService {
  RefundedService() {}
  std::int64_t service_id = 0;
  std::int64_t apply_id = 0;  ///< `afsApplyId`.
  std::int64_t order_id = 0;
  std::int64_t ware_id = 0;
  std::string ware_name;
  std::string approve_name;
  std::string approve_notes;
  std::string apply_reason;
  std::string question_description;  ///< `questionDesc`.
  BuyerIds customer;
  Time apply_time;  ///< `afsApplyTime`.
  Time approve_date;
};
struct ServiceRefund {
  ServiceRefund() {}
  std::int64_t refund_id = 0;  ///< `afsRefundId`.
  std::string amount;          ///< `refoundAmount` (sic): the platform's own digits; the unit is not documented.
  Time complete_time;          ///< As the amount, the id and the status empty while the refund is under way.
  std::optional<int> status;   ///< 13: refunded, 14: failed.
  RefundedService service;     ///< `sameOrderServiceBill`.
};
/// After-sale orders with their refunds: `jingdong.asc.serviceAndRefund.view` [A], the order in it [B].
/// Effect: read.
/// Takes no operatePin; `bu_id` since 2022, empty: left out. The platform wants the order, or a period of at most 7
/// days for `applied`, of at most 10 for `approved`.
struct KEFU_EXPORT ViewServiceRefunds {
  using Response = Page<ServiceRefund>;
  static const Operation& operation();
  ViewServiceRefunds() {}
  std::string bu_id;
  std::string ext_json;
  std::int64_t order_id = 0;
  Period applied;
  Period approved;
  int page_number = 1;
  int page_size = 10;
};

/// An application for refund before delivery [A]; comes flat or inside `refundApplyVo`.
struct RefundApplication {
  RefundApplication() {}
  std::string id;
  std::string order_id;
  BuyerIds buyer;
  std::string buyer_name;
  Time apply_time;
  Time check_time;
  std::string check_user_name;
  std::string check_remark;
  std::string reason;
  std::optional<double> refund_fen;  ///< `applyRefundSum`: in fen, a hundredth of a yuan.
  std::optional<int> status;         ///< jd 4.7: 0 not reviewed, 1 passed, 2 refused, 3 refunded, ... 11 withdrawn.
  std::optional<int> system_id;      ///< 10 service, 11 site, 12 refused at delivery, 28 app, 87 sorting centre [B].
  std::string raw;
};
struct RefundApplications {
  RefundApplications() {}
  std::vector<RefundApplication> applications;
  std::optional<std::int64_t> total;
};
/// Applications for refund: `jingdong.pop.afs.soa.refundapply.queryPageList` [A]. Effect: read. `page_index` 1 to 100,
/// `page_size` 1 to 50.
struct KEFU_EXPORT ListRefundApplications {
  using Response = RefundApplications;
  static const Operation& operation();
  ListRefundApplications() {}
  std::string ids;  ///< Comma list.
  std::optional<int> status;
  std::string order_id;
  BuyerIds buyer;  ///< The pin goes as `buyerId`; open_id and xid since 2024.
  std::string buyer_name;
  Period applied;
  Period checked;
  Period modified;  ///< Since 2024, as the next two.
  std::string store_id;
  std::optional<bool> show_sku;
  int page_index = 1;
  int page_size = 50;
};
/// One application: `jingdong.pop.afs.soa.refundapply.queryById` [A]. Effect: read.
struct KEFU_EXPORT GetRefundApplication {
  using Response = RefundApplications;
  static const Operation& operation();
  explicit GetRefundApplication(std::int64_t id_) : id(id_) {}
  std::int64_t id;
};
struct RefundCount {
  RefundCount() {}
  std::int64_t count = 0;  ///< `totalCount`.
};
/// How many wait for review: `jingdong.pop.afs.soa.refundapply.getWaitRefundNum` [A]. Effect: read.
struct KEFU_EXPORT CountWaitingRefunds {
  using Response = RefundCount;
  static const Operation& operation();
  CountWaitingRefunds() {}
};
/// Decides on an application: `jingdong.pop.afs.soa.refundapply.replyRefund` [A]. Effect: idempotent: the same decision
/// twice is one decision.
struct KEFU_EXPORT ReviewRefund {
  using Response = AfterSaleDone;
  static const Operation& operation();
  ReviewRefund(std::int64_t id_, int status_, std::string check_user, std::string remark_)
      : id(id_), status(status_), check_user_name(std::move(check_user)), remark(std::move(remark_)) {}
  std::int64_t id;
  int status;  ///< 1, 2, 6, 9 or 10 (jd 4.7).
  std::string check_user_name;
  std::string remark;                  ///< Required but for status 9.
  std::optional<int> reject_type;      ///< Only with status 2: 1 to 5 (jd 4.7), 6 [B].
  std::optional<int> out_ware_status;  ///< 1: shipped, 2: not.
};

}  // namespace jd
KEFU_END_NAMESPACE
