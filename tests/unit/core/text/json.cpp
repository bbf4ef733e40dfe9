#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace kefu::detail;

namespace {

ReadFault json_fault(std::string_view text, const ReadLimits& limits = {}) {
  const Document document = Document::json(text, limits);
  CHECK(document.root().present() == static_cast<bool>(document));
  return document.fault();
}

std::string repeat(std::string_view part, std::size_t times) {
  std::string text;
  text.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) text.append(part);
  return text;
}

}  // namespace

TEST_CASE("ENC-5: ids keep every digit, whether written as numbers or as strings") {
  const Document document = Document::json(
      R"({"a":18446744073709551615,"b":"49000000000000000001","c":-9223372036854775808,"t":4102444800})");
  REQUIRE(document);
  const Value root = document.root();
  CHECK(root["a"].text() == "18446744073709551615");
  CHECK_FALSE(root["a"].integer().has_value());
  CHECK(root["b"].text() == "49000000000000000001");
  CHECK(root["c"].integer() == std::numeric_limits<std::int64_t>::min());
  CHECK(root["t"].integer() == 4102444800);
  CHECK(root["a"].kind() == Value::Kind::number);
}

TEST_CASE("ENC-6: errcode as a string, numbers in odd dress, and what is no number") {
  const Document document = Document::json(
      R"({"errcode":"45015","blank":" 7 ","point":"12.0","half":12.5,"exp":1.7e9,"big":1e300,"word":"x","empty":"",)"
      R"("yes":true,"no":0,"one":"1","list":[1],"none":null,"inf":"inf","dot":"5.","hex":"0x10"})");
  REQUIRE(document);
  const Value root = document.root();
  CHECK(root["errcode"].integer() == 45015);
  CHECK(root["blank"].integer() == 7);
  CHECK(root["point"].integer() == 12);
  CHECK_FALSE(root["half"].integer().has_value());
  CHECK(root["half"].real() == 12.5);
  CHECK(root["exp"].integer() == 1'700'000'000);
  CHECK_FALSE(root["big"].integer().has_value());
  CHECK(root["big"].real() == 1e300);
  for (const char* name : {"word", "empty", "list", "none", "inf", "hex", "missing"}) {
    CAPTURE(name);
    CHECK_FALSE(root[name].integer().has_value());
    CHECK_FALSE(root[name].real().has_value());
  }
  CHECK_FALSE(root["dot"].integer().has_value());
  CHECK(root["yes"].boolean() == true);
  CHECK(root["no"].boolean() == false);
  CHECK(root["one"].boolean() == true);
  CHECK_FALSE(root["word"].boolean().has_value());
  CHECK(root["yes"].text() == "true");
  CHECK(root["none"].text().empty());
  CHECK_FALSE(root["none"].present());
  CHECK(root["none"].kind() == Value::Kind::null);
}

TEST_CASE("nested values are found in order; an object stands for a list of one") {
  Document read = Document::json(
      R"({"news":{"articles":[{"t":"一"},{"t":"二","x":{}},[],"s"]},"one":{"id":1},"dup":1,"dup":2,"n":null,"":"empty"})");
  const Document document = std::move(read);
  REQUIRE(document);
  const Value root = document.root();
  const std::vector<Value> articles = root["news"]["articles"].items();
  REQUIRE(articles.size() == 4);
  CHECK(articles[0]["t"].text() == "一");
  CHECK(articles[1]["t"].text() == "二");
  CHECK(articles[1]["x"].kind() == Value::Kind::object);
  CHECK(articles[1]["x"].size() == 0);
  CHECK(articles[2].items().empty());
  CHECK(articles[3].text() == "s");
  CHECK(root["one"].items().size() == 1);
  CHECK(root["one"].items()[0]["id"].integer() == 1);
  CHECK(root["dup"].integer() == 1);
  CHECK(root.all("dup").size() == 2);
  CHECK(root["n"].items().empty());
  CHECK(root[""].text() == "empty");
  CHECK(root["absent"]["deeper"]["still"].items().empty());
  std::string names;
  for (const auto& [name, value] : root) {
    names += std::string(name) + ",";
    CHECK(value.kind() != Value::Kind::absent);
  }
  CHECK(names == "news,one,dup,dup,n,,");
  for (const auto& member : Value()) FAIL(std::string(member.name));
}

TEST_CASE("a short document survives being moved") {
  Document first = Document::json(R"({"a":"b"})");
  const Value value = first.root()["a"];
  const Document second = std::move(first);
  CHECK(value.text() == "b");
  CHECK(second.root()["a"].text() == "b");
}

TEST_CASE("ENC-4: control characters in strings are tolerated and counted") {
  const std::string raw = std::string("{\"a\":\"x\x01\ty\nz\",\"nul\":\"p") + '\0' + "q\",\"k\x02\":1,\n\"b\":2}";
  const Document document = Document::json(raw);
  REQUIRE(document);
  CHECK(document.root()["a"].text() == "x\ty\nz");
  CHECK(document.root()["nul"].text() == "pq");
  CHECK(document.root()["k"].integer() == 1);
  CHECK(document.root()["b"].integer() == 2);
  CHECK(document.repairs().control_characters == 5);
  CHECK(document.repairs().invalid_utf8 == 0);
  const Document escape = Document::json("{\"a\":\"x\\\x01y\\\"z\"}");
  CHECK(escape.fault() == ReadFault::malformed);
  // Dropping the control character would make an escape of what was none. Found by fuzz_json.
  CHECK(json_fault("{\"a\":\"\\ude00\",\"b\":\"\\u\x04"
                   "dc00\"}") == ReadFault::malformed);
}

TEST_CASE("ENC-4: invalid UTF-8 and halves of surrogate pairs are repaired and counted") {
  const Document bytes = Document::json("{\"a\":\"x\xFFy\",\"b\":\"\xE5\xAE\"}");
  REQUIRE(bytes);
  CHECK(bytes.root()["a"].text() == "x\uFFFDy");
  CHECK(bytes.root()["b"].text() == "\uFFFD");
  CHECK(bytes.repairs().invalid_utf8 == 2);
  const Document half = Document::json(R"({"a":"x\ud83d","b":"\ude00\ud83d\ude00\ud83d\u4f60","c":"\\ud83d"})");
  REQUIRE(half);
  CHECK(half.root()["a"].text() == "x\uFFFD");
  CHECK(half.root()["b"].text() == "\uFFFD😀\uFFFD你");
  CHECK(half.root()["c"].text() == "\\ud83d");
  CHECK(half.repairs().invalid_utf8 == 3);
  // The second half alone: RapidJSON itself lets it pass. Found by fuzz_json.
  const Document second = Document::json(R"({"a":"\ude00","\\\udc00":"\\ud83d\\\\\udc00"})");
  REQUIRE(second);
  CHECK(second.root()["a"].text() == "\uFFFD");
  CHECK(second.root()["\\\uFFFD"].text() == "\\ud83d\\\\\uFFFD");
  CHECK(second.repairs().invalid_utf8 == 3);
  const Document both = Document::json("{\"a\":\"\xFF\x01\\udc00\"}");
  REQUIRE(both);
  CHECK(both.root()["a"].text() == "\uFFFD\uFFFD");
  CHECK(both.repairs().invalid_utf8 == 2);
  CHECK(both.repairs().control_characters == 1);
}

TEST_CASE("escapes are read") {
  const Document document = Document::json(R"({"a":"\"\\\/\b\f\n\r\t\u5ba2\ud83d\ude00","z":"\u0000!"})");
  REQUIRE(document);
  CHECK(document.root()["a"].text() == "\"\\/\b\f\n\r\t客😀");
  CHECK(document.root()["z"].text() == std::string_view("\0!", 2));
  CHECK(document.repairs().control_characters == 0);
}

