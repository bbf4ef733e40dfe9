// Answers as the platform really sends them: wandering types, missing parts, unknown shapes, hostile text.
#include "support/jd_operation_cases.hpp"

#include <kefu/jd/after_sale_review.hpp>
#include <kefu/jd/dongdong.hpp>
#include <kefu/jd/identity.hpp>
#include <kefu/jd/im_pop.hpp>
#include <kefu/jd/im_realtime.hpp>
#include <kefu/jd/orders.hpp>
#include <kefu/jd/reviews.hpp>
#include <kefu/jd/shop_info.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace kefu;
using namespace kefu::jd;
using kefu_test::decoded;
using kefu_test::text_of;

namespace {

/// What the gateway sends for a method, around its node.
std::string answered(const std::string& node, const char* spelling = "_responce") {
  return std::string(R"({"jingdong_a_b)") + spelling + R"(":{"code":"0")" + (node.empty() ? "" : ",") + node + "}}";
}

std::string sessions_of(const std::string& item) {
  return answered(R"("ChatSessionPage":{"chatSessionList":[)" + item + "]}");
}

}  // namespace

TEST_CASE("ENC-5: ids beyond 2^53 keep every digit, as number and as text") {
  for (const char* id : {"9007199254740993", "\"9007199254740993\""}) {
    const auto read = decoded<ListSessions>(sessions_of(std::string(R"({"skuId":)") + id + "}"));
    REQUIRE(read);
    REQUIRE(read->sessions.size() == 1);
    CHECK(read->sessions[0].sku_id == 9007199254740993);
  }
  const auto order = decoded<GetOrder>(answered(R"("orderDetailInfo":{"orderInfo":{"orderId":9223372036854775807}})"));
  REQUIRE(order);
  CHECK(order->order.order_id == "9223372036854775807");
}

TEST_CASE("booleans, numbers and times are read in every form") {
  for (const char* flag : {"true", "\"true\"", "1", "\"1\""}) {
    const auto read = decoded<ListSessions>(sessions_of(std::string(R"({"transfer":)") + flag + "}"));
    REQUIRE(read);
    CHECK(read->sessions.at(0).transfer);
  }
  for (const char* time : {"1717201200000", "\"1717201200000\"", "\"2024-06-01 08:20:00\"", "\"2024/06/01 08:20:00\"",
                           "\"2024-06-01 08:20:00.000+0800\""}) {
    const auto read = decoded<ListSessions>(sessions_of(std::string(R"({"beginTime":)") + time + "}"));
    REQUIRE(read);
    CHECK_MESSAGE(text_of(read->sessions.at(0).begin) == "2024-06-01 08:20:00", time);
  }
  for (const char* time :
       {"null", "\"\"", "\"0001-01-01 00:00:00\"", "\"1970-01-01 00:00:00\"", "0", "-62135596800000"}) {
    const auto read = decoded<ListSessions>(sessions_of(std::string(R"({"endTime":)") + time + "}"));
    REQUIRE(read);
    CHECK_MESSAGE(read->sessions.at(0).end.empty(), time);
    CHECK_MESSAGE(read->sessions.at(0).end.unread.empty(), time);
  }
}

TEST_CASE("shops A11: a time that is there but cannot be read is never silently absent") {
  for (const char* time : {"\"tomorrow\"", "[]", "{}", "true", "\"2024-13-01 00:00:00\"", "99999999999999999"}) {
    const auto read = decoded<ListSessions>(sessions_of(std::string(R"({"endTime":)") + time + "}"));
    REQUIRE(read);
    CHECK_MESSAGE(read->sessions.at(0).end.empty(), time);
    CHECK_MESSAGE(!read->sessions.at(0).end.unread.empty(), time);
  }
  const auto read = decoded<ListSessions>(sessions_of(R"({"endTime":"tomorrow"})"));
  CHECK(read->sessions.at(0).end.unread == "tomorrow");
}

TEST_CASE("a chat line without waiterSend has an unknown author, not the customer") {
  const auto read = decoded<ReadChatLog>(answered(
      R"("ChatLogPage":{"chatLogList":[{"content":"a"},{"waiterSend":null},{"waiterSend":0},{"waiterSend":"true"}]})"));
  REQUIRE(read);
  REQUIRE(read->lines.size() == 4);
  CHECK(read->lines[0].author == ChatLine::Author::unknown);
  CHECK(read->lines[1].author == ChatLine::Author::unknown);
  CHECK(read->lines[2].author == ChatLine::Author::customer);
  CHECK(read->lines[3].author == ChatLine::Author::waiter);
  CHECK(!read->total);
}

TEST_CASE("buyers come by the names that the answer holds") {
  const auto read = decoded<ListEvaluations>(answered(
      R"("Evaluation":[{"customer":"j***1","open_id_buyer":"o1","xid_buyer":"o*AA1"},{"customer":"pin2"},{"desc":""}])"));
  REQUIRE(read);
  REQUIRE(read->evaluations.size() == 3);
  CHECK(read->evaluations[0].customer.xid == "o*AA1");
  CHECK(read->evaluations[0].customer.open_id == "o1");
  CHECK(is_masked(read->evaluations[0].customer.pin));
  CHECK(read->evaluations[1].customer.pin == "pin2");
  CHECK(read->evaluations[2].customer.empty());
  CHECK(!read->evaluations[2].score);
}

TEST_CASE("nothing at all is an empty list; something under an unknown name is not taken for nothing") {
  for (const char* nothing : {"", R"("Evaluation":[])", R"("Evaluation":null)", R"("requestId":"r-1")"}) {
    const auto read = decoded<ListEvaluations>(answered(nothing));
    REQUIRE_MESSAGE(read, nothing);
    CHECK(read->evaluations.empty());
  }
  const auto renamed = decoded<ListEvaluations>(answered(R"("EvaluationPage":{"list":[{"score":5}]})"));
  REQUIRE(!renamed);
  CHECK(renamed.error().kind() == ErrorKind::malformed_reply);
  CHECK(renamed.error().message().find("Evaluation") != std::string::npos);
  CHECK(!decoded<ListSessions>(answered(R"("SessionPageV2":[{"sid":"s"}])")));
  CHECK(!decoded<ListSessions>(answered(R"("ChatSessionPage":{"list":[{"sid":"s"}]})")));
  CHECK(!decoded<ReadChatLog>(answered(R"("ChatLogPageV2":{"chatList":[]})")));
  CHECK(!decoded<ReadChatLog>(answered(R"("ChatLogPage":{"list":[{"sid":"s"}]})")));
  const auto empty = decoded<ReadChatLog>(answered(R"("ChatLogPage":{"totalRecord":0})"));
  REQUIRE(empty);
  CHECK(empty->total == 0);
}

TEST_CASE("JD-3: the answer node is found under each spelling, and as the one member there is") {
  const std::string list = R"("Evaluation":[{"score":5}])";
  CHECK(decoded<ListEvaluations>(answered(list))->evaluations.size() == 1);
  CHECK(decoded<ListEvaluations>(answered(list, "_response"))->evaluations.size() == 1);
  CHECK(decoded<ListEvaluations>(R"({"answer":{)" + list + "}}")->evaluations.size() == 1);
}

TEST_CASE("after-sale pages: counted but absent entries are malformed, later pages may be empty") {
  const auto page = [](const std::string& inner) {
    return decoded<QueryServiceOrders>(answered(R"("pageResult":{"success":true,)" + inner + "}"));
  };
  CHECK(page(R"("totalCount":0,"pageNumber":1)"));
  CHECK(page(R"("data":null,"totalCount":0)"));
  CHECK(page(R"("data":[],"totalCount":"60","pageNumber":"3")"));
  CHECK(!page(R"("totalCount":2,"pageNumber":1)"));
  CHECK(!page(R"("data":"none","totalCount":2,"pageNumber":1)"));
  CHECK(!decoded<QueryServiceOrders>(answered(R"("other":{"data":[]})")));
  const auto one = page(R"("data":[{"serviceId":"7001"},null],"totalCount":1)");
  REQUIRE(one);
  REQUIRE(one->items.size() == 1);
  CHECK(one->items[0].service_id == 7001);
  CHECK(!page(R"("data":[{"serviceId":"7001"},5],"totalCount":2)"));
}

TEST_CASE("the author of an unsolved message is told by the names; who is not known stays so") {
  using Author = UnsolvedMessage::Author;
  const auto said = [](const std::string& item) {
    const auto read = decoded<ListUnsolvedMessages>(answered(R"("pageResult":{"data":[)" + item + "]}"));
    REQUIRE(read);
    REQUIRE(read->items.size() == 1);
    return author_of(read->items[0], BuyerIds("buyer", "open-1", "o*AA1"), "agent");
  };
  CHECK(said(R"({"createPin":"agent","context":"a"})") == Author::merchant);
  CHECK(said(R"({"createPin":"buyer","context":"a"})") == Author::customer);
  CHECK(said(R"({"createPin":"o*AA1","context":"a"})") == Author::customer);
  CHECK(said(R"({"createPin":"other","context":"a"})") == Author::unknown);
  CHECK(said(R"({"context":"a"})") == Author::unknown);
}

TEST_CASE("one object where a list is expected stands for itself") {
  const auto read = decoded<ListEvaluations>(answered(R"("Evaluation":{"score":"4"})"));
  REQUIRE(read);
  REQUIRE(read->evaluations.size() == 1);
  CHECK(read->evaluations[0].score == 4);
}

TEST_CASE("shops A1: a view of one order that holds none is malformed, and one in a list is read") {
  for (const char* node : {"", R"("result":null)", R"("result":{"data":[]})", R"("result":"x")",
                           R"("result":{"success":true,"data":{"foo":1}})"}) {
    CHECK_MESSAGE(!decoded<GetServiceOrder>(answered(node)), node);
    CHECK_MESSAGE(!decoded<GetAudit>(answered(node)), node);
  }
  const auto listed = decoded<GetServiceOrder>(answered(R"("result":{"data":[{"serviceId":7001}]})"));
  REQUIRE(listed);
  CHECK(listed->service_id == 7001);
}

TEST_CASE("shops A1: counts are the platform's one member, or the answer is malformed") {
  CHECK(decoded<CountUnsolvedServices>(answered(R"("result":{"success":true,"data":"4"})"))->count == 4);
  CHECK(!decoded<CountUnsolvedServices>(answered(R"("result":{"data":{"count":4}})")));
  CHECK(decoded<CountWaitingRefunds>(answered(R"("queryResult":{"totalCount":"4"})"))->count == 4);
  CHECK(!decoded<CountWaitingRefunds>(answered("")));
  CHECK(!decoded<AskRate>(answered(R"("replyRate":0.7)")));
  CHECK(decoded<AskRate>(answered(R"("askRate":"0.5")"))->rate == 0.5);
}

TEST_CASE("a DongDong grant is found wherever the gateway puts it; without a token it is malformed") {
  for (const char* body : {R"({"a_responce":{"code":"0","returnType":{"code":230031,"accessToken":"tok"}}})",
                           R"({"a_responce":{"code":230031,"accessToken":"tok"}})",
                           R"({"code":230031,"accessToken":"tok","errmsg":""})"}) {
    const auto grant = decoded<ExchangeDongDongGrant>(body);
    REQUIRE_MESSAGE(grant, body);
    CHECK(grant->access_token == Secret("tok"));
    CHECK(grant->code == "230031");
  }
  const auto none = decoded<ExchangeDongDongGrant>(R"({"a_responce":{"code":"0"}})");
  REQUIRE(!none);
  CHECK(none.error().kind() == ErrorKind::malformed_reply);
}

TEST_CASE("orders and shops without their object are malformed; unknown fields do no harm") {
  CHECK(!decoded<GetOrder>(answered(R"("orderDetailInfo":{})")));
  CHECK(!decoded<SearchOrders>(answered("")));
  CHECK(!decoded<GetVenderInfo>(answered("")));
  CHECK(!decoded<GetShopInfo>(answered(R"("shop_jos_result":null)")));
  CHECK(decoded<SearchOrders>(answered(R"("searchorderinfo_result":{"orderTotal":0})"))->orders.empty());
  CHECK(decoded<GetVenderInfo>(answered(R"("vender_info_result":{"cate_main":"1315"})"))->category_main == 1315);
  const auto order = decoded<GetOrder>(answered(
      R"("orderDetailInfo":{"orderInfo":{"orderEndTime":"1970-01-01 00:00:00","vatInfo":{"userName":"AAQ="},"new":{"x":[1]}}})"));
  REQUIRE(order);
  CHECK(order->order.order_end_time.empty());
  CHECK(order->order.vat_info == R"({"userName":"AAQ="})");
  CHECK(order->order.raw.find("\"new\"") != std::string::npos);
}

TEST_CASE("ENC-6: deep, odd and hostile answers end in a value or an error") {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += R"({"a":)";
  deep += R"([{"sid":"s"}])";
  for (int i = 0; i < 40; ++i) deep += '}';
  CHECK(decoded<RealtimeSessions>(answered(R"("x":)" + deep))->sessions.size() == 1);
  for (const char* body : {R"({"error_response":{"code":"19"}})", "{}", R"({"a":1,"b":2})", R"({"a_responce":"x"})",
                           R"({"a_responce":[1,2]})", R"({"a_responce":null})"}) {
    CAPTURE(body);
    CHECK(decoded<ListProductReviews>(body)->reviews.empty());
    CHECK(decoded<ListEvaluations>(body)->evaluations.empty());
    CHECK(!decoded<QueryServiceOrders>(body));
    CHECK(decoded<PushChatText>(body)->message_id.empty());
    CHECK(!decoded<MixPinToXid>(body));
  }
}
