#include "support/vectors.hpp"

#include <kefu/wechat/customer_messages.hpp>
#include <kefu/wechat/tokens.hpp>

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

using namespace kefu;
using namespace kefu::wechat;

namespace {

const std::string kCustomer = "oABC1234567890abcdefghijklmn";

template <class Op>
Result<HttpRequest> encode(const Op& op) {
  HttpRequest request;
  const auto& row = Op::operation();
  request.method = row.info.method;
  request.path = row.info.path;
  if (auto done = row.encode(&op, request); !done) return done.error();
  return request;
}

SendCustomMessage send(CustomMessage message) { return SendCustomMessage(kCustomer, std::move(message)); }

LinkContent article(detail::Value v, const char* picture) {
  LinkContent link(std::string(v["title"].text()), std::string(v["url"].text()));
  link.description = v["description"].text();
  link.picture_url = v[picture].text();
  return link;
}

/// Builds the message a user would build from the vector's values.
SendCustomMessage from_vector(detail::Value body) {
  const std::string type(body["msgtype"].text());
  const detail::Value m = body[type];
  const auto text = [&](const char* name) { return std::string(m[name].text()); };
  CustomMessage message = TextContent(text("content"));
  if (type == "image") message = ImageContent(text("media_id"));
  if (type == "voice") message = VoiceContent(text("media_id"));
  if (type == "video") {
    VideoContent video(text("media_id"), text("thumb_media_id"));
    video.title = text("title");
    video.description = text("description");
    message = video;
  }
  if (type == "music") {
    MusicContent music(text("musicurl"), text("thumb_media_id"));
    music.hq_music_url = text("hqmusicurl");
    music.title = text("title");
    music.description = text("description");
    message = music;
  }
  if (type == "news") message = News(article(m["articles"].items().front(), "picurl"));
  if (type == "link") message = Link(article(m, "thumb_url"));
  if (type == "msgmenu") {
    MenuContent menu(text("head_content"));
    menu.tail = text("tail_content");
    for (auto item : m["list"].items())
      menu.items.emplace_back(std::string(item["id"].text()), std::string(item["content"].text()));
    message = menu;
  }
  if (type == "miniprogrampage")
    message = MiniProgramContent(text("appid"), text("pagepath"), text("title"), text("thumb_media_id"));
  if (type == "mpnews") message = MpNews(text("media_id"));
  if (type == "mpnewsarticle") message = MpNewsArticle(text("article_id"));
  if (type == "wxcard") message = WxCard(text("card_id"));
  SendCustomMessage op(std::string(body["touser"].text()), std::move(message));
  op.kf_account = body["customservice"]["kf_account"].text();
  op.ai_generated = body["aimsgcontext"]["is_ai_msg"].integer() == 1;
  op.business_id = body["businessid"].text();
  return op;
}

void check_request(detail::Value vector, const Result<HttpRequest>& request) {
  const std::string name(vector["name"].text());
  CAPTURE(name);
  REQUIRE_MESSAGE(request.has_value(), (request ? "" : request.error().to_string()));
  CHECK(request->method == vector["method"].text());
  CHECK(request->path == vector["path"].text());
  const auto body = detail::Document::json(request->body);
  REQUIRE(static_cast<bool>(body));
  CHECK_MESSAGE(kefu_test::same_json(body.root(), vector["body"]), request->body);
}

}  // namespace

