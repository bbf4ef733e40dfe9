#include "wechat/component/grant_store.hpp"

#include "core/store/commit_known.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>
#include <vector>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr int kMostGrantCommits = 8;
/// Longer than any code lives, and than a host is down.
constexpr std::chrono::hours kCodeUseKept{7 * 24};

Error contended() { return Error(ErrorKind::unavailable, "the merchant's grant changes all the time: call again"); }

Error other_account(const ComponentGrant& known, const std::string& app_id) {
  return Error(ErrorKind::conflict,
               fmt::format("the merchant {} authorized with the account {} before, and with {} now: if that is right, "
                           "call Authorizer::forget and begin anew",
                           known.merchant, known.app_id, app_id));
}
Error other_merchant(const std::string& known, const std::string& app_id) {
  return Error(ErrorKind::conflict,
               fmt::format("the account {} belongs to the merchant {} here: call Authorizer::forget for that one first",
                           app_id, known));
}

Result<std::uint64_t> generation_of(Store& store, const std::string& key) {
  auto entry = store.get(key);
  if (!entry) return entry.error();
  return *entry ? (*entry)->generation : 0;
}

/// One commit, as it was drafted from what is stored; without writes nothing is to be done.
struct Draft {
  std::vector<StoreWrite> writes;
  GrantChange change;
};

/// The one way in which a merchant's records change: drafted, committed, and drafted again if somebody was faster.
template <class Make>
Result<GrantChange> commit_draft(Store& store, Make make) {
  for (int attempt = 0; attempt < kMostGrantCommits; ++attempt) {
    Result<Draft> draft = make();
    if (!draft) return draft.error();
    if (draft->writes.empty()) return std::move(draft->change);
    const auto done = detail::commit_known(store, draft->writes, Durability::full);
    if (!done) return done.error();
    if (done->committed) return std::move(draft->change);
  }
  return contended();
}

/// An account's grant under the name that it is to have, with what stood under one that it only had for want of that.
struct NamedGrant {
  ComponentGrant grant;
  std::uint64_t generation = 0;  ///< Of what stands under the name.
  bool existed = false;
  bool is_named = false;  ///< It has the name already.
  std::vector<StoreWrite> others;

  bool was_active() const { return existed && grant.state == Merchant::State::active; }
  /// The commit that puts it there, changed or not; `was_active` as before the change.
  Draft draft(const ComponentRecords& records, bool was_active_before) && {
    Draft made;
    made.writes.push_back(StoreWrite::put(records.keys.grant(grant.merchant), grant.json(), generation));
    std::move(others.begin(), others.end(), std::back_inserter(made.writes));
    made.change.was_active = was_active_before;
    made.change.grant = std::move(grant);
    return made;
  }
};

/// Finds what is known of the account and brings it under `wanted`; empty: the name it has, else its app id.
Result<NamedGrant> find_named(Store& store, const ComponentRecords& records, const std::string& app_id,
                              const std::string& wanted) {
  const std::string index_key = records.keys.merchant_of(app_id);
  const auto index = store.get(index_key);
  if (!index) return index.error();
  const std::string known = *index ? (*index)->value : std::string();
  const std::string merchant = !wanted.empty() ? wanted : known.empty() ? app_id : known;
  const bool moves = !known.empty() && known != merchant;
  if (moves && known != app_id) return other_merchant(known, app_id);
  auto before = find_grant(store, records.keys.grant(merchant));
  if (!before) return before.error();
  if (before->grant && before->grant->app_id != app_id) return other_account(*before->grant, app_id);
  NamedGrant named;
  named.generation = before->generation;
  named.existed = before->grant.has_value();
  named.is_named = known == merchant;
  if (before->grant) named.grant = *std::move(before->grant);
  if (moves) {
    auto nameless = find_grant(store, records.keys.grant(known));
    if (!nameless) return nameless.error();
    if (nameless->grant && (!named.existed || nameless->grant->heard > named.grant.heard))
      named.grant = *std::move(nameless->grant);
    named.existed = named.existed || nameless->generation != 0;
    if (nameless->generation != 0)
      named.others.push_back(StoreWrite::remove(records.keys.grant(known), nameless->generation));
  }
  named.grant.merchant = merchant;
  named.grant.app_id = app_id;
  if (!named.is_named) named.others.push_back(StoreWrite::put(index_key, merchant, *index ? (*index)->generation : 0));
  return named;
}

