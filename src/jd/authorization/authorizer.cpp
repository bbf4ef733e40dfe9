#include "jd/authorization/authorizer.hpp"

#include "channel/accounts/merchant_events.hpp"
#include "core/async/call_deadline.hpp"
#include "core/async/runtime_core.hpp"
#include "core/async/wait.hpp"
#include "core/report/reporting.hpp"
#include "core/store/commit_known.hpp"
#include "core/tokens/record.hpp"
#include "jd/authorization/grant_tokens.hpp"

#include <kefu/core/observer_names.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr Millis kRedeemTimeout{15'000};
constexpr Millis kStorePause{200};
constexpr int kMostCommits = 8;

Error unknown_merchant(const std::string& id) {
  return Error(ErrorKind::not_found, fmt::format("the merchant {} has not authorized the application", id));
}
Error busy_grant() { return Error(ErrorKind::unavailable, "the merchant's grant changes all the time: call again"); }
Error bad_name(std::string why) { return Error(ErrorKind::bad_argument, std::move(why)); }

/// What a grant became.
struct KeptGrant {
  Grant grant;
  bool was_active = false;  ///< There was one that could be used.
};

/// Grant, token and the end of the attempt in one commit, so that nobody sees the one without the others.
Result<KeptGrant> put_grant(Store& store, const std::string& key, const std::string& token_key,
                            const std::string& attempt_key, WallTime followed, Grant grant, detail::TokenRecord token,
                            WallTime wall) {
  bool was_active = false;
  for (int attempt = 0; attempt < kMostCommits; ++attempt) {
    auto before = read_grant(store, key);
    if (!before) return before.error();
    if (before->grant && before->grant->equals(grant))
      return KeptGrant{grant, was_active};  // a try that seemed to fail
    if (before->grant && !before->grant->same_account(grant))
      return Error(ErrorKind::conflict,
                   fmt::format("another account of the platform authorized than before for the merchant {}: if that is "
                               "right, call Authorizer::forget and begin anew",
                               grant.merchant));
    auto entry = store.get(token_key);
    if (!entry) return entry.error();
    const auto old = *entry ? detail::TokenRecord::read((*entry)->value) : std::nullopt;
    token.generation = old ? old->generation + 1 : 1;
    if (old) token.kept = old->kept;
    was_active = before->grant && before->grant->state == Merchant::State::active;
    if (before->grant) grant.kept = before->grant->kept;
    if (was_active) grant.since = before->grant->since;
    const auto left = std::chrono::duration_cast<Millis>(token.expires - wall);
    std::vector<StoreWrite> writes{StoreWrite::put(key, grant.json(), before->generation),
                                   StoreWrite::put(token_key, token.json(), *entry ? (*entry)->generation : 0, left)};
    if (auto settled = detail::settle_attempt(store, attempt_key, followed, writes); !settled) return settled.error();
    auto done = detail::commit_known(store, writes, Durability::full);
    if (!done) return done.error();
    if (done->committed) return KeptGrant{grant, was_active};
  }
  return busy_grant();
}

/// Removes what is there of these records, all at once. False: there was nothing.
Result<bool> remove_all(Store& store, const std::vector<std::string>& keys) {
  for (int attempt = 0; attempt < kMostCommits; ++attempt) {
    auto found = store.get_many(keys);
    if (!found) return found.error();
    std::vector<StoreWrite> writes;
    for (std::size_t i = 0; i < keys.size(); ++i)
      if ((*found)[i]) writes.push_back(StoreWrite::remove(keys[i], (*found)[i]->generation));
    if (writes.empty()) return false;
    auto done = detail::commit_known(store, writes, Durability::full);
    if (!done) return done.error();
    if (done->committed) return true;
  }
  return busy_grant();
}

std::optional<Merchant> describe_grant(std::string_view stored, WallTime now) {
  auto grant = Grant::read(stored);
  if (!grant) return std::nullopt;
  const RenewalIntent* intent = grant->pending_intent();
  if (intent != nullptr && now >= intent->until) grant->lose_renewal(intent->until);
  return grant->describe();
}

Error no_options() {
  return Error(ErrorKind::unsupported, "JD has no options of a shop that an application could read or set");
}

