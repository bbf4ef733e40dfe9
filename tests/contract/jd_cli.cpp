// What stands behind `kefu jd sign --json` and the configuration of the `kefu jd` commands.
#include "cli/jd_config.hpp"
#include "cli/jd_sign_cases.hpp"
#include "cli/pretty_json.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "support/vectors.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

using namespace kefu;
using detail::Document;
using detail::Value;

namespace {

std::string as_json(Value value) { return kefu_cli::pretty_json(value); }

std::string one_line(std::string json) {
  for (char& c : json)
    if (c == '\n') c = ' ';
  return json;
}

std::string config_refusal(std::string_view json) {
  const auto config = kefu_cli::read_jd_config(json);
  REQUIRE(!config);
  CHECK(config.error().kind() == ErrorKind::bad_argument);
  return config.error().message();
}

}  // namespace

TEST_CASE("JD-1: the lines of the vectors give their signs, in order") {
  const auto vectors = kefu_test::load_vectors("jd.json");
  std::ostringstream lines;
  std::ostringstream expected;
  for (const Value vector : vectors.root()["signature"]["vectors"].items()) {
    lines << one_line(as_json(vector)) << "\n\n";
    std::string line;
    detail::JsonWriter(line)
        .begin_object()
        .key("id")
        .string(vector["id"].text())
        .key("sign")
        .string(vector["sign"].text())
        .end_object();
    expected << line << '\n';
  }
  std::istringstream in(lines.str());
  std::ostringstream out;
  CHECK(kefu_cli::answer_sign_cases(in, out));
  CHECK(out.str() == expected.str());
}

TEST_CASE("a line that cannot be signed says why, keeps its id and its values to itself, and the others are signed") {
  const std::string secret = "5f1d3b7a9c2e4f6081a3c5e7092b4d6f";
  const auto error_of = [&](const std::string& inside) {
    const auto answer = kefu_cli::answer_sign_case(R"({"id":"x","secret":")" + secret + "\"," + inside + "}");
    CHECK_FALSE(answer.ok);
    CHECK(answer.line.find(secret) == std::string::npos);
    CHECK(answer.line.find("hidden") == std::string::npos);
    const auto document = Document::json(answer.line);
    CHECK(document.root()["id"].text() == "x");
    CHECK(!document.root()["sign"]);
    return std::string(document.root()["error"].text());
  };
  CHECK(error_of(R"("params":{"a":"@hidden"})").find("parameter a") == 0);
  CHECK(error_of(R"("params":{"a":{"b":"hidden"}})").find("parameter a is no text") == 0);
  CHECK(error_of(R"("params":{"a":"1","a":"hidden"})").find("parameter a is given twice") == 0);
  CHECK(error_of(R"("params":["hidden"])").find("params is no") == 0);
  CHECK(error_of(R"("dialect":"hidden","params":{})").find("the dialect is none of") == 0);
  CHECK(error_of(R"("algorithm":"hidden","params":{})").find("the digest is none of") == 0);
  CHECK(error_of(R"("algorithm":"HMacMD5","params":{})").find("the dialect jos is not signed with HMacMD5") == 0);
  CHECK(error_of("\"params\":{\"a\":\"\xC4\xE3\"}").find("the line is not UTF-8") == 0);
  CHECK(error_of(R"("params":{"a":"\ud83d"})").find("the line is not UTF-8") == 0);
  CHECK(error_of("\"params\":{\"a\":\"x\x01\"}").find("the line holds bare control") == 0);
  CHECK_FALSE(kefu_cli::answer_sign_case("nonsense").ok);
  CHECK_FALSE(kefu_cli::answer_sign_case(R"({"id":"x","params":{}})").ok);  // no secret

  std::istringstream in(
      "nonsense\n"
      R"({"id":"y","secret":"s","params":{"a":"1"}})");
  std::ostringstream out;
  CHECK_FALSE(kefu_cli::answer_sign_cases(in, out));
  CHECK(out.str().find(R"({"id":"y","sign":)") != std::string::npos);
}

TEST_CASE("the configuration is read whole, and what is wrong in it is named without its value") {
  const auto config = kefu_cli::read_jd_config(R"({"app_key":"k","app_secret":"s3","gateway_url":"http://127.0.0.1:1",
    "oauth_url":"http://127.0.0.1:2","redirect_uri":"https://h/cb","legacy_oauth":true,"calls_per_day":300000,
    "calls_per_second":5,"store":"a.db","shop":"shop 1","access_token":"t",
    "dongdong":{"aspid":"a","secret":"d","access_token":"e","from_pin":"p","version":"4.4"},
    "after_sale":{"bu_id":"b","operate_pin":"op","operate_nick":"on"}})");
  REQUIRE_MESSAGE(config.has_value(), (config ? "" : config.error().message()));
  CHECK(config->app.app_key == "k");
  CHECK(config->app.app_secret == Secret("s3"));
  CHECK(config->app.gateway_url == "http://127.0.0.1:1");
  CHECK(config->app.oauth_url == "http://127.0.0.1:2");
  CHECK(config->app.redirect_uri == "https://h/cb");
  CHECK(config->app.legacy_oauth);
  CHECK(config->app.calls_per_day == 300000);
  CHECK(config->app.calls_per_second == 5);
  CHECK(config->store == "a.db");
  CHECK(config->shop.shop == "shop 1");
  CHECK(config->shop.token_source != nullptr);
  REQUIRE(config->shop.dongdong.has_value());
  CHECK(config->shop.dongdong->access_token == Secret("e"));
  CHECK(config->shop.dongdong->version == "4.4");
  REQUIRE(config->shop.after_sale.has_value());
  CHECK(config->shop.after_sale->operate_nick == "on");

  const auto least = kefu_cli::read_jd_config(R"({"app_key":"k","app_secret":"s"})");
  REQUIRE(least.has_value());
  CHECK(least->shop.shop == "default");
  CHECK(least->shop.token_source == nullptr);
  CHECK(least->app.gateway_url == "https://api.jd.com");

  CHECK(config_refusal(R"({"app_secrt":"hidden"})") == "config: app_secrt is not known");
  CHECK(config_refusal(R"({"app_key":7})") == "config: app_key is no text");
  CHECK(config_refusal(R"({"legacy_oauth":"perhaps"})") == "config: legacy_oauth is neither true nor false");
  CHECK(config_refusal(R"({"calls_per_second":"9999999999"})") == "config: calls_per_second is no whole number");
  CHECK(config_refusal(R"({"dongdong":{"secrt":"hidden"}})") == "config: dongdong.secrt is not known");
  CHECK(config_refusal(R"({"dongdong":"hidden"})") == "config: dongdong must be a JSON object");
  CHECK(config_refusal(R"({"after_sale":{"bu_id":1}})") == "config: after_sale.bu_id is no text");
  CHECK(config_refusal("[]") == "config: the file is not a JSON object");
}

TEST_CASE("pretty JSON holds what it was made from") {
  const std::string text = R"({"a":9007199254740993,"b":[1,true,null,[],{}],"客":"\"\n"})";
  const auto document = Document::json(text);
  const auto again = Document::json(kefu_cli::pretty_json(document.root()));
  REQUIRE(again);
  CHECK(kefu_test::same_json(document.root(), again.root()));
  CHECK(kefu_cli::pretty_json(Document::json("{}").root()) == "{}");
}