Result<std::optional<StoreWrite>> draft_token(Store& store, const ComponentRecords& records,
                                              const RedeemedCode& redeemed) {
  const AuthorizationInfo& info = redeemed.info;
  if (info.access_token.empty() || info.expires_in <= 0) return std::optional<StoreWrite>();
  const std::string key = records.token_key(info.app_id);
  auto entry = store.get(key);
  if (!entry) return entry.error();
  const auto old = *entry ? detail::TokenRecord::read((*entry)->value) : std::nullopt;
  detail::TokenRecord token;
  token.value = info.access_token;
  token.generation = old ? old->generation + 1 : 1;
  if (old) token.kept = old->kept;
  token.issued = from_unix_millis(unix_millis(redeemed.now));
  const auto life = std::min<std::int64_t>(info.expires_in, 24 * 3600);
  token.expires = token.issued + std::chrono::seconds(life);
  return std::optional<StoreWrite>(
      StoreWrite::put(key, token.json(), *entry ? (*entry)->generation : 0, std::chrono::seconds(life)));
}

}  // namespace

detail::TokenSettings authorizer_token_settings(std::string component_app_id, std::string app_id) {
  detail::TokenSettings settings("wechat", std::move(component_app_id), "authorizer_token");
  settings.account = std::move(app_id);
  settings.pause_unauthorized = Millis(1000);
  return settings;
}

Result<BegunCode> begin_code(Store& store, const ComponentRecords& records, const Secret& code, const CodeUse& wanted) {
  const std::string key = records.keys.code(code);
  for (int attempt = 0; attempt < kMostGrantCommits; ++attempt) {
    auto entry = store.get(key);
    if (!entry) return entry.error();
    auto known = *entry ? CodeUse::read((*entry)->value) : std::nullopt;
    BegunCode begun;
    begun.is_first = !known;
    begun.use = known ? *known : wanted;
    const bool has_more = known && ((known->merchant.empty() && !wanted.merchant.empty()) ||
                                    (known->app_id.empty() && !wanted.app_id.empty()));
    if (known && known->merchant.empty()) begun.use.merchant = wanted.merchant;
    if (known && known->app_id.empty()) begun.use.app_id = wanted.app_id;
    if (known && !has_more) return begun;
    auto put = detail::put_known(store, key, begun.use.json(), *entry ? (*entry)->generation : 0, kCodeUseKept,
                                 Durability::full);
    if (!put) return put.error();
    if (put->committed) return begun;
  }
  return contended();
}

Result<GrantChange> put_redeemed(Store& store, const ComponentRecords& records, const RedeemedCode& redeemed) {
  return commit_draft(store, [&]() -> Result<Draft> {
    auto named = find_named(store, records, redeemed.info.app_id, redeemed.merchant);
    if (!named) return named.error();
    ComponentGrant& grant = named->grant;
    const bool was_active = named->was_active();
    grant.take(redeemed.info);
    grant.authorized_at = from_unix_millis(unix_millis(redeemed.now));
    if (!was_active) grant.since = grant.authorized_at;
    grant.heard = std::max(grant.heard, redeemed.heard);
    auto token = draft_token(store, records, redeemed);
    if (!token) return token.error();
    if (*token) named->others.push_back(**std::move(token));
    CodeUse use;
    use.merchant = grant.merchant;
    use.app_id = grant.app_id;
    use.redeemed = true;
    use.since = redeemed.now;
    const std::string code_key = records.keys.code(redeemed.code);
    auto code = generation_of(store, code_key);
    if (!code) return code.error();
    named->others.push_back(StoreWrite::put(code_key, use.json(), *code, kCodeUseKept));
    auto settled = detail::settle_attempt(store, records.keys.attempt(grant.merchant), redeemed.now, named->others);
    if (!settled) return settled.error();
    return std::move(*named).draft(records, was_active);
  });
}

Result<ComponentGrant> name_merchant(Store& store, const ComponentRecords& records, const std::string& app_id,
                                     const std::string& merchant, WallTime followed) {
  auto change = commit_draft(store, [&]() -> Result<Draft> {
    auto named = find_named(store, records, app_id, merchant);
    if (!named) return named.error();
    if (!named->existed)
      return Error(ErrorKind::not_found, fmt::format("the account {} has not authorized the platform", app_id));
    const std::size_t moves = named->others.size();
    auto settled = detail::settle_attempt(store, records.keys.attempt(named->grant.merchant), followed, named->others);
    if (!settled) return settled.error();
    const bool was_active = named->was_active();
    const bool is_done = named->is_named && named->others.size() == moves;
    Draft draft = std::move(*named).draft(records, was_active);
    if (is_done) draft.writes.clear();
    return draft;
  });
  if (!change) return change.error();
  return *std::move(change->grant);
}

