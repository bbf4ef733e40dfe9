#include "core/tokens/broker.hpp"

#include "core/crypto/crypto.hpp"
#include "core/report/reporting.hpp"

#include <kefu/core/observer_names.hpp>

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {

namespace {

constexpr Millis kGuard = std::chrono::seconds(5);  // past a fetch's own deadline: the fetcher forgot us
constexpr int kMostLooks = 3;                       // at the record again, at a fetcher's word

}  // namespace

std::string TokenSettings::key(std::string_view name_space, std::string_view what) const {
  StoreKey key(name_space, platform, what, app);
  key.add(kind);
  if (!account.empty()) key.add(account);
  return key.str();
}

TokenBroker::TokenBroker(std::shared_ptr<RuntimeCore> core, std::shared_ptr<TokenFetcher> fetcher,
                         TokenSettings settings)
    : core_(std::move(core)),
      fetcher_(std::move(fetcher)),
      settings_(std::move(settings)),
      vault_(std::make_shared<const TokenVault>(core_->clock, settings_.record_key(core_->name_space),
                                                settings_.budget_key(core_->name_space), settings_.identity)),
      owner_(random_text(20)),
      affinity_(settings_.record_key(core_->name_space)),
      breaker_(settings_.refused_again) {}

TokenBroker::~TokenBroker() { core_->scheduler->drop(renewal_); }

// --- what callers ask -----------------------------------------------------------------------------

TokenPtr TokenBroker::live() const {
  TokenPtr token;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    token = published_;
  }
  return usable(token) ? token : nullptr;
}

bool TokenBroker::usable(const TokenPtr& token) const { return token && core_->clock->mono() < token->end; }

TokenPtr TokenBroker::at_hand() {
  if (!token_) return nullptr;
  const MonoTime now = core_->clock->mono();
  if (now >= token_->end) return nullptr;
  const RoundPtr round = round_.lock();
  if (round && round->refused == token_->tag.digest) return nullptr;  // about to be replaced
  if (now >= token_->refresh_at && !round && now >= quiet_until_ && now >= failed_until_) look(start(Cause::ahead));
  return token_;
}

void TokenBroker::get(MonoTime deadline, CancelToken cancel, Got done) {
  if (TokenPtr token = at_hand()) return done(std::move(token));
  if (const RoundPtr round = round_.lock()) return round->wait(deadline, std::move(cancel), std::move(done));
  if (core_->clock->mono() < failed_until_) return done(cooling());
  const RoundPtr round = start(Cause::missing);
  round->wait(deadline, std::move(cancel), std::move(done));
  look(round);
}

void TokenBroker::refused(CredentialTag tag, MonoTime deadline, CancelToken cancel, Renewed done) {
  Got renewed = [done = std::move(done)](Result<TokenPtr> token) mutable {
    if (token) return done(Result<void>());
    done(token.error());
  };
  RoundPtr round = round_.lock();
  if (!token_ || token_->tag.digest != tag.digest)  // another one is in place already, or on its way
    return get(deadline, std::move(cancel), std::move(renewed));

  if (!round || round->refused != tag.digest) {  // the first to say so
    if (core_->observer) {
      count(*core_->observer, metric::kTokenRefusals,
            {{"platform", settings_.platform}, {"account", settings_.label()}, {"kind", settings_.kind}});
      log(*core_->observer, LogLevel::warning, log_event::kTokenRefused, "the platform refused a token",
          {{"platform", settings_.platform},
           {"account", settings_.label()},
           {"kind", settings_.kind},
           {"fingerprint", token_->value.fingerprint()}});
    }
    bool opened = false;
    auto open = breaker_.refused(*token_, core_->clock->mono(), &opened);
    if (opened && core_->observer)
      log(*core_->observer, LogLevel::error, log_event::kTokenBreaker, "renewed tokens are refused again and again",
          {{"platform", settings_.platform}, {"account", settings_.label()}, {"kind", settings_.kind}});
    if (open) return renewed(*std::move(open));
    if (core_->clock->mono() < failed_until_) return renewed(cooling());
  }
  if (round) {
    round->refused = tag.digest;
    return round->wait(deadline, std::move(cancel), std::move(renewed));
  }
  round = start(Cause::refused);
  round->refused = tag.digest;
  round->wait(deadline, std::move(cancel), std::move(renewed));
  look(round);
}

