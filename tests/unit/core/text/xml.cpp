#include "core/text/document.hpp"
#include "core/text/xml_writer.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

using namespace kefu::detail;

namespace {

/// Both doors must agree, as the one differs only in who owns the text.
Document xml(std::string_view text, const ReadLimits& limits = {}) {
  Document owned = Document::xml(text, limits);
  const Document borrowed = Document::xml_borrowed(text, limits);
  CHECK(owned.fault() == borrowed.fault());
  CHECK(owned.root().size() == borrowed.root().size());
  CHECK(owned.root().present() == static_cast<bool>(owned));
  return owned;
}

std::string repeat(std::string_view part, std::size_t times) {
  std::string text;
  text.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) text.append(part);
  return text;
}

}  // namespace

TEST_CASE("a flat push is read") {
  const Document document = xml(
      "<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName>\n<CreateTime>1409735668</CreateTime>\r\n"
      "<Content><![CDATA[你好 <b> & ]] ]> 😀]]></Content><MsgId>6054768590064713728</MsgId><Empty><![CDATA[]]></Empty>"
      "<None></None></xml>\n");
  REQUIRE(document);
  const Value root = document.root();
  CHECK(root.kind() == Value::Kind::object);
  CHECK(root.size() == 6);
  CHECK(root["ToUserName"].text() == "gh_10f6c3c3ac5a");
  CHECK(root["CreateTime"].integer() == 1409735668);
  CHECK(root["Content"].text() == "你好 <b> & ]] ]> 😀");
  CHECK(root["MsgId"].text() == "6054768590064713728");
  CHECK(root["Empty"].kind() == Value::Kind::string);
  CHECK(root["None"].text().empty());
  CHECK_FALSE(root["Other"].present());
}

TEST_CASE("ENC-1: text, CDATA, mixtures and entity text read alike") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"plain", "plain"},
      {"<![CDATA[data]]>", "data"},
      {"  <![CDATA[video]]>\n", "video"},
      {"a<![CDATA[<b>]]>c", "a<b>c"},
      {"<![CDATA[a]]]]><![CDATA[>b]]>", "a]]>b"},
      {"<![CDATA[]]><![CDATA[]]>", ""},
      {"&lt;a&gt; &amp;&quot;&apos;", "<a> &\"'"},
      {"&#65;&#x4f60;&#x1F600;", "A你😀"},
      {"&amp;lt;", "&lt;"},
      {"a<!-- no --->b", "a<!-- no --->b"},
      {"a<!-- no -->b<?pi x?>c", "abc"},
      {"http://x/?a=1&b=2&copy;&", "http://x/?a=1&b=2&copy;&"},
      {"&#;&#x;&#xZZ;&;&#99999999999999999999;", "&#;&#x;&#xZZ;&;&#99999999999999999999;"},
      {" two words ", " two words "},
      {" \n\t ", ""},
      {"<![CDATA[ ]]>", " "},
      {"<![CDATA[\r\n]]>", "\r\n"},
      {"]]>", "]]>"},
  };
  for (const auto& item : cases) {
    const std::string_view inner = item.first;
    const std::string_view expected = item.second;
    CAPTURE(std::string(inner));
    const std::string text = "<xml><A>" + std::string(inner) + "</A><B>b</B></xml>";
    const Document document = xml(text);
    if (inner == "a<!-- no --->b") {
      // "--" may not stand in a comment, pugixml is lenient; either way nothing of it becomes text.
      CHECK((!document || document.root()["A"].text() == "ab"));
      continue;
    }
    REQUIRE(document);
    CHECK(document.root()["A"].text() == expected);
    CHECK(document.root()["B"].text() == "b");
  }
}

TEST_CASE("ENC-1: a text with ]]> round-trips through the writer") {
  for (const std::string text :
       {"]]>", "a]]>b]]>]]>", "]]", "]", ">", "]]]>", "]]]]>>", "", "客服😀 <xml>&amp;\r\n\t"}) {
    CAPTURE(text);
    std::string out;
    XmlWriter(out)
        .begin("xml")
        .text("Content", text)
        .integer("CreateTime", -12345678901)
        .plain("MsgType", "text")
        .end("xml");
    const Document document = xml(out);
    REQUIRE(document);
    CHECK(document.root()["Content"].text() == text);
    CHECK(document.root()["CreateTime"].integer() == -12345678901);
    CHECK(document.root()["MsgType"].text() == "text");
  }
  std::string out;
  append_cdata(out, "a\x01\xFF]]>");
  CHECK(out == "<![CDATA[a\uFFFD]]]]><![CDATA[>]]>");
}

