#include "support/jd_twin_world.hpp"

using kefu_test::JdTwinWorld;

TEST_CASE("a shop's signed calls are right in the twin's own judgement") {
  JdTwinWorld world;
  const auto shop = world.shop();
  world.buyer_writes("您好 👍🏻 100% = 1+1 & \"更多\"/");
  const auto log = shop->call(kefu::RawCall("POST", "jingdong.im.pop.chatlog.get",
                                            R"({"customer":"jd_buyer_001","startTime":"2024-06-01 00:00:00",)"
                                            R"("endTime":"2024-06-01 00:00:00","keyWord":"您好 👍🏻 +%/"})",
                                            kefu::Effect::read))
                       .get();
  REQUIRE_MESSAGE(log.has_value(), (log ? "" : log.error().to_string()));
  CHECK(log->body.find("👍🏻 100%") != std::string::npos);
  CHECK(world.sandbox.calls("jingdong.im.pop.chatlog.get") == 1);
}

TEST_CASE("a refused token is asked for anew, once") {
  JdTwinWorld world;
  const auto config = world.shop_config();
  const auto shop = world.shop(config);
  world.control("POST", "/jd/grants/void", R"({"shop":"flagship"})");
  const auto group = [&shop] {
    return shop->call(kefu::RawCall("POST", "jingdong.im.pop.groupinfo.get", "{}", kefu::Effect::read)).get();
  };
  const auto answered = group();
  REQUIRE_MESSAGE(answered.has_value(), (answered ? "" : answered.error().to_string()));
  CHECK(world.sandbox.calls("jingdong.im.pop.groupinfo.get") == 2);
  CHECK(std::static_pointer_cast<JdTwinWorld::TwinTokens>(config.token_source)->refused == 1);
}

TEST_CASE("a merchant's authorization goes through the login page") {
  JdTwinWorld world;
  const auto link = world.app->authorizer()->link("flagship").get();
  REQUIRE_MESSAGE(link.has_value(), (link ? "" : link.error().to_string()));
  const auto merchant = world.app->authorizer()->redeem(world.log_in(link->url)).get();
  REQUIRE_MESSAGE(merchant.has_value(), (merchant ? "" : merchant.error().to_string()));
  CHECK(merchant->id == "flagship");
  const auto token = world.sandbox.jd_token(kefu_test::kTwinJdApp, "flagship");
  REQUIRE(token.has_value());
  CHECK(std::chrono::abs(merchant->token_expires - token->expires) <= std::chrono::seconds(1));
}
