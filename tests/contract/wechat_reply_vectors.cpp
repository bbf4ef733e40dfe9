// Every answer of the vector files, published and ours, through the whole client: what a typed call makes of it.
#include "core/call/fields.hpp"
#include "core/crypto/crypto.hpp"
#include "support/vectors.hpp"
#include "support/wechat_answers.hpp"

#include <kefu/wechat/content_check.hpp>
#include <kefu/wechat/kf_accounts.hpp>
#include <kefu/wechat/kf_sessions.hpp>
#include <kefu/wechat/mini_program.hpp>
#include <kefu/wechat/open_accounts.hpp>
#include <kefu/wechat/openapi.hpp>
#include <kefu/wechat/records.hpp>
#include <kefu/wechat/sub_merchants.hpp>
#include <kefu/wechat/subscribe.hpp>
#include <kefu/wechat/templates.hpp>
#include <kefu/wechat/tokens.hpp>
#include <kefu/wechat/users.hpp>
#include <kefu/wechat/web_login.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace kefu;
using namespace kefu::wechat;
using kefu_test::WechatWorld;

namespace {

const std::string kCustomer = "oABC1234567890abcdefghijklmn";
using World = WechatWorld;

template <class Op>
typename Op::Response ask(World& world, Op op) {
  return kefu_test::wechat_ask(world, std::move(op));
}

TemplateValues values() { return {TemplateValue("thing1", "订单")}; }

/// One typed call of each API that an answer of the files belongs to; gives the error, if there is one.
template <class Op>
kefu_test::WechatCaller caller(Op op) {
  return kefu_test::wechat_caller(std::move(op));
}
const kefu_test::WechatCallers& callers() {
  static kefu_test::WechatCallers all{
      {"token", caller(FetchClassicToken("APPID", Secret("APPSECRET")))},
      {"stable_token", caller(FetchStableToken("APPID", Secret("APPSECRET")))},
      {"message.custom.send", caller(SendCustomMessage(kCustomer, TextContent("hi")))},
      {"message.custom.typing", caller(SetTyping(kCustomer, true))},
      {"kfaccount.add", caller(AddKfAccount("test1@test", "客服1"))},
      {"kfaccount.inviteworker", caller(InviteKfWorker("test1@test", "kfwx1"))},
      {"kfsession.create", caller(CreateKfSession("test1@test", kCustomer))},
      {"kfsession.close", caller(CloseKfSession("test1@test", kCustomer))},
      {"msgrecord.getmsglist", caller(GetKfRecords(1464710400, 1464796800))},
      {"message.subscribe.send", caller(SendSubscribeMessage(kCustomer, "TEMPLATE_ID", values()))},
      {"message.template.send", caller(SendTemplateMessage(kCustomer, "TEMPLATE_ID", values()))},
      {"sns.jscode2session", caller(RedeemMiniProgramCode("APPID", Secret("SECRET"), "JSCODE"))},
      {"sns.oauth2.refresh_token", caller(RefreshLogin("APPID", Secret("REFRESH_TOKEN")))},
      {"newtmpl.addtemplate", caller(AddSubscribeTemplate("401", {1, 2}))},
      {"template.api_add_template", caller(AddTemplate("47123", {"时间"}))},
      {"template.api_set_industry", caller(SetIndustry("1", "4"))},
      {"open.create", caller(CreateOpenAccount("wxf8b4f85f3a794e77"))},
      {"open.bind", caller(BindOpenAccount("wx0000000000000abc"))},
      {"open.get", caller(GetOpenAccount())},
  };
  if (all.count("showqrcode") == 0) kefu_test::add_promotion(all);
  return all;
}

using Checks = kefu_test::WechatChecks;

void plain_checks(Checks& c) {
  c["token_ok"] = [](World& w) {
    const auto token = ask(w, FetchClassicToken("APPID", Secret("APPSECRET")));
    CHECK(token.access_token == Secret("ACCESS_TOKEN"));
    CHECK(token.expires_in == 7200);
  };
  c["stable_token_remaining"] = [](World& w) {
    CHECK(ask(w, FetchStableToken("APPID", Secret("APPSECRET"))).expires_in == 345);
  };
  for (const char* name : {"send_ok", "send_ok_empty_errmsg", "errcode_string"})
    c[name] = [](World& w) { ask(w, SendCustomMessage(kCustomer, TextContent("hi"))); };
  c["typing_ok"] = [](World& w) { ask(w, SetTyping(kCustomer, true)); };
  c["callbackip_ok"] = [](World& w) {
    CHECK(ask(w, GetCallbackAddresses()).ip_list == std::vector<std::string>{"106.55.206.146", "106.55.206.211"});
  };
  c["api_addresses_ok"] = [](World& w) { CHECK(ask(w, GetApiAddresses()).ip_list.back() == "101.226.103.0/25"); };
  c["callback_check_ok"] = [](World& w) {
    const auto report = ask(w, CheckCallback());
    REQUIRE((report.dns.size() == 1 && report.ping.size() == 1));
    CHECK(report.dns[0].ip == "111.161.64.40");
    CHECK(report.dns[0].real_operator == "UNICOM");
    CHECK(report.ping[0].from_operator == "UNICOM");
    CHECK(report.ping[0].package_loss == "0%");
    CHECK(report.ping[0].time == "23.079ms");
  };
  c["quota_ok"] = [](World& w) {
    const auto quota = ask(w, GetQuota("/cgi-bin/message/custom/send"));
    CHECK((quota.daily_limit == 500000 && quota.used == 12 && quota.remain == 499988));
    REQUIRE(quota.rate_limit);
    CHECK((quota.rate_limit->call_count == 1000 && quota.rate_limit->refresh_second == 60));
    CHECK(!quota.component_rate_limit);
  };
  c["quota_without_rates"] = [](World& w) {
    const auto quota = ask(w, GetQuota("/cgi-bin/message/custom/send"));
    CHECK((quota.remain == 10 && !quota.rate_limit && !quota.component_rate_limit));
  };
  c["rid_ok"] = [](World& w) {
    const auto record = ask(w, LookUpRequest("617682e0-09059ac5-34a8e2ea"));
    CHECK(record.invoke_time == 1635156704);
    CHECK(record.cost_in_ms == 30);
    CHECK(record.request_url == "access_token=50_Im7xxxx");
    CHECK(record.response_body.find("45009") != std::string::npos);
    CHECK(record.client_ip == "113.xx.70.51");
  };
}

void agent_checks(Checks& c) {
  c["getkflist_ok"] = [](World& w) {
    const auto list = ask(w, ListKfAccounts()).accounts;
    REQUIRE(list.size() == 2);
    CHECK(list[0].kf_account == "test1@test");
    CHECK(list[0].kf_id == "1001");
    CHECK(list[0].nickname == "ntest1");
    CHECK(list[0].wechat_id == "kfwx1");
    CHECK(list[0].head_image_url == "http://mmbiz.qpic.cn/x/0");
    CHECK(list[1].kf_id == "1003");
    CHECK(list[1].invited_wechat_id == "kfwx3");
    CHECK(list[1].invite_expire_time == 123456789);
    CHECK(list[1].invite_status == "waiting");
  };
  c["getkflist_wrong_root"] = [](World& w) {
    const auto list = ask(w, ListKfAccounts()).accounts;
    REQUIRE(list.size() == 1);
    CHECK(list[0].kf_account.empty());
    CHECK(list[0].openid == "kfopenid1");
  };
  c["getonlinekflist_ok"] = [](World& w) {
    const auto list = ask(w, ListOnlineKfAccounts()).accounts;
    REQUIRE(list.size() == 2);
    CHECK(list[1].kf_account == "test2@test");
    CHECK(list[1].accepted_case == 2);
    CHECK(list[1].online());
    CHECK(list[0].kf_id == "1001");
  };
  c["getonlinekflist_numbers"] = [](World& w) {
    const auto list = ask(w, ListOnlineKfAccounts()).accounts;
    REQUIRE(list.size() == 2);
    CHECK((list[0].kf_id == "1001" && list[0].accepted_case == 1));
    CHECK((list[1].kf_account.empty() && list[1].openid == "kfopenid2" && list[1].accepted_case == 0));
  };
  c["business_registered"] = [](World& w) {
    CHECK(ask(w, RegisterSubMerchant("apple_shop", "苹果", "MEDIA_ID")).business_id == "1");
  };
  c["business_got"] = [](World& w) {
    const auto info = ask(w, GetSubMerchant("1")).business_info;
    CHECK((info.business_id == "1" && info.account_name == "apple_shop" && info.nickname == "苹果"));
    CHECK(info.icon_url == "http://mmbiz.qpic.cn/x/0");
  };
  c["business_listed"] = [](World& w) {
    const auto list = ask(w, ListSubMerchants()).list;
    REQUIRE(list.size() == 1);
    CHECK((list[0].business_id == "1" && list[0].icon_media_id == "MEDIA_ID"));
  };
  c["work_bound"] = [](World& w) {
    const auto binding = ask(w, GetWeComKfBinding());
    CHECK(
        (binding.entity_name == "某公司" && binding.corp_id == "wwee11111xxxxxxx" && binding.bind_time == 1672500000));
  };
  c["work_unbound"] = [](World& w) {
    const auto binding = ask(w, GetWeComKfBinding());
    CHECK((binding.corp_id.empty() && binding.bind_time == 0));
  };
}

void session_checks(Checks& c) {
  c["getsession_ok"] = [](World& w) {
    const auto session = ask(w, GetKfSession(kCustomer));
    CHECK((session.open() && session.kf_account == "test1@test" && session.create_time == 123456789));
  };
  c["getsession_none"] = [](World& w) { CHECK(!ask(w, GetKfSession(kCustomer)).open()); };
  c["getsessionlist_ok"] = [](World& w) {
    const auto sessions = ask(w, ListKfSessions("test1@test")).sessions;
    REQUIRE(sessions.size() == 1);
    CHECK((sessions[0].openid == kCustomer && sessions[0].create_time == 123456789));
  };
  c["getwaitcase_ok"] = [](World& w) {
    const auto waiting = ask(w, ListWaitingCustomers());
    CHECK(waiting.count == 150);
    REQUIRE(waiting.customers.size() == 2);
    CHECK((waiting.customers[0].openid == kCustomer && waiting.customers[1].latest_time == 123456790));
  };
  c["getwaitcase_older"] = [](World& w) {
    const auto waiting = ask(w, ListWaitingCustomers());
    REQUIRE(waiting.customers.size() == 1);
    CHECK((waiting.customers[0].latest_time == 123456789 && waiting.customers[0].kf_account == "test1@test"));
  };
  c["getmsglist_full_page"] = [](World& w) {
    const auto page = ask(w, GetKfRecords(1464710400, 1464796800));
    CHECK((page.number == 10000 && page.message_id == 20165258));
    REQUIRE(page.records.size() == 1);
    CHECK(page.records[0].openid == "oDF3iY9WMaswOPWjCIp_f3Bnpljk");
    CHECK(page.records[0].from_agent());
    CHECK(page.records[0].text == "您好，客服test1为您服务。");
    CHECK(page.records[0].time == 1464710500);
    CHECK(page.records[0].worker == "test1@test");
  };
  c["getmsglist_last_page"] = [](World& w) {
    const auto page = ask(w, GetKfRecords(1464710400, 1464796800));
    REQUIRE(page.records.size() == 1);
    CHECK((page.number == 1 && page.records[0].from_customer() && page.records[0].text == "[image]"));
  };
}

void notification_checks(Checks& c) {
  c["template_ok_big_msgid"] = [](World& w) {
    CHECK(ask(w, SendTemplateMessage(kCustomer, "TEMPLATE_ID", values())).message_id == "3717005636572528642");
  };
  c["subscribe_sent"] = [](World& w) {
    CHECK(ask(w, SendSubscribeMessage(kCustomer, "TEMPLATE_ID", values())).message_id == "1864323726461255680");
  };
  c["subscribe_send_ok_msgid_recorded"] = [](World& w) {
    CHECK(ask(w, SendSubscribeMessage(kCustomer, "TEMPLATE_ID", values())).message_id == "2589480923856076802");
  };
  c["subscribe_bizsend_ok_msgid"] = [](World& w) {
    CHECK(ask(w, SendServiceSubscribeMessage(kCustomer, "TEMPLATE_ID", values())).message_id == "3248682510344192008");
  };
  c["newtmpl_categories"] = [](World& w) {
    const auto list = ask(w, ListTemplateCategories()).categories;
    REQUIRE(list.size() == 1);
    CHECK((list[0].id == "616" && list[0].name == "公交"));
  };
  c["newtmpl_titles"] = [](World& w) {
    const auto page = ask(w, ListPublicTemplates({"2", "616"}, 0, 1));
    CHECK(page.count == 55);
    REQUIRE(page.templates.size() == 1);
    CHECK((page.templates[0].tid == "99" && page.templates[0].type == PublicTemplate::kOnce));
    CHECK((page.templates[0].title == "付款成功通知" && page.templates[0].category_id == "616"));
  };
  c["newtmpl_keywords"] = [](World& w) {
    const auto list = ask(w, ListTemplateKeywords("99"));
    REQUIRE((list.count == 1 && list.keywords.size() == 1));
    CHECK((list.keywords[0].kid == 1 && list.keywords[0].name == "物品名称"));
    CHECK((list.keywords[0].example == "名称" && list.keywords[0].rule == "thing"));
  };
  c["newtmpl_added"] = [](World& w) {
    CHECK(ask(w, AddSubscribeTemplate("401", {1, 2}, "发货通知")).template_id == "TEMPLATE_ID");
  };
  c["newtmpl_list"] = [](World& w) {
    const auto list = ask(w, ListSubscribeTemplates()).templates;
    REQUIRE((list.size() == 1 && list[0].choices.size() == 1));
    CHECK((list[0].template_id == "TEMPLATE_ID" && list[0].title == "发货通知" && list[0].type == 2));
    CHECK((list[0].content == "物品{{thing1.DATA}}" && list[0].example == "物品:手机"));
    CHECK(list[0].choices[0].keyword == "enum_string1.DATA");
    CHECK(list[0].choices[0].values == std::vector<std::string>{"客厅", "厨房"});
  };
  c["industry"] = [](World& w) {
    const auto industries = ask(w, GetIndustry());
    CHECK((industries.primary.first_class == "运输与仓储" && industries.primary.second_class == "快递"));
    CHECK((industries.secondary.first_class == "IT科技" && industries.secondary.second_class == "互联网|电子商务"));
  };
  c["template_added"] = [](World& w) { CHECK(ask(w, AddTemplate("47123", {"时间"})).template_id == "TEMPLATE_ID"); };
  c["template_listed"] = [](World& w) {
    const auto list = ask(w, ListTemplates()).templates;
    REQUIRE(list.size() == 1);
    CHECK((list[0].template_id == "TEMPLATE_ID" && list[0].title == "领取奖金提醒"));
    CHECK((list[0].primary_industry == "IT科技" && list[0].secondary_industry == "互联网|电子商务"));
    CHECK((list[0].content == "{{result.DATA}}" && list[0].example == "您已提交"));
  };
}

void customer_checks(Checks& c) {
  c["user_info_ok"] = [](World& w) {
    const auto user = ask(w, GetUser("o6_bmjrPTlm6_2sgVt7hMZOPfL2M"));
    CHECK(user.subscribed);
    CHECK(user.openid == "o6_bmjrPTlm6_2sgVt7hMZOPfL2M");
    CHECK(user.union_id == "o6_bmasdasdsad6_2sgVt7hMZOPfL");
    CHECK(user.language == "zh_CN");
    CHECK(user.subscribe_time == 1382694957);
    CHECK(user.tag_ids == std::vector<std::int64_t>{128, 2});
    CHECK(user.subscribe_scene == "ADD_SCENE_QR_CODE");
    CHECK((user.qr_scene == "98765" && user.qr_scene_text.empty() && user.remark.empty() && user.group_id == 0));
  };
  c["user_info_not_following"] = [](World& w) {
    const auto user = ask(w, GetUser("o6_bmjrPTlm6_2sgVt7hMZOPfL2M"));
    CHECK((!user.subscribed && user.union_id.empty() && user.tag_ids.empty()));
  };
  c["control_char"] = [](World& w) { CHECK(ask(w, GetUser("o1")).remark == "ab"); };
  c["user_batch_ok"] = [](World& w) {
    const auto users = ask(w, GetUsers({kCustomer, "oGone"})).users;
    REQUIRE(users.size() == 2);
    CHECK((users[0].subscribed && users[0].remark == "老客户" && !users[1].subscribed && users[1].openid == "oGone"));
  };
  c["followers_page"] = [](World& w) {
    const auto page = ask(w, ListFollowers());
    CHECK((page.total == 2 && page.count == 2 && page.next_openid == "oSecond" && !page.last()));
    CHECK(page.openids == std::vector<std::string>{kCustomer, "oSecond"});
  };
  c["followers_end"] = [](World& w) { CHECK(ask(w, ListFollowers("oSecond")).last()); };
  c["tag_created"] = [](World& w) {
    const auto tag = ask(w, CreateTag("VIP")).tag;
    CHECK((tag.id == 134 && tag.name == "VIP"));
  };
  c["tags_listed"] = [](World& w) {
    const auto tags = ask(w, ListTags()).tags;
    REQUIRE(tags.size() == 2);
    CHECK((tags[1].id == 134 && tags[1].name == "VIP" && tags[1].count == 5));
  };
  c["user_tags"] = [](World& w) { CHECK(ask(w, GetUserTags(kCustomer)).tag_ids == std::vector<std::int64_t>{134, 2}); };
  c["tag_members"] = [](World& w) {
    const auto page = ask(w, ListTagMembers(134));
    CHECK((page.total == 0 && page.openids == std::vector<std::string>{kCustomer} && !page.last()));
  };
  c["blacklist"] = [](World& w) { CHECK(ask(w, ListBlacklist()).openids == std::vector<std::string>{kCustomer}); };
  c["jscode2session_ok"] = [](World& w) {
    const auto session = ask(w, RedeemMiniProgramCode("APPID", Secret("SECRET"), "JSCODE"));
    CHECK(session.openid == "o16wA0b4AZKzgVJR3MBwoUdTfU_E");
    CHECK(session.union_id == "or4zX05h_Ykt4ju0TUfx3CQsvfTo");
    CHECK(session.session_key == Secret("D1ZWEygStjuLCnZ9IN2l4Q=="));
  };
  c["phone_ok"] = [](World& w) {
    const auto phone = ask(w, GetPhoneNumber("CODE"));
    CHECK((phone.phone_number == "13800000000" && phone.pure_number == "13800000000" && phone.country_code == "86"));
    CHECK((phone.app_id == "APPID" && phone.time == 1637744274));
  };
  c["sec_check_risky"] = [](World& w) {
    const auto verdict = ask(w, CheckText(kCustomer, ContentScene::comment, "bad"));
    CHECK((!verdict.passed() && verdict.suggest == "risky" && verdict.label == 20001));
    CHECK(verdict.trace_id == "60ae120f-371d5872-7941a05b");
    REQUIRE(verdict.details.size() == 1);
    CHECK((verdict.details[0].strategy == "content_model" && verdict.details[0].suggest == "risky"));
    CHECK((verdict.details[0].label == 20006 && verdict.details[0].probability == 90));
  };
  c["media_check_started"] = [](World& w) {
    const CheckMedia op(kCustomer, ContentScene::comment, CheckMedia::Type::audio, "https://example.com/a.mp3");
    CHECK(ask(w, op).trace_id == "60f96f1d-3845297a-1976a3ae");
  };
  c["sns_token"] = [](World& w) {
    const auto login = ask(w, RedeemLoginCode("APPID", Secret("SECRET"), "CODE"));
    CHECK((login.access_token == Secret("CUSTOMER_TOKEN") && login.refresh_token == Secret("REFRESH_TOKEN")));
    CHECK((login.expires_in == 7200 && login.openid == kCustomer && login.scope == "snsapi_base"));
    CHECK((login.is_snapshot_user && login.union_id == "UNIONID"));
  };
  c["sns_refreshed"] = [](World& w) {
    const auto login = ask(w, RefreshLogin("APPID", Secret("REFRESH_TOKEN")));
    CHECK((login.access_token == Secret("CUSTOMER_TOKEN2") && !login.is_snapshot_user));
  };
  c["sns_profile"] = [](World& w) {
    const auto profile = ask(w, GetLoginProfile(Secret("CUSTOMER_TOKEN"), kCustomer));
    CHECK((profile.openid == kCustomer && profile.nickname == "小明" && profile.union_id == "UNIONID"));
    CHECK(profile.head_image_url == "https://thirdwx.qlogo.cn/x/46");
    CHECK(profile.privileges == std::vector<std::string>{"chinaunicom"});
  };
}

void open_account_checks(Checks& c) {
  c["open_created"] = [](World& w) { CHECK(ask(w, CreateOpenAccount()).open_app_id == "wx0000000000000abc"); };
  c["open_got"] = [](World& w) { CHECK(ask(w, GetOpenAccount()).open_app_id == "wx0000000000000abc"); };
  c["open_had"] = [](World& w) { CHECK(ask(w, HasOpenAccount()).bound); };
  c["open_not_had"] = [](World& w) { CHECK(!ask(w, HasOpenAccount()).bound); };
  c["open_other_entity"] = [](World& w) { CHECK(!ask(w, HasOwnersOpenAccount()).same); };
}

Checks all_checks() {
  Checks checks;
  open_account_checks(checks);
  plain_checks(checks);
  agent_checks(checks);
  session_checks(checks);
  notification_checks(checks);
  customer_checks(checks);
  kefu_test::add_promotion(checks);
  return checks;
}

/// Answers that no typed call is given here, and why.
const std::map<std::string, std::string, std::less<>> kUnused{
    {"upload_ok", "tests/unit/wechat/operations/media.cpp"},
    {"upload_ok_thumb", "tests/unit/wechat/operations/media.cpp"},
    {"media_get_image", "tests/unit/wechat/operations/media.cpp"},
    {"media_get_video", "tests/unit/wechat/operations/media.cpp"},
    {"media_get_error_text_plain", "tests/unit/wechat/operations/media.cpp"},
    {"sec_check_v1_ok", "version 1 of the content checks is no operation of kefu: a raw call has it"},
    {"sec_check_v1_risky", "as sec_check_v1_ok; error_kinds.cpp has the code"},
    {"img_sec_check_risky", "as sec_check_v1_ok; error_kinds.cpp has the code"},
    {"uniform_dead", "the API is withdrawn and no operation calls it; error_kinds.cpp has its code"},
};

/// The kinds that an error class of the files may be.
const std::map<std::string, std::set<std::string>, std::less<>> kClasses{
    {"refresh-token-and-retry", {"credentials_refused"}},
    {"retry-later", {"unavailable", "rate_limited", "conflict"}},
    {"permanent", {"blocked_by_customer"}},
    {"window-closed", {"window_closed"}},
    {"quota", {"quota_exhausted"}},
    {"permission", {"permission", "configuration", "unsupported", "credentials_refused"}},
    {"bad-argument", {"bad_argument", "not_found", "conflict", "internal"}},  // internal: 41001 is kefu's own fault
    {"unknown-outcome", {"malformed_reply", "unavailable"}},
    {"content", {"content_refused"}},
};

constexpr int kMostAttempts = 5;

HttpReply reply_of(detail::Value vector) {
  HttpReply reply;
  reply.status = static_cast<int>(vector["http_status"].integer().value_or(0));
  for (const auto& header : vector["headers"]) {
    std::string name(header.name);
    for (char& c : name)  // as a transport gives them
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    reply.headers.emplace_back(std::move(name), std::string(header.value.text()));
  }
  const detail::Value body = vector["body"];
  if (body["base64"].present())
    reply.body = detail::base64_decoded(body["base64"].text(), detail::Base64Mode::strict).value();
  else if (body.kind() == detail::Value::Kind::object)
    detail::FieldReader(body).whole(reply.body);
  else
    reply.body = body.text();
  return reply;
}

void check_error(World& world, detail::Value vector) {
  const auto found = callers().find(vector["api"].text());
  REQUIRE_MESSAGE(found != callers().end(), "no typed call of this API is listed here");
  const auto error = found->second(world);
  if (vector["error_class"].text() == "ignore") {
    CHECK_MESSAGE(!error, (error ? error->to_string() : ""));
    return;
  }
  REQUIRE(error);
  const auto& kinds = kClasses.at(std::string(vector["error_class"].text()));
  CHECK_MESSAGE(kinds.count(std::string(to_string(error->kind()))) != 0, error->to_string());
  const detail::Document written = detail::Document::json(vector["body"].text());  // a text that is an answer
  const detail::Value body = written ? written.root() : vector["body"];
  CHECK(error->platform_code() == body["errcode"].text());
  if (vector["error_class"].text() == "unknown-outcome") CHECK(error->delivery() == Delivery::unknown);
}

}  // namespace

TEST_CASE("ERR-1 ERR-2 ENC-6: every answer vector becomes typed values or an error, or is listed with the reason") {
  const Checks checks = all_checks();
  std::set<std::string> used;
  for (const char* file : {"wechat-messages.json", "wechat-ours.json"}) {
    const auto vectors = kefu_test::load_vectors(file);
    for (const auto& entry : vectors.root()["replies"]) {
      const detail::Value vector = entry.value;
      const std::string name(vector["name"].text());
      CAPTURE(name);
      if (kUnused.count(name) != 0) {
        used.insert(name);
        continue;
      }
      World world = World::of_any_kind();
      for (int i = 0; i < kMostAttempts; ++i) world.transport->reply(reply_of(vector));
      if (vector["api"].text() == "stable_token")
        world.transport->on("/cgi-bin/stable_token", [&](const HttpRequest&) { return reply_of(vector); });
      if (vector["error_class"]) {
        check_error(world, vector);
        continue;
      }
      const auto check = checks.find(name);
      REQUIRE_MESSAGE(check != checks.end(), "nothing says what this answer must become");
      check->second(world);
      used.insert(name);
    }
  }
  CHECK(used.size() == checks.size() + kUnused.size());
}
