// What the platform would refuse is refused here: the complaint names field, limit and size, never what was written.
#include <kefu/wechat/articles.hpp>
#include <kefu/wechat/content_check.hpp>
#include <kefu/wechat/customer_messages.hpp>
#include <kefu/wechat/kf_accounts.hpp>
#include <kefu/wechat/kf_sessions.hpp>
#include <kefu/wechat/menus.hpp>
#include <kefu/wechat/mini_program.hpp>
#include <kefu/wechat/mini_program_codes.hpp>
#include <kefu/wechat/mini_program_links.hpp>
#include <kefu/wechat/openapi.hpp>
#include <kefu/wechat/qr_codes.hpp>
#include <kefu/wechat/records.hpp>
#include <kefu/wechat/sub_merchants.hpp>
#include <kefu/wechat/subscribe.hpp>
#include <kefu/wechat/templates.hpp>
#include <kefu/wechat/users.hpp>
#include <kefu/wechat/web_login.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace kefu;
using namespace kefu::wechat;

namespace {

const std::string kCustomer = "oABC1234567890abcdefghijklmn";

template <class Op>
Result<HttpRequest> encode(const Op& op) {
  HttpRequest request;
  if (auto done = Op::operation().encode(&op, request); !done) return done.error();
  return request;
}

/// The complaint about a request; "" if there is none.
template <class Op>
std::string refusal(const Op& op) {
  const auto request = encode(op);
  if (request) return {};
  CHECK(request.error().kind() == ErrorKind::bad_argument);
  CHECK(request.error().delivery() == Delivery::not_sent);
  return request.error().message();
}

std::string repeat(const char* text, int times) {
  std::string made;
  for (int i = 0; i < times; ++i) made += text;
  return made;
}

std::string value_refusal(const char* key, const std::string& value) {
  return refusal(SendSubscribeMessage(kCustomer, "T", {TemplateValue(key, value)}));
}

}  // namespace

TEST_CASE("MSG-1 MSG-4: agents and sub-merchants") {
  CHECK(refusal(AddKfAccount("test1@test", "客服1")).empty());
  CHECK(refusal(AddKfAccount("test1", "客服1")) == "kf_account must have the form name@account, without blanks");
  CHECK(refusal(AddKfAccount("@test", "客服1")) == "kf_account must have the form name@account, without blanks");
  CHECK(refusal(AddKfAccount("test1@", "客服1")) == "kf_account must have the form name@account, without blanks");
  CHECK(refusal(CreateKfSession("te st@test", kCustomer)) ==
        "kf_account must have the form name@account, without blanks");
  CHECK(refusal(AddKfAccount("", "客服1")) == "kf_account is empty, but required");
  for (const char* name : {"客服@test", "abcdefghijk@test"})
    CHECK(refusal(AddKfAccount(name, "x")) ==
          "kf_account may hold letters, digits and '_' only before the '@', at most 10 of them");
  CHECK(refusal(AddKfAccount("test1@" + std::string(25, 'x'), "x")) == "kf_account is 31 characters, at most 30");
  CHECK(refusal(AddKfAccount("test1@test", repeat("客", 16))).empty());
  CHECK(refusal(AddKfAccount("test1@test", repeat("客", 17))) == "nickname is 17 characters, at most 16");
  AddKfAccount of_sub_merchant("test1@test", "客服1");
  of_sub_merchant.business_id = "one";
  CHECK(refusal(of_sub_merchant) == "business_id must be a whole number of up to 19 digits");
  CHECK(refusal(CreateKfSession("nobody", kCustomer)) == "kf_account must have the form name@account, without blanks");
  CHECK(refusal(CreateKfSession("test1@test", "")) == "openid is empty, but required");

  for (const char* name : {"apple", "apple-shop"})
    CHECK(refusal(RegisterSubMerchant(name, "苹果", "M")) == "account_name must be 6 to 30 letters, digits and '_'");
  const std::string width = "nickname must have a length of 4 to 30, a Chinese character counts two";
  CHECK(refusal(RegisterSubMerchant("apple_shop", "苹", "M")) == width);
  CHECK(refusal(RegisterSubMerchant("apple_shop", repeat("苹", 15), "M")).empty());
  CHECK(refusal(RegisterSubMerchant("apple_shop", repeat("苹", 16), "M")) == width);
  CHECK(refusal(ListSubMerchants(0, 201)) == "count is 201, allowed are 1 to 200");
  CHECK(refusal(ListSubMerchants(-1, 1)) == "offset is -1, at least 0");
  CHECK(refusal(SendSubMerchantMessage("x", kCustomer, TextContent("hi"))).find("business_id") == 0);
  CHECK(refusal(SendSubMerchantMessage("1", kCustomer, TextContent(std::string(2049, 'x'))))
            .find("text.content has 2049 bytes, the limit is 2048") == 0);
}

