#include "wechat/component/authorizer.hpp"

#include "core/async/call_deadline.hpp"
#include "core/async/wait.hpp"
#include "core/report/reporting.hpp"
#include "core/text/percent_encoding.hpp"
#include "wechat/component/reconcile.hpp"

#include <kefu/core/observer_names.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr Millis kRedeemWithin{15'000};
constexpr Millis kPushRedeemWithin{60'000};
constexpr Millis kKeepAgain{200};
constexpr int kMostLooks = 10;
constexpr std::size_t kMaxAuthorizationCode = 1024;
/// The redirect has no moment of the platform's: what was pushed shortly before it may be of the same authorization.
constexpr std::chrono::seconds kRedirectSlack{60};

bool is_spent(const Error& error) { return error.platform_code() == "61009" || error.platform_code() == "61010"; }

/// What a link asks the page for (wechat-security B6).
struct PageRequest {
  int auth_type = 3;
  std::string only;  ///< biz_appid
  std::string sets;
};

Result<PageRequest> read_request(const LinkRequest& request, const OpenPlatformConfig& config) {
  constexpr std::size_t kMostSets = 200;
  PageRequest page;
  page.auth_type = config.auth_type;
  if (request.account_kind == "official_account")
    page.auth_type = 1;
  else if (request.account_kind == "mini_program")
    page.auth_type = 2;
  else if (!request.account_kind.empty())
    return Error(ErrorKind::unsupported, "account_kind must be \"official_account\", \"mini_program\" or empty");
  page.only = request.account_id;
  const auto is_plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  };
  if (page.only.size() > 64 || !std::all_of(page.only.begin(), page.only.end(), is_plain))
    return Error(ErrorKind::bad_argument, "account_id must be an app id: at most 64 letters, digits, '_' and '-'");
  std::vector<std::string> sets = request.scopes;
  if (sets.empty())
    for (const int set : config.permission_sets) sets.push_back(std::to_string(set));
  if (sets.size() > kMostSets)
    return Error(ErrorKind::bad_argument, fmt::format("{} scopes are given, the limit is {}", sets.size(), kMostSets));
  for (const std::string& set : sets) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (set.empty() || set.size() > 6 || !std::all_of(set.begin(), set.end(), is_digit))
      return Error(ErrorKind::bad_argument,
                   "scopes must be ids of permission sets (权限集), numbers of at most 6 digits");
    page.sets += (page.sets.empty() ? "" : "|") + set;
  }
  return page;
}

/// Both addresses of the page differ in their beginnings only.
std::string page_url(std::string_view begin, const OpenPlatformConfig& config, const PageRequest& page,
                     const Secret& pre_auth_code, const std::string& state) {
  std::string back = config.redirect_uri;
  back += back.find('?') == std::string::npos ? "?state=" : "&state=";
  back += state;
  std::string url(begin);
  url += "component_appid=";
  detail::append_percent_encoded(url, config.component_app_id);
  url += "&pre_auth_code=";
  detail::append_percent_encoded(url, pre_auth_code.expose());
  url += "&redirect_uri=";
  detail::append_percent_encoded(url, back);
  url += "&auth_type=" + std::to_string(page.auth_type);
  if (!page.only.empty()) url += "&biz_appid=" + page.only;
  if (!page.sets.empty()) {
    url += "&category_id_list=";
    detail::append_percent_encoded(url, page.sets);
  }
  return url;
}

}  // namespace

ComponentAuthorizer::ComponentAuthorizer(std::shared_ptr<detail::RuntimeCore> runtime,
                                         std::shared_ptr<const OpenPlatformConfig> config, ApiClient client)
    : runtime_(std::move(runtime)),
      config_(std::move(config)),
      client_(std::move(client)),
      records_(runtime_->name_space, config_->component_app_id),
      links_(runtime_, "wechat", config_->component_app_id, detail::AuthorizationLinks::CodeAgain::allowed),
      known_(runtime_, "wechat", config_->component_app_id, describe_grant, ErrorKind::configuration),
      events_(std::make_shared<detail::MerchantEvents>(runtime_, "wechat")) {}

// --- link ------------------------------------------------------------------------------------------------------------

