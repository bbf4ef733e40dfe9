// What the answers about QR codes, menus, mini-program codes, links, short keys, articles and sessions become.
#include "support/wechat_answers.hpp"

#include <kefu/wechat/articles.hpp>
#include <kefu/wechat/menus.hpp>
#include <kefu/wechat/mini_program.hpp>
#include <kefu/wechat/mini_program_codes.hpp>
#include <kefu/wechat/mini_program_links.hpp>
#include <kefu/wechat/qr_codes.hpp>

using namespace kefu;
using namespace kefu::wechat;
using World = kefu_test::WechatWorld;

namespace kefu_test {
namespace {

const std::string kPerson = "oABC1234567890abcdefghijklmn";
const std::string kPicture("\xFF\xD8\xFF\xE0JFIF", 8);

std::vector<MenuButton> one_button() { return {MenuButton::click("今日歌曲", "V1001_TODAY_MUSIC")}; }
MenuRule for_tag() {
  MenuRule rule;
  rule.tag_id = "2";
  return rule;
}

void check_codes(WechatChecks& c) {
  c["qrcode_temporary_ok"] = [](World& w) {
    const auto code = wechat_ask(w, CreateQrCode::temporary("a"));
    CHECK((code.expire_seconds == 604800 && code.url == "http://weixin.qq.com/q/kZgfwMTm72WWPkovabbI"));
    CHECK(code.ticket.substr(0, 8) == "gQH47joA");
  };
  c["qrcode_permanent_ok_recorded"] = [](World& w) {
    const auto code = wechat_ask(w, CreateQrCode::permanent_id(1));
    CHECK((code.expire_seconds == 0 && !code.ticket.empty()));
  };
  c["showqrcode_ok"] = [](World& w) {
    const auto picture = wechat_ask(w, GetQrCodePicture("gQH47joAAAAAAAAAASxodHRwOi8v/Lm+cQ=="));
    CHECK((picture.bytes == kPicture && picture.content_type == "image/jpg"));
    CHECK(w.transport->last().base == "https://mp.weixin.qq.com");
    std::string target;
    append_request_target(target, w.transport->last());
    CHECK(target == "/cgi-bin/showqrcode?ticket=gQH47joAAAAAAAAAASxodHRwOi8v%2FLm%2BcQ%3D%3D");
  };
  c["wxacode_ok"] = [](World& w) {
    const auto code = wechat_ask(w, CreateMiniProgramCode("pages/index/index"));
    CHECK((code.picture.bytes == kPicture && code.used == 17));
  };
  c["wxacode_unlimited_ok"] = [](World& w) {
    const auto code = wechat_ask(w, GetMiniProgramCode("a=1"));
    CHECK((code.picture.bytes == kPicture && !code.used));
  };
}

void check_menus(WechatChecks& c) {
  c["menu_created"] = [](World& w) { wechat_ask(w, CreateMenu(one_button())); };
  c["menu_ok"] = [](World& w) {
    const auto menus = wechat_ask(w, GetMenus());
    REQUIRE(menus.buttons.size() == 2);
    CHECK((menus.menu_id.empty() && menus.conditional.empty() && menus.buttons[0].buttons.empty()));
    CHECK((menus.buttons[0].type == "click" && menus.buttons[0].key == "V1001_TODAY_MUSIC"));
    REQUIRE(menus.buttons[1].buttons.size() == 1);
    CHECK((menus.buttons[1].name == "菜单" && menus.buttons[1].buttons[0].url == "https://example.com/"));
  };
  c["menu_with_conditional"] = [](World& w) {
    const auto menus = wechat_ask(w, GetMenus());
    CHECK(menus.menu_id == "208396938");
    REQUIRE(menus.conditional.size() == 1);
    const ConditionalMenu& one = menus.conditional[0];
    CHECK((one.menu_id == "208396993" && one.rule.tag_id == "2" && one.rule.client_platform == "2"));
    CHECK((one.buttons.size() == 1 && one.rule.raw.find("广东") != std::string::npos));
  };
  c["menu_conditional_added"] = [](World& w) {
    CHECK(wechat_ask(w, AddConditionalMenu(one_button(), for_tag())).menu_id == "208379533");
  };
  for (const char* name : {"menu_matched", "menu_matched_wrapped"})
    c[name] = [](World& w) { CHECK(wechat_ask(w, MatchMenu(kPerson)).buttons.at(0).name == "今日歌曲"); };
  c["selfmenu_by_api"] = [](World& w) {
    const auto menu = wechat_ask(w, GetConsoleMenu());
    REQUIRE((menu.open && menu.buttons.size() == 2));
    CHECK(menu.buttons[0].buttons.empty());
    CHECK((menu.buttons[1].buttons.size() == 2 && menu.buttons[1].buttons[1].key == "V1001_GOOD"));
  };
  c["selfmenu_by_console"] = [](World& w) {
    const auto menu = wechat_ask(w, GetConsoleMenu());
    REQUIRE(menu.buttons.size() == 3);
    const auto& below = menu.buttons[0].buttons;
    REQUIRE(below.size() == 4);
    CHECK((below[0].url == "https://example.com/" && below[3].value == "VOICE_MEDIA_ID"));
    REQUIRE(below[1].articles.size() == 1);
    CHECK((below[1].articles[0].title == "MULTI_NEWS" && !below[1].articles[0].show_cover));
    CHECK((menu.buttons[1].type == "text" && menu.buttons[1].value == "This is text!"));
  };
  c["selfmenu_closed"] = [](World& w) {
    const auto menu = wechat_ask(w, GetConsoleMenu());
    CHECK((!menu.open && menu.buttons.empty()));
  };
  c["autoreply_ok"] = [](World& w) {
    const auto replies = wechat_ask(w, GetConsoleReplies());
    CHECK((replies.follow_reply_open && replies.replies_open));
    REQUIRE((replies.on_follow && replies.on_message && replies.keywords.size() == 3));
    CHECK((replies.on_follow->type == "text" && replies.on_follow->content == "Thanks for your attention!"));
    const ConsoleKeywordRule& news = replies.keywords[0];
    CHECK((news.name == "autoreply-news" && news.create_time == 1423028166 && news.all_replies));
    CHECK((news.keywords.at(0).content == "news测试" && !news.keywords[0].whole));
    CHECK((news.replies.at(0).content.empty() && news.replies[0].articles.at(0).show_cover));
    CHECK((!replies.keywords[2].all_replies && replies.keywords[2].keywords.at(0).whole));
    CHECK(replies.keywords[2].replies.at(0).content == "http://example.com/v.mp4");
  };
  c["autoreply_empty_objects"] = [](World& w) {
    const auto replies = wechat_ask(w, GetConsoleReplies());
    CHECK((!replies.on_follow && replies.on_message && replies.on_message->content == "稍等"));
    REQUIRE(replies.keywords.size() == 1);
    CHECK((replies.keywords[0].keywords.at(0).whole && replies.keywords[0].replies.at(0).content == "b"));
  };
  c["autoreply_none"] = [](World& w) {
    const auto replies = wechat_ask(w, GetConsoleReplies());
    CHECK((!replies.follow_reply_open && !replies.on_follow && replies.keywords.empty()));
  };
}

void check_links(WechatChecks& c) {
  c["shorten_generated"] = [](World& w) { CHECK(wechat_ask(w, CreateShortKey("x")).key == "iTqRJFSEqk9RvPk"); };
  c["shorten_fetched"] = [](World& w) {
    const auto kept = wechat_ask(w, ReadShortKey("iTqRJFSEqk9RvPk"));
    CHECK((kept.data == "loooooong data" && kept.create_time == 1611047541 && kept.expire_seconds == 86300));
  };
  const CreateUrlScheme scheme(LinkedPage("/pages/index/index"), LinkLife::days(1));
  c["scheme_ok"] = [scheme](World& w) { CHECK(wechat_ask(w, scheme).link == "weixin://dl/business/?t=XTSkBZlzqmn"); };
  c["scheme_info"] = [](World& w) {
    const auto info = wechat_ask(w, QueryUrlScheme("weixin://dl/business/?t=XTSkBZlzqmn"));
    CHECK((info.app_id == "wx1234567890abcdef" && info.page.query == "a=hello" && info.page.version == "release"));
    CHECK((info.create_time == 611928113 && info.expire_time == 0 && !info.openings_left));
  };
  c["scheme_info_plain"] = [](World& w) {
    const auto info = wechat_ask(w, QueryUrlScheme("weixin://dl/business/?appid=x"));
    CHECK((info.page.path == "xxx" && info.create_time == 0));
  };
  c["scheme_rest"] = [](World& w) { CHECK(wechat_ask(w, QueryUrlScheme::openings_left()).openings_left == 1000000); };
  c["urllink_ok"] = [](World& w) {
    const CreateUrlLink link(LinkedPage("/pages/index/index"), LinkLife::days(30));
    CHECK(wechat_ask(w, link).link == "https://wxaurl.cn/BQZRrcFCPvg");
  };
  c["urllink_info"] = [](World& w) {
    const auto info = wechat_ask(w, QueryUrlLink("https://wxaurl.cn/BQZRrcFCPvg"));
    CHECK((info.page.query == "a=hello" && info.create_time == 611928113));
  };
  c["shortlink_ok"] = [](World& w) {
    CHECK(wechat_ask(w, CreateShortLink("pages/index/index")).link == "#小程序://例子/订单/AbCdEfGhIjK");
  };
}

void check_articles(WechatChecks& c) {
  c["freepublish_listed"] = [](World& w) {
    const auto page = wechat_ask(w, ListPublications());
    REQUIRE((page.total_count == 1 && page.items.size() == 1 && page.items[0].articles.size() == 1));
    CHECK((page.items[0].article_id == "ARTICLE_ID" && page.items[0].update_time == 1672500000));
    const PublishedArticle& article = page.items[0].articles[0];
    CHECK((article.title == "TITLE" && article.content.empty() && !article.deleted));
    CHECK(article.url == "https://mp.weixin.qq.com/s/X");
  };
  c["freepublish_article"] = [](World& w) {
    CHECK(wechat_ask(w, GetPublication("ARTICLE_ID")).articles.at(0).content == "<p>CONTENT</p>");
  };
}

void check_sessions(WechatChecks& c) {
  c["checksession_valid"] = [](World& w) {
    wechat_ask(w, CheckSession(kPerson, Secret("D1ZWEygStjuLCnZ9IN2l4Q==")));
    CHECK(w.transport->last().query.size() == 4);
    for (const auto& [name, value] : w.transport->last().query) CHECK(value.find("D1ZWEygS") == std::string::npos);
  };
  c["session_reset"] = [](World& w) {
    const auto session = wechat_ask(w, ResetSessionKey(kPerson, Secret("D1ZWEygStjuLCnZ9IN2l4Q==")));
    CHECK((session.openid == kPerson && session.session_key == Secret("NEWaWEygStjuLCnZ9IN2l4Q==")));
  };
  c["paidunionid_ok"] = [](World& w) {
    CHECK(wechat_ask(w, GetPaidUnionId(kPerson)).union_id == "oTmHYjg-tElZ68xxxxxxxxhy1Rgk");
  };
}

}  // namespace

void add_promotion(WechatChecks& checks) {
  check_codes(checks);
  check_menus(checks);
  check_links(checks);
  check_articles(checks);
  check_sessions(checks);
}

void add_promotion(WechatCallers& callers) {
  const Secret key("D1ZWEygStjuLCnZ9IN2l4Q==");
  callers.emplace("qrcode.create", wechat_caller(CreateQrCode::temporary("a")));
  callers.emplace("showqrcode", wechat_caller(GetQrCodePicture("TICKET")));
  callers.emplace("menu.create", wechat_caller(CreateMenu(one_button())));
  callers.emplace("menu.get", wechat_caller(GetMenus()));
  callers.emplace("menu.addconditional", wechat_caller(AddConditionalMenu(one_button(), for_tag())));
  callers.emplace("shorten.gen", wechat_caller(CreateShortKey("x")));
  callers.emplace("shorten.fetch", wechat_caller(ReadShortKey("k")));
  callers.emplace("wxa.getwxacode", wechat_caller(CreateMiniProgramCode("pages/index/index")));
  callers.emplace("wxa.getwxacodeunlimit", wechat_caller(GetMiniProgramCode("a=1")));
  callers.emplace("wxaapp.createwxaqrcode", wechat_caller(CreateMiniProgramQrCode("pages/index/index")));
  callers.emplace("wxa.generatescheme", wechat_caller(CreateUrlScheme(LinkedPage("/p"), LinkLife::days(1))));
  callers.emplace("wxa.genwxashortlink", wechat_caller(CreateShortLink("pages/index/index")));
  callers.emplace("freepublish.getarticle", wechat_caller(GetPublication("ARTICLE_ID")));
  callers.emplace("wxa.checksession", wechat_caller(CheckSession(kPerson, key)));
  callers.emplace("wxa.resetusersessionkey", wechat_caller(ResetSessionKey(kPerson, key)));
  callers.emplace("wxa.getpaidunionid", wechat_caller(GetPaidUnionId(kPerson)));
}

}  // namespace kefu_test
