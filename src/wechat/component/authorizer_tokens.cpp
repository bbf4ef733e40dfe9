#include "wechat/component/authorizer_tokens.hpp"

#include "core/report/reporting.hpp"

#include <kefu/core/observer_names.hpp>
#include <kefu/wechat/component.hpp>

#include <fmt/format.h>

#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr Millis kKeepTokenAgain{200};

Error not_authorized(const std::string& app_id, const std::string& why) {
  return Error(
      ErrorKind::needs_authorization,
      fmt::format("the account {} {}: make a link with Authorizer::link and let the merchant follow it", app_id, why));
}

/// What is known of the account, by its app id.
Result<ComponentGrant> grant_of_account(Store& store, const ComponentRecords& records, const std::string& app_id) {
  auto merchant = find_merchant(store, records.keys, app_id);
  if (!merchant) return merchant.error();
  if (merchant->empty()) return not_authorized(app_id, "has not authorized the platform");
  auto found = find_grant(store, records.keys.grant(*merchant));
  if (!found) return found.error();
  if (!found->grant) return not_authorized(app_id, "has not authorized the platform");
  return *std::move(found->grant);
}

}  // namespace

struct AuthorizerTokenFetcher::Job {
  Job(const detail::RuntimeCore& runtime, MonoTime deadline, CancelToken cancel)
      : wait(runtime.scheduler, deadline, std::move(cancel)) {}
  detail::Wait wait;
  MoveFunction<void(Result<detail::FetchedToken>)> done;
  std::string merchant;
  Secret refresh_token;  ///< What is sent.
  bool looked_up = false;
  AuthorizerTokenAnswer answer;
};

void AuthorizerTokenFetcher::fetch(Mode, MonoTime deadline, CancelToken cancel,
                                   MoveFunction<void(Result<detail::FetchedToken>)> done) {
  auto job = std::make_shared<Job>(*runtime_, deadline, std::move(cancel));
  job->done = std::move(done);
  look(job);
}

void AuthorizerTokenFetcher::look(const JobPtr& job) {
  runtime_->with_store<ComponentGrant>(
      detail::Affinity(records_.keys.merchant_of(app_id_)),
      [records = records_, app_id = app_id_](Store& store) { return grant_of_account(store, records, app_id); },
      [self = shared_from_this(), job](Result<ComponentGrant> grant) { self->found(job, std::move(grant)); });
}

void AuthorizerTokenFetcher::found(const JobPtr& job, Result<ComponentGrant> grant) {
  if (!grant) return job->done(grant.error());
  if (grant->state != Merchant::State::active)
    return job->done(not_authorized(app_id_, "needs a new authorization, " + grant->why));
  job->merchant = grant->merchant;
  job->refresh_token = grant->refresh_token;
  if (job->refresh_token.empty())
    return look_up(job, not_authorized(app_id_, "gave a grant without permission to call APIs"));
  ask(job);
}

void AuthorizerTokenFetcher::ask(const JobPtr& job) {
  FetchAuthorizerToken request(app_id_, job->refresh_token);
  request.component_app_id = records_.component_app_id;
  client_.start(std::move(request), job->wait.rest(*runtime_->clock), CancelToken(),
                [self = shared_from_this(), job](Result<AuthorizerTokenAnswer> answer) {
                  self->answered(job, std::move(answer));
                });
}

void AuthorizerTokenFetcher::answered(const JobPtr& job, Result<AuthorizerTokenAnswer> answer) {
  if (!answer) {
    if (answer.error().kind() != ErrorKind::needs_authorization) return job->done(answer.error());
    return look_up(job, answer.error());
  }
  job->answer = *std::move(answer);
  const Secret& next = job->answer.refresh_token;
  if (next.empty() || next == job->refresh_token)
    return job->done(detail::FetchedToken(job->answer.access_token, std::chrono::seconds(job->answer.expires_in)));
  keep(job);
}

/// A refresh token that changed is durable before the access token is used; a store that fails for a moment is asked
/// again until the deadline. If it stays so, the next fetch looks the token up.
void AuthorizerTokenFetcher::keep(const JobPtr& job) {
  runtime_->with_store<bool>(
      detail::Affinity(records_.keys.merchant_of(app_id_)).surely(),
      [records = records_, merchant = job->merchant, before = job->refresh_token, after = job->answer.refresh_token](
          Store& store) { return put_refresh_token(store, records, merchant, before, after); },
      [self = shared_from_this(), job](const Result<bool>& kept) {
        if (kept && !*kept) return job->done(detail::FetchedToken::elsewhere());
        if (kept)
          return job->done(
              detail::FetchedToken(job->answer.access_token, std::chrono::seconds(job->answer.expires_in)));
        const MonoTime again = self->runtime_->clock->mono() + kKeepTokenAgain;
        if (again >= job->wait.deadline() || self->runtime_->refusal()) return job->done(kept.error());
        self->runtime_->scheduler->run_at(again, [self, job] { self->keep(job); });
      });
}

