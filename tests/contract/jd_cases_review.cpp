#include "support/jd_operation_cases.hpp"

#include <kefu/jd/after_sale_review.hpp>
#include <kefu/jd/reviews.hpp>

using namespace kefu;
using namespace kefu::jd;

namespace kefu_test {
namespace {

constexpr std::int64_t kAuditedService = 7001;
constexpr std::int64_t kAuditedOrder = 255512345678;

template <class Op>
Op audited(Op op) {
  op.by = jd_operator();
  return op;
}

void check_audit(const ServiceAudit& one) {
  CHECK(one.apply_id == 6001);
  CHECK(one.service_ids == std::vector<std::int64_t>{kAuditedService});
  CHECK(one.order_id == kAuditedOrder);
  CHECK(one.customer_expect_name == "退货");
  CHECK(one.service_status_name == "待审核");
  CHECK(text_of(one.audit_overtime) == "2024-06-02 08:30:00");
  CHECK(!one.timeout_flag);
  CHECK(one.customer.open_id == "AbCdEf01");
  CHECK(one.customer.xid == "o*AAT01");
  CHECK(one.customer_grade == 56);
  CHECK(one.sku_type_name == "主商品");
}

void check_review_done(const AfterSaleDone& read) {
  CHECK(read.code == "200");
  CHECK(read.message == "操作成功");
}

void check_audit_detail(const AuditDetail& read) {
  CHECK(read.service_ids == std::vector<std::int64_t>{kAuditedService});
  CHECK(read.order_id == kAuditedOrder);
  CHECK(read.customer_expect_name == "退货");
  CHECK(read.question_description == "收到时破损");
  CHECK(read.question_type_cid2_name == "破损");
  CHECK(text_of(read.apply_time) == "2024-05-31 08:30:00");
  CHECK(read.sys_version == 3);
  CHECK((read.customer.pin == "jd_buyer_001" && read.customer.open_id == "AbCdEf01" && read.customer.xid == "o*AAT01"));
  CHECK((read.customer_name == "张*" && read.customer_grade == 56));
  CHECK((read.contact_mobile == "138****8000" && read.pickware_address == "北京**"));
  REQUIRE(read.items.size() == 1);
  CHECK((read.items[0].sku_id == 100012043978 && read.items[0].ware_name == "示例商品"));
}

void check_refund(const RefundApplications& read) {
  REQUIRE(read.applications.size() == 1);
  const RefundApplication& one = read.applications[0];
  CHECK(one.id == "81");
  CHECK(one.order_id == "255512345678");
  CHECK(one.buyer.pin == "jd_buyer_001");
  CHECK(one.buyer_name == "张*");
  CHECK(text_of(one.apply_time) == "2024-05-31 08:30:00");
  CHECK(one.check_time.empty());
  CHECK(one.refund_fen.value_or(0) == doctest::Approx(18900));
  CHECK((one.reason == "不想要了" && one.system_id == 28));
  CHECK(one.status == 0);
}

ListAudits audits() {
  ListAudits list;
  list.timeout_flag = false;
  return audited(list);
}

RefuseService refusal() {
  RefuseService refuse(kAuditedService, kAuditedOrder, 3, "商品已使用", 21);
  refuse.approve_reason_cid2 = 2101;
  refuse.operate_remark = "已与客户沟通";
  return audited(refuse);
}

ListAuditReasons reasons() {
  ListAuditReasons list;
  list.biz_type = 1;
  list.service_id = kAuditedService;
  return audited(list);
}

ViewServiceRefunds refunds() {
  ViewServiceRefunds view;
  view.order_id = kAuditedOrder;
  view.applied = Period(jd_time("2024-05-25 00:00:00"), jd_time("2024-06-01 00:00:00"));
  return view;
}

ListRefundApplications applications() {
  ListRefundApplications list;
  list.order_id = "255512345678";
  list.status = 0;
  return list;
}

ReviewRefund decision() {
  ReviewRefund review(81, 2, "flagship-zhang", "商品已签收");
  review.reject_type = 2;
  review.out_ware_status = 1;
  return review;
}

ListProductReviews product_reviews() {
  ListProductReviews list(jd_time("2024-05-25 00:00:00"), jd_time("2024-06-01 00:00:00"));
  list.is_vender_reply = "0";
  list.score = "1";
  list.sku_ids = "100012043978";
  return list;
}

}  // namespace

std::vector<JdCase> jd_review_cases() {
  return {
      jd_case(audits(),
              [](const Page<ServiceAudit>& read) {
                REQUIRE(read.items.size() == 1);
                check_audit(read.items[0]);
                CHECK(read.total == 1);
              }),
      jd_case(audited(GetAudit(6001)), check_audit_detail),
      jd_case(refusal(), check_review_done),
      jd_case(reasons(),
              [](const AuditReasons& read) {
                REQUIRE(read.reasons.size() == 1);
                CHECK((read.reasons[0].code == "21" && read.reasons[0].parent_code == "0"));
                CHECK(read.reasons[0].name == "超过售后期");
              }),
      jd_case(audited(RequestIntervention(kAuditedService, kAuditedOrder, 3, 31, 3101, "13800008000")),
              check_review_done),
      jd_case(refunds(),
              [](const Page<ServiceRefund>& read) {
                REQUIRE(read.items.size() == 1);
                const ServiceRefund& one = read.items[0];
                CHECK(one.refund_id == 8001);
                CHECK(one.amount == "18900");
                CHECK(text_of(one.complete_time) == "2024-06-01 08:30:00");
                CHECK(one.status == 13);
                CHECK(one.service.service_id == kAuditedService);
                CHECK(one.service.apply_id == 6001);
                CHECK(one.service.ware_id == 100012043978);
                CHECK(one.service.approve_name == "客服A");
                CHECK(one.service.question_description == "收到时破损");
                CHECK(one.service.apply_reason == "质量问题");
                CHECK(read.page_size == 10);  // text on the wire
                CHECK(read.total == 1);
              }),
      jd_case(applications(),
              [](const RefundApplications& read) {
                check_refund(read);
                CHECK(read.total == 1);
              }),
      jd_case(GetRefundApplication(81), check_refund),
      jd_case(CountWaitingRefunds(), [](const RefundCount& read) { CHECK(read.count == 4); }),
      jd_case(decision(), [](const AfterSaleDone& read) { CHECK(read.raw.find("replyResult") != std::string::npos); }),
      jd_case(product_reviews(),
              [](const ProductReviews& read) {
                REQUIRE(read.reviews.size() == 1);
                const ProductReview& one = read.reviews[0];
                CHECK(one.comment_id == "c-1");
                CHECK(one.content == "物流慢");
                CHECK(one.score == 1);
                CHECK(one.sku_id == "100012043978");
                CHECK(one.order_id == "255512345678");
                CHECK((one.buyer.pin == "j***1" && one.buyer.xid == "o*AAT01" && one.nick_name == "j***1"));
                CHECK(!one.is_answered);
                CHECK(read.total == 1);
                CHECK(text_of(one.time) == "2024-05-31 08:30:00");
              }),
      jd_doubtful_case(ReplyToReview("c-1", "感谢您的反馈"), "<not public>", "<text>"),
      jd_doubtful_case(ReplyToReviewByClub("c-1", "感谢您的反馈"), "<not public>", "<text>"),
  };
}

}  // namespace kefu_test
