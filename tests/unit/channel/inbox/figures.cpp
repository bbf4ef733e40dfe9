#include "channel/inbox/figures.hpp"

#include "core/report/redaction.hpp"
#include "core/report/reporting.hpp"

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
