#include "unit/sandbox/jd/case.hpp"

#include <set>

using kefu_test::JdCase;
using kefu_test::kJdShop;

namespace {

constexpr char kSessions[] = "jingdong.im.pop.sessionlist.get";
constexpr char kChatLog[] = "jingdong.im.pop.chatlog.get";

std::string period(std::string_view from, std::string_view to, std::string_view more = {}) {
  return fmt::format(R"({{"startTime":"{} 00:00:00","endTime":"{} 00:00:00"{}}})", from, to, more);
}

std::size_t sessions(JdCase& test, std::string_view json) {
  return test.call(kSessions, json)["ChatSessionPage"]["chatSessionList"].size();
}

std::string codes(JdCase& test, std::string_view from, std::string_view to) {
  return test.call(kSessions, period(from, to)).code;
}

}  // namespace

TEST_CASE("a buyer's lines open a session, an agent's answer is its first reply") {
  JdCase test;
  const std::string sid = test.buyer_writes("jd_buyer_001", "您好，这款有货吗？");
  CHECK(test.buyer_writes("jd_buyer_001", "在吗") == sid);
  test.pass(10);
  test.agent_does("flagship-zhang", "answer", R"({"pin":"jd_buyer_001","content":"您好，有货的。"})");
  const auto list = test.call(kSessions, period("2024-06-01", "2024-06-01"));
  const auto session = list["ChatSessionPage"]["chatSessionList"].items().at(0);
  CHECK(session["sid"].text() == sid);
  CHECK(session["waiter"].text() == "flagship-zhang");
  CHECK(session["beginTime"].integer() == 1'717'201'800'000);
  CHECK(session["replyTime"].integer() == 1'717'201'810'000);
  CHECK(session["endTime"].kind() == kefu::detail::Value::Kind::null);
  const auto log = test.call(kChatLog, period("2024-06-01", "2024-06-01", R"(,"customer":"jd_buyer_001")"));
  CHECK(log["ChatLogPage"]["totalRecord"].integer() == 3);
  const auto lines = log["ChatLogPage"]["chatLogList"].items();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["content"].text() == "您好，这款有货吗？");
  CHECK(lines[0]["waiterSend"].boolean() == false);
  CHECK(lines[2]["waiterSend"].boolean() == true);
  CHECK(lines[2]["time"].integer() == 1'717'201'810'000);
  const auto received = test.sandbox.jd_received(kJdShop, "jd_buyer_001");
  REQUIRE(received.size() == 1);
  CHECK(received[0].text == "您好，有货的。");
  test.buyer_does("jd_buyer_001", "end");
  CHECK(test.buyer_writes("jd_buyer_001", "还有一个问题") != sid);
}

TEST_CASE("only the days of a period count; too long or too old ones are refused") {
  JdCase test;
  test.buyer_writes("jd_buyer_001", "a");
  CHECK(sessions(test, period("2024-06-01", "2024-06-01")) == 1);
  CHECK(sessions(test, R"({"startTime":"2024-06-01 23:00:00","endTime":"2024-06-01 00:00:01"})") == 1);
  CHECK(sessions(test, period("2024-05-31", "2024-05-31")) == 0);
  CHECK(codes(test, "2024-05-25", "2024-06-01") == "0");
  CHECK(codes(test, "2024-05-24", "2024-06-01") == "61");
  CHECK(codes(test, "2024-06-01", "2024-05-31") == "61");
  CHECK(codes(test, "2024-03-03", "2024-03-04") == "0");
  CHECK(codes(test, "2024-03-02", "2024-03-04") == "61");
  CHECK(test.call(kSessions, R"({"startTime":"2024-06-01 00:00:00"})").code == "60");
  test.turn("jd_period_code", 1100);
  CHECK(codes(test, "2024-03-02", "2024-03-04") == "1100");
  test.turn("jd_period_code", 0);
  CHECK(codes(test, "2024-03-02", "2024-06-01") == "0");
  test.turn("jd_end_day_counts", 0);
  CHECK(sessions(test, period("2024-06-01", "2024-06-01")) == 0);
  CHECK(sessions(test, period("2024-06-01", "2024-06-02")) == 1);
}

