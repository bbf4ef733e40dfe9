#include <kefu/channel/capabilities.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>

namespace {

using kefu::Adaptation;
using kefu::ContentKind;

/// Text up to 20 bytes, images, links, and menus of three items.
kefu::Capabilities shop() {
  kefu::Capabilities account;
  for (const ContentKind kind : {ContentKind::text, ContentKind::image, ContentKind::link, ContentKind::menu}) {
    account.rule(kind).supported = true;
  }
  account.rule(ContentKind::text).max_bytes = 20;
  account.rule(ContentKind::menu).max_items = 3;
  account.rule(ContentKind::menu).becomes = ContentKind::text;
  account.rule(ContentKind::product).becomes = ContentKind::link;
  account.rule(ContentKind::order).becomes = ContentKind::link;
  account.rule(ContentKind::music).becomes = ContentKind::link;
  account.rule(ContentKind::location).becomes = ContentKind::text;
  account.rule(ContentKind::mini_program).becomes = ContentKind::text;
  account.rule(ContentKind::file).reason = "this platform has no files: send a link";
  return account;
}

kefu::Capabilities text_only() {
  kefu::Capabilities account = shop();
  account.rule(ContentKind::text).max_bytes = 0;
  account.rule(ContentKind::menu).supported = false;
  account.rule(ContentKind::link).supported = false;
  account.rule(ContentKind::link).becomes = ContentKind::text;
  account.rule(ContentKind::link).reason = "no links here";
  return account;
}

kefu::MenuContent menu(int items) {
  kefu::MenuContent content("选择:");
  for (int i = 1; i <= items; ++i) content.items.emplace_back("id" + std::to_string(i), "答" + std::to_string(i));
  content.tail = "谢谢";
  return content;
}

std::string text_of(const kefu::Content& content) {
  const auto* text = std::get_if<kefu::TextContent>(&content);
  return text != nullptr ? text->body : "not a text";
}

kefu::Error refused(const kefu::Capabilities& account, kefu::Content content, const Adaptation& allow = {}) {
  auto result = kefu::adapt(account, std::move(content), allow);
  REQUIRE_FALSE(result);
  CHECK(result.error().delivery() == kefu::Delivery::not_sent);
  return result.error();
}

bool says(const kefu::Error& error, std::string_view words) { return error.message().find(words) != std::string::npos; }

}  // namespace

TEST_CASE("MSG-2: what fits is sent unchanged and reports no change") {
  auto adapted = kefu::adapt(shop(), kefu::TextContent("您好"), Adaptation::any());
  REQUIRE(adapted);
  CHECK(adapted->changes.empty());
  REQUIRE(adapted->parts.size() == 1);
  CHECK(text_of(adapted->parts[0]) == "您好");
  REQUIRE(kefu::adapt(shop(), menu(3), {}));
}

TEST_CASE("MSG-1: text over the limit names field, size and limit, and splits only as allowed") {
  const std::string text = "12345678901234567890 abc";
  const kefu::Error error = refused(shop(), kefu::TextContent(text));
  CHECK(error.kind() == kefu::ErrorKind::bad_argument);
  for (const char* words : {"text.body", "24 bytes", "20 are allowed", "Adaptation.split_text"})
    CHECK(says(error, words));

  Adaptation allow;
  allow.split_text = true;
  auto adapted = kefu::adapt(shop(), kefu::TextContent(text), allow);
  REQUIRE(adapted);
  REQUIRE(adapted->parts.size() == 2);
  CHECK(text_of(adapted->parts[0]) + text_of(adapted->parts[1]) == text);
  REQUIRE(adapted->changes.size() == 1);
  CHECK(adapted->changes[0].what == "text sent in 2 parts");
}

TEST_CASE("MSG-1: more than 20 parts, an unsplittable link, empty and broken text are refused") {
  CHECK(says(refused(shop(), kefu::TextContent(std::string(401, 'x')), Adaptation::any()), "at most 20 messages"));
  // 400 bytes would fit into 20 parts, but not at these borders.
  std::string wide;
  for (int i = 0; i < 133; ++i) wide += "好";
  CHECK(says(refused(shop(), kefu::TextContent(wide), Adaptation::any()), "at most 20 messages"));
  CHECK(says(refused(shop(), kefu::TextContent("<a href=\"https://x.cn\">y</a>"), Adaptation::any()), "one link"));
  CHECK(says(refused(shop(), kefu::TextContent("")), "text.body is empty"));
  CHECK(says(refused(shop(), kefu::TextContent("ab\xff")), "not UTF-8 at byte 2"));
}

