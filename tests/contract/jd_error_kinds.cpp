// Walks the rows of error-kinds.json for JD through a shop's raw calls, as error_kinds.cpp does for WeChat.
#include "core/call/fault_table.hpp"
#include "support/jd_world.hpp"
#include "support/vectors.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace kefu;
using detail::Value;
using kefu_test::JdWorld;

namespace {

constexpr char kMethod[] = "jingdong.asc.query.list";
constexpr char kGrant[] = "jingdong.com.jd.dd.open.gw.api.GrantService";
constexpr char kGenericPush[] = "jingdong.com.jd.dd.open.gw.api.MessagePushService";
constexpr const char* kSends[] = {
    "jingdong.MessagePushService.pushChatTextMessage", "jingdong.MessagePushService.pushChatImageMessage",
    "jingdong.dongdong.packet.josChatMessage.push", "jingdong.com.jd.dd.open.gw.api.MessagePushService"};

std::string gateway_error(const std::string& code) { return JdWorld::error_response(code); }
std::string node_error(const std::string& code) {
  return R"({"jingdong_asc_query_list_responce":{"code":)" + code + R"(,"error_description":"as the platform says"}})";
}
std::string node(const std::string& inside) { return R"({"jingdong_x_responce":)" + inside + "}"; }

/// The row that holds for this effect: the one for `create`, else the one without a condition.
struct ExpectedRows {
  std::map<std::string, Value> general;
  std::map<std::string, Value> create;

  explicit ExpectedRows(Value rows) {
    for (const Value row : rows.items())
      (row["when"].text() == "create" ? create : general).emplace(std::string(row["code"].text()), row);
  }
  Value of(const std::string& code, Effect effect) const {
    if (effect == Effect::create)
      if (const auto found = create.find(code); found != create.end()) return found->second;
    return general.at(code);
  }
};

std::size_t expected_tries(const std::string& code, Value row) {
  if (row["refresh_token"].boolean().value_or(false)) return 2;  // one renewal, one repeat
  if (row["retry"].text() != "after_backoff") return 1;
  if (code == "8") return 2;
  if (code == "67") return 3;
  return 4;
}

void check_row(const Error& error, const std::string& code, Value row) {
  CHECK(to_string(error.kind()) == row["kind"].text());
  CHECK(to_string(error.delivery()) == row["delivery"].text());
  CHECK(error.platform_code() == code);
  CHECK(error.message().find(row["advice"].text()) != std::string::npos);
}

Error failure(const std::string& method, const std::string& body, Effect effect) {
  const JdWorld world;
  world.answer(body);
  const auto result = world.call(method, effect);
  REQUIRE_MESSAGE(!result, body);
  CHECK(world.transport->count() == 1);
  return result.error();
}

/// The row for this effect wins over the one without.
std::optional<Value> exception_for(Value kinds, std::string_view when, Effect effect = Effect::read) {
  std::optional<Value> found;
  for (const Value row : kinds["unknown_code"]["exceptions"].items()) {
    if (row["platform"].text() != "jd" || row["when"].text() != when) continue;
    if (row["effect"] ? effect == Effect::create : !found) found = row;
  }
  return found;
}

}  // namespace

TEST_CASE("ERR-1 ERR-2 ERR-3: every code of JD's gateway means what the table says, for a read and for a write") {
  const auto kinds = kefu_test::load_vectors("error-kinds.json");
  const ExpectedRows rows(kinds.root()["jd"]);
  int checked = 0;
  for (const auto& [code, unused] : rows.general) {
    for (const Effect effect : {Effect::read, Effect::idempotent, Effect::create}) {
      for (const bool in_node : {false, true}) {
        CAPTURE(code);
        CAPTURE(static_cast<int>(effect));
        CAPTURE(in_node);
        const Value row = rows.of(code, effect);
        JdWorld world;
        world.answer(in_node ? node_error(code) : gateway_error(code));
        const auto result = world.call(kMethod, effect);
        REQUIRE(!result);
        check_row(result.error(), code, row);
        CHECK(result.error().details().platform_message == (in_node ? "as the platform says" : "平台的话"));
        CHECK(world.transport->count() == expected_tries(code, row));
        ++checked;
      }
    }
  }
  CHECK(rows.general.size() >= 44);
  CHECK(checked == 6 * static_cast<int>(rows.general.size()));
}