TEST_CASE("ENC-2: forbidden control characters do not lose the message") {
  std::string text = "<xml><A><![CDATA[x";
  for (char c = 0; c < 0x20; ++c) text.push_back(c);
  text += "y]]></A><B>&#1;&#x0;b&#9;</B></xml>";
  const Document document = xml(text);
  REQUIRE(document);
  CHECK(document.root()["A"].text() == "x\t\n\ry");
  CHECK(document.root()["B"].text() == "b\t");
  CHECK(document.repairs().control_characters == 31);
  CHECK(document.repairs().invalid_utf8 == 0);
}

TEST_CASE("invalid UTF-8 and impossible references become U+FFFD and are counted") {
  const Document document = xml("<xml><A><![CDATA[x\xFFy\xE5\xAE]]></A><B>&#xD800;&#x110000;&#xDFFF;</B></xml>");
  REQUIRE(document);
  CHECK(document.root()["A"].text() == "x\uFFFDy\uFFFD");
  CHECK(document.root()["B"].text() == "\uFFFD\uFFFD\uFFFD");
  CHECK(document.repairs().invalid_utf8 == 5);
}

TEST_CASE("ENC-3: repeated, nested and unknown elements survive in order") {
  Document read =
      xml("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- c --><xml a=\"1\"><New "
          "x='2'/><ScanCodeInfo><ScanType>qr</ScanType>"
          "<Result><![CDATA[1]]></Result></ScanCodeInfo>text<SendPicsInfo><Count>2</Count><PicList><item><Md5>a</Md5></"
          "item>"
          "<item><Md5>b</Md5></item></PicList></SendPicsInfo><item>1</item><item>2</item><a-b.c:d>n</a-b.c:d></xml>");
  const Document document = std::move(read);
  REQUIRE(document);
  const Value root = document.root();
  CHECK(root["New"].kind() == Value::Kind::string);
  CHECK(root["New"].text().empty());
  CHECK(root["ScanCodeInfo"].kind() == Value::Kind::object);
  CHECK(root["ScanCodeInfo"]["Result"].text() == "1");
  const std::vector<Value> pictures = root["SendPicsInfo"]["PicList"].all("item");
  REQUIRE(pictures.size() == 2);
  CHECK(pictures[0]["Md5"].text() == "a");
  CHECK(pictures[1]["Md5"].text() == "b");
  CHECK(root.all("item").size() == 2);
  CHECK(root["item"].text() == "1");
  CHECK(root["a-b.c:d"].text() == "n");
  CHECK(root.size() == 6);
  std::string names;
  for (const auto& member : root) names += std::string(member.name) + ",";
  CHECK(names == "New,ScanCodeInfo,SendPicsInfo,item,item,a-b.c:d,");
}

TEST_CASE("an empty push, a byte order mark, a declaration") {
  for (const std::string_view text :
       {"<xml></xml>", "<xml/>", "<xml> </xml>", "\xEF\xBB\xBF<xml></xml>",
        "\xEF\xBB\xBF \n<?xml version='1.0'?><xml></xml><!-- end -->", "<xml>text</xml>"}) {
    CAPTURE(std::string(text));
    const Document document = xml(text);
    REQUIRE(document);
    CHECK(document.root().kind() == Value::Kind::object);
    CHECK(document.root().size() == 0);
  }
}

TEST_CASE("CBK-9: document types are refused wherever they stand") {
  for (const std::string_view text : {
           "<!DOCTYPE xml><xml><a>1</a></xml>",
           "<?xml version=\"1.0\"?><!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><xml><a>&x;</a></xml>",
           "<!DOCTYPE xml [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><xml><a>&b;</a></xml>",
           "<!DOCTYPE xml SYSTEM \"http://127.0.0.1/x.dtd\"><xml></xml>",
           "<xml><a>1</a></xml><!DOCTYPE xml>",
           "<xml><!DOCTYPE xml></xml>",
           "<!DOCTYPE xml [",
       }) {
    CAPTURE(std::string(text));
    CHECK(xml(text).fault() == ReadFault::forbidden);
  }
  const Document in_text = xml("<xml><A><![CDATA[<!DOCTYPE html>]]></A><B>1<!----></B></xml>");
  REQUIRE(in_text);
  CHECK(in_text.root()["A"].text() == "<!DOCTYPE html>");
}

