// A JD shop's facets against the platform's twin, in simulated time.
#include "core/text/document.hpp"
#include "support/jd_twin_world.hpp"

#include <kefu/channel/channel.hpp>
#include <kefu/jd/buyer.hpp>
#include <kefu/jd/quality_report.hpp>
#include <kefu/jd/thread.hpp>
#include <kefu/jd/time.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;
using kefu_test::JdTwinWorld;
using kefu_test::kTwinAgent;
using kefu_test::kTwinBuyer;
using kefu_test::kTwinJdShop;

namespace {

constexpr char kText[] = "jingdong.MessagePushService.pushChatTextMessage";
constexpr char kReply[] = "jingdong.asc.unsolved.message.reply";
constexpr std::chrono::hours kDay{24};

struct TwinShop : JdTwinWorld {
  TwinShop() { answering = shop(); }
  explicit TwinShop(std::size_t max_text) {
    auto config = shop_config();
    config.max_text_bytes = max_text;
    answering = shop(std::move(config));
  }
  Message text(const std::string& sid, const std::string& words, const std::string& pin = kTwinBuyer) const {
    return Message(Address("", jd::customer_of(jd::BuyerIds(pin), sid), jd::thread_of(jd::SessionThread(sid))),
                   TextContent(words));
  }
  Result<Receipt> send(Message message) { return answering->messenger()->send(std::move(message)).get(); }
  std::vector<std::string> received(const std::string& pin = kTwinBuyer) const {
    std::vector<std::string> texts;
    for (const auto& one : sandbox.jd_received(kTwinJdShop, pin)) texts.push_back(one.text);
    return texts;
  }
  TranscriptQuery log(WallTime from, WallTime to) const {
    TranscriptQuery query(from, to);
    query.customer = jd::customer_of(jd::BuyerIds(kTwinBuyer), "");
    return query;
  }

  std::shared_ptr<jd::Shop> answering;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a buyer who wrote is answered in the session; without an open session the platform refuses") {
  for (const bool wrapped : {true, false}) {
    TwinShop world;
    world.turn("jd_dongdong_wrapped", wrapped ? 1 : 0);
    const std::string sid = world.buyer_writes("在吗");
    const auto receipt = world.send(world.text(sid, "您好，在的"));
    REQUIRE_MESSAGE(receipt.has_value(), (receipt ? "" : receipt.error().to_string()));
    CHECK_FALSE(receipt->parts.at(0).empty());
    CHECK(world.received() == Texts{"您好，在的"});
    CHECK(world.sandbox.jd_received(kTwinJdShop, kTwinBuyer).at(0).agent == kTwinAgent);

    world.buyer_does("end");
    const auto late = world.send(world.text(sid, "还在吗"));
    REQUIRE_FALSE(late.has_value());
    CHECK(late.error().platform_code() == "230002");
    CHECK(world.received().size() == 1);
  }
}

TEST_CASE("JD-5: an answer lost on the way is made up for by a repeat that shows the buyer ONE message") {
  for (const std::string fault : {"close_without_reply", "reset_before_reply", "close_inside_reply", "cut_json",
                                  "html_200", "empty_200", "http_502_html"}) {
    CAPTURE(fault);
    TwinShop world;
    const std::string sid = world.buyer_writes("在吗");
    REQUIRE(world.send(world.text(sid, "first")).has_value());  // tokens are there
    world.fault(fault, kText);
    const auto receipt = world.send(world.text(sid, "only once"));
    REQUIRE_MESSAGE(receipt.has_value(), (receipt ? "" : receipt.error().to_string()));
    CHECK(world.received() == Texts{"first", "only once"});
    CHECK(world.sandbox.calls(kText) == 3);
  }
}

TEST_CASE(
    "JD-5: a platform that calls a repeat a duplicate leaves the outcome unknown, and the buyer sees ONE message") {
  TwinShop world;
  world.turn("jd_duplicate_accessid_code", 230099);
  const std::string sid = world.buyer_writes("在吗");
  REQUIRE(world.send(world.text(sid, "first")).has_value());
  world.fault("close_without_reply", kText);
  const auto receipt = world.send(world.text(sid, "only once"));
  REQUIRE_FALSE(receipt.has_value());
  CHECK(receipt.error().delivery() == Delivery::unknown);
  CHECK(receipt.error().platform_code() == "230099");
  CHECK(world.received() == Texts{"first", "only once"});
}

TEST_CASE("JD-5: the host's own repeat under one key shows ONE message within 3 minutes") {
  TwinShop world;
  const std::string sid = world.buyer_writes("在吗");
  auto message = world.text(sid, "您的订单已发出");
  message.idempotency_key = "order-77-shipped";
  REQUIRE(world.send(message).has_value());
  world.time->advance(2min);
  REQUIRE(world.send(message).has_value());
  CHECK(world.received() == Texts{"您的订单已发出"});
  message.content = TextContent("另外，已为您加急");  // never another message under the same accessid
  REQUIRE(world.send(message).has_value());
  CHECK(world.received().size() == 2);
}

TEST_CASE("MSG-2, DED-4: long texts arrive whole and in order, each customer's messages one after the other") {
  TwinShop world(12);
  const std::string sid = world.buyer_writes("在吗");
  const std::string other = world.buyer_writes("有货吗", "jd_buyer_002");
  std::vector<Pending<Receipt>> pending;
  auto long_one = world.text(sid, "一二三四五六七八九");
  long_one.allow.split_text = true;
  pending.push_back(world.answering->messenger()->send(long_one));
  pending.push_back(world.answering->messenger()->send(world.text(sid, "后面")));
  pending.push_back(world.answering->messenger()->send(world.text(other, "有的", "jd_buyer_002")));
  for (auto& each : pending) {
    const auto receipt = std::move(each).get();
    REQUIRE_MESSAGE(receipt.has_value(), (receipt ? "" : receipt.error().to_string()));
  }
  CHECK(world.received() == Texts{"一二三四", "五六七八", "九", "后面"});
  CHECK(world.received("jd_buyer_002") == Texts{"有的"});
}

TEST_CASE(
    "a DongDong token that died at the platform is an unexplained refusal: nothing is guessed, nothing repeated") {
  TwinShop world;
  const std::string sid = world.buyer_writes("在吗");
  REQUIRE(world.send(world.text(sid, "first")).has_value());
  world.turn("jd_dongdong_token_life_s", 1);
  world.time->advance(2h);  // the old one is over at the platform, the new one at once
  const std::uint64_t before = world.sandbox.calls(kText);
  static_cast<void>(world.buyer_writes("人呢"));
  auto config = world.shop_config();
  config.dongdong->access_token = Secret("dd-dead");
  const auto fixed = world.shop(std::move(config));
  const auto refused = fixed->messenger()->send(world.text(sid, "second")).get();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().platform_code() == "230001");
  CHECK(world.sandbox.calls(kText) == before + 1);
}

