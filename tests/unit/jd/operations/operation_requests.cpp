// What requests refuse before they cost a call.
#include "support/jd_operation_cases.hpp"

#include <kefu/jd/after_sale_review.hpp>
#include <kefu/jd/dongdong.hpp>
#include <kefu/jd/goods.hpp>
#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/im_realtime.hpp>
#include <kefu/jd/orders.hpp>
#include <kefu/jd/shop_info.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace kefu;
using namespace kefu::jd;
using kefu_test::encoded;
using kefu_test::jd_operator;
using kefu_test::jd_time;

namespace {

template <class Op>
std::string refusal(const Op& op) {
  const auto body = encoded(op);
  REQUIRE_MESSAGE(!body, (body ? *body : ""));
  CHECK(body.error().kind() == ErrorKind::bad_argument);
  return body.error().message();
}

bool names(const std::string& text, const char* a, const char* b) {
  return text.find(a) != std::string::npos && text.find(b) != std::string::npos;
}

template <class Op>
void check_im_period() {
  const WallTime begin = jd_time("2024-05-25 00:00:00");
  CHECK(encoded(Op(begin, jd_time("2024-06-01 00:00:00"))));
  CHECK(encoded(Op(begin, begin)));
  CHECK(names(refusal(Op(begin, jd_time("2024-06-01 00:00:01"))), "endTime", "startTime"));
  CHECK(names(refusal(Op(begin, jd_time("2024-05-24 23:59:59"))), "endTime", "startTime"));
  Op without(begin, begin);
  without.from = Time();
  CHECK(refusal(without).find("startTime is empty") != std::string::npos);
}

PushChatText push(BuyerIds to = BuyerIds("buyer"), std::string access_id = "a-1") {
  return {Secret("dd-token"), "110.200.1", std::move(access_id), "agent", std::move(to), "您好"};
}

}  // namespace

TEST_CASE("im.pop: a period of more than 7 days, or one that ends before it begins, is refused by name") {
  check_im_period<ListEvaluations>();
  check_im_period<EvaluationStatistics>();
  check_im_period<ListSessions>();
  check_im_period<ReplyStatistics>();
  check_im_period<UnrepliedStatistics>();
  check_im_period<OnlineTimeStatistics>();
  check_im_period<ListLogins>();
  check_im_period<AskRate>();
  check_im_period<RealtimeSessions>();
}

TEST_CASE("im.pop: chat logs need a customer, pages count from 1") {
  const WallTime day = jd_time("2024-06-01 00:00:00");
  CHECK(refusal(ReadChatLog("", day, day)).find("customer is empty") != std::string::npos);
  CHECK(refusal(SearchChatLog("buyer", "", day, day)).find("keyWord is empty") != std::string::npos);
  ListSessions sessions(day, day);
  sessions.page = 0;
  CHECK(refusal(sessions).find("page is 0") != std::string::npos);
}

TEST_CASE("JD-1: times of requests are GMT+8 text, from UTC") {
  const auto body = encoded(ListEvaluations(from_unix_seconds(1717171200), from_unix_seconds(1717171200)));
  REQUIRE(body);
  CHECK(body->find(R"("endTime":"2024-06-01 00:00:00")") != std::string::npos);
}

TEST_CASE("the slot of real time is the hour and its five minutes, in GMT+8") {
  CHECK(realtime_slot(jd_time("2024-06-01 20:25:00")) == "20,5");
  CHECK(realtime_slot(jd_time("2024-06-01 00:04:59")) == "0,0");
  CHECK(realtime_slot(jd_time("2024-06-01 09:59:59")) == "9,11");
  CHECK(RealtimeSessions(jd_time("2024-06-01 20:20:00"), jd_time("2024-06-01 20:25:00")).time_no == "20,5");
}

TEST_CASE("JD-5: a push needs a receiver and an accessid of at most 64 bytes") {
  CHECK(encoded(push()));
  CHECK(encoded(push(BuyerIds("", "open-1"))));
  CHECK(encoded(push(BuyerIds("", "", "o*AA1"))));
  CHECK(refusal(push(BuyerIds())).find("toPin is empty") != std::string::npos);
  CHECK(refusal(push(BuyerIds("buyer"), "")).find("accessid is empty") != std::string::npos);
  CHECK(encoded(push(BuyerIds("buyer"), std::string(64, 'a'))));
  CHECK(names(refusal(push(BuyerIds("buyer"), std::string(65, 'a'))), "accessid is 65 bytes", "at most 64"));
}

TEST_CASE("an error about a push shows no token") {
  const std::string text = refusal(push(BuyerIds()));
  CHECK(text.find("dd-token") == std::string::npos);
}

