#include "jd/authorization/grant.hpp"

#include "channel/accounts/attempt.hpp"
#include "core/text/document.hpp"
#include "core/text/json_writer.hpp"
#include "jd/authorization/oauth.hpp"

#include <kefu/core/store.hpp>
#include <kefu/jd/time.hpp>

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace jd {
namespace {

constexpr int kGrantVersion = 1;

StoreKey grants_of(std::string_view name_space, std::string_view app_key) {
  return StoreKey(name_space, "jd", "grant", app_key);
}

void write_text(detail::JsonWriter& json, std::string_view name, const std::string& text) {
  if (!text.empty()) json.key(name).string(text);
}

}  // namespace

void Grant::take(const GrantAnswer& answer, WallTime now) {
  if (state != Merchant::State::active || since == WallTime{}) since = now;
  state = Merchant::State::active;
  why.clear();
  refused_secret.clear();
  refused_since.reset();
  intent.reset();
  const auto life = life_of(answer, now);
  const bool usable = life.count() > 0 && life <= kLongestTokenLife;
  token_expires = from_unix_millis(unix_millis(now)) + (usable ? life : std::chrono::seconds(0));
  if (!answer.refresh_token.empty()) refresh_token = answer.refresh_token;
  if (!answer.uid.empty()) uid = answer.uid;
  if (!answer.open_id.empty()) open_id = answer.open_id;
  if (!answer.xid.empty()) xid = answer.xid;
  if (!answer.scope.empty()) scope = answer.scope;
}

const RenewalIntent* Grant::pending_intent() const {
  // A version that does not know it renews and authorizes without removing it.
  const bool is_of_this = intent && intent->renewals == renewals && intent->since >= authorized_at;
  return is_of_this ? &*intent : nullptr;
}

void Grant::lose_renewal(WallTime now) {
  state = Merchant::State::needs_authorization;
  since = now;
  why = fmt::format(
      "its refresh token was sent to the platform at {} (GMT+8), or was about to be, and the process ended before what "
      "it brought was stored",
      gateway_time(intent->since));
  refresh_token = Secret();
  intent.reset();
}

bool Grant::same_account(const Grant& other) const {
  for (const auto member : {&Grant::uid, &Grant::xid, &Grant::open_id}) {
    const std::string& mine = this->*member;
    const std::string& theirs = other.*member;
    if (!mine.empty() && !theirs.empty()) return mine == theirs;
  }
  return true;
}

std::string Grant::json() const {
  std::string out;
  detail::JsonWriter json(out);
  json.begin_object().key("v").integer(kGrantVersion);
  json.key("merchant").string(merchant);
  json.key("state").string(detail::stored_state(state));
  json.key("since").integer(unix_millis(since));
  write_text(json, "why", why);
  write_text(json, "refused_secret", refused_secret);
  json.key("renewals").integer(renewals);
  json.key("refresh_token").string(refresh_token.expose());
  json.key("authorized").integer(unix_millis(authorized_at));
  json.key("expires").integer(unix_millis(token_expires));
  if (refused_since) json.key("refused_since").integer(unix_millis(*refused_since));
  if (intent) {
    json.key("renewing").integer(intent->renewals).key("renewing_since").integer(unix_millis(intent->since));
    json.key("renewing_until").integer(unix_millis(intent->until));
  }
  write_text(json, "uid", uid);
  write_text(json, "open_id", open_id);
  write_text(json, "xid", xid);
  write_text(json, "scope", scope);
  kept.write(json);
  json.end_object();
  return out;
}

std::optional<Grant> Grant::read(std::string_view text) {
  detail::ReadLimits limits;
  limits.depth = 4;
  const auto document = detail::Document::json(text, limits);
  const auto root = document.root();
  if (!document || !detail::reads_version(root["v"], kGrantVersion)) return std::nullopt;
  const auto state = detail::read_merchant_state(root["state"].text());
  if (!state) return std::nullopt;
  Grant grant;
  grant.state = *state;
  grant.merchant = root["merchant"].text();
  grant.why = root["why"].text();
  grant.refused_secret = root["refused_secret"].text();
  grant.renewals = root["renewals"].integer().value_or(0);
  grant.refresh_token = Secret(root["refresh_token"].text());
  grant.authorized_at = detail::stored_time(root["authorized"]);
  grant.since = detail::stored_time(root["since"]);
  if (grant.state == Merchant::State::active && !root["since"].integer()) grant.since = grant.authorized_at;
  grant.token_expires = detail::stored_time(root["expires"]);
  if (root["refused_since"].integer()) grant.refused_since = detail::stored_time(root["refused_since"]);
  if (const auto renewing = root["renewing"].integer())
    grant.intent = RenewalIntent{*renewing, detail::stored_time(root["renewing_since"]),
                                 detail::stored_time(root["renewing_until"])};
  grant.uid = root["uid"].text();
  grant.open_id = root["open_id"].text();
  grant.xid = root["xid"].text();
  grant.scope = root["scope"].text();
  grant.kept = detail::KeptMembers(root, {"v", "merchant", "state", "why", "refused_secret", "renewals",
                                          "refresh_token", "authorized", "expires", "refused_since", "uid", "open_id",
                                          "xid", "since", "scope", "renewing", "renewing_since", "renewing_until"});
  if (check_merchant_name(grant.merchant) || grant.renewals < 0) return std::nullopt;
  return grant;
}

Merchant Grant::describe() const {
  Merchant out;
  out.id = merchant;
  out.state = state;
  out.since = since;
  out.why = why;
  out.authorized_at = authorized_at;
  out.token_expires = token_expires;
  out.account_kind = "shop";
  std::string_view rest = scope;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find_first_of(" ,"));
    if (!word.empty()) out.scopes.emplace_back(word);
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  }
  if (!uid.empty()) out.ids.emplace_back("uid", uid);
  if (!open_id.empty()) out.ids.emplace_back("open_id", open_id);
  if (!xid.empty()) out.ids.emplace_back("xid", xid);
  return out;
}

std::string grant_key(std::string_view name_space, std::string_view app_key, std::string_view merchant) {
  return grants_of(name_space, app_key).add(merchant).str();
}

std::string grant_prefix(std::string_view name_space, std::string_view app_key) {
  return grants_of(name_space, app_key).prefix();
}

}  // namespace jd
KEFU_END_NAMESPACE