TEST_CASE("the shop's own token that died is renewed under the send, which arrives once") {
  TwinShop world;
  const std::string sid = world.buyer_writes("在吗");
  REQUIRE(world.send(world.text(sid, "first")).has_value());
  REQUIRE(world.sandbox.jd_authorize(kefu_test::kTwinJdApp, kTwinJdShop).has_value());
  REQUIRE(world.send(world.text(sid, "second")).has_value());
  CHECK(world.received() == Texts{"first", "second"});
}

TEST_CASE("an after-sale order is answered where the customer asked; a lost answer is told and not repeated") {
  TwinShop world;
  const auto service = world.sandbox.jd_add_ticket(kTwinJdShop, kTwinBuyer, "什么时候退款？");
  REQUIRE(service.has_value());
  const auto ticket = world.sandbox.control("GET", "/jd/shops/flagship/tickets/" + std::to_string(*service), "");
  const auto order = detail::Document::json(ticket.body).root()["order_id"].integer();
  REQUIRE_MESSAGE(order.has_value(), ticket.body);
  // Polled, the question names where to answer it, and opens no window of a session.
  std::vector<InboundEvent> asked;
  for (int i = 0; i < 5; ++i) {
    const auto batch = world.answering->poller()->poll().get();
    REQUIRE_MESSAGE(batch.has_value(), (batch ? "" : batch.error().to_string()));
    for (const auto& event : batch->events)
      if (std::holds_alternative<ReceivedText>(event.payload)) asked.push_back(event);
    REQUIRE(world.answering->poller()->accept(batch->cursor).get().has_value());
    if (!batch->more) world.time->advance(1min);
  }
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].thread == jd::thread_of(jd::AfterSaleThread(*service, *order)));
  CHECK(asked[0].trigger == "after_sale");

  // Known by a masked pin alone: the order says who is meant.
  Message answer(
      Address("", jd::customer_of(jd::BuyerIds("j***1"), "asc"), jd::thread_of(jd::AfterSaleThread(*service, *order))),
      TextContent("已为您加急，一个工作日内到账"));
  const auto receipt = world.send(answer);
  REQUIRE_MESSAGE(receipt.has_value(), (receipt ? "" : receipt.error().to_string()));
  CHECK(world.received() == Texts{"已为您加急，一个工作日内到账"});
  CHECK(world.sandbox.jd_received(kTwinJdShop, kTwinBuyer).at(0).channel == "after_sale");

  world.fault("close_without_reply", kReply);
  answer.content = TextContent("还有什么可以帮您？");
  const auto lost = world.send(answer);
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().delivery() == Delivery::unknown);
  CHECK(world.sandbox.calls(kReply) == 2);

  answer.to.thread = jd::thread_of(jd::AfterSaleThread(*service + 1, *order));
  const auto unknown = world.send(answer);
  REQUIRE_FALSE(unknown.has_value());
  CHECK_FALSE(unknown.error().platform_code().empty());
}