/// What is wrong with what a link asks for, if anything.
std::optional<Error> check_request(const LinkRequest& request) {
  if (!request.account_kind.empty() && request.account_kind != "shop")
    return Error(ErrorKind::unsupported, "JD has accounts of the kind \"shop\" only: leave account_kind empty");
  if (!request.account_id.empty())
    return Error(ErrorKind::unsupported, "JD's links are not for one account: leave account_id empty");
  for (const std::string& scope : request.scopes)
    if (scope.empty() || scope.size() > 64 ||
        !std::all_of(scope.begin(), scope.end(), [](char c) { return c > ' ' && c <= '~' && c != ','; }))
      return Error(ErrorKind::bad_argument, "scopes must be words of at most 64 bytes of printable ASCII, no commas");
  if (request.scopes.size() > 16)
    return Error(ErrorKind::bad_argument, fmt::format("{} scopes are given, the limit is 16", request.scopes.size()));
  return std::nullopt;
}

}  // namespace

ShopAuthorizer::ShopAuthorizer(OauthAccess access)
    : access_(std::move(access)),
      links_(access_.runtime, "jd", access_.app->app_key, detail::AuthorizationLinks::CodeAgain::never),
      known_(access_.runtime, "jd", access_.app->app_key, describe_grant, ErrorKind::needs_authorization) {}

// --- link ------------------------------------------------------------------------------------------------------------

Pending<AuthorizationLink> ShopAuthorizer::link(std::string merchant, LinkRequest request, CallOptions options) {
  const auto& runtime = access_.runtime;
  Promise<AuthorizationLink> promise(runtime);
  auto pending = promise.pending();
  std::optional<Error> wrong;
  if (auto complaint = check_merchant_name(merchant)) wrong = bad_name(*std::move(complaint));
  if (!wrong) wrong = check_request(request);
  if (!wrong && access_.app->redirect_uri.empty())
    wrong = Error(ErrorKind::configuration, "AppConfig::redirect_uri is not set: give the one registered for the app");
  if (!wrong && options.cancel.requested()) wrong = Error(ErrorKind::cancelled, "cancelled before the link was made");
  AuthorizationLink link;
  link.state = detail::AuthorizationLinks::new_state();
  if (!wrong && link.state.empty()) wrong = Error(ErrorKind::internal, "the system gives no random numbers");
  if (wrong) {
    promise.answer(*std::move(wrong));
    return pending;
  }
  std::string scope;
  for (const std::string& word : request.scopes) scope += (scope.empty() ? "" : ",") + word;
  link.url = authorize_url(*access_.app, link.state, scope);
  link.expires = runtime->clock->wall() + detail::kLinkLife;
  const std::string state = link.state;
  links_.keep(state, merchant,
              [promise = std::move(promise), link = std::move(link)](const Result<void>& kept) mutable {
                if (!kept) return promise.answer(kept.error());
                promise.answer(std::move(link));
              });
  return pending;
}

// --- redeem: take the state, exchange the code, store the grant ------------------------------------------------------

struct ShopAuthorizer::Redeeming {
  Redeeming(const detail::RuntimeCore& runtime, MonoTime deadline, Promise<Merchant> p, const CallOptions& options)
      : promise(std::move(p)), wait(runtime.scheduler, deadline, options, promise.cancelled()) {}
  Promise<Merchant> promise;
  detail::Wait wait;
  detail::FollowedLink link;
  Grant grant;
  detail::TokenRecord token;
};

Pending<Merchant> ShopAuthorizer::redeem(std::string_view redirect_query, CallOptions options) {
  const auto& runtime = access_.runtime;
  Promise<Merchant> promise(runtime);
  auto pending = promise.pending();
  const auto deadline = detail::deadline_of(*runtime, options, kRedeemTimeout);
  auto redirect = read_redirect(redirect_query);
  std::optional<Error> wrong = runtime->refusal();
  if (!wrong && !deadline) wrong = deadline.error();
  if (!wrong && !redirect) wrong = redirect.error();
  if (wrong) {
    promise.answer(*std::move(wrong));
    return pending;
  }
  auto job = std::make_shared<Redeeming>(*runtime, *deadline, std::move(promise), options);
  const auto within = std::chrono::duration_cast<Millis>(*deadline - runtime->clock->mono());
  links_.follow(redirect->state, redirect->code, within,
                [self = shared_from_this(), job, redirect = *redirect](Result<detail::FollowedLink> link) {
                  if (!link) return job->promise.answer(link.error());
                  job->link = *std::move(link);
                  self->exchange(job, redirect);
                });
  return pending;
}

void ShopAuthorizer::exchange(const RedeemingPtr& job, Redirect redirect) {
  access_.exchange(
      std::move(redirect.code), std::move(redirect.state), job->wait.rest(*access_.runtime->clock), CancelToken(),
      [self = shared_from_this(), job](Result<GrantAnswer> answer) { self->exchanged(job, std::move(answer)); });
}

