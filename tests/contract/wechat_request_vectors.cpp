// Every request of the vector files, published and ours, against what the typed operations write.
#include "support/vectors.hpp"

#include <kefu/wechat/content_check.hpp>
#include <kefu/wechat/kf_accounts.hpp>
#include <kefu/wechat/kf_sessions.hpp>
#include <kefu/wechat/media.hpp>
#include <kefu/wechat/mini_program.hpp>
#include <kefu/wechat/openapi.hpp>
#include <kefu/wechat/operations.hpp>
#include <kefu/wechat/records.hpp>
#include <kefu/wechat/sub_merchants.hpp>
#include <kefu/wechat/subscribe.hpp>
#include <kefu/wechat/templates.hpp>
#include <kefu/wechat/users.hpp>
#include <kefu/wechat/web_login.hpp>

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

using namespace kefu;
using namespace kefu::wechat;

namespace {

const std::string kCustomer = "oABC1234567890abcdefghijklmn";
const MiniProgramTarget kTarget("wx1234567890abcdef", "index?foo=bar");

template <class Op>
Result<HttpRequest> encode(const Op& op) {
  const Operation& row = Op::operation();
  HttpRequest request;
  request.method = row.info.method;
  request.path = row.info.path;
  if (row.info.authorization == Authorization::access_token) request.query.emplace_back("access_token", "ACCESS_TOKEN");
  if (auto done = row.encode(&op, request); !done) return done.error();
  return request;
}

using Requests = std::map<std::string, Result<HttpRequest>, std::less<>>;

void management(Requests& r) {
  const std::string app = "wx448f04719cd48f69";
  r.emplace("callback_check", encode(CheckCallback()));
  r.emplace("getcallbackip", encode(GetCallbackAddresses()));
  r.emplace("get_api_domain_ip", encode(GetApiAddresses()));
  r.emplace("clear_quota", encode(ClearQuota(app)));
  r.emplace("clear_quota_v2", encode(ClearQuotaBySecret(app, Secret("APPSECRET"))));
  r.emplace("quota_get", encode(GetQuota("/cgi-bin/message/custom/send")));
  r.emplace("quota_clear", encode(ClearApiQuota("/cgi-bin/message/custom/send")));
  r.emplace("rid_get", encode(LookUpRequest("61725984-6126f6f9-040f19c4")));
}

void agents(Requests& r) {
  r.emplace("kfaccount_add", encode(AddKfAccount("test1@test", "客服1")));
  r.emplace("kfaccount_add_mini_wx", encode(AddKfAccount::of_person("kfwx1")));
  r.emplace("kfaccount_update", encode(UpdateKfAccount("test1@test", "客服一号")));
  r.emplace("kfaccount_del", encode(DeleteKfAccount("test1@test")));
  r.emplace("kfaccount_del_by_openid", encode(DeleteKfAccount::of_person("kfopenid1")));
  r.emplace("kfaccount_inviteworker", encode(InviteKfWorker("test1@test", "test_kfwx")));
  r.emplace("getkflist", encode(ListKfAccounts()));
  ListKfAccounts of_sub_merchant;
  of_sub_merchant.business_id = "1";
  r.emplace("getkflist_submerchant", encode(of_sub_merchant));
  r.emplace("getonlinekflist", encode(ListOnlineKfAccounts()));
  r.emplace("kfaccount_setadmin", encode(SetKfAdmin("kfopenid1")));
  r.emplace("kfaccount_canceladmin", encode(CancelKfAdmin("kfopenid1")));
  r.emplace("work_bind", encode(BindWeComKf("wwee11111xxxxxxx")));
  r.emplace("work_unbind", encode(UnbindWeComKf("wwee11111xxxxxxx")));
  r.emplace("work_get", encode(GetWeComKfBinding()));
  RegisterSubMerchant register_one("apple_shop", "苹果", "MEDIA_ID");
  register_one.transfer_to_commkf = true;
  r.emplace("business_register", encode(register_one));
  r.emplace("business_get", encode(GetSubMerchant("1")));
  r.emplace("business_get_by_name", encode(GetSubMerchant::by_account_name("apple_shop")));
  r.emplace("business_list", encode(ListSubMerchants(0, 100)));
  r.emplace("business_update", encode(UpdateSubMerchant("1", "苹果")));
  r.emplace("business_send", encode(SendSubMerchantMessage("1", kCustomer, TextContent("子商户回复"))));
}

void sessions(Requests& r) {
  r.emplace("kfsession_create", encode(CreateKfSession("test1@test", kCustomer)));
  r.emplace("kfsession_close", encode(CloseKfSession("test1@test", kCustomer)));
  r.emplace("kfsession_getsession", encode(GetKfSession(kCustomer)));
  r.emplace("kfsession_getsessionlist", encode(ListKfSessions("test1@test")));
  r.emplace("kfsession_getwaitcase", encode(ListWaitingCustomers()));
  GetKfRecords records(1464710400, 1464796800);
  r.emplace("msgrecord_page1", encode(records));
  records.message_id = 20165258;
  r.emplace("msgrecord_page2", encode(records));
  GetKfRecords too_long(1464710400, 1464796801);
  too_long.number = 100;
  r.emplace("msgrecord_span_too_long", encode(too_long));
}

void notifications(Requests& r) {
  SendSubscribeMessage subscribe(kCustomer, "TEMPLATE_ID",
                                 {TemplateValue("phrase3", "审核通过"), TemplateValue("name1", "订阅"),
                                  TemplateValue("date2", "2019-12-25 09:42")});
  subscribe.page = "index";
  subscribe.mini_program_state = "developer";
  subscribe.language = "zh_CN";
  r.emplace("subscribe_send_mini", encode(subscribe));
  SendServiceSubscribeMessage service(
      kCustomer, "TEMPLATE_ID", {TemplateValue("thing1", "订单已发货"), TemplateValue("time3", "2025年10月1日 15:01")});
  service.page = "https://example.com/";
  service.mini_program = kTarget;
  r.emplace("subscribe_bizsend_svc", encode(service));
  SendTemplateMessage message(kCustomer, "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY",
                              {TemplateValue("keyword1", "巧克力"), TemplateValue("keyword2", "39.8元"),
                               TemplateValue("keyword3", "2014年9月22日")});
  message.url = "https://example.com/";
  message.mini_program = kTarget;
  message.client_message_id = "MSG_000001";
  r.emplace("template_send_svc", encode(message));
  SendOneTimeMessage once(kCustomer, "TEMPLATE_ID", 1000, "订单通知", "您的订单已发货");
  once.color = "#173177";
  once.url = "https://example.com/";
  once.mini_program = kTarget;
  r.emplace("template_subscribe", encode(once));

  r.emplace("newtmpl_getcategory", encode(ListTemplateCategories()));
  r.emplace("newtmpl_getpubtemplatetitles", encode(ListPublicTemplates({"2", "616"}, 0, 1)));
  r.emplace("newtmpl_getpubtemplatekeywords", encode(ListTemplateKeywords("99")));
  r.emplace("newtmpl_addtemplate", encode(AddSubscribeTemplate("401", {1, 2}, "发货通知")));
  r.emplace("newtmpl_deltemplate", encode(DeleteSubscribeTemplate("TEMPLATE_ID")));
  r.emplace("newtmpl_gettemplate", encode(ListSubscribeTemplates()));
  r.emplace("template_set_industry", encode(SetIndustry("1", "4")));
  r.emplace("template_get_industry", encode(GetIndustry()));
  r.emplace("template_add", encode(AddTemplate("47123", {"时间", "地点", "金额"})));
  r.emplace("template_list", encode(ListTemplates()));
  r.emplace("template_delete", encode(DeleteTemplate("TEMPLATE_ID")));
}

void customers(Requests& r) {
  r.emplace("user_info", encode(GetUser(kCustomer)));
  r.emplace("user_info_batchget", encode(GetUsers({kCustomer})));
  r.emplace("user_updateremark", encode(SetRemark(kCustomer, "老客户")));
  r.emplace("user_get_first", encode(ListFollowers()));
  r.emplace("user_get_next", encode(ListFollowers(kCustomer)));
  r.emplace("tags_create", encode(CreateTag("VIP")));
  r.emplace("tags_get", encode(ListTags()));
  r.emplace("tags_update", encode(RenameTag(134, "老客户")));
  r.emplace("tags_delete", encode(DeleteTag(134)));
  r.emplace("tags_batchtagging", encode(TagUsers(134, {kCustomer})));
  r.emplace("tags_batchuntagging", encode(UntagUsers(134, {kCustomer})));
  r.emplace("tags_getidlist", encode(GetUserTags(kCustomer)));
  r.emplace("user_tag_get", encode(ListTagMembers(134)));
  r.emplace("blacklist_get", encode(ListBlacklist()));
  r.emplace("blacklist_add", encode(BlacklistUsers({kCustomer})));
  r.emplace("blacklist_remove", encode(UnblacklistUsers({kCustomer})));
  r.emplace("jscode2session", encode(RedeemMiniProgramCode("APPID", Secret("SECRET"), "JSCODE")));
  r.emplace("getuserphonenumber",
            encode(GetPhoneNumber("e31968a7f94cc5ee25fafc2aef2773f0bb8c3937b22520eb8ee345274d00c144")));
  r.emplace("sns_access_token", encode(RedeemLoginCode("APPID", Secret("APPSECRET"), "CODE")));
  r.emplace("sns_refresh_token", encode(RefreshLogin("APPID", Secret("REFRESH_TOKEN"))));
  r.emplace("sns_userinfo", encode(GetLoginProfile(Secret("CUSTOMER_TOKEN"), kCustomer)));
  r.emplace("sns_auth", encode(CheckLogin(Secret("CUSTOMER_TOKEN"), kCustomer)));
  r.emplace("msg_sec_check", encode(CheckText(kCustomer, ContentScene::profile, "hello world!")));
  r.emplace("media_check_async", encode(CheckMedia(kCustomer, ContentScene::profile, CheckMedia::Type::picture,
                                                   "https://example.com/a.png")));
}

void material(Requests& r) {
  r.emplace("material_del", encode(DeleteMaterial("MEDIA_ID")));
  r.emplace("material_count", encode(CountMaterials()));
  r.emplace("material_list", encode(ListMaterials("image")));
}

Requests all_requests() {
  Requests requests;
  management(requests);
  agents(requests);
  sessions(requests);
  notifications(requests);
  customers(requests);
  material(requests);
  return requests;
}

/// APIs whose requests another test compares, and where.
const std::map<std::string, std::string, std::less<>> kElsewhere{
    {"token", "tests/unit/wechat/operations/custom_messages.cpp"},
    {"stable_token", "tests/unit/wechat/operations/custom_messages.cpp"},
    {"message.custom.send", "tests/unit/wechat/operations/custom_messages.cpp"},
    {"message.custom.typing", "tests/unit/wechat/operations/custom_messages.cpp"},
    {"message.custom.business.typing", "tests/unit/wechat/operations/custom_messages.cpp"},
    {"kfaccount.uploadheadimg", "tests/unit/wechat/operations/media.cpp"},
    {"media.upload", "tests/unit/wechat/operations/media.cpp"},
    {"media.get", "tests/unit/wechat/operations/media.cpp"},
    {"media.get.jssdk", "tests/unit/wechat/operations/media.cpp"},
    {"media.uploadimg", "tests/unit/wechat/operations/media.cpp"},
    {"material.add_material", "tests/unit/wechat/operations/media.cpp"},
    {"material.get_material", "tests/unit/wechat/operations/media.cpp"},
};

/// Requests that no operation writes, and why.
const std::map<std::string, std::string, std::less<>> kUnused{
    {"kfaccount_del_legacy", "the form with GET is older; the current page has POST"},
};

/// Requests that kefu refuses before they cost a call, and the field it names.
const std::map<std::string, std::string, std::less<>> kRefused{{"msgrecord_span_too_long", "endtime"}};

void compare(detail::Value vector, const HttpRequest& request) {
  CHECK(request.method == vector["method"].text());
  CHECK(request.path == vector["path"].text());
  CHECK(request.query.size() == vector["query"].size());
  for (const auto& parameter : request.query) {
    CAPTURE(parameter.first);
    CHECK(vector["query"][parameter.first].text() == parameter.second);
  }
  if (!vector["body"]) {
    CHECK(request.body.empty());
    return;
  }
  const auto body = detail::Document::json(request.body);
  INFO(request.body);
  CHECK(kefu_test::same_json(body.root(), vector["body"]));
}

}  // namespace

