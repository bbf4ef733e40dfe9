// Every typed operation of JD against the twin, through a shop: request, signature, answer, fields.
#include "support/jd_operation_cases.hpp"
#include "support/jd_twin_world.hpp"

#include <kefu/jd/after_sale_records.hpp>
#include <kefu/jd/after_sale_review.hpp>
#include <kefu/jd/dongdong.hpp>
#include <kefu/jd/goods.hpp>
#include <kefu/jd/identity.hpp>
#include <kefu/jd/im_realtime.hpp>
#include <kefu/jd/logistics.hpp>
#include <kefu/jd/operations.hpp>
#include <kefu/jd/orders.hpp>
#include <kefu/jd/reviews.hpp>
#include <kefu/jd/shop_info.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace kefu;
using namespace kefu::jd;
using kefu_test::jd_operator;
using kefu_test::jd_time;
using kefu_test::JdTwinWorld;
using kefu_test::kTwinAgent;
using kefu_test::kTwinBuyer;
using kefu_test::kTwinJdApp;
using kefu_test::text_of;

namespace {

constexpr char kAspid[] = "110.200.0000002.001";
constexpr std::int64_t kService = 7001;
constexpr std::int64_t kOrder = 255512345678;
constexpr std::int64_t kSku = 100012043978;

/// A shop at the twin, and the calls a host makes.
struct Host {
  JdTwinWorld world;
  std::shared_ptr<Shop> shop = world.shop();

  template <class Op>
  typename Op::Response ask(Op op) {
    auto answer = shop->call(std::move(op)).get();
    REQUIRE_MESSAGE(answer, std::string(Op::operation().info.path)
                                << ": " << (answer ? "" : answer.error().to_string()));
    return *std::move(answer);
  }
  template <class Op>
  typename Op::Response act(Op op) {
    op.by = jd_operator();
    return ask(std::move(op));
  }
  void put(const std::string& what, const std::string& json) {
    world.control("POST", std::string("/jd/shops/") + kefu_test::kTwinJdShop + "/" + what, json);
  }
  std::vector<sandbox::JdReceived> received() const {
    return world.sandbox.jd_received(kefu_test::kTwinJdShop, kTwinBuyer);
  }
};

WallTime begin() { return jd_time("2024-05-30 00:00:00"); }
WallTime end() { return jd_time("2024-06-02 00:00:00"); }

/// A buyer asks, the agent answers, the buyer rates: the session's id.
std::string talk(Host& host) {
  host.world.agent_does("login");
  const std::string sid = host.world.buyer_writes("您好，这款有货吗？");
  host.world.agent_does("answer", R"({"content":"有货的，今天可以发出。","pin":"jd_buyer_001"})");
  host.world.buyer_does("rate", R"({"score":75,"text":"回复很快"})");
  return sid;
}

void check_lines(const std::vector<ChatLine>& lines) {
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].content == "您好，这款有货吗？");
  CHECK(lines[0].author == ChatLine::Author::customer);
  CHECK(lines[1].author == ChatLine::Author::waiter);
  CHECK(lines[1].customer.pin == kTwinBuyer);
}

