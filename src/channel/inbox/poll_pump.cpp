#include "channel/inbox/poll_pump.hpp"

#include "channel/inbox/backoff.hpp"
#include "channel/inbox/core.hpp"
#include "core/async/time_range.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

constexpr Millis kRoomPause{200};
constexpr Millis kLeastPause{50};
constexpr Millis kLongestPollPause{3'600'000};  // after a failure
constexpr Millis kLongestAskedPause{24 * 3'600'000};
constexpr Millis kEndPause{1'000};
/// Accounts that are drained at a time; more wait until it is their turn.
constexpr std::size_t kMostAtWork = 256;
/// Failures in a row after which a wake is left to those who poll the account by themselves.
constexpr int kWakeTries = 12;
/// A poller that says nothing for so long never will.
constexpr Millis kLongestPoll{600'000};

/// What a poller must keep, so that its batch fits a commit.
std::optional<Error> check_batch(const PollBatch& batch) {
  if (batch.events.size() <= Poller::kMaxEvents && batch.cursor.size() <= Poller::kMaxCursorWrites) return std::nullopt;
  return Error(ErrorKind::internal, "the channel's poller gave more than Poller::kMaxEvents or kMaxCursorWrites");
}

Error no_poller(const InboxAccount& account) {
  return Error(ErrorKind::unsupported, "this account has no Poller: " + account.channel->missing(Facet::poller));
}

}  // namespace

const PollPump::PollPtr& PollPump::poll_of(const std::string& account) {
  PollPtr& poll = polls_[account];
  if (!poll) {
    poll = std::make_shared<Poll>(account);
    poll->health.since = core_.now();
  }
  return poll;
}

bool PollPump::is_wanted(const Poll& poll) const {
  return !is_closed_ && (poll.is_named || poll.is_woken || poll.is_owed);
}

void PollPump::add(const std::string& account) {
  if (is_closed_) return;
  const PollPtr poll = poll_of(account);
  if (std::exchange(poll->is_named, true)) return;
  if (!poll->is_at_work && !poll->due) later(poll, Millis(0));
}

void PollPump::remove(const std::string& account) {
  const auto place = polls_.find(account);
  if (place == polls_.end()) return;
  const PollPtr poll = place->second;
  poll->is_named = poll->is_woken = poll->is_owed = false;
  poll->stop.request();
  if (poll->is_at_work) return;
  unschedule(*poll);
  polls_.erase(place);
}

void PollPump::wake(const std::string& account, std::string token) {
  if (is_closed_) return;
  const PollPtr poll = poll_of(account);
  poll->is_woken = true;
  if (!token.empty()) poll->token = std::move(token);
  if (poll->is_at_work) return;
  unschedule(*poll);
  later(poll, Millis(0));
}

void PollPump::look_again() {
  std::vector<PollPtr> elsewhere;
  for (const auto& entry : polls_) {
    if (entry.second->is_elsewhere && !entry.second->is_at_work) elsewhere.push_back(entry.second);
  }
  for (const PollPtr& poll : elsewhere) {
    unschedule(*poll);
    later(poll, Millis(0));
  }
}

/// It was followed, or left to another process; one that came since then was not.
void PollPump::forget_wake(Poll& poll) {
  poll.is_owed = false;
  if (!poll.is_woken) poll.token.clear();
}

/// It comes again when it is due, unless nobody wants it.
void PollPump::later(const PollPtr& poll, Millis pause) {
  const bool was_at_work = std::exchange(poll->is_at_work, false);
  if (was_at_work) --at_work_;
  if (is_closed_) return;
  if (!is_wanted(*poll)) {
    polls_.erase(poll->id);
    return arm();
  }
  if (poll->is_woken && pause > kRoomPause) pause = kLeastPause;
  if (was_at_work) pause = std::max(pause, kLeastPause);
  const MonoTime due = core_.mono() + std::min(pause, kLongestAskedPause);
  poll->due = schedule_.emplace(std::max(due, poll->not_before), poll);
  run_due();
}

void PollPump::unschedule(Poll& poll) {
  if (poll.due) schedule_.erase(*poll.due);
  poll.due.reset();
}

/// One timer, for the first that is due.
void PollPump::arm() {
  if (schedule_.empty() || at_work_ >= kMostAtWork) return;
  const MonoTime first = schedule_.begin()->first;
  if (is_armed_ && armed_ <= first) return;
  is_armed_ = true;
  armed_ = first;
  core_.runtime->scheduler->run_at(first, [weak = core_.weak_from_this(), first] {
    const auto core = weak.lock();
    if (!core || core->pump.armed_ != first) return;
    core->pump.is_armed_ = false;
    core->pump.run_due();
  });
}

/// What comes back at once is due in the same loop.
void PollPump::run_due() {
  if (std::exchange(is_running_, true)) return;
  const MonoTime now = core_.mono();
  while (!schedule_.empty() && schedule_.begin()->first <= now && at_work_ < kMostAtWork)
    begin(PollPtr(schedule_.begin()->second));
  is_running_ = false;
  arm();
}

/// One drain: the account found, the right to poll, polls and commits until there is no more, the right given back.
void PollPump::begin(const PollPtr& poll) {
  unschedule(*poll);
  if (is_closed_) return;
  poll->is_at_work = true;
  ++at_work_;
  core_.accounts->find(poll->id, core_.mono() + AccountBook::kFindTime,
                       [core = core_.shared_from_this(), poll](const Result<AccountPtr>& account) {
                         PollPump& self = core->pump;
                         if (!account) return self.failed(poll, account.error());
                         poll->account = *account;
                         if (!(*account)->channel->has_poller()) return self.failed(poll, no_poller(**account));
                         self.take_right(poll);
                       });
}

void PollPump::take_right(const PollPtr& poll) {
  if (!is_wanted(*poll)) return later(poll, kLeastPause);
  if (!core_.has_room(poll->account->number, Poller::kMaxEvents)) return later(poll, kRoomPause);
  if (std::exchange(poll->is_woken, false)) poll->is_owed = true;
  const std::string key = poll->account->keys.polling();
  core_.journal->run<PollRight>(
      poll->account->number, {key},
      [steps = core_.steps, key, clock = core_.runtime->clock,
       wake = poll->is_owed ? std::make_optional(poll->token) : std::nullopt](StagedStore& view,
                                                                              const std::string& session) {
        return take_poll_right(view, session, *steps, key, unix_millis(clock->wall()), wake);
      },
      [core = core_.shared_from_this(), poll](const Result<PollRight>& right, std::uint64_t) {
        core->pump.began(poll, right);
      });
}

void PollPump::began(const PollPtr& poll, const Result<PollRight>& right) {
  if (!right) return failed(poll, right.error());
  if (right->read != 0) poll->health.last_poll = std::max(poll->health.last_poll, from_unix_millis(right->read));
  poll->is_elsewhere = !right->is_ours && right->wait <= Millis(0);
  if (!right->is_ours) {
    forget_wake(*poll);
    return later(poll, poll->is_elsewhere ? core_.options.sweep : right->wait);
  }
  set_right(*poll, true);
  poll->first = right->first;
  if (!poll->is_woken) poll->token = right->token;
  if (!is_wanted(*poll)) return end(poll, Millis(0), DrainEnd::left);
  ask(poll);
}

void PollPump::ask(const PollPtr& poll) {
  const std::uint64_t question = ++poll->question;
  poll->stop = CancelSource();
  CallOptions options;
  options.cancel = poll->stop.token();
  // The timer keeps both alive while the question is open. The host's poller, which may never answer, keeps neither.
  const auto timer =
      core_.runtime->scheduler->run_at(core_.mono() + kLongestPoll, [core = core_.shared_from_this(), poll, question] {
        if (poll->question != question) return;
        const CancelSource stop = poll->stop;  // what hears it may lead to the next question
        stop.request();
        if (poll->question != question) return;
        ++poll->question;
        core->pump.failed(poll, Error(ErrorKind::timeout, "the poller said nothing for ten minutes"));
      });
  poll->account->channel->poll(poll->token, std::move(options))
      .then([weak = core_.weak_from_this(), asked = std::weak_ptr(poll), question, timer](Result<PollBatch> batch) {
        const auto core = weak.lock();
        auto open = asked.lock();
        if (!core || !open) return;
        core->runtime->scheduler->post(
            [core, poll = std::move(open), question, timer, batch = std::move(batch)]() mutable {
              core->runtime->scheduler->drop(timer);
              if (poll->question != question) return;
              core->pump.polled(poll, std::move(batch));
            });
      });
}

void PollPump::polled(const PollPtr& poll, Result<PollBatch> batch) {
  // What was not committed comes again, to whoever polls then.
  if (!is_wanted(*poll)) return end(poll, Millis(0), DrainEnd::left);
  if (!poll->has_right) return later(poll, kLeastPause);
  if (!batch) return failed(poll, batch.error());
  if (auto error = check_batch(*batch)) return failed(poll, *error);
  store(poll, *std::move(batch));
}

void PollPump::store(const PollPtr& poll, PollBatch batch) {
  const std::int64_t oldest = poll->first - detail::bounded_span<Millis>(core_.options.history_age).count();
  std::vector<SinkEvent> events;
  std::vector<std::string> ids;
  for (InboundEvent& event : batch.events) {
    AccountKeys::name(event);
    event.history = event.history || unix_millis(event.platform_time) < oldest;
    ids.push_back(event.event_id);
    auto held = std::make_shared<HeldEvent>(poll->account, event.event_id, poll->account->keys.event(event.event_id));
    held->came(std::move(event));
    events.emplace_back(std::move(held));
  }
  batch.events.clear();
  if (events.empty() && batch.cursor.empty()) return stored(poll, ids, batch, std::vector<SinkAnswer>());
  auto cursor = std::move(batch.cursor);
  core_.sink.accept(
      poll->account, std::move(events), std::move(cursor),
      [core = core_.shared_from_this(), poll, ids = std::move(ids), batch = std::move(batch)](
          const Result<std::vector<SinkAnswer>>& outcome) { core->pump.stored(poll, ids, batch, outcome); });
}

void PollPump::stored(const PollPtr& poll, const std::vector<std::string>& ids, const PollBatch& batch,
                      const Result<std::vector<SinkAnswer>>& outcome) {
  const bool is_lost = !outcome && outcome.error().kind() == ErrorKind::conflict;
  if (!outcome && !is_lost) return failed(poll, outcome.error());
  poll->health.failures = 0;
  poll->health.why.clear();
  core_.count_poll(poll->id, is_lost ? "lost" : "ok");
  if (outcome) count(poll->id, ids, *outcome);
  if (!is_wanted(*poll)) return end(poll, Millis(0), DrainEnd::left);
  const bool goes_on = batch.more || is_lost;
  if (!goes_on) {
    poll->health.last_poll = core_.now();
    forget_wake(*poll);
    return end(poll, batch.pause, DrainEnd::done);
  }
  if (!poll->has_right || !core_.has_room(poll->account->number, Poller::kMaxEvents))
    return end(poll, kLeastPause, DrainEnd::failed);
  ask(poll);
}

void PollPump::count(const std::string& account, const std::vector<std::string>& ids,
                     const std::vector<SinkAnswer>& outcome) const {
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    switch (outcome[i].fate) {
      case EventFate::stored:
        core_.count_event(account, "new");
        break;
      case EventFate::duplicate:
        core_.count_event(account, "repeat");
        break;
      case EventFate::buried:
        core_.count_event(account, "dead");
        core_.say(account, LogLevel::error, log_event::kInboxDeadLetter,
                  "too many events of a customer wait: an event goes to the dead letters", ids[i]);
        break;
      case EventFate::full:
      case EventFate::refused:
        core_.count_event(account, "not_stored");
        core_.say(account, LogLevel::error, log_event::kInboxEventRefused,
                  "an event that no store can take was passed over", ids[i]);
    }
  }
}

