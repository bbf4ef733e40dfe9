#include "unit/sandbox/jd/case.hpp"

using kefu_test::JdCase;
using kefu_test::kJdShop;

namespace {

constexpr char kPushText[] = "jingdong.MessagePushService.pushChatTextMessage";
constexpr char kPushImage[] = "jingdong.MessagePushService.pushChatImageMessage";

struct DongDongCase : JdCase {
  DongDongCase() {
    const auto granted = call("jingdong.com.jd.dd.open.gw.api.GrantService",
                              R"({"aspid":"110.200.0000002.001","secret":"dd-secret","version":"4.3"})");
    CHECK(granted["result"]["code"].integer() == 230031);
    dd_token = granted["result"]["accessToken"].text();
  }
  Answer push(std::string_view accessid, std::string_view more = R"("toPin":"jd_buyer_001","content":"您好")",
              std::string_view method = kPushText) {
    return call(method, fmt::format(R"({{"accessToken":"{}","aspid":"110.200.0000002.001","accessid":"{}",)"
                                    R"("fromPin":"flagship-zhang","fromApp":"im.waiter","toApp":"im.customer",{}}})",
                                    dd_token, accessid, more));
  }
  std::string dd_token;
};

}  // namespace

TEST_CASE("a push reaches the buyer in the open session, and the chat log") {
  DongDongCase test;
  const std::string sid = test.buyer_writes("jd_buyer_001", "在吗");
  const auto pushed = test.push("a-1");
  CHECK(pushed.code == "0");
  CHECK(pushed["accid"].text() == "a-1");
  CHECK(!pushed["msgid"].text().empty());
  CHECK(pushed["sendTimestamp"].text() == "1717201800000");
  const auto received = test.sandbox.jd_received(kJdShop, "jd_buyer_001");
  REQUIRE(received.size() == 1);
  CHECK(received[0].channel == "dongdong");
  CHECK(received[0].text == "您好");
  CHECK(received[0].agent == "flagship-zhang");
  CHECK(received[0].thread == sid);
  CHECK(received[0].accessid == "a-1");
  const auto log =
      test.call("jingdong.im.pop.chatlog.get", R"({"customer":"jd_buyer_001","startTime":"2024-06-01 00:00:00",)"
                                               R"("endTime":"2024-06-01 00:00:00"})");
  CHECK(log["ChatLogPage"]["chatLogList"].items().at(1)["waiterSend"].boolean() == true);
  CHECK(test.push("a-2", R"("toPin":"jd_buyer_001","url":"https://img.example.com/a.jpg")", kPushImage).code == "0");
  CHECK(test.sandbox.jd_received(kJdShop, "jd_buyer_001", 1).at(0).url == "https://img.example.com/a.jpg");
}

TEST_CASE("DED-3 JD-5: an accessid is processed once within three minutes") {
  DongDongCase test;
  test.buyer_writes("jd_buyer_001", "在吗");
  const auto first = test.push("a-1");
  test.pass(179);
  const auto again = test.push("a-1");
  CHECK(again.code == "0");
  CHECK(again["msgid"].text() == first["msgid"].text());
  CHECK(test.sandbox.jd_received(kJdShop, "jd_buyer_001").size() == 1);
  test.turn("jd_duplicate_accessid_code", 230088);
  CHECK(test.push("a-1").code == "230088");
  test.pass(1);
  CHECK(test.push("a-1").code == "0");
  CHECK(test.sandbox.jd_received(kJdShop, "jd_buyer_001").size() == 2);
}

TEST_CASE("a push wants a token, an accessid, something to say, a receiver and an open session") {
  DongDongCase test;
  CHECK(test.push("a-1").code == "230005");
  test.control("POST", "/jd/shops/flagship/buyers/jd_buyer_001", R"({"open_id":"open-1","xid":"o*AAT1"})");
  CHECK(test.push("a-1").code == "230002");
  const std::string sid = test.buyer_writes("jd_buyer_001", "在吗");
  CHECK(test.push("").code == "230003");
  CHECK(test.push("a-1", R"("toPin":"jd_buyer_001")").code == "230004");
  CHECK(test.push("a-2", R"("open_id_buyer":"open-1","content":"您好")").code == "0");
  CHECK(test.push("a-3", R"("xid_buyer":"o*AAT1","content":"您好")").code == "0");
  CHECK(test.push("a-4", fmt::format(R"("toPin":"jd_buyer_001","content":"x","chatinfo":{{"sid":"{}"}})", sid)).code ==
        "0");
  CHECK(test.push("a-5", R"("toPin":"jd_buyer_001","content":"x","chatinfo":"{\"sid\":\"other\"}")").code == "230002");
  test.turn("jd_session_window_s", 600);
  test.pass(601);
  CHECK(test.push("a-6").code == "230002");
  test.buyer_writes("jd_buyer_001", "还在吗");
  CHECK(test.push("a-7").code == "0");
  test.buyer_does("jd_buyer_001", "end");
  CHECK(test.push("a-8").code == "230002");
  test.turn("jd_no_session_code", 0);
  CHECK(test.push("a-9").code == "0");
  test.pass(7200);
  CHECK(test.push("a-10").code == "230001");
}

TEST_CASE("the packet form and the JSON form carry the message inside strings") {
  DongDongCase test;
  const std::string sid = test.buyer_writes("jd_buyer_001", "在吗");
  const auto packet =
      test.call("jingdong.dongdong.packet.josChatMessage.push",
                fmt::format(R"({{"param1":{{"aspid":"110.200.0000002.001","accessid":"p-1","accessToken":"{}"}},)"
                            R"("param2":{{"fromPin":"flagship-zhang","toPin":"jd_buyer_001",)"
                            R"("body":"{{\"type\":\"text\",\"content\":\"包裹\"}}"}}}})",
                            test.dd_token));
  CHECK(packet.code == "0");
  const auto json = [&test](std::string_view message) {
    return test
        .call("jingdong.com.jd.dd.open.gw.api.MessagePushService",
              fmt::format(R"({{"accessToken":"{}","aspid":"110.200.0000002.001","accessid":"j-1",)"
                          R"("jsonMsg":{}}})",
                          test.dd_token, message))["result"]["code"]
        .integer();
  };
  CHECK(json(R"("{\"type\":\"chat_message\",\"from\":{\"pin\":\"flagship-zhang\"},\"to\":{\"pin\":\"jd_buyer_001\"},)"
             R"(\"body\":{\"type\":\"text\",\"content\":\"整条\"}}")") == 230070);
  CHECK(json(R"("{\"type\":\"notice_message\",\"title\":\"提醒\",\"content\":\"有新的工单\"}")") == 230070);
  CHECK(json(R"("[]")") == 230071);
  const auto received = test.sandbox.jd_received(kJdShop, "jd_buyer_001");
  REQUIRE(received.size() == 2);
  CHECK(received[0].text == "包裹");
  CHECK(received[1].text == "整条");
  CHECK(test.control("GET", "/jd/shops/flagship/notices").root()["notices"].size() == 1);
}

TEST_CASE("sensitive words are found") {
  DongDongCase test;
  const auto found = [&test](std::string_view text) {
    return test
        .call("jingdong.risk.sensitiveWordCheck",
              fmt::format(R"({{"appId":"im.customer","clientType":"pc","content":"{}","scope":"customer"}})",
                          text))["returnType"]["responseBody"]["containSensitiveWord"]
        .boolean();
  };
  CHECK(found("加微信返现") == true);
  CHECK(found("您好") == false);
}
