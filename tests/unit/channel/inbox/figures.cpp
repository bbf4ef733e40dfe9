#include "channel/inbox/figures.hpp"

#include "core/report/redaction.hpp"
#include "core/report/reporting.hpp"
#include "unit/channel/inbox/mall.hpp"

#include <kefu/core/observer_names.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;
using kefu::detail::AccountFigures;
using kefu::detail::InboxFigures;

/// What Prometheus reads of one Inbox and one account.
std::string shown(bool by_account, bool polled) {
  const auto prometheus = std::make_shared<kefu::PrometheusObserver>();
  const auto observer = kefu::detail::make_redacting(prometheus, by_account);
  InboxFigures inbox("wechat");
  inbox.waiting = 7;
  inbox.open_turns = 3;
  inbox.sessions = 2;
  inbox.oldest = 1'500ms;
  AccountFigures account("wechat", "wx1");
  account.oldest = 250ms;
  if (polled) inbox.behind = 90s, account.behind = 30s;
  show(*observer, inbox);
  show(*observer, account);
  return prometheus->render();
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("an Inbox's figures, of all accounts and of one") {
  const std::string text = shown(true, true);
  CHECK(has_line(text, "kefu_inbox_waiting_events{platform=\"wechat\"} 7"));
  CHECK(has_line(text, "kefu_inbox_oldest_event_seconds{platform=\"wechat\"} 1.5"));
  CHECK(has_line(text, "kefu_inbox_open_turns{platform=\"wechat\"} 3"));
  CHECK(has_line(text, "kefu_inbox_live_sessions{platform=\"wechat\"} 2"));
  CHECK(has_line(text, "kefu_poll_behind_seconds{platform=\"wechat\"} 90"));
  CHECK(has_line(text, "kefu_account_oldest_event_seconds{platform=\"wechat\",account=\"wx1\"} 0.25"));
  CHECK(has_line(text, "kefu_account_poll_behind_seconds{platform=\"wechat\",account=\"wx1\"} 30"));
}

TEST_CASE("what is not polled is not behind; without metrics by account there is none of one account") {
  CHECK(shown(true, false).find("behind") == std::string::npos);
  const std::string text = shown(false, true);
  CHECK(text.find("kefu_account_") == std::string::npos);
  CHECK(has_line(text, "kefu_poll_behind_seconds{platform=\"wechat\"} 90"));
}

TEST_CASE("every metric of an Inbox says in Prometheus what it is") {
  namespace metric = kefu::metric;
  kefu::PrometheusObserver prometheus;
  for (const std::string_view name :
       {metric::kInboxEvents, metric::kInboxPolls, metric::kInboxAnswers, metric::kInboxWaiting, metric::kInboxOldest,
        metric::kInboxOpenTurns, metric::kInboxSessions, metric::kInboxTakeOvers, metric::kInboxCommits,
        metric::kInboxSteps, metric::kInboxDoubts, metric::kStoreQueueSeconds, metric::kPollBehind,
        metric::kAccountOldest, metric::kAccountBehind, metric::kStoreUnreadable}) {
    CAPTURE(name);
    kefu::detail::count(prometheus, name, {{"platform", "wechat"}});
    CHECK(prometheus.render().find("# HELP " + std::string(name) + " ") != std::string::npos);
  }
}

TEST_CASE("an Inbox tells how each account in use stands, and once more when nothing waits there") {
  kefu_test::World world;
  const auto prometheus = std::make_shared<kefu::PrometheusObserver>();
  kefu_test::Mall mall(world, {}, prometheus);
  mall.push("one!e1|c1|hi");
  kefu_test::FakePoller& poller = mall.polled("two");
  for (int i = 0; i < 40; ++i) poller.failures.emplace_back(kefu::ErrorKind::network, "no line");
  REQUIRE(mall.outcome(mall.inbox->poll("two")) == "ok");
  mall.pass(60s);
  const auto value = [&](const std::string& name, const std::string& account) {
    const std::string text = prometheus->render();
    const std::string line = "\n" + name + "{platform=\"fake\",account=\"" + account + "\"} ";
    const std::size_t at = text.find(line);
    return at == std::string::npos ? -1.0 : std::stod(text.substr(at + line.size()));
  };
  CHECK(value("kefu_account_oldest_event_seconds", "one") > 50);
  CHECK(value("kefu_account_poll_behind_seconds", "one") == -1);
  CHECK(value("kefu_account_oldest_event_seconds", "two") == 0);
  CHECK(value("kefu_account_poll_behind_seconds", "two") > 50);
  mall.end_oldest();
  mall.pass(10s);
  CHECK(value("kefu_account_oldest_event_seconds", "one") == 0);
}

TEST_CASE("Inbox::health: how an account's polls and events stand") {
  kefu_test::World world;
  kefu_test::Mall mall(world);
  const auto health = [&](kefu_test::Mall& of, const std::string& account) {
    auto said = of.inbox->health(account);
    of.pass(1ms);
    return std::move(said).get();
  };
  const kefu::WallTime begin = world.time->wall();
  mall.push("one!e1|c1|hi");
  mall.push("one!e2|c1|hi");
  mall.pass(10s);
  const auto one = health(mall, "one");
  REQUIRE(one);
  CHECK(one->in_hand == 2);
  CHECK(one->oldest == begin);
  CHECK_FALSE(one->is_polled);

  kefu_test::FakePoller& poller = mall.polled("two");
  REQUIRE(mall.outcome(mall.inbox->poll("two")) == "ok");
  mall.pass(1ms);
  const auto two = health(mall, "two");
  REQUIRE(two);
  CHECK(two->is_polled);
  REQUIRE(two->last_poll);
  CHECK(two->failed_polls == 0);
  poller.pause = 1s;
  for (int i = 0; i < 3; ++i) poller.failures.emplace_back(kefu::ErrorKind::network, "no line");
  mall.pass(1h + 5s);
  const auto later = health(mall, "two");
  REQUIRE(later);
  CHECK(later->failed_polls > 0);
  CHECK(later->poll_error.find("no line") != std::string::npos);
  CHECK(later->last_poll == two->last_poll);
  mall.pass(1min);
  CHECK(health(mall, "two")->failed_polls == 0);

  mall.lost = {"gone"};
  CHECK(health(mall, "gone").error().kind() == kefu::ErrorKind::not_found);
}

TEST_CASE("an Inbox that only waits for its turn to poll knows when another process read last") {
  kefu_test::World world;
  kefu_test::Mall a(world);
  kefu_test::Mall b(world);
  a.polled("one").pause = 10s;
  b.polled("one").pause = 10s;
  REQUIRE(a.outcome(a.inbox->poll("one")) == "ok");
  a.pass(1s);
  REQUIRE(b.outcome(b.inbox->poll("one")) == "ok");
  for (int i = 0; i < 30; ++i) {
    a.pass(60s);
    for (const auto* mall : {&a, &b}) {
      auto state = mall->inbox->state();
      a.pass(1ms);
      const auto stands = std::move(state).get();
      REQUIRE(stands);
      CHECK(stands->polls_behind <= 21s);
    }
  }
}

TEST_CASE("an Inbox knows how long events have waited that it took over") {
  kefu_test::World world;
  const kefu::WallTime begin = world.time->wall();
  {
    kefu_test::Shop first(world);
    first.push("e1|c1|hi");
    first.runtime.stop();
  }
  kefu_test::Shop shop(world);
  shop.pass(45s);
  REQUIRE(shop.handled.size() == 1);
  auto state = shop.inbox->state();
  shop.pass(1ms);
  CHECK(std::move(state).get()->oldest == begin);
  auto health = shop.inbox->health();
  shop.pass(1ms);
  CHECK(std::move(health).get()->oldest == begin);
}

TEST_CASE("an Inbox over a store that is not durable tells how it stands, and searches as any other") {
  kefu_test::World world;
  world.store = std::make_shared<kefu_test::FaultyStore>(std::make_shared<kefu::MemoryStore>(world.time), false);
  const auto prometheus = std::make_shared<kefu::PrometheusObserver>();
  kefu_test::Mall mall(world, {}, prometheus);
  mall.push("one!e1|c1|hi");
  mall.pass(60s);
  CHECK(has_line(prometheus->render(), "kefu_inbox_open_turns{platform=\"fake\"} 1"));
  CHECK(has_line(prometheus->render(), "kefu_inbox_waiting_events{platform=\"fake\"} 1"));
  auto other = std::make_unique<kefu_test::Mall>(world);
  other->push("one!f1|c2|hi");
  other->runtime.stop();
  mall.pass(60s);
  CHECK(mall.handled.back() == "one/f1");
}

TEST_CASE("Inbox::state: what was taken over is in hand, and no more is taken than there is room for") {
  kefu_test::World world;
  {
    kefu_test::Shop gone(world);
    for (int i = 0; i < 5; ++i) gone.push("e" + std::to_string(i) + "|c" + std::to_string(i) + "|hi");
    gone.runtime.stop();
  }
  kefu::InboxOptions options;
  options.max_in_hand = 5;
  kefu_test::Shop shop(world, options);
  shop.pass(60s);
  REQUIRE(shop.turns.size() == 5);
  const auto in_hand = [&] {
    auto state = shop.inbox->state();
    shop.pass(1ms);
    return std::move(state).get().value().in_hand;
  };
  CHECK(in_hand() == 5);
  CHECK(shop.push("f1|c9|hi")->status == 503);
  for (const auto& turn : shop.turns) turn.done();
  shop.pass(1s);
  CHECK(in_hand() == 0);
  CHECK(shop.push("f1|c9|hi")->status == 0);
}
