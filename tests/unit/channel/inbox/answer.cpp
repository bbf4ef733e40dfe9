// Who says an answer, under which key, and what may be changed of it.
#include "channel/inbox/records.hpp"
#include "unit/channel/inbox/shop.hpp"

#include <string>
#include <variant>

namespace {

using namespace std::chrono_literals;
using kefu::AnswerOptions;
using kefu::Content;
using kefu::Delivery;
using kefu::ErrorKind;
using kefu::Speaker;
using kefu::TextContent;
using kefu::detail::EventRecord;
using kefu_test::failure;
using kefu_test::Shop;
using kefu_test::text_of;
using kefu_test::World;

AnswerOptions by_agent() {
  AnswerOptions options;
  options.speaker = Speaker(Speaker::Kind::agent, "li@shop");
  options.speaker.ai_generated = true;
  options.idempotency_key = "order-7";
  options.allow.emplace();
  options.allow->simplify = true;
  return options;
}

void check_by_agent(const kefu::Message& message) {
  CHECK(message.speaker.kind == Speaker::Kind::agent);
  CHECK(message.speaker.agent == "li@shop");
  CHECK(message.speaker.ai_generated);
  CHECK(message.idempotency_key == "order-7");
  CHECK(message.allow.simplify);
  CHECK_FALSE(message.allow.split_text);
}

}  // namespace

TEST_CASE("an answer that names an agent leaves as a customer message though the request still waits") {
  World world;
  Shop shop(world);
  const auto request = shop.push("e1|c1|hi");
  shop.turn().answer(TextContent("hello"), by_agent());
  shop.pass(1s);
  CHECK(request->body == "success");
  REQUIRE(shop.sent().size() == 1);
  CHECK(text_of(shop.sent()[0]) == "hello");
  CHECK(shop.sent()[0].to.customer.id == "c1");
  check_by_agent(shop.sent()[0]);
}

TEST_CASE("so does one that is marked as written by AI; a key alone needs no message") {
  World world;
  Shop shop(world);
  AnswerOptions options;
  options.idempotency_key = "k1";
  const auto carried = shop.push("e1|c1|hi");
  shop.turn(0).answer(TextContent("hello"), options);
  shop.pass(1s);
  CHECK(carried->body == "hello to c1");
  CHECK(shop.sent().empty());
  options.speaker.ai_generated = true;
  const auto acknowledged = shop.push("e2|c1|hi");
  shop.turn(1).answer(TextContent("hello"), options);
  shop.pass(1s);
  CHECK(acknowledged->body == "success");
  REQUIRE(shop.sent().size() == 1);
  CHECK(shop.sent()[0].speaker.kind == Speaker::Kind::bot);
  CHECK(shop.sent()[0].speaker.ai_generated);
}

TEST_CASE("no request at another process takes it along") {
  World world;
  Shop a(world);
  Shop b(world);
  a.push("e1|c1|first");
  const auto request = b.push("e2|c1|second");
  a.turn(0).done();
  a.pass(1ms);
  a.turn(1).answer(TextContent("hello"), by_agent());
  a.pass(10s);
  CHECK(request->body == "success");
  REQUIRE(a.sent().size() == 1);
  check_by_agent(a.sent()[0]);
  CHECK(b.sent().empty());
}

TEST_CASE("who takes an answer over says it as it was meant") {
  World world;
  Shop b(world);
  {
    Shop a(world);
    a.channel->fake_messenger->fail(failure(ErrorKind::unavailable, Delivery::not_sent));
    a.push("e1|c1|hi");
    a.turn().answer(TextContent("hello"), by_agent());
    a.pass(100ms);
    CHECK(a.sent().size() == 1);
    a.runtime.stop();
  }
  b.pass(60s);
  REQUIRE(b.sent().size() == 1);
  check_by_agent(b.sent()[0]);
  CHECK(b.handled.empty());
}

TEST_CASE("without options an answer is a bot's, under a key of its event, as the Inbox allows") {
  World world;
  kefu::InboxOptions options;
  options.allow.split_text = true;
  Shop shop(world, options);
  const std::string long_id(100, 'e');
  shop.push("e1|c1|hi");
  shop.push(long_id + "|c2|hi");
  shop.pass(5s);
  shop.turn(0).answer(TextContent("late"));
  shop.turn(1).answer(TextContent("late"));
  shop.pass(1s);
  REQUIRE(shop.sent().size() == 2);
  CHECK(shop.sent()[0].speaker.kind == Speaker::Kind::bot);
  CHECK(shop.sent()[0].idempotency_key == "e1");
  CHECK(shop.sent()[0].allow.split_text);
  CHECK(shop.sent()[1].idempotency_key.size() == 64);
  CHECK(shop.sent()[1].idempotency_key != long_id.substr(0, 64));
}

TEST_CASE("how an answer is said comes back from its record as it was") {
  EventRecord record;
  record.state = EventRecord::State::answered;
  record.answer = Content(TextContent("hello"));
  CHECK(record.text().find("\"how\"") == std::string::npos);
  CHECK(EventRecord::parse(record.text())->how.speaker.kind == Speaker::Kind::bot);
  CHECK_FALSE(EventRecord::parse(record.text())->how.allow);
  CHECK_FALSE(record.needs_message());
  record.how = by_agent();
  const auto read = EventRecord::parse(record.text());
  REQUIRE(read);
  CHECK(read->needs_message());
  CHECK(read->text() == record.text());
  CHECK(read->how.speaker.kind == Speaker::Kind::agent);
  CHECK(read->how.speaker.agent == "li@shop");
  CHECK(read->how.speaker.ai_generated);
  CHECK(read->how.idempotency_key == "order-7");
  REQUIRE(read->how.allow);
  CHECK(read->how.allow->simplify);
  CHECK_FALSE(read->how.allow->split_text);
}

TEST_CASE("host writes and an answer by an agent are one commit, and the answer leaves as a message") {
  World world;
  Shop shop(world);
  const auto request = shop.push("e1|c1|hi");
  const auto finished =
      shop.turn()
          .finish({kefu::StoreWrite::put("host/order", "7", 0)}, Content(TextContent("hello")), by_agent())
          .get();
  CHECK(finished.has_value());
  shop.pass(1s);
  CHECK(request->body == "success");
  REQUIRE(shop.sent().size() == 1);
  check_by_agent(shop.sent()[0]);
}

TEST_CASE("an answer whose fate nobody knows is repeated where the platform remembers its key, and only there") {
  for (const bool remembers : {false, true}) {
    World world;
    Shop shop(world);
    if (remembers) shop.channel->abilities.key_memory = std::chrono::minutes(3);
    shop.channel->fake_messenger->fail(failure(ErrorKind::timeout, Delivery::unknown));
    shop.push("e1|c1|hi");
    shop.pass(5s);
    shop.turn().answer(TextContent("late"));
    shop.pass(60s);
    CHECK(shop.sent().size() == (remembers ? 2 : 1));
    CHECK(shop.dead().size() == (remembers ? 0 : 1));
    for (const kefu::Message& message : shop.sent()) CHECK(message.idempotency_key == "e1");
  }
}