TEST_CASE("notices: title 50 and content 1500 characters in one line, 500 receivers") {
  const auto notice = [](DongDongNotice n) {
    return PushNotice(Secret("t"), "110.200.1", "a-1", from_unix_millis(1717201800000), std::move(n));
  };
  const auto many = [](const char* character, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += character;
    return text;
  };
  CHECK(encoded(notice(DongDongNotice(many("提", 50), many("内", 1500)))));
  CHECK(names(refusal(notice(DongDongNotice(many("提", 51), "内容"))), "title is 51", "at most 50"));
  CHECK(names(refusal(notice(DongDongNotice("标题", many("内", 1501)))), "content is 1501", "at most 1500"));
  CHECK(refusal(notice(DongDongNotice("标题", "一\n二"))).find("line break") != std::string::npos);
  DongDongNotice to_many("标题", "内容");
  to_many.receivers.assign(501, "agent");
  CHECK(names(refusal(notice(to_many)), "tos has 501", "at most 500"));
  DispatchNotice dispatch(Secret("t"), std::vector<std::string>(501, "agent"), from_unix_millis(0), "标题", "内容");
  CHECK(refusal(dispatch).find("receiver has 501") != std::string::npos);
  PushNotice whole = notice(DongDongNotice("", ""));
  whole.json_message = R"({"type":"notice_message"})";
  CHECK(encoded(whole));
}

TEST_CASE("after-sale: who acts is required, names at most 50 characters, pages at most 50 entries") {
  QueryServiceOrders query;
  CHECK(names(refusal(query), "buId", "are empty, but required"));
  query.by = jd_operator();
  CHECK(encoded(query));
  query.by.operate_nick = std::string(51, 'x');
  CHECK(names(refusal(query), "operateNick is 51", "at most 50"));
  query.by = jd_operator();
  query.page_size = 51;
  CHECK(names(refusal(query), "pageSize is 51", "1 to 50"));
}

TEST_CASE("after-sale: a period has both ends, in order; an answer has its order and its text") {
  QueryServiceOrders query;
  query.by = jd_operator();
  query.applied.from = Time(jd_time("2024-06-01 00:00:00"));
  CHECK(names(refusal(query), "applyTimeEnd", "both ends"));
  query.applied.to = Time(jd_time("2024-05-31 00:00:00"));
  CHECK(names(refusal(query), "applyTimeEnd", "before applyTimeBegin"));
  ListRefundApplications refunds;
  refunds.applied.to = Time(jd_time("2024-06-01 00:00:00"));
  CHECK(names(refusal(refunds), "applyTimeStart", "both ends"));

  ReplyUnsolvedMessage reply(7001, 0, "您好");
  reply.by = jd_operator();
  CHECK(refusal(reply).find("orderId is 0") != std::string::npos);
  reply.order_id = 8001;
  reply.text.clear();
  CHECK(refusal(reply).find("replyContext is empty") != std::string::npos);
}

TEST_CASE("refunds: decisions are those of the platform, a refusal has its reason") {
  CHECK(encoded(ReviewRefund(1, 1, "agent", "同意")));
  CHECK(encoded(ReviewRefund(1, 9, "agent", "")));
  CHECK(refusal(ReviewRefund(1, 3, "agent", "x")).find("status is none of") != std::string::npos);
  CHECK(refusal(ReviewRefund(1, 2, "agent", "")).find("remark is empty") != std::string::npos);
  ReviewRefund passed(1, 1, "agent", "x");
  passed.reject_type = 1;
  CHECK(refusal(passed).find("rejectType goes with status 2") != std::string::npos);
  ReviewRefund refused(1, 2, "agent", "在途");
  refused.reject_type = 6;  // one PHP class has it: on the way, and refusal at the door is not possible
  CHECK(encoded(refused));
  refused.reject_type = 7;
  CHECK(names(refusal(refused), "rejectType is 7", "1 to 6"));
  ListRefundApplications list;
  list.page_index = 101;
  CHECK(names(refusal(list), "pageIndex is 101", "1 to 100"));
}

TEST_CASE("orders: fields are named, a search spans a month and shows 100") {
  const WallTime begin = jd_time("2024-05-01 00:00:00");
  const auto search = [begin](std::string_view end) {
    return SearchOrders(begin, jd_time(end), "WAIT_SELLER_STOCK_OUT", {"orderId"});
  };
  CHECK(encoded(search("2024-06-01 00:00:00")));
  CHECK(names(refusal(search("2024-06-01 00:00:01")), "end_date", "start_date"));
  SearchOrders page = search("2024-05-02 00:00:00");
  page.page_size = 101;
  CHECK(names(refusal(page), "page_size is 101", "1 to 100"));
  page.page_size = 100;
  page.page = 0;
  CHECK(refusal(page).find("page counts from 1") != std::string::npos);
  CHECK(refusal(GetOrder(1, {})).find("optional_fields is empty") != std::string::npos);
  CHECK(refusal(GetOrder(0, {"orderId"})).find("order_id is 0") != std::string::npos);
  CHECK(names(refusal(ModifyOrderRemark(1, 6, "x")), "flag is 6", "0 to 5"));
  CHECK(refusal(ModifyOrderRemark(1, 0, std::string(501, 'x'))).find("remark is 501") != std::string::npos);
}

TEST_CASE("shop and goods: limits of child accounts and of wares") {
  ListChildAccounts accounts;
  accounts.size = 21;
  CHECK(names(refusal(accounts), "size is 21", "1 to 20"));
  CHECK(refusal(GetChildAccountRoles({"abc"})).find("4 to 20 characters") != std::string::npos);
  CHECK(refusal(GetChildAccountRoles(std::vector<std::string>(21, "abcd"))).find("21 names") != std::string::npos);
  SearchWares wares;
  wares.ware_ids.assign(21, 1);
  CHECK(names(refusal(wares), "wareId has 21", "at most 20"));
}