void TokenBroker::force(MonoTime deadline, CancelToken cancel, Renewed done) {
  if (round_.lock())
    return done(Error(ErrorKind::conflict, "this token is being fetched at the moment: call again if it has to go"));
  const RoundPtr round = start(Cause::leaked);
  round->wait(deadline, std::move(cancel), [done = std::move(done)](Result<TokenPtr> token) mutable {
    done(token ? Result<void>() : Result<void>(token.error()));
  });
  look(round);
}

// --- read the record, take the lease --------------------------------------------------------------

TokenBroker::RoundPtr TokenBroker::start(Cause cause) {
  auto round = std::make_shared<TokenRound>(cause, core_);
  round_ = round;
  return round;
}

void TokenBroker::look(const RoundPtr& round) {
  core_->with_store<TokenVault::Found>(
      affinity_,
      [vault = vault_, owner = owner_, lease = settings_.lease, refused = round->refused,
       known = token_ ? token_->tag.digest : 0, leaked = round->cause == Cause::leaked](Store& store) {
        return leaked ? vault->claim(store, owner, lease) : vault->look(store, owner, lease, refused, known);
      },
      [self = shared_from_this(), round](Result<TokenVault::Found> found) { self->looked(round, std::move(found)); });
}

void TokenBroker::looked(const RoundPtr& round, Result<TokenVault::Found> found) {
  if (round->over) return;
  if (!found) {
    report_store(found.error());
    if (round->cause == Cause::ahead && round->refused == 0) {  // STO-6: the old one serves until its end
      quiet_until_ = core_->clock->mono() + Millis(5000);
      return finish(round, token_);
    }
    if (round->cause == Cause::leaked) return finish(round, found.error());
    if (found.error().kind() == ErrorKind::rate_limited) return finish(round, found.error());  // too much at once
    if (!settings_.fetch_without_store) return fail(round, found.error());
    round->store_down = true;
    return fetch(round, round->refused != 0 ? TokenFetcher::Mode::replacing : TokenFetcher::Mode::normal);
  }
  round->store_generation = found->generation;
  round->record_generation = found->record ? found->record->generation : 0;
  if (found->lease) {
    round->lease = std::move(found->lease);
    if (round->cause == Cause::leaked && fetcher_->can_force()) return spend_forced(round);
    return fetch(round, round->refused != 0 ? TokenFetcher::Mode::replacing : TokenFetcher::Mode::normal);
  }
  if (!found->usable) return poll(round);
  if (vault_->digest_of(*found->record) == round->refused) return look(round);  // refused while we read it
  if (core_->observer)
    count(*core_->observer, metric::kTokenAdoptions,
          {{"platform", settings_.platform}, {"account", settings_.label()}, {"kind", settings_.kind}});
  adopt(round, *found->record, end_of(*found->record));
}

/// Another process holds the lease: look at the record again soon, as long as somebody waits.
void TokenBroker::poll(const RoundPtr& round) {
  const MonoTime now = core_->clock->mono();
  const double spread = 0.5 + core_->jitter->unit();
  if (round->nobody_waits()) {
    quiet_until_ = now + Millis(static_cast<std::int64_t>(2000 * spread));
    return finish(round, token_);
  }
  const int pause = std::min(400, 50 << std::min(round->polls++, 3));
  core_->scheduler->run_at(now + Millis(static_cast<std::int64_t>(pause * spread)),
                           [self = shared_from_this(), round] { self->look(round); });
}

// --- fetch ----------------------------------------------------------------------------------------

