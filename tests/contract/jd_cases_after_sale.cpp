#include "support/jd_operation_cases.hpp"

#include <kefu/jd/after_sale.hpp>

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
  CHECK(read.raw.empty());
  CHECK(order.apply_id == 6001);
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

void check_weak_orders(const Page<ServiceOrder>& read) {
  check_orders(read);
  CHECK(read.raw.find("pageResult") != std::string::npos);
}

void check_done(const AfterSaleDone& read) {
  CHECK(read.code == "200");
  CHECK(read.message == "操作成功");
  CHECK(read.raw.find("success") != std::string::npos);
}

void check_entries(const AfterSaleEntries& read) {
  REQUIRE(read.entries.size() == 1);
  CHECK(read.entries[0].find("\"serviceId\"") != std::string::npos);
  CHECK(!read.raw.empty());
}

}  // namespace

std::vector<JdCase> jd_after_sale_cases() {
  ListUnsolvedServices unsolved;
  unsolved.intervene_flag = 0;
  unsolved.message_status = 1;
  SyncServiceOrders sync(jd_time("2024-05-31 00:00:00"), jd_time("2024-06-01 00:00:00"));
  return {
      jd_case(applied_then(QueryServiceOrders()), check_query),
      jd_case(acted(sync), check_weak_orders),
      jd_case(acted(GetServiceOrder(kService, kOrder)),
              [](const ServiceOrderView& read) {
                check_order(read.order);
                CHECK(read.raw.find("result") != std::string::npos);
              }),
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
      jd_case(applied_then(ListCompletedServices()),
              [](const Page<CompletedService>& read) {
                REQUIRE(read.items.size() == 1);
                const CompletedService& one = read.items[0];
                CHECK(one.service_id == kService);
                CHECK(one.process_result == 40);
                CHECK(one.process_result_name == "退货");
                CHECK(text_of(one.process_date) == "2024-06-01 08:30:00");
                CHECK(one.process_pin == "flagship-zhang");
                CHECK(one.approve_reason_cid1_name == "质量问题");
                CHECK(one.customer.xid == "o*AAT01");
              }),
      jd_case(applied_then(unsolved), check_weak_orders),
      jd_case(acted(CountUnsolvedServices()), [](const UnsolvedCount& read) { CHECK(read.count == 3); }),
      jd_case(acted(ListUnsolvedMessages(kService, kOrder)),
              [](const Page<UnsolvedMessage>& read) {
                REQUIRE(read.items.size() == 2);
                CHECK(read.items[0].id == "9001");
                CHECK(read.items[0].text == "什么时候能换好？");
                CHECK(text_of(read.items[0].time) == "2024-06-01 08:30:00");
                CHECK(read.items[0].author == UnsolvedMessage::Author::customer);
                CHECK(read.items[0].customer.pin == "jd_buyer_001");
                CHECK(read.items[1].text == "您好，已为您登记换货。");
                CHECK(read.items[1].author == UnsolvedMessage::Author::unknown);
                CHECK(read.items[1].speaker == "flagship-zhang");
                CHECK(read.total == 2);
              }),
      jd_case(acted(ReplyUnsolvedMessage(kService, kOrder, "您好，已为您登记换货。")), check_done),
      jd_case(acted(SolveUnsolved(kService, kOrder)), check_done),
      jd_case(acted(ListTracks(kService)), check_entries),
      jd_case(acted(SaveTrack(kService, "已电话联系客户")), check_done),
      jd_case(acted(ListServiceMessages(kService, kOrder)), check_entries),
      jd_case(acted(ListServiceLogs(kService, kOrder)), check_entries),
      jd_case(acted(ViewFreight(kService, kOrder)), check_entries),
      jd_case(acted(ViewServiceTelephone(kService, kOrder)), check_entries),
  };
}

}  // namespace kefu_test
