#include "core/report/redaction.hpp"

#include "support/planted_secrets.hpp"
#include "support/simulated_core.hpp"

#include <doctest/doctest.h>

using kefu::detail::cut_text;
using kefu::detail::is_secret_name;
using kefu::detail::needs_redaction;
using kefu::detail::redacted;

TEST_CASE("SEC-1: names of credentials are known in all their spellings, others are left alone") {
  for (const char* name :
       {"access_token", "accessToken", "ACCESS-TOKEN", "secret", "appsecret", "app_secret", "sign", "signature",
        "msg_signature", "msgSignature", "refresh_token", "component_verify_ticket", "Authorization",
        "Proxy-Authorization", "EncodingAESKey", "Cookie", "session_key", "Encrypt"})
    CHECK_MESSAGE(is_secret_name(name), name);
  for (const char* name :
       {"operation", "design", "code", "errcode", "fingerprint", "kind", "assign", "account", "tokens"})
    CHECK_MESSAGE(!is_secret_name(name), name);
}

TEST_CASE("SEC-1: values of secret names are masked in free text") {
  CHECK(redacted("GET /x?access_token=abc&y=1") == "GET /x?access_token=***&y=1");
  CHECK(redacted(R"({"access_token":"abc","expires_in":7200})") == R"({"access_token":"***","expires_in":7200})");
  CHECK(redacted(R"({"secret" : "a b", "x":1})") == R"({"secret" : "***", "x":1})");
  CHECK(redacted("Authorization: Bearer abc def") == "Authorization: *** def");
  CHECK(redacted("sign=ABC, secret=; end") == "sign=***, secret=; end");
  CHECK(redacted("no usable token: the store is locked") == "no usable token: the store is locked");
}

TEST_CASE("SEC-1: long hex and base64 runs are masked wherever they stand") {
  const std::string hex = "0f1a2b3c4d5e6f708192a3b4c5d6e7f8";
  CHECK(redacted("got " + hex + ".") == "got ***.");
  CHECK(redacted("再授权访问 a1b2c3d4e5f64718829304a5b6c7d8e9njaz") ==
        "再授权访问 ***");  // JD's: 32 digits and 4 letters
  const std::string token(138, 'Q');
  CHECK(redacted("<" + token + ">") == "<***>");
  CHECK(redacted("https://h/a/" + token) == "https:***");
  CHECK(redacted(std::string("key ") + kefu_test::kPlantedAesKey).find(kefu_test::kPlantedAesKey) == std::string::npos);
}

TEST_CASE("ids of people, messages, requests and paths stay readable") {
  for (const char* text :
       {"openid o6_bmjrPTlm6_2sgVt7hMZOPfL2M", "rid: 5f3ded7d-22929d02-4ba1f5f6", "msgid 49000000000000000001",
        "/cgi-bin/message/custom/business/typing", "raw:/cgi-bin/component/api_component_token/create_preauthcode",
        "wx5823bf96d3bd56c7", "errcode 45015: response out of time limit", "fingerprint secret:3f9a", ""}) {
    CHECK(redacted(text) == text);
    CHECK_FALSE(needs_redaction(text));
  }
}

TEST_CASE("text is cut at the border of a character") {
  CHECK(cut_text("客服", 6) == "客服");
  CHECK(cut_text("客服", 5) == "客");
  CHECK(cut_text("客服", 2).empty());
  CHECK(cut_text("ab", 1) == "a");
}

TEST_CASE("SEC-1: the observer of the host never sees a planted secret") {
  const auto seen = std::make_shared<kefu_test::RecordingObserver>();
  const auto sink = kefu::detail::make_redacting(seen);
  CHECK_FALSE(static_cast<bool>(kefu::detail::make_redacting(nullptr)));
  const std::string aes = kefu_test::kPlantedAesKey;
  const std::string token = kefu_test::kPlantedAccessToken;
  const kefu::Attributes attributes{{"operation", "wechat.token"}, {"access_token", token}, {"note", aes}};
  sink->log({kefu::LogLevel::info, "e", "url /x?access_token=" + token, attributes});
  sink->metric({kefu::MetricRecord::Type::counter, "m", 1, attributes});
  sink->span({"s", {}, {}, {}, 0, 1, 0, {}, attributes});
  const bool leaked = seen->all().find(aes) != std::string::npos || seen->all().find(token) != std::string::npos;
  CHECK_FALSE(leaked);
  CHECK(seen->count("operation=wechat.token,access_token=***,note=***") == 3);
}
