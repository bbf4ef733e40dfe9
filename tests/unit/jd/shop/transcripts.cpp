// Chat logs of a JD shop against a scripted gateway that holds a record of lines.
#include "support/jd_gateway.hpp"

#include <kefu/jd/buyer.hpp>
#include <kefu/jd/time.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace kefu;
using namespace std::chrono_literals;
using kefu_test::JdCall;
using kefu_test::JdGateway;

namespace {

constexpr char kLog[] = "jingdong.im.pop.chatlog.get";
constexpr char kSearch[] = "jingdong.im.pop.chatlog.fuzzy.query";
constexpr std::chrono::hours kDay{24};

struct Line {
  WallTime time;
  std::string text;
  bool by_agent = false;
};

/// A gateway with one customer's record. Only the date part of a period counts, both days included.
struct Record : JdGateway {
  Record() {
    on(kLog, [this](const JdCall& call) { return page(call, {}); });
    on(kSearch, [this](const JdCall& call) { return page(call, call["keyWord"]); });
  }
  HttpOutcome page(const JdCall& call, const std::string& words) const {
    std::vector<Line> found;
    for (const Line& line : lines) {
      const std::string date = jd::gateway_date(line.time);
      if (date >= call["startTime"].substr(0, 10) && date <= call["endTime"].substr(0, 10) &&
          line.text.find(words) != std::string::npos)
        found.push_back(line);
    }
    if (newest_first) std::reverse(found.begin(), found.end());
    const std::size_t size = std::stoul(call["pageSize"]);
    const std::size_t first = (std::stoul(call["page"]) - 1) * size;
    std::string list;
    for (std::size_t i = first; i < std::min(found.size(), first + size); ++i)
      list += (list.empty() ? "" : ",") + json(found[i]);
    const std::string total = with_total ? ",\"totalRecord\":" + std::to_string(found.size()) : "";
    return node(call.method, "{\"code\":\"0\",\"ChatLogPage\":{\"chatList\":[" + list + "]" + total + "}}");
  }
  static std::string json(const Line& line) {
    return R"({"customer":"jd_buyer_001","waiter":"zhang","content":")" + line.text + R"(","sid":"sid-1","time":)" +
           std::to_string(unix_millis(line.time)) + R"(,"channel":1,"waiterSend":)" +
           (line.by_agent ? "true" : "false") + "}";
  }
  TranscriptQuery query(WallTime from, WallTime to) const {
    TranscriptQuery made(from, to);
    made.customer = jd::customer_of(jd::BuyerIds("jd_buyer_001"), "sid-1");
    return made;
  }
  Result<TranscriptPage> read(TranscriptQuery query) const { return shop->transcripts()->read(std::move(query)).get(); }
  /// All pages, as the texts in order.
  std::vector<std::string> walk(TranscriptQuery query) const {
    std::vector<std::string> texts;
    for (int pages = 0; pages < 500; ++pages) {
      const auto page = read(query);
      REQUIRE_MESSAGE(page.has_value(), (page ? "" : page.error().to_string()));
      for (const auto& entry : page->entries) texts.push_back(entry.text);
      if (page->next.empty()) return texts;
      REQUIRE(page->entries.size() == query.limit);
      query.page = page->next;
    }
    FAIL("no end of pages");
    return texts;
  }

  std::vector<Line> lines;
  bool newest_first = false;
  bool with_total = true;
};

std::vector<std::string> texts_of(const std::vector<Line>& lines) {
  std::vector<std::string> texts;
  for (const Line& line : lines) texts.push_back(line.text);
  return texts;
}

}  // namespace

TEST_CASE("a transcript tells who wrote what when, in which session") {
  Record record;
  const WallTime now = record.time->wall();
  record.lines = {{now - 2h, "在吗"}, {now - 1h, "您好", true}};
  const auto page = record.read(record.query(now - 24h, now));
  REQUIRE_MESSAGE(page.has_value(), (page ? "" : page.error().to_string()));
  CHECK(page->next.empty());
  REQUIRE(page->entries.size() == 2);
  CHECK(page->entries[0].text == "在吗");
  CHECK(page->entries[0].from == TranscriptEntry::From::customer);
  CHECK(page->entries[0].customer.id == "pin:jd_buyer_001");
  CHECK(page->entries[0].thread == "sid:sid-1");
  CHECK(page->entries[1].from == TranscriptEntry::From::agent);
  CHECK(page->entries[1].agent == "zhang");
  CHECK(unix_seconds(page->entries[1].time) == unix_seconds(now - 1h));
  CHECK(page->entries[1].raw.find("waiterSend") != std::string::npos);
}

