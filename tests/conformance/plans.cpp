// What a messenger says of a message before anything is sent, against what it then does.
#include "channel_under_test.hpp"

#include <string>

using namespace kefu;
using namespace kefu_test;

namespace {

/// Plans, which changes nothing, then sends: both say the same.
void check_plan(ChannelUnderTest& it, const Message& message) {
  const auto messenger = it.channel()->messenger();
  const std::uint64_t calls = it.calls();
  const std::size_t shown = it.shown().size();
  const auto plan = messenger->plan(message).get();
  REQUIRE_MESSAGE(plan.has_value(), why(plan));
  CHECK(it.calls() == calls);
  CHECK(it.shown().size() == shown);
  CHECK(plan->allowed == !plan->refusal.has_value());

  const auto sent = messenger->send(message).get();
  CHECK_MESSAGE(sent.has_value() == plan->allowed, why(sent));
  if (!plan->allowed) {
    if (!sent) CHECK(sent.error().kind() == plan->refusal->kind());
    CHECK(it.calls() == calls);
    return;
  }
  REQUIRE(sent.has_value());
  CHECK(plan->messages == sent->parts.size());
  CHECK(it.shown().size() == shown + plan->messages);
  REQUIRE(plan->changes.size() == sent->changes.size());
  for (std::size_t i = 0; i < sent->changes.size(); ++i) CHECK(plan->changes[i].what == sent->changes[i].what);
  CHECK(plan->alternatives.empty());
}

}  // namespace

TEST_CASE("every messenger: a plan says what a send then does, for each kind of content, and sends nothing") {
  over_every_channel([](ChannelUnderTest& it) {
    if (!it.channel()->messenger()) return;
    for (std::size_t i = 0; i < kContentKinds; ++i) {
      const auto kind = static_cast<ContentKind>(i);
      CAPTURE(to_string(kind));
      Message message(it.reachable(), smallest(it, kind, "mark"));
      check_plan(it, message);
      message.allow = Adaptation::any();
      check_plan(it, message);
    }
  });
}

TEST_CASE("every messenger: a plan refuses what a send refuses, and counts the parts of a long text") {
  over_every_channel([](ChannelUnderTest& it) {
    if (!it.channel()->messenger()) return;
    const Address to = it.reachable();
    check_plan(it, Message(to, TextContent("")));
    check_plan(it, Message(to, TextContent("\xff")));
    check_plan(it, Message(Address("somebody-else", to.customer, to.thread), TextContent("a")));
    if (!it.facts().thread_is_enough) check_plan(it, Message(Address("", CustomerId(), to.thread), TextContent("a")));
    const std::size_t limit = it.channel()->capabilities().rule(ContentKind::text).max_bytes;
    if (limit == 0) return;
    Message message(to, TextContent(std::string(limit * 2 + 1, 'x')));
    check_plan(it, message);
    message.allow.split_text = true;
    check_plan(it, message);
  });
}

TEST_CASE("every messenger: an account that was removed plans nothing, nor does one whose runtime ended") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto messenger = it.channel()->messenger();
    if (!messenger) return;
    const Message message(it.reachable(), TextContent("a"));
    it.remove();
    CHECK(outcome(messenger->plan(message)) == "cancelled");
    it.runtime().stop();
    CHECK(outcome(messenger->plan(message)) == "cancelled");
  });
}
