#include "jd/answering/capabilities.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace kefu;

namespace {

jd::DongDongGrant grant() { return jd::DongDongGrant("110.200.0000002.001", Secret("dd-secret"), "flagship-zhang"); }
jd::AfterSaleDesk desk() { return jd::AfterSaleDesk("10001", "flagship-zhang", "Zhang"); }

const std::string& why(const Capabilities& c, Facet facet) { return c.missing[static_cast<std::size_t>(facet)]; }
bool says(const std::string& reason, const char* part) { return reason.find(part) != std::string::npos; }

/// Whatever is not there has a reason, and whatever is there has none.
void check_reasons(const Capabilities& c) {
  for (std::size_t i = 0; i < kContentKinds; ++i) {
    const ContentRule& rule = c.content[i];
    CHECK_MESSAGE(rule.supported == rule.reason.empty(), to_string(static_cast<ContentKind>(i)));
  }
}

}  // namespace

TEST_CASE("a shop without grants reads, and says what answers need") {
  const Capabilities c = jd::capabilities_of(jd::ShopConfig("flagship"));
  check_reasons(c);
  CHECK(c.platform == "jd");
  CHECK_FALSE(c.has(Facet::messenger));
  CHECK(says(why(c, Facet::messenger), "DongDong team"));
  CHECK(says(why(c, Facet::messenger), "after_sale"));
  CHECK_FALSE(c.rule(ContentKind::text).supported);
  for (const Facet facet : {Facet::poller, Facet::agent_sessions, Facet::transcripts, Facet::profiles})
    CHECK_MESSAGE(c.has(facet), to_string(facet));
  for (const Facet facet : {Facet::push_receiver, Facet::media_library, Facet::outreach})
    CHECK_MESSAGE(!c.has(facet), to_string(facet));
  for (const Ability ability : {Ability::agents, Ability::list_sessions, Ability::search_transcript})
    CHECK_MESSAGE(c.can(ability), to_string(ability));
  for (const Ability ability :
       {Ability::typing, Ability::find_session, Ability::open_session, Ability::close_session, Ability::waiting})
    CHECK_MESSAGE(!c.can(ability), to_string(ability));
}

TEST_CASE("a DongDong grant brings text and pictures by URL; cards become text") {
  jd::ShopConfig config("flagship");
  config.dongdong = grant();
  const Capabilities c = jd::capabilities_of(config);
  check_reasons(c);
  CHECK(c.has(Facet::messenger));
  CHECK(c.rule(ContentKind::text).supported);
  CHECK(c.rule(ContentKind::text).max_bytes == 0);
  CHECK(c.rule(ContentKind::image).supported);
  MenuContent menu("请选择", {MenuContent::Item("1", "退货"), MenuContent::Item("2", "换货")});
  const auto adapted = adapt(c, menu, Adaptation::any());
  REQUIRE(adapted.has_value());
  CHECK(std::get<TextContent>(adapted->parts.at(0)).body == "请选择\n1. 退货\n2. 换货");
  CHECK(adapted->changes.at(0).what == "menu sent as numbered text");
  for (const ContentKind kind : {ContentKind::link, ContentKind::product, ContentKind::order, ContentKind::location})
    CHECK(c.rule(kind).becomes == ContentKind::text);
  for (const ContentKind kind : {ContentKind::voice, ContentKind::video, ContentKind::file, ContentKind::raw})
    CHECK_FALSE(c.rule(kind).becomes.has_value());
}

TEST_CASE("an after-sale desk brings text alone, also beside a DongDong grant") {
  jd::ShopConfig config("flagship");
  config.after_sale = desk();
  const Capabilities alone = jd::capabilities_of(config);
  check_reasons(alone);
  CHECK(alone.has(Facet::messenger));
  CHECK(alone.rule(ContentKind::text).supported);
  CHECK_FALSE(alone.rule(ContentKind::image).supported);
  CHECK(says(alone.rule(ContentKind::image).reason, "DongDong"));

  config.dongdong = grant();
  CHECK(jd::capabilities_of(config).rule(ContentKind::image).supported);
  CHECK(jd::capabilities_of(config).key_memory == std::chrono::minutes(3));
  CHECK(jd::after_sale_capabilities(config).key_memory.count() == 0);
  CHECK(alone.key_memory.count() == 0);
  CHECK_FALSE(jd::after_sale_capabilities(config).rule(ContentKind::image).supported);
}

TEST_CASE("settings of the host show in what a shop can do") {
  jd::ShopConfig config("flagship");
  config.dongdong = grant();
  config.max_text_bytes = 900;
  config.host_feed = true;
  config.polling.chats = config.polling.evaluations = false;
  const Capabilities c = jd::capabilities_of(config);
  CHECK(c.rule(ContentKind::text).max_bytes == 900);
  CHECK(c.has(Facet::push_receiver));
  CHECK_FALSE(c.has(Facet::poller));  // after-sale polling is on, but there is no desk
  config.after_sale = desk();
  CHECK(jd::capabilities_of(config).has(Facet::poller));
}
