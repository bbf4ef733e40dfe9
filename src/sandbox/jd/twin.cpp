#include "sandbox/jd/twin.hpp"

#include "core/async/time_range.hpp"
#include "core/crypto/crypto.hpp"

#include <fmt/format.h>

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::size_t kTokensKept = 5000;
constexpr std::size_t kReceivedKept = 1000;

std::string upper_hex(std::size_t digits) {
  std::string text = random_hex(digits);
  for (char& c : text)
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

}  // namespace

JdLine JdSession::line(std::size_t at) const {
  if (at >= made_lines) return lines[at - made_lines];
  JdLine made;
  made.time = detail::later(begin, std::chrono::seconds(static_cast<std::int64_t>(at) * made_step_s));
  made.visible = visible;
  made.by_waiter = at % 2 == 1;
  made.content = fmt::format("{} {}/{}", made.by_waiter ? "您好，第" : "请问，第", sid, at + 1);
  return made;
}

const std::vector<JdRoute>& jd_routes() {
  static const std::vector<JdRoute> all = [] {
    std::vector<JdRoute> rows;
    for (const auto& family : {jd_im_routes(), jd_statistics_routes(), jd_dongdong_routes(), jd_after_sale_routes(),
                               jd_after_sale_view_routes(), jd_after_sale_act_routes(), jd_order_routes(),
                               jd_shop_routes(), jd_review_routes()})
      rows.insert(rows.end(), family.begin(), family.end());
    return rows;
  }();
  return all;
}

JdTwin::JdTwin() : Twin(jd_switches()) {
  for (const JdRoute& route : jd_routes()) routes_.emplace(route.method, &route);
}

bool JdTwin::has_host(std::string_view host) const {
  return host == "api.jd.com" || host == "api-dev.jd.com" || host == "open-oauth.jd.com" || host == "oauth.jd.com";
}

JdAppState& JdTwin::add(JdApp app) {
  if (app.app_key.empty()) app.app_key = upper_hex(32);
  if (app.app_secret.empty()) app.app_secret = random_hex(32);
  JdAppState& state = apps[app.app_key];
  state.app = std::move(app);
  return state;
}

JdShopState& JdTwin::add(JdShop shop) {
  if (shop.vender_id == 0) shop.vender_id = 10000 + next_id();
  if (shop.shop_id == 0) shop.shop_id = shop.vender_id + 1;
  if (shop.shop.empty()) shop.shop = std::to_string(shop.vender_id);
  if (shop.name.empty()) shop.name = "示例旗舰店";
  if (shop.main_account.empty()) shop.main_account = "flagship-zhang";
  if (shops.count(shop.shop) == 0) shop_order.push_back(shop.shop);
  JdShopState& state = shops[shop.shop];
  state.shop = std::move(shop);
  return state;
}

JdAppState* JdTwin::find_app(std::string_view app_key) {
  const auto found = apps.find(app_key);
  return found == apps.end() ? nullptr : &found->second;
}

JdShopState* JdTwin::find_shop(std::string_view shop) {
  if (const auto found = shops.find(shop); found != shops.end()) return &found->second;
  for (auto& [name, state] : shops)
    if (std::to_string(state.shop.vender_id) == shop) return &state;
  return nullptr;
}

std::string JdTwin::new_token(bool legacy) const {
  return legacy ? random_uuid() : random_hex(32) + random_hex(2) + "jd";
}

JdGrant* JdTwin::find_grant(std::string_view app_key, std::string_view shop) {
  const auto found = std::find_if(grants.begin(), grants.end(), [app_key, shop](const JdGrant& one) {
    return one.app_key == app_key && one.shop == shop;
  });
  return found == grants.end() ? nullptr : &*found;
}

JdGrant& JdTwin::authorize(const JdAppState& app, const JdShopState& shop, bool legacy, WallTime now,
                           std::string_view account) {
  JdGrant* grant = find_grant(app.app.app_key, shop.shop.shop);
  if (grant == nullptr) {
    grant = &grants.emplace_back();
    grant->app_key = app.app.app_key;
    grant->shop = shop.shop.shop;
  }
  grant->legacy = legacy;
  grant->account = account == shop.shop.main_account ? std::string_view() : account;
  grant->revoked = false;
  ++grant->exchanges;
  give_tokens(*grant, true, true, now);
  return *grant;
}

void JdTwin::give_tokens(JdGrant& grant, bool new_access, bool new_refresh, WallTime now) {
  const JdAppState* app = find_app(grant.app_key);
  const std::int64_t own_life = app == nullptr ? 0 : app->app.token_life_s;
  grant.issued = now;
  grant.expires = detail::later(now, std::chrono::seconds(own_life > 0 ? own_life : setting("jd_token_life_s")));
  if (new_access) {
    const WallTime old_ends = detail::later(now, std::chrono::seconds(setting("jd_old_access_token_life_s")));
    for (JdIssuedToken& token : access_)
      if (token.value == grant.access_token) token.ends = std::min(token.ends, old_ends);
    grant.access_token = new_token(grant.legacy);
    std::size_t place = 0;
    while (&grants[place] != &grant) ++place;
    access_.push_back({grant.access_token, place, grant.expires});
    if (access_.size() > kTokensKept) access_.pop_front();
  } else {
    for (JdIssuedToken& token : access_)
      if (token.value == grant.access_token) token.ends = grant.expires;
  }
  if (new_refresh) {
    grant.refresh_token = new_token(grant.legacy);
    grant.refresh_ends = detail::later(now, std::chrono::seconds(setting("jd_refresh_token_life_s")));
  }
}