TEST_CASE("ENC-6: what is no JSON object is named") {
  CHECK(json_fault("") == ReadFault::empty);
  CHECK(json_fault(" \r\n\t") == ReadFault::empty);
  CHECK(json_fault("\xEF\xBB\xBF") == ReadFault::empty);
  CHECK(json_fault("<html><body>502 Bad Gateway</body></html>") == ReadFault::html);
  CHECK(json_fault("\n <!DOCTYPE html>") == ReadFault::html);
  CHECK(json_fault("[]") == ReadFault::not_an_object);
  CHECK(json_fault("[{\"errcode\":0}]") == ReadFault::not_an_object);
  CHECK(json_fault("\"text\"") == ReadFault::not_an_object);
  CHECK(json_fault("42") == ReadFault::not_an_object);
  CHECK(json_fault("null") == ReadFault::not_an_object);
  CHECK(json_fault("success") == ReadFault::malformed);
  CHECK(json_fault("\xEF\xBB\xBF{\"a\":1}\r\n") == ReadFault::none);
  CHECK(json_fault("{}") == ReadFault::none);
}

TEST_CASE("ENC-6: hostile JSON ends in a fault, never in a crash") {
  const std::string_view malformed[] = {"{",
                                        "}",
                                        "{\"a\"",
                                        "{\"a\":",
                                        "{\"a\":1",
                                        "{\"a\":1,",
                                        "{\"a\":1,}",
                                        "{\"a\":1}}",
                                        "{\"a\":1} x",
                                        "{\"a\":1}{}",
                                        "{a:1}",
                                        "{'a':1}",
                                        "{\"a\":'x'}",
                                        "{\"a\":01}",
                                        "{\"a\":.5}",
                                        "{\"a\":1.}",
                                        "{\"a\":1e}",
                                        "{\"a\":-}",
                                        "{\"a\":NaN}",
                                        "{\"a\":Infinity}",
                                        "{\"a\":\"\\x\"}",
                                        "{\"a\":\"\\u12\"}",
                                        "{\"a\":\"",
                                        "{\"a\":\"\\",
                                        "{\"a\":tru}",
                                        "{/*c*/}",
                                        "{\"a\":1e99999}",
                                        "{,}",
                                        "{\"a\" 1}",
                                        "{\"a\":[1,2}",
                                        "{\"a\":[1 2]}",
                                        "\x01{}",
                                        "{\"a\":\"\\\xFF\"}"};
  for (const auto text : malformed) {
    CAPTURE(std::string(text));
    CHECK(json_fault(text) == ReadFault::malformed);
  }
  CHECK(json_fault(std::string_view("{\"a\":1}\0", 8)) == ReadFault::malformed);
  CHECK(json_fault(std::string_view("{\"a\":1}\0{}", 10)) == ReadFault::malformed);
}

