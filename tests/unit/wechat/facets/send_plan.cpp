// What a messenger says of a message before anything is sent, and that it then does just that.
#include "support/wechat_world.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::WechatWorld;
using Way = SendAlternative::Way;

namespace {

const std::string kCustomer = "oABC1234567890abcdefghijklmn";

Message message_of(Content content) { return Message(Address("", CustomerId(kCustomer)), std::move(content)); }
Message text(std::size_t bytes) { return message_of(TextContent(std::string(bytes, 'x'))); }

void customer_writes(const WechatWorld& world) {
  const WallTime now = world.time->wall();
  REQUIRE(world.account->reply_ledger()->opened(kCustomer, "message", now, now));
}

SendPlan plan_of(const WechatWorld& world, Message message) {
  const auto plan = world.account->messenger()->plan(std::move(message)).get();
  REQUIRE_MESSAGE(plan.has_value(), (plan ? "" : plan.error().to_string()));
  return *plan;
}

std::vector<Way> ways_of(const SendPlan& plan) {
  std::vector<Way> ways;
  for (const SendAlternative& one : plan.alternatives) {
    CHECK(!one.how.empty());
    ways.push_back(one.way);
  }
  return ways;
}

/// `send` does what the plan said.
void check_against_send(WechatWorld& world, const Message& message, const SendPlan& plan) {
  world.transport->on("/cgi-bin/message/custom/send",
                      [](const HttpRequest&) { return WechatWorld::json_reply(R"({"errcode":0,"errmsg":"ok"})"); });
  const auto before = world.transport->count("/cgi-bin/message/custom/send");
  const auto sent = world.account->send(message).get();
  CHECK(sent.has_value() == plan.allowed);
  CHECK(world.transport->count("/cgi-bin/message/custom/send") - before == (plan.allowed ? plan.messages : 0));
  if (!sent) CHECK(sent.error().kind() == plan.refusal->kind());
}

}  // namespace

TEST_CASE("WIN-2: a plan says how many messages, what the window holds and until when; nothing is sent or taken") {
  WechatWorld world;
  customer_writes(world);
  Message message = text(5000);
  message.allow.split_text = true;
  for (int i = 0; i < 2; ++i) {
    const SendPlan plan = plan_of(world, message);
    CHECK(plan.allowed);
    CHECK(plan.certain);
    CHECK(!plan.refusal);
    CHECK(plan.messages == 3);
    CHECK(plan.budget == 5);
    REQUIRE(plan.until);
    CHECK(unix_seconds(*plan.until) == unix_seconds(world.time->wall() + std::chrono::hours(48)));
    CHECK(plan.changes.size() == 1);
    CHECK(plan.alternatives.empty());
  }
  CHECK(world.transport->count() == 0);
  check_against_send(world, message, plan_of(world, message));
}

TEST_CASE("WIN-2: past the window a plan names what would reach the customer, by kind of account") {
  WechatWorld world;
  customer_writes(world);
  world.time->advance(std::chrono::hours(49));
  const SendPlan plan = plan_of(world, text(10));
  CHECK(!plan.allowed);
  REQUIRE(plan.refusal);
  CHECK(plan.refusal->kind() == ErrorKind::window_closed);
  CHECK(plan.budget == 0);
  CHECK(ways_of(plan) == std::vector<Way>{Way::subscription_message, Way::template_message, Way::wait_for_contact});
  check_against_send(world, text(10), plan);

  WechatWorld mini(AccountKind::mini_program);
  customer_writes(mini);
  mini.time->advance(std::chrono::hours(49));
  CHECK(ways_of(plan_of(mini, text(10))) == std::vector<Way>{Way::subscription_message, Way::wait_for_contact});
  WechatWorld subscription(AccountKind::subscription_account);
  customer_writes(subscription);
  subscription.time->advance(std::chrono::hours(49));
  CHECK(ways_of(plan_of(subscription, text(10))) == std::vector<Way>{Way::wait_for_contact});
}

TEST_CASE("WIN-2: a message of more parts than the window holds may be sent shorter") {
  WechatWorld world;
  customer_writes(world);
  Message message = text(2048 * 6);
  message.allow.split_text = true;
  const SendPlan plan = plan_of(world, message);
  CHECK(!plan.allowed);
  CHECK(plan.messages == 6);
  CHECK(plan.budget == 5);
  CHECK(plan.refusal->message().find("6") != std::string::npos);
  CHECK(ways_of(plan).front() == Way::fewer_messages);
  check_against_send(world, message, plan);
}

TEST_CASE("a customer nothing is known of: the platform would decide") {
  const WechatWorld world;
  const SendPlan plan = plan_of(world, text(10));
  CHECK(plan.allowed);
  CHECK(!plan.certain);
  CHECK(!plan.budget);
  CHECK(!plan.until);
}

TEST_CASE("MSG-2: what a message would have to become is named and not done") {
  WechatWorld world;
  customer_writes(world);
  const Message file = message_of(LocationContent(1, 2, "shop"));
  const SendPlan location = plan_of(world, file);
  CHECK(!location.allowed);
  CHECK(location.refusal->kind() == ErrorKind::unsupported);
  REQUIRE(ways_of(location) == std::vector<Way>{Way::allow_changes});
  CHECK(location.alternatives[0].changes.size() == 1);
  check_against_send(world, file, location);

  const SendPlan too_long = plan_of(world, text(3000));
  CHECK(too_long.refusal->kind() == ErrorKind::bad_argument);
  CHECK(ways_of(too_long) == std::vector<Way>{Way::allow_changes});
  const SendPlan no_way = plan_of(world, message_of(FileContent("M")));
  CHECK(no_way.refusal->kind() == ErrorKind::unsupported);
  CHECK(no_way.alternatives.empty());
}

TEST_CASE("a field that the message's type wants is missed in the plan already") {
  WechatWorld world;
  customer_writes(world);
  const Message image = message_of(ImageContent(""));
  const SendPlan plan = plan_of(world, image);
  REQUIRE(!plan.allowed);
  CHECK(plan.refusal->message().find("media_id") != std::string::npos);
  check_against_send(world, image, plan);
  const auto nobody = world.account->messenger()->plan(Message(Address(), TextContent("x"))).get();
  CHECK(nobody->refusal->kind() == ErrorKind::bad_argument);
}

TEST_CASE("a plan ends in time and can be cancelled") {
  WechatWorld world;
  CallOptions none;
  none.timeout = Millis(0);
  CHECK(world.account->messenger()->plan(text(1), none).get().error().kind() == ErrorKind::timeout);
  CancelSource source;
  source.request();
  CallOptions cancelled;
  cancelled.cancel = source.token();
  CHECK(world.account->messenger()->plan(text(1), cancelled).get().error().kind() == ErrorKind::cancelled);
}
