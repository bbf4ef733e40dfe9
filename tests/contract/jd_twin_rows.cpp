// Walks the rows of JD's operations: each is sent to the twin with the values of its vector, signed, and answered.
#include "support/jd_operation_cases.hpp"
#include "support/jd_twin_world.hpp"

#include <kefu/jd/operations.hpp>

#include <set>

using namespace kefu;
using kefu_test::JdTwinWorld;

namespace {

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

/// What the vectors speak of.
void furnish(JdTwinWorld& world) {
  const auto add = [&world](const char* records, const char* json) {
    const auto added = world.sandbox.jd_add("flagship", records, json);
    REQUIRE_MESSAGE(added.has_value(), (added ? "" : added.error().to_string()));
  };
  world.buyer_does("open", R"({"sid":"sid-20240601-0001","sku":100012043978})");
  world.buyer_writes("您好，这款有货吗？");
  world.agent_does("answer", R"({"pin":"jd_buyer_001","content":"您好，有货的，今天可以发出。"})");
  world.control("POST", "/jd/shops/flagship/buyers/jd_buyer_001",
                R"({"open_id":"AbCdEf0123456789AbCdEf0123456789AbCdEf01234"})");
  add("tickets",
      R"({"service_id":7001,"apply_id":6001,"order_id":255512345678,"customer":"jd_buyer_001","version":3})");
  add("orders", R"({"order_id":255512345678,"pin":"jd_buyer_001","fields":{"waybill":"JDVA00000000001"}})");
  add("reviews", R"({"id":"c-1","customer":"jd_buyer_001","score":1,"content":"太小"})");
  world.control("POST", "/jd/shops/flagship/buyers/jd_buyer_002", R"({"open_id":"AbCdEf01","mixed_pin":"enc-pin-01"})");
  add("skus", R"({"skuId":100012043978,"skuName":"示例商品 黑色 L"})");
  add("wares", R"({"wareId":10000001,"title":"示例商品"})");
  add("refunds", R"({"id":81,"status":0,"orderId":"255512345678"})");
}

}  // namespace

TEST_CASE("the twin knows every operation of JD, and they agree on which answers are guesses") {
  JdTwinWorld world;
  const auto listed = world.sandbox.control("GET", "/jd/methods");
  REQUIRE(listed.status == 200);
  const auto document = detail::Document::json(listed.body);
  const auto methods = document.root()["methods"];
  std::set<std::string> unknown;
  for (const Operation* row : jd::operations()) {
    const std::string path(row->info.path);
    if (path.front() == '/') continue;
    const auto method = methods[path];
    if (method.kind() == detail::Value::Kind::absent) unknown.insert(path);
    // What is weak for the twin may be read by analogy with a sister's answer; the reverse would be a false promise.
    if (!method.text().empty()) CHECK_MESSAGE(!row->info.weak.empty(), path);
  }
  CHECK_MESSAGE(unknown.empty(), (unknown.empty() ? "" : *unknown.begin()));
}

TEST_CASE("every operation, with the values of its vector, is taken by the twin") {
  for (const kefu_test::JdCase& one : kefu_test::jd_cases()) {
    JdTwinWorld world;
    furnish(world);
    const auto shop = world.shop();
    const auto token =
        shop->call(RawCall("POST", "jingdong.com.jd.dd.open.gw.api.GrantService",
                           R"({"aspid":"110.200.0000002.001","secret":"dd-planted-secret"})", Effect::read))
            .get();
    REQUIRE(token.has_value());
    const auto answer = detail::Document::json(token->body);
    auto node = answer.root();
    for (const auto& member : answer.root()) node = member.value;
    auto json = one.encode();
    REQUIRE(json.has_value());
    replace_all(*json, "dd-access-token", node["result"]["accessToken"].text());
    replace_all(*json, "dd-secret", "dd-planted-secret");
    const auto reply = shop->call(RawCall("POST", std::string(one.row->info.path), *json, Effect::read)).get();
    CHECK_MESSAGE(reply.has_value(), one.type << " " << *json << ": " << (reply ? "" : reply.error().to_string()));
    if (reply) CHECK_MESSAGE(reply->body.find("\"success\":false") == std::string::npos, one.type << reply->body);
  }
}