Pending<AuthorizationLink> ComponentAuthorizer::link(std::string merchant, LinkRequest asked, CallOptions options) {
  Promise<AuthorizationLink> promise(runtime_);
  auto pending = promise.pending();
  std::optional<Error> wrong;
  if (auto complaint = detail::check_merchant_name(merchant))
    wrong.emplace(ErrorKind::bad_argument, *std::move(complaint));
  auto page = read_request(asked, *config_);
  if (!wrong && !page) wrong = page.error();
  if (!wrong && config_->redirect_uri.empty())
    wrong =
        Error(ErrorKind::configuration,
              "OpenPlatformConfig::redirect_uri is not set: give an address on the registered domain (授权发起页域名)");
  const std::string state = detail::AuthorizationLinks::new_state();
  if (!wrong && state.empty()) wrong = Error(ErrorKind::internal, "the system gives no random numbers");
  if (wrong) {
    promise.answer(*std::move(wrong));
    return pending;
  }
  CreatePreAuthCode request;
  request.component_app_id = config_->component_app_id;
  const CancelToken dropped = promise.cancelled();
  client_.start(
      std::move(request), std::move(options), dropped,
      [self = shared_from_this(), promise = std::move(promise), state, page = *std::move(page),
       merchant = std::move(merchant)](Result<PreAuthCode> pre) mutable {
        if (!pre) return promise.answer(pre.error());
        const OpenPlatformConfig& config = *self->config_;
        AuthorizationLink link;
        link.state = state;
        link.url = page_url(config.page_url + "/cgi-bin/componentloginpage?", config, page, pre->code, state);
        link.mobile_url =
            page_url(config.mobile_page_url + "/wxaopen/safe/bindcomponent?action=bindcomponent&no_scan=1&", config,
                     page, pre->code, state) +
            "#wechat_redirect";
        const std::chrono::seconds life(std::clamp<std::int64_t>(pre->expires_in, 0, 24 * 3600));
        link.expires = self->runtime_->clock->wall() + std::min<std::chrono::seconds>(detail::kLinkLife, life);
        self->links_.keep(state, merchant,
                          [promise = std::move(promise), link = std::move(link)](const Result<void>& kept) mutable {
                            if (!kept) return promise.answer(kept.error());
                            promise.answer(std::move(link));
                          });
      });
  return pending;
}

// --- redeem: take the state, record the intent, redeem the code, keep the grant, ask what the account is -------------

struct ComponentAuthorizer::Redeeming {
  Redeeming(const std::shared_ptr<Scheduler>& loop, MonoTime deadline, const CallOptions& options, CancelToken dropped)
      : wait(loop, deadline, options, std::move(dropped)) {}
  detail::Wait wait;
  RedeemedCode redeemed;
  std::string app_id;    ///< As the push said; empty: not known before the code is redeemed.
  bool is_first = true;  ///< Nobody began with this code before.
  WallTime followed{};   ///< When the link's redirect came.
  int looks = 0;         ///< After a refusal: how often it was looked whether the code was redeemed elsewhere.
  MoveFunction<void(Result<ComponentGrant>)> done;
};

ComponentAuthorizer::RedeemingPtr ComponentAuthorizer::start(MonoTime deadline, const CallOptions& options,
                                                             CancelToken cancelled) const {
  return std::make_shared<Redeeming>(runtime_->scheduler, deadline, options, std::move(cancelled));
}