TEST_CASE("CBK-9: broken documents end in a fault, never in a crash") {
  for (const std::string_view text : {"<",
                                      "<xml",
                                      "<xml>",
                                      "<xml></xm>",
                                      "<xml></xml",
                                      "<xml><a></xml>",
                                      "<xml><a>1</b></xml>",
                                      "<xml></xml><xml></xml>",
                                      "<xml><a>1</a></xml>x",
                                      "x<xml></xml>",
                                      "<xml></xml>trailing",
                                      "<![CDATA[x]]>",
                                      "<xml><a><![CDATA[x]]</a></xml>",
                                      "<xml><a><![CDATA[x</a></xml>",
                                      "<xml><![CDATA[",
                                      "<XML><a>1</a></XML>",
                                      "<root><a>1</a></root>",
                                      "{\"a\":1}",
                                      "success",
                                      "<xml><a b></a></xml>",
                                      "<xml><a b=1></a></xml>",
                                      "<xml><></></xml>",
                                      "<xml></></xml>",
                                      "<xml><1>1</1></xml>",
                                      "<xml><a>1</a ></xml",
                                      "<xml><!-- ",
                                      "<?xml",
                                      "<xml><?",
                                      "<!ENTITY x \"y\"><xml></xml>",
                                      "<xml><!ELEMENT a></xml>",
                                      "&lt;xml>"}) {
    CAPTURE(std::string(text));
    CHECK(xml(text).fault() == ReadFault::malformed);
  }
  CHECK(xml("").fault() == ReadFault::empty);
  CHECK(xml(" \n").fault() == ReadFault::empty);
  CHECK(xml("<html><body/></html>").fault() == ReadFault::html);
  CHECK(xml("<!doctype HTML><html></html>").fault() == ReadFault::html);
}

TEST_CASE("CBK-9: limits of depth, size, elements and attributes") {
  CHECK(xml("<xml>" + repeat("<a>", 63) + repeat("</a>", 63) + "</xml>").fault() == ReadFault::none);
  CHECK(xml("<xml>" + repeat("<a>", 64) + repeat("</a>", 64) + "</xml>").fault() == ReadFault::too_deep);
  CHECK(xml("<xml>" + repeat("<a>", 100'000) + repeat("</a>", 100'000) + "</xml>").fault() == ReadFault::too_deep);
  CHECK(xml("<xml>" + repeat("<a>", 100'000)).fault() == ReadFault::malformed);
  ReadLimits few;
  few.values = 3;
  CHECK(xml("<xml><a>1</a><b>2</b></xml>", few).fault() == ReadFault::none);
  CHECK(xml("<xml><a>1</a><b>2</b><c>3</c></xml>", few).fault() == ReadFault::too_large);
  CHECK(xml("<xml><a/><b/><c/></xml>", few).fault() == ReadFault::too_large);
  CHECK(xml("<xml>" + repeat("<a/>", 900'000) + "</xml>").fault() == ReadFault::too_large);
  ReadLimits small;
  small.bytes = 11;
  CHECK(xml("<xml></xml>", small).fault() == ReadFault::none);
  CHECK(xml("<xml></xml> ", small).fault() == ReadFault::too_large);
  std::string attributes;
  for (int i = 0; i < 33; ++i) attributes += " a" + std::to_string(i) + "=''";
  CHECK(xml("<xml><a" + attributes + "/></xml>").fault() == ReadFault::too_large);
}

TEST_CASE("xml_borrowed points into the caller's text for a flat push") {
  const std::string text = "<xml><A>value</A></xml>";
  const Document document = Document::xml_borrowed(text);
  REQUIRE(document);
  const std::string_view value = document.root()["A"].text();
  CHECK(value.data() == text.data() + text.find("value"));
}
