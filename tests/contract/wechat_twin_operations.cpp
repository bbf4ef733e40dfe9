// Every typed operation of WeChat against the twin, through accounts: request, answer, fields.
#include "support/twin_world.hpp"
#include "support/wechat_operation_cases.hpp"
#include "wechat/operations/rows.hpp"

#include <kefu/wechat/articles.hpp>
#include <kefu/wechat/content_check.hpp>
#include <kefu/wechat/customer_messages.hpp>
#include <kefu/wechat/kf_accounts.hpp>
#include <kefu/wechat/kf_sessions.hpp>
#include <kefu/wechat/media.hpp>
#include <kefu/wechat/menus.hpp>
#include <kefu/wechat/mini_program.hpp>
#include <kefu/wechat/mini_program_codes.hpp>
#include <kefu/wechat/mini_program_links.hpp>
#include <kefu/wechat/open_accounts.hpp>
#include <kefu/wechat/openapi.hpp>
#include <kefu/wechat/operations.hpp>
#include <kefu/wechat/qr_codes.hpp>
#include <kefu/wechat/records.hpp>
#include <kefu/wechat/sub_merchants.hpp>
#include <kefu/wechat/subscribe.hpp>
#include <kefu/wechat/templates.hpp>
#include <kefu/wechat/tokens.hpp>
#include <kefu/wechat/users.hpp>
#include <kefu/wechat/web_login.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::kOtherTwinApp;
using kefu_test::kPlantedAppSecret;
using kefu_test::kTwinApp;
using kefu_test::kTwinCustomer;
using kefu_test::TwinWorld;

namespace {

constexpr char kAgent[] = "test1@test";
constexpr char kPerson[] = "test_kfwx";
const std::string kTemplate = "TEMPLATE_ID";

std::string picture() { return std::string("\xFF\xD8\xFF\xE0\0\x10JFIF picture", 19); }

/// A service account and a mini program at the twin, and the calls a host makes.
struct Host {
  Host() {
    world.add_app(kOtherTwinApp, true, sandbox::WechatKind::mini_program);
    service = TwinWorld::account(*runtime);
    mini = TwinWorld::account(*runtime, TwinWorld::config(kOtherTwinApp, AccountKind::mini_program));
  }

  TwinWorld world;
  std::unique_ptr<Runtime> runtime = world.runtime();
  std::shared_ptr<Account> service;
  std::shared_ptr<Account> mini;
  std::set<std::string_view> ran;  ///< Paths of the operations that were answered.

  template <class Op>
  typename Op::Response ask(const std::shared_ptr<Account>& account, Op op) {
    auto answer = account->call(std::move(op)).get();
    REQUIRE_MESSAGE(answer, std::string(Op::operation().info.path)
                                << ": " << (answer ? "" : answer.error().to_string()));
    ran.insert(Op::operation().info.path);
    return *std::move(answer);
  }
  template <class Op>
  typename Op::Response ask(Op op) {
    return ask(service, std::move(op));
  }
  /// An account that may call it.
  Account& account_for(const Operation& operation) const {
    for (const Row* row : rows())
      if (&row->operation == &operation && row->accounts.service != Access::no) return *service;
    return *mini;
  }
  void control(const std::string& target, const std::string& json) {
    const auto reply = world.sandbox.control("POST", target, json);
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
  }
  void put_template(const char* appid, const std::string& id, const char* kind, const std::string& content) {
    control("/templates", std::string(R"({"appid":")") + appid + R"(","template_id":")" + id + R"(","kind":")" + kind +
                              R"(","content":")" + content + R"("})");
  }
  void agent_does(const char* act, const std::string& json = {}) {
    const auto done = world.sandbox.agent_does(kTwinApp, kAgent, act, json);
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().to_string()));
  }
  std::string code(const char* appid, const char* way, const char* scope = "") {
    auto given = world.sandbox.customer_logs_in(appid, kTwinCustomer, way, scope);
    REQUIRE(given.has_value());
    return *std::move(given);
  }
  sandbox::ReceivedMessage last_received(const char* appid) const {
    const auto all = world.sandbox.messages(appid, kTwinCustomer);
    REQUIRE(!all.empty());
    return all.back();
  }
};