TEST_CASE("lists come in pages and by agent, named in one of three ways") {
  JdCase test;
  test.turn("jd_absent_waiter_is_main_account", 0);
  for (int i = 0; i < 7; ++i) {
    test.buyer_does(fmt::format("buyer_{}", i), "open", i < 3 ? R"({"waiter":"flagship-li"})" : "{}");
    test.pass(1);
  }
  const auto with = [&test](std::string_view more) { return sessions(test, period("2024-06-01", "2024-06-01", more)); };
  CHECK(with(R"(,"page":1,"pageSize":5)") == 5);
  CHECK(with(R"(,"page":2,"pageSize":5)") == 2);
  CHECK(with(R"(,"page":3,"pageSize":5)") == 0);
  CHECK(with(R"(,"waiter":"flagship-li")") == 3);
  CHECK(with(R"(,"waiter":"flagship-li,flagship-zhang")") == 7);
  CHECK(with(R"(,"waiter":["flagship-zhang"])") == 4);
  CHECK(with(R"(,"waiter":"nobody")") == 0);
  CHECK(with("") == 7);
  test.turn("jd_absent_waiter_is_main_account", 1);  // as it is today
  CHECK(with("") == 4);
  test.turn("jd_absent_waiter_is_main_account", 0);
  test.turn("jd_page_size_max", 3);
  CHECK(with(R"(,"pageSize":50)") == 3);
  test.turn("jd_page_size_over_code", 61);
  CHECK(test.call(kSessions, period("2024-06-01", "2024-06-01", R"(,"pageSize":4)")).code == "61");
  CHECK(test.call(kSessions, period("2024-06-01", "2024-06-01", R"(,"page":0)")).code == "61");
  const auto first = [&test] {
    return std::string(test.call(kSessions, period("2024-06-01", "2024-06-01",
                                                   R"(,"pageSize":1)"))["ChatSessionPage"]["chatSessionList"]
                           .items()
                           .at(0)["customer"]
                           .text());
  };
  CHECK(first() == "buyer_0");
  test.turn("jd_newest_first", 1);
  CHECK(first() == "buyer_6");
}

TEST_CASE("an agent who authorized sees its own chats only") {
  JdCase test;
  test.turn("jd_absent_waiter_is_main_account", 0);
  test.buyer_does("b1", "open", R"({"waiter":"flagship-li"})");
  test.buyer_does("b2", "open");
  CHECK(sessions(test, period("2024-06-01", "2024-06-01")) == 2);
  test.control("POST", "/jd/grants", R"({"account":"flagship-li"})");
  test.token = *test.sandbox.jd_token(kefu_test::kJdKey, kJdShop);
  CHECK(sessions(test, period("2024-06-01", "2024-06-01")) == 1);
  CHECK(sessions(test, period("2024-06-01", "2024-06-01", R"(,"waiter":"flagship-zhang")")) == 0);
  test.control("POST", "/jd/grants", R"({"account":"flagship-zhang"})");
  test.token = *test.sandbox.jd_token(kefu_test::kJdKey, kJdShop);
  CHECK(sessions(test, period("2024-06-01", "2024-06-01")) == 2);
}

TEST_CASE("what was said shows up late where the switch or the act says so") {
  JdCase test;
  test.turn("jd_visibility_delay_s", 90);
  test.buyer_writes("jd_buyer_001", "first");
  test.buyer_does("jd_buyer_001", "write", R"({"content":"second","late_s":600})");
  const auto lines = [&test] {
    return test
        .call(kChatLog,
              period("2024-06-01", "2024-06-01", R"(,"customer":"jd_buyer_001")"))["ChatLogPage"]["chatLogList"]
        .size();
  };
  CHECK(lines() == 0);
  CHECK(sessions(test, period("2024-06-01", "2024-06-01")) == 0);
  test.pass(89);
  CHECK(lines() == 0);
  test.pass(1);
  CHECK(lines() == 1);
  CHECK(sessions(test, period("2024-06-01", "2024-06-01")) == 1);
  test.pass(510);
  CHECK(lines() == 2);
}

TEST_CASE("chat logs are found by words, and by every name of the buyer") {
  JdCase test;
  test.buyer_writes("jd_buyer_001", "退款什么时候到账？");
  test.buyer_writes("jd_buyer_001", "谢谢");
  test.buyer_writes("jd_other_buyer1", "退款");
  test.control("POST", "/jd/shops/flagship/buyers/jd_buyer_001", R"({"xid":"o*AATxid"})");
  const auto found = [&test](std::string_view customer, std::string_view word) {
    return test
        .call("jingdong.im.pop.chatlog.fuzzy.query",
              period("2024-06-01", "2024-06-01",
                     fmt::format(R"(,"customer":"{}","keyWord":"{}")", customer, word)))["ChatLogPage"]["chatLogList"]
        .size();
  };
  CHECK(found("jd_buyer_001", "退款") == 1);
  CHECK(found("o*AATxid", "谢") == 1);
  CHECK(found("j***1", "退款") == 0);
  test.turn("jd_mask_customers", 1);
  CHECK(found("j***1", "退款") == 2);
  CHECK(test.call(kChatLog, period("2024-06-01", "2024-06-01")).code == "60");
}