void run_records(Host& host, const std::string& sid) {
  const auto sessions = host.ask(ListSessions(begin(), end()));
  REQUIRE(sessions.sessions.size() == 1);
  CHECK(sessions.sessions[0].sid == sid);
  CHECK(sessions.sessions[0].customer.pin == kTwinBuyer);
  CHECK(text_of(sessions.sessions[0].begin) == "2024-06-01 08:30:00");
  CHECK(!sessions.sessions[0].reply.empty());
  CHECK(sessions.sessions[0].end.empty());
  check_lines(host.ask(ReadChatLog(kTwinBuyer, begin(), end())).lines);
  check_lines(host.ask(SearchChatLog(kTwinBuyer, "有货", begin(), end())).lines);

  const auto evaluations = host.ask(ListEvaluations(begin(), end())).evaluations;
  REQUIRE(evaluations.size() == 1);
  CHECK(evaluations[0].score == 75);
  CHECK(evaluations[0].description == "回复很快");
  CHECK(evaluations[0].waiter == kTwinAgent);
  const auto counts = host.ask(EvaluationStatistics(begin(), end())).days;
  REQUIRE(counts.size() == 1);
  CHECK(counts[0].count == 1);
  CHECK(counts[0].date == "2024-06-01");
  const auto replied = host.ask(ReplyStatistics(begin(), end())).days;
  REQUIRE(replied.size() == 1);
  CHECK(replied[0].result == "1");
  CHECK(host.ask(UnrepliedStatistics(begin(), end())).days.at(0).result == "0");
  CHECK(host.ask(OnlineTimeStatistics(begin(), end())).days.at(0).waiter == kTwinAgent);
  CHECK(host.ask(AverageWaitingTime(jd_time("2024-06-01 00:00:00"))).average == 0.0);
  CHECK(host.ask(ListLogins(begin(), end())).logins.at(0).ip == "192.0.2.10");
  CHECK(host.ask(GetAgentGroup()).waiters.size() == 2);
  CHECK(host.ask(AskRate(begin(), end())).rate == 1.0);
}

void run_real_time(Host& host, const std::string& sid) {
  CHECK(host.ask(RealtimeSessions(begin(), end())).sessions.at(0).sid == sid);
  CHECK(host.ask(RealtimeSessionsBySecond(begin(), end())).sessions.at(0).sid == sid);
  check_lines(host.ask(RealtimeChatLog(kTwinBuyer, begin(), end())).lines);
  CHECK(host.ask(RealtimeEvaluations(begin(), end())).evaluations.at(0).score == 75);
  CHECK(host.ask(RealtimeEvaluationInvitations(begin(), end())).items.empty());
  CHECK(host.ask(RealtimeLeftMessagesCreated(begin(), end())).items.empty());
  CHECK(host.ask(RealtimeLeftMessagesAssigned(begin(), end())).items.empty());
  CHECK(host.ask(RealtimeAgentPresence(begin(), end())).items.empty());
  CHECK(host.ask(RealtimeAgentPresenceBySecond(begin(), end())).raw.find("result") != std::string::npos);
  const auto page = host.ask(ThirdPartyMessages("out-app-01", sid));
  REQUIRE(page.messages.size() == 2);
  CHECK(page.messages[0].author == ChatLine::Author::customer);
  CHECK(page.messages[1].author == ChatLine::Author::waiter);
  CHECK(page.total == 2);
}

void run_pushes(Host& host) {
  const Secret token = host.ask(ExchangeDongDongGrant(kAspid, Secret("dd-planted-secret"))).access_token;
  const BuyerIds buyer(kTwinBuyer);
  const auto text = host.ask(PushChatText(token, kAspid, "a-1", kTwinAgent, buyer, "您的订单已发出。"));
  CHECK(!text.message_id.empty());
  CHECK(text.access_id == "a-1");
  CHECK(!text.sent.empty());
  // JD-5: the same accessid within three minutes is the same message.
  static_cast<void>(host.shop->call(PushChatText(token, kAspid, "a-1", kTwinAgent, buyer, "您的订单已发出。")).get());
  CHECK(!host.ask(PushChatImage(token, kAspid, "a-2", kTwinAgent, buyer, "https://img.example.com/a.jpg"))
             .message_id.empty());
  CHECK(!host.ask(PushChatMessage(token, kAspid, "a-3", kTwinJdApp, kTwinAgent, buyer,
                                  R"({"type":"text","content":"您好"})"))
             .message_id.empty());
  int from_dongdong = 0;
  for (const auto& one : host.received()) from_dongdong += one.channel == "dongdong" && !one.accessid.empty() ? 1 : 0;
  CHECK(from_dongdong == 3);

  const WallTime now = host.world.time->wall();
  CHECK(host.ask(PushNotice(token, kAspid, "a-4", now, DongDongNotice("提醒", "有新的工单"))).code == "230070");
  CHECK(host.ask(QueryDongDongData(token, kAspid, "a-5", now, "open.0a1b.customer", "getAllocateInfoBySid",
                                   R"({"sid":"123"})"))
            .code == "0");
  CHECK(host.ask(DispatchNotice(Secret("notice"), {kTwinAgent}, now, "提醒", "有新的工单")).raw.find("success") !=
        std::string::npos);
  CHECK(host.ask(CheckSensitiveWords("加微信返现")).found);
  CHECK_FALSE(host.ask(CheckSensitiveWords("您好")).found);
}