TEST_CASE("TST-2 MSG-3: every customer-message request equals its vector") {
  const auto vectors = kefu_test::load_vectors("wechat-messages.json");
  // Requests that a careful client never makes: refused here, with the platform's own answer in the sandbox's tests.
  const std::map<std::string, std::string> refused_locally{
      {"send_text_2049_bytes", "2048"},
      {"send_text_empty", "text.content is empty"},
      {"send_miniprogrampage_mini_old", "miniprogrampage.appid is empty"},
  };
  // What the typed form cannot even say: two articles, a wrong command word, a type that does not exist, a default that
  // is spelled out.
  const std::set<std::string> not_expressible{"send_news_two_articles", "typing_bad_command", "send_unknown_type",
                                              "stable_token_normal"};
  int checked = 0;
  for (const auto& entry : vectors.root()["requests"]) {
    const detail::Value vector = entry.value;
    const std::string name(vector["name"].text());
    const auto api = vector["api"].text();
    if (not_expressible.count(name) != 0) continue;
    if (api == "message.custom.send") {
      const auto request = encode(from_vector(vector["body"]));
      if (const auto refused = refused_locally.find(name); refused != refused_locally.end()) {
        CAPTURE(name);
        REQUIRE(!request);
        CHECK(request.error().kind() == ErrorKind::bad_argument);
        CHECK(request.error().delivery() == Delivery::not_sent);
        CHECK(request.error().message().find(refused->second) != std::string::npos);
      } else {
        check_request(vector, request);
      }
      ++checked;
    } else if (api == "message.custom.typing") {
      check_request(vector, encode(SetTyping(kCustomer, vector["body"]["command"].text() == "Typing")));
      ++checked;
    } else if (api == "message.custom.business.typing") {
      check_request(vector, encode(SetBusinessTyping(kCustomer, true)));
      ++checked;
    } else if (api == "stable_token") {
      check_request(vector, encode(FetchStableToken("APPID", Secret("APPSECRET"),
                                                    vector["body"]["force_refresh"].boolean().value_or(false))));
      ++checked;
    } else if (api == "token") {
      const auto request = encode(FetchClassicToken("APPID", Secret("APPSECRET")));
      REQUIRE(request.has_value());
      CHECK(request->method == "GET");
      CHECK(request->path == vector["path"].text());
      CHECK(request->body.empty());
      CHECK(request->query.size() == vector["query"].size());
      for (const auto& [key, value] : request->query) CHECK(vector["query"][key].text() == value);
      ++checked;
    }
  }
  CHECK(checked == 31);
}

TEST_CASE("ENC-4 T1: text leaves as UTF-8, nothing but quotes, backslashes and control characters escaped") {
  const auto request = encode(send(TextContent("<a href=\"https://x/?a=1&b=2\">订单</a> 😀 \\ \n / ]]>")));
  REQUIRE(request.has_value());
  CHECK(request->body.find("\\u") == std::string::npos);
  CHECK(request->body.find("\\/") == std::string::npos);
  CHECK(request->body.find("<a href=\\\"https://x/?a=1&b=2\\\">订单</a> 😀 \\\\ \\n / ]]>") != std::string::npos);
}

TEST_CASE("MSG-1 MSG-4: what the platform would refuse is refused here, naming field, limit and size") {
  const auto refusal = [](SendCustomMessage op) {
    const auto request = encode(op);
    REQUIRE(!request);
    CHECK(request.error().kind() == ErrorKind::bad_argument);
    return request.error().message();
  };
  CHECK(refusal(send(TextContent(std::string(2049, 'x')))).find("text.content has 2049 bytes, the limit is 2048") == 0);
  CHECK(refusal(SendCustomMessage("", TextContent("hi"))).find("openid") == 0);
  CHECK(refusal(send(ImageContent())).find("image.media_id") == 0);
  CHECK(refusal(send(VideoContent(""))).find("video.media_id") == 0);
  CHECK(refusal(send(MenuContent("head"))).find("msgmenu.list") == 0);
  CHECK(refusal(send(MenuContent("head", {MenuContent::Item("1", "")}))).find("msgmenu.content") == 0);
  CHECK(refusal(send(RawContent("", "{}"))).find("RawContent.type") == 0);
  CHECK(refusal(send(RawContent("hologram", "[1]"))).find("RawContent.json") == 0);
  for (const char* json : {"\xEF\xBB\xBF{\"content\":\"x\"}", "{\"content\":\"a\nb\"}", "{\"content\":\"\xFF\"}",
                           "{\"content\":\"\\ud83d\"}"}) {  // what only the reader mends
    CAPTURE(json);
    CHECK(refusal(send(RawContent("text", json))).find("RawContent.json") == 0);
  }
  for (const char* type : {"touser", "msgtype", "customservice", "aimsgcontext", "businessid"})
    CHECK(refusal(send(RawContent(type, "{}"))).find("RawContent.type") == 0);
  CHECK(refusal(send(TextContent("\x01\x02"))) == "text.content is empty, but required");
  auto as_agent = send(TextContent("hi"));
  as_agent.kf_account = "nobody";
  CHECK(refusal(as_agent).find("name@account") != std::string::npos);
}

TEST_CASE("MSG-3: a raw message carries types that are newer than the library") {
  const auto request = encode(send(RawContent("hologram", R"({"x":1})")));
  REQUIRE(request.has_value());
  CHECK(request->body == R"({"touser":"oABC1234567890abcdefghijklmn","msgtype":"hologram","hologram":{"x":1}})");
}
