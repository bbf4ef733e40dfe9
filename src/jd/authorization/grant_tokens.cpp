#include "jd/authorization/grant_tokens.hpp"

#include "channel/accounts/merchant_events.hpp"
#include "core/async/runtime_core.hpp"
#include "core/async/time_range.hpp"
#include "core/report/reporting.hpp"
#include "core/store/commit_known.hpp"

#include <kefu/core/observer_names.hpp>
#include <kefu/jd/time.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr Millis kFirstSavePause{100};
constexpr Millis kLongestSavePause{2000};

Error unauthorized(const std::string& shop, const std::string& why) {
  return Error(
      ErrorKind::needs_authorization,
      fmt::format("the shop {} {}: make a link with Authorizer::link and let the shop's main account follow it", shop,
                  why));
}

/// After this long without a better answer, a grant whose token is dead is given up.
constexpr std::chrono::minutes kSecondThoughts{10};

/// The refusals that somebody has named: RFC 6749's words, and the numbers of the pages of before 2018 (jd 2.2). All
/// others may be anything, as the numbers of today's pages are in no source.
bool is_named_refusal(const Error& error, bool legacy) {
  const std::string& code = error.platform_code();
  for (const std::string_view word : {"invalid_grant", "invalid_client", "unauthorized_client", "access_denied"})
    if (code == word) return true;
  for (const std::string_view number : {"101", "102", "401", "402", "404"})
    if (legacy && code == number) return true;
  return false;
}

enum class Saved : unsigned char { yes, superseded };

/// Writes a renewal unless the merchant authorized anew, or the grant was forgotten, meanwhile.
Result<Saved> save_renewal(Store& store, const std::string& key, const Grant& grant, std::uint64_t expected) {
  for (int attempt = 0; attempt < 8; ++attempt) {
    auto put = detail::put_known(store, key, grant.json(), expected, std::nullopt, Durability::full);
    if (!put) return put.error();
    if (put->committed) return Saved::yes;
    auto now = read_grant(store, key);
    if (!now) return now.error();
    if (now->grant && now->grant->equals(grant)) return Saved::yes;  // written by a try that seemed to fail
    if (!now->grant || !grant.follows(*now->grant)) return Saved::superseded;
    expected = now->generation;
  }
  return Error(ErrorKind::unavailable, "the grant changes all the time: several processes renew it");
}

}  // namespace

detail::TokenSettings shop_token_settings(std::string app_key, std::string shop) {
  detail::TokenSettings settings("jd", std::move(app_key), "shop_token");
  settings.account = std::move(shop);
  settings.longest_life = kLongestTokenLife;
  settings.longest_margin = std::chrono::hours(24);
  settings.identity = detail::TokenIdentity::text_and_generation;
  settings.renew_unasked = true;
  settings.pause_unauthorized = Millis(1000);
  settings.refused_again = ErrorKind::needs_authorization;
  return settings;
}

std::shared_ptr<detail::TokenProvider> make_grant_tokens(OauthAccess access, std::string shop) {
  auto runtime = access.runtime;
  auto settings = shop_token_settings(access.app->app_key, shop);
  auto fetcher = std::make_shared<GrantFetcher>(std::move(access), std::move(shop));
  return std::make_shared<detail::TokenBroker>(std::move(runtime), std::move(fetcher), std::move(settings));
}

std::shared_ptr<detail::TokenProvider> make_grant_tokens(const App::Core& app, std::string shop) {
  return make_grant_tokens(OauthAccess(app.runtime, app.config, app.oauth, app.events), std::move(shop));
}

Result<StoredGrant> read_grant(Store& store, const std::string& key) {
  auto entry = store.get(key);
  if (!entry) return entry.error();
  StoredGrant found;
  if (!*entry) return found;
  found.generation = (*entry)->generation;
  found.grant = Grant::read((*entry)->value);
  return found;
}

struct GrantFetcher::Job {
  Job(const detail::RuntimeCore& runtime, MonoTime deadline, CancelToken cancel)
      : wait(runtime.scheduler, deadline, std::move(cancel)), start(runtime.clock->wall()) {}
  detail::Wait wait;
  WallTime start;
  bool token_is_refused = false;  ///< The gateway does not take the token any more.
  MoveFunction<void(Result<detail::FetchedToken>)> done;
  Millis pause = kFirstSavePause;
};