namespace {

/// Changes a grant where it is. `change` gives false where nothing is to be written.
template <class Change>
Result<GrantChange> change_grant(Store& store, const ComponentRecords& records, const std::string& merchant,
                                 Change change, const std::string& dead_token_key = {}) {
  const std::string key = records.keys.grant(merchant);
  return commit_draft(store, [&]() -> Result<Draft> {
    auto found = find_grant(store, key);
    if (!found) return found.error();
    Draft draft;
    if (!found->grant) return draft;
    draft.change.was_active = found->grant->state == Merchant::State::active;
    if (!change(*found->grant)) return draft;
    draft.writes.push_back(StoreWrite::put(key, found->grant->json(), found->generation));
    if (!dead_token_key.empty()) {
      auto token = generation_of(store, dead_token_key);
      if (!token) return token.error();
      draft.writes.push_back(StoreWrite::remove(dead_token_key, *token));
    }
    draft.change.grant = std::move(found->grant);
    return draft;
  });
}

}  // namespace

Result<ComponentGrant> put_details(Store& store, const ComponentRecords& records, const std::string& merchant,
                                   const AuthorizerDetails& details) {
  auto changed = change_grant(store, records, merchant, [&details](ComponentGrant& grant) {
    if (grant.app_id != details.authorization.app_id) return false;
    grant.take(details);
    return true;
  });
  if (!changed) return changed.error();
  if (changed->grant) return *std::move(changed->grant);
  return unknown_authorizer(merchant);
}

Result<GrantChange> end_grant(Store& store, const ComponentRecords& records, const std::string& app_id,
                              const GrantEnd& end) {
  auto merchant = find_merchant(store, records.keys, app_id);
  if (!merchant) return merchant.error();
  if (merchant->empty()) return GrantChange();
  return change_grant(
      store, records, *merchant,
      [&](ComponentGrant& grant) {
        if (grant.app_id != app_id || grant.state != Merchant::State::active || end.when < grant.heard) return false;
        grant.heard = end.when;
        grant.end(end.state, end.when, end.why);
        return true;
      },
      records.token_key(app_id));
}

Result<bool> put_refresh_token(Store& store, const ComponentRecords& records, const std::string& merchant,
                               const Secret& before, const Secret& after) {
  bool is_there = false;
  auto changed = change_grant(store, records, merchant, [&](ComponentGrant& grant) {
    is_there = grant.refresh_token == after;
    if (is_there || grant.refresh_token != before || grant.state != Merchant::State::active) return false;
    grant.refresh_token = after;
    return true;
  });
  if (!changed) return changed.error();
  return is_there || changed->grant.has_value();
}

Result<GrantChange> put_listed(Store& store, const ComponentRecords& records, const std::string& merchant,
                               const AuthorizerPage::Entry& entry, WallTime now) {
  const WallTime authorized = from_unix_seconds(std::max<std::int64_t>(entry.auth_time, 0));
  return commit_draft(store, [&]() -> Result<Draft> {
    auto named = find_named(store, records, entry.app_id, merchant);
    if (!named) return named.error();
    ComponentGrant& grant = named->grant;
    const bool was_active = named->was_active();
    if (named->existed && grant.refresh_token == entry.refresh_token) return Draft();
    if (named->existed && !was_active && authorized <= grant.heard) return Draft();  // it was withdrawn after that
    grant.state = Merchant::State::active;
    grant.why.clear();
    grant.refresh_token = entry.refresh_token;
    grant.authorized_at = std::max(grant.authorized_at, authorized);
    if (!was_active) grant.since = grant.authorized_at;
    grant.heard = std::max(grant.heard, authorized);
    auto settled = detail::settle_attempt(store, records.keys.attempt(grant.merchant), now, named->others);
    if (!settled) return settled.error();
    return std::move(*named).draft(records, was_active);
  });
}

Result<bool> remove_merchant(Store& store, const ComponentRecords& records, const std::string& merchant) {
  bool existed = false;
  auto removed = commit_draft(store, [&]() -> Result<Draft> {
    auto found = find_grant(store, records.keys.grant(merchant));
    if (!found) return found.error();
    std::vector<std::string> keys{records.keys.grant(merchant), records.keys.attempt(merchant)};
    if (found->grant) {
      keys.push_back(records.keys.merchant_of(found->grant->app_id));
      keys.push_back(records.token_key(found->grant->app_id));
    }
    const auto entries = store.get_many(keys);
    if (!entries) return entries.error();
    Draft draft;
    for (std::size_t i = 0; i < keys.size(); ++i)
      if ((*entries)[i]) draft.writes.push_back(StoreWrite::remove(keys[i], (*entries)[i]->generation));
    existed = !draft.writes.empty();
    return draft;
  });
  if (!removed) return removed.error();
  return existed;
}

}  // namespace wechat
KEFU_END_NAMESPACE
