// Agents and their sessions: lists end, tokens of others are refused.
#include "facet_calls.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <string>

using namespace std::chrono_literals;
using namespace kefu;
using namespace kefu_test;

namespace {

std::shared_ptr<AgentSessions> listing(ChannelUnderTest& it) {
  const auto sessions = it.channel()->agent_sessions();
  return it.channel()->capabilities().can(Ability::list_sessions) ? sessions : nullptr;
}

/// Walks all pages: how many sessions there were, and whose.
std::multiset<std::string> walk(AgentSessions& sessions, AgentSessionQuery query) {
  std::multiset<std::string> customers;
  for (int pages = 0; pages < 50; ++pages) {
    const auto page = sessions.sessions(query).get();
    REQUIRE_MESSAGE(page.has_value(), why(page));
    CHECK(page->sessions.size() <= query.limit);
    for (const AgentSession& session : page->sessions) {
      if (query.from) CHECK(session.began >= *query.from);
      if (query.to) CHECK(session.began < *query.to);
      customers.insert(session.customer.id);
    }
    if (page->next.empty()) return customers;
    CHECK(page->next != query.page);
    query.page = page->next;
  }
  FAIL_CHECK("the pages do not end");
  return {};
}

}  // namespace

TEST_CASE("every list of sessions: its pages hold each session once and end, whatever their size") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto sessions = listing(it);
    if (!sessions) return;
    const WallTime from = it.time().wall();
    it.begin_sessions(5);
    AgentSessionQuery query = it.sessions_since(from);
    std::set<std::string> whose;
    for (const std::size_t limit :
         {std::size_t(1), std::size_t(2), std::size_t(5), std::size_t(50), (std::numeric_limits<std::size_t>::max)()}) {
      CAPTURE(limit);
      query.limit = limit;
      const auto customers = walk(*sessions, query);
      CHECK(customers.size() == 5);
      const std::set<std::string> now(customers.begin(), customers.end());
      CHECK(now.size() == 5);
      if (!whose.empty()) CHECK(now == whose);
      whose = now;
    }
    query.limit = 0;  // refused, or taken for the least there is
    const auto least = sessions->sessions(query).get();
    CHECK((least ? least->sessions.size() <= 1 : least.error().kind() == ErrorKind::bad_argument));
  });
}

TEST_CASE("every list of sessions: a time without any is an empty page, a period turned round is refused") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto sessions = listing(it);
    if (!sessions) return;
    const WallTime now = it.time().wall();
    AgentSessionQuery query = it.sessions_since(now - 3h);
    if (query.to) query.to = now - 2h;
    const auto page = sessions->sessions(query).get();
    REQUIRE_MESSAGE(page.has_value(), why(page));
    CHECK(page->sessions.empty());
    CHECK(page->next.empty());
    if (!query.from) return;
    const std::uint64_t before = it.calls();
    query.from = now;
    CHECK(outcome(sessions->sessions(query)) == "bad_argument");
    CHECK(it.calls() == before);
  });
}

TEST_CASE("every list of sessions: a page token that is none of the query's is refused here") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto sessions = it.channel()->agent_sessions();
    if (!it.channel()->capabilities().can(Ability::list_sessions)) return;
    AgentSessionQuery query = it.sessions_since(it.time().wall() - 3h);
    const std::uint64_t before = it.calls();
    for (const std::string& token : hostile_page_tokens()) {
      CAPTURE(token.substr(0, 40));
      query.page = token;
      CHECK(outcome(sessions->sessions(query)) == "bad_argument");
    }
    CHECK(it.calls() == before);
  });
}

TEST_CASE("every list of agents: each has an id, once") {
  over_every_channel([](ChannelUnderTest& it) {
    const auto sessions = it.channel()->agent_sessions();
    if (!sessions || !it.channel()->capabilities().can(Ability::agents)) return;
    const auto agents = sessions->agents().get();
    REQUIRE_MESSAGE(agents.has_value(), why(agents));
    std::set<std::string> ids;
    for (const Agent& agent : *agents) {
      CHECK_FALSE(agent.id.empty());
      CHECK(ids.insert(agent.id).second);
    }
  });
}