Pending<Merchant> ComponentAuthorizer::redeem(std::string_view redirect_query, CallOptions options) {
  Promise<Merchant> promise(runtime_);
  auto pending = promise.pending();
  const auto deadline = detail::deadline_of(*runtime_, options, kRedeemWithin);
  auto redirect = detail::read_redirect(redirect_query, "auth_code", kMaxAuthorizationCode);
  std::optional<Error> wrong = runtime_->refusal();
  if (!wrong && !deadline) wrong = deadline.error();
  if (!wrong && !redirect) wrong = redirect.error();
  if (wrong) {
    promise.answer(*std::move(wrong));
    return pending;
  }
  auto job = start(*deadline, options, promise.cancelled());
  job->redeemed.code = redirect->code;
  job->redeemed.heard = runtime_->clock->wall() - kRedirectSlack;
  const auto within = std::chrono::duration_cast<Millis>(*deadline - runtime_->clock->mono());
  links_.follow(
      redirect->state, redirect->code, within,
      [self = shared_from_this(), job, promise = std::move(promise)](Result<detail::FollowedLink> link) mutable {
        if (!link) return promise.answer(link.error());
        job->redeemed.merchant = link->merchant;
        job->followed = link->since;
        job->done = [self, link = *link, promise = std::move(promise)](const Result<ComponentGrant>& grant) mutable {
          if (grant) return promise.answer(grant->describe());
          // What became of it is kept for who asks `merchant`, then told.
          const Error error = grant.error();
          self->links_.fail(link, detail::failed_redemption(error),
                            [promise = std::move(promise), error]() mutable { promise.answer(error); });
        };
        self->begin(job);
      });
  return pending;
}

void ComponentAuthorizer::redeem_code(const Secret& code, MoveFunction<void(Result<ComponentGrant>)> done) {
  auto job = start(runtime_->clock->mono() + kPushRedeemWithin, CallOptions(), {});
  job->redeemed.code = code;
  job->redeemed.heard = runtime_->clock->wall() - kRedirectSlack;
  job->done = std::move(done);
  begin(job);
}

void ComponentAuthorizer::begin(const RedeemingPtr& job) {
  CodeUse wanted;
  wanted.merchant = job->redeemed.merchant;
  wanted.app_id = job->app_id;
  wanted.since = runtime_->clock->wall();
  note_code(job, wanted, [self = shared_from_this(), job](Result<BegunCode> begun) {
    if (!begun) return job->done(begun.error());
    if (begun->use.redeemed) return self->name(job, begun->use.app_id);
    if (job->redeemed.merchant.empty()) job->redeemed.merchant = begun->use.merchant;
    job->is_first = begun->is_first;
    self->exchange(job);
  });
}

void ComponentAuthorizer::note_code(const RedeemingPtr& job, const CodeUse& wanted,
                                    MoveFunction<void(Result<BegunCode>)> done) const {
  runtime_->with_store<BegunCode>(
      detail::Affinity(records_.keys.code(job->redeemed.code)).surely(),
      [records = records_, code = job->redeemed.code, wanted](Store& store) {
        return begin_code(store, records, code, wanted);
      },
      std::move(done));
}

void ComponentAuthorizer::exchange(const RedeemingPtr& job) {
  RedeemAuthorizationCode request(job->redeemed.code);
  request.component_app_id = config_->component_app_id;
  job->redeemed.now = runtime_->clock->wall();
  client_.start(
      std::move(request), job->wait.rest(*runtime_->clock), CancelToken(),
      [self = shared_from_this(), job](Result<AuthorizationInfo> answer) { self->exchanged(job, std::move(answer)); });
}

void ComponentAuthorizer::exchanged(const RedeemingPtr& job, Result<AuthorizationInfo> answer) {
  if (!answer && is_spent(answer.error())) return look_again(job, answer.error());
  if (!answer) return job->done(answer.error());
  job->redeemed.info = *std::move(answer);
  keep(job);
}

/// The other of redirect and push may have redeemed it, here or in another process.
void ComponentAuthorizer::look_again(const RedeemingPtr& job, const Error& refusal) {
  note_code(job, CodeUse(), [self = shared_from_this(), job, refusal](const Result<BegunCode>& begun) {
    if (begun && begun->use.redeemed) return self->name(job, begun->use.app_id);
    if (!begun) return job->done(refusal);
    if (++job->looks >= kMostLooks) return self->repair(job, refusal);
    // Whoever spent it may not have kept yet what it brought.
    self->runtime_->scheduler->run_at(self->runtime_->clock->mono() + kKeepAgain,
                                      [self, job, refusal] { self->look_again(job, refusal); });
  });
}

