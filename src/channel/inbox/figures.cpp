#include "channel/inbox/figures.hpp"

#include "core/report/reporting.hpp"

#include <kefu/core/observer_names.hpp>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

double in_seconds(Millis time) { return static_cast<double>(time.count()) / 1'000; }

}  // namespace

void show(Observer& observer, const InboxFigures& figures) {
  const Attribute platform("platform", figures.platform);
  set(observer, metric::kInboxWaiting, {platform}, static_cast<double>(figures.waiting));
  set(observer, metric::kInboxOldest, {platform}, in_seconds(figures.oldest));
  set(observer, metric::kInboxOpenTurns, {platform}, static_cast<double>(figures.open_turns));
  set(observer, metric::kInboxSessions, {platform}, static_cast<double>(figures.sessions));
  if (figures.behind) set(observer, metric::kPollBehind, {platform}, in_seconds(*figures.behind));
}

void show(Observer& observer, const AccountFigures& figures) {
  const Attribute platform("platform", figures.platform);
  const Attribute account("account", figures.account);
  set(observer, metric::kAccountOldest, {platform, account}, in_seconds(figures.oldest));
  if (figures.behind) set(observer, metric::kAccountBehind, {platform, account}, in_seconds(*figures.behind));
}

}  // namespace detail
KEFU_END_NAMESPACE
