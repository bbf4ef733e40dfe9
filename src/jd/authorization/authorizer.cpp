#include "jd/authorization/authorizer.hpp"

#include "core/async/call_deadline.hpp"
#include "core/async/runtime_core.hpp"
#include "core/async/wait.hpp"
#include "core/report/reporting.hpp"
#include "core/store/commit_known.hpp"
#include "core/text/document.hpp"
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
constexpr std::size_t kMostMerchants = 1000;

Error unknown_merchant(const std::string& id) {
  return Error(ErrorKind::not_found, fmt::format("the merchant {} has not authorized the application", id));
}
Error busy_grant() { return Error(ErrorKind::unavailable, "the merchant's grant changes all the time: call again"); }
Error bad_name(std::string why) { return Error(ErrorKind::bad_argument, std::move(why)); }

/// Grant and token in one commit, so that nobody sees the one without the other.
Result<Grant> put_grant(Store& store, const std::string& key, const std::string& token_key, Grant grant,
                        detail::TokenRecord token, WallTime wall) {
  for (int attempt = 0; attempt < kMostCommits; ++attempt) {
    auto before = read_grant(store, key);
    if (!before) return before.error();
    if (before->grant && before->grant->equals(grant)) return grant;  // by a try that seemed to fail
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
    if (before->grant) grant.kept = before->grant->kept;
    const auto left = std::chrono::duration_cast<Millis>(token.expires - wall);
    auto done =
        detail::commit_known(store,
                             {StoreWrite::put(key, grant.json(), before->generation),
                              StoreWrite::put(token_key, token.json(), *entry ? (*entry)->generation : 0, left)},
                             Durability::full);
    if (!done) return done.error();
    if (done->committed) return grant;
  }
  return busy_grant();
}

Result<bool> remove_grant(Store& store, const std::string& key, const std::string& token_key) {
  for (int attempt = 0; attempt < kMostCommits; ++attempt) {
    auto grant = store.get(key);
    if (!grant) return grant.error();
    if (!*grant) return false;
    auto token = store.get(token_key);
    if (!token) return token.error();
    auto done = detail::commit_known(store,
                                     {StoreWrite::remove(key, (*grant)->generation),
                                      StoreWrite::remove(token_key, *token ? (*token)->generation : 0)},
                                     Durability::full);
    if (!done) return done.error();
    if (done->committed) return true;
  }
  return busy_grant();
}

/// The merchant of an entry; one that cannot be read is told as what it is: not usable.
Merchant describe_entry(const std::string& prefix, const StoreItem& item) {
  if (const auto grant = Grant::read(item.second.value)) return grant->describe();
  Merchant unreadable;
  unreadable.id = unescaped_merchant(std::string_view(item.first).substr(prefix.size()));
  unreadable.state = Merchant::State::needs_authorization;
  unreadable.why = "the stored grant cannot be read";
  return unreadable;
}

}  // namespace

// --- link ------------------------------------------------------------------------------------------------------------

Pending<AuthorizationLink> ShopAuthorizer::link(std::string merchant, CallOptions options) {
  const auto& runtime = access_.runtime;
  Promise<AuthorizationLink> promise(runtime);
  auto pending = promise.pending();
  std::optional<Error> wrong;
  if (auto complaint = check_merchant_name(merchant)) wrong = bad_name(*std::move(complaint));
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
  link.url = authorize_url(*access_.app, link.state);
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
  std::string merchant;
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
  take_state(job, *std::move(redirect));
  return pending;
}

void ShopAuthorizer::take_state(const RedeemingPtr& job, Redirect redirect) {
  links_.take(redirect.state, [self = shared_from_this(), job, redirect](Result<std::string> merchant) mutable {
    if (!merchant) return job->promise.answer(merchant.error());
    job->merchant = *std::move(merchant);
    self->exchange(job, std::move(redirect));
  });
}

void ShopAuthorizer::exchange(const RedeemingPtr& job, Redirect redirect) {
  access_.exchange(
      std::move(redirect.code), std::move(redirect.state), job->wait.rest(*access_.runtime->clock), CancelToken(),
      [self = shared_from_this(), job](Result<GrantAnswer> answer) { self->exchanged(job, std::move(answer)); });
}

void ShopAuthorizer::exchanged(const RedeemingPtr& job, Result<GrantAnswer> answer) {
  if (!answer) return job->promise.answer(answer.error());
  const WallTime now = from_unix_millis(unix_millis(access_.runtime->clock->wall()));
  job->grant.merchant = job->merchant;
  job->grant.authorized_at = now;
  job->grant.take(*answer, now);
  job->token.value = std::move(answer->access_token);
  job->token.issued = now;
  job->token.expires = job->grant.token_expires;
  if (job->token.expires <= now)
    return job->promise.answer(Error(ErrorKind::configuration,
                                     "what the platform says of the token (expires_in, time) leaves it no usable life "
                                     "by this host's clock: look at the clock, then begin anew with Authorizer::link"));
  store_grant(job);
}