void TokenBroker::fetch(const RoundPtr& round, TokenFetcher::Mode mode) {
  const MonoTime now = core_->clock->mono();
  round->mode = mode;
  round->fetch_start = now;
  round->fetch_wall = core_->clock->wall();
  if (round->refused != 0) breaker_.fetching(now);
  round->guard = core_->scheduler->run_at(
      now + settings_.fetch_timeout + kGuard, [weak = weak_from_this(), weak_round = std::weak_ptr<TokenRound>(round)] {
        const auto self = weak.lock();
        const auto late = weak_round.lock();
        if (!self || !late || late->over) return;
        late->fetch_cancel.request();
        self->fail(late, Error(ErrorKind::timeout, "the fetch of a token did not end within its time"));
      });
  fetcher_->fetch(
      mode, now + settings_.fetch_timeout, round->fetch_cancel.token(),
      [weak = weak_from_this(), round](Result<FetchedToken> answer) {  // weak: a fetcher may keep what it called
        if (const auto self = weak.lock()) self->fetched(round, std::move(answer));
      });
}

void TokenBroker::fetched(const RoundPtr& round, Result<FetchedToken> answer) {
  if (round->over) return;
  core_->scheduler->drop(std::exchange(round->guard, 0));
  if (answer && answer->look_again) {
    if (round->looks++ < kMostLooks) return look(round);
    answer = Error(ErrorKind::unavailable, "others change the credential all the time, and none that works is stored");
  }
  if (answer && (answer->value.empty() || answer->life.count() <= 0 || answer->life > settings_.longest_life)) {
    const std::string wrong =
        answer->value.empty() ? "the platform's answer holds an empty token"
                              : fmt::format("the platform's answer gives the token a life of {} s, usable are 1 to {}",
                                            answer->life.count(), settings_.longest_life.count());
    answer = Error(ErrorKind::malformed_reply, wrong);
  }
  if (core_->observer) report_fetch(*round, answer ? "ok" : to_string(answer.error().kind()));
  if (!answer) return fail(round, answer.error());
  if (settings_.identity == TokenIdentity::text && tag_digest(answer->value.expose()) == round->refused)
    return same_again(round);
  keep(round, *std::move(answer));
}

/// A normal fetch gave the very token that was refused: the one case for a forced refresh, within its budget (TOK-5).
void TokenBroker::same_again(const RoundPtr& round) {
  if (round->mode == TokenFetcher::Mode::forced || !fetcher_->can_force() || round->store_down)
    return fail(round, Error(ErrorKind::credentials_refused,
                             "the platform refused this token and gives it out again: look whether the call wants "
                             "another kind of token"));
  spend_forced(round);
}

/// Takes one of the forced refreshes of the day from the budget that all processes share.
void TokenBroker::spend_forced(const RoundPtr& round) {
  core_->with_store<TokenVault::Spent>(
      affinity_,
      [vault = vault_, per_day = settings_.forced_per_day, apart = settings_.forced_apart](Store& store) {
        return vault->spend(store, per_day, apart);
      },
      [self = shared_from_this(), round](Result<TokenVault::Spent> answer) { self->spent(round, std::move(answer)); });
}

void TokenBroker::spent(const RoundPtr& round, Result<TokenVault::Spent> answer) {
  if (round->over) return;
  if (!answer) return round->cause == Cause::leaked ? finish(round, answer.error()) : fail(round, answer.error());
  if (answer->allowed) return fetch(round, TokenFetcher::Mode::forced);
  ErrorDetails details;
  const bool leaked = round->cause == Cause::leaked;
  if (!leaked) details.message = "the platform refused this token and gives it out again; ";
  if (answer->wait.count() > 0) {
    details.retry_after = answer->wait;
    details.message += fmt::format("a forced refresh is possible again in {} ms", answer->wait.count());
  } else {
    details.message += fmt::format(
        "the forced refreshes of today ({}) are used up: look for a second owner of the token", answer->today);
  }
  if (leaked) {
    const ErrorKind kind = answer->wait.count() > 0 ? ErrorKind::rate_limited : ErrorKind::quota_exhausted;
    return finish(round, Error(kind, Delivery::not_sent, std::move(details)));
  }
  fail(round, Error(ErrorKind::credentials_refused, Delivery::not_sent, std::move(details)));
}

