#include "support/jd_operation_cases.hpp"

#include <kefu/jd/dongdong.hpp>

using namespace kefu;
using namespace kefu::jd;

namespace kefu_test {
namespace {

const char* const kAspid = "110.200.0000002.001";
const char* const kAgent = "flagship-zhang";

Secret token() { return Secret("dd-access-token"); }

void check_pushed(const PushedMessage& read) {
  CHECK(read.message_id == "50010002");
  CHECK(!read.access_id.empty());
  REQUIRE(read.sent.at);
  CHECK(unix_millis(*read.sent.at) == 1717201800123);
  CHECK(read.code == "0");
  CHECK(read.raw.find("msgid") != std::string::npos);
}

PushChatMessage chat_message() {
  PushChatMessage push(token(), kAspid, "7a90b8c1-3f2b-4d55-9a10-0c1d2e3f4a5d", "0A1B2C3D4E5F60718293A4B5C6D7E8F9",
                       kAgent, BuyerIds("jd_buyer_001"), R"({"type":"text","content":"您好"})");
  push.vender_id = "10001";
  push.upid = "u-1";
  return push;
}

DispatchNotice dispatch() {
  DispatchNotice notice(Secret("notice-token"), {"flagship-zhang", "flagship-li"}, from_unix_millis(1717201800000),
                        "提醒", "有新的工单");
  notice.sender = "system";
  notice.notice_id = "n-1";
  notice.url = "https://example.com/t/1";
  return notice;
}

}  // namespace

std::vector<JdCase> jd_dongdong_cases() {
  return {
      jd_case(PushChatText(token(), kAspid, "3f2b8c1e-7a90-4d55-9a10-0c1d2e3f4a5b", kAgent,
                           BuyerIds("jd_buyer_001", "AbCdEf0123456789AbCdEf0123456789AbCdEf01234"),
                           "您好，您的订单已发出。"),
              check_pushed),
      jd_case(PushChatImage(token(), kAspid, "7a90b8c1-3f2b-4d55-9a10-0c1d2e3f4a5c", kAgent, BuyerIds("jd_buyer_001"),
                            "https://img.example.com/a.jpg"),
              check_pushed),
      jd_case(chat_message(), check_pushed),
      jd_case(ExchangeDongDongGrant(kAspid, Secret("dd-secret")),
              [](const DongDongToken& read) {
                CHECK(read.access_token == token());
                CHECK(read.code == "230031");
              }),
      jd_case(PushNotice(token(), kAspid, "7a90b8c1-3f2b-4d55-9a10-0c1d2e3f4a5e", from_unix_millis(1717201800000),
                         DongDongNotice("提醒", "有新的工单")),
              [](const DongDongResult& read) {
                CHECK(read.code == "230070");
                CHECK(read.message.empty());
              }),
      jd_case(
          QueryDongDongData(token(), kAspid, "7a90b8c1-3f2b-4d55-9a10-0c1d2e3f4a5f", from_unix_millis(1717201800000),
                            "open.0a1b.customer", "getAllocateInfoBySid", R"({"sid":"123"})"),
          [](const DongDongResult& read) { CHECK(read.raw.find("flagship-zhang") != std::string::npos); }),
      jd_case(dispatch(), [](const DongDongResult& read) { CHECK(read.code == "0"); }),
      jd_case(CheckSensitiveWords("加微信返现"),
              [](const SensitiveWordVerdict& read) {
                CHECK(read.found);
                CHECK((read.return_code == "0" && read.return_message == "success"));
                CHECK((read.result_code == "0" && read.result_message == "success"));
              }),
  };
}

}  // namespace kefu_test