TEST_CASE("the number that crashes a plain reader (CVE-2024-38517) is only text") {
  const Document document = Document::json(R"({"a":0.00000000001e-2147483639,"b":1})");
  REQUIRE(document);
  CHECK(document.root()["a"].text() == "0.00000000001e-2147483639");
  CHECK_FALSE(document.root()["a"].integer().has_value());
  CHECK(document.root()["b"].integer() == 1);
}

TEST_CASE("limits of depth, size and number of values") {
  const std::string deep_object = repeat("{\"a\":", 63) + "{}" + repeat("}", 63);
  CHECK(json_fault(deep_object) == ReadFault::none);
  CHECK(json_fault("{\"a\":" + deep_object + "}") == ReadFault::too_deep);
  CHECK(json_fault("{\"a\":" + repeat("[", 200'000)) == ReadFault::too_deep);
  ReadLimits wide;
  wide.depth = 100'000;
  CHECK(json_fault("{\"a\":" + repeat("[", 200'000), wide) == ReadFault::too_deep);
  ReadLimits few;
  few.values = 3;
  CHECK(json_fault("{\"a\":[1]}", few) == ReadFault::none);
  CHECK(json_fault("{\"a\":[1,2]}", few) == ReadFault::too_large);
  ReadLimits small;
  small.bytes = 8;
  CHECK(json_fault("{\"a\":1 }", small) == ReadFault::none);
  CHECK(json_fault("{\"a\":1  }", small) == ReadFault::too_large);
  CHECK(json_fault("{\"a\":[" + repeat("0,", 300'000) + "0]}") == ReadFault::too_large);
}

TEST_CASE("ENC-4: JSON goes out as raw UTF-8 with nothing escaped that need not be") {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object();
  writer.key("content").string("客服 <a href=\"https://x/?a=1&b=2\">😀</a> \\ \x7f");
  writer.key("control").string(std::string_view("\0\x01\b\f\n\r\t\x1f", 8));
  writer.key("bad").string("a\xFFz");
  writer.key("list").begin_array().integer(-5).unsigned_integer(18446744073709551615u).real(0.5).boolean(true).null();
  writer.begin_object().end_object().begin_array().end_array().string("").raw("{\"r\":1}").end_array();
  writer.key("last").real(std::numeric_limits<double>::infinity());
  writer.end_object();
  CHECK(out ==
        "{\"content\":\"客服 <a href=\\\"https://x/?a=1&b=2\\\">😀</a> \\\\ \x7f\","
        "\"control\":\"\\u0000\\u0001\\b\\f\\n\\r\\t\\u001f\",\"bad\":\"a\uFFFDz\","
        "\"list\":[-5,18446744073709551615,0.5,true,null,{},[],\"\",{\"r\":1}],\"last\":null}");
}

TEST_CASE("what the writer writes the reader reads") {
  std::string text;
  for (unsigned c = 0; c < 0x80; ++c) text.push_back(static_cast<char>(c));
  text += "客服😀";
  std::string out;
  JsonWriter(out).begin_object().key(text).string(text).end_object();
  const Document document = Document::json(out);
  REQUIRE(document);
  CHECK(document.root()[text].text() == text);
  CHECK(document.repairs().control_characters == 0);
}