GrantFetcher::GrantFetcher(OauthAccess access, std::string shop)
    : access_(std::move(access)),
      shop_(std::move(shop)),
      key_(grant_key(access_.runtime->name_space, access_.app->app_key, shop_)) {}

void GrantFetcher::fetch(Mode mode, MonoTime deadline, CancelToken cancel,
                         MoveFunction<void(Result<detail::FetchedToken>)> done) {
  auto job = std::make_shared<Job>(*access_.runtime, deadline, std::move(cancel));
  job->token_is_refused = mode == Mode::replacing;
  job->done = std::move(done);
  if (unsaved_) return save(job, std::exchange(unsaved_, nullptr));
  access_.runtime->with_store<StoredGrant>(
      detail::Affinity(key_), [key = key_](Store& store) { return read_grant(store, key); },
      [self = shared_from_this(), job](Result<StoredGrant> stored) { self->found(job, std::move(stored)); });
}

void GrantFetcher::found(const JobPtr& job, Result<StoredGrant> stored) {
  if (!stored) return job->done(stored.error());
  if (stored->generation == 0) return job->done(unauthorized(shop_, "has not authorized the application"));
  if (!stored->grant) return job->done(unauthorized(shop_, "has a stored grant that cannot be read"));
  const Grant& grant = *stored->grant;
  if (grant.state == Merchant::State::active && grant.refresh_token.empty())
    return job->done(unauthorized(shop_, "gave a grant that cannot be renewed"));
  // Refused under a wrong secret, as after a mistake in the host's settings, says nothing about the right one.
  const bool other_secret =
      !grant.refresh_token.empty() && grant.refused_secret != access_.app->app_secret.fingerprint();
  if (grant.state == Merchant::State::needs_authorization && !other_secret)
    return job->done(unauthorized(shop_, "needs a new authorization, " + grant.why));
  const RenewalIntent* intent = grant.pending_intent();
  if (intent == nullptr || intent->since == heard_) return begin(job, *std::move(stored));
  const WallTime now = access_.runtime->clock->wall();
  if (now >= intent->until) return interrupted(job, *std::move(stored));
  ErrorDetails details;
  details.message = fmt::format("another process is renewing the grant of the shop {}, or ended while it did", shop_);
  details.retry_after = std::chrono::ceil<Millis>(intent->until - now);
  job->done(Error(ErrorKind::unavailable, Delivery::not_sent, std::move(details)));
}

/// Says in the store that the refresh token is about to be spent.
void GrantFetcher::begin(const JobPtr& job, StoredGrant before) {
  const auto& clock = *access_.runtime->clock;
  const WallTime now = from_unix_millis(unix_millis(clock.wall()));
  const auto left = std::max(job->wait.deadline() - clock.mono(), MonoTime::duration::zero());
  before.grant->intent.reset();
  Grant grant = *before.grant;
  grant.intent = RenewalIntent{grant.renewals, now, detail::later(now, std::chrono::ceil<Millis>(left))};
  heard_ = now;
  const std::uint64_t expected = before.generation;
  put(job, std::move(grant), expected,
      [self = shared_from_this(), job, before = std::move(before)](Result<CommitOutcome> written) mutable {
        if (!written) return job->done(written.error());
        if (!written->committed) return job->done(detail::FetchedToken::elsewhere());
        before.generation = written->generation;
        self->refresh(job, std::move(before));
      });
}

/// `before` is the grant without the intent, and the intent's generation.
void GrantFetcher::refresh(const JobPtr& job, StoredGrant before) {
  const Secret refresh_token = before.grant->refresh_token;  // the grant itself goes along with the answer
  access_.refresh(refresh_token, job->wait.rest(*access_.runtime->clock), CancelToken(),
                  [self = shared_from_this(), job, before = std::move(before)](Result<GrantAnswer> answer) mutable {
                    self->refreshed(job, std::move(before), std::move(answer));
                  });
}

/// What a process that is gone began: whether it spent the refresh token nobody knows, so nobody uses it again.
void GrantFetcher::interrupted(const JobPtr& job, StoredGrant before) {
  Grant lost = *std::move(before.grant);
  lost.lose_renewal(access_.runtime->clock->wall());
  const Error error(ErrorKind::needs_authorization, lost.why);
  put_lost(job, std::move(lost), before.generation, error);
}

