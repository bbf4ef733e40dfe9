// What counts as an answer of the platform, and what does not.
#include "support/temp_folder.hpp"
#include "support/wechat_world.hpp"

#include <kefu/wechat/articles.hpp>
#include <kefu/wechat/kf_accounts.hpp>
#include <kefu/wechat/kf_sessions.hpp>
#include <kefu/wechat/media.hpp>
#include <kefu/wechat/mini_program.hpp>
#include <kefu/wechat/mini_program_links.hpp>
#include <kefu/wechat/openapi.hpp>
#include <kefu/wechat/users.hpp>
#include <kefu/wechat/web_login.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::WechatWorld;

namespace {

HttpOutcome typed_reply(std::string body, std::string type) {
  HttpReply reply;
  reply.status = 200;
  if (!type.empty()) reply.headers.emplace_back("content-type", std::move(type));
  reply.body = std::move(body);
  return reply;
}

std::string query_value(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.query)
    if (key == name) return value;
  return {};
}

}  // namespace

TEST_CASE("shops B1: articles, a page or an error in a file's place are what they are at any length") {
  kefu_test::TempFolder folder;
  for (const std::size_t size : {std::size_t{65'535}, std::size_t{65'537}, std::size_t{9'000'000}}) {
    CAPTURE(size);
    const std::string much(size, 'x');
    WechatWorld world;
    HttpOutcome reply = typed_reply(R"({"news_item":[{"title":"T","content":")" + much + R"("}]})", "text/plain");
    world.transport->on("/cgi-bin/material/get_material", [&reply](const HttpRequest&) { return reply; });
    world.transport->on("/cgi-bin/media/get", [&reply](const HttpRequest&) { return reply; });
    const MediaTarget target = MediaTarget::file(folder.file("a.jpg"), 1000);  // a limit of files, not of answers
    const auto news = world.account->call(GetMaterial("N", target)).get();
    REQUIRE_MESSAGE(news.has_value(), (news ? "" : news.error().to_string()));
    CHECK(news->news_item.size() > size);

    if (size > 1'000'000) continue;
    for (const char* type : {"image/jpeg", "text/html", ""}) {
      reply = typed_reply("\xEF\xBB\xBF<!DOCTYPE html>" + much, type);
      CHECK(world.account->call(GetMedia("M", target)).get().error().kind() == ErrorKind::malformed_reply);
      reply = typed_reply("\xEF\xBB\xBF{\"errcode\":40007,\"errmsg\":\"" + much + "\"}", type);
      CHECK(world.account->call(GetMedia("M", target)).get().error().kind() == ErrorKind::not_found);
    }
  }
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE(
    "an error page in the customer's picture's place is none in any charset; pictures come under text/plain too") {
  WechatWorld world;
  HttpOutcome reply = typed_reply("", "");
  world.transport->on("/cgi-bin/media/get", [&reply](const HttpRequest&) { return reply; });
  const std::string gbk = "\xCF\xB5\xCD\xB3\xB7\xB1\xC3\xA6";
  for (const char* type : {"text/html; charset=gbk", "text/plain", "application/json", ""}) {
    reply = typed_reply(gbk, type);
    const auto page = world.account->call(GetMedia("M")).get();
    REQUIRE(!page);
    CHECK(page.error().kind() == ErrorKind::malformed_reply);
    for (const std::string& file : {std::string("\xFF\xD8\xFF\xE0 jpeg"), std::string("#!AMR\n\x0C\x80 voice"),
                                    std::string("\0\0\0\x18"
                                                "ftypmp42",
                                                12)}) {
      reply = typed_reply(file, type);
      const auto media = world.account->call(GetMedia("M")).get();
      REQUIRE_MESSAGE(media.has_value(), (media ? "" : media.error().to_string()));
      CHECK(media->bytes == file);
    }
  }
  reply = typed_reply("speex has no mark \xB7\xB1", "voice/speex");
  CHECK(world.account->call(GetMedia("M")).get());
}

TEST_CASE("shops B1: a picture larger than its target is refused, whatever answers may be") {
  WechatWorld world;
  const auto reply = typed_reply("\xFF\xD8\xFF" + std::string(2'000, 'x'), "image/jpeg");
  world.transport->on("/cgi-bin/media/get", [reply](const HttpRequest&) { return reply; });
  CHECK(world.account->call(GetMedia("M", MediaTarget::memory(2'003))).get());
  const auto large = world.account->call(GetMedia("M", MediaTarget::memory(2'002))).get();
  REQUIRE(!large);
  CHECK(large.error().message().find("2003 bytes, the limit of its target is 2002") != std::string::npos);
}

TEST_CASE("shops B2: an object without errcode and without a member of the call's answer is no success") {
  for (const char* body : {R"({})", R"({"errCode":0,"errMsg":"openapi.x:ok"})", R"({"errCode":40003})",
                           R"({"errmsg":"ok"})", R"({"base_resp":{"errcode":0}})", R"({"code":0,"message":"ok"})",
                           R"({"errcode":null})", R"({"errcode":""})", R"({"unknown":1})"}) {
    CAPTURE(body);
    WechatWorld world;
    for (const char* path : {"/cgi-bin/message/custom/send", "/cgi-bin/user/info", "/customservice/kfaccount/add"})
      world.transport->on(path, [body](const HttpRequest&) { return WechatWorld::json_reply(body); });
    const auto sent = world.account->call(SendCustomMessage("oA", TextContent("hi"))).get();
    REQUIRE(!sent);
    CHECK(sent.error().kind() == ErrorKind::malformed_reply);
    CHECK(sent.error().delivery() == Delivery::unknown);
    CHECK(sent.error().message().find("neither errcode nor a member") != std::string::npos);
    CHECK(world.transport->count("/cgi-bin/message/custom/send") == 1);
    CHECK(world.account->call(GetUser("oA")).get().error().kind() == ErrorKind::malformed_reply);
    const auto raw = world.account->call(RawCall("POST", "/customservice/kfaccount/add", "{}")).get();
    REQUIRE(!raw);
    CHECK(raw.error().delivery() == Delivery::unknown);
  }
}

TEST_CASE("shops B2: data of the call's own are a sign, also in a raw call of an API that no row has") {
  WechatWorld world;
  const auto raw = [&world](const char* body) {
    world.transport->on("/cgi-bin/draft/add", [body](const HttpRequest&) { return WechatWorld::json_reply(body); });
    return world.account->call(RawCall("POST", "/cgi-bin/draft/add", "{}")).get().has_value();
  };
  CHECK(raw(R"({"media_id":"M"})"));
  CHECK(raw(R"({"errcode":0})"));
  CHECK(raw(R"({"errcode":"0"})"));
  for (const char* body :
       {R"({})", R"({"errmsg":"ok"})", R"({"errCode":0})", R"({"base_resp":{}})", R"({"msg":"x","code":1})"})
    CHECK_FALSE(raw(body));
  world.transport->on("/cgi-bin/customservice/getkflist",
                      [](const HttpRequest&) { return WechatWorld::json_reply(R"({"kf_list":[]})"); });
  CHECK(world.account->call(ListKfAccounts()).get());
}

TEST_CASE("where a file is expected, or an object of known members, another object is no success either") {
  const char* const files[] = {
      "/cgi-bin/media/get", "/cgi-bin/media/get/jssdk", "/cgi-bin/material/get_material", "/cgi-bin/showqrcode",
      "/wxa/getwxacode",    "/wxa/getwxacodeunlimit",   "/cgi-bin/wxaapp/createwxaqrcode"};
  const char* const lists[] = {"/wxaapi/newtmpl/getcategory", "/wxaapi/newtmpl/getpubtemplatetitles",
                               "/wxaapi/newtmpl/getpubtemplatekeywords", "/wxaapi/newtmpl/gettemplate"};
  WechatWorld world = WechatWorld::of_any_kind();
  const auto raw = [&world](const char* path, const char* body) {
    world.transport->on(path, [body](const HttpRequest&) { return WechatWorld::json_reply(body); });
    return world.account->call(RawCall("POST", path, "{}")).get().has_value();
  };
  for (const char* body : {"{}", R"({"errCode":40003,"errMsg":"invalid"})", R"({"ret":0})", R"({"errcode":null})",
                           R"({"errcode":[0]})", R"({"video_url":""})"}) {
    CAPTURE(body);
    for (const char* path : files) CHECK_FALSE_MESSAGE(raw(path, body), path);
  }
  CHECK(raw("/cgi-bin/media/get", R"({"video_url":"http://v"})"));
  CHECK(raw("/cgi-bin/material/get_material", R"({"news_item":[]})"));
  for (const char* path : lists) {
    CHECK_FALSE_MESSAGE(raw(path, R"({"code":0,"data":{},"msg":"ok"})"), path);
    CHECK_FALSE_MESSAGE(raw(path, R"({"code":0,"data":"gateway"})"), path);
  }
  CHECK(raw("/wxaapi/newtmpl/getcategory", R"({"data":[{"id":1,"name":"x"}]})"));
}

TEST_CASE("an answer all of whose members may be absent has one of them") {
  WechatWorld world = WechatWorld::of_any_kind();
  const auto answer = [&world](const char* path, const char* body) {
    world.transport->on(path, [body](const HttpRequest&) { return WechatWorld::json_reply(body); });
  };
  const char* const bare = R"({"errcode":0,"errmsg":"ok"})";
  for (const char* path : {"/wxa/queryscheme", "/wxa/query_urllink", "/cgi-bin/callback/check",
                           "/customservice/kfsession/getsession", "/customservice/work/get"})
    answer(path, bare);
  const auto is_malformed = [](auto result) { return !result && result.error().kind() == ErrorKind::malformed_reply; };
  CHECK(is_malformed(world.account->call(QueryUrlScheme("weixin://x")).get()));
  CHECK(is_malformed(world.account->call(QueryUrlLink("https://wxaurl.cn/x")).get()));
  CHECK(is_malformed(world.account->call(CheckCallback()).get()));
  CHECK(is_malformed(world.account->call(GetKfSession("oA")).get()));
  CHECK(is_malformed(world.account->call(GetWeComKfBinding()).get()));
  answer("/customservice/kfsession/getsession", R"({"errcode":0,"errmsg":"ok","kf_account":"","createtime":0})");
  CHECK_FALSE(world.account->call(GetKfSession("oA")).get().value().open());
  answer("/customservice/work/get", R"({"errcode":0,"errmsg":"ok","entityName":"某公司"})");
  CHECK(world.account->call(GetWeComKfBinding()).get().value().corp_id.empty());
}

TEST_CASE("shops B5: a code that no table has says so, with the platform's text and what was done") {
  for (const Effect effect : {Effect::read, Effect::create}) {
    WechatWorld world;
    world.transport->on("/cgi-bin/anything", [](const HttpRequest&) {
      return WechatWorld::json_reply(R"({"errcode":987654,"errmsg":"what nobody knows"})");
    });
    const auto result = world.account->call(RawCall("POST", "/cgi-bin/anything", "{}", effect)).get();
    REQUIRE(!result);
    const std::string text = result.error().to_string();
    for (const char* part : {"not in the tables", "987654", "what nobody knows", "nothing was repeated"})
      CHECK(text.find(part) != std::string::npos);
    CHECK((text.find("may have been done") != std::string::npos) == (effect == Effect::create));
  }
}

TEST_CASE("shops B7: the id of a request is read from the older hints too") {
  const auto id_in = [](const char* errmsg) {
    WechatWorld world;
    world.transport->on("/cgi-bin/user/info", [errmsg](const HttpRequest&) {
      return WechatWorld::json_reply(R"({"errcode":40003,"errmsg":")" + std::string(errmsg) + "\"}");
    });
    return world.account->call(GetUser("oA")).get().error().details().request_id;
  };
  CHECK(id_in("invalid openid hint: [IVHYVA0391ge31]") == "IVHYVA0391ge31");
  CHECK(id_in("invalid openid hint: [4hEDR0I2e-OQxxgA] rid: 61123150-1bf2ec94-0441cc67") ==
        "61123150-1bf2ec94-0441cc67");
  CHECK(id_in("invalid openid hint: [a] rid: broken") == "a");
  for (const char* none :
       {"invalid openid hint: []", "invalid openid hint: [a b]", "invalid openid hint: [abc", "hint"})
    CHECK(id_in(none).empty());
}

TEST_CASE("shops B7: answers larger than the usual limit have a setting") {
  const std::string page = R"({"total_count":1,"item":[{"article_id":"A","content":{"news_item":[{"content":")" +
                           std::string(5'000'000, 'x') + R"("}]}}]})";
  WechatWorld world;
  world.transport->on("/cgi-bin/freepublish/batchget",
                      [&page](const HttpRequest&) { return WechatWorld::json_reply(page); });
  CHECK(world.account->call(ListPublications()).get().error().kind() == ErrorKind::malformed_reply);
  AccountConfig config("wx0123456789abcdef", Secret(kefu_test::kPlantedAppSecret), AccountKind::service_account);
  config.max_answer_bytes = 6'000'000;
  const auto larger = Account::create(*world.runtime, config).value();
  const auto read = larger->call(ListPublications()).get();
  REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().to_string()));
  CHECK(read->items.at(0).articles.at(0).content.size() == 5'000'000);
}

TEST_CASE("shops B7: the account's own id and secret are not asked for twice") {
  WechatWorld world;
  for (const char* path : {"/cgi-bin/clear_quota", "/cgi-bin/clear_quota/v2"})
    world.transport->on(path, [](const HttpRequest&) { return WechatWorld::json_reply(R"({"errcode":0})"); });
  CHECK(world.account->call(ClearQuota()).get());
  CHECK(world.transport->last().body == R"({"appid":"wx0123456789abcdef"})");
  CHECK(world.account->call(ClearQuotaBySecret()).get());
  CHECK(query_value(world.transport->last(), "appid") == "wx0123456789abcdef");
  CHECK(query_value(world.transport->last(), "appsecret") == kefu_test::kPlantedAppSecret);
  CHECK(world.transport->last().body == "{}");

  int asked = 0;
  world.transport->on("/sns/oauth2/access_token", [&asked](const HttpRequest&) {
    return ++asked == 1 ? WechatWorld::error_reply("-1")
                        : WechatWorld::json_reply(R"({"access_token":"t","expires_in":7200,"openid":"oA"})");
  });
  CHECK(world.account->call(RedeemLoginCode("CODE")).get());
  CHECK(world.transport->last().query.size() == 4);  // once, also in the repeat
  CHECK(query_value(world.transport->last(), "secret") == kefu_test::kPlantedAppSecret);
  CHECK(world.account->call(RedeemLoginCode("wxother", Secret("theirs"), "CODE")).get());
  CHECK(query_value(world.transport->last(), "appid") == "wxother");
  CHECK(query_value(world.transport->last(), "secret") == "theirs");
}
