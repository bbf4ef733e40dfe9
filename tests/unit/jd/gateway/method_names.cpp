// Raw calls whose address is none: the error says what is wrong with it.
#include "support/jd_world.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace kefu;

TEST_CASE("a raw call whose method is none is refused with what is wrong with its name, and nothing is sent") {
  kefu_test::JdWorld world;
  struct Wrong {
    std::string name;
    const char* said;
  };
  const Wrong cases[] = {
      {"", "is empty"},
      {"groupinfo", "no dot"},
      {"jingdong..get", "a dot too many"},
      {".get", "a dot too many"},
      {"jingdong.get.", "a dot too many"},
      {"jingdong.im pop", "something else"},
      {"jingdong.get&app_key=1", "something else"},
      {std::string(201, 'a'), "longer than 200"},
      {"/oauth2/access_token?code=1", "a '?'"},
      {"/oauth2/../x", "begins with '.'"},
      {"//api.jd.com/x", "\"//\""},
  };
  for (const Wrong& one : cases) {
    CAPTURE(one.name);
    const auto refused = world.call(one.name);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == ErrorKind::bad_argument);
    CHECK_MESSAGE(refused.error().message().find(one.said) != std::string::npos, refused.error().message());
    CHECK(refused.error().delivery() == Delivery::not_sent);
  }
  CHECK(world.transport->count() == 0);
}
