#include "core/text/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace kefu::detail;

TEST_CASE("is_utf8 accepts what RFC 3629 has and nothing else, at every place in a word") {
  const std::string_view good[] = {
      "\x7f",         "\xC2\x80",     "\xDF\xBF",         "\xE0\xA0\x80",     "\xED\x9F\xBF",
      "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "客服😀"};
  const std::string_view bad[] = {"\x80",
                                  "\xBF",
                                  "\xC0\x80",
                                  "\xC1\xBF",
                                  "\xC2",
                                  "\xC2\x41",
                                  "\xE0\x9F\xBF",
                                  "\xE4\xBD",
                                  "\xED\xA0\x80",
                                  "\xEF\xBF",
                                  "\xF0\x8F\xBF\xBF",
                                  "\xF4\x90\x80\x80",
                                  "\xF5\x80\x80\x80",
                                  "\xF0\x9F\x98",
                                  "\xFF",
                                  "\xFE"};
  for (std::size_t pad = 0; pad < 17; ++pad) {
    const std::string before(pad, 'a');
    for (const auto text : good) CHECK(is_utf8(before + std::string(text) + "tail and more"));
    for (const auto text : bad) {
      CHECK_FALSE(is_utf8(before + std::string(text)));
      CHECK(utf8_prefix(before + std::string(text) + "z") == pad);
    }
  }
  CHECK(is_utf8(""));
}

TEST_CASE("append_repaired replaces each malformed sequence once and loses no good neighbour (ENC-4)") {
  const auto repaired = [](std::string_view text) {
    std::string out = "kept:";
    const auto count = append_repaired(out, text);
    return out.substr(5) + "/" + std::to_string(count);
  };
  CHECK(repaired("plain 客服") == "plain 客服/0");
  CHECK(repaired("a\xFF"
                 "b") == "a\uFFFDb/1");
  CHECK(repaired("\xE5\xAE") == "\uFFFD/1");
  CHECK(repaired("\xE5\xAE"
                 "客") == "\uFFFD客/1");
  CHECK(repaired("\xF0\x9F\x98"
                 "x") == "\uFFFDx/1");
  CHECK(repaired("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD/3");
  CHECK(repaired("") == "/0");
}

TEST_CASE("write_utf8 and is_utf8 agree at the borders of each length") {
  for (const std::uint32_t point :
       {0x0u, 0x7Fu, 0x80u, 0x7FFu, 0x800u, 0xD7FFu, 0xE000u, 0xFFFFu, 0x10000u, 0x10FFFFu}) {
    char out[4];
    const std::size_t size = write_utf8(point, out);
    CHECK(is_utf8({out, size}));
    CHECK(utf8_length({out, size}) == 1);
  }
  char out[4];
  CHECK(std::string_view(out, write_utf8(0x1F600, out)) == "😀");
}

TEST_CASE("utf8_cut never splits a character") {
  const std::string_view text = "a客😀";
  CHECK(utf8_cut(text, 0) == "");
  CHECK(utf8_cut(text, 1) == "a");
  CHECK(utf8_cut(text, 3) == "a");
  CHECK(utf8_cut(text, 4) == "a客");
  CHECK(utf8_cut(text, 7) == "a客");
  CHECK(utf8_cut(text, 8) == text);
  CHECK(utf8_cut(text, 100) == text);
  CHECK(utf8_cut("\x80\x80\x80\x80\x80\x80", 5).size() == 5);
  CHECK(utf8_length(text) == 3);
}

TEST_CASE("forbidden control characters are found at every place and dropped (ENC-2)") {
  for (const std::size_t tail : {0u, 3u, 90u}) {
    for (std::size_t pad = 0; pad < 150; ++pad) {
      for (unsigned c = 0; c < 0x22; ++c) {
        std::string text(pad, 'x');
        text.push_back(static_cast<char>(c));
        text.append("\t\r\n\xE5\xAE\xA2" + std::string(tail, 'y'));
        const bool forbidden = c < 0x20 && c != 9 && c != 10 && c != 13;
        REQUIRE(is_clean_text(text) == !forbidden);
        const std::size_t size = text.size();
        REQUIRE(drop_forbidden_controls(text) == (forbidden ? 1 : 0));
        REQUIRE(text.size() == size - (forbidden ? 1 : 0));
      }
    }
  }
}

TEST_CASE("malformed bytes are found at every place of a long text") {
  const std::string chinese = "客服消息一二三四五六七八九十客服消息一二三四五六七八九十客服消息一二三四五六七八九十";
  for (const std::string& base :
       {std::string(200, 'a'), chinese + chinese, "a" + chinese, std::string(63, 'b') + chinese}) {
    CHECK(is_clean_text(base));
    CHECK(utf8_prefix(base) == base.size());
    for (std::size_t at = 0; at < base.size(); ++at) {
      std::string broken = base;
      broken[at] = '\xFF';
      REQUIRE_FALSE(is_clean_text(broken));
      const std::size_t prefix = utf8_prefix(broken);
      REQUIRE(prefix <= at);
      REQUIRE(prefix + 3 > at);
      REQUIRE(is_utf8(std::string_view(broken).substr(0, prefix)));
      const std::string_view cut = std::string_view(base).substr(0, at);
      REQUIRE(is_clean_text(cut) == is_utf8(cut));
      REQUIRE(is_utf8(cut) == ((static_cast<unsigned char>(base[at]) & 0xC0) != 0x80));
    }
  }
}
