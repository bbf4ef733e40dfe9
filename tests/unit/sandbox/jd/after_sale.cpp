#include "unit/sandbox/jd/case.hpp"

using kefu_test::JdCase;
using kefu_test::kJdShop;

namespace {

constexpr char kDesk[] = R"("buId":"10001","operatePin":"flagship-zhang","operateNick":"客服A")";

struct AfterSaleCase : JdCase {
  AfterSaleCase() {
    const auto added = sandbox.jd_add_ticket(kJdShop, "jd_buyer_001", "什么时候退款？");
    REQUIRE(added.has_value());
    service = *added;
  }
  Answer asc(std::string_view method, std::string_view more = {}) {
    return call("jingdong.asc." + std::string(method), fmt::format("{{{}{}{}}}", kDesk, more.empty() ? "" : ",", more));
  }
  Answer on_ticket(std::string_view method, std::string_view more = {}) {
    return asc(method,
               fmt::format(R"("serviceId":{},"orderId":255512345678{}{})", service, more.empty() ? "" : ",", more));
  }
  std::size_t listed(std::string_view method, std::string_view more = {}) {
    return asc(method, more)["pageResult"]["data"].size();
  }
  void ticket_does(std::string_view act, std::string_view json = "{}") {
    const auto done = sandbox.jd_ticket_does(kJdShop, service, act, json);
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().to_string()));
  }
  std::int64_t service = 0;
};

}  // namespace

TEST_CASE("a service order goes from review to its end, and is in the list of its state") {
  AfterSaleCase test;
  CHECK(test.listed("audit.list") == 1);
  CHECK(test.listed("process.list") == 0);
  const auto waiting = test.asc("audit.list")["pageResult"]["data"].items().at(0);
  CHECK(waiting["serviceStatusName"].text() == "待审核");
  CHECK(waiting["timeoutFlag"].boolean() == false);
  CHECK(waiting["customerPin"].text() == "jd_buyer_001");
  test.pass(48 * 3600 + 1);
  CHECK(test.listed("audit.list", R"("timeoutFlag":true)") == 1);
  test.ticket_does("approve", R"({"agent":"flagship-zhang"})");
  CHECK(test.listed("audit.list") == 0);
  CHECK(test.listed("process.list") == 1);
  test.ticket_does("complete");
  CHECK(test.listed("complete.list") == 1);
  CHECK(test.listed("query.list") == 1);
  const auto refund = test.call("jingdong.asc.serviceAndRefund.view", R"({"pageNumber":1,"pageSize":10})");
  CHECK(refund["pageResult"]["data"].items().at(0)["sameOrderServiceBill"]["serviceId"].integer() == test.service);
  const auto wrong = test.sandbox.jd_ticket_does(kJdShop, test.service, "approve");
  CHECK(!wrong.has_value());
}

TEST_CASE("a refusal of a review needs the version that was seen") {
  AfterSaleCase test;
  const auto refuse = [&test](int version) {
    const auto answer = test.on_ticket(
        "audit.refuse", fmt::format(R"("approveNotes":"超期","approveReasonCid1":1,"sysVersion":{})", version));
    CHECK(answer.code == "0");
    return std::string(answer["result"]["code"].text());
  };
  test.ticket_does("touch");
  CHECK(test.asc("query.list")["pageResult"]["data"].items().at(0)["sysVersion"].integer() == 2);
  CHECK(refuse(1) == "501");
  CHECK(refuse(2) == "200");
  CHECK(refuse(3) == "501");
  CHECK(test.listed("complete.list") == 1);
  CHECK(test.on_ticket("audit.refuse")["result"]["code"].text() == "400");
}