TEST_CASE("MSG-1: management, records, followers") {
  CHECK(refusal(GetQuota("https://api.weixin.qq.com/x")) == "cgi_path must begin with '/': no scheme, no host");
  CHECK(refusal(GetQuota("/cgi-bin/x?access_token=1")) == "cgi_path must hold no query");
  CHECK(refusal(GetQuota("/sns/userinfo")).find("cgi_path must not be under /sns/") == 0);
  CHECK(refusal(ClearApiQuota("")) == "cgi_path is empty, but required");
  CHECK(refusal(GetKfRecords(1464710400, 1464796801)) == "endtime must be 0 to 86400 s after starttime");
  CHECK(refusal(GetKfRecords(2, 1)) == "endtime must be 0 to 86400 s after starttime");
  CHECK(refusal(GetKfRecords(-5, INT64_MAX)) == "starttime is -5, at least 1");
  GetKfRecords many(1, 2);
  many.number = 10'001;
  CHECK(refusal(many) == "number is 10001, allowed are 1 to 10000");
  many.number = 1;
  many.message_id = 0;
  CHECK(refusal(many) == "msgid is 0, at least 1");

  const std::vector<std::string> people(101, kCustomer);
  CHECK(refusal(GetUsers(people)) == "user_list has 101 entries, at most 100");
  CHECK(refusal(GetUsers({})) == "user_list is empty, but required");
  CHECK(refusal(GetUsers({""})) == "user_list.openid is empty, but required");
  CHECK(refusal(GetUser(kCustomer, "de")) == "lang must be zh_CN, zh_TW or en");
  CHECK(refusal(SetRemark(kCustomer, repeat("客", 30))).empty());  // shops B4: no source for the limit of 30
  CHECK(refusal(SetRemark(kCustomer, "")).empty());
  CHECK(refusal(CreateTag(repeat("客", 11))) == "tag.name is 33 bytes, at most 30");
  CHECK(refusal(RenameTag(2, "x")) == "tag.id is 2, at least 3");
  CHECK(refusal(DeleteTag(0)) == "tag.id is 0, at least 3");
  CHECK(refusal(TagUsers(134, {people.begin(), people.begin() + 51})) == "openid_list has 51 entries, at most 50");
  CHECK(refusal(UntagUsers(134, {people.begin(), people.begin() + 50})).empty());
  CHECK(refusal(BlacklistUsers({people.begin(), people.begin() + 21})) == "openid_list has 21 entries, at most 20");
  CHECK(refusal(UnblacklistUsers({})) == "openid_list is empty, but required");
  CHECK(refusal(CheckText(kCustomer, ContentScene::comment, repeat("客", 2501))) ==
        "content is 2501 characters, at most 2500");
}

