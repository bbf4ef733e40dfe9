#include "core/call/fields.hpp"

#include <doctest/doctest.h>

using namespace kefu;

namespace fields_test {

struct Article {
  std::string title;
  std::int64_t reads = 0;
};
struct Everything {
  std::string text;
  std::optional<std::string> note;
  std::int64_t id = 0;
  std::optional<int> zero;
  bool flag = false;
  double ratio = 0;
  std::vector<std::string> names;
  std::vector<Article> articles;
  Article cover;
  Secret key;
  std::string raw;
};
struct Flat {
  std::string q;
  std::int64_t page = 0;
  std::vector<std::string> tags;
};

}  // namespace fields_test

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(fields_test::Article) {
  v.required("title", s.title, Check().max_characters(4));
  v.optional("reads", s.reads, Check().range(0, 10));
}
KEFU_FIELDS(fields_test::Everything) {
  v.required("text", s.text, Check().max_bytes(10));
  v.optional("note", s.note, Check().max_bytes(3));
  v.optional("id", s.id);
  v.optional("zero", s.zero);
  v.value("flag", s.flag);
  v.optional("ratio", s.ratio);
  v.optional("names", s.names, Check().max_items(2));
  v.optional("articles", s.articles, Check().max_items(8).min_items(1));
  v.group("inner", [&](auto& g) { g.optional("key", s.key); });
  v.group("cover", [&](auto& g) { FieldList<fields_test::Article>::visit(g, s.cover); });
  v.raw_json("raw", s.raw);
}
KEFU_FIELDS(fields_test::Flat) {
  v.required("q", s.q);
  v.optional("page", s.page);
  v.optional("tag", s.tags);
}

}  // namespace detail
KEFU_END_NAMESPACE

using fields_test::Everything;

namespace {

Everything sample() {
  Everything e;
  e.text = "客服😀";
  e.cover.title = "c";
  return e;
}

std::string complaint(const Everything& e) {
  HttpRequest request;
  auto result = detail::encode_json<Everything>(&e, request);
  return result ? std::string() : result.error().message();
}

}  // namespace

TEST_CASE("one list writes a request: raw UTF-8, defaults left out, nesting, lists") {
  Everything e = sample();
  HttpRequest request;
  REQUIRE(detail::encode_json<Everything>(&e, request));
  CHECK(request.body == R"({"text":"客服😀","flag":false,"inner":{},"cover":{"title":"c"}})");
  CHECK(request.headers.front().first == "content-type");

  e.note = "n";
  e.id = 49000000000000001;
  e.zero = 0;
  e.flag = true;
  e.names = {"a\"", "b"};
  e.articles.resize(2);
  e.articles[0].title = "<&>";
  e.articles[1].title = "二";
  e.articles[1].reads = 3;
  e.key = Secret("k");
  e.raw = R"({"x":[1]})";
  HttpRequest full;
  REQUIRE(detail::encode_json<Everything>(&e, full));
  CHECK(
      full.body ==
      R"({"text":"客服😀","note":"n","id":49000000000000001,"zero":0,"flag":true,"names":["a\"","b"],)"
      R"("articles":[{"title":"<&>"},{"title":"二","reads":3}],"inner":{"key":"k"},"cover":{"title":"c"},"raw":{"x":[1]}})");
}

TEST_CASE("MSG-1: a limit that is broken names the field, the size and the limit, and refuses") {
  Everything e = sample();
  e.text = "12345678901";
  CHECK(complaint(e) == "text is 11 bytes, at most 10");
  e = sample();
  e.text.clear();
  CHECK(complaint(e) == "text is empty, but required");
  e = sample();
  e.note = "1234";
  CHECK(complaint(e) == "note is 4 bytes, at most 3");
  e = sample();
  e.names = {"1", "2", "3"};
  CHECK(complaint(e) == "names has 3 entries, at most 2");
  e = sample();
  e.articles.resize(1);
  e.articles[0].title = "一二三四五";
  CHECK(complaint(e) == "articles.title is 5 characters, at most 4");
  e.articles[0].title = "一二三四";
  e.articles[0].reads = 11;
  CHECK(complaint(e) == "articles.reads is 11, allowed are 0 to 10");
}

TEST_CASE("a query takes scalars and repeats a list's name") {
  fields_test::Flat flat;
  flat.q = "a b";
  flat.tags = {"x", "y"};
  HttpRequest request;
  REQUIRE(detail::encode_query<fields_test::Flat>(&flat, request));
  CHECK(request.query == HttpFields{{"q", "a b"}, {"tag", "x"}, {"tag", "y"}});
  CHECK(request.body.empty());
}

TEST_CASE("ENC-5, ENC-6: the same list reads an answer, leniently, and names what is missing") {
  detail::Reply reply;
  reply.document = detail::Document::json(
      R"({"text":12345678901234567890,"note":null,"id":"42","zero":0,"flag":"1","ratio":"2.5","names":"one",)"
      R"("articles":{"title":"single","reads":7},"inner":{"key":"k"},"cover":{"title":"c","reads":"x"},)"
      R"("raw":{"a":[1.50,"二\"",true,null,{}]}})");
  Everything e;
  REQUIRE(detail::decode_json<Everything>(reply, &e));
  CHECK(e.text == "12345678901234567890");
  CHECK_FALSE(e.note);
  CHECK(e.id == 42);
  CHECK(e.zero == 0);
  CHECK(e.flag);
  CHECK(e.ratio == 2.5);
  CHECK(e.names == std::vector<std::string>{"one"});
  REQUIRE(e.articles.size() == 1);
  CHECK(e.articles[0].reads == 7);
  CHECK(e.key.expose() == "k");
  CHECK(e.cover.reads == 0);
  CHECK(e.raw == R"({"a":[1.50,"二\"",true,null,{}]})");

  const auto missing = [](const char* json) {
    detail::Reply answer;
    answer.document = detail::Document::json(json);
    Everything read;
    const auto result = detail::decode_json<Everything>(answer, &read);
    return result ? std::string() : result.error().message();
  };
  CHECK(missing("{}") == "text is missing or cannot be read");
  CHECK(missing(R"({"text":{}})") == "text is missing or cannot be read");
  CHECK(missing(R"({"text":"t","cover":{}})") == "cover.title is missing or cannot be read");
  CHECK(missing(R"({"text":"t","cover":[]})") == "cover.title is missing or cannot be read");
}

TEST_CASE("a number that does not fit its member is no value") {
  detail::Reply reply;
  reply.document = detail::Document::json(R"({"text":"t","zero":4294967296,"cover":{"title":"c"}})");
  Everything e;
  REQUIRE(detail::decode_json<Everything>(reply, &e));
  CHECK_FALSE(e.zero);
}
