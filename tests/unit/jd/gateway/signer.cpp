#include "support/vectors.hpp"

#include <kefu/jd/signer.hpp>
#include <kefu/jd/time.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <set>
#include <string>

using namespace kefu;
using namespace kefu::jd;
using detail::Value;

namespace {

/// Runs under a zone of the host, as TZ says it, and goes back to the one before.
class HostZone {
 public:
  explicit HostZone(const char* zone) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    setenv("TZ", zone, 1);
    tzset();
  }
  ~HostZone() {
    if (before_) setenv("TZ", before_->c_str(), 1);
    if (!before_) unsetenv("TZ");
    tzset();
  }

 private:
  std::optional<std::string> before_;
};

constexpr const char* kZones[] = {"UTC", "Asia/Shanghai", "America/Los_Angeles", "Asia/Kolkata"};

SignParameters parameters_of(Value object) {
  SignParameters all;
  for (const auto& member : object) all.emplace_back(member.name, member.value.text());
  return all;
}

Signer signer_of(Value vector) {
  const auto dialect = read_sign_dialect(vector["dialect"].text());
  REQUIRE(dialect.has_value());
  const auto digest = read_sign_digest(vector["algorithm"] ? vector["algorithm"].text() : "md5");
  REQUIRE(digest.has_value());
  auto signer = Signer::create(Secret(vector["secret"].text()), *dialect, *digest);
  REQUIRE(signer.has_value());
  return *std::move(signer);
}

Signer jos(const char* secret = "s") {
  auto signer = Signer::create(Secret(secret));
  REQUIRE(signer.has_value());
  return *std::move(signer);
}

std::string sign_of(const Signer& signer, const SignParameters& parameters) {
  const auto sign = signer.sign(parameters);
  REQUIRE_MESSAGE(sign.has_value(), (sign ? "" : sign.error().to_string()));
  return *sign;
}

std::string refusal(const SignParameters& parameters) {
  const auto sign = jos().sign(parameters);
  const auto form = jos().form(parameters);
  REQUIRE(!sign);
  REQUIRE(!form);
  CHECK(sign.error().kind() == ErrorKind::bad_argument);
  CHECK(sign.error().delivery() == Delivery::not_sent);
  CHECK(form.error().message() == sign.error().message());
  return sign.error().message();
}

}  // namespace

TEST_CASE("JD-1: every known answer of the five dialects, whatever the zone of the host and the order of giving") {
  const auto vectors = kefu_test::load_vectors("jd.json");
  for (const char* zone : kZones) {
    const HostZone here(zone);
    std::set<std::string> dialects;
    int checked = 0;
    for (const Value vector : vectors.root()["signature"]["vectors"].items()) {
      const std::string id(vector["id"].text());
      CAPTURE(id);
      const Signer signer = signer_of(vector);
      dialects.emplace(vector["dialect"].text());
      SignParameters parameters = parameters_of(vector["params"]);
      CHECK(sign_of(signer, parameters) == vector["sign"].text());
      std::reverse(parameters.begin(), parameters.end());
      parameters.emplace_back("sign", "what an earlier try was signed with");
      CHECK(sign_of(signer, parameters) == vector["sign"].text());
      for (const auto& wrong : vector["wrong"]) CHECK(wrong.value.text() != vector["sign"].text());
      ++checked;
    }
    CHECK(dialects.size() == 5);
    CHECK(checked >= 27);
  }
}

TEST_CASE("JD-1: what the platform's own clients sign differently is refused or left out") {
  const auto vectors = kefu_test::load_vectors("jd.json");
  int refused = 0;
  int left_out = 0;
  for (const Value divergence : vectors.root()["signature"]["divergences"].items()) {
    const std::string name(divergence["case"].text());
    CAPTURE(name);
    const SignParameters parameters = parameters_of(divergence["params"]);
    const std::string_view value = divergence["params"]["a"].text();
    if (value.empty()) {
      CHECK(sign_of(jos(), parameters) == sign_of(jos(), {}));
      CHECK(*jos().form(parameters) == *jos().form({}));
      ++left_out;
      continue;
    }
    const std::string message = refusal(parameters);
    CHECK(message.find("parameter a ") == 0);
    CHECK(message.find(value) == std::string::npos);
    ++refused;
  }
  CHECK(refused == 2);
  CHECK(left_out == 1);
}

TEST_CASE("JD-1: a refusal names the parameter and keeps its value to itself") {
  CHECK(refusal({{"remark", "\t \r\n"}}).find("remark") != std::string::npos);
  CHECK(refusal({{"remark", "\xE3\x80\x80 \xE3\x80\x80"}}).find("white space") != std::string::npos);
  const std::string at = refusal({{"access_token", "@a1b2c3d4e5f64718829304a5b6c7d8e9njaz"}});
  CHECK(at.find("access_token") != std::string::npos);
  CHECK(at.find("a1b2c3") == std::string::npos);
  CHECK(refusal({{"remark", "\xC4\xE3\xBA\xC3"}}).find("remark is not UTF-8") != std::string::npos);  // GBK
  CHECK(refusal({{"a", "1"}, {"b", "2"}, {"a", "3"}}).find("a is given twice") != std::string::npos);
  CHECK(refusal({{"a", "1"}, {"a", "1"}}).find("a is given twice") != std::string::npos);
  CHECK(refusal({{"", "1"}}).find("no name") != std::string::npos);
}