TEST_CASE("MSG-1: the values of templates keep the rule of their key") {
  CHECK(value_refusal("thing1", repeat("客", 20)).empty());
  CHECK(value_refusal("thing1", repeat("客", 21)) == "data.thing1 is 21 characters, at most 20");
  CHECK(value_refusal("number2", std::string(33, '1')) == "data.number2 is 33 characters, at most 32");
  CHECK(value_refusal("letter1", std::string(33, 'a')) == "data.letter1 is 33 characters, at most 32");
  CHECK(value_refusal("symbol1", "++++++") == "data.symbol1 is 6 characters, at most 5");
  CHECK(value_refusal("character_string12", std::string(33, 'a')).find("data.character_string12 is 33") == 0);
  CHECK(value_refusal("phone_number1", std::string(18, '1')) == "data.phone_number1 is 18 characters, at most 17");
  CHECK(value_refusal("car_number1", repeat("粤", 9)) == "data.car_number1 is 9 characters, at most 8");
  CHECK(value_refusal("phrase3", "审核已经通过") == "data.phrase3 is 6 characters, at most 5");
  CHECK(value_refusal("name1", repeat("订", 10)).empty());
  CHECK(value_refusal("name1", std::string(21, 'a')).find("data.name1 has a length of 21") == 0);
  CHECK(value_refusal("amount1", "¥12345678901.5元") == "data.amount1 has 11 digits before the point, at most 10");
  CHECK(value_refusal("amount1", "¥1234567890.55元").empty());
  CHECK(value_refusal("amount1", "¥39.8元").empty());
  CHECK(value_refusal("thing1", "one\ntwo") == "data.thing1 holds control characters");
  CHECK(value_refusal("thing", repeat("客", 21)).empty());  // no number behind it: a key without a rule
  CHECK(value_refusal("keyword1", repeat("客", 200)).empty());
  CHECK(value_refusal("keyword1", "one\ntwo").empty());  // shops B4: shown as one line
  CHECK(value_refusal("", "x") == "data must have a key for each value");
  CHECK(refusal(SendTemplateMessage(kCustomer, "T", {})) == "data is empty, but required");
  for (const auto& twice : {refusal(SendTemplateMessage(kCustomer, "T", {{"thing1", "a"}, {"thing1", "b"}})),
                            refusal(SendSubscribeMessage(kCustomer, "T", {{"thing1", "a"}, {"thing1", "b"}}))})
    CHECK(twice == "data must have each key once");
  SendSubscribeMessage stated(kCustomer, "T", {TemplateValue("thing1", "x")});
  stated.mini_program_state = "beta";
  CHECK(refusal(stated) == "miniprogram_state must be developer, trial or formal");
  SendTemplateMessage aimed(kCustomer, "T", {TemplateValue("thing1", "x")});
  aimed.mini_program = MiniProgramTarget("", "pages/index");
  CHECK(refusal(aimed) == "miniprogram.appid must not be empty beside a pagepath");
  CHECK(refusal(SendOneTimeMessage(kCustomer, "T", 10'001, "t", "x")) == "scene is 10001, allowed are 0 to 10000");
  CHECK(refusal(SendOneTimeMessage(kCustomer, "T", 1, repeat("订", 16), "x")) == "title is 16 characters, at most 15");
  for (const std::vector<std::int64_t>& words : {std::vector<std::int64_t>{1}, {1, 2, 3, 4, 5, 6}})
    CHECK(refusal(AddSubscribeTemplate("401", words, "x")) == "kidList must have 2 to 5 entries, or none");
  CHECK(refusal(AddSubscribeTemplate("10000001")).empty());
  CHECK(refusal(AddSubscribeTemplate("401", {1, 2}, repeat("订", 16))) == "sceneDesc is 16 characters, at most 15");
  CHECK(refusal(ListPublicTemplates({"2"}, 0, 31)) == "limit is 31, allowed are 1 to 30");
}

TEST_CASE("SEC-1: a complaint says how long a value is, not what it says") {
  const std::string text = repeat("私人内容", 6);
  CHECK(value_refusal("thing1", text).find("私人") == std::string::npos);
  CHECK(refusal(AddKfAccount("test1@test", text)).find("私人") == std::string::npos);
  CHECK(refusal(CreateTag(text)).find("私人") == std::string::npos);
}

TEST_CASE("the address of the login page: order, escapes, state") {
  const auto url =
      web_login_url("wx0123456789abcdef", "https://shop.example.com/login?a=1&b=客", LoginScope::base, "Xk29-_a");
  REQUIRE(url);
  CHECK(*url ==
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef"
        "&redirect_uri=https%3A%2F%2Fshop.example.com%2Flogin%3Fa%3D1%26b%3D%E5%AE%A2"
        "&response_type=code&scope=snsapi_base&state=Xk29-_a#wechat_redirect");
  const auto bad = [](const char* app, const char* uri, const std::string& state) {
    const auto made = web_login_url(app, uri, LoginScope::userinfo, state);
    REQUIRE(!made);
    return made.error().message();
  };
  CHECK(bad("", "https://x", "s").find("app_id") == 0);
  CHECK(bad("wx1&x=1", "https://x", "s").find("app_id") == 0);
  CHECK(bad("wx1", "javascript:x", "s").find("redirect_uri") == 0);
  CHECK(bad("wx1", "https://x", std::string(129, 's')) == "state is 129 bytes, at most 128");
  CHECK(bad("wx1", "https://x", "a b").find("state may hold") == 0);
}

TEST_CASE("shops B7: an error names all empty fields at once") {
  CHECK(refusal(CreateKfSession("", "")) == "kf_account, openid are empty, but required");
  CHECK(refusal(SendSubscribeMessage("", "", {})) == "touser, template_id, data are empty, but required");
  CHECK(refusal(AddKfAccount("", repeat("客", 17))) ==
        "kf_account is empty, but required; nickname is 17 characters, at most 16");
  CHECK(refusal(SendCustomMessage(kCustomer, MusicContent())) ==
        "music.musicurl, music.thumb_media_id are empty, but required");
}

TEST_CASE("shops C: limits of QR codes, menus, codes, links and short keys") {
  using std::chrono::seconds;
  CHECK(refusal(CreateQrCode::temporary(repeat("客", 64))).empty());
  CHECK(refusal(CreateQrCode::temporary(repeat("客", 65))) ==
        "action_info.scene.scene_str is 65 characters, at most 64");
  CHECK(refusal(CreateQrCode::temporary("")) == "action_info.scene.scene_str is empty, but required");
  CHECK(refusal(CreateQrCode::temporary("a", seconds(2'592'001))).find("expire_seconds is 2592001") == 0);
  for (const int life : {0, -1}) {  // what a shop computes can have run out: never a permanent code
    CHECK(refusal(CreateQrCode::temporary("a", seconds(life))).find("expire_seconds is") == 0);
    CHECK(refusal(CreateQrCode::temporary_id(1, seconds(life))).find("expire_seconds is") == 0);
  }
  CHECK(refusal(CreateQrCode::permanent_id(100'001)).find("action_info.scene.scene_id is 100001") == 0);
  CHECK(refusal(CreateQrCode::temporary_id(100'001)).empty());

  const auto click = [](std::string name) { return MenuButton::click(std::move(name), "k"); };
  CHECK(refusal(CreateMenu({})) == "button must have 1 to 3 entries");
  CHECK(refusal(CreateMenu(std::vector<MenuButton>(4, click("a")))) == "button must have 1 to 3 entries");
  CHECK(refusal(CreateMenu({click(std::string(16, 'a'))})).empty());
  CHECK(refusal(CreateMenu({click(std::string(17, 'a'))})) == "button.name must be 1 to 16 bytes");
  CHECK(refusal(CreateMenu({MenuButton::group("a", {click(std::string(60, 'a'))})})).empty());
  CHECK(refusal(CreateMenu({MenuButton::group("a", {click(std::string(61, 'a'))})})) ==
        "button.sub_button.name must be 1 to 60 bytes");
  CHECK(refusal(CreateMenu({MenuButton::group("a", std::vector<MenuButton>(6, click("b")))})) ==
        "button.sub_button must have at most 5 entries");
  CHECK(refusal(CreateMenu({MenuButton::group("a", {MenuButton::group("b", {click("c")})})})).find("third level") !=
        std::string::npos);
  CHECK(refusal(CreateMenu({MenuButton("", "a")})).find("button.type must stand") == 0);
  CHECK(refusal(CreateMenu({MenuButton::click("a", std::string(129, 'k'))})) == "button.key must be at most 128 bytes");
  CHECK(refusal(CreateMenu({MenuButton::view("a", std::string(1025, 'u'))})) ==
        "button.url must be at most 1024 bytes");
  CHECK(refusal(AddConditionalMenu({click("a")}, MenuRule())) == "matchrule must not be empty");

  CHECK(refusal(GetMiniProgramCode(std::string(33, 'a'))) == "scene is 33 characters, at most 32");
  CHECK(refusal(GetMiniProgramCode("a%20")).find("scene must be of digits") == 0);
  GetMiniProgramCode page("a");
  page.page = "/pages/index";
  CHECK(refusal(page).find("page must have no '/'") == 0);
  page.page.clear();
  page.look.width = 279;
  CHECK(refusal(page) == "width must be 280 to 1280");
  page.look.width = 280;
  page.version = "beta";
  CHECK(refusal(page) == "env_version must be release, trial or develop");
  CHECK(refusal(CreateMiniProgramCode("")) == "path is empty, but required");
  CHECK(refusal(CreateMiniProgramQrCode(std::string(128, 'p'))).empty());
  CHECK(refusal(CreateMiniProgramQrCode(std::string(129, 'p'))) == "path is 129 bytes, at most 128");
  CHECK(refusal(CreateMiniProgramQrCode(repeat("页", 43))) == "path is 129 bytes, at most 128");
  CHECK(refusal(CreateUrlScheme(LinkedPage("/p", "a b"), LinkLife::days(1))).find("jump_wxa.query must be of") == 0);
  CHECK(refusal(CreateUrlScheme(LinkedPage("/p", "a=%20"), LinkLife::days(31))) ==
        "expire_interval is 31, allowed are 1 to 30");
  CHECK(refusal(CreateShortKey(std::string(4096, 'x'))).empty());
  CHECK(refusal(CreateShortKey(std::string(4097, 'x'))) == "long_data is 4097 bytes, at most 4096");
  GetPaidUnionId paid(kCustomer);
  paid.order = "1";
  CHECK(refusal(paid) == "out_trade_no must stand together with mch_id");
  CHECK(refusal(CheckSession(kCustomer, Secret())) == "session_key must not be empty");
  CHECK(refusal(ListPublications(0, 21)) == "count is 21, allowed are 1 to 20");
}
