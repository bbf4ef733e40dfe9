// Every code of wechat-security-and-authorization B18: its class in kind and repeats, and an advice that says what to
// do.
#include "support/vectors.hpp"
#include "support/wechat_world.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

using namespace kefu;
using kefu_test::WechatWorld;

namespace {

/// The classes of B18.
enum class Class : unsigned char {
  retry,      ///< R: after a pause
  token,      ///< T: a new token, one repeat
  ticket,     ///< K: waits for the next push
  authorize,  ///< A: the merchant authorizes again
  permission,
  configuration,
  quota,
  request,  ///< I: the request is wrong, or a login starts again
};

struct Row {
  const char* code;
  Class of;
  const char* path;    ///< Where the code means that; empty: anywhere.
  const char* advice;  ///< What the error tells the engineer to do or to look at.
};

constexpr Class R = Class::retry;
constexpr Class T = Class::token;
constexpr Class K = Class::ticket;
constexpr Class A = Class::authorize;
constexpr Class P = Class::permission;
constexpr Class C = Class::configuration;
constexpr Class Q = Class::quota;
constexpr Class I = Class::request;
constexpr const char* kSecretCall = "/cgi-bin/component/api_component_token";
constexpr const char* kOnBehalf = "/cgi-bin/component/api_authorizer_token";

constexpr Row kRows[] = {
    {"-1", R, "", "try again in a while"},
    {"40001", T, "", "another process renews this token"},
    {"40001", C, kSecretCall, "correct it"},
    {"40013", C, "", "correct it"},
    {"40014", T, "", "One renewal"},
    {"41001", I, "", "the host's own token source"},
    {"40029", I, "", "start the login again"},
    {"40163", I, "", "start the login again"},
    {"42003", I, "", "start the login again"},
    {"40091", K, "", "Wait for the next push"},
    {"40094", T, "", "Renew the component's"},
    {"40125", C, "", "correct it"},
    {"40164", C, "", "add it there"},
    {"40170", I, "", "1 to 500"},
    {"40226", I, "", "turn the login away"},
    {"40243", C, "", "thaw it or set the new one"},
    {"41018", I, "", "set the app id"},
    {"41021", I, "", "report it"},
    {"42001", T, "", "One renewal"},
    {"42002", I, "", "logs in again"},
    {"40030", I, "", "logs in again"},
    {"42006", T, "", "Renew the component's"},
    {"42007", I, "", "logs in again"},
    {"42007", A, kOnBehalf, "the merchant authorizes again"},
    {"43007", A, "", "only the merchant can change it"},
    {"45009", Q, "", "stop this API until"},
    {"45011", R, "", "slower"},
    {"45035", C, "", "add it"},
    {"47001", I, "", "compare a raw call's members"},
    {"48001", P, "", "its owner has to get it"},
    {"48004", P, "", "see the console's notice"},
    {"48006", Q, "", "wait for the platform's next day"},
    {"50002", P, "", "see the console"},
    {"50004", P, "", "see the console's notice"},
    {"50007", P, "", "in the console"},
    {"61000", C, "", "look in the platform's console"},
    {"61001", I, "", "check which app id"},
    {"61002", P, "", "opens it in the console"},
    {"61003", A, "", "api_get_authorizer_list"},
    {"61004", C, "", "add it"},
    {"61005", K, "", "api_start_push_ticket"},
    {"61006", K, "", "wait for the next push"},
    {"61007", P, "", "the merchant adds it"},
    {"61008", I, "", "write each member once"},
    {"61009", A, "", "make a new link"},
    {"61010", A, "", "make a new link"},
    {"61011", C, "", "correct component_appid"},
    {"61012", I, "", "voice_recognize"},
    {"61013", I, "", "0 to 2"},
    {"61014", I, "", "call it there"},
    {"61015", I, "", "call it there"},
    {"61016", P, "", "confirm it"},
    {"61017", P, "", "the merchant adds it"},
    {"61018", I, "", "nothing is left to do"},
    {"61019", I, "", "nothing is left to do"},
    {"61020", I, "", "correct it"},
    {"61021", I, "", "look at confirm_info"},
    {"61022", I, "", "look at confirm_info"},
    {"61023", A, "", "api_get_authorizer_list"},
    {"61024", C, "", "set it up as an authorized account"},
    {"61025", I, "", "leave it"},
    {"61026", P, "", "ask for that right"},
    {"61027", P, "", "register none"},
    {"61028", C, "", "publish it"},
    {"61029", C, "", "do so in the platform's console"},
    {"61030", P, "", "the merchant can"},
    {"89503", C, "", "Add the address to the IP list"},
    {"89506", C, "", "Speak to the administrator"},
    {"89507", C, "", "Speak to the administrator"},
};

/// What the codes of a class are to a host.
std::set<std::string_view> kinds_of(Class of) {
  switch (of) {
    case Class::retry:
      return {"unavailable", "rate_limited"};
    case Class::token:
      return {"credentials_refused"};
    case Class::ticket:
      return {"unavailable"};
    case Class::authorize:
      return {"needs_authorization"};
    case Class::permission:
      return {"permission", "quota_exhausted"};  // of 61027 the number of registrations is meant
    case Class::configuration:
      return {"configuration"};
    case Class::quota:
      return {"quota_exhausted"};
    case Class::request:
      break;
  }
  // The host's request, its set-up (41018), kefu's own fault (41001, 41021), a login that starts again, or a person.
  return {"bad_argument", "conflict", "configuration", "internal", "credentials_refused", "blocked_by_customer"};
}

}  // namespace

TEST_CASE("B18: every code has its class in kind and repeats, and its error says what to do") {
  std::set<std::string_view> codes;
  for (const Row& row : kRows) {
    CAPTURE(row.code);
    CAPTURE(row.path);
    codes.insert(row.code);
    const std::string path = *row.path == '\0' ? "/cgi-bin/anything" : row.path;
    WechatWorld world = WechatWorld::of_any_kind();
    world.transport->on(path, [&row](const HttpRequest&) { return WechatWorld::error_reply(row.code); });
    const auto result = world.account->call(RawCall("POST", path, "{}", Effect::read)).get();
    REQUIRE(!result);
    const Error& error = result.error();
    CHECK_MESSAGE(kinds_of(row.of).count(to_string(error.kind())) == 1, error.to_string());
    CHECK_MESSAGE(error.message().find(row.advice) != std::string::npos, error.message());
    CHECK(error.delivery() == Delivery::refused);
    const auto tries = world.transport->count(path);
    if (row.of == Class::token)
      CHECK_MESSAGE(tries == 2, "a new token, one repeat");
    else if (row.of != Class::retry)
      CHECK_MESSAGE(tries == 1, "no repeat cures it");
  }
  CHECK(codes.size() == 67);
}

TEST_CASE("B18: the table of error kinds names the section's codes, and none that the rows above lack") {
  std::set<std::string, std::less<>> above;
  for (const Row& row : kRows) above.insert(row.code);
  const auto kinds = kefu_test::load_vectors("error-kinds.json");
  std::set<std::string, std::less<>> of_section;
  for (const auto& entry : kinds.root()["wechat"])
    if (entry.value["source"].text().find("wechat-security-and-authorization B18") != std::string_view::npos)
      of_section.insert(std::string(entry.value["code"].text()));
  CHECK(of_section.size() > 30);
  for (const std::string& code : of_section) CHECK_MESSAGE(above.count(code) == 1, code);
}