void AuthorizerTokenFetcher::look_up(const JobPtr& job, const Error& refusal) {
  if (std::exchange(job->looked_up, true)) return give_up(job, refusal);
  GetAuthorizer request(app_id_);
  request.component_app_id = records_.component_app_id;
  client_.start(std::move(request), job->wait.rest(*runtime_->clock), CancelToken(),
                [self = shared_from_this(), job, refusal](Result<AuthorizerDetails> details) {
                  if (!details && details.error().kind() == ErrorKind::needs_authorization)
                    return self->give_up(job, details.error());
                  if (!details) return job->done(details.error());
                  const Secret& token = details->authorization.refresh_token;
                  if (token.empty() || token == job->refresh_token) return self->look_in_list(job, 0, refusal);
                  self->try_with(job, token);
                });
}

void AuthorizerTokenFetcher::look_in_list(const JobPtr& job, std::int64_t offset, const Error& refusal) {
  ListAuthorizers request(offset);
  request.component_app_id = records_.component_app_id;
  client_.start(std::move(request), job->wait.rest(*runtime_->clock), CancelToken(),
                [self = shared_from_this(), job, offset, refusal](Result<AuthorizerPage> page) {
                  if (!page) return job->done(page.error());
                  for (const AuthorizerPage::Entry& entry : page->list)
                    if (entry.app_id == self->app_id_) {
                      if (entry.refresh_token.empty() || entry.refresh_token == job->refresh_token)
                        return self->give_up(job, refusal);
                      return self->try_with(job, entry.refresh_token);
                    }
                  const std::int64_t next = offset + static_cast<std::int64_t>(page->list.size());
                  if (page->list.empty() || next >= page->total_count) return self->give_up(job, refusal, true);
                  self->look_in_list(job, next, refusal);
                });
}

void AuthorizerTokenFetcher::try_with(const JobPtr& job, const Secret& refresh_token) {
  runtime_->with_store<bool>(
      detail::Affinity(records_.keys.merchant_of(app_id_)).surely(),
      [records = records_, merchant = job->merchant, before = job->refresh_token, refresh_token](Store& store) {
        return put_refresh_token(store, records, merchant, before, refresh_token);
      },
      [self = shared_from_this(), job, refresh_token](const Result<bool>& kept) {
        if (!kept) return job->done(kept.error());
        if (!*kept) return job->done(detail::FetchedToken::elsewhere());
        job->refresh_token = refresh_token;
        self->ask(job);
      });
}

/// Whoever asks later reads it in the store and makes no call. `is_gone`: the platform's list does not have it.
void AuthorizerTokenFetcher::give_up(const JobPtr& job, const Error& refusal, bool is_gone) {
  constexpr std::string_view kNoRelation = "61003";
  GrantEnd end;
  if (!is_gone && refusal.platform_code() != kNoRelation) end.state = Merchant::State::needs_authorization;
  end.when = runtime_->clock->wall();
  end.why = refusal.platform_code().empty()
                ? std::string("the platform has no refresh token for it")
                : fmt::format("the platform refused to renew it, code {}", refusal.platform_code());
  runtime_->with_store<GrantChange>(
      detail::Affinity(records_.keys.merchant_of(app_id_)).surely(),
      [records = records_, app_id = app_id_, end](Store& store) { return end_grant(store, records, app_id, end); },
      [self = shared_from_this(), job, refusal, end](const Result<GrantChange>& ended) {
        if (!ended) return job->done(ended.error());
        if (!ended->grant) return job->done(detail::FetchedToken::elsewhere());
        if (self->runtime_->observer)
          detail::log(*self->runtime_->observer, LogLevel::error, log_event::kAuthorizationLost,
                      "a merchant has to authorize the application again",
                      {{"platform", "wechat"},
                       {"account", self->app_id_},
                       {"code", refusal.platform_code()},
                       {"why", end.why}});
        const bool is_withdrawn = end.state == Merchant::State::withdrawn;
        self->events_->tell(is_withdrawn ? MerchantEvent::Kind::withdrawn : MerchantEvent::Kind::needs_authorization,
                            ended->grant->describe());
        ErrorDetails details = refusal.details();
        details.message = not_authorized(self->app_id_, "needs a new authorization, " + end.why).message();
        job->done(Error(ErrorKind::needs_authorization, refusal.delivery(), std::move(details)));
      });
}

}  // namespace wechat
KEFU_END_NAMESPACE
