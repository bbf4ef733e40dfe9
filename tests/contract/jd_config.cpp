// What App::create and Shop::create refuse, and what a shop sends.
#include "support/jd_world.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace kefu;
using kefu_test::JdWorld;
using kefu_test::kJdAppKey;
using kefu_test::kPlantedAppSecret;

namespace {

jd::AppConfig good_app() { return jd::AppConfig(kJdAppKey, Secret(kPlantedAppSecret)); }

Error app_refusal(const std::function<void(jd::AppConfig&)>& spoil) {
  const JdWorld world;
  jd::AppConfig config = good_app();
  spoil(config);
  const auto made = jd::App::create(*world.runtime, std::move(config));
  REQUIRE(!made);
  CHECK(made.error().to_string().find(kPlantedAppSecret) == std::string::npos);
  return made.error();
}

std::string shop_refusal(const std::function<void(jd::ShopConfig&)>& spoil) {
  const JdWorld world;
  jd::ShopConfig config("shop");
  spoil(config);
  const auto made = jd::Shop::create(*world.app, std::move(config));
  REQUIRE(!made);
  CHECK(made.error().kind() == ErrorKind::bad_argument);
  return made.error().message();
}

bool begins_with(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

std::string field(const HttpRequest& request, const std::string& name) {
  const std::string body = "&" + request.body;
  const auto at = body.find("&" + name + "=");
  if (at == std::string::npos) return "(absent)";
  const auto begin = at + name.size() + 2;
  return body.substr(begin, body.find('&', begin) - begin);
}

}  // namespace

TEST_CASE("TOK-8: an app without real credentials is refused, naming the field") {
  for (const char* key : {"", "yourappkey", "AppKey", "APP_KEY", "xxxxxxxx", "****"}) {
    CAPTURE(key);
    const Error error = app_refusal([key](auto& config) { config.app_key = key; });
    CHECK(error.kind() == ErrorKind::bad_argument);
    CHECK(begins_with(error.message(), "app_key "));
  }
  for (const char* secret : {"", "yourappSecret", "app_secret", "XXXX"})
    CHECK(begins_with(app_refusal([secret](auto& config) { config.app_secret = Secret(secret); }).message(),
                      "app_secret "));
  CHECK(begins_with(app_refusal([](auto& config) { config.app_key += " "; }).message(), "app_key may"));
  CHECK(begins_with(app_refusal([](auto& config) { config.app_key = std::string(65, 'a'); }).message(),
                    "app_key has 65 bytes, the limit is 64"));
  CHECK(begins_with(app_refusal([](auto& config) { config.app_secret = Secret("abc\n"); }).message(), "app_secret "));
  CHECK(begins_with(app_refusal([](auto& config) { config.redirect_uri = "https://a b"; }).message(), "redirect_uri "));
  CHECK(begins_with(app_refusal([](auto& config) { config.calls_per_day = -1; }).message(), "calls_per_day is -1"));
  CHECK(
      begins_with(app_refusal([](auto& config) { config.calls_per_second = -2; }).message(), "calls_per_second is -2"));
  CHECK(begins_with(app_refusal([](auto& config) { config.polling_share = 1.5; }).message(), "polling_share is 1.5"));
  CHECK(begins_with(app_refusal([](auto& config) { config.polling_share = 0; }).message(), "polling_share is 0"));
}

TEST_CASE("NET-1: base URLs are scheme, host and port") {
  for (const char* url : {"", "api.jd.com", "ftp://api.jd.com", "https://", "https://api.jd.com/", "https://a@b",
                          "https://api.jd.com:0", "https://api.jd.com:99999", "https://api.jd.com/routerjson"}) {
    CAPTURE(url);
    const Error gateway = app_refusal([url](auto& config) { config.gateway_url = url; });
    CHECK(gateway.kind() == ErrorKind::configuration);
    CHECK(begins_with(gateway.message(), "gateway_url "));
    CHECK(begins_with(app_refusal([url](auto& config) { config.oauth_url = url; }).message(), "oauth_url "));
  }
}

TEST_CASE("a shop's settings are refused naming the field") {
  CHECK(begins_with(shop_refusal([](auto& c) { c.shop.clear(); }), "shop is empty"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.shop = std::string(65, 's'); }), "shop has 65 bytes"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.shop = "旗舰店"; }), "shop may hold"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.shop = "a\nb"; }), "shop may hold"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.dongdong.emplace("", Secret("s"), "p"); }), "dongdong.aspid"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.dongdong.emplace("a", Secret(), "p"); }), "dongdong.secret"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.dongdong.emplace("a", Secret("s"), ""); }), "dongdong.from_pin"));
  CHECK(begins_with(shop_refusal([](auto& c) {
                      c.dongdong.emplace("a", Secret("s"), "p");
                      c.dongdong->token_life = std::chrono::seconds(0);
                    }),
                    "dongdong.token_life"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.after_sale.emplace("", "p", "n"); }), "after_sale.bu_id"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.after_sale.emplace("b", "", "n"); }), "after_sale.operate_pin"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.after_sale.emplace("b", "p", ""); }), "after_sale.operate_nick"));
  const auto desk_of = [](const char* character, int count) {
    std::string name;
    for (int i = 0; i < count; ++i) name += character;
    return [name](jd::ShopConfig& c) { c.after_sale.emplace("b", "p", name); };
  };
  CHECK(begins_with(shop_refusal(desk_of("客", 51)), "after_sale.operate_nick has 51 characters, the limit is 50"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.after_sale.emplace("b", std::string(51, 'p'), "n"); }),
                    "after_sale.operate_pin has 51 characters"));
  CHECK(begins_with(
      shop_refusal([](auto& c) { c.reply_rules.emplace().rules = {ReplyRule("menu", 1, std::chrono::hours(1))}; }),
      "reply_rules.rules[0].trigger is \"menu\", which no event of this account has: message"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.polling.interval = std::chrono::seconds(0); }), "polling.interval"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.polling.overlap = std::chrono::seconds(-1); }), "polling.overlap"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.polling.look_back = std::chrono::hours(24 * 91); }),
                    "polling.look_back"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.polling.page_size = 0; }), "polling.page_size"));
  CHECK(begins_with(shop_refusal([](auto& c) { c.polling.agents = {"a", ""}; }), "polling.agents"));
}

