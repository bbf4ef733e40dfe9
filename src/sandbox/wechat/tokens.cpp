#include "core/text/json_writer.hpp"
#include "sandbox/wechat/twin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

KEFU_BEGIN_NAMESPACE
namespace sandbox {
namespace {

constexpr std::chrono::seconds kOverlap(300);
constexpr std::chrono::seconds kForcedPause(30);
constexpr std::int64_t kForcedPerDay = 20;
constexpr std::int64_t kStablePerMinute = 10'000;

ApiResult token_answer(WechatCall& call, const IssuedToken& token) {
  ++call.account->fetches[static_cast<int>(token.family)];
  ApiResult result;
  detail::JsonWriter writer(result.body);
  writer.begin_object().key("access_token").string(token.value);
  writer.key("expires_in").integer(std::chrono::duration_cast<std::chrono::seconds>(token.expires - call.now).count());
  writer.end_object();
  return result;
}

/// Who asks for a token: the checks that both token APIs share.
ApiResult check_secret(WechatCall& call, std::string_view grant_type, std::string_view appid, std::string_view secret) {
  if (grant_type != "client_credential") return refuse(40002);
  if (appid.empty()) return refuse(41002);
  if (secret.empty()) return refuse(41004);
  WechatAccount* account = call.twin.find(appid);
  if (account == nullptr) return refuse(40013);
  if (account->app.secret != secret) return refuse(40125);
  if (account->app.api_frozen) return refuse(50007);
  const auto& allowed = account->app.allowed_ips;
  if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), "127.0.0.1") == allowed.end())
    return refuse(40164, "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist");
  call.account = account;
  return {};
}

ApiResult count_fetch(WechatCall& call) {
  PeriodCount& used = call.account->used[call.request.path];
  const std::int64_t day = platform_day(call.now);
  if (used.in(day) >= call.twin.daily_limit(*call.account, call.request.path)) return refuse(45009);
  used.add(day);
  return {};
}

/// Every call issues a new token; the previous one works five minutes longer.
ApiResult classic_token(WechatCall& call) {
  if (ApiResult bad = check_secret(call, call.query("grant_type"), call.query("appid"), call.query("secret"));
      bad.code != 0)
    return bad;
  if (ApiResult over = count_fetch(call); over.code != 0) return over;
  if (IssuedToken* previous = call.twin.current(*call.account, TokenFamily::classic, call.now))
    previous->ends = std::min(previous->ends, call.now + kOverlap);
  return token_answer(call, call.twin.issue(*call.account, TokenFamily::classic, call.now));
}

ApiResult forced_token(WechatCall& call) {
  WechatAccount& account = *call.account;
  const std::int64_t day = platform_day(call.now);
  if (account.forced_last != WallTime::min() && call.now - account.forced_last < kForcedPause)
    return refuse(static_cast<int>(call.twin.setting("force_refresh_pause_code")));
  if (account.forced_day.in(day) >= kForcedPerDay)
    return refuse(static_cast<int>(call.twin.setting("force_refresh_daily_code")));
  account.forced_day.add(day);
  account.forced_last = call.now;
  for (IssuedToken& token : account.tokens)
    if (token.family == TokenFamily::stable) token.ends = std::min(token.ends, call.now);
  return token_answer(call, call.twin.issue(account, TokenFamily::stable, call.now));
}

ApiResult stable_token(WechatCall& call) {
  if (ApiResult bad =
          check_secret(call, call.body["grant_type"].text(), call.body["appid"].text(), call.body["secret"].text());
      bad.code != 0)
    return bad;
  if (call.account->stable_minute.add(unix_seconds(call.now) / 60) > kStablePerMinute) return refuse(45011);
  if (ApiResult over = count_fetch(call); over.code != 0) return over;
  if (call.body["force_refresh"].boolean().value_or(false)) return forced_token(call);
  const IssuedToken* held = call.twin.current(*call.account, TokenFamily::stable, call.now);
  if (held != nullptr && held->expires - call.now > kOverlap) return token_answer(call, *held);
  return token_answer(call, call.twin.issue(*call.account, TokenFamily::stable, call.now));
}

}  // namespace

std::vector<WechatRoute> wechat_token_routes() {
  using Credential = WechatRoute::Credential;
  return {{"GET", "/cgi-bin/token", Credential::none, classic_token},
          {"POST", "/cgi-bin/stable_token", Credential::none, stable_token}};
}

}  // namespace sandbox
KEFU_END_NAMESPACE