TEST_CASE("MSG-2: a menu becomes numbered text where allowed, and the change is told") {
  const kefu::Error error = refused(text_only(), menu(2));
  CHECK(error.kind() == kefu::ErrorKind::unsupported);
  CHECK(says(error, "menu"));
  CHECK(says(error, "Adaptation.simplify it is sent as text"));

  auto adapted = kefu::adapt(text_only(), menu(2), Adaptation::any());
  REQUIRE(adapted);
  CHECK(text_of(adapted->parts[0]) == "选择:\n1. 答1\n2. 答2\n谢谢");
  REQUIRE(adapted->changes.size() == 1);
  CHECK(adapted->changes[0].what == "menu sent as numbered text");
}

TEST_CASE("MSG-1, MSG-2: a menu with too many items is refused or simplified, then split, all told") {
  const kefu::Error error = refused(shop(), menu(4));
  CHECK(error.kind() == kefu::ErrorKind::bad_argument);
  CHECK(says(error, "menu.items has 4 entries; 3 are allowed"));

  auto adapted = kefu::adapt(shop(), menu(4), Adaptation::any());
  REQUIRE(adapted);
  CHECK(adapted->parts.size() > 1);
  REQUIRE(adapted->changes.size() == 2);
  CHECK(adapted->changes[1].what.find("text sent in") == 0);

  CHECK(says(refused(shop(), kefu::MenuContent("?")), "menu.items is empty"));
}

TEST_CASE("MSG-2: cards become links, or text where there is no link") {
  kefu::ProductContent product("p1");
  product.title = "茶杯";
  product.price = "¥ 9.90";
  product.url = "https://shop.example/p1";
  product.picture_url = "https://shop.example/p1.png";

  auto linked = kefu::adapt(shop(), product, Adaptation::any());
  REQUIRE(linked);
  const auto* link = std::get_if<kefu::LinkContent>(&linked->parts[0]);
  REQUIRE(link != nullptr);
  CHECK(link->title == "茶杯");
  CHECK(link->url == product.url);
  CHECK(link->description == "¥ 9.90");
  CHECK(link->picture_url == product.picture_url);
  CHECK(linked->changes[0].what == "product sent as link");

  auto chained = kefu::adapt(text_only(), product, Adaptation::any());
  REQUIRE(chained);
  CHECK(text_of(chained->parts[0]) == "茶杯\n¥ 9.90\nhttps://shop.example/p1");
  REQUIRE(chained->changes.size() == 2);
  CHECK(chained->changes[1].what == "link sent as text");

  kefu::OrderContent order("20261120");
  order.status = "已发货";
  auto words = kefu::adapt(shop(), order, Adaptation::any());
  REQUIRE(words);
  CHECK(text_of(words->parts[0]) == "20261120\n已发货");
}

TEST_CASE("MSG-2: what has no simpler form is refused with the reason, whatever is allowed") {
  const kefu::Error error = refused(shop(), kefu::FileContent("m1", "a.pdf"), Adaptation::any());
  CHECK(error.kind() == kefu::ErrorKind::unsupported);
  CHECK(says(error, "this platform has no files"));
  CHECK(refused(shop(), kefu::MiniProgramContent("wx1"), Adaptation::any()).kind() == kefu::ErrorKind::unsupported);
  CHECK(refused(shop(), kefu::VoiceContent("m1")).kind() == kefu::ErrorKind::unsupported);
}

TEST_CASE("MSG-2: what could be sent in a simpler form, but says nothing in it, is told what to fill in") {
  kefu::Capabilities account = text_only();
  account.rule(ContentKind::product).becomes = ContentKind::text;
  account.rule(ContentKind::product).reason = "no product cards here";
  for (const Adaptation& allow : {Adaptation(), Adaptation::any()}) {
    const auto error = refused(account, kefu::ProductContent("p1"), allow);
    CHECK(error.kind() == kefu::ErrorKind::unsupported);
    CHECK(says(error, "no product cards here"));
    CHECK(says(error, "could be sent as text: give it a title"));
  }
}

TEST_CASE("MSG-2: capabilities that lead in a circle end with an error") {
  kefu::Capabilities account;
  account.rule(ContentKind::text).becomes = ContentKind::text;
  CHECK(refused(account, kefu::TextContent("x"), Adaptation::any()).kind() == kefu::ErrorKind::internal);
}

TEST_CASE("MSG-1: raw content keeps its limit") {
  kefu::Capabilities account;
  account.rule(ContentKind::raw).supported = true;
  account.rule(ContentKind::raw).max_bytes = 10;
  CHECK(says(refused(account, kefu::RawContent("x", std::string(11, '1'))), "raw.json has 11 bytes; 10 are allowed"));
  CHECK(kefu::adapt(account, kefu::RawContent("x", "{}"), {}));
}
