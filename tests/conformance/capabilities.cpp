// What an account says about itself, against what it is.
#include "facet_calls.hpp"

#include <string>
#include <vector>

using namespace kefu;
using namespace kefu_test;

namespace {

/// All of it as text: equal exactly if the capabilities are.
std::string all_of(const Capabilities& c) {
  std::string text = c.platform + "/" + c.account_kind;
  for (const ContentRule& rule : c.content)
    text += "|" + std::to_string(rule.supported) + "," +
            (rule.becomes ? std::string(to_string(*rule.becomes)) : std::string("-")) + "," +
            std::to_string(rule.max_bytes) + "," + std::to_string(rule.max_items) + "," + rule.reason;
  for (const auto& reason : c.missing) text += "|" + reason;
  for (const auto& reason : c.cannot) text += "|" + reason;
  return text + "|" + std::to_string(c.key_memory.count());
}

}  // namespace

TEST_CASE("every channel: it is what it says, has what it should, and gives a reason for everything it lacks") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto channel = it.channel();
    const ChannelFacts facts = it.facts();
    const Capabilities& can = channel->capabilities();
    CHECK(channel->platform() == facts.platform);
    CHECK(channel->id() == facts.id);
    CHECK(can.platform == facts.platform);
    CHECK(can.account_kind == facts.account_kind);
    for (const Facet facet : facts.facets) CHECK_MESSAGE(can.has(facet), can.missing[static_cast<std::size_t>(facet)]);

    for (std::size_t i = 0; i < kContentKinds; ++i) {
      const auto kind = static_cast<ContentKind>(i);
      CAPTURE(to_string(kind));
      const ContentRule& rule = can.rule(kind);
      CHECK(rule.supported == rule.reason.empty());
      if (!rule.becomes) continue;
      CHECK_FALSE(rule.supported);
      CHECK(*rule.becomes != kind);
      CHECK(can.has(Facet::messenger));
    }
    if (can.has(Facet::messenger)) CHECK(can.rule(ContentKind::text).supported);
    // Who repeats under a key (see "a send whose answer was lost") must know for how long that is safe.
    CHECK((channel->capabilities_at(it.reachable()).key_memory.count() > 0) == facts.repeats_lost_sends);
  });
}

TEST_CASE("every channel: a facet that is promised is there, the others are not") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto channel = it.channel();
    const Capabilities& can = channel->capabilities();
    CHECK(can.has(Facet::messenger) == (channel->messenger() != nullptr));
    CHECK(can.has(Facet::push_receiver) == (channel->push_receiver() != nullptr));
    CHECK(can.has(Facet::poller) == (channel->poller() != nullptr));
    CHECK(can.has(Facet::agent_sessions) == (channel->agent_sessions() != nullptr));
    CHECK(can.has(Facet::transcripts) == (channel->transcripts() != nullptr));
    CHECK(can.has(Facet::profiles) == (channel->profiles() != nullptr));
    CHECK(can.has(Facet::media_library) == (channel->media_library() != nullptr));
    CHECK(can.has(Facet::outreach) == (channel->outreach() != nullptr));
    for (std::size_t i = 0; i < kFacets; ++i) {
      const auto facet = static_cast<Facet>(i);
      CAPTURE(to_string(facet));
      if (!can.has(facet)) CHECK(can.missing[i].size() > 10);  // a sentence, not a mark
    }
  });
}

TEST_CASE("every channel: abilities of facets it lacks are denied too") {
  over_every_channel([](ChannelUnderTest& it) {
    const Capabilities& can = it.channel()->capabilities();
    const auto denied_without = [&](Facet facet, std::vector<Ability> abilities) {
      if (can.has(facet)) return;
      for (const Ability ability : abilities) {
        CAPTURE(to_string(ability));
        CHECK_FALSE(can.can(ability));
      }
    };
    denied_without(Facet::messenger, {Ability::typing});
    denied_without(Facet::agent_sessions, {Ability::agents, Ability::list_sessions, Ability::find_session,
                                           Ability::open_session, Ability::close_session, Ability::waiting});
    denied_without(Facet::transcripts, {Ability::search_transcript});
    denied_without(Facet::media_library, {Ability::permanent_media, Ability::high_quality_voice});
    denied_without(Facet::outreach, {Ability::subscription_message, Ability::template_message});
  });
}

TEST_CASE("every channel: its capabilities are one value for life, and the same for an equal account") {
  for (const ChannelRow& row : every_channel()) {
    const std::string name = row.name;
    CAPTURE(name);
    const auto it = row.make();
    const auto channel = it->channel();
    const std::string before = all_of(channel->capabilities());
    CHECK(before == all_of(row.make()->channel()->capabilities()));
    call_something(*it);
    it->spoil_credential();
    call_something(*it);
    CHECK(all_of(channel->capabilities()) == before);
    it->remove();
    CHECK(all_of(channel->capabilities()) == before);
  }
}

TEST_CASE("every channel: an ability that is promised works, another is refused with its reason and without a call") {
  over_every_channel([](ChannelUnderTest& it) {
    const Capabilities& can = it.channel()->capabilities();
    if (can.has(Facet::messenger)) CHECK(call_something(it) == "ok");  // a sign of typing follows a message
    for (std::size_t i = 0; i < kAbilities; ++i) {
      const auto ability = static_cast<Ability>(i);
      CAPTURE(to_string(ability));
      const auto call = call_of(it, ability);
      if (!call) continue;
      const std::uint64_t before = it.calls();
      const auto error = call->start({})();
      if (can.can(ability)) {
        CHECK_MESSAGE(outcome(error) == "ok", why(error));
        continue;
      }
      REQUIRE(error.has_value());
      CHECK(error->kind() == ErrorKind::unsupported);
      CHECK_MESSAGE(gives_reason(*error, can.cannot[i]), error->to_string());
      CHECK(error->delivery() == Delivery::not_sent);
      CHECK(it.calls() == before);
    }
  });
}

TEST_CASE("every channel: the sign of typing may be shown twice and taken away, wherever it is promised") {
  int promised = 0;
  over_every_channel([&](ChannelUnderTest& it) {
    const auto channel = it.channel();
    if (!channel->messenger() || !channel->capabilities().can(Ability::typing)) return;
    ++promised;
    CHECK(call_something(it) == "ok");
    const Address to = it.reachable();
    for (const bool on : {true, true, false, false}) {
      const auto done = channel->messenger()->typing(to, on).get();
      CHECK_MESSAGE(done.has_value(), why(done));
    }
    const std::uint64_t before = it.calls();
    CHECK(outcome(channel->messenger()->typing(Address("somebody-else", to.customer, to.thread), true)) ==
          "bad_argument");
    CHECK(outcome(channel->messenger()->typing(Address("", CustomerId(), to.thread), true)) == "bad_argument");
    CHECK(it.calls() == before);
  });
  CHECK(promised > 0);
}
