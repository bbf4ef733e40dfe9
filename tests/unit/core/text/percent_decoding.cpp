#include "core/text/percent_encoding.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace kefu::detail;

namespace {

std::string decoded(std::string_view text, PlusSign plus, BrokenEscape broken) {
  std::string out = ">";
  return append_percent_decoded(out, text, plus, broken) ? out : "refused " + out;
}

}  // namespace

TEST_CASE("percent decoding reads every byte back, in either case") {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  std::string text;
  append_percent_encoded(text, all);
  CHECK(decoded(text, PlusSign::itself, BrokenEscape::refused) == ">" + all);
  CHECK(decoded(text, PlusSign::blank, BrokenEscape::itself) == ">" + all);
  CHECK(decoded("%e5%9c%A8", PlusSign::itself, BrokenEscape::refused) == ">在");
}

TEST_CASE("a plus and a broken escape are what the caller says they are") {
  CHECK(decoded("a+b%2B", PlusSign::itself, BrokenEscape::refused) == ">a+b+");
  CHECK(decoded("a+b%2B", PlusSign::blank, BrokenEscape::refused) == ">a b+");
  for (const std::string broken : {"%", "%4", "%4g", "%g4", "%%41", "% 41", "%-1", "%+1", "%0x"}) {
    CAPTURE(broken);
    CHECK(decoded("x" + broken, PlusSign::itself, BrokenEscape::refused) == "refused >x");
  }
  CHECK(decoded("%%41%4", PlusSign::itself, BrokenEscape::itself) == ">%A%4");
  CHECK(decoded("%4%41", PlusSign::itself, BrokenEscape::itself) == ">%4A");
  CHECK(decoded("", PlusSign::blank, BrokenEscape::refused) == ">");
}
