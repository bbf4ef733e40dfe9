#include "channel/inbox/core.hpp"

#include "channel/inbox/figures.hpp"
#include "core/report/reporting.hpp"

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace detail {
namespace {

Error is_ending() { return Error(ErrorKind::cancelled, "the Inbox was destroyed or drained"); }

}  // namespace

InboxCore::InboxCore(std::shared_ptr<RuntimeCore> r, std::shared_ptr<AccountBook> a, Inbox::Handler h, InboxOptions o,
                     std::string name)
    : runtime(std::move(r)),
      accounts(std::move(a)),
      handler(std::move(h)),
      options(o),
      steps(std::make_shared<const EventSteps>(runtime->name_space, options.remember)),
      journal(std::make_shared<Journal>(runtime, std::move(name), options.lease)),
      intake(*this),
      lanes(*this),
      sink(*this),
      sweep(*this),
      pump(*this),
      letters(*this) {}

void InboxCore::start() {
  const std::weak_ptr<InboxCore> weak = weak_from_this();
  Journal::Parts parts;
  parts.holds = [weak] {
    const auto core = weak.lock();
    return core && (core->lanes.size() > 0 || core->pump.is_busy() || (core->answers_ && core->answers_->is_busy()));
  };
  parts.over = [weak] {
    if (const auto core = weak.lock()) core->session_over();
  };
  parts.renewed = [weak] {
    if (const auto core = weak.lock()) core->lanes.renewed();
  };
  parts.committed = [weak](std::size_t steps_in, Millis waited) {
    const auto core = weak.lock();
    if (!core || !core->runtime->observer) return;
    const Attribute platform("platform", core->accounts->platform());
    count(*core->runtime->observer, metric::kInboxCommits, {platform});
    count(*core->runtime->observer, metric::kInboxSteps, {platform}, static_cast<double>(steps_in));
    observe(*core->runtime->observer, metric::kStoreQueueSeconds, {platform},
            static_cast<double>(waited.count()) / 1'000);
  };
  parts.in_doubt = [weak] {
    const auto core = weak.lock();
    if (core && core->runtime->observer)
      count(*core->runtime->observer, metric::kInboxDoubts, {{"platform", core->accounts->platform()}});
  };
  journal->connect(std::move(parts));
  const AccountPtr& only = accounts->only();
  const bool is_polled = only && only->channel->is_polled();
  if (!durable()) {
    say(only ? std::string_view(only->channel->id()) : std::string_view(), LogLevel::warning,
        log_event::kInboxNotDurable,
        "the store is not durable: events in hand are lost with the process (kefu::sqlite keeps them)", {});
  }
  if (!durable() && !is_polled) return;
  runtime->scheduler->post([self = shared_from_this(), is_polled] {
    self->sweep.start(true);
    if (is_polled) self->pump.add(self->accounts->only()->channel->id());
  });
}

void InboxCore::close() {
  if (closed_.exchange(true)) return;
  runtime->scheduler->post([self = shared_from_this()] {
    self->pump.close();
    self->lanes.close();
  });
}

Pending<void> InboxCore::with_poller(std::string account, std::function<void(const std::string& id)> work) {
  auto promise = std::make_shared<Promise<void>>(runtime);
  auto pending = promise->pending();
  runtime->scheduler->post([self = shared_from_this(), account = std::move(account), promise, work = std::move(work)] {
    if (self->ending()) return promise->answer(is_ending());
    self->accounts->find(
        account, self->mono() + AccountBook::kFindTime, [self, promise, work](const Result<AccountPtr>& found) {
          if (!found) return promise->answer(found.error());
          if (self->ending()) return promise->answer(is_ending());
          const HostChannel& channel = *(*found)->channel;
          if (!channel.has_poller()) {
            return promise->answer(Error(ErrorKind::unsupported, "account " + channel.id() + " has no Poller: " +
                                                                     channel.missing(Facet::poller)));
          }
          work(channel.id());
          promise->answer(Result<void>());
        });
  });
  return pending;
}

Pending<void> InboxCore::poll(std::string account) {
  return with_poller(std::move(account), [this](const std::string& id) {
    pump.add(id);
    if (!sweep.goes_on()) sweep.start(true);
  });
}

Pending<void> InboxCore::wake(std::string account, std::string token) {
  return with_poller(std::move(account),
                     [this, token = std::move(token)](const std::string& id) { pump.wake(id, token); });
}

void InboxCore::stop_polling(std::string account) {
  runtime->scheduler->post([self = shared_from_this(), account = std::move(account)] { self->pump.remove(account); });
}

Pending<void> InboxCore::drain(Millis within) {
  constexpr Millis kLongestDrain = std::chrono::hours(1);
  auto promise = std::make_shared<Promise<void>>(runtime);
  auto pending = promise->pending();
  draining_ = true;
  const MonoTime deadline = mono() + std::clamp(within, Millis(0), kLongestDrain);
  runtime->scheduler->post([self = shared_from_this(), deadline, promise] {
    self->pump.close();
    self->lanes.close();
    self->drained(deadline, promise);
  });
  return pending;
}

/// Looks again and again whether all that was begun has come to its end.
void InboxCore::drained(MonoTime deadline, const std::shared_ptr<Promise<void>>& promise) {
  constexpr Millis kLook{10};
  constexpr Millis kGiveBackTime{1'000};
  const bool is_busy =
      lanes.size() > 0 || pump.is_busy() || journal->waiting() > 0 || (answers_ && answers_->is_busy());
  if (is_busy && mono() < deadline) {
    runtime->scheduler->run_at(mono() + kLook,
                               [self = shared_from_this(), deadline, promise] { self->drained(deadline, promise); });
    return;
  }
  const auto told = std::make_shared<bool>(false);
  const auto tell = [promise, told](const Result<void>& outcome) {
    if (!std::exchange(*told, true)) promise->answer(outcome);
  };
  // A store that hangs holds nobody up: the session lapses by itself.
  const auto timer = runtime->scheduler->run_at(std::max(deadline, mono() + kGiveBackTime), [tell] {
    tell(Error(ErrorKind::timeout, "the store did not take the session back in time: it lapses with its lease"));
  });
  journal->end_session([self = shared_from_this(), is_busy, tell, timer] {
    self->runtime->scheduler->drop(timer);
    self->drop_all();
    if (!is_busy) return tell(Result<void>());
    tell(Error(ErrorKind::timeout, "some turns were still open: their events begin again elsewhere"));
  });
}

Pending<InboxState> InboxCore::state() {
  auto promise = std::make_shared<Promise<InboxState>>(runtime);
  auto pending = promise->pending();
  runtime->with_store<std::size_t>(
      [prefix = journal->session_prefix()](Store& store) -> Result<std::size_t> {
        auto page = store.list(prefix, {}, ListLimits::keys(Store::kMaxListed));
        if (!page) return page.error();
        return page->items.size();
      },
      [self = shared_from_this(), promise](const Result<std::size_t>& sessions) {
        if (!sessions) return promise->answer(sessions.error());
        InboxState state = self->figures();
        state.live_sessions = *sessions;
        promise->answer(std::move(state));
      });
  return pending;
}

Pending<InboxHealth> InboxCore::health(std::string account) {
  auto promise = std::make_shared<Promise<InboxHealth>>(runtime);
  auto pending = promise->pending();
  runtime->scheduler->post([self = shared_from_this(), account = std::move(account), promise] {
    self->accounts->find(account, self->mono() + AccountBook::kFindTime,
                         [self, promise](const Result<AccountPtr>& found) {
                           if (!found) return promise->answer(found.error());
                           promise->answer(self->health_of(**found));
                         });
  });
  return pending;
}

InboxHealth InboxCore::health_of(const InboxAccount& account) const {
  InboxHealth health;
  health.reading = account.channel->health();
  if (const PollHealth* polled = pump.health(account.channel->id())) {
    health.is_polled = true;
    if (polled->last_poll != WallTime()) health.last_poll = polled->last_poll;
    health.failed_polls = polled->failures;
    health.poll_error = polled->why;
  }
  health.in_hand = places.held(account.number);
  const auto oldest = lanes.oldest();
  const auto own = oldest.find(account.channel->id());
  if (own != oldest.end()) health.oldest = own->second;
  return health;
}

InboxState InboxCore::figures() const {
  InboxState state;
  state.takes_pushes = !ending();
  state.in_hand = *in_hand;
  state.open_turns = lanes.open_turns();
  state.waiting_turns = lanes.waiting_turns();
  for (const auto& [account, came] : lanes.oldest()) {
    if (!state.oldest || came < *state.oldest) state.oldest = came;
  }
  state.taken_over = sweep.taken_over();
  state.polls_behind = pump.behind();
  const JournalFigures& figures = journal->figures();
  state.sessions_lost = figures.sessions;
  state.commits = figures.rounds;
  state.changes = figures.steps;
  state.unknown = figures.unknown;
  state.store_wait = figures.wait;
  return state;
}

void InboxCore::session_over() {
  say({}, LogLevel::warning, log_event::kInboxSessionOver,
      "the session is over: what was held under it is free for others", {});
  drop_all();
  // What nobody else takes is taken again.
  if (!ending()) sweep.start(false);
}

/// Nothing is held any more.
void InboxCore::drop_all() {
  if (outbox_) outbox_->close();
  outbox_.reset();
  answers_.reset();
  lanes.drop_all();
  pump.session_over();
  intake.session_over();
}

bool InboxCore::has_room(std::size_t account, std::size_t events) const {
  constexpr std::size_t kShare = 9;
  const std::size_t held = *in_hand;
  if (held == 0) return true;
  if (held + events > options.max_in_hand) return false;
  const std::size_t own = places.held(account);
  return accounts->only() || own == 0 || own + events <= kShare * (options.max_in_hand - held - events);
}

Outbox& InboxCore::outbox() {
  static_cast<void>(answers());
  return *outbox_;
}

AnswerRecords& InboxCore::answers() {
  if (answers_ && answers_->session() == journal->session().id()) return *answers_;
  if (outbox_) outbox_->close();
  answers_ = std::make_shared<AnswerRecords>(journal, steps, runtime->clock);
  outbox_ = std::make_shared<Outbox>(runtime, answers_, OutboxRules(options.tries));
  return *answers_;
}

void InboxCore::count_event(std::string_view account, std::string_view outcome) const {
  if (!runtime->observer) return;
  count(*runtime->observer, metric::kInboxEvents,
        {{"platform", accounts->platform()}, {"account", account}, {"outcome", outcome}});
}

void InboxCore::count_take_over(std::string_view account) const {
  if (!runtime->observer) return;
  count(*runtime->observer, metric::kInboxTakeOvers, {{"platform", accounts->platform()}, {"account", account}});
}

void InboxCore::count_answer(std::string_view account, std::string_view outcome) const {
  if (!runtime->observer) return;
  count(*runtime->observer, metric::kInboxAnswers,
        {{"platform", accounts->platform()}, {"account", account}, {"outcome", outcome}});
}

/// What waited and waits no more is told once.
void InboxCore::show_accounts() {
  const auto oldest = lanes.oldest();
  std::unordered_set<std::string> names = std::exchange(shown_, {});
  for (const auto& entry : oldest) names.insert(entry.first);
  pump.add_names(names);
  for (const std::string& name : names) {
    AccountFigures figures(accounts->platform(), name);
    const auto own = oldest.find(name);
    if (own != oldest.end()) figures.oldest = std::chrono::duration_cast<Millis>(now() - own->second);
    figures.oldest = std::max(Millis(0), figures.oldest);
    if (const PollHealth* polled = pump.health(name)) figures.behind = polled->behind(now());
    detail::show(*runtime->observer, figures);
    if (own != oldest.end()) shown_.insert(name);
  }
}

void InboxCore::show(std::size_t live_sessions) {
  if (!runtime->observer) return;
  InboxFigures figures(accounts->platform());
  figures.waiting = lanes.events();
  figures.open_turns = lanes.open_turns();
  figures.sessions = live_sessions;
  if (const auto oldest = this->figures().oldest)
    figures.oldest = std::max(Millis(0), std::chrono::duration_cast<Millis>(now() - *oldest));
  if (pump.polls() > 0) figures.behind = pump.behind();
  detail::show(*runtime->observer, figures);
  show_accounts();
}

void InboxCore::count_poll(std::string_view account, std::string_view outcome) const {
  if (!runtime->observer) return;
  count(*runtime->observer, metric::kInboxPolls,
        {{"platform", accounts->platform()}, {"account", account}, {"outcome", outcome}});
}

void InboxCore::say(std::string_view account, LogLevel level, std::string_view event, std::string_view message,
                    std::string_view event_id, std::string_view why) const {
  if (!runtime->observer) return;
  log(*runtime->observer, level, event, message,
      {{"platform", accounts->platform()}, {"account", account}, {"event_id", event_id}, {"why", why}});
}

}  // namespace detail
KEFU_END_NAMESPACE