void ShopAuthorizer::exchanged(const RedeemingPtr& job, Result<GrantAnswer> answer) {
  if (!answer) return failed(job, answer.error());
  const WallTime now = from_unix_millis(unix_millis(access_.runtime->clock->wall()));
  job->grant.merchant = job->link.merchant;
  job->grant.authorized_at = now;
  job->grant.take(*answer, now);
  job->token.value = std::move(answer->access_token);
  job->token.issued = now;
  job->token.expires = job->grant.token_expires;
  if (job->token.expires <= now)
    return failed(job, Error(ErrorKind::configuration,
                             "what the platform says of the token (expires_in, time) leaves it no usable life by this "
                             "host's clock: look at the clock, then begin anew with Authorizer::link"));
  store_grant(job);
}

/// The code is used up, so a store that fails for a moment is asked again until the deadline.
void ShopAuthorizer::store_grant(const RedeemingPtr& job) {
  const std::string key = key_of(job->link.merchant);
  access_.runtime->with_store<KeptGrant>(
      detail::Affinity(key).surely(),
      [key, token_key = token_key_of(job->link.merchant), attempt_key = links_.attempt_key(job->link.merchant),
       followed = job->link.since, grant = job->grant, token = job->token,
       clock = access_.runtime->clock](Store& store) {
        return put_grant(store, key, token_key, attempt_key, followed, grant, token, clock->wall());
      },
      [self = shared_from_this(), job](const Result<KeptGrant>& kept) {
        auto& runtime = *self->access_.runtime;
        if (!kept) {
          const MonoTime again = runtime.clock->mono() + kStorePause;
          const bool passing = kept.error().kind() == ErrorKind::unavailable;
          if (!passing || again >= job->wait.deadline()) return self->failed(job, kept.error());
          runtime.scheduler->run_at(again, [self, job] { self->store_grant(job); });
          return;
        }
        if (runtime.observer)
          detail::log(*runtime.observer, LogLevel::info, log_event::kAuthorizationGranted,
                      "a merchant authorized the application", {{"platform", "jd"}, {"account", job->link.merchant}});
        const Merchant merchant = kept->grant.describe();
        using Kind = MerchantEvent::Kind;
        self->access_.events->tell(kept->was_active ? Kind::updated : Kind::authorized, merchant);
        job->promise.answer(merchant);
      });
}

/// What became of it is kept for who asks `merchant`, then told.
void ShopAuthorizer::failed(const RedeemingPtr& job, const Error& error) {
  links_.fail(job->link, detail::failed_redemption(error), [job, error] { job->promise.answer(error); });
}

// --- what is known ---------------------------------------------------------------------------------------------------

Pending<Merchant> ShopAuthorizer::merchant(std::string id) { return known_.merchant(std::move(id)); }
Pending<std::vector<Merchant>> ShopAuthorizer::merchants(std::string after, std::size_t limit) {
  return known_.merchants(std::move(after), limit);
}

Pending<void> ShopAuthorizer::forget(std::string merchant) {
  Promise<void> promise(access_.runtime);
  auto pending = promise.pending();
  if (auto complaint = check_merchant_name(merchant)) {
    promise.answer(bad_name(*std::move(complaint)));
    return pending;
  }
  const std::string key = key_of(merchant);
  access_.runtime->with_store<bool>(
      detail::Affinity(key),
      [keys = std::vector<std::string>{key, token_key_of(merchant), links_.attempt_key(merchant)}](Store& store) {
        return remove_all(store, keys);
      },
      [promise = std::move(promise), merchant](Result<bool> removed) mutable {
        if (!removed) return promise.answer(removed.error());
        if (!*removed) return promise.answer(unknown_merchant(merchant));
        promise.answer(Result<void>());
      });
  return pending;
}

Pending<std::string> ShopAuthorizer::option(std::string, std::string, CallOptions) {
  Promise<std::string> promise(access_.runtime);
  auto pending = promise.pending();
  promise.answer(no_options());
  return pending;
}
Pending<void> ShopAuthorizer::set_option(std::string, std::string, std::string, CallOptions) {
  Promise<void> promise(access_.runtime);
  auto pending = promise.pending();
  promise.answer(no_options());
  return pending;
}

void ShopAuthorizer::on_event(MoveFunction<void(const MerchantEvent&)> listener) {
  access_.events->listen(std::move(listener));
}

std::string ShopAuthorizer::key_of(const std::string& merchant) const {
  return grant_key(access_.runtime->name_space, access_.app->app_key, merchant);
}

std::string ShopAuthorizer::token_key_of(const std::string& merchant) const {
  return shop_token_settings(access_.app->app_key, merchant).record_key(access_.runtime->name_space);
}

}  // namespace jd
KEFU_END_NAMESPACE