TEST_CASE("chat logs are read back: who wrote what, over weeks, whatever the platform leaves open") {
  for (const std::string variant :
       {"", "jd_newest_first", "jd_legacy_wrappers", "jd_dates_as_text", "jd_numbers_as_strings", "end day"}) {
    CAPTURE(variant);
    TwinShop world;
    world.turn("jd_absent_waiter_is_main_account", 0);
    if (variant == "end day")
      world.turn("jd_end_day_counts", 0);
    else if (!variant.empty())
      world.turn(variant, 1);
    world.turn("jd_page_size_max", 20);
    const WallTime now = world.time->wall();
    Texts all;
    for (int i = 0; i < 60; ++i) {
      const std::string words = "line " + std::to_string(i);
      const auto at = std::to_string(unix_seconds(now - 30 * kDay + i * 11h));
      world.buyer_does("write", R"({"content":")" + words + R"(","time":)" + at + "}");
      all.push_back(words);
    }
    Texts read;
    auto query = world.log(now - 60 * kDay, now - kDay);
    query.limit = 25;
    for (int pages = 0; pages < 10; ++pages) {
      const auto page = world.answering->transcripts()->read(query).get();
      REQUIRE_MESSAGE(page.has_value(), (page ? "" : page.error().to_string()));
      for (const auto& entry : page->entries) read.push_back(entry.text);
      query.page = page->next;
      if (page->next.empty()) break;
    }
    CHECK(read == all);
  }
}

TEST_CASE("what was said in a session is in its transcript; words are searched") {
  TwinShop world;
  const std::string sid = world.buyer_writes("怎么退货");
  world.time->advance(5s);
  REQUIRE(world.send(world.text(sid, "在订单里点申请售后")).has_value());
  world.time->advance(5s);
  const WallTime now = world.time->wall();
  const auto page = world.answering->transcripts()->read(world.log(now - 1h, now)).get();
  REQUIRE_MESSAGE(page.has_value(), (page ? "" : page.error().to_string()));
  REQUIRE(page->entries.size() == 2);
  CHECK(page->entries[0].from == TranscriptEntry::From::customer);
  CHECK(page->entries[0].thread == "sid:" + sid);
  CHECK(page->entries[1].from == TranscriptEntry::From::agent);
  CHECK(page->entries[1].agent == kTwinAgent);
  auto search = world.log(now - 1h, now);
  search.words = "售后";
  const auto found = world.answering->transcripts()->read(search).get();
  REQUIRE(found.has_value());
  REQUIRE(found->entries.size() == 1);
  CHECK(found->entries[0].text == "在订单里点申请售后");
}

TEST_CASE("sessions and agents of the shop are listed") {
  TwinShop world;
  world.turn("jd_absent_waiter_is_main_account", 0);
  world.turn("jd_page_size_max", 7);
  const WallTime now = world.time->wall();
  sandbox::JdHistory history;
  history.sessions = 100;
  history.from = now - 20 * kDay;
  history.until = now - kDay;
  REQUIRE(world.sandbox.jd_add_history(kTwinJdShop, history).has_value());
  std::vector<std::string> sids;
  AgentSessionQuery query;
  query.from = now - 40 * kDay;
  query.limit = 30;
  for (int pages = 0; pages < 20; ++pages) {
    const auto page = world.answering->agent_sessions()->sessions(query).get();
    REQUIRE_MESSAGE(page.has_value(), (page ? "" : page.error().to_string()));
    for (const auto& session : page->sessions) sids.push_back(session.id);
    query.page = page->next;
    if (page->next.empty()) break;
  }
  CHECK(sids.size() == 100);
  std::sort(sids.begin(), sids.end());
  CHECK(std::adjacent_find(sids.begin(), sids.end()) == sids.end());

  const auto agents = world.answering->agent_sessions()->agents().get();
  REQUIRE_MESSAGE(agents.has_value(), (agents ? "" : agents.error().to_string()));
  REQUIRE(agents->size() == 2);
  CHECK((*agents)[0].id == kTwinAgent);
}