/// A process that ended may have spent it: then the platform's list has what it brought.
void ComponentAuthorizer::repair(const RedeemingPtr& job, const Error& refusal) {
  if (job->is_first || job->redeemed.merchant.empty()) return job->done(refusal);
  auto reconciliation = std::make_shared<Reconciliation>(
      runtime_, client_, records_, events_, job->wait.deadline(), CallOptions(), CancelToken(),
      [self = shared_from_this(), job, refusal](const Result<ReconcileReport>&) { self->repaired(job, refusal); });
  reconciliation->run();
}

void ComponentAuthorizer::repaired(const RedeemingPtr& job, const Error& refusal) {
  const std::string key = records_.keys.grant(job->redeemed.merchant);
  runtime_->with_store<StoredComponentGrant>(
      detail::Affinity(key), [key](Store& store) { return find_grant(store, key); },
      [self = shared_from_this(), job, refusal](Result<StoredComponentGrant> found) {
        if (!found || !found->grant || found->grant->state != Merchant::State::active) return job->done(refusal);
        self->describe(job, *std::move(found->grant));
      });
}

void ComponentAuthorizer::name(const RedeemingPtr& job, const std::string& app_id) {
  runtime_->with_store<ComponentGrant>(
      detail::Affinity(records_.keys.merchant_of(app_id)).surely(),
      [records = records_, app_id, merchant = job->redeemed.merchant, followed = job->followed](Store& store) {
        return name_merchant(store, records, app_id, merchant, followed);
      },
      [self = shared_from_this(), job](Result<ComponentGrant> grant) {
        if (!grant) return job->done(grant.error());
        self->describe(job, *std::move(grant));
      });
}

void ComponentAuthorizer::keep(const RedeemingPtr& job) {
  runtime_->with_store<GrantChange>(
      detail::Affinity(records_.keys.merchant_of(job->redeemed.info.app_id)).surely(),
      [records = records_, redeemed = job->redeemed](Store& store) { return put_redeemed(store, records, redeemed); },
      [self = shared_from_this(), job](Result<GrantChange> change) { self->kept(job, std::move(change)); });
}

/// The code is spent, so a store that fails for a moment is asked again until the deadline.
void ComponentAuthorizer::kept(const RedeemingPtr& job, Result<GrantChange> change) {
  if (!change) {
    const MonoTime again = runtime_->clock->mono() + kKeepAgain;
    const bool passing = change.error().kind() == ErrorKind::unavailable;
    if (!passing || again >= job->wait.deadline()) return job->done(change.error());
    runtime_->scheduler->run_at(again, [self = shared_from_this(), job] { self->keep(job); });
    return;
  }
  ComponentGrant& grant = *change->grant;
  if (runtime_->observer)
    detail::log(*runtime_->observer, LogLevel::info, log_event::kAuthorizationGranted,
                "a merchant authorized the platform", {{"platform", "wechat"}, {"account", grant.merchant}});
  using Kind = MerchantEvent::Kind;
  events_->tell(change->was_active ? Kind::updated : Kind::authorized, grant.describe());
  describe(job, std::move(grant));
}

/// What the account is can be asked later too: the grant stands without it.
void ComponentAuthorizer::describe(const RedeemingPtr& job, ComponentGrant grant) {
  GetAuthorizer request(grant.app_id);
  request.component_app_id = config_->component_app_id;
  client_.start(std::move(request), job->wait.rest(*runtime_->clock), CancelToken(),
                [self = shared_from_this(), job, grant = std::move(grant)](Result<AuthorizerDetails> details) mutable {
                  if (!details) return job->done(std::move(grant));
                  const std::string merchant = grant.merchant;
                  self->runtime_->with_store<ComponentGrant>(
                      detail::Affinity(self->records_.keys.grant(merchant)).surely(),
                      [records = self->records_, merchant, details = *std::move(details)](Store& store) {
                        return put_details(store, records, merchant, details);
                      },
                      [job, grant = std::move(grant)](Result<ComponentGrant> described) mutable {
                        job->done(described ? *std::move(described) : std::move(grant));
                      });
                });
}