TEST_CASE("periods of any length are walked in windows of 7 days, oldest line first whatever the platform's order") {
  for (const bool newest_first : {false, true}) {
    for (const bool with_total : {false, true}) {
      CAPTURE(newest_first);
      CAPTURE(with_total);
      Record record;
      record.newest_first = newest_first;
      record.with_total = with_total;
      const WallTime now = record.time->wall();
      for (int i = 400; i > 0; --i) record.lines.push_back({now - i * 5h, "line " + std::to_string(i)});
      for (int i = 3; i > 0; --i) record.lines.push_back({now - 1h, "same second " + std::to_string(i)});
      auto query = record.query(now - 85 * kDay, now);
      query.limit = 7;
      CHECK(record.walk(query) == texts_of(record.lines));
      for (const auto& call : record.calls_of(kLog)) {
        const auto from = jd::read_gateway_time(call["startTime"]);
        const auto to = jd::read_gateway_time(call["endTime"]);
        REQUIRE((from && to));
        CHECK(*to - *from < 7 * kDay);
      }
    }
  }
}

TEST_CASE("only lines of the period come: from inclusive, to exclusive") {
  Record record;
  const WallTime now = record.time->wall();
  record.lines = {{now - 5h, "before"}, {now - 4h, "first"}, {now - 3h, "last"}, {now - 2h, "after"}};
  CHECK(record.walk(record.query(now - 4h, now - 2h)) == std::vector<std::string>{"first", "last"});
}

TEST_CASE("words are searched by the platform, an agent's lines are asked for by name") {
  Record record;
  const WallTime now = record.time->wall();
  record.lines = {{now - 3h, "退货怎么退"}, {now - 2h, "谢谢"}};
  auto query = record.query(now - 24h, now);
  query.words = "退货";
  query.agent = "zhang";
  CHECK(record.walk(query) == std::vector<std::string>{"退货怎么退"});
  REQUIRE(record.calls_of(kSearch).size() == 1);
  CHECK(record.calls_of(kSearch)[0]["waiter"] == "zhang");
  CHECK(record.calls_of(kLog).empty());
}

TEST_CASE("a page goes on where the last one ended, also after lines that the platform shows late") {
  Record record;
  const WallTime now = record.time->wall();
  record.lines = {{now - 3h, "1"}, {now - 2h, "2"}, {now - 1h, "3"}};
  auto query = record.query(now - 24h, now);
  query.limit = 2;
  const auto first = record.read(query);
  REQUIRE(first.has_value());
  record.lines.insert(record.lines.begin(), {now - 4h, "late"});
  query.page = first->next;
  const auto second = record.read(query);
  REQUIRE(second.has_value());
  REQUIRE(second->entries.size() == 1);
  CHECK(second->entries[0].text == "3");
}

TEST_CASE("what JD does not take is refused without a call and named") {
  Record record;
  const WallTime now = record.time->wall();
  struct Case {
    TranscriptQuery query;
    const char* part;
  };
  auto nobody = record.query(now - 1h, now);
  nobody.customer = CustomerId();
  auto masked = record.query(now - 1h, now);
  masked.customer = jd::customer_of(jd::BuyerIds("j***1"), "sid-1");
  auto no_pin = record.query(now - 1h, now);
  no_pin.customer = jd::customer_of(jd::BuyerIds("", "OPENID"), "sid-1");
  auto nothing = record.query(now - 1h, now);
  nothing.limit = 0;
  std::vector<Case> cases = {{nobody, "customer is empty"},
                             {masked, "masked"},
                             {no_pin, "no pin"},
                             {nothing, "limit"},
                             {record.query(now, now), "period is empty"},
                             {record.query(now - 92 * kDay, now), "3 months"}};
  for (const char* hostile :
       {"x", ".", "1700000000000", "1700000000000.", "1.1", "99999999999999999999.1", "1700000000000.-1",
        "1700000000000.1 ", "9223372036854775807.0", "-9223372036854775808.0", "../../x.1"}) {
    auto query = record.query(now - 1h, now);
    query.page = hostile;
    cases.push_back({query, "page"});
  }
  for (const Case& each : cases) {
    const auto page = record.read(each.query);
    REQUIRE_FALSE(page.has_value());
    CHECK(page.error().kind() == ErrorKind::bad_argument);
    CHECK_MESSAGE(page.error().message().find(each.part) != std::string::npos, page.error().message());
  }
  CHECK(record.calls.empty());
}

TEST_CASE("a platform whose pages never end is given up; its errors and the removal of the shop reach the reader") {
  Record record;
  const WallTime now = record.time->wall();
  record.on(kLog, [&](const JdCall& call) {
    std::string list;
    for (int i = 0; i < 50; ++i) list += (i == 0 ? "" : ",") + Record::json({now - 1h, "again"});
    return JdGateway::node(call.method, R"({"code":"0","ChatLogPage":{"chatList":[)" + list + "]}}");
  });
  const auto endless = record.read(record.query(now - 2h, now));
  REQUIRE_FALSE(endless.has_value());
  CHECK(endless.error().message().find("shorter period") != std::string::npos);
  CHECK(record.calls.size() <= 250);

  record.on(kLog, [](const JdCall&) { return JdGateway::json_reply(JdGateway::error_response("24")); });
  const auto refused = record.read(record.query(now - 2h, now));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == ErrorKind::permission);

  const auto transcripts = record.shop->transcripts();
  record.shop->close();
  const auto removed = transcripts->read(record.query(now - 2h, now)).get();
  REQUIRE_FALSE(removed.has_value());
  CHECK(removed.error().kind() == ErrorKind::cancelled);
}