TEST_CASE("JD-2: a call is one signed form to the router, and no secret is in its address") {
  const JdWorld world;
  world.answer(R"({"x_responce":{"code":"0"}})");
  RawCall call("POST", "jingdong.im.pop.chatlog.get", R"({"customer":"jd_客户01"})", Effect::read);
  REQUIRE(world.shop->call(call).get().has_value());
  const HttpRequest sent = world.transport->last();
  CHECK(sent.method == "POST");
  CHECK(sent.base == "https://api.jd.com");
  CHECK(sent.path == "/routerjson");
  CHECK(sent.query.empty());
  REQUIRE(sent.headers.size() == 1);
  CHECK(sent.headers[0].second == "application/x-www-form-urlencoded;charset=UTF-8");
  CHECK(sent.body.find(kPlantedAppSecret) == std::string::npos);
  CHECK(field(sent, "360buy_param_json") == "%7B%22customer%22%3A%22jd_%E5%AE%A2%E6%88%B701%22%7D");
  CHECK(field(sent, "access_token") == kefu_test::kJdToken);
  CHECK(field(sent, "app_key") == kJdAppKey);
  CHECK(field(sent, "method") == "jingdong.im.pop.chatlog.get");
  CHECK(field(sent, "v") == "2.0");
  CHECK(field(sent, "sign").size() == 32);
  CHECK(field(sent, "format") == "(absent)");
}

