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

/// What a poller must keep, so that its batch fits a commit.
std::optional<Error> check_batch(const PollBatch& batch) {
  if (batch.events.size() <= Poller::kMaxEvents && batch.cursor.size() <= Poller::kMaxCursorWrites) return std::nullopt;
  return Error(ErrorKind::internal, "the channel's poller gave more than Poller::kMaxEvents or kMaxCursorWrites");
}

}  // namespace

void PollPump::add(const AccountPtr& account) {
  auto& poll = polls_[account->channel->id()];
  if (poll) return;
  poll = std::make_shared<Poll>();
  poll->account = account;
  begin(poll);
}

void PollPump::wake(const AccountPtr& account) {
  if (is_closed_) return;
  auto& poll = polls_[account->channel->id()];
  if (!poll) {
    poll = std::make_shared<Poll>();
    poll->account = account;
  }
  poll->is_woken = true;
  if (!poll->is_at_work) begin(poll);
}

void PollPump::later(const PollPtr& poll, Millis pause) {
  poll->is_at_work = false;
  if (is_closed_) return;
  if (poll->is_woken) pause = kLeastPause;
  poll->due = core_.mono() + std::clamp(pause, kLeastPause, kLongestAskedPause);
  poll->is_due = true;
  schedule_.emplace(poll->due, poll);
  arm();
}

/// One timer, for the first that is due.
void PollPump::arm() {
  if (schedule_.empty()) return;
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

void PollPump::run_due() {
  const MonoTime now = core_.mono();
  while (!schedule_.empty() && schedule_.begin()->first <= now) {
    const PollPtr poll = schedule_.begin()->second;
    schedule_.erase(schedule_.begin());
    if (std::exchange(poll->is_due, false) && !poll->is_at_work) begin(poll);
  }
  arm();
}

/// One drain: the right to poll, polls and commits until there is no more, the right given back.
void PollPump::begin(const PollPtr& poll) {
  if (is_closed_) return;
  poll->is_due = false;
  poll->is_at_work = true;
  if (!core_.has_room(poll->account->number, Poller::kMaxEvents)) return later(poll, kRoomPause);
  const std::string key = poll->account->keys.polling();
  core_.journal->run<PollRight>(
      poll->account->number, {key},
      [steps = core_.steps, key, clock = core_.runtime->clock, woken = std::exchange(poll->is_woken, false)](
          StagedStore& view, const std::string& session) {
        return take_poll_right(view, session, *steps, key, unix_millis(clock->wall()), woken);
      },
      [core = core_.shared_from_this(), poll](const Result<PollRight>& right, std::uint64_t) {
        core->pump.began(poll, right);
      });
}

void PollPump::began(const PollPtr& poll, const Result<PollRight>& right) {
  if (!right) return failed(poll, right.error());
  if (!right->is_ours) return later(poll, right->wait > Millis(0) ? right->wait : core_.options.sweep);
  set_right(*poll, true);
  poll->first = right->first;
  if (is_closed_) return end(poll, Millis(0));
  ask(poll);
}

void PollPump::ask(const PollPtr& poll) {
  CallOptions options;
  options.cancel = poll->stop.token();
  poll->account->channel->poll(std::move(options))
      .then([core = core_.shared_from_this(), poll](Result<PollBatch> batch) {
        core->runtime->scheduler->post(
            [core, poll, batch = std::move(batch)]() mutable { core->pump.polled(poll, std::move(batch)); });
      });
}

void PollPump::polled(const PollPtr& poll, Result<PollBatch> batch) {
  // What was not committed comes again, to whoever polls then.
  if (is_closed_) return end(poll, Millis(0));
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
    events.emplace_back(std::move(event));
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
  const std::string& account = poll->account->channel->id();
  const bool is_lost = !outcome && outcome.error().kind() == ErrorKind::conflict;
  if (!outcome && !is_lost) return failed(poll, outcome.error());
  poll->health.failures = 0;
  poll->health.why.clear();
  poll->health.last_poll = core_.now();
  core_.count_poll(account, is_lost ? "lost" : "ok");
  for (std::size_t i = 0; outcome && i < outcome->size(); ++i) {
    switch ((*outcome)[i].fate) {
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
  if (is_closed_ || (!batch.more && !is_lost)) return end(poll, batch.pause);
  if (!poll->has_right || !core_.has_room(poll->account->number, Poller::kMaxEvents)) return end(poll, kLeastPause);
  ask(poll);
}

void PollPump::failed(const PollPtr& poll, const Error& error) {
  const std::string& account = poll->account->channel->id();
  core_.count_poll(account, to_string(error.kind()));
  poll->health.why = error.to_string();
  const int failures = ++poll->health.failures;
  if (!is_closed_) {
    core_.say(account, LogLevel::warning, log_event::kInboxPollFailed, "a poll failed; it is tried again after a pause",
              {}, poll->health.why);
  }
  const Millis asked = std::min(error.details().retry_after.value_or(Millis(0)), kLongestPollPause);
  end(poll, std::max(backoff(failures, *core_.runtime->jitter), asked));
}

/// The right is given back: another process may poll when it is due.
void PollPump::end(const PollPtr& poll, Millis pause) {
  if (!poll->has_right) return later(poll, pause);
  const std::string key = poll->account->keys.polling();
  core_.journal->run<PollRight>(
      poll->account->number, {key},
      [key, clock = core_.runtime->clock, due = std::clamp(pause, Millis(0), kLongestAskedPause)](
          StagedStore& view, const std::string& session) {
        return end_poll_right(view, session, key, unix_millis(clock->wall()), due);
      },
      [core = core_.shared_from_this(), poll, pause](const Result<PollRight>& right, std::uint64_t) {
        PollPump& self = core->pump;
        const bool goes_on = right && right->again && !self.is_closed_ && poll->has_right;
        if (goes_on) return self.ask(poll);
        self.set_right(*poll, false);
        self.later(poll, pause);
      });
}

void PollPump::set_right(Poll& poll, bool has_right) {
  if (std::exchange(poll.has_right, has_right) == has_right) return;
  rights_ += has_right ? 1 : static_cast<std::size_t>(-1);
  if (has_right) core_.journal->keep();
}

void PollPump::close() {
  is_closed_ = true;
  schedule_.clear();
  for (auto& entry : polls_) entry.second->stop.request();
}

void PollPump::session_over() {
  for (auto& entry : polls_) set_right(*entry.second, false);
}

const PollHealth* PollPump::health(const std::string& account) const {
  const auto place = polls_.find(account);
  return place == polls_.end() ? nullptr : &place->second->health;
}

Millis PollPump::behind() const {
  Millis most{0};
  for (const auto& entry : polls_) {
    const WallTime last = entry.second->health.last_poll;
    if (last != WallTime()) most = std::max(most, std::chrono::duration_cast<Millis>(core_.now() - last));
  }
  return most;
}

}  // namespace detail
KEFU_END_NAMESPACE
