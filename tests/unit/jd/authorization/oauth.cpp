#include "jd/authorization/oauth.hpp"

#include "core/call/fields.hpp"
#include "jd/authorization/grant.hpp"
#include "jd/authorization/redirect.hpp"
#include "support/vectors.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace kefu;
using namespace kefu::jd;

namespace {

AppConfig vector_app() {
  AppConfig app("0A1B2C3D4E5F60718293A4B5C6D7E8F9", Secret("secret"));
  app.redirect_uri = "https://shop.example.com/jd/callback";
  return app;
}

/// Path and query as they go out.
template <class Op>
std::string target(const Op& op) {
  HttpRequest request;
  request.path = std::string(Op::operation().info.path);
  REQUIRE(Op::operation().encode(&op, request));
  std::string out;
  append_request_target(out, request);
  return std::string(Op::operation().info.method) + " " + out;
}

GrantAnswer read_answer_text(std::string_view text) {
  detail::Reply reply;
  reply.http.status = 200;
  reply.document = detail::Document::json(text);
  GrantAnswer answer;
  REQUIRE(ExchangeCode::operation().decode(reply, &answer));
  return answer;
}

std::string kind_of_query(std::string_view query) {
  const auto read = read_redirect(query);
  return read ? "ok" : std::string(to_string(read.error().kind()));
}

}  // namespace

TEST_CASE("JD-4: the authorization link is the vector's, in the form of today and of before 2018") {
  const auto vectors = kefu_test::load_vectors("jd.json");
  const auto oauth = vectors.root()["oauth"];
  CHECK(authorize_url(vector_app(), "s-3f9c") == oauth["authorize_url"].text());
  AppConfig old = vector_app();
  old.legacy_oauth = true;
  old.oauth_url = "https://oauth.jd.com";
  CHECK(authorize_url(old, "s-3f9c") ==
        "https://oauth.jd.com/oauth/authorize?response_type=code&client_id=0A1B2C3D4E5F60718293A4B5C6D7E8F9"
        "&redirect_uri=https%3A%2F%2Fshop.example.com%2Fjd%2Fcallback&state=s-3f9c&scope=read");
}

TEST_CASE("JD-4: exchange and refresh are the vectors' requests") {
  const auto vectors = kefu_test::load_vectors("jd.json");
  const auto oauth = vectors.root()["oauth"];
  const std::string base = "https://open-oauth.jd.com";
  const auto expected = [&](std::string_view name) {
    std::string text(oauth[name].text());
    text.erase(text.find(base), base.size());
    return text;
  };
  CHECK(target(ExchangeCode("...", Secret("..."), Secret("Ab12Cd"))) == expected("token_request"));
  CHECK(target(RefreshGrant("...", Secret("..."), Secret("..."))) == expected("refresh_request"));
  CHECK(target(LegacyExchangeCode("id", Secret("s"), "https://a.example/cb", Secret("c"), "st")) ==
        "GET /oauth/token?grant_type=authorization_code&client_id=id&client_secret=s"
        "&redirect_uri=https%3A%2F%2Fa.example%2Fcb&code=c&state=st&scope=read");
  CHECK(target(LegacyRefreshGrant("id", Secret("s"), Secret("r"))) ==
        "GET /oauth/token?grant_type=refresh_token&client_id=id&client_secret=s&refresh_token=r");
  for (const Operation* row : oauth_operations()) {
    CHECK(row->info.authorization == Authorization::none);
    CHECK(row->info.effect == Effect::idempotent);
  }
}