void run_after_sale(Host& host) {
  host.put("tickets", R"({"customer":"jd_buyer_001","service_id":7001,"apply_id":6001,"order_id":255512345678,)"
                      R"("content":"什么时候能换好？"})");
  host.put("tickets", R"({"customer":"jd_buyer_001","service_id":7002,"order_id":255512345679})");
  host.put("tickets", R"({"customer":"jd_buyer_001","service_id":7003,"order_id":255512345680})");
  const auto query = host.act(QueryServiceOrders());
  CHECK(query.total == 3);
  REQUIRE(query.items.size() == 3);
  CHECK(query.items[0].customer.pin == kTwinBuyer);
  CHECK(query.items[0].sku_id == kSku);
  CHECK(host.act(SyncServiceOrders(begin(), end())).items.size() == 3);
  const auto bill = host.act(GetServiceOrder(kService, kOrder));
  CHECK((bill.order_id == kOrder && bill.customer.pin == kTwinBuyer && bill.items.size() == 1));
  CHECK(host.act(ListAudits()).items.size() == 3);
  CHECK(host.act(GetAudit(6001)).service_ids == std::vector<std::int64_t>{kService});
  CHECK(host.act(ListAuditReasons()).reasons.size() == 2);

  CHECK(host.act(CountUnsolvedServices()).count == 1);
  const auto unsolved = host.act(ListUnsolvedServices());
  REQUIRE(unsolved.items.size() == 1);
  CHECK(unsolved.items[0].service_id == kService);
  const auto messages = host.act(ListUnsolvedMessages(kService, kOrder)).items;
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].text == "什么时候能换好？");
  CHECK(author_of(messages[0], BuyerIds(kTwinBuyer), kTwinAgent) == UnsolvedMessage::Author::customer);
  host.act(ReplyUnsolvedMessage(kService, kOrder, "您好，已为您登记换货。"));
  const auto replied = host.act(ListUnsolvedMessages(kService, kOrder)).items;
  REQUIRE(replied.size() == 2);
  CHECK(author_of(replied[1], BuyerIds(kTwinBuyer), kTwinAgent) == UnsolvedMessage::Author::merchant);
  CHECK(host.received().back().text == "您好，已为您登记换货。");
  host.act(SolveUnsolved(kService, kOrder));
  CHECK(host.act(CountUnsolvedServices()).count == 0);

  host.act(SaveTrack(kService, "已电话联系客户"));
  const auto tracks = host.act(ListTracks(kService)).items;
  REQUIRE(tracks.size() == 1);
  CHECK((tracks[0].text == "已电话联系客户" && tracks[0].pin == kTwinAgent));
  CHECK(host.act(ListServiceMessages(kService)).messages.at(0).service_id == kService);
  CHECK(host.act(ListServiceLogs(kService)).items.at(0).service_id == kService);
  CHECK(host.act(ViewFreight(kService, kOrder)).freights.at(0).express_company == "京东快递");
  CHECK(host.act(ViewServiceTelephone(kService)).number == "400-000-0000");
}