void run_management(Host& host) {
  CHECK(!host.ask(FetchClassicToken(kTwinApp, Secret(kPlantedAppSecret))).access_token.empty());
  CHECK(host.ask(FetchStableToken(kTwinApp, Secret(kPlantedAppSecret))).expires_in > 0);
  CHECK(host.ask(GetCallbackAddresses()).ip_list.size() == 1);
  CHECK(host.ask(GetApiAddresses()).ip_list.size() == 1);
  host.control(std::string("/apps/") + kTwinApp, R"({"callback_url":"http://127.0.0.1:9/push"})");
  CHECK(host.ask(CheckCallback()).ping.size() == 1);
  host.control(std::string("/apps/") + kTwinApp, R"({"callback_url":""})");
  CHECK(host.ask(GetQuota("/cgi-bin/message/custom/send")).remain > 0);
  host.ask(ClearQuota(kTwinApp));
  host.ask(ClearQuotaBySecret(kTwinApp, Secret(kPlantedAppSecret)));
  const auto refused = host.service->call(GetUser("oNobody")).get();
  REQUIRE(!refused);
  const auto looked_up = host.ask(LookUpRequest(refused.error().details().request_id));
  CHECK(looked_up.request_url.find("/cgi-bin/user/info") == 0);
}

void run_messages(Host& host) {
  host.ask(SendCustomMessage(kTwinCustomer, TextContent("您好")));
  CHECK(host.last_received(kTwinApp).text == "您好");
  host.ask(SetTyping(kTwinCustomer, true));
  host.ask(host.mini, SendCustomMessage(kTwinCustomer, TextContent("您好")));
  host.ask(host.mini, SetTyping(kTwinCustomer, true));
}

void run_agents(Host& host) {
  host.ask(AddKfAccount(kAgent, "客服1"));
  host.ask(UpdateKfAccount(kAgent, "客服一号"));
  host.ask(UploadKfPicture(kAgent, MediaContent::memory(picture(), "test.jpg")));
  host.ask(InviteKfWorker(kAgent, kPerson));
  auto agents = host.ask(ListKfAccounts()).accounts;
  REQUIRE(agents.size() == 1);
  CHECK(agents[0].nickname == "客服一号");
  CHECK(agents[0].invited_wechat_id == kPerson);
  CHECK(agents[0].invite_status == "waiting");
  CHECK(agents[0].wechat_id.empty());
  CHECK(!agents[0].head_image_url.empty());
  host.agent_does("accept-invitation");
  host.agent_does("login");
  agents = host.ask(ListKfAccounts()).accounts;
  CHECK(agents[0].wechat_id == kPerson);
  host.ask(SetKfAdmin(agents[0].openid));
  host.ask(CancelKfAdmin(agents[0].openid));
  const auto online = host.ask(ListOnlineKfAccounts()).accounts;
  REQUIRE(online.size() == 1);
  CHECK(online[0].online());
  CHECK(online[0].accepted_case == 0);
}

void run_sessions(Host& host) {
  CHECK(host.ask(ListWaitingCustomers()).count == 0);
  host.ask(CreateKfSession(kAgent, kTwinCustomer));
  CHECK(host.ask(GetKfSession(kTwinCustomer)).kf_account == kAgent);
  CHECK(host.ask(ListKfSessions(kAgent)).sessions.at(0).openid == kTwinCustomer);
  REQUIRE(host.world.sandbox.customer_writes(kTwinApp, kTwinCustomer, "有货吗？").has_value());
  host.agent_does("write", std::string(R"({"content":"有货","openid":")") + kTwinCustomer + R"("})");
  CHECK(host.last_received(kTwinApp).text == "有货");
  CHECK(host.last_received(kTwinApp).agent == kAgent);
  host.ask(CloseKfSession(kAgent, kTwinCustomer));
  CHECK(!host.ask(GetKfSession(kTwinCustomer)).open());

  const std::int64_t now = unix_seconds(host.world.sandbox.now());
  const auto records = host.ask(GetKfRecords(now - 3600, now)).records;
  REQUIRE(records.size() >= 2);
  const auto& asked = records[records.size() - 2];
  CHECK(asked.from_customer());
  CHECK(asked.text == "有货吗？");
  CHECK(asked.worker == kAgent);
  CHECK(records.back().from_agent());
  CHECK(records.back().text == "有货");
  host.ask(DeleteKfAccount(kAgent));
  CHECK(host.ask(ListKfAccounts()).accounts.empty());
}

void run_media(Host& host) {
  const auto uploaded = host.ask(UploadMedia(MediaKind::image, MediaContent::memory(picture(), "test.jpg")));
  CHECK(uploaded.type == "image");
  const auto loaded = host.ask(GetMedia(uploaded.media_id));
  CHECK(loaded.bytes == picture());
  CHECK(loaded.content_type == "image/jpeg");
  CHECK(loaded.name == uploaded.media_id + ".jpg");
  host.control("/media", R"({"media_id":"VOICE_ID","type":"voice"})");
  CHECK(host.ask(GetJssdkVoice("VOICE_ID")).content_type == "voice/speex");
  CHECK(!host.ask(UploadArticleImage(MediaContent::memory(picture(), "test.jpg"))).url.empty());

  AddMaterial video(MediaKind::video, MediaContent::memory(std::string("\0\0\0\x18", 4) + "ftypmp42....", "v.mp4"));
  video.title = "视频标题";
  const auto added = host.ask(video);
  const auto material = host.ask(GetMaterial(added.media_id));
  CHECK(material.title == "视频标题");
  CHECK(material.media.url.find(added.media_id) != std::string::npos);
  CHECK(host.ask(CountMaterials()).video_count == 1);
  CHECK(host.ask(ListMaterials("video")).item.at(0).media_id == added.media_id);
  host.ask(DeleteMaterial(added.media_id));
  CHECK(host.ask(CountMaterials()).video_count == 0);
}

void run_subscriptions(Host& host) {
  CHECK(host.ask(host.mini, ListTemplateCategories()).categories.size() == 2);
  const auto titles = host.ask(host.mini, ListPublicTemplates({"2", "616"}, 0, 1));
  CHECK(titles.count == 4);
  CHECK(titles.templates.size() == 1);
  CHECK(host.ask(host.mini, ListTemplateKeywords("99")).keywords.at(0).rule == "thing");
  const auto added = host.ask(host.mini, AddSubscribeTemplate("401", {1, 2}, "发货通知"));
  CHECK(host.ask(host.mini, ListSubscribeTemplates()).templates.at(0).template_id == added.template_id);
  host.ask(host.mini, DeleteSubscribeTemplate(added.template_id));

  host.put_template(kOtherTwinApp, kTemplate, "once", "结果{{phrase3.DATA}}名称{{name1.DATA}}日期{{date2.DATA}}");
  REQUIRE(host.world.sandbox.customer_subscribes(kOtherTwinApp, kTwinCustomer, kTemplate).has_value());
  host.ask(host.mini, SendSubscribeMessage(kTwinCustomer, kTemplate,
                                           {TemplateValue("phrase3", "审核通过"), TemplateValue("name1", "订阅"),
                                            TemplateValue("date2", "2019-12-25 09:42")}));
  CHECK(host.last_received(kOtherTwinApp).msgtype == "subscribe");
  host.put_template(kTwinApp, kTemplate, "long_term", "{{thing1.DATA}}{{time3.DATA}}");
  REQUIRE(host.world.sandbox.customer_subscribes(kTwinApp, kTwinCustomer, kTemplate).has_value());
  SendServiceSubscribeMessage service(
      kTwinCustomer, kTemplate, {TemplateValue("thing1", "订单已发货"), TemplateValue("time3", "2025年10月1日 15:01")});
  service.page = "https://example.com/";
  host.ask(service);
  CHECK(host.last_received(kTwinApp).content.find("订单已发货") != std::string::npos);
}

void run_templates(Host& host) {
  host.ask(SetIndustry("1", "4"));
  CHECK(host.ask(GetIndustry()).secondary.second_class == "电子技术");
  const auto added = host.ask(AddTemplate("47123", {"时间", "地点", "金额"}));
  CHECK(host.ask(ListTemplates()).templates.at(0).template_id == added.template_id);
  SendTemplateMessage message(kTwinCustomer, added.template_id, {TemplateValue("keyword1", "巧克力")});
  message.client_message_id = "MSG_000001";
  CHECK(host.ask(message).message_id.size() == 19);
  CHECK(host.last_received(kTwinApp).msgtype == "template");
  host.ask(DeleteTemplate(added.template_id));
  host.ask(SendOneTimeMessage(kTwinCustomer, kTemplate, 1000, "订单通知", "您的订单已发货"));
}

void run_users(Host& host) {
  const auto user = host.ask(GetUser(kTwinCustomer));
  CHECK(user.subscribed);
  CHECK(!user.union_id.empty());
  host.ask(SetRemark(kTwinCustomer, "老客户"));
  CHECK(host.ask(GetUsers({kTwinCustomer})).users.at(0).remark == "老客户");
  CHECK(host.ask(ListFollowers()).openids == std::vector<std::string>{kTwinCustomer});
  const Tag tag = host.ask(CreateTag("VIP")).tag;
  host.ask(RenameTag(tag.id, "老客户"));
  host.ask(TagUsers(tag.id, {kTwinCustomer}));
  CHECK(host.ask(ListTags()).tags.back().count == 1);
  CHECK(host.ask(GetUserTags(kTwinCustomer)).tag_ids == std::vector<std::int64_t>{tag.id});
  CHECK(host.ask(ListTagMembers(tag.id)).openids.size() == 1);
  host.ask(UntagUsers(tag.id, {kTwinCustomer}));
  CHECK(host.ask(ListTagMembers(tag.id)).openids.empty());
  host.ask(DeleteTag(tag.id));
  host.ask(BlacklistUsers({kTwinCustomer}));
  CHECK(host.ask(ListBlacklist()).total == 1);
  host.ask(UnblacklistUsers({kTwinCustomer}));
  CHECK(host.ask(ListBlacklist()).openids.empty());
}

void run_logins(Host& host) {
  const auto session = host.ask(
      host.mini, RedeemMiniProgramCode(kOtherTwinApp, Secret(kPlantedAppSecret), host.code(kOtherTwinApp, "mini")));
  CHECK(session.openid == kTwinCustomer);
  CHECK(!session.session_key.empty());
  const auto phone = host.ask(host.mini, GetPhoneNumber(host.code(kOtherTwinApp, "phone")));
  CHECK(phone.phone_number == "13800000000");
  CHECK(phone.app_id == kOtherTwinApp);
  const auto login =
      host.ask(RedeemLoginCode(kTwinApp, Secret(kPlantedAppSecret), host.code(kTwinApp, "web", "snsapi_userinfo")));
  CHECK(login.openid == kTwinCustomer);
  host.ask(CheckLogin(login.access_token, kTwinCustomer));
  CHECK(host.ask(GetLoginProfile(login.access_token, kTwinCustomer)).openid == kTwinCustomer);
  CHECK(host.ask(RefreshLogin(kTwinApp, login.refresh_token)).scope == "snsapi_userinfo");
}

void run_content_checks(Host& host) {
  REQUIRE(host.world.sandbox.set_verdict(kOtherTwinApp, "risky", 20001).has_value());
  const auto verdict = host.ask(host.mini, CheckText(kTwinCustomer, ContentScene::profile, "hello world!"));
  CHECK(!verdict.passed());
  CHECK(verdict.label == 20001);
  CHECK(!host.ask(host.mini, CheckMedia(kTwinCustomer, ContentScene::profile, CheckMedia::Type::picture,
                                        "https://example.com/a.png"))
             .trace_id.empty());
}

void run_businesses(Host& host) {
  host.control("/media", R"({"media_id":"MEDIA_ID","type":"image"})");
  const auto made = host.ask(host.mini, RegisterSubMerchant("apple_shop", "苹果店", "MEDIA_ID"));
  CHECK(made.business_id == "1");
  host.ask(host.mini, UpdateSubMerchant("1", "苹果二店"));
  CHECK(host.ask(host.mini, GetSubMerchant("1")).business_info.nickname == "苹果二店");
  CHECK(host.ask(host.mini, ListSubMerchants(0, 100)).list.size() == 1);
  host.ask(host.mini, SendSubMerchantMessage("1", kTwinCustomer, TextContent("子商户回复")));
  CHECK(host.last_received(kOtherTwinApp).text == "子商户回复");
  SetBusinessTyping typing(kTwinCustomer, true);
  typing.business_id = "1";
  host.ask(host.mini, typing);
  host.ask(host.mini, BindWeComKf("wwee11111xxxxxxx"));
  CHECK(host.ask(host.mini, GetWeComKfBinding()).corp_id == "wwee11111xxxxxxx");
  host.ask(host.mini, UnbindWeComKf("wwee11111xxxxxxx"));
  CHECK(host.ask(host.mini, GetWeComKfBinding()).corp_id.empty());
}

void run_codes(Host& host) {
  const auto code = host.ask(CreateQrCode::temporary("shop=42", std::chrono::seconds(60)));
  const auto picture_of_code = host.ask(GetQrCodePicture(code.ticket));
  CHECK(picture_of_code.content_type == "image/jpg");
  CHECK(picture_of_code.bytes.substr(0, 3) == "\xFF\xD8\xFF");
  CHECK(host.ask(CreateQrCode::permanent_id(7)).expire_seconds == 0);
  CHECK(host.ask(host.mini, CreateMiniProgramCode("pages/index/index?a=1")).used == 1);
  CHECK(host.ask(host.mini, CreateMiniProgramQrCode("pages/index/index")).used == 2);
  GetMiniProgramCode clear("a=1");
  clear.look.transparent = true;
  CHECK(host.ask(host.mini, clear).picture.content_type == "image/png");
}

void run_menus(Host& host) {
  const std::vector<MenuButton> buttons{MenuButton::click("人工客服", "AGENT"),
                                        MenuButton::group("更多", {MenuButton::view("搜索", "https://example.com/")})};
  host.ask(CreateMenu(buttons));
  const Tag tag = host.ask(CreateTag("VIP")).tag;
  host.ask(TagUsers(tag.id, {kTwinCustomer}));
  MenuRule rule;
  rule.tag_id = std::to_string(tag.id);
  const auto added = host.ask(AddConditionalMenu({MenuButton::click("贵宾", "VIP")}, rule));
  CHECK(host.ask(MatchMenu(kTwinCustomer)).buttons.at(0).key == "VIP");
  const auto menus = host.ask(GetMenus());
  CHECK(menus.buttons.at(1).buttons.at(0).url == "https://example.com/");
  CHECK(menus.conditional.at(0).menu_id == added.menu_id);
  CHECK(menus.conditional.at(0).rule.tag_id == rule.tag_id);
  host.ask(DeleteConditionalMenu(added.menu_id));
  CHECK(host.ask(MatchMenu(kTwinCustomer)).buttons.at(0).key == "AGENT");
  const auto current = host.ask(GetConsoleMenu());
  CHECK(current.open);
  CHECK(current.buttons.at(1).buttons.at(0).name == "搜索");
  host.ask(DeleteMenus());
  CHECK(!host.ask(GetConsoleMenu()).open);
  CHECK(host.service->call(GetMenus()).get().error().platform_code() == "46003");
  CHECK(!host.ask(GetConsoleReplies()).replies_open);
  host.ask(DeleteTag(tag.id));
}

void run_links(Host& host) {
  const auto key = host.ask(host.mini, CreateShortKey("scene of more than thirty-two characters", 60)).key;
  CHECK(host.ask(host.mini, ReadShortKey(key)).data == "scene of more than thirty-two characters");
  const LinkedPage page("/pages/index/index", "order=42");
  const auto scheme = host.ask(host.mini, CreateUrlScheme(page, LinkLife::days(1))).link;
  const auto told = host.ask(host.mini, QueryUrlScheme(scheme));
  CHECK(told.page.query == "order=42");
  CHECK(told.expire_time - told.create_time == 86400);
  CHECK(host.ask(host.mini, QueryUrlScheme::openings_left()).openings_left > 0);
  const WallTime tomorrow = host.world.sandbox.now() + std::chrono::hours(24);
  const auto link = host.ask(host.mini, CreateUrlLink(page, LinkLife::until(tomorrow))).link;
  CHECK(host.ask(host.mini, QueryUrlLink(link)).page.path == "/pages/index/index");
  CHECK(!host.ask(host.mini, CreateShortLink("pages/index/index?a=1", "订单")).link.empty());
}

void run_articles(Host& host) {
  host.control(
      std::string("/apps/") + kTwinApp,
      R"({"publications":[{"article_id":"A1","update_time":1672500000,)"
      R"("content":{"news_item":[{"title":"标题","content":"<p>正文</p>","url":"https://mp.weixin.qq.com/s/X"}]}}]})");
  const auto page = host.ask(ListPublications());
  CHECK(page.total_count == 1);
  CHECK(page.items.at(0).articles.at(0).content.empty());
  ListPublications whole;
  whole.with_content = true;
  CHECK(host.ask(whole).items.at(0).articles.at(0).content == "<p>正文</p>");
  CHECK(host.ask(GetPublication("A1")).articles.at(0).title == "标题");
  CHECK(host.service->call(GetPublication("A2")).get().error().kind() == ErrorKind::not_found);
}

void run_session_keys(Host& host) {
  const auto session = host.ask(host.mini, RedeemMiniProgramCode(host.code(kOtherTwinApp, "mini")));
  host.ask(host.mini, CheckSession(kTwinCustomer, session.session_key));
  const auto fresh = host.ask(host.mini, ResetSessionKey(kTwinCustomer, session.session_key));
  const auto old = host.mini->call(CheckSession(kTwinCustomer, session.session_key)).get();
  CHECK(old.error().kind() == ErrorKind::credentials_refused);
  host.ask(host.mini, CheckSession(kTwinCustomer, fresh.session_key));
  CHECK(host.mini->call(GetPaidUnionId(kTwinCustomer)).get().error().kind() == ErrorKind::not_found);
  host.control(std::string("/customers/") + kTwinCustomer + "/pay",
               R"({"appid":")" + std::string(kOtherTwinApp) + R"(","transaction_id":"42"})");
  CHECK(host.ask(host.mini, GetPaidUnionId(kTwinCustomer)).union_id == session.union_id);
}

void run_open_accounts(Host& host) {
  const std::string open = host.ask(CreateOpenAccount()).open_app_id;
  CHECK(host.ask(GetOpenAccount(kTwinApp)).open_app_id == open);
  CHECK(host.ask(HasOpenAccount()).bound);
  CHECK(host.ask(HasOwnersOpenAccount()).same);
  CHECK(!host.ask(host.mini, HasOpenAccount()).bound);
  host.ask(host.mini, BindOpenAccount(open));
  CHECK(host.ask(host.mini, GetOpenAccount()).open_app_id == open);
  host.ask(host.mini, UnbindOpenAccount(open, kOtherTwinApp));
  CHECK(!host.ask(host.mini, HasOpenAccount()).bound);
  host.ask(UnbindOpenAccount(open));
}

void run_all(Host& host) {
  run_management(host);
  run_messages(host);
  run_agents(host);
  run_sessions(host);
  run_media(host);
  run_subscriptions(host);
  run_templates(host);
  run_users(host);
  run_logins(host);
  run_content_checks(host);
  run_businesses(host);
  run_codes(host);
  run_menus(host);
  run_links(host);
  run_articles(host);
  run_session_keys(host);
  run_open_accounts(host);
}

/// The twin knows the operation, but what its vector names is not there; or the vector is one that kefu refuses.
bool is_refusal(const Error& error) {
  return error.kind() == ErrorKind::bad_argument || error.delivery() == Delivery::refused;
}

}  // namespace

TEST_CASE("TST-2: every operation of WeChat runs against the twin, in a flow above or with the values of its vector") {
  Host flows;
  run_all(flows);
  std::set<std::string_view> ran = flows.ran;
  for (const kefu_test::WechatCase& one : kefu_test::wechat_cases()) {
    Host host;
    const auto taken = one.call(host.account_for(*one.row));
    const bool enough = taken || (flows.ran.count(one.row->info.path) != 0 && is_refusal(taken.error()));
    CHECK_MESSAGE(enough, one.vector << ": " << (taken ? "" : taken.error().to_string()));
    ran.insert(one.row->info.path);
  }
  for (const Operation* row : operations())
    CHECK_MESSAGE(ran.count(row->info.path) != 0, "no run of " << std::string(row->info.path));
}

TEST_CASE("every operation reads the variants of answers that the twin can give") {
  for (const char* variant :
       {R"("kf_list_under_wrong_root":1)", R"("kf_id_as_number":0)", R"("waiting_list_older_form":1)",
        R"("records_number":1)", R"("records_number":2)", R"("thumb_media_id_name":1)", R"("media_errors_as_text":1)",
        R"("material_as_text":1)", R"("subscribe_send_msgid":0)", R"("web_login_snapshot":1)",
        R"("subscribe_event_numbers_as_text":1)"}) {
    CAPTURE(variant);
    Host host;
    host.control("/switches", "{" + std::string(variant) + "}");
    run_all(host);
  }
}

TEST_CASE("the twin repeats the last line of a page at the head of the next, or not, and loses none") {
  for (const bool repeats : {false, true}) {
    CAPTURE(repeats);
    Host host;
    host.control("/switches", R"({"records_repeat_last":)" + std::to_string(repeats ? 1 : 0) + "}");
    for (int i = 0; i < 7; ++i)
      host.ask(SendCustomMessage(kTwinCustomer, TextContent("第" + std::to_string(i) + "条")));
    const std::int64_t now = unix_seconds(host.world.sandbox.now());
    GetKfRecords request(now - 3600, now + 1);
    request.number = 3;
    std::vector<std::string> texts;
    for (bool more = true; more;) {
      REQUIRE(texts.size() < 20);
      const auto page = host.ask(request);
      const bool repeated = !texts.empty() && !page.records.empty() && page.records[0].text == texts.back();
      if (!texts.empty() && !page.records.empty()) CHECK(repeated == repeats);
      for (std::size_t i = repeated ? 1 : 0; i < page.records.size(); ++i) texts.push_back(page.records[i].text);
      more = page.number == request.number;
      request.message_id = page.message_id;
    }
    REQUIRE(texts.size() == 7);
    for (std::size_t i = 0; i < texts.size(); ++i) CHECK(texts[i] == "第" + std::to_string(i) + "条");
  }
}

TEST_CASE("the twin refuses what a kind of account lacks by its own table") {
  Host host;
  const auto bare = [&host](const char* appid, AccountKind kind) {
    auto config = TwinWorld::config(appid, kind);
    config.check_account_kind = false;
    return TwinWorld::account(*host.runtime, std::move(config));
  };
  const auto refusal = [](const auto& answer) { return answer ? std::string("ok") : answer.error().platform_code(); };
  const auto mini = bare(kOtherTwinApp, AccountKind::mini_program);
  CHECK(refusal(mini->call(GetKfSession(kTwinCustomer)).get()) == "48001");
  CHECK(refusal(mini->call(GetUser(kTwinCustomer)).get()) == "48001");
  CHECK(refusal(mini->call(GetIndustry()).get()) == "48001");
  CHECK(refusal(mini->call(CountMaterials()).get()) == "48001");
  const auto service = bare(kTwinApp, AccountKind::service_account);
  CHECK(refusal(service->call(ListSubMerchants()).get()) == "48001");
  CHECK(refusal(service->call(CheckText(kTwinCustomer, ContentScene::profile, "x")).get()) == "48001");
  host.control(std::string("/apps/") + kTwinApp, R"({"verified":false})");
  CHECK(refusal(service->call(ListKfAccounts()).get()) == "48001");
  CHECK(refusal(service->call(SendCustomMessage(kTwinCustomer, TextContent("x"))).get()) == "48001");
  CHECK(refusal(service->call(GetUser(kTwinCustomer)).get()) == "ok");
}
