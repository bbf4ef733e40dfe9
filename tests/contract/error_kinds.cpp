#include "support/vectors.hpp"
#include "support/wechat_world.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace kefu;
using kefu_test::WechatWorld;

namespace {

/// Paths on which a row of the table holds.
std::vector<std::string> paths_for(detail::Value conditions, std::string_view when) {
  if (when.empty()) return {"/cgi-bin/anything"};
  if (when == "on_behalf") return {"/cgi-bin/component/api_authorizer_token"};
  std::vector<std::string> paths;
  for (auto path : conditions[when]["paths"].items()) paths.emplace_back(path.text());
  return paths;
}

Result<RawReply> call(WechatWorld& world, const std::string& path, Effect effect) {
  return world.account->call(RawCall("POST", path, "{}", effect)).get();
}

}  // namespace

TEST_CASE("ERR-1 ERR-2 ERR-3: every code of the table means what the table says, for a read and for a send") {
  const auto kinds = kefu_test::load_vectors("error-kinds.json");
  const auto conditions = kinds.root()["conditions"]["wechat"];
  int checked = 0;
  for (const auto& entry : kinds.root()["wechat"]) {
    const detail::Value row = entry.value;
    const std::string code(row["code"].text());
    const auto when = row["when"].text();
    if (when == "push") continue;  // numbers of another library; they never come in an answer
    for (const std::string& path : paths_for(conditions, when)) {
      for (Effect effect : {Effect::read, Effect::create}) {
        CAPTURE(code);
        CAPTURE(path);
        CAPTURE(static_cast<int>(effect));
        WechatWorld world = WechatWorld::of_any_kind();
        world.transport->on(path, [&](const HttpRequest&) { return WechatWorld::error_reply(code); });
        const auto result = call(world, path, effect);
        ++checked;
        if (row["ignored_as_success"].boolean().value_or(false)) {
          CHECK(result.has_value());
          CHECK(world.transport->count(path) == 1);
          continue;
        }
        REQUIRE(!result);
        const Error& error = result.error();
        CHECK(to_string(error.kind()) == row["kind"].text());
        CHECK(to_string(error.delivery()) == row["delivery"].text());
        CHECK(error.platform_code() == code);
        CHECK(error.details().request_id == "5f3ded7d-22929d02-4ba1f5f6");
        CHECK(!error.message().empty());
        if (row["retry_after_s"]) {
          REQUIRE(error.details().retry_after.has_value());
          CHECK(error.details().retry_after->count() == *row["retry_after_s"].integer() * 1000);
        }
        const auto tries = world.transport->count(path);
        if (row["refresh_token"].boolean().value_or(false))
          CHECK(tries == 2);  // TOK-4
        else if (row["retry"].text() == "after_backoff" && row["retry_after_s"].integer().value_or(0) < 10)
          CHECK(tries == 4);
        else
          CHECK(tries == 1);
      }
    }
  }
  CHECK(checked >= 700);
}

TEST_CASE("ERR-1: codes that were seen outside and are in no list of the platform") {
  struct Seen {
    const char* code;
    ErrorKind kind;
    Delivery delivery;
  };
  for (const auto& [code, kind, delivery] :
       {Seen{"40101", ErrorKind::bad_argument, Delivery::refused},
        Seen{"40102", ErrorKind::bad_argument, Delivery::refused},
        Seen{"53503", ErrorKind::conflict, Delivery::refused}, Seen{"53504", ErrorKind::conflict, Delivery::refused},
        Seen{"53505", ErrorKind::conflict, Delivery::refused}}) {
    CAPTURE(code);
    WechatWorld world = WechatWorld::of_any_kind();
    const std::string text = code;
    world.transport->on("/cgi-bin/anything", [&](const HttpRequest&) { return WechatWorld::error_reply(text); });
    const auto result = call(world, "/cgi-bin/anything", Effect::create);
    REQUIRE(!result);
    CHECK(result.error().kind() == kind);
    CHECK(result.error().delivery() == delivery);
    CHECK(world.transport->count("/cgi-bin/anything") == 1);
  }
}

TEST_CASE("ERR-2: an unknown code is given up, never repeated, and may have been acted upon by a send") {
  for (Effect effect : {Effect::read, Effect::create}) {
    WechatWorld world = WechatWorld::of_any_kind();
    world.transport->on("/cgi-bin/anything", [](const HttpRequest&) { return WechatWorld::error_reply("987654"); });
    const auto result = call(world, "/cgi-bin/anything", effect);
    REQUIRE(!result);
    CHECK(result.error().kind() == ErrorKind::internal);
    CHECK(result.error().delivery() == (effect == Effect::create ? Delivery::unknown : Delivery::refused));
    CHECK(result.error().platform_code() == "987654");
    CHECK(world.transport->count("/cgi-bin/anything") == 1);
  }
}

TEST_CASE("ENC-6: errcode as a string, as 0 and absent") {
  for (const char* body : {R"({"errcode":"0","errmsg":"ok"})", R"({"errcode":0})", R"({"ip_list":[]})"}) {
    WechatWorld world = WechatWorld::of_any_kind();
    world.transport->on("/cgi-bin/anything", [&](const HttpRequest&) { return WechatWorld::json_reply(body); });
    CHECK(call(world, "/cgi-bin/anything", Effect::read).has_value());
  }
  WechatWorld world = WechatWorld::of_any_kind();
  world.transport->on("/cgi-bin/anything",
                      [](const HttpRequest&) { return WechatWorld::json_reply(R"({"errcode":"45047"})"); });
  const auto result = call(world, "/cgi-bin/anything", Effect::create);
  REQUIRE(!result);
  CHECK(result.error().kind() == ErrorKind::window_closed);
}

TEST_CASE("TOK-4 TOK-5: a platform that always says 40001 sees two calls, one normal and one forced fetch") {
  WechatWorld world = WechatWorld::of_any_kind();
  world.transport->on("/cgi-bin/anything", [](const HttpRequest&) { return WechatWorld::error_reply("40001"); });
  const auto result = call(world, "/cgi-bin/anything", Effect::create);
  REQUIRE(!result);
  CHECK(result.error().kind() == ErrorKind::credentials_refused);
  CHECK(world.transport->count("/cgi-bin/anything") == 2);
  // The first token, the normal fetch that brings the refused one again, the forced one.
  CHECK(world.transport->count("/cgi-bin/stable_token") == 3);
}