// --- write the record, use the token --------------------------------------------------------------

/// Compare-and-set: a slow fetch never overwrites what somebody wrote meanwhile; it takes that instead (TOK-2).
void TokenBroker::keep(const RoundPtr& round, FetchedToken token) {
  TokenRecord record;
  record.value = std::move(token.value);
  record.generation = std::max(round->record_generation, token_ ? token_->tag.generation : 0) + 1;
  record.issued = round->fetch_wall;
  record.expires = round->fetch_wall + token.life;
  const MonoTime end = round->fetch_start + token.life;
  if (round->store_down) return adopt(round, record, end);
  using Winner = std::optional<TokenRecord>;
  core_->with_store<Winner>(
      affinity_.surely(),
      [vault = vault_, record, expected = round->store_generation, refused = round->refused](Store& store) {
        return vault->keep(store, record, expected, refused);
      },
      [self = shared_from_this(), round, record, end](Result<Winner> winner) {
        if (round->over) return;
        if (winner && *winner) return self->adopt(round, **winner, self->end_of(**winner));
        if (!winner) self->report_store(winner.error());  // it works all the same, in this process
        self->adopt(round, record, end);
      });
}

/// A record's end on this process's own clock, which does not jump; never later than a whole life from now.
MonoTime TokenBroker::end_of(const TokenRecord& record) const {
  const auto left = std::chrono::duration_cast<Millis>(record.expires - core_->clock->wall());
  return core_->clock->mono() + std::clamp(left, Millis(0), std::max(Millis(0), record.life()));
}

void TokenBroker::adopt(const RoundPtr& round, const TokenRecord& record, MonoTime end) {
  const MonoTime now = core_->clock->mono();
  const Millis margin = std::min(settings_.longest_margin, record.life() / 10);
  const Millis spread(
      static_cast<std::int64_t>(static_cast<double>(margin.count()) * (1 - 0.2 * core_->jitter->unit())));
  token_ = std::make_shared<const Token>(record.value, record.generation, now, end - std::max(spread, Millis(1)), end,
                                         settings_.identity);
  if (round->refused != 0) breaker_.renewed(*token_);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    published_ = token_;
  }
  failures_ = 0;
  failed_until_ = MonoTime::min();
  quiet_until_ = now + Millis(1000);
  if (core_->observer)
    log(*core_->observer, LogLevel::info, log_event::kTokenRefreshed, "a new token is in use",
        {{"platform", settings_.platform},
         {"account", settings_.label()},
         {"kind", settings_.kind},
         {"cause", round->cause_name()},
         {"fingerprint", record.value.fingerprint()},
         {"generation", std::to_string(record.generation)}});
  finish(round, token_);
}

// --- ends of a round ------------------------------------------------------------------------------

/// All who wait get this error, and for a moment nobody asks again (TOK-3, TOK-7).
void TokenBroker::fail(const RoundPtr& round, const Error& error) {
  if (!core_->stopping()) {
    ++failures_;
    failed_until_ = core_->clock->mono() + pause_after(error);
    last_error_ = error;
    if (core_->observer)
      log(*core_->observer, LogLevel::warning, log_event::kTokenFetchFailed, "no new token",
          {{"platform", settings_.platform},
           {"account", settings_.label()},
           {"kind", settings_.kind},
           {"error", error.to_string()}});
  }
  const bool lost = error.kind() == ErrorKind::needs_authorization;
  if (lost && token_ && token_->tag.digest == round->refused) return lose(round, error);
  if (lost) quiet_until_ = failed_until_ + Millis(60'000);  // the live token serves until its end
  finish(round, error);
}

/// The platform refused the token and gives no other: nobody carries it any more, here or elsewhere.
void TokenBroker::lose(const RoundPtr& round, const Error& error) {
  token_.reset();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    published_.reset();
  }
  if (!round->lease) return finish(round, error);
  core_->with_store<bool>(
      affinity_.surely(),
      [vault = vault_, expected = round->store_generation](Store& store) { return vault->retire(store, expected); },
      [self = shared_from_this(), round, error](const Result<bool>& retired) {
        if (!retired) self->report_store(retired.error());
        self->finish(round, error);
      });
}