TEST_CASE("JD-1: an '@' or white space inside a value, and an empty one beside another of its name, are fine") {
  CHECK(sign_of(jos(), {{"a", "kf@shop"}}) != sign_of(jos(), {{"a", "kfshop"}}));
  CHECK(sign_of(jos(), {{"a", " @"}}) != sign_of(jos(), {{"a", " x"}}));
  CHECK(sign_of(jos(), {{"a", ""}, {"a", "1"}}) == sign_of(jos(), {{"a", "1"}}));
}

TEST_CASE("JD-2: the form holds exactly what was signed, in the order of the names") {
  const auto vectors = kefu_test::load_vectors("jd.json");
  int checked = 0;
  for (const Value encoding : vectors.root()["form_encoding"]["cases"].items()) {
    for (const Value vector : vectors.root()["signature"]["vectors"].items()) {
      if (vector["id"].text() != encoding["vector"].text()) continue;
      const std::string id(vector["id"].text());
      CAPTURE(id);
      const auto form = signer_of(vector).form(parameters_of(vector["params"]));
      REQUIRE(form.has_value());
      CHECK(*form == encoding["percent20"].text());
      ++checked;
    }
  }
  CHECK(checked == 4);
  const auto trap = vectors.root()["form_encoding"]["traps"]["unescaped_plus_in_offset"]["body"].text();
  CHECK(trap.find("000+0800") != std::string_view::npos);  // what no form of ours holds
  CHECK(jos().form({{"timestamp", "2024-06-01 08:30:00.000+0800"}})->find("000%2B0800") != std::string::npos);
  CHECK(jos().form({{"a", ""}, {"b@", "c@d"}})->find("b%40=c%40d&sign=") == 0);
}

TEST_CASE("digests and dialects are matched; a secret is needed") {
  CHECK(!Signer::create(Secret("")));
  CHECK(!Signer::create(Secret("\xC4\xE3")));
  for (const auto dialect : {SignDialect::jos, SignDialect::union_api, SignDialect::opendj, SignDialect::jos_rest}) {
    CHECK(Signer::create(Secret("s"), dialect, SignDigest::md5).has_value());
    CHECK(!Signer::create(Secret("s"), dialect, SignDigest::md5_salt));
    CHECK(!Signer::create(Secret("s"), dialect, SignDigest::hmac_md5));  // jd 1.8: no formula is known
  }
  CHECK(!Signer::create(Secret("s"), SignDialect::lop));
  const auto unknown = read_sign_dialect("jso");
  REQUIRE(!unknown);
  CHECK(unknown.error().message().find("jos, union, opendj, jos-rest, lop") != std::string::npos);
  CHECK(!read_sign_digest("MD5"));
  for (const auto digest : {SignDigest::md5, SignDigest::hmac_sha512})
    CHECK(*read_sign_digest(to_string(digest)) == digest);
}

TEST_CASE("lop signs its six names and needs them all; what is only sent stays out") {
  const auto lop = Signer::create(Secret("s"), SignDialect::lop, SignDigest::hmac_sha512);
  REQUIRE(lop.has_value());
  SignParameters all{{"access_token", "t"}, {"app_key", "k"},   {"method", "/m"},
                     {"param_json", "[]"},  {"timestamp", "1"}, {"v", "2.0"}};
  const std::string sign = sign_of(*lop, all);
  CHECK(sign.size() == 88);  // 64 bytes in Base64
  all.emplace_back("LOP-DN", "ecap");
  all.emplace_back("algorithm", "HMacSHA512");
  CHECK(sign_of(*lop, all) == sign);
  all[3].second = "";
  const auto lacking = lop->sign(all);
  REQUIRE(!lacking);
  CHECK(lacking.error().message().find("param_json is missing") != std::string::npos);
  CHECK(lop->form(all).error().kind() == ErrorKind::unsupported);
}

TEST_CASE("jos-rest leaves its own sign and the version of the SDK out") {
  const auto rest = Signer::create(Secret("s"), SignDialect::jos_rest);
  REQUIRE(rest.has_value());
  CHECK(sign_of(*rest, {{"X-JOS-App-Key", "k"}, {"X-JOS-Sign", "old"}, {"X-JOS-Sdk-Version", "1"}}) ==
        sign_of(*rest, {{"X-JOS-App-Key", "k"}}));
  CHECK(!rest->form({{"X-JOS-App-Key", "k"}}));
}

TEST_CASE("JD-1: the time stamp is GMT+8 in every zone of the host") {
  for (const char* zone : kZones) {
    const HostZone here(zone);
    CAPTURE(zone);
    CHECK(gateway_time(from_unix_millis(1717201800000)) == "2024-06-01 08:30:00");
    CHECK(gateway_time(from_unix_millis(1717171199999)) == "2024-05-31 23:59:59");
  }
}
