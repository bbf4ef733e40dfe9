#include <kefu/channel/capabilities.hpp>

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

namespace {

std::string joined(const std::vector<std::string_view>& parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  while (times-- > 0) text += piece;
  return text;
}

/// No limit may cut `cluster` anywhere: every part of a long run of it holds whole clusters.
void check_kept_whole(std::string_view cluster) {
  CAPTURE(cluster);
  for (std::size_t limit = cluster.size(); limit < 4 * cluster.size(); ++limit) {
    const std::string text = repeated(cluster, 9);
    const auto parts = kefu::split_text(text, limit);
    REQUIRE(!parts.empty());
    CHECK(joined(parts) == text);
    for (const std::string_view part : parts) {
      CHECK(part.size() <= limit);
      CHECK(part.size() % cluster.size() == 0);
    }
  }
  CHECK(kefu::split_text(repeated(cluster, 2), cluster.size() - 1).empty());
}

}  // namespace

TEST_CASE("MSG-1: short text stays one part") {
  CHECK(kefu::split_text("", 10) == std::vector<std::string_view>{""});
  CHECK(kefu::split_text("1234567890", 10) == std::vector<std::string_view>{"1234567890"});
  CHECK(kefu::split_text(std::string(5000, 'a'), 0).size() == 1);
}

TEST_CASE("MSG-1: code points, emoji clusters and combining marks are never cut") {
  check_kept_whole("好");
  check_kept_whole("é");                                                           // precomposed
  check_kept_whole("e\u0301");                                                     // e + combining acute
  check_kept_whole("\U0001F600");                                                  // one emoji
  check_kept_whole("\U0001F44D\U0001F3FD");                                        // thumb + skin tone
  check_kept_whole("\u2764\uFE0F");                                                // heart + variation selector
  check_kept_whole("1\uFE0F\u20E3");                                               // keycap
  check_kept_whole("\U0001F1E8\U0001F1F3");                                        // flag CN
  check_kept_whole("\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466");  // family
  check_kept_whole("\U0001F3F3\uFE0F\u200D\U0001F308");                            // rainbow flag
  check_kept_whole("\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F");  // Scotland
  check_kept_whole("\u1112\u1161\u11AB");                                                      // Hangul in parts
  check_kept_whole("\u0E01\u0E33");                                                            // Thai with SARA AM
  check_kept_whole("\r\n");
}

TEST_CASE("MSG-1: two flags in a row are cut between them only") {
  const std::string flags = "\U0001F1E8\U0001F1F3\U0001F1EF\U0001F1F5";
  CHECK(kefu::split_text(flags, 12) == std::vector<std::string_view>{flags.substr(0, 8), flags.substr(8)});
}

TEST_CASE("MSG-1: a link is never cut, not at its brackets, quotes or text") {
  check_kept_whole(R"(<a href="https://example.com/x?a=1>2">see <b>here</b></a>)");
  check_kept_whole("<A HREF='weixin://bizmsgmenu?msgmenucontent=1&msgmenuid=2'>一</A >");
  check_kept_whole("<a>x</a>");

  const std::string text = "查看<a href=\"https://example.com\">订单</a>";
  const auto parts = kefu::split_text(text, text.size() - 1);
  REQUIRE(parts.size() == 2);
  CHECK(parts[0] == "查看");
}

TEST_CASE("MSG-1: what only looks like a link is text") {
  for (const std::string text :
       {"<a href=\"x\">never closed, so it may be cut anywhere", "<abbr>a</abbr> b <a",
        "<a href=\"quote never closed>x</a> and more text follows", "a < b <a <a <a </a </ a>"}) {
    const auto parts = kefu::split_text(text, 8);
    CHECK(parts.size() >= text.size() / 8);
    CHECK(joined(parts) == text);
  }
}

TEST_CASE("MSG-1: line ends are preferred, then blanks, then any border") {
  using Parts = std::vector<std::string_view>;
  CHECK(kefu::split_text("one two\nthree four", 12) == Parts{"one two\n", "three four"});
  CHECK(kefu::split_text("one two three four", 12) == Parts{"one two ", "three four"});
  CHECK(kefu::split_text("您好，请稍等一下谢谢", 21) == Parts{"您好，请稍等一", "下谢谢"});
  CHECK(kefu::split_text("请您稍等，一下谢谢", 21) == Parts{"请您稍等，", "一下谢谢"});
  CHECK(kefu::split_text("a\nbcdefghijklmnopqrst", 12) == Parts{"a\nbcdefghijk", "lmnopqrst"});
}

TEST_CASE("MSG-1: any bytes are cut into parts that join to the text and keep the limit") {
  std::mt19937 random(7);
  const std::vector<std::string> pieces{"a",
                                        "好",
                                        "\U0001F468\u200D\U0001F469",
                                        "<a href=\"u\">t</a>",
                                        "<a ",
                                        "</a>",
                                        "\n",
                                        " ",
                                        "\xff",
                                        "\xe4\xbd",
                                        "\U0001F1E8",
                                        "\u0301",
                                        "\"",
                                        "\u200D"};
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (int i = 0; i < 60; ++i) text += pieces[random() % pieces.size()];
    const std::size_t limit = 40 + random() % 60;
    const auto parts = kefu::split_text(text, limit);
    if (parts.empty()) continue;
    CHECK(joined(parts) == text);
    for (const std::string_view part : parts) CHECK((part.size() <= limit && !part.empty()));
  }
}

TEST_CASE("MSG-1: text full of unclosed links is cut in linear time") {
  const std::string text = repeated("<a href=x>", 100'000);
  CHECK(kefu::split_text(text, 2048).size() >= text.size() / 2048);
}
