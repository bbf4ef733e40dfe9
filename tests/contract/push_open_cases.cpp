#include "cli/push_cases.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "support/vectors.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>
#include <string>

namespace {

using kefu::detail::Document;
using kefu::detail::Value;

std::string case_line(Value push_case) {
  std::string line;
  kefu::detail::JsonWriter json(line);
  json.begin_object();
  for (const auto& member : push_case) {
    if (member.value.kind() == Value::Kind::string) json.key(member.name).string(member.value.text());
  }
  json.end_object();
  return line;
}

std::string error_of(std::string_view line) {
  const auto answer = Document::json(kefu_cli::answer_push_case(line));
  CHECK(answer.root()["ok"].boolean() == false);
  return std::string(answer.root()["error"].text());
}

}  // namespace

TEST_CASE("kefu push open --json answers every case of wechat-crypto.json as the file expects") {
  const auto vectors = kefu_test::load_vectors("wechat-crypto.json");
  std::ostringstream lines;
  std::vector<Value> cases;
  for (const Value push_case : vectors.root()["items"].items()) {
    if (push_case["kind"].text() == "api-security-mode") continue;
    cases.push_back(push_case);
    lines << case_line(push_case) << "\n\n";
  }
  std::istringstream in(lines.str());
  std::ostringstream out;
  CHECK(kefu_cli::answer_push_cases(in, out));

  std::istringstream answers(out.str());
  std::string line;
  std::size_t seen = 0;
  while (std::getline(answers, line)) {
    REQUIRE(seen < cases.size());
    const Value expected = cases[seen++];
    const auto answer = Document::json(line);
    CAPTURE(line);
    CHECK(answer.root()["name"].text() == expected["name"].text());
    if (expected["expect"].text() == "ok") {
      CHECK(answer.root()["ok"].boolean() == true);
      CHECK(answer.root()["plaintext"].kind() == Value::Kind::string);
      CHECK(answer.root()["plaintext"].text() == expected["plaintext"].text());
      continue;
    }
    CHECK(answer.root()["ok"].boolean() == false);
    const auto word = answer.root()["error"].text();
    const auto also = expected["also_acceptable"].items();
    CHECK((word == expected["expect"].text() ||
           std::any_of(also.begin(), also.end(), [&](Value v) { return v.text() == word; })));
  }
  CHECK(seen == cases.size());
}

TEST_CASE("lines that are no case are answered too") {
  CHECK(error_of("not json") == "bad-case");
  CHECK(error_of("[]") == "bad-case");
  CHECK(error_of("{}") == "bad-case");
  CHECK(error_of(R"({"kind":"api-security-mode"})") == "bad-case");
  CHECK(error_of(R"({"kind":"plain-signature","token":"t","timestamp":"1714036504","nonce_percent_encoded":"%8"})") ==
        "bad-case");
  CHECK(error_of(R"({"kind":"plain-signature","timestamp":"1714036504","nonce":"1"})") == "bad-case");
  CHECK(error_of(R"({"kind":"message","timestamp":"","nonce":"1"})") == "bad-timestamp");
  CHECK(error_of(R"({"kind":"message","timestamp":"1714036504","nonce":{}})") == "bad-nonce");
  CHECK(error_of(R"({"kind":"decrypt-only","encoding_aes_key":""})") == "bad-key");
  CHECK(error_of(std::string(1000, '{')) == "bad-case");
}