TEST_CASE("JD-1: other versions and parameters are signed and sent; the union's method has its own") {
  const JdWorld world;
  world.answer(R"({"x_responce":{"code":"0"}})");
  RawCall call("POST", "jingdong.a.b", "", Effect::read);
  call.query.emplace_back("v", "1.1");
  call.query.emplace_back("format", "json");
  REQUIRE(world.shop->call(call).get().has_value());
  CHECK(field(world.transport->last(), "v") == "1.1");
  CHECK(field(world.transport->last(), "format") == "json");
  CHECK(field(world.transport->last(), "360buy_param_json") == "%7B%7D");
  REQUIRE(world.shop->call(RawCall("POST", "jd.union.open.goods.query", "{}", Effect::read)).get().has_value());
  CHECK(field(world.transport->last(), "v") == "1.0");
  CHECK(field(world.transport->last(), "sign_method") == "md5");
  for (const char* name : {"remark", "method", "access_token"}) {
    RawCall bad("POST", "jingdong.a.b", "", Effect::read);
    bad.query.emplace_back(name, std::string(name) == "remark" ? "@file" : "x");
    const auto before = world.transport->count();
    const auto refused = world.shop->call(bad).get();
    REQUIRE(!refused);
    CHECK(refused.error().kind() == ErrorKind::bad_argument);
    CHECK(refused.error().delivery() == Delivery::not_sent);
    CHECK(refused.error().message().find(name) != std::string::npos);
    CHECK(world.transport->count() == before);
  }
}

TEST_CASE("paths go to the authorization host as they are, without token and sign") {
  const JdWorld world;
  world.transport->on("/oauth2/refresh_token", [](const auto&) { return JdWorld::json_reply(R"({"code":0})"); });
  RawCall call("GET", "/oauth2/refresh_token", "", Effect::idempotent);
  call.query.emplace_back("app_key", "k");
  REQUIRE(world.shop->call(call).get().has_value());
  const HttpRequest sent = world.transport->last();
  CHECK(sent.base == "https://open-oauth.jd.com");
  CHECK(sent.method == "GET");
  CHECK(sent.query == HttpFields{{"app_key", "k"}});
}

TEST_CASE("what is no address of JD's is refused before it is sent") {
  const JdWorld world;
  for (const char* method : {"", "jingdong", ".a", "a.", "a..b", "jingdong.x y", "jingdong.x/y", "jingdong.客服"}) {
    CAPTURE(method);
    const auto refused = world.shop->call(RawCall("POST", method, "{}", Effect::read)).get();
    REQUIRE(!refused);
    CHECK(refused.error().kind() == ErrorKind::bad_argument);
  }
  CHECK(world.transport->count() == 0);
}

TEST_CASE("a shop that nobody authorized answers without a call; a removed one answers cancelled") {
  const JdWorld world;
  world.answer(R"({"x_responce":{"code":"0"}})");
  const auto stranger = world.make_shop(jd::ShopConfig("stranger"));
  const auto refused = stranger->call(RawCall("POST", "jingdong.a.b", "{}", Effect::read)).get();
  REQUIRE(!refused);
  CHECK(refused.error().kind() == ErrorKind::needs_authorization);
  CHECK(refused.error().delivery() == Delivery::not_sent);
  CHECK(world.transport->count() == 0);
  CHECK(stranger->id() == "stranger");
  CHECK(stranger->platform() == "jd");
  stranger->close();
  CHECK(stranger->call(RawCall("POST", "jingdong.a.b", "{}", Effect::read)).get().error().kind() ==
        ErrorKind::cancelled);
  CHECK(world.call("jingdong.a.b").has_value());
}

TEST_CASE("the limit of calls per second holds over all shops of an application") {
  jd::AppConfig config = good_app();
  config.calls_per_second = 2;
  JdWorld world(std::move(config));
  world.answer(R"({"x_responce":{"code":"0"}})");
  jd::ShopConfig settings("shop-2");
  settings.token_source = world.tokens;
  const auto second = world.make_shop(std::move(settings));
  const auto start = world.time->mono();
  for (int i = 0; i < 6; ++i) {
    const auto& shop = i % 2 == 0 ? world.shop : second;
    CHECK(shop->call(RawCall("POST", "jingdong.a.b", "{}", Effect::read)).get().has_value());
  }
  CHECK(world.time->mono() - start >= Millis(2000));
}