void run_decisions(Host& host) {
  const auto version_of = [&host](std::int64_t service, std::int64_t order) {
    return host.act(GetServiceOrder(service, order)).sys_version;
  };
  host.act(RefuseService(7002, 255512345679, version_of(7002, 255512345679), "商品已使用", 1));
  auto stale = RefuseService(7003, 255512345680, 99, "商品已使用", 1);
  stale.by = jd_operator();
  CHECK(!host.shop->call(stale).get());
  host.act(RequestIntervention(7003, 255512345680, version_of(7003, 255512345680), 31, 3101, "13800008000"));
  host.put("tickets/7001/approve", R"({"agent":"flagship-zhang","notes":"同意"})");
  const auto in_process = host.act(ListServicesInProcess());
  REQUIRE(in_process.items.size() == 1);
  CHECK(in_process.items[0].service_id == kService);
  host.put("tickets/7001/complete", R"({"agent":"flagship-zhang"})");
  CHECK(host.act(ListCompletedServices()).items.size() == 2);
  const auto refunds = host.ask(ViewServiceRefunds());
  REQUIRE(refunds.items.size() == 1);
  CHECK(refunds.items[0].service.service_id == kService);
  CHECK(refunds.items[0].amount == "18900");
}

void run_refunds(Host& host) {
  host.put(
      "refunds",
      R"({"id":81,"orderId":"255512345678","buyerId":"jd_buyer_001","status":0,"applyTime":"2024-05-31 08:30:00"})");
  host.put("refunds", R"({"id":82,"orderId":"255512345679","status":0})");
  ListRefundApplications list;
  list.order_id = "255512345678";
  const auto found = host.ask(list);
  REQUIRE(found.applications.size() == 1);
  CHECK(found.applications[0].id == "81");
  CHECK(found.applications[0].buyer.pin == kTwinBuyer);
  CHECK(found.total == 1);
  CHECK(host.ask(GetRefundApplication(82)).applications.at(0).order_id == "255512345679");
  CHECK(host.ask(CountWaitingRefunds()).count == 2);
  host.ask(ReviewRefund(81, 1, kTwinAgent, "同意"));
  CHECK(host.ask(CountWaitingRefunds()).count == 1);
}

void run_orders(Host& host) {
  host.put("orders", R"({"order_id":255512345678,"pin":"jd_buyer_001","state":"WAIT_SELLER_STOCK_OUT",)"
                     R"("fields":{"waybill":"JDVA00000000001"}})");
  const std::vector<std::string> fields{"orderId", "orderState", "consigneeInfo", "pin", "waybill"};
  const auto plain = host.ask(GetOrder(kOrder, fields)).order;
  CHECK(plain.order_id == "255512345678");
  CHECK(plain.buyer.pin == kTwinBuyer);
  CHECK(plain.consignee.mobile == "138****8000");
  const auto encrypted = host.ask(GetEncryptedOrder(kOrder, fields)).order;
  CHECK(encrypted.consignee.mobile != plain.consignee.mobile);
  CHECK(encrypted.consignee.city == plain.consignee.city);
  CHECK(!host.shop->call(GetOrder(kOrder, {"noSuchField"})).get());
  CHECK(!host.shop->call(GetOrder(1, {"orderId"})).get());
  const auto search = host.ask(SearchOrders(begin(), end(), "WAIT_SELLER_STOCK_OUT", {"orderId", "orderState"}));
  CHECK(search.total == 1);
  CHECK(search.orders.at(0).order_state == "WAIT_SELLER_STOCK_OUT");
  CHECK(host.ask(SearchPlainOrders(begin(), end(), "FINISHED_L", {"orderId"})).orders.empty());
  host.ask(ModifyOrderRemark(kOrder, 3, "客户咨询，协助处理"));
  const auto remark = host.ask(GetOrderRemark(kOrder));
  CHECK(remark.flag == 3);
  CHECK(remark.remark == "客户咨询，协助处理");
  CHECK(text_of(remark.modified) == "2024-06-01 08:30:00");

  host.put("traces", R"({"waybill":"JDVA00000000001","title":"快件揽收","remark":"快件已揽收","name":"张三"})");
  CHECK(host.ask(TraceWaybill("JDVA00000000001")).steps.at(0).title == "快件揽收");
  CHECK(host.ask(TraceExpressWaybill("010K000001", "JDVA00000000001")).steps.at(0).operator_name == "张三");
  CHECK(host.ask(TraceThirdParty("255512345678")).parcels.at(0).steps.at(0).remark == "快件已揽收");
}

