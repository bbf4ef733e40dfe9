#include "jd/polling/feed.hpp"

#include <doctest/doctest.h>

namespace {

using kefu::InboundEvent;
using kefu::OpenedPush;
using kefu::PushFault;
using kefu::jd::FeedReceiver;

constexpr char kSaid[] =
    R"({"id":"m1","lang":"zh_CN","type":"chat_message","from":{"pin":"jd_buyer_001","app":"im.customer"},)"
    R"("to":{"pin":"flagship-zhang","app":"im.waiter"},"body":{"type":"text","content":"您好",)"
    R"("chatinfo":{"venderId":"10001","sid":"sid-1"},"mt":1},"timestamp":1717201800123})";

const kefu::WallTime kNow = kefu::from_unix_seconds(1'717'201'900);

OpenedPush open(const std::string& body, bool polls = true, const char* method = "POST") {
  return FeedReceiver("shop", polls, nullptr).open(kefu::WebhookRequest(method, "/feed", "", body), kNow);
}
std::string with(std::string text, const std::string& what, const std::string& by) {
  const auto place = text.find(what);
  REQUIRE(place != std::string::npos);
  return text.replace(place, what.size(), by);
}

}  // namespace

TEST_CASE("the host's feed: a customer's text, an agent's, and what is neither") {
  const auto push = open(kSaid);
  REQUIRE(push.outcome == OpenedPush::Outcome::event);
  CHECK(push.answer.status == 200);
  const InboundEvent& event = push.event;
  CHECK(event.customer.id == "pin:jd_buyer_001");
  CHECK(event.thread == "sid:sid-1");
  CHECK(event.trigger == "message");
  CHECK(event.message_id == "m1");
  CHECK(event.platform_time == kefu::from_unix_millis(1'717'201'800'123));
  REQUIRE(std::holds_alternative<kefu::ReceivedText>(event.payload));
  CHECK(std::get<kefu::ReceivedText>(event.payload).body == "您好");
  const auto again = FeedReceiver("shop", true, nullptr).reopen(event.raw, kNow);
  REQUIRE(again);
  CHECK(again->event_id == event.event_id);
  CHECK(again->raw == event.raw);

  // The direction tells whose words they are.
  const auto agent = open(R"({"type":"chat_message","from":{"pin":"flagship-zhang","app":"im.waiter"},)"
                          R"("to":{"pin":"jd_buyer_001","app":"im.customer"},"body":{"type":"text","content":"在"}})");
  REQUIRE(agent.outcome == OpenedPush::Outcome::event);
  REQUIRE(std::holds_alternative<kefu::AgentSpoke>(agent.event.payload));
  CHECK(agent.event.customer.id == "pin:jd_buyer_001");
  CHECK(agent.event.trigger.empty());

  const auto picture = open(with(kSaid, R"("type":"text")", R"("type":"image")"));
  REQUIRE(picture.outcome == OpenedPush::Outcome::event);
  REQUIRE(std::holds_alternative<kefu::PlatformEvent>(picture.event.payload));
  CHECK(std::get<kefu::PlatformEvent>(picture.event.payload).name == "chat_message.image");
}

TEST_CASE("DED-2: with polling a fed text has its polled line's id, without it the message's own") {
  const auto id = [](const std::string& body, bool polls) { return open(body, polls).event.event_id; };
  const std::string other_id = with(kSaid, "\"m1\"", "\"m2\"");
  const std::string same_second = with(kSaid, "800123", "800999");
  const std::string other_words = with(kSaid, "您好", "您好！");
  CHECK(id(kSaid, true) == id(other_id, true));
  CHECK(id(kSaid, true) == id(same_second, true));
  CHECK(id(kSaid, true) != id(other_words, true));
  CHECK(id(kSaid, false) != id(other_id, false));
  CHECK(id(kSaid, false) == id(same_second, false));
  CHECK(id(kSaid, false) == id(kSaid, false));
}

TEST_CASE("the host's feed refuses what is no message, and answers nothing but a receipt") {
  CHECK(open(kSaid, true, "GET").fault == PushFault::bad_method);
  CHECK(open("no JSON").fault == PushFault::bad_envelope);
  CHECK(open("{}").fault == PushFault::bad_message);
  CHECK(open(R"({"from":{"pin":""}})").fault == PushFault::bad_message);
  CHECK(open(std::string(1024 * 1024 + 1, ' ')).fault == PushFault::too_large);
  CHECK(open("{}").answer.status == 400);

  struct Context final : kefu::ReplyContext {};
  const FeedReceiver feed("shop", true, nullptr);
  CHECK(feed.reply(Context(), kefu::NoReply(), kNow)->status == 200);
  CHECK(feed.can_carry(kefu::NoReply()));
  CHECK_FALSE(feed.can_carry(kefu::Content(kefu::TextContent("x"))));
  CHECK_FALSE(feed.can_carry(kefu::TransferToAgent()));
  const auto refused = feed.reply(Context(), kefu::Content(kefu::TextContent("x")), kNow);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == kefu::ErrorKind::unsupported);
  for (const char* raw :
       {"", "{}", R"({"kefu":1})", R"({"kefu":1,"kind":"customer","id":"x"})",
        R"({"kefu":1,"kind":"nothing","id":"jd:chat:1"})", R"({"kefu":2,"kind":"customer","id":"jd:1"})"}) {
    CAPTURE(raw);
    CHECK_FALSE(feed.reopen(raw, kNow));
  }
}