TEST_CASE("a buyer's xid is looked up") {
  TwinShop world;
  static_cast<void>(world.buyer_writes("在吗"));
  const auto profile = world.answering->profiles()->look_up(jd::customer_of(jd::BuyerIds(kTwinBuyer), "")).get();
  REQUIRE_MESSAGE(profile.has_value(), (profile ? "" : profile.error().to_string()));
  CHECK(profile->customer.union_id.substr(0, 4) == "o*AA");
}

TEST_CASE("the quality report of a shop whose month is known") {
  for (const std::string variant : {"", "jd_legacy_wrappers", "jd_numbers_as_strings", "jd_dates_as_text", "end day"}) {
    CAPTURE(variant);
    TwinShop world;
    if (variant == "end day")
      world.turn("jd_end_day_counts", 0);
    else if (!variant.empty())
      world.turn(variant, 1);
    const WallTime now = world.time->wall();
    sandbox::JdHistory history;
    history.sessions = 600;
    history.from = jd::start_of_day(now) - 30 * kDay;
    history.until = jd::start_of_day(now);
    history.step_s = 8;
    history.agents = {"flagship-li"};
    REQUIRE(world.sandbox.jd_add_history(kTwinJdShop, history).has_value());
    for (int day = 1; day <= 30; ++day) {
      const std::string at = std::to_string(unix_seconds(jd::start_of_day(now) - day * kDay + 9h));
      world.buyer_does("write", R"({"content":"在吗","time":)" + at + R"(,"waiter":"flagship-zhang"})",
                       "buyer_" + std::to_string(day));
      world.buyer_does("rate",
                       R"({"score":)" + std::string(day % 3 == 0 ? "2" : "5") + R"(,"text":"好","time":)" + at + "}",
                       "buyer_" + std::to_string(day));
    }
    jd::QualityReportRequest request(jd::start_of_day(now) - 30 * kDay, jd::start_of_day(now));
    request.scale.emplace(std::vector<int>{4, 5}, std::vector<int>{1, 2});
    request.agents = {kTwinAgent, "flagship-li"};
    const auto report = jd::quality_report(*world.answering, request).get();
    REQUIRE_MESSAGE(report.has_value(), (report ? "" : report.error().to_string()));
    for (const auto& part : report->missing) FAIL_CHECK(part.what << ": " << part.why.to_string());
    CHECK(report->total.sessions == 630);
    CHECK(report->total.first_response->median == 8);
    CHECK(report->total.first_response->never_answered == 30);
    CHECK(report->total.rated == 30);
    CHECK(report->total.satisfied == 20);
    CHECK(report->total.dissatisfied == 10);
    CHECK(report->total.commented == 30);
    CHECK(report->total.replied == 600);
    CHECK(report->total.unreplied == 30);
    CHECK(report->agents.size() == 2);
  }
}

TEST_CASE("a removed shop answers cancelled in every facet, other shops go on") {
  TwinShop world;
  world.add_shop("second", 10002);
  const auto second = world.shop(world.shop_config("second", "10002"));
  const auto messenger = world.answering->messenger();
  const auto transcripts = world.answering->transcripts();
  const auto sessions = world.answering->agent_sessions();
  const auto profiles = world.answering->profiles();
  const WallTime now = world.time->wall();
  world.answering->close();
  const std::string sid = world.buyer_writes("在吗");
  CHECK(messenger->send(world.text(sid, "a")).get().error().kind() == ErrorKind::cancelled);
  CHECK(transcripts->read(world.log(now - 1h, now)).get().error().kind() == ErrorKind::cancelled);
  CHECK(sessions->agents().get().error().kind() == ErrorKind::cancelled);
  AgentSessionQuery query;
  query.from = now - 1h;
  CHECK(sessions->sessions(query).get().error().kind() == ErrorKind::cancelled);
  CHECK(profiles->look_up(jd::customer_of(jd::BuyerIds(kTwinBuyer), "")).get().error().kind() == ErrorKind::cancelled);
  jd::QualityReportRequest request(now - kDay, now);
  CHECK(jd::quality_report(*world.answering, request).get().error().kind() == ErrorKind::cancelled);
  CHECK(second->agent_sessions()->agents().get().has_value());
  CHECK(world.received().empty());
}
