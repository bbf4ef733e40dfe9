// The values with which each operation of WeChat writes its request vectors. A new operation has its line here.
#include "support/wechat_operation_cases.hpp"

#include <kefu/wechat/content_check.hpp>
#include <kefu/wechat/kf_accounts.hpp>
#include <kefu/wechat/kf_sessions.hpp>
#include <kefu/wechat/media.hpp>
#include <kefu/wechat/mini_program.hpp>
#include <kefu/wechat/openapi.hpp>
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

}  // namespace

std::vector<WechatCase> wechat_cases() {
  Cases all;
  for (const auto family : {management, agents, sessions, notifications, customers, material}) family(all);
  return all;
}

}  // namespace kefu_test
