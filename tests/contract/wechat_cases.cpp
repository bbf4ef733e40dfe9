// The values with which each operation of WeChat writes its request vectors. A new operation has its line here.
#include "support/wechat_operation_cases.hpp"

#include <kefu/wechat/articles.hpp>
#include <kefu/wechat/content_check.hpp>
#include <kefu/wechat/kf_accounts.hpp>
#include <kefu/wechat/kf_sessions.hpp>
#include <kefu/wechat/media.hpp>
#include <kefu/wechat/menus.hpp>
#include <kefu/wechat/mini_program.hpp>
#include <kefu/wechat/mini_program_codes.hpp>
#include <kefu/wechat/mini_program_links.hpp>
#include <kefu/wechat/open_accounts.hpp>
#include <kefu/wechat/openapi.hpp>
#include <kefu/wechat/qr_codes.hpp>
#include <kefu/wechat/records.hpp>
#include <kefu/wechat/sub_merchants.hpp>
#include <kefu/wechat/subscribe.hpp>
#include <kefu/wechat/templates.hpp>
#include <kefu/wechat/users.hpp>
#include <kefu/wechat/web_login.hpp>

#include <string>
#include <vector>

using namespace kefu;
using namespace kefu::wechat;

namespace kefu_test {
namespace {

using Cases = std::vector<WechatCase>;

const std::string kCustomer = "oABC1234567890abcdefghijklmn";
const MiniProgramTarget kTarget("wx1234567890abcdef", "index?foo=bar");

void management(Cases& all) {
  const std::string app = "wx448f04719cd48f69";
  all.push_back(wechat_case("callback_check", CheckCallback()));
  all.push_back(wechat_case("getcallbackip", GetCallbackAddresses()));
  all.push_back(wechat_case("get_api_domain_ip", GetApiAddresses()));
  all.push_back(wechat_case("clear_quota", ClearQuota(app)));
  all.push_back(wechat_case("clear_quota_v2", ClearQuotaBySecret(app, Secret("APPSECRET"))));
  all.push_back(wechat_case("quota_get", GetQuota("/cgi-bin/message/custom/send")));
  all.push_back(wechat_case("quota_clear", ClearApiQuota("/cgi-bin/message/custom/send")));
  all.push_back(wechat_case("rid_get", LookUpRequest("61725984-6126f6f9-040f19c4")));
}

void agents(Cases& all) {
  all.push_back(wechat_case("kfaccount_add", AddKfAccount("test1@test", "客服1")));
  all.push_back(wechat_case("kfaccount_add_mini_wx", AddKfAccount::of_person("kfwx1")));
  all.push_back(wechat_case("kfaccount_update", UpdateKfAccount("test1@test", "客服一号")));
  all.push_back(wechat_case("kfaccount_del", DeleteKfAccount("test1@test")));
  all.push_back(wechat_case("kfaccount_del_by_openid", DeleteKfAccount::of_person("kfopenid1")));
  all.push_back(wechat_case("kfaccount_inviteworker", InviteKfWorker("test1@test", "test_kfwx")));
  all.push_back(wechat_case("getkflist", ListKfAccounts()));
  ListKfAccounts of_sub_merchant;
  of_sub_merchant.business_id = "1";
  all.push_back(wechat_case("getkflist_submerchant", of_sub_merchant));
  all.push_back(wechat_case("getonlinekflist", ListOnlineKfAccounts()));
  all.push_back(wechat_case("kfaccount_setadmin", SetKfAdmin("kfopenid1")));
  all.push_back(wechat_case("kfaccount_canceladmin", CancelKfAdmin("kfopenid1")));
  all.push_back(wechat_case("work_bind", BindWeComKf("wwee11111xxxxxxx")));
  all.push_back(wechat_case("work_unbind", UnbindWeComKf("wwee11111xxxxxxx")));
  all.push_back(wechat_case("work_get", GetWeComKfBinding()));
  RegisterSubMerchant register_one("apple_shop", "苹果", "MEDIA_ID");
  register_one.transfer_to_commkf = true;
  all.push_back(wechat_case("business_register", register_one));
  all.push_back(wechat_case("business_get", GetSubMerchant("1")));
  all.push_back(wechat_case("business_get_by_name", GetSubMerchant::by_account_name("apple_shop")));
  all.push_back(wechat_case("business_list", ListSubMerchants(0, 100)));
  all.push_back(wechat_case("business_update", UpdateSubMerchant("1", "苹果")));
  all.push_back(wechat_case("business_send", SendSubMerchantMessage("1", kCustomer, TextContent("子商户回复"))));
}

void sessions(Cases& all) {
  all.push_back(wechat_case("kfsession_create", CreateKfSession("test1@test", kCustomer)));
  all.push_back(wechat_case("kfsession_close", CloseKfSession("test1@test", kCustomer)));
  all.push_back(wechat_case("kfsession_getsession", GetKfSession(kCustomer)));
  all.push_back(wechat_case("kfsession_getsessionlist", ListKfSessions("test1@test")));
  all.push_back(wechat_case("kfsession_getwaitcase", ListWaitingCustomers()));
  GetKfRecords records(1464710400, 1464796800);
  all.push_back(wechat_case("msgrecord_page1", records));
  records.message_id = 20165258;
  all.push_back(wechat_case("msgrecord_page2", records));
  GetKfRecords too_long(1464710400, 1464796801);
  too_long.number = 100;
  all.push_back(wechat_case("msgrecord_span_too_long", too_long));
}

void notifications(Cases& all) {
  SendSubscribeMessage subscribe(kCustomer, "TEMPLATE_ID",
                                 {TemplateValue("phrase3", "审核通过"), TemplateValue("name1", "订阅"),
                                  TemplateValue("date2", "2019-12-25 09:42")});
  subscribe.page = "index";
  subscribe.mini_program_state = "developer";
  subscribe.language = "zh_CN";
  all.push_back(wechat_case("subscribe_send_mini", subscribe));
  SendServiceSubscribeMessage service(
      kCustomer, "TEMPLATE_ID", {TemplateValue("thing1", "订单已发货"), TemplateValue("time3", "2025年10月1日 15:01")});
  service.page = "https://example.com/";
  service.mini_program = kTarget;
  all.push_back(wechat_case("subscribe_bizsend_svc", service));
  SendTemplateMessage message(kCustomer, "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY",
                              {TemplateValue("keyword1", "巧克力"), TemplateValue("keyword2", "39.8元"),
                               TemplateValue("keyword3", "2014年9月22日")});
  message.url = "https://example.com/";
  message.mini_program = kTarget;
  message.client_message_id = "MSG_000001";
  all.push_back(wechat_case("template_send_svc", message));
  SendOneTimeMessage once(kCustomer, "TEMPLATE_ID", 1000, "订单通知", "您的订单已发货");
  once.color = "#173177";
  once.url = "https://example.com/";
  once.mini_program = kTarget;
  all.push_back(wechat_case("template_subscribe", once));

  all.push_back(wechat_case("newtmpl_getcategory", ListTemplateCategories()));
  all.push_back(wechat_case("newtmpl_getpubtemplatetitles", ListPublicTemplates({"2", "616"}, 0, 1)));
  all.push_back(wechat_case("newtmpl_getpubtemplatekeywords", ListTemplateKeywords("99")));
  all.push_back(wechat_case("newtmpl_addtemplate", AddSubscribeTemplate("401", {1, 2}, "发货通知")));
  all.push_back(wechat_case("newtmpl_addtemplate_no_keywords", AddSubscribeTemplate("10000001")));
  all.push_back(wechat_case("newtmpl_deltemplate", DeleteSubscribeTemplate("TEMPLATE_ID")));
  all.push_back(wechat_case("newtmpl_gettemplate", ListSubscribeTemplates()));
  all.push_back(wechat_case("template_set_industry", SetIndustry("1", "4")));
  all.push_back(wechat_case("template_get_industry", GetIndustry()));
  all.push_back(wechat_case("template_add", AddTemplate("47123", {"时间", "地点", "金额"})));
  all.push_back(wechat_case("template_list", ListTemplates()));
  all.push_back(wechat_case("template_delete", DeleteTemplate("TEMPLATE_ID")));
}

void customers(Cases& all) {
  all.push_back(wechat_case("user_info", GetUser(kCustomer)));
  all.push_back(wechat_case("user_info_batchget", GetUsers({kCustomer})));
  all.push_back(wechat_case("user_updateremark", SetRemark(kCustomer, "老客户")));
  all.push_back(wechat_case("user_get_first", ListFollowers()));
  all.push_back(wechat_case("user_get_next", ListFollowers(kCustomer)));
  all.push_back(wechat_case("tags_create", CreateTag("VIP")));
  all.push_back(wechat_case("tags_get", ListTags()));
  all.push_back(wechat_case("tags_update", RenameTag(134, "老客户")));
  all.push_back(wechat_case("tags_delete", DeleteTag(134)));
  all.push_back(wechat_case("tags_batchtagging", TagUsers(134, {kCustomer})));
  all.push_back(wechat_case("tags_batchuntagging", UntagUsers(134, {kCustomer})));
  all.push_back(wechat_case("tags_getidlist", GetUserTags(kCustomer)));
  all.push_back(wechat_case("user_tag_get", ListTagMembers(134)));
  all.push_back(wechat_case("blacklist_get", ListBlacklist()));
  all.push_back(wechat_case("blacklist_add", BlacklistUsers({kCustomer})));
  all.push_back(wechat_case("blacklist_remove", UnblacklistUsers({kCustomer})));
  all.push_back(wechat_case("jscode2session", RedeemMiniProgramCode("APPID", Secret("SECRET"), "JSCODE")));
  all.push_back(wechat_case("getuserphonenumber",
                            GetPhoneNumber("e31968a7f94cc5ee25fafc2aef2773f0bb8c3937b22520eb8ee345274d00c144")));
  all.push_back(wechat_case("sns_access_token", RedeemLoginCode("APPID", Secret("APPSECRET"), "CODE")));
  all.push_back(wechat_case("sns_refresh_token", RefreshLogin("APPID", Secret("REFRESH_TOKEN"))));
  all.push_back(wechat_case("sns_userinfo", GetLoginProfile(Secret("CUSTOMER_TOKEN"), kCustomer)));
  all.push_back(wechat_case("sns_auth", CheckLogin(Secret("CUSTOMER_TOKEN"), kCustomer)));
  all.push_back(wechat_case("msg_sec_check", CheckText(kCustomer, ContentScene::profile, "hello world!")));
  all.push_back(wechat_case("media_check_async", CheckMedia(kCustomer, ContentScene::profile, CheckMedia::Type::picture,
                                                            "https://example.com/a.png")));
}

void material(Cases& all) {
  all.push_back(wechat_case("material_del", DeleteMaterial("MEDIA_ID")));
  all.push_back(wechat_case("material_count", CountMaterials()));
  all.push_back(wechat_case("material_list", ListMaterials("image")));
}

void codes(Cases& all) {
  using std::chrono::seconds;
  all.push_back(wechat_case("qrcode_temporary_id", CreateQrCode::temporary_id(123, seconds(604800))));
  all.push_back(wechat_case("qrcode_temporary_text", CreateQrCode::temporary("shop=42|agent=anna")));
  all.push_back(wechat_case("qrcode_permanent_id", CreateQrCode::permanent_id(100000)));
  all.push_back(wechat_case("qrcode_permanent_text", CreateQrCode::permanent("test")));
  all.push_back(wechat_case("showqrcode", GetQrCodePicture("gQH47joAAAAAAAAAASxodHRwOi8v/Lm+cQ==")));
  CreateMiniProgramCode page("pages/index/index?order=42");
  page.look.width = 430;
  page.version = "release";
  all.push_back(wechat_case("getwxacode", page));
  GetMiniProgramCode scene("a=1");
  scene.page = "pages/index/index";
  scene.check_path = true;
  scene.version = "release";
  all.push_back(wechat_case("getwxacodeunlimit", scene));
  GetMiniProgramCode looks("k!#$&'()*+,/:;=?@-._~");
  looks.check_path = false;
  looks.look.width = 280;
  looks.look.auto_color = false;
  looks.look.line_color = CodeLook::Color(0, 0, 0);
  looks.look.transparent = true;
  all.push_back(wechat_case("getwxacodeunlimit_looks", looks));
  CreateMiniProgramQrCode square("pages/index/index");
  square.width = 430;
  all.push_back(wechat_case("createwxaqrcode", square));
}

void menus(Cases& all) {
  using B = MenuButton;
  all.push_back(wechat_case(
      "menu_create",
      CreateMenu(
          {B::group("扫码", {B::with_key("scancode_waitmsg", "扫码带提示", "rselfmenu_0_0"),
                             B::with_key("scancode_push", "扫码推事件", "rselfmenu_0_1"),
                             B::with_key("pic_sysphoto", "系统拍照发图", "rselfmenu_1_0"),
                             B::with_key("pic_photo_or_album", "拍照或者相册发图", "rselfmenu_1_1"),
                             B::with_key("pic_weixin", "微信相册发图", "rselfmenu_1_2")}),
           B::group("更多", {B::view("搜索", "https://example.com/?a=1&b=2"),
                             B::mini_program("wxa", "wx1234567890abcdef", "pages/index/index", "https://example.com/"),
                             B::with_key("location_select", "发送位置", "rselfmenu_2_0"),
                             B::with_article("article_id", "图文", "ARTICLE_ID"),
                             B::with_article("article_view_limited", "看图文", "ARTICLE_ID")}),
           B::click("人工客服", "AGENT")})));
  all.push_back(
      wechat_case("menu_create_material", CreateMenu({B::with_material("media_id", "图片", "MEDIA_ID1"),
                                                      B::with_material("view_limited", "图文消息", "MEDIA_ID2")})));
  all.push_back(wechat_case("menu_get", GetMenus()));
  all.push_back(wechat_case("menu_delete", DeleteMenus()));
  MenuRule rule;
  rule.tag_id = "2";
  rule.client_platform = "2";
  all.push_back(
      wechat_case("menu_addconditional", AddConditionalMenu({B::click("今日歌曲", "V1001_TODAY_MUSIC")}, rule)));
  all.push_back(wechat_case("menu_delconditional", DeleteConditionalMenu("208379533")));
  all.push_back(wechat_case("menu_trymatch", MatchMenu(kCustomer)));
  all.push_back(wechat_case("selfmenu_info", GetConsoleMenu()));
  all.push_back(wechat_case("autoreply_info", GetConsoleReplies()));
}

void links(Cases& all) {
  all.push_back(wechat_case("shorten_gen", CreateShortKey("loooooong data", 86400)));
  all.push_back(wechat_case("shorten_fetch", ReadShortKey("iTqRJFSEqk9RvPk")));
  LinkedPage page("/pages/index/index", "order=42");
  page.version = "release";
  all.push_back(wechat_case("generatescheme_days", CreateUrlScheme(page, LinkLife::days(1))));
  all.push_back(wechat_case("generatescheme_time", CreateUrlScheme(LinkedPage("/pages/index/index"),
                                                                   LinkLife::until(from_unix_seconds(1606737600)))));
  all.push_back(wechat_case("queryscheme", QueryUrlScheme("weixin://dl/business/?t=XTSkBZlzqmn")));
  all.push_back(wechat_case("queryscheme_rest", QueryUrlScheme::openings_left()));
  all.push_back(wechat_case("generate_urllink_days", CreateUrlLink(page, LinkLife::days(30))));
  all.push_back(wechat_case("query_urllink", QueryUrlLink("https://wxaurl.cn/BQZRrcFCPvg")));
  all.push_back(wechat_case("genwxashortlink", CreateShortLink("pages/index/index?order=42", "订单")));
  all.push_back(wechat_case("freepublish_batchget", ListPublications()));
  all.push_back(wechat_case("freepublish_getarticle", GetPublication("ARTICLE_ID")));
  const Secret key("D1ZWEygStjuLCnZ9IN2l4Q==");
  all.push_back(wechat_case("checksession", CheckSession(kCustomer, key)));
  all.push_back(wechat_case("resetusersessionkey", ResetSessionKey(kCustomer, key)));
  GetPaidUnionId paid(kCustomer);
  paid.transaction_id = "4200001234202301011234567890";
  all.push_back(wechat_case("getpaidunionid_transaction", paid));
  paid.transaction_id.clear();
  paid.merchant_id = "1900000109";
  paid.order = "ORDER_42";
  all.push_back(wechat_case("getpaidunionid_order", paid));
}

void open_accounts(Cases& all) {
  const std::string app = "wxf8b4f85f3a794e77";
  const std::string open = "wx0000000000000abc";
  all.push_back(wechat_case("open_create", CreateOpenAccount(app)));
  all.push_back(wechat_case("open_bind", BindOpenAccount(open, app)));
  all.push_back(wechat_case("open_bind_own", BindOpenAccount(open)));
  all.push_back(wechat_case("open_unbind", UnbindOpenAccount(open, app)));
  all.push_back(wechat_case("open_get", GetOpenAccount(app)));
  all.push_back(wechat_case("open_get_own", GetOpenAccount()));
  all.push_back(wechat_case("open_have", HasOpenAccount()));
  all.push_back(wechat_case("open_sameentity", HasOwnersOpenAccount()));
}

}  // namespace

std::vector<WechatCase> wechat_cases() {
  Cases all;
  for (const auto family :
       {management, agents, sessions, notifications, customers, material, codes, menus, links, open_accounts})
    family(all);
  return all;
}

}  // namespace kefu_test