TEST_CASE("ERR-3: the vectors' classes of all codes agree with the kinds") {
  const auto vectors = kefu_test::load_vectors("jd.json");
  const auto kinds = kefu_test::load_vectors("error-kinds.json");
  const ExpectedRows rows(kinds.root()["jd"]);
  int checked = 0;
  for (const Value entry : vectors.root()["error_codes"].items()) {
    const std::string code(entry["code"].text());
    CAPTURE(code);
    CHECK(rows.general.count(code) == 1);
    ++checked;
  }
  CHECK(checked == static_cast<int>(rows.general.size()));
}

TEST_CASE("ERR-2: an unknown code is given up, never repeated, and may have been acted upon by a write") {
  for (const Effect effect : {Effect::read, Effect::create}) {
    const Error error = failure(kMethod, gateway_error("10100019"), effect);
    CHECK(error.kind() == ErrorKind::internal);
    CHECK(error.delivery() == (effect == Effect::create ? Delivery::unknown : Delivery::refused));
    CHECK(error.platform_code() == "10100019");
  }
}

TEST_CASE(
    "ERR-3 shops A1: results inside the node are declined on business grounds, numbers of writes and DongDong's sends "
    "with doubt") {
  const auto kinds = kefu_test::load_vectors("error-kinds.json");
  for (const Effect effect : {Effect::read, Effect::create}) {
    const auto business = exception_for(kinds.root(), "business_result");
    const auto by_number = exception_for(kinds.root(), "business_result", effect);
    REQUIRE((business.has_value() && by_number.has_value()));
    for (const char* code : {"1", "19", "65", "777"}) {  // numbers of another space, also where the gateway has them
      CAPTURE(code);
      const std::string inside = std::string(R"({"code":"0","result":{"success":false,"code":")") + code + R"("}})";
      check_row(failure(kMethod, node(inside), effect), code, *business);
      const std::string flat = std::string(R"({"code":")") + code + R"(","errmsg":"m"})";
      check_row(failure(kGrant, node(flat), effect), code, *by_number);
      const std::string unflagged = std::string(R"({"code":"0","result":{"code":")") + code + R"("}})";
      check_row(failure(kMethod, node(unflagged), effect), code, *by_number);
    }
    const auto send = exception_for(kinds.root(), "dongdong_send");
    REQUIRE(send.has_value());
    for (const char* method : kSends) {
      CAPTURE(method);
      check_row(failure(method, node(R"({"code":"230001","errmsg":"m"})"), effect), "230001", *send);
      check_row(failure(method, node(R"({"code":"65","errmsg":"m"})"), effect), "65", *send);
      check_row(failure(method, node(R"({"code":"0","result":{"code":"5"}})"), effect), "5", *send);
    }
  }
}

TEST_CASE("ERR-3: codes that say success beside 0") {
  const auto kinds = kefu_test::load_vectors("error-kinds.json");
  const std::map<std::string, const char*> methods{
      {"dongdong_grant", kGrant}, {"dongdong_push", kGenericPush}, {"return_type", kMethod}};
  int checked = 0;
  for (const Value row : kinds.root()["code_0_or_absent"]["also_success"].items()) {
    if (row["platform"].text() != "jd") continue;
    const std::string when(row["when"].text());
    const std::string code(row["code"].text());
    CAPTURE(when);
    JdWorld world;
    world.answer(when == "return_type" ? node(R"({"code":"0","returnType":{"code":)" + code + "}}")
                                       : node(R"({"errmsg":"","code":")" + code + R"("})"));
    CHECK(world.call(methods.at(when), Effect::create).has_value());
    ++checked;
  }
  CHECK(checked == 3);
}

TEST_CASE("ERR-3: answers of the authorization host end the authorization, but for one that is out of order") {
  const auto kinds = kefu_test::load_vectors("error-kinds.json");
  const auto row = exception_for(kinds.root(), "oauth");
  REQUIRE(row.has_value());
  for (const char* path : {"/oauth2/access_token", "/oauth2/refresh_token", "/oauth/token"}) {
    CAPTURE(path);
    const JdWorld world;
    const auto call = [&](const std::string& body, int status) {
      world.transport->on(path, [=](const HttpRequest&) { return JdWorld::json_reply(body, status); });
      return world.shop->call(RawCall("GET", path, "", Effect::idempotent)).get();
    };
    for (const int status : {200, 400, 401}) {
      const auto refused = call(R"({"code":400,"msg":"no","requestId":"r-1"})", status);
      REQUIRE(!refused);
      check_row(refused.error(), "400", *row);
      CHECK(refused.error().details().request_id == "r-1");
      CHECK(refused.error().details().platform_message == "no");
    }
    const auto word = call(R"({"error":"invalid_grant","error_description":"d"})", 400);
    REQUIRE(!word);
    check_row(word.error(), "invalid_grant", *row);
    for (const int status : {500, 502, 429}) {
      const auto busy = call(R"({"code":500,"msg":"busy"})", status);
      REQUIRE(!busy);
      CHECK(busy.error().kind() == (status == 429 ? ErrorKind::rate_limited : ErrorKind::unavailable));
    }
    CHECK(call(R"({"code":0,"access_token":"t"})", 200).has_value());
    CHECK(call(R"({"access_token":"t"})", 200).has_value());
  }
}

TEST_CASE("JD 2.2: the old authorization host's GBK is read, whole or broken; the gateway's is not taken for it") {
  const JdWorld world;
  const auto description = [&](const std::string& body) {
    world.transport->on("/oauth/token", [=](const HttpRequest&) { return JdWorld::json_reply(body); });
    const auto result = world.shop->call(RawCall("GET", "/oauth/token", "", Effect::idempotent)).get();
    REQUIRE(!result);
    CHECK(result.error().platform_code() == "402");
    return result.error().details().platform_message;
  };
  const std::string gbk = "\xCA\xDA\xC8\xA8\xC2\xEB";  // 授权码
  CHECK(description(R"({"code":402,"error_description":")" + gbk + "\"}") == "授权码");
  CHECK(description(R"({"code":402,"error_description":"授权码"})") == "授权码");
  CHECK(description("{\"code\":402,\"error_description\":\"\xCA\xDA\xFF\xFF\"}").find("\xEF\xBF\xBD") !=
        std::string::npos);
  world.answer("{\"error_response\":{\"code\":\"60\",\"zh_desc\":\"" + gbk + "\"}}");
  CHECK(world.call(kMethod).error().details().platform_message.find("\xEF\xBF\xBD") != std::string::npos);
}

TEST_CASE("JD code 8: one repeat, freshly signed, and the error tells how far the clock is off") {
  JdWorld world;
  const std::string now = "Thu, 01 Jan 1970 00:00:00 GMT";
  const auto message = [&](HttpFields headers) {
    world.transport->on(
        "/routerjson",
        [headers = std::move(headers)](const HttpRequest&) {
          return JdWorld::json_reply(gateway_error("8"), 200, headers);
        },
        Millis(2000));
    const auto before = world.transport->count();
    const auto result = world.call(kMethod, Effect::create);
    REQUIRE(!result);
    CHECK(result.error().kind() == ErrorKind::configuration);
    const auto requests = world.transport->requests();
    REQUIRE(requests.size() == before + 2);
    const std::string& first = requests[before].body;
    const std::string& second = requests[before + 1].body;
    CHECK(first.substr(first.find("timestamp=")) != second.substr(second.find("timestamp=")));
    CHECK(first.substr(first.find("sign="), 37) != second.substr(second.find("sign="), 37));
    return result.error().message();
  };
  // The simulated clock stands where it was left by the pause before the repeat: told from the answer of that moment.
  const auto moved = [&](std::int64_t seconds) {
    world.transport->on("/routerjson", [&world, seconds](const HttpRequest&) {
      const std::time_t theirs = static_cast<std::time_t>(unix_seconds(world.time->wall()) + seconds);
      std::tm fields{};
      gmtime_r(&theirs, &fields);
      char text[64];
      std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &fields);
      return JdWorld::json_reply(gateway_error("8"), 200, {{"date", text}});
    });
    const auto result = world.call(kMethod, Effect::read);
    REQUIRE(!result);
    return result.error().message();
  };
  CHECK(message({}).find("behind") == std::string::npos);
  CHECK(message({{"date", "yesterday"}}).find("ahead") == std::string::npos);
  CHECK(message({{"date", now}}).find("ahead of the gateway's") != std::string::npos);
  CHECK(moved(431).find("The host's clock is 431 s behind the gateway's.") != std::string::npos);
  CHECK(moved(-28800).find("The host's clock is 28800 s ahead of the gateway's.") != std::string::npos);
  CHECK(moved(0).find("agrees with the gateway's") != std::string::npos);
}

TEST_CASE("JD code 8: a repeat that is accepted ends well") {
  JdWorld world;
  int asked = 0;
  world.transport->on("/routerjson", [&](const HttpRequest&) {
    return JdWorld::json_reply(++asked == 1 ? gateway_error("8") : node(R"({"code":"0"})"));
  });
  CHECK(world.call(kMethod, Effect::create).has_value());
  CHECK(asked == 2);
}

TEST_CASE("JD code 19: the token is renewed once and the call repeated with the new one") {
  JdWorld world;
  world.transport->on("/routerjson", [&](const HttpRequest& request) {
    const bool renewed = request.body.find("njaz2&") != std::string::npos;
    return JdWorld::json_reply(renewed ? node(R"({"code":"0"})") : gateway_error("19"));
  });
  CHECK(world.call(kMethod, Effect::create).has_value());
  CHECK(world.transport->count() == 2);
  CHECK(world.tokens->given == 2);
}

TEST_CASE("JD code 2: the method stays shut until a call that tries is answered") {
  JdWorld world;
  jd::ShopConfig other("shop-2");
  other.token_source = world.tokens;
  const auto second = world.make_shop(std::move(other));
  world.answer(gateway_error("2"));
  const auto first = world.call(kMethod);
  REQUIRE(!first);
  CHECK(first.error().kind() == ErrorKind::quota_exhausted);
  world.answer(node(R"({"code":"0"})"));
  const auto later = second->call(RawCall("POST", kMethod, "{}", Effect::read)).get();
  REQUIRE(!later);
  CHECK(later.error().kind() == ErrorKind::quota_exhausted);
  CHECK(later.error().delivery() == Delivery::not_sent);
  CHECK(world.transport->count() == 1);
}

TEST_CASE("ERR-1: faults of the transport mean at JD what they mean everywhere, and a write is not repeated on doubt") {
  const TransportFault faults[] = {TransportFault::dns_failure,          TransportFault::connection_refused,
                                   TransportFault::tls_handshake_failed, TransportFault::tls_verification_failed,
                                   TransportFault::reset_before_reply,   TransportFault::closed_without_reply,
                                   TransportFault::reset_inside_reply,   TransportFault::timeout_after_send,
                                   TransportFault::reply_too_large,      TransportFault::connection_lost_while_sending};
  for (const TransportFault fault : faults) {
    for (const Effect effect : {Effect::read, Effect::create}) {
      CAPTURE(static_cast<int>(fault));
      CAPTURE(static_cast<int>(effect));
      const JdWorld world;
      world.transport->on("/routerjson", [&](const HttpRequest&) { return HttpOutcome(fault, ""); });
      const auto result = world.call(kMethod, effect);
      REQUIRE(!result);
      const auto& row = detail::fault_row(detail::fault_of(fault));
      const auto& meaning = effect == Effect::create ? row.create : row.read;
      CHECK(result.error().kind() == meaning.kind);
      CHECK(result.error().delivery() == meaning.delivery);
      CHECK(world.transport->count() == (meaning.retry == detail::Retry::after_backoff ? 4 : 1));
    }
  }
}
