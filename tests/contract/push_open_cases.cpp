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

TEST_CASE("kefu push open --json opens recorded pushes of a third-party platform") {
  const auto vectors = kefu_test::load_vectors("wechat-crypto.json");
  std::size_t seen = 0;
  for (const Value one : vectors.root()["items"].items()) {
    if (one["name"].text() != "senparc-component-ticket") continue;
    ++seen;
    const auto record = [&one](const char* receivers, std::string signature, const char* side = "component") {
      std::string line;
      kefu::detail::JsonWriter json(line);
      json.begin_object().key("id").string("t-1").key("side").string(side).key("endpoint").string("authorization");
      json.key("config").begin_object().key("token").string(one["token"].text());
      json.key("encoding_aes_key").string(one["encoding_aes_key"].text());
      json.key("accepted_receive_ids").raw(receivers).end_object();
      json.key("request").begin_object().key("method").string("POST").key("path").string("/wx/event");
      json.key("query").begin_object().key("timestamp").string(one["timestamp"].text());
      json.key("nonce").string(one["nonce"].text()).key("encrypt_type").string("aes");
      json.key("msg_signature").string(signature).end_object();
      json.key("body_text")
          .string("<xml><AppId>x</AppId><Encrypt><![CDATA[" + std::string(one["encrypt"].text()) +
                  "]]></Encrypt></xml>");
      json.end_object().end_object();
      return Document::json(kefu_cli::answer_push_case(line));
    };
    const std::string signature(one["msg_signature"].text());
    const auto taken = record(R"(["wx5823bf96d3bd56c7","wxbbd3f07e2945cf2a"])", signature);
    CHECK(taken.root()["id"].text() == "t-1");
    CHECK(taken.root()["accept"].boolean() == true);
    CHECK(taken.root()["info_type"].text() == "component_verify_ticket");
    CHECK(taken.root()["app_id"].text() == "wxbbd3f07e2945cf2a");
    CHECK(taken.root()["create_time"].text() == "1436881222");
    CHECK(taken.root()["component_verify_ticket"].text().substr(0, 9) == "ticket@@@");

    const auto foreign = record(R"(["wx5823bf96d3bd56c7"])", signature);
    CHECK(foreign.root()["accept"].boolean() == false);
    CHECK(foreign.root()["fault"].text() == "wrong-receiver");
    CHECK(record(R"(["wxbbd3f07e2945cf2a"])", std::string(40, 'a')).root()["fault"].text() == "bad-signature");
    CHECK(record("[]", signature).root()["fault"].text() == "bad-case");
    CHECK(record(R"(["wxbbd3f07e2945cf2a"])", signature, "suite").root()["fault"].text() == "bad-case");
  }
  CHECK(seen == 1);
}
