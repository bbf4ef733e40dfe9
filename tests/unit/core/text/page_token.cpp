#include "core/text/page_token.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>

using kefu::detail::page_token;
using kefu::detail::read_page_token;

TEST_CASE("page tokens come back as they were written") {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  CHECK(page_token({3, 20}) == "3.20");
  CHECK(page_token({1464710400, 20165258, 17}, "0f1e2d3c4b5a6978") == "1464710400.20165258.17.0f1e2d3c4b5a6978");
  CHECK(page_token({1, 2}, "") == "1.2.");
  for (const std::int64_t one : {std::int64_t{0}, std::int64_t{7}, kMost}) {
    for (const std::int64_t two : {std::int64_t{0}, kMost}) {
      std::int64_t a = -1;
      std::int64_t b = -1;
      REQUIRE(read_page_token(page_token({one, two}), {&a, &b}));
      CHECK((a == one && b == two));
      std::string_view word;
      const std::string text = page_token({one, two}, "w");
      REQUIRE(read_page_token(text, {&a, &b}, word));
      CHECK((a == one && b == two && word == "w"));
    }
  }
}

TEST_CASE("a page token that was changed is none") {
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::string_view word;
  for (const std::string text :
       {"", ".", "1", "1.", ".1", "1.2.", "1.2.3", "1,2", "-1.2", "1.-2", "-0.1", "+1.2", " 1.2", "1.2 ", "1.2x", "x.2",
        "9223372036854775808.1", "1.9223372036854775808", "0x1.2"}) {
    CAPTURE(text);
    CHECK_FALSE(read_page_token(text, {&a, &b}));
  }
  CHECK_FALSE(read_page_token(std::string(1'000'000, '1'), {&a, &b}));
  CHECK_FALSE(read_page_token(std::string("1.2") + '\0', {&a, &b}));
  for (const std::string text : {"", "1.2", "1", "1.", "a.b.c"}) CHECK_FALSE(read_page_token(text, {&a, &b}, word));
  CHECK(read_page_token("1.2.", {&a, &b}, word));
  CHECK(word.empty());
}