/// An error is an end as well: what the refresh token is worth, the next try asks the platform.
void GrantFetcher::not_renewed(const JobPtr& job, StoredGrant before, const Error& error) {
  before.grant->intent.reset();
  put(job, *std::move(before.grant), before.generation, [job, error](const Result<CommitOutcome>& written) {
    if (written && !written->committed) return job->done(detail::FetchedToken::elsewhere());
    job->done(error);
  });
}

void GrantFetcher::put(const JobPtr& job, Grant grant, std::uint64_t expected,
                       MoveFunction<void(Result<CommitOutcome>)> done) {
  access_.runtime->with_store<CommitOutcome>(
      detail::Affinity(key_).surely(),
      [key = key_, grant, expected](Store& store) {
        return detail::put_known(store, key, grant.json(), expected, std::nullopt, Durability::full);
      },
      [self = shared_from_this(), job, grant, expected, done = std::move(done)](Result<CommitOutcome> written) mutable {
        const auto& runtime = *self->access_.runtime;
        const MonoTime again = runtime.clock->mono() + job->pause;
        const bool passing = !written && written.error().kind() == ErrorKind::unavailable;
        if (!passing || again >= job->wait.deadline() || runtime.refusal()) return done(std::move(written));
        job->pause = std::min(job->pause * 2, kLongestSavePause);
        runtime.scheduler->run_at(again,
                                  [self, job, grant = std::move(grant), expected, done = std::move(done)]() mutable {
                                    self->put(job, std::move(grant), expected, std::move(done));
                                  });
      });
}

void GrantFetcher::refreshed(const JobPtr& job, StoredGrant before, Result<GrantAnswer> answer) {
  if (!answer) {
    if (answer.error().kind() == ErrorKind::needs_authorization) return refused(job, std::move(before), answer.error());
    return not_renewed(job, std::move(before), answer.error());
  }
  const WallTime now = access_.runtime->clock->wall();
  auto renewal = std::make_shared<Renewal>();
  renewal->grant = *std::move(before.grant);
  renewal->expected = before.generation;
  renewal->access_token = std::move(answer->access_token);
  renewal->grant.take(*answer, now);
  ++renewal->grant.renewals;
  save(job, std::move(renewal));
}