void TokenBroker::finish(const RoundPtr& round, const Result<TokenPtr>& result) {
  if (std::exchange(round->over, true)) return;
  give_lease_back(round);
  core_->scheduler->drop(std::exchange(round->guard, 0));
  if (round_.lock() == round) round_.reset();
  plan_renewal();
  round->answer_all(result);
}

void TokenBroker::plan_renewal() {
  if (!settings_.renew_unasked) return;
  core_->scheduler->drop(std::exchange(renewal_, 0));
  if (!usable(token_)) return;
  const MonoTime when = std::max({token_->refresh_at, failed_until_, quiet_until_});
  if (when >= token_->end) return;
  renewal_ = core_->scheduler->run_at(when, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->at_hand();
  });
}

void TokenBroker::give_lease_back(const RoundPtr& round) {
  if (!round->lease) return;
  core_->with_store<bool>(
      affinity_.surely(),
      [lease = *std::exchange(round->lease, std::nullopt)](Store& store) -> Result<bool> {
        static_cast<void>(store.release(lease));  // it ends by itself too
        return true;
      },
      [](Result<bool>) {});
}

Millis TokenBroker::pause_after(const Error& error) const {
  if (const auto named = error.details().retry_after)
    return std::clamp(*named, Millis(1000), Millis(std::chrono::hours(1)));
  switch (error.kind()) {
    case ErrorKind::needs_authorization:
      return settings_.pause_unauthorized;
    case ErrorKind::configuration:
    case ErrorKind::permission:
    case ErrorKind::unsupported:
    case ErrorKind::bad_argument:
      return std::chrono::seconds(60);
    case ErrorKind::quota_exhausted:
      return std::chrono::minutes(10);
    case ErrorKind::credentials_refused:
      return std::chrono::seconds(30);
    default:
      return std::chrono::seconds(std::min(30, 1 << std::min(failures_ - 1, 5)));
  }
}

Error TokenBroker::cooling() const {
  ErrorDetails details = last_error_->details();
  const auto left = std::chrono::duration_cast<Millis>(failed_until_ - core_->clock->mono());
  details.retry_after = std::max(left, Millis(1));
  details.message += fmt::format(" (not tried again for {} ms)", details.retry_after->count());
  return Error(last_error_->kind(), last_error_->delivery(), std::move(details));
}

// --- reports --------------------------------------------------------------------------------------

void TokenBroker::report_fetch(const TokenRound& round, std::string_view outcome) const {
  count(*core_->observer, metric::kTokenFetches,
        {{"platform", settings_.platform},
         {"account", settings_.label()},
         {"kind", settings_.kind},
         {"cause", round.cause_name()},
         {"outcome", outcome}});
  const MonoTime end = core_->clock->mono();
  core_->observer->span(SpanRecord{span_name::kTokenFetch, round.fetch_start, end,
                                   started_at(*core_->clock, round.fetch_start, end), 0, core_->span_ids.next(), 0,
                                   TraceParent(),
                                   Attributes{{"platform", settings_.platform},
                                              {"account", settings_.label()},
                                              {"kind", settings_.kind},
                                              {"cause", round.cause_name()},
                                              {"outcome", outcome}}});
}

void TokenBroker::report_store(const Error& error) const {
  if (!core_->observer) return;
  log(*core_->observer, LogLevel::warning, log_event::kTokenStoreFailed,
      "the store failed; tokens in memory stay in use until their end",
      {{"platform", settings_.platform},
       {"account", settings_.label()},
       {"kind", settings_.kind},
       {"error", error.to_string()}});
}

}  // namespace detail
KEFU_END_NAMESPACE