JdGrant* JdTwin::grant_of(std::string_view access_token, std::string_view app_key, WallTime now) {
  const auto issued = std::find_if(access_.rbegin(), access_.rend(),
                                   [access_token](const JdIssuedToken& one) { return one.value == access_token; });
  if (issued == access_.rend() || now >= issued->ends) return nullptr;
  JdGrant& grant = grants[issued->grant];
  return grant.app_key == app_key && !grant.revoked ? &grant : nullptr;
}

JdGrant* JdTwin::grant_to_refresh(std::string_view refresh_token, std::string_view app_key, WallTime now) {
  for (JdGrant& grant : grants) {
    if (grant.refresh_token != refresh_token || grant.app_key != app_key) continue;
    if (grant.revoked || now >= grant.refresh_ends) return nullptr;
    if (now >= grant.expires && setting("jd_refresh_after_expiry") == 0) return nullptr;
    return &grant;
  }
  return nullptr;
}

void JdTwin::refresh(JdGrant& grant, WallTime now) {
  ++grant.refreshes;
  give_tokens(grant, setting("jd_refresh_changes_access_token") != 0, setting("jd_refresh_rotates_refresh_token") != 0,
              now);
}

void JdTwin::void_token(JdGrant& grant, WallTime now) {
  for (JdIssuedToken& token : access_)
    if (token.value == grant.access_token) token.ends = std::min(token.ends, now);
}

void JdTwin::retire_token(const WebRequest& request, WallTime now) {
  const Pairs params = jd_params(request);
  JdGrant* grant =
      grant_of(find_pair(params, "access_token").value_or(""), find_pair(params, "app_key").value_or(""), now);
  if (grant == nullptr) return;
  give_tokens(*grant, true, true, now);
}

JdBuyer& JdTwin::buyer(JdShopState& shop, std::string_view pin) {
  const auto found = shop.buyers.find(pin);
  if (found != shop.buyers.end()) return found->second;
  JdBuyer& made = shop.buyers[std::string(pin)];
  made.pin = pin;
  // Per application and across them, in the real world; here one of each per buyer of a shop, from the name, so that
  // the same history gives the same ids again.
  const std::string hash = detail::digest(detail::DigestKind::sha256, pin).hex();
  made.open_id = hash.substr(0, 43);
  made.xid = "o*AAT" + hash.substr(24, 40);
  made.mixed_pin = detail::base64("mix:" + std::string(pin));
  return made;
}

JdBuyer* JdTwin::find_buyer(JdShopState& shop, std::string_view name) {
  if (const auto found = shop.buyers.find(name); found != shop.buyers.end()) return &found->second;
  JdBuyer* match = nullptr;
  for (auto& [pin, one] : shop.buyers) {
    if (one.open_id == name || one.xid == name) return &one;
    if (setting("jd_mask_customers") == 0 || jd_masked(pin) != name) continue;
    if (match != nullptr) return nullptr;  // Two buyers are shown alike.
    match = &one;
  }
  return match;
}

std::string JdTwin::shown(std::string_view pin) const {
  return setting("jd_mask_customers") != 0 ? jd_masked(pin) : std::string(pin);
}

WallTime JdTwin::visible_from(WallTime time) const {
  return detail::later(time, std::chrono::seconds(setting("jd_visibility_delay_s")));
}

const JdReceived& JdTwin::put_in_inbox(JdBuyer& to, JdReceived message) {
  message.number = ++to.received;
  to.inbox.push_back(std::move(message));
  if (to.inbox.size() > kReceivedKept) to.inbox.pop_front();
  return to.inbox.back();
}

JdSession& JdTwin::open_session(JdShopState& shop, std::string_view pin, std::string_view waiter, WallTime begin) {
  JdBuyer& who = buyer(shop, pin);
  const auto place = static_cast<std::uint32_t>(shop.sessions.size());
  JdSession& session = shop.sessions.emplace_back();
  session.sid = fmt::format("sid-{}-{}", shop.shop.vender_id, next_id());
  session.customer = pin;
  session.waiter = waiter.empty() ? shop.shop.main_account : std::string(waiter);
  session.begin = begin;
  session.visible = visible_from(begin);
  who.sessions.push_back(place);
  shop.open[who.pin].push_back(place);
  return session;
}

JdSession* JdTwin::open_session_of(JdShopState& shop, std::string_view pin) {
  const auto found = shop.open.find(pin);
  if (found == shop.open.end() || found->second.empty()) return nullptr;
  return &shop.sessions[found->second.back()];
}

JdSession* JdTwin::find_session(JdShopState& shop, std::string_view sid) {
  const auto found = std::find_if(shop.sessions.rbegin(), shop.sessions.rend(),
                                  [sid](const JdSession& one) { return one.sid == sid; });
  return found == shop.sessions.rend() ? nullptr : &*found;
}

void JdTwin::say(JdSession& session, bool by_waiter, std::string_view waiter, std::string_view content, WallTime time,
                 WallTime visible) {
  JdLine line;
  line.time = time;
  line.visible = visible;
  line.by_waiter = by_waiter;
  if (waiter != session.waiter) line.waiter = waiter;
  line.content = content;
  session.lines.push_back(std::move(line));
  if (by_waiter && session.reply == kNotYet) session.reply = time;
  if (!by_waiter) session.last_customer_line = time;
}

}  // namespace sandbox
KEFU_END_NAMESPACE