TEST_CASE("JD-4: an answer lives from its moment of issue") {
  const auto answer = read_answer_text(
      R"({"access_token":"a1b2c3d4e5f64718829304a5b6c7d8e9njaz","expires_in":31535999,"time":1717201800000,)"
      R"("refresh_token":"0f1e","scope":"snsapi_base","open_id":"AbC","uid":"8000000000","code":0,"xid":"o*AAT"})");
  CHECK(answer.uid == "8000000000");
  CHECK(answer.open_id == "AbC");
  CHECK(answer.xid == "o*AAT");
  const WallTime issued = from_unix_seconds(1'717'201'800);
  CHECK(life_of(answer, issued).count() == 31'535'999);
  CHECK(life_of(answer, issued + std::chrono::hours(1)).count() == 31'535'999 - 3600);
  CHECK(life_of(answer, issued - std::chrono::hours(1)).count() == 31'535'999);  // our clock is behind
  CHECK(life_of(answer, issued + std::chrono::seconds(31'536'000)).count() < 0);

  // Old applications: time as text, ids as numbers.
  const auto old = read_answer_text(
      R"({"access_token":"11111111-2222-3333-4444-555555555555","code":0,"expires_in":"86399","time":"1463473099215",)"
      R"("refresh_token":"66666666-7777-8888-9999-000000000000","token_type":"bearer","uid":2000000000,"user_nick":"示例"})");
  CHECK(life_of(old, from_unix_seconds(1'463'473'099)).count() == 86'399);
  CHECK(old.uid == "2000000000");
}

TEST_CASE("TOK-5: absurd lives and times of issue do no harm") {
  GrantAnswer answer;
  answer.expires_in = 3600;
  CHECK(life_of(answer, from_unix_seconds(1'700'000'000)).count() == 3600);  // no time
  answer.time = 1'700'000'000;                                               // seconds, where milliseconds belong
  CHECK(life_of(answer, from_unix_seconds(1'700'000'000)).count() == 3600);
  for (const std::int64_t life : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(),
                                  std::int64_t{-1}, std::int64_t{0}}) {
    for (const std::int64_t time : {std::numeric_limits<std::int64_t>::min(), std::int64_t{1'700'000'000'000},
                                    std::numeric_limits<std::int64_t>::max()}) {
      answer.expires_in = life;
      answer.time = time;
      Grant grant;
      const WallTime now = from_unix_seconds(1'700'000'000);
      grant.take(answer, now);
      CHECK(grant.token_expires == now);
    }
  }
}

TEST_CASE("The redirect's query: what a browser sends") {
  const auto read = read_redirect("code=Ab12Cd&state=s-3f9c");
  REQUIRE(read);
  CHECK(read->code.expose() == "Ab12Cd");
  CHECK(read->state == "s-3f9c");
  const auto coded = read_redirect("&x=%20+y&st%61te=s%2D3f9c&&code=%41b12Cd");
  REQUIRE(coded);
  CHECK(coded->code.expose() == "Ab12Cd");
  CHECK(coded->state == "s-3f9c");
}

TEST_CASE("The redirect's query: hostile forms are refused, each with its reason") {
  for (const std::string& query : {
           std::string(),
           std::string("?code=a&state=b"),
           std::string("https://shop.example.com/jd?code=a&state=b"),
           std::string("error=access_denied&state=b"),
           std::string("code=a"),
           std::string("state=b"),
           std::string("code=&state=b"),
           std::string("code=a&state="),
           std::string("code=a&code=b&state=c"),
           std::string("code=a&state=b&state=b"),
           std::string("code=a&%63ode=b&state=c"),
           std::string("code=a%&state=b"),
           std::string("code=a%4&state=b"),
           std::string("code=a%zz&state=b"),
           std::string("code=a&state=b&x=%"),
           std::string("code=a+b&state=c"),
           std::string("code=a%00&state=c"),
           std::string("code=a%0d%0aSet-Cookie&state=c"),
           std::string("code=a&state=%E4%BA%AC"),
           std::string("code=a&state=b#fragment"),
           std::string("code=a&state=b\nx", 16),
           std::string("code=a\0b&state=c", 16),
           std::string("code=京&state=b"),
           "code=" + std::string(257, 'c') + "&state=b",
           "code=a&state=" + std::string(129, 's'),
           "code=a&state=b&x=" + std::string(4096, 'x'),
       }) {
    CAPTURE(query);
    CHECK(kind_of_query(query) == "bad_argument");
  }
  CHECK(kind_of_query("code=" + std::string(256, 'c') + "&state=" + std::string(128, 's')) == "ok");
  const auto words = [](std::string_view query) { return read_redirect(query).error().to_string(); };
  CHECK(words("?code=a&state=b").find("give what follows the '?'") != std::string::npos);
  CHECK(words("https://shop.example.com/jd?code=a&state=b").find("give what follows the '?'") != std::string::npos);
  CHECK(words("error=access_denied&state=b").find("the merchant declined") != std::string::npos);
  CHECK(kind_of_query("code=a&state=b&next=/?x") == "ok");
  const auto secret = read_redirect("code=a%0d" + std::string("hush") + "&state=b");
  REQUIRE_FALSE(secret);
  CHECK(secret.error().to_string().find("hush") == std::string::npos);
}

TEST_CASE("A grant's record reads back, and nothing else does") {
  Grant grant;
  grant.merchant = "shop/1%";
  grant.refresh_token = Secret("r\"1");
  grant.authorized_at = from_unix_millis(1'700'000'000'123);
  grant.token_expires = from_unix_millis(1'731'536'000'000);
  grant.renewals = 3;
  grant.uid = "8000000000";
  grant.xid = "o*AA";
  const auto read = Grant::read(grant.json());
  REQUIRE(read);
  CHECK(read->json() == grant.json());
  CHECK(read->equals(grant));
  CHECK_FALSE(read->follows(grant));
  Grant later = grant;
  ++later.renewals;
  CHECK(later.follows(grant));
  CHECK_FALSE(grant.follows(later));
  later.authorized_at += Millis(1);
  CHECK_FALSE(later.follows(grant));

  const Merchant merchant = grant.describe();
  CHECK(merchant.id == "shop/1%");
  CHECK(merchant.ids == std::vector<std::pair<std::string, std::string>>{{"uid", "8000000000"}, {"xid", "o*AA"}});

  for (const char* text : {"", "{}", "[]", "null", R"({"v":1})", R"({"v":3,"merchant":"a","state":"authorized"})",
                           R"({"v":1,"merchant":"","state":"authorized"})", R"({"v":1,"merchant":"a","state":"x"})",
                           R"({"v":1,"merchant":"a\tb","state":"authorized"})",
                           R"({"v":1,"merchant":"a","state":"authorized","renewals":-1})"}) {
    CAPTURE(text);
    CHECK_FALSE(Grant::read(text));
  }
  // Versions N and N-1 run side by side: what the next one put there stays when this one writes the record again.
  const auto next = Grant::read(R"({"v":2,"merchant":"a","state":"authorized","scopes":["x",{"y":1.50}],"beta":true})");
  REQUIRE(next);
  CHECK(next->json().find(R"("scopes":["x",{"y":1.50}],"beta":true})") != std::string::npos);
  const auto far = Grant::read(R"({"v":1,"merchant":"a","state":"authorized","expires":9223372036854775807})");
  REQUIRE(far);
  CHECK(far->token_expires > from_unix_seconds(4'000'000'000));
}

TEST_CASE("Two grants are of one account unless both name another") {
  Grant one, other;
  CHECK(one.same_account(other));
  one.uid = "1";
  CHECK(one.same_account(other));
  other.uid = "2";
  CHECK_FALSE(one.same_account(other));
  other.uid.clear();
  one.open_id = other.open_id = "o";
  CHECK(one.same_account(other));
}
