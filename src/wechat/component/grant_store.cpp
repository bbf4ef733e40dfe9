#include "wechat/component/grant_store.hpp"

#include "core/store/commit_known.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
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

/// A set of writes for one account under one name: the grant, the index, and what stood under a name it only had for
/// want of one.
struct NamedGrant {
  std::vector<StoreWrite> writes;
  ComponentGrant grant;
  bool existed = false;
};

/// Finds what is known of the account and brings it under `merchant`.
Result<NamedGrant> draft_grant(Store& store, const ComponentRecords& records, const std::string& app_id,
                               const std::string& wanted) {
  auto known = find_merchant(store, records.keys, app_id);
  if (!known) return known.error();
  const std::string merchant = !wanted.empty() ? wanted : known->empty() ? app_id : *known;
  const bool moves = !known->empty() && *known != merchant;
  if (moves && *known != app_id) return other_merchant(*known, app_id);
  auto before = find_grant(store, records.keys.grant(merchant));
  if (!before) return before.error();
  if (before->grant && before->grant->app_id != app_id) return other_account(*before->grant, app_id);
  NamedGrant draft;
  std::uint64_t generation = before->generation;
  draft.existed = before->grant.has_value();
  if (before->grant) draft.grant = *std::move(before->grant);
  if (moves) {
    auto nameless = find_grant(store, records.keys.grant(*known));
    if (!nameless) return nameless.error();
    if (nameless->grant && !draft.existed) draft.grant = *std::move(nameless->grant);
    draft.existed = draft.existed || nameless->generation != 0;
    if (nameless->generation != 0)
      draft.writes.push_back(StoreWrite::remove(records.keys.grant(*known), nameless->generation));
  }
  draft.grant.merchant = merchant;
  draft.grant.app_id = app_id;
  auto index = generation_of(store, records.keys.merchant_of(app_id));
  if (!index) return index.error();
  draft.writes.insert(draft.writes.begin(), StoreWrite::put(records.keys.grant(merchant), {}, generation));
  draft.writes.push_back(StoreWrite::put(records.keys.merchant_of(app_id), merchant, *index));
  return draft;
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

Result<ComponentGrant> put_redeemed(Store& store, const ComponentRecords& records, const RedeemedCode& redeemed) {
  for (int attempt = 0; attempt < kMostGrantCommits; ++attempt) {
    auto draft = draft_grant(store, records, redeemed.info.app_id, redeemed.merchant);
    if (!draft) return draft.error();
    ComponentGrant& grant = draft->grant;
    grant.take(redeemed.info);
    grant.authorized_at = from_unix_millis(unix_millis(redeemed.now));
    grant.heard = std::max(grant.heard, redeemed.heard);
    draft->writes.front().value = grant.json();
    auto token = draft_token(store, records, redeemed);
    if (!token) return token.error();
    if (*token) draft->writes.push_back(**std::move(token));
    CodeUse use;
    use.merchant = grant.merchant;
    use.app_id = grant.app_id;
    use.redeemed = true;
    use.since = redeemed.now;
    const std::string code_key = records.keys.code(redeemed.code);
    auto code = generation_of(store, code_key);
    if (!code) return code.error();
    draft->writes.push_back(StoreWrite::put(code_key, use.json(), *code, kCodeUseKept));
    auto done = detail::commit_known(store, draft->writes, Durability::full);
    if (!done) return done.error();
    if (done->committed) return grant;
  }
  return contended();
}

Result<ComponentGrant> name_merchant(Store& store, const ComponentRecords& records, const std::string& app_id,
                                     const std::string& merchant) {
  for (int attempt = 0; attempt < kMostGrantCommits; ++attempt) {
    auto draft = draft_grant(store, records, app_id, merchant);
    if (!draft) return draft.error();
    if (!draft->existed)
      return Error(ErrorKind::not_found, fmt::format("the account {} has not authorized the platform", app_id));
    if (draft->writes.size() == 2 && draft->grant.merchant == merchant) {
      auto known = find_merchant(store, records.keys, app_id);
      if (known && *known == merchant) return draft->grant;
    }
    draft->writes.front().value = draft->grant.json();
    auto done = detail::commit_known(store, draft->writes, Durability::full);
    if (!done) return done.error();
    if (done->committed) return draft->grant;
  }
  return contended();
}

namespace {

/// Changes a grant where it is. `change` gives false where nothing is to be written.
template <class Change>
Result<std::optional<ComponentGrant>> change_grant(Store& store, const ComponentRecords& records,
                                                   const std::string& merchant, Change change,
                                                   const std::string& dead_token_key = {}) {
  const std::string key = records.keys.grant(merchant);
  for (int attempt = 0; attempt < kMostGrantCommits; ++attempt) {
    auto found = find_grant(store, key);
    if (!found) return found.error();
    if (!found->grant || !change(*found->grant)) return std::optional<ComponentGrant>();
    std::vector<StoreWrite> writes{StoreWrite::put(key, found->grant->json(), found->generation)};
    if (!dead_token_key.empty()) {
      auto token = generation_of(store, dead_token_key);
      if (!token) return token.error();
      writes.push_back(StoreWrite::remove(dead_token_key, *token));
    }
    auto done = detail::commit_known(store, writes, Durability::full);
    if (!done) return done.error();
    if (done->committed) return std::move(found->grant);
  }
  return contended();
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
  if (*changed) return **std::move(changed);
  return Error(ErrorKind::not_found, fmt::format("the merchant {} has not authorized the platform", merchant));
}

Result<bool> end_grant(Store& store, const ComponentRecords& records, const std::string& app_id, WallTime when,
                       const std::string& why) {
  auto merchant = find_merchant(store, records.keys, app_id);
  if (!merchant) return merchant.error();
  if (merchant->empty()) return false;
  auto changed = change_grant(
      store, records, *merchant,
      [&](ComponentGrant& grant) {
        if (grant.app_id != app_id || grant.state != Merchant::State::authorized || when < grant.heard) return false;
        grant.heard = when;
        grant.end(why);
        return true;
      },
      records.token_key(app_id));
  if (!changed) return changed.error();
  return changed->has_value();
}

Result<bool> put_refresh_token(Store& store, const ComponentRecords& records, const std::string& merchant,
                               const Secret& before, const Secret& after) {
  bool is_there = false;
  auto changed = change_grant(store, records, merchant, [&](ComponentGrant& grant) {
    is_there = grant.refresh_token == after;
    if (is_there || grant.refresh_token != before || grant.state != Merchant::State::authorized) return false;
    grant.refresh_token = after;
    return true;
  });
  if (!changed) return changed.error();
  return is_there || changed->has_value();
}

Result<bool> put_listed(Store& store, const ComponentRecords& records, const std::string& merchant,
                        const AuthorizerPage::Entry& entry) {
  const WallTime authorized = from_unix_seconds(std::max<std::int64_t>(entry.auth_time, 0));
  for (int attempt = 0; attempt < kMostGrantCommits; ++attempt) {
    auto draft = draft_grant(store, records, entry.app_id, merchant);
    if (!draft) return draft.error();
    ComponentGrant& grant = draft->grant;
    const bool ended = draft->existed && grant.state != Merchant::State::authorized;
    if (draft->existed && grant.refresh_token == entry.refresh_token) return false;
    if (ended && authorized <= grant.heard) return false;  // it was withdrawn after that
    grant.state = Merchant::State::authorized;
    grant.why.clear();
    grant.refresh_token = entry.refresh_token;
    grant.authorized_at = std::max(grant.authorized_at, authorized);
    grant.heard = std::max(grant.heard, authorized);
    draft->writes.front().value = grant.json();
    auto done = detail::commit_known(store, draft->writes, Durability::full);
    if (!done) return done.error();
    if (done->committed) return true;
  }
  return contended();
}

Result<bool> remove_merchant(Store& store, const ComponentRecords& records, const std::string& merchant) {
  const std::string key = records.keys.grant(merchant);
  for (int attempt = 0; attempt < kMostGrantCommits; ++attempt) {
    auto found = find_grant(store, key);
    if (!found) return found.error();
    if (found->generation == 0) return false;
    std::vector<StoreWrite> writes{StoreWrite::remove(key, found->generation)};
    for (const std::string& other :
         {records.keys.merchant_of(found->grant->app_id), records.token_key(found->grant->app_id)}) {
      auto generation = generation_of(store, other);
      if (!generation) return generation.error();
      writes.push_back(StoreWrite::remove(other, *generation));
    }
    auto done = detail::commit_known(store, writes, Durability::full);
    if (!done) return done.error();
    if (done->committed) return true;
  }
  return contended();
}

}  // namespace wechat
KEFU_END_NAMESPACE