/// One odd answer is no verdict: it is asked again, with growing pauses, while the token lives, and some minutes
/// longer.
void GrantFetcher::refused(const JobPtr& job, StoredGrant before, const Error& error) {
  const WallTime now = access_.runtime->clock->wall();
  Grant& grant = *before.grant;
  const bool is_first = !grant.refused_since || *grant.refused_since > now;
  if (is_first) grant.refused_since = now;
  const WallTime since = *grant.refused_since;
  const bool is_dead = job->token_is_refused || grant.token_expires <= now;
  if (is_named_refusal(error, access_.app->legacy_oauth) || (is_dead && now - since >= kSecondThoughts))
    return give_up(job, std::move(before), error);
  ErrorDetails details = error.details();
  details.retry_after = std::clamp(std::chrono::duration_cast<Millis>(now - since), Millis(60'000), Millis(3'600'000));
  details.message = fmt::format(
      "the platform did not renew the grant of the shop {}, with an answer that is no clear refusal: it is asked "
      "again. "
      "If it stays so when the token ends, {}",
      shop_, unauthorized(shop_, "needs a new authorization").message());
  if (job->token_is_refused) grant.token_expires = std::min(grant.token_expires, now);
  const Error told(job->token_is_refused ? ErrorKind::needs_authorization : ErrorKind::unavailable, error.delivery(),
                   std::move(details));
  not_renewed(job, std::move(before), told);
}

/// The merchant has to authorize again; whoever asks later reads that in the store and makes no call.
void GrantFetcher::give_up(const JobPtr& job, StoredGrant before, const Error& error) {
  Grant lost = *std::move(before.grant);
  lost.state = Merchant::State::needs_authorization;
  lost.refused_secret = access_.app->app_secret.fingerprint();
  lost.why = fmt::format("the platform refused to renew it at {} (GMT+8), code {}",
                         gateway_time(access_.runtime->clock->wall()), error.platform_code());
  if (!error.details().platform_message.empty()) lost.why += ": " + error.details().platform_message;
  lost.since = access_.runtime->clock->wall();
  put_lost(job, std::move(lost), before.generation, error);
}

void GrantFetcher::put_lost(const JobPtr& job, Grant lost, std::uint64_t expected, const Error& error) {
  const std::string why = lost.why;
  const Merchant told = lost.describe();
  put(job, std::move(lost), expected,
      [self = shared_from_this(), job, error, why, told](const Result<CommitOutcome>& written) {
        if (written && !written->committed) return job->done(detail::FetchedToken::elsewhere());
        self->report_lost(error, why);
        self->access_.events->tell(MerchantEvent::Kind::needs_authorization, told);
        ErrorDetails details = error.details();
        details.message = unauthorized(self->shop_, "needs a new authorization, " + why).message();
        job->done(Error(ErrorKind::needs_authorization, error.delivery(), std::move(details)));
      });
}

void GrantFetcher::save(const JobPtr& job, std::shared_ptr<Renewal> renewal) {
  const detail::Affinity affinity(key_);
  access_.runtime->with_store<Saved>(
      affinity.surely(),
      [key = key_, renewal](Store& store) { return save_renewal(store, key, renewal->grant, renewal->expected); },
      [self = shared_from_this(), job, renewal](const Result<Saved>& saved) {
        if (!saved) return self->not_saved(job, renewal, saved.error());
        if (*saved == Saved::superseded) return job->done(detail::FetchedToken::elsewhere());
        const auto left = renewal->grant.token_expires - job->start;
        if (left < std::chrono::seconds(1))
          return job->done(Error(ErrorKind::configuration,
                                 "what the platform says of the renewed token (expires_in, time) leaves it no usable "
                                 "life by this host's clock: look at the clock"));
        job->done(detail::FetchedToken(renewal->access_token, std::chrono::duration_cast<std::chrono::seconds>(left)));
      });
}

/// A save that waits for its time. A runtime that ends drops it: then it is done at once, for the last time.
class GrantFetcher::SaveAgain {
 public:
  SaveAgain(std::shared_ptr<GrantFetcher> fetcher, JobPtr job, std::shared_ptr<Renewal> renewal)
      : fetcher_(std::move(fetcher)), job_(std::move(job)), renewal_(std::move(renewal)) {}
  SaveAgain(SaveAgain&&) noexcept = default;
  SaveAgain& operator=(SaveAgain&&) = delete;
  ~SaveAgain() {
    if (fetcher_) (*this)();
  }
  void operator()() {
    const auto fetcher = std::move(fetcher_);
    fetcher->save(job_, std::move(renewal_));
  }

 private:
  std::shared_ptr<GrantFetcher> fetcher_;
  JobPtr job_;
  std::shared_ptr<Renewal> renewal_;
};

/// The platform has acted, so what it gave must not get lost: tried again until the deadline, then by the next fetch.
void GrantFetcher::not_saved(const JobPtr& job, std::shared_ptr<Renewal> renewal, const Error& error) {
  const auto& runtime = *access_.runtime;
  const MonoTime again = runtime.clock->mono() + job->pause;
  if (again < job->wait.deadline() && !runtime.refusal()) {
    job->pause = std::min(job->pause * 2, kLongestSavePause);
    runtime.scheduler->run_at(again, SaveAgain(shared_from_this(), job, std::move(renewal)));
    return;
  }
  if (runtime.observer)
    detail::log(*runtime.observer, LogLevel::error, log_event::kAuthorizationNotStored,
                "a renewed grant could not be stored yet",
                {{"platform", "jd"}, {"account", shop_}, {"error", error.to_string()}});
  unsaved_ = std::move(renewal);
  job->done(error);
}

void GrantFetcher::report_lost(const Error& error, const std::string& why) const {
  if (!access_.runtime->observer) return;
  detail::log(*access_.runtime->observer, LogLevel::error, log_event::kAuthorizationLost,
              "a merchant has to authorize the application again",
              {{"platform", "jd"}, {"account", shop_}, {"code", error.platform_code()}, {"why", why}});
}

}  // namespace jd
KEFU_END_NAMESPACE
