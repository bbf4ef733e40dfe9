#include "wechat/component/grant.hpp"

#include "channel/accounts/links.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "core/text/wipe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

KEFU_BEGIN_NAMESPACE
namespace wechat {
namespace {

constexpr int kComponentGrantVersion = 1;

std::optional<AccountKind> kind_named(std::string_view name) {
  for (const AccountKind kind :
       {AccountKind::subscription_account, AccountKind::service_account, AccountKind::mini_program})
    if (to_string(kind) == name) return kind;
  return std::nullopt;
}

}  // namespace

void ComponentGrant::take(const AuthorizationInfo& info) {
  app_id = info.app_id;
  state = Merchant::State::active;
  why.clear();
  refresh_token = info.refresh_token;
  permission_sets.clear();
  for (const PermissionSet& set : info.permission_sets) permission_sets.push_back(set.id);
}

void ComponentGrant::take(const AuthorizerDetails& details) {
  constexpr int kServiceAccount = 2;
  constexpr int kNotVerified = -1;
  kind = details.mini_program                         ? AccountKind::mini_program
         : details.service_type.id == kServiceAccount ? AccountKind::service_account
                                                      : AccountKind::subscription_account;
  verified = details.verify_type.id != kNotVerified;
  original_id = details.original_id;
  if (details.authorization.permission_sets.empty()) return;
  permission_sets.clear();
  for (const PermissionSet& set : details.authorization.permission_sets) permission_sets.push_back(set.id);
}

void ComponentGrant::end(Merchant::State how, WallTime when, std::string reason) {
  state = how;
  since = when;
  why = std::move(reason);
  refresh_token = Secret();
}

std::string ComponentGrant::json() const {
  std::string out;
  detail::JsonWriter json(out);
  json.begin_object().key("v").integer(kComponentGrantVersion);
  json.key("merchant").string(merchant).key("app_id").string(app_id);
  json.key("state").string(detail::stored_state(state)).key("since").integer(unix_millis(since));
  json.key("why").string(why).key("refresh_token").string(refresh_token.expose());
  json.key("authorized").integer(unix_millis(authorized_at)).key("heard").integer(unix_millis(heard));
  json.key("sets").begin_array();
  for (const int set : permission_sets) json.integer(set);
  json.end_array();
  if (kind) json.key("kind").string(to_string(*kind)).key("verified").boolean(verified);
  json.key("original_id").string(original_id);
  kept.write(json);
  json.end_object();
  return out;
}

std::optional<ComponentGrant> ComponentGrant::read(std::string_view text) {
  detail::ReadLimits limits;
  limits.depth = 4;
  const auto document = detail::Document::json(text, limits);
  const auto root = document.root();
  if (!document || !detail::reads_version(root["v"], kComponentGrantVersion)) return std::nullopt;
  const auto state = detail::read_merchant_state(root["state"].text());
  if (!state) return std::nullopt;
  ComponentGrant grant;
  grant.merchant = root["merchant"].text();
  grant.app_id = root["app_id"].text();
  grant.state = *state;
  grant.since = detail::stored_time(root["since"]);
  grant.why = root["why"].text();
  grant.refresh_token = Secret(root["refresh_token"].text());
  grant.authorized_at = detail::stored_time(root["authorized"]);
  grant.heard = detail::stored_time(root["heard"]);
  for (const auto set : root["sets"].items())
    grant.permission_sets.push_back(
        static_cast<int>(std::clamp<std::int64_t>(set.integer().value_or(0), 0, 1'000'000)));
  grant.kind = kind_named(root["kind"].text());
  grant.verified = root["verified"].boolean().value_or(false);
  grant.original_id = root["original_id"].text();
  grant.kept = detail::KeptMembers(root, {"v", "merchant", "app_id", "state", "since", "why", "refresh_token",
                                          "authorized", "heard", "sets", "kind", "verified", "original_id"});
  if (detail::check_merchant_name(grant.merchant) || grant.app_id.empty()) return std::nullopt;
  return grant;
}

Merchant ComponentGrant::describe() const {
  Merchant out;
  out.id = merchant;
  out.state = state;
  out.since = since;
  out.why = why;
  out.authorized_at = authorized_at;
  if (kind) out.account_kind = to_string(*kind);
  for (const int set : permission_sets) out.scopes.push_back(std::to_string(set));
  out.ids.emplace_back("app_id", app_id);
  if (!original_id.empty()) out.ids.emplace_back("original_id", original_id);
  return out;
}

std::optional<Merchant> describe_grant(std::string_view stored, WallTime) {
  const auto grant = ComponentGrant::read(stored);
  return grant ? std::optional<Merchant>(grant->describe()) : std::nullopt;
}

Error unknown_authorizer(const std::string& merchant) {
  return Error(ErrorKind::not_found, fmt::format("the merchant {} has not authorized the platform", merchant));
}

std::string ComponentKeys::code(const Secret& code) const { return codes_.with(detail::code_digest(code)); }

Result<StoredComponentGrant> find_grant(Store& store, const std::string& key) {
  auto entry = store.get(key);
  if (!entry) return entry.error();
  StoredComponentGrant found;
  if (!*entry) return found;
  found.generation = (*entry)->generation;
  found.grant = ComponentGrant::read((*entry)->value);
  detail::wipe((*entry)->value);
  if (!found.grant)
    return Error(ErrorKind::configuration,
                 "a stored grant cannot be read: is this store of another version, or of other keys?");
  return found;
}

Result<std::string> find_merchant(Store& store, const ComponentKeys& keys, std::string_view app_id) {
  auto entry = store.get(keys.merchant_of(app_id));
  if (!entry) return entry.error();
  return *entry ? (*entry)->value : std::string();
}

std::string CodeUse::json() const {
  std::string out;
  detail::JsonWriter json(out);
  json.begin_object().key("v").integer(1).key("merchant").string(merchant).key("app_id").string(app_id);
  json.key("redeemed").boolean(redeemed).key("since").integer(unix_millis(since)).end_object();
  return out;
}

std::optional<CodeUse> CodeUse::read(std::string_view text) {
  const auto document = detail::Document::json(text);
  const auto root = document.root();
  if (!document || !detail::reads_version(root["v"], 1)) return std::nullopt;
  CodeUse use;
  use.merchant = root["merchant"].text();
  use.app_id = root["app_id"].text();
  use.redeemed = root["redeemed"].boolean().value_or(false);
  use.since = detail::stored_time(root["since"]);
  return use;
}

}  // namespace wechat
KEFU_END_NAMESPACE