TEST_CASE("TST-2: every request vector is what an operation writes, or is listed with the reason") {
  Requests requests = all_requests();
  std::set<std::string> compared;
  std::set<std::string, std::less<>> unused;
  for (const char* file : {"wechat-messages.json", "wechat-ours.json"}) {
    const auto vectors = kefu_test::load_vectors(file);
    for (const auto& entry : vectors.root()["requests"]) {
      const detail::Value vector = entry.value;
      const std::string name(vector["name"].text());
      CAPTURE(name);
      const std::string route = std::string(vector["method"].text()) + " " + std::string(vector["path"].text());
      if (kElsewhere.count(vector["api"].text()) != 0) {
        compared.insert(route);
        continue;
      }
      if (kUnused.count(name) != 0) {
        CHECK(requests.count(name) == 0);
        CHECK(unused.insert(name).second);
        continue;
      }
      const auto found = requests.find(name);
      REQUIRE_MESSAGE(found != requests.end(), "no operation writes this vector, and no list says why");
      const Result<HttpRequest> request = std::move(found->second);
      requests.erase(found);
      if (const auto refused = kRefused.find(name); refused != kRefused.end()) {
        REQUIRE(!request);
        CHECK(request.error().kind() == ErrorKind::bad_argument);
        CHECK(request.error().message().find(refused->second) == 0);
        continue;
      }
      REQUIRE_MESSAGE(request.has_value(), (request ? "" : request.error().to_string()));
      compare(vector, *request);
      compared.insert(route);
    }
  }
  for (const auto& left : requests) FAIL_CHECK("no vector of the name " << left.first);
  CHECK(unused.size() == kUnused.size());
  for (const Operation* row : operations()) {
    const std::string route = std::string(row->info.method) + " " + std::string(row->info.path);
    CHECK_MESSAGE(compared.count(route) != 0, "no vector of " << route);
  }
}

TEST_CASE("T6: the '@' of an agent's account goes out as it is, which the platform wants") {
  const auto request = encode(ListKfSessions("test1@test"));
  REQUIRE(request);
  std::string target;
  append_request_target(target, *request);
  CHECK(target == "/customservice/kfsession/getsessionlist?access_token=ACCESS_TOKEN&kf_account=test1@test");
}