void ComponentAuthorizer::find_account(const std::string& merchant, CallOptions options,
                                       MoveFunction<void(Result<ComponentGrant>)> done) {
  const auto deadline = detail::deadline_of(*runtime_, options, kRedeemWithin);
  if (!deadline) return done(deadline.error());
  auto job = start(*deadline, options, {});
  job->done = std::move(done);
  runtime_->with_store<StoredComponentGrant>(
      detail::Affinity(records_.keys.grant(merchant)),
      [key = records_.keys.grant(merchant)](Store& store) { return find_grant(store, key); },
      [self = shared_from_this(), job, merchant](Result<StoredComponentGrant> found) {
        if (!found) return job->done(found.error());
        if (!found->grant) return job->done(unknown_authorizer(merchant));
        if (found->grant->state != Merchant::State::active)
          return job->done(Error(ErrorKind::needs_authorization,
                                 fmt::format("the merchant {} needs a new authorization, {}: make a link with "
                                             "Authorizer::link",
                                             merchant, found->grant->why)));
        if (found->grant->kind) return job->done(*std::move(found->grant));
        self->describe(job, *std::move(found->grant));
      });
}

// --- pushes ----------------------------------------------------------------------------------------------------------

void ComponentAuthorizer::take_push(const ComponentPush& push, MoveFunction<void(Result<void>)> done) {
  if (const auto* granted = std::get_if<AuthorizationGranted>(&push.body))
    return take_grant(push, *granted, std::move(done));
  if (const auto* withdrawn = std::get_if<AuthorizationWithdrawn>(&push.body))
    return take_withdrawal(push, *withdrawn, std::move(done));
  done({});
}

/// That there is a code is durable before the push is acknowledged; it is redeemed after, as that takes its time.
void ComponentAuthorizer::take_grant(const ComponentPush& push, const AuthorizationGranted& granted,
                                     MoveFunction<void(Result<void>)> done) {
  if (granted.code.empty()) return done({});
  auto job = start(runtime_->clock->mono() + kPushRedeemWithin, CallOptions(), {});
  job->app_id = granted.app_id;
  job->redeemed.code = granted.code;
  job->redeemed.heard = from_unix_seconds(std::max<std::int64_t>(push.create_time, 0));
  job->done = [self = shared_from_this(), app_id = granted.app_id](Result<ComponentGrant> grant) {
    if (grant || !self->runtime_->observer) return;
    detail::log(*self->runtime_->observer, LogLevel::warning, log_event::kAuthorizationNotStored,
                "the code of an authorization push could not be redeemed",
                {{"platform", "wechat"}, {"account", app_id}, {"error", grant.error().to_string()}});
  };
  CodeUse wanted;
  wanted.app_id = granted.app_id;
  wanted.since = runtime_->clock->wall();
  note_code(job, wanted,
            [self = shared_from_this(), job, done = std::move(done)](const Result<BegunCode>& begun) mutable {
              done(begun ? Result<void>() : Result<void>(begun.error()));
              if (begun && !begun->use.redeemed) self->exchange(job);
            });
}

void ComponentAuthorizer::take_withdrawal(const ComponentPush& push, const AuthorizationWithdrawn& withdrawn,
                                          MoveFunction<void(Result<void>)> done) {
  GrantEnd end;
  end.when = from_unix_seconds(std::max<std::int64_t>(push.create_time, 0));
  end.why = "the merchant withdrew it";
  runtime_->with_store<GrantChange>(
      detail::Affinity(records_.keys.merchant_of(withdrawn.app_id)).surely(),
      [records = records_, app_id = withdrawn.app_id, end](Store& store) {
        return end_grant(store, records, app_id, end);
      },
      [self = shared_from_this(), app_id = withdrawn.app_id, end,
       done = std::move(done)](const Result<GrantChange>& ended) mutable {
        if (ended && ended->grant) {
          self->events_->tell(MerchantEvent::Kind::withdrawn, ended->grant->describe());
          if (self->runtime_->observer)
            detail::log(*self->runtime_->observer, LogLevel::error, log_event::kAuthorizationLost,
                        "a merchant has to authorize the application again",
                        {{"platform", "wechat"}, {"account", app_id}, {"code", ""}, {"why", end.why}});
        }
        done(ended ? Result<void>() : Result<void>(ended.error()));
      });
}

}  // namespace wechat
KEFU_END_NAMESPACE
