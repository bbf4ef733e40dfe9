// What an account refuses to be made from.
#include "support/twin_world.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

using namespace kefu;
using kefu_test::TwinWorld;
using wechat::Account;
using wechat::AccountConfig;

namespace {

/// The error of a config that is wrong in one place.
Error refusal(const std::function<void(AccountConfig&)>& spoil) {
  TwinWorld world;
  const auto runtime = world.runtime();
  AccountConfig config = TwinWorld::config();
  spoil(config);
  auto account = Account::create(*runtime, std::move(config));
  REQUIRE(!account);
  CHECK(account.error().delivery() == Delivery::not_sent);
  CHECK(account.error().to_string().find(kefu_test::kPlantedAppSecret) == std::string::npos);
  return account.error();
}

}  // namespace

TEST_CASE("TOK-8: empty, blank and placeholder credentials are refused at construction, naming the field") {
  for (const char* value :
       {"", " ", "APPID", "appid", "wx\n", "wx0123456789abcdef ", "xxxxxxxx", "客服", "a/b", "gh_0123456789ab"}) {
    CAPTURE(value);
    const Error error = refusal([&](AccountConfig& config) { config.app_id = value; });
    CHECK(error.kind() == ErrorKind::bad_argument);
    CHECK(error.message().find("app_id") == 0);
  }
  const Error long_id = refusal([](AccountConfig& config) { config.app_id = std::string(65, 'a'); });
  CHECK(long_id.message() == "app_id has 65 bytes, the limit is 64");
  for (const char* value :
       {"", " ", "\t", "APPSECRET", "secret", "your_app_secret", "********", "XXXX", "abc def", "abc\n"}) {
    CAPTURE(value);
    const Error error = refusal([&](AccountConfig& config) { config.app_secret = Secret(value); });
    CHECK(error.kind() == ErrorKind::bad_argument);
    CHECK(error.message().find("app_secret") == 0);
  }
}

TEST_CASE("a base_url that cannot work is a configuration error at construction") {
  for (const char* url :
       {"", "api.weixin.qq.com", "ftp://api.weixin.qq.com", "https://", "https://host/", "https://host/x",
        "https://host?x", "https://user@host", "https://ho st", "https://host:", "https://host:0", "https://host:65536",
        "https://host:12a", "https://:443", "https://host:123456789"}) {
    CAPTURE(url);
    const Error error = refusal([&](AccountConfig& config) { config.base_url = url; });
    CHECK(error.kind() == ErrorKind::configuration);
    CHECK(error.message().find("base_url") == 0);
  }
  TwinWorld world;
  const auto runtime = world.runtime();
  for (const char* url :
       {"https://sh.api.weixin.qq.com", "http://127.0.0.1:8080", "https://[::1]", "https://[::1]:443"}) {
    CAPTURE(url);
    AccountConfig config = TwinWorld::config();
    config.base_url = url;
    CHECK(Account::create(*runtime, std::move(config)).has_value());
  }
}

TEST_CASE("limits and callback settings that contradict the account are refused") {
  const Error limit = refusal([](AccountConfig& config) { config.calls_per_second = -1; });
  CHECK(limit.message().find("calls_per_second is -1") == 0);
  const Error push = refusal([](AccountConfig& config) {
    config.push.emplace("wxffffffffffffffff",
                        wechat::PushKeys(Secret(kefu_test::kPlantedPushToken), Secret(kefu_test::kPlantedAesKey)));
  });
  CHECK(push.kind() == ErrorKind::bad_argument);
  CHECK(push.message().find("push.app_id") == 0);
  const Error key = refusal([](AccountConfig& config) {
    config.push.emplace(config.app_id, wechat::PushKeys(Secret(kefu_test::kPlantedPushToken), Secret("too short")));
  });
  CHECK(key.message().find("aes_key") != std::string::npos);
  CHECK(key.to_string().find("too short") == std::string::npos);
}

TEST_CASE("the stranger: every setting that cannot work is refused where the account is made, by its name") {
  const auto begins = [](const char* with, const std::function<void(AccountConfig&)>& spoil) {
    const Error error = refusal(spoil);
    CHECK(error.kind() == ErrorKind::bad_argument);
    CHECK_MESSAGE(error.message().find(with) == 0, error.message());
  };
  for (const char* value : {"YOUR_APP_ID", "your-app-id"})
    begins("app_id is empty or a placeholder", [&](auto& config) { config.app_id = value; });
  for (const char* value : {"YOUR_SECRET", "yourAppSecret"})
    begins("app_secret is empty or a placeholder", [&](auto& config) { config.app_secret = Secret(value); });
  begins("max_answer_bytes is 0", [](auto& config) { config.max_answer_bytes = 0; });
  const auto with_push = [](AccountConfig& config) -> wechat::PushConfig& {
    return config.push.emplace(
        config.app_id, wechat::PushKeys(Secret(kefu_test::kPlantedPushToken), Secret(kefu_test::kPlantedAesKey)));
  };
  begins("push.keys.token is empty", [&](auto& config) { with_push(config).keys.token = Secret(); });
  begins("push.keys.encoding_aes_key has",
         [&](auto& config) { with_push(config).keys.encoding_aes_key = Secret("a"); });
  begins("push.original_id is an AppID", [&](auto& config) { with_push(config).original_id = config.app_id; });

  const auto rules = [&](const char* with, std::vector<ReplyRule> wrong) {
    begins(with, [&](auto& config) { config.reply_rules.emplace().rules = wrong; });
  };
  using std::chrono::seconds;
  rules("reply_rules.rules[0].trigger is \"\"", {ReplyRule("", 5, seconds(60))});
  rules("reply_rules.rules[1].trigger is \"mesage\", which no event of this account has: message, ",
        {ReplyRule("menu", 3, seconds(60)), ReplyRule("mesage", 5, seconds(60))});
  rules("reply_rules.rules[1].trigger is menu again",
        {ReplyRule("menu", 3, seconds(60)), ReplyRule("menu", 5, seconds(9))});
  rules("reply_rules.rules[0].messages is -1", {ReplyRule("message", -1, seconds(60))});
  rules("reply_rules.rules[0].window is 0 s", {ReplyRule("message", 5, seconds(0))});
  begins("reply_rules.remember is -1", [](auto& config) { config.reply_rules.emplace().remember = seconds(-1); });
  TwinWorld world;
  const auto runtime = world.runtime();
  for (const auto kind : {wechat::AccountKind::service_account, wechat::AccountKind::mini_program}) {
    AccountConfig config = TwinWorld::config();
    config.reply_rules = wechat::default_reply_rules(kind);
    CHECK(Account::create(*runtime, std::move(config)));
  }
}

TEST_CASE("facets that an account lacks are absent, with the reason") {
  TwinWorld world;
  const auto runtime = world.runtime();
  AccountConfig config = TwinWorld::config();
  config.verified = false;
  const auto account = TwinWorld::account(*runtime, std::move(config));
  CHECK(account->platform() == "wechat");
  CHECK(account->id() == kefu_test::kTwinApp);
  CHECK(!account->messenger());
  CHECK(!account->push_receiver());
  CHECK(!account->capabilities().missing[static_cast<std::size_t>(Facet::messenger)].empty());
  CHECK(!account->capabilities().missing[static_cast<std::size_t>(Facet::push_receiver)].empty());
  const auto sent = account->send(TwinWorld::text("hello")).get();
  REQUIRE(!sent);
  CHECK(sent.error().kind() == ErrorKind::unsupported);
  CHECK(world.sandbox.calls() == 0);
}