void PollPump::failed(const PollPtr& poll, const Error& error) {
  core_.count_poll(poll->id, to_string(error.kind()));
  poll->health.why = error.to_string();
  const int failures = ++poll->health.failures;
  if (!poll->is_woken) poll->token.clear();
  if (std::exchange(poll->is_woken, false)) poll->is_owed = true;
  if (failures >= kWakeTries) poll->is_owed = false;
  if (!is_closed_) {
    core_.say(poll->id, LogLevel::warning, log_event::kInboxPollFailed,
              "a poll failed; it is tried again after a pause", {}, poll->health.why);
  }
  const Millis asked = std::min(error.details().retry_after.value_or(Millis(0)), kLongestPollPause);
  // A wake ends a pause of our own, but none that the platform asked for.
  if (asked > Millis(0)) poll->not_before = core_.mono() + asked;
  end(poll, std::max(backoff(failures, *core_.runtime->jitter), asked), DrainEnd::failed);
}

/// The right is given back: another process may poll when it is due.
void PollPump::end(const PollPtr& poll, Millis pause, DrainEnd how) {
  if (!poll->has_right) return later(poll, pause);
  const std::string key = poll->account->keys.polling();
  core_.journal->run<PollRight>(
      poll->account->number, {key},
      [steps = core_.steps, key, clock = core_.runtime->clock, how,
       due = std::clamp(pause, Millis(0), kLongestAskedPause)](StagedStore& view, const std::string& session) {
        return end_poll_right(view, session, *steps, key, unix_millis(clock->wall()), due, how);
      },
      [core = core_.shared_from_this(), poll, pause, how](const Result<PollRight>& right, std::uint64_t) {
        core->pump.ended(poll, pause, how, right);
      });
}