TEST_CASE("statistics are those of the data") {
  JdCase test;
  test.turn("jd_absent_waiter_is_main_account", 0);
  test.agent_does("flagship-li", "login");
  test.buyer_does("b1", "open", R"({"waiter":"flagship-li"})");
  test.buyer_does("b2", "open", R"({"waiter":"flagship-li"})");
  test.pass(20);
  test.agent_does("flagship-li", "answer", R"({"pin":"b1","content":"您好"})");
  test.buyer_does("b1", "rate", R"({"score":5,"text":"回复很快"})");
  test.buyer_does("b1", "rate", R"({"score":5})");
  test.buyer_does("b2", "rate", R"({"score":1})");
  test.pass(40);
  test.agent_does("flagship-li", "logout");
  const std::string today = period("2024-06-01", "2024-06-01");
  const auto row = [&](std::string_view method) {
    return std::string(test.call(method, today)["WaiterDailyStat"].items().at(0)["result"].text());
  };
  CHECK(row("jingdong.im.pop.replystat.get") == "1");
  CHECK(row("jingdong.im.pop.unreplystat.get") == "1");
  CHECK(row("jingdong.im.pop.waiter.onlinetime.stat.get") == "60");
  CHECK(test.call("jingdong.im.pop.consult.avgwaittime.get", R"({"date":"2024-06-01 00:00:00"})")["avgTime"].real() ==
        20.0);
  const auto stat = test.call("jingdong.im.pop.evaluationstat.get", today)["WaiterDailyEvaStat"].items();
  REQUIRE(stat.size() == 2);
  CHECK(stat[0]["score"].integer() == 1);
  CHECK(stat[1]["count"].integer() == 2);
  CHECK(stat[1]["date"].text() == "2024-06-01");
  const auto list = test.call("jingdong.im.pop.evaluationlist.get", today)["Evaluation"].items();
  REQUIRE(list.size() == 3);
  CHECK(list[0]["desc"].text() == "回复很快");
  const auto logins = test.call("jingdong.im.pop.passlog.get", today)["PassLog"].items();
  CHECK(logins.at(0)["logoutTime"].integer().value() - logins.at(0)["loginTime"].integer().value() == 60'000);
  CHECK(test.call("jingdong.im.pop.groupinfo.get")["popgroup"]["waiterCount"].integer() == 2);
  CHECK(test.call("jingdong.im.pop.askRate.get", today)["askRate"].real() == 0.5);
}

TEST_CASE("messages for a third party's service system have numbers where the logs have booleans") {
  JdCase test;
  const std::string sid = test.buyer_writes("jd_buyer_001", "您好");
  const auto page = test.call("jingdong.im.out.merchant.chatmessage.openapi.get",
                              fmt::format(R"({{"appId":"a","sid":"{}"}})", sid))["PageChatMessageVo"];
  CHECK(page["totalCount"].integer() == 1);
  const auto message = page["result"].items().at(0);
  CHECK(message["waiterSend"].text() == "0");
  CHECK(message["created"].integer() == 1'717'201'800'000);
  CHECK(message["content"].text() == "您好");
}

TEST_CASE("ten thousand sessions of the past are paged through whole") {
  JdCase test;
  test.turn("jd_absent_waiter_is_main_account", 0);
  kefu::sandbox::JdHistory history;
  history.sessions = 10'000;
  history.lines = 6;
  history.buyers = 500;
  history.until = test.sandbox.now();
  history.from = history.until - std::chrono::hours(7 * 24);
  REQUIRE(test.sandbox.jd_add_history(kJdShop, history).has_value());
  std::set<std::string> sids;
  for (int page = 1;; ++page) {
    const auto answer =
        test.call(kSessions, period("2024-05-25", "2024-06-01", fmt::format(R"(,"page":{},"pageSize":100)", page)));
    const auto list = answer["ChatSessionPage"]["chatSessionList"].items();
    for (const auto& one : list) sids.insert(std::string(one["sid"].text()));
    if (list.size() < 100) break;
  }
  CHECK(sids.size() == 10'000);
  const auto log = test.call(
      kChatLog, period("2024-05-25", "2024-06-01", R"(,"customer":"history_000001","pageSize":100,"page":2)"));
  CHECK(log["ChatLogPage"]["totalRecord"].integer() == 20 * 6);
  CHECK(log["ChatLogPage"]["chatLogList"].size() == 20);
  history.until = history.from;
  CHECK(!test.sandbox.jd_add_history(kJdShop, history).has_value());
}