void ShopAuthorizer::store_grant(const RedeemingPtr& job) {
  const std::string key = key_of(job->merchant);
  access_.runtime->with_store<Grant>(
      detail::Affinity(key).surely(),
      [key, token_key = token_key_of(job->merchant), grant = job->grant, token = job->token,
       clock = access_.runtime->clock](Store& store) {
        return put_grant(store, key, token_key, grant, token, clock->wall());
      },
      [self = shared_from_this(), job](Result<Grant> grant) { self->stored(job, std::move(grant)); });
}

/// The code is used up, so a store that fails for a moment is asked again until the deadline.
void ShopAuthorizer::stored(const RedeemingPtr& job, Result<Grant> grant) {
  auto& runtime = *access_.runtime;
  if (!grant) {
    const MonoTime again = runtime.clock->mono() + kStorePause;
    const bool passing = grant.error().kind() == ErrorKind::unavailable;
    if (!passing || again >= job->wait.deadline()) return job->promise.answer(grant.error());
    runtime.scheduler->run_at(again, [self = shared_from_this(), job] { self->store_grant(job); });
    return;
  }
  if (runtime.observer)
    detail::log(*runtime.observer, LogLevel::info, log_event::kAuthorizationGranted,
                "a merchant authorized the application", {{"platform", "jd"}, {"account", job->merchant}});
  job->promise.answer(grant->describe());
}

// --- what is known ---------------------------------------------------------------------------------------------------

Pending<Merchant> ShopAuthorizer::merchant(std::string id) {
  Promise<Merchant> promise(access_.runtime);
  auto pending = promise.pending();
  if (auto complaint = check_merchant_name(id)) {
    promise.answer(bad_name(*std::move(complaint)));
    return pending;
  }
  const std::string key = key_of(id);
  access_.runtime->with_store<StoredGrant>(
      detail::Affinity(key), [key](Store& store) { return read_grant(store, key); },
      [promise = std::move(promise), id](Result<StoredGrant> found) mutable {
        if (!found) return promise.answer(found.error());
        if (found->generation == 0) return promise.answer(unknown_merchant(id));
        if (found->grant) return promise.answer(found->grant->describe());
        promise.answer(
            Error(ErrorKind::needs_authorization,
                  fmt::format("the stored grant of {} cannot be read: begin anew with Authorizer::link", id)));
      });
  return pending;
}

Pending<std::vector<Merchant>> ShopAuthorizer::merchants(std::string after, std::size_t limit) {
  using Page = std::vector<Merchant>;
  Promise<Page> promise(access_.runtime);
  auto pending = promise.pending();
  std::optional<std::string> complaint;
  if (!after.empty()) complaint = check_merchant_name(after);
  if (!complaint && (limit < 1 || limit > kMostMerchants))
    complaint = fmt::format("limit is {}, allowed are 1 to {}", limit, kMostMerchants);
  if (complaint) {
    promise.answer(bad_name(*std::move(complaint)));
    return pending;
  }
  const std::string prefix = grant_prefix(access_.runtime->name_space, access_.app->app_key);
  access_.runtime->with_store<Page>(
      detail::Affinity(prefix),
      [prefix, from = after.empty() ? std::string() : key_of(after), limit](Store& store) mutable -> Result<Page> {
        // The store's own pages may be short; one of ours that is short is the last.
        for (Page page;;) {
          auto items = store.list(prefix, from, limit - page.size());
          if (!items) return items.error();
          for (const StoreItem& item : items->items) page.push_back(describe_entry(prefix, item));
          if (items->next.empty() || page.size() >= limit) return page;
          from = std::move(items->next);
        }
      },
      [promise = std::move(promise)](Result<Page> page) mutable { promise.answer(std::move(page)); });
  return pending;
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
      [key, token_key = token_key_of(merchant)](Store& store) { return remove_grant(store, key, token_key); },
      [promise = std::move(promise), merchant](Result<bool> removed) mutable {
        if (!removed) return promise.answer(removed.error());
        if (!*removed) return promise.answer(unknown_merchant(merchant));
        promise.answer(Result<void>());
      });
  return pending;
}

std::string ShopAuthorizer::key_of(const std::string& merchant) const {
  return grant_key(access_.runtime->name_space, access_.app->app_key, merchant);
}

std::string ShopAuthorizer::token_key_of(const std::string& merchant) const {
  return shop_token_settings(access_.app->app_key, merchant).record_key(access_.runtime->name_space);
}

}  // namespace jd
KEFU_END_NAMESPACE