void PollPump::ended(const PollPtr& poll, Millis pause, DrainEnd how, const Result<PollRight>& right) {
  if (right && right->again && poll->has_right && !is_closed_) {
    poll->is_owed = true;
    if (!poll->is_woken) poll->token = right->token;
    return ask(poll);
  }
  // Nobody else polls while it stands there as ours.
  const bool is_ours_still = !right && poll->has_right;
  if (is_ours_still) {
    core_.runtime->scheduler->run_at(core_.mono() + kEndPause, [core = core_.shared_from_this(), poll, pause, how] {
      core->pump.end(poll, pause, how);
    });
    return;
  }
  set_right(*poll, false);
  later(poll, pause);
}

void PollPump::set_right(Poll& poll, bool has_right) {
  if (std::exchange(poll.has_right, has_right) == has_right) return;
  rights_ += has_right ? 1 : static_cast<std::size_t>(-1);
  if (has_right) core_.journal->keep();
}

void PollPump::close() {
  is_closed_ = true;
  for (auto& entry : polls_) {
    entry.second->due.reset();
    entry.second->stop.request();
  }
  schedule_.clear();
}

void PollPump::session_over() {
  for (auto& entry : polls_) set_right(*entry.second, false);
}

const PollHealth* PollPump::health(const std::string& account) const {
  const auto place = polls_.find(account);
  return place == polls_.end() || !place->second->is_named ? nullptr : &place->second->health;
}

void PollPump::add_names(std::unordered_set<std::string>& names) const {
  for (const auto& entry : polls_) {
    if (entry.second->is_named) names.insert(entry.first);
  }
}

Millis PollPump::behind() const {
  Millis most{0};
  for (const auto& entry : polls_) {
    if (entry.second->is_named) most = std::max(most, entry.second->health.behind(core_.now()));
  }
  return most;
}

}  // namespace detail
KEFU_END_NAMESPACE
