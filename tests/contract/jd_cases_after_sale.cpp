#include "support/jd_operation_cases.hpp"

#include <kefu/jd/after_sale.hpp>
#include <kefu/jd/after_sale_records.hpp>

using namespace kefu;
using namespace kefu::jd;

namespace kefu_test {
namespace {

constexpr std::int64_t kService = 7001;
constexpr std::int64_t kOrder = 255512345678;

template <class Op>
Op acted(Op op) {
  op.by = jd_operator();
  return op;
}

Period applied() { return Period(jd_time("2024-05-25 00:00:00"), jd_time("2024-06-01 00:00:00")); }

template <class Op>
Op applied_then(Op op) {
  op.applied = applied();
  return acted(std::move(op));
}

void check_order(const ServiceOrder& order) {
  CHECK(order.service_id == kService);
  CHECK(order.order_id == kOrder);
  CHECK(order.customer.pin == "jd_buyer_001");
  CHECK(order.service_status == 5);
  CHECK(text_of(order.update_time) == "2024-06-01 08:30:00");
  CHECK(order.sys_version == 3);
  CHECK(order.raw.find("7001") != std::string::npos);
}

void check_orders(const Page<ServiceOrder>& read) {
  REQUIRE(read.items.size() == 1);
  check_order(read.items[0]);
  CHECK(read.page_number == 1);
  CHECK(read.page_size == 50);
  CHECK(read.total == 1);
}

void check_query(const Page<ServiceOrder>& read) {
  check_orders(read);
  const ServiceOrder& order = read.items[0];
  CHECK(order.apply_id == 6001);
  CHECK((order.customer_expect_name == "退货" && order.ware_name == "示例商品"));
  CHECK(order.sku_id == 100012043978);
  CHECK(order.customer_expect == 10);
  CHECK(order.order_type == 22);
  CHECK(order.customer_name == "张*");
  CHECK(order.customer_tel == "138****8000");
  CHECK(order.question_type_cid1 == 1);
  CHECK(order.question_type_cid1_name == "质量问题");
  CHECK(order.question_type_cid2_name == "破损");
  CHECK(order.platform_src_name == "京东");
  CHECK(text_of(order.apply_time) == "2024-05-31 08:30:00");
  CHECK(order.freight_update_date.empty());
  CHECK(order.service_count == 1);
  CHECK(order.parent_service == 0);
}

void check_synced(const Page<ServiceOrder>& read) {
  check_orders(read);
  CHECK(read.items[0].customer_tel == "138****8000");  // customerMobile here
  CHECK(read.items[0].question_type_cid2_name == "破损");
}

void check_bill(const ServiceBill& read) {
  CHECK((read.service_id == kService && read.apply_id == 6001 && read.order_id == kOrder));
  CHECK(read.service_ids == std::vector<std::int64_t>{kService});
  CHECK((read.service_status == 5 && read.service_status_name == "待处理"));
  CHECK(read.customer_expect_name == "退货");
  CHECK(read.question_description == "收到时破损");
  CHECK(text_of(read.update_time) == "2024-06-01 08:30:00");
  CHECK(read.sys_version == 3);
  CHECK((read.customer.pin == "jd_buyer_001" && read.customer.open_id == "AbCdEf01" && read.customer.xid == "o*AAT01"));
  CHECK((read.customer_name == "张*" && read.customer_grade == 56 && read.contact_mobile == "138****8000"));
  CHECK(read.pickware_address == "北京**");
  CHECK((read.approve_result_name == "自营取件" && read.approve_notes == "同意"));
  CHECK(text_of(read.approve_date) == "2024-06-01 07:30:00");
  CHECK(read.process_date.empty());
  REQUIRE(read.items.size() == 1);
  CHECK((read.items[0].sku_id == 100012043978 && read.items[0].ware_number == 1));
  CHECK(read.items[0].actual_pay_price == "189.0");
  CHECK(read.refund_amount == "189.0");
  CHECK(read.raw.find("customerInfo") != std::string::npos);
}

void check_completed(const CompletedService& one) {
  CHECK(one.service_id == kService);
  CHECK(one.process_result == 40);
  CHECK(one.process_result_name == "退货");
  CHECK(text_of(one.process_date) == "2024-06-01 08:30:00");
  CHECK(one.process_pin == "flagship-zhang");
  CHECK(one.approve_reason_cid1_name == "质量问题");
  CHECK(one.customer.pin == "jd_buyer_001");
}

void check_done(const AfterSaleDone& read) {
  CHECK(read.code == "200");
  CHECK(read.message == "操作成功");
  CHECK(read.raw.find("success") != std::string::npos);
}

}  // namespace

std::vector<JdCase> jd_after_sale_cases() {
  ListUnsolvedServices unsolved;
  unsolved.intervened = false;
  unsolved.message_status = 1;
  SyncServiceOrders sync(jd_time("2024-05-31 00:00:00"), jd_time("2024-06-01 00:00:00"));
  return {
      jd_case(applied_then(QueryServiceOrders()), check_query),
      jd_case(acted(sync), check_synced),
      jd_case(acted(GetServiceOrder(kService, kOrder)), check_bill),
      jd_case(acted(ListServicesInProcess()),
              [](const Page<ServiceInProcess>& read) {
                REQUIRE(read.items.size() == 1);
                const ServiceInProcess& one = read.items[0];
                CHECK(one.service_id == kService);
                CHECK(one.order_id == kOrder);
                CHECK(one.sku_id == 100012043978);
                CHECK(one.ware_name == "示例商品");
                CHECK(one.customer_expect_name == "退货");
                CHECK(one.service_status_name == "待处理");
                CHECK(one.order_type_name == "SOP");
                CHECK(one.customer.pin == "jd_buyer_001");
                CHECK(one.customer_mobile == "138****8000");
                CHECK(text_of(one.approve_time) == "2024-06-01 07:30:00");
                CHECK(one.delivery_date.empty());
                CHECK(one.remind_number == 0);
                CHECK(one.remind_type == 0);
                CHECK(read.total == 1);
              }),
      jd_case(acted(ListCompletedServices()),
              [](const Page<CompletedService>& read) {
                REQUIRE(read.items.size() == 1);
                check_completed(read.items[0]);
                CHECK(read.items[0].customer.xid == "o*AAT01");
              }),
      jd_case(applied_then(unsolved),
              [](const Page<CompletedService>& read) {
                REQUIRE(read.items.size() == 1);
                check_completed(read.items[0]);
                CHECK(read.total == 1);
              }),
      jd_case(acted(CountUnsolvedServices()), [](const UnsolvedCount& read) { CHECK(read.count == 3); }),
      jd_case(acted(ListUnsolvedMessages(kService, kOrder)),
              [](const Page<UnsolvedMessage>& read) {
                REQUIRE(read.items.size() == 2);
                CHECK(read.items[0].text == "什么时候能换好？");
                CHECK(text_of(read.items[0].time) == "2024-06-01 08:30:00");
                CHECK((read.items[0].speaker == "jd_buyer_001" && read.items[0].speaker_name == "张*"));
                CHECK((read.items[0].type == 1 && read.items[0].type_name == "客户"));
                CHECK(read.items[1].text == "您好，已为您登记换货。");
                CHECK(read.items[1].speaker == "flagship-zhang");
                CHECK(read.total == 2);
              }),
      jd_case(acted(ReplyUnsolvedMessage(kService, kOrder, "您好，已为您登记换货。")), check_done),
      jd_case(acted(SolveUnsolved(kService, kOrder)), check_done),
      jd_case(acted(ListTracks(kService)),
              [](const Page<ServiceTrack>& read) {
                REQUIRE(read.items.size() == 1);
                CHECK((read.items[0].text == "已电话联系客户" && read.items[0].pin == "flagship-zhang"));
                CHECK(text_of(read.items[0].time) == "2024-06-01 08:30:00");
              }),
      jd_case(acted(SaveTrack(kService, "已电话联系客户")), check_done),
      jd_case(acted(ListServiceMessages(kService)),
              [](const ServiceMessages& read) {
                REQUIRE(read.messages.size() == 1);
                const ServiceMessage& one = read.messages[0];
                CHECK((one.message_id == 9101 && one.service_id == kService && one.type == 1));
                CHECK((one.title == "审核通过" && one.text == "商家已同意您的申请"));
                CHECK(text_of(one.time) == "2024-06-01 08:30:00");
              }),
      jd_case(acted(ListServiceLogs(kService)),
              [](const Page<ServiceLog>& read) {
                REQUIRE(read.items.size() == 1);
                const ServiceLog& one = read.items[0];
                CHECK((one.log_id == 9201 && one.relation_type_name == "服务单" && one.remark == "审核通过"));
                CHECK((one.operate_type_name == "审核" && one.operate_name == "客服A"));
              }),
      jd_case(acted(ViewFreight(kService, kOrder)),
              [](const ServiceFreights& read) {
                REQUIRE(read.freights.size() == 1);
                const ServiceFreight& one = read.freights[0];
                CHECK((one.express_code == "JDVA00000000002" && one.express_company == "京东快递"));
                CHECK((one.freight_money == "12.0" && one.ship_way_id == 10));
                REQUIRE((one.notes.size() == 1 && one.notes[0].freight_id == 9301));
                CHECK((one.notes[0].content == "登记运单" && one.notes[0].author == "客服A"));
                CHECK((one.repeated == false && !one.first_upload_date.empty()));
                CHECK(text_of(one.delivery_date) == "2024-05-31 08:30:00");
              }),
      jd_case(acted(ViewServiceTelephone(kService)),
              [](const ServiceTelephone& read) {
                CHECK((read.number == "400-000-0000" && read.masked == "400-***-0000"));
              }),
  };
}

}  // namespace kefu_test