void run_shop(Host& host) {
  CHECK(host.ask(GetVenderInfo()).vender_id == 10001);
  CHECK(host.ask(GetShopInfo()).category_main_name == "服饰内衣");
  CHECK(host.ask(ListChildAccounts()).accounts.at(0).account_name == "flagship-li");
  CHECK(host.ask(GetChildAccountRoles({"flagship-li"})).accounts.size() == 1);
  CHECK(host.ask(GetChildAccountPrivileges({"flagship-li"})).accounts.size() == 1);
  host.put("skus", R"({"skuId":100012043978,"skuName":"示例商品 黑色 L","jdPrice":199.0,"status":1})");
  host.put("wares", R"({"wareId":10000001,"title":"示例商品","stockNum":20})");
  CHECK(host.ask(FindSku(kSku)).sku_name == "示例商品 黑色 L");
  CHECK(host.ask(FindSku(kSku, {"jdPrice"})).sku_name.empty());
  CHECK(host.ask(FindWare(10000001)).stock == 20);
  SearchWares search;
  search.search_field = "title";
  search.search_key = "示例";
  CHECK(host.ask(search).wares.at(0).title == "示例商品");

  host.put("reviews",
           R"({"customer":"jd_buyer_001","sku":100012043978,"order":255512345678,"score":1,"content":"物流慢"})");
  const auto reviews = host.ask(ListProductReviews(begin(), end())).reviews;
  REQUIRE(reviews.size() == 1);
  CHECK(reviews[0].content == "物流慢");
  CHECK(reviews[0].score == 1);
  host.ask(ReplyToReview(reviews[0].comment_id, "感谢您的反馈"));
  host.ask(ReplyToReviewByClub(reviews[0].comment_id, "已为您加急"));
  CHECK(host.received().back().text == "已为您加急");
}

void run_identity(Host& host) {
  host.put("buyers/jd_buyer_001", R"({"open_id":"open-1","xid":"o*AATwin01"})");
  CHECK(host.ask(PinToXid(kTwinJdApp, kTwinBuyer)).id == "o*AATwin01");
  CHECK(host.ask(OpenIdToXid(kTwinJdApp, "open-1")).id == "o*AATwin01");
  CHECK(host.ask(GetOpenId(kTwinBuyer)).id == "open-1");
  const std::string mixed = host.ask(EncryptPin(kTwinBuyer)).id;
  CHECK(host.ask(MixPinToXid(kTwinJdApp, mixed)).id == "o*AATwin01");
  CHECK(!host.ask(TokenToOpenId(kTwinJdApp, Secret("jingmai-token"), "01")).id.empty());
  CHECK(!host.shop->call(PinToXid(kTwinJdApp, "nobody")).get());
}

void run_all(Host& host) {
  const std::string sid = talk(host);
  run_records(host, sid);
  run_real_time(host, sid);
  run_pushes(host);
  run_after_sale(host);
  run_decisions(host);
  run_refunds(host);
  run_orders(host);
  run_shop(host);
  run_identity(host);
}

}  // namespace

TEST_CASE("TST-2: every operation of JD runs against the twin") {
  Host host;
  run_all(host);
  for (const Operation* row : jd::operations())
    if (row->info.path.substr(0, 9) == "jingdong.")
      CHECK_MESSAGE(host.world.sandbox.calls(row->info.path) > 0, std::string(row->info.path));
}

TEST_CASE("JD-3: every operation reads every variant of answers that the twin can give") {
  for (const char* variant : {"jd_response_spelling", "jd_trailing_comma", "jd_numbers_as_strings", "jd_code_as_number",
                              "jd_dates_as_text", "jd_legacy_wrappers", "jd_dongdong_wrapped",
                              "jd_customer_ids_in_lists", "jd_total_record", "jd_absent_waiter_is_main_account"}) {
    for (const int value : {0, 1}) {
      CAPTURE(variant);
      CAPTURE(value);
      Host host;
      host.world.turn(variant, value);
      run_all(host);
    }
  }
  for (const int generation : {2, 3}) {
    Host host;
    host.world.turn("jd_legacy_wrappers", generation);
    run_all(host);
  }
}