TEST_CASE("changes are pulled by their time, in pages") {
  AfterSaleCase test;
  for (int i = 0; i < 4; ++i) {
    test.pass(60);
    REQUIRE(test.sandbox.jd_add_ticket(kJdShop, "jd_buyer_002").has_value());
  }
  const std::string since = R"("updateTimeBegin":"2024-06-01 08:31:00","updateTimeEnd":"2024-06-01 09:00:00")";
  CHECK(test.listed("sync.list", since) == 4);
  CHECK(test.listed("sync.list", since + R"(,"pageSize":3)") == 3);
  CHECK(test.listed("sync.list", since + R"(,"pageSize":3,"pageNumber":2)") == 1);
  CHECK(test.asc("sync.list", since)["pageResult"]["totalCount"].integer() == 4);
  test.ticket_does("ship", R"({"express_code":"SF1"})");
  CHECK(test.listed("sync.list", since) == 4);  // a freight number alone is no change of the order
  CHECK(test.listed("sync.list", R"("freightUpdateDateBegin":"2024-06-01 08:31:00",)"
                                 R"("freightUpdateDateEnd":"2024-06-01 09:00:00")") == 1);
  CHECK(test.asc("sync.list", R"("updateTimeBegin":"2024-06-01 08:31:00")")["pageResult"]["success"].boolean() ==
        false);
  CHECK(test.asc("sync.list", R"("pageSize":51)")["pageResult"]["success"].boolean() == false);
}

TEST_CASE("a customer's message is unsolved until it is answered; the answer reaches the customer") {
  AfterSaleCase test;
  CHECK(test.listed("unsolved.list") == 1);
  CHECK(test.asc("unsolved.count")["result"]["data"].integer() == 1);
  auto messages = test.on_ticket("unsolved.message.list")["pageResult"]["data"].items();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["context"].text() == "什么时候退款？");
  CHECK(messages[0]["createPin"].text() == "jd_buyer_001");
  CHECK(test.on_ticket("unsolved.message.reply")["result"]["success"].boolean() == false);
  CHECK(test.on_ticket("unsolved.message.reply", R"("replyContext":"今天。")")["result"]["success"].boolean() == true);
  CHECK(test.listed("unsolved.list") == 0);
  const auto received = test.sandbox.jd_received(kJdShop, "jd_buyer_001");
  REQUIRE(received.size() == 1);
  CHECK(received[0].channel == "after_sale");
  CHECK(received[0].text == "今天。");
  CHECK(received[0].thread == std::to_string(test.service));
  test.ticket_does("ask", R"({"content":"谢谢","late_s":30})");
  CHECK(test.listed("unsolved.list") == 0);
  test.pass(30);
  CHECK(test.listed("unsolved.list") == 1);
  CHECK(test.on_ticket("unsolved.solve")["result"]["success"].boolean() == true);
  CHECK(test.listed("unsolved.list") == 0);
  CHECK(test.on_ticket("unsolved.message.list")["pageResult"]["data"].size() == 3);
}

TEST_CASE("who acts must be said, and be this merchant; the order must be the service order's") {
  AfterSaleCase test;
  const auto code = [&test](std::string_view json) {
    return std::string(test.call("jingdong.asc.query.list", json)["pageResult"]["code"].text());
  };
  CHECK(code(R"({"operatePin":"a","operateNick":"b"})") == "400");
  CHECK(code(R"({"buId":"10001","operateNick":"b"})") == "400");
  CHECK(code(R"({"buId":"10002","operatePin":"a","operateNick":"b"})") == "403");
  CHECK(test.asc("query.view", fmt::format(R"("serviceId":{},"orderId":1)", test.service))["result"]["code"].text() ==
        "404");
  CHECK(test.on_ticket("query.view")["result"]["data"]["serviceId"].integer() == test.service);
}

TEST_CASE("tracks, the log, freight, and JD's intervention") {
  AfterSaleCase test;
  CHECK(test.on_ticket("track.save", R"("operateRemark":"已电话联系")")["result"]["success"].boolean() == true);
  CHECK(test.on_ticket("track.list")["pageResult"]["data"].items().at(0)["trackContext"].text() == "已电话联系");
  const char* kReasons = R"("interveneReasonCid1":1,"interveneReasonCid2":2,"contactTel":"13800000000","sysVersion":1)";
  CHECK(test.on_ticket("process.JdIntervene", kReasons)["result"]["success"].boolean() == true);
  CHECK(test.on_ticket("process.JdIntervene", kReasons)["result"]["success"].boolean() == false);
  CHECK(test.on_ticket("log.list")["pageResult"]["data"].size() == 1);
  CHECK(test.on_ticket("msg.list")["result"]["data"].size() == 1);
  test.ticket_does("ship", R"({"express_code":"SF1"})");
  CHECK(test.on_ticket("freight.view")["result"]["data"]["expressCode"].text() == "SF1");
  CHECK(!test.on_ticket("view.serviceTel")["result"]["data"].text().empty());
  CHECK(test.asc("audit.reason.list")["result"]["data"].size() == 2);
}
