// Messages past the reply window: by the rights the account has, and no others.
#include "facet_calls.hpp"

#include <string>

using namespace kefu;
using namespace kefu_test;

TEST_CASE("every outreach: what is missing in a message is said here, by each right the account has") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto outreach = it.channel()->outreach();
    if (!outreach) return;
    const Capabilities& can = it.channel()->capabilities();
    CHECK((can.can(Ability::subscription_message) || can.can(Ability::template_message)));
    const CustomerId customer = it.reachable().customer;
    const std::vector<OutreachMessage::Field> fields = {OutreachMessage::Field("thing1", "words")};
    const std::uint64_t before = it.calls();
    for (const OutreachBy by : {OutreachBy::subscription, OutreachBy::template_notice}) {
      const bool has =
          can.can(by == OutreachBy::subscription ? Ability::subscription_message : Ability::template_message);
      const std::string expected = has ? "bad_argument" : "unsupported";
      OutreachMessage message(by, customer, "template-1", fields);
      message.idempotency_key.assign(65, 'k');
      CHECK(outcome(outreach->send(OutreachMessage(by, CustomerId(), "template-1", fields))) == expected);
      CHECK(outcome(outreach->send(OutreachMessage(by, customer, "", fields))) == expected);
      CHECK(outcome(outreach->send(OutreachMessage(by, customer, "template-1", {}))) == expected);
      CHECK(outcome(outreach->send(message)) == expected);
    }
    CHECK(it.calls() == before);
    CHECK(it.shown().empty());
  });
}
