// Agents and sessions of a JD shop against a scripted gateway.
#include "support/jd_gateway.hpp"

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

constexpr char kSessions[] = "jingdong.im.pop.sessionlist.get";
constexpr std::chrono::hours kDay{24};

std::string session_json(const std::string& sid, WallTime begin) {
  return R"({"customer":"jd_buyer_001","waiter":"zhang","beginTime":)" + std::to_string(unix_millis(begin)) +
         R"(,"replyTime":)" + std::to_string(unix_millis(begin + 10s)) + R"(,"endTime":"0001-01-01 00:00:00")" +
         R"(,"sessionType":1,"transfer":true,"sid":")" + sid + R"(","skuId":100012043978})";
}

/// A gateway with a list of sessions.
struct Sessions : JdGateway {
  Sessions() {
    on(kSessions, [this](const JdCall& call) { return page(call); });
  }
  HttpOutcome page(const JdCall& call) const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < begins.size(); ++i) {
      const std::string date = jd::gateway_date(begins[i]);
      if (date >= call["startTime"].substr(0, 10) && date <= call["endTime"].substr(0, 10)) found.push_back(i);
    }
    const std::size_t size = std::stoul(call["pageSize"]);
    const std::size_t first = (std::stoul(call["page"]) - 1) * size;
    std::string list;
    for (std::size_t i = first; i < std::min(found.size(), first + size); ++i)
      list += (list.empty() ? "" : ",") + session_json("sid-" + std::to_string(found[i]), begins[found[i]]);
    return node(call.method, legacy ? R"({"code":"0","ChatSession":[)" + list + "]}"
                                    : R"({"code":"0","ChatSessionPage":{"chatSessionList":[)" + list + "]}}");
  }
  AgentSessionQuery query(WallTime from, WallTime to) const {
    AgentSessionQuery made;
    made.from = from;
    made.to = to;
    return made;
  }
  std::vector<std::string> walk(AgentSessionQuery query) const {
    std::vector<std::string> sids;
    for (int pages = 0; pages < 1000; ++pages) {
      const auto page = shop->agent_sessions()->sessions(query).get();
      REQUIRE_MESSAGE(page.has_value(), (page ? "" : page.error().to_string()));
      REQUIRE(page->sessions.size() <= query.limit);
      for (const auto& session : page->sessions) sids.push_back(session.id);
      if (page->next.empty()) return sids;
      query.page = page->next;
    }
    FAIL("no end of pages");
    return sids;
  }

  std::vector<WallTime> begins;
  bool legacy = false;
};

}  // namespace

TEST_CASE("sessions come with their agent, times and thread") {
  Sessions world;
  const WallTime now = world.time->wall();
  world.begins = {now - 1h};
  const auto page = world.shop->agent_sessions()->sessions(world.query(now - 2h, now)).get();
  REQUIRE_MESSAGE(page.has_value(), (page ? "" : page.error().to_string()));
  REQUIRE(page->sessions.size() == 1);
  const AgentSession& session = page->sessions[0];
  CHECK(session.id == "sid-0");
  CHECK(session.thread == "sid:sid-0");
  CHECK(session.customer.id == "pin:jd_buyer_001");
  CHECK(session.agent == "zhang");
  CHECK(unix_seconds(session.began) == unix_seconds(now - 1h));
  REQUIRE(session.first_reply.has_value());
  CHECK(*session.first_reply - session.began == 10s);
  CHECK_FALSE(session.ended.has_value());  // the platform's "not yet"
  CHECK(session.transferred);
  CHECK(session.raw.find("100012043978") != std::string::npos);
}

TEST_CASE("sessions of a long period come once each, in pages of any size, over windows of 7 days") {
  for (const bool legacy : {false, true}) {
    for (const std::size_t limit : {1, 7, 50, 1000}) {
      CAPTURE(limit);
      Sessions world;
      world.legacy = legacy;
      const WallTime now = world.time->wall();
      std::vector<std::string> all;
      for (int i = 0; i < 230; ++i) {
        world.begins.push_back(now - 60 * kDay + i * 6h);
        all.push_back("sid-" + std::to_string(i));
      }
      auto query = world.query(now - 80 * kDay, now);
      query.limit = limit;
      CHECK(world.walk(query) == all);
      auto part = world.query(world.begins[10], world.begins[20]);
      part.limit = limit;
      CHECK(world.walk(part) == std::vector<std::string>(all.begin() + 10, all.begin() + 20));
    }
  }
}

TEST_CASE("questions JD cannot answer are refused without a call") {
  Sessions world;
  const WallTime now = world.time->wall();
  const auto sessions = world.shop->agent_sessions();
  std::vector<AgentSessionQuery> wrong(3);
  wrong[1] = world.query(now - 92 * kDay, now);
  wrong[2] = world.query(now, now - 1h);
  for (const char* hostile : {"x", "1.1.1", "1700000000.1", "1700000000.0.0", "1700000000.1.-1", "1700000000.1.0.",
                              "99999999999999999999.1.0", "1699974400.2147483648.0"}) {
    wrong.push_back(world.query(now - 1h, now));
    wrong.back().page = hostile;
  }
  for (const AgentSessionQuery& query : wrong) {
    const auto page = sessions->sessions(query).get();
    REQUIRE_FALSE(page.has_value());
    CHECK_MESSAGE(page.error().kind() == ErrorKind::bad_argument, page.error().to_string());
  }
  const auto check = [&](const Error& error, Ability ability) {
    CHECK(error.kind() == ErrorKind::unsupported);
    CHECK(error.message() == world.shop->capabilities().cannot[static_cast<std::size_t>(ability)]);
  };
  check(sessions->session_of(CustomerId("pin:a")).get().error(), Ability::find_session);
  check(sessions->open(CustomerId("pin:a"), "zhang").get().error(), Ability::open_session);
  check(sessions->close(CustomerId("pin:a"), "zhang").get().error(), Ability::close_session);
  check(sessions->waiting().get().error(), Ability::waiting);
  CHECK(world.calls.empty());
}

TEST_CASE("agents are those of the shop's group") {
  JdGateway world;
  world.on_node("jingdong.im.pop.groupinfo.get",
                R"({"code":"0","popgroup":{"shopName":"示例旗舰店","waiterCount":2,"waiterList":[)"
                R"({"waiter":"flagship-zhang","yn":1,"leader":true,"level":"1"},)"
                R"({"waiter":"flagship-li","yn":1,"leader":false,"level":"2"}]}})");
  const auto agents = world.shop->agent_sessions()->agents().get();
  REQUIRE_MESSAGE(agents.has_value(), (agents ? "" : agents.error().to_string()));
  REQUIRE(agents->size() == 2);
  CHECK((*agents)[0].id == "flagship-zhang");
  CHECK((*agents)[0].raw == R"({"waiter":"flagship-zhang","yn":1,"leader":true,"level":"1"})");
  CHECK_FALSE((*agents)[0].online.has_value());
  const auto facet = world.shop->agent_sessions();
  world.shop->close();
  CHECK(facet->agents().get().error().kind() == ErrorKind::cancelled);
}
