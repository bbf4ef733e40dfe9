#include "core/crypto/crypto.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace kefu::detail;

TEST_CASE("base64 of RFC 4648 both ways") {
  const std::pair<std::string_view, std::string_view> cases[] = {{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& item : cases) {
    const std::string_view bytes = item.first;
    const std::string_view text = item.second;
    CAPTURE(std::string(text));
    CHECK(base64(bytes) == text);
    CHECK(base64_decoded(text, Base64Mode::strict) == std::string(bytes));
    CHECK(base64_decoded(text, Base64Mode::spare_bits) == std::string(bytes));
  }
}

TEST_CASE("base64 carries every byte at every length") {
  std::string bytes;
  for (int i = 0; i < 600; ++i) {
    const auto back = base64_decoded(base64(bytes), Base64Mode::strict);
    REQUIRE(back.has_value());
    REQUIRE(*back == bytes);
    bytes.push_back(static_cast<char>(i * 7));
  }
}

TEST_CASE("strict base64 refuses what is not canonical (CBK-6)") {
  for (const std::string_view text :
       {"Zg",   "Zg=",   "Zm8",   "Zg===",  "=",    "====", "Z===",    "Zm=v", "Z=9v", "=m9v", "Zm9vZg==Zm9v",
        "Zm 9", "Zm9v ", " Zm9v", "Zm9v\n", "Zm9-", "Zm9_", "Zm9\x80", "Zh==", "Zm9=", "A",    "AAAAA"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(base64_decoded(text, Base64Mode::strict).has_value());
  }
  CHECK_FALSE(base64_decoded(std::string_view("Zm9\0", 4), Base64Mode::strict).has_value());
}

TEST_CASE("spare_bits takes a 43-character key whose last bits are set (CBK-8)") {
  const auto key = base64_decoded("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", Base64Mode::spare_bits);
  REQUIRE(key.has_value());
  CHECK(key->size() == 32);
  CHECK(base64_decoded("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG=", Base64Mode::spare_bits) == key);
  CHECK_FALSE(base64_decoded("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG=", Base64Mode::strict).has_value());
  CHECK_FALSE(base64_decoded("abcdefghijklmnopqrstuvwxyz0123456789ABCDE G", Base64Mode::spare_bits).has_value());
  CHECK_FALSE(base64_decoded("AAAAA", Base64Mode::spare_bits).has_value());
  CHECK_FALSE(base64_decoded("AA=", Base64Mode::spare_bits).has_value());
}
