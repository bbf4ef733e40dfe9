#include "jd/authorization/oauth.hpp"

#include "core/async/time_range.hpp"
#include "core/call/fields.hpp"
#include "core/text/percent_encoding.hpp"

#include <algorithm>

KEFU_BEGIN_NAMESPACE
namespace detail {

KEFU_FIELDS(jd::GrantAnswer) {
  v.required("access_token", s.access_token);
  v.optional("refresh_token", s.refresh_token);
  v.required("expires_in", s.expires_in);
  v.optional("time", s.time);
  v.optional("uid", s.uid);
  v.optional("open_id", s.open_id);
  v.optional("xId", s.xid);  // so in the table of the documentation page; answers have the other
  v.optional("xid", s.xid);
  v.optional("scope", s.scope);
}

KEFU_FIELDS(jd::ExchangeCode) {
  v.required("app_key", s.app_key);
  v.required("app_secret", s.app_secret);
  v.constant("grant_type", "authorization_code");
  v.required("code", s.code);
}

KEFU_FIELDS(jd::RefreshGrant) {
  v.required("app_key", s.app_key);
  v.required("app_secret", s.app_secret);
  v.constant("grant_type", "refresh_token");
  v.required("refresh_token", s.refresh_token);
}

KEFU_FIELDS(jd::LegacyExchangeCode) {
  v.constant("grant_type", "authorization_code");
  v.required("client_id", s.client_id);
  v.required("client_secret", s.client_secret);
  v.required("redirect_uri", s.redirect_uri);
  v.required("code", s.code);
  v.required("state", s.state);
  v.constant("scope", "read");
}

KEFU_FIELDS(jd::LegacyRefreshGrant) {
  v.constant("grant_type", "refresh_token");
  v.required("client_id", s.client_id);
  v.required("client_secret", s.client_secret);
  v.required("refresh_token", s.refresh_token);
}

}  // namespace detail

namespace jd {
namespace {

constexpr Millis kOauthTimeout{10'000};
constexpr std::int64_t kFirstMillis = 1'000'000'000'000;  // less is no time in milliseconds
constexpr std::int64_t kLastMillis = 9'000'000'000'000;

constexpr std::string_view kLegacyWeak =
    "The endpoints of before 2018, from old clients only: not for new applications (jd 2.2).";

/// Passes an answer on. The platform may repeat what it was sent, in a form whose shape does not give it away: nothing
/// of that stays in the error.
struct Discreet {
  std::vector<Secret> secrets;
  OauthAccess::Answered answered;

  void operator()(Result<GrantAnswer> answer) {
    if (answer) return answered(std::move(answer));
    ErrorDetails details = answer.error().details();
    for (const Secret& secret : secrets) mask(details.platform_message, secret.expose());
    answered(Error(answer.error().kind(), answer.error().delivery(), std::move(details)));
  }
  static void mask(std::string& text, std::string_view secret) {
    if (secret.empty()) return;
    for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos;) text.replace(at, secret.size(), "***");
  }
};

OperationInfo oauth_info(std::string_view name, std::string_view path, std::string_view page,
                         std::string_view weak = {}) {
  return {name, "GET", path, Authorization::none, Effect::idempotent, "oauth", kOauthTimeout, page, weak};
}

}  // namespace

const Operation& ExchangeCode::operation() {
  static const Operation row =
      detail::make_operation<ExchangeCode>(oauth_info("jd.oauth2.access_token", "/oauth2/access_token", "用户授权"));
  return row;
}

const Operation& RefreshGrant::operation() {
  static const Operation row =
      detail::make_operation<RefreshGrant>(oauth_info("jd.oauth2.refresh_token", "/oauth2/refresh_token", "用户授权"));
  return row;
}

const Operation& LegacyExchangeCode::operation() {
  static const Operation row =
      detail::make_operation<LegacyExchangeCode>(oauth_info("jd.oauth.token", "/oauth/token", "用户授权", kLegacyWeak));
  return row;
}

const Operation& LegacyRefreshGrant::operation() {
  static const Operation row = detail::make_operation<LegacyRefreshGrant>(
      oauth_info("jd.oauth.token.refresh", "/oauth/token", "用户授权", kLegacyWeak));
  return row;
}

std::vector<const Operation*> oauth_operations() {
  return {&ExchangeCode::operation(), &RefreshGrant::operation(), &LegacyExchangeCode::operation(),
          &LegacyRefreshGrant::operation()};
}

std::string authorize_url(const AppConfig& app, std::string_view state, std::string_view scope) {
  std::string url = app.oauth_url;
  url += app.legacy_oauth ? "/oauth/authorize?response_type=code&client_id=" : "/oauth2/to_login?app_key=";
  detail::append_percent_encoded(url, app.app_key);
  url += app.legacy_oauth ? "&redirect_uri=" : "&response_type=code&redirect_uri=";
  detail::append_percent_encoded(url, app.redirect_uri);
  url += "&state=";
  detail::append_percent_encoded(url, state);
  url += "&scope=";
  const std::string_view usual = app.legacy_oauth ? "read" : "snsapi_base";
  detail::append_percent_encoded(url, scope.empty() ? usual : scope);
  return url;
}

void OauthAccess::exchange(Secret code, std::string state, CallOptions options, CancelToken cancel,
                           Answered answered) const {
  auto done = Discreet{{app->app_secret, code}, std::move(answered)};
  if (app->legacy_oauth)
    return client.start(
        LegacyExchangeCode(app->app_key, app->app_secret, app->redirect_uri, std::move(code), std::move(state)),
        std::move(options), std::move(cancel), std::move(done));
  client.start(ExchangeCode(app->app_key, app->app_secret, std::move(code)), std::move(options), std::move(cancel),
               std::move(done));
}

void OauthAccess::refresh(const Secret& refresh_token, CallOptions options, CancelToken cancel,
                          Answered answered) const {
  auto done = Discreet{{app->app_secret, refresh_token}, std::move(answered)};
  if (app->legacy_oauth)
    return client.start(LegacyRefreshGrant(app->app_key, app->app_secret, refresh_token), std::move(options),
                        std::move(cancel), std::move(done));
  client.start(RefreshGrant(app->app_key, app->app_secret, refresh_token), std::move(options), std::move(cancel),
               std::move(done));
}

std::chrono::seconds life_of(const GrantAnswer& answer, WallTime now) {
  const auto whole = detail::bounded_span<std::chrono::seconds>(std::chrono::seconds(answer.expires_in));
  if (answer.time < kFirstMillis || answer.time > kLastMillis || whole.count() <= 0 || whole > kLongestTokenLife)
    return whole;
  const std::int64_t age = unix_seconds(now) - answer.time / 1000;
  return std::min(whole, whole - std::chrono::seconds(age));
}

}  // namespace jd
KEFU_END_NAMESPACE
