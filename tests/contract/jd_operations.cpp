// Walks the rows of JD's operations: each has a vector that it writes and reads, and every published vector has a row.
#include "core/call/fields.hpp"
#include "support/jd_operation_cases.hpp"
#include "support/vectors.hpp"

#include <kefu/jd/operations.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

using namespace kefu;
using detail::Document;
using detail::Value;
using kefu_test::JdCase;

namespace {

/// Of decryption, which kefu leaves alone: cipher text is passed through (jd 6.1). And a conversion whose request is a
/// guess: how several pins are joined is in no source.
bool is_left_out(std::string_view method) {
  return method == "jingdong.jos.voucher.info.get" || method == "jingdong.jos.master.key.get" ||
         method == "jingdong.jos.oauth.rpc.xid.batchPin2Xid";
}

std::string json_text(Value value) {
  std::string text;
  detail::FieldReader(value).whole(text);
  return text;
}

/// Members in the order of bytes, all the way down.
bool sorted(Value value) {
  std::string_view last;
  for (const auto& member : value) {
    if (value.kind() == Value::Kind::object) {
      if (!last.empty() && member.name <= last) return false;
      last = member.name;
    }
    if (!sorted(member.value)) return false;
  }
  return true;
}

struct Vectors {
  Document published = kefu_test::load_vectors("jd.json");
  Document ours = kefu_test::load_vectors("jd-ours.json");
  Value published_entry(std::string_view method) const { return published.root()["apis"][method]; }
  Value own_entry(std::string_view method) const { return ours.root()["apis"][method]; }
};

bool is_gateway_method(const OperationInfo& info) { return info.path.substr(0, 9) == "jingdong."; }

/// Every answer of a vector, published first.
std::vector<Value> answers_of(const Vectors& vectors, std::string_view method) {
  std::vector<Value> answers;
  for (const Value entry : {vectors.published_entry(method), vectors.own_entry(method)}) {
    for (const char* name : {"response", "response_variant"})
      if (entry[name].kind() == Value::Kind::object) answers.push_back(entry[name]);
    for (const Value variant : entry["response_variants"].items()) answers.push_back(variant["response"]);
  }
  return answers;
}

/// Compact JSON whose numbers and booleans stand in quotes.
std::string scalars_as_text(const std::string& json) {
  std::string quoted;
  bool inside = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"' && (i == 0 || json[i - 1] != '\\')) inside = !inside;
    const bool begins = !inside && i > 0 && std::string_view(":,[").find(json[i - 1]) != std::string_view::npos &&
                        std::string_view("-0123456789tf").find(c) != std::string_view::npos;
    if (!begins) {
      quoted += c;
      continue;
    }
    const std::size_t end = json.find_first_of(",]}", i);
    quoted.append(1, '"').append(json, i, end - i).append(1, '"');
    i = end - 1;
  }
  return quoted;
}

}  // namespace

TEST_CASE("TST-2: every operation of JD has a well-formed row of its own") {
  std::set<std::string_view> names;
  std::set<std::string_view> paths;
  int gateway = 0;
  for (const Operation* row : jd::operations()) {
    const OperationInfo& info = row->info;
    const std::string name(info.name);
    CAPTURE(name);
    CHECK(names.insert(info.name).second);
    CHECK(name.rfind("jd.", 0) == 0);
    CHECK(!info.page.empty());
    CHECK((info.timeout > Millis(0) && info.timeout <= Millis(60'000)));
    CHECK((row->encode != nullptr && row->decode != nullptr));
    if (!is_gateway_method(info)) continue;
    ++gateway;
    CHECK(paths.insert(info.path).second);
    CHECK(info.method == "POST");
    CHECK(info.authorization == Authorization::access_token);
    CHECK(info.name.substr(3) == info.path.substr(9));
  }
  CHECK(gateway >= 79);
}

TEST_CASE("TST-2: every row has a case, and every published method a row") {
  const Vectors vectors;
  REQUIRE(vectors.ours.root()["origin"].text() == "ours");
  std::set<std::string_view> cases;
  for (const JdCase& one : kefu_test::jd_cases()) CHECK(cases.insert(one.row->info.path).second);
  std::set<std::string_view> rows;
  for (const Operation* row : jd::operations()) {
    if (!is_gateway_method(row->info)) continue;
    rows.insert(row->info.path);
    CHECK_MESSAGE(cases.count(row->info.path) == 1, std::string(row->info.path));
  }
  for (const auto& entry : vectors.published.root()["apis"])
    CHECK_MESSAGE((rows.count(entry.name) == 1 || is_left_out(entry.name)), std::string(entry.name));
  for (const auto& entry : vectors.ours.root()["apis"])
    CHECK_MESSAGE(rows.count(entry.name) == 1, std::string(entry.name));
}

TEST_CASE("requests are the vectors': sorted members, compact, raw UTF-8") {
  const Vectors vectors;
  for (const JdCase& one : kefu_test::jd_cases()) {
    const std::string method(one.row->info.path);
    CAPTURE(method);
    const Result<std::string> body = one.encode();
    REQUIRE_MESSAGE(body, (body ? "" : body.error().to_string()));
    CAPTURE(*body);
    const Document sent = Document::json(*body);
    REQUIRE(sent);
    CHECK(sorted(sent.root()));
    CHECK(json_text(sent.root()) == *body);
    Value expected = vectors.published_entry(method)["request"];
    if (!expected) expected = vectors.own_entry(method)["request"];
    REQUIRE_MESSAGE(expected, "no vector");
    CHECK(kefu_test::same_json(sent.root(), expected));
  }
}

TEST_CASE("shops E: answers of the vectors go through the whole call, in every variant") {
  const Vectors vectors;
  int read = 0;
  for (const JdCase& one : kefu_test::jd_cases()) {
    const std::string method(one.row->info.path);
    CAPTURE(method);
    const auto answers = answers_of(vectors, method);
    CHECK_MESSAGE(!answers.empty(), "no answer to read");
    for (const Value answer : answers) {
      const auto done = one.decode(json_text(answer));
      CHECK_MESSAGE(done, (done ? "" : done.error().to_string()));
      ++read;
    }
  }
  CHECK(read >= 85);
}

TEST_CASE("an operation whose answer no source shows is marked weak, one that two sources show is not") {
  const Vectors vectors;
  for (const Operation* row : jd::operations()) {
    if (!is_gateway_method(row->info)) continue;
    const std::string method(row->info.path);
    CAPTURE(method);
    const Value entry = vectors.published_entry(method);
    const std::string confidence(entry["confidence"].text());
    const bool is_witnessed = !vectors.own_entry(method)["source"].text().empty();
    if (!is_witnessed && (!entry || !entry["response"])) CHECK(!row->info.weak.empty());
    if (confidence.rfind("request A, response A", 0) == 0 && confidence.find("one SDK") == std::string::npos)
      CHECK(row->info.weak.empty());
    CHECK((row->info.weak.empty() || row->info.weak.size() > 20));
  }
}

TEST_CASE("numbers and booleans that come as text are read as such, in every operation") {
  const Vectors vectors;
  // Every scalar becomes text: what is read must not change (jd 3.1).
  for (const JdCase& one : kefu_test::jd_cases()) {
    const std::string method(one.row->info.path);
    CAPTURE(method);
    for (const Value answer : answers_of(vectors, method)) {
      const std::string quoted = scalars_as_text(json_text(answer));
      CHECK(Document::json(quoted));
      const auto done = one.decode(quoted);
      CHECK_MESSAGE(done, (done ? "" : done.error().to_string()));
    }
  }
}
